//! Scrub: removes credentials from evidence. A server may repeat a credential in a header or in a body, in another
//! case, encoded, or in pieces, and users share evidence in public issues.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::diagnose::evidence::Evidence;
#[cfg(feature = "connect")]
use crate::diagnose::evidence::Reply;
use crate::net::proxy::ProxySettings;
use crate::resolve::credential::{Credential, Secret};

/// Returns evidence without any piece of the credentials and of the proxy logins.
pub(crate) fn scrub<'a>(
    evidence: Evidence,
    credentials: impl IntoIterator<Item = &'a Credential>,
    proxies: &ProxySettings,
) -> Evidence {
    Scrub::of(credentials, proxies).evidence(evidence)
}

/// Removes credentials and proxy logins from evidence.
pub(crate) struct Scrub(Secrets);

impl Scrub {
    pub(crate) fn of<'a>(credentials: impl IntoIterator<Item = &'a Credential>, proxies: &ProxySettings) -> Self {
        let mut secrets = Secrets::default();
        for credential in credentials {
            secrets.add(credential.secret().expose());
            secrets.add_short(credential.secret().expose());
        }
        for login in proxies.logins() {
            let login = login.expose();
            secrets.add_encoded(login);
            secrets.whole.insert(login.to_ascii_lowercase().into_bytes());
            let password = login.split_once(':').map_or("", |(_, password)| password);
            secrets.add_short(login);
            secrets.add_short(password);
            // A shorter password may be a common word.
            if password.len() >= PIECE {
                secrets.add(password);
            }
        }
        Self(secrets)
    }

    pub(crate) fn evidence(&self, evidence: Evidence) -> Evidence {
        self.any(evidence, |evidence| Evidence::new(evidence.observed_at, evidence.resource))
    }

    #[cfg(feature = "connect")]
    pub(crate) fn reply(&self, reply: Reply) -> Reply {
        self.any(reply, |reply| Reply { status: reply.status, ..Reply::default() })
    }

    /// Returns whether a text contains a piece of a secret, or a short one as a whole. A short secret may be a common word, but a
    /// false match costs a request, and a missed one reveals the secret.
    pub(crate) fn finds_any(&self, text: &str) -> bool {
        self.0.marked(text, Sought::All).is_some()
    }

    #[cfg(feature = "connect")]
    pub(crate) fn text(&self, text: String) -> String {
        self.0.cut(&text, Sought::All).unwrap_or(text)
    }

    /// Removes the secrets from every text of a value. `rest` replaces a value that is invalid without them.
    fn any<T: Serialize + DeserializeOwned>(&self, value: T, rest: impl FnOnce(T) -> T) -> T {
        let Ok(mut json) = serde_json::to_value(&value) else { return value };
        // Without a secret, the value itself is returned, because JSON rounds times.
        if self.0.cut_all(&mut json, Sought::All) == 0 {
            return value;
        }
        serde_json::from_value(json).unwrap_or_else(|_| rest(value))
    }
}

/// Returns a text without any piece of the secrets that a peer or a program may repeat.
#[must_use]
pub fn without_secrets(text: &str, secrets: &[Secret]) -> String {
    let mut sought = Secrets::default();
    for secret in secrets {
        sought.add(secret.expose());
        sought.whole.insert(secret.expose().to_ascii_lowercase().into_bytes());
        sought.add_short(secret.expose());
    }
    sought.cut(text, Sought::All).unwrap_or_else(|| text.to_owned())
}

/// The secrets to find, in lower case.
#[derive(Default)]
struct Secrets {
    /// The pieces of length [`PIECE`] of every secret.
    pieces: HashSet<Vec<u8>>,
    /// The secrets that match only as a whole.
    whole: HashSet<Vec<u8>>,
    /// Whole secrets that may be common words. They are sought only in texts of peers.
    short: HashSet<Vec<u8>>,
}

/// The secrets to look for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sought {
    All,
    /// Without those that may be common words.
    Long,
}

impl Secrets {
    fn add(&mut self, secret: &str) {
        self.add_pieces(secret);
        self.add_encoded(secret);
    }

