//! Observations: what an attempt recorded of each host, and the failure that ended it. They become evidence only when the
//! attempt is explained.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::attempt::Attempt;
use super::trace_log::TraceLog;
use super::wall_clock::wall_clock;
use crate::diagnose::evidence::{
    AuthFacts, Failure, FailureKind, HttpFacts, Redirect, Reply, Skip, Step, UpgradeFacts, unix_seconds,
};
use crate::diagnose::plan::{Target, TargetPurpose};
use crate::diagnose::stage::Stage;
use crate::net::http::{Response, classify};
use crate::resolve::endpoint::{Discovery, Endpoint, Expectation};
use crate::resolve::quoted::QuotedValue;

/// A failed attempt. It is explained only if the call does not retry with another credential.
pub(super) struct FailedAttempt {
    /// One for each host, in the order in which they were tried.
    pub(super) observations: Vec<Observation>,
    pub(super) failure: StageFailure,
}

/// The stages of one host, as far as the attempt got.
pub(super) struct Observation {
    pub(super) url: Arc<Url>,
    pub(super) log: TraceLog,
    pub(super) http: Option<Step<HttpFacts>>,
    pub(super) websocket: Option<Step<UpgradeFacts>>,
    pub(super) auth: Option<Step<AuthFacts>>,
}

/// The failure that ended an attempt: its stage, and the response if there was one.
pub(super) struct StageFailure {
    pub(super) stage: Stage,
    pub(super) failure: Failure,
    pub(super) reply: Option<Box<Reply>>,
}

impl Observation {
    pub(super) fn new(url: Arc<Url>) -> Self {
        Self { url, log: TraceLog::new(), http: None, websocket: None, auth: None }
    }

    /// Returns the target that this observation is about: the endpoint itself, or the host that it redirected to.
    pub(super) fn target(&self, endpoint: &Endpoint, is_redirected: bool) -> Target {
        let own = Target::of(endpoint.clone());
        if !is_redirected {
            return own;
        }
        Target {
            url: (*self.url).clone(),
            expect: Expectation::PublicAddress,
            namesakes: Vec::new(),
            own: None,
            discovered_from: Some(endpoint.service()),
            private_zone: None,
            notes: Vec::new(),
            purpose: TargetPurpose::Service(endpoint.clone()),
        }
    }

    /// Returns whether to request a redirect from this host: it answered 404, may redirect its clients, and was not asked
    /// to yet.
    pub(super) fn may_redirect(&self, endpoint: &Endpoint) -> bool {
        let is_own = self.url.host_str() == Some(endpoint.host());
        is_own && endpoint.is_own_host() && endpoint.discovery() != Discovery::None && self.http.is_none()
    }

    /// Records that the attempt continues at another host, which gets an observation of its own.
    pub(super) fn redirected(&mut self) {
        self.websocket = Some(Step::Skipped { because: Skip::Redirected });
        self.auth = Some(Step::Skipped { because: Skip::Redirected });
    }

    /// Records the response to a discovery request.
    pub(super) fn record_discovery(
        &mut self,
        response: &Response,
        redirect: Option<&Url>,
        endpoint: &Endpoint,
        begun: Instant,
    ) {
        let redirect = Redirect { status: response.reply.status, ..redirect_facts(redirect, endpoint) };
        let skew_seconds = response.reply.date.map(|date| unix_seconds(wall_clock()) - date);
        let found = HttpFacts { reply: response.reply.clone(), redirect: Some(redirect), skew_seconds };
        self.http = Some(Step::Passed { found, took: begun.elapsed() });
    }

    /// Records an upgrade request that was answered with a redirect.
    pub(super) fn record_redirect(&mut self, endpoint: &Endpoint, url: &Url, reply: Reply, begun: Instant) {
        let redirect = Redirect { status: reply.status, ..redirect_facts(Some(url), endpoint) };
        let found = HttpFacts { reply, redirect: Some(redirect), skew_seconds: None };
        self.http = Some(Step::Passed { found, took: begun.elapsed() });
    }

    /// Turns the recorded redirect into the failure that ends the attempt.
    pub(super) fn redirect_failed(&mut self, failure: StageFailure) -> StageFailure {
        if let Some(Step::Passed { found, took }) = self.http.take() {
            self.http = Some(Step::Failed { failure: failure.failure.clone(), found: Some(found), took });
        }
        (self.websocket, self.auth) = (None, None);
        failure
    }

