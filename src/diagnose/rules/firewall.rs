//! Rules of the resource's firewall: one response, and two causes that fit it.

use super::caller::{Caller, Source};
use super::refusal::Refusal;
use super::wording::NOT_THE_KEY;
use super::{Observation, Remedy, RuleContext, documents};
use crate::diagnose::catalogue::READ_THE_SUBNET;
use crate::resolve::scenario::Scenario;

/// POL02: no address rule allows the caller.
pub(super) fn address_not_allowed(context: &RuleContext<'_>) -> Option<Observation> {
    if let Some(fact) = documents::closed(context) {
        return Some(Observation { is_settled: true, ..Observation::new(fact).remedied(Some(ALLOW_SOMEBODY)) });
    }
    let observed = context.refused_by_network(Refusal::NetworkRules)?;
    let caller = Caller::of(context);
    let is_second = network_is_likelier(context, caller) && caller.may_be_in_a_subnet();
    let condition = if is_second { NO_SERVICE_ENDPOINT } else { "" };
    let observation = Observation::new(format!("{observed}{}{condition}", caller.words()))
        .remedied(Some(address_remedy(context, caller.source)))
        .ranked(u8::from(is_second))
        .not("AUTH01", NOT_THE_KEY)
        .not("POL01", NOT_PUBLIC_ACCESS)
        .not_if(caller.why_no_subnet().or_else(|| why_no_rule(context)), "POL03");
    Some(observation)
}

/// POL03: the request comes from a subnet with the service endpoint, and the resource does not allow that subnet. Or it
/// allows it, and the request comes from somewhere else. The response is the same, so the address rules remain a candidate
/// unless a fact rules this one out.
pub(super) fn network_not_allowed(context: &RuleContext<'_>) -> Option<Observation> {
    let observed = context.refused_by_network(Refusal::NetworkRules)?;
    let caller = Caller::of(context);
    // A client of a private endpoint has to come by that, whatever its subnet is allowed.
    if !caller.may_be_in_a_subnet() || why_no_rule(context).is_some() || context.expects_private() {
        return None;
    }
    let is_second = !network_is_likelier(context, caller);
    let condition = if is_second { SERVICE_ENDPOINT } else { "" };
    let observation = Observation::new(format!("{observed}{}{condition}", caller.words()))
        .remedied(Some(network_remedy(context)))
        .ranked(u8::from(is_second))
        .not("AUTH01", NOT_THE_KEY)
        .not("POL01", NOT_PUBLIC_ACCESS);
    Some(observation)
}

/// Whether the subnet is the likelier cause. With address rules, a missing address is; without any rule, a missing rule is.
/// An open resource refuses only subnets with the service endpoint. No machine outside Azure has a subnet.
/// <https://learn.microsoft.com/azure/ai-services/speech-service/speech-service-vnet-service-endpoint> (2026-02-25)
fn network_is_likelier(context: &RuleContext<'_>, caller: Caller<'_>) -> bool {
    let scenario = context.evidence.resource.scenario;
    let names_subnets = matches!(
        scenario,
        Some(Scenario::ServiceEndpoint | Scenario::PrivateAndServiceEndpoint | Scenario::CustomDomainOpen)
    );
    names_subnets && !caller.is_probably_outside()
}

/// Why no subnet rule of the account is the cause. <https://learn.microsoft.com/azure/private-link/network-security-perimeter-transition>
fn why_no_rule(context: &RuleContext<'_>) -> Option<String> {
    (context.evidence.resource.scenario == Some(Scenario::Perimeter))
        .then(|| "behind a network security perimeter, the subnet rules of the account do not apply".to_owned())
}

fn address_remedy(context: &RuleContext<'_>, source: Source) -> Remedy {
    match (source, context.evidence.resource.scenario) {
        (Source::Proxy, _) => ALLOW_THE_PROXY,
        (_, Some(Scenario::CustomDomainLocked)) => ALLOW_SOMEBODY,
        (_, Some(Scenario::CustomDomainOpen)) => NO_LONGER_OPEN,
        (_, Some(Scenario::Perimeter)) => ASK_THE_PERIMETER,
        _ => ALLOW_THE_ADDRESS,
    }
}

fn network_remedy(context: &RuleContext<'_>) -> Remedy {
    match context.evidence.resource.scenario {
        Some(Scenario::CustomDomainOpen) => LEAVE_THE_SERVICE_ENDPOINT,
        Some(Scenario::CustomDomainSelectedIpOnly) => RULES_STOPPED_MATCHING,
        _ => ALLOW_THE_SUBNET,
    }
}

/// Adds a fact that makes a failure certain: it is the likeliest from now on, and no condition is left.
pub(super) fn certain(seen: Observation, fact: &str) -> Observation {
    let observed = [NO_SERVICE_ENDPOINT, SERVICE_ENDPOINT]
        .into_iter()
        .fold(seen.observed, |text, condition| text.replace(condition, ""));
    Observation { observed: format!("{observed}; {fact}"), rank: 0, is_settled: true, ..seen }
}

const NO_SERVICE_ENDPOINT: &str = "; this fits as well, if the subnet has no service endpoint";

const SERVICE_ENDPOINT: &str = "; this fits as well, if the subnet has the service endpoint";

const NOT_PUBLIC_ACCESS: &str = "the response does not name public access";

// The sentences that several remedies share. Sources: the articles on service endpoints of virtual networks and of Speech.
// <https://learn.microsoft.com/azure/virtual-network/virtual-network-service-endpoints-overview>
// <https://learn.microsoft.com/azure/ai-services/speech-service/speech-service-vnet-service-endpoint> (2026-02-25)

macro_rules! takes_long {
    () => {
        "A change takes up to 15 minutes."
    };
}

