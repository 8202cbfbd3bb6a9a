#![no_main]
//! A proxy setting is taken or explained on one line, and its login is shown nowhere; `NO_PROXY` decides for any host.

use libfuzzer_sys::fuzz_target;
use speech_endpoint::emulation::Decision;
use speech_endpoint::net::ProxySettings;
use speech_endpoint_fuzz::check_line;

// The proxy, the exceptions and the host stand in lines.
fuzz_target!(|given: &str| {
    let mut lines = given.split('\n');
    let mut next = || lines.next().unwrap_or_default();
    let (proxy, exceptions, host) = (next(), next(), next());
    if proxy.contains(LOGIN) {
        return;
    }
    let variables = [("https_proxy", proxy), ("no_proxy", exceptions)];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let with_login = format!("http://svc-user:{LOGIN}@{}", proxy.trim());
    for taken in [
        ProxySettings::new(Some(proxy), &[]),
        ProxySettings::new(None, &variables),
        ProxySettings::named("--proxy", Some(&with_login), &variables[1..]),
    ] {
        match taken {
            Ok(settings) => check(&settings, host),
            Err(error) => {
                check_line(&error.to_string());
                assert!(!error.to_string().contains(LOGIN) && !format!("{error:?}").contains(LOGIN), "{error}");
            }
        }
    }
});

fn check(settings: &ProxySettings, host: &str) {
    for is_secure in [true, false] {
        let decision = settings.decide(host, is_secure);
        assert!(!format!("{settings:?} {decision:?}").contains(LOGIN), "{decision:?}");
        let proxy = match &decision {
            Decision::Via(proxy) => Some(proxy),
            Decision::Direct { unused, entry } => {
                assert!(entry.is_none() || unused.is_some(), "{decision:?}");
                unused.as_ref().map(|(proxy, _)| proxy)
            }
            _ => None,
        };
        if let Some(proxy) = proxy {
            check_line(&proxy.to_string());
            assert!(!proxy.host.contains(['@', '/', '?', '#', ' ']), "{proxy}");
        }
    }
}

const LOGIN: &str = "geheim-12345";
