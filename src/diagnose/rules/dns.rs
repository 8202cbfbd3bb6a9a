//! Rules of name resolution.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::answers::{Outcome, answered, differ, how_it_went};
use super::context::exists;
use super::wording::{joined, lasting, listed, shown};
use super::{Observation, Rule, RuleContext, documents, private};
use crate::diagnose::alias::Fingerprint;
use crate::diagnose::catalogue::Severity;
use crate::diagnose::evidence::{
    Address, AddressClass, Attempt, DnsFacts, Failure, FailureKind, NameAnswer, ServerAnswer, Trace,
};
use crate::diagnose::stage::Stage;
use crate::resolve::endpoint::Expectation;
use crate::resolve::service::Service;

/// In the order of the catalogue.
pub(super) const RULES: &[Rule] = &[
    Rule::target("DNS01", no_such_name, &[]),
    Rule::target("DNS02", no_answer, &[]),
    Rule::target("DNS03", private_name_public_address, WRONG_ADDRESS),
    Rule::target("DNS04", no_private_record, &["DNS07", "DNS09"]),
    Rule::target("DNS05", no_private_endpoint, NO_ENDPOINT),
    Rule::target("DNS06", documents::stale_record, documents::OTHER_PEER),
    Rule::target("DNS07", system_disagrees, WRONG_ANSWER),
    Rule::target("DNS08", searched_first, &["DNS07"]),
    Rule::target("DNS09", servers_disagree, WRONG_ANSWER),
    Rule::target("DNS10", late, &["DNS07"]),
    Rule::target("DNS11", one_family, &["TCP04"]),
    Rule::target("DNS12", partly_known, &["DNS01", "DNS02"]),
    Rule::target("DNS13", filtered, FILTERED),
    Rule::target("DNS14", no_server_is_configured, &[]),
];

/// Consequences of a public address in place of the private one: egress rules, inspection and the resource refuse.
const WRONG_ADDRESS: &[&str] = &[
    "CFG12", "TCP01", "TCP02", "TCP03", "TCP04", "PXY01", "TLS01", "TLS07", "HTTP01", "HTTP03", "AUTH01", "POL01",
    "POL02", "POL03",
];

/// The same, and what the regional gateway does not serve.
const NO_ENDPOINT: &[&str] = &[
    "CFG12", "CFG14", "TCP01", "TCP02", "TCP03", "TCP04", "PXY01", "TLS01", "TLS07", "HTTP01", "HTTP03", "AUTH01",
    "POL01", "POL02", "POL03",
];

/// Consequences of several answers of which the wrong one is used.
const WRONG_ANSWER: &[&str] = &[
    "CFG12", "CFG14", "DNS01", "DNS02", "DNS03", "DNS05", "DNS13", "TCP01", "TCP02", "TCP03", "TCP04", "TCP05",
    "TCP11", "PXY01", "TLS01", "TLS03", "TLS07", "HTTP01", "HTTP03", "HTTP04", "HTTP05", "AUTH01", "POL01", "POL02",
    "POL03",
];

/// Consequences of a filter.
const FILTERED: &[&str] =
    &["TCP01", "TCP02", "TCP03", "TCP04", "TLS01", "TLS03", "TLS06", "TLS07", "HTTP01", "HTTP04", "HTTP05"];

/// A resolver gives up on a circle with SERVFAIL or an empty answer, which looks like a failing server.
const BREAK_THE_CIRCLE: (&str, &[&str]) = (
    "correct the alias that leads back, in the zone of the server that answers with it; a private zone needs an A record \
        for NAME, and no alias",
    &["dig @SERVER HOST. CNAME", "dig @SERVER HOST. A"],
);

/// A container has the name that its operator gave it, and not one of Azure. RFC 6762 and RFC 6761, section 6.4.
const NAME_THE_CONTAINER: (&str, &[&str]) = (
    "give the host of the container a name that this machine knows: a DNS record, a line in the hosts file, or its address in \
        `--host`; a name under `.local` is found by multicast DNS, in the same network segment only, and a name under \
        `.invalid` never exists",
    &["getent ahosts HOST"],
);

