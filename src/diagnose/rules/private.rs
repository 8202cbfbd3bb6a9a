//! Rules of a private address that does not answer: something on the path blocks port 443 (TCP05), or this machine is not on
//! the private network (TCP11). The evidence is the route that the system would take, and what else answers.

use std::net::IpAddr;

use super::attempts::{answering, attempts, ended_with, first, is_private_alone};
use super::caller::Azure;
use super::{Observation, RuleContext};
use crate::diagnose::evidence::{AddressClass, FailureKind, TcpFacts, Trace};

/// TCP05: the private address does not answer while public hosts do.
pub(super) fn silent(context: &RuleContext<'_>) -> Option<Observation> {
    let facts = ended_with(context, FailureKind::TimedOut).filter(|_| is_private_alone(context))?;
    let other = answering(context, facts).map(|host| format!("`{host}` answers on 443"));
    let beside = other.as_ref().map(|text| format!("; {text}")).unwrap_or_default();
    let place = Place::of(context, facts);
    let observation = Observation::new(format!("{}{beside}{}", attempts(context, facts), place.words(&first(facts))))
        .remedied(place.is_doubtful().then_some(OPEN_THE_PORT))
        .ranked(u8::from(place.is_probably_outside()))
        .not("DNS03", "the address is private, as expected")
        .not_if(other, "TCP01")
        .not_if(place.why_on_the_network(), "TCP11");
    Some(observation.with("ADDRESS", first(facts)))
}

/// TCP11: this machine has no route to the private network, or nothing shows that it has one.
pub(super) fn not_on_the_network(context: &RuleContext<'_>) -> Option<Observation> {
    let facts = context.tcp().filter(|_| context.trace.tcp.failure().is_some() && is_private_alone(context))?;
    let public = answering(context, facts)?;
    let place = Place::of(context, facts);
    let is_routeless = matches!(place, Place::NoRoute(_));
    let is_shown = context.documents.is_some() && super::path::is_away(context);
    if !is_shown && !is_routeless && (!place.is_doubtful() || ended_with(context, FailureKind::TimedOut).is_none()) {
        return None;
    }
    let text = format!("{}; `{public}` answers on 443{}", attempts(context, facts), place.words(&first(facts)));
    let observation = Observation::new(text)
        .remedied(place.is_doubtful().then_some(JOIN_THE_NETWORK))
        .ranked(u8::from(place.is_doubtful() && !place.is_probably_outside()))
        .not("DNS03", "the address is private, as expected")
        .not("TCP01", format!("`{public}` answers on 443"))
        .not_if(is_routeless.then_some("no packet leaves this machine, so no firewall drops it"), "TCP05");
    Some(observation.with("ADDRESS", first(facts)))
}

/// Whether the system has no route to the private address.
pub(super) fn is_without_route(context: &RuleContext<'_>) -> bool {
    context.tcp().is_some_and(|facts| matches!(Place::of(context, facts), Place::NoRoute(_)))
}

/// Whether the route leaves in doubt that this machine is on the private network of the address that does not answer.
pub(super) fn may_be_away(context: &RuleContext<'_>) -> bool {
    let facts = context.tcp().filter(|_| context.trace.tcp.failure().is_some() && is_private_alone(context));
    facts
        .map(|facts| Place::of(context, facts))
        .is_some_and(|place| matches!(place, Place::NoRoute(_)) || place.is_doubtful())
}

/// Where this machine is, as far as its route to the private address and its neighbours show.
#[derive(Clone, Debug)]
enum Place {
    /// The system has no route to the address.
    NoRoute(String),
    /// Another private endpoint answers.
    Inside(String),
    /// This machine is in Azure, where peering and security groups decide.
    Azure(String),
    /// A route of its own leads to the address.
    OwnRoute {
        source: IpAddr,
        public: IpAddr,
    },
    /// Packets leave from a public address, which private networks rarely carry.
    PublicSource(IpAddr),
    /// The way out is that of every other packet, and the hosts file gives the address: no resolver of the network knows it.
    HostsFile(IpAddr),
    /// The way out is that of every other packet.
    UsualRoute(IpAddr),
    Unknown,
}

