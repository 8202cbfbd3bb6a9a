//! Network security: private endpoints, subnets, rules and the custom domain.

use super::sight::{Seen, Sight, counted};
use super::{CheckGroup, CheckStatus, DocumentKind, Recommendation};
use crate::azure::account::ConnectionState;
use crate::azure::admission::is_in_force;
use crate::azure::id::ArmId;
use crate::resolve::access::PublicAccess;

pub(super) const ROWS: &[Recommendation] = &[
    Recommendation {
        id: "NET1",
        title: "Use a private endpoint",
        group: CheckGroup::Network,
        evidence: Some(DocumentKind::Account),
        remedy: "Create a private endpoint for the sub-resource `account`, with a record in the private DNS zone.",
        notes: &[
            "The private endpoint must be in the region of its virtual network; the account need not be.",
            "The zone is `privatelink.cognitiveservices.azure.com`, and for Azure OpenAI `privatelink.openai.azure.com`.",
            "A machine on premises comes through a VPN gateway or ExpressRoute, and may resolve the name from its hosts file.",
            "To test it, resolve the name, which must give the private address, then connect to this address on port 443 from the same private network.",
        ],
        see: "https://learn.microsoft.com/azure/ai-services/speech-service/speech-services-private-link",
        commands: &[
            "az network private-endpoint create -n PE -g RG_NET --vnet-name VNET --subnet SUBNET --private-connection-resource-id {ID} --group-id account --connection-name PE -l {REGION}",
        ],
        seen: private_endpoint,
    },
    Recommendation {
        id: "NET2",
        title: "Admit your subnets through service endpoints",
        group: CheckGroup::Network,
        evidence: Some(DocumentKind::Account),
        remedy: "Admit each subnet, then turn on its service endpoint: this closes open connections, and affects every Azure AI services resource that the subnet reaches. Then set the default action to `Deny`.",
        notes: &[
            "DNS still returns public addresses: the service endpoint gives the service the identity of the subnet.",
            "The service then sees the private address of the machine, so address rules for its public address stop matching.",
            "After the switch the application must reconnect by itself.",
            "A resource that does not list the subnet then refuses it, also at its public address.",
            "The command replaces the list of service endpoints, so name the present ones too.",
            "It takes up to 15 minutes until a change is in effect.",
            "The subnet may be in another region or subscription. A virtual network may be tied to at most 200 subscriptions and regions.",
            "Only selected networks support it, also beside a private endpoint.",
            "The effective routes of the machine then have the next hop `VirtualNetworkServiceEndpoint`, which wins over forced tunnelling and over BGP routes for the same prefix.",
            "Network security groups still apply, and the tag `CognitiveServicesManagement` stands for the service.",
            "A network appliance can filter this traffic if the service endpoint is on in the subnet of the appliance.",
            "The documentation does not say whether this service has service endpoint policies.",
        ],
        see: "https://learn.microsoft.com/azure/ai-services/speech-service/speech-service-vnet-service-endpoint",
        commands: &[
            "az cognitiveservices account network-rule add -g {RG} -n {N} --subnet SUBNET_ID",
            "az network vnet subnet update -g RG_NET --vnet-name VNET -n SUBNET --service-endpoints Microsoft.CognitiveServices",
            "az resource update --ids {ID} --set properties.networkAcls.defaultAction=Deny",
        ],
        seen: service_endpoint,
    },
    Recommendation {
        id: "NET3",
        title: "Admit named networks and addresses only",
        group: CheckGroup::Network,
        evidence: Some(DocumentKind::Account),
        remedy: "Add the rules first, then set the default action to `Deny`. Disable public access if every client comes through a private endpoint.",
        notes: &[
            "Machines on premises cannot use a service endpoint: the rules must name their NAT or ExpressRoute addresses.",
        ],
        see: "https://learn.microsoft.com/azure/ai-services/cognitive-services-virtual-networks",
        commands: &["az resource update --ids {ID} --set properties.networkAcls.defaultAction=Deny"],
        seen: named_networks,
    },
    Recommendation {
        id: "NET4",
        title: "Use a custom domain",
        group: CheckGroup::Network,
        evidence: Some(DocumentKind::Account),
        remedy: "Set a custom domain, which private endpoints, network rules and Entra tokens need. This cannot be undone.",
        notes: &["Clients then use the host of the custom domain."],
        see: "https://learn.microsoft.com/azure/ai-services/speech-service/speech-services-private-link#create-a-custom-domain-name",
        commands: &["az cognitiveservices account update -g {RG} -n {N} --custom-domain NAME"],
        seen: custom_domain,
    },
];