/// The native SDK connects over IPv4 alone: up to 1.52 always, from 1.53 on unless the property is set.
/// <https://github.com/microsoft/cognitive-services-speech-sdk-go/issues/119>
const ENABLE_IPV6: (&str, &[&str]) = (
    "clients that use IPv6 work here; the native Speech SDK (C++, C#, Java, Python, Go, Objective-C) uses IPv4 alone and \
        fails: use version 1.53 or newer and set its property `SpeechServiceConnection_EnableIpv6` to `true`, or give this \
        machine an IPv4 address or a translator (464XLAT)",
    &["ip -4 route", "getent ahostsv6 ipv4only.arpa"],
);

/// DNS01: every server that answers says NXDOMAIN, without a private zone in the chain.
fn no_such_name(context: &RuleContext<'_>) -> Option<Observation> {
    let failure = context.trace.dns.failure().filter(|failure| failure.kind == FailureKind::NoSuchName)?;
    let servers = answered(context.dns());
    let has_private_link = context.chain.has_private_link;
    let is_known = servers.iter().any(|answer| Outcome::of_server(answer) != Outcome::Missing);
    if has_private_link || is_known || no_server_is_configured(context).is_some() {
        return None;
    }
    let observed = match servers.first() {
        Some(first) => format!("{} for `{}.`{}", said_by(&servers), context.host(), denied_by(first)),
        None => format!("`{}.`: {failure}", context.host()),
    };
    let stranger = context.namesake().filter(|namesake| !exists(namesake));
    let observation = Observation::new(observed)
        .not_if(stranger.map(|also| format!("`{}` does not exist either", also.name)), "CFG02")
        .not_if((!servers.is_empty()).then_some("the servers answer"), "DNS02")
        .not("DNS04", "the name has no `privatelink` step")
        .remedied(context.is_container().then_some(NAME_THE_CONTAINER));
    Some(observation.with("RESOLVER", server_of(&servers)))
}

/// DNS02: no server answers, or what it answers leads back to the name.
fn no_answer(context: &RuleContext<'_>) -> Option<Observation> {
    context.trace.dns.failure()?;
    if let Some(observation) = circle(context) {
        return Some(observation);
    }
    let failure = context.trace.dns.failure().filter(|failure| failure.kind == FailureKind::NoAnswer)?;
    if context.evidence.machine.lacks_name_servers == Some(true) {
        return None;
    }
    let servers = context.dns().map(|dns| dns.servers.as_slice()).unwrap_or_default();
    if servers.iter().any(|answer| Outcome::of_server(answer) != Outcome::Broken) {
        return None;
    }
    let said: Vec<String> = servers.iter().map(how_it_went).collect();
    let observed = if said.is_empty() { failure.to_string() } else { joined(&said) };
    let observation = Observation::new(format!("`{}`: {observed}", context.host()))
        .not("DNS01", "no server says that the name does not exist");
    Some(match servers.first() {
        Some(first) => observation.with("SERVER", first.server.ip().to_string()),
        None => observation,
    })
}

/// A chain of aliases that leads back to one of its names, so that no resolver comes to its end.
fn circle(context: &RuleContext<'_>) -> Option<Observation> {
    let servers = context.dns().map(|dns| dns.servers.as_slice()).unwrap_or_default();
    let leads_back = |answer: &&ServerAnswer| {
        let names = || answer.chain.iter().map(|alias| &alias.name);
        answer.addresses.is_empty() && answer.chain.last().is_some_and(|last| names().any(|name| *name == last.target))
    };
    let answer = servers.iter().find(leads_back)?;
    let names: Vec<String> = answer.chain.iter().map(|alias| format!("`{}`", alias.name)).collect();
    let last = answer.chain.last().map(|alias| alias.target.as_str()).unwrap_or_default();
    let path = names.join(" → ");
    let observation =
        Observation::new(format!("the aliases form a circle at {}: {path} → `{last}`", answer.server.ip()))
            .not("DNS01", "the name exists: it is an alias")
            .not("DNS04", "the aliases never come to an end")
            .remedied(Some(BREAK_THE_CIRCLE))
            .with("SERVER", answer.server.ip().to_string());
    Some(observation)
}

