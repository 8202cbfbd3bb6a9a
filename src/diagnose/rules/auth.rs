//! Rules of authentication and authorisation.

use super::context::is_accepted;
use super::context::neighbours;
use super::refusal::{Refusal, phrase};
use super::{Observation, Remedy, Rule, RuleContext};
use crate::diagnose::catalogue::Severity;
use crate::diagnose::evidence::{
    AuthFacts, AuthTry, Claims, Companion, Evidence, Failure, FailureKind, Reply, Retry, Trace, unix_seconds,
};
use crate::diagnose::stage::Stage;
use crate::resolve::cloud::Suffixes;
use crate::resolve::scenario::Scenario;
use crate::resolve::service::Service;

/// In the order of the catalogue.
pub(super) const RULES: &[Rule] = &[
    Rule::target("AUTH01", wrong_key, &[]),
    Rule::both("AUTH02", not_sent, plain_at_regional, &[]),
    Rule::both("AUTH03", not_sent, wrong_form, &[]),
    Rule::target("AUTH04", wrong_audience, &["HTTP02"]),
    Rule::target("AUTH05", no_role, &[]),
    Rule::target("AUTH06", expired, &["AUTH02", "AUTH04", "HTTP02"]),
    Rule::target("AUTH07", not_valid_yet, &["AUTH02"]),
    Rule::target("AUTH08", other_tenant, &["AUTH02", "HTTP02"]),
    Rule::both("AUTH09", not_sent, keys_disabled, &[]),
    Rule::target("AUTH10", issued_token_restricted, &[]),
    Rule::run("AUTH11", no_token, &[]),
    Rule::both("AUTH12", no_sign_in, sign_in_host, NO_SIGN_IN),
    Rule::target("AUTH13", one_offering, &[]),
];

/// What is behind an unreachable sign-in host, which is more useful to know than the way in which it fails.
const NO_SIGN_IN: &[&str] = &["TCP01", "TCP02", "TCP03", "TCP04", "TCP08", "TCP10", "PXY04", "TLS06", "TLS07", "TLS08"];

/// A credential that was not sent because the service is known to reject it. An application does not send it, but the
/// doctor sends it to see the response.
fn not_sent(rule: &Rule, evidence: &Evidence) -> Option<Observation> {
    let remark = evidence.remarks.iter().find(|remark| remark.is_error && remark.id == rule.id)?;
    Some(Observation::new(remark.text.as_str()).at(Severity::Error))
}

/// AUTH01: the service rejects the key itself.
fn wrong_key(context: &RuleContext<'_>) -> Option<Observation> {
    let denied = denied(context, &["key", "api_key"]).filter(|denied| denied.reply.status == 401)?;
    let is_good_elsewhere = denied.tries.iter().any(|other| other.host != context.host() && is_accepted(other));
    if reason(denied) != Refusal::Unnamed || is_good_elsewhere || accepted_beside(context, denied).is_some() {
        return None;
    }
    if takes_no_keys(context) {
        return None;
    }
    let host = context.host();
    let key = context.evidence.credential.as_ref();
    let key = key.map(|key| format!(" to the {}-character key ({})", key.length, key.fingerprint)).unwrap_or_default();
    let issuer = issued_elsewhere(context, denied).unwrap_or_default();
    let other = denied.tries.iter().find(|other| other.host != host && other.status == Some(401));
    let (second, remedy) = second_key(context, denied).unwrap_or_default();
    let observation = Observation::new(format!("`{host}` answers {}{key}{second}{issuer}", phrase(&denied.reply)))
        .remedied(remedy)
        .not_if(other.map(|other| format!("`{}` rejects the key as well", other.host)), "CFG12")
        .not("AUTH09", "the response does not say that keys are disabled");
    Some(observation.not_if(context.is_own().then_some("this is the resource's own host"), "CFG12"))
}

