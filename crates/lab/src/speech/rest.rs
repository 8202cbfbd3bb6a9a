//! Speech over REST: text to speech, and speech to text for short audio.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use url::form_urlencoded;

use super::super::exchange::{Answer, Asked};
use super::super::scripted::Director;
use super::assessment::Assessment;
use super::format::Format;
use super::phrase::Phrase;
use super::play::Play;
use super::script::Script;
use super::settings::Settings;
use super::{batch, ssml, voices};
use crate::vocabulary::ServiceToml;

/// Returns the list of voices.
pub(in super::super) fn voices() -> Answer {
    Answer::new(200, "application/json; charset=utf-8", voices::list_json())
}

/// Returns the locales of batch transcription, by task.
pub(in super::super) fn locales() -> serde_json::Value {
    json!({ "Submit": voices::locales(), "Transcribe": voices::locales() })
}

/// Converts text to speech.
/// <https://learn.microsoft.com/azure/ai-services/speech-service/rest-text-to-speech#convert-text-to-speech>
pub(in super::super) fn synthesis(asked: &Asked, director: &Arc<Director>) -> Answer {
    if asked.body.is_empty() {
        return no_content();
    }
    let kind = asked.header("content-type").unwrap_or_default();
    if !kind.starts_with("application/ssml+xml") {
        return Answer::new(415, "text/plain", "`Content-Type` is not `application/ssml+xml`");
    }
    let Some(format) = asked.header("x-microsoft-outputformat").and_then(Format::read) else {
        return invalid(
            "`X-Microsoft-OutputFormat` is not a format that the lab supports: expected one like `riff-16khz-16bit-mono-pcm`",
        );
    };
    let pieces = std::str::from_utf8(&asked.body).map_err(|error| error.to_string()).and_then(ssml::read);
    let is_custom = asked.query.contains("deploymentId=");
    match pieces.map(|pieces| Script::write(&pieces, is_custom)) {
        Ok(Ok(script)) => {
            let play = Play::of_text(director, ServiceToml::Synthesis, &script.text);
            let answer = || format.answer(format.content_type(), play.staged(script), play.spoken());
            play.refusal().unwrap_or_else(|| play.deliver(answer()))
        }
        Ok(Err(fault)) => invalid(&fault),
        Err(fault) => invalid(&format!("the SSML is not valid: {fault}")),
    }
}

/// Speaks one input of a batch synthesis: a plain text by a voice, or SSML.
pub(in super::super) fn spoken(content: &str, is_ssml: bool, voice: &str, format: &str) -> Result<Vec<u8>, String> {
    let format = Format::read(format).ok_or_else(|| format!("`{format}` is not a format that the lab supports"))?;
    let script = if is_ssml {
        Script::write(&ssml::read(content)?, false)?
    } else {
        let number = voices::find(voice).ok_or_else(|| format!("Unsupported voice {voice}."))?;
        Script::of_text(content, number)
    };
    Ok(format.speak(&script).flatten().collect())
}

/// Converts short audio to text.
/// <https://learn.microsoft.com/azure/ai-services/speech-service/rest-speech-to-text-short>
pub(in super::super) fn short_audio(asked: &Asked, director: &Arc<Director>) -> Answer {
    let value = |wanted: &str| {
        let mut pairs = form_urlencoded::parse(asked.query.as_bytes());
        pairs.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.into_owned())
    };
    if value("language").is_none_or(|language| language.is_empty()) {
        return invalid("`language` is missing: expected a locale like `en-US`");
    }
    if asked.body.is_empty() {
        return no_content();
    }
    let heard = batch::hear(&asked.body, None);
    let play = Play::of_audio(director, ServiceToml::ShortAudio, &asked.body, heard.lasts);
    if let Some(refusal) = play.refusal() {
        return refusal;
    }
    if !play.has_phrases() && !asked.body.starts_with(b"RIFF") && heard.text().is_empty() {
        return invalid("the audio is not a WAV file, the only format that the lab reads");
    }
    let mut settings = Settings::of(asked);
    let assessment = asked.header("pronunciation-assessment").and_then(|text| STANDARD.decode(text).ok());
    settings.assessment = assessment.and_then(|json| Assessment::read(&serde_json::from_slice(&json).ok()?));
    settings.is_detailed |= settings.assessment.is_some();
    play.deliver(Answer::json(200, &Phrase::of(&play.heard(heard).joined()).json(&settings)))
}

/// Makes a 400 of shape D.
pub(in super::super) fn invalid(message: &str) -> Answer {
    Answer::json(
        400,
        &json!({ "code": "InvalidRequest", "message": message, "innerError": { "code": "InvalidPayload", "message": message } }),
    )
}

/// Makes the 400 for a request without a body.
pub(in super::super) fn no_content() -> Answer {
    invalid("The request has no content.")
}
