#![no_main]
//! The address of a container, and in the second line its synthesis path: both stay what they are in every URL.

use libfuzzer_sys::fuzz_target;
use speech_endpoint::{Account, ContainerHost, Service};
use speech_endpoint_fuzz::{check_account, check_error, choice};

fuzz_target!(|text: &str| {
    let (address, path) = text.split_once('\n').unwrap_or((text, ""));
    let host = match address.parse::<ContainerHost>() {
        Ok(host) => host,
        Err(error) => return check_error(address, &error),
    };
    assert_eq!(host.to_string(), host.authority());
    assert!(!host.authority().is_empty() && host.authority().is_ascii(), "{host}");
    assert!(!host.authority().contains(['/', '\\', '@', '?', '#', ' ']), "{host}");
    for scheme in if host.is_secure() { ["wss", "https"] } else { ["ws", "http"] } {
        assert_eq!(format!("{scheme}://{host}").parse().as_ref(), Ok(&host));
    }
    check_account(&Account::container(host.clone()), choice(text.as_bytes()));

    let host = match host.with_synthesis_path(path) {
        Ok(host) => host,
        Err(error) => return check_error(path, &error),
    };
    assert_eq!(host.synthesis_path(), path);
    let account = Account::container(host);
    check_account(&account, choice(text.as_bytes()));
    let endpoint = account.endpoint(Service::TextToSpeech).expect("containers synthesise");
    assert_eq!(endpoint.to_url().path(), path);
    assert!(endpoint.to_url().query().is_none(), "{endpoint}");
});
