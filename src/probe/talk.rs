//! What the service says: without a credential, to an upgrade, and with the credential.

use hyper::Method;
use tokio::time::Instant;
use url::Url;

use super::Watch;
use super::way::{Reached, Route, Stop, Way, step};
use crate::diagnose::evidence::{
    Address, AddressClass, AuthFacts, AuthTry, Claims, Failure, FailureKind, HttpFacts, Redirect, Reply, Retry, Skip,
    Step, UpgradeFacts, unix_seconds,
};
use crate::diagnose::plan::Target;
use crate::diagnose::stage::Stage;
use crate::net::http::{Answer, Connection, DISCOVERY, Question};
use crate::net::proxy::Decision;
use crate::net::websocket::{Ask, connection_id};
use crate::net::{Network, Stream};
use crate::net::{answer, tcp, websocket};
use crate::resolve::credential::{Credential, Header, may_receive};
use crate::resolve::endpoint::{Discovery, Endpoint, Expectation};
use crate::resolve::service::Service;

impl<N: Network, W: Watch> Way<'_, N, W> {
    /// 1. A request without a credential proves the way up to the service.
    /// 2. Where the service may direct its clients elsewhere, it is asked to.
    /// 3. A WebSocket is opened, with the credential where there is one; any other service is asked again with it.
    pub(super) async fn talk(&self, route: &Route, stream: Stream, addresses: &[Address]) -> Result<Reached, Stop> {
        self.watch.stage(self.target.host(), Stage::Http);
        let begun = Instant::now();
        let failed = |failure| self.http_failed(failure, None, begun);
        let mut connection = Connection::new(stream);
        let question = Question::new(self.method(), &self.target.url);
        let answer = connection.exchange(&question, self.limit()).await.map_err(failed)?;
        let mut facts = HttpFacts {
            skew_seconds: answer.reply.date.map(|date| unix_seconds(self.means.now) - date),
            reply: answer.reply.clone(),
            redirect: None,
        };
        let mut named = None;
        if self.may_be_redirected(&answer, addresses) {
            (facts.redirect, named) = self.discover(route, &mut connection, &answer).await;
        }
        if let (Discovery::Required, Some(url)) = (self.target.discovery(), named) {
            self.seen.note(|trace| {
                trace.http = Step::Passed { found: facts, took: begun.elapsed() };
                trace.websocket = Step::Skipped { because: Skip::Redirected };
                trace.auth = Step::Skipped { because: Skip::Redirected };
            });
            return Ok(self.named_target(url).map_or(Reached::End, Reached::Named));
        }
        if let Some(failure) = answer::refusal(&answer, self.target.is_websocket(), self.target.service()) {
            self.beside_proxy(route, addresses).await;
            return Err(self.http_failed(failure, Some(facts), begun));
        }
        self.seen.note(|trace| trace.http = Step::Passed { found: facts, took: begun.elapsed() });
        if self.target.is_websocket() {
            return self.upgrade(route, connection, addresses).await;
        }
        self.seen.note(|trace| trace.websocket = Step::Skipped { because: Skip::NotWebSocket });
        self.authenticate(route, connection).await;
        Ok(Reached::End)
    }

    fn http_failed(&self, failure: Failure, found: Option<HttpFacts>, begun: Instant) -> Stop {
        let took = begun.elapsed();
        self.seen.note(|trace| trace.http = Step::Failed { failure, found, took });
        Stop(Skip::After(Stage::Http))
    }

    /// Where a service may direct its clients, or should not, it is asked as the JavaScript SDK asks.
    fn may_be_redirected(&self, answer: &Answer, addresses: &[Address]) -> bool {
        // Azure OpenAI and Foundry redirect nobody.
        let is_of_speech = self.target.service().is_some_and(Service::is_of_speech);
        if !is_of_speech || !self.target.endpoint().is_some_and(Endpoint::is_own_host) {
            return false;
        }
        let is_redirect = (300..400).contains(&answer.reply.status);
        let is_public = addresses.first().is_none_or(|address| address.class == AddressClass::Public);
        let must_be_private = self.target.expect == Expectation::PrivateAddress && self.target.is_websocket();
        self.target.discovery() != Discovery::None
            || is_redirect
            || must_be_private
            || answer.reply.status == 404 && is_public
    }

    /// Asks for another host, and looks up the one that is named.
    async fn discover(
        &self,
        route: &Route,
        connection: &mut Connection,
        answer: &Answer,
    ) -> (Option<Redirect>, Option<Url>) {
        let mut url = self.target.url.clone();
        url.set_query(Some(DISCOVERY));
        let asked = self.ask_again(route, connection, &Question::new(Method::GET, &url)).await.ok();
        let named = asked.as_ref().and_then(|asked| Some((asked, answer::named_url(asked, &self.target.url)?)));
        let named = named.or_else(|| Some((answer, answer::named_url(answer, &self.target.url)?)));
        let Some((by, url)) = named else {
            let status = asked.as_ref().map_or(answer.reply.status, |asked| asked.reply.status);
            return (Some(Redirect { status, ..Redirect::default() }), None);
        };
        let host = url.host_str().unwrap_or_default().to_owned();
        let looked_up = self.means.network.lookup(&host, self.limit()).await;
        let mut without_query = url.clone();
        without_query.set_query(None);
        let redirect = Redirect {
            status: by.reply.status,
            class: looked_up.facts.addresses.first().map(|address| address.class),
            is_own_cloud: self.plan.account.cloud().suffixes().read(&host).is_some(),
            host: Some(host),
            url: Some(without_query.to_string()),
        };
        (Some(redirect), Some(url))
    }

    /// The host that was named, as a target of its own: only inside the resource's own cloud, only encrypted.
    fn named_target(&self, mut url: Url) -> Option<Target> {
        let endpoint = self.target.endpoint()?;
        if self.target.is_websocket() && url.scheme() == "https" {
            url.set_scheme("wss").ok()?;
        }
        may_receive(endpoint.account(), &url).ok()?;
        Some(Target {
            url,
            expect: Expectation::PublicAddress,
            namesakes: Vec::new(),
            own: None,
            discovered_from: Some(endpoint.service()),
            purpose: self.target.purpose.clone(),
        })
    }

    /// The upgrade carries the credential where there is one, so one answer decides both.
    async fn upgrade(&self, route: &Route, mut connection: Connection, addresses: &[Address]) -> Result<Reached, Stop> {
        self.watch.stage(self.target.host(), Stage::WebSocket);
        let begun = Instant::now();
        if !connection.is_reusable().await {
            let again = self.again_to_talk(route).await;
            connection = again.map_err(|failure| self.websocket_failed(failure, None, begun))?;
        }
        let header = self.header().map(|(_, header)| header);
        let id = connection_id();
        let ask = Ask::new(&self.target.url, &id).of(self.target.service(), header.as_ref());
        let upgrade = websocket::upgrade(connection, &ask, self.limit()).await;
        let Some(mut facts) = upgrade.facts else {
            let failure = upgrade.outcome.err().unwrap_or_else(no_answer);
            return Err(self.websocket_failed(failure, None, begun));
        };
        let reply = facts.reply.clone();
        let (failure, socket) = match upgrade.outcome {
            Ok(mut socket) => {
                let failure = websocket::greet(&mut socket, &mut facts, self.limit()).await;
                (failure, self.unless_held(socket).await)
            }
            Err(_) if answer::is_about_the_credential(&reply) => (None, None),
            Err(failure) => (Some(failure), None),
        };
        if let Some(failure) = failure {
            self.beside_proxy(route, addresses).await;
            return Err(self.websocket_failed(failure, Some(facts), begun));
        }
        self.seen.note(|trace| trace.websocket = Step::Passed { found: facts, took: begun.elapsed() });
        let denial = answer::denial(&reply);
        self.judge_credential(route, reply, denial, begun).await;
        Ok(socket.map_or(Reached::End, Reached::Open))
    }

    fn websocket_failed(&self, failure: Failure, found: Option<UpgradeFacts>, begun: Instant) -> Stop {
        let took = begun.elapsed();
        self.seen.note(|trace| trace.websocket = Step::Failed { failure, found, took });
        Stop(Skip::After(Stage::WebSocket))
    }

    /// The same request with the credential.
    async fn authenticate(&self, route: &Route, mut connection: Connection) {
        let Some((_, header)) = self.header() else {
            self.seen.note(|trace| trace.auth = Step::Skipped { because: Skip::NoCredential });
            return;
        };
        self.watch.stage(self.target.host(), Stage::Auth);
        let begun = Instant::now();
        let mut question = Question::new(self.method(), &self.target.url);
        question.credential = Some(&header);
        match self.ask_again(route, &mut connection, &question).await {
            Ok(answer) => {
                let fault = self.target.service().and_then(|service| answer::fault(&answer, service));
                self.judge_credential(route, answer.reply, fault, begun).await;
            }
            Err(failure) => {
                let took = begun.elapsed();
                self.seen.note(|trace| trace.auth = Step::Failed { failure, found: None, took });
            }
        }
    }

    /// A further question on the same connection, or on a second one where the peer closed the first.
    async fn ask_again(
        &self,
        route: &Route,
        connection: &mut Connection,
        question: &Question<'_>,
    ) -> Result<Answer, Failure> {
        if !connection.is_reusable().await {
            *connection = self.again_to_talk(route).await?;
        }
        connection.exchange(question, self.limit()).await
    }

    /// Whether the credential was taken and the request served; where it was not taken, other ways of giving it.
    async fn judge_credential(&self, route: &Route, reply: Reply, fault: Option<Failure>, begun: Instant) {
        let Some((form, _)) = self.header() else {
            self.seen.note(|trace| trace.auth = Step::Skipped { because: Skip::NoCredential });
            return;
        };
        let is_unknown = reply.status == 401;
        let mut found = AuthFacts { form: form.to_owned(), reply, ..AuthFacts::default() };
        if fault.as_ref().is_some_and(|fault| fault.kind == FailureKind::Denied) {
            self.watch.stage(self.target.host(), Stage::Auth);
            let second = if is_unknown { self.with_second_key(route).await } else { None };
            (found.tries, found.issued) = self.other_ways().await;
            found.tries.splice(0..0, second);
        }
        let step = step(found, fault, begun);
        self.seen.note(|trace| trace.auth = step);
    }

    /// The second key at the same host by the same way.
    async fn with_second_key(&self, route: &Route) -> Option<AuthTry> {
        let (form, header) = self.header_of(self.means.second_key?)?;
        let (retry, host) = (Retry::SecondKey, self.target.host().to_owned());
        let tried = AuthTry { retry, host, form: form.to_owned(), status: None };
        let Ok(connection) = self.again_to_talk(route).await else { return Some(tried) };
        let (status, _) = self.ask(connection, &self.target.url, self.target.service()?, &header).await;
        Some(AuthTry { status, ..tried })
    }

    /// The credential in another form, at the resource's own host, and as what a token is issued from.
    async fn other_ways(&self) -> (Vec<AuthTry>, Option<Claims>) {
        let (Some(credential), Some(endpoint)) = (self.means.credential, self.target.endpoint()) else {
            return (Vec::new(), None);
        };
        let mut tries = Vec::new();
        if let Some((form, header)) = credential.in_other_form(endpoint) {
            tries.push(self.attempt(Retry::OtherForm, endpoint, form.id(), &header).await.0);
        }
        if let Some(own) = &self.target.own
            && let (Ok(form), Ok(header)) = (credential.form_for(own), credential.header(own))
        {
            tries.push(self.attempt(Retry::OwnHost, own, form.id(), &header).await.0);
        }
        let issued = self.issue(credential, &mut tries).await;
        (tries, issued)
    }

    /// A token issued from the key names the region that the key is of.
    async fn issue(&self, credential: &Credential, tries: &mut Vec<AuthTry>) -> Option<Claims> {
        let issue = self.plan.account.endpoint(Service::IssueToken).ok()?;
        if !matches!(credential, Credential::Key(_)) || self.target.service() == Some(Service::IssueToken) {
            return None;
        }
        let header = credential.header(&issue).ok()?;
        let (attempt, answer) = self.attempt(Retry::IssueToken, &issue, "key", &header).await;
        let is_issued = attempt.status == Some(200);
        tries.push(attempt);
        Credential::issued_token(answer?.body.trim()).ok().filter(|_| is_issued)?.claims()
    }

    /// One request on a connection of its own, which verified like any other.
    async fn attempt(
        &self,
        retry: Retry,
        endpoint: &Endpoint,
        form: &str,
        header: &Header,
    ) -> (AuthTry, Option<Answer>) {
        let url = endpoint.to_url();
        let host = url.host_str().unwrap_or_default();
        let tried = AuthTry { retry, host: host.to_owned(), form: form.to_owned(), status: None };
        let Ok(stream) = self.open(host).await else { return (tried, None) };
        let (status, answer) = self.ask(Connection::new(stream), &url, endpoint.service(), header).await;
        (AuthTry { status, ..tried }, answer)
    }

    /// One upgrade or request with a credential: its status, and the answer of a request.
    async fn ask(
        &self,
        mut connection: Connection,
        url: &Url,
        service: Service,
        header: &Header,
    ) -> (Option<u16>, Option<Answer>) {
        if service.is_websocket() {
            let id = connection_id();
            let ask = Ask::new(url, &id).of(Some(service), Some(header));
            let upgrade = websocket::upgrade(connection, &ask, self.limit()).await;
            return (upgrade.facts.map(|facts| facts.reply.status), None);
        }
        let mut question = Question::new(answer::method_of(service), url);
        question.credential = Some(header);
        let answer = connection.exchange(&question, self.limit()).await.ok();
        (answer.as_ref().map(|answer| answer.reply.status), answer)
    }

    /// Where a refusal of an own host came through a proxy: does the direct way to its private address work?
    async fn beside_proxy(&self, route: &Route, addresses: &[Address]) {
        let private = addresses.iter().copied().filter(|address| address.class.is_private());
        let peers = self.peers(private);
        let (Decision::Via(_), Some(peer)) = (&route.decision, peers.first()) else { return };
        let (attempt, _) = tcp::one(self.means.network, *peer, self.limit()).await;
        self.seen.note(|trace| {
            if let Step::Passed { found, .. } = &mut trace.proxy {
                found.direct = Some(attempt);
            }
        });
    }

    /// The credential as this endpoint takes it, else as it is, with the id of its form; none for a host that may not
    /// receive it.
    pub(super) fn header(&self) -> Option<(&'static str, Header)> {
        self.header_of(self.means.credential?)
    }

    fn header_of(&self, credential: &Credential) -> Option<(&'static str, Header)> {
        let endpoint = self.target.endpoint()?;
        may_receive(endpoint.account(), &self.target.url).ok()?;
        match (credential.form_for(endpoint), credential.header(endpoint)) {
            (Ok(form), Ok(header)) => Some((form.id(), header)),
            _ => credential.as_given(endpoint).map(|(form, header)| (form.id(), header)),
        }
    }

    pub(super) fn method(&self) -> Method {
        match self.target.service() {
            Some(service) if !service.is_websocket() => answer::method_of(service),
            _ => Method::GET,
        }
    }
}

fn no_answer() -> Failure {
    Failure::new(FailureKind::Other, "there was no answer")
}