impl Place {
    fn of(context: &RuleContext<'_>, facts: &TcpFacts) -> Self {
        let route = facts.route.as_ref();
        if let Some(failure) = route.and_then(|route| route.failure.as_ref()) {
            return Self::NoRoute(failure.to_string());
        }
        let azure = Azure::of(context.evidence);
        if let Some((host, ip)) = context.others().find_map(private_answer) {
            return Self::Inside(format!("`{host}` answers at {ip} (private)"));
        }
        if azure.is_certain() {
            return Self::Azure(azure.words());
        }
        let Some(source) = route.and_then(|route| route.source) else { return Self::Unknown };
        match route.and_then(|route| route.public_source) {
            _ if matches!(AddressClass::of(source), AddressClass::Public | AddressClass::Special) => {
                Self::PublicSource(source)
            }
            Some(public) if public != source => Self::OwnRoute { source, public },
            _ if context.dns().is_some_and(|dns| !dns.hosts_file.is_empty()) => Self::HostsFile(source),
            _ => Self::UsualRoute(source),
        }
    }

    /// Whether this machine may be elsewhere.
    fn is_doubtful(&self) -> bool {
        matches!(self, Self::PublicSource(_) | Self::HostsFile(_) | Self::UsualRoute(_))
    }

    fn is_probably_outside(&self) -> bool {
        matches!(self, Self::PublicSource(_) | Self::HostsFile(_))
    }

    fn why_on_the_network(&self) -> Option<String> {
        match self {
            Self::Inside(fact) => Some(fact.clone()),
            _ => None,
        }
    }

    /// The fact, as the rest of a sentence.
    fn words(&self, address: &str) -> String {
        match self {
            Self::NoRoute(failure) => format!("; this machine has no route to {address} ({failure})"),
            Self::Inside(fact) => format!("; {fact}"),
            Self::Azure(words) => words.clone(),
            Self::OwnRoute { source, public } => {
                format!("; packets to {address} leave from {source}, and those to public hosts from {public}")
            }
            Self::PublicSource(source) => {
                format!("; packets to {address} leave from {source}, which is a public address")
            }
            Self::HostsFile(source) => {
                format!(
                    "; packets to {address} leave from {source}, as those to public hosts do; the hosts file gives the address"
                )
            }
            Self::UsualRoute(source) => {
                format!("; packets to {address} leave from {source}, as those to public hosts do")
            }
            Self::Unknown => String::new(),
        }
    }
}

/// A host that connected at a private address.
fn private_answer(trace: &Trace) -> Option<(&str, IpAddr)> {
    let connected = trace.tcp.found().and_then(|facts| facts.connected)?.ip();
    let is_proxied = trace.proxy.found().is_some_and(|facts| facts.proxy.is_some());
    (AddressClass::of(connected).is_private() && !is_proxied).then_some((trace.target.host.as_str(), connected))
}

/// The remedy of TCP05 where TCP11 fits as well. The first commands decide.
const OPEN_THE_PORT: (&str, &[&str]) = (
    "allow TCP 443 from this network to ADDRESS in every network security group and firewall in between. Run the first \
        command to decide: if the route does not lead through the VPN, the ExpressRoute circuit or \
        the virtual network of the private endpoint, this machine is not on the private network (TCP11). If the second command lists no private \
        endpoint with this address, the record or the entry of the hosts file is stale (DNS06, DNS07)",
    &[
        "ip route get ADDRESS",
        "az network private-endpoint list --query \"[].customDnsConfigs[].[fqdn, ipAddresses[0]]\" -o table",
        "az network nsg rule create -g GROUP --nsg-name NSG -n speech --priority PRIORITY --direction Outbound --access \
            Allow --protocol Tcp --destination-port-ranges 443 --destination-address-prefixes ADDRESS",
    ],
);

/// The remedy of TCP11 where TCP05 fits as well.
const JOIN_THE_NETWORK: (&str, &[&str]) = (
    "connect this machine to the network of the private endpoint: start the VPN and check that it carries the route to \
        ADDRESS, peer the two virtual networks in both directions, or work from a virtual machine in that network (a jump \
        box). Run the first command to decide: if the route leads through the VPN, the ExpressRoute \
        circuit or the virtual network, a firewall on the path blocks port 443 (TCP05)",
    &["ip route get ADDRESS", "az network vnet peering list -g GROUP --vnet-name VNET -o table"],
);
