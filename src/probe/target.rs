//! Target: the probe of one target, with what every stage of it needs. Each stage adds its methods in its own
//! file, and `walk.rs` puts the stages together.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hyper::Method;
use tokio::time::Instant;

use super::context::{Context, Family};
use super::notes::Notes;
use super::observer::Observer;
use super::request::request_to;
use crate::diagnose::evidence::{Address, Failure, Skip, Step};
use crate::diagnose::plan::{Plan, Target};
use crate::diagnose::stage::Stage;
use crate::net::http::{Request, required_headers};
use crate::net::proxy::Decision;
use crate::net::tcp;
use crate::net::tls::TlsClient;
use crate::resolve::credential::{Credential, CredentialHeader, may_receive};
use crate::resolve::form::CredentialForm;

/// The probe of one target.
pub(super) struct TargetProbe<'a, N, O> {
    pub(super) plan: &'a Plan,
    pub(super) context: &'a Context<'a, N>,
    pub(super) target: &'a Target,
    pub(super) observer: &'a O,
    /// The client for all handshakes, or the reason that there is none.
    pub(super) tls: &'a Result<TlsClient, Failure>,
    pub(super) deadline: Instant,
    pub(super) notes: Notes<'a>,
}

/// The route to a target, for further connections.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) decision: Decision,
    /// The addresses of the host, or of the proxy.
    pub(super) addresses: Vec<IpAddr>,
}

/// A probe that ends early, with the reason that its remaining stages are skipped.
pub(super) struct Stop(pub(super) Skip);

impl<N, O> TargetProbe<'_, N, O> {
    /// Returns whether the run has enough time left to begin: a peer is silent only after half a step.
    pub(super) fn has_time(&self) -> bool {
        self.deadline.saturating_duration_since(Instant::now()) >= self.plan.limits.step / 2
    }

    /// Returns the limit of one wait, which never exceeds the end of the run.
    pub(super) fn limit(&self) -> Duration {
        self.plan.limits.step.min(self.deadline.saturating_duration_since(Instant::now()))
    }

    pub(super) fn peers(&self, addresses: impl IntoIterator<Item = Address>) -> Vec<SocketAddr> {
        let wanted = addresses.into_iter().filter(|address| self.is_wanted(*address));
        tcp::peers(wanted.map(|address| address.ip), self.target.port())
    }

    /// Returns whether the run connects to addresses of this family.
    pub(super) fn is_wanted(&self, address: Address) -> bool {
        match self.context.family {
            Family::Any => true,
            Family::V4 => address.ip.is_ipv4(),
            Family::V6 => address.ip.is_ipv6(),
        }
    }

    /// Returns a client that records the certificates. Its `ClientHello` is that of an application's first connection.
    pub(super) fn recording(&self) -> Result<TlsClient, Failure> {
        self.tls.as_ref().map(|tls| tls.recording(self.context.trust, self.context.now)).map_err(Clone::clone)
    }

    /// Returns the request for the service, without a credential.
    pub(super) fn service_request(&self) -> Request<'_> {
        match self.target.service() {
            Some(service) if !service.is_websocket() => request_to(service, &self.target.url),
            service => {
                let mut request = Request::new(Method::GET, &self.target.url);
                request.headers.extend(required_headers(service));
                request
            }
        }
    }

    /// Returns the header for the credential, and the id of its form. A credential whose form this endpoint does not
    /// accept keeps its form. A host that may not receive the credential gets no header, and neither does a service that
    /// takes only secrets of its own.
    pub(super) fn header(&self) -> Option<(&'static str, CredentialHeader)> {
        self.header_of(self.context.credential?)
    }

    pub(super) fn header_of(&self, credential: &Credential) -> Option<(&'static str, CredentialHeader)> {
        let endpoint = self.target.endpoint()?;
        may_receive(endpoint.account(), &self.target.url).ok()?;
        if endpoint.accepts().contains(CredentialForm::ClientSecret) {
            return None;
        }
        match (credential.form_for(endpoint), credential.header(endpoint)) {
            (Ok(form), Ok(header)) => Some((form.id(), header)),
            _ => credential.as_given(endpoint).map(|(form, header)| (form.id(), header)),
        }
    }
}

impl<N, O: Observer> TargetProbe<'_, N, O> {
    /// Tells the observer that a stage begins.
    pub(super) fn begins(&self, stage: Stage) {
        self.observer.stage_of(self.target.service(), self.target.host(), stage);
    }
}

/// Returns a step that passed, or failed if there is a failure.
pub(super) fn step<T>(found: T, failure: Option<Failure>, begun: Instant) -> Step<T> {
    let took = begun.elapsed();
    match failure {
        None => Step::Passed { found, took },
        Some(failure) => Step::Failed { failure, found: Some(found), took },
    }
}
