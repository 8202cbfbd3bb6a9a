//! Services: one row per API, with the regional form of its URL and the credential forms it accepts.
//!
//! [`crate::Account::endpoint`] computes the custom-domain form from the row.

use std::fmt;
use std::str::FromStr;

use crate::resolve::cloud::Cloud;
use crate::resolve::form::{CredentialForm, CredentialForms};
use crate::resolve::near::nearest;
use crate::resolve::note::Note;
use crate::resolve::parameter::Parameter::{ApiVersion, CustomModel, Deployment, Language, Mode};
use crate::resolve::parameter::{Parameter, Parameters};
use crate::resolve::quoted::QuotedValue;
use crate::resolve::setting::{Setting, SettingHint};

/// An API of Azure AI Speech, or an audio API of Azure OpenAI.
///
/// ```
/// use speech_endpoint::Service;
///
/// assert_eq!("speech-to-text".parse(), Ok(Service::SpeechToText));
/// assert_eq!(Service::ShortAudio.method(), "POST");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Service {
    /// Token for ten minutes, issued from a key.
    IssueToken,
    /// Batch transcription and custom speech.
    SpeechToTextRest,
    /// Fast transcription of a file.
    FastTranscription,
    /// Transcription or translation by a language model.
    LlmSpeech,
    /// Recognition of up to 60 seconds over REST.
    ShortAudio,
    /// Recognition over WebSocket, version 1.
    SpeechToTextV1,
    /// Recognition over WebSocket.
    SpeechToText,
    /// Translation over WebSocket, version 1.
    TranslationV1,
    /// Translation and live interpreter over WebSocket.
    Translation,
    /// Transcription with speaker diarization.
    ConversationTranscription,
    /// Synthesis over REST.
    TextToSpeech,
    /// Synthesis with a personal voice over REST.
    PersonalVoice,
    /// List of voices.
    Voices,
    /// Synthesis over WebSocket.
    TextToSpeechWebSocket,
    /// Synthesis of streamed text over WebSocket, version 2.
    TextToSpeechStream,
    /// Synthesis with a professional voice over REST.
    CustomVoice,
    /// Synthesis with a professional voice over WebSocket.
    CustomVoiceWebSocket,
    /// Batch synthesis.
    BatchSynthesis,
    /// Long Audio API.
    LongAudio,
    /// ICE servers for a real-time avatar.
    AvatarRelayToken,
    /// Real-time avatar over WebSocket.
    Avatar,
    /// Batch avatar video.
    BatchAvatar,
    /// Management of custom and personal voices.
    CustomVoiceManagement,
    /// Video translation.
    VideoTranslation,
    /// Voice Live over WebSocket.
    VoiceLive,
    /// Voice Live signalling for WebRTC over WebSocket.
    VoiceLiveWebRtc,
    /// Session with a voice agent of a Foundry project over WebSocket.
    VoiceAgent,
    /// Streaming transcription by a MAI model over WebSocket.
    MaiTranscription,
    /// Azure OpenAI transcription of a file.
    OpenAiTranscription,
    /// Azure OpenAI synthesis.
    OpenAiSpeech,
    /// Azure OpenAI real-time audio over WebSocket.
    OpenAiRealtime,
    /// Short-lived secret for a browser that uses Azure OpenAI real-time audio.
    OpenAiRealtimeClientSecret,
    /// Azure OpenAI real-time audio: the offer of a WebRTC call.
    OpenAiRealtimeWebRtc,
    /// Azure OpenAI real-time transcription over WebSocket.
    OpenAiRealtimeTranscription,
    /// Azure OpenAI real-time translation over WebSocket.
    OpenAiRealtimeTranslation,
    /// Short-lived secret for a browser that uses Azure OpenAI real-time translation.
    OpenAiRealtimeTranslationClientSecret,
    /// Azure OpenAI real-time translation: the offer of a WebRTC call.
    OpenAiRealtimeTranslationWebRtc,
    /// GPT-Live session over WebSocket.
    OpenAiLive,
    /// GPT-Live: the offer of a WebRTC session.
    OpenAiLiveWebRtc,
    /// GPT-Live: a second WebSocket to a running session.
    OpenAiLiveAttach,
    /// List of Azure OpenAI models.
    OpenAiModels,
    /// Multichannel meeting transcription.
    MeetingTranscription,
    /// Speaker recognition.
    SpeakerRecognition,
    /// Intent recognition.
    IntentRecognition,
    /// Custom Commands.
    CustomCommands,
}