/// DNS03 with two families: one address is private and the other public, and which one a client takes depends on its
/// network.
fn public_beside_private(context: &RuleContext<'_>) -> Option<Observation> {
    let addresses = &context.dns()?.addresses;
    let private = addresses.iter().find(|address| address.class.is_private() && address.ip.is_ipv4())?;
    let public = addresses.iter().find(|address| address.class == AddressClass::Public && address.ip.is_ipv6())?;
    let (host, failed) = (context.host(), context.trace.failed_at().is_some());
    let severity = if failed { Severity::Error } else { Severity::Warning };
    let text = format!(
        "`{host}` resolves to {} and to {}: a client with IPv6 leaves the private network",
        shown(*private),
        shown(*public)
    );
    Some(Observation::new(text).at(severity).not("DNS05", "the name has a private address as well"))
}

/// DNS03: the private name resolves to a public address, and no server sees the private zone.
fn private_name_public_address(context: &RuleContext<'_>) -> Option<Observation> {
    let sibling = context.private_sibling();
    let matters = context.expects_private() || context.policy().is_some() || sibling.is_some();
    if let Some(observation) = public_beside_private(context).filter(|_| matters) {
        return Some(observation);
    }
    let dns = context.dns().filter(|_| context.has(Fingerprint::VnetProxy) && context.chain.has_private_link)?;
    let is_refused = context.expects_private() || (context.expects_any() && context.policy().is_some());
    let is_wrong = is_refused || (context.expects_any() && sibling.is_some());
    let servers = answered(Some(dns));
    if !is_wrong || servers.iter().any(|answer| Outcome::of_server(answer) != Outcome::Public) {
        return None;
    }
    let beside = sibling.map(|(host, address)| format!("; `{host}` resolves to {}", shown(address)));
    // Where nothing refuses the public way, the traffic only leaves the private network.
    let severity = if is_refused { Severity::Error } else { Severity::Warning };
    let observation =
        Observation::new(format!("{}{}{}", context.resolution(), agreement(&servers), beside.unwrap_or_default()))
            .at(severity)
            .not("DNS05", "the chain has a `privatelink` step")
            .not_if((servers.len() > 1).then_some("the servers agree"), "DNS09")
            .not_if(context.policy().map(|_| "the response is about the network and not about the key"), "AUTH01");
    Some(observation)
}

/// DNS04: the private zone denies the name.
fn no_private_record(context: &RuleContext<'_>) -> Option<Observation> {
    let failure = context.trace.dns.failure()?;
    if !matches!(failure.kind, FailureKind::NoSuchName | FailureKind::NoAddress) || circle(context).is_some() {
        return None;
    }
    let name = context.chain.names.iter().find(|name| name.contains(".privatelink."))?;
    let servers = answered(context.dns());
    let denying = servers.iter().find(|answer| Outcome::of_server(answer) == Outcome::Missing)?;
    let public = servers.iter().find(|answer| Outcome::of_server(answer) == Outcome::Public);
    let beside = public.map(|answer| format!(", while {} gives {}", answer.server.ip(), listed(&answer.addresses)));
    let (host, server, owner) = (context.host(), denying.server.ip(), denied_by(denying));
    let beside = beside.unwrap_or_default();
    let text = format!("`{host}` leads to `{name}`, which does not exist according to {server}{owner}{beside}");
    let observation = Observation::new(text).not("DNS01", "the public name exists: it is an alias of the private one");
    Some(observation.not("DNS03", "the private zone answers"))
}