    /// Adds the percent-encoded form, the hexadecimal form, and the three base64 forms, which depend on the position in the
    /// encoded text.
    fn add_encoded(&mut self, secret: &str) {
        self.add_pieces(&secret.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02x}")));
        self.add_pieces(&hexadecimal(secret));
        for skipped in 0..3.min(secret.len()) {
            let rest = &secret.as_bytes()[skipped..];
            self.add_pieces(&STANDARD_NO_PAD.encode(rest));
            self.add_pieces(&URL_SAFE_NO_PAD.encode(rest));
        }
    }

    fn add_pieces(&mut self, text: &str) {
        let text = text.to_ascii_lowercase();
        self.pieces.extend(text.as_bytes().windows(PIECE).map(<[u8]>::to_vec));
    }

    fn add_short(&mut self, secret: &str) {
        if secret.len() >= SHORTEST {
            self.short.insert(secret.to_ascii_lowercase().into_bytes());
            self.short.insert(hexadecimal(secret).into_bytes());
        }
        for skipped in 0..3.min(secret.len()) {
            let rest = &secret.as_bytes()[skipped..];
            for mut encoded in [STANDARD_NO_PAD.encode(rest), URL_SAFE_NO_PAD.encode(rest)] {
                // The last character also encodes what follows.
                if !rest.len().is_multiple_of(3) {
                    encoded.pop();
                }
                if encoded.len() >= SHORTEST_ENCODED {
                    self.short.insert(encoded.to_ascii_lowercase().into_bytes());
                }
            }
        }
    }

    /// Removes the secrets from every text. Returns the number of changed texts.
    fn cut_all(&self, value: &mut Value, sought: Sought) -> usize {
        match value {
            Value::Array(items) => items.iter_mut().map(|item| self.cut_all(item, sought)).sum(),
            Value::Object(fields) => {
                let of = |name: &String| if OWN.contains(&name.as_str()) { Sought::Long } else { sought };
                fields.iter_mut().map(|(name, field)| self.cut_all(field, of(name))).sum()
            }
            Value::String(text) => match self.cut(text, sought) {
                Some(cut) => {
                    *text = cut;
                    1
                }
                None => 0,
            },
            _ => 0,
        }
    }

    /// Returns the text with an ellipsis for each secret, or `None` if it contains no secret.
    fn cut(&self, text: &str, sought: Sought) -> Option<String> {
        let is_secret = self.marked(text, sought)?;
        let mut cut = String::new();
        for (at, c) in text.char_indices() {
            match is_secret[at] {
                false => cut.push(c),
                true if !cut.ends_with('…') => cut.push('…'),
                true => {}
            }
        }
        Some(cut)
    }

    /// Returns which bytes of a text belong to a secret, or `None` if none does. The text is read as it is, and without each
    /// escape that a peer can apply to any part of a secret: of URLs, of JSON and of HTML.
    fn marked(&self, text: &str, sought: Sought) -> Option<Vec<bool>> {
        let mut is_secret = vec![false; text.len()];
        let plain: Vec<(u8, usize)> = text.bytes().zip(0..).collect();
        let mut views = vec![plain];
        if text.contains('%') {
            views.push(percent_decoded(text.as_bytes()));
        }
        if text.contains("\\u") || text.contains("\\x") || text.contains("&#") {
            views.push(decoded(text.as_bytes(), escape));
        }
        for view in &views {
            let bytes: Vec<u8> = view.iter().map(|(byte, _)| byte.to_ascii_lowercase()).collect();
            let place = |index: usize| view.get(index).map_or(text.len(), |(_, at)| *at);
            let mut mark = |start: usize, length: usize| is_secret[place(start)..place(start + length)].fill(true);
            for (start, piece) in bytes.windows(PIECE).enumerate() {
                if self.pieces.contains(piece) {
                    mark(start, PIECE);
                }
            }
            let whole = self.whole.iter().filter(|whole| whole.len() >= SHORTEST_WHOLE);
            for whole in whole.chain(self.short.iter().filter(|_| sought == Sought::All)) {
                let found = bytes.windows(whole.len()).enumerate().filter(|(_, run)| run == whole);
                found.for_each(|(start, run)| mark(start, run.len()));
            }
        }
        is_secret.contains(&true).then_some(is_secret)
    }
}

