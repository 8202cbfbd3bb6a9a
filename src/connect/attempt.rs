//! One attempt: a service of one account, from its URL to an open socket or to why there is none.

use std::pin::pin;
use std::sync::Arc;

use tokio::time::Instant;
use tracing::Instrument as _;
use url::Url;

use super::dial::{Clock, Dialer};
use super::discovery::{self, Directions, MOST_HOPS};
use super::error::ConnectError;
use super::log::Log;
use super::routes::Route;
use super::seen::{End, Ended, Seen};
use super::spans;
use crate::diagnose::evidence::{Failure, FailureKind, Step};
use crate::diagnose::stage::Stage;
use crate::net::answer;
use crate::net::http::{Answer, Connection, Question};
use crate::net::proxy::ProxySettings;
use crate::net::scrub::Scrub;
use crate::net::websocket::{self, Ask, Socket};
use crate::resolve::credential::{Credential, Header};
use crate::resolve::endpoint::{Discovery, Endpoint};

/// What every attempt of a connector shares.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) dialer: Dialer,
    pub(super) directions: Directions,
}

/// What is attempted.
#[derive(Clone, Copy)]
pub(super) struct Aim<'a> {
    pub(super) route: &'a Route,
    pub(super) credential: Option<&'a Credential>,
    pub(super) header: Option<&'a Header>,
    pub(super) connection_id: &'a str,
    pub(super) clock: Clock,
}

impl<'a> Aim<'a> {
    pub(super) fn endpoint(&self) -> &'a Endpoint {
        &self.route.endpoint
    }
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
        let span = spans::call(aim.endpoint(), aim.connection_id);
        // Pinned where it is: what is handed on by value is copied, and this is some kilobytes.
        let opened = pin!(self.hop(aim, &mut seen)).instrument(span.clone()).await;
        opened.map_err(|end| {
            spans::failed(&span, &end.failure);
            self.directions.forget(aim.endpoint());
            Ended { seen, end }
        })
    }

    /// One request without a body to the endpoint itself.
    pub(super) async fn exchange(&self, aim: &Aim<'_>) -> Result<Answer, ConnectError> {
        let mut seen = Seen::new(aim.route.url.clone());
        match self.request(aim, &mut seen).await {
            Ok(answer) => Ok(answer),
            Err(end) => Err(self.explain(aim, Ended { seen: vec![seen], end }).await),
        }
    }

    /// Where a custom domain directs its clients, if anywhere.
    pub(super) async fn ask_for_directions(&self, aim: &Aim<'_>) -> Result<Option<Arc<Url>>, ConnectError> {
        let mut seen = Seen::new(aim.route.url.clone());
        match self.ask(aim, &mut seen).await {
            Ok((named, _)) => Ok(named.map(|named| self.directions.keep(aim.endpoint(), named))),
            Err(end) => Err(self.explain(aim, Ended { seen: vec![seen], end }).await),
        }
    }

    async fn request(&self, aim: &Aim<'_>, seen: &mut Seen) -> Result<Answer, End> {
        let begun = Instant::now();
        let mut connection = self.dial(aim, seen).await?;
        let mut question = Question::new(method(aim.endpoint()), &seen.url);
        question.credential = aim.header;
        let asked = connection.exchange(&question, aim.clock.limit()).await;
        let answer = asked.map_err(|failure| seen.not_answered(failure, begun))?;
        if answer.reply.status == 200 { Ok(answer) } else { Err(seen.refuse_request(aim, answer.reply, begun)) }
    }

    async fn hop(&self, aim: &Aim<'_>, seen: &mut Vec<Seen>) -> Result<Socket, End> {
        let discovery = aim.endpoint().discovery();
        let mut url = if discovery == Discovery::None { None } else { self.directions.of(aim.endpoint()) };
        let mut must_ask = url.is_none() && discovery == Discovery::Required;
        for _ in 0..MOST_HOPS {
            let at = url.take().unwrap_or_else(|| aim.route.url.clone());
            seen.push(Seen::new(at));
            let Some(now) = seen.last_mut() else { break };
            let (named, connection) =
                if std::mem::take(&mut must_ask) { self.ask(aim, now).await? } else { (None, None) };
            let named = match named {
                Some(named) => named,
                None => match self.upgrade(aim, now, connection).await? {
                    Upgraded::Open(socket) => return Ok(socket),
                    Upgraded::Named(named) => named,
                },
            };
            now.go_on();
            url = Some(self.directions.keep(aim.endpoint(), named));
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
        let question = discovery::question(aim.endpoint());
        let begun = Instant::now();
        let mut connection = self.dial(aim, seen).await?;
        let asked = connection.exchange(&Question::new(hyper::Method::GET, &question), aim.clock.limit()).await;
        let answer = asked.map_err(|failure| seen.not_answered(failure, begun))?;
        let named = answer::named_url(&answer, &question);
        seen.note_answer(&answer, named.as_ref(), aim.endpoint(), begun);
        match named {
            None => Ok((None, connection.is_reusable().await.then_some(connection))),
            Some(named) => match follow(aim, &named) {
                Some(url) => Ok((Some(url), None)),
                None => Err(seen.stop(End::refused_direction(&named, answer.reply))),
            },
        }
    }

    pub(super) async fn dial(&self, aim: &Aim<'_>, seen: &mut Seen) -> Result<Connection, End> {
        let stream = self.dialer.dial(&seen.url, &mut seen.log, aim.clock).await;
        let stream = stream.map_err(|failure| End { stage: seen.log.failed_at(), failure, reply: None })?;
        Ok(Connection::new(stream))
    }

    async fn upgrade(&self, aim: &Aim<'_>, seen: &mut Seen, connection: Option<Connection>) -> Result<Upgraded, End> {
        let connection = match connection {
            Some(connection) => connection,
            None => self.dial(aim, seen).await?,
        };
        let begun = Instant::now();
        let ask = Ask::new(&seen.url, aim.connection_id).of(Some(aim.endpoint().service()), aim.header);
        let ask = Ask { keeps_success: false, ..ask };
        let span = spans::http("GET", &seen.url);
        let upgrade = pin!(websocket::upgrade(connection, &ask, aim.clock.limit())).instrument(span.clone()).await;
        let status = upgrade.facts.as_ref().map(|facts| facts.reply.status).or(upgrade.outcome.is_ok().then_some(101));
        spans::answered(&span, status, upgrade.outcome.as_ref().err());
        let failure = match upgrade.outcome {
            Ok(socket) => return Ok(Upgraded::Open(socket)),
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
        if facts.reply.status == 404 && seen.may_be_directed(aim.endpoint()) {
            // What it asked with says nothing any more.
            seen.log = Log::new();
            if let (Some(named), _) = self.ask(aim, seen).await? {
                return Ok(Upgraded::Named(named));
            }
        }
        Err(seen.refuse(aim, facts, failure, begun))
    }
}

#[allow(clippy::large_enum_variant, reason = "the large one is the usual one")]
enum Upgraded {
    Open(Socket),
    Named(Url),
}

/// The URL to go on with. One that is made of the credential would show it to name servers and on the wire.
pub(super) fn follow(aim: &Aim<'_>, named: &Url) -> Option<Url> {
    let is_telling = Scrub::of(aim.credential, &ProxySettings::default()).finds_any(named.as_str());
    if is_telling { None } else { discovery::follow(aim.endpoint(), named) }
}

fn method(endpoint: &Endpoint) -> hyper::Method {
    if endpoint.service().method() == "POST" { hyper::Method::POST } else { hyper::Method::GET }
}
