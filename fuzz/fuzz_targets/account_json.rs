#![no_main]
//! Account JSON is understood the same alone and in a list, and what is understood resolves.

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use speech_endpoint::{Account, ArmError, CredentialForm};
use speech_endpoint_fuzz::{check_account, check_domain, check_error, check_notes, check_region, choice};

fuzz_target!(|json: &[u8]| {
    let given = String::from_utf8_lossy(json);
    let read = match Account::from_arm_json(json) {
        Ok(read) => read,
        Err(error) => return check_error(&given, &error),
    };
    check_notes(&read.notes);
    let account = &read.value;
    if let Some(region) = account.region() {
        check_region(region);
    }
    if let Some(domain) = account.domain() {
        check_domain(domain);
    }
    assert!(account.region().is_some() || account.domain().is_some());
    match account.access() {
        Some(_) => assert!(account.domain().is_some()),
        // A value that is not documented leaves the access of a custom domain open, and a note says so.
        None => assert!(account.domain().is_none() || !read.notes.is_empty()),
    }
    assert!(!account.uses_discovery());
    check_account(account, choice(json));
    if account.is_key_auth_disabled() {
        for endpoint in account.endpoints().flatten() {
            let refused = [CredentialForm::Key, CredentialForm::IssuedToken, CredentialForm::ApiKey];
            assert!(!refused.into_iter().any(|form| endpoint.accepts().contains(form)), "{endpoint}");
        }
    }

    let Ok(Value::Object(object)) = serde_json::from_slice(json) else { return };
    if !object.contains_key("value") {
        for (before, after) in [("[", "]"), ("{\"value\":[", "]}")] {
            let list = [before.as_bytes(), json, after.as_bytes()].concat();
            // What is nested as deeply as can be parsed does not go into a list.
            if serde_json::from_slice::<Value>(&list).is_ok() {
                assert_eq!(Account::from_arm_json(&list).expect("a list of one"), read);
            }
        }
        let two = [b"[", json, b",", json, b"]"].concat();
        assert!(matches!(Account::from_arm_json(&two), Err(ArmError::Count { count: 2, .. } | ArmError::Json(_))));
    }
});
