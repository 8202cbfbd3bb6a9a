//! Rules of name resolution.

use std::net::IpAddr;
use std::time::Duration;

use super::config::{exists, namesake};
use super::sight::{joined, lasting, listed, shown};
use super::{Rule, Seen, Sight};
use crate::diagnose::alias::Fingerprint;
use crate::diagnose::catalogue::Severity;
use crate::diagnose::evidence::{
    Address, AddressClass, DnsFacts, FailureKind, NameAnswer, ServerAnswer, SystemAnswer, Trace,
};
use crate::diagnose::stage::Stage;
use crate::resolve::endpoint::Expectation;

/// In the order of the catalogue.
pub(super) const RULES: &[Rule] = &[
    Rule::target("DNS01", no_such_name, &[]),
    Rule::target("DNS02", no_answer, &[]),
    Rule::target("DNS03", private_name_public_address, WRONG_ADDRESS),
    Rule::target("DNS04", no_private_record, &["DNS07", "DNS09"]),
    Rule::target("DNS05", no_private_endpoint, NO_ENDPOINT),
    Rule::target("DNS07", system_disagrees, WRONG_ANSWER),
    Rule::target("DNS08", searched_first, &["DNS07"]),
    Rule::target("DNS09", servers_disagree, WRONG_ANSWER),
    Rule::target("DNS10", late, &["DNS07"]),
    Rule::target("DNS12", partly_known, &["DNS01", "DNS02"]),
    Rule::target("DNS13", filtered, FILTERED),
];

/// What follows when the public side of a private name is called: egress rules, inspection and the resource refuse.
const WRONG_ADDRESS: &[&str] = &[
    "CFG12", "TCP01", "TCP02", "TCP03", "TCP04", "PXY01", "TLS01", "TLS07", "HTTP01", "HTTP03", "AUTH01", "POL01",
    "POL02", "POL03",
];

/// The same, and what the gateway of the region lacks.
const NO_ENDPOINT: &[&str] = &[
    "CFG12", "CFG14", "TCP01", "TCP02", "TCP03", "TCP04", "PXY01", "TLS01", "TLS07", "HTTP01", "HTTP03", "AUTH01",
    "POL01", "POL02", "POL03",
];

/// What follows when any of several answers is used, and it is the wrong one.
const WRONG_ANSWER: &[&str] = &[
    "CFG12", "CFG14", "DNS01", "DNS02", "DNS03", "DNS05", "DNS13", "TCP01", "TCP02", "TCP03", "TCP04", "TCP05",
    "PXY01", "TLS01", "TLS03", "TLS07", "HTTP01", "HTTP03", "HTTP04", "HTTP05", "AUTH01", "POL01", "POL02", "POL03",
];

/// What follows when a filter answers.
const FILTERED: &[&str] =
    &["TCP01", "TCP02", "TCP03", "TCP04", "TLS01", "TLS03", "TLS06", "TLS07", "HTTP01", "HTTP04", "HTTP05"];

/// What an answer comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The name does not exist, or has no address.
    Missing,
    Private,
    Public,
    /// Loopback, unspecified and the like.
    Special,
    /// No answer at all.
    Broken,
}

impl Outcome {
    fn of_addresses(addresses: &[IpAddr]) -> Self {
        match addresses.first().map(|ip| AddressClass::of(*ip)) {
            None => Self::Missing,
            Some(class) if class.is_private() => Self::Private,
            Some(AddressClass::Public) => Self::Public,
            Some(_) => Self::Special,
        }
    }

    fn of_server(answer: &ServerAnswer) -> Self {
        match answer.rcode.as_deref() {
            Some("NOERROR") => Self::of_addresses(&answer.addresses),
            Some("NXDOMAIN") => Self::Missing,
            _ => Self::Broken,
        }
    }

    fn of_system(answer: &SystemAnswer) -> Self {
        match &answer.failure {
            Some(failure) if !matches!(failure.kind, FailureKind::NoSuchName | FailureKind::NoAddress) => Self::Broken,
            _ => Self::of_addresses(&answer.addresses),
        }
    }
}

