//! What an attempt has seen of a host, as far as nobody has asked for it yet, and why it ended.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::attempt::{Aim, follow};
use super::explain::wall_clock;
use super::log::Log;
use crate::diagnose::evidence::{
    AuthFacts, Failure, FailureKind, HttpFacts, Redirect, Reply, Skip, Step, UpgradeFacts, unix_seconds,
};
use crate::diagnose::plan::{Purpose, Target};
use crate::diagnose::stage::Stage;
use crate::net::answer;
use crate::net::http::Answer;
use crate::resolve::endpoint::{Discovery, Endpoint, Expectation};

/// An attempt that ended, and all that was seen; it is explained only where nothing else is tried.
pub(super) struct Ended {
    pub(super) seen: Vec<Seen>,
    pub(super) end: End,
}

/// What was seen of one host.
pub(super) struct Seen {
    pub(super) url: Arc<Url>,
    pub(super) log: Log,
    pub(super) http: Option<Step<HttpFacts>>,
    pub(super) websocket: Option<Step<UpgradeFacts>>,
    pub(super) auth: Option<Step<AuthFacts>>,
}

/// Why an attempt ended: at which stage, how, and with which answer.
pub(super) struct End {
    pub(super) stage: Stage,
    pub(super) failure: Failure,
    pub(super) reply: Option<Box<Reply>>,
}

impl Seen {
    pub(super) fn new(url: Arc<Url>) -> Self {
        Self { url, log: Log::new(), http: None, websocket: None, auth: None }
    }

    pub(super) fn target(&self, endpoint: &Endpoint, is_directed: bool) -> Target {
        let own = Target::of(endpoint.clone());
        if !is_directed {
            return own;
        }
        Target {
            url: (*self.url).clone(),
            expect: Expectation::PublicAddress,
            namesakes: Vec::new(),
            own: None,
            discovered_from: Some(endpoint.service()),
            purpose: Purpose::Service(endpoint.clone()),
        }
    }

    /// Whether this host, which serves nothing here, may say who does and was not asked yet.
    pub(super) fn may_be_directed(&self, endpoint: &Endpoint) -> bool {
        let is_own = self.url.host_str() == Some(endpoint.host());
        is_own && endpoint.is_own_host() && endpoint.discovery() != Discovery::None && self.http.is_none()
    }

    /// The service names another host, which is a target of its own.
    pub(super) fn go_on(&mut self) {
        self.websocket = Some(Step::Skipped { because: Skip::Redirected });
        self.auth = Some(Step::Skipped { because: Skip::Redirected });
    }

    pub(super) fn note_answer(&mut self, answer: &Answer, named: Option<&Url>, endpoint: &Endpoint, begun: Instant) {
        let redirect = Redirect { status: answer.reply.status, ..redirect(named, endpoint) };
        let skew_seconds = answer.reply.date.map(|date| unix_seconds(wall_clock()) - date);
        let found = HttpFacts { reply: answer.reply.clone(), redirect: Some(redirect), skew_seconds };
        self.http = Some(Step::Passed { found, took: begun.elapsed() });
    }

    /// The upgrade was answered with a redirect.
    pub(super) fn directed(&mut self, aim: &Aim<'_>, named: &Url, reply: Reply, begun: Instant) -> Result<Url, End> {
        let redirect = Redirect { status: reply.status, ..redirect(Some(named), aim.endpoint()) };
        let found = HttpFacts { reply: reply.clone(), redirect: Some(redirect), skew_seconds: None };
        let took = begun.elapsed();
        self.http = Some(Step::Passed { found, took });
        follow(aim, named).ok_or_else(|| self.stop(End::refused_direction(named, reply)))
    }

    /// Where the service directs to is not gone to: what it answered ends the way.
    pub(super) fn stop(&mut self, end: End) -> End {
        if let Some(Step::Passed { found, took }) = self.http.take() {
            self.http = Some(Step::Failed { failure: end.failure.clone(), found: Some(found), took });
        }
        (self.websocket, self.auth) = (None, None);
        end
    }

    /// A request was not answered.
    pub(super) fn not_answered(&mut self, failure: Failure, begun: Instant) -> End {
        self.http = Some(Step::Failed { failure: failure.clone(), found: None, took: begun.elapsed() });
        End { stage: Stage::Http, failure, reply: None }
    }

    /// A request was refused.
    pub(super) fn refuse_request(&mut self, aim: &Aim<'_>, reply: Reply, begun: Instant) -> End {
        let took = begun.elapsed();
        let found = HttpFacts { reply: reply.clone(), ..HttpFacts::default() };
        if aim.credential.is_some() && answer::is_about_the_credential(&reply) {
            self.http = Some(Step::Passed { found, took });
            let (auth, failure) = denied(aim, &reply, took);
            self.auth = Some(auth);
            return End { stage: Stage::Auth, failure, reply: Some(Box::new(reply)) };
        }
        let failure = Failure::new(FailureKind::Status, format!("answered with {}", reply.status));
        self.http = Some(Step::Failed { failure: failure.clone(), found: Some(found), took });
        End { stage: Stage::Http, failure, reply: Some(Box::new(reply)) }
    }

    /// The upgrade was answered with something else.
    pub(super) fn refuse(&mut self, aim: &Aim<'_>, facts: UpgradeFacts, failure: Failure, begun: Instant) -> End {
        let reply = facts.reply.clone();
        let took = begun.elapsed();
        if aim.credential.is_none() || !answer::is_about_the_credential(&reply) {
            self.websocket = Some(Step::Failed { failure: failure.clone(), found: Some(facts), took });
            return End { stage: Stage::WebSocket, failure, reply: Some(Box::new(reply)) };
        }
        self.websocket = Some(Step::Passed { found: facts, took });
        let (auth, failure) = denied(aim, &reply, took);
        self.auth = Some(auth);
        End { stage: Stage::Auth, failure, reply: Some(Box::new(reply)) }
    }
}

impl Ended {
    /// The status of the answer, where there was one.
    pub(super) fn status(&self) -> Option<u16> {
        self.end.reply.as_ref().map(|reply| reply.status)
    }
}

impl End {
    pub(super) fn refused_direction(named: &Url, reply: Reply) -> Self {
        let host = crate::resolve::shown::Shown::new(named.host_str().unwrap_or_default());
        let text = format!("directed to {host} by {}, which is not followed", named.scheme());
        Self { stage: Stage::Http, failure: Failure::new(FailureKind::Status, text), reply: Some(Box::new(reply)) }
    }
}

/// The step of a credential that was refused.
fn denied(aim: &Aim<'_>, reply: &Reply, took: Duration) -> (Step<AuthFacts>, Failure) {
    let failure = answer::denial(reply);
    let failure = failure.unwrap_or_else(|| Failure::new(FailureKind::Denied, reply.status.to_string()));
    let Some(form) = aim.credential.and_then(|credential| credential.form_for(aim.endpoint()).ok()) else {
        return (Step::Skipped { because: Skip::NoCredential }, failure);
    };
    let found = AuthFacts { form: form.id().to_owned(), reply: reply.clone(), ..AuthFacts::default() };
    (Step::Failed { failure: failure.clone(), found: Some(found), took }, failure)
}

fn redirect(named: Option<&Url>, endpoint: &Endpoint) -> Redirect {
    let Some(named) = named else { return Redirect::default() };
    let mut url = named.clone();
    url.set_query(None);
    let host = named.host_str().unwrap_or_default();
    Redirect {
        is_own_cloud: endpoint.account().cloud().suffixes().read(host).is_some(),
        host: Some(host.to_owned()),
        url: Some(url.to_string()),
        ..Redirect::default()
    }
}
