//! The cases, each with its expected result.

use std::time::Duration;

use super::call::Way::{Request, Send, Socket, Token};
use super::call::{Case, ELSEWHERE, KEY, STT, Whose};
use super::server::{DRIP, Talk, Tls};

/// Returns every case.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = redirects();
    cases.extend(directions());
    cases.extend(bodies());
    cases.extend(drips());
    cases.extend(certificates());
    cases.extend(proxies());
    cases.extend(upgrades());
    cases.extend(echoes());
    cases
}

/// Returns forbidden redirect targets with every redirect status.
fn redirects() -> Vec<Case> {
    let mut cases = Vec::new();
    let every = ASTRAY.map(|(what, to)| (307, what, to));
    let (stranger, far) = ASTRAY[0];
    for (status, what, to) in every.into_iter().chain([301, 302, 308].map(|status| (status, stranger, far))) {
        // A host that redirects to another spelling of itself gets a different result.
        let socket = if to.contains(STT) { "unexplained http" } else { "HTTP03" };
        let request = format!("answered {status}");
        let said = &[(Socket, socket), (Send, "HTTP03"), (Request, &request), (Token, "HTTP03")];
        cases.push(Case::new(format!("{status} to {what}"), Tls::Good, says(redirect(status, to)), said));
    }
    let to = "https://northeurope.stt.speech.microsoft.com/stt/speech/universal/v2";
    let back = "https://westeurope.stt.speech.microsoft.com/stt/speech/universal/v2";
    cases.push(Case::new("a loop", Tls::Good, says(redirect(307, to)), &[(Socket, "HTTP03")]).and(
        ELSEWHERE,
        Tls::Good,
        says(redirect(307, back)),
    ));
    cases.push(
        Case::new("to a host that nobody vouches for", Tls::Good, says(redirect(307, to)), &[(Socket, "TLS01")]).and(
            ELSEWHERE,
            Tls::SelfSigned,
            Talk::Silent,
        ),
    );
    cases.push(
        Case::new("to a host that is silent", Tls::Good, says(redirect(307, to)), &[(Socket, "unexplained websocket")])
            .and(ELSEWHERE, Tls::Good, Talk::Silent),
    );
    let private = Case::new(
        "out of a private network",
        Tls::Good,
        says(redirect(307, back)),
        &[(Socket, "HTTP03"), (Send, "HTTP03")],
    );
    cases.push(private.of(Whose::Private));
    cases
}

/// Returns the forbidden targets in the discovery response of a custom domain.
fn directions() -> Vec<Case> {
    let directed = |to: &str| Talk::Directs {
        question: answer("200 OK", "content-type: text/plain\r\n", to),
        otherwise: answer("404 Not Found", "", ""),
    };
    let mut cases = Vec::new();
    for (what, to) in ASTRAY {
        let case = Case::new(format!("directed to {what}"), Tls::Good, directed(to), &[(Socket, "HTTP03")]);
        cases.push(case.of(Whose::Directed));
    }
    let to = "wss://westeurope.stt.speech.microsoft.com/stt/speech/universal/v2";
    let private = Case::new("directed out of a private network", Tls::Good, directed(to), &[(Socket, "HTTP01")]);
    cases.push(private.of(Whose::Private));
    let back = "https://contoso.cognitiveservices.azure.com/stt/speech/universal/v2";
    let round = Case::new("directed in a loop", Tls::Good, directed(to), &[(Socket, "HTTP03")]);
    cases.push(round.of(Whose::Directed).and(STT, Tls::Good, says(redirect(307, back))));
    cases
}

