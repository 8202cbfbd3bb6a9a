//! Rules of configuration: what reading it remarked on, and what the way proved wrong.

use super::refusal::phrase;
use super::{Rule, Seen, Sight, When};
use crate::diagnose::alias::Fingerprint;
use crate::diagnose::catalogue::{KnownFailure, Severity};
use crate::diagnose::evidence::{AuthTry, Evidence, NameAnswer, Retry};

/// In the order of the catalogue.
pub(super) const RULES: &[Rule] = &[
    Rule { id: "CFG01", when: When::Whole(remarked::<1>), hides: &[] },
    Rule { id: "CFG02", when: When::Both(remarked::<2>, custom_domain_as_region), hides: &["DNS01"] },
    Rule { id: "CFG03", when: When::Whole(remarked::<3>), hides: &[] },
    Rule { id: "CFG04", when: When::Whole(remarked::<4>), hides: &[] },
    Rule { id: "CFG05", when: When::Whole(remarked::<5>), hides: &[] },
    Rule { id: "CFG06", when: When::Whole(remarked::<6>), hides: &[] },
    Rule { id: "CFG07", when: When::Whole(remarked::<7>), hides: &[] },
    Rule { id: "CFG08", when: When::Whole(remarked::<8>), hides: &[] },
    Rule { id: "CFG09", when: When::Whole(remarked::<9>), hides: &[] },
    Rule { id: "CFG10", when: When::Whole(credential::<10>), hides: &[] },
    Rule {
        id: "CFG11",
        when: When::Both(credential::<11>, other_resource),
        hides: &["AUTH01", "AUTH03", "AUTH04", "AUTH05"],
    },
    Rule { id: "CFG12", when: When::Both(remarked::<12>, restricted_resource), hides: &[] },
    Rule { id: "CFG13", when: When::Whole(remarked::<13>), hides: &[] },
    Rule { id: "CFG14", when: When::Both(remarked::<14>, no_realtime), hides: &[] },
];

/// What reading the configuration remarked on: an error kept a host from being looked at, anything else is advice.
fn remarked<const NUMBER: u8>(evidence: &Evidence) -> Option<Seen> {
    let id = format!("CFG{NUMBER:02}");
    let remarks = || evidence.remarks.iter().filter(|remark| remark.id == id);
    let mut texts: Vec<&str> = remarks().map(|remark| remark.text.as_str()).collect();
    texts.dedup();
    let severity = if remarks().any(|remark| remark.is_error) {
        Severity::Error
    } else {
        KnownFailure::find(&id)?.severity.min(Severity::Warning)
    };
    (!texts.is_empty()).then(|| Seen::new(texts.join("; ")).at(severity))
}

/// The shape of the credential, which was not sent for it; else what was remarked on.
fn credential<const NUMBER: u8>(evidence: &Evidence) -> Option<Seen> {
    let id = format!("CFG{NUMBER:02}");
    let fault = evidence.credential.as_ref().and_then(|credential| credential.fault.as_ref());
    match fault {
        Some(fault) if fault.id == id => Some(Seen::new(fault.text.as_str()).at(Severity::Error)),
        _ => remarked::<NUMBER>(evidence),
    }
}

/// CFG02: the regional host does not exist, and its first label is a custom domain that does.
fn custom_domain_as_region(sight: &Sight<'_>) -> Option<Seen> {
    sight.trace.dns.failure()?;
    let name = sight.evidence.resource.region.as_ref()?;
    let namesake = namesake(sight).filter(|namesake| exists(namesake))?;
    let seen = Seen::new(format!("`{}` does not exist, and `{}` does", sight.host(), namesake.name))
        .not("DNS02", "the servers do answer")
        .with("NAME", name);
    Some(seen)
}

/// The lookup of the same name as a custom domain.
pub(super) fn namesake<'a>(sight: &Sight<'a>) -> Option<&'a NameAnswer> {
    let label = sight.host().split('.').next()?;
    sight.dns()?.also.iter().find(|also| also.name.split('.').next() == Some(label) && also.name != sight.host())
}

/// Whether a name is there, if only as an alias that leads into a private zone.
pub(super) fn exists(namesake: &NameAnswer) -> bool {
    let answer = &namesake.answer;
    !answer.addresses.is_empty() || !answer.chain.is_empty()
}

/// CFG11: what was remarked on is why the composed token is refused.
fn other_resource(sight: &Sight<'_>) -> Option<Seen> {
    let denied = sight.denied().filter(|denied| denied.form == "entra_composed")?;
    let remark = sight.evidence.remarks.iter().find(|remark| remark.id == "CFG11")?;
    Some(Seen::new(format!("{}; the service answers {}", remark.text, phrase(&denied.reply))).at(Severity::Error))
}

/// CFG12: the regional host refuses the key that the resource's own host accepts.
fn restricted_resource(sight: &Sight<'_>) -> Option<Seen> {
    let denied = sight.denied().filter(|denied| denied.reply.status == 401 && !sight.is_own())?;
    let own =
        denied.tries.iter().find(|other| other.host != sight.host() && other.form == denied.form && accepted(other))?;
    let status = own.status.unwrap_or_default();
    let seen = Seen::new(format!("the same key gets 401 at `{}` and {status} at `{}`", sight.host(), own.host))
        .not("AUTH01", format!("`{}` accepts the key", own.host))
        .not("AUTH09", format!("`{}` accepts the key", own.host))
        .with("NAME", own.host.split('.').next().unwrap_or_default());
    Some(seen)
}

/// Whether a credential was accepted: the service went on to open the socket, to answer, or to look at the request.
pub(super) fn accepted(other: &AuthTry) -> bool {
    let is_token_call = other.retry == Retry::IssueToken || other.form == "issued_token";
    other.status.is_some_and(|status| matches!(status, 101 | 400 | 200..=299)) && !is_token_call
}

/// CFG14: the real-time path of a custom domain that leads to the gateway of the region.
pub(super) fn no_realtime(sight: &Sight<'_>) -> Option<Seen> {
    let reply = sight.refused_with(&[404]).filter(|_| sight.is_own() && sight.is_realtime_path())?;
    let named = sight.http().and_then(|http| http.redirect.as_ref()?.host.as_ref());
    let is_gateway = sight.has(Fingerprint::RegionalGateway) || (named.is_some() && !sight.chain.has_private_link);
    let directs = named.map(|host| format!(", and directs clients that ask to `{host}`")).unwrap_or_default();
    let seen = Seen::new(format!("{}; it answers {}{directs}", sight.way(), phrase(reply)))
        .not("CFG04", "the path begins with the offering")
        .not("HTTP01", "no real-time path at all is served at this host")
        .not_if((!sight.chain.has_private_link).then_some("the chain has no `privatelink` step"), "DNS03");
    is_gateway.then_some(seen)
}
