//! What rules ask about one target.

use std::net::IpAddr;
use std::time::Duration;

use url::Url;

use super::Sight;
use super::refusal::Refusal;
use crate::diagnose::alias::{AliasChain, Fingerprint};
use crate::diagnose::evidence::{
    Address, AddressClass, AuthFacts, DnsFacts, Evidence, HoldFacts, HttpFacts, ProxyFacts, Reply, TcpFacts, TlsFacts,
    Trace, UpgradeFacts,
};
use crate::resolve::cloud::OFFERINGS;
use crate::resolve::endpoint::Expectation;
use crate::resolve::scenario::Scenario;

impl<'a> Sight<'a> {
    /// One target of a run, with its aliases read.
    #[must_use]
    pub fn new(evidence: &'a Evidence, trace: &'a Trace) -> Self {
        let nothing = DnsFacts::default();
        let chain = AliasChain::read(&trace.target.host, trace.dns.found().unwrap_or(&nothing));
        Self { evidence, trace, chain }
    }

    pub(super) fn host(&self) -> &'a str {
        &self.trace.target.host
    }

    pub(super) fn dns(&self) -> Option<&'a DnsFacts> {
        self.trace.dns.found()
    }

    pub(super) fn tcp(&self) -> Option<&'a TcpFacts> {
        self.trace.tcp.found()
    }

    pub(crate) fn proxy(&self) -> Option<&'a ProxyFacts> {
        self.trace.proxy.found()
    }

    pub(super) fn tls(&self) -> Option<&'a TlsFacts> {
        self.trace.tls.found()
    }

    pub(super) fn http(&self) -> Option<&'a HttpFacts> {
        self.trace.http.found()
    }

    pub(super) fn upgrade(&self) -> Option<&'a UpgradeFacts> {
        self.trace.websocket.found()
    }

    /// The socket that was held in silence.
    pub(super) fn held(&self) -> Option<&'a HoldFacts> {
        self.upgrade()?.hold.as_ref()
    }

    /// The proxy that is used.
    pub(super) fn proxied(&self) -> Option<&'a str> {
        self.proxy()?.proxy.as_deref()
    }

    pub(super) fn is_own(&self) -> bool {
        self.trace.target.is_own_host && !self.is_container()
    }

    pub(super) fn is_container(&self) -> bool {
        self.evidence.resource.host.is_some()
    }

    pub(super) fn expects_private(&self) -> bool {
        self.trace.target.expect == Expectation::PrivateAddress
    }

    pub(super) fn expects_any(&self) -> bool {
        self.trace.target.expect == Expectation::Either
    }

    /// The address that an application would use first.
    pub(super) fn address(&self) -> Option<Address> {
        self.dns()?.addresses.first().copied()
    }

    pub(super) fn is_private(&self) -> bool {
        self.address().is_some_and(|address| address.class.is_private())
    }

    pub(super) fn is_public(&self) -> bool {
        self.address().is_some_and(|address| address.class == AddressClass::Public)
    }

    pub(super) fn has(&self, fingerprint: Fingerprint) -> bool {
        self.chain.fingerprint == Some(fingerprint)
    }

    /// What the service said to the credential, when it refused it.
    pub(super) fn denied(&self) -> Option<&'a AuthFacts> {
        self.trace.auth.failure().and(self.trace.auth.found())
    }

    /// The answer that ended the way.
    pub(super) fn refusal(&self) -> Option<&'a Reply> {
        let auth = self.denied().map(|facts| &facts.reply);
        let upgrade = self.trace.websocket.failure().and(self.upgrade()).map(|facts| &facts.reply);
        let http = self.trace.http.failure().and(self.http()).map(|facts| &facts.reply);
        auth.or(upgrade).or(http).filter(|reply| reply.status >= 200)
    }

    /// That answer, when it has one of these statuses.
    pub(super) fn refused_with(&self, statuses: &[u16]) -> Option<&'a Reply> {
        self.refusal().filter(|reply| statuses.contains(&reply.status))
    }

    /// The 403 of the network policy, with what it is about. One without a text at the resource's own host is taken for
    /// such: a key is refused there with 401, and upgrades are refused without a body.
    pub(super) fn policy(&self) -> Option<(&'a Reply, Refusal)> {
        let reply = self.refused_with(&[403])?;
        match Refusal::of(reply) {
            refusal @ (Refusal::PublicAccess | Refusal::NetworkRules) => Some((reply, refusal)),
            Refusal::Unnamed if self.is_own() && self.is_public_access_disabled() => {
                Some((reply, Refusal::PublicAccess))
            }
            Refusal::Unnamed if self.is_own() => Some((reply, Refusal::NetworkRules)),
            _ => None,
        }
    }

    fn is_public_access_disabled(&self) -> bool {
        matches!(
            self.evidence.resource.scenario,
            Some(Scenario::DisabledPrivateEndpoint | Scenario::DisabledUnreachable)
        )
    }

    /// Whether the path is one of the real-time services, as a custom domain has them.
    pub(super) fn is_realtime_path(&self) -> bool {
        let url = Url::parse(&self.trace.target.url).ok();
        let first = url.as_ref().and_then(|url| url.path_segments()?.next());
        first.is_some_and(|first| OFFERINGS.contains(&first))
    }

    /// The other targets of the run.
    pub(super) fn others(&self) -> impl Iterator<Item = &'a Trace> {
        let host = self.host();
        self.evidence.traces.iter().filter(move |trace| trace.target.host != host)
    }

    /// The way from the name to its address, in words.
    pub(super) fn way(&self) -> String {
        let host = self.host();
        let telling = self.chain.names.iter().find(|name| name.contains(".privatelink."));
        let passes = match telling.or(self.chain.names.get(1)) {
            Some(name) if name != host => format!("`{host}` passes `{name}`"),
            _ => format!("`{host}` has no alias"),
        };
        match self.address() {
            Some(address) => format!("{passes} and ends at {}", shown(address)),
            None => passes,
        }
    }
}

/// An address with its class.
pub(super) fn shown(address: Address) -> String {
    format!("{} ({})", address.ip, address.class)
}

/// Addresses, none left out silently.
pub(super) fn listed(addresses: &[IpAddr]) -> String {
    let shown: Vec<String> = addresses.iter().take(3).map(|ip| shown(Address::from(*ip))).collect();
    let more = addresses.len().saturating_sub(shown.len());
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { joined(&shown) }
}

/// `a, b and c`.
pub(super) fn joined(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A duration for people.
pub(super) fn lasting(took: Duration) -> String {
    if took < Duration::from_secs(1) {
        format!("{} ms", took.as_millis())
    } else {
        format!("{:.1} s", took.as_secs_f64())
    }
}
