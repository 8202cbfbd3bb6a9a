#![no_main]
//! Whatever a proxy responds to CONNECT: a tunnel opens after a 2xx only and holds exactly the bytes after the head, the
//! login goes to the proxy once, and the evidence is small, visible and without it.

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use speech_endpoint::emulation::{Decision, Proxy};
use speech_endpoint::evidence::FailureKind;
use speech_endpoint::fuzzing::tunnel;
use speech_endpoint::net::ProxySettings;
use speech_endpoint::third_party::tokio::io::AsyncReadExt as _;
use speech_endpoint_fuzz::peer::{Peer, check_failure, check_text, run};

// The first byte is the size of the pieces; the rest is the response.
fuzz_target!(|bytes: &[u8]| {
    let [step, response @ ..] = bytes else { return };
    let peer = Peer::new(response, step.wrapping_sub(b'0'));
    let heard = peer.heard();
    let (facts, outcome) = run(async {
        let (facts, outcome) = tunnel(peer, &PROXY, HOST).await;
        let rest = match outcome {
            Ok(mut tunnel) => {
                let mut rest = Vec::new();
                tunnel.read_to_end(&mut rest).await.expect("the rest arrives");
                Ok(rest)
            }
            Err(failure) => Err(failure),
        };
        (facts, rest)
    });
    let heard = String::from_utf8(heard.bytes()).expect("a request");
    assert!(heard.starts_with("CONNECT contoso.cognitiveservices.azure.com:443 HTTP/1.1\r\n"), "{heard}");
    assert!(heard.matches(LOGIN).count() == 1 && !heard.contains("\r\nauthorization"), "{heard}");

    let status = facts.status.unwrap_or_default();
    match outcome {
        Ok(rest) => {
            assert!((200..300).contains(&status) && facts.failure.is_none(), "{facts:?}");
            assert!(response.ends_with(&rest), "the tunnel has other bytes");
        }
        Err(failure) => {
            check_failure(&failure);
            assert_eq!(facts.failure.as_ref(), Some(&failure));
            assert_eq!(failure.kind == FailureKind::ProxyAuth, status == 407);
            let is_refused = status != 0 && !(200..300).contains(&status) && status != 407;
            assert_eq!(failure.kind == FailureKind::ProxyRefused, is_refused, "{failure:?} {facts:?}");
        }
    }
    check_text(&facts.body, 200);
    for (name, value) in &facts.headers {
        assert!(["via", "server", "x-squid-error", "x-cache", "proxy-agent"].contains(&name.as_str()), "{name}");
        check_text(value, 120);
    }
    for scheme in &facts.schemes {
        check_text(scheme, 30);
    }
    assert!(facts.schemes.len() <= 100, "{} schemes", facts.schemes.len());
});

const HOST: &str = "contoso.cognitiveservices.azure.com";

/// `svc-user:p@ss/w+rd` in base64.
const LOGIN: &str = "c3ZjLXVzZXI6cEBzcy93K3Jk";

static PROXY: LazyLock<Proxy> = LazyLock::new(|| {
    let settings = ProxySettings::new(Some("http://svc-user:p%40ss%2Fw+rd@proxy.example:3128"), &[]);
    match settings.expect("a proxy").decide(HOST, true) {
        Decision::Via(proxy) => proxy,
        other => panic!("{other:?}"),
    }
});