/// DNS01: NXDOMAIN from all who answer, without a private zone on the way.
fn no_such_name(sight: &Sight<'_>) -> Option<Seen> {
    let failure = sight.trace.dns.failure().filter(|failure| failure.kind == FailureKind::NoSuchName)?;
    let servers = answered(sight.dns());
    let has_private_link = sight.chain.has_private_link;
    if has_private_link || servers.iter().any(|answer| Outcome::of_server(answer) != Outcome::Missing) {
        return None;
    }
    let observed = match servers.first() {
        Some(first) => format!("{} for `{}.`{}", said_by(&servers), sight.host(), denied_by(first)),
        None => format!("`{}.`: {failure}", sight.host()),
    };
    let stranger = namesake(sight).filter(|namesake| !exists(namesake));
    let seen = Seen::new(observed)
        .not_if(stranger.map(|also| format!("`{}` does not exist either", also.name)), "CFG02")
        .not_if((!servers.is_empty()).then_some("the servers do answer"), "DNS02")
        .not("DNS04", "the name has no `privatelink` step");
    Some(seen.with("RESOLVER", server_of(&servers)))
}

/// DNS02: nobody gives an answer.
fn no_answer(sight: &Sight<'_>) -> Option<Seen> {
    let failure = sight.trace.dns.failure().filter(|failure| failure.kind == FailureKind::NoAnswer)?;
    let servers = sight.dns().map(|dns| dns.servers.as_slice()).unwrap_or_default();
    if servers.iter().any(|answer| Outcome::of_server(answer) != Outcome::Broken) {
        return None;
    }
    let said: Vec<String> = servers.iter().map(how_it_went).collect();
    let observed = if said.is_empty() { failure.to_string() } else { joined(&said) };
    let seen =
        Seen::new(format!("`{}`: {observed}", sight.host())).not("DNS01", "no server says that it does not exist");
    Some(match servers.first() {
        Some(first) => seen.with("SERVER", first.server.ip().to_string()),
        None => seen,
    })
}

/// DNS03: the private name leads to the public side, and nobody sees the private zone.
fn private_name_public_address(sight: &Sight<'_>) -> Option<Seen> {
    let dns = sight.dns().filter(|_| sight.has(Fingerprint::VnetProxy) && sight.chain.has_private_link)?;
    let is_wrong = sight.expects_private() || (sight.expects_any() && sight.policy().is_some());
    let servers = answered(Some(dns));
    if !is_wrong || servers.iter().any(|answer| Outcome::of_server(answer) != Outcome::Public) {
        return None;
    }
    let seen = Seen::new(format!("{}{}", sight.way(), agreement(&servers)))
        .at(Severity::Error)
        .not("DNS05", "the chain has a `privatelink` step")
        .not_if((servers.len() > 1).then_some("the servers answer alike"), "DNS09")
        .not_if(sight.policy().map(|_| "the refusal is about the network and not about the key"), "AUTH01");
    Some(seen)
}

/// DNS04: the private zone denies the name.
fn no_private_record(sight: &Sight<'_>) -> Option<Seen> {
    let failure = sight.trace.dns.failure()?;
    let is_denied = matches!(failure.kind, FailureKind::NoSuchName | FailureKind::NoAddress);
    let name = sight.chain.names.iter().find(|name| name.contains(".privatelink."))?;
    let servers = answered(sight.dns());
    let denying = servers.iter().find(|answer| Outcome::of_server(answer) == Outcome::Missing)?;
    let public = servers.iter().find(|answer| Outcome::of_server(answer) == Outcome::Public);
    let beside = public.map(|answer| format!(", while {} gives {}", answer.server.ip(), listed(&answer.addresses)));
    let (host, server, owner) = (sight.host(), denying.server.ip(), denied_by(denying));
    let beside = beside.unwrap_or_default();
    let seen = Seen::new(format!("`{host}` leads to `{name}`, which {server} says does not exist{owner}{beside}"))
        .not("DNS01", "the public name exists: it is an alias of the private one")
        .not("DNS03", "the private zone answers");
    is_denied.then_some(seen)
}