fn hexadecimal(secret: &str) -> String {
    secret.bytes().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Returns the bytes of a text without percent-encoding, each with its place in the text.
pub(super) fn percent_decoded(text: &[u8]) -> Vec<(u8, usize)> {
    decoded(text, |rest| Some((number(rest.strip_prefix(b"%")?.get(..2)?, 16)?, 3)))
}

/// Returns the bytes of a text without escapes, each with its place in the text. `unescape` returns the byte of the escape at
/// the beginning of a text, and the length of the escape.
fn decoded(text: &[u8], unescape: impl Fn(&[u8]) -> Option<(u8, usize)>) -> Vec<(u8, usize)> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let (byte, length) = unescape(&text[at..]).unwrap_or((text[at], 1));
        decoded.push((byte, at));
        at += length;
    }
    decoded
}

/// Returns the byte of an escape of JSON (`\u0041`, and `\x41` as some languages have it) or of HTML (`&#65;`, `&#x41;`).
fn escape(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'\\', b'u' | b'U', rest @ ..] => Some((number(rest.get(..4)?, 16)?, 6)),
        [b'\\', b'x' | b'X', rest @ ..] => Some((number(rest.get(..2)?, 16)?, 4)),
        [b'&', b'#', rest @ ..] => {
            let end = rest.iter().take(LONGEST_ENTITY).position(|byte| *byte == b';')?;
            let value = match &rest[..end] {
                [b'x' | b'X', digits @ ..] => number(digits, 16)?,
                digits => number(digits, 10)?,
            };
            Some((value, end + 3))
        }
        _ => None,
    }
}

/// Returns the number of some digits, if it is a byte.
fn number(digits: &[u8], radix: u32) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u8::try_from(u32::from_str_radix(digits, radix).ok()?).ok()
}

/// The longest number of an HTML entity that is read, with leading zeros.
const LONGEST_ENTITY: usize = 8;

/// A shorter encoded form of a secret is in other text by chance.
const SHORTEST_ENCODED: usize = 6;

/// The length of a piece. Shorter pieces of a key reveal little, and match other text by chance.
const PIECE: usize = 12;

/// A shorter login, like `a:b`, cannot be distinguished from other text.
const SHORTEST_WHOLE: usize = 6;

/// A shorter secret is in every text.
const SHORTEST: usize = 4;

