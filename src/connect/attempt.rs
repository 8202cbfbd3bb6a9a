//! One attempt: a service of one account, from its URL to an open socket or to why there is none.

use std::pin::pin;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use tracing::Instrument as _;
use url::Url;

use super::dial::{Clock, Dialer};
use super::discovery::{self, Directions, MOST_HOPS};
use super::error::{Attempt, ConnectCause, ConnectError};
use super::log::Log;
use super::spans;
use crate::catalogue::Stage;
use crate::credential::{Credential, Header};
use crate::endpoint::{Discovery, Endpoint};
use crate::evidence::{
    AuthFacts, CredentialFacts, Evidence, Failure, FailureKind, HttpFacts, Redirect, Reply, ResourceFacts, Skip, Step,
    Trace, UpgradeFacts, unix_seconds,
};
use crate::net::http::{Answer, Connection, Question};
use crate::net::proxy::ProxySettings;
use crate::net::scrub::Scrub;
use crate::net::websocket::{self, Ask, Socket};
use crate::net::{Network as _, answer};
use crate::plan::{Purpose, Target};

/// What every attempt of a connector shares.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) dialer: Dialer,
    pub(super) directions: Directions,
}

/// What is attempted.
#[derive(Clone, Copy)]
pub(super) struct Aim<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) credential: Option<&'a Credential>,
    pub(super) header: Option<&'a Header>,
    pub(super) connection_id: &'a str,
    pub(super) clock: Clock,
}

/// An attempt that ended, and all that was seen; it is explained only where nothing else is tried.
pub(super) struct Ended {
    seen: Vec<Seen>,
    end: End,
}

/// What was seen of one host.
pub(super) struct Seen {
    url: Url,
    log: Log,
    http: Option<Step<HttpFacts>>,
    websocket: Option<Step<UpgradeFacts>>,
    auth: Option<Step<AuthFacts>>,
}

/// Why an attempt ended: at which stage, how, and with which answer.
pub(super) struct End {
    pub(super) stage: Stage,
    pub(super) failure: Failure,
    pub(super) reply: Option<Box<Reply>>,
}

impl Core {
    /// Opens a WebSocket.
    ///
    /// 1. The URL that a custom domain named before, else the endpoint's own; one that serves nothing itself is asked first.
    /// 2. Dial, and ask for the upgrade with the credential.
    /// 3. Where the answer is a redirect, or a 404 of a host that may direct its clients, go where it names, a few times at
    ///    most and never where [`discovery::follow`] does not.
    pub(super) async fn open(&self, aim: &Aim<'_>) -> Result<Socket, Ended> {
        let mut seen = Vec::new();
        let span = spans::call(aim.endpoint, aim.connection_id);
        // Pinned where it is: what is handed on by value is copied, and this is some kilobytes.
        let opened = pin!(self.hop(aim, &mut seen)).instrument(span.clone()).await;
        opened.map_err(|end| {
            spans::failed(&span, &end.failure);
            self.directions.forget(aim.endpoint);
            Ended { seen, end }
        })
    }

    /// One request without a body to the endpoint itself.
    pub(super) async fn exchange(&self, aim: &Aim<'_>) -> Result<Answer, ConnectError> {
        let mut seen = Seen::new(aim.endpoint.to_url());
        match self.request(aim, &mut seen).await {
            Ok(answer) => Ok(answer),
            Err(end) => Err(self.explain(aim, Ended { seen: vec![seen], end }).await),
        }
    }

    /// Where a custom domain directs its clients, if anywhere.
    pub(super) async fn ask_for_directions(&self, aim: &Aim<'_>) -> Result<Option<Url>, ConnectError> {
        let mut seen = Seen::new(aim.endpoint.to_url());
        match self.ask(aim, &mut seen).await {
            Ok((named, _)) => {
                if let Some(named) = &named {
                    self.directions.keep(aim.endpoint, named.clone());
                }
                Ok(named)
            }
            Err(end) => Err(self.explain(aim, Ended { seen: vec![seen], end }).await),
        }
    }

