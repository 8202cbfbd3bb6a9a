//! The caller of a refused request: its address as the service may see it, and whether it is in Azure.

use std::net::{IpAddr, Ipv4Addr};

use super::RuleContext;
use super::context::neighbours;
use super::wording::joined;
use crate::diagnose::evidence::{AddressClass, Evidence, MetadataFacts};

/// What this machine knows about the caller.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller<'a> {
    pub(super) source: Source,
    azure: Azure<'a>,
}

/// Where a connection comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// Through a proxy, whose address the service sees.
    Proxy,
    /// A public address of this machine.
    Public(IpAddr),
    /// A private address: the service sees it through a service endpoint, else the public address behind it.
    Private(IpAddr),
    Unknown,
}

/// Whether this machine is in Azure. Without a sign, it may be in Azure all the same.
#[derive(Clone, Copy, Debug)]
pub(super) enum Azure<'a> {
    /// The instance metadata service answers.
    Metadata(&'a MetadataFacts),
    /// Azure's resolver answers, which only networks in Azure reach.
    Resolver,
    /// The instance metadata service was queried and does not answer.
    Denied,
    Unknown,
}

impl<'a> Azure<'a> {
    pub(super) fn of(evidence: &'a Evidence) -> Self {
        let metadata = evidence.machine.metadata.as_ref();
        if let Some(facts) = metadata.filter(|facts| facts.is_azure) {
            return Self::Metadata(facts);
        }
        let servers =
            neighbours(evidence).iter().filter_map(|trace| trace.dns.found()).flat_map(|facts| &facts.servers);
        if servers.into_iter().any(|answer| answer.server.ip() == AZURE_RESOLVER && answer.rcode.is_some()) {
            return Self::Resolver;
        }
        if metadata.is_some() { Self::Denied } else { Self::Unknown }
    }

    /// Whether a fact shows that this machine is in Azure.
    pub(super) fn is_certain(self) -> bool {
        matches!(self, Self::Metadata(_) | Self::Resolver)
    }

    /// The fact, as the rest of a sentence.
    pub(super) fn words(self) -> String {
        match self {
            Self::Metadata(facts) => {
                let subnets: Vec<String> = facts.subnets.iter().map(|range| format!("subnet {range}")).collect();
                let place = if subnets.is_empty() { String::new() } else { format!(", in the {}", joined(&subnets)) };
                format!("; the instance metadata service answers, so this machine is in Azure{place}")
            }
            Self::Resolver => format!("; {AZURE_RESOLVER} answers, so this machine is in Azure"),
            Self::Denied => {
                "; the instance metadata service does not answer, so this machine is probably not a virtual \
                machine in Azure"
                    .to_owned()
            }
            Self::Unknown => String::new(),
        }
    }
}

impl<'a> Caller<'a> {
    pub(super) fn of(context: &RuleContext<'a>) -> Self {
        Self { source: Source::of(context), azure: Azure::of(context.evidence) }
    }

    /// Whether the request may come from a subnet: its machines have private addresses.
    pub(super) fn may_be_in_a_subnet(self) -> bool {
        !matches!(self.source, Source::Public(_))
    }

    /// Whether the caller is probably outside Azure, where no service endpoint exists.
    pub(super) fn is_probably_outside(self) -> bool {
        matches!((self.azure, self.source), (Azure::Denied, Source::Private(_) | Source::Unknown))
    }

    /// The fact that rules a subnet out.
    pub(super) fn why_no_subnet(self) -> Option<String> {
        match self.source {
            Source::Public(address) => {
                Some(format!("the connection leaves from {address}, and a subnet would give it a private address"))
            }
            _ => None,
        }
    }

    pub(super) fn words(self) -> String {
        match self.source {
            Source::Private(address) => format!(", from {address} (private){}", self.azure.words()),
            Source::Public(address) => format!(", from {address} (public){}", self.azure.words()),
            Source::Unknown => self.azure.words(),
            // The service sees the proxy, wherever this machine is.
            Source::Proxy => String::new(),
        }
    }
}

impl Source {
    fn of(context: &RuleContext<'_>) -> Self {
        if context.proxied().is_some() {
            return Self::Proxy;
        }
        let Some(local) = context.tcp().and_then(|facts| facts.local) else { return Self::Unknown };
        match AddressClass::of(local) {
            // No connection leaves from an address for documentation, except in a test that stands in for a public one.
            AddressClass::Public | AddressClass::Special => Self::Public(local),
            AddressClass::Private | AddressClass::Shared => Self::Private(local),
            _ => Self::Unknown,
        }
    }
}

/// The resolver and host service of every virtual network; no other network has it.
/// <https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16>
pub(super) const AZURE_RESOLVER: IpAddr = IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16));
