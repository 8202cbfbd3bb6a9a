//! Reads an account from its ARM JSON: the output of `az cognitiveservices account show` or a REST response.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::PastedError;
use crate::resolve::access::{Access, AccountKind, PublicAccess};
use crate::resolve::account::{Account, AccountError, SubnetId};
use crate::resolve::cloud::{Cloud, HostKind};
use crate::resolve::name::{CustomDomain, NameError, Region};
use crate::resolve::note::{Note, WithNotes};
use crate::resolve::quoted::QuotedValue;
use crate::resolve::scenario::Scenario;

impl Account {
    /// Reads account JSON and notes contradictions in it.
    ///
    /// 1. Take the single account of the document, either alone or as the only element of a list.
    /// 2. Derive the cloud from the endpoint, or else from the region.
    /// 3. For a custom domain, count rules and approved private endpoints; the decision table maps them to the scenario.
    /// 4. Note every setting that has no effect and every problem that a caller will encounter.
    ///
    /// ```
    /// use speech_endpoint::{Account, Scenario};
    ///
    /// let json = br#"{ "location": "West Europe", "kind": "SpeechServices", "properties": {
    ///     "customSubDomainName": "contoso", "publicNetworkAccess": "Enabled", "networkAcls": { "defaultAction":
    /// "Allow" } } }"#;
    /// let read = Account::from_arm_json(json)?;
    /// assert_eq!(read.value.scenario(), Scenario::CustomDomainOpen);
    /// # Ok::<(), speech_endpoint::ArmError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ArmError`] if the document is not account JSON, or contains an invalid region or custom domain.
    pub fn from_arm_json(json: &[u8]) -> Result<WithNotes<Self>, ArmError> {
        let document: Value =
            serde_json::from_slice(json).map_err(|error| ArmError::Json(JsonError(Arc::new(error))))?;
        let document = the_one_account(document)?;
        let outer: Outer = shaped(&document)?;
        if let Some(kind) = outer.kind_of_resource.as_deref().filter(|kind| !kind.eq_ignore_ascii_case(ACCOUNT_TYPE)) {
            return Err(ArmError::Shape { problem: format!("it is a {}", QuotedValue::new(kind)) });
        }
        let inner = document.get("properties").unwrap_or(&document);
        if !inner.is_object() || outer.location.is_none() && inner.get("endpoint").is_none() {
            return Err(ArmError::Shape { problem: "it has neither `location` nor `properties.endpoint`".into() });
        }
        let properties: Properties = shaped(inner)?;
        understand(outer, &properties)
    }
}

fn understand(outer: Outer, properties: &Properties) -> Result<WithNotes<Account>, ArmError> {
    let mut notes = Vec::new();
    let region = match outer.location {
        Some(location) => {
            let read = Region::read(&location)?;
            notes.extend(read.notes);
            Some(read.value)
        }
        None => None,
    };
    let endpoint = properties.endpoint.as_deref().and_then(|endpoint| Account::from_endpoint(endpoint).ok());
    let cloud = endpoint
        .as_ref()
        .map(|read| read.value.cloud().clone())
        .or_else(|| region.as_ref().and_then(|region| Cloud::of_region(region.as_str())))
        .unwrap_or(Cloud::Public);
    let kind = outer.kind.as_deref().and_then(AccountKind::from_arm);
    let access = access(properties, &mut notes);
    let name = properties.custom_sub_domain_name.as_deref().filter(|name| !name.is_empty());
    let mut account = match (name, region) {
        (Some(name), region) => {
            let domain = CustomDomain::owned(name)?;
            let account = if kind == Some(AccountKind::OpenAi) {
                Account::openai(domain)
            } else {
                Account::custom_domain(domain)
            };
            let account = account.with_cloud(cloud)?.with_allowed_subnets(allowed_subnets(properties));
            let account = match access {
                Some(access) => account.with_access(access),
                None => account,
            };
            match region {
                Some(region) => account.with_region(region)?,
                None => account,
            }
        }
        (None, Some(region)) => {
            if access.is_some_and(|access| access != Access::open()) {
                notes.push(Note::new("rules_need_custom_domain", "network rules and private endpoints have no effect without a custom domain; set one (this cannot be undone)"));
            }
            Account::regional_in(region, cloud)?
        }
        (None, None) => {
            return Err(ArmError::Shape {
                problem: "it has neither `location` nor `properties.customSubDomainName`".into(),
            });
        }
    };
    if let Some(kind) = kind {
        account = account.with_kind(kind);
    }
    if properties.disable_local_auth == Some(true) {
        account = account.with_key_auth_disabled();
        notes.push(Note::new(
            "key_auth_disabled",
            "`disableLocalAuth` is set, so keys and issued tokens are rejected; use Entra tokens",
        ));
    }
    contradictions(&account, properties, &mut notes);
    Ok(WithNotes { value: account, notes })
}

