//! Flags: adds the command-line flags to messages of the library, which names settings only.

use std::fmt::Display;

use speech_endpoint::{Note, ResolveError, Setting, SettingHint};

/// A message, followed by the flags for the settings that it asks for.
pub(crate) fn spelled(message: impl Display, hints: &[SettingHint]) -> String {
    let flags: Vec<String> = hints.iter().filter_map(flag).collect();
    if flags.is_empty() { message.to_string() } else { format!("{message} ({})", flags.join(", ")) }
}

/// The text of a note with its flags.
pub(crate) fn text_of(note: &Note) -> String {
    spelled(&note.text, &note.hints)
}

/// The reason why a service has no URL, with its flags.
pub(crate) fn refusal(error: &ResolveError) -> String {
    spelled(error, &error.hints())
}

fn flag(hint: &SettingHint) -> Option<String> {
    let name = match hint.setting {
        Setting::Region => "--region",
        Setting::CustomDomain => "--custom-domain",
        Setting::Endpoint => "--endpoint",
        Setting::Host => "--host",
        Setting::SynthesisPath => "--synthesis-path",
        Setting::Network => "--network",
        Setting::Discovery => "--discovery",
        Setting::Key => return Some("`--key-env` or `--key-file`".into()),
        Setting::Token => return Some("`--token-env` or `--token-file`".into()),
        Setting::ResourceId => "--resource-id",
        Setting::Language => "--language",
        Setting::CustomModel => "--custom-model",
        Setting::Deployment => "--deployment",
        Setting::QueryParameter => "--query",
        _ => return None,
    };
    Some(hint.value.as_ref().map_or_else(|| format!("`{name}`"), |value| format!("`{name} {value}`")))
}
