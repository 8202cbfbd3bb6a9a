//! Reads an account.

use super::tree::Node;
use crate::azure::account::{AccountDocument, ConnectionState, EndpointConnection, RuleState, SubnetRule};
use crate::azure::id::ArmId;
use crate::azure::stated::Stated;
use crate::resolve::access::PublicAccess;

/// Reads an account. A field of the wrong type is unknown, and is listed as such.
pub(super) fn account(node: &Node<'_>) -> AccountDocument {
    let mut fields = Fields { node, mistyped: Vec::new() };
    let rules = fields.object("networkAcls");
    let mut account = AccountDocument {
        id: fields.text("id").map(|id| ArmId::new(&id)),
        name: fields.text("name"),
        location: fields.text("location"),
        kind: fields.text("kind"),
        sku: node.get("sku").and_then(|sku| sku.owned("name")),
        tags: tags(node),
        identity: identity(node),
        custom_domain: fields.stated("customSubDomainName", "a string", |value| {
            value.text().map(|text| Some(text).filter(|text| !text.is_empty()).map(str::to_owned))
        }),
        endpoint: fields.text("endpoint"),
        public_access: fields.words("publicNetworkAccess", PublicAccess::from_arm),
        has_rules: rules.is_some(),
        default_deny: stated_text(rules.and_then(|rules| rules.get("defaultAction")), |text| {
            [("Deny", true), ("Allow", false)]
                .into_iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(text))
                .map(|(_, d)| d)
        }),
        trusted_services: stated_text(rules.and_then(|rules| rules.get("bypass")), bypass),
        key_auth_disabled: stated_bool(node.get("disableLocalAuth")),
        customer_key: stated_text(node.get("encryption").and_then(|encryption| encryption.get("keySource")), |text| {
            let sources = [("Microsoft.KeyVault", true), ("Microsoft.CognitiveServices", false)];
            sources.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, is_own)| is_own)
        }),
        has_properties: node.field("properties").is_some_and(Node::is_object)
            || PROPERTIES.iter().any(|name| node.has(name)),
        own_storage: fields.list("userOwnedStorage").len(),
        restricts_outbound: stated_bool(node.get("restrictOutboundNetworkAccess")),
        allowed_fqdns: fields.list("allowedFqdnList").iter().filter_map(Node::text).map(str::to_owned).collect(),
        connections: fields.objects("privateEndpointConnections").iter().map(connection).collect(),
        provisioning_state: fields.text("provisioningState"),
        last_modified: node.get("systemData").and_then(|data| data.owned("lastModifiedAt")),
        ..AccountDocument::default()
    };
    if let Some(rules) = rules {
        let mut inner = Fields { node: rules, mistyped: Vec::new() };
        account.default_deny = inner.words("defaultAction", |text| {
            let actions = [("Deny", true), ("Allow", false)];
            actions.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, is_deny)| is_deny)
        });
        account.address_rules = inner.each("ipRules", "ipRules.value", |rule| rule.owned("value"));
        account.subnet_rules = inner.each("virtualNetworkRules", "virtualNetworkRules.id", subnet_rule);
        fields.mistyped.extend(inner.mistyped.into_iter().map(|(name, type_)| (format!("networkAcls.{name}"), type_)));
    }
    for (name, value) in [
        ("disableLocalAuth", &account.key_auth_disabled),
        ("restrictOutboundNetworkAccess", &account.restricts_outbound),
    ] {
        if value.unknown().is_some() {
            fields.mistyped.push((name.to_owned(), "a boolean"));
        }
    }
    account.mistyped = fields.mistyped;
    account
}

/// The fields of an object, with those of the wrong type.
struct Fields<'n, 'a> {
    node: &'n Node<'a>,
    mistyped: Vec<(String, &'static str)>,
}

impl<'n, 'a> Fields<'n, 'a> {
    fn stated<T>(
        &mut self,
        name: &str,
        expected: &'static str,
        read: impl Fn(&Node<'_>) -> Option<Option<T>>,
    ) -> Stated<T> {
        let Some(value) = self.node.get(name) else { return Stated::Absent };
        match read(value) {
            Some(Some(value)) => Stated::Known(value),
            Some(None) => Stated::Absent,
            None => {
                self.mistyped.push((name.to_owned(), expected));
                Stated::Unknown(value.shown())
            }
        }
    }

    fn text(&mut self, name: &str) -> Option<String> {
        let text = self.stated(name, "a string", |value| value.text().map(|text| Some(text.to_owned())));
        text.known().filter(|text| !text.is_empty()).cloned()
    }

    fn list(&mut self, name: &str) -> &'n [Node<'a>] {
        match self.node.get(name) {
            None => &[],
            Some(Node::List(items)) => items,
            Some(_) => {
                self.mistyped.push((name.to_owned(), "a list"));
                &[]
            }
        }
    }

