#![no_main]
//! What is read as a region is one, makes hosts of its cloud only, and reads as itself.

use libfuzzer_sys::fuzz_target;
use speech_endpoint::{Account, Cloud, Region, Suffixes};
use speech_endpoint_fuzz::{check_account, check_error, check_notes, check_region, choice};

fuzz_target!(|text: &str| {
    let parsed = text.parse::<Region>();
    let read = match Region::read(text) {
        Ok(read) => read,
        Err(error) => {
            check_error(text, &error);
            assert_eq!(parsed, Err(error));
            return;
        }
    };
    check_notes(&read.notes);
    assert_eq!(parsed.as_ref(), Ok(&read.value));
    let region = read.value;
    check_region(&region);
    let id = region.as_str();
    assert!((3..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{id}");

    let given = text.trim().replace(' ', "").to_ascii_lowercase();
    let is_alias = read.notes.iter().any(|note| note.id == "region_alias");
    assert!(is_alias && region.display_name().is_some() || !is_alias && id == given, "{id} for {text:?}");

    let mut homes = 0;
    for cloud in Cloud::DOCUMENTED {
        match Account::regional_in(region.clone(), cloud) {
            Ok(account) => {
                homes += 1;
                assert_eq!(Account::regional(region.clone()).as_ref(), Ok(&account));
                check_account(&account, choice(text.as_bytes()));
            }
            Err(error) => check_error(text, &error),
        }
    }
    assert_eq!(homes, usize::from(Account::regional(region.clone()).is_ok()), "{region} is in {homes} clouds");

    if homes == 0 {
        let suffixes = Suffixes::new("speech.cloud.example", "api.cloud.example", "custom.cloud.example");
        let cloud = Cloud::from(suffixes.expect("three host names"));
        let account = Account::regional_in(region, cloud).expect("a cloud of one's own has any region");
        check_account(&account, choice(text.as_bytes()));
    }
});
