//! Rules of authentication and authorisation.

use super::config::accepted;
use super::refusal::{Refusal, phrase};
use super::{Rule, Seen, Sight, When};
use crate::diagnose::catalogue::Severity;
use crate::diagnose::evidence::{AuthFacts, AuthTry, Claims, Companion, Evidence, Retry, Trace};

/// In the order of the catalogue.
pub(super) const RULES: &[Rule] = &[
    Rule::target("AUTH01", wrong_key, &[]),
    Rule { id: "AUTH02", when: When::Both(not_sent::<2>, plain_at_regional), hides: &[] },
    Rule { id: "AUTH03", when: When::Both(not_sent::<3>, wrong_form), hides: &[] },
    Rule::target("AUTH04", wrong_audience, &["HTTP02"]),
    Rule::target("AUTH05", no_role, &[]),
    Rule::target("AUTH06", expired, &["AUTH02", "AUTH04", "HTTP02"]),
    Rule { id: "AUTH09", when: When::Both(not_sent::<9>, keys_disabled), hides: &[] },
    Rule { id: "AUTH11", when: When::Whole(no_token), hides: &[] },
    Rule::target("AUTH13", one_offering, &[]),
];

/// What was known to be refused and not sent for it: an application does not, where the doctor wants to see the refusal.
fn not_sent<const NUMBER: u8>(evidence: &Evidence) -> Option<Seen> {
    let id = format!("AUTH{NUMBER:02}");
    let remark = evidence.remarks.iter().find(|remark| remark.is_error && remark.id == id)?;
    Some(Seen::new(remark.text.as_str()).at(Severity::Error))
}

/// AUTH01: the key is refused for itself.
fn wrong_key(sight: &Sight<'_>) -> Option<Seen> {
    let denied = denied(sight, &["key", "api_key"]).filter(|denied| denied.reply.status == 401)?;
    let is_good_elsewhere = denied.tries.iter().any(|other| other.host != sight.host() && accepted(other));
    if reason(denied) != Refusal::Unnamed || is_good_elsewhere || taken_beside(sight, denied).is_some() {
        return None;
    }
    let key = sight.evidence.credential.as_ref();
    let key = key.map(|key| format!(" to the key of {} ({})", key.length, key.fingerprint)).unwrap_or_default();
    let issuer = issued_elsewhere(sight, denied).unwrap_or_default();
    let other = denied.tries.iter().find(|other| other.host != sight.host() && other.status == Some(401));
    let (second, remedy) = second_key(sight, denied).unwrap_or_default();
    let seen = Seen::new(format!("`{}` answers {}{key}{second}{issuer}", sight.host(), phrase(&denied.reply)))
        .remedied(remedy)
        .not_if(other.map(|other| format!("`{}` refuses the key as well", other.host)), "CFG12")
        .not("AUTH09", "the answer does not say that keys are disabled");
    Some(seen.not_if(sight.is_own().then_some("this is the resource's own host"), "CFG12"))
}

/// What the second key is worth there, and what that makes the remedy.
fn second_key(sight: &Sight<'_>, denied: &AuthFacts) -> Option<(String, Option<Remedy>)> {
    let second = denied.tries.iter().find(|other| other.retry == Retry::SecondKey)?;
    let facts = sight.evidence.second_key.as_ref();
    let facts = facts.map(|key| format!(" of {} ({})", key.length, key.fingerprint)).unwrap_or_default();
    Some(match second.status {
        _ if accepted(second) => (format!("; the second key{facts} is accepted there"), Some(USE_SECOND_KEY)),
        Some(401) => (format!("; the second key{facts} gets 401 as well"), None),
        _ => (String::new(), None),
    })
}

/// What the token service says of the key.
fn issued_elsewhere(sight: &Sight<'_>, denied: &AuthFacts) -> Option<String> {
    let region = denied.issued.as_ref()?.region.as_ref()?;
    let own = sight.evidence.resource.region.as_ref();
    let is_other = own.is_some_and(|own| own != region);
    Some(format!(
        "; the token issued for it names the region `{region}`{}",
        if is_other { ", another one" } else { "" }
    ))
}

/// AUTH02: a plain Entra token at a host of the region, and no other form is known to work.
fn plain_at_regional(sight: &Sight<'_>) -> Option<Seen> {
    let denied = denied(sight, &["entra"]).filter(|_| !sight.is_own())?;
    let is_told = denied.reply.status == 400;
    let is_refused =
        denied.reply.status == 401 && reason(denied) == Refusal::Unnamed && taken_beside(sight, denied).is_none();
    let seen =
        Seen::new(format!("a plain Entra token gets {} at `{}`, a regional host", phrase(&denied.reply), sight.host()))
            .not_if(audience(sight).filter(|_| audience_is_right(sight)), "AUTH04")
            .not_if(
                left(sight).filter(|left| *left > 0).map(|left| format!("the token is valid for {left} s")),
                "AUTH06",
            );
    (is_told || (is_refused && other_form(denied).is_none())).then_some(seen)
}