/// DNS05: a private address is expected, but the name has no private endpoint.
fn no_private_endpoint(context: &RuleContext<'_>) -> Option<Observation> {
    let is_without = context.has(Fingerprint::RegionalGateway)
        || (context.has(Fingerprint::VnetProxy) && !context.chain.has_private_link);
    let dns = context.dns().filter(|_| is_without && context.expects_private())?;
    let region = context.chain.region.as_ref().map(|region| format!(", in the region `{region}`")).unwrap_or_default();
    let observation = Observation::new(format!("{}{region}{}", context.resolution(), agreement(&answered(Some(dns)))))
        .at(Severity::Error)
        .not("DNS03", "no step of the chain has `privatelink`");
    Some(observation)
}

/// DNS07: applications get an address that no server gives.
fn system_disagrees(context: &RuleContext<'_>) -> Option<Observation> {
    let dns = context.dns()?;
    let system = dns.system.as_ref().filter(|system| !system.failure.as_ref().is_some_and(is_own_fault))?;
    let servers = answered(Some(dns));
    let first = servers.first()?;
    let from_hosts = !system.addresses.is_empty() && system.addresses.iter().all(|ip| dns.hosts_file.contains(ip));
    let mine = Outcome::of_system(system);
    let agrees = servers.iter().any(|answer| Outcome::of_server(answer) == mine);
    // A container is usually named in the hosts file of its machine: no name server has to know it.
    let is_acceptable = from_hosts && (mine == Outcome::Private && context.is_own() || context.is_container());
    let is_acceptable = is_acceptable || is_known_without_dns(context, &servers, &system.addresses);
    let is_stale = from_hosts && is_stale(context, &servers, &system.addresses);
    if !is_stale && (agrees || is_acceptable) {
        return None;
    }
    let way = if from_hosts { "the hosts file gives" } else { "the system gives" };
    let got = match &system.failure {
        Some(failure) => format!("no address ({failure})"),
        None => listed(&system.addresses),
    };
    let observed = format!("{way} {got} for `{}`; {}", context.host(), how_it_went(first));
    let observation = Observation::new(observed).at(if is_stale { Severity::Error } else { weight(context) });
    Some(observation.not_if((servers.len() > 1 && !differ(&servers)).then_some("the servers agree"), "DNS09"))
}

/// Whether the host of a container has an address by another way than DNS: a search list completes a short name, and multicast
/// DNS (RFC 6762) or LLMNR finds the others. That no server knows it contradicts nothing.
fn is_known_without_dns(context: &RuleContext<'_>, servers: &[&ServerAnswer], used: &[IpAddr]) -> bool {
    context.is_container() && !used.is_empty() && servers.iter().all(|answer| answer.addresses.is_empty())
}

/// Whether this machine could not look the name up, for example because no file can be opened: nobody answered.
fn is_own_fault(failure: &Failure) -> bool {
    failure.kind == FailureKind::Other
}

/// Whether an entry of the hosts file leads to an address that does not answer, while the servers know others. A machine that
/// is not on the private network gets no answer from a right entry either.
fn is_stale(context: &RuleContext<'_>, servers: &[&ServerAnswer], used: &[IpAddr]) -> bool {
    let known = |ip: &IpAddr| servers.iter().any(|answer| answer.addresses.contains(ip));
    let other = servers.iter().any(|answer| !answer.addresses.is_empty());
    let is_silent =
        matches!(context.trace.failed_at(), Some(Stage::Tcp | Stage::Tls)) && !private::may_be_away(context);
    other && !used.iter().any(known) && is_silent
}

/// DNS08: the search list applies before the name itself.
fn searched_first(context: &RuleContext<'_>) -> Option<Observation> {
    by_servers(context).filter(|_| !context.is_container())?;
    let (host, machine) = (context.host(), &context.evidence.machine);
    let domains = machine.searched_before(host);
    let (dots, ndots) = (host.matches('.').count(), machine.ndots.filter(|_| !domains.is_empty())?);
    let list = joined(&domains.iter().map(|domain| format!("`{domain}`")).collect::<Vec<_>>());
    // For IPv4 and IPv6 each.
    let queries = domains.len() * 2;
    let text = format!("`{host}` has {dots} dots and `ndots` is {ndots}: it is first looked up in {list}");
    Some(match captor(context) {
        Some(also) => Observation::new(format!("{text}; {}", answers_for(also))).at(weight(context)),
        None => Observation::new(format!("{text}, which costs {queries} more queries each time"))
            .not_if(system_disagrees(context).is_none().then_some("no search domain answers in its place"), "DNS07"),
    })
}

