//! The facts about one target that rules share.

use url::Url;

use super::RuleContext;
use super::refusal::{Closing, Refusal, phrase, quoted};
use super::wording::{lasting, shown};
use crate::diagnose::alias::Fingerprint;
use crate::diagnose::evidence::{
    Address, AddressClass, AuthFacts, AuthTry, DnsFacts, Evidence, FailureKind, HoldEnd, HoldFacts, HttpFacts,
    NameAnswer, Phase, ProxyFacts, Reply, Retry, TcpFacts, TlsFacts, Trace, UpgradeFacts,
};
use crate::resolve::cloud::{Cloud, OFFERINGS};
use crate::resolve::endpoint::Expectation;
use crate::resolve::scenario::Scenario;
use crate::resolve::service::Service;

impl<'a> RuleContext<'a> {
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

    /// The idle time of the socket.
    pub(super) fn held(&self) -> Option<&'a HoldFacts> {
        self.upgrade()?.hold.as_ref()
    }

    /// The proxy in use.
    pub(super) fn proxied(&self) -> Option<&'a str> {
        self.trace.proxied()
    }

    pub(super) fn is_own(&self) -> bool {
        self.trace.target.is_own_host && !self.is_container()
    }

    /// Whether a private endpoint may stand in for this host.
    pub(super) fn may_have_private_endpoint(&self) -> bool {
        self.is_own() || self.is_of_project()
    }

    /// Whether the host is that of another resource of a Foundry project.
    pub(super) fn is_of_project(&self) -> bool {
        self.trace.target.is_of_project()
    }

    /// A host of the same resource or project that resolves to a private address. One private endpoint serves every host of a
    /// resource, so all of them have to.
    pub(super) fn private_sibling(&self) -> Option<(&'a str, Address)> {
        if !self.may_have_private_endpoint() {
            return None;
        }
        let own = self.host().split('.').next();
        let is_sibling = |other: &&Trace| {
            other.target.is_own_host && (self.is_of_project() || other.target.host.split('.').next() == own)
        };
        self.others()
            .filter(is_sibling)
            .filter_map(|other| Some((other.target.host.as_str(), *other.dns.found()?.addresses.first()?)))
            .find(|(_, address)| address.class.is_private())
    }

    pub(super) fn is_container(&self) -> bool {
        self.evidence.resource.host.is_some()
    }

    /// Whether no document about the account says anything about this host.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.is_container() || self.trace.target.private_zone.is_some()
    }

    /// Whether documents about this machine may exist and matter: unless it is certainly not in Azure, or another machine connects.
    pub(crate) fn machine_may_be_in_azure(&self) -> bool {
        let is_denied = self.evidence.machine.metadata.as_ref().is_some_and(|facts| !facts.is_azure);
        !is_denied && self.proxied().is_none()
    }

    pub(super) fn expects_private(&self) -> bool {
        self.trace.target.expect == Expectation::PrivateAddress
    }

    pub(super) fn expects_any(&self) -> bool {
        self.trace.target.expect == Expectation::Either
    }

    /// The address that an application uses first.
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

    /// The response to the credential, when the service rejected it or the caller.
    pub(super) fn denied(&self) -> Option<&'a AuthFacts> {
        self.trace.auth.found().filter(|_| self.trace.auth.failed_with(FailureKind::Denied))
    }

    /// The response at which the road ends.
    pub(super) fn refusal(&self) -> Option<&'a Reply> {
        let auth = self.trace.auth.failure().and(self.trace.auth.found()).map(|facts| &facts.reply);
        let upgrade = self.trace.websocket.failure().and(self.upgrade()).map(|facts| &facts.reply);
        let http = self.trace.http.failure().and(self.http()).map(|facts| &facts.reply);
        let trip = self.trip().and_then(|trip| trip.failure.as_ref().and(trip.reply.as_ref()));
        auth.or(upgrade).or(http).or(trip).filter(|reply| reply.status >= 200)
    }

    /// That response, when it has one of these statuses.
    pub(super) fn refused_with(&self, statuses: &[u16]) -> Option<&'a Reply> {
        self.refusal().filter(|reply| statuses.contains(&reply.status))
    }

    /// The 403 of the network policy, with its reason. At the resource's own host, one without a text counts as such:
    /// a key is rejected there with 401, and upgrades are refused without a body.
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

    /// That 403 in words, with the address of its sender, when it has this reason.
    pub(super) fn refused_by_network(&self, why: Refusal) -> Option<String> {
        let (reply, _) = self.policy().filter(|(_, refusal)| *refusal == why)?;
        let way = match (self.proxied(), self.address()) {
            (Some(proxy), _) => format!(" through `{proxy}`"),
            (None, Some(address)) => format!(" at {}", shown(address)),
            (None, None) => String::new(),
        };
        Some(format!("`{}`{way} answers {}", self.host(), phrase(reply)))
    }

    fn is_public_access_disabled(&self) -> bool {
        matches!(
            self.evidence.resource.scenario,
            Some(Scenario::DisabledPrivateEndpoint | Scenario::DisabledUnreachable)
        )
    }

    /// Whether the path is that of a real-time service at a custom domain.
    pub(super) fn is_realtime_path(&self) -> bool {
        let url = Url::parse(&self.trace.target.url).ok();
        let first = url.as_ref().and_then(|url| url.path_segments()?.next());
        first.is_some_and(|first| OFFERINGS.contains(&first))
    }

    /// Whether a silent stage passes on a connection with small segments: the path loses large packets.
    pub(super) fn has_lost_large_packets(&self) -> bool {
        self.tcp().and_then(|facts| facts.small_segments.as_ref()).is_some_and(|small| small.failure.is_none())
    }

    /// The other targets of the run.
    pub(super) fn others(&self) -> impl Iterator<Item = &'a Trace> {
        let host = self.host();
        neighbours(self.evidence).iter().filter(move |trace| trace.target.host != host)
    }

    /// The chain from the name to its address, in words.
    pub(super) fn resolution(&self) -> String {
        let host = self.host();
        let private = self.chain.names.iter().find(|name| name.contains(".privatelink."));
        let passes = match private.or(self.chain.names.get(1)) {
            Some(name) if name != host => format!("`{host}` passes `{name}`"),
            _ => format!("`{host}` has no alias"),
        };
        match self.address() {
            Some(address) => format!("{passes} and ends at {}", shown(address)),
            None => passes,
        }
    }

    /// The lookup of the same name as a custom domain.
    pub(super) fn namesake(&self) -> Option<&'a NameAnswer> {
        let label = self.host().split('.').next()?;
        self.dns()?.also.iter().find(|also| also.name.split('.').next() == Some(label) && also.name != self.host())
    }

    /// The service, if this version knows it.
    pub(super) fn service(&self) -> Option<Service> {
        self.trace.target.service.as_deref()?.parse().ok()
    }

    /// The scope to request Entra tokens for. That of Foundry is documented in the public cloud alone.
    pub(crate) fn token_scope(&self) -> Option<String> {
        let (resource, service) = (&self.evidence.resource, self.service());
        let cloud: Option<Cloud> = resource.cloud.as_deref().and_then(|cloud| cloud.parse().ok());
        let is_documented = cloud == Some(Cloud::Public) || service == Some(Service::VoiceAgent);
        let is_of_foundry =
            service.is_some_and(|service| !service.is_of_speech() && service != Service::MaiTranscription);
        let foundry = cloud.filter(|_| is_of_foundry && is_documented);
        let foundry = foundry.and_then(|cloud| cloud.suffixes().foundry_scope().map(str::to_owned));
        foundry.or_else(|| resource.token_scope.clone())
    }

    /// The peer of the connection, in words.
    pub(super) fn peer(&self) -> String {
        let connected = self.tcp().and_then(|facts| facts.connected);
        connected.map_or_else(|| format!("`{}`", self.host()), |peer| peer.to_string())
    }

    /// The 404 to the real-time path of a custom domain that leads to the regional gateway (CFG14).
    pub(super) fn without_realtime(&self) -> Option<&'a Reply> {
        let reply = self.refused_with(&[404]).filter(|_| self.is_own() && self.is_realtime_path())?;
        let is_named = self.http().is_some_and(|http| http.redirect.as_ref().is_some_and(|named| named.host.is_some()));
        let is_gateway = self.has(Fingerprint::RegionalGateway) || (is_named && !self.chain.has_private_link);
        is_gateway.then_some(reply)
    }

    /// The close of a socket after its upgrade.
    pub(super) fn closed(&self) -> Option<Closed> {
        let (facts, host) = (self.upgrade()?, self.host());
        if self.trace.websocket.failed_with(FailureKind::Closed) {
            let (code, reason) = (facts.close_code, facts.close_reason.as_deref().unwrap_or_default());
            let after = facts.closed_after_ms.map(|millis| format!(" {millis:.0} ms")).unwrap_or_default();
            let words = format!("`{host}` answers 101 and closes{after} later {}", frame(code, reason));
            return Some(Closed {
                words,
                why: Closing::of(code, reason),
                when: ClosedWhen::AtOnce,
                is_recycled: false,
            });
        }
        if let Some(hold) = self.held().filter(|hold| hold.end == HoldEnd::Closed) {
            let (code, reason) = (hold.close_code, hold.close_reason.as_deref().unwrap_or_default());
            let after = lasting(hold.silent);
            let words = format!("`{host}` closes the idle socket after {after} {}", frame(code, reason));
            let is_recycled = is_recycling(code, reason);
            return Some(Closed { words, why: Closing::of(code, reason), when: ClosedWhen::Idle, is_recycled });
        }
        self.closed_in_turn()
    }

    /// The end of a socket during a round trip.
    fn closed_in_turn(&self) -> Option<Closed> {
        let trip = self.failed_trip(&[FailureKind::Closed, FailureKind::Reset])?;
        if trip.phase == Phase::Connect || !self.trace.target.is_websocket {
            return None;
        }
        let (host, code, task) = (self.host(), trip.close_code, trip.exchange.title());
        let reason = trip.close_reason.as_deref().unwrap_or_default();
        let after = trip.times.end_ms.map(|end| format!(" {end:.0} ms later")).unwrap_or_default();
        let place = match trip.phase {
            Phase::Start => String::new(),
            phase => format!(", before the {}", phase.awaited()),
        };
        let words = format!("`{host}` is asked to {task} and closes the socket{after} {}{place}", frame(code, reason));
        let (why, is_recycled) = (Closing::of(code, reason), is_recycling(code, reason));
        let when = if trip.phase == Phase::Start { ClosedWhen::BeforeTurn } else { ClosedWhen::InTurn };
        Some(Closed { words, why, when, is_recycled })
    }
}

