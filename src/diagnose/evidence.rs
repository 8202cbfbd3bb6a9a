//! Evidence: the facts of a run, host by host and stage by stage. It holds no verdicts and no secrets.
//!
//! A fact that was not measured is absent: unknown is not false. A reader skips fields that it does not know and gives
//! absent ones a neutral value, so that a new field does not need a new schema version.

use std::time::{Duration, SystemTime};

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use crate::diagnose::stage::Stage;

mod address;
mod clock;
mod failure;

mod credential;
mod dns;
mod hold;
mod http;
mod machine;
mod round_trip;
mod rounds;
mod target;
mod tcp;
mod tls;

#[cfg(feature = "serde")]
pub(crate) mod saved;

mod auth;
mod proxy;
mod websocket;

#[cfg(feature = "connect")]
pub(crate) use address::MOST_ADDRESSES;
#[cfg(feature = "probe")]
pub(crate) use address::keep_first;
pub use address::{Address, AddressClass};
pub use auth::{AuthFacts, AuthTry, Retry};
pub(crate) use clock::{rfc3339, unix_seconds};
pub use credential::{Claims, CredentialFacts, Fault};
pub use dns::{Alias, DnsFacts, Lookup, NameAnswer, ServerAnswer, SystemAnswer, Transport};
pub use failure::{Arrival, Failure, FailureKind};
pub use hold::{HoldEnd, HoldFacts};
pub use http::{HttpFacts, Redirect, Reply};
pub use machine::{MachineFacts, MetadataFacts};
pub use proxy::{ProxyFacts, ProxyTry, UnusedProxy};
pub use round_trip::{Exchange, Phase, RoundTrip, RoundTripTimes, SentAudio, Untried};
#[cfg(feature = "probe")]
pub(crate) use round_trip::{has_word_of, ms};
pub use rounds::{Round, Rounds, Spread};
pub use target::{Companion, ResourceFacts, TargetFacts};
pub use tcp::{Attempt, Reference, RouteFacts, SegmentTry, TcpFacts, UnresolvedProxy};
pub use tls::{Certificate, CertificateFault, RevocationKind, RevocationTry, SniTry, TlsFacts, TrustFacts, VersionTry};
pub use websocket::UpgradeFacts;

/// The evidence of a run. It can be saved, shared and diagnosed again.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct Evidence {
    /// The version of the format in which it is saved.
    #[cfg_attr(feature = "serde", serde(default))]
    pub schema_version: SchemaVersion,
    /// The start of the run, by the local clock.
    #[cfg_attr(feature = "serde", serde(with = "saved::time"))]
    pub observed_at: SystemTime,
    /// The time that it took.
    #[cfg_attr(feature = "serde", serde(rename = "took_ms", with = "saved::millis"))]
    pub took: Duration,
    /// The reason why it ended.
    pub ended: Ended,
    /// The resource.
    pub resource: ResourceFacts,
    /// The credential, by kind, length and fingerprint.
    pub credential: Option<CredentialFacts>,
    /// The second key, where one is given.
    pub second_key: Option<CredentialFacts>,
    /// The machine: name servers, proxies, trusted roots.
    #[cfg_attr(feature = "serde", serde(default))]
    pub machine: MachineFacts,
    /// The remarks made when the configuration was read.
    #[cfg_attr(feature = "serde", serde(default))]
    pub remarks: Vec<Remark>,
    /// The targets in the order of the plan.
    pub traces: Vec<Trace>,
}

impl Evidence {
    /// Returns the evidence of a resource before anything was checked.
    #[must_use]
    pub fn new(observed_at: SystemTime, resource: ResourceFacts) -> Self {
        Self {
            schema_version: SchemaVersion,
            observed_at,
            took: Duration::ZERO,
            ended: Ended::Complete,
            resource,
            credential: None,
            second_key: None,
            machine: MachineFacts::default(),
            remarks: Vec::new(),
            traces: Vec::new(),
        }
    }

