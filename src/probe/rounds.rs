//! Rounds: a way that went well is walked again, each time once from nothing and once with what can be kept.

use std::net::SocketAddr;

use tokio::time::{Instant, timeout_at};

use super::Watch;
use super::way::Way;
use crate::diagnose::evidence::saved::milliseconds;
use crate::diagnose::evidence::{Failure, FailureKind, Round, Rounds, Skip, StepState, Trace};
use crate::diagnose::stage::Stage;
use crate::net::http::{Connection, Question};
use crate::net::proxy::{Decision, tunnel};
use crate::net::tls::TlsClient;
use crate::net::websocket::{self, Ask, Socket, connection_id};
use crate::net::{Network, Stream, tcp};

/// What can be kept of a connection: where it goes, and the TLS sessions.
struct Kept {
    decision: Decision,
    peers: Vec<SocketAddr>,
    tls: TlsClient,
}

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

    /// The warm one follows the cold one, of which it keeps what can be kept. Where that failed, there is nothing to keep.
    async fn cold_and_warm(&self) -> (Round, Option<Round>) {
        let (mut cold, mut warm) = (Round::default(), Round::default());
        let outcome = match self.kept(&mut cold).await {
            Ok(kept) => self.connection(&kept, &mut cold).await.map(|()| kept),
            Err(failure) => Err(failure),
        };
        match outcome {
            Err(failure) => {
                cold.failure = Some(failure);
                (cold, None)
            }
            Ok(kept) => {
                warm.failure = self.connection(&kept, &mut warm).await.err();
                (cold, Some(warm))
            }
        }
    }

    /// A new lookup, and a client without a session.
    async fn kept(&self, round: &mut Round) -> Result<Kept, Failure> {
        let decision = self.means.proxies.decide(self.target.host(), self.target.is_secure());
        let (name, port) = match &decision {
            Decision::Direct { .. } => (self.target.host(), self.target.port()),
            Decision::Via(proxy) => (proxy.host.as_str(), proxy.port),
        };
        let tls = TlsClient::new(self.means.trust).map_err(|failure| at(Stage::Tls, &failure))?;
        let lookup = self.means.network.addresses(name, self.plan.limits.step);
        let found = timed(Stage::Dns, &mut round.dns_ms, lookup).await?;
        let wanted = found.into_iter().filter(|ip| self.is_wanted((*ip).into()));
        let peers = tcp::peers(wanted, port);
        Ok(Kept { decision, peers, tls })
    }

    /// From the connection to the answer, each stage timed. What is said after the answer is not.
    async fn connection(&self, kept: &Kept, round: &mut Round) -> Result<(), Failure> {
        let (host, step) = (self.target.host(), self.plan.limits.step);
        let connect = async { tcp::race(self.means.network, &kept.peers, step).await.outcome };
        let mut stream = Stream::new(timed(Stage::Tcp, &mut round.tcp_ms, connect).await?);
        if let Decision::Via(proxy) = &kept.decision {
            let open = async { tunnel(stream, proxy, host, self.target.port(), step).await.outcome };
            stream = Stream::new(timed(Stage::Proxy, &mut round.proxy_ms, open).await?);
        }
        if self.target.is_secure() {
            let shake = async { kept.tls.handshake(stream, host, step).await.map_err(|(failure, _)| failure) };
            let (secured, session) = timed(Stage::Tls, &mut round.tls_ms, shake).await?;
            round.is_resumed = Some(session.is_resumed());
            stream = secured;
        }
        let stage = Rounds::stages(self.target.is_websocket())[4];
        let socket = timed(stage, &mut round.answer_ms, self.answered(stream)).await?;
        let total: f64 = Rounds::stages(true).iter().filter_map(|stage| round.of(*stage)).sum();
        // A sum has more digits than its parts, which are not read back alike.
        round.total_ms = Some((total * 1e3).round() / 1e3);
        if let Some(mut socket) = socket {
            websocket::leave(&mut socket, step).await;
        }
        Ok(())
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

/// Takes the time of what goes well, and names the stage of what does not.
async fn timed<T>(
    stage: Stage,
    time: &mut Option<f64>,
    what: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let begun = Instant::now();
    let outcome = what.await.map_err(|failure| at(stage, &failure))?;
    *time = Some(milliseconds(begun.elapsed()));
    Ok(outcome)
}

fn at(stage: Stage, failure: &Failure) -> Failure {
    Failure::new(failure.kind, format!("{stage}: {failure}"))
}

/// RFC 9110.
const SWITCHING: u16 = 101;
