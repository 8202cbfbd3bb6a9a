//! Notes on an account: settings without effect, contradictions, and what a client will encounter. One row per note.

use std::collections::{BTreeMap, HashSet};
use std::mem;
use std::net::IpAddr;

use super::account::{AccountDocument, ConnectionState, EndpointConnection, RuleState};
use super::admission::{Admission, addresses_for, can_match, is_in_force, leads_elsewhere};
use super::id::ArmId;
use super::network::{COGNITIVE_SERVICES, Peering, PeeringState};
use super::private_link::public_name;
use super::view::AzureView;
use super::words::filled;
use super::zone::RecordSet;
use crate::resolve::access::{Access, PublicAccess};
use crate::resolve::account::Account;
use crate::resolve::cloud::HostKind;
use crate::resolve::note::Note;
use crate::resolve::quoted::QuotedValue;

/// A note on an account, with the commands that mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccountNote {
    /// The note.
    pub note: Note,
    /// The commands of `az`; a part that no document shows stays in capitals.
    pub commands: Vec<String>,
    /// How much the note weighs.
    pub weight: NoteWeight,
}

/// How much a note weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NoteWeight {
    /// It only informs.
    Info,
    /// A setting without effect, or a contradiction.
    Warning,
    /// Nobody is admitted.
    Error,
}

#[cfg(feature = "serde")]
impl AccountNote {
    /// Returns whether the note is about what a client encounters, so that commands which only resolve URLs show it too.
    pub(crate) fn matters_to_clients(&self) -> bool {
        CLIENT_NOTES.contains(&self.note.id)
    }
}

/// The weight of each note. What is not listed here only informs.
const WEIGHTS: &[(NoteWeight, &[&str])] = &[
    (NoteWeight::Error, &["everything_refused", "unreachable"]),
    (
        NoteWeight::Warning,
        &[
            // Without effect.
            "rules_need_custom_domain",
            "private_endpoint_not_approved",
            "rules_ignored_disabled",
            "vnet_rules_ignored",
            "ip_rules_ignored",
            "fqdn_list_ignored",
            "private_ip_rule",
            "subnet_rule_dead",
            "service_endpoint_missing",
            // Contradictions.
            "endpoint_differs",
            "public_beside_private_endpoint",
            "free_tier_private_endpoint",
            "no_credential_works",
            "record_differs",
            "peering_down",
        ],
    ),
];

#[cfg(feature = "serde")]
const CLIENT_NOTES: &[&str] = &[
    "rules_need_custom_domain",
    "key_auth_disabled",
    "private_endpoint_not_approved",
    "null_network_acls",
    "rules_ignored_disabled",
    "vnet_rules_ignored",
    "ip_rules_ignored",
    "dns_not_ready",
    "everything_refused",
    "unreachable",
    "endpoint_differs",
    "secured_by_perimeter",
    "unknown_value",
];

/// What a note is made from.
struct Subject<'a> {
    document: &'a AccountDocument,
    /// The account that resolves URLs, unless its content cannot be.
    account: Option<&'a Account>,
    access: Option<Access>,
    admits: Admission,
    view: &'a AzureView,
}

/// Returns the notes on an account, in a fixed order.
#[must_use]
pub(crate) fn notes_of(document: &AccountDocument, account: Option<&Account>, view: &AzureView) -> Vec<AccountNote> {
    let access = document.access();
    let subject = Subject { document, account, access, admits: Admission::of(document, view), view };
    let mut notes = Notes { subject: &subject, found: Vec::new(), counts: BTreeMap::new() };
    kind(&subject, &mut notes);
    values(&subject, &mut notes);
    state(&subject, &mut notes);
    rules(&subject, &mut notes);
    subnets(&subject, &mut notes);
    endpoints(&subject, &mut notes);
    credentials(&subject, &mut notes);
    names(&subject, &mut notes);
    peerings(&subject, &mut notes);
    notes.finished()
}

struct Notes<'s, 'a> {
    subject: &'s Subject<'a>,
    found: Vec<AccountNote>,
    /// The number of notes with each code.
    counts: BTreeMap<&'static str, usize>,
}