impl Service {
    /// Returns every service in table order, the retired ones last.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.service)
    }

    /// Returns every service that is not retired, in table order.
    pub fn in_use() -> impl Iterator<Item = Self> {
        Self::all().filter(|service| !matches!(service.status(), ServiceStatus::Retired { .. }))
    }

    /// Returns the identifier used in arguments and output.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.row().id
    }

    /// Returns a short description.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// Returns the HTTP method for the resolved URL; WebSockets are opened with `GET`.
    #[must_use]
    pub fn method(self) -> &'static str {
        self.row().method
    }

    /// Returns whether the URL is opened as a WebSocket.
    #[must_use]
    pub fn is_websocket(self) -> bool {
        self.row().websocket
    }

    /// Returns the WebSocket subprotocol that the official SDKs request, if any: `tests/vectors/sdk-observed.json`.
    #[must_use]
    pub fn subprotocol(self) -> Option<&'static str> {
        self.row().subprotocol
    }

    /// Returns the headers that every request to the service needs besides the credential, each a name and a value.
    #[must_use]
    pub fn headers(self) -> &'static [(&'static str, &'static str)] {
        self.row().headers
    }

    /// Returns the lifecycle status.
    #[must_use]
    pub fn status(self) -> ServiceStatus {
        self.row().status
    }

    /// Returns the URL of its documentation.
    #[must_use]
    pub fn see(self) -> String {
        let mut folder = vec!["azure", "ai-services", "speech-service"];
        let mut page = self.row().page;
        while let Some(rest) = page.strip_prefix("../") {
            folder.pop();
            page = rest;
        }
        format!("https://learn.microsoft.com/{}/{page}", folder.join("/"))
    }

    /// Returns whether it is an API of Azure AI Speech, and not one of Foundry or Azure OpenAI with hosts of their own.
    pub(crate) fn is_of_speech(self) -> bool {
        !matches!(self.row().host, Host::Foundry | Host::OpenAi)
    }

    /// Returns whether it accepts keys anywhere, in either header.
    pub(crate) fn takes_keys(self) -> bool {
        let Accepts { regional, own } = self.row().accepts;
        let has_key =
            |forms: CredentialForms| forms.contains(CredentialForm::Key) || forms.contains(CredentialForm::ApiKey);
        has_key(regional) || has_key(own)
    }

    /// Returns whether it recognises speech in real time.
    fn is_recognition(self) -> bool {
        matches!(self.row().host, Host::Realtime("stt" | "s2s"))
    }

    /// Returns whether it converts text to speech.
    fn is_synthesis(self) -> bool {
        matches!(self.row().host, Host::Realtime("tts" | "voice") | Host::LongAudio)
            || matches!(self, Self::BatchSynthesis | Self::BatchAvatar)
    }

    pub(crate) fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

impl FromStr for Service {
    type Err = UnknownService;

    fn from_str(text: &str) -> Result<Self, UnknownService> {
        Self::all().find(|service| service.id() == text).ok_or_else(|| UnknownService {
            given: QuotedValue::new(text),
            suggestion: nearest(text, TABLE.iter().map(|row| row.id)).or_else(|| {
                TABLE
                    .iter()
                    .map(|row| row.id)
                    .find(|id| id.replace('-', "") == text.replace(['-', '_', ' '], "").to_lowercase())
            }),
        })
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// Text that does not name a service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given} is not a service: expected an id like `speech-to-text`{}", .suggestion.map_or_else(String::new, |s| format!("; did you mean `{s}`?")))]
#[non_exhaustive]
pub struct UnknownService {
    /// The given value.
    pub given: QuotedValue,
    /// The closest match.
    pub suggestion: Option<&'static str>,
}

impl UnknownService {
    /// Returns the identifier used in output. No entry of the catalogue is about the name of a service, so it is a word.
    #[must_use]
    pub fn id(&self) -> &'static str {
        "unknown_service"
    }
}

/// The lifecycle status of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServiceStatus {
    /// Generally available.
    Current,
    /// In preview, without a service guarantee.
    Preview,
    /// Available, but replaced by a newer service.
    Legacy,
    /// Available until the given date.
    Retiring {
        /// The last day, ISO 8601.
        on: &'static str,
        /// The replacement.
        replacement: &'static str,
    },
    /// Retired since the given date.
    Retired {
        /// The date, ISO 8601.
        since: &'static str,
        /// The replacement.
        replacement: &'static str,
    },
}

impl Note {
    /// Returns whether a note on the resource matters to these services: that Speech has another host than the one given
    /// (`CFG08`) does not matter to those of Azure OpenAI and Foundry.
    #[must_use]
    pub fn concerns(&self, services: impl IntoIterator<Item = Service>) -> bool {
        self.id != "CFG08" || services.into_iter().any(Service::is_of_speech)
    }
}

