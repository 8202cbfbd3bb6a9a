#![doc = include_str!("../README.md")]

mod account;
mod alias;
mod allowlist;
mod catalogue;
mod cloud;
#[cfg(feature = "connect")]
pub mod connect;
mod credential;
mod diagnose;
mod endpoint;
pub mod evidence;
#[cfg(feature = "lab")]
pub mod lab;
mod name;
#[cfg(feature = "connect")]
pub mod net;
mod note;
mod pasted;
mod plan;
#[cfg(feature = "connect")]
pub mod probe;
mod query;
pub mod report;
mod scenario;
mod service;
mod setting;
mod shown;

pub use account::{Access, Account, AccountError, ContainerHost, Kind, Resource};
#[cfg(feature = "serde")]
pub use account::{ArmError, JsonError};
pub use alias::{AliasChain, Fingerprint};
pub use allowlist::{Allowlist, Entry, Identity, Zone};
pub use catalogue::{KnownFailure, KnownText, Severity, Stage, TextMatch, ids_for};
pub use cloud::{Cloud, Suffixes};
pub use credential::{Credential, CredentialError, Form, Forms, Header, ResourceId, Secret, may_receive};
pub use diagnose::{
    Diagnosis, Finding, Place, Rule, RuledOut, Seen, Sight, Unexplained, Verdict, When, diagnose, rules,
};
pub use endpoint::{Discovery, Endpoint, Endpoints, Expectation, ResolveError};
pub use name::{CustomDomain, NameError, Region};
pub use note::{Note, Understood};
pub use pasted::PastedError;
pub use plan::{DEFAULT_JOBS, DEFAULT_TOTAL, Limits, Plan, Purpose, Target};
pub use query::{Mode, Query, QueryError};
pub use scenario::Scenario;
pub use service::{Service, Status, UnknownService};
pub use setting::{Hint, Setting};
pub use shown::Shown;