/// The result of the second key there, and the remedy that follows from it.
fn second_key(context: &RuleContext<'_>, denied: &AuthFacts) -> Option<(String, Option<Remedy>)> {
    let second = denied.tries.iter().find(|other| other.retry == Retry::SecondKey)?;
    let facts = context.evidence.second_key.as_ref();
    let facts = facts.map(|key| format!(" ({} characters, {})", key.length, key.fingerprint)).unwrap_or_default();
    Some(match second.status {
        _ if is_accepted(second) => (format!("; the second key{facts} is accepted there"), Some(USE_SECOND_KEY)),
        Some(401) => (format!("; the second key{facts} gets 401 as well"), None),
        _ => (String::new(), None),
    })
}

/// The region that the token service names for the key.
fn issued_elsewhere(context: &RuleContext<'_>, denied: &AuthFacts) -> Option<String> {
    let region = denied.issued.as_ref()?.region.as_ref()?;
    let own = context.evidence.resource.region.as_ref();
    let other = if own.is_some_and(|own| own != region) { ", which is a different one" } else { "" };
    Some(format!("; the token issued for it names the region `{region}`{other}"))
}

/// AUTH02: a plain Entra token at a regional host, and no other form is known to work.
fn plain_at_regional(context: &RuleContext<'_>) -> Option<Observation> {
    let denied = denied(context, &["entra"]).filter(|_| !context.is_own())?;
    let is_present = match denied.reply.status {
        400 => true,
        401 => {
            reason(denied) == Refusal::Unnamed
                && accepted_beside(context, denied).is_none()
                && other_form(denied).is_none()
        }
        _ => false,
    };
    if !is_present {
        return None;
    }
    let valid = left(context).filter(|left| *left > 0).map(|left| format!("the token is valid for {left} s"));
    let (reply, host) = (phrase(&denied.reply), context.host());
    Some(
        Observation::new(format!("a plain Entra token gets {reply} at `{host}`, a regional host"))
            .not_if(right_audience(context), "AUTH04")
            .not_if(valid, "AUTH06"),
    )
}

/// AUTH03: the service accepts another form of the same token.
fn wrong_form(context: &RuleContext<'_>) -> Option<Observation> {
    let denied =
        denied(context, &["entra", "entra_composed", "issued_token"]).filter(|denied| denied.reply.status == 401)?;
    let other = other_form(denied)?;
    let status = other.status.unwrap_or_default();
    let (host, used, works) = (context.host(), form(&denied.form), form(&other.form));
    let at = if other.host == host { String::new() } else { format!(" at `{}`", other.host) };
    let observation = Observation::new(format!("`{host}` answers 401 to the {used} and {status} to the {works}{at}"))
        .not("AUTH05", format!("the same token is accepted as {works}"))
        .not("AUTH06", format!("the same token is accepted as {works}"));
    Some(observation)
}

/// AUTH04: a token for another audience, by its claims or by the words of the service.
fn wrong_audience(context: &RuleContext<'_>) -> Option<Observation> {
    let denied = denied(context, &["entra", "entra_composed"])?;
    let own = audience(context);
    let is_wrong = match own {
        Some(_) => right_audience(context).is_none(),
        None => reason(denied) == Refusal::Audience,
    };
    if !is_wrong {
        return None;
    }
    let scope = context.token_scope().unwrap_or_default();
    let expected = resource_of(&scope);
    let own = own.unwrap_or_else(|| "the audience of the token is unknown".into());
    let (host, reply) = (context.host(), phrase(&denied.reply));
    let observation = Observation::new(format!("{own}, `{expected}` is expected; `{host}` answers {reply}"));
    Some(observation.not("AUTH05", "a token for another audience is rejected before any role is checked"))
}

/// AUTH05: the service names the missing permission.
fn no_role(context: &RuleContext<'_>) -> Option<Observation> {
    let reply = context.refused_with(&[401, 403]).filter(|reply| Refusal::of(reply) == Refusal::Role)?;
    let principal = claims(context).and_then(|claims| claims.principal.as_deref());
    let who = principal.map(|id| format!(" to the principal `{id}`")).unwrap_or_default();
    let observation = Observation::new(format!("`{}` answers {}{who}", context.host(), phrase(reply)))
        .not_if(right_audience(context), "AUTH04")
        .not("POL02", "the response names a permission and not the network");
    Some(observation)
}

