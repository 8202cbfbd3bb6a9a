//! From the document of an account to the [`Account`] that resolves URLs.

use super::account::{AccountDocument, ConnectionState};
use super::document::DocumentError;
use crate::resolve::access::{Access, AccountKind, PublicAccess};
use crate::resolve::account::{Account, AccountError, SubnetId};
use crate::resolve::cloud::Cloud;
use crate::resolve::name::{CustomDomain, NameError, Region};
use crate::resolve::note::WithNotes;
use crate::resolve::quoted::QuotedValue;
use crate::resolve::read::PastedError;
use crate::resolve::setting::{Setting, SettingHint};

impl AccountDocument {
    /// Returns the account that resolves URLs, with notes on its region.
    ///
    /// 1. Derive the cloud from the endpoint, or else from the region.
    /// 2. For a custom domain, count rules and approved private endpoints; the decision table maps them to the scenario.
    ///
    /// # Errors
    ///
    /// [`ArmError`] if the document has an invalid region or custom domain, or neither.
    pub fn account(&self) -> Result<WithNotes<Account>, ArmError> {
        let mut notes = Vec::new();
        let region = match self.location.as_deref().filter(|location| !location.eq_ignore_ascii_case(NO_REGION)) {
            Some(location) => {
                let read = Region::read(location)?;
                notes.extend(read.notes);
                Some(read.value)
            }
            None => None,
        };
        let cloud = self.cloud(region.as_ref());
        let mut account = match (self.custom_domain.known(), region) {
            (Some(name), region) => self.with_domain(CustomDomain::owned(name)?, region, cloud)?,
            (None, Some(region)) => Account::regional_in(region, cloud)?,
            (None, None) => {
                let problem = "it has neither `location` nor `properties.customSubDomainName`".into();
                return Err(ArmError::Shape { problem });
            }
        };
        if let Some(kind) = self.speech_kind() {
            account = account.with_kind(kind);
        }
        if self.key_auth_disabled.known() == Some(&true) {
            account = account.with_key_auth_disabled();
        }
        Ok(WithNotes { value: account, notes })
    }

    fn with_domain(&self, domain: CustomDomain, region: Option<Region>, cloud: Cloud) -> Result<Account, ArmError> {
        let is_openai = self.speech_kind() == Some(AccountKind::OpenAi);
        let account = if is_openai { Account::openai(domain) } else { Account::custom_domain(domain) };
        let subnets = self.subnet_rules.iter().filter_map(|rule| rule.id.as_str().parse::<SubnetId>().ok());
        let account = account.with_cloud(cloud)?.with_allowed_subnets(subnets);
        let account = match self.access() {
            Some(access) => account.with_access(access),
            None => account,
        };
        Ok(match region {
            Some(region) => account.with_region(region)?,
            None => account,
        })
    }

    /// Returns the cloud: that of the endpoint, or else that of the region.
    #[must_use]
    pub fn cloud(&self, region: Option<&Region>) -> Cloud {
        let of_endpoint = self.endpoint.as_deref().and_then(|endpoint| Account::from_endpoint(endpoint).ok());
        of_endpoint
            .map(|read| read.value.cloud().clone())
            .or_else(|| region.and_then(|region| Cloud::of_region(region.as_str())))
            .unwrap_or(Cloud::Public)
    }

    /// Returns the kind, if it offers Speech.
    #[must_use]
    pub fn speech_kind(&self) -> Option<AccountKind> {
        self.kind.as_deref().and_then(AccountKind::from_arm)
    }

    /// Returns the network access; `None` if the document leaves it out or has a value that is not documented.
    #[must_use]
    pub fn access(&self) -> Option<Access> {
        let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        let is_mistyped = |field: &str| self.mistyped.iter().any(|(name, _)| name.starts_with(field));
        if !self.has_properties || is_mistyped("publicNetworkAccess") || is_mistyped("privateEndpointConnections") {
            return None;
        }
        let public_access = self.public_access.or(PublicAccess::Enabled)?;
        let default_deny = match (public_access, self.default_deny.or(false)) {
            (PublicAccess::Enabled, _) if is_mistyped("networkAcls") => return None,
            (PublicAccess::Enabled, default_deny) => default_deny?,
            // The account's own rules are not consulted.
            (_, default_deny) => default_deny.unwrap_or_default(),
        };
        Some(Access {
            public_access,
            default_deny,
            vnet_rules: count(self.subnet_rules.len()),
            ip_rules: count(self.address_rules.len()),
            private_endpoints: count(self.approved_connections()),
        })
    }

