//! What an application gets in place of a connection: what was attempted, where it ended, and why.

use std::fmt;
use std::time::Duration;

use super::token::TokenError;
use crate::diagnose::evidence::{Evidence, Failure, FailureKind, Reply, Step};
use crate::diagnose::stage::Stage;
use crate::diagnose::{Diagnosis, diagnose};
use crate::resolve::credential::CredentialError;
use crate::resolve::endpoint::ResolveError;
use crate::resolve::service::Service;

/// No connection, or no answer that is of use.
pub struct ConnectError(Box<Attempt>);

/// Why there is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectCause {
    /// The account has no URL for the service: the configuration is at fault.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The endpoint does not take this credential, or may not receive it.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// There is no token to send.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The network or the service: the stage at which it ended, and how.
    #[error("{failure}")]
    Network {
        /// The stage.
        stage: Stage,
        /// The failure.
        failure: Failure,
    },
    /// The time of the call was over before any account could be tried.
    #[error("{failure}")]
    NotTried {
        /// The failure.
        failure: Failure,
    },
}

#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) service: Service,
    pub(super) host: Option<String>,
    pub(super) connection_id: Option<String>,
    pub(super) cause: ConnectCause,
    pub(super) reply: Option<Reply>,
    pub(super) evidence: Evidence,
}

impl ConnectError {
    pub(super) fn new(attempt: Attempt) -> Self {
        Self(Box::new(attempt))
    }

    /// The service that was wanted.
    #[must_use]
    pub fn service(&self) -> Service {
        self.0.service
    }

    /// The host that was tried last; none when there was none to try.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.0.host.as_deref()
    }

    /// The stage at which it ended; none when it ended before the network.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        match &self.0.cause {
            ConnectCause::Network { stage, .. } => Some(*stage),
            _ => None,
        }
    }

    /// Why.
    #[must_use]
    pub fn cause(&self) -> &ConnectCause {
        &self.0.cause
    }

    /// `X-ConnectionId` of the last attempt, by which support finds it.
    #[must_use]
    pub fn connection_id(&self) -> Option<&str> {
        self.0.connection_id.as_deref()
    }

    /// The status of the answer, where there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.reply().map(|reply| reply.status)
    }

    /// The answer that refused, where there was one.
    #[must_use]
    pub fn reply(&self) -> Option<&Reply> {
        self.0.reply.as_ref()
    }

    /// How long the service wants to be left alone, where it said so in seconds.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(self.reply()?)
    }

    /// Everything that was seen, of every account that was tried; to be saved, or diagnosed again by newer rules.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.0.evidence
    }

    /// What the doctor says to it.
    #[must_use]
    pub fn diagnosis(&self) -> Diagnosis {
        diagnose(&self.0.evidence)
    }

    /// The same once more, for a call that is not made because of it.
    pub(super) fn repeated(&self) -> Self {
        let Attempt { service, host, connection_id, reply, evidence, .. } = &*self.0;
        let failure = Failure::new(FailureKind::Status, self.0.cause.to_string());
        Self::new(Attempt {
            service: *service,
            host: host.clone(),
            connection_id: connection_id.clone(),
            cause: ConnectCause::Network { stage: self.stage().unwrap_or(Stage::Http), failure },
            reply: reply.clone(),
            evidence: evidence.clone(),
        })
    }

    /// A call that is not made, because the service wants to be left alone for so long.
    pub(super) fn held_back(&self, service: Service, rest: Duration) -> Self {
        let mut error = self.repeated();
        let text = format!("not tried: the service asked for {:.0} s more without calls", rest.as_secs_f64().ceil());
        let stage = error.stage().unwrap_or(Stage::Http);
        error.0.service = service;
        error.0.cause = ConnectCause::Network { stage, failure: Failure::new(FailureKind::Status, text) };
        error
    }

    /// What the answer said, for one that no failure of the catalogue stands for: a mistake in the request, most often.
    fn said(&self) -> Option<&str> {
        let trace = self.0.evidence.traces.last()?;
        let reply = match (&trace.http, &trace.websocket) {
            (Step::Failed { found: Some(found), .. }, _) => &found.reply,
            (_, Step::Failed { found: Some(found), .. }) => &found.reply,
            _ => return None,
        };
        reply.message.as_deref()
    }

    /// What was seen of accounts that were tried before.
    pub(super) fn after(mut self, earlier: Vec<Evidence>) -> Self {
        let traces = earlier.into_iter().flat_map(|evidence| evidence.traces);
        self.0.evidence.traces = traces.chain(std::mem::take(&mut self.0.evidence.traces)).collect();
        self
    }
}

/// `Retry-After` in seconds. As a date it is not sent by the service.
pub(super) fn retry_after(reply: &Reply) -> Option<Duration> {
    reply.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Attempt { service, host, cause, .. } = &*self.0;
        f.write_str(service.id())?;
        if let Some(host) = host {
            write!(f, " at {host}")?;
        }
        if let Some(stage) = self.stage() {
            write!(f, " ended at {stage}")?;
        }
        write!(f, ": {cause}")?;
        let diagnosis = self.diagnosis();
        match (diagnosis.root_cause(), self.said()) {
            (Some(root), _) => write!(f, " ({}: {})", root.failure.id, root.failure.title),
            (None, Some(said)) => write!(f, " ({said})"),
            (None, None) => Ok(()),
        }
    }
}

impl fmt::Debug for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectError")
            .field("service", &self.0.service)
            .field("host", &self.0.host)
            .field("stage", &self.stage())
            .field("cause", &self.0.cause)
            .field("status", &self.status())
            .field("connection_id", &self.0.connection_id)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The cause stands in the text; what lies behind it is the next.
        std::error::Error::source(&self.0.cause)
    }
}