/// AUTH06: the token has expired.
fn expired(context: &RuleContext<'_>) -> Option<Observation> {
    let denied = denied(context, &["entra", "entra_composed", "issued_token"])?;
    let left = left(context).filter(|left| *left <= 0)?;
    let skew = context.http().and_then(|facts| facts.skew_seconds);
    let clock = skew.map(|skew| format!(", the local clock differs by {skew} s")).unwrap_or_default();
    let observation = Observation::new(format!(
        "the token expired {} s ago{clock}; `{}` answers {}",
        -left,
        context.host(),
        phrase(&denied.reply)
    ));
    Some(observation.at(Severity::Error).not_if(right_audience(context), "AUTH04"))
}

/// AUTH07: the token is not valid yet by the clock of the service.
fn not_valid_yet(context: &RuleContext<'_>) -> Option<Observation> {
    let denied = denied(context, &["entra", "entra_composed", "issued_token"])?;
    let begins = claims(context)?.nbf?;
    let skew = context.http().and_then(|facts| facts.skew_seconds);
    let early = begins - (unix_seconds(context.evidence.observed_at) - skew.unwrap_or_default());
    if early <= 0 {
        return None;
    }
    let clock = skew.map(|skew| format!(", the local clock differs by {skew} s")).unwrap_or_default();
    let (host, reply) = (context.host(), phrase(&denied.reply));
    let observation = Observation::new(format!(
        "the token becomes valid in {early} s by the clock of `{host}`{clock}; it answers {reply}"
    ));
    Some(observation.at(Severity::Error).not_if(right_audience(context), "AUTH04"))
}

/// AUTH08: the service knows another tenant than that of the token.
fn other_tenant(context: &RuleContext<'_>) -> Option<Observation> {
    let denied = denied(context, &["entra", "entra_composed"])?;
    let own = claims(context).and_then(|claims| claims.tid.as_deref());
    let named = tenant_in(&denied.reply);
    let named = named.as_deref();
    let is_named = own.zip(named).is_some_and(|(own, named)| !named.starts_with(&own.to_ascii_lowercase()));
    let is_said = OTHER_TENANT.iter().any(|words| denied.reply.text().contains(words));
    let is_other = is_said || (is_named && reason(denied) == Refusal::Unnamed);
    if !is_other {
        return None;
    }
    let of_token = own.map(|own| format!("the token is of the tenant `{own}…`")).unwrap_or_default();
    let of_resource = match named.filter(|_| is_named) {
        Some(named) => format!(" and names the tenant `{}…`", named.get(..8).unwrap_or(named)),
        None => ": the tenant of the token is not that of the resource".to_owned(),
    };
    let parts = [of_token, format!("`{}` answers {}{of_resource}", context.host(), denied.reply.status)];
    let text = parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("; ");
    let observation = Observation::new(text).not("AUTH05", "a token of another tenant has no role here");
    Some(observation.not_if(right_audience(context), "AUTH04"))
}

/// The tenant that a challenge names, in lower case: `Bearer authorization_uri="https://login.microsoftonline.com/TENANT"`.
/// RFC 6750, section 3; <https://learn.microsoft.com/entra/identity-platform/claims-challenge>
fn tenant_in(reply: &Reply) -> Option<String> {
    let challenge = reply.header("www-authenticate")?.to_ascii_lowercase();
    let uri = ["authorization_uri=", "authorization="].iter().find_map(|name| challenge.split_once(name))?.1;
    let uri = uri.trim_start_matches('"').split(['"', ',', ' ']).next()?.to_owned();
    let tenant = uri.strip_prefix("https://")?.split('/').nth(1)?.to_owned();
    let is_id = tenant.len() == 36 && tenant.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    is_id.then_some(tenant)
}

