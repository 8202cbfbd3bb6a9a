//! Services: one row per API, with the regional form of its URL and the credential forms it takes.
//!
//! The custom-domain form is computed from the row, see [`crate::Account::endpoint`].

use std::fmt;
use std::str::FromStr;

use crate::resolve::cloud::Cloud;
use crate::resolve::form::{Form, Forms};
use crate::resolve::near::nearest;
use crate::resolve::parameter::Parameter::{ApiVersion, CustomModel, Deployment, Language, Mode};
use crate::resolve::parameter::{Parameter, Parameters};
use crate::resolve::shown::Shown;

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
#[allow(missing_docs, reason = "each variant is described by the title of its row")]
pub enum Service {
    IssueToken,
    SpeechToTextRest,
    FastTranscription,
    LlmSpeech,
    ShortAudio,
    SpeechToTextV1,
    SpeechToText,
    TranslationV1,
    Translation,
    ConversationTranscription,
    TextToSpeech,
    PersonalVoice,
    Voices,
    TextToSpeechWebSocket,
    TextToSpeechStream,
    CustomVoice,
    CustomVoiceWebSocket,
    BatchSynthesis,
    LongAudio,
    AvatarRelayToken,
    Avatar,
    BatchAvatar,
    CustomVoiceManagement,
    VideoTranslation,
    VoiceLive,
    VoiceLiveWebRtc,
    OpenAiTranscription,
    OpenAiSpeech,
    OpenAiRealtime,
    MeetingTranscription,
    SpeakerRecognition,
    IntentRecognition,
    CustomCommands,
}

impl Service {
    /// Every service in the order of the table, the retired ones last.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.service)
    }

    /// Every service that is not retired, in the order of the table.
    pub fn in_use() -> impl Iterator<Item = Self> {
        Self::all().filter(|service| !matches!(service.status(), Status::Retired { .. }))
    }

    /// The identifier used in arguments and output.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.row().id
    }

    /// What the service is, in a few words.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// The HTTP method of the URL that is resolved; WebSockets are opened with `GET`.
    #[must_use]
    pub fn method(self) -> &'static str {
        self.row().method
    }

    /// Whether the URL is opened as a WebSocket.
    #[must_use]
    pub fn is_websocket(self) -> bool {
        self.row().websocket
    }

    /// The WebSocket subprotocol that the official SDKs ask for, where they do: `tests/vectors/sdk-observed.json`.
    #[cfg(feature = "net")]
    pub(crate) fn subprotocol(self) -> Option<&'static str> {
        let is_of_the_sdk = self.is_websocket() && !matches!(self, Self::VoiceLive | Self::OpenAiRealtime);
        is_of_the_sdk.then_some("USP")
    }

    /// Where the service stands in its life.
    #[must_use]
    pub fn status(self) -> Status {
        self.row().status
    }

    /// The page of the documentation.
    #[must_use]
    pub fn see(self) -> String {
        format!("https://learn.microsoft.com/azure/ai-services/speech-service/{}", self.row().page)
    }

    /// Whether it recognises speech in real time.
    fn is_recognition(self) -> bool {
        matches!(self.row().host, Host::Realtime("stt" | "s2s"))
    }

    /// Whether it makes speech of text.
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
            given: Shown::new(text),
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

/// A text that names no service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given} is not a service: expected an id such as `speech-to-text`{}", .suggestion.map_or_else(String::new, |s| format!("; did you mean `{s}`?")))]
#[non_exhaustive]
pub struct UnknownService {
    /// What was given.
    pub given: Shown,
    /// The nearest match.
    pub suggestion: Option<&'static str>,
}

/// Where a service stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// In service.
    Current,
    /// In service without a guarantee.
    Preview,
    /// In service; a newer one takes its place.
    Legacy,
    /// In service until the given date.
    Retiring {
        /// The last day, ISO 8601.
        on: &'static str,
        /// What takes its place.
        replacement: &'static str,
    },
    /// Out of service since the given date.
    Retired {
        /// The date, ISO 8601.
        since: &'static str,
        /// What takes its place.
        replacement: &'static str,
    },
}