    /// The evidence of a request that was answered with a refusal, over a connection of which nothing else is known.
    pub(super) async fn explain_answer(
        &self,
        aim: &Aim<'_>,
        url: &Url,
        answer: Answer,
        begun: Instant,
    ) -> ConnectError {
        let mut seen = Seen::new(url.clone());
        let named = answer.location.as_deref().and_then(|location| url.join(location).ok());
        let end = match named.filter(|_| (300..400).contains(&answer.reply.status)) {
            Some(named) => {
                seen.note_answer(&answer, Some(&named), aim.endpoint, begun);
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
    pub(super) async fn explain_silence(&self, aim: &Aim<'_>, url: &Url, end: End, begun: Instant) -> ConnectError {
        let mut seen = Seen::new(url.clone());
        let again = Aim { clock: aim.clock.shortened(LOOKUP), ..*aim };
        let end = if let Err(end) = self.dial(&again, &mut seen).await {
            end
        } else {
            let failure = end.failure.clone();
            seen.http = Some(Step::Failed { failure, found: None, took: begun.elapsed() });
            end
        };
        self.explain(aim, Ended { seen: vec![seen], end }).await
    }

    async fn request(&self, aim: &Aim<'_>, seen: &mut Seen) -> Result<Answer, End> {
        let begun = Instant::now();
        let mut connection = self.dial(aim, seen).await?;
        let mut question = Question::new(method(aim.endpoint), &seen.url);
        question.credential = aim.header;
        let asked = connection.exchange(&question, aim.clock.limit()).await;
        let answer = asked.map_err(|failure| seen.not_answered(failure, begun))?;
        if answer.reply.status == 200 { Ok(answer) } else { Err(seen.refuse_request(aim, answer.reply, begun)) }
    }

    async fn hop(&self, aim: &Aim<'_>, seen: &mut Vec<Seen>) -> Result<Socket, End> {
        let mut url = self.directions.of(aim.endpoint);
        let mut must_ask = url.is_none() && aim.endpoint.discovery() == Discovery::Required;
        for _ in 0..MOST_HOPS {
            let at = url.take().unwrap_or_else(|| aim.endpoint.to_url());
            seen.push(Seen::new(at));
            let Some(now) = seen.last_mut() else { break };
            let named = if std::mem::take(&mut must_ask) {
                match self.ask(aim, now).await? {
                    (Some(named), _) => named,
                    (None, connection) => match self.upgrade(aim, now, connection).await? {
                        Upgraded::Open(socket) => return Ok(*socket),
                        Upgraded::Named(named) => named,
                    },
                }
            } else {
                match self.upgrade(aim, now, None).await? {
                    Upgraded::Open(socket) => return Ok(*socket),
                    Upgraded::Named(named) => named,
                }
            };
            self.directions.keep(aim.endpoint, named.clone());
            now.go_on();
            url = Some(named);
        }
        let failure =
            Failure::new(FailureKind::Status, format!("directed elsewhere {MOST_HOPS} times, and no further"));
        let end = End { stage: Stage::Http, failure, reply: None };
        Err(match seen.last_mut() {
            Some(last) => last.stop(end),
            None => end,
        })
    }

    /// Asks a custom domain where its clients should go; the connection can be used further where it names nothing.
    async fn ask(&self, aim: &Aim<'_>, seen: &mut Seen) -> Result<(Option<Url>, Option<Connection>), End> {
        let question = discovery::question(aim.endpoint);
        let begun = Instant::now();
        let mut connection = self.dial(aim, seen).await?;
        let asked = connection.exchange(&Question::new(hyper::Method::GET, &question), aim.clock.limit()).await;
        let answer = asked.map_err(|failure| seen.not_answered(failure, begun))?;
        let named = answer::named_url(&answer, &question);
        seen.note_answer(&answer, named.as_ref(), aim.endpoint, begun);
        match named {
            None => Ok((None, connection.is_reusable().await.then_some(connection))),
            Some(named) => match follow(aim, &named) {
                Some(url) => Ok((Some(url), None)),
                None => Err(seen.stop(End::refused_direction(&named, answer.reply))),
            },
        }
    }

    async fn dial(&self, aim: &Aim<'_>, seen: &mut Seen) -> Result<Connection, End> {
        let stream = self.dialer.dial(&seen.url, &mut seen.log, aim.clock).await;
        let stream = stream.map_err(|failure| End { stage: seen.log.failed_at(), failure, reply: None })?;
        Connection::open(stream).await.map_err(|failure| End { stage: Stage::Http, failure, reply: None })
    }

    async fn upgrade(&self, aim: &Aim<'_>, seen: &mut Seen, connection: Option<Connection>) -> Result<Upgraded, End> {
        let connection = match connection {
            Some(connection) => connection,
            None => self.dial(aim, seen).await?,
        };
        let begun = Instant::now();
        let ask = Ask {
            url: &seen.url,
            credential: aim.header,
            connection_id: aim.connection_id,
            protocol: aim.endpoint.service().subprotocol(),
        };
        let span = spans::http("GET", &seen.url);
        let upgrade = pin!(websocket::upgrade(connection, &ask, aim.clock.limit())).instrument(span.clone()).await;
        let status = upgrade.facts.as_ref().map(|facts| facts.reply.status);
        spans::answered(&span, status, upgrade.outcome.as_ref().err());
        let failure = match upgrade.outcome {
            Ok(socket) => return Ok(Upgraded::Open(Box::new(socket))),
            Err(failure) => failure,
        };
        let Some(facts) = upgrade.facts else {
            seen.websocket = Some(Step::Failed { failure: failure.clone(), found: None, took: begun.elapsed() });
            return Err(End { stage: Stage::WebSocket, failure, reply: None });
        };
        let location = upgrade.location.as_deref().and_then(|location| seen.url.join(location).ok());
        if let Some(named) = location.filter(|_| (300..400).contains(&facts.reply.status)) {
            return seen.directed(aim, &named, facts.reply, begun).map(Upgraded::Named);
        }
        if facts.reply.status == 404 && seen.may_be_directed(aim.endpoint) {
            // What it asked with says nothing any more.
            seen.log = Log::new();
            if let (Some(named), _) = self.ask(aim, seen).await? {
                return Ok(Upgraded::Named(named));
            }
        }
        Err(seen.refuse(aim, facts, failure, begun))
    }

    /// Everything that was seen, and what only a diagnosis wants to know beside.
    pub(super) async fn explain(&self, aim: &Aim<'_>, ended: Ended) -> ConnectError {
        let Ended { seen, end } = ended;
        let mut evidence = evidence_of(aim.endpoint, aim.credential);
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
            service: aim.endpoint.service(),
            host: host.map(|host| scrub.text(host)),
            connection_id: Some(aim.connection_id.to_owned()),
            cause: ConnectCause::Network { stage: end.stage, failure },
            reply: end.reply.map(|reply| scrub.reply(*reply)),
            evidence: scrub.evidence(evidence),
        })
    }

    async fn trace(&self, aim: &Aim<'_>, seen: Seen, is_directed: bool) -> Trace {
        let target = seen.target(aim.endpoint, is_directed);
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
        let is_websocket = aim.endpoint.service().is_websocket();
        trace.http =
            seen.http.unwrap_or(Step::Skipped { because: if is_websocket { Skip::NotAsked } else { Skip::Ended } });
        trace.websocket = seen
            .websocket
            .unwrap_or(Step::Skipped { because: if is_websocket { Skip::Ended } else { Skip::NotWebSocket } });
        trace.auth = seen.auth.unwrap_or(Step::Skipped { because: Skip::Ended });
        seen.log.write(&mut trace, lookup);
        trace
    }
}

enum Upgraded {
    Open(Box<Socket>),
    Named(Url),
}

impl Seen {
    fn new(url: Url) -> Self {
        Self { url, log: Log::new(), http: None, websocket: None, auth: None }
    }