fn bodies() -> Vec<Case> {
    let all = |a, b, c, d| [(Socket, a), (Send, b), (Request, c), (Token, d)];
    let filler = "x".repeat(4096);
    let chunk = format!("1000\r\n{filler}\r\n");
    let headers = format!("x-filler: {}\r\n", &filler[..52]).repeat(64);
    let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(128);
    let body = |first: &str, piece: &str, times| Talk::Goes {
        first: first.to_owned(),
        piece: String::from(piece),
        every: Duration::ZERO,
        times,
    };
    vec![
        Case::new(
            "ten megabytes",
            Tls::Good,
            body("HTTP/1.1 503 Busy\r\ncontent-length: 10485760\r\n\r\n", &filler, 2560),
            &all("HTTP06", "HTTP06", "answered 503", "HTTP06"),
        ),
        Case::new(
            "ten megabytes in chunks",
            Tls::Good,
            body("HTTP/1.1 500 Oops\r\ntransfer-encoding: chunked\r\n\r\n", &chunk, 2560),
            &all("HTTP06", "HTTP06", "answered 500", "HTTP06"),
        ),
        Case::new(
            "chunks without end",
            Tls::Good,
            body("HTTP/1.1 400 No\r\ntransfer-encoding: chunked\r\n\r\n", &chunk, usize::MAX),
            &all("HTTP02", "HTTP02", "answered 400", "HTTP02"),
        ),
        Case::new(
            "a body without end",
            Tls::Good,
            body("HTTP/1.1 403 No\r\nconnection: close\r\n\r\n", &filler, usize::MAX),
            &all("unexplained websocket", "unexplained http", "answered 403", "unexplained http"),
        ),
        Case::new(
            "a token without end",
            Tls::Good,
            body("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\ney", &filler, usize::MAX),
            &[(Token, "unexplained auth")],
        ),
        Case::new(
            "a head of a megabyte",
            Tls::Good,
            body("HTTP/1.1 401 No\r\n", &headers, 256),
            &all("unexplained websocket", "unexplained http", "no answer", "unexplained http"),
        ),
        Case::new(
            "a header without end",
            Tls::Good,
            body("HTTP/1.1 200 OK\r\nserver: ", &filler, usize::MAX),
            &all("unexplained websocket", "unexplained http", "no answer", "unexplained http"),
        ),
        Case::new(
            "a hundred thousand times to go on",
            Tls::Good,
            body("HTTP/1.1 100 Continue\r\n\r\n", &interim, 1_000),
            &all("unexplained websocket", "unexplained http", "no answer", "unexplained http"),
        ),
    ]
}

fn drips() -> Vec<Case> {
    let all = |a, b, c, d| [(Socket, a), (Send, b), (Request, c), (Token, d)];
    let drip = |first: &str| Talk::Goes { first: first.to_owned(), piece: "x".into(), every: DRIP, times: usize::MAX };
    vec![
        Case::new(
            "silence in place of a handshake",
            Tls::Silent,
            Talk::Silent,
            &all("unexplained tls", "unexplained tls", "no answer", "unexplained tls"),
        ),
        Case::new("a handshake that drips", Tls::Drips, Talk::Silent, &all("TLS08", "TLS08", "no answer", "TLS08")),
        Case::new(
            "silence",
            Tls::Good,
            Talk::Silent,
            &all("unexplained websocket", "unexplained http", "no answer", "unexplained http"),
        ),
        Case::new(
            "a head that drips",
            Tls::Good,
            drip("HTTP/1.1 401 "),
            &all("HTTP06", "unexplained http", "no answer", "HTTP06"),
        ),
        Case::new(
            "a body that drips",
            Tls::Good,
            drip("HTTP/1.1 503 Busy\r\ncontent-length: 100000\r\n\r\n"),
            &all("HTTP06", "HTTP06", "answered 503", "HTTP06"),
        ),
        Case::new(
            "a refusal that drips",
            Tls::Good,
            drip("HTTP/1.1 401 No\r\ncontent-length: 100000\r\n\r\n"),
            &all("AUTH01", "AUTH01", "answered 401", "AUTH01"),
        ),
        Case::new(
            "a success that drips",
            Tls::Good,
            drip("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"),
            &all("HTTP04", "answered 200", "answered 200", "unexplained auth"),
        ),
        Case::new(
            "an upgrade that drips",
            Tls::Good,
            drip("HTTP/1.1 101 Switching Protocols\r\nupgrade: web"),
            &all("HTTP06", "unexplained http", "no answer", "HTTP06"),
        ),
        Case::new(
            "silence and slow names",
            Tls::Good,
            Talk::Silent,
            &all("unexplained websocket", "unexplained http", "no answer", "unexplained http"),
        )
        .with_slow_names(),
        Case::new(
            "a handshake that drips and slow names",
            Tls::Drips,
            Talk::Silent,
            &all("TLS08", "TLS08", "no answer", "TLS08"),
        )
        .with_slow_names(),
        Case::new(
            "a refusal and slow names",
            Tls::Good,
            says(answer("403 No", "", "")),
            &all("unexplained websocket", "unexplained http", "answered 403", "unexplained http"),
        )
        .with_slow_names(),
        Case::new(
            "a redirect and slow names",
            Tls::Good,
            says(redirect(307, "https://evil.example/")),
            &all("HTTP03", "HTTP03", "answered 307", "HTTP03"),
        )
        .with_slow_names(),
        Case::new(
            "asked to wait for ever",
            Tls::Good,
            says(answer("503 Busy", "retry-after: 18446744073709551615\r\n", "")),
            &all("HTTP06", "HTTP06", "answered 503", "HTTP06"),
        ),
    ]
}

