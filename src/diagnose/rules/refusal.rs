//! The reason of a refusal, read from a response or a close frame: status and code first, then parts of the text in lower
//! case, because its wording varies.

use super::wording::joined;
use crate::diagnose::evidence::Reply;
pub(super) use crate::diagnose::redact::quoted;

/// The reason of a 401 or 403 of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Key authentication is disabled for the resource.
    KeysDisabled,
    /// The identity lacks a role.
    Role,
    /// The token is for another audience.
    Audience,
    /// The monthly free quota is used up.
    Quota,
    /// Public access is disabled.
    PublicAccess,
    /// No network or address rule admits the caller.
    NetworkRules,
    /// A page that is not from the service.
    Page,
    /// No known reason.
    Unnamed,
}

impl Refusal {
    /// Returns the reason of this response.
    pub(super) fn of(reply: &Reply) -> Self {
        if reply.is_html() {
            return Self::Page;
        }
        let text = reply.text();
        let policy = reply.header("policy-id").unwrap_or_default().to_ascii_lowercase();
        let says = |parts: &[&str]| parts.iter().any(|part| text.contains(part) || policy.contains(part));
        READINGS.iter().find(|(_, parts)| says(parts)).map_or(Self::Unnamed, |(refusal, _)| *refusal)
    }
}

/// The reason for which an open socket is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// The monthly quota or the number of concurrent sockets is used up.
    Quota,
    /// There are more requests than the tier allows.
    Throttled,
    /// A mistake in the protocol or in a parameter.
    Fault,
    /// The service has an error, or is too busy.
    Failing,
    /// No known reason, or no code of the service.
    Unnamed,
}

impl Closing {
    /// Returns the reason of this close. A code without a reason may come from any device on the path.
    pub(super) fn of(code: Option<u16>, reason: &str) -> Self {
        let reason = reason.to_ascii_lowercase();
        match code {
            Some(4429) => Self::Quota,
            Some(1007) if reason.contains("quota") => Self::Quota,
            Some(1007) if reason.contains("throttled") => Self::Throttled,
            Some(1013)
                if ["resourceexhausted", "throttle", "quota", "limit"].iter().any(|word| reason.contains(word)) =>
            {
                Self::Throttled
            }
            Some(1002 | 1003 | 1007 | 1008 | 1009 | 4000) if !reason.is_empty() => Self::Fault,
            Some(1011 | 1013) => Self::Failing,
            _ => Self::Unnamed,
        }
    }
}

/// A response in one phrase: status, code and the beginning of its message.
pub(super) fn phrase(reply: &Reply) -> String {
    let status = reply.status.to_string();
    let code = reply.code.as_deref().filter(|code| *code != status).map(quoted);
    let message = reply.message.as_deref().filter(|message| !message.trim().is_empty()).map(quoted);
    [Some(status), code, message].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The headers that name the sender of a response.
pub(super) fn signed(reply: &Reply) -> String {
    let names = ["server", "via", "proxy-agent", "x-cache"].into_iter();
    let headers = names.filter_map(|name| Some(format!("`{name}` {}", quoted(reply.header(name)?))));
    match headers.collect::<Vec<_>>().as_slice() {
        [] => String::new(),
        headers => format!(" (with {})", joined(headers)),
    }
}

/// Texts of the service, the more specific first. They are known from reports; the reference documentation has few of them.
const READINGS: &[(Refusal, &[&str])] = &[
    (Refusal::KeysDisabled, &["authenticationtypedisabled", "key based authentication is disabled"]),
    (
        Refusal::Role,
        &[
            "permissiondenied",
            "lacks the required data action",
            "principal does not have access",
            "required permissions",
        ],
    ),
    (Refusal::Audience, &["audience"]),
    (Refusal::Quota, &["quota"]),
    (
        Refusal::PublicAccess,
        &["public access is disabled", "public network access", "private endpoint", "trafficdenied"],
    ),
    (Refusal::NetworkRules, &["virtual network", "firewall", "network rules", "ip address", "vnet"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::sample;

    #[test]
    fn refusals_are_told_by_code_and_text() {
        for (code, message, expected) in [
            ("403", "Access denied due to Virtual Network/Firewall rules.", Refusal::NetworkRules),
            ("AccessDenied", "Public access is disabled. Please configure private endpoint.", Refusal::PublicAccess),
            ("403", "Traffic is not from an approved private endpoint.", Refusal::PublicAccess),
            ("AuthenticationTypeDisabled", "", Refusal::KeysDisabled),
            ("PermissionDenied", "The principal `x` lacks the required data action `y`", Refusal::Role),
            (
                "Unauthorized",
                "Access token is missing, invalid, audience is incorrect (…), or have expired.",
                Refusal::Audience,
            ),
            ("403", "Out of call volume quota.", Refusal::Quota),
            ("401", "Access denied due to invalid subscription key or wrong API endpoint.", Refusal::Unnamed),
        ] {
            assert_eq!(Refusal::of(&sample::reply(403, code, message)), expected, "{code} {message}");
        }
        let mut page = sample::reply(403, "", "blocked by the firewall");
        page.headers.push(("content-type".into(), "text/html".into()));
        assert_eq!(Refusal::of(&page), Refusal::Page);
    }

    #[test]
    fn a_socket_is_closed_for_a_quota_a_fault_or_nobody_knows() {
        for (code, reason, expected) in [
            (Some(4429), "", Closing::Quota),
            (Some(1007), "Quota exceeded. Cid: 1", Closing::Quota),
            (Some(1007), "Throttled due to too many requests", Closing::Throttled),
            (Some(1007), "Unsupported voice", Closing::Fault),
            (Some(4000), "bad configuration", Closing::Fault),
            (Some(1002), "", Closing::Unnamed),
            (Some(1011), "internal server error", Closing::Failing),
            (Some(1013), "", Closing::Failing),
            (Some(1013), "Status(StatusCode=\"ResourceExhausted\", Detail=\"\")", Closing::Throttled),
            (Some(1009), "message too big", Closing::Fault),
            (Some(1006), "", Closing::Unnamed),
            (None, "", Closing::Unnamed),
        ] {
            assert_eq!(Closing::of(code, reason), expected, "{code:?} {reason}");
        }
    }

    #[test]
    fn an_answer_is_a_phrase_without_what_its_status_says() {
        assert_eq!(phrase(&sample::reply(403, "403", "no")), "403 `no`");
    }
}