    fn target(&self, endpoint: &Endpoint, is_directed: bool) -> Target {
        let own = Target::of(endpoint.clone());
        if !is_directed {
            return own;
        }
        Target {
            url: self.url.clone(),
            expect: crate::endpoint::Expectation::PublicAddress,
            namesakes: Vec::new(),
            own: None,
            discovered_from: Some(endpoint.service()),
            purpose: Purpose::Service(endpoint.clone()),
        }
    }

    /// Whether this host, which serves nothing here, may say who does and was not asked yet.
    fn may_be_directed(&self, endpoint: &Endpoint) -> bool {
        let is_own = self.url.host_str() == Some(endpoint.host());
        is_own && endpoint.is_own_host() && endpoint.discovery() != Discovery::None && self.http.is_none()
    }

    /// The service names another host, which is a target of its own.
    fn go_on(&mut self) {
        self.websocket = Some(Step::Skipped { because: Skip::Redirected });
        self.auth = Some(Step::Skipped { because: Skip::Redirected });
    }

    fn note_answer(&mut self, answer: &Answer, named: Option<&Url>, endpoint: &Endpoint, begun: Instant) {
        let redirect = Redirect { status: answer.reply.status, ..redirect(named, endpoint) };
        let skew_seconds = answer.reply.date.map(|date| unix_seconds(wall_clock()) - date);
        let found = HttpFacts { reply: answer.reply.clone(), redirect: Some(redirect), skew_seconds };
        self.http = Some(Step::Passed { found, took: begun.elapsed() });
    }

