#![doc = include_str!("../README.md")]

#[cfg(feature = "connect")]
pub mod connect;
mod diagnose;
#[cfg(feature = "net")]
#[doc(hidden)]
pub mod emulation;
#[cfg(feature = "net")]
pub mod net;
#[cfg(feature = "probe")]
pub mod probe;
mod resolve;

pub use diagnose::alias::{AliasChain, Fingerprint};
pub use diagnose::area::Area;
pub use diagnose::catalogue::{KnownFailure, KnownText, Severity, TextMatch, ids_for};
pub use diagnose::plan::{DEFAULT_JOBS, DEFAULT_TOTAL, Limits, Plan, Purpose, Target};
pub use diagnose::stage::Stage;
pub use diagnose::{
    Diagnosis, Finding, Place, RuledOut, Unexplained, Verdict, diagnose, diagnosed_ids, evidence, report,
};
pub use resolve::access::{Access, Kind};
pub use resolve::account::{Account, AccountError, ContainerHost, Resource};
pub use resolve::allowlist::{Allowlist, Entry, Identity, Zone};
pub use resolve::cloud::{Cloud, Suffixes};
pub use resolve::credential::{Credential, CredentialError, Header, ResourceId, Secret, may_receive};
pub use resolve::endpoint::{Discovery, Endpoint, Endpoints, Expectation, ResolveError};
pub use resolve::form::{Form, Forms};
pub use resolve::name::{CustomDomain, NameError, Region};
pub use resolve::note::{Note, Understood};
pub use resolve::query::{Mode, Query, QueryError};
#[cfg(feature = "serde")]
pub use resolve::read::ArmError;
pub use resolve::read::PastedError;
pub use resolve::scenario::Scenario;
pub use resolve::service::{Service, Status, UnknownService};
pub use resolve::shown::Shown;
