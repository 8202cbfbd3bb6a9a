//! Rounds: a way that went well is walked again, each time once from nothing and once with what can be kept.

use tokio::time::{Instant, timeout_at};

use super::Watch;
use super::further::Further;
use super::way::{Route, Way};
use crate::diagnose::evidence::{Failure, FailureKind, Round, Rounds, Skip, StepState, Trace};
use crate::diagnose::stage::Stage;
use crate::net::dial::{Destination, dial};
use crate::net::http::{Connection, Question};
use crate::net::tls::TlsClient;
use crate::net::websocket::{self, Ask, Socket, connection_id};
use crate::net::{Network, Stream};

impl<N: Network, W: Watch> Way<'_, N, W> {
    /// Whether the way led to an answer of a service, so that it can be timed.
    pub(super) fn went_well(&self) -> bool {
        let is_open = |(_, state): &(Stage, StepState<'_>)| match state {
            StepState::Passed { .. } => true,
            StepState::Failed { .. } => false,
            StepState::Skipped { because } => !matches!(because, Skip::Ended | Skip::Redirected),
        };
        self.target.service().is_some() && self.seen.look(|trace| trace.steps().iter().all(is_open))
    }

    /// Notes how many are wanted, of which none may be made.
    pub(super) fn begin_rounds(&self) {
        let wanted = self.plan.limits.rounds;
        self.seen.note(|trace| trace.rounds = Some(Rounds { wanted, ..Rounds::default() }));
    }

    /// One more round. Where the time is up before it ends, it is not noted: a part of one says nothing.
    pub(super) async fn round(&self, number: usize, end: Instant) {
        self.watch.round(self.target.host(), number, self.plan.limits.rounds);
        let Ok((cold, warm)) = timeout_at(end, self.cold_and_warm()).await else { return };
        self.seen.note(|trace| {
            let rounds = trace.rounds.get_or_insert_default();
            rounds.cold.push(cold);
            rounds.warm.extend(warm);
        });
    }

    /// The cold one has no addresses and no session; the warm one follows it and keeps both. Where the cold one failed, there
    /// is nothing to keep.
    async fn cold_and_warm(&self) -> (Round, Option<Round>) {
        let tls = self.tls.as_ref().map(TlsClient::with_new_sessions).map_err(Clone::clone);
        let mut road = Further { times: Some(Round::default()), ..Further::new(self, tls.clone()) };
        let cold = self.timed(&mut road).await;
        if cold.failure.is_some() {
            return (cold, None);
        }
        let decision = self.means.proxies.decide(self.target.host(), self.target.is_secure());
        let route = Route { decision, addresses: road.found };
        let mut road = Further { times: Some(Round::default()), ..Further::again(self, &route, tls) };
        (cold, Some(self.timed(&mut road).await))
    }

    /// From the connection to the answer, each stage timed. What is said after the answer is not.
    async fn timed(&self, road: &mut Further<'_, '_, N, W>) -> Round {
        let socket = match dial(road, Destination::of(&self.target.url)).await {
            Ok(stream) => {
                let begun = Instant::now();
                let answered = self.answered(stream).await;
                road.ended(Rounds::stages(self.target.is_websocket())[4], begun, answered)
            }
            Err(failure) => Err(failure),
        };
        let mut round = road.times.take().unwrap_or_default();
        match socket {
            Ok(socket) => {
                let total: f64 = Rounds::stages(true).iter().filter_map(|stage| round.of(*stage)).sum();
                // A sum has more digits than its parts, which are not read back alike.
                round.total_ms = Some((total * 1e3).round() / 1e3);
                if let Some(mut socket) = socket {
                    websocket::leave(&mut socket, self.plan.limits.step).await;
                }
            }
            Err(failure) => round.failure = Some(failure),
        }
        round
    }

    /// The upgrade or the request as the run made it, and the answer that it had there.
    async fn answered(&self, stream: Stream) -> Result<Option<Socket>, Failure> {
        let step = self.plan.limits.step;
        let mut connection = Connection::new(stream);
        let header = self.header().map(|(_, header)| header);
        let (status, socket) = if self.target.is_websocket() {
            let id = connection_id();
            let ask = Ask::new(&self.target.url, &id).of(self.target.service(), header.as_ref());
            // As an application asks, which wants the socket alone.
            let ask = Ask { keeps_success: false, ..ask };
            let upgrade = websocket::upgrade(connection, &ask, step).await;
            match (upgrade.facts, upgrade.outcome) {
                (Some(facts), outcome) => (facts.reply.status, outcome.ok()),
                (None, Ok(socket)) => (SWITCHING, Some(socket)),
                (None, Err(failure)) => return Err(failure),
            }
        } else {
            let mut question = Question::new(self.method(), &self.target.url);
            question.credential = header.as_ref();
            (connection.exchange(&question, step).await?.reply.status, None)
        };
        match self.seen.look(answer_of) {
            Some(expected) if expected != status => {
                Err(Failure::new(FailureKind::Status, format!("answered with {status}, {expected} before")))
            }
            _ => Ok(socket),
        }
    }
}

/// What the service answered in the end.
fn answer_of(trace: &Trace) -> Option<u16> {
    let auth = trace.auth.found().map(|facts| facts.reply.status);
    let upgrade = trace.websocket.found().map(|facts| facts.reply.status);
    auth.or(upgrade).or(trace.http.found().map(|facts| facts.reply.status))
}

/// RFC 9110.
const SWITCHING: u16 = 101;
