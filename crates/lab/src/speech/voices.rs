//! The voices that the lab knows: names of <https://learn.microsoft.com/azure/ai-services/speech-service/language-support?tabs=tts>.

use std::sync::OnceLock;

use bytes::Bytes;
use serde_json::{Value, json};

/// A prebuilt voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Voice {
    locale: &'static str,
    locale_name: &'static str,
    /// The name without the locale and `Neural`.
    name: &'static str,
    local_name: &'static str,
    is_female: bool,
}

/// Returns all voices.
pub(super) fn all() -> &'static [Voice] {
    static ALL: OnceLock<Vec<Voice>> = OnceLock::new();
    ALL.get_or_init(|| include_str!("voices.tsv").lines().flat_map(of_locale).collect())
}

/// Returns the locales of all voices.
pub(super) fn locales() -> &'static [&'static str] {
    static LOCALES: OnceLock<Vec<&'static str>> = OnceLock::new();
    LOCALES.get_or_init(|| {
        let mut locales: Vec<_> = all().iter().map(|voice| voice.locale).collect();
        locales.dedup();
        locales
    })
}

/// Reads a line: the locale, its name, and the voices with gender and name in their language.
fn of_locale(line: &'static str) -> Vec<Voice> {
    let mut columns = line.split('\t');
    let (Some(locale), Some(region), Some(names)) = (columns.next(), columns.next(), columns.next()) else {
        return Vec::new();
    };
    let voice = |text: &'static str| {
        let (name, rest) = text.split_once('/')?;
        let (gender, local_name) = rest.split_once('=').unwrap_or((rest, name));
        Some(Voice { locale, locale_name: region, name, local_name, is_female: gender == "F" })
    };
    names.split(' ').filter_map(voice).collect()
}

/// Returns the number of a voice: by its short name, or by its whole name.
pub(super) fn find(name: &str) -> Option<u16> {
    let position = all().iter().position(|voice| voice.is_named(name))?;
    u16::try_from(position).ok()
}

/// Returns the number of the voice that speaks a language by default.
pub(super) fn of_language(language: &str) -> Option<u16> {
    let primary = language.split('-').next().unwrap_or_default();
    let exact = all().iter().position(|voice| voice.locale.eq_ignore_ascii_case(language));
    let similar = || all().iter().position(|voice| voice.locale.split('-').next() == Some(primary));
    u16::try_from(exact.or_else(similar)?).ok()
}

/// Returns whether a voice speaks the language of a locale, in any region.
pub(super) fn is_known_language(locale: &str) -> bool {
    let primary = |locale: &str| locale.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let wanted = primary(locale);
    locales().iter().any(|known| primary(known) == wanted)
}

/// Returns the number of a locale.
pub(super) fn locale_number(locale: &str) -> Option<u8> {
    u8::try_from(locales().iter().position(|known| known.eq_ignore_ascii_case(locale))?).ok()
}

/// Returns the locale with a number.
pub(super) fn locale(number: u8) -> Option<&'static str> {
    locales().get(usize::from(number)).copied()
}

/// Returns the locale of a voice with a number.
pub(super) fn locale_of(number: u16) -> Option<&'static str> {
    Some(all().get(usize::from(number))?.locale)
}

/// Returns the list of voices as the service does.
/// <https://learn.microsoft.com/azure/ai-services/speech-service/rest-text-to-speech#get-a-list-of-voices>
fn list() -> Value {
    all().iter().map(Voice::json).collect()
}

/// Returns the list as JSON; all requests share one.
pub(super) fn list_json() -> Bytes {
    static LIST: OnceLock<Bytes> = OnceLock::new();
    LIST.get_or_init(|| list().to_string().into()).clone()
}

impl Voice {
    fn short_name(&self) -> String {
        format!("{}-{}Neural", self.locale, self.name)
    }

    fn full_name(&self) -> String {
        format!("Microsoft Server Speech Text to Speech Voice ({}, {}Neural)", self.locale, self.name)
    }

    fn is_named(&self, name: &str) -> bool {
        let rest = name.get(self.locale.len()..).filter(|_| starts_with(name, self.locale));
        rest.is_some_and(|rest| rest.eq_ignore_ascii_case(&format!("-{}Neural", self.name))) || name == self.full_name()
    }