impl Status {
    /// The identifier used in output.
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
    /// What today's SDK writes before the path on the regional host; the documentation does not.
    pub(crate) sdk_prefix: &'static str,
    /// The newest stable `api-version`.
    pub(crate) version: Option<&'static str>,
    /// A parameter that makes the service what it is.
    pub(crate) fixed: Option<(&'static str, &'static str)>,
    pub(crate) carries: Parameters,
    pub(crate) accepts: Accepts,
    /// Asking the custom domain for the real-time host is possible.
    pub(crate) discovery: bool,
    /// Whether self-hosted containers serve it.
    pub(crate) container: bool,
    pub(crate) sovereign: Sovereign,
    pub(crate) status: Status,
    /// What must be added before the URL is of use.
    pub(crate) needs: Option<&'static str>,
    /// What the documentation leaves open about the custom-domain form.
    pub(crate) unconfirmed: Option<&'static str>,
    page: &'static str,
}

/// The kind of host, by its regional form.
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

/// The path, by its documented spelling.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Path {
    Fixed(&'static str),
    /// The recognition mode stands between the two parts.
    Mode(&'static str, &'static str),
    /// A numbered version, when given, stands between the two parts.
    Versioned(&'static str, &'static str),
    /// With a deployment: the dated form, with the deployment between the two parts, and its version. Without: the last path.
    Deployment(&'static str, &'static str, &'static str, &'static str),
}

/// The credential forms a service takes, by kind of host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accepts {
    pub(crate) regional: Forms,
    /// On a host that belongs to the resource alone.
    pub(crate) own: Forms,
}

/// What the sovereign clouds offer.
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

/// Where a setting goes when the URL of a service does not carry it.
pub(crate) fn place_of(parameter: Parameter, service: Service) -> &'static str {
    use Service as S;
    match (parameter, service) {
        (ApiVersion, _) => "the version is part of its path",
        (Language, S::Translation | S::TranslationV1) => {
            "it is called `from` there: give `--query from=…` and `--query to=…`"
        }
        (Language, S::FastTranscription | S::LlmSpeech) => {
            "it goes into `locales` of the `definition` part of the body"
        }
        (Language, S::SpeechToTextRest) => "it goes into `locale` of the request body",
        (Language, S::OpenAiTranscription) => "it goes into the form field `language`",
        (Language, S::VoiceLive | S::VoiceLiveWebRtc | S::OpenAiRealtime) => {
            "it goes into the `session.update` message"
        }
        (Language, S::VideoTranslation) => "it goes into `sourceLocale` and `targetLocale` of the request body",
        (Language, _) if service.is_synthesis() => "it goes into the SSML, as `xml:lang`, and follows from the voice",
        (Mode, S::TranslationV1) => "it is called `scenario` there: give `--query scenario=…`",
        (Mode, _) if service.is_recognition() => {
            "it goes into the `speech.context` message; `speech-to-text-v1` has it in the path"
        }
        (CustomModel, S::FastTranscription | S::LlmSpeech) => "a model goes into the `definition` part of the body",
        (CustomModel, S::SpeechToTextRest) => "it goes into `model.self` of the request body",
        (CustomModel, _) if service.is_synthesis() => {
            "a custom voice is chosen with `--deployment` on `custom-voice` or `custom-voice-websocket`"
        }
        (Deployment, S::TextToSpeech | S::PersonalVoice) => "a custom voice has another host: use `custom-voice`",
        (Deployment, S::VoiceLive | S::VoiceLiveWebRtc) => "it is called `model` there: give `--query model=…`",
        (Deployment, _) if service.is_synthesis() => "a custom voice has another host: use `custom-voice-websocket`",
        (Deployment, _) if service.is_recognition() => "a custom speech model is chosen with `--custom-model`",
        _ => "it has no such setting",
    }
}

