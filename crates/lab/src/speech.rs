//! Recognition, synthesis and translation, as far as an application needs them to run against the lab.
//!
//! Synthesis returns tones that say the text: see [`tones`]. Recognition hears them, in any WAV format and after any SDK has
//! made another file of them, and returns `NoMatch` for other audio, such as a real recording. A comment of a WAV file is
//! recognised as well. A translation is the text after the language in brackets.

mod assessment;
mod batch;
mod course;
mod ear;
mod fingerprint;
mod format;
mod g711;
mod intake;
pub(super) mod message;
pub(super) mod openai;
mod phrase;
mod play;
mod prompter;
mod realtime;
mod recognition;
mod render;
pub(super) mod rest;
mod script;
mod segments;
mod settings;
mod socket;
mod speakers;
mod ssml;
mod synthesis;
mod tones;
pub(super) mod transcription;
mod voices;
mod words;

pub(super) use course::{Step, Steps};
pub(super) use play::refusal;
pub(super) use socket::{Conversation, service};

/// Returns whether a voice exists.
pub(super) fn is_voice(name: &str) -> bool {
    voices::find(name).is_some()
}
