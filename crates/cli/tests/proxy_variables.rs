//! Proxy variables whose proxy cannot be used: a remark where they apply, and nothing where they do not.
#![allow(clippy::disallowed_methods, reason = "a test sets variables of the command")]

mod support;

use std::net::TcpListener;
use std::process::Output;

use support::{doctor, text};

/// Runs the doctor against a port of this machine on which nothing listens.
fn run(variables: &[(&str, &str)], args: &[&str]) -> (Output, String) {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    let host = format!("ws://127.0.0.1:{port}");
    let mut command = doctor(&[&["--host", &host, "--service", "text-to-speech-websocket"], args].concat());
    let output = command.envs(variables.iter().copied()).output().expect("it runs");
    let shown = text(&output.stdout) + &text(&output.stderr);
    (output, shown)
}

#[test]
fn a_proxy_variable_that_cannot_be_used_does_not_stop_the_doctor() {
    let socks = "socks5://user:geheim@10.0.0.1:1080";
    for (variables, is_remarked) in [
        (&[("HTTP_PROXY", socks)][..], true),
        // The container is reached without TLS, for which these variables are not.
        (&[("ALL_PROXY", socks)], false),
        (&[("HTTPS_PROXY", "https://10.0.0.1:443")], false),
        (&[("HTTP_PROXY", socks), ("NO_PROXY", "127.0.0.1")], false),
        (&[], false),
    ] {
        let (output, shown) = run(variables, &[]);
        assert_eq!(output.status.code(), Some(30), "{variables:?}: {shown}");
        assert!(shown.contains("TCP02") && !shown.contains("geheim"), "{variables:?}: {shown}");
        assert_eq!(shown.contains("connects directly"), is_remarked, "{variables:?}: {shown}");
    }
    let (output, shown) = run(&[("HTTP_PROXY", socks)], &["--format", "json"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let notes = document["notes"].as_array().expect("a list");
    assert!(notes.iter().any(|note| note["id"] == "PXY01"), "{shown}");
}

#[test]
fn a_proxy_of_the_command_line_that_cannot_be_used_is_an_error() {
    for variables in [&[][..], &[("HTTP_PROXY", "socks5://10.0.0.1:1080")]] {
        let (output, shown) = run(variables, &["--proxy", "socks5://10.0.0.1:1080"]);
        assert_eq!(output.status.code(), Some(2), "{shown}");
        assert!(shown.contains("`--proxy` is not a proxy URL"), "{shown}");
    }
    let (output, shown) = run(&[("HTTP_PROXY", "socks5://10.0.0.1:1080")], &["--proxy", "none"]);
    assert!(output.status.code() == Some(30) && !shown.contains("connects directly"), "{shown}");
}
