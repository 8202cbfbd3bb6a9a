//! The settings of recognition: from the path and the query in version 1, and from the context in version 2.
//!
//! The fields of the context are those of the SDKs:
//! <https://github.com/microsoft/cognitive-services-speech-sdk-js/tree/master/src/common.speech/ServiceMessages>

use serde_json::Value;
use url::form_urlencoded;

use super::super::exchange::Asked;
use super::assessment::Assessment;
use super::segments::Segmentation;

/// How recognition was asked for.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of the client")]
pub(super) struct Settings {
    /// Whether phrases follow one another until the audio ends.
    pub(super) is_continuous: bool,
    /// Whether the end of the audio is a result of its own, as in dictation and in version 2.
    pub(super) has_end: bool,
    pub(super) is_detailed: bool,
    /// Whether a detailed result lists its words.
    pub(super) has_words: bool,
    /// The language of the speech, if it was stated.
    pub(super) language: Option<String>,
    /// The languages to choose from, if the language is to be identified.
    pub(super) candidates: Option<Vec<String>>,
    /// Target languages; empty for recognition without translation.
    pub(super) targets: Vec<String>,
    /// The languages of the translations that a script states instead.
    pub(super) scripted_targets: Option<Vec<String>>,
    /// The voice of a spoken translation; an empty one stands for that of the language.
    pub(super) voice: Option<String>,
    /// Whether this is version 1 of translation, which has its own messages.
    pub(super) is_first_translation: bool,
    /// Whether speakers are distinguished, and in partial results too.
    pub(super) speakers: Option<bool>,
    pub(super) assessment: Option<Assessment>,
    pub(super) segmentation: Segmentation,
}

impl Settings {
    /// Reads the path and the query of a request.
    pub(super) fn of(asked: &Asked) -> Self {
        let is_continuous = ["/conversation/", "/dictation/", "/speech/translation/"];
        let mut settings = Self {
            is_continuous: is_continuous.iter().any(|part| asked.path.contains(part)),
            has_end: asked.path.contains("/dictation/") || asked.path.contains("/universal/"),
            is_first_translation: asked.path.contains("/speech/translation/"),
            ..Self::default()
        };
        for (name, value) in form_urlencoded::parse(asked.query.as_bytes()) {
            settings.parameter(&name.to_ascii_lowercase(), &value);
        }
        settings.wait_by_mode(None);
        settings
    }

    fn parameter(&mut self, name: &str, value: &str) {
        let is_on = value.eq_ignore_ascii_case("true");
        match name {
            "format" => self.is_detailed = value.eq_ignore_ascii_case("detailed"),
            "wordleveltimestamps" => {
                self.has_words = is_on;
                self.is_detailed |= is_on;
            }
            "language" | "from" => self.language = Some(value.to_owned()),
            // Some SDKs repeat the parameter per language, others separate languages by commas.
            "to" => self.targets.extend(value.split(',').map(str::to_owned)),
            "voice" if self.is_first_translation => self.voice = Some(value.to_owned()),
            // The JavaScript SDK says that there is a list, and states it in the context.
            "lidenabled" if !value.is_empty() && !value.eq_ignore_ascii_case("false") => {
                self.candidates = Some(if is_on { Vec::new() } else { value.split(',').map(str::to_owned).collect() });
            }
            "initialsilencetimeoutms" => self.segmentation.initial = value.parse().ok(),
            "endsilencetimeoutms" | "segmentationsilencetimeoutms" => {
                self.segmentation.pause = value.parse().map_or(self.segmentation.pause, pause);
            }
            _ => {}
        }
    }

