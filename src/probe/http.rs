//! HTTP: a request without a credential, which proves the route up to the service, and the search for a redirect.

use hyper::Method;
use tokio::time::Instant;
use url::Url;

use super::named;
use super::observer::Observer;
use super::target::{Route, Stop, TargetProbe};
use crate::diagnose::evidence::{
    Address, AddressClass, Failure, FailureKind, HttpFacts, Redirect, Skip, Step, unix_seconds,
};
use crate::diagnose::plan::Target;
use crate::diagnose::stage::Stage;
use crate::net::http::{Connection, DISCOVERY, Request, Response, classify};
use crate::net::{Network, Stream};
use crate::resolve::credential::may_receive;
use crate::resolve::endpoint::{Discovery, Endpoint, Expectation};
use crate::resolve::service::Service;

/// The host that responded, or that the response names.
pub(super) enum Responder {
    /// The service itself responded on this connection.
    Service(Connection),
    /// The service named another host. `None` if that host may not receive the credential.
    Redirect(Option<Target>),
}

impl<N: Network, O: Observer> TargetProbe<'_, N, O> {
    /// Sends a request without a credential. If the service may redirect its clients, requests the redirect.
    pub(super) async fn request(
        &self,
        route: &Route,
        stream: Stream,
        addresses: &[Address],
    ) -> Result<Responder, Stop> {
        self.begins(Stage::Http);
        let begun = Instant::now();
        let mut connection = Connection::new(stream);
        let request = self.service_request();
        let response = match connection.exchange(&request, self.limit()).await {
            Ok(response) => response,
            Err(failure) => {
                if failure.kind == FailureKind::TimedOut {
                    self.try_small_segments(route, Stage::Http, None).await;
                }
                return Err(self.http_failed(failure, None, begun));
            }
        };
        let mut facts = HttpFacts {
            skew_seconds: response.reply.date.map(|date| unix_seconds(self.context.now) - date),
            reply: response.reply.clone(),
            redirect: None,
        };
        let mut named = None;
        if self.may_be_redirected(&response, addresses) {
            match self.discover(route, &mut connection, &response).await {
                Ok((redirect, url)) => (facts.redirect, named) = (redirect, url),
                Err(failure) => return Err(self.http_failed(failure, Some(facts), begun)),
            }
        }
        if let (Discovery::Required, Some(url)) = (self.target.discovery(), named) {
            self.notes.note(|trace| {
                trace.http = Step::Passed { found: facts, took: begun.elapsed() };
                trace.websocket = Step::Skipped { because: Skip::Redirected };
                trace.auth = Step::Skipped { because: Skip::Redirected };
            });
            return Ok(Responder::Redirect(self.redirect_target(url)));
        }
        if let Some(failure) = classify::refusal(&response, self.target.is_websocket(), self.target.service()) {
            self.try_without_proxy(route, addresses).await;
            return Err(self.http_failed(failure, Some(facts), begun));
        }
        self.notes.note(|trace| trace.http = Step::Passed { found: facts, took: begun.elapsed() });
        Ok(Responder::Service(connection))
    }

    fn http_failed(&self, failure: Failure, found: Option<HttpFacts>, begun: Instant) -> Stop {
        let took = begun.elapsed();
        self.notes.note(|trace| trace.http = Step::Failed { failure, found, took });
        Stop(Skip::After(Stage::Http))
    }

    /// Returns whether the service may redirect this client, or should not but could.
    fn may_be_redirected(&self, response: &Response, addresses: &[Address]) -> bool {
        // Azure OpenAI and Foundry redirect nobody.
        let is_of_speech = self.target.service().is_some_and(Service::is_of_speech);
        if !is_of_speech || !self.target.endpoint().is_some_and(Endpoint::is_own_host) {
            return false;
        }
        let is_redirect = (300..400).contains(&response.reply.status);
        let is_public = addresses.first().is_none_or(|address| address.class == AddressClass::Public);
        let must_be_private = self.target.expect == Expectation::PrivateAddress && self.target.is_websocket();
        self.target.discovery() != Discovery::None
            || is_redirect
            || must_be_private
            || response.reply.status == 404 && is_public
    }

    /// Requests a redirect as the JavaScript SDK does, and resolves the host that the response names.
    ///
    /// # Errors
    ///
    /// Returns a [`Failure`] if the response names what this machine may not look up.
    async fn discover(
        &self,
        route: &Route,
        connection: &mut Connection,
        response: &Response,
    ) -> Result<(Option<Redirect>, Option<Url>), Failure> {
        let mut url = self.target.url.clone();
        url.set_query(Some(DISCOVERY));
        let second = self.exchange_again(route, connection, &Request::new(Method::GET, &url)).await.ok();
        let named = second.as_ref().and_then(|second| Some((second, classify::named_url(second, &self.target.url)?)));
        let named = named.or_else(|| Some((response, classify::named_url(response, &self.target.url)?)));
        let Some((by, url)) = named else {
            let status = second.as_ref().map_or(response.reply.status, |second| second.reply.status);
            return Ok((Some(Redirect { status, ..Redirect::default() }), None));
        };
        if let Some(failure) = named::refused(&url, self.context.credentials()) {
            return Err(failure);
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        let looked_up = self.context.network.lookup(&host, self.limit()).await;
        let mut without_query = url.clone();
        without_query.set_query(None);
        let redirect = Redirect {
            status: by.reply.status,
            class: looked_up.facts.addresses.first().map(|address| address.class),
            is_own_cloud: self.plan.account.cloud().suffixes().read(&host).is_some(),
            host: Some(host),
            url: Some(without_query.to_string()),
        };
        Ok((Some(redirect), Some(url)))
    }

    /// Returns the target of a redirect, which must be encrypted and in the cloud of the resource.
    fn redirect_target(&self, mut url: Url) -> Option<Target> {
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
            private_zone: None,
            // The target that led here has them.
            notes: Vec::new(),
            purpose: self.target.purpose.clone(),
        })
    }
}
