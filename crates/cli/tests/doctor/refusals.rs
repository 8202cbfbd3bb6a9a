//! Invalid arguments of `doctor` and `lab` give one clear line, the documented exit code and nothing on standard output.

/// The arguments, the exit code, and a part of the message.
type Refusal = (&'static [&'static str], i32, &'static str);

const REFUSALS: &[Refusal] = &[
    (&["doctor"], 2, "no resource given"),
    (&["doctor", "--lab", "DNS99"], 2, "run `speech-endpoint lab list`"),
    (&["lab", "nowhere"], 2, "run `speech-endpoint lab list`"),
    (&["lab"], 2, "WORLD"),
    (&["doctor", "--lab", "DNS03", "--region", "westeurope"], 2, "--region"),
    (&["doctor", "--lab", "DNS03", "--from", "x.json"], 2, "--from"),
    (&["doctor", "--lab", "DNS03", "--proxy", "none"], 2, "--proxy"),
    (&["doctor", "--region", "westeurope", "--timeout", "0"], 2, "seconds above 0"),
    (&["doctor", "--region", "westeurope", "--timeout", "abc"], 2, "seconds above 0"),
    (&["doctor", "--region", "westeurope", "--timeout", "inf"], 2, "seconds above 0"),
    (&["doctor", "--region", "westeurope", "--hold", "0"], 2, "seconds above 0"),
    (&["doctor", "--region", "westeurope", "--hold", "long"], 2, "seconds above 0"),
    (&["doctor", "--region", "westeurope", "--hold", "3601"], 2, "at most 3600"),
    (&["doctor", "--region", "westeurope", "--rounds", "0"], 2, "from 1 to 100"),
    (&["doctor", "--region", "westeurope", "--rounds", "101"], 2, "from 1 to 100"),
    (&["doctor", "--region", "westeurope", "--rounds", "all"], 2, "from 1 to 100"),
    (&["doctor", "--region", "westeurope", "--every", "30"], 2, "--watch"),
    (&["doctor", "--region", "westeurope", "--metrics"], 2, "--watch"),
    (&["doctor", "--region", "westeurope", "--runs", "2"], 2, "--watch"),
    (&["doctor", "--region", "westeurope", "--watch", "--every", "0"], 2, "at least 1 second"),
    (&["doctor", "--region", "westeurope", "--watch", "--every", "0.9s"], 2, "at least 1 second"),
    (&["doctor", "--region", "westeurope", "--watch", "--every", "2d"], 2, "at most 24 hours"),
    (&["doctor", "--region", "westeurope", "--watch", "--runs", "0"], 2, "--runs"),
    (&["doctor", "--region", "westeurope", "--watch", "--metrics", "9464"], 2, "--metrics"),
    (&["doctor", "--region", "westeurope", "--watch", "--format", "short"], 2, "--format json"),
    (&["doctor", "--region", "westeurope", "--watch", "--output", "x.txt"], 2, "--output"),
    (&["doctor", "--region", "westeurope", "--watch", "--save", "x.json"], 2, "--save"),
    (&["doctor", "--region", "westeurope", "--watch", "--plan"], 2, "--plan"),
    (&["doctor", "--region", "westeurope", "--watch", "--expect-denied"], 2, "--expect-denied"),
    (&["doctor", "--from", "x.json", "--watch"], 2, "--watch"),
    (&["doctor", "--account", "-", "--watch"], 2, "standard input"),
    (&["doctor", "--region", "westeurope", "--jobs", "0"], 2, "from 1 to 256"),
    (&["doctor", "--region", "westeurope", "--jobs", "many"], 2, "from 1 to 256"),
    (&["doctor", "--region", "westeurope", "--ca-file", "/nonexistent.pem"], 2, "`/nonexistent.pem`"),
    (&["doctor", "--region", "westeurope", "--ca-file", "/"], 2, "--ca-file"),
    (&["doctor", "--region", "westeurope", "--ca-file", "Cargo.toml"], 2, "BEGIN CERTIFICATE"),
    (&["doctor", "--from", "Cargo.toml"], 2, "it is not valid JSON"),
    (&["doctor", "--from", "schema/doctor.schema.json"], 2, "it was not written by `--save`"),
    (&["doctor", "--from", "src"], 2, "`src` given to `--from` has no file `*.json`"),
    (&["doctor", "--from", "x.json", "--plan"], 2, "--plan"),
    (&["doctor", "--region", "westeurope", "--dns-server", "resolver"], 2, "10.0.0.2:53"),
    (&["doctor", "--region", "westeurope", "--dns-server", "10.0.0.2:99999"], 2, "10.0.0.2:53"),
    (&["doctor", "--region", "westeurope", "--proxy", "ftp://x"], 2, "http://proxy.example:3128"),
    (&["doctor", "--region", "westeurope", "--proxy", "http://"], 2, "http://proxy.example:3128"),
    (&["doctor", "--region", "westeurope", "--only", "XYZ99"], 2, "XYZ99"),
    (&["doctor", "--region", "westeurope", "--ignore", "DNS03,,"], 2, "separated by commas"),
    (&["doctor", "--region", "westeurope", "--fail-on", "info"], 2, "error"),
    (&["doctor", "--region", "westeurope", "--format", "yaml"], 2, "markdown"),
    (&["doctor", "--region", "westeurope", "--expect", "secret"], 2, "private"),
];

#[test]
fn invalid_arguments_give_one_clear_line() {
    let mut wrong = Vec::new();
    for (args, code, named) in REFUSALS {
        let mut command = crate::support::program();
        command.args(*args).current_dir(env!("CARGO_MANIFEST_DIR"));
        let output = command.output().expect("the binary runs");
        let error = String::from_utf8_lossy(&output.stderr);
        let is_one_line = error.starts_with("error: ") && error.trim_end().lines().count() == 1;
        if output.status.code() != Some(*code) || !is_one_line || !error.contains(named) || !output.stdout.is_empty() {
            wrong.push(format!("{args:?}: {:?}: {error}", output.status.code()));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), REFUSALS.len(), wrong.join("\n"));
}

/// The report is still printed, and the exit code reports that the evidence was not saved.
#[test]
fn a_failure_to_save_evidence_is_reported_after_the_report() {
    let mut command = crate::support::program();
    let output = command.args(["doctor", "--lab", "healthy-regional", "--save", "/"]).output().expect("it runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), error.trim_end().lines().count()), (Some(1), 1), "{error}");
    assert!(error.contains("cannot write `/`") && !output.stdout.is_empty(), "{error}");
}
