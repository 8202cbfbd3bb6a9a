//! Explanations: turns a failed attempt into a [`ConnectError`] with evidence, and collects the facts that only a
//! diagnosis needs.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::attempt::Attempt;
use super::error::{ConnectCause, ConnectError, Details};
use super::jitter::jitter;
use super::observation::{FailedAttempt, Observation, StageFailure};
use super::transport::Transport;
use super::wall_clock::wall_clock;
use crate::diagnose::evidence::{CredentialFacts, Evidence, Failure, FailureKind, ResourceFacts, Skip, Step, Trace};
use crate::net::Network as _;
use crate::net::http::Response;
use crate::probe::scrub::Scrub;
use crate::resolve::credential::Credential;
use crate::resolve::endpoint::Endpoint;

impl Transport {
    /// Returns the error of a failed attempt, with everything that was observed and the facts that only a diagnosis needs.
    pub(super) async fn explain(&self, attempt: &Attempt<'_>, failed: FailedAttempt) -> ConnectError {
        let FailedAttempt { observations, failure: StageFailure { stage, failure, reply } } = failed;
        let mut evidence = evidence_of(attempt.endpoint(), attempt.credential);
        let host = observations.last().and_then(|observation| observation.url.host_str()).map(str::to_owned);
        for (index, observation) in observations.into_iter().enumerate() {
            let trace = self.trace(attempt, observation, index > 0).await;
            evidence.traces.push(trace);
        }
        evidence.machine = self.dialer.network.machine();
        // A host can contain the credential too, if a server builds a redirect from what it received.
        let scrub = Scrub::of(attempt.credential, &self.dialer.proxies);
        let failure = Failure { text: scrub.text(failure.text), ..failure };
        ConnectError::new(Details {
            service: attempt.endpoint().service(),
            host: host.map(|host| scrub.text(host)),
            account: None,
            connection_id: Some(attempt.connection_id.to_owned()),
            cause: ConnectCause::Network { stage, failure },
            reply: reply.map(|reply| scrub.reply(*reply)),
            evidence: scrub.evidence(evidence),
            earlier: Vec::new(),
            left_out_for: None,
        })
    }

    async fn trace(&self, attempt: &Attempt<'_>, observation: Observation, is_redirected: bool) -> Trace {
        let target = observation.target(attempt.endpoint(), is_redirected);
        let mut trace = Trace::new(target.facts());
        let lookup = if observation.log.wants_lookup() {
            let limit = || attempt.clock.for_evidence(LOOKUP_LIMIT);
            let mut lookup = self.dialer.network.lookup(target.host(), limit()).await;
            if lookup.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::NoSuchName) {
                for name in &target.namesakes {
                    lookup.facts.also.extend(self.dialer.network.query_name_servers(name, limit()).await);
                }
            }
            Some(lookup)
        } else {
            None
        };
        let is_websocket = attempt.endpoint().service().is_websocket();
        trace.http = observation
            .http
            .unwrap_or(Step::Skipped { because: if is_websocket { Skip::NotAsked } else { Skip::Ended } });
        trace.websocket = observation
            .websocket
            .unwrap_or(Step::Skipped { because: if is_websocket { Skip::Ended } else { Skip::NotWebSocket } });
        trace.auth = observation.auth.unwrap_or(Step::Skipped { because: Skip::Ended });
        observation.log.write(&mut trace, lookup);
        trace
    }

    /// Returns the error of a request whose response is not a success. The HTTP client reports nothing else about the
    /// connection.
    pub(super) async fn explain_response(
        &self,
        attempt: &Attempt<'_>,
        url: &Arc<Url>,
        response: Response,
        begun: Instant,
    ) -> ConnectError {
        let mut observation = Observation::new(url.clone());
        let redirect = response.location.as_deref().and_then(|location| url.join(location).ok());
        let failure = match redirect.filter(|_| (300..400).contains(&response.reply.status)) {
            Some(redirect) => {
                observation.record_discovery(&response, Some(&redirect), attempt.endpoint(), begun);
                observation.redirect_failed(StageFailure::redirect_not_allowed(&redirect, response.reply))
            }
            None => observation.request_rejected(attempt, response.reply, begun),
        };
        // The response proves that a connection was open. Which addresses the name has is looked up again.
        let host = url.host_str().unwrap_or_default();
        let limit = attempt.clock.for_evidence(LOOKUP_LIMIT);
        let found = self.dialer.network.addresses(host, limit).await.unwrap_or_default();
        observation.log.dns = Step::Passed { found, took: Duration::ZERO };
        self.explain(attempt, FailedAttempt { observations: vec![observation], failure }).await
    }

    /// Returns the error of a request that got no response. Dials the host once more, to find the stage that fails.
    pub(super) async fn explain_no_response(
        &self,
        attempt: &Attempt<'_>,
        url: &Arc<Url>,
        failure: Failure,
        begun: Instant,
    ) -> ConnectError {
        let mut observation = Observation::new(url.clone());
        let again = Attempt { clock: attempt.clock.shortened(LOOKUP_LIMIT), ..*attempt };
        let failure = match self.dial(&again, &mut observation).await {
            Err(failure) => failure,
            Ok(_) => observation.request_failed(failure, begun),
        };
        self.explain(attempt, FailedAttempt { observations: vec![observation], failure }).await
    }
}

/// Returns evidence that contains the resource and the credential, and no trace yet.
pub(super) fn evidence_of(endpoint: &Endpoint, credential: Option<&Credential>) -> Evidence {
    let mut evidence = Evidence::new(wall_clock(), ResourceFacts::of(endpoint.account()));
    evidence.credential = credential.map(credential_facts);
    evidence
}

/// Returns the facts of a credential. Fingerprints are compared only within one run, so each error has a salt of its own.
pub(super) fn credential_facts(credential: &Credential) -> CredentialFacts {
    credential.facts(jitter().to_bits())
}

/// The limit of each step that only a diagnosis needs: the caller waits for it after the call has failed already.
const LOOKUP_LIMIT: Duration = Duration::from_secs(2);