/// The name in a search domain whose addresses the system uses for the host.
fn captor<'a>(context: &RuleContext<'a>) -> Option<&'a NameAnswer> {
    let dns = context.dns()?;
    let taken = &dns.system.as_ref()?.addresses;
    let is_taken = |also: &&NameAnswer| also.answer.addresses.iter().any(|ip| taken.contains(ip));
    dns.also.iter().find(is_taken)
}

/// `x.example` resolves to 10.9.9.9 (private), which the system uses.
fn answers_for(also: &NameAnswer) -> String {
    format!("`{}` resolves to {}, which the system uses", also.name, listed(&also.answer.addresses))
}

/// DNS09: the servers disagree, and any of them may be used. Different addresses of the same kind are not a disagreement.
fn servers_disagree(context: &RuleContext<'_>) -> Option<Observation> {
    let servers = answered(context.dns());
    if !differ(&servers) {
        return None;
    }
    let said: Vec<String> = servers.iter().map(|answer| how_it_went(answer)).collect();
    let wanted = if context.expects_private() { Outcome::Private } else { Outcome::Public };
    let right = servers.iter().find(|answer| Outcome::of_server(answer) == wanted);
    let severity = if context.expects_private() { Severity::Error } else { weight(context) };
    let observation = Observation::new(format!("`{}`: {}", context.host(), joined(&said)))
        .at(severity)
        .not_if(right.map(|answer| format!("{} sees the correct zone", answer.server.ip())), "DNS03");
    Some(match right {
        Some(right) => observation.with("SERVER", right.server.ip().to_string()),
        None => observation,
    })
}

/// DNS10: a server answers at once, but not the one that the system queries first.
fn late(context: &RuleContext<'_>) -> Option<Observation> {
    let dns = by_servers(context)?;
    let quick = dns.servers.iter().find(|answer| answer.rcode.is_some() && answer.took < SOON)?;
    let is_silent =
        |answer: &&ServerAnswer| answer.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::TimedOut);
    let how = match (dns.system.as_ref().filter(|system| system.took >= LATE), dns.servers.first().filter(is_silent)) {
        (Some(system), _) => format!("the system takes {} for `{}`", lasting(system.took), context.host()),
        (None, Some(first)) => format!("`{}`: {}, the first of the list", context.host(), how_it_went(first)),
        (None, None) => return None,
    };
    let observation = Observation::new(format!("{how}; {} after {}", how_it_went(quick), lasting(quick.took)));
    Some(observation.not("DNS02", format!("{} answers", quick.server.ip())))
}

/// DNS11: the name has IPv4 addresses alone, and this machine has IPv6 alone.
fn one_family(context: &RuleContext<'_>) -> Option<Observation> {
    if let Some(observation) = without_ipv4(context) {
        return Some(observation);
    }
    let facts = context.tcp().filter(|_| context.trace.tcp.failure().is_some() && context.proxied().is_none())?;
    let is_without_route = |attempt: &Attempt| attempt.peer.is_ipv4() && is_unreachable(attempt);
    if facts.attempts.is_empty() || !facts.attempts.iter().all(is_without_route) {
        return None;
    }
    let servers = &context.evidence.machine.name_servers;
    let by_server = servers.iter().find(|_| servers.iter().all(SocketAddr::is_ipv6));
    let reached =
        |trace: &&Trace| trace.tcp.found().and_then(|facts| facts.connected).is_some_and(|peer| peer.is_ipv6());
    let other = context.others().find(reached).map(|trace| format!("`{}` is reached over IPv6", trace.target.host));
    let sign = other.or_else(|| by_server.map(|server| format!("its name server is {}", server.ip())))?;
    let addresses: Vec<IpAddr> = facts.attempts.iter().map(|attempt| attempt.peer.ip()).collect();
    let text = format!(
        "`{}` resolves to {} only, and this machine has no route for IPv4; {sign}",
        context.host(),
        listed(&addresses)
    );
    Some(Observation::new(text).at(Severity::Error).not("TCP01", "this machine has no route; no packet was lost"))
}