macro_rules! on_premises {
    () => {
        "A machine on premises can never use a service endpoint: the resource sees the public address of its NAT or \
            ExpressRoute, and address rules have to contain it."
    };
}

macro_rules! appliance {
    () => {
        "Behind a network appliance, the subnet of the appliance counts."
    };
}

macro_rules! switches {
    () => {
        "Enabling the service endpoint switches the source address from public to private, closes open connections, and \
            affects every Azure AI services resource that the subnet uses."
    };
}

macro_rules! portal {
    () => {
        "The portal enables the service endpoint by itself when it adds a network; `az cognitiveservices account \
            network-rule add` does not."
    };
}

const ALLOW_THE_ADDRESS: Remedy = (
    concat!(
        "allow the public address that the service sees: that of the NAT gateway, the firewall, or the ExpressRoute \
            circuit. Private ranges cannot be allowed. ",
        on_premises!(),
        " ",
        takes_long!(),
        " Run the first command for the subnet of this machine to decide: if it lists `Microsoft.CognitiveServices`, \
            address rules do not apply to this subnet (POL03)",
    ),
    &[
        READ_THE_SUBNET,
        "az cognitiveservices account network-rule list -n NAME -g GROUP",
        "az cognitiveservices account network-rule add -n NAME -g GROUP --ip-address ADDRESS",
    ],
);

const ALLOW_THE_PROXY: Remedy = (
    concat!(
        "the service sees the proxy: allow the public address of the proxy, or the subnet of the proxy if that has the \
            service endpoint (POL03). ",
        on_premises!(),
        " ",
        takes_long!(),
        " Run the first command for the subnet of the proxy to decide",
    ),
    &[READ_THE_SUBNET, "az cognitiveservices account network-rule add -n NAME -g GROUP --ip-address ADDRESS"],
);

const ALLOW_SOMEBODY: Remedy = (
    concat!(
        "the resource limits access to selected networks and selects none, so it refuses everybody: allow the public \
            address of this network or its subnet, or create a private endpoint. ",
        takes_long!(),
    ),
    &[
        "az cognitiveservices account network-rule list -n NAME -g GROUP",
        "az cognitiveservices account network-rule add -n NAME -g GROUP --ip-address ADDRESS",
    ],
);

const NO_LONGER_OPEN: Remedy = (
    concat!(
        "the resource is said to be open to all networks, and its firewall refuses this one: if the second command prints \
            `Deny`, the resource is limited to selected networks now, so allow the public address that the service sees. ",
        takes_long!(),
        " Run the first command for the subnet of this machine to decide: if it lists `Microsoft.CognitiveServices`, the \
            subnet is the cause (POL03)",
    ),
    &[
        READ_THE_SUBNET,
        "az cognitiveservices account show -n NAME -g GROUP --query properties.networkAcls.defaultAction -o tsv",
        "az cognitiveservices account network-rule add -n NAME -g GROUP --ip-address ADDRESS",
    ],
);

const ASK_THE_PERIMETER: Remedy = (
    "a network security perimeter guards the resource, and the account's own rules do not apply: add an inbound access rule for \
        the public address of this network to the perimeter, or connect through a private endpoint, which no perimeter \
        affects. The command shows the rules in force",
    &["az rest --method get --url \"https://management.azure.com/RESOURCE_ID/networkSecurityPerimeterConfigurations\
            ?api-version=2025-09-01\""],
);

const ALLOW_THE_SUBNET: Remedy = (
    concat!(
        "allow the subnet of this machine on the resource, and enable the service endpoint on that subnet. ",
        portal!(),
        " ",
        switches!(),
        " ",
        appliance!(),
        " ",
        on_premises!(),
        " ",
        takes_long!(),
        " Run the first command for the subnet of this machine to decide: without `Microsoft.CognitiveServices`, the \
            service endpoint is off, and the resource sees a public address (POL02)",
    ),
    &[
        READ_THE_SUBNET,
        "az cognitiveservices account network-rule list -n NAME -g GROUP --query \"virtualNetworkRules[].id\" -o tsv",
        "az cognitiveservices account network-rule add -n NAME -g GROUP --subnet SUBNET_ID",
        "az network vnet subnet update --ids SUBNET_ID --service-endpoints Microsoft.CognitiveServices",
    ],
);

const LEAVE_THE_SERVICE_ENDPOINT: Remedy = (
    concat!(
        "a subnet with the service endpoint reaches only resources that allow it, so an open resource refuses it. To keep \
            the resource open to *All networks*, connect through a private endpoint instead, or remove the service endpoint \
            from the subnet. Otherwise, switch the resource to selected networks and allow the subnet. ",
        switches!(),
        " ",
        appliance!(),
        " ",
        takes_long!(),
        " Run the first command for the subnet of this machine to decide: without `Microsoft.CognitiveServices`, the \
            resource is no longer open (POL02)",
    ),
    &[
        READ_THE_SUBNET,
        "az cognitiveservices account show -n NAME -g GROUP --query properties.networkAcls.defaultAction -o tsv",
        "az cognitiveservices account network-rule add -n NAME -g GROUP --subnet SUBNET_ID",
    ],
);

const RULES_STOPPED_MATCHING: Remedy = (
    concat!(
        "with the service endpoint on, the service sees the private address, and address rules no longer match: allow the \
            subnet too, or remove the service endpoint from it. ",
        switches!(),
        " ",
        appliance!(),
        " ",
        takes_long!(),
        " Run the first command for the subnet of this machine to decide: without `Microsoft.CognitiveServices`, the \
            public address is not allowed (POL02)",
    ),
    &[READ_THE_SUBNET, "az cognitiveservices account network-rule add -n NAME -g GROUP --subnet SUBNET_ID"],
);
