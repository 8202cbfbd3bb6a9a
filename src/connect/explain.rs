//! The evidence of an attempt that ended: everything that was seen, and what only a diagnosis wants to know beside.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use url::Url;

use super::attempt::{Aim, Core};
use super::error::{Attempt, ConnectCause, ConnectError};
use super::seen::{End, Ended, Seen};
use crate::diagnose::evidence::{CredentialFacts, Evidence, Failure, FailureKind, ResourceFacts, Skip, Step, Trace};
use crate::net::Network as _;
use crate::net::http::Answer;
use crate::net::scrub::Scrub;
use crate::resolve::credential::Credential;
use crate::resolve::endpoint::Endpoint;

impl Core {
    /// Everything that was seen, and what only a diagnosis wants to know beside.
    pub(super) async fn explain(&self, aim: &Aim<'_>, ended: Ended) -> ConnectError {
        let Ended { seen, end } = ended;
        let mut evidence = evidence_of(aim.endpoint(), aim.credential);
        let host = seen.last().and_then(|seen| seen.url.host_str()).map(str::to_owned);
        for (place, seen) in seen.into_iter().enumerate() {
            let trace = self.trace(aim, seen, place > 0).await;
            evidence.traces.push(trace);
        }
        evidence.machine = self.dialer.network.machine();
        // A host too may be one that a server made up of what it was sent.
        let scrub = Scrub::of(aim.credential, &self.dialer.proxies);
        let failure = Failure { text: scrub.text(end.failure.text), ..end.failure };
        ConnectError::new(Attempt {
            service: aim.endpoint().service(),
            host: host.map(|host| scrub.text(host)),
            connection_id: Some(aim.connection_id.to_owned()),
            cause: ConnectCause::Network { stage: end.stage, failure },
            reply: end.reply.map(|reply| scrub.reply(*reply)),
            evidence: scrub.evidence(evidence),
        })
    }

    async fn trace(&self, aim: &Aim<'_>, seen: Seen, is_directed: bool) -> Trace {
        let target = seen.target(aim.endpoint(), is_directed);
        let mut trace = Trace::new(target.facts());
        let lookup = if seen.log.wants_lookup() {
            let limit = || aim.clock.for_evidence(LOOKUP);
            let mut lookup = self.dialer.network.lookup(target.host(), limit()).await;
            if lookup.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::NoSuchName) {
                for name in &target.namesakes {
                    lookup.facts.also.extend(self.dialer.network.ask(name, limit()).await);
                }
            }
            Some(lookup)
        } else {
            None
        };
        let is_websocket = aim.endpoint().service().is_websocket();
        trace.http =
            seen.http.unwrap_or(Step::Skipped { because: if is_websocket { Skip::NotAsked } else { Skip::Ended } });
        trace.websocket = seen
            .websocket
            .unwrap_or(Step::Skipped { because: if is_websocket { Skip::Ended } else { Skip::NotWebSocket } });
        trace.auth = seen.auth.unwrap_or(Step::Skipped { because: Skip::Ended });
        seen.log.write(&mut trace, lookup);
        trace
    }

    /// The evidence of a request that was answered with a refusal, over a connection of which nothing else is known.
    pub(super) async fn explain_answer(
        &self,
        aim: &Aim<'_>,
        url: &Arc<Url>,
        answer: Answer,
        begun: Instant,
    ) -> ConnectError {
        let mut seen = Seen::new(url.clone());
        let named = answer.location.as_deref().and_then(|location| url.join(location).ok());
        let end = match named.filter(|_| (300..400).contains(&answer.reply.status)) {
            Some(named) => {
                seen.note_answer(&answer, Some(&named), aim.endpoint(), begun);
                seen.stop(End::refused_direction(&named, answer.reply))
            }
            None => seen.refuse_request(aim, answer.reply, begun),
        };
        // The connection was opened, or there would be no answer; by which address is asked again.
        let host = url.host_str().unwrap_or_default();
        let limit = aim.clock.for_evidence(LOOKUP);
        let found = self.dialer.network.addresses(host, limit).await.unwrap_or_default();
        seen.log.dns = Step::Passed { found, took: Duration::ZERO };
        self.explain(aim, Ended { seen: vec![seen], end }).await
    }

    /// The evidence of a request that was not answered: the way there, walked once more.
    pub(super) async fn explain_silence(
        &self,
        aim: &Aim<'_>,
        url: &Arc<Url>,
        failure: Failure,
        begun: Instant,
    ) -> ConnectError {
        let mut seen = Seen::new(url.clone());
        let again = Aim { clock: aim.clock.shortened(LOOKUP), ..*aim };
        let end = match self.dial(&again, &mut seen).await {
            Err(end) => end,
            Ok(_) => seen.not_answered(failure, begun),
        };
        self.explain(aim, Ended { seen: vec![seen], end }).await
    }
}

/// Evidence of an account of which nothing was seen yet.
pub(super) fn evidence_of(endpoint: &Endpoint, credential: Option<&Credential>) -> Evidence {
    let mut evidence = Evidence::new(wall_clock(), ResourceFacts::of(endpoint.account()));
    evidence.credential = credential.map(credential_facts);
    evidence
}

/// Fingerprints are compared within one run; here there is none to compare with.
pub(super) fn credential_facts(credential: &Credential) -> CredentialFacts {
    credential.facts(super::jitter::jitter().to_bits())
}

/// When something was seen is part of the evidence: the one place of connections where the clock is read.
#[allow(clippy::disallowed_methods, reason = "this is the one place")]
pub(super) fn wall_clock() -> SystemTime {
    SystemTime::now()
}

/// What only a diagnosis wants to know is not worth a long wait.
const LOOKUP: Duration = Duration::from_secs(2);