/// AUTH03: another form of the same token is accepted.
fn wrong_form(sight: &Sight<'_>) -> Option<Seen> {
    let denied =
        denied(sight, &["entra", "entra_composed", "issued_token"]).filter(|denied| denied.reply.status == 401)?;
    let other = other_form(denied)?;
    let status = other.status.unwrap_or_default();
    let (host, used, works) = (sight.host(), form(&denied.form), form(&other.form));
    let at = if other.host == host { String::new() } else { format!(" at `{}`", other.host) };
    let seen = Seen::new(format!("`{host}` answers 401 to the {used} and {status} to the {works}{at}"))
        .not("AUTH05", format!("the same token is accepted as {works}"))
        .not("AUTH06", format!("the same token is accepted as {works}"));
    Some(seen)
}

/// AUTH04: for somebody else, by its own words or those of the service.
fn wrong_audience(sight: &Sight<'_>) -> Option<Seen> {
    let denied = denied(sight, &["entra", "entra_composed"])?;
    let is_known = audience(sight).is_some();
    let is_wrong = if is_known { !audience_is_right(sight) } else { reason(denied) == Refusal::Audience };
    let expected = sight.evidence.resource.token_scope.as_deref().map(resource_of).unwrap_or_default();
    let own = audience(sight).unwrap_or_else(|| "the audience of the token is not known".into());
    let seen =
        Seen::new(format!("{own}, `{expected}` is expected; `{}` answers {}", sight.host(), phrase(&denied.reply)))
            .not("AUTH05", "a token for another audience is refused before any role is looked at");
    is_wrong.then_some(seen)
}

/// AUTH05: the service names the permission.
fn no_role(sight: &Sight<'_>) -> Option<Seen> {
    let reply = sight.refused_with(&[401, 403]).filter(|reply| Refusal::of(reply) == Refusal::Role)?;
    let principal = claims(sight).and_then(|claims| claims.principal.as_deref());
    let who = principal.map(|id| format!(" to the principal `{id}`")).unwrap_or_default();
    let seen = Seen::new(format!("`{}` answers {}{who}", sight.host(), phrase(reply)))
        .not_if(audience(sight).filter(|_| audience_is_right(sight)), "AUTH04")
        .not("POL02", "the refusal names a permission and not the network");
    Some(seen)
}

/// AUTH06: its time is over.
fn expired(sight: &Sight<'_>) -> Option<Seen> {
    let denied = denied(sight, &["entra", "entra_composed", "issued_token"])?;
    let left = left(sight).filter(|left| *left <= 0)?;
    let skew = sight.http().and_then(|facts| facts.skew_seconds);
    let clock = skew.map(|skew| format!(", the local clock is {skew} s off")).unwrap_or_default();
    let seen = Seen::new(format!(
        "the token expired {} s ago{clock}; `{}` answers {}",
        -left,
        sight.host(),
        phrase(&denied.reply)
    ));
    Some(seen.at(Severity::Error).not_if(audience(sight).filter(|_| audience_is_right(sight)), "AUTH04"))
}

/// AUTH09: no key will do.
fn keys_disabled(sight: &Sight<'_>) -> Option<Seen> {
    let reply = sight.refused_with(&[401, 403]).filter(|reply| Refusal::of(reply) == Refusal::KeysDisabled)?;
    let seen = Seen::new(format!("`{}` answers {}", sight.host(), phrase(reply)))
        .not("AUTH01", "the answer says that keys are disabled, whichever it is")
        .not("POL02", "the refusal names the kind of credential and not the network");
    Some(seen)
}

/// AUTH11: no source gave a token, although the host that gives them can be reached.
fn no_token(evidence: &Evidence) -> Option<Seen> {
    let remark = evidence.remarks.iter().find(|remark| remark.id == "AUTH11")?;
    let authority = evidence.traces.iter().find(|trace| trace.target.purpose == Some(Companion::TokenAuthority));
    if authority.is_some_and(|trace| trace.failed_at().is_some()) {
        return None;
    }
    let seen = Seen::new(remark.text.as_str()).at(Severity::Error);
    Some(seen.not_if(authority.map(|trace| format!("`{}` is reached", trace.target.host)), "AUTH12"))
}

