//! Rules of the resource's network policy and of its quota.

use super::refusal::{Closing, Refusal, phrase};
use super::wording::NOT_THE_KEY;
use super::{Observation, Rule, RuleContext, documents, firewall};

/// In the order of the catalogue.
pub(super) const RULES: &[Rule] = &[
    Rule::target("POL01", public_disabled, &[]),
    Rule::target("POL02", firewall::address_not_allowed, &[]),
    Rule::target("POL03", firewall::network_not_allowed, &[]),
    Rule::target("POL04", not_approved, NO_PRIVATE_WAY),
    Rule::target("POL05", documents::other_resource, documents::OTHER_PEER),
    Rule::target("QUO01", too_many, &[]),
    Rule::target("QUO02", used_up, &[]),
];

/// Consequences of a private endpoint that carries no traffic: the name stays public, and the resource refuses.
const NO_PRIVATE_WAY: &[&str] = &["DNS03", "DNS05", "POL01", "POL02", "POL03"];

/// POL01: only private endpoints are allowed, and this request used the public endpoint.
fn public_disabled(context: &RuleContext<'_>) -> Option<Observation> {
    let observed = context.refused_by_network(Refusal::PublicAccess)?;
    if is_by_private_address(context) {
        return None;
    }
    let observation = Observation::new(observed).not("AUTH01", NOT_THE_KEY);
    Some(observation.not("POL02", "the response names no rule other than public access"))
}

/// POL04: the request used the private address, and the service knows no approved connection there.
fn not_approved(context: &RuleContext<'_>) -> Option<Observation> {
    if let Some(observation) = documents::unapproved(context) {
        return Some(observation);
    }
    let observed = context.refused_by_network(Refusal::PublicAccess).filter(|_| is_by_private_address(context))?;
    if !context.refusal().is_some_and(|reply| reply.text().contains(NOT_APPROVED)) {
        return None;
    }
    let observation = Observation::new(observed)
        .not("AUTH01", NOT_THE_KEY)
        .not("DNS03", "the name leads to a private address")
        .not("POL01", "the call did not use the public endpoint");
    Some(observation)
}

/// Whether the request went to a private address, not through a proxy.
fn is_by_private_address(context: &RuleContext<'_>) -> bool {
    context.is_private() && context.proxied().is_none()
}

/// QUO01: 429, or a socket closed for the same reason.
fn too_many(context: &RuleContext<'_>) -> Option<Observation> {
    if let Some(closed) = context.closed().filter(|closed| closed.why == Closing::Throttled) {
        return Some(Observation::new(closed.words).not("WS04", "the reason names a limit and no parameter"));
    }
    let reply = context.refused_with(&[429])?;
    let after = reply.header("retry-after").map(|after| format!(", `Retry-After: {after}`")).unwrap_or_default();
    let observation = Observation::new(format!("`{}` answers {}{after}", context.host(), phrase(reply)));
    Some(observation.not("HTTP06", "the service itself is healthy: it is enforcing a rate limit"))
}

/// QUO02: 403 that names the quota, or a socket closed for it.
fn used_up(context: &RuleContext<'_>) -> Option<Observation> {
    if let Some(closed) = context.closed().filter(|closed| closed.why == Closing::Quota) {
        let observation = Observation::new(closed.words)
            .not("WS02", "it is closed with a code of the service")
            .not("WS04", "the code or its reason names a limit and no parameter");
        return Some(observation);
    }
    let reply = context.refused_with(&[403]).filter(|reply| Refusal::of(reply) == Refusal::Quota)?;
    let observation = Observation::new(format!("`{}` answers {}", context.host(), phrase(reply)))
        .not("AUTH01", "the response names the quota and not the key")
        .not("POL02", "the response names the quota and not the network")
        .not("QUO01", "the status is 403, not 429, so waiting will not help");
    Some(observation)
}

/// The words of the service for a private endpoint whose connection is pending or rejected.
const NOT_APPROVED: &str = "approved private endpoint";