/// The most notes with one code. An account has at most 100 address rules and 100 virtual-network rules.
const MOST_ALIKE: usize = 200;

impl Notes<'_, '_> {
    /// Returns the notes, and says how many were left out.
    fn finished(mut self) -> Vec<AccountNote> {
        for (code, count) in mem::take(&mut self.counts) {
            if let Some(more) = count.checked_sub(MOST_ALIKE).filter(|more| *more > 0) {
                self.add(code, format!("{more} more notes like this are left out"), &[]);
            }
        }
        self.found
    }

    fn add(&mut self, code: &'static str, text: impl Into<String>, templates: &[&str]) {
        self.add_for(code, text, templates, &[]);
    }

    /// Adds a note whose commands name further parts.
    fn add_for(
        &mut self,
        code: &'static str,
        text: impl Into<String>,
        templates: &[&str],
        more: &[(&str, Option<&str>)],
    ) {
        let id = self.subject.document.id.as_ref();
        let mut parts = more.to_vec();
        parts.extend([
            ("ID", id.map(ArmId::as_str)),
            ("N", self.subject.document.name.as_deref().or_else(|| id.map(ArmId::name))),
            ("RG", id.and_then(ArmId::group)),
            ("SUBSCRIPTION", id.and_then(ArmId::subscription)),
            ("REGION", self.subject.account.and_then(Account::region).map(crate::resolve::name::Region::as_str)),
        ]);
        let subscription = parts.iter().find(|(part, _)| *part == "SUBSCRIPTION").and_then(|(_, value)| *value);
        let command = |template: &&str| match subscription {
            // A name in a group says nothing without the subscription; an ID has it.
            Some(_) if template.contains(" -g {") => {
                filled(&format!("{template} --subscription {{SUBSCRIPTION}}"), &parts)
            }
            _ => filled(template, &parts),
        };
        let alike = self.counts.entry(code).or_default();
        *alike += 1;
        if *alike > MOST_ALIKE {
            return;
        }
        let commands = templates.iter().map(command).collect();
        let weight =
            WEIGHTS.iter().find(|(_, codes)| codes.contains(&code)).map_or(NoteWeight::Info, |(weight, _)| *weight);
        self.found.push(AccountNote { note: Note::new(code, text), commands, weight });
    }
}

fn kind(subject: &Subject<'_>, notes: &mut Notes<'_, '_>) {
    if let Some(kind) = subject.document.kind.as_deref().filter(|_| subject.document.speech_kind().is_none()) {
        let kind = QuotedValue::new(kind);
        notes.add("not_speech", format!("an account of kind {kind} offers no Speech service"), &[]);
    }
}

/// Notes values that are not documented. They never count as open.
fn values(subject: &Subject<'_>, notes: &mut Notes<'_, '_>) {
    let account = subject.document;
    if !account.has_properties {
        let text = "the document leaves out `properties`, so the network access is unknown";
        return notes.add("unknown_value", text, &["az cognitiveservices account show --ids {ID} -o json"]);
    }
    let mut unknown: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, text: Option<&str>| {
        if let Some(text) = text {
            unknown.push((name.to_owned(), QuotedValue::new(text).to_string()));
        }
    };
    add("publicNetworkAccess", account.public_access.unknown());
    add("networkAcls.defaultAction", account.default_deny.unknown());
    add("networkAcls.bypass", account.trusted_services.unknown());
    add("disableLocalAuth", account.key_auth_disabled.unknown());
    add("customSubDomainName", account.custom_domain.unknown());
    add("encryption.keySource", account.customer_key.unknown());
    add("restrictOutboundNetworkAccess", account.restricts_outbound.unknown());
    add("identity.type", account.identity.unknown());
    add(
        "provisioningState",
        account.provisioning_state.as_deref().filter(|_| account.has_unknown_provisioning_state()),
    );
    for rule in &account.subnet_rules {
        add("networkAcls.virtualNetworkRules.state", rule.state.unknown());
    }
    for connection in &account.connections {
        add("privateLinkServiceConnectionState.status", connection.state.unknown());
    }
    for rule in account.address_rules.iter().filter(|rule| rule.parse::<super::prefix::Prefix>().is_err()) {
        add("networkAcls.ipRules.value", Some(rule));
    }
    for (name, value) in &unknown {
        notes.add(
            "unknown_value",
            format!("`{name}` is {value}, which is not a documented value and counts as unknown"),
            &[],
        );
    }
    for (name, expected) in account.mistyped.iter().filter(|(name, _)| unknown.iter().all(|(known, _)| known != name)) {
        notes.add("unknown_value", format!("`{name}` is not {expected} and counts as unknown"), &[]);
    }
}