/// Returns the network access, unless the document has a value that is not documented: unknown is not open.
fn access(properties: &Properties, notes: &mut Vec<Note>) -> Option<Access> {
    let approved = |connection: &&Connection| {
        connection
            .properties
            .state
            .as_ref()
            .and_then(|state| state.status.as_deref())
            .is_some_and(|status| status.eq_ignore_ascii_case("Approved"))
    };
    let connections = properties.private_endpoint_connections.as_deref().unwrap_or_default();
    let private_endpoints = connections.iter().filter(approved).count();
    if !connections.is_empty() && private_endpoints == 0 {
        notes.push(Note::new("private_endpoint_not_approved", "no private endpoint connection is approved; approve one with `az network private-endpoint-connection approve`"));
    }
    if properties.network_acls.is_none() {
        notes.push(Note::new(
            "null_network_acls",
            "`networkAcls` is absent and treated as `Allow`; the documentation does not confirm this",
        ));
    }
    let acls = properties.network_acls.as_ref();
    let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let public_access = known("publicNetworkAccess", properties.public_network_access.as_deref(), notes, |text| {
        text.map_or(Some(PublicAccess::Enabled), PublicAccess::from_arm)
    });
    let action = acls.and_then(|acls| acls.default_action.as_deref());
    let default_deny = known("networkAcls.defaultAction", action, notes, |text| match text {
        Some(text) if text.eq_ignore_ascii_case("Deny") => Some(true),
        Some(text) if !text.eq_ignore_ascii_case("Allow") => None,
        _ => Some(false),
    });
    Some(Access {
        public_access: public_access?,
        default_deny: default_deny?,
        vnet_rules: count(acls.map_or(0, |acls| acls.virtual_network_rules.as_ref().map_or(0, Vec::len))),
        ip_rules: count(acls.map_or(0, |acls| acls.ip_rules.as_ref().map_or(0, Vec::len))),
        private_endpoints: count(private_endpoints),
    })
}

/// Reads a value of the document, and notes one that is not documented.
fn known<T>(
    name: &'static str,
    text: Option<&str>,
    notes: &mut Vec<Note>,
    read: impl Fn(Option<&str>) -> Option<T>,
) -> Option<T> {
    let value = read(text);
    if value.is_none() {
        let given = QuotedValue::new(text.unwrap_or_default());
        notes.push(Note::new(
            "unknown_network_access",
            format!("`{name}` is {given}, which is not documented, so the network access is treated as unknown"),
        ));
    }
    value
}

/// Returns the subnets of the virtual-network rules. A rule with another id counts, but no command can name it.
fn allowed_subnets(properties: &Properties) -> Vec<SubnetId> {
    let rules = properties.network_acls.iter().flat_map(|acls| acls.virtual_network_rules.iter().flatten());
    rules.filter_map(|rule| rule.get("id")?.as_str()?.parse().ok()).collect()
}

/// Notes settings that have no effect and problems that a caller will encounter.
fn contradictions(account: &Account, properties: &Properties, notes: &mut Vec<Note>) {
    if properties.provisioning_state.as_deref() == Some("ResolvingDNS") {
        notes.push(Note::new(
            "dns_not_ready",
            "the name of the custom domain is still being set up (`ResolvingDNS`); wait a few minutes",
        ));
    }
    let (Some(access), Some(domain)) = (account.access(), account.domain()) else { return };
    let has_rules = access.vnet_rules > 0 || access.ip_rules > 0;
    if access.public_access == PublicAccess::SecuredByPerimeter {
        let rules = if has_rules { "; the account's own network rules have no effect" } else { "" };
        notes.push(Note::new(
            "secured_by_perimeter",
            format!("a network security perimeter decides who may come through the public endpoint{rules}"),
        ));
    } else if access.public_access == PublicAccess::Disabled && has_rules {
        notes.push(Note::new(
            "rules_ignored_disabled",
            "network rules have no effect while public network access is disabled",
        ));
    } else if !access.default_deny {
        if access.vnet_rules > 0 {
            notes.push(Note::new(
                "vnet_rules_ignored",
                "virtual-network rules have no effect while the default action is `Allow`",
            ));
        }
        if access.ip_rules > 0 {
            notes.push(Note::new(
                "ip_rules_ignored",
                "IP address rules have no effect while the default action is `Allow`",
            ));
        }
    }
    match account.scenario() {
        Scenario::CustomDomainLocked => notes.push(Note::new(
            "everything_refused",
            "the default action is `Deny` and nothing is allowed, so every call gets 403",
        )),
        Scenario::DisabledUnreachable => notes.push(Note::new(
            "unreachable",
            "public network access is disabled and no private endpoint is approved, so this resource is unreachable",
        )),
        _ => {}
    }
    let Some(endpoint) = properties.endpoint.as_deref() else { return };
    let host = endpoint
        .split_once("://")
        .map_or(endpoint, |(_, rest)| rest)
        .split(['/', ':'])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let Some(reading) = account.cloud().suffixes().read(&host) else { return };
    if reading.kind == HostKind::CustomDomain && reading.label != domain.as_str() {
        notes.push(Note::new(
            "endpoint_differs",
            format!(
                "`endpoint` names custom domain {}, but `customSubDomainName` names `{domain}`; the latter is used",
                QuotedValue::new(reading.label)
            ),
        ));
    }
}

