//! What was seen on the way to a host: cheap to keep while all goes well, and evidence once somebody asks.

use std::net::IpAddr;
use std::time::Duration;

use tokio::time::Instant;

use crate::diagnose::evidence::{Address, Failure, Lookup, ProxyFacts, Skip, Step, TcpFacts, TlsFacts, Trace};
use crate::diagnose::stage::Stage;
use crate::net::tls::Session;

/// The stages of one connection.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) dns: Step<Vec<IpAddr>>,
    pub(super) tcp: Step<TcpFacts>,
    pub(super) proxy: Step<ProxyFacts>,
    pub(super) tls: Step<Shaken>,
}

/// What a handshake left.
#[derive(Debug)]
pub(super) enum Shaken {
    Session(Session),
    Refused(Box<TlsFacts>),
}

impl Log {
    pub(super) fn new() -> Self {
        let (dns, tcp, proxy, tls) =
            (Step::not_reached(), Step::not_reached(), Step::not_reached(), Step::not_reached());
        Self { dns, tcp, proxy, tls }
    }

    /// The stage that failed.
    pub(super) fn failed_at(&self) -> Stage {
        match (&self.dns, &self.tcp, &self.proxy) {
            (Step::Failed { .. }, ..) => Stage::Dns,
            (_, Step::Failed { .. }, _) => Stage::Tcp,
            (.., Step::Failed { .. }) => Stage::Proxy,
            _ => Stage::Tls,
        }
    }

    /// Whether a whole lookup would say more than what the connection needed of it.
    pub(super) fn wants_lookup(&self) -> bool {
        self.dns.skipped().is_none()
    }

    /// The stages in a trace, with everything that a lookup found beside.
    pub(super) fn write(self, trace: &mut Trace, lookup: Option<Lookup>) {
        let found = lookup.map(|lookup| lookup.facts);
        trace.dns = match self.dns {
            Step::Passed { found: addresses, took } => {
                let mut found = found.unwrap_or_default();
                // What the connection went by counts, not what a later lookup says.
                found.addresses = addresses.into_iter().map(Address::from).collect();
                Step::Passed { found, took }
            }
            Step::Failed { failure, took, .. } => Step::Failed { failure, found, took },
            Step::Skipped { because } => Step::Skipped { because },
        };
        trace.tcp = self.tcp;
        trace.proxy = self.proxy;
        trace.tls = match self.tls {
            Step::Passed { found, took } => Step::Passed { found: found.facts(), took },
            Step::Failed { failure, found, took } => Step::Failed { failure, found: found.map(Shaken::facts), took },
            Step::Skipped { because } => Step::Skipped { because },
        };
        if let Some(stage) = trace.failed_at() {
            if trace.http.skipped() == Some(Skip::NotAsked) && !matches!(stage, Stage::WebSocket | Stage::Auth) {
                trace.http = Step::Skipped { because: Skip::Ended };
            }
            trace.skip_rest(Skip::After(stage));
        }
    }
}

impl Shaken {
    fn facts(self) -> TlsFacts {
        match self {
            Self::Session(session) => session.facts(),
            Self::Refused(facts) => *facts,
        }
    }
}

/// A step by how it went.
pub(super) fn step<T>(found: T, failure: Option<&Failure>, begun: Instant) -> Step<T> {
    let took: Duration = begun.elapsed();
    match failure.cloned() {
        None => Step::Passed { found, took },
        Some(failure) => Step::Failed { failure, found: Some(found), took },
    }
}
