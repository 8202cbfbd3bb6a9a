//! Scripted answers: what the service says to the turns of its clients, instead of what it hears, and where it fails.

use std::time::Duration;

use serde::Deserializer;
use serde::de::DeserializeOwned;

use super::Lab;
use super::speech;
use super::vocabulary::{EntryToml, ScriptToml};
use super::world::WorldError;

mod director;

pub(super) use director::{Decision, Director, Known, Part, Turn};

/// Scripted answers of the service. [docs/lab.md](https://docs.rs/crate/speech-endpoint-lab) lists the keys of an entry.
///
/// The first entry that applies to a turn answers it. A turn is one recognition, one synthesis, or one request with a body;
/// a refused upgrade counts as one.
///
/// ```
/// use speech_endpoint_lab::Answers;
///
/// let toml = r#"
/// [[script]]
/// turn = 1
/// phrases = [{ text = "One." }, { text = "Two." }]
/// fault = { close = 1011, reason = "internal server error" }
/// after-phrases = 1
/// "#;
/// let json = r#"{ "script": [{
///     "turn": 1,
///     "phrases": [{ "text": "One." }, { "text": "Two." }],
///     "fault": { "close": 1011, "reason": "internal server error" },
///     "after-phrases": 1
/// }] }"#;
/// assert_eq!(Answers::parse_toml(toml)?, Answers::parse_json(json)?);
/// # Ok::<(), speech_endpoint_lab::WorldError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers(Vec<EntryToml>);

impl Answers {
    /// Reads the tables `[[script]]`.
    ///
    /// # Errors
    ///
    /// Returns a [`WorldError`] with the invalid key, its value and the expected one.
    pub fn parse_toml(toml: &str) -> Result<Self, WorldError> {
        Self::of(read(toml::Deserializer::parse(toml).map_err(|error| WorldError::new("", error.message()))?)?)
    }

    /// Reads an object with the array `script`, whose entries have the same keys.
    ///
    /// # Errors
    ///
    /// Returns a [`WorldError`] with the invalid key, its value and the expected one.
    pub fn parse_json(json: &str) -> Result<Self, WorldError> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let script = read(&mut reader)?;
        reader.end().map_err(|error| WorldError::new("", error))?;
        Self::of(script)
    }

    fn of(script: ScriptToml) -> Result<Self, WorldError> {
        Self::checked(script.script)
    }

    /// Checks constraints that the types cannot express.
    pub(super) fn checked(entries: Vec<EntryToml>) -> Result<Self, WorldError> {
        for (i, entry) in entries.iter().enumerate() {
            entry
                .check(speech::is_voice)
                .map_err(|(key, problem)| WorldError::new(&format!("script[{i}].{key}"), problem))?;
        }
        Ok(Self(entries))
    }
}

fn read<'de, D>(reader: D) -> Result<ScriptToml, WorldError>
where
    D: Deserializer<'de>,
    ScriptToml: DeserializeOwned,
{
    serde_path_to_error::deserialize(reader).map_err(|error| WorldError::new(&error.path().to_string(), error.inner()))
}

/// A turn of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeenTurn {
    /// The number of the turn since the lab started or its answers were set, from 1.
    pub number: u32,
    /// The service, as a script names it.
    pub service: &'static str,
    /// The SHA-256 of the samples that the client sent; `None` before their end.
    pub sha256: Option<String>,
    /// The duration of this audio.
    pub duration: Option<Duration>,
    /// The text that the client wanted to be spoken: at most its first 1,000 characters.
    pub text: Option<String>,
    /// The number of the entry that answered, from 0; `None` if the lab answered by itself.
    pub entry: Option<usize>,
}

impl Lab {
    /// Sets the answers to the turns that begin from now on. Turns are counted from 1 again.
    pub fn set_answers(&self, answers: Answers) {
        self.director().set(answers.0);
    }

    /// Removes all scripted answers: the lab answers by itself.
    pub fn clear_answers(&self) {
        self.director().set(Vec::new());
    }

    /// Returns the last 10,000 turns, in the order of their beginning.
    #[must_use]
    pub fn turns(&self) -> Vec<SeenTurn> {
        self.director().seen()
    }

    fn director(&self) -> &Director {
        &self.site.gateway.director
    }
}