    /// Adds the times of the round trips of an earlier run, service by service. Reports compare them with the new ones.
    #[must_use]
    pub fn with_baseline(mut self, earlier: &Self) -> Self {
        for trace in &mut self.traces {
            let is_same =
                |other: &&Trace| other.target.service == trace.target.service && other.target.host == trace.target.host;
            let found = earlier.traces.iter().filter(is_same).find_map(|other| other.round_trip.as_ref());
            if let (Some(trip), Some(found)) = (&mut trace.round_trip, found) {
                trip.compare_with(found);
            }
        }
        self
    }
}

/// The version of the format of saved evidence: [`SchemaVersion::CURRENT`] is written, and every earlier one is read.
///
/// Version 2 has ids where version 1, which has no number, has words and pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(into = "u64", try_from = "u64"))]
#[non_exhaustive]
pub struct SchemaVersion;

impl SchemaVersion {
    /// The version that this library writes.
    pub const CURRENT: u64 = 2;
}

impl From<SchemaVersion> for u64 {
    fn from(_: SchemaVersion) -> Self {
        SchemaVersion::CURRENT
    }
}

impl TryFrom<u64> for SchemaVersion {
    type Error = String;

    fn try_from(version: u64) -> Result<Self, String> {
        if (1..=Self::CURRENT).contains(&version) {
            return Ok(Self);
        }
        let newest = Self::CURRENT;
        Err(format!("the evidence has schema version {version}, but this program reads versions 1 to {newest}"))
    }
}

/// The reason why a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Ended {
    /// Every target was checked.
    #[default]
    Complete,
    /// The time limit of the run was reached.
    TimeUp,
    /// The user interrupted it.
    Interrupted,
}

/// A remark about the configuration, by an id of the failure catalogue or a word.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct Remark {
    /// An id of the catalogue, for example `CFG07`, or a word, for example `unlisted_region`.
    pub id: String,
    /// One sentence.
    pub text: String,
    /// Whether it kept a host from being checked.
    #[cfg_attr(feature = "serde", serde(default))]
    pub is_error: bool,
    /// What the reader probably meant, if there is a close match.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub suggestion: Option<String>,
}

impl Remark {
    /// Returns a remark with its id and one sentence.
    #[must_use]
    pub fn new(id: impl Into<String>, text: impl Into<String>, is_error: bool) -> Self {
        Self { id: id.into(), text: text.into(), is_error, suggestion: None }
    }

    /// Sets what the reader probably meant.
    #[must_use]
    pub fn with_suggestion(self, suggestion: Option<String>) -> Self {
        Self { suggestion, ..self }
    }
}

/// The facts about one target.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct Trace {
    /// The target.
    pub target: TargetFacts,
    /// Name resolution.
    pub dns: Step<DnsFacts>,
    /// The connection: to the host, or to the proxy where one applies.
    pub tcp: Step<TcpFacts>,
    /// The proxy and its response.
    pub proxy: Step<ProxyFacts>,
    /// The handshake and the certificate.
    pub tls: Step<TlsFacts>,
    /// The response to a request without a credential.
    pub http: Step<HttpFacts>,
    /// The upgrade, for a WebSocket service.
    pub websocket: Step<UpgradeFacts>,
    /// The response to the credential.
    pub auth: Step<AuthFacts>,
    /// Further connections, timed; `None` when none were requested or a stage failed.
    pub rounds: Option<Rounds>,
    /// What an application would do with the service; `None` when that was not requested or a stage failed.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub round_trip: Option<RoundTrip>,
}

impl Trace {
    /// Returns a trace of a target before anything was checked.
    #[must_use]
    pub fn new(target: TargetFacts) -> Self {
        Self {
            target,
            dns: Step::not_reached(),
            tcp: Step::not_reached(),
            proxy: Step::not_reached(),
            tls: Step::not_reached(),
            http: Step::not_reached(),
            websocket: Step::not_reached(),
            auth: Step::not_reached(),
            rounds: None,
            round_trip: None,
        }
    }

