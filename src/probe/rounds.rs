//! Rounds: timed connections to each target that works. A cold round starts from nothing, and a warm round reuses the
//! addresses and the TLS session of the cold one.

use tokio::time::{Instant, timeout_at};

use super::connection::FurtherConnection;
use super::observer::Observer;
use super::target::{Route, TargetProbe};
use crate::diagnose::evidence::{Failure, FailureKind, Round, Rounds, Skip, StepState, Trace};
use crate::diagnose::stage::Stage;
use crate::net::dial::{Destination, dial};
use crate::net::http::Connection;
use crate::net::tls::TlsClient;
use crate::net::websocket::{self, Socket, UpgradeRequest, connection_id};
use crate::net::{Network, Stream};

/// Measures rounds until the end. Only one connection is open at a time, so that none slows down another.
pub(super) async fn measure<N: Network, O: Observer>(probes: &[TargetProbe<'_, N, O>], rounds: usize, end: Instant) {
    probes.iter().filter(|_| rounds > 0).for_each(TargetProbe::begin_rounds);
    for number in 1..=rounds {
        for probe in probes {
            if Instant::now() >= end {
                return;
            }
            probe.round(number, end).await;
        }
    }
}

impl<N: Network, O: Observer> TargetProbe<'_, N, O> {
    /// Returns whether the service responded, which is the condition for timing it.
    pub(super) fn has_passed(&self) -> bool {
        let is_passed = |(_, state): &(Stage, StepState<'_>)| match state {
            StepState::Passed { .. } => true,
            StepState::Failed { .. } => false,
            StepState::Skipped { because } => !matches!(because, Skip::Ended | Skip::Redirected),
        };
        self.target.service().is_some() && self.notes.read(|trace| trace.steps().iter().all(is_passed))
    }

    /// Notes the number of planned rounds, because the run may end before the first one.
    fn begin_rounds(&self) {
        let wanted = self.plan.limits.rounds;
        self.notes.note(|trace| trace.rounds = Some(Rounds { wanted, ..Rounds::default() }));
    }

    /// Measures one cold and one warm round. The evidence omits a round that the end of the run interrupts.
    async fn round(&self, number: usize, end: Instant) {
        self.observer.round(self.target.host(), number, self.plan.limits.rounds);
        let Ok((cold, warm)) = timeout_at(end, self.cold_and_warm()).await else { return };
        self.notes.note(|trace| {
            let rounds = trace.rounds.get_or_insert_default();
            rounds.cold.push(cold);
            rounds.warm.extend(warm);
        });
    }

    /// Measures a cold round and, if it passes, a warm one.
    async fn cold_and_warm(&self) -> (Round, Option<Round>) {
        let tls = self.tls.as_ref().map(TlsClient::with_new_sessions).map_err(Clone::clone);
        let times = Some(Round::default());
        let mut connection = FurtherConnection { times, ..FurtherConnection::new(self, tls.clone()) };
        let cold = self.timed(&mut connection).await;
        if cold.failure.is_some() {
            return (cold, None);
        }
        let decision = self.context.proxies.decide(self.target.host(), self.target.is_secure());
        let route = Route { decision, addresses: connection.found };
        let times = Some(Round::default());
        let mut connection = FurtherConnection { times, ..FurtherConnection::on(self, &route, tls) };
        (cold, Some(self.timed(&mut connection).await))
    }

    /// Measures each stage up to the response. The time for closing the socket does not count.
    async fn timed(&self, connection: &mut FurtherConnection<'_, '_, N, O>) -> Round {
        let socket = match dial(connection, Destination::of(&self.target.url)).await {
            Ok(stream) => {
                let begun = Instant::now();
                let responded = self.repeat_request(stream).await;
                connection.ended(Rounds::stages(self.target.is_websocket())[4], begun, responded)
            }
            Err(failure) => Err(failure),
        };
        let mut round = connection.times.take().unwrap_or_default();
        match socket {
            Ok(socket) => {
                let total: f64 = Rounds::stages(true).iter().filter_map(|stage| round.of(*stage)).sum();
                // A sum can have more digits than its parts, and would change when saved evidence is read again.
                round.total_ms = Some((total * 1e3).round() / 1e3);
                if let Some(mut socket) = socket {
                    websocket::close(&mut socket, self.plan.limits.step).await;
                }
            }
            Err(failure) => round.failure = Some(failure),
        }
        round
    }

    /// Repeats the upgrade or the request of the run. Another status than in the run is a failure.
    async fn repeat_request(&self, stream: Stream) -> Result<Option<Socket>, Failure> {
        let step = self.plan.limits.step;
        let mut connection = Connection::new(stream);
        let header = self.header().map(|(_, header)| header);
        let (status, socket) = if self.target.is_websocket() {
            let id = connection_id();
            let request =
                UpgradeRequest::new(&self.target.url, &id).for_service(self.target.service(), header.as_ref());
            // An application needs the socket alone.
            let request = UpgradeRequest { records_success: false, ..request };
            let upgrade = websocket::upgrade(connection, &request, step).await;
            match (upgrade.facts, upgrade.outcome) {
                (Some(facts), outcome) => (facts.reply.status, outcome.ok()),
                (None, Ok(socket)) => (SWITCHING_PROTOCOLS, Some(socket)),
                (None, Err(failure)) => return Err(failure),
            }
        } else {
            let mut request = self.service_request();
            request.credential = header.as_ref();
            (connection.exchange(&request, step).await?.reply.status, None)
        };
        match self.notes.read(last_status) {
            Some(expected) if expected != status => {
                Err(Failure::new(FailureKind::Status, format!("answered with {status}, {expected} before")))
            }
            _ => Ok(socket),
        }
    }
}

/// Returns the status of the last response of the service.
fn last_status(trace: &Trace) -> Option<u16> {
    let auth = trace.auth.found().map(|facts| facts.reply.status);
    let upgrade = trace.websocket.found().map(|facts| facts.reply.status);
    auth.or(upgrade).or(trace.http.found().map(|facts| facts.reply.status))
}

/// The status of a successful upgrade (RFC 9110, section 15.2.2).
const SWITCHING_PROTOCOLS: u16 = 101;
