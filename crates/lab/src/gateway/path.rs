//! The paths that each kind of host serves.

use speech_endpoint::emulation::OFFERINGS;

/// The function behind a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Socket,
    /// Version 1 recognition by WebSocket and short audio by REST share this path.
    SocketOrPost,
    Synthesis,
    Voices,
    Relay,
    IssueToken,
    Management,
    /// The models of an Azure OpenAI resource.
    Models,
    /// The APIs of Azure OpenAI over REST that take a body.
    OpenAiAudio,
    /// The voice agents of a Foundry project.
    VoiceAgent,
    /// A WebSocket that needs a model.
    SocketWithModel,
}

impl Route {
    /// Returns whether a method is served; any other gives 404.
    pub(super) fn takes(self, method: &str) -> bool {
        match self {
            Self::Socket | Self::SocketWithModel | Self::VoiceAgent | Self::Voices | Self::Relay | Self::Models => {
                method == "GET"
            }
            Self::SocketOrPost => matches!(method, "GET" | "POST"),
            Self::Synthesis | Self::IssueToken | Self::OpenAiAudio => method == "POST",
            Self::Management => true,
        }
    }
}

/// Reads a path on a regional host: as documented, or with the prefix that the SDKs add.
pub(super) fn regional(offering: &str, path: &str) -> Option<Route> {
    let prefix = if offering == "voice" { "tts" } else { offering };
    let rest = path.strip_prefix(&format!("/{prefix}")).filter(|rest| rest.starts_with('/')).unwrap_or(path);
    OFFERINGS.iter().find(|known| **known == offering).and_then(|known| realtime(known, rest))
}

/// Reads a path of a container, which requires no credential.
pub(super) fn container(path: &str) -> Option<Route> {
    realtime("stt", path).or_else(|| realtime("tts", path))
}

/// Reads a path on a custom domain behind the proxy; real-time paths start with the offering.
pub(super) fn own(path: &str) -> Option<Route> {
    match offering(path) {
        Some((offering, rest)) => realtime(offering, rest),
        None => management(path),
    }
}

/// Splits a path into its offering and the rest.
pub(super) fn offering(path: &str) -> Option<(&'static str, &str)> {
    let (first, _) = path.strip_prefix('/')?.split_once('/')?;
    let known = OFFERINGS.iter().find(|known| **known == first)?;
    Some((known, &path[1 + first.len()..]))
}

/// Reads a path for management, batch or tokens, which needs no prefix.
pub(super) fn management(path: &str) -> Option<Route> {
    if path.eq_ignore_ascii_case("/sts/v1.0/issueToken") {
        return Some(Route::IssueToken);
    }
    let roots = ["/speechtotext/", "/texttospeech/", "/customvoice/", "/avatar/", "/videotranslation/"];
    roots.iter().any(|root| path.starts_with(root)).then_some(Route::Management)
}

/// Reads a path of Azure OpenAI, in the form of version 1 or with a deployment.
pub(super) fn openai(path: &str) -> Option<Route> {
    let rest = path.strip_prefix("/openai/")?;
    let rest = match rest.strip_prefix("deployments/") {
        Some(rest) => rest.split_once('/')?.1,
        None => rest.strip_prefix("v1/").unwrap_or(rest),
    };
    match rest {
        "models" => Some(Route::Models),
        "realtime" | "realtime/translations" => Some(Route::SocketWithModel),
        "live" => Some(Route::Socket),
        "audio/transcriptions" | "audio/translations" | "audio/speech" | "live/sessions" => Some(Route::OpenAiAudio),
        _ => attached(rest).or_else(|| browser(rest)),
    }
}

/// Reads the path of a second WebSocket to a session of GPT-Live.
fn attached(rest: &str) -> Option<Route> {
    let session = rest.strip_prefix("live/sessions/")?.strip_suffix("/attach")?;
    (!session.is_empty() && !session.contains('/')).then_some(Route::Socket)
}

/// Reads the paths that begin a call of a browser.
fn browser(rest: &str) -> Option<Route> {
    let rest = rest.strip_prefix("realtime/")?;
    let rest = rest.strip_prefix("translations/").unwrap_or(rest);
    matches!(rest, "client_secrets" | "calls").then_some(Route::OpenAiAudio)
}

/// Reads a path of Voice Live.
pub(super) fn voice_live(path: &str) -> Option<Route> {
    matches!(path, "/voice-live/realtime" | "/voice-live/realtime/calls").then_some(Route::SocketWithModel)
}

/// Reads a path that only a Foundry host serves, besides Voice Live: the voice agents of a project, and MAI models.
pub(super) fn foundry(path: &str) -> Option<Route> {
    if path == "/mai/v1/realtime" {
        return Some(Route::Socket);
    }
    let (project, rest) = path.strip_prefix("/api/projects/")?.split_once("/agents/")?;
    let agent = rest.strip_suffix("/endpoint/protocols/voice")?;
    let is_name = |name: &str| !name.is_empty() && !name.contains('/');
    (is_name(project) && is_name(agent)).then_some(Route::VoiceAgent)
}

fn realtime(offering: &str, path: &str) -> Option<Route> {
    let is_recognition = || {
        let mode = path.strip_prefix("/speech/recognition/")?.strip_suffix("/cognitiveservices/v1")?;
        ["interactive", "conversation", "dictation"].contains(&mode).then_some(Route::SocketOrPost)
    };
    match (offering, path) {
        ("stt", "/speech/universal/v2")
        | ("s2s", "/speech/translation/cognitiveservices/v1")
        | ("tts" | "voice", "/cognitiveservices/websocket/v1")
        | ("tts", "/cognitiveservices/websocket/v2") => Some(Route::Socket),
        ("stt", _) => is_recognition(),
        ("tts" | "voice", "/cognitiveservices/v1") => Some(Route::Synthesis),
        ("tts", "/cognitiveservices/voices/list") => Some(Route::Voices),
        ("tts", "/cognitiveservices/avatar/relay/token/v1") => Some(Route::Relay),
        _ => None,
    }
}