fn state(subject: &Subject<'_>, notes: &mut Notes<'_, '_>) {
    match subject.document.provisioning_state.as_deref() {
        None => {}
        Some(state) if state.eq_ignore_ascii_case("Succeeded") => {}
        Some(state) if state.eq_ignore_ascii_case("ResolvingDNS") => {
            let text = "the name of the custom domain is still being set up (`ResolvingDNS`); wait a few minutes";
            notes.add("dns_not_ready", text, &[]);
        }
        Some(state) => {
            let text =
                format!("the account is in state {}, so its settings may not be in effect", QuotedValue::new(state));
            notes.add(
                "provisioning",
                text,
                &["az cognitiveservices account show -g {RG} -n {N} --query properties.provisioningState"],
            );
        }
    }
}

/// Notes on the network rules and on who is admitted.
fn rules(subject: &Subject<'_>, notes: &mut Notes<'_, '_>) {
    let account = subject.document;
    if account.has_properties && !account.has_rules && account.mistyped.iter().all(|(name, _)| name != "networkAcls") {
        let text = "`networkAcls` is absent and treated as `Allow`; the documentation does not confirm this";
        notes.add("null_network_acls", text, &[]);
    }
    let has_rules = !account.subnet_rules.is_empty() || !account.address_rules.is_empty();
    if account.custom_domain.is_absent() {
        let has_rules = account.access().is_some_and(|access| access != Access::open());
        if has_rules || !account.connections.is_empty() {
            let text = "network rules and private endpoints have no effect without a custom domain; set one (this cannot be undone)";
            notes.add(
                "rules_need_custom_domain",
                text,
                &["az cognitiveservices account update -g {RG} -n {N} --custom-domain NAME"],
            );
        }
    } else if let Some(access) = subject.access {
        of_access(access, has_rules, notes);
        nobody(subject, access, notes);
    }
    let is_restricted = account.restricts_outbound.known() == Some(&true);
    if !account.allowed_fqdns.is_empty() && !is_restricted {
        let text = "`allowedFqdnList` has no effect unless `restrictOutboundNetworkAccess` is `true`";
        let command = "az resource update --ids {ID} --set properties.restrictOutboundNetworkAccess=true";
        notes.add("fqdn_list_ignored", text, &[command]);
    }
    for rule in
        account.address_rules.iter().filter(|rule| rule.parse::<super::prefix::Prefix>().is_ok() && !can_match(rule))
    {
        let text = format!("address rule `{rule}` matches nobody: the service sees public addresses only");
        let command = "az cognitiveservices account network-rule remove -g {RG} -n {N} --ip-address {ADDRESS}";
        notes.add_for("private_ip_rule", text, &[command], &[("ADDRESS", Some(rule))]);
    }
}

fn of_access(access: Access, has_rules: bool, notes: &mut Notes<'_, '_>) {
    match access.public_access {
        PublicAccess::SecuredByPerimeter => {
            let rules = if has_rules { "; the account's own network rules have no effect" } else { "" };
            let text = format!("a network security perimeter decides who may come through the public endpoint{rules}");
            notes.add("secured_by_perimeter", text, &[READ_PERIMETER]);
        }
        PublicAccess::Disabled if has_rules => {
            let text = "network rules have no effect while public network access is disabled";
            let enable = "az resource update --ids {ID} --set properties.publicNetworkAccess=Enabled";
            // Under `Allow` the rules would have no effect either, and everybody would be admitted.
            let commands: &[&str] = if access.default_deny { &[enable] } else { &[DENY, enable] };
            notes.add("rules_ignored_disabled", text, commands);
        }
        PublicAccess::Enabled if !access.default_deny => {
            if access.vnet_rules > 0 {
                let text = "virtual-network rules have no effect while the default action is `Allow`";
                notes.add("vnet_rules_ignored", text, &[DENY]);
            }
            if access.ip_rules > 0 {
                let text = "IP address rules have no effect while the default action is `Allow`";
                notes.add("ip_rules_ignored", text, &[DENY]);
            }
        }
        PublicAccess::Disabled | PublicAccess::Enabled => {}
    }
}

