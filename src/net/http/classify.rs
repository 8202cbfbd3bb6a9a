//! Classification of responses: whether the service itself sent a response, whether the response is about the
//! credential, and where it redirects to. A proxy, a firewall or a captive portal may also respond, in place of the
//! service.

use url::Url;

use crate::diagnose::evidence::{Failure, FailureKind, Reply};
use crate::net::http::Response;
use crate::resolve::service::Service;

/// Returns the failure that a response without a credential shows, unless it is that of a working service.
pub(crate) fn refusal(response: &Response, is_websocket: bool, service: Option<Service>) -> Option<Failure> {
    let reply = &response.reply;
    let is_page = reply.is_html();
    let is_fine = match reply.status {
        401 => true,
        // A path that only serves upgrades has no other response, so the upgrade decides.
        200..300 => !is_page && !is_websocket,
        400 => !is_page && !reply.rejects_the_version(),
        405 | 411 | 415 | 422 | 426 => !is_page,
        404 => is_websocket && !is_page,
        403 => is_authorisation(reply) && service.is_some(),
        _ => false,
    };
    (!is_fine).then(|| Failure::new(FailureKind::Status, text(reply)))
}

/// Returns whether a rejection is about the credential. If so, the network itself works.
pub(crate) fn is_about_the_credential(reply: &Reply) -> bool {
    match reply.status {
        401 => true,
        403 => is_authorisation(reply),
        400 => ["authentication key", "custom subdomain", "token"].iter().any(|words| reply.text().contains(words)),
        _ => false,
    }
}

/// Returns the failure if the service rejected the credential.
pub(crate) fn denial(reply: &Reply) -> Option<Failure> {
    let is_denied = is_about_the_credential(reply) || reply.status == 403 || reply.status == 429;
    is_denied.then(|| Failure::new(FailureKind::Denied, text(reply)))
}

/// Returns the URL of another host that a response names: in the body of a 200, or in `Location`.
pub(crate) fn named_url(response: &Response, asked: &Url) -> Option<Url> {
    let named = match response.reply.status {
        200 => Url::parse(response.body.trim()).ok()?,
        300..400 => asked.join(response.location.as_deref()?).ok()?,
        _ => return None,
    };
    let is_elsewhere = named.host_str().is_some() && named.host_str() != asked.host_str();
    (is_elsewhere && matches!(named.scheme(), "https" | "wss" | "http" | "ws")).then_some(named)
}

/// Returns whether a 403 is about the principal or the kind of credential, and not about the network.
fn is_authorisation(reply: &Reply) -> bool {
    let text = reply.text();
    ["authenticationtypedisabled", "key based authentication", "permissiondenied", "data action", "principal"]
        .iter()
        .any(|words| text.contains(words))
}

/// Returns the status and the message of a response.
pub(crate) fn text(reply: &Reply) -> String {
    match &reply.message {
        Some(message) => format!("{} {message}", reply.status),
        None => reply.status.to_string(),
    }
}