/// DNS05: a private address is expected of a name that has no private endpoint.
fn no_private_endpoint(sight: &Sight<'_>) -> Option<Seen> {
    let is_without =
        sight.has(Fingerprint::RegionalGateway) || (sight.has(Fingerprint::VnetProxy) && !sight.chain.has_private_link);
    let dns = sight.dns().filter(|_| is_without && sight.expects_private())?;
    let region = sight.chain.region.as_ref().map(|region| format!(", in the region `{region}`")).unwrap_or_default();
    let seen = Seen::new(format!("{}{region}{}", sight.way(), agreement(&answered(Some(dns)))))
        .at(Severity::Error)
        .not("DNS03", "no step of the chain has `privatelink`");
    Some(seen)
}

/// DNS07: what applications get is not what any server says.
fn system_disagrees(sight: &Sight<'_>) -> Option<Seen> {
    let dns = sight.dns()?;
    let system = dns.system.as_ref()?;
    let servers = answered(Some(dns));
    let first = servers.first()?;
    let from_hosts = !system.addresses.is_empty() && system.addresses.iter().all(|ip| dns.hosts_file.contains(ip));
    let mine = Outcome::of_system(system);
    let agrees = servers.iter().any(|answer| Outcome::of_server(answer) == mine);
    // A container is named where it runs, in the hosts file as a rule: no name server has to know it.
    let is_acceptable = from_hosts && (mine == Outcome::Private && sight.is_own() || sight.is_container());
    let is_stale = from_hosts && is_stale(sight, &servers, &system.addresses);
    if !is_stale && (agrees || is_acceptable) {
        return None;
    }
    let way = if from_hosts { "the hosts file gives" } else { "the system gives" };
    let got = match &system.failure {
        Some(failure) => format!("no address ({failure})"),
        None => listed(&system.addresses),
    };
    let observed = format!("{way} {got} for `{}`; {}", sight.host(), how_it_went(first));
    let seen = Seen::new(observed).at(if is_stale { Severity::Error } else { weight(sight) });
    Some(seen.not_if((servers.len() > 1 && !differ(&servers)).then_some("the servers answer alike"), "DNS09"))
}

/// Whether a line of the hosts file leads where nothing answers, while the servers know other addresses.
fn is_stale(sight: &Sight<'_>, servers: &[&ServerAnswer], used: &[IpAddr]) -> bool {
    let known = |ip: &IpAddr| servers.iter().any(|answer| answer.addresses.contains(ip));
    let other = servers.iter().any(|answer| !answer.addresses.is_empty());
    other && !used.iter().any(known) && matches!(sight.trace.failed_at(), Some(Stage::Tcp | Stage::Tls))
}

/// DNS08: the search list is tried before the name itself.
fn searched_first(sight: &Sight<'_>) -> Option<Seen> {
    asked(sight).filter(|_| !sight.is_container())?;
    let (host, machine) = (sight.host(), &sight.evidence.machine);
    let domains = machine.searched_before(host);
    let (dots, ndots) = (host.matches('.').count(), machine.ndots.filter(|_| !domains.is_empty())?);
    let list = joined(&domains.iter().map(|domain| format!("`{domain}`")).collect::<Vec<_>>());
    // For IPv4 and IPv6 each.
    let queries = domains.len() * 2;
    let text = format!("`{host}` has {dots} dots and `ndots` is {ndots}: it is first looked up in {list}");
    Some(match captor(sight) {
        Some(also) => Seen::new(format!("{text}; {}", answers_for(also))).at(weight(sight)),
        None => Seen::new(format!("{text}, {queries} queries more each time"))
            .not_if(system_disagrees(sight).is_none().then_some("no search domain answers in place of it"), "DNS07"),
    })
}

/// The name in a search domain whose addresses the system takes for those of the host.
fn captor<'a>(sight: &Sight<'a>) -> Option<&'a NameAnswer> {
    let dns = sight.dns()?;
    let taken = &dns.system.as_ref()?.addresses;
    let is_taken = |also: &&NameAnswer| also.answer.addresses.iter().any(|ip| taken.contains(ip));
    dns.also.iter().find(is_taken)
}

/// `x.example` answers 10.9.9.9 (private), which the system takes.
fn answers_for(also: &NameAnswer) -> String {
    format!("`{}` answers {}, which the system takes", also.name, listed(&also.answer.addresses))
}

