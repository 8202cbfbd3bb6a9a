//! Scripted answers: what the service says to the turns of its clients, instead of what it hears, and where it fails.

use std::time::Duration;

use super::Lab;
use super::error::{self, WorldError};
use super::speech;
use super::vocabulary::{EntryToml, ScriptToml};

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
        let script: ScriptToml = error::read_toml(toml)?;
        Self::checked(script.script).map_err(|error| error.in_text(toml))
    }

    /// Reads an object with the array `script`, whose entries have the same keys.
    ///
    /// # Errors
    ///
    /// Returns a [`WorldError`] with the invalid key, its value and the expected one.
    pub fn parse_json(json: &str) -> Result<Self, WorldError> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let script: ScriptToml = serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| WorldError::new(&error.path().to_string(), error.inner()))?;
        reader.end().map_err(|error| WorldError::new("", error))?;
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
        self.director().set(answers);
    }

    /// Removes all scripted answers: the lab answers by itself.
    pub fn clear_answers(&self) {
        self.director().set(Answers::default());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_and_json_are_read_alike() {
        let hash = "0f".repeat(32);
        let toml = format!(
            r#"
            [[script]]
            service = "recognition"
            turn = {{ from = 2, to = 3 }}
            times = 4
            duration = {{ from-ms = 10, to-ms = 20 }}
            audio = {{ sha256 = "{hash}" }}
            phrases = [
                {{ text = "a", language = "de-DE", speaker = 2, confidence = 0.5, offset-ms = 1, duration-ms = 2, translations = {{ fr = "b" }} }},
                {{ status = "NoMatch" }},
            ]
            delay-ms = 1
            pause-ms = 2
            omit = ["turn.start", "speech.phrase"]
            fault = {{ close = 1011, reason = "r" }}
            after-phrases = 1

            [[script]]
            turn = 1
            text-contains = "c"
            voice = "de-DE-KatjaNeural"
            spoken = "half"
            fault = "reset"
            after-bytes = 5

            [[script]]
            status = 429
            retry-after = 5
            body = "d"

            [[script]]
            service = "translation"
            targets = []
            "#
        );
        let json = format!(
            r#"{{ "script": [
                {{
                    "service": "recognition", "turn": {{ "from": 2, "to": 3 }}, "times": 4,
                    "duration": {{ "from-ms": 10, "to-ms": 20 }}, "audio": {{ "sha256": "{hash}" }},
                    "phrases": [
                        {{ "text": "a", "language": "de-DE", "speaker": 2, "confidence": 0.5, "offset-ms": 1, "duration-ms": 2, "translations": {{ "fr": "b" }} }},
                        {{ "status": "NoMatch" }}
                    ],
                    "delay-ms": 1, "pause-ms": 2, "omit": ["turn.start", "speech.phrase"],
                    "fault": {{ "close": 1011, "reason": "r" }}, "after-phrases": 1
                }},
                {{
                    "turn": 1, "text-contains": "c", "voice": "de-DE-KatjaNeural", "spoken": "half",
                    "fault": "reset", "after-bytes": 5
                }},
                {{ "status": 429, "retry-after": 5, "body": "d" }},
                {{ "service": "translation", "targets": [] }}
            ] }}"#
        );
        let read = Answers::parse_toml(&toml).unwrap();
        assert_eq!(read, Answers::parse_json(&json).unwrap());
        assert_eq!(read.0.len(), 4);
        let as_object = r#"{ "script": [{ "status": 404, "body": { "error": { "code": "a" } } }] }"#;
        let as_text = "[[script]]\nstatus = 404\nbody = '{\"error\":{\"code\":\"a\"}}'\n";
        assert_eq!(Answers::parse_json(as_object).unwrap(), Answers::parse_toml(as_text).unwrap());
        assert_eq!(Answers::parse_json(r#"{ "script": [] }"#).unwrap(), Answers::default());
    }

    #[test]
    fn an_error_names_the_key_the_value_and_what_is_expected() {
        for (entry, expected) in [
            ("fualt = \"reset\"", "`script[0].fualt`: unknown field `fualt`, expected one of"),
            ("fault = \"explode\"", "`explode` is not a fault: expected `reset`, `cut`, `silence` or"),
            ("fault = { close = 1006 }", "`script[0].fault.close`: 1006 is not a code that a close frame can have"),
            ("fault = { colse = 1011 }", "unknown field `colse`, expected `close` or `reason`"),
            ("fault = 3", "invalid type: integer `3`, expected `reset`"),
            ("turn = 0", "`script[0].turn`: no turn is from 0 to 0: turns count from 1"),
            ("turn = -1", "-1 is not the number of a turn, such as 2, or a range"),
            ("turn = { from = 3, to = 2 }", "no turn is from 3 to 2"),
            ("turn = \"two\"", "expected the number of a turn"),
            ("times = 0", "`script[0].times`: an entry that applies 0 times"),
            ("duration = { from-ms = 2, to-ms = 1 }", "no duration is from 2 to 1 ms"),
            ("audio = { sha256 = \"abc\" }", "`script[0].audio.sha256`: `abc` is not a SHA-256"),
            ("service = \"recogniton\"", "unknown variant `recogniton`, expected one of `recognition`"),
            ("omit = [\"turn.begin\"]", "unknown variant `turn.begin`, expected one of `turn.start`"),
            ("phrases = [\"a\"]", "expected a phrase, such as `{ text = \"Hello.\" }`"),
            ("duration = 5", "expected a range with `from-ms` and `to-ms`"),
            ("phrases = [{}]", "`script[0].phrases.text`: it is missing"),
            ("phrases = [{ text = \"a\", confidence = 2.0 }]", "2 is not a confidence: expected 0 to 1"),
            ("phrases = [{ text = \"a\", speaker = 0 }]", "speakers count from 1"),
            ("phrases = [{ text = \"a\", offset-ms = 90000000 }]", "90000000 ms is more than a day"),
            ("voice = \"Nobody\"", "`Nobody` is not a voice"),
            ("after-bytes = 3", "`script[0].after-bytes`: it is the place of a fault: expected `fault` as well"),
            ("fault = \"cut\"\nafter-bytes = 3\nafter-pieces = 1", "the fault already has a place: `after-pieces`"),
            ("retry-after = 3", "`script[0].retry-after`: it is a part of a refusal: expected `status` as well"),
            ("status = 200", "200 does not refuse a request: expected 400 to 599"),
            ("status = 429\nphrases = []", "`script[0].phrases`: `status` refuses the request"),
            (
                "voice = \"de-DE-KatjaNeural\"\nphrases = []",
                "`script[0].voice`: it applies to synthesis, but `phrases`",
            ),
            ("service = \"synthesis\"\nphrases = []", "it does not apply to the service `synthesis`"),
            ("service = \"short-audio\"\nspoken = \"half\"", "it does not apply to the service `short-audio`"),
            ("service = \"realtime\"", "`realtime` takes only `status`"),
        ] {
            let error = Answers::parse_toml(&format!("[[script]]\n{entry}\n")).expect_err(entry).to_string();
            assert!(error.contains(expected), "{entry}: {error}");
        }
        for (json, expected) in [
            ("[]", "expected an object with the array `script`"),
            ("{}", "missing field `script`"),
            ("{ \"script\": [] } x", "trailing characters"),
            ("{ \"script\": [], \"more\": 1 }", "unknown field `more`, expected `script`"),
            ("{ \"script\": [{ \"turn\": 1.5 }] }", "expected the number of a turn"),
        ] {
            let error = Answers::parse_json(json).expect_err(json).to_string();
            assert!(error.contains(expected), "{json}: {error}");
        }
    }
}
