//! Errors of connections and requests: what was attempted, the stage that failed, and the diagnosis.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::token::TokenError;
use super::wall_clock::wall_clock;
use crate::diagnose::Diagnosis;
#[cfg(not(test))]
use crate::diagnose::diagnose;
use crate::diagnose::evidence::{Evidence, Failure, FailureKind, Remark, Reply, ResourceFacts, Step};
use crate::diagnose::stage::Stage;
use crate::resolve::account::Account;
use crate::resolve::credential::CredentialError;
use crate::resolve::endpoint::ResolveError;
use crate::resolve::service::Service;
#[cfg(test)]
use tests::counted as diagnose;

/// A failed connection or request.
///
/// It carries the evidence of every account that was tried, and diagnoses it once, when the diagnosis is first needed.
/// Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct ConnectError(Arc<Inner>);

struct Inner {
    details: Details,
    diagnosis: OnceLock<Diagnosis>,
}

/// The cause of a failed connection or request.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectCause {
    /// The account has no URL for the service.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The endpoint does not accept this credential, or must not receive it.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The token source returned no token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The network or the service failed.
    #[error("{failure}")]
    Network {
        /// The stage that failed.
        stage: Stage,
        /// The failure of that stage.
        failure: Failure,
    },
    /// The time of the call was over before any account could be tried.
    #[error("{failure}")]
    NotTried {
        /// The failure.
        failure: Failure,
    },
}

impl ConnectCause {
    /// Returns the id of the cause, if it has one: that of [`ResolveError`], [`CredentialError::id`] or
    /// [`TokenError::id`]. A [`ConnectCause::Network`] has none.
    #[must_use]
    pub fn id(&self) -> Option<&'static str> {
        match self {
            Self::Resolve(error) => Some(error.id()),
            Self::Credential(error) => Some(error.id()),
            Self::Token(error) => Some(error.id()),
            Self::Network { .. } | Self::NotTried { .. } => None,
        }
    }
}

/// The parts of an error.
#[derive(Clone, Debug)]
pub(super) struct Details {
    pub(super) service: Service,
    pub(super) host: Option<String>,
    /// The name of the account, once the call knows it.
    pub(super) account: Option<Arc<str>>,
    pub(super) connection_id: Option<String>,
    pub(super) cause: ConnectCause,
    pub(super) reply: Option<Reply>,
    pub(super) evidence: Evidence,
    /// The last error of each account that was tried before.
    pub(super) earlier: Vec<ConnectError>,
    /// When an account that was left out is used again.
    pub(super) left_out_for: Option<Duration>,
}

impl ConnectError {
    pub(super) fn new(details: Details) -> Self {
        Self(Arc::new(Inner { details, diagnosis: OnceLock::new() }))
    }

    /// An error of an attempt that ended before it used the network.
    pub(super) fn before_the_network(
        service: Service,
        host: Option<String>,
        cause: ConnectCause,
        evidence: Evidence,
    ) -> Self {
        Self::new(Details {
            service,
            host,
            account: None,
            connection_id: None,
            cause,
            reply: None,
            evidence,
            earlier: Vec::new(),
            left_out_for: None,
        })
    }

    /// An account that has no URL for a service.
    pub(super) fn unresolved(account: &Account, service: Service, error: ResolveError) -> Self {
        let mut evidence = Evidence::new(wall_clock(), ResourceFacts::of(account));
        evidence.remarks.push(Remark::new(error.id(), error.to_string(), true));
        Self::before_the_network(service, None, error.into(), evidence)
    }

    /// Returns the requested service.
    #[must_use]
    pub fn service(&self) -> Service {
        self.details().service
    }

