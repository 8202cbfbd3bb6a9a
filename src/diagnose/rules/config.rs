//! Rules of configuration: remarks made when it was read, and settings that the run proved wrong.

use super::context::{exists, is_accepted};
use super::refusal::phrase;
use super::{Observation, Rule, RuleContext};
use crate::diagnose::catalogue::Severity;
use crate::diagnose::evidence::Evidence;
use crate::resolve::service::Service;

/// In the order of the catalogue.
pub(super) const RULES: &[Rule] = &[
    Rule::run("CFG01", remarked, &[]),
    Rule::both("CFG02", remarked, custom_domain_as_region, &["DNS01"]),
    Rule::run("CFG03", remarked, &[]),
    Rule::run("CFG04", remarked, &[]),
    Rule::run("CFG05", remarked, &[]),
    Rule::run("CFG06", remarked, &[]),
    Rule::run("CFG07", remarked, &[]),
    Rule::run("CFG08", host_of_others, &[]),
    Rule::run("CFG09", remarked, &[]),
    Rule::run("CFG10", credential, &[]),
    Rule::both("CFG11", credential, other_resource, &["AUTH01", "AUTH03", "AUTH04", "AUTH05"]),
    Rule::both("CFG12", remarked, restricted_resource, &[]),
    Rule::run("CFG13", remarked, &[]),
    Rule::both("CFG14", remarked, no_realtime, &[]),
];

/// A remark about the configuration: an error kept a host from being checked, anything else is advice.
fn remarked(rule: &Rule, evidence: &Evidence) -> Option<Observation> {
    let remarks = || evidence.remarks.iter().filter(|remark| remark.id == rule.id);
    let mut texts: Vec<&str> = remarks().map(|remark| remark.text.as_str()).collect();
    if texts.is_empty() {
        return None;
    }
    texts.dedup();
    let severity = if remarks().any(|remark| remark.is_error) {
        Severity::Error
    } else {
        rule.failure().severity.min(Severity::Warning)
    };
    Some(Observation::new(texts.join("; ")).at(severity))
}

/// CFG08: a Foundry or Azure OpenAI host was given, and a service of Speech is wanted, which has another host.
fn host_of_others(rule: &Rule, evidence: &Evidence) -> Option<Observation> {
    let mut services = evidence.traces.iter().filter_map(|trace| trace.target.service.as_deref()).peekable();
    let is_of_speech = |service: &str| service.parse().is_ok_and(Service::is_of_speech);
    let is_wanted = services.peek().is_none() || services.any(is_of_speech);
    remarked(rule, evidence).filter(|observation| is_wanted || observation.severity == Some(Severity::Error))
}

/// The shape of the credential, which is why it was not sent; otherwise a remark.
fn credential(rule: &Rule, evidence: &Evidence) -> Option<Observation> {
    let fault = evidence.credential.as_ref().and_then(|credential| credential.fault.as_ref());
    match fault {
        Some(fault) if fault.id == rule.id => Some(Observation::new(fault.text.as_str()).at(Severity::Error)),
        _ => remarked(rule, evidence),
    }
}

/// CFG02: the regional host does not exist, and its first label is a custom domain that does.
fn custom_domain_as_region(context: &RuleContext<'_>) -> Option<Observation> {
    context.trace.dns.failure()?;
    let name = context.evidence.resource.region.as_ref()?;
    let namesake = context.namesake().filter(|namesake| exists(namesake))?;
    let observation = Observation::new(format!("`{}` does not exist, and `{}` does", context.host(), namesake.name))
        .not("DNS02", "the servers answer")
        .with("NAME", name);
    Some(observation)
}

/// CFG11: the remark explains why the service rejects the composed token.
fn other_resource(context: &RuleContext<'_>) -> Option<Observation> {
    let denied = context.denied().filter(|denied| denied.form == "entra_composed")?;
    let remark = context.evidence.remarks.iter().find(|remark| remark.id == context.rule.id)?;
    Some(
        Observation::new(format!("{}; the service answers {}", remark.text, phrase(&denied.reply))).at(Severity::Error),
    )
}

/// CFG12: the regional host rejects the key that the resource's own host accepts.
fn restricted_resource(context: &RuleContext<'_>) -> Option<Observation> {
    let denied = context.denied().filter(|denied| denied.reply.status == 401 && !context.is_own())?;
    let own = denied
        .tries
        .iter()
        .find(|other| other.host != context.host() && other.form == denied.form && is_accepted(other))?;
    let status = own.status.unwrap_or_default();
    let observation =
        Observation::new(format!("the same key gets 401 at `{}` and {status} at `{}`", context.host(), own.host))
            .not("AUTH01", format!("`{}` accepts the key", own.host))
            .not("AUTH09", format!("`{}` accepts the key", own.host))
            .with("NAME", own.host.split('.').next().unwrap_or_default());
    Some(observation)
}

/// CFG14: the real-time path of a custom domain that leads to the regional gateway.
fn no_realtime(context: &RuleContext<'_>) -> Option<Observation> {
    let reply = context.without_realtime()?;
    let named = context.http().and_then(|http| http.redirect.as_ref()?.host.as_ref());
    let redirects = named.map(|host| format!(", and redirects clients to `{host}`")).unwrap_or_default();
    let observation = Observation::new(format!("{}; it answers {}{redirects}", context.resolution(), phrase(reply)))
        .not("CFG04", "the path begins with the offering")
        .not("HTTP01", "this host serves no real-time path at all");
    Some(
        observation.not_if((!context.chain.has_private_link).then_some("the chain has no `privatelink` step"), "DNS03"),
    )
}
