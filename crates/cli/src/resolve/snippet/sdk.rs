//! The settings with which the official Speech SDK sends exactly the URL of an endpoint.
//!
//! Observed on the wire: native core 1.53.0 (C#, Java, Python, C++, Go) and JavaScript 1.52.0.

use serde::Serialize;
use speech_endpoint::{Cloud, Endpoint, Resource, Service};

use super::Language;
use super::call::{CUSTOM_VOICE_NAME, Credential, DEPLOYMENT_ID, VOICE};

/// The settings of a program that uses the SDK.
#[derive(Debug, Serialize)]
pub(super) struct Sdk {
    task: Task,
    place: Place,
    /// The language of the audio, for recognition.
    language: Option<String>,
    /// The target languages of a translation.
    targets: Vec<String>,
    voice: Option<&'static str>,
    /// Whether synthesis uses REST instead of a WebSocket.
    uses_rest: bool,
    /// `cid` or `deploymentId`, unless the URL of the place contains it.
    model: Option<String>,
}

/// The task of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Task {
    Recognize,
    Translate,
    /// Recognition that distinguishes the speakers.
    Transcribe,
    Speak,
    /// Synthesis of markup, which a personal voice requires.
    SpeakMarkup,
    /// Synthesis of text that arrives in pieces.
    SpeakStream,
    ListVoices,
}

/// The setting from which the SDK builds its URL.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Place {
    Region(String),
    Endpoint(String),
    Host(String),
}

impl Sdk {
    /// Returns `None` if the SDK lacks this call or would send another URL.
    pub(super) fn of(language: Language, endpoint: &Endpoint, credential: Option<Credential>) -> Option<Self> {
        let service = endpoint.service();
        let uses_rest = matches!(service, Service::TextToSpeech | Service::PersonalVoice | Service::CustomVoice);
        if uses_rest && language == Language::JavaScript {
            return None;
        }
        let task = task(service)?;
        let mut parameters = Parameters::of(endpoint);
        if task == Task::ListVoices && !parameters.left_in_url.is_empty() {
            return None;
        }
        let is_custom = matches!(service, Service::CustomVoice | Service::CustomVoiceWebSocket);
        if is_custom && parameters.model.is_none() {
            parameters.model = Some(DEPLOYMENT_ID.into());
        }
        let language_of_audio = task.listens().then(|| parameters.language.take().unwrap_or_else(|| "en-US".into()));
        let targets = match task {
            Task::Translate => parameters.targets.as_deref().unwrap_or("de").split(',').map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let is_complete = parameters.left_in_url.is_empty();
        let mut model = None;
        let place = if is_complete && has_regional_place(language, endpoint, credential) {
            model = parameters.model;
            Place::Region(endpoint.account().region()?.to_string())
        } else if is_complete && parameters.model.is_none() && builds_url_from_host(language, endpoint) {
            Place::Host(origin(endpoint).to_owned())
        } else if language == Language::JavaScript && service == Service::Voices {
            // The SDK appends the documented path to any path.
            Place::Endpoint(endpoint.url().split("/cognitiveservices").next().unwrap_or_default().to_owned())
        } else {
            Place::Endpoint(parameters.into_url(endpoint))
        };
        let voice = task.has_voice().then_some(if is_custom { CUSTOM_VOICE_NAME } else { VOICE });
        Some(Self { task, place, language: language_of_audio, targets, voice, uses_rest, model })
    }
}

impl Task {
    fn listens(self) -> bool {
        matches!(self, Self::Recognize | Self::Translate | Self::Transcribe)
    }

