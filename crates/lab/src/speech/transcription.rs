//! Fast transcription: a file in, its phrases out.
//! <https://learn.microsoft.com/rest/api/speechtotext/transcriptions/transcribe>

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::exchange::{Answer, Asked};
use super::super::multipart;
use super::super::scripted::Director;
use super::batch::{self, Heard};
use super::phrase::Phrase;
use super::play::Play;
use super::rest::invalid;
use super::settings::Settings;
use super::speakers::Speakers;
use crate::vocabulary::ServiceToml;

/// Transcribes the file of a form.
pub(in super::super) fn transcribe(asked: &Asked, director: &Arc<Director>) -> Answer {
    let Some(fields) = multipart::fields(asked) else {
        return invalid("The content is not a form with the fields `audio` and `definition`.");
    };
    let definition: Value = match multipart::text(&fields, "definition").map(serde_json::from_str) {
        Some(Ok(definition)) => definition,
        Some(Err(fault)) => return invalid(&format!("The field `definition` is not JSON: {fault}")),
        None => json!({}),
    };
    let Some(audio) = multipart::content(&fields, "audio") else {
        let is_by_url = definition["audioUrl"].is_string();
        return invalid(if is_by_url { "The lab does not fetch audio." } else { "The field `audio` is missing." });
    };
    let channels: Vec<usize> = definition["channels"]
        .as_array()
        .map(|channels| channels.iter().filter_map(Value::as_u64).filter_map(|channel| usize::try_from(channel).ok()))
        .map(|channels| channels.take(MOST_CHANNELS).collect())
        .unwrap_or_default();
    let mut heard: Vec<(Option<usize>, Heard)> = if channels.is_empty() {
        vec![(None, batch::hear(&audio.content, None))]
    } else {
        channels.into_iter().map(|channel| (Some(channel), batch::hear(&audio.content, Some(channel)))).collect()
    };
    let lasts = heard.iter().map(|(_, heard)| heard.lasts).max().unwrap_or_default();
    let play = Play::of_audio(director, ServiceToml::FastTranscription, &audio.content, lasts);
    if let Some(refusal) = play.refusal() {
        return refusal;
    }
    if play.has_phrases() {
        heard.truncate(1);
        heard = heard.into_iter().map(|(channel, heard)| (channel, play.heard(heard))).collect();
    }
    play.deliver(Answer::json(200, &result(&heard, &definition)))
}

fn result(heard: &[(Option<usize>, Heard)], definition: &Value) -> Value {
    let locales = definition["locales"]
        .as_array()
        .map(|locales| locales.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<String>>());
    let settings = Settings { candidates: Some(locales.unwrap_or_default()), ..Settings::default() };
    let has_speakers = definition["diarization"]["enabled"] == true;
    let enhanced = &definition["enhancedMode"];
    let target = enhanced["targetLanguage"].as_str().filter(|_| enhanced["task"] == "translate");
    let mut speakers = Speakers::default();
    let (mut combined, mut phrases) = (Vec::new(), Vec::new());
    for (channel, heard) in heard {
        let mut texts = Vec::new();
        for said in &heard.phrases {
            let phrase = Phrase::of(said);
            let Some(text) = phrase.text() else { continue };
            let text = target.map_or(text.to_owned(), |to| phrase.translated(text, to));
            texts.push(text.clone());
            let mut json = phrase.fast(&text, &phrase.language(&settings).0);
            if has_speakers {
                json["speaker"] = json!(phrase.speaker(&mut speakers));
            }
            if let Some(channel) = channel {
                json["channel"] = json!(channel);
            }
            phrases.push(json);
        }
        let mut whole = json!({ "text": texts.join(" ") });
        if let Some(channel) = channel {
            whole["channel"] = json!(channel);
        }
        combined.push(whole);
    }
    phrases.sort_by_key(|phrase| phrase["offsetMilliseconds"].as_u64());
    let lasts = heard.iter().map(|(_, heard)| heard.lasts).max().unwrap_or_default();
    json!({ "durationMilliseconds": lasts, "combinedPhrases": combined, "phrases": phrases })
}

/// The maximum number of channels, as the service has it.
const MOST_CHANNELS: usize = 2;
