//! Rules of the resource's network policy and of its quota.

use super::refusal::{Closing, Refusal, phrase};
use super::sight::shown;
use super::websocket::closed;
use super::{Rule, Seen, Sight};
use crate::resolve::scenario::Scenario;

/// In the order of the catalogue.
pub(super) const RULES: &[Rule] = &[
    Rule::target("POL01", public_disabled, &[]),
    Rule::target("POL02", address_not_allowed, &[]),
    Rule::target("POL03", network_not_allowed, &[]),
    Rule::target("POL04", not_approved, &[]),
    Rule::target("QUO01", too_many, &[]),
    Rule::target("QUO02", used_up, &[]),
];

/// POL01: only private endpoints are let in, and this is the public way.
fn public_disabled(sight: &Sight<'_>) -> Option<Seen> {
    let observed = refused(sight, Refusal::PublicAccess)?;
    let is_private = sight.is_private() && sight.proxied().is_none();
    let seen =
        Seen::new(observed).not("AUTH01", NOT_THE_KEY).not("POL02", "the answer names no rule but public access");
    (!is_private).then_some(seen)
}

/// POL02: no rule admits the caller.
fn address_not_allowed(sight: &Sight<'_>) -> Option<Seen> {
    let observed = refused(sight, Refusal::NetworkRules).filter(|_| !admits_networks(sight))?;
    let seen = Seen::new(observed)
        .not("AUTH01", NOT_THE_KEY)
        .not("POL01", "public access is not what the answer names")
        .not("POL03", "the resource is not known to admit virtual networks");
    Some(seen)
}

/// POL03: virtual networks are let in, and not this one.
fn network_not_allowed(sight: &Sight<'_>) -> Option<Seen> {
    let observed = refused(sight, Refusal::NetworkRules).filter(|_| admits_networks(sight))?;
    let title = &sight.evidence.resource.title;
    let from = sight.tcp().and_then(|facts| facts.local).map(|local| format!(", from {local}")).unwrap_or_default();
    let seen = Seen::new(format!("{observed}{from}"))
        .not("AUTH01", NOT_THE_KEY)
        .not("POL02", format!("the resource admits virtual networks ({title})"));
    Some(seen)
}

/// POL04: the call came by the private address, and the service knows no approved connection there.
fn not_approved(sight: &Sight<'_>) -> Option<Seen> {
    let observed = refused(sight, Refusal::PublicAccess)?;
    let is_private = sight.is_private() && sight.proxied().is_none();
    let says_so = sight.refusal().is_some_and(|reply| reply.text().contains(NOT_APPROVED));
    let seen = Seen::new(observed)
        .not("AUTH01", NOT_THE_KEY)
        .not("DNS03", "the name leads to a private address")
        .not("POL01", "the call did not come by the public way");
    (is_private && says_so).then_some(seen)
}

/// QUO01: 429, or a socket that is closed for as much.
fn too_many(sight: &Sight<'_>) -> Option<Seen> {
    if let Some(closed) = closed(sight).filter(|closed| closed.why == Closing::Throttled) {
        return Some(Seen::new(closed.words).not("WS04", "the reason names a limit, and no parameter"));
    }
    let reply = sight.refused_with(&[429])?;
    let after = reply.header("retry-after").map(|after| format!(", `Retry-After: {after}`")).unwrap_or_default();
    let seen = Seen::new(format!("`{}` answers {}{after}", sight.host(), phrase(reply)));
    Some(seen.not("HTTP06", "the service is well: it counts"))
}

/// QUO02: 403 that names the quota, or a socket that is closed for it.
fn used_up(sight: &Sight<'_>) -> Option<Seen> {
    if let Some(closed) = closed(sight).filter(|closed| closed.why == Closing::Quota) {
        let seen = Seen::new(closed.words)
            .not("WS02", "it is closed in order, with a code of the service")
            .not("WS04", "the code or its reason names a limit, and no parameter");
        return Some(seen);
    }
    let reply = sight.refused_with(&[403]).filter(|reply| Refusal::of(reply) == Refusal::Quota)?;
    let seen = Seen::new(format!("`{}` answers {}", sight.host(), phrase(reply)))
        .not("AUTH01", "the answer names the quota and not the key")
        .not("POL02", "the answer names the quota and not the network")
        .not("QUO01", "the status is 403, not 429: to wait a moment will not do");
    Some(seen)
}

/// The 403 with the address that it came from.
fn refused(sight: &Sight<'_>, why: Refusal) -> Option<String> {
    let (reply, _) = sight.policy().filter(|(_, refusal)| *refusal == why)?;
    let way = match (sight.proxied(), sight.address()) {
        (Some(proxy), _) => format!(" through `{proxy}`"),
        (None, Some(address)) => format!(" at {}", shown(address)),
        (None, None) => String::new(),
    };
    Some(format!("`{}`{way} answers {}", sight.host(), phrase(reply)))
}

/// Whether the resource admits virtual networks by their service endpoint.
fn admits_networks(sight: &Sight<'_>) -> bool {
    matches!(sight.evidence.resource.scenario, Some(Scenario::ServiceEndpoint | Scenario::PrivateAndServiceEndpoint))
}

/// What the service says of a private endpoint whose connection is pending or rejected.
const NOT_APPROVED: &str = "approved private endpoint";

const NOT_THE_KEY: &str = "the refusal is about the network and not about the key";