impl ServiceStatus {
    /// Returns the identifier used in output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Preview => "preview",
            Self::Legacy => "legacy",
            Self::Retiring { .. } => "retiring",
            Self::Retired { .. } => "retired",
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) service: Service,
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) method: &'static str,
    pub(crate) websocket: bool,
    pub(crate) host: Host,
    pub(crate) path: Path,
    /// The prefix that current SDKs write before the path on the regional host, unlike the documentation.
    pub(crate) sdk_prefix: &'static str,
    /// The newest stable `api-version`.
    pub(crate) version: Option<&'static str>,
    /// A fixed parameter that selects the service.
    pub(crate) fixed: Option<(&'static str, &'static str)>,
    pub(crate) carries: Parameters,
    pub(crate) accepts: Accepts,
    /// Whether the custom domain supports discovery of the real-time host.
    pub(crate) discovery: bool,
    /// Whether self-hosted containers serve it.
    pub(crate) container: bool,
    pub(crate) sovereign: Sovereign,
    pub(crate) status: ServiceStatus,
    /// A parameter that must be added before the URL is usable.
    pub(crate) needs: Option<&'static str>,
    /// `Sec-WebSocket-Protocol`.
    pub(crate) subprotocol: Option<&'static str>,
    /// Headers that the service requires.
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// What the documentation does not confirm about the custom-domain form.
    pub(crate) unconfirmed: Option<&'static str>,
    page: &'static str,
}

/// The kind of host, named by its regional form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// `{region}.api.cognitive…`; a custom domain needs no prefix.
    Rest,
    /// `{region}.{offering}.speech…`; on a custom domain the offering becomes the first path segment.
    Realtime(&'static str),
    /// `{region}.customvoice.api.speech…`; no custom-domain form.
    LongAudio,
    /// `{name}.services.ai…`; no regional form.
    Foundry,
    /// `{name}.openai…`; no regional form.
    OpenAi,
}

/// The documented path.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Path {
    Fixed(&'static str),
    /// Two parts with the recognition mode in between.
    Mode(&'static str, &'static str),
    /// Two parts with an optional numbered version in between.
    Versioned(&'static str, &'static str),
    /// Parts of the path, and the names of the parameters whose values stand between them.
    Named(&'static [&'static str], &'static [&'static str]),
    /// With a deployment, the first two parts with the deployment in between, and the API version; without one, the
    /// last path.
    Deployment(&'static str, &'static str, &'static str, &'static str),
}

/// The credential forms that a service accepts, by kind of host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accepts {
    pub(crate) regional: CredentialForms,
    /// The forms on a host that belongs to the resource alone.
    pub(crate) own: CredentialForms,
}

impl Path {
    /// Returns the names of the parameters that are part of the path.
    pub(crate) fn names(self) -> &'static [&'static str] {
        match self {
            Self::Named(_, names) => names,
            _ => &[],
        }
    }
}

/// Availability in the sovereign clouds.
/// <https://learn.microsoft.com/azure/ai-services/speech-service/sovereign-clouds>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sovereign {
    Offered,
    /// Neither listed as offered nor as not offered.
    Unlisted,
    Absent,
    AbsentInUsGovernment,
}

impl Sovereign {
    pub(crate) fn is_absent(self, cloud: &Cloud) -> bool {
        match cloud {
            Cloud::UsGovernment => matches!(self, Self::Absent | Self::AbsentInUsGovernment),
            Cloud::China => self == Self::Absent,
            Cloud::Public | Cloud::Custom(_) => false,
        }
    }

    pub(crate) fn is_unlisted(self, cloud: &Cloud) -> bool {
        match cloud {
            Cloud::UsGovernment => self == Self::Unlisted,
            Cloud::China => matches!(self, Self::Unlisted | Self::AbsentInUsGovernment),
            Cloud::Public | Cloud::Custom(_) => false,
        }
    }
}

