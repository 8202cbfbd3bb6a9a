//! Auth: a request with the credential. If the service rejects it, further requests with the credential in other forms
//! and at other hosts distinguish the causes.

use tokio::time::Instant;
use url::Url;

use super::observer::Observer;
use super::request::{fault, request_to};
use super::target::{Route, TargetProbe, step};
use crate::diagnose::evidence::{AuthFacts, AuthTry, Claims, Failure, FailureKind, Reply, Retry, Skip, Step};
use crate::diagnose::stage::Stage;
use crate::net::http::{Connection, Response};
use crate::net::websocket::{UpgradeRequest, connection_id};
use crate::net::{Network, websocket};
use crate::resolve::credential::{Credential, CredentialHeader};
use crate::resolve::endpoint::Endpoint;
use crate::resolve::form::CredentialForm;
use crate::resolve::service::Service;

impl<N: Network, O: Observer> TargetProbe<'_, N, O> {
    /// Repeats the request with the credential.
    pub(super) async fn authenticate(&self, route: &Route, mut connection: Connection) {
        let Some((_, header)) = self.header() else {
            self.notes.note(|trace| trace.auth = Step::Skipped { because: Skip::NoCredential });
            return;
        };
        self.begins(Stage::Auth);
        let begun = Instant::now();
        let mut request = self.service_request();
        request.credential = Some(&header);
        match self.exchange_again(route, &mut connection, &request).await {
            Ok(response) => {
                let fault = self.target.service().and_then(|service| fault(&response, service));
                self.judge_credential(route, response.reply, fault, begun).await;
            }
            Err(failure) => {
                if failure.kind == FailureKind::TimedOut {
                    self.try_small_segments(route, Stage::Auth, Some(&header)).await;
                }
                let took = begun.elapsed();
                self.notes.note(|trace| trace.auth = Step::Failed { failure, found: None, took });
            }
        }
    }

    /// Notes whether the service accepts the credential and serves the request. If it rejects the credential, tries other
    /// uses of it.
    pub(super) async fn judge_credential(&self, route: &Route, reply: Reply, fault: Option<Failure>, begun: Instant) {
        let Some((form, _)) = self.header() else {
            self.notes.note(|trace| trace.auth = Step::Skipped { because: Skip::NoCredential });
            return;
        };
        let is_unknown = reply.status == 401;
        let mut found = AuthFacts { form: form.to_owned(), reply, ..AuthFacts::default() };
        if fault.as_ref().is_some_and(|fault| fault.kind == FailureKind::Denied) {
            self.begins(Stage::Auth);
            let second = if is_unknown { self.try_second_key(route).await } else { None };
            (found.tries, found.issued) = self.try_other_uses().await;
            found.tries.splice(0..0, second);
        }
        let step = step(found, fault, begun);
        self.notes.note(|trace| trace.auth = step);
    }

    /// Tries the second key at the same host, on the same route.
    async fn try_second_key(&self, route: &Route) -> Option<AuthTry> {
        let (form, header) = self.header_of(self.context.second_key?)?;
        let (retry, host) = (Retry::SecondKey, self.target.host().to_owned());
        let tried = AuthTry { retry, host, form: form.to_owned(), status: None };
        let Ok(connection) = self.reconnect(route).await else { return Some(tried) };
        let (status, _) = self.send_credential(connection, &self.target.url, self.target.service()?, &header).await;
        Some(AuthTry { status, ..tried })
    }

    /// Tries the credential in its other form, at the host of the resource, and for a token.
    async fn try_other_uses(&self) -> (Vec<AuthTry>, Option<Claims>) {
        let (Some(credential), Some(endpoint)) = (self.context.credential, self.target.endpoint()) else {
            return (Vec::new(), None);
        };
        let mut tries = Vec::new();
        if let Some((form, header)) = credential.in_other_form(endpoint) {
            tries.push(self.try_credential(Retry::OtherForm, endpoint, form.id(), &header).await.0);
        }
        if let Some(own) = &self.target.own
            && let (Ok(form), Ok(header)) = (credential.form_for(own), credential.header(own))
        {
            tries.push(self.try_credential(Retry::OwnHost, own, form.id(), &header).await.0);
        }
        let issued = self.try_issuing(credential, &mut tries).await;
        (tries, issued)
    }

    /// Tries to get a token for the key. Its claims name the region of the key.
    async fn try_issuing(&self, credential: &Credential, tries: &mut Vec<AuthTry>) -> Option<Claims> {
        let issue = self.plan.account.endpoint(Service::IssueToken).ok()?;
        if credential.form() != CredentialForm::Key || self.target.service() == Some(Service::IssueToken) {
            return None;
        }
        let header = credential.header(&issue).ok()?;
        let (attempt, response) = self.try_credential(Retry::IssueToken, &issue, "key", &header).await;
        let is_issued = attempt.status == Some(200);
        tries.push(attempt);
        Credential::issued_token(response?.body.trim()).ok().filter(|_| is_issued)?.claims()
    }

    /// Sends one request on a new, verified connection.
    async fn try_credential(
        &self,
        retry: Retry,
        endpoint: &Endpoint,
        form: &str,
        header: &CredentialHeader,
    ) -> (AuthTry, Option<Response>) {
        let url = endpoint.to_url();
        let host = url.host_str().unwrap_or_default();
        let tried = AuthTry { retry, host: host.to_owned(), form: form.to_owned(), status: None };
        let Ok(stream) = self.connect_to(host).await else { return (tried, None) };
        let (status, response) = self.send_credential(Connection::new(stream), &url, endpoint.service(), header).await;
        (AuthTry { status, ..tried }, response)
    }

    /// Sends one upgrade or request with a credential. Returns the status, and the response to a request.
    pub(super) async fn send_credential(
        &self,
        mut connection: Connection,
        url: &Url,
        service: Service,
        header: &CredentialHeader,
    ) -> (Option<u16>, Option<Response>) {
        if service.is_websocket() {
            let id = connection_id();
            let request = UpgradeRequest::new(url, &id).for_service(Some(service), Some(header));
            let upgrade = websocket::upgrade(connection, &request, self.limit()).await;
            return (upgrade.facts.map(|facts| facts.reply.status), None);
        }
        let mut request = request_to(service, url);
        request.credential = Some(header);
        let response = connection.exchange(&request, self.limit()).await.ok();
        (response.as_ref().map(|response| response.reply.status), response)
    }
}