/// Notes that nobody is admitted.
fn nobody(subject: &Subject<'_>, access: Access, notes: &mut Notes<'_, '_>) {
    if !subject.admits.is_nobody() {
        return;
    }
    if access.public_access == PublicAccess::Disabled {
        let text =
            "public network access is disabled and no private endpoint is approved, so this resource is unreachable";
        // A connection that exists has its own note.
        let commands: &[&str] = if subject.document.connections.is_empty() { &[CREATE_ENDPOINT] } else { &[] };
        return notes.add("unreachable", text, commands);
    }
    let reason = if access.vnet_rules + access.ip_rules > 0 { "no rule is in effect" } else { "nothing is allowed" };
    let except = if subject.admits.trusted_services { ", except those of trusted Azure services" } else { "" };
    let text = format!("the default action is `Deny` and {reason}, so every call gets 403{except}");
    let commands = [
        "az cognitiveservices account network-rule add -g {RG} -n {N} --ip-address ADDRESS",
        "az cognitiveservices account network-rule add -g {RG} -n {N} --subnet SUBNET_ID",
    ];
    notes.add("everything_refused", text, &commands);
}

const REMOVE_SUBNET: &str = "az cognitiveservices account network-rule remove -g {RG} -n {N} --subnet {SUBNET_ID}";

const ADD_SUBNET: &str = "az cognitiveservices account network-rule add -g {RG} -n {N} --subnet {SUBNET_ID}";

const CREATE_ENDPOINT: &str = "az network private-endpoint create -n PE -g RG_NET --vnet-name VNET --subnet SUBNET --private-connection-resource-id {ID} --group-id account --connection-name PE -l {REGION}";

const DENY: &str = "az resource update --ids {ID} --set properties.networkAcls.defaultAction=Deny";

/// The association with a perimeter is not in the account's own document.
const READ_PERIMETER: &str =
    "az rest --method get --url \"{ID}/networkSecurityPerimeterConfigurations?api-version=2025-06-01\"";

/// Notes on the subnets of the rules.
fn subnets(subject: &Subject<'_>, notes: &mut Notes<'_, '_>) {
    for rule in &subject.document.subnet_rules {
        let name = QuotedValue::new(rule.id.name());
        let parts = [
            ("SUBSCRIPTION", rule.id.subscription()),
            ("SUBNET_ID", Some(rule.id.as_str())),
            ("SUBNET", Some(rule.id.name())),
            ("VNET", rule.id.after("virtualNetworks")),
            ("RG_NET", rule.id.group()),
        ];
        if !is_in_force(rule) {
            let because = match rule.state.known() {
                Some(RuleState::NetworkSourceDeleted) => "admits nobody: the subnet no longer exists",
                Some(RuleState::Provisioning) => "admits nobody yet: it is still being set up",
                Some(RuleState::Deprovisioning) => "admits nobody: it is being removed",
                Some(_) => "admits nobody: setting it up failed",
                None => "may admit nobody: only `Succeeded` is known to admit",
            };
            let state =
                rule.state.known().map_or_else(|| rule.state.unknown().unwrap_or_default(), |state| state.arm_name());
            let text = format!("the rule for subnet {name} is in state {} and {because}", QuotedValue::new(state));
            let commands: &[&str] = match rule.state.known() {
                Some(RuleState::NetworkSourceDeleted) => &[REMOVE_SUBNET],
                Some(RuleState::Failed) => &[REMOVE_SUBNET, ADD_SUBNET],
                // It may change by itself: look again.
                _ => &["az cognitiveservices account network-rule list -g {RG} -n {N}"],
            };
            // The rule belongs to the account, not to the subnet's subscription.
            notes.add_for("subnet_rule_dead", text, commands, &parts[1..]);
        }
        if let Some(subnet) = subject.view.subnet(&rule.id).filter(|subnet| !subnet.has_service_endpoint()) {
            let others = subnet.service_endpoints.iter().map(|endpoint| endpoint.service.as_str());
            let others: Vec<&str> =
                others.filter(|service| !service.eq_ignore_ascii_case(COGNITIVE_SERVICES)).collect();
            let text = format!(
                "subnet {name} is admitted, but its service endpoint for `{COGNITIVE_SERVICES}` is not on, so the rule has no effect"
            );
            let present = others
                .iter()
                .filter(|service| super::id::is_plain_name(service))
                .fold(String::new(), |all, s| all + " " + s);
            let command = format!(
                "az network vnet subnet update -g {{RG_NET}} --vnet-name {{VNET}} -n {{SUBNET}} --service-endpoints {COGNITIVE_SERVICES}{present}"
            );
            notes.add_for("service_endpoint_missing", text, &[&command], &parts);
        }
    }
}