/// The close of a socket.
pub(super) struct Closed {
    /// The close in words.
    pub(super) words: String,
    /// The reason.
    pub(super) why: Closing,
    /// When the peer closed it.
    pub(super) when: ClosedWhen,
    /// Whether the service says that it recycles the connection.
    pub(super) is_recycled: bool,
}

/// The time at which a socket is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClosedWhen {
    /// Right after the upgrade.
    AtOnce,
    /// While it was idle.
    Idle,
    /// After a request, before its turn began.
    BeforeTurn,
    /// In a turn.
    InTurn,
}

/// Whether a close frame announces that the service recycles the connection.
pub(super) fn is_recycling(code: Option<u16>, reason: &str) -> bool {
    code == Some(RESTART) || reason.contains("shutting down")
}

/// `Service Restart`. <https://www.iana.org/assignments/websocket/websocket.xhtml>
const RESTART: u16 = 1012;

/// A close frame in words.
fn frame(code: Option<u16>, reason: &str) -> String {
    match code {
        Some(code) if reason.is_empty() => format!("with {code}"),
        Some(code) => format!("with {code} {}", quoted(reason)),
        None => "without a close frame".to_owned(),
    }
}

/// Whether the service accepted a credential: it opened the socket, answered, or went on to check the request.
pub(super) fn is_accepted(other: &AuthTry) -> bool {
    let is_token_call = other.retry == Retry::IssueToken || other.form == "issued_token";
    other.status.is_some_and(|status| matches!(status, 101 | 400 | 200..=299)) && !is_token_call
}

/// Whether a name exists, if only as an alias into a private zone.
pub(super) fn exists(namesake: &NameAnswer) -> bool {
    let answer = &namesake.answer;
    !answer.addresses.is_empty() || !answer.chain.is_empty()
}

/// Returns the targets that a rule at one target may compare with: all of a run. Saved evidence can have any number of targets,
/// and each of them is compared with the first ones, so that the time stays linear.
pub(super) fn neighbours(evidence: &Evidence) -> &[Trace] {
    &evidence.traces[..evidence.traces.len().min(MOST_NEIGHBOURS)]
}

/// Almost twice as many as the largest plan has.
const MOST_NEIGHBOURS: usize = 128;