    /// Returns the stages in the order of the road, each with its result.
    #[must_use]
    pub fn steps(&self) -> [(Stage, StepState<'_>); 7] {
        [
            (Stage::Dns, self.dns.state()),
            (Stage::Tcp, self.tcp.state()),
            (Stage::Proxy, self.proxy.state()),
            (Stage::Tls, self.tls.state()),
            (Stage::Http, self.http.state()),
            (Stage::WebSocket, self.websocket.state()),
            (Stage::Auth, self.auth.state()),
        ]
    }

    /// Returns the stage at which the service failed: the first that failed, or the one over which its round trip failed.
    #[must_use]
    pub fn service_failed_at(&self) -> Option<Stage> {
        let failed = self.round_trip.as_ref().is_some_and(|trip| trip.failure.is_some());
        self.failed_at().or(failed.then(|| self.round_trip_stage()))
    }

    /// Returns the stage over which a round trip is made.
    pub(crate) fn round_trip_stage(&self) -> Stage {
        if self.target.is_websocket { Stage::WebSocket } else { Stage::Http }
    }

    /// Returns the proxy that the connection goes through, or that it did not reach.
    pub(crate) fn proxied(&self) -> Option<&str> {
        let through = self.proxy.found().and_then(|facts| facts.proxy.as_deref());
        through.or_else(|| self.tcp.found()?.proxy.as_deref())
    }

    /// Returns the first stage that failed.
    #[must_use]
    pub fn failed_at(&self) -> Option<Stage> {
        self.steps().into_iter().find(|(_, state)| matches!(state, StepState::Failed { .. })).map(|(stage, _)| stage)
    }
}

#[cfg(feature = "probe")]
impl Trace {
    /// Skips the stages that were not reached, for this reason.
    pub(crate) fn skip_rest(&mut self, because: Skip) {
        fn skip<T>(step: &mut Step<T>, because: Skip) {
            if step.skipped() == Some(Skip::Ended) {
                *step = Step::Skipped { because };
            }
        }
        skip(&mut self.tcp, because);
        skip(&mut self.proxy, because);
        skip(&mut self.tls, because);
        skip(&mut self.http, because);
        skip(&mut self.websocket, if self.target.is_websocket { because } else { Skip::NotWebSocket });
        skip(&mut self.auth, because);
    }
}

/// The result of a stage, with its facts: those of a failed stage often explain the failure.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(tag = "status", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Step<T> {
    /// The stage succeeded.
    Passed {
        /// The facts.
        #[cfg_attr(feature = "serde", serde(rename = "facts"))]
        found: T,
        /// The time that it took.
        #[cfg_attr(feature = "serde", serde(rename = "took_ms", with = "saved::millis"))]
        took: Duration,
    },
    /// The stage failed.
    Failed {
        /// The failure.
        failure: Failure,
        /// The facts that were found all the same.
        #[cfg_attr(feature = "serde", serde(rename = "facts"))]
        found: Option<T>,
        /// The time that it took.
        #[cfg_attr(feature = "serde", serde(rename = "took_ms", with = "saved::millis"))]
        took: Duration,
    },
    /// The stage was not tried.
    Skipped {
        /// The reason.
        #[cfg_attr(feature = "serde", serde(rename = "skipped_because"))]
        because: Skip,
    },
}

/// [`Step`] without the type of its facts.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum StepState<'a> {
    /// The stage succeeded.
    Passed {
        /// The time that it took.
        took: Duration,
    },
    /// The stage failed.
    Failed {
        /// The failure.
        failure: &'a Failure,
        /// The time that it took.
        took: Duration,
    },
    /// The stage was not tried.
    Skipped {
        /// The reason.
        because: Skip,
    },
}