/// Returns where a setting belongs if the URL of a service does not support it.
pub(crate) fn place_of(parameter: Parameter, service: Service) -> &'static str {
    use Service as S;
    match (parameter, service) {
        (ApiVersion, _) => "the version is part of the path",
        (Language, S::Translation | S::TranslationV1) => {
            "it is called `from` there; set the query parameters `from` and `to`"
        }
        (Language, S::FastTranscription | S::LlmSpeech) => {
            "it belongs in `locales` of the `definition` part of the body"
        }
        (Language, S::SpeechToTextRest) => "it belongs in `locale` of the request body",
        (Language, S::OpenAiTranscription) => "it belongs in the form field `language`",
        (
            Language,
            S::VoiceLive
            | S::VoiceLiveWebRtc
            | S::OpenAiRealtime
            | S::OpenAiRealtimeTranscription
            | S::OpenAiRealtimeTranslation
            | S::MaiTranscription,
        ) => "it belongs in the `session.update` message",
        (Language, S::VideoTranslation) => "it belongs in `sourceLocale` and `targetLocale` of the request body",
        (Language, _) if service.is_synthesis() => "it belongs in the SSML as `xml:lang` and depends on the voice",
        (Mode, S::TranslationV1) => "it is called `scenario` there; set that query parameter",
        (Mode, _) if service.is_recognition() => {
            "it belongs in the `speech.context` message; `speech-to-text-v1` has it in the path"
        }
        (CustomModel, S::FastTranscription | S::LlmSpeech) => "the model belongs in the `definition` part of the body",
        (CustomModel, S::SpeechToTextRest) => "it belongs in `model.self` of the request body",
        (CustomModel, _) if service.is_synthesis() => {
            "a custom voice is selected by its deployment, with `custom-voice` or `custom-voice-websocket`"
        }
        (Deployment, S::TextToSpeech | S::PersonalVoice) => "a custom voice has a different host; use `custom-voice`",
        (Deployment, S::VoiceLive | S::VoiceLiveWebRtc) => "it is called `model` there; set that query parameter",
        (Deployment, S::OpenAiRealtimeTranscription | S::MaiTranscription) => {
            "it belongs in the `session.update` message as `transcription.model`"
        }
        (Deployment, S::OpenAiLive) => "it belongs in the `session.start` message as `model`",
        (
            Deployment,
            S::OpenAiLiveWebRtc | S::OpenAiRealtimeClientSecret | S::OpenAiRealtimeTranslationClientSecret,
        ) => "it belongs in `session.model` of the request body",
        (Deployment, S::OpenAiRealtimeWebRtc | S::OpenAiRealtimeTranslationWebRtc) => {
            "it belongs in the session of the client secret"
        }
        (Deployment, _) if service.is_synthesis() => {
            "a custom voice has a different host; use `custom-voice-websocket`"
        }
        (Deployment, _) if service.is_recognition() => "a custom speech model is selected by its endpoint id",
        _ => "the service has no such setting",
    }
}

/// Returns the settings to use instead of one that the URL of a service does not support.
pub(crate) fn hints_of(parameter: Parameter, service: Service) -> Vec<SettingHint> {
    use Service as S;
    let query = |value| SettingHint::with(Setting::QueryParameter, value);
    match (parameter, service) {
        (Language, S::Translation | S::TranslationV1) => vec![query("from=…"), query("to=…")],
        (Mode, S::TranslationV1) => vec![query("scenario=…")],
        (CustomModel, _) if service.is_synthesis() => vec![Setting::Deployment.into()],
        (Deployment, S::VoiceLive | S::VoiceLiveWebRtc) => vec![query("model=…")],
        (Deployment, _) if service.is_recognition() => vec![Setting::CustomModel.into()],
        _ => Vec::new(),
    }
}

const KEY: CredentialForms = CredentialForms::of(&[CredentialForm::Key]);
const BEARER_OR_KEY: CredentialForms = CredentialForms::of(&[CredentialForm::Key, CredentialForm::Entra]);
const REALTIME: Accepts = Accepts {
    regional: CredentialForms::of(&[CredentialForm::Key, CredentialForm::IssuedToken, CredentialForm::EntraComposed]),
    own: CredentialForms::of(&[
        CredentialForm::Key,
        CredentialForm::IssuedToken,
        CredentialForm::Entra,
        CredentialForm::EntraComposed,
    ]),
};
const MANAGEMENT: Accepts = Accepts { regional: KEY, own: BEARER_OR_KEY };
const KEY_ONLY: Accepts = Accepts { regional: KEY, own: KEY };
const API_KEY: Accepts = Accepts {
    regional: CredentialForms::NONE,
    own: CredentialForms::of(&[CredentialForm::Entra, CredentialForm::ApiKey]),
};
const ENTRA_ONLY: Accepts =
    Accepts { regional: CredentialForms::NONE, own: CredentialForms::of(&[CredentialForm::Entra]) };
const CLIENT_SECRET: Accepts =
    Accepts { regional: CredentialForms::NONE, own: CredentialForms::of(&[CredentialForm::ClientSecret]) };