fn certificates() -> Vec<Case> {
    let all = |a, b, c, d| [(Socket, a), (Send, b), (Request, c), (Token, d)];
    vec![
        Case::new(
            "a certificate for another name",
            Tls::WrongName,
            Talk::Silent,
            &all("TLS03", "TLS03", "no answer", "TLS03"),
        ),
        Case::new(
            "a certificate that has expired",
            Tls::Expired,
            Talk::Silent,
            &all("TLS04", "TLS04", "no answer", "TLS04"),
        ),
        Case::new(
            "a certificate that nobody signed",
            Tls::SelfSigned,
            Talk::Silent,
            &all("TLS01", "TLS01", "no answer", "TLS01"),
        ),
        Case::new(
            "a certificate in the name of the root",
            Tls::Forged,
            Talk::Silent,
            &all("TLS01", "TLS01", "no answer", "TLS01"),
        ),
        Case::new(
            "HTTP in clear",
            Tls::Clear,
            Talk::SaysFirst(answer("200 OK", "", "hello")),
            &all("unexplained tls", "unexplained tls", "no answer", "unexplained tls"),
        ),
    ]
}

fn proxies() -> Vec<Case> {
    let all = |a, b, c, d| [(Socket, a), (Send, b), (Request, c), (Token, d)];
    let clear = "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n";
    let denied = answer("407 Proxy Authentication Required", "proxy-authenticate: Negotiate\r\n", "");
    let drip = |first: &str| Talk::Goes { first: first.to_owned(), piece: "x".into(), every: DRIP, times: usize::MAX };
    vec![
        Case::new(
            "a proxy that goes on in clear",
            Tls::Clear,
            says(clear),
            &all("unexplained tls", "unexplained tls", "no answer", "unexplained tls"),
        )
        .at_a_proxy(),
        Case::new("a proxy that wants a login", Tls::Clear, says(denied), &all("PXY03", "PXY03", "no answer", "PXY03"))
            .at_a_proxy(),
        Case::new(
            "a proxy that drips",
            Tls::Clear,
            drip("HTTP/1.1 200 "),
            &all("unexplained proxy", "unexplained proxy", "no answer", "unexplained proxy"),
        )
        .at_a_proxy(),
        Case::new(
            "a proxy whose refusal drips",
            Tls::Clear,
            drip("HTTP/1.1 407 No\r\ncontent-length: 99999\r\n\r\n"),
            &all("PXY03", "PXY03", "no answer", "PXY03"),
        )
        .at_a_proxy(),
        Case::new(
            "a tunnel that drips",
            Tls::Clear,
            drip("HTTP/1.1 200 OK\r\n\r\n\u{16}\u{3}\u{3}\u{40}\0"),
            &all("TLS08", "TLS08", "no answer", "TLS08"),
        )
        .at_a_proxy(),
        Case::new(
            "a proxy that is silent",
            Tls::Clear,
            Talk::Silent,
            &all("unexplained proxy", "unexplained proxy", "no answer", "unexplained proxy"),
        )
        .at_a_proxy(),
        Case::new(
            "a proxy that repeats its login",
            Tls::Clear,
            Talk::Echoes,
            &all("PXY04", "PXY04", "no answer", "PXY04"),
        )
        .at_a_proxy(),
        Case::new(
            "a proxy that sends elsewhere",
            Tls::Clear,
            says(redirect(307, "https://evil.example/")),
            &all("PXY04", "PXY04", "no answer", "PXY04"),
        )
        .at_a_proxy(),
    ]
}

