#![no_main]
//! A service is named by its id alone; any other text gets one line, and at best a suggestion that is one.

use libfuzzer_sys::fuzz_target;
use speech_endpoint::Service;
use speech_endpoint_fuzz::check_error;

fuzz_target!(|text: &str| {
    match text.parse::<Service>() {
        Ok(service) => {
            assert_eq!((service.id(), service.to_string().as_str()), (text, text));
            assert!(Service::all().any(|listed| listed == service));
            assert!(matches!(service.method(), "GET" | "POST"));
            assert!(!service.is_websocket() || service.method() == "GET");
            assert!(service.see().starts_with("https://") && !service.title().is_empty());
        }
        Err(error) => {
            check_error(text, &error);
            if let Some(suggestion) = error.suggestion {
                let suggested: Service = suggestion.parse().expect("what is suggested exists");
                assert!(suggested.id() != text && error.to_string().contains(suggestion));
            }
        }
    }
});
