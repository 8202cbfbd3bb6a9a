//! Finds the SDK and its version in a text: by the name of its package, by what it calls itself, or by a number that is a line
//! of its source.

use super::super::clean::boundary_to;
use super::{PACKAGES, Sdk, SdkVersion, TABLES};

/// A text that names a package.
pub(super) struct Marker {
    id: &'static str,
    text: &'static str,
}

impl Marker {
    pub(super) fn read(row: &[&'static str]) -> Option<Self> {
        let &[id, text, _source] = row else { return None };
        PACKAGES.iter().find(|package| package.id == id).map(|package| Self { id: package.id, text })
    }
}

/// Numbers that the native SDK of some versions prints in place of an error.
pub(super) struct Number {
    values: Vec<u32>,
    oldest: SdkVersion,
    newest: SdkVersion,
}

impl Number {
    pub(super) fn read(row: &[&'static str]) -> Option<Self> {
        let &[values, oldest, newest, _source] = row else { return None };
        let values: Option<Vec<u32>> = values.split(' ').map(|value| value.parse().ok()).collect();
        Some(Self { values: values?, oldest: oldest.parse().ok()?, newest: newest.parse().ok()? })
    }
}

/// Returns the SDK that a lower-case text names, or that its wordings and numbers give away.
///
/// `is_native` and `is_javascript` say whose wordings stand in the text; `errors` are the numbers in the position of an error.
pub(in super::super) fn seen(text: &str, is_native: bool, is_javascript: bool, errors: &[u32]) -> Option<Sdk> {
    let named = match (described(text), named(text)) {
        // What the SDK says of itself, with the language by which the package is named.
        (Some(sdk), Some(other)) if sdk.id() == "native" && other.family() == "native" => {
            Sdk::new(other.id(), sdk.versions())
        }
        (described, named) => described.or(named),
    };
    if named.as_ref().is_some_and(|sdk| sdk.versions().is_some() && sdk.id() != "native") {
        return named;
    }
    // What an application calls the Speech SDK may be that of JavaScript.
    let is_javascript = is_javascript && !is_native_trace(text);
    let bare = || text.match_indices("sdk").find_map(|(at, _)| version_behind(&text[at + 3..]));
    let bare = if is_native || is_javascript { bare().map(|version| (version, version)) } else { None };
    let called = named.as_ref().and_then(Sdk::versions).or(bare);
    if called.is_some() {
        return Sdk::new(if is_javascript { "javascript" } else { "native" }, called);
    }
    let numbers = TABLES.numbers.iter().find(|row| row.values.iter().any(|value| errors.contains(value)));
    let versions = numbers.filter(|_| is_native).map(|row| (row.oldest, row.newest));
    match named {
        Some(sdk) if sdk.id() == "native" && is_javascript => Sdk::new("javascript", None),
        Some(sdk) if sdk.family() == "native" => Sdk::new(sdk.id(), versions),
        Some(sdk) => Some(sdk),
        // Applications print the same words around the errors of both; what follows them tells.
        None if is_javascript => Sdk::new("javascript", None),
        None if is_native => Sdk::new("native", versions),
        None => None,
    }
}

/// Returns whether a text holds what only the native SDK writes.
fn is_native_trace(text: &str) -> bool {
    ["spx_", "ws_open_error", "ws_error", "usp error", "az_log"].iter().any(|part| text.contains(part))
}

/// Reads what the SDK says of itself in its first message: `"system":{"version":"1.53.0","name":"SpeechSDK",…,"lang":"Python"}`.
fn described(text: &str) -> Option<Sdk> {
    let at = text.rfind("\"name\":\"speechsdk\"")?;
    let around = &text[boundary_to(text, at.saturating_sub(120))..boundary_to(text, at + 160)];
    let value = |name: &str| {
        let rest = &around[around.find(&format!("\"{name}\":\""))? + name.len() + 4..];
        rest.split('"').next()
    };
    let version = SdkVersion::at_start(value("version")?)?.0;
    let language = value("lang").unwrap_or("native");
    let both = Some((version, version));
    Sdk::new(language, both).or_else(|| Sdk::new("native", both))
}

/// Returns the package that the text names, with the version behind its last name that has one.
fn named(text: &str) -> Option<Sdk> {
    let mut found: Option<Sdk> = None;
    for marker in &TABLES.markers {
        for (at, _) in text.match_indices(marker.text) {
            let version = version_behind(&text[at + marker.text.len()..]);
            let sdk = Sdk::new(marker.id, version.map(|version| (version, version)));
            if version.is_some() {
                return sdk;
            }
            found = found.or(sdk);
        }
    }
    found
}

/// Returns the version behind the name of a package: `==1.44.0`, `@1.44.0`, `, Version=1.44.0.28`, `/1.53.0`, `:1.44.0`,
/// `" Version="1.44.0"`, `-1.44.0.jar`, `  1.44.0`.
fn version_behind(rest: &str) -> Option<SdkVersion> {
    let lead = &rest[..boundary_to(rest, 24)];
    let digits = lead.find(|c: char| c.is_ascii_digit())?;
    let between = &lead[..digits];
    let words = between.trim_matches(|c: char| !c.is_ascii_alphabetic());
    let is_near = !between.is_empty() && !between.contains(|c: char| c.is_alphanumeric() || c == '\n');
    if !is_near && !words.ends_with("version") && !["v", "redist"].contains(&words) {
        return None;
    }
    SdkVersion::at_start(&rest[digits..]).map(|(version, _)| version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_and_versions_are_found_where_people_paste_them() {
        for (text, expected) in [
            ("user-agent: speechsdk-python/1.53.0 linux", "Speech SDK for Python 1.53"),
            ("azure-cognitiveservices-speech==1.44.0", "Speech SDK for Python 1.44"),
            ("azure-cognitiveservices-speech             1.48.2", "Speech SDK for Python 1.48.2"),
            ("\"microsoft-cognitiveservices-speech-sdk\": \"^1.49.0\"", "Speech SDK for JavaScript 1.49"),
            ("node_modules/microsoft-cognitiveservices-speech-sdk/distrib/lib", "Speech SDK for JavaScript"),
            ("microsoft-cognitiveservices-speech-sdk@1.52.0", "Speech SDK for JavaScript 1.52"),
            (
                "<packagereference include=\"microsoft.cognitiveservices.speech\" version=\"1.40.0\" />",
                "Speech SDK for C# 1.40",
            ),
            ("microsoft.cognitiveservices.speech.csharp, version=1.43.0.28", "Speech SDK for C# 1.43"),
            ("com.microsoft.cognitiveservices.speech:client-sdk:1.38.0", "Speech SDK for Java 1.38"),
            ("client-sdk-1.42.0.jar", "Speech SDK for Java 1.42"),
            (
                "\"system\":{\"version\":\"1.53.0\",\"name\":\"speechsdk\",\"build\":\"linux-x64\",\"lang\":\"python\"}",
                "Speech SDK for Python 1.53",
            ),
            (
                "\"system\":{\"name\":\"speechsdk\",\"version\":\"1.52.0\",\"build\":\"javascript\",\"lang\":\"javascript\"}",
                "Speech SDK for JavaScript 1.52",
            ),
            ("at microsoft.cognitiveservices.speech.speechrecognizer.recognizeonceasync()", "Speech SDK for C#"),
            ("azure-ai-voicelive 1.2.0", "azure-ai-voicelive 1.2"),
        ] {
            let found = seen(text, false, false, &[]).map(|sdk| sdk.to_string());
            assert_eq!(found.as_deref(), Some(expected), "{text}");
        }
        assert_eq!(seen("error 443 at host 10.0.0.1 port 8080", false, false, &[]), None);
    }

    #[test]
    fn a_number_of_the_native_source_gives_the_versions_away() {
        let found = |errors: &[u32]| seen("", true, false, errors).map(|sdk| sdk.to_string());
        assert_eq!(found(&[2859]).as_deref(), Some("native Speech SDK 1.53"));
        assert_eq!(found(&[2804]).as_deref(), Some("native Speech SDK 1.51 to 1.52"));
        assert_eq!(found(&[111]).as_deref(), Some("native Speech SDK"));
        assert_eq!(seen("", false, false, &[2859]), None);
        let javascript = seen("", false, true, &[2859]).map(|sdk| sdk.to_string());
        assert_eq!(javascript.as_deref(), Some("Speech SDK for JavaScript"));
    }
}
