#![no_main]
//! Whatever responds to a request: the evidence is small, visible and without secrets, and the judgement is consistent.

use std::sync::LazyLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use speech_endpoint::emulation::{Connection, Request, Response};
use speech_endpoint::evidence::FailureKind;
use speech_endpoint::fuzzing::{judge, refused};
use speech_endpoint::net::Stream;
use speech_endpoint::{Account, Credential, Service, may_receive};
use speech_endpoint_fuzz::peer::{Peer, check_failure, check_reply, run};
use url::Url;

// The first byte is the size of the pieces, the second chooses the service; the rest is the response.
fuzz_target!(|bytes: &[u8]| {
    let [step, service, response @ ..] = bytes else { return };
    let service = SERVICES[usize::from(*service) % SERVICES.len()];
    let peer = Peer::new(response, step.wrapping_sub(b'0'));
    let heard = peer.heard();
    let exchanged = run(async {
        Connection::new(Stream::new(peer)).exchange(&Request::new(METHOD, &URL), Duration::from_secs(5)).await
    });
    assert!(heard.bytes().starts_with(b"GET /stt/speech/universal/v2?language=en-US HTTP/1.1\r\n"));
    match exchanged {
        Ok(response) => check(&response, service),
        Err(failure) => {
            check_failure(&failure);
            let is_of_network = [FailureKind::Reset, FailureKind::Protocol, FailureKind::Other].contains(&failure.kind);
            assert!(is_of_network, "{failure:?}");
        }
    }
});

fn check(response: &Response, service: Option<Service>) {
    let reply = &response.reply;
    check_reply(reply);
    assert!((100..1000).contains(&reply.status), "{}", reply.status);
    assert_eq!(reply.request, "GET /stt/speech/universal/v2?…");
    assert!(response.body.len() <= 3 * reply.body_bytes, "{} of {}", response.body.len(), reply.body_bytes);

    let judgement = judge(response, &URL, service);
    for failure in judgement.refusal.iter().chain(&judgement.denial) {
        check_failure(failure);
        assert!(failure.text.starts_with(&reply.status.to_string()), "{failure:?}");
    }
    let is_page = reply.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
    let is_of_others =
        reply.status >= 500 || reply.status == 407 || is_page && reply.status != 401 && reply.status != 403;
    assert!(judgement.refusal.is_some() || !is_of_others, "{reply:?}");
    assert!(judgement.denial.is_some() || !judgement.is_about_the_credential, "{reply:?}");
    if let Some(named) = judgement.named {
        assert!(named.host_str().is_some_and(|host| Some(host) != URL.host_str()), "{named}");
        assert!(reply.status == 200 || (300..400).contains(&reply.status), "{named}");
        let is_made_of_the_key = named.as_str().to_ascii_lowercase().contains(KEY);
        assert!(refused(&named, &CREDENTIAL).is_some() || !is_made_of_the_key, "{named}");
        if may_receive(&ACCOUNT, &named).is_ok() {
            let host = named.host_str().expect("a host");
            assert!(named.scheme() == "https" || named.scheme() == "wss", "{named}");
            assert!(host.ends_with(".microsoft.com") || host.ends_with(".azure.com"), "{named}");
        }
    }
}

const METHOD: speech_endpoint::third_party::reqwest::Method = speech_endpoint::third_party::reqwest::Method::GET;

const KEY: &str = "c0ffee0dba11feed5ca1ab1ebadf00d7";

const SERVICES: [Option<Service>; 5] = [
    None,
    Some(Service::SpeechToText),
    Some(Service::TextToSpeech),
    Some(Service::IssueToken),
    Some(Service::VoiceLive),
];

static CREDENTIAL: LazyLock<Credential> = LazyLock::new(|| Credential::key(KEY).expect("a key"));

static ACCOUNT: LazyLock<Account> =
    LazyLock::new(|| Account::custom_domain("contoso".parse().expect("a custom domain")));

static URL: LazyLock<Url> = LazyLock::new(|| {
    let url = "https://contoso.cognitiveservices.azure.com/stt/speech/universal/v2?language=en-US";
    url.parse().expect("a URL")
});