    /// Records a request that got no response.
    pub(super) fn request_failed(&mut self, failure: Failure, begun: Instant) -> StageFailure {
        self.http = Some(Step::Failed { failure: failure.clone(), found: None, took: begun.elapsed() });
        StageFailure { stage: Stage::Http, failure, reply: None }
    }

    /// Records a request whose response is not a success.
    pub(super) fn request_rejected(&mut self, attempt: &Attempt<'_>, reply: Reply, begun: Instant) -> StageFailure {
        let took = begun.elapsed();
        let found = HttpFacts { reply: reply.clone(), ..HttpFacts::default() };
        if attempt.credential.is_some() && classify::is_about_the_credential(&reply) {
            self.http = Some(Step::Passed { found, took });
            let (auth, failure) = credential_rejected(attempt, &reply, took);
            self.auth = Some(auth);
            return StageFailure { stage: Stage::Auth, failure, reply: Some(Box::new(reply)) };
        }
        let failure = Failure::new(FailureKind::Status, format!("answered with {}", reply.status));
        self.http = Some(Step::Failed { failure: failure.clone(), found: Some(found), took });
        StageFailure { stage: Stage::Http, failure, reply: Some(Box::new(reply)) }
    }

    /// Records an upgrade request whose response is neither an upgrade nor a redirect.
    pub(super) fn upgrade_rejected(
        &mut self,
        attempt: &Attempt<'_>,
        facts: UpgradeFacts,
        failure: Failure,
        begun: Instant,
    ) -> StageFailure {
        let reply = facts.reply.clone();
        let took = begun.elapsed();
        if attempt.credential.is_none() || !classify::is_about_the_credential(&reply) {
            self.websocket = Some(Step::Failed { failure: failure.clone(), found: Some(facts), took });
            return StageFailure { stage: Stage::WebSocket, failure, reply: Some(Box::new(reply)) };
        }
        self.websocket = Some(Step::Passed { found: facts, took });
        let (auth, failure) = credential_rejected(attempt, &reply, took);
        self.auth = Some(auth);
        StageFailure { stage: Stage::Auth, failure, reply: Some(Box::new(reply)) }
    }
}

impl FailedAttempt {
    /// Returns the status of the response that ended the attempt, if there was one.
    pub(super) fn status(&self) -> Option<u16> {
        self.failure.reply.as_ref().map(|reply| reply.status)
    }
}

impl StageFailure {
    /// A redirect to a URL that must not receive the credential.
    pub(super) fn redirect_not_allowed(url: &Url, reply: Reply) -> Self {
        let host = QuotedValue::new(url.host_str().unwrap_or_default());
        let text = format!("redirected to {host} over {}, which is not allowed", url.scheme());
        Self { stage: Stage::Http, failure: Failure::new(FailureKind::Status, text), reply: Some(Box::new(reply)) }
    }
}

/// Returns the authentication step of a rejected credential, and its failure.
fn credential_rejected(attempt: &Attempt<'_>, reply: &Reply, took: Duration) -> (Step<AuthFacts>, Failure) {
    let failure = classify::denial(reply);
    let failure = failure.unwrap_or_else(|| Failure::new(FailureKind::Denied, reply.status.to_string()));
    let Some(form) = attempt.credential.and_then(|credential| credential.form_for(attempt.endpoint()).ok()) else {
        return (Step::Skipped { because: Skip::NoCredential }, failure);
    };
    let found = AuthFacts { form: form.id().to_owned(), reply: reply.clone(), ..AuthFacts::default() };
    (Step::Failed { failure: failure.clone(), found: Some(found), took }, failure)
}

fn redirect_facts(url: Option<&Url>, endpoint: &Endpoint) -> Redirect {
    let Some(url) = url else { return Redirect::default() };
    let mut shown = url.clone();
    shown.set_query(None);
    let host = url.host_str().unwrap_or_default();
    Redirect {
        is_own_cloud: endpoint.account().cloud().suffixes().read(host).is_some(),
        host: Some(host.to_owned()),
        url: Some(shown.to_string()),
        ..Redirect::default()
    }
}