const DATED: Parameters = Parameters::of(&[ApiVersion]);
const RECOGNITION: Parameters = Parameters::of(&[Language, CustomModel]);
const RECOGNITION_WITH_MODE: Parameters = RECOGNITION.with(Mode);
const MODEL: Parameters = Parameters::of(&[CustomModel]);
const VOICE: Parameters = Parameters::of(&[Deployment]);

const RECOGNITION_PATH: Path = Path::Mode("/speech/recognition/", "/cognitiveservices/v1");
const UNIVERSAL: Path = Path::Fixed("/speech/universal/v2");
const SYNTHESIS: Path = Path::Fixed("/cognitiveservices/v1");
const SYNTHESIS_SOCKET: Path = Path::Fixed("/cognitiveservices/websocket/v1");

const ENTRA_UNCONFIRMED: Option<&str> = Some("the documentation does not confirm that a plain Entra token works here");
const BY_RULE: Option<&str> =
    Some("this form follows from a documented rule, but the documentation has no example of it");

const VOICE_SOCKET: Option<&str> = Some(
    "the SDK sends a custom voice to this path; the documentation has no example of it, and samples of the avatar begin it with `/voice`",
);

/// A real-time REST call, the base of the rows below.
const REST: Row = Row {
    service: Service::TextToSpeech,
    id: "",
    title: "",
    method: "POST",
    websocket: false,
    host: Host::Realtime("tts"),
    path: SYNTHESIS,
    sdk_prefix: "",
    version: None,
    fixed: None,
    carries: Parameters::NONE,
    accepts: REALTIME,
    discovery: false,
    container: false,
    sovereign: Sovereign::Offered,
    status: ServiceStatus::Current,
    needs: None,
    subprotocol: None,
    headers: &[],
    unconfirmed: None,
    page: "rest-text-to-speech",
};
const SOCKET: Row = Row {
    method: "GET",
    websocket: true,
    discovery: true,
    subprotocol: Some("USP"),
    page: "how-to-recognize-speech",
    ..REST
};
const DATED_REST: Row = Row { method: "GET", host: Host::Rest, accepts: MANAGEMENT, carries: DATED, ..REST };
const OPENAI: Row =
    Row { host: Host::OpenAi, accepts: API_KEY, sovereign: Sovereign::Unlisted, page: "openai-voices", ..REST };
const OPENAI_SOCKET: Row =
    Row { method: "GET", websocket: true, page: "../openai/how-to/realtime-audio-websockets", ..OPENAI };
const OPENAI_WEBRTC: Row = Row { page: "../openai/how-to/realtime-audio-webrtc", ..OPENAI };
/// GPT-Live (2026-09-04). The documentation of the sovereign clouds names no model of it.
const LIVE: Row = Row {
    sovereign: Sovereign::Absent,
    status: ServiceStatus::Preview,
    page: "../../foundry/openai/how-to/gpt-live",
    ..OPENAI
};
const FOUNDRY_SOCKET: Row = Row {
    method: "GET",
    websocket: true,
    host: Host::Foundry,
    accepts: API_KEY,
    sovereign: Sovereign::Absent,
    page: "voice-live-how-to",
    ..REST
};
const RETIRED: Row = Row { host: Host::Realtime("stt"), sovereign: Sovereign::Absent, ..REST };

