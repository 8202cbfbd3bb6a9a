//! URLs, credentials, connections and diagnosis for Azure AI Speech, in every network and every cloud.
//!
//! The URL of a Speech API depends on the resource's region, custom domain, private endpoint, firewall and cloud, and the form
//! of the credential depends on the host. If one of them is wrong, an application sees only `401`, `404` or `1006`. This crate
//! derives the URL and the header from the resource, and explains the failure if a connection does not work.
//!
//! An [`Account`] and a [`Service`] give an [`Endpoint`]:
//!
//! ```
//! use speech_endpoint::{Access, Account, Expectation, Query, Service};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let account = Account::custom_domain("contoso".parse()?).with_access(Access::private_endpoint());
//! let query = Query::default().with_language("en-US")?;
//! let endpoint = account.endpoint_with(Service::SpeechToText, &query)?;
//!
//! assert_eq!(endpoint.url(), "wss://contoso.cognitiveservices.azure.com/stt/speech/universal/v2?language=en-US");
//! assert_eq!(endpoint.expects(), Expectation::PrivateAddress);
//! # Ok(()) }
//! ```
//!
//! A [`Credential`] gives the header that this endpoint accepts. [`may_receive`] decides which hosts may get it:
//!
//! ```
//! use speech_endpoint::{Account, Credential, Service, may_receive};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let key = "0123456789abcdef0123456789abcdef";
//! let account = Account::from_endpoint("https://westeurope.api.cognitive.microsoft.com/")?.value;
//! let header = Credential::key(key)?.header(&account.endpoint(Service::Voices)?)?;
//!
//! assert_eq!(header.name, "Ocp-Apim-Subscription-Key");
//! assert!(may_receive(&account, &"https://evil.example/".parse()?).is_err());
//! # Ok(()) }
//! ```
//!
//! [`diagnose`] turns evidence into findings. `doctor --save` writes evidence, and the feature `probe` collects it:
//!
//! ```
//! # #[cfg(feature = "serde")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use speech_endpoint::evidence::Evidence;
//! use speech_endpoint::{diagnose, report};
//!
//! # let saved = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/evidence/private-name-public-address.json"));
//! let evidence: Evidence = serde_json::from_str(saved)?;
//! let diagnosis = diagnose(&evidence);
//!
//! assert_eq!(diagnosis.root_cause().map(|finding| finding.failure.id), Some("DNS03"));
//! println!("{}", report::short(&evidence, &diagnosis, &report::ReportOptions::default()));
//! # Ok(()) }
//! # #[cfg(not(feature = "serde"))]
//! # fn main() {}
//! ```
//!
//! With the feature `connect`, a `Connector` opens connections, and its errors carry evidence and diagnosis:
//!
//! ```
//! # #[cfg(feature = "connect")]
//! # async fn listen(account: speech_endpoint::Account, key: &str) -> Result<(), Box<dyn std::error::Error>> {
//! use speech_endpoint::connect::{Connector, TokenSource};
//! use speech_endpoint::{Query, Service};
//!
//! let connector = Connector::new(account, TokenSource::key(key)?)?;
//! let opened = connector.websocket(Service::SpeechToText, &Query::default()).await?;
//! println!("open, X-ConnectionId {}", opened.connection_id);
//! # Ok(()) }
//! ```
//!
//! # Features
//!
//! No feature is enabled by default, and without features the crate opens no socket.
//!
//! | Feature | Adds | Crates in the tree |
//! | --- | --- | ---: |
//! | none | endpoints, credential headers, allowlists, plans, diagnosis, reports | 38 |
//! | `serde` | account JSON; evidence and reports as JSON | 46 |
//! | `net` | the name resolution, the proxies and the TLS of a connection, on tokio and rustls | 144 |
//! | `probe` | the doctor's checks, which turn a [`Plan`] into evidence | 144 |
//! | `connect` | the connector, with Entra credentials and an HTTP client | 169 |
//! | `ring`, `aws-lc-rs` | a cryptography provider for TLS, for applications that do not use rustls themselves | 171 with `ring` |

pub mod azure;
#[cfg(feature = "connect")]
pub mod connect;
mod diagnose;
#[cfg(feature = "net")]
#[doc(hidden)]
pub mod emulation;
mod explain;
#[cfg(all(fuzzing, feature = "connect"))]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "net")]
pub mod net;
#[cfg(feature = "probe")]
pub mod probe;
mod resolve;

pub use azure::ArmError;
pub use diagnose::alias::{AliasChain, Fingerprint};
pub use diagnose::area::Area;
pub use diagnose::catalogue::{KnownFailure, Severity};
pub use diagnose::plan::{DEFAULT_JOBS, DEFAULT_TOTAL, Limits, Plan, PlanSettings, SENTENCE, Target, TargetPurpose};
pub use diagnose::stage::Stage;
pub use diagnose::{
    Comparison, Diagnosis, Finding, FindingPlace, PreparedDocuments, RuledOut, Selection, TargetDocuments,
    TargetEndpoint, Unexplained, Vantage, Verdict, diagnose, diagnose_with, diagnose_with_documents, diagnosed_ids,
    evidence, report,
};
pub use explain::{
    Defect, Explanation, IdKind, LONGEST_GAP, LONGEST_TEXT, LikelyCause, LoggedId, Meaning, Reached, RuledOutByLog,
    Sdk, SdkError, SdkVersion, Step, Strength, Timeline, Topic, Wording, decoded, explain, explain_for,
};
pub use resolve::access::{Access, AccountKind, PublicAccess};
pub use resolve::account::{Account, AccountError, ContainerHost, Resource, SubnetId, SubnetIdError};
pub use resolve::allowlist::{
    Allowlist, AllowlistEntry, AllowlistGroup, AllowlistOption, AllowlistZone, CallerIdentity, UnknownAllowlistGroup,
};
pub use resolve::cloud::{Cloud, CloudError, Suffixes};
pub use resolve::credential::{Credential, CredentialError, CredentialHeader, ResourceId, Secret, may_receive};
pub use resolve::endpoint::{Discovery, Endpoint, EndpointBasis, Endpoints, Expectation, ResolveError};
pub use resolve::facts::{Fact, FactKind, Facts, UnknownFactKind};
pub use resolve::form::{CredentialForm, CredentialForms};
pub use resolve::foundry::{FoundryError, FoundryHost, FoundryPart, FoundryResource};
pub use resolve::name::{CustomDomain, NameError, Region};
pub use resolve::note::{Note, WithNotes};
pub use resolve::query::{Query, QueryError, RecognitionMode};
pub use resolve::quoted::QuotedValue;
pub use resolve::read::PastedError;
#[cfg(feature = "serde")]
pub use resolve::read::{FactsError, JsonError};
pub use resolve::scenario::Scenario;
pub use resolve::service::{Service, ServiceStatus, UnknownService};
pub use resolve::setting::{Setting, SettingHint};

/// The crates whose types stand in this interface, in the versions that it uses.
///
/// A new major version of one of them is a new major version of this crate.
pub mod third_party {
    #[cfg(feature = "connect")]
    pub use azure_core;
    #[cfg(feature = "connect")]
    pub use reqwest;
    #[cfg(feature = "net")]
    pub use rustls;
    #[cfg(feature = "serde")]
    pub use serde;
    #[cfg(feature = "net")]
    pub use tokio;
    #[cfg(feature = "probe")]
    pub use tokio_tungstenite;
    pub use url;
}

// Compiles and runs the code blocks of the documents.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(all(doctest, feature = "connect"))]
#[doc = include_str!("../docs/embedding.md")]
struct Embedding;