/// AUTH09: key authentication is disabled.
fn keys_disabled(context: &RuleContext<'_>) -> Option<Observation> {
    if takes_no_keys(context) {
        return no_keys_here(context);
    }
    let reply = context.refused_with(&[401, 403]).filter(|reply| Refusal::of(reply) == Refusal::KeysDisabled)?;
    let observation = Observation::new(format!("`{}` answers {}", context.host(), phrase(reply)))
        .not("AUTH01", "the response says that all keys are disabled")
        .not("POL02", "the response names the kind of credential and not the network");
    Some(observation)
}

/// AUTH09, for a service that takes Entra tokens alone.
fn no_keys_here(context: &RuleContext<'_>) -> Option<Observation> {
    let denied = denied(context, &["key", "api_key"]).filter(|denied| matches!(denied.reply.status, 401 | 403))?;
    let service = context.trace.target.service.as_deref().unwrap_or_default();
    let answer = phrase(&denied.reply);
    let observation =
        Observation::new(format!("`{service}` takes Entra tokens alone; `{}` answers {answer}", context.host()))
            .remedied(Some(USE_A_TOKEN))
            .not("AUTH01", "the service takes no key at all, so this says nothing about the key");
    Some(observation)
}

fn takes_no_keys(context: &RuleContext<'_>) -> bool {
    context.service().is_some_and(|service| !service.takes_keys())
}

/// AUTH10: a token issued from a key, at a resource that is not open to all networks.
fn issued_token_restricted(context: &RuleContext<'_>) -> Option<Observation> {
    let denied = denied(context, &["issued_token"]).filter(|denied| matches!(denied.reply.status, 400 | 401 | 403))?;
    let scenario = context.evidence.resource.scenario.filter(|scenario| RESTRICTED.contains(scenario))?;
    let valid = left(context).filter(|left| *left > 0).map(|left| format!("the token is valid for {left} s"));
    // An expired token is rejected everywhere (AUTH06).
    let valid = valid?;
    let text = format!(
        "`{}` answers {} to a token issued from a key; the resource is not open to all networks ({})",
        context.host(),
        phrase(&denied.reply),
        scenario.title()
    );
    let observation = Observation::new(text).at(Severity::Error).not("AUTH06", valid);
    Some(observation.not("AUTH01", "the credential is a token"))
}

/// AUTH11: no source gave a token, although the token host can be reached.
fn no_token(rule: &Rule, evidence: &Evidence) -> Option<Observation> {
    let remark = evidence.remarks.iter().find(|remark| remark.id == rule.id)?;
    let authority = evidence.traces.iter().find(|trace| trace.target.purpose == Some(Companion::TokenAuthority));
    if authority.is_some_and(|trace| trace.failed_at().is_some()) {
        return None;
    }
    let observation = Observation::new(remark.text.as_str()).at(Severity::Error);
    Some(observation.not_if(authority.map(|trace| format!("`{}` can be reached", trace.target.host)), "AUTH12"))
}

/// AUTH12: nothing can sign in, because no token was obtained and the sign-in host cannot be reached.
fn no_sign_in(_: &Rule, evidence: &Evidence) -> Option<Observation> {
    evidence.remarks.iter().find(|remark| remark.id == "AUTH11")?;
    let trace = evidence.traces.iter().find(|trace| cut_off_from_sign_in(evidence, trace).is_some())?;
    let observation = sign_in_fails(evidence, trace)?.at(Severity::Error);
    Some(observation.not("AUTH11", "the sign-in host does not answer any source"))
}

/// AUTH12: the token at hand works until it expires, and no other can be fetched.
fn sign_in_host(context: &RuleContext<'_>) -> Option<Observation> {
    sign_in_fails(context.evidence, context.trace)
}