/// The table. The paths come from the documentation, `sdk_prefix` from the wire traffic of native SDK 1.53.0.
#[rustfmt::skip]
static TABLE: &[Row] = &[
    Row { service: Service::IssueToken, id: "issue-token", title: "token for ten minutes, issued from a key",
          host: Host::Rest, path: Path::Fixed("/sts/v1.0/issueToken"), accepts: KEY_ONLY,
          page: "rest-text-to-speech#how-to-get-an-access-token", ..REST },
    Row { service: Service::SpeechToTextRest, id: "speech-to-text-rest",
          title: "batch transcription and custom speech", path: Path::Versioned("/speechtotext", "/transcriptions"),
          version: Some("2025-10-15"), page: "rest-speech-to-text", ..DATED_REST },
    Row { service: Service::FastTranscription, id: "fast-transcription", title: "fast transcription of a file",
          method: "POST", path: Path::Fixed("/speechtotext/transcriptions:transcribe"), version: Some("2025-10-15"),
          sovereign: Sovereign::AbsentInUsGovernment, page: "fast-transcription-create", ..DATED_REST },
    Row { service: Service::LlmSpeech, id: "llm-speech", title: "transcription or translation by a language model",
          method: "POST", path: Path::Fixed("/speechtotext/transcriptions:transcribe"), version: Some("2025-10-15"),
          sovereign: Sovereign::Absent, status: ServiceStatus::Preview, page: "llm-speech", ..DATED_REST },
    Row { service: Service::ShortAudio, id: "short-audio", title: "recognition of up to 60 seconds over REST",
          host: Host::Realtime("stt"), path: RECOGNITION_PATH, carries: RECOGNITION_WITH_MODE,
          unconfirmed: ENTRA_UNCONFIRMED, needs: Some("language"), page: "rest-speech-to-text-short", ..REST },
    Row { service: Service::SpeechToTextV1, id: "speech-to-text-v1", title: "recognition over WebSocket, version 1",
          host: Host::Realtime("stt"), path: RECOGNITION_PATH, carries: RECOGNITION_WITH_MODE, container: true,
          ..SOCKET },
    Row { service: Service::SpeechToText, id: "speech-to-text", title: "recognition over WebSocket",
          host: Host::Realtime("stt"), path: UNIVERSAL, sdk_prefix: "/stt", carries: RECOGNITION, ..SOCKET },
    Row { service: Service::TranslationV1, id: "translation-v1", title: "translation over WebSocket, version 1",
          host: Host::Realtime("s2s"), path: Path::Fixed("/speech/translation/cognitiveservices/v1"), carries: MODEL,
          discovery: false, unconfirmed: BY_RULE, status: ServiceStatus::Legacy, page: "how-to-translate-speech", ..SOCKET },
    Row { service: Service::Translation, id: "translation", title: "translation and live interpreter over WebSocket",
          host: Host::Realtime("stt"), path: UNIVERSAL, sdk_prefix: "/stt", carries: MODEL,
          page: "how-to-translate-speech", ..SOCKET },
    Row { service: Service::ConversationTranscription, id: "conversation-transcription",
          title: "transcription with speaker diarization", host: Host::Realtime("stt"), path: UNIVERSAL,
          sdk_prefix: "/stt", carries: RECOGNITION, container: true, page: "get-started-stt-diarization", ..SOCKET },
    Row { service: Service::TextToSpeech, id: "text-to-speech", title: "synthesis over REST", container: true,
          unconfirmed: ENTRA_UNCONFIRMED, ..REST },
    Row { service: Service::PersonalVoice, id: "personal-voice", title: "synthesis with a personal voice over REST",
          sovereign: Sovereign::Absent, unconfirmed: ENTRA_UNCONFIRMED, page: "personal-voice-how-to-use", ..REST },
    Row { service: Service::Voices, id: "voices", title: "list of voices", method: "GET",
          path: Path::Fixed("/cognitiveservices/voices/list"), carries: VOICE, discovery: true, ..REST },
    Row { service: Service::TextToSpeechWebSocket, id: "text-to-speech-websocket", title: "synthesis over WebSocket",
          path: SYNTHESIS_SOCKET, sdk_prefix: "/tts", container: true, page: "how-to-speech-synthesis", ..SOCKET },
    Row { service: Service::TextToSpeechStream, id: "text-to-speech-stream",
          title: "synthesis of streamed text over WebSocket, version 2",
          path: Path::Fixed("/cognitiveservices/websocket/v2"), unconfirmed: BY_RULE,
          page: "how-to-lower-speech-synthesis-latency", ..SOCKET },
    Row { service: Service::CustomVoice, id: "custom-voice", title: "synthesis with a professional voice over REST",
          host: Host::Realtime("voice"), carries: VOICE, sovereign: Sovereign::Absent, unconfirmed: ENTRA_UNCONFIRMED,
          needs: Some("deploymentId"), page: "professional-voice-deploy-endpoint", ..REST },
    Row { service: Service::CustomVoiceWebSocket, id: "custom-voice-websocket",
          title: "synthesis with a professional voice over WebSocket", host: Host::Realtime("voice"),
          path: SYNTHESIS_SOCKET, sdk_prefix: "/tts", carries: VOICE, sovereign: Sovereign::Absent, discovery: false,
          unconfirmed: VOICE_SOCKET, needs: Some("deploymentId"), page: "professional-voice-deploy-endpoint", ..SOCKET },
    Row { service: Service::BatchSynthesis, id: "batch-synthesis", title: "batch synthesis",
          path: Path::Fixed("/texttospeech/batchsyntheses"), version: Some("2024-04-01"),
          sovereign: Sovereign::Unlisted, page: "batch-synthesis", ..DATED_REST },
    Row { service: Service::LongAudio, id: "long-audio", title: "Long Audio API", method: "GET",
          host: Host::LongAudio, path: Path::Fixed("/api/texttospeech/v3.0/longaudiosynthesis"), accepts: KEY_ONLY,
          sovereign: Sovereign::Absent, status: ServiceStatus::Retiring { on: "2027-04-01", replacement: "batch-synthesis" },
          page: "migrate-to-batch-synthesis", ..REST },
    Row { service: Service::AvatarRelayToken, id: "avatar-relay-token", title: "ICE servers for a real-time avatar",
          method: "GET", path: Path::Fixed("/cognitiveservices/avatar/relay/token/v1"), sovereign: Sovereign::Absent,
          page: "text-to-speech-avatar/real-time-synthesis-avatar", ..REST },
    Row { service: Service::Avatar, id: "avatar", title: "real-time avatar over WebSocket", path: SYNTHESIS_SOCKET,
          sdk_prefix: "/tts", fixed: Some(("enableTalkingAvatar", "true")), sovereign: Sovereign::Absent,
          page: "text-to-speech-avatar/real-time-synthesis-avatar", ..SOCKET },
    Row { service: Service::BatchAvatar, id: "batch-avatar", title: "batch avatar video",
          path: Path::Fixed("/avatar/batchsyntheses"), version: Some("2024-08-01"), sovereign: Sovereign::Absent,
          page: "text-to-speech-avatar/batch-synthesis-avatar", ..DATED_REST },
    Row { service: Service::CustomVoiceManagement, id: "custom-voice-management",
          title: "management of custom and personal voices", path: Path::Fixed("/customvoice/projects"),
          version: Some("2026-01-01"), sovereign: Sovereign::Absent, page: "professional-voice-create-project",
          ..DATED_REST },
    Row { service: Service::VideoTranslation, id: "video-translation", title: "video translation",
          path: Path::Fixed("/videotranslation/translations"), version: Some("2026-03-01"),
          sovereign: Sovereign::Absent, page: "video-translation-get-started", ..DATED_REST },
    Row { service: Service::VoiceLive, id: "voice-live", title: "Voice Live over WebSocket",
          path: Path::Fixed("/voice-live/realtime"), version: Some("2026-07-15"), carries: DATED, needs: Some("model"),
          ..FOUNDRY_SOCKET },
    Row { service: Service::VoiceLiveWebRtc, id: "voice-live-webrtc",
          title: "Voice Live signalling for WebRTC over WebSocket", path: Path::Fixed("/voice-live/realtime/calls"),
          version: Some("2026-01-01-preview"), carries: DATED, status: ServiceStatus::Preview, needs: Some("model"),
          page: "voice-live-webrtc", ..FOUNDRY_SOCKET },
    // The two names are those of Voice Live; the subprotocol is that of azure-ai-projects 2.10.0.
    Row { service: Service::VoiceAgent, id: "voice-agent", title: "voice agent of a Foundry project over WebSocket",
          path: Path::Named(&["/api/projects/", "/agents/", "/endpoint/protocols/voice"], &["agent-project-name", "agent-name"]),
          version: Some("v1"), accepts: ENTRA_ONLY, carries: DATED, status: ServiceStatus::Preview,
          subprotocol: Some("realtime"), headers: &[("Foundry-Features", "VoiceAgents=V1Preview")],
          page: "../../foundry/agents/how-to/configure-voice-agent", ..FOUNDRY_SOCKET },
    Row { service: Service::MaiTranscription, id: "mai-transcription",
          title: "streaming transcription by a MAI model over WebSocket", path: Path::Fixed("/mai/v1/realtime"),
          fixed: Some(("intent", "transcription")), status: ServiceStatus::Preview,
          page: "mai-transcribe-2-streaming-realtime", ..FOUNDRY_SOCKET },
    Row { service: Service::OpenAiTranscription, id: "openai-transcription",
          title: "Azure OpenAI transcription of a file",
          path: Path::Deployment("/openai/deployments/", "/audio/transcriptions", "2024-10-21", "/openai/v1/audio/transcriptions"),
          carries: DATED.with(Deployment), page: "../openai/whisper-quickstart", ..OPENAI },
    Row { service: Service::OpenAiSpeech, id: "openai-speech", title: "Azure OpenAI synthesis",
          path: Path::Deployment("/openai/deployments/", "/audio/speech", "2025-03-01-preview", "/openai/v1/audio/speech"),
          carries: DATED.with(Deployment), page: "../openai/text-to-speech-quickstart", ..OPENAI },
    Row { service: Service::OpenAiRealtime, id: "openai-realtime", title: "Azure OpenAI real-time audio over WebSocket",
          path: Path::Fixed("/openai/v1/realtime"), carries: VOICE, needs: Some("model"), ..OPENAI_SOCKET },
    Row { service: Service::OpenAiRealtimeClientSecret, id: "openai-realtime-client-secret",
          title: "secret for a browser that uses real-time audio", path: Path::Fixed("/openai/v1/realtime/client_secrets"),
          ..OPENAI_WEBRTC },
    Row { service: Service::OpenAiRealtimeWebRtc, id: "openai-realtime-webrtc",
          title: "offer of a WebRTC call for real-time audio", path: Path::Fixed("/openai/v1/realtime/calls"),
          accepts: CLIENT_SECRET, ..OPENAI_WEBRTC },
    Row { service: Service::OpenAiRealtimeTranscription, id: "openai-realtime-transcription",
          title: "Azure OpenAI real-time transcription over WebSocket", path: Path::Fixed("/openai/v1/realtime"),
          fixed: Some(("intent", "transcription")), ..OPENAI_SOCKET },
    Row { service: Service::OpenAiRealtimeTranslation, id: "openai-realtime-translation",
          title: "Azure OpenAI real-time translation over WebSocket", path: Path::Fixed("/openai/v1/realtime/translations"),
          carries: VOICE, needs: Some("model"), ..OPENAI_SOCKET },
    Row { service: Service::OpenAiRealtimeTranslationClientSecret, id: "openai-realtime-translation-client-secret",
          title: "secret for a browser that uses real-time translation",
          path: Path::Fixed("/openai/v1/realtime/translations/client_secrets"), ..OPENAI_WEBRTC },
    Row { service: Service::OpenAiRealtimeTranslationWebRtc, id: "openai-realtime-translation-webrtc",
          title: "offer of a WebRTC call for real-time translation",
          path: Path::Fixed("/openai/v1/realtime/translations/calls"), accepts: CLIENT_SECRET, ..OPENAI_WEBRTC },
    Row { service: Service::OpenAiLive, id: "openai-live", title: "GPT-Live session over WebSocket", method: "GET",
          websocket: true, path: Path::Fixed("/openai/v1/live"), ..LIVE },
    Row { service: Service::OpenAiLiveWebRtc, id: "openai-live-webrtc", title: "offer of a WebRTC session of GPT-Live",
          path: Path::Fixed("/openai/v1/live/sessions"), page: "../../foundry/openai/how-to/gpt-live-webrtc", ..LIVE },
    Row { service: Service::OpenAiLiveAttach, id: "openai-live-attach",
          title: "second WebSocket to a session of GPT-Live", method: "GET", websocket: true,
          path: Path::Named(&["/openai/v1/live/sessions/", "/attach"], &["session_id"]), ..LIVE },
    Row { service: Service::OpenAiModels, id: "openai-models", title: "list of Azure OpenAI models", method: "GET",
          path: Path::Fixed("/openai/v1/models"), page: "../openai/api-version-lifecycle", ..OPENAI },
    Row { service: Service::MeetingTranscription, id: "meeting-transcription",
          title: "multichannel meeting transcription", status: ServiceStatus::Retired { since: "2025-03-28",
          replacement: "conversation-transcription" }, page: "meeting-transcription", ..RETIRED },
    Row { service: Service::SpeakerRecognition, id: "speaker-recognition", title: "speaker recognition",
          status: ServiceStatus::Retired { since: "2025-09-30",
          replacement: "conversation-transcription, which distinguishes speakers but does not identify them", },
          page: "speaker-recognition-overview", ..RETIRED },
    Row { service: Service::IntentRecognition, id: "intent-recognition", title: "intent recognition",
          status: ServiceStatus::Retired { since: "2025-09-30",
          replacement: "speech-to-text followed by a language service", }, page: "intent-recognition", ..RETIRED },
    Row { service: Service::CustomCommands, id: "custom-commands", title: "Custom Commands",
          status: ServiceStatus::Retired { since: "2026-04-30", replacement: "voice-live" }, page: "custom-commands",
          ..RETIRED },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_has_a_row_in_enum_order() {
        for (i, row) in TABLE.iter().enumerate() {
            assert_eq!(row.service as usize, i, "{}", row.id);
            assert_eq!(row.id.parse(), Ok(row.service));
            assert!(TABLE[..i].iter().all(|other| other.id != row.id), "{} twice", row.id);
        }
    }

    #[test]
    fn a_misspelt_service_gets_a_suggestion() {
        for (given, suggestion) in
            [("speech-to-txt", "speech-to-text"), ("TextToSpeech", "text-to-speech"), ("voice", "voices")]
        {
            assert_eq!(given.parse::<Service>().unwrap_err().suggestion, Some(suggestion), "{given}");
        }
    }
}