    /// Returns the number of approved private-endpoint connections.
    #[must_use]
    pub fn approved_connections(&self) -> usize {
        let is_approved = |state: &ConnectionState| *state == ConnectionState::Approved;
        self.connections.iter().filter(|connection| connection.state.known().is_some_and(is_approved)).count()
    }
}

/// The location of kinds that belong to no region.
const NO_REGION: &str = "global";

/// An error in reading an account as Azure prints it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArmError {
    /// The document is not JSON.
    #[error(
        "the account is not JSON: expected the output of `az cognitiveservices account show`, or settings of which one names an endpoint or a region of Speech"
    )]
    Json(#[source] DocumentError),
    /// The document is JSON of a different shape.
    #[error(
        "the JSON does not describe an account: {problem}; expected the output of `az cognitiveservices account show`"
    )]
    Shape {
        /// The mismatch.
        problem: String,
    },
    /// The document does not say whether the account has a custom domain.
    #[error("the document does not say whether the account has a custom domain")]
    Unstated,
    /// The document is a list that does not contain exactly one account.
    #[error(
        "the JSON contains {count} accounts{}: expected one, as printed by `az cognitiveservices account show --name NAME`", listed(.names)
    )]
    Count {
        /// The number of accounts.
        count: usize,
        /// Their names, as far as the document has them.
        names: Vec<String>,
    },
    /// The document names several resources.
    #[error("the document names {} resources: {}; expected one, so give the one to use", number(.places), some(.places))]
    Several {
        /// Each resource, with its setting.
        places: Vec<String>,
    },
    /// The value of a setting is invalid.
    #[error("{error} (read from {name})")]
    Setting {
        /// The name of the setting.
        name: QuotedValue,
        /// The problem.
        error: PastedError,
    },
    /// The account is of a kind that has no Speech.
    #[error(
        "an account of kind {kind} has no Speech: expected one of `SpeechServices`, `AIServices`, `CognitiveServices` or `OpenAI`"
    )]
    Kind {
        /// The kind.
        kind: QuotedValue,
    },
    /// The region or the custom domain is invalid.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Facts in the document contradict each other.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The endpoint is invalid.
    #[error(transparent)]
    Endpoint(#[from] PastedError),
}

/// Lists names in brackets; of many, the first.
fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(MOST_NAMES).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > MOST_NAMES { ", …" } else { "" };
    if shown.is_empty() { String::new() } else { format!(" ({}{more})", shown.join(", ")) }
}

/// Returns how many there are, as far as a reader can count them.
fn number(places: &[String]) -> String {
    if places.len() > MOST_NAMES { "many".to_owned() } else { places.len().to_string() }
}

/// Lists descriptions; of many, the first.
fn some(places: &[String]) -> String {
    let more = if places.len() > MOST_NAMES { ", …" } else { "" };
    format!("{}{more}", places[..places.len().min(MOST_NAMES)].join(", "))
}

const MOST_NAMES: usize = 6;

impl ArmError {
    /// Returns the id in the failure catalogue, or the word `account`.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::Name(error) => error.id(),
            Self::Account(error) => error.id(),
            Self::Endpoint(error) | Self::Setting { error, .. } => error.id(),
            _ => "account",
        }
    }

    /// Returns the settings that the message asks for.
    #[must_use]
    pub fn hints(&self) -> Vec<SettingHint> {
        match self {
            Self::Name(error) => error.hints(),
            Self::Endpoint(error) | Self::Setting { error, .. } => error.hints(),
            Self::Several { .. } => {
                [Setting::Endpoint, Setting::CustomDomain, Setting::Region].map(Into::into).to_vec()
            }
            _ => Vec::new(),
        }
    }
}
