#![no_main]
//! What is read as an endpoint belongs to a cloud, and whatever else stood in the URL leaves no trace.

use libfuzzer_sys::fuzz_target;
use speech_endpoint::{Account, Resource};
use speech_endpoint_fuzz::{
    check_account, check_domain, check_error, check_notes, check_region, choice, in_a_situation,
};
use url::Url;

fuzz_target!(|text: &str| {
    let read = match Account::from_endpoint(text) {
        Ok(read) => read,
        Err(error) => return check_error(text, &error),
    };
    check_notes(&read.notes);
    let account = read.value;

    // The host that was given is one of the cloud that was understood.
    let trimmed = text.trim();
    let url = if trimmed.contains("://") { Url::parse(trimmed) } else { Url::parse(&format!("https://{trimmed}")) };
    let url = url.unwrap_or_else(|error| panic!("{text:?} is no URL: {error}"));
    let host = url.host_str().expect("a host").trim_end_matches('.');
    let suffixes = account.cloud().suffixes();
    let suffix = [Some(suffixes.realtime()), Some(suffixes.rest()), Some(suffixes.custom_domain())]
        .into_iter()
        .chain([suffixes.openai(), suffixes.foundry()])
        .flatten()
        .find(|suffix| host.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.')));
    assert!(suffix.is_some(), "{host} is not in {:?}", account.cloud());
    assert!(matches!(url.scheme(), "https" | "wss") && url.port().is_none(), "{url}");
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none(), "{url}");

    let label = host.split('.').next().expect("a label");
    match account.resource() {
        Resource::Regional(region) => {
            assert!(region.as_str() == label || read.notes.iter().any(|note| note.id == "region_alias"), "{region}");
            check_region(region);
        }
        Resource::CustomDomain(domain, None) | Resource::OpenAi(domain, None) => {
            assert_eq!(domain.as_str(), label);
            check_domain(domain);
        }
        other => panic!("{other:?} was read off a host"),
    }

    let choice = choice(text.as_bytes());
    check_account(&account, choice);
    check_account(&in_a_situation(account, choice), choice);
});
