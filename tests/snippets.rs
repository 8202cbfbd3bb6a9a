//! The golden programs of `--format snippet:rust` compile against this library.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "they are complete programs")]

mod private_endpoint {
    include!("golden/snippets/private-endpoint.rs");

    #[test]
    fn it_resolves_and_then_reports_the_missing_key() {
        let error = main().map_err(|error| error.to_string());
        assert!(error.is_ok() || error == Err("SPEECH_KEY is not set".to_owned()), "{error:?}");
    }
}

mod usgov {
    include!("golden/snippets/usgov.rs");

    #[test]
    fn it_resolves_and_then_reports_the_missing_key() {
        let error = main().map_err(|error| error.to_string());
        assert!(error.is_ok() || error == Err("SPEECH_KEY is not set".to_owned()), "{error:?}");
    }
}