    /// Returns the elements of a list. One that lacks what it is about may be a rule that is in force.
    fn each<T>(&mut self, name: &str, needed: &str, read: impl Fn(&Node<'_>) -> Option<T>) -> Vec<T> {
        let items = self.list(name);
        let read: Vec<T> = items.iter().filter_map(read).collect();
        if read.len() < items.len() {
            self.mistyped.push((needed.to_owned(), "a string"));
        }
        read
    }

    /// Returns a list whose elements must be objects.
    fn objects(&mut self, name: &str) -> &'n [Node<'a>] {
        let items = self.list(name);
        if items.iter().any(|item| !item.is_object()) {
            self.mistyped.push((name.to_owned(), "a list of objects"));
        }
        items
    }

    /// Returns a value that must be one of some texts.
    fn words<T>(&mut self, name: &str, read: impl Fn(&str) -> Option<T>) -> Stated<T> {
        if self.node.get(name).is_some_and(|value| value.text().is_none()) {
            self.mistyped.push((name.to_owned(), "a string"));
        }
        stated_text(self.node.get(name), read)
    }

    fn object(&mut self, name: &str) -> Option<&'n Node<'a>> {
        let value = self.node.get(name)?;
        if !value.is_object() {
            self.mistyped.push((name.to_owned(), "an object"));
            return None;
        }
        Some(value)
    }
}

/// Returns a value that a list of known texts may have.
pub(super) fn stated_text<T>(value: Option<&Node<'_>>, read: impl Fn(&str) -> Option<T>) -> Stated<T> {
    match value {
        None | Some(Node::Null) => Stated::Absent,
        Some(value) => value.text().and_then(read).map_or_else(|| Stated::Unknown(value.shown()), Stated::Known),
    }
}

/// Returns a value that is `true` or `false`.
pub(super) fn stated_bool(value: Option<&Node<'_>>) -> Stated<bool> {
    match value {
        None | Some(Node::Null) => Stated::Absent,
        Some(value) => value.bool().map_or_else(|| Stated::Unknown(value.shown()), Stated::Known),
    }
}

/// The number of tags, which stand beside the properties.
fn tags(node: &Node<'_>) -> usize {
    match node.field("tags") {
        Some(Node::Object(tags)) => tags.len(),
        _ => 0,
    }
}

/// Returns whether `identity.type` names an identity. An identity of `null` counts as absent.
fn identity(node: &Node<'_>) -> Stated<bool> {
    stated_text(node.field("identity").and_then(|identity| identity.get("type")), |text| {
        let mut kinds = text.split(',').map(str::trim);
        let is_known =
            |kind: &str| ["None", "SystemAssigned", "UserAssigned"].iter().any(|k| k.eq_ignore_ascii_case(kind));
        kinds.clone().all(is_known).then(|| kinds.all(|kind| !kind.eq_ignore_ascii_case("None")))
    })
}

/// Returns whether `bypass` holds `AzureServices`.
fn bypass(text: &str) -> Option<bool> {
    let mut values = text.split(',').map(str::trim);
    if values.clone().any(|value| value.eq_ignore_ascii_case("AzureServices")) {
        return Some(true);
    }
    values.all(|value| value.eq_ignore_ascii_case("None")).then_some(false)
}

fn subnet_rule(node: &Node<'_>) -> Option<SubnetRule> {
    let id = node.text_of("id")?;
    Some(SubnetRule { id: ArmId::new(id), state: stated_text(node.get("state"), RuleState::from_arm) })
}

/// Reads a connection of an account or of a private endpoint.
pub(super) fn connection(node: &Node<'_>) -> EndpointConnection {
    let state = node.get("privateLinkServiceConnectionState").and_then(|state| state.get("status"));
    EndpointConnection {
        id: node.text_of("id").map(ArmId::new),
        name: node.owned("name"),
        endpoint: node.get("privateEndpoint").and_then(|endpoint| endpoint.text_of("id")).map(ArmId::new),
        state: stated_text(state, ConnectionState::from_arm),
    }
}

/// Fields that every account with its properties has.
const PROPERTIES: &[&str] =
    &["endpoint", "customSubDomainName", "publicNetworkAccess", "networkAcls", "privateEndpointConnections"];