    /// Returns the last host that was tried; `None` if the account has no URL for the service.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.details().host.as_deref()
    }

    /// Returns the name of the account that was tried last, for log lines and metrics: see
    /// [`Builder::named`](crate::connect::Builder::named). `None` if no account was tried.
    #[must_use]
    pub fn account_name(&self) -> Option<&str> {
        self.details().account.as_deref()
    }

    /// Returns the stage that failed; `None` if the attempt ended before it used the network.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        match self.details().cause {
            ConnectCause::Network { stage, .. } => Some(stage),
            _ => None,
        }
    }

    /// Returns the cause.
    #[must_use]
    pub fn cause(&self) -> &ConnectCause {
        &self.details().cause
    }

    /// Returns the id to count and look up this error by, if it has one: the root cause of the diagnosis in the failure
    /// catalogue, such as `DNS03` (`speech-endpoint explain DNS03`), else [`ConnectCause::id`].
    #[must_use]
    pub fn id(&self) -> Option<&'static str> {
        self.diagnosis().root_cause().map(|finding| finding.failure.id).or_else(|| self.cause().id())
    }

    /// Returns `X-ConnectionId` of the last attempt, which identifies it to Microsoft support.
    #[must_use]
    pub fn connection_id(&self) -> Option<&str> {
        self.details().connection_id.as_deref()
    }

    /// Returns the status of the response, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.reply().map(|reply| reply.status)
    }

    /// Returns the response that ended the attempt, if there was one.
    #[must_use]
    pub fn reply(&self) -> Option<&Reply> {
        self.details().reply.as_ref()
    }

    /// Returns how long to wait before another call, if the service has said so in seconds by `Retry-After`. With several accounts,
    /// it is the shortest time after which one of them may accept a call: also one that this call left out.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let Details { reply, earlier, left_out_for, .. } = self.details();
        let own = reply.as_ref().and_then(retry_after);
        own.into_iter().chain(earlier.iter().filter_map(Self::retry_after)).chain(*left_out_for).min()
    }

    /// Returns the evidence of every account that was tried. It can be saved, and diagnosed again with newer rules.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.details().evidence
    }

    /// Returns the doctor's diagnosis of this failure. It is computed once, by whichever of this method, [`ConnectError::id`]
    /// and `Display` comes first.
    #[must_use]
    pub fn diagnosis(&self) -> &Diagnosis {
        self.0.diagnosis.get_or_init(|| diagnose(self.evidence()))
    }

    /// Returns the error of a call that is not made, because the service answered this one with `Retry-After`.
    pub(super) fn backing_off(&self, service: Service, remaining: Duration) -> Self {
        let text = format!("not tried: the service asked to wait {:.0} s", remaining.as_secs_f64().ceil());
        let failure = Failure::new(FailureKind::Status, text);
        let cause = ConnectCause::Network { stage: self.stage().unwrap_or(Stage::Http), failure };
        Self::new(Details { service, cause, ..self.details().clone() })
    }

    /// Sets the name of the account. A diagnosis that exists already stays.
    pub(super) fn of_account(self, name: &Arc<str>) -> Self {
        match Arc::try_unwrap(self.0) {
            Ok(mut inner) => {
                inner.details.account = Some(name.clone());
                Self(Arc::new(inner))
            }
            Err(shared) => Self::new(Details { account: Some(name.clone()), ..shared.details.clone() }),
        }
    }

    /// Adds what is known of the other accounts: the last errors of those that were tried before, with their evidence, and when one
    /// that was left out is used again.
    pub(super) fn among(self, earlier: Vec<Self>, left_out_for: Option<Duration>) -> Self {
        if earlier.is_empty() && left_out_for.is_none() {
            return self;
        }
        let mut details = Arc::try_unwrap(self.0).map_or_else(|shared| shared.details.clone(), |inner| inner.details);
        let traces = earlier.iter().flat_map(|error| error.evidence().traces.clone());
        details.evidence.traces = traces.chain(std::mem::take(&mut details.evidence.traces)).collect();
        (details.earlier, details.left_out_for) = (earlier, left_out_for);
        Self::new(details)
    }

    /// Returns whether an account other than the last one may accept another call.
    pub(super) fn others_may_accept(&self) -> bool {
        let Details { earlier, left_out_for, .. } = self.details();
        left_out_for.is_some() || earlier.iter().any(Self::is_transient)
    }

    fn details(&self) -> &Details {
        &self.0.details
    }

    /// Returns the message in the response, for failures that are not in the catalogue: most often a mistake in the request.
    fn message(&self) -> Option<&str> {
        let trace = self.evidence().traces.last()?;
        let reply = match (&trace.http, &trace.websocket) {
            (Step::Failed { found: Some(found), .. }, _) => &found.reply,
            (_, Step::Failed { found: Some(found), .. }) => &found.reply,
            _ => return None,
        };
        reply.message.as_deref()
    }
}

