#![no_main]
//! A pasted error text leads to ids of the catalogue, in capitals or not, and an id to the entry it names.

use libfuzzer_sys::fuzz_target;
use speech_endpoint::{KnownFailure, TextMatch, ids_for};
use speech_endpoint_fuzz::check_line;

fuzz_target!(|text: &str| {
    let found = ids_for(text);
    for reading in &found {
        check_line(reading.reading);
        for (i, id) in reading.ids.iter().enumerate() {
            assert!(!reading.ids[..i].contains(id), "{id} twice");
            assert!(KnownFailure::find(id).is_some_and(|failure| failure.id == *id), "{id} is not in the catalogue");
        }
    }
    // Ids count in capitals only; the words around them in any case.
    let names = KnownFailure::all().any(|failure| text.contains(failure.id));
    let lower = ids_for(&text.to_ascii_lowercase());
    if names {
        assert!(found.ends_with(&lower), "{found:?} {lower:?}");
    } else {
        let upper: Vec<TextMatch> = ids_for(&text.to_ascii_uppercase());
        assert_eq!(found, lower);
        assert!(upper.ends_with(&lower), "{upper:?} {lower:?}");
    }

    let nearest = KnownFailure::nearest(text);
    match KnownFailure::find(text) {
        Some(failure) => {
            assert!(failure.id.eq_ignore_ascii_case(text));
            assert_eq!(nearest.map(|nearest| nearest.id), Some(failure.id));
        }
        None => assert!(nearest.is_none_or(|nearest| nearest.id != text)),
    }
});
