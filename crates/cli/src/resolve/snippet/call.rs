//! The HTTP request for an endpoint: `curl` and the programs of every language send the same one.

use serde::Serialize;
use speech_endpoint::{CredentialForm, Endpoint, Service};

/// An HTTP request without its credential, see [`Credential`].
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Call {
    pub(crate) method: &'static str,
    /// The URL of the endpoint with all required parameters.
    pub(crate) url: String,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: Body,
    /// The file for the response body; without one, the body is text to print.
    pub(crate) saved_as: Option<&'static str>,
}

/// A request body.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Body {
    None,
    /// An explicit body of zero bytes, for a POST.
    Empty,
    /// XML or JSON without single quotes, backticks and backslashes, so every language can quote it.
    Text(&'static str),
    /// The content of a file.
    File(&'static str),
    /// `multipart/form-data`: the name of the part with the audio file, and a field.
    Form(&'static str, Option<(&'static str, &'static str)>),
}

impl Call {
    pub(crate) fn of(endpoint: &Endpoint) -> Self {
        let service = endpoint.service();
        let (headers, body) = content(service, endpoint.url());
        let is_audio = matches!(
            service,
            Service::TextToSpeech | Service::PersonalVoice | Service::CustomVoice | Service::OpenAiSpeech
        );
        Self {
            method: service.method(),
            url: complete(endpoint),
            headers: headers.to_vec(),
            body,
            saved_as: is_audio.then_some("speech.wav"),
        }
    }
}

/// A voice available in every cloud, and the default voice of the containers.
pub(crate) const VOICE: &str = "en-US-AriaNeural";
/// Placeholders for names that only the caller knows.
pub(crate) const CUSTOM_VOICE_NAME: &str = "VOICE_NAME";
pub(crate) const DEPLOYMENT_ID: &str = "DEPLOYMENT_ID";

const STANDARD_VOICE: &str =
    r#"<speak version="1.0" xml:lang="en-US"><voice name="en-US-AriaNeural">Hello, world.</voice></speak>"#;
const CUSTOM_VOICE: &str =
    r#"<speak version="1.0" xml:lang="en-US"><voice name="VOICE_NAME">Hello, world.</voice></speak>"#;
pub(crate) const PERSONAL_VOICE: &str = concat!(
    r#"<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xmlns:mstts="http://www.w3.org/2001/mstts" "#,
    r#"xml:lang="en-US"><voice name="DragonLatestNeural"><mstts:ttsembedding speakerProfileId="SPEAKER_PROFILE_ID">"#,
    "Hello, world.</mstts:ttsembedding></voice></speak>",
);

const SYNTHESIS: &[(&str, &str)] = &[
    ("Content-Type", "application/ssml+xml"),
    ("X-Microsoft-OutputFormat", "riff-24khz-16bit-mono-pcm"),
    ("User-Agent", "speech-endpoint"),
];
const SHORT_AUDIO: &[(&str, &str)] =
    &[("Content-Type", "audio/wav; codecs=audio/pcm; samplerate=16000"), ("Accept", "application/json")];
const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];
const SDP: &[(&str, &str)] = &[("Content-Type", "application/sdp")];

/// Returns the headers and the body for a service; services called with `GET` have neither.
fn content(service: Service, url: &str) -> (&'static [(&'static str, &'static str)], Body) {
    // A deployment in the path already selects the model.
    let is_deployment = url.contains("/deployments/");
    match service {
        Service::IssueToken => (&[], Body::Empty),
        Service::FastTranscription => (&[], Body::Form("audio", Some(("definition", r#"{"locales":["en-US"]}"#)))),
        Service::LlmSpeech => {
            let definition = r#"{"enhancedMode":{"enabled":true,"task":"transcribe"}}"#;
            (&[], Body::Form("audio", Some(("definition", definition))))
        }
        Service::ShortAudio => (SHORT_AUDIO, Body::File("audio.wav")),
        Service::TextToSpeech => (SYNTHESIS, Body::Text(STANDARD_VOICE)),
        Service::PersonalVoice => (SYNTHESIS, Body::Text(PERSONAL_VOICE)),
        Service::CustomVoice => (SYNTHESIS, Body::Text(CUSTOM_VOICE)),
        Service::OpenAiRealtimeWebRtc | Service::OpenAiRealtimeTranslationWebRtc => (SDP, Body::File("offer.sdp")),
        Service::OpenAiRealtimeClientSecret => {
            (JSON, Body::Text(r#"{"session":{"type":"realtime","model":"DEPLOYMENT_NAME"}}"#))
        }
        Service::OpenAiRealtimeTranslationClientSecret => {
            (JSON, Body::Text(r#"{"session":{"model":"DEPLOYMENT_NAME","audio":{"output":{"language":"de"}}}}"#))
        }
        Service::OpenAiLiveWebRtc => (
            JSON,
            Body::Text(r#"{"session":{"model":"DEPLOYMENT_NAME"},"transport":{"type":"webrtc","sdp":"SDP_OFFER"}}"#),
        ),
        Service::OpenAiTranscription if is_deployment => (&[], Body::Form("file", None)),
        Service::OpenAiTranscription => (&[], Body::Form("file", Some(("model", "DEPLOYMENT_NAME")))),
        Service::OpenAiSpeech if is_deployment => {
            (JSON, Body::Text(r#"{"input":"Hello, world.","voice":"alloy","response_format":"wav"}"#))
        }
        Service::OpenAiSpeech => (
            JSON,
            Body::Text(
                r#"{"model":"DEPLOYMENT_NAME","input":"Hello, world.","voice":"alloy","response_format":"wav"}"#,
            ),
        ),
        _ => (&[], Body::None),
    }
}

/// Returns the URL with all required parameters. A value that only the caller knows is a placeholder in capital letters.
pub(crate) fn complete(endpoint: &Endpoint) -> String {
    let url = endpoint.url();
    let names: Vec<String> = endpoint.to_url().query_pairs().map(|(name, _)| name.into_owned()).collect();
    let has = |name: &str| names.iter().any(|given| given == name);
    let missing = match endpoint.service() {
        Service::ShortAudio if !has("language") => "language=en-US",
        Service::CustomVoice | Service::CustomVoiceWebSocket if !has("deploymentId") => "deploymentId=DEPLOYMENT_ID",
        Service::OpenAiRealtime | Service::OpenAiRealtimeTranslation if !has("model") => "model=DEPLOYMENT_NAME",
        // An agent or a profile selects its own model.
        Service::VoiceLive | Service::VoiceLiveWebRtc
            if !has("model") && !names.iter().any(|name| name.starts_with("agent") || name == "profile") =>
        {
            "model=gpt-realtime"
        }
        _ => return url.to_owned(),
    };
    format!("{url}{}{missing}", if names.is_empty() { '?' } else { '&' })
}

/// The header that carries the credential, and the environment variable that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Credential {
    pub(crate) header: &'static str,
    /// The text before the credential in the header.
    pub(crate) prefix: &'static str,
    pub(crate) variable: &'static str,
}

impl Credential {
    /// Returns the simplest form that the endpoint accepts: a key, else a token.
    pub(crate) fn of(endpoint: &Endpoint) -> Option<Self> {
        let accepts = endpoint.accepts();
        if accepts.contains(CredentialForm::Key) {
            Some(Self { header: "Ocp-Apim-Subscription-Key", prefix: "", variable: "SPEECH_KEY" })
        } else if accepts.contains(CredentialForm::ApiKey) {
            Some(Self { header: "api-key", prefix: "", variable: "SPEECH_KEY" })
        } else if accepts.is_empty() {
            None
        } else {
            Some(Self { header: "Authorization", prefix: "Bearer ", variable: "SPEECH_TOKEN" })
        }
    }

    pub(crate) fn is_token(self) -> bool {
        self.variable == "SPEECH_TOKEN"
    }
}
