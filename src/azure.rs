//! AZURE: what Azure's own configuration says, as `az` prints it or the management API returns it. Pure: documents in, values
//! out.
//!
//! ```
//! # #[cfg(feature = "serde")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use speech_endpoint::azure::AzureView;
//!
//! let mut view = AzureView::default();
//! view.read("account.json", br#"{ "type": "Microsoft.CognitiveServices/accounts", "name": "contoso" }"#)?;
//! assert_eq!(view.accounts[0].name.as_deref(), Some("contoso"));
//! # Ok(()) }
//! # #[cfg(not(feature = "serde"))]
//! # fn main() {}
//! ```
//!
//! The modules are listed from the ground up. Each uses only those above it.

pub(crate) mod document;
pub(crate) mod id;
pub(crate) mod kind;
pub(crate) mod prefix;
pub(crate) mod stated;

pub(crate) mod account;
pub(crate) mod effective;
pub(crate) mod governance;
pub(crate) mod private_link;

pub(crate) mod index;
pub(crate) mod network;
pub(crate) mod zone;

pub(crate) mod view;
pub(crate) mod words;

pub(crate) mod filter;
mod reads;
pub(crate) mod route;

pub(crate) mod resource;

pub(crate) mod admission;
mod inventory;
pub(crate) mod notes;
pub(crate) mod standing;

pub(crate) mod posture;

#[cfg(feature = "serde")]
mod read;

pub use account::{AccountDocument, ConnectionState, EndpointConnection, RuleState, SubnetRule};
pub use admission::{Admission, AdmittedEndpoint, AdmittedSubnet};
pub(crate) use admission::{addresses_for, is_in_force, leads_elsewhere, names_of};
pub use document::DocumentError;
pub use effective::{EffectiveGroup, EffectiveRule, GroupPlace, Route, RouteTable, ServiceTag};
pub use filter::{FilterAnswer, Filtering, GroupDecision, GroupWords};
pub use governance::{
    ActivityLogAlert, AlertCondition, Deployment, DiagnosticSetting, MetricAlert, PolicyState, RoleAssignment,
};
pub use id::ArmId;
pub use kind::{DocumentKind, UnknownDocumentKind};
pub use network::{NetworkInterface, Peering, PeeringState, ServiceEndpoint, Subnet, VirtualNetwork};
pub use notes::{AccountNote, NoteWeight};
pub use posture::{
    CheckGroup, CheckStatus, GuidancePart, GuidancePlace, GuidanceStatement, Posture, PostureCheck, Recommendation,
};
pub use prefix::{Prefix, PrefixError};
pub(crate) use private_link::public_name;
pub use private_link::{DnsZoneGroup, NamedAddresses, PrivateEndpoint};
#[cfg(feature = "serde")]
pub use read::ArmResponse;
pub use reads::ArmRead;
pub use resource::ArmError;
pub(crate) use route::SERVICE_ENDPOINT;
pub use route::{Carriage, Match, RouteAnswer, RouteWords};
pub use standing::Standing;
pub use stated::Stated;
pub use view::{AzureView, DocumentSource};
pub use words::shown;
pub use zone::{PrivateDnsZone, RecordSet, ZoneLink};