/// Notes on the private endpoints.
fn endpoints(subject: &Subject<'_>, notes: &mut Notes<'_, '_>) {
    let account = subject.document;
    let approved = account.approved_connections();
    let is_certain = account.connections.iter().all(|connection| connection.state.known().is_some());
    if !account.connections.is_empty() && approved == 0 && is_certain {
        let is_left = account.connections.iter().all(|it| it.state.known() == Some(&ConnectionState::Disconnected));
        let pending =
            account.connections.iter().find(|connection| connection.state.known() == Some(&ConnectionState::Pending));
        let id = pending.or(account.connections.first()).and_then(|connection| connection.id.as_ref());
        let (text, command) = if is_left {
            (
                "every private endpoint connection was removed by the owner of the account; delete the endpoints and create new ones",
                "az network private-endpoint-connection delete --id {CONNECTION_ID}",
            )
        } else {
            (
                "no private endpoint connection is approved; approve one with `az network private-endpoint-connection approve`",
                "az network private-endpoint-connection approve --id {CONNECTION_ID}",
            )
        };
        notes.add_for("private_endpoint_not_approved", text, &[command], &[("CONNECTION_ID", id.map(ArmId::as_str))]);
    }
    let is_open = subject.access.is_some_and(|a| a.public_access == PublicAccess::Enabled && !a.default_deny);
    if approved > 0 && is_open && !account.custom_domain.is_absent() {
        let text = "a private endpoint is approved, but the public endpoint still admits all networks";
        notes.add(
            "public_beside_private_endpoint",
            text,
            &["az resource update --ids {ID} --set properties.publicNetworkAccess=Disabled"],
        );
    }
    if !account.connections.is_empty() && account.sku.as_deref().is_some_and(|sku| sku.eq_ignore_ascii_case("F0")) {
        let text = "the account has a private endpoint and tier `F0`; the documentation requires `S0`";
        notes.add("free_tier_private_endpoint", text, &["az resource update --ids {ID} --set sku.name=S0"]);
    }
}

fn credentials(subject: &Subject<'_>, notes: &mut Notes<'_, '_>) {
    let account = subject.document;
    if account.key_auth_disabled.known() != Some(&true) {
        return;
    }
    let text = "`disableLocalAuth` is set, so keys and issued tokens are rejected; use Entra tokens";
    notes.add("key_auth_disabled", text, &[]);
    if account.custom_domain.is_absent() && account.has_properties {
        let text = "no credential works: keys are disabled, and Entra tokens need a custom domain";
        notes.add(
            "no_credential_works",
            text,
            &["az cognitiveservices account update -g {RG} -n {N} --custom-domain NAME"],
        );
    }
}

