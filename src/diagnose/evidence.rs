//! Evidence: what was seen on the way to each host, stage by stage. No verdicts, and no field that could hold a secret.
//!
//! A fact that was not measured is absent: unknown is not false.

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
mod rounds;
mod target;
mod tcp;
mod tls;

#[cfg(feature = "serde")]
pub(crate) mod saved;

mod auth;
mod proxy;
mod websocket;

pub use address::{Address, AddressClass};
pub use auth::{AuthFacts, AuthTry, Retry};
pub(crate) use clock::unix_seconds;
pub use credential::{Claims, CredentialFacts, Fault};
pub use dns::{Alias, DnsFacts, Lookup, NameAnswer, ServerAnswer, SystemAnswer, Transport};
pub use failure::{Failure, FailureKind};
pub use hold::{HoldEnd, HoldFacts};
pub use http::{HttpFacts, Redirect, Reply};
pub use machine::MachineFacts;
pub use proxy::{ProxyFacts, ProxyTry, UnusedProxy};
pub use rounds::{Round, Rounds, Spread};
pub use target::{Companion, ResourceFacts, TargetFacts};
pub use tcp::{Attempt, Reference, TcpFacts};
pub use tls::{Certificate, CertificateFault, SniTry, TlsFacts, TrustFacts, VersionTry};
pub use websocket::UpgradeFacts;

/// Everything that one run saw. It can be saved, shared, replayed and diagnosed again.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct Evidence {
    /// When the run began, by the local clock.
    #[cfg_attr(feature = "serde", serde(with = "saved::time"))]
    pub observed_at: SystemTime,
    /// How long it took.
    #[cfg_attr(feature = "serde", serde(rename = "took_ms", with = "saved::millis"))]
    pub took: Duration,
    /// Why it ended.
    pub ended: Ended,
    /// The resource, as it was given.
    pub resource: ResourceFacts,
    /// The credential, by kind, length and fingerprint.
    pub credential: Option<CredentialFacts>,
    /// The second key, where there is one beside the first.
    pub second_key: Option<CredentialFacts>,
    /// The machine: name servers, proxies, trusted roots.
    #[cfg_attr(feature = "serde", serde(default))]
    pub machine: MachineFacts,
    /// What reading the configuration remarked on.
    #[cfg_attr(feature = "serde", serde(default))]
    pub remarks: Vec<Remark>,
    /// What was seen, target by target, in the order of the plan.
    pub traces: Vec<Trace>,
}

impl Evidence {
    /// Evidence of a resource of which nothing was seen yet.
    #[must_use]
    pub fn new(observed_at: SystemTime, resource: ResourceFacts) -> Self {
        Self {
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
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Ended {
    /// Everything planned was looked at.
    #[default]
    Complete,
    /// The time for the whole run was used up.
    TimeUp,
    /// Somebody interrupted it.
    Interrupted,
}

/// A remark about the configuration, by an id of the failure catalogue or a word.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct Remark {
    /// `CFG07`, or a word such as `unlisted_region`.
    pub id: String,
    /// One sentence.
    pub text: String,
    /// Whether it kept a host from being looked at.
    #[cfg_attr(feature = "serde", serde(default))]
    pub is_error: bool,
}

impl Remark {
    /// A remark with its id and one sentence.
    #[must_use]
    pub fn new(id: impl Into<String>, text: impl Into<String>, is_error: bool) -> Self {
        Self { id: id.into(), text: text.into(), is_error }
    }
}

/// What was seen of one target.
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
    /// Which proxy applies, and what it answered.
    pub proxy: Step<ProxyFacts>,
    /// The handshake and the certificate.
    pub tls: Step<TlsFacts>,
    /// The answer to a request without a credential.
    pub http: Step<HttpFacts>,
    /// The upgrade, for a WebSocket service.
    pub websocket: Step<UpgradeFacts>,
    /// What the service said to the credential.
    pub auth: Step<AuthFacts>,
    /// Further connections, timed; none when none were wanted or the way did not go well.
    pub rounds: Option<Rounds>,
}

impl Trace {
    /// A trace of which nothing was seen yet.
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
        }
    }

    /// The stages in the order of the way, each with how it ended.
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

    /// The first stage that failed.
    #[must_use]
    pub fn failed_at(&self) -> Option<Stage> {
        self.steps().into_iter().find(|(_, state)| matches!(state, StepState::Failed { .. })).map(|(stage, _)| stage)
    }
}

#[cfg(feature = "net")]
impl Trace {
    /// What comes after a stage that failed is left out because of it.
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

/// How one stage ended, with what it found: a failed stage may have found the very thing that explains it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(tag = "status", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Step<T> {
    /// It did what it is there for.
    Passed {
        /// What was found.
        #[cfg_attr(feature = "serde", serde(rename = "facts"))]
        found: T,
        /// How long it took.
        #[cfg_attr(feature = "serde", serde(rename = "took_ms", with = "saved::millis"))]
        took: Duration,
    },
    /// It did not.
    Failed {
        /// How it failed.
        failure: Failure,
        /// What was found all the same.
        #[cfg_attr(feature = "serde", serde(rename = "facts"))]
        found: Option<T>,
        /// How long it took.
        #[cfg_attr(feature = "serde", serde(rename = "took_ms", with = "saved::millis"))]
        took: Duration,
    },
    /// It was not tried.
    Skipped {
        /// Why not.
        #[cfg_attr(feature = "serde", serde(rename = "skipped_because"))]
        because: Skip,
    },
}

/// [`Step`] without the type of its facts.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum StepState<'a> {
    /// It did what it is there for.
    Passed {
        /// How long it took.
        took: Duration,
    },
    /// It did not.
    Failed {
        /// How it failed.
        failure: &'a Failure,
        /// How long it took.
        took: Duration,
    },
    /// It was not tried.
    Skipped {
        /// Why not.
        because: Skip,
    },
}

impl<T> Step<T> {
    /// Not tried, because the run ended before.
    #[must_use]
    pub fn not_reached() -> Self {
        Self::Skipped { because: Skip::Ended }
    }

    /// What was found, whether it passed or failed.
    #[must_use]
    pub fn found(&self) -> Option<&T> {
        match self {
            Self::Passed { found, .. } => Some(found),
            Self::Failed { found, .. } => found.as_ref(),
            Self::Skipped { .. } => None,
        }
    }

    /// How it failed, if it did.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed { failure, .. } => Some(failure),
            _ => None,
        }
    }

    /// Whether it failed in this way.
    #[must_use]
    pub fn failed_with(&self, kind: FailureKind) -> bool {
        self.failure().is_some_and(|failure| failure.kind == kind)
    }

    /// Whether it passed.
    #[must_use]
    pub fn has_passed(&self) -> bool {
        matches!(self, Self::Passed { .. })
    }

    /// Why it was not tried, if it was not.
    #[must_use]
    pub fn skipped(&self) -> Option<Skip> {
        match self {
            Self::Skipped { because } => Some(*because),
            _ => None,
        }
    }

    /// How it ended, without its facts.
    #[must_use]
    pub fn state(&self) -> StepState<'_> {
        match self {
            Self::Passed { took, .. } => StepState::Passed { took: *took },
            Self::Failed { failure, took, .. } => StepState::Failed { failure, took: *took },
            Self::Skipped { because } => StepState::Skipped { because: *because },
        }
    }
}

/// Why a stage was not tried.
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