impl<T> Step<T> {
    /// Returns a stage that was not reached before the run ended.
    #[must_use]
    pub fn not_reached() -> Self {
        Self::Skipped { because: Skip::Ended }
    }

    /// Returns the facts of a stage that passed or failed.
    #[must_use]
    pub fn found(&self) -> Option<&T> {
        match self {
            Self::Passed { found, .. } => Some(found),
            Self::Failed { found, .. } => found.as_ref(),
            Self::Skipped { .. } => None,
        }
    }

    /// Returns the failure, if the stage failed.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed { failure, .. } => Some(failure),
            _ => None,
        }
    }

    /// Returns whether the stage failed in this way.
    #[must_use]
    pub fn failed_with(&self, kind: FailureKind) -> bool {
        self.failure().is_some_and(|failure| failure.kind == kind)
    }

    /// Returns whether the stage succeeded.
    #[must_use]
    pub fn has_passed(&self) -> bool {
        matches!(self, Self::Passed { .. })
    }

    /// Returns the reason, if the stage was not tried.
    #[must_use]
    pub fn skipped(&self) -> Option<Skip> {
        match self {
            Self::Skipped { because } => Some(*because),
            _ => None,
        }
    }

    /// Returns the result without the facts.
    #[must_use]
    pub fn state(&self) -> StepState<'_> {
        match self {
            Self::Passed { took, .. } => StepState::Passed { took: *took },
            Self::Failed { failure, took, .. } => StepState::Failed { failure, took: *took },
            Self::Skipped { because } => StepState::Skipped { because: *because },
        }
    }
}

/// The reason why a stage was not tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(into = "&'static str", try_from = "String"))]
#[non_exhaustive]
pub enum Skip {
    /// This earlier stage failed.
    After(Stage),
    /// No proxy applies to this host.
    NoProxy,
    /// The proxy resolves the name.
    Proxied,
    /// The URL is not encrypted.
    PlainText,
    /// The service does not use a WebSocket.
    NotWebSocket,
    /// No credential was given, or this host may not receive it.
    NoCredential,
    /// The host only has to be reachable; no service is used there.
    ReachableOnly,
    /// An application goes straight to the upgrade and sends no request before it.
    NotAsked,
    /// The service names another host, which is a target of its own.
    Redirected,
    /// The run ended before this stage.
    Ended,
}

impl Skip {
    /// Every reason but [`Skip::After`].
    const OTHERS: [Self; 9] = [
        Self::NoProxy,
        Self::Proxied,
        Self::PlainText,
        Self::NotWebSocket,
        Self::NoCredential,
        Self::ReachableOnly,
        Self::NotAsked,
        Self::Redirected,
        Self::Ended,
    ];

    /// Returns the identifier used in output; that of a failed stage is the stage's.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::After(stage) => stage.id(),
            Self::NoProxy => "no_proxy",
            Self::Proxied => "proxied",
            Self::PlainText => "plain_text",
            Self::NotWebSocket => "not_websocket",
            Self::NoCredential => "no_credential",
            Self::ReachableOnly => "reachable_only",
            Self::NotAsked => "not_asked",
            Self::Redirected => "redirected",
            Self::Ended => "ended",
        }
    }

    /// Returns the stage that failed, where that is the reason.
    #[must_use]
    pub fn stage(self) -> Option<Stage> {
        match self {
            Self::After(stage) => Some(stage),
            _ => None,
        }
    }
}

impl From<Skip> for &'static str {
    fn from(skip: Skip) -> Self {
        skip.id()
    }
}

impl TryFrom<String> for Skip {
    type Error = String;

    fn try_from(id: String) -> Result<Self, String> {
        let stages = Stage::ALL.into_iter().map(Self::After);
        let known = stages.chain(Self::OTHERS).find(|skip| skip.id() == id);
        known.ok_or_else(|| format!("`{id}` is not a reason for skipping a stage"))
    }
}