    /// Returns whether the program sets the voice; markup names its own.
    fn has_voice(self) -> bool {
        matches!(self, Self::Speak | Self::SpeakStream)
    }
}

fn task(service: Service) -> Option<Task> {
    Some(match service {
        Service::SpeechToText | Service::SpeechToTextV1 => Task::Recognize,
        Service::Translation | Service::TranslationV1 => Task::Translate,
        Service::ConversationTranscription => Task::Transcribe,
        Service::TextToSpeech
        | Service::TextToSpeechWebSocket
        | Service::CustomVoice
        | Service::CustomVoiceWebSocket => Task::Speak,
        Service::PersonalVoice => Task::SpeakMarkup,
        Service::TextToSpeechStream => Task::SpeakStream,
        Service::Voices => Task::ListVoices,
        _ => return None,
    })
}

/// Returns whether a region and a key yield this URL.
///
/// The native SDK sends calls for all `usgov` regions, and some calls for `china` regions, to the public cloud. No SDK selects
/// the path of an older or newer version. With a token, the program sets the endpoint instead.
fn has_regional_place(language: Language, endpoint: &Endpoint, credential: Option<Credential>) -> bool {
    let is_default_path = match endpoint.service() {
        Service::SpeechToTextV1 | Service::TranslationV1 | Service::TextToSpeechStream => false,
        // The JavaScript SDK uses the path of version 1.
        Service::ConversationTranscription => language != Language::JavaScript,
        _ => true,
    };
    let account = endpoint.account();
    is_default_path
        && !endpoint.is_own_host()
        && *account.cloud() == Cloud::Public
        && account.region().is_some()
        && credential.is_some_and(|credential| !credential.is_token())
}

/// Returns whether the SDK builds this path from the host alone.
fn builds_url_from_host(language: Language, endpoint: &Endpoint) -> bool {
    let path = endpoint.url().strip_prefix(origin(endpoint)).unwrap_or_default().split('?').next().unwrap_or_default();
    match (endpoint.account().resource(), endpoint.service()) {
        (Resource::Container(_), Service::TextToSpeech) => path == "/cognitiveservices/v1",
        (Resource::Container(_), Service::TextToSpeechWebSocket) => language != Language::JavaScript,
        // Continuous recognition uses this mode.
        (Resource::Container(_), _) => path == "/speech/recognition/conversation/cognitiveservices/v1",
        // With an endpoint, the native SDK would add the prefix of custom domains.
        (_, Service::Voices) => !endpoint.is_own_host(),
        _ => false,
    }
}

/// Returns the scheme, host and port.
fn origin(endpoint: &Endpoint) -> &str {
    let url = endpoint.url();
    let start = url.find("://").map_or(0, |at| at + 3);
    &url[..start + endpoint.host().len()]
}

/// The query of the URL: the parameters that the SDK has a setting for, and the rest.
#[derive(Debug, Default)]
struct Parameters {
    language: Option<String>,
    targets: Option<String>,
    model: Option<String>,
    /// The other parameters, as written in the URL.
    left_in_url: Vec<String>,
}

impl Parameters {
    fn of(endpoint: &Endpoint) -> Self {
        let mut parameters = Self::default();
        let query = endpoint.url().split_once('?').map_or("", |(_, query)| query);
        for item in query.split('&').filter(|item| !item.is_empty()) {
            let (name, value) = item.split_once('=').unwrap_or((item, ""));
            // An encoded comma separates the targets of a translation. Any other encoded value stays in the URL.
            let value = value.replace("%2C", ",");
            let is_plain = value.chars().all(|c| c.is_ascii_alphanumeric() || "-_.,".contains(c));
            let place = match name {
                "language" | "from" => Some(&mut parameters.language),
                "to" => Some(&mut parameters.targets),
                "cid" | "deploymentId" => Some(&mut parameters.model),
                _ => None,
            };
            match place.filter(|place| is_plain && place.is_none()) {
                Some(place) => *place = Some(value),
                None => parameters.left_in_url.push(item.to_owned()),
            }
        }
        parameters
    }

    /// Returns the URL of the endpoint with the other parameters and the model: some calls of the SDK do not add the model to
    /// an endpoint.
    fn into_url(self, endpoint: &Endpoint) -> String {
        let path = endpoint.url().split('?').next().unwrap_or_default();
        let name = if endpoint.service().id().starts_with("custom-voice") { "deploymentId" } else { "cid" };
        let mut items = self.left_in_url;
        items.extend(self.model.map(|model| format!("{name}={model}")));
        if items.is_empty() { path.to_owned() } else { format!("{path}?{}", items.join("&")) }
    }
}