fn sign_in_fails(evidence: &Evidence, trace: &Trace) -> Option<Observation> {
    let (failure, other) = cut_off_from_sign_in(evidence, trace)?;
    let (host, works) = (&trace.target.host, &other.target.host);
    let text = format!("`{host}`, where Entra tokens are issued: {failure}; `{works}` answers");
    Some(Observation::new(text).with("login.microsoftonline.com", host.clone()))
}

/// The failure of the sign-in host, and a service that answers although it fails. A name that does not resolve (DNS12) and a
/// certificate that does not verify (TLS01) have causes of their own.
fn cut_off_from_sign_in<'a>(evidence: &'a Evidence, trace: &'a Trace) -> Option<(&'a Failure, &'a Trace)> {
    if trace.target.purpose != Some(Companion::TokenAuthority) {
        return None;
    }
    let failure = match trace.failed_at()? {
        Stage::Tcp => trace.tcp.failure(),
        Stage::Proxy => trace.proxy.failure().filter(|failure| failure.kind == FailureKind::ProxyRefused),
        Stage::Tls => trace.tls.failure().filter(|failure| failure.kind != FailureKind::Certificate),
        _ => None,
    }?;
    let answers = |other: &&Trace| other.target.service.is_some() && other.tls.has_passed();
    let mut services = neighbours(evidence).iter().filter(|other| other.target.service.is_some());
    let other = neighbours(evidence).iter().find(answers)?;
    services.all(|service| answers(&service)).then_some((failure, other))
}

/// AUTH13: another service accepts the same credential in the same form.
fn one_offering(context: &RuleContext<'_>) -> Option<Observation> {
    let denied = context.denied().filter(|denied| denied.reply.status == 401 && reason(denied) == Refusal::Unnamed)?;
    // The second key is another credential.
    let is_taken = |other: &AuthTry| is_accepted(other) && other.retry != Retry::SecondKey;
    let (other, status) = accepted_beside(context, denied).filter(|_| !denied.tries.iter().any(is_taken))?;
    let (service, host) = (other.target.service.as_deref().unwrap_or_default(), &other.target.host);
    let kind = context.evidence.credential.as_ref().map_or("credential", |credential| credential.kind.as_str());
    let (own, refusal) = (context.host(), phrase(&denied.reply));
    let observation =
        Observation::new(format!("the same {kind} gets {refusal} at `{own}` and {status} of `{service}` at `{host}`"))
            .not("AUTH01", format!("`{service}` accepts the same credential"))
            .not_if((denied.form == "entra").then(|| format!("`{service}` accepts the same form")), "AUTH02");
    Some(observation)
}

/// Another service that accepts the same credential in the same form, with the status.
fn accepted_beside<'a>(context: &RuleContext<'a>, denied: &AuthFacts) -> Option<(&'a Trace, u16)> {
    let takes = |trace: &'a Trace| {
        let found = trace.auth.found().filter(|found| trace.auth.has_passed() && found.form == denied.form)?;
        let is_proof =
            matches!(found.reply.status, 101 | 200..=299) && trace.target.service.as_deref() != Some("issue-token");
        is_proof.then_some((trace, found.reply.status))
    };
    let is_other = |trace: &&Trace| trace.target.service != context.trace.target.service;
    neighbours(context.evidence).iter().filter(is_other).find_map(takes)
}

fn denied<'a>(context: &RuleContext<'a>, forms: &[&str]) -> Option<&'a AuthFacts> {
    context.denied().filter(|denied| forms.contains(&denied.form.as_str()))
}

fn reason(denied: &AuthFacts) -> Refusal {
    Refusal::of(&denied.reply)
}

/// An accepted attempt with another form of the same credential.
fn other_form(denied: &AuthFacts) -> Option<&AuthTry> {
    denied.tries.iter().find(|other| other.form != denied.form && is_accepted(other))
}

fn form(id: &str) -> &str {
    match id {
        "entra" => "plain Entra token",
        "entra_composed" => "`aad#` token",
        "issued_token" => "issued token",
        other => other,
    }
}

fn claims<'a>(context: &RuleContext<'a>) -> Option<&'a Claims> {
    context.evidence.credential.as_ref()?.claims.as_ref()
}

