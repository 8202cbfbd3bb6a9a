#![no_main]
//! A secret in any spelling and any part of it, anywhere in a text of a peer: nothing of it survives the scrubber, and no URL
//! that is made of it is followed.

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use speech_endpoint::fuzzing::{Scrubber, refused};
use speech_endpoint::net::ProxySettings;
use speech_endpoint::probe::without_secrets;
use speech_endpoint::{Credential, Secret};
use url::Url;

// The first bytes choose the secret, its spelling, the part of it and the place; the rest is the text.
fuzz_target!(|given: ([u8; 8], &str)| {
    let ([which, spelling, mask, begin, length, place, shift, _], text) = given;
    let planted = &PLANTED[usize::from(which) % PLANTED.len()];
    let secret = planted.secret;
    let part = if planted.is_whole { secret } else { part(secret, begin, length) };
    let spelled = spelled(part, spelling, mask, shift);
    let at = text.floor_char_boundary(usize::from(place) * (text.len() + 1) / 256);
    let text = format!("{}{spelled}{}", &text[..at], &text[at..]);

    let kept = planted.scrubber.text(&text);
    hides(&kept, part, &text);
    // Building the list of what to find takes longer than the search.
    if shift == 0 {
        hides(&without_secrets(&text, &[Secret::from(planted.secret.to_owned())]), part, &text);
        // A text without a secret stays as it is.
        assert_eq!(planted.scrubber.text(&kept), kept);
    }

    if let (true, Ok(url)) =
        (planted.is_credential && !planted.is_whole, Url::parse(&format!("https://evil.example/{text}")))
    {
        let is_there = !url.as_str().contains("/..") && holds(&seen(url.as_str()), part);
        assert!(!is_there || refused(&url, &planted.credential).is_some(), "{url}");
    }
});

/// A part that is long enough to reveal something: twelve bytes.
fn part(secret: &str, begin: u8, length: u8) -> &str {
    let begin = usize::from(begin) % (secret.len() - PIECE + 1);
    let length = PIECE + usize::from(length) % (secret.len() - begin - PIECE + 1);
    &secret[begin..begin + length]
}

fn spelled(part: &str, spelling: u8, mask: u8, shift: u8) -> String {
    let is_marked = |index: usize| mask.rotate_left((index % 8) as u32) & 1 == 1;
    let bytes = part.bytes().enumerate();
    match spelling % 6 {
        0 => part.to_owned(),
        1 => part.to_ascii_uppercase(),
        2 => bytes
            .map(|(index, byte)| if is_marked(index) { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() })
            .map(char::from)
            .collect(),
        3 => bytes.map(|(_, byte)| format!("%{byte:02x}")).collect(),
        4 => bytes
            .map(|(index, byte)| if is_marked(index) { format!("%{byte:02X}") } else { char::from(byte).to_string() })
            .collect(),
        _ => base64(format!("{}{part}", &"user:"[..usize::from(shift) % 6]).as_bytes(), mask & 1 == 1),
    }
}

/// Nothing of a part can be read in a text, as it is or decoded.
fn hides(kept: &str, part: &str, text: &str) {
    assert!(!holds(&seen(kept), part), "{part} of {text:?} in {kept:?}");
    for skipped in 0..3 {
        // The middle of an encoded part does not depend on its neighbours.
        let encoded = base64(&part.as_bytes()[skipped..], false).to_ascii_lowercase();
        let middle = encoded.get(2..encoded.len().saturating_sub(2)).unwrap_or_default();
        let is_long = middle.len() >= 2 * PIECE;
        let seen = kept.to_ascii_lowercase().replace('-', "+").replace('_', "/");
        assert!(!is_long || !seen.contains(middle), "{part} of {text:?} in {kept:?}");
    }
}

/// A text as it is, and without its percent-encoding.
fn seen(text: &str) -> [Vec<u8>; 2] {
    let bytes = text.as_bytes();
    let (mut decoded, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte =
            digits.filter(|digits| !digits.starts_with('+')).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte.filter(|_| bytes[at] == b'%') {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    [bytes.to_ascii_lowercase(), decoded.to_ascii_lowercase()]
}

fn holds(seen: &[Vec<u8>], part: &str) -> bool {
    let part = part.to_ascii_lowercase();
    let length = part.len().min(PIECE);
    let pieces = || part.as_bytes().windows(length);
    seen.iter().any(|seen| seen.windows(length).any(|run| pieces().any(|piece| piece == run)))
}

fn base64(bytes: &[u8], is_of_urls: bool) -> String {
    let alphabet = if is_of_urls { URLS } else { STANDARD };
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number = (0..3).fold(0, |number, at| number << 8 | usize::from(chunk.get(at).copied().unwrap_or_default()));
        (0..=chunk.len()).for_each(|at| text.push(char::from(alphabet[number >> (18 - 6 * at) & 63])));
    }
    text
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const URLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The shortest part that is found.
const PIECE: usize = 12;

struct Planted {
    secret: &'static str,
    credential: Credential,
    scrubber: Scrubber,
    /// Whether it is the credential and not the login of a proxy, which no redirect passes.
    is_credential: bool,
    /// Whether only the whole secret is found.
    is_whole: bool,
}

static PLANTED: LazyLock<Vec<Planted>> = LazyLock::new(|| {
    let of = |secret: &'static str, credential: Result<Credential, _>, proxy| {
        let credential = credential.expect("a credential");
        let proxies = ProxySettings::new(proxy, &[]).expect("settings");
        let scrubber = Scrubber::new(&credential, &proxies);
        Planted { secret, scrubber, credential, is_credential: proxy.is_none(), is_whole: secret.len() < PIECE }
    };
    let other = || Credential::key("0f1e2d3c4b5a69788796a5b4c3d2e1f0");
    let long = "8rTqWvZyB3nM5kLpJ7hG9fDsAqXcVbNm2KjH4gFdS6aPoIuYtReWqLkMnBvCxZ1QwErTyUiOpAsDfGhJkL0z";
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4IiwiZXhwIjoxfQ.c2lnbmF0dXJlLW9mLWEtdG9rZW4";
    let proxy = "http://svc-user:p%40ss%2Fw+rd-of-a-proxy@proxy.example:3128";
    vec![
        of("c0ffee0dba11feed5ca1ab1ebadf00d7", Credential::key("c0ffee0dba11feed5ca1ab1ebadf00d7"), None),
        of(long, Credential::key(long), None),
        of(token, Credential::issued_token(token), None),
        of("Geheim99x", Credential::key("Geheim99x"), None),
        of("p@ss/w+rd-of-a-proxy", other(), Some(proxy)),
        of("k4y!pw", other(), Some("http://u:k4y!pw@proxy.example:3128")),
    ]
});