/// Notes on the names of the account and their records.
fn names(subject: &Subject<'_>, notes: &mut Notes<'_, '_>) {
    let Some(account) = subject.account else { return };
    let Some(domain) = account.domain() else { return };
    if let Some(other) = subject.document.endpoint.as_deref().and_then(|endpoint| label_of(endpoint, account))
        && other != domain.as_str()
    {
        let text = format!(
            "`endpoint` names custom domain {}, but `customSubDomainName` names `{domain}`; the latter is used",
            QuotedValue::new(&other)
        );
        notes.add("endpoint_differs", text, &[]);
    }
    for record in subject.view.records_of(domain.as_str()) {
        differing(record, account, subject, notes);
    }
}

/// Notes a record of one of the account's names whose address is not the private endpoint's.
fn differing(record: &RecordSet, account: &Account, subject: &Subject<'_>, notes: &mut Notes<'_, '_>) {
    let Some((host, expected)) = expected_addresses(record, account, subject.document, subject.view) else { return };
    let right: HashSet<IpAddr> = expected.iter().copied().collect();
    let wrong: Vec<String> = record.addresses.iter().filter(|a| !right.contains(a)).map(ToString::to_string).collect();
    if wrong.is_empty() {
        return;
    }
    let right: Vec<String> = expected.iter().map(ToString::to_string).collect();
    let of = if record.is_registered { ", which a virtual machine registered," } else { "" };
    let text = format!(
        "the record of `{host}`{of} has {}, but the private endpoint has {}",
        enumerated(&wrong),
        enumerated(&right)
    );
    let parts = [
        ("SUBSCRIPTION", record.id.as_ref().and_then(ArmId::subscription)),
        ("RG_NET", record.id.as_ref().and_then(ArmId::group)),
        ("ZONE", record.zone.as_deref()),
        ("RECORD", record.name.as_deref()),
        ("OLD", wrong.first().map(String::as_str)),
        ("NEW", right.first().map(String::as_str)),
    ];
    let commands = [
        "az network private-dns record-set a add-record -g {RG_NET} -z {ZONE} -n {RECORD} -a {NEW}",
        "az network private-dns record-set a remove-record -g {RG_NET} -z {ZONE} -n {RECORD} -a {OLD}",
    ];
    notes.add_for("record_differs", text, &commands, &parts);
}

/// Returns the host of a record that belongs to the account, with the addresses of the account's private endpoints for this
/// host; `None` if the record is another's, or no document shows an address.
pub(crate) fn expected_addresses(
    record: &RecordSet,
    account: &Account,
    document: &AccountDocument,
    view: &AzureView,
) -> Option<(String, Vec<IpAddr>)> {
    let host = public_name(&record.fqdn()?);
    let label = label_of(&host, account)?;
    if label != account.domain()?.as_str() || record.addresses.is_empty() {
        return None;
    }
    // Only an approved connection carries traffic: the record of a leftover is stale.
    let is_approved = |connection: &&EndpointConnection| connection.state.known() == Some(&ConnectionState::Approved);
    let approved =
        document.connections.iter().filter(is_approved).filter_map(|connection| connection.endpoint.as_ref());
    let endpoints = approved.filter(|endpoint| !leads_elsewhere(endpoint, document, view));
    let mut seen = HashSet::new();
    let addresses = endpoints.flat_map(|endpoint| addresses_for(&host, endpoint, view));
    let expected: Vec<IpAddr> = addresses.filter(|address| seen.insert(*address)).collect();
    (!expected.is_empty()).then_some((host, expected))
}

/// Returns the label of a host that belongs to a custom domain, an Azure OpenAI or a Foundry resource.
fn label_of(endpoint: &str, account: &Account) -> Option<String> {
    let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let host = rest.split(['/', ':']).next().unwrap_or_default().to_ascii_lowercase();
    let reading = account.cloud().suffixes().read(&host)?;
    let is_own = matches!(reading.kind, HostKind::CustomDomain | HostKind::OpenAi | HostKind::Foundry);
    is_own.then(|| reading.label.to_owned())
}

/// Returns the first few of some addresses for a sentence.
fn enumerated(addresses: &[String]) -> String {
    match addresses.get(MOST_ADDRESSES..) {
        None | Some([]) => addresses.join(", "),
        Some(more) => format!("{} and {} more", addresses[..MOST_ADDRESSES].join(", "), more.len()),
    }
}

const MOST_ADDRESSES: usize = 8;