/// Seconds until the token expires, by the clock of the service where that is known.
fn left(context: &RuleContext<'_>) -> Option<i64> {
    let skew = context.http().and_then(|facts| facts.skew_seconds).unwrap_or_default();
    Some(claims(context)?.expires_in(context.evidence.observed_at)?.saturating_add(skew))
}

/// The audience of the token, in words.
fn audience(context: &RuleContext<'_>) -> Option<String> {
    let audience = claims(context)?.aud.as_deref()?;
    Some(format!("the token is for `{audience}`"))
}

/// The audience that the service accepts, as far as it is known.
fn expected_audience<'a>(context: &RuleContext<'a>) -> Option<&'a str> {
    match context.service() {
        Some(Service::VoiceAgent) => foundry_audiences().next(),
        _ => context.evidence.resource.token_scope.as_deref().map(resource_of),
    }
}

/// The audience of the token, where it is that of the resource's cloud. Foundry and Azure OpenAI have another one, and still
/// accept this one, except for voice agents.
fn right_audience(context: &RuleContext<'_>) -> Option<String> {
    let own = claims(context)?.aud.as_deref()?;
    let is_of_foundry = context.service().is_some_and(|service| !service.is_of_speech());
    let is_own = |expected: &str| own.trim_end_matches('/').eq_ignore_ascii_case(expected);
    let is_right = expected_audience(context).is_none_or(is_own)
        || (own == SERVICE_PRINCIPAL && context.service() != Some(Service::VoiceAgent))
        || (is_of_foundry && foundry_audiences().any(is_own));
    audience(context).filter(|_| is_right)
}

/// The audiences of Foundry, that of the public cloud first.
fn foundry_audiences() -> impl Iterator<Item = &'static str> {
    Suffixes::documented().into_iter().filter_map(|suffixes| suffixes.foundry_scope().map(resource_of))
}

/// `https://cognitiveservices.azure.com/.default` → `https://cognitiveservices.azure.com`.
fn resource_of(scope: &str) -> &str {
    scope.trim_end_matches(".default").trim_end_matches('/')
}

const USE_A_TOKEN: Remedy = (
    "send a Microsoft Entra token for the scope `https://cognitiveservices.azure.com/.default` in place of the key",
    &["speech-endpoint doctor --custom-domain NAME --service SERVICE --entra"],
);

/// The first key was regenerated or is of another resource.
const USE_SECOND_KEY: Remedy = (
    "use the second key in place of the first, which works at once; then fetch the first key again, which was regenerated or \
        is of another resource, and keep it as the second",
    &[
        "export SPEECH_KEY=\"$SPEECH_KEY_2\"",
        "export SPEECH_KEY_2=\"$(az cognitiveservices account keys list -n NAME -g GROUP --query key1 -o tsv)\"",
    ],
);

/// Parts of the response to a token of another tenant, which comes with 400.
/// <https://github.com/Azure-Samples/Azure-Language-OpenAI-Conversational-Agent-Accelerator/issues/49> (2025-09-06)
const OTHER_TENANT: [&str; 2] = ["does not match resource tenant", "tenant provided in token does not match"];

/// The resources for which issued tokens are documented not to work.
/// <https://learn.microsoft.com/azure/ai-services/speech-service/speech-services-private-link>
const RESTRICTED: [Scenario; 8] = [
    Scenario::PrivateEndpoint,
    Scenario::ServiceEndpoint,
    Scenario::PrivateAndServiceEndpoint,
    Scenario::CustomDomainSelectedIpOnly,
    Scenario::CustomDomainLocked,
    Scenario::DisabledPrivateEndpoint,
    Scenario::DisabledUnreachable,
    Scenario::Perimeter,
];

/// The application id of Azure AI services, which version 2 tokens carry in place of its URL.
const SERVICE_PRINCIPAL: &str = "7d312290-28c8-473c-a0ed-8e53749b6d6d";
