#![no_main]
//! Saved evidence, whatever became of it, is diagnosed and reported: no panic, one exit code in every writer, no control
//! character that a terminal would obey, and reading what was written again leads to the same diagnosis.

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use speech_endpoint::evidence::Evidence;
use speech_endpoint::report::{self, ReportOptions};
use speech_endpoint::{Severity, diagnose};

fuzz_target!(|json: &[u8]| {
    let Ok(evidence) = serde_json::from_slice::<Evidence>(json) else { return };
    let diagnosis = diagnose(&evidence);
    let options = ReportOptions::default();
    let code = diagnosis.exit_code(Severity::Error);
    assert!(code == 1 || code % 10 == 0 && code <= 90, "{code}");
    for fail_on in [Severity::Error, Severity::Warning] {
        let _ = diagnosis.exit_code(fail_on);
    }

    for text in [
        report::text(&evidence, &diagnosis, &options),
        report::short(&evidence, &diagnosis, &options),
        report::markdown(&evidence, &diagnosis, &options),
    ] {
        assert!(text.ends_with('\n') && !text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    }
    let document: Value = serde_json::from_str(&report::json(&evidence, &diagnosis, &options).expect("what was read can be written")).expect("JSON");
    assert_eq!(document["exit_code"], Value::from(code));
    assert_eq!(document["verdict"], Value::from(diagnosis.verdict.id()));
    let root_cause = diagnosis.root_cause().map(|finding| finding.failure.id);
    assert_eq!(document["root_cause"], root_cause.map_or(Value::Null, Value::from));

    let saved = serde_json::to_vec(&evidence).expect("what was read can be written");
    let again: Evidence = serde_json::from_slice(&saved).expect("what was written can be read");
    assert_eq!(diagnose(&again), diagnosis);
});