/// AUTH13: another offering takes the same credential in the same form.
fn one_offering(sight: &Sight<'_>) -> Option<Seen> {
    let denied = sight.denied().filter(|denied| denied.reply.status == 401 && reason(denied) == Refusal::Unnamed)?;
    // The second key is another credential.
    let is_taken = |other: &AuthTry| accepted(other) && other.retry != Retry::SecondKey;
    let (other, status) = taken_beside(sight, denied).filter(|_| !denied.tries.iter().any(is_taken))?;
    let (service, host) = (other.target.service.as_deref().unwrap_or_default(), &other.target.host);
    let kind = sight.evidence.credential.as_ref().map_or("credential", |credential| credential.kind.as_str());
    let (own, refusal) = (sight.host(), phrase(&denied.reply));
    let seen = Seen::new(format!("the same {kind} gets {refusal} at `{own}` and {status} of `{service}` at `{host}`"))
        .not("AUTH01", format!("`{service}` takes the same credential"))
        .not_if((denied.form == "entra").then(|| format!("`{service}` takes the same form")), "AUTH02");
    Some(seen)
}

/// Where another offering takes the same credential in the same form, and with which status.
fn taken_beside<'a>(sight: &Sight<'a>, denied: &AuthFacts) -> Option<(&'a Trace, u16)> {
    let takes = |trace: &'a Trace| {
        let found = trace.auth.found().filter(|found| trace.auth.has_passed() && found.form == denied.form)?;
        let is_proof =
            matches!(found.reply.status, 101 | 200..=299) && trace.target.service.as_deref() != Some("issue-token");
        is_proof.then_some((trace, found.reply.status))
    };
    let is_other = |trace: &&Trace| trace.target.service != sight.trace.target.service;
    sight.evidence.traces.iter().filter(is_other).find_map(takes)
}

fn denied<'a>(sight: &Sight<'a>, forms: &[&str]) -> Option<&'a AuthFacts> {
    sight.denied().filter(|denied| forms.contains(&denied.form.as_str()))
}

fn reason(denied: &AuthFacts) -> Refusal {
    Refusal::of(&denied.reply)
}

/// A form of the same credential that is accepted.
fn other_form(denied: &AuthFacts) -> Option<&AuthTry> {
    denied.tries.iter().find(|other| other.form != denied.form && accepted(other))
}

fn form(id: &str) -> &str {
    match id {
        "entra" => "plain Entra token",
        "entra_composed" => "`aad#` token",
        "issued_token" => "issued token",
        other => other,
    }
}

fn claims<'a>(sight: &Sight<'a>) -> Option<&'a Claims> {
    sight.evidence.credential.as_ref()?.claims.as_ref()
}

/// Seconds until the token expires, by the clock of the service where that is known.
fn left(sight: &Sight<'_>) -> Option<i64> {
    let skew = sight.http().and_then(|facts| facts.skew_seconds).unwrap_or_default();
    Some(claims(sight)?.expires_in(sight.evidence.observed_at)?.saturating_add(skew))
}

/// Whom the token says it is for, in words.
fn audience(sight: &Sight<'_>) -> Option<String> {
    let audience = claims(sight)?.aud.as_deref()?;
    Some(format!("the token is for `{audience}`"))
}

/// Whether that is the resource's cloud. Voice Live has an audience of its own.
fn audience_is_right(sight: &Sight<'_>) -> bool {
    let Some(audience) = claims(sight).and_then(|claims| claims.aud.as_deref()) else { return false };
    let expected = sight.evidence.resource.token_scope.as_deref().map(resource_of);
    let is_voice_live = sight.trace.target.service.as_deref().is_some_and(|service| service.starts_with("voice-live"));
    let is_expected = |expected: &str| audience.trim_end_matches('/').eq_ignore_ascii_case(expected);
    expected.is_none_or(is_expected) || audience == SERVICE_PRINCIPAL || (is_voice_live && is_expected(VOICE_LIVE))
}

/// `https://cognitiveservices.azure.com/.default` → `https://cognitiveservices.azure.com`.
fn resource_of(scope: &str) -> &str {
    scope.trim_end_matches(".default").trim_end_matches('/')
}

/// What to do, and the commands that do it.
type Remedy = (&'static str, &'static [&'static str]);

/// The first key was made anew, or was never one of this resource.
const USE_SECOND_KEY: Remedy = (
    "write the second key where the first stands, which works at once; then fetch the first anew, which was regenerated or \
        is another resource's, and keep it as the second",
    &[
        "export SPEECH_KEY=\"$SPEECH_KEY_2\"",
        "export SPEECH_KEY_2=\"$(az cognitiveservices account keys list -n NAME -g GROUP --query key1 -o tsv)\"",
    ],
);

/// The application id of Azure AI services, which tokens of version 2 carry in place of its URL.
const SERVICE_PRINCIPAL: &str = "7d312290-28c8-473c-a0ed-8e53749b6d6d";

/// <https://learn.microsoft.com/azure/ai-services/speech-service/voice-live-how-to>
const VOICE_LIVE: &str = "https://ai.azure.com";