const KEY: Forms = Forms::of(&[Form::Key]);
const BEARER_OR_KEY: Forms = Forms::of(&[Form::Key, Form::Entra]);
const REALTIME: Accepts = Accepts {
    regional: Forms::of(&[Form::Key, Form::IssuedToken, Form::EntraComposed]),
    own: Forms::of(&[Form::Key, Form::IssuedToken, Form::Entra, Form::EntraComposed]),
};
const MANAGEMENT: Accepts = Accepts { regional: KEY, own: BEARER_OR_KEY };
const KEY_ONLY: Accepts = Accepts { regional: KEY, own: KEY };
const API_KEY: Accepts = Accepts { regional: Forms::NONE, own: Forms::of(&[Form::Entra, Form::ApiKey]) };

const DATED: Parameters = Parameters::of(&[ApiVersion]);
const RECOGNITION: Parameters = Parameters::of(&[Language, CustomModel]);
const RECOGNITION_WITH_MODE: Parameters = RECOGNITION.with(Mode);
const MODEL: Parameters = Parameters::of(&[CustomModel]);
const VOICE: Parameters = Parameters::of(&[Deployment]);

const RECOGNITION_PATH: Path = Path::Mode("/speech/recognition/", "/cognitiveservices/v1");
const UNIVERSAL: Path = Path::Fixed("/speech/universal/v2");
const SYNTHESIS: Path = Path::Fixed("/cognitiveservices/v1");
const SYNTHESIS_SOCKET: Path = Path::Fixed("/cognitiveservices/websocket/v1");

const ENTRA_UNCONFIRMED: Option<&str> =
    Some("that a plain Entra token is accepted here is not confirmed by the documentation");
const BY_RULE: Option<&str> =
    Some("this form follows from the documented rule; the documentation has no example of it");

/// A real-time REST call: the base of the rows below.
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
    status: Status::Current,
    needs: None,
    unconfirmed: None,
    page: "rest-text-to-speech",
};
const SOCKET: Row = Row { method: "GET", websocket: true, discovery: true, page: "how-to-recognize-speech", ..REST };
const DATED_REST: Row = Row { method: "GET", host: Host::Rest, accepts: MANAGEMENT, carries: DATED, ..REST };
const OPENAI: Row =
    Row { host: Host::OpenAi, accepts: API_KEY, sovereign: Sovereign::Unlisted, page: "openai-voices", ..REST };
const RETIRED: Row = Row { host: Host::Realtime("stt"), sovereign: Sovereign::Absent, ..REST };