fn private_endpoint(sight: &Sight<'_>) -> Seen {
    let account = sight.account;
    if !account.has_properties {
        return Seen::no_properties();
    }
    let approved = account.approved_connections();
    if approved > 0 {
        return Seen::met(format!("{} approved", counted(approved, "private endpoint")));
    }
    if sight.is_mistyped("privateEndpointConnections") {
        return Seen::unknown("privateEndpointConnections", None);
    }
    if let Some(connection) = account.connections.iter().find(|connection| connection.state.known().is_none()) {
        let field = "privateLinkServiceConnectionState.status";
        return match connection.state.unknown() {
            Some(state) => Seen::unknown(field, Some(state)),
            None => Seen::not_visible(
                "a private endpoint connection has no state",
                format!("the `{field}` of each connection"),
            ),
        };
    }
    let pending = account.connections.iter().find(|c| c.state.known() == Some(&ConnectionState::Pending));
    match (pending, account.connections.len()) {
        (Some(connection), count) => {
            let id = connection.id.as_ref().map_or("CONNECTION_ID", ArmId::as_str);
            Seen::not_met(format!("no private endpoint is approved; the account has {count}, one of them pending"))
                .with_commands(&["az network private-endpoint-connection approve --id {CONNECTION_ID}"])
                .with_part("CONNECTION_ID", id)
        }
        (None, 0) => Seen::not_met("the account has no private endpoint"),
        (None, count) => Seen::not_met(format!("no private endpoint is approved; the account has {count}")),
    }
}

fn service_endpoint(sight: &Sight<'_>) -> Seen {
    let account = sight.account;
    if !account.has_properties {
        return Seen::no_properties();
    }
    for field in ["networkAcls", "networkAcls.virtualNetworkRules"] {
        if sight.is_mistyped(field) {
            return Seen::unknown(field, None);
        }
    }
    let rules = account.subnet_rules.len();
    if rules == 0 {
        return match private_endpoint(sight).status {
            CheckStatus::Met => Seen::not_applicable("a private endpoint is approved, and no rule names a subnet"),
            CheckStatus::NotMet => Seen::not_met("no rule names a subnet"),
            // Whether a private endpoint takes its place is unknown.
            _ => private_endpoint(sight),
        };
    }
    if let Some(unjudged) = unknown_rules(sight) {
        return unjudged;
    }
    let rules = counted(rules, "subnet rule");
    if account.public_access.or(PublicAccess::Enabled) != Some(PublicAccess::Enabled) {
        let access = if account.public_access.known() == Some(&PublicAccess::Disabled) {
            "Disabled"
        } else {
            "SecuredByPerimeter"
        };
        return Seen::not_met(format!("{rules} without effect: public access is `{access}`"))
            .with_commands(&["az resource update --ids {ID} --set properties.publicNetworkAccess=Enabled"]);
    }
    if account.default_deny.known() != Some(&true) {
        return Seen::not_met(format!("{rules} without effect: the default action is `Allow`"))
            .with_commands(&["az resource update --ids {ID} --set properties.networkAcls.defaultAction=Deny"]);
    }
    if account.subnet_rules.iter().any(is_in_force) {
        return Seen::met(format!("{rules}, and the default action is `Deny`{}", without_domain(sight)));
    }
    match account.subnet_rules.iter().find_map(|rule| rule.state.unknown()) {
        Some(state) => Seen::unknown("networkAcls.virtualNetworkRules.state", Some(state)),
        None => Seen::not_met(format!("{rules}, none of them in effect")),
    }
}

fn named_networks(sight: &Sight<'_>) -> Seen {
    let account = sight.account;
    if !account.has_properties {
        return Seen::no_properties();
    }
    let domain = without_domain(sight);
    match account.public_access.known() {
        Some(PublicAccess::Disabled) => return Seen::met(format!("public access is disabled{domain}")),
        Some(PublicAccess::SecuredByPerimeter) => {
            return Seen::met(format!("the rules of a network security perimeter decide{domain}"));
        }
        _ => {}
    }
    if let Some(unjudged) = unknown_rules(sight) {
        return unjudged;
    }
    if account.default_deny.known() == Some(&true) {
        return Seen::met(format!("the default action is `Deny`{domain}"));
    }
    if account.has_rules {
        return Seen::not_met("the default action is `Allow`, so every network is admitted");
    }
    Seen::not_met("the account has no `networkAcls`, so every network is admitted")
        .with_commands(&["az resource update --ids {ID} --set properties.networkAcls=\"{'defaultAction':'Deny'}\""])
}

/// Returns the outcome if a value that decides who is admitted is not documented.
pub(super) fn unknown_rules(sight: &Sight<'_>) -> Option<Seen> {
    let account = sight.account;
    if let Some(value) = account.public_access.unknown() {
        return Some(Seen::unknown("publicNetworkAccess", Some(value)));
    }
    if let Some(value) = account.default_deny.unknown() {
        return Some(Seen::unknown("networkAcls.defaultAction", Some(value)));
    }
    sight.is_mistyped("networkAcls").then(|| Seen::unknown("networkAcls", None))
}

/// Says that rules have no effect without a custom domain.
pub(super) fn without_domain(sight: &Sight<'_>) -> &'static str {
    if sight.account.custom_domain.is_absent() { "; without a custom domain (NET4) this has no effect" } else { "" }
}

fn custom_domain(sight: &Sight<'_>) -> Seen {
    let domain = &sight.account.custom_domain;
    match (domain.known(), domain.unknown()) {
        (Some(name), _) => {
            Seen::met(format!("the custom domain is {}", crate::resolve::quoted::QuotedValue::new(name)))
        }
        (None, Some(value)) => Seen::unknown("customSubDomainName", Some(value)),
        (None, None) if !sight.account.has_properties => Seen::no_properties(),
        (None, None) => Seen::not_met("the account has no custom domain"),
    }
}
