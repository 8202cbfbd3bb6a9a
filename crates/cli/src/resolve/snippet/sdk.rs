//! What the official Speech SDK is told so that it sends exactly the URL of an endpoint.
//!
//! It was watched on the wire: native core 1.53.0 (C#, Java, Python, C++, Go) and JavaScript 1.52.0.

use speech_endpoint::{Cloud, Endpoint, Resource, Service};

use super::Language;
use super::call::{CUSTOM_VOICE_NAME, Credential, DEPLOYMENT_ID, VOICE};

/// A program for the SDK.
#[derive(Debug)]
pub(super) struct Sdk {
    pub(super) task: Task,
    pub(super) place: Place,
    pub(super) credential: Option<Credential>,
    /// In the order in which they are set.
    pub(super) settings: Vec<Setting>,
}

/// What the program does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    Recognize,
    Translate,
    /// With the speakers told apart.
    Transcribe,
    Speak,
    /// With markup, which the personal voice needs.
    SpeakMarkup,
    /// Text that arrives piece by piece.
    SpeakStream,
    ListVoices,
}

/// What the SDK makes its URL from.
#[derive(Debug)]
pub(super) enum Place {
    Region(String),
    Endpoint(String),
    Host(String),
}

/// A line between the making of the configuration and its use.
#[derive(Debug)]
pub(super) enum Setting {
    Language(String),
    Target(String),
    /// `cid` or `deploymentId`.
    Model(String),
    Voice(&'static str),
    /// Synthesis by REST in place of a WebSocket.
    ByRest,
}

impl Sdk {
    /// `None` where the SDK has no such call, or would send another URL.
    pub(super) fn of(language: Language, endpoint: &Endpoint, credential: Option<Credential>) -> Option<Self> {
        let service = endpoint.service();
        let by_rest = matches!(service, Service::TextToSpeech | Service::PersonalVoice | Service::CustomVoice);
        if by_rest && language == Language::JavaScript {
            return None;
        }
        let task = task(service)?;
        let mut parameters = Parameters::of(endpoint);
        if task == Task::ListVoices && !parameters.left_in_url.is_empty() {
            return None;
        }
        let mut settings = settings(task, service, &mut parameters);
        if by_rest {
            settings.push(Setting::ByRest);
        }
        let is_told_all = parameters.left_in_url.is_empty();
        let place = if is_told_all && has_regional_place(language, endpoint, credential) {
            settings.extend(parameters.model.map(Setting::Model));
            Place::Region(endpoint.account().region()?.to_string())
        } else if is_told_all && parameters.model.is_none() && makes_url_from_host(language, endpoint) {
            Place::Host(origin(endpoint).to_owned())
        } else if language == Language::JavaScript && service == Service::Voices {
            // It adds the documented path to whatever path it is given.
            Place::Endpoint(endpoint.url().split("/cognitiveservices").next().unwrap_or_default().to_owned())
        } else {
            Place::Endpoint(parameters.into_url(endpoint))
        };
        Some(Self { task, place, credential, settings })
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

fn settings(task: Task, service: Service, parameters: &mut Parameters) -> Vec<Setting> {
    let language = parameters.language.take().unwrap_or_else(|| "en-US".into());
    match task {
        Task::Recognize | Task::Transcribe => vec![Setting::Language(language)],
        Task::Translate => {
            let targets = parameters.targets.take().unwrap_or_else(|| "de".into());
            let targets = targets.split(',').map(|target| Setting::Target(target.to_owned()));
            std::iter::once(Setting::Language(language)).chain(targets).collect()
        }
        Task::Speak | Task::SpeakStream => {
            let is_custom = matches!(service, Service::CustomVoice | Service::CustomVoiceWebSocket);
            if is_custom && parameters.model.is_none() {
                parameters.model = Some(DEPLOYMENT_ID.into());
            }
            vec![Setting::Voice(if is_custom { CUSTOM_VOICE_NAME } else { VOICE })]
        }
        Task::SpeakMarkup | Task::ListVoices => Vec::new(),
    }
}

/// Whether region and key are enough. The native SDK sends every `usgov` region, and some calls for `china` ones, to the
/// public cloud; and no SDK chooses the path of an older or newer version by itself. A token is given with an endpoint here.
fn has_regional_place(language: Language, endpoint: &Endpoint, credential: Option<Credential>) -> bool {
    let is_default_path = match endpoint.service() {
        Service::SpeechToTextV1 | Service::TranslationV1 | Service::TextToSpeechStream => false,
        // It takes the path of version 1.
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

/// Whether the SDK, given the host, makes this very path.
fn makes_url_from_host(language: Language, endpoint: &Endpoint) -> bool {
    let path = endpoint.url().strip_prefix(origin(endpoint)).unwrap_or_default().split('?').next().unwrap_or_default();
    match (endpoint.account().resource(), endpoint.service()) {
        (Resource::Container(_), Service::TextToSpeech) => path == "/cognitiveservices/v1",
        (Resource::Container(_), Service::TextToSpeechWebSocket) => language != Language::JavaScript,
        // Continuous recognition has this mode.
        (Resource::Container(_), _) => path == "/speech/recognition/conversation/cognitiveservices/v1",
        // Given an endpoint, the native SDK would add the prefix of custom domains.
        (_, Service::Voices) => !endpoint.is_own_host(),
        _ => false,
    }
}

/// Scheme, host and port.
fn origin(endpoint: &Endpoint) -> &str {
    let url = endpoint.url();
    let start = url.find("://").map_or(0, |at| at + 3);
    &url[..start + endpoint.host().len()]
}

/// The query of the URL: what the SDK is told in its own words, and what is left.
#[derive(Debug, Default)]
struct Parameters {
    language: Option<String>,
    targets: Option<String>,
    model: Option<String>,
    /// As they are in the URL.
    left_in_url: Vec<String>,
}

impl Parameters {
    fn of(endpoint: &Endpoint) -> Self {
        let mut parameters = Self::default();
        let query = endpoint.url().split_once('?').map_or("", |(_, query)| query);
        for item in query.split('&').filter(|item| !item.is_empty()) {
            let (name, value) = item.split_once('=').unwrap_or((item, ""));
            // An encoded comma stands between the targets of a translation; any other encoded value is left as it is.
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

    /// The URL of the endpoint with what is left. A model stays in it too: not every call of the SDK adds that to an endpoint.
    fn into_url(self, endpoint: &Endpoint) -> String {
        let path = endpoint.url().split('?').next().unwrap_or_default();
        let name = if endpoint.service().id().starts_with("custom-voice") { "deploymentId" } else { "cid" };
        let mut items = self.left_in_url;
        items.extend(self.model.map(|model| format!("{name}={model}")));
        if items.is_empty() { path.to_owned() } else { format!("{path}?{}", items.join("&")) }
    }
}