/// The table. Paths: the documentation's; `sdk_prefix`: native SDK 1.53.0 on the wire.
#[rustfmt::skip]
static TABLE: &[Row] = &[
    Row { service: Service::IssueToken, id: "issue-token", title: "token for ten minutes from a key",
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
          sovereign: Sovereign::Absent, status: Status::Preview, page: "llm-speech", ..DATED_REST },
    Row { service: Service::ShortAudio, id: "short-audio", title: "recognition of up to 60 seconds by REST",
          host: Host::Realtime("stt"), path: RECOGNITION_PATH, carries: RECOGNITION_WITH_MODE,
          unconfirmed: ENTRA_UNCONFIRMED, needs: Some("language"), page: "rest-speech-to-text-short", ..REST },
    Row { service: Service::SpeechToTextV1, id: "speech-to-text-v1", title: "recognition by WebSocket, version 1",
          host: Host::Realtime("stt"), path: RECOGNITION_PATH, carries: RECOGNITION_WITH_MODE, container: true,
          ..SOCKET },
    Row { service: Service::SpeechToText, id: "speech-to-text", title: "recognition by WebSocket",
          host: Host::Realtime("stt"), path: UNIVERSAL, sdk_prefix: "/stt", carries: RECOGNITION, ..SOCKET },
    Row { service: Service::TranslationV1, id: "translation-v1", title: "translation by WebSocket, version 1",
          host: Host::Realtime("s2s"), path: Path::Fixed("/speech/translation/cognitiveservices/v1"), carries: MODEL,
          discovery: false, unconfirmed: BY_RULE, status: Status::Legacy, page: "how-to-translate-speech", ..SOCKET },
    Row { service: Service::Translation, id: "translation", title: "translation and live interpreter by WebSocket",
          host: Host::Realtime("stt"), path: UNIVERSAL, sdk_prefix: "/stt", carries: MODEL,
          page: "how-to-translate-speech", ..SOCKET },
    Row { service: Service::ConversationTranscription, id: "conversation-transcription",
          title: "transcription with speakers told apart", host: Host::Realtime("stt"), path: UNIVERSAL,
          sdk_prefix: "/stt", carries: RECOGNITION, page: "get-started-stt-diarization", ..SOCKET },
    Row { service: Service::TextToSpeech, id: "text-to-speech", title: "synthesis by REST", container: true,
          unconfirmed: ENTRA_UNCONFIRMED, ..REST },
    Row { service: Service::PersonalVoice, id: "personal-voice", title: "synthesis with a personal voice by REST",
          sovereign: Sovereign::Absent, unconfirmed: ENTRA_UNCONFIRMED, page: "personal-voice-how-to-use", ..REST },
    Row { service: Service::Voices, id: "voices", title: "list of voices", method: "GET",
          path: Path::Fixed("/cognitiveservices/voices/list"), discovery: true, ..REST },
    Row { service: Service::TextToSpeechWebSocket, id: "text-to-speech-websocket", title: "synthesis by WebSocket",
          path: SYNTHESIS_SOCKET, sdk_prefix: "/tts", container: true, page: "how-to-speech-synthesis", ..SOCKET },
    Row { service: Service::TextToSpeechStream, id: "text-to-speech-stream",
          title: "synthesis of streamed text by WebSocket, version 2",
          path: Path::Fixed("/cognitiveservices/websocket/v2"), unconfirmed: BY_RULE,
          page: "how-to-lower-speech-synthesis-latency", ..SOCKET },
    Row { service: Service::CustomVoice, id: "custom-voice", title: "synthesis with a professional voice by REST",
          host: Host::Realtime("voice"), carries: VOICE, sovereign: Sovereign::Absent, unconfirmed: ENTRA_UNCONFIRMED,
          needs: Some("deploymentId"), page: "professional-voice-deploy-endpoint", ..REST },
    Row { service: Service::CustomVoiceWebSocket, id: "custom-voice-websocket",
          title: "synthesis with a professional voice by WebSocket", host: Host::Realtime("voice"),
          path: SYNTHESIS_SOCKET, sdk_prefix: "/tts", carries: VOICE, sovereign: Sovereign::Absent, discovery: false,
          unconfirmed: BY_RULE, needs: Some("deploymentId"), page: "professional-voice-deploy-endpoint", ..SOCKET },
    Row { service: Service::BatchSynthesis, id: "batch-synthesis", title: "batch synthesis",
          path: Path::Fixed("/texttospeech/batchsyntheses"), version: Some("2024-04-01"),
          sovereign: Sovereign::Unlisted, page: "batch-synthesis", ..DATED_REST },
    Row { service: Service::LongAudio, id: "long-audio", title: "Long Audio API", method: "GET",
          host: Host::LongAudio, path: Path::Fixed("/api/texttospeech/v3.0/longaudiosynthesis"), accepts: KEY_ONLY,
          sovereign: Sovereign::Absent, status: Status::Retiring { on: "2027-04-01", replacement: "batch-synthesis" },
          page: "migrate-to-batch-synthesis", ..REST },
    Row { service: Service::AvatarRelayToken, id: "avatar-relay-token", title: "ICE servers for a real-time avatar",
          method: "GET", path: Path::Fixed("/cognitiveservices/avatar/relay/token/v1"), sovereign: Sovereign::Absent,
          page: "text-to-speech-avatar/real-time-synthesis-avatar", ..REST },
    Row { service: Service::Avatar, id: "avatar", title: "real-time avatar by WebSocket", path: SYNTHESIS_SOCKET,
          sdk_prefix: "/tts", fixed: Some(("enableTalkingAvatar", "true")), sovereign: Sovereign::Absent,
          page: "text-to-speech-avatar/real-time-synthesis-avatar", ..SOCKET },
    Row { service: Service::BatchAvatar, id: "batch-avatar", title: "avatar video in batch",
          path: Path::Fixed("/avatar/batchsyntheses"), version: Some("2024-08-01"), sovereign: Sovereign::Absent,
          page: "text-to-speech-avatar/batch-synthesis-avatar", ..DATED_REST },
    Row { service: Service::CustomVoiceManagement, id: "custom-voice-management",
          title: "management of custom and personal voices", path: Path::Fixed("/customvoice/projects"),
          version: Some("2026-01-01"), sovereign: Sovereign::Absent, page: "professional-voice-create-project",
          ..DATED_REST },
    Row { service: Service::VideoTranslation, id: "video-translation", title: "video translation",
          path: Path::Fixed("/videotranslation/translations"), version: Some("2026-03-01"),
          sovereign: Sovereign::Absent, page: "video-translation-get-started", ..DATED_REST },
    Row { service: Service::VoiceLive, id: "voice-live", title: "Voice Live by WebSocket", host: Host::Foundry,
          path: Path::Fixed("/voice-live/realtime"), version: Some("2026-04-10"), accepts: API_KEY, carries: DATED,
          discovery: false, sovereign: Sovereign::Absent, needs: Some("model"), page: "voice-live-how-to", ..SOCKET },
    Row { service: Service::VoiceLiveWebRtc, id: "voice-live-webrtc", title: "signalling of Voice Live by WebRTC",
          host: Host::Foundry, path: Path::Fixed("/voice-live/realtime/calls"), version: Some("2026-01-01-preview"),
          accepts: API_KEY, carries: DATED, sovereign: Sovereign::Absent, status: Status::Preview,
          needs: Some("model"), page: "voice-live-webrtc", ..REST },
    Row { service: Service::OpenAiTranscription, id: "openai-transcription",
          title: "Azure OpenAI transcription of a file",
          path: Path::Deployment("/openai/deployments/", "/audio/transcriptions", "2024-10-21", "/openai/v1/audio/transcriptions"),
          version: Some("preview"), carries: DATED.with(Deployment), page: "../openai/whisper-quickstart", ..OPENAI },
    Row { service: Service::OpenAiSpeech, id: "openai-speech", title: "Azure OpenAI synthesis",
          path: Path::Deployment("/openai/deployments/", "/audio/speech", "2025-03-01-preview", "/openai/v1/audio/speech"),
          version: Some("preview"), carries: DATED.with(Deployment), page: "../openai/text-to-speech-quickstart",
          ..OPENAI },
    Row { service: Service::OpenAiRealtime, id: "openai-realtime", title: "Azure OpenAI real-time audio by WebSocket",
          method: "GET", websocket: true, path: Path::Fixed("/openai/v1/realtime"), carries: VOICE,
          needs: Some("model"), page: "../openai/how-to/realtime-audio-websockets", ..OPENAI },
    Row { service: Service::MeetingTranscription, id: "meeting-transcription",
          title: "meeting transcription, multichannel", status: Status::Retired { since: "2025-03-28",
          replacement: "conversation-transcription" }, page: "meeting-transcription", ..RETIRED },
    Row { service: Service::SpeakerRecognition, id: "speaker-recognition", title: "speaker recognition",
          status: Status::Retired { since: "2025-09-30",
          replacement: "conversation-transcription, which tells speakers apart but does not identify them", },
          page: "speaker-recognition-overview", ..RETIRED },
    Row { service: Service::IntentRecognition, id: "intent-recognition", title: "intent recognition",
          status: Status::Retired { since: "2025-09-30",
          replacement: "speech-to-text with a language service behind it", }, page: "intent-recognition", ..RETIRED },
    Row { service: Service::CustomCommands, id: "custom-commands", title: "Custom Commands",
          status: Status::Retired { since: "2026-04-30", replacement: "voice-live" }, page: "custom-commands",
          ..RETIRED },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_has_its_own_row_in_the_order_of_the_enum() {
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
