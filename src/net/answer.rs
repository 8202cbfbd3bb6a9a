//! What an answer says: whether it came from the service, whether it is about the credential, where it points.

use hyper::Method;
use url::Url;

use crate::diagnose::evidence::{Failure, FailureKind, Reply};
use crate::net::http::Answer;
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

/// Returns the failure that a response without a credential shows, unless it is that of a working service.
pub(crate) fn refusal(answer: &Answer, is_websocket: bool, service: Option<Service>) -> Option<Failure> {
    let reply = &answer.reply;
    let is_page = reply.header("content-type").is_some_and(|kind| kind.contains("html"));
    let is_fine = match reply.status {
        401 => true,
        // The upgrade decides what a path is worth that only serves upgrades.
        200..300 => !is_page && !is_websocket,
        400 | 405 | 411 | 415 | 422 | 426 => !is_page,
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

/// Why a credential was not taken, if it was not.
pub(crate) fn denial(reply: &Reply) -> Option<Failure> {
    let is_denied = is_about_the_credential(reply) || reply.status == 403 || reply.status == 429;
    is_denied.then(|| Failure::new(FailureKind::Denied, text(reply)))
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