/// DNS09: which answer is used is up to chance. Different addresses of the same kind are no disagreement.
fn servers_disagree(sight: &Sight<'_>) -> Option<Seen> {
    let servers = answered(sight.dns());
    if !differ(&servers) {
        return None;
    }
    let said: Vec<String> = servers.iter().map(|answer| how_it_went(answer)).collect();
    let wanted = if sight.expects_private() { Outcome::Private } else { Outcome::Public };
    let right = servers.iter().find(|answer| Outcome::of_server(answer) == wanted);
    let severity = if sight.expects_private() { Severity::Error } else { weight(sight) };
    let seen = Seen::new(format!("`{}`: {}", sight.host(), joined(&said)))
        .at(severity)
        .not_if(right.map(|answer| format!("{} sees the right zone", answer.server.ip())), "DNS03");
    Some(match right {
        Some(right) => seen.with("SERVER", right.server.ip().to_string()),
        None => seen,
    })
}

/// DNS10: an answer is there at once, but not from whom the system asks first.
fn late(sight: &Sight<'_>) -> Option<Seen> {
    let dns = asked(sight)?;
    let quick = dns.servers.iter().find(|answer| answer.rcode.is_some() && answer.took < SOON)?;
    let is_silent =
        |answer: &&ServerAnswer| answer.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::TimedOut);
    let how = match (dns.system.as_ref().filter(|system| system.took >= LATE), dns.servers.first().filter(is_silent)) {
        (Some(system), _) => format!("the system takes {} for `{}`", lasting(system.took), sight.host()),
        (None, Some(first)) => format!("`{}`: {}, the first of the list", sight.host(), how_it_went(first)),
        (None, None) => return None,
    };
    let seen = Seen::new(format!("{how}; {} after {}", how_it_went(quick), lasting(quick.took)));
    Some(seen.not("DNS02", format!("{} does answer", quick.server.ip())))
}

/// DNS12: a host is not found that the servers should know as well as they know another.
fn partly_known(sight: &Sight<'_>) -> Option<Seen> {
    let failure = sight.trace.dns.failure().filter(|_| !sight.chain.has_private_link)?;
    let other = sight.others().find(|other| is_known_beside(sight, other))?;
    let (name, address) = (&other.target.host, other.dns.found()?.addresses.first()?);
    let is_service = sight.trace.target.service.is_some();
    let host = if failure.text.contains(sight.host()) { String::new() } else { format!("`{}`: ", sight.host()) };
    let seen = Seen::new(format!("{host}{failure}; `{name}` resolves to {}", shown(*address)))
        .not_if(is_service.then(|| format!("`{name}` of the same region exists")), "CFG01")
        .not("DNS04", "the name has no `privatelink` step");
    Some(seen)
}

/// Whether another host is known to the servers, of which this one is a companion, or with which it shares the region:
/// recognition and synthesis are everywhere, other offerings are not.
fn is_known_beside(sight: &Sight<'_>, other: &Trace) -> bool {
    let is_known = other.dns.has_passed() && !answered(other.dns.found()).is_empty() && other.target.service.is_some();
    let is_sibling = || family(sight.host()).is_some_and(|own| family(&other.target.host) == Some(own));
    is_known && (sight.trace.target.service.is_none() || is_sibling())
}

/// Region and suffix of a host of recognition or synthesis: `westeurope.stt.speech.microsoft.com`.
fn family(host: &str) -> Option<(&str, &str)> {
    let (region, rest) = host.split_once('.')?;
    let (offering, suffix) = rest.split_once('.')?;
    matches!(offering, "stt" | "tts").then_some((region, suffix))
}

/// DNS13: an address that no host of Azure has.
fn filtered(sight: &Sight<'_>) -> Option<Seen> {
    let dns = sight.dns().filter(|_| !sight.is_container())?;
    let address = sight.address().filter(|address| is_sinkhole(*address))?;
    let servers = answered(Some(dns));
    let is_local = dns.hosts_file.contains(&address.ip);
    if is_local || servers.iter().any(|answer| Outcome::of_server(answer) != Outcome::Special) {
        return None;
    }
    let seen =
        Seen::new(format!("{}{}", sight.way(), agreement(&servers))).not("DNS07", "the hosts file has no line for it");
    Some(seen)
}

fn is_sinkhole(address: Address) -> bool {
    // 64:ff9b::/96 translates to the IPv4 of the service (RFC 6052).
    let is_translated = matches!(address.ip, IpAddr::V6(v6) if v6.segments()[..2] == [0x64, 0xff9b]);
    !is_translated && matches!(address.class, AddressClass::Special | AddressClass::Loopback | AddressClass::LinkLocal)
}