/// DNS11 as information: the service is reached over IPv6, natively or by NAT64, and this machine has no route for IPv4.
fn without_ipv4(context: &RuleContext<'_>) -> Option<Observation> {
    let facts = context.tcp().filter(|_| context.trace.tcp.has_passed() && context.proxied().is_none())?;
    let service = context.trace.target.service.as_deref().and_then(|id| id.parse::<Service>().ok())?;
    let peer = facts.connected.filter(SocketAddr::is_ipv6)?;
    let by_ipv4: Vec<&Attempt> = facts.attempts.iter().filter(|attempt| attempt.peer.is_ipv4()).collect();
    let is_of_native_sdk = service.is_of_speech() && context.trace.target.is_websocket && !context.is_container();
    if !is_of_native_sdk || by_ipv4.is_empty() || !by_ipv4.iter().all(|attempt| is_unreachable(attempt)) {
        return None;
    }
    let how = if is_translated(peer.ip()) { ", which is NAT64," } else { "" };
    let (host, other) = (context.host(), by_ipv4[0].peer.ip());
    let text = format!("`{host}` connects at {peer}{how} and IPv4 is unreachable from this machine ({other})");
    let observation = Observation::new(text).at(Severity::Info).remedied(Some(ENABLE_IPV6));
    Some(observation.not("TCP04", "the service is reached over IPv6"))
}

fn is_unreachable(attempt: &Attempt) -> bool {
    attempt.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::Unreachable)
}

/// DNS12: a host does not resolve although the servers know a related one.
fn partly_known(context: &RuleContext<'_>) -> Option<Observation> {
    let failure = context.trace.dns.failure().filter(|failure| !is_own_fault(failure))?;
    if context.chain.has_private_link {
        return None;
    }
    let other = context.others().find(|other| is_known_beside(context, other))?;
    let (name, address) = (&other.target.host, other.dns.found()?.addresses.first()?);
    let is_service = context.trace.target.service.is_some();
    let host = if failure.text.contains(context.host()) { String::new() } else { format!("`{}`: ", context.host()) };
    let observation = Observation::new(format!("{host}{failure}; `{name}` resolves to {}", shown(*address)))
        .not_if(is_service.then(|| format!("`{name}` of the same region exists")), "CFG01")
        .not("DNS04", "the name has no `privatelink` step");
    Some(observation)
}

/// Whether the servers know a related host: one that this host is a companion of, or one of the same region, because
/// recognition and synthesis are in every region and other offerings are not.
fn is_known_beside(context: &RuleContext<'_>, other: &Trace) -> bool {
    let is_known = other.dns.has_passed() && !answered(other.dns.found()).is_empty() && other.target.service.is_some();
    let is_sibling = || family(context.host()).is_some_and(|own| family(&other.target.host) == Some(own));
    is_known && (context.trace.target.issues_tokens() || is_sibling())
}

/// Region and suffix of a host of recognition or synthesis: `westeurope.stt.speech.microsoft.com`.
fn family(host: &str) -> Option<(&str, &str)> {
    let (region, rest) = host.split_once('.')?;
    let (offering, suffix) = rest.split_once('.')?;
    matches!(offering, "stt" | "tts").then_some((region, suffix))
}

/// DNS13: an address that no Azure host has.
fn filtered(context: &RuleContext<'_>) -> Option<Observation> {
    let dns = context.dns().filter(|_| !context.is_container())?;
    let address = context.address().filter(|address| is_sinkhole(*address))?;
    let servers = answered(Some(dns));
    let is_local = dns.hosts_file.contains(&address.ip);
    if is_local || servers.iter().any(|answer| Outcome::of_server(answer) != Outcome::Special) {
        return None;
    }
    let observation = Observation::new(format!("{}{}", context.resolution(), agreement(&servers)))
        .not("DNS07", "the hosts file has no entry for it");
    Some(observation)
}