fn peerings(subject: &Subject<'_>, notes: &mut Notes<'_, '_>) {
    for peering in &subject.view.peerings {
        if let Some(state) = peering.state.unknown() {
            let text = format!(
                "`peeringState` is {}, which is not a documented value and counts as unknown",
                QuotedValue::new(state)
            );
            notes.add("unknown_value", text, &[]);
        }
    }
    for peering in subject.view.peerings.iter().filter(|peering| peering.is_down() && concerns(peering, subject)) {
        let name = peering.id.as_ref().map_or("", ArmId::name);
        let text = format!("peering {} carries no traffic: it {}", QuotedValue::new(name), peering.why_down());
        let network = peering.network();
        let (own, remote) = (network.as_ref(), peering.remote.as_ref());
        let part = |id: Option<&'_ ArmId>, of: fn(&ArmId) -> Option<&str>| id.and_then(of).map(str::to_owned);
        let name_of: fn(&ArmId) -> Option<&str> = |id| Some(id.name());
        let parts = [
            ("PEERING", peering.id.as_ref().map(|id| id.name().to_owned())),
            ("VNET", part(own, name_of)),
            ("RG_NET", part(own, ArmId::group)),
            ("VNET_ID", own.map(ToString::to_string)),
            ("SUBSCRIPTION", part(own, ArmId::subscription)),
            ("REMOTE_VNET", part(remote, name_of)),
            ("REMOTE_RG", part(remote, ArmId::group)),
            ("REMOTE_VNET_ID", remote.map(ToString::to_string)),
            ("REMOTE_SUBSCRIPTION", part(remote, ArmId::subscription)),
        ];
        let parts: Vec<(&str, Option<&str>)> = parts.iter().map(|(name, value)| (*name, value.as_deref())).collect();
        let commands: &[&str] = match peering.state.known() {
            Some(PeeringState::Initiated) => &[CREATE_OTHER_SIDE],
            Some(PeeringState::Disconnected) => &[DELETE_SIDE, CREATE_SIDE, CREATE_OTHER_SIDE],
            Some(PeeringState::Connected) | None => &[ALLOW_ACCESS],
        };
        notes.add_for("peering_down", text, commands, &parts);
    }
}

const ALLOW_ACCESS: &str =
    "az network vnet peering update -g {RG_NET} --vnet-name {VNET} -n {PEERING} --set allowVirtualNetworkAccess=true";

/// A side whose other side was deleted does not connect again: it has to be created again.
const DELETE_SIDE: &str = "az network vnet peering delete -g {RG_NET} --vnet-name {VNET} -n {PEERING}";

const CREATE_SIDE: &str = "az network vnet peering create -g {RG_NET} --vnet-name {VNET} -n {PEERING} --remote-vnet {REMOTE_VNET_ID} --allow-vnet-access";

const CREATE_OTHER_SIDE: &str = "az network vnet peering create --resource-group {REMOTE_RG} --vnet-name {REMOTE_VNET} -n NAME --remote-vnet {VNET_ID} --allow-vnet-access --subscription {REMOTE_SUBSCRIPTION}";

/// Returns whether a peering concerns an account: among several accounts, only one of whose networks it joins.
fn concerns(peering: &Peering, subject: &Subject<'_>) -> bool {
    if subject.view.accounts.len() < 2 {
        return true;
    }
    let sides = [peering.network(), peering.remote.clone()];
    let is_side =
        |network: Option<ArmId>| network.is_some_and(|network| sides.iter().flatten().any(|side| *side == network));
    let endpoints = subject.document.connections.iter().filter_map(|connection| connection.endpoint.as_ref());
    let of_endpoints = endpoints.filter_map(|id| subject.view.endpoint(id)?.subnet.as_ref());
    let of_rules = subject.document.subnet_rules.iter().map(|rule| &rule.id);
    of_endpoints.chain(of_rules).any(|subnet| is_side(subnet.parent()))
}

/// A note on a document only informs.
impl From<Note> for AccountNote {
    fn from(note: Note) -> Self {
        Self { note, commands: Vec::new(), weight: NoteWeight::Info }
    }
}