    /// The upgrade was answered with a redirect.
    fn directed(&mut self, aim: &Aim<'_>, named: &Url, reply: Reply, begun: Instant) -> Result<Url, End> {
        let redirect = Redirect { status: reply.status, ..redirect(Some(named), aim.endpoint) };
        let found = HttpFacts { reply: reply.clone(), redirect: Some(redirect), skew_seconds: None };
        let took = begun.elapsed();
        self.http = Some(Step::Passed { found, took });
        follow(aim, named).ok_or_else(|| self.stop(End::refused_direction(named, reply)))
    }

    /// Where the service directs to is not gone to: what it answered ends the way.
    fn stop(&mut self, end: End) -> End {
        if let Some(Step::Passed { found, took }) = self.http.take() {
            self.http = Some(Step::Failed { failure: end.failure.clone(), found: Some(found), took });
        }
        (self.websocket, self.auth) = (None, None);
        end
    }

    /// A request was not answered.
    fn not_answered(&mut self, failure: Failure, begun: Instant) -> End {
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
    fn refuse(&mut self, aim: &Aim<'_>, facts: UpgradeFacts, failure: Failure, begun: Instant) -> End {
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
    fn refused_direction(named: &Url, reply: Reply) -> Self {
        let host = crate::shown::Shown::new(named.host_str().unwrap_or_default());
        let text = format!("directed to {host} by {}, which is not followed", named.scheme());
        Self { stage: Stage::Http, failure: Failure::new(FailureKind::Status, text), reply: Some(Box::new(reply)) }
    }
}

/// The URL to go on with. One that is made of the credential would show it to name servers and on the wire.
fn follow(aim: &Aim<'_>, named: &Url) -> Option<Url> {
    let is_telling = Scrub::of(aim.credential, &ProxySettings::default()).finds_any(named.as_str());
    if is_telling { None } else { discovery::follow(aim.endpoint, named) }
}

/// The step of a credential that was refused.
pub(super) fn denied(aim: &Aim<'_>, reply: &Reply, took: Duration) -> (Step<AuthFacts>, Failure) {
    let failure = answer::denial(reply);
    let failure = failure.unwrap_or_else(|| Failure::new(FailureKind::Denied, reply.status.to_string()));
    let Some(form) = aim.credential.and_then(|credential| credential.form_for(aim.endpoint).ok()) else {
        return (Step::Skipped { because: Skip::NoCredential }, failure);
    };
    let found = AuthFacts { form: form.id().to_owned(), reply: reply.clone(), ..AuthFacts::default() };
    (Step::Failed { failure: failure.clone(), found: Some(found), took }, failure)
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

fn method(endpoint: &Endpoint) -> hyper::Method {
    if endpoint.service().method() == "POST" { hyper::Method::POST } else { hyper::Method::GET }
}

/// When something was seen is part of the evidence: the one place of connections where the clock is read.
#[allow(clippy::disallowed_methods, reason = "this is the one place")]
pub(super) fn wall_clock() -> SystemTime {
    SystemTime::now()
}

/// What only a diagnosis wants to know is not worth a long wait.
const LOOKUP: Duration = Duration::from_secs(2);