/// DNS14: this machine has nobody to ask. The system may know a name without a server, so it has to fail as well.
fn no_server_is_configured(context: &RuleContext<'_>) -> Option<Observation> {
    let machine = &context.evidence.machine;
    machine.lacks_name_servers.filter(|lacks| *lacks)?;
    // Windows reports a lookup that it cannot send as a name that does not exist.
    let is_unsent = |failure: &&Failure| match failure.kind {
        FailureKind::NoAnswer | FailureKind::TimedOut => true,
        FailureKind::NoSuchName => machine.system.as_deref() == Some("windows"),
        _ => false,
    };
    let failure = context.trace.dns.failure().filter(is_unsent)?;
    let text = format!("this machine has no DNS server, and the lookup of `{}` ends with: {failure}", context.host());
    Some(Observation::new(text).not("DNS02", "no server is configured that could answer"))
}

fn is_sinkhole(address: Address) -> bool {
    !is_translated(address.ip)
        && matches!(address.class, AddressClass::Special | AddressClass::Loopback | AddressClass::LinkLocal)
}

/// Whether an address of `64:ff9b::/96` translates to the IPv4 of the service (RFC 6052).
fn is_translated(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V6(v6) if v6.segments()[..2] == [0x64, 0xff9b])
}

/// The severity of a doubtful answer: an error when it causes a failure, otherwise a warning.
fn weight(context: &RuleContext<'_>) -> Severity {
    let is_unexpected = match context.trace.target.expect {
        Expectation::PrivateAddress => !context.is_private(),
        Expectation::PublicAddress => !context.is_public() && context.trace.failed_at().is_some(),
        Expectation::Either => {
            matches!(context.trace.failed_at(), Some(Stage::Tcp | Stage::Tls)) || context.policy().is_some()
        }
    };
    let failed = context.trace.dns.failure().is_some();
    if context.dns().is_some() && (failed || is_unexpected) { Severity::Error } else { Severity::Warning }
}

/// A lookup that found addresses on name servers, without an entry in the hosts file.
fn by_servers<'a>(context: &RuleContext<'a>) -> Option<&'a DnsFacts> {
    let is_asked = |dns: &&DnsFacts| dns.hosts_file.is_empty() && !dns.servers.is_empty();
    context.dns().filter(|_| context.trace.dns.has_passed()).filter(is_asked)
}

fn said_by(servers: &[&ServerAnswer]) -> String {
    let names: Vec<String> = servers.iter().map(|answer| answer.server.ip().to_string()).collect();
    let verb = if names.len() == 1 { "answers" } else { "answer" };
    format!("{} {verb} NXDOMAIN", joined(&names))
}

/// `; 168.63.129.16 and 10.0.0.2 agree`.
fn agreement(servers: &[&ServerAnswer]) -> String {
    let names: Vec<String> = servers.iter().map(|answer| answer.server.ip().to_string()).collect();
    match names.len() {
        0 => String::new(),
        1 => format!(", according to {}", names[0]),
        _ => format!("; {} agree", joined(&names)),
    }
}

/// The zone that denies a name.
fn denied_by(answer: &ServerAnswer) -> String {
    answer.soa.as_ref().map(|owner| format!(" (zone `{owner}`)")).unwrap_or_default()
}

fn server_of(servers: &[&ServerAnswer]) -> String {
    servers.first().map_or_else(|| "RESOLVER".to_owned(), |answer| answer.server.ip().to_string())
}

/// A resolver asks again, or the next server, after 5 s (`timeout` in resolv.conf(5)); less a margin for the clock.
const LATE: Duration = Duration::from_millis(4500);

/// A lookup that is too short to notice.
const SOON: Duration = Duration::from_secs(1);
