//! The log of one connection: cheap to keep while a call succeeds, and converted to evidence when it fails.

use std::net::IpAddr;
use std::time::Duration;

use tokio::time::Instant;

use crate::diagnose::evidence::{
    Address, DnsFacts, Failure, Lookup, ProxyFacts, Skip, Step, TcpFacts, TlsFacts, Trace,
};
use crate::diagnose::stage::Stage;
use crate::net::tls::Session;

/// The stages of one connection, from the lookup to the TLS handshake.
#[derive(Debug)]
pub(super) struct TraceLog {
    pub(super) dns: Step<Vec<IpAddr>>,
    pub(super) tcp: Step<TcpFacts>,
    pub(super) proxy: Step<ProxyFacts>,
    pub(super) tls: Step<Handshake>,
}

/// The outcome of a TLS handshake.
#[derive(Debug)]
pub(super) enum Handshake {
    Completed(Session),
    Failed(Box<TlsFacts>),
}

impl TraceLog {
    pub(super) fn new() -> Self {
        let (dns, tcp, proxy, tls) =
            (Step::not_reached(), Step::not_reached(), Step::not_reached(), Step::not_reached());
        Self { dns, tcp, proxy, tls }
    }

    /// Returns the stage that failed.
    pub(super) fn failed_at(&self) -> Stage {
        match (&self.dns, &self.tcp, &self.proxy) {
            (Step::Failed { .. }, ..) => Stage::Dns,
            (_, Step::Failed { .. }, _) => Stage::Tcp,
            (.., Step::Failed { .. }) => Stage::Proxy,
            _ => Stage::Tls,
        }
    }

    /// Returns whether a full lookup adds to what the connection needed.
    pub(super) fn wants_lookup(&self) -> bool {
        self.dns.skipped().is_none()
    }

    /// Writes the stages to a trace, together with the facts of a full lookup.
    pub(super) fn write(self, trace: &mut Trace, lookup: Option<Lookup>) {
        let found = lookup.map(|lookup| lookup.facts);
        trace.dns = match self.dns {
            Step::Passed { found: addresses, took } => {
                let mut found = found.unwrap_or_default();
                // The addresses that the connection used count, not those that a later lookup returns.
                found.addresses = addresses.into_iter().map(Address::from).collect();
                Step::Passed { found: found.bounded(), took }
            }
            Step::Failed { failure, took, .. } => Step::Failed { failure, found: found.map(DnsFacts::bounded), took },
            Step::Skipped { because } => Step::Skipped { because },
        };
        trace.tcp = self.tcp;
        trace.proxy = self.proxy;
        trace.tls = match self.tls {
            Step::Passed { found, took } => Step::Passed { found: found.facts(), took },
            Step::Failed { failure, found, took } => Step::Failed { failure, found: found.map(Handshake::facts), took },
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

impl Handshake {
    fn facts(self) -> TlsFacts {
        match self {
            Self::Completed(session) => session.facts(),
            Self::Failed(facts) => *facts,
        }
    }
}

/// Returns a passed step, or a failed one if there is a failure.
pub(super) fn step<T>(found: T, failure: Option<&Failure>, begun: Instant) -> Step<T> {
    let took: Duration = begun.elapsed();
    match failure.cloned() {
        None => Step::Passed { found, took },
        Some(failure) => Step::Failed { failure, found: Some(found), took },
    }
}
