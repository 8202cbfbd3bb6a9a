#![doc = include_str!("../README.md")]

mod account;
mod allowlist;
mod catalogue;
mod cloud;
mod credential;
mod endpoint;
mod name;
mod note;
mod pasted;
mod query;
mod scenario;
mod service;
mod shown;

#[cfg(feature = "serde")]
pub use account::ArmError;
pub use account::{Access, Account, AccountError, ContainerHost, Kind, Resource};
pub use allowlist::{Allowlist, Entry, Identity, Zone};
pub use catalogue::{KnownFailure, KnownText, Severity, Stage, TextMatch, ids_for};
pub use cloud::{Cloud, Suffixes};
pub use credential::{Credential, CredentialError, Form, Forms, Header, ResourceId, Secret, may_receive};
pub use endpoint::{Discovery, Endpoint, Endpoints, Expectation, ResolveError};
pub use name::{CustomDomain, NameError, Region};
pub use note::{Note, Understood};
pub use pasted::PastedError;
pub use query::{Mode, Query, QueryError};
pub use scenario::Scenario;
pub use service::{Service, Status, UnknownService};
pub use shown::Shown;
