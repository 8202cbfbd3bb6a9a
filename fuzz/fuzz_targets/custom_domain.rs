#![no_main]
//! What is read as a custom domain is one label, makes hosts of its cloud only, and reads as itself.

use libfuzzer_sys::fuzz_target;
use speech_endpoint::{Account, Cloud, CustomDomain};
use speech_endpoint_fuzz::{check_account, check_domain, check_error, check_notes, choice, in_a_situation};

fuzz_target!(|text: &str| {
    let parsed = text.parse::<CustomDomain>();
    let read = match CustomDomain::read(text) {
        Ok(read) => read,
        Err(error) => {
            check_error(text, &error);
            assert_eq!(parsed, Err(error));
            return;
        }
    };
    check_notes(&read.notes);
    let (domain, cloud) = read.value;
    assert_eq!(parsed.as_ref(), Ok(&domain));
    check_domain(&domain);
    let label = domain.as_str();
    assert!((2..=63).contains(&label.len()), "{label}");
    assert!(label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{label}");
    assert!(text.to_lowercase().contains(label), "{label} was not given");

    let choice = choice(text.as_bytes());
    let account = if choice.is_multiple_of(3) { Account::openai(domain) } else { Account::custom_domain(domain) };
    let account = account.with_cloud(cloud.unwrap_or(Cloud::Public)).expect("no region contradicts the cloud");
    check_account(&in_a_situation(account, choice / 3), choice);
});