/// Fields that no peer writes: what was asked for, and words of a fixed list. A short secret that is a common word would
/// change what the rules read there.
const OWN: &[&str] = &[
    "target",
    "resource",
    "machine",
    "credential",
    "second_key",
    "remarks",
    "dns",
    "status",
    "kind",
    "ended",
    "end",
    "retry",
    "fault",
    "form",
    "skipped_because",
    "request",
    "source",
    "class",
    "no_proxy_entry",
    "because",
    "version",
    "cipher",
    "alpn",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_removed_in_any_case_and_encoding() {
        let key = "1aB2cD3eF4gH5iJ6kL7mN8oP9qR1sT2u";
        let mut secrets = Secrets::default();
        secrets.add(key);
        let cut = |text: &str| secrets.cut(text, Sought::All).unwrap_or_else(|| text.to_owned());
        assert_eq!(cut(&format!("the key `{key}` is wrong")), "the key `…` is wrong");
        assert_eq!(cut(&key.to_lowercase()), "…");
        assert_eq!(cut(&format!("no '{}'", &key[5..20])), "no '…'");
        for before in ["", ":", "u:", "us:"] {
            let encoded = URL_SAFE_NO_PAD.encode(format!("{before}{key}"));
            assert!(cut(&encoded).len() < 12, "{}", cut(&encoded));
        }
        assert_eq!(cut("%31%61%42%32%63%44%33"), "…");
        assert_eq!(cut("é is kept, as is 1aB2cD3eF4g"), "é is kept, as is 1aB2cD3eF4g");
    }

    #[test]
    fn a_short_secret_is_removed_whole_in_every_spelling() {
        let mut secrets = Secrets::default();
        for secret in ["Geheim99x", "hunter2", "p@ss/w+rd", "k4y!"] {
            secrets.add_short(secret);
        }
        let cut = |text: &str| secrets.cut(text, Sought::All).unwrap_or_else(|| text.to_owned());
        assert_eq!(cut("403 the key 'Geheim99x' is unknown, no HUNTER2"), "403 the key '…' is unknown, no …");
        assert_eq!(cut("http://u:p%40ss%2Fw%2Brd@proxy"), "http://u:…@proxy");
        assert_eq!(cut("p%40ss/w%2brd and %70@ss%2fw+rd or p@ss/w+rd"), "… and … or …");
        assert_eq!(cut("%6b%34%79%21, k4y%21 and 50% %zz %4"), "…, … and 50% %zz %4");
        assert!(secrets.marked("hunter2.stt.speech.microsoft.com", Sought::Long).is_none());
        assert_eq!(cut(r"no \u0068unter\u0032, \x68unter2 or &#104;unter&#x32;"), "no …, … or …");
        assert_eq!(cut("R2VoZWltOTl4 and 47656865696D393978"), "… and …");
        for before in ["u", "us", "use", "user:"] {
            let encoded = STANDARD_NO_PAD.encode(format!("{before}Geheim99x{before}"));
            assert!(cut(&encoded).contains('…'), "{encoded}");
        }
        assert_eq!(cut(r"\u00 \u00zz &#; &#x; &#99999; &#+1; 100% \"), r"\u00 \u00zz &#; &#x; &#99999; &#+1; 100% \");
    }

    #[test]
    fn a_short_secret_that_is_a_common_word_changes_texts_of_peers_only() {
        let mut secrets = Secrets::default();
        for secret in ["speech", "failed", "http"] {
            secrets.add_short(secret);
        }
        let mut value = serde_json::json!({
            "target": { "host": "westeurope.stt.speech.microsoft.com" },
            "http": { "status": "failed", "failure": { "kind": "http", "text": "no speech" } },
        });
        assert_eq!(secrets.cut_all(&mut value, Sought::All), 1);
        assert_eq!(value["http"]["failure"]["text"], "no …");
    }

    fn proxies(login: &str) -> ProxySettings {
        ProxySettings::new(Some(&format!("http://{login}@proxy.example:3128")), &[]).unwrap()
    }

    #[test]
    fn the_login_of_a_proxy_is_found_whole_and_a_long_password_in_pieces() {
        let scrub = Scrub::of([], &proxies("somebody:correct-horse-battery"));
        for text in [
            "no correct-horse",
            "NO ORSE-BATTERY",
            "somebody:correct-horse-battery",
            "c29tZWJvZHk6Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5",
        ] {
            assert!(scrub.finds_any(text), "{text}");
        }
        assert!(!scrub.finds_any("somebody at proxy.example:3128, correct"));
        let scrub = Scrub::of([], &proxies("joe:hunter2"));
        assert!(scrub.finds_any("joe:hunter2") && scrub.finds_any("no Hunter2"));
        assert!(!scrub.finds_any("joe: hunter"));
    }

    #[test]
    fn a_login_is_removed_whole_even_from_fields_that_no_peer_writes() {
        let found = |login: &str, text: &str| Scrub::of([], &proxies(login)).0.marked(text, Sought::Long).is_some();
        assert!(found("joe:hunter2", "http://joe:hunter2@proxy.example"));
        assert!(!found("joe:hunter2", "hunter2"), "it may be a common word");
        assert!(!found("a:bcd", "a:bcd"), "it may be a common text");
    }

    #[test]
    fn evidence_loses_the_secrets_and_nothing_else() {
        let key = Credential::key("1aB2cD3eF4gH5iJ6kL7mN8oP9qR1sT2u").unwrap();
        let account = crate::resolve::account::Account::custom_domain("contoso".parse().unwrap());
        let resource = crate::diagnose::evidence::ResourceFacts::of(&account);
        let at = std::time::SystemTime::UNIX_EPOCH;
        let with = |text: &str| {
            let mut evidence = Evidence::new(at, resource.clone());
            evidence.remarks.push(crate::diagnose::evidence::Remark::new("x", text, true));
            serde_json::to_value(scrub(evidence, [&key], &proxies("joe:hunter2"))).unwrap()
        };
        assert_eq!(with("peer says 5iJ6kL7mN8oP9q, joe:hunter2"), with("peer says …, …"));
        assert_ne!(with("peer says nothing"), with("peer says …"));
    }

    #[test]
    fn a_text_loses_secrets_of_any_length() {
        let secrets = ["k4y!", "1aB2cD3eF4gH5iJ6kL7mN8oP9qR1sT2u"].map(|text| Secret::from(text.to_owned()));
        assert_eq!(without_secrets("K4Y! and f4gH5iJ6kL7mN8, so", &secrets), "… and …, so");
        assert_eq!(without_secrets("nothing of it", &secrets), "nothing of it");
    }
}
