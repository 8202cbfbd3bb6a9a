//! The call of an endpoint by HTTP: what `curl` and the programs of every language send alike.

use speech_endpoint::{Endpoint, Form, Service};

/// One HTTP request. The credential is kept apart, see [`Credential`].
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: &'static str,
    /// The URL of the endpoint, with what it cannot do without.
    pub(crate) url: String,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: Body,
    /// The file that the answer is kept in; any other answer is text to be shown.
    pub(crate) saved_as: Option<&'static str>,
}

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body {
    None,
    /// Nothing, said aloud: a POST of no bytes.
    Empty,
    /// XML or JSON without single quotes, backticks and backslashes, so that it can be quoted everywhere.
    Text(&'static str),
    /// The content of a file.
    File(&'static str),
    /// `multipart/form-data`: an audio file under this name, and a field.
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

/// A voice that every cloud has, and the default one of the containers.
pub(crate) const VOICE: &str = "en-US-AriaNeural";
/// What only the caller knows.
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

/// Headers and body by service; those that are listed with `GET` have neither.
fn content(service: Service, url: &str) -> (&'static [(&'static str, &'static str)], Body) {
    // With a deployment in the path, the path says which model it is.
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
        Service::VoiceLiveWebRtc => (SDP, Body::File("offer.sdp")),
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

/// The URL with the parameters that the service cannot do without; in capital letters where only the caller knows the value.
pub(crate) fn complete(endpoint: &Endpoint) -> String {
    let url = endpoint.url();
    let names: Vec<String> = endpoint.to_url().query_pairs().map(|(name, _)| name.into_owned()).collect();
    let has = |name: &str| names.iter().any(|given| given == name);
    let missing = match endpoint.service() {
        Service::ShortAudio if !has("language") => "language=en-US",
        Service::CustomVoice | Service::CustomVoiceWebSocket if !has("deploymentId") => "deploymentId=DEPLOYMENT_ID",
        Service::OpenAiRealtime if !has("model") => "model=DEPLOYMENT_NAME",
        // An agent or a profile brings its own model.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Credential {
    pub(crate) header: &'static str,
    /// What stands before the credential in the header.
    pub(crate) prefix: &'static str,
    pub(crate) variable: &'static str,
}

impl Credential {
    /// The simplest form that the endpoint accepts: a key, else a token.
    pub(crate) fn of(endpoint: &Endpoint) -> Option<Self> {
        let accepts = endpoint.accepts();
        if accepts.contains(Form::Key) {
            Some(Self { header: "Ocp-Apim-Subscription-Key", prefix: "", variable: "SPEECH_KEY" })
        } else if accepts.contains(Form::ApiKey) {
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