    fn json(&self) -> Value {
        let (display, is_multilingual) = match self.name.strip_suffix("Multilingual") {
            Some(name) => (format!("{name} Multilingual"), true),
            None => (self.name.replace(":DragonHDLatest", " Dragon HD Latest"), false),
        };
        let local_name = if self.local_name == self.name { display.as_str() } else { self.local_name };
        let mut voice = json!({
            "Name": self.full_name(), "DisplayName": display, "LocalName": local_name, "ShortName": self.short_name(),
            "Gender": if self.is_female { "Female" } else { "Male" }, "Locale": self.locale, "LocaleName": self.locale_name,
            "SampleRateHertz": if self.name.contains("DragonHD") { "24000" } else { "48000" }, "VoiceType": "Neural",
            "Status": "GA", "WordsPerMinute": "150",
        });
        if is_multilingual {
            voice["SecondaryLocaleList"] = locales().iter().filter(|locale| **locale != self.locale).copied().collect();
        }
        let styles = STYLES.iter().find(|(name, _)| *name == self.short_name());
        if let Some((_, styles)) = styles {
            voice["StyleList"] = json!(styles);
        }
        voice
    }
}

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|text| text.eq_ignore_ascii_case(start))
}

/// The styles of some voices.
/// <https://learn.microsoft.com/azure/ai-services/speech-service/language-support?tabs=tts#voice-styles-and-roles>
const STYLES: [(&str, &[&str]); 8] = [
    (
        "en-US-AriaNeural",
        &[
            "angry",
            "chat",
            "cheerful",
            "customerservice",
            "empathetic",
            "excited",
            "friendly",
            "hopeful",
            "narration-professional",
            "newscast-casual",
            "newscast-formal",
            "sad",
            "shouting",
            "terrified",
            "unfriendly",
            "whispering",
        ],
    ),
    (
        "en-US-JennyNeural",
        &[
            "angry",
            "assistant",
            "chat",
            "cheerful",
            "customerservice",
            "excited",
            "friendly",
            "hopeful",
            "newscast",
            "sad",
            "shouting",
            "terrified",
            "unfriendly",
            "whispering",
        ],
    ),
    (
        "en-US-GuyNeural",
        &[
            "angry",
            "cheerful",
            "excited",
            "friendly",
            "hopeful",
            "newscast",
            "sad",
            "shouting",
            "terrified",
            "unfriendly",
            "whispering",
        ],
    ),
    (
        "en-US-DavisNeural",
        &[
            "angry",
            "chat",
            "cheerful",
            "excited",
            "friendly",
            "hopeful",
            "sad",
            "shouting",
            "terrified",
            "unfriendly",
            "whispering",
        ],
    ),
    ("en-GB-SoniaNeural", &["cheerful", "sad"]),
    ("de-DE-ConradNeural", &["cheerful", "sad"]),
    ("fr-FR-DeniseNeural", &["cheerful", "excited", "sad", "whispering"]),
    ("ja-JP-NanamiNeural", &["chat", "cheerful", "customerservice"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_voice_has_a_name_of_its_own_and_is_found_by_it() {
        let names: HashSet<String> = all().iter().map(Voice::short_name).collect();
        assert!(all().len() > 400 && names.len() == all().len(), "{} voices, {} names", all().len(), names.len());
        for (number, voice) in all().iter().enumerate() {
            assert_eq!(find(&voice.short_name()).map(usize::from), Some(number), "{voice:?}");
            assert_eq!(find(&voice.full_name()).map(usize::from), Some(number), "{voice:?}");
            let number = locale_number(voice.locale).unwrap();
            assert_eq!(locale(number), Some(voice.locale));
        }
        assert_eq!(find("EN-us-avaneural"), find("en-US-AvaNeural"));
        assert_eq!((find("en-US-NobodyNeural"), find("en-US-"), find("")), (None, None, None));
    }

    #[test]
    fn every_line_of_the_table_is_read() {
        let words = include_str!("voices.tsv").lines().flat_map(|line| line.split('\t').nth(2).unwrap().split(' '));
        assert_eq!(words.count(), all().len());
    }

    #[test]
    fn a_language_has_a_voice_and_a_similar_one_lends_it() {
        let locale = |language| of_language(language).and_then(locale_of);
        assert_eq!((locale("de-DE"), locale("de"), locale("en-XX")), (Some("de-DE"), Some("de-AT"), Some("en-AU")));
        assert_eq!(locale("tlh"), None);
    }

    #[test]
    fn the_list_has_the_documented_fields() {
        let list = list();
        for field in [
            "Name",
            "DisplayName",
            "LocalName",
            "ShortName",
            "Gender",
            "Locale",
            "LocaleName",
            "SampleRateHertz",
            "VoiceType",
            "Status",
            "WordsPerMinute",
        ] {
            assert!(list.as_array().unwrap().iter().all(|voice| voice[field].is_string()), "{field}");
        }
    }
}