    /// Adds the context of a request to the settings of its connection.
    pub(super) fn with_context(&self, context: &Value) -> Self {
        let mut settings = self.clone();
        let detection = &context["phraseDetection"];
        let mode = detection["mode"].as_str().map(str::to_ascii_lowercase);
        if let Some(mode) = &mode {
            settings.is_continuous = mode != "interactive";
        }
        settings.language = text(&detection["language"]).or(settings.language);
        settings.detect(detection, mode.as_deref());
        settings.output(&context["phraseOutput"]);
        if let Some(languages) = strings(&context["languageId"]["languages"]) {
            settings.candidates = Some(languages);
        }
        let translation = &context["translation"];
        settings.targets = strings(&translation["targetLanguages"]).unwrap_or(settings.targets);
        if context["synthesis"].is_object() {
            let voices = context["synthesis"]["defaultVoices"].as_object();
            let voice = voices.and_then(|voices| settings.targets.iter().find_map(|to| text(voices.get(to)?)));
            settings.voice = Some(voice.unwrap_or_default());
        }
        settings
    }

    fn detect(&mut self, detection: &Value, mode: Option<&str>) {
        let ms = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
        self.segmentation.pause = ms(&detection["trailingSilenceTimeout"]).map_or(self.segmentation.pause, pause);
        // The native SDK writes the mode in capitals, the JavaScript SDK in lower case.
        let of_mode = detection.as_object().into_iter().flatten();
        for (_, options) in of_mode.filter(|(name, _)| Some(name.to_ascii_lowercase().as_str()) == mode) {
            let segmentation = &options["segmentation"];
            self.segmentation.pause =
                ms(&segmentation["segmentationSilenceTimeoutMs"]).map_or(self.segmentation.pause, pause);
            let longest = ms(&segmentation["segmentationForcedTimeoutMs"]);
            self.segmentation.longest = longest.map_or(self.segmentation.longest, |ms| ms.clamp(1_000, 70_000));
        }
        self.wait_by_mode(ms(&detection["initialSilenceTimeout"]));
        let diarization = &detection["speakerDiarization"];
        if diarization["mode"].as_str().is_some_and(|mode| !mode.eq_ignore_ascii_case("none")) {
            self.speakers = Some(diarization["diarizeIntermediates"].as_bool() == Some(true));
        }
        self.assessment =
            Assessment::read(&detection["enrichment"]["pronunciationAssessment"]).or(self.assessment.take());
    }

    /// A single phrase is waited for, for five seconds; only a stated time ends the wait of a conversation.
    fn wait_by_mode(&mut self, stated: Option<u64>) {
        self.segmentation.initial = match (stated.or(self.segmentation.initial), self.is_continuous) {
            (None, false) => Some(INITIAL_SILENCE),
            // That was the time of a single phrase.
            (Some(INITIAL_SILENCE), true) if stated.is_none() => None,
            (stated, _) => stated,
        };
    }

    fn output(&mut self, output: &Value) {
        if let Some(format) = output["format"].as_str() {
            self.is_detailed = format.eq_ignore_ascii_case("detailed");
        }
        let options = strings(&output["detailed"]["options"]).unwrap_or_default();
        let is_wanted = |wanted: &str| options.iter().any(|option| option.eq_ignore_ascii_case(wanted));
        self.has_words |= is_wanted("WordTimings") || is_wanted("Words") || self.assessment.is_some();
        self.is_detailed |= self.assessment.is_some();
    }

    /// Returns the languages of the translations in a response.
    pub(super) fn translations(&self) -> &[String] {
        self.scripted_targets.as_ref().unwrap_or(&self.targets)
    }

    /// Returns the language of a phrase, and whether it was identified.
    pub(super) fn language_of(&self, spoken: Option<&str>) -> (String, bool) {
        let given = self.language.as_deref().unwrap_or(FIRST_LANGUAGE);
        let Some(candidates) = &self.candidates else { return (given.to_owned(), false) };
        let primary = |language: &str| language.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let spoken = spoken.unwrap_or(given);
        let exact = candidates.iter().find(|candidate| candidate.eq_ignore_ascii_case(spoken));
        let similar = || candidates.iter().find(|candidate| primary(candidate) == primary(spoken));
        let is_open = candidates.is_empty() || candidates.iter().any(|candidate| candidate == "UND");
        let first = || candidates.first().filter(|_| !is_open);
        (exact.or_else(similar).or_else(first).map_or(spoken.to_owned(), Clone::clone), true)
    }
}

