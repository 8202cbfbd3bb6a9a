//! What an answer says: whether it came from the service, whether it is about the credential, where it points.

use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use url::Url;

use crate::diagnose::evidence::{Failure, FailureKind, Reply};
use crate::net::http::{Answer, LARGEST_BODY, Question};
use crate::resolve::service::Service;

/// The method by which a service is asked without doing anything: creating services are asked for a list instead.
pub(crate) fn method_of(service: Service) -> Method {
    match service {
        Service::IssueToken
        | Service::ShortAudio
        | Service::TextToSpeech
        | Service::PersonalVoice
        | Service::CustomVoice
        | Service::FastTranscription
        | Service::LlmSpeech
        | Service::OpenAiTranscription
        | Service::OpenAiSpeech => Method::POST,
        _ => Method::GET,
    }
}

/// Returns the request that a service is asked with: without a body, but with the content type that it documents, so that
/// 415 means something.
pub(crate) fn question(service: Service, url: &Url) -> Question<'_> {
    let mut question = Question::new(method_of(service), url);
    let kind = match service {
        Service::TextToSpeech | Service::PersonalVoice | Service::CustomVoice => "application/ssml+xml",
        Service::ShortAudio => "audio/wav; codecs=audio/pcm; samplerate=16000",
        Service::FastTranscription | Service::LlmSpeech | Service::OpenAiTranscription => {
            "multipart/form-data; boundary=speech-endpoint"
        }
        Service::OpenAiSpeech => "application/json",
        Service::IssueToken => "application/x-www-form-urlencoded",
        _ => return question,
    };
    question.headers.push((CONTENT_TYPE, HeaderValue::from_static(kind)));
    if kind == "application/ssml+xml" {
        let format = HeaderName::from_static("x-microsoft-outputformat");
        question.headers.push((format, HeaderValue::from_static("riff-16khz-16bit-mono-pcm")));
    }
    question
}

/// Returns the failure that a response without a credential shows, unless it is that of a working service.
pub(crate) fn refusal(answer: &Answer, is_websocket: bool, service: Option<Service>) -> Option<Failure> {
    let reply = &answer.reply;
    let is_page = is_page(reply);
    let is_fine = match reply.status {
        401 => true,
        // The upgrade decides what a path is worth that only serves upgrades.
        200..300 => !is_page && !is_websocket,
        400 => !is_page && !names_the_version(reply),
        405 | 411 | 415 | 422 | 426 => !is_page,
        404 => is_websocket && !is_page,
        403 => is_authorisation(reply) && service.is_some(),
        _ => false,
    };
    (!is_fine).then(|| Failure::new(FailureKind::Status, text(reply)))
}

/// Whether a refusal is about the credential, so that the way itself works.
pub(crate) fn is_about_the_credential(reply: &Reply) -> bool {
    match reply.status {
        401 => true,
        403 => is_authorisation(reply),
        400 => ["authentication key", "custom subdomain", "token"].iter().any(|words| reply.text().contains(words)),
        _ => false,
    }
}

/// Returns the failure that a response to a credential shows: it was rejected, or the caller was.
pub(crate) fn denial(reply: &Reply) -> Option<Failure> {
    let is_denied = is_about_the_credential(reply) || reply.status == 403 || reply.status == 429;
    is_denied.then(|| Failure::new(FailureKind::Denied, text(reply)))
}

/// Returns the failure that the response of a REST service to a request with a credential shows, unless the service
/// works.
///
/// Requests have no body, so a service that expects one works if it only misses that.
pub(crate) fn fault(answer: &Answer, service: Service) -> Option<Failure> {
    let reply = &answer.reply;
    let failed = |kind, text| Some(Failure::new(kind, text));
    if let Some(denial) = denial(reply) {
        return Some(denial);
    }
    let is_page = is_page(reply);
    match reply.status {
        200..300 if is_page => failed(FailureKind::Status, format!("{} with an HTML page", reply.status)),
        200..300 => unusable(answer, service).and_then(|why| failed(FailureKind::Protocol, why)),
        400 | 408 | 411 | 422 if !is_page && misses_its_body(reply, service) => None,
        _ => failed(FailureKind::Status, text(reply)),
    }
}

/// Whether a rejected request only lacks its body. A list has none, and no body changes a version.
fn misses_its_body(reply: &Reply, service: Service) -> bool {
    method_of(service) == Method::POST && !names_the_version(reply)
}

/// Whether a response rejects the version of the API. The codes and texts are those of the front ends.
pub(crate) fn names_the_version(reply: &Reply) -> bool {
    let text = reply.text();
    ["api version", "api-version", "apiversion"].iter().any(|words| text.contains(words))
}

/// Returns why a successful response is of no use, if it is not.
fn unusable(answer: &Answer, service: Service) -> Option<String> {
    let (status, body) = (answer.reply.status, answer.body.trim_start_matches('\u{feff}').trim());
    let holds_list = method_of(service) == Method::GET;
    let is_cut = answer.reply.body_bytes >= LARGEST_BODY;
    if body.is_empty() {
        let wants_body = holds_list || service == Service::IssueToken;
        return wants_body.then(|| format!("{status} without a body"));
    }
    let is_json =
        if is_cut { body.starts_with(['[', '{']) } else { serde_json::from_str::<serde::de::IgnoredAny>(body).is_ok() };
    (holds_list && !is_json).then(|| format!("{status} with a body that is not JSON"))
}

fn is_page(reply: &Reply) -> bool {
    reply.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("html"))
}

/// The URL that an answer names: the body of a 200, or `Location`.
pub(crate) fn named_url(answer: &Answer, asked: &Url) -> Option<Url> {
    let named = match answer.reply.status {
        200 => Url::parse(answer.body.trim()).ok()?,
        300..400 => asked.join(answer.location.as_deref()?).ok()?,
        _ => return None,
    };
    let is_elsewhere = named.host_str().is_some() && named.host_str() != asked.host_str();
    (is_elsewhere && matches!(named.scheme(), "https" | "wss" | "http" | "ws")).then_some(named)
}

/// Codes and words of a 403 that name the principal or the kind of credential, and not the network.
fn is_authorisation(reply: &Reply) -> bool {
    let text = reply.text();
    ["authenticationtypedisabled", "key based authentication", "permissiondenied", "data action", "principal"]
        .iter()
        .any(|words| text.contains(words))
}

fn text(reply: &Reply) -> String {
    match &reply.message {
        Some(message) => format!("{} {message}", reply.status),
        None => reply.status.to_string(),
    }
}
