//! Rules of the resource's network policy and of its quota.

use super::refusal::{Closing, Refusal, phrase};
use super::wording::shown;
use super::{Observation, Rule, RuleContext};
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

/// POL01: only private endpoints are allowed, and this request used the public endpoint.
fn public_disabled(context: &RuleContext<'_>) -> Option<Observation> {
    let observed = refused(context, Refusal::PublicAccess)?;
    if is_by_private_address(context) {
        return None;
    }
    let observation = Observation::new(observed).not("AUTH01", NOT_THE_KEY);
    Some(observation.not("POL02", "the response names no rule other than public access"))
}

/// POL02: no rule allows the caller.
fn address_not_allowed(context: &RuleContext<'_>) -> Option<Observation> {
    let observed = refused(context, Refusal::NetworkRules).filter(|_| !admits_networks(context))?;
    let observation = Observation::new(observed)
        .not("AUTH01", NOT_THE_KEY)
        .not("POL01", "the response does not name public access")
        .not("POL03", "the resource is not known to allow virtual networks");
    Some(observation)
}

/// POL03: the resource allows virtual networks, but not this one.
fn network_not_allowed(context: &RuleContext<'_>) -> Option<Observation> {
    let observed = refused(context, Refusal::NetworkRules).filter(|_| admits_networks(context))?;
    let title = &context.evidence.resource.title;
    let from = context.tcp().and_then(|facts| facts.local).map(|local| format!(", from {local}")).unwrap_or_default();
    let observation = Observation::new(format!("{observed}{from}"))
        .not("AUTH01", NOT_THE_KEY)
        .not("POL02", format!("the resource allows virtual networks ({title})"));
    Some(observation)
}

/// POL04: the request used the private address, and the service knows no approved connection there.
fn not_approved(context: &RuleContext<'_>) -> Option<Observation> {
    let observed = refused(context, Refusal::PublicAccess).filter(|_| is_by_private_address(context))?;
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

/// The 403 with the address of its sender.
fn refused(context: &RuleContext<'_>, why: Refusal) -> Option<String> {
    let (reply, _) = context.policy().filter(|(_, refusal)| *refusal == why)?;
    let way = match (context.proxied(), context.address()) {
        (Some(proxy), _) => format!(" through `{proxy}`"),
        (None, Some(address)) => format!(" at {}", shown(address)),
        (None, None) => String::new(),
    };
    Some(format!("`{}`{way} answers {}", context.host(), phrase(reply)))
}

/// Whether the resource allows virtual networks by service endpoint.
fn admits_networks(context: &RuleContext<'_>) -> bool {
    matches!(context.evidence.resource.scenario, Some(Scenario::ServiceEndpoint | Scenario::PrivateAndServiceEndpoint))
}

/// The words of the service for a private endpoint whose connection is pending or rejected.
const NOT_APPROVED: &str = "approved private endpoint";

const NOT_THE_KEY: &str = "the response is about the network and not about the key";