fn upgrades() -> Vec<Case> {
    let all = |a, b, c, d| [(Socket, a), (Send, b), (Request, c), (Token, d)];
    let wrong = OPEN.replace("{accept}", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    let garbage = format!("{OPEN}{}", "\u{7f}".repeat(64));
    vec![
        Case::new(
            "101 to another key",
            Tls::Good,
            says(wrong),
            &all("WS01", "unexplained http", "answered 101", "unexplained http"),
        ),
        Case::new(
            "101 to no key",
            Tls::Good,
            says(OPEN.replace("sec-websocket-accept", "x-accept")),
            &[(Socket, "WS01")],
        ),
        Case::new("101 to nothing", Tls::Good, says(OPEN.replace("upgrade: websocket\r\n", "")), &[(Socket, "WS01")]),
        Case::new(
            "101 to something else",
            Tls::Good,
            says(OPEN.replace("upgrade: websocket", "upgrade: h2c")),
            &[(Socket, "WS01")],
        ),
        Case::new("101 and garbage", Tls::Good, says(garbage), &[(Socket, "opened, then broken")]),
        Case::new(
            "200 in place of 101",
            Tls::Good,
            says(answer("200 OK", "", "hello")),
            &all("HTTP04", "answered 200", "answered 200", "unexplained auth"),
        ),
        Case::new(
            "a page",
            Tls::Good,
            says(answer("200 OK", "content-type: text/html\r\n", "<title>Sign in</title>")),
            &all("HTTP05", "answered 200", "answered 200", "unexplained auth"),
        ),
        Case::new(
            "HTTP/2",
            Tls::Good,
            says("\0\0\u{6}\u{4}\0\0\0\0\0\0\u{3}\0\0\0d"),
            &all("HTTP08", "HTTP08", "no answer", "HTTP08"),
        ),
        Case::new(
            "200 unasked",
            Tls::Good,
            Talk::SaysFirst(answer("200 OK", "", "hello")),
            &all("HTTP04", "answered 200", "answered 200", "unexplained auth"),
        ),
        Case::new("101 unasked", Tls::Good, Talk::SaysFirst(OPEN.to_owned()), &[(Socket, "WS01")]),
        Case::new(
            "no HTTP at all",
            Tls::Good,
            says("220 mail.example ESMTP\r\n"),
            &all("HTTP08", "HTTP08", "no answer", "HTTP08"),
        ),
    ]
}

/// Returns servers that repeat the credential.
fn echoes() -> Vec<Case> {
    let all = |a, b, c, d| [(Socket, a), (Send, b), (Request, c), (Token, d)];
    let to =
        "HTTP/1.1 307 Go\r\nlocation: https://{first half}.evil.example/{second half}\r\ncontent-length: 0\r\n\r\n";
    let own =
        "HTTP/1.1 307 Go\r\nlocation: wss://{first half}.stt.speech.microsoft.com:444/\r\ncontent-length: 0\r\n\r\n";
    vec![
        Case::new(
            "the credential repeated",
            Tls::Good,
            Talk::Echoes,
            &all("unexplained websocket", "unexplained http", "answered 403", "unexplained http"),
        ),
        Case::new(
            "the credential as a host",
            Tls::Good,
            says(to),
            &all("HTTP03", "HTTP03", "answered 307", "unexplained http"),
        ),
        Case::new("the credential as a region", Tls::Good, says(own.replace(":444", "")), &[(Socket, "HTTP03")]),
        Case::new(
            "the credential as a region at another port",
            Tls::Good,
            says(own),
            &all("HTTP03", "HTTP03", "answered 307", "unexplained http"),
        ),
    ]
}

fn says(text: impl Into<String>) -> Talk {
    Talk::Says(text.into())
}

pub(crate) fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

fn redirect(status: u16, to: &str) -> String {
    answer(&format!("{status} Moved"), &format!("location: {to}\r\n"), "")
}

const ASTRAY: [(&str, &str); 7] = [
    ("a stranger", "https://evil.example/stt/speech/universal/v2"),
    ("another customer", "https://fabrikam.cognitiveservices.azure.com/stt/speech/universal/v2"),
    ("a socket in clear", "ws://westeurope.stt.speech.microsoft.com/stt/speech/universal/v2"),
    ("a page in clear", "http://westeurope.stt.speech.microsoft.com/stt/speech/universal/v2"),
    ("another port", "https://westeurope.stt.speech.microsoft.com:8443/stt/speech/universal/v2"),
    ("a user", "https://westeurope@northeurope.stt.speech.microsoft.com/stt/speech/universal/v2"),
    ("another cloud", "https://chinaeast2.stt.speech.azure.cn/stt/speech/universal/v2"),
];

pub(crate) const OPEN: &str = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: {accept}\r\n\r\n";

/// A custom domain whose discovery names a URL.
pub(crate) fn directing(status: &str, url: &str) -> Case {
    let talk = Talk::Directs {
        question: answer(status, &format!("content-type: text/plain\r\nlocation: {url}\r\n"), url),
        otherwise: answer("404 Not Found", "", ""),
    };
    Case::new(format!("directed to {url}"), Tls::Good, talk, &[]).of(Whose::Directed)
}

/// URLs that would give the credential to name servers, to the network or to another server.
pub(crate) fn made_of_the_credential() -> Vec<String> {
    let (first, second) = KEY.split_at(KEY.len() / 2);
    let (one, two) = first.split_at(first.len() / 2);
    vec![
        format!("https://{KEY}.stt.speech.microsoft.com/"),
        format!("https://{first}.{second}.evil.example/"),
        format!("https://{one}.{two}.evil.example/"),
        format!("https://{one}-{two}.stt.speech.microsoft.com/"),
        format!("https://northeurope.stt.speech.microsoft.com/{second}"),
        format!("https://northeurope.stt.speech.microsoft.com/stt/speech/universal/v2?Authorization={first}"),
    ]
}