/// How much a doubtful answer matters: an error when it is in the way, a warning when all goes well with it.
fn weight(sight: &Sight<'_>) -> Severity {
    let is_unexpected = match sight.trace.target.expect {
        Expectation::PrivateAddress => !sight.is_private(),
        Expectation::PublicAddress => !sight.is_public() && sight.trace.failed_at().is_some(),
        Expectation::Either => {
            matches!(sight.trace.failed_at(), Some(Stage::Tcp | Stage::Tls)) || sight.policy().is_some()
        }
    };
    let failed = sight.trace.dns.failure().is_some();
    if sight.dns().is_some() && (failed || is_unexpected) { Severity::Error } else { Severity::Warning }
}

/// A lookup that yielded addresses and for which servers had to be asked: the hosts file has no line for it.
fn asked<'a>(sight: &Sight<'a>) -> Option<&'a DnsFacts> {
    let is_asked = |dns: &&DnsFacts| dns.hosts_file.is_empty() && !dns.servers.is_empty();
    sight.dns().filter(|_| sight.trace.dns.has_passed()).filter(is_asked)
}

/// The servers that answered, if only that there is nothing.
fn answered(dns: Option<&DnsFacts>) -> Vec<&ServerAnswer> {
    let servers = dns.map(|dns| dns.servers.as_slice()).unwrap_or_default();
    servers.iter().filter(|answer| Outcome::of_server(answer) != Outcome::Broken).collect()
}

/// Whether two of them lead to different kinds of address, or one by way of a private zone's name and the other not.
fn differ(servers: &[&ServerAnswer]) -> bool {
    let passes = |answer: &ServerAnswer| {
        answer.chain.iter().any(|alias| alias.target.to_ascii_lowercase().contains(".privatelink."))
    };
    let kind = |answer: &ServerAnswer| match Outcome::of_server(answer) {
        Outcome::Public => (Outcome::Public, passes(answer)),
        other => (other, false),
    };
    servers.iter().any(|answer| kind(answer) != kind(servers[0]))
}

/// `10.0.0.2 answers 20.50.1.7 (public)`.
fn how_it_went(answer: &ServerAnswer) -> String {
    let server = answer.server.ip();
    match (answer.rcode.as_deref(), &answer.failure) {
        (Some("NOERROR"), _) if !answer.addresses.is_empty() => {
            format!("{server} answers {}", listed(&answer.addresses))
        }
        (Some("NOERROR"), _) => format!("{server} answers without an address"),
        (Some(rcode), _) => format!("{server} answers {rcode}"),
        (None, Some(failure)) => format!("{server} does not answer ({failure}, {})", lasting(answer.took)),
        (None, None) => format!("{server} does not answer within {}", lasting(answer.took)),
    }
}

fn said_by(servers: &[&ServerAnswer]) -> String {
    let names: Vec<String> = servers.iter().map(|answer| answer.server.ip().to_string()).collect();
    let verb = if names.len() == 1 { "answers" } else { "answer" };
    format!("{} {verb} NXDOMAIN", joined(&names))
}

/// `; 168.63.129.16 and 10.0.0.2 answer alike`.
fn agreement(servers: &[&ServerAnswer]) -> String {
    let names: Vec<String> = servers.iter().map(|answer| answer.server.ip().to_string()).collect();
    match names.len() {
        0 => String::new(),
        1 => format!("; {} says so", names[0]),
        _ => format!("; {} answer alike", joined(&names)),
    }
}

/// Whose zone it is that denies a name.
fn denied_by(answer: &ServerAnswer) -> String {
    answer.soa.as_ref().map(|owner| format!(" (zone `{owner}`)")).unwrap_or_default()
}

fn server_of(servers: &[&ServerAnswer]) -> String {
    servers.first().map_or_else(|| "RESOLVER".to_owned(), |answer| answer.server.ip().to_string())
}

/// A resolver asks again, or the next server, after 5 s (`timeout` in resolv.conf(5)); what is left of that for the clock.
const LATE: Duration = Duration::from_millis(4500);

/// A lookup that nobody notices.
const SOON: Duration = Duration::from_secs(1);