/// Returns the account itself or the only element of a list.
fn the_one_account(document: Value) -> Result<Value, ArmError> {
    let list = match document {
        Value::Array(list) => list,
        Value::Object(mut object) => match object.remove("value") {
            Some(Value::Array(list)) => list,
            Some(_) => return Err(ArmError::Shape { problem: "`value` is not a list".into() }),
            None => return Ok(Value::Object(object)),
        },
        _ => return Err(ArmError::Shape { problem: "it is not an object".into() }),
    };
    let count = list.len();
    let mut accounts = list.into_iter();
    match (accounts.next(), accounts.next()) {
        (Some(account @ Value::Object(_)), None) => Ok(account),
        _ => Err(ArmError::Count { count }),
    }
}

/// Deserialises the value; an error names the field that does not match.
fn shaped<'de, T: Deserialize<'de>>(value: &'de Value) -> Result<T, ArmError> {
    serde_path_to_error::deserialize(value).map_err(|error| ArmError::Shape {
        problem: format!("`{}` has the wrong type: {}", error.path(), kind_of_error(error.inner())),
    })
}

/// Returns the error without the offending value, which may be a secret.
fn kind_of_error(error: &serde_json::Error) -> &'static str {
    let text = error.to_string();
    ["expected a string", "expected a boolean", "expected a sequence"]
        .into_iter()
        .find(|kind| text.ends_with(kind))
        .unwrap_or("expected an object")
}

#[derive(Deserialize)]
struct Outer {
    #[serde(rename = "type")]
    kind_of_resource: Option<String>,
    location: Option<String>,
    kind: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    endpoint: Option<String>,
    custom_sub_domain_name: Option<String>,
    public_network_access: Option<String>,
    network_acls: Option<NetworkAcls>,
    private_endpoint_connections: Option<Vec<Connection>>,
    disable_local_auth: Option<bool>,
    provisioning_state: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NetworkAcls {
    default_action: Option<String>,
    virtual_network_rules: Option<Vec<Value>>,
    ip_rules: Option<Vec<Value>>,
}

#[derive(Deserialize)]
struct Connection {
    #[serde(default)]
    properties: ConnectionProperties,
}

#[derive(Default, Deserialize)]
struct ConnectionProperties {
    #[serde(rename = "privateLinkServiceConnectionState")]
    state: Option<ConnectionState>,
}

#[derive(Deserialize)]
struct ConnectionState {
    status: Option<String>,
}

const ACCOUNT_TYPE: &str = "Microsoft.CognitiveServices/accounts";

/// An error in reading the JSON of an account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArmError {
    /// The document is not JSON.
    #[error("the account is not JSON: expected the output of `az cognitiveservices account show`")]
    Json(#[source] JsonError),
    /// The document is JSON of a different shape.
    #[error(
        "the JSON does not describe an account: {problem}; expected the output of `az cognitiveservices account show`"
    )]
    Shape {
        /// The mismatch.
        problem: String,
    },
    /// The document is a list that does not contain exactly one account.
    #[error("the JSON contains {count} accounts: expected one, as printed by `az cognitiveservices account show`")]
    Count {
        /// The number of accounts.
        count: usize,
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

/// Why a document is not JSON.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct JsonError(Arc<serde_json::Error>);

impl JsonError {
    pub(super) fn new(error: Arc<serde_json::Error>) -> Self {
        Self(error)
    }
}

impl PartialEq for JsonError {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_string() == other.0.to_string()
    }
}

impl Eq for JsonError {}

impl ArmError {
    /// Returns the id in the failure catalogue, or `account` if the document itself is at fault.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::Json(_) | Self::Shape { .. } | Self::Count { .. } => "account",
            Self::Name(error) => error.id(),
            Self::Account(error) => error.id(),
            Self::Endpoint(error) => error.id(),
        }
    }
}