/// Limits the pause that ends a phrase as the SDKs document it.
fn pause(ms: u64) -> u64 {
    ms.clamp(100, 5_000)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn strings(value: &Value) -> Option<Vec<String>> {
    Some(value.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// The time in milliseconds for which a single phrase is waited for.
const INITIAL_SILENCE: u64 = 5_000;

const FIRST_LANGUAGE: &str = "en-US";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(path: &str, query: &str, context: &Value) -> Settings {
        let mut asked = Asked::get("westeurope.stt.speech.microsoft.com", path);
        asked.query = query.into();
        Settings::of(&asked).with_context(context)
    }

    #[test]
    fn the_path_or_the_context_states_the_mode() {
        let one = "/speech/recognition/interactive/cognitiveservices/v1";
        let many = "/speech/recognition/conversation/cognitiveservices/v1";
        let mode = |mode: &str| json!({ "phraseDetection": { "mode": mode } });
        for (path, context, is_continuous, initial) in [
            (one, json!({}), false, Some(5_000)),
            (many, json!({}), true, None),
            (V2, mode("INTERACTIVE"), false, Some(5_000)),
            (V2, mode("Conversation"), true, None),
            (V2, mode("DICTATION"), true, None),
        ] {
            let settings = settings(path, "", &context);
            assert_eq!(
                (settings.is_continuous, settings.segmentation.initial),
                (is_continuous, initial),
                "{path} {context}"
            );
        }
    }

    /// The contexts are those that the SDKs sent: 1.53.0 of the native one and 1.52.0 of the JavaScript one.
    #[test]
    fn timeouts_are_read_as_both_sdks_send_them() {
        let native = json!({ "phraseDetection": {
            "mode": "INTERACTIVE", "language": "en-us", "initialSilenceTimeout": 1500, "trailingSilenceTimeout": 700,
        } });
        let segmentation = settings(V2, "", &native).segmentation;
        assert_eq!((segmentation.initial, segmentation.pause), (Some(1_500), 700));
        for mode in ["INTERACTIVE", "interactive"] {
            let context = json!({ "phraseDetection": { "mode": "Interactive", mode: { "segmentation": {
                "segmentationSilenceTimeoutMs": 900, "mode": "Custom", "segmentationForcedTimeoutMs": 20_000,
            } } } });
            let segmentation = settings(V2, "", &context).segmentation;
            assert_eq!((segmentation.pause, segmentation.longest), (900, 20_000), "{mode}");
        }
        let first = settings(
            "/speech/recognition/conversation/cognitiveservices/v1",
            "initialSilenceTimeoutMs=3000&endSilenceTimeoutMs=1",
            &json!({}),
        );
        assert_eq!((first.segmentation.initial, first.segmentation.pause), (Some(3_000), 100));
    }

    #[test]
    fn details_languages_speakers_and_translations_are_read() {
        let context = json!({
            "phraseDetection": { "mode": "Conversation", "speakerDiarization": { "mode": "Anonymous", "diarizeIntermediates": true } },
            "phraseOutput": { "format": "Detailed", "detailed": { "options": ["WordTimings", "WordConfidence"] } },
            "languageId": { "languages": ["en-US", "de-DE"] },
            "translation": { "targetLanguages": ["de", "fr"] }, "synthesis": { "defaultVoices": { "de": "de-DE-KatjaNeural" } },
        });
        let settings = settings(V2, "", &context);
        assert!(settings.is_detailed && settings.has_words && settings.speakers == Some(true));
        assert_eq!(
            (settings.targets.as_slice(), settings.voice.as_deref()),
            (["de".to_owned(), "fr".into()].as_slice(), Some("de-DE-KatjaNeural"))
        );
        assert_eq!(settings.language_of(Some("de-AT")), ("de-DE".into(), true));
        assert_eq!(settings.language_of(Some("ja-JP")), ("en-US".into(), true));
        let any = Settings { candidates: Some(vec!["UND".into()]), ..Settings::default() };
        assert_eq!(any.language_of(Some("ja-JP")), ("ja-JP".into(), true));
        assert_eq!(Settings::default().language_of(Some("ja-JP")), ("en-US".into(), false));
    }

    const V2: &str = "/stt/speech/universal/v2";
}