/// Returns `Retry-After` in seconds. The service does not send it as a date.
fn retry_after(reply: &Reply) -> Option<Duration> {
    reply.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details { service, host, cause, .. } = self.details();
        f.write_str(service.id())?;
        if let Some(host) = host {
            write!(f, " at {host}")?;
        }
        if let Some(stage) = self.stage() {
            write!(f, " failed at {stage}")?;
        }
        write!(f, ": {cause}")?;
        match (self.diagnosis().root_cause(), self.message()) {
            // What is wrong with a request stands in the words of the service alone.
            (Some(root), Some(message)) if root.failure.id == "HTTP02" => {
                write!(f, " ({}: {}: {message})", root.failure.id, root.failure.title)
            }
            (Some(root), _) => write!(f, " ({}: {})", root.failure.id, root.failure.title),
            (None, Some(message)) => write!(f, " ({message})"),
            (None, None) => Ok(()),
        }
    }
}

impl fmt::Debug for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details { service, host, cause, connection_id, .. } = self.details();
        f.debug_struct("ConnectError")
            .field("service", service)
            .field("host", host)
            .field("stage", &self.stage())
            .field("cause", cause)
            .field("status", &self.status())
            .field("connection_id", connection_id)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // `Display` contains the text of the cause, so the chain continues with the source of the cause.
        std::error::Error::source(self.cause())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::error::Error as _;

    use super::*;

    thread_local! {
        static DIAGNOSES: Cell<u32> = const { Cell::new(0) };
    }

    /// Takes the place of [`crate::diagnose::diagnose`] in this module, and counts its calls.
    pub(super) fn counted(evidence: &Evidence) -> Diagnosis {
        DIAGNOSES.set(DIAGNOSES.get() + 1);
        crate::diagnose::diagnose(evidence)
    }

    fn error(cause: ConnectCause) -> ConnectError {
        let account = Account::custom_domain("contoso".parse().unwrap());
        let evidence = Evidence::new(wall_clock(), ResourceFacts::of(&account));
        ConnectError::before_the_network(Service::SpeechToText, None, cause, evidence)
    }

    fn reset() -> ConnectError {
        let failure = Failure::new(FailureKind::Reset, "the connection was reset");
        error(ConnectCause::Network { stage: Stage::Tcp, failure })
    }

    #[test]
    fn an_error_is_diagnosed_once_however_often_it_is_formatted() {
        let error = reset();
        let clone = error.clone();
        let before = DIAGNOSES.get();
        assert_eq!(error.to_string(), "speech-to-text failed at tcp: the connection was reset");
        assert_eq!(error.to_string(), clone.to_string());
        assert!(std::ptr::eq(error.diagnosis(), clone.diagnosis()));
        assert_eq!((error.id(), DIAGNOSES.get() - before), (None, 1));
    }

    #[test]
    fn an_error_is_not_diagnosed_before_somebody_reads_the_diagnosis() {
        let before = DIAGNOSES.get();
        let error = reset();
        let _ = (format!("{error:?}"), error.status(), error.source().is_none());
        assert_eq!(DIAGNOSES.get(), before);
    }

    #[test]
    fn evidence_of_earlier_accounts_is_part_of_a_later_diagnosis() {
        let error = reset();
        let _ = error.diagnosis();
        let before = DIAGNOSES.get();
        let error = error.among(vec![reset()], None);
        let _ = error.diagnosis();
        assert_eq!(DIAGNOSES.get() - before, 1);
    }

    #[test]
    fn the_sources_of_a_cause_follow_the_error() {
        let source: Arc<dyn std::error::Error + Send + Sync> = Arc::new(reset());
        let error = error(TokenError::NotIssued { source }.into());
        assert_eq!(error.id(), Some("token"));
        assert!(error.to_string().starts_with("speech-to-text: no token was issued: "), "{error}");
        let source = error.source().map(ToString::to_string);
        assert!(source.is_some_and(|text| text.contains("failed at tcp")));
    }
}
