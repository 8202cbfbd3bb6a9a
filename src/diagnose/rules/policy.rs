//! Rules of the resource's network policy and of its quota.

use std::net::IpAddr;

use super::refusal::{Closing, Refusal, phrase};
use super::wording::shown;
use super::{Observation, Remedy, Rule, RuleContext};
use crate::diagnose::evidence::AddressClass;
use crate::resolve::scenario::Scenario;

/// In the order of the catalogue.
pub(super) const RULES: &[Rule] = &[
    Rule::target("POL01", public_disabled, &[]),
    Rule::target("POL02", address_not_allowed, &[]),
    Rule::target("POL03", network_not_allowed, &[]),
    Rule::target("POL04", not_approved, &[]),
    Rule::target("QUO01", too_many, &[]),
    Rule::target("QUO02", used_up, &[]),
];

/// POL01: only private endpoints are allowed, and this request used the public endpoint.
fn public_disabled(context: &RuleContext<'_>) -> Option<Observation> {
    let observed = refused(context, Refusal::PublicAccess)?;
    if is_by_private_address(context) {
        return None;
    }
    let observation = Observation::new(observed).not("AUTH01", NOT_THE_KEY);
    Some(observation.not("POL02", "the response names no rule other than public access"))
}

/// POL02: no address rule allows the caller.
fn address_not_allowed(context: &RuleContext<'_>) -> Option<Observation> {
    let observed = refused(context, Refusal::NetworkRules)?;
    let source = Source::of(context);
    let is_second = network_is_likelier(context) && source.may_be_in_a_network();
    let condition = if is_second { NO_SERVICE_ENDPOINT } else { "" };
    let observation = Observation::new(format!("{observed}{}{condition}", source.words()))
        .remedied(Some(address_remedy(context, source)))
        .ranked(u8::from(is_second))
        .not("AUTH01", NOT_THE_KEY)
        .not("POL01", "the response does not name public access")
        .not_if(source.is_public(), "POL03");
    Some(observation)
}

/// POL03: the request comes from a subnet with the service endpoint, and the resource does not allow that subnet. Or it
/// allows it, and the request comes from somewhere else. The response is the same, so the address rules remain a candidate
/// unless a fact rules this one out.
fn network_not_allowed(context: &RuleContext<'_>) -> Option<Observation> {
    let observed = refused(context, Refusal::NetworkRules)?;
    let source = Source::of(context);
    // A client of a private endpoint has to come by that, whatever its subnet is allowed.
    if !source.may_be_in_a_network() || context.expects_private() {
        return None;
    }
    let is_second = !network_is_likelier(context);
    let condition = if is_second { SERVICE_ENDPOINT } else { "" };
    let observation = Observation::new(format!("{observed}{}{condition}", source.words()))
        .remedied(Some(network_remedy(context)))
        .ranked(u8::from(is_second))
        .not("AUTH01", NOT_THE_KEY)
        .not("POL01", "the response does not name public access");
    Some(observation)
}

/// Where a refused connection comes from, as far as this machine knows.
#[derive(Clone, Copy, Debug)]
enum Source {
    /// Through a proxy, whose address the service sees.
    Proxy,
    /// A public address of this machine.
    Public(IpAddr),
    /// A private address: the service sees it through a service endpoint, else the public address behind it.
    Private(IpAddr),
    Unknown,
}

impl Source {
    fn of(context: &RuleContext<'_>) -> Self {
        if context.proxied().is_some() {
            return Self::Proxy;
        }
        let Some(local) = context.tcp().and_then(|facts| facts.local) else { return Self::Unknown };
        match AddressClass::of(local) {
            // No connection leaves from an address for documentation, except in a test that stands in for a public one.
            AddressClass::Public | AddressClass::Special => Self::Public(local),
            AddressClass::Private | AddressClass::Shared => Self::Private(local),
            _ => Self::Unknown,
        }
    }

    /// Machines in a subnet have private addresses.
    fn may_be_in_a_network(self) -> bool {
        !matches!(self, Self::Public(_))
    }

    fn is_public(self) -> Option<String> {
        match self {
            Self::Public(address) => {
                Some(format!("the connection leaves from {address}, and a subnet would give it a private address"))
            }
            _ => None,
        }
    }

    fn words(self) -> String {
        match self {
            Self::Private(address) => format!(", from {address} (private)"),
            Self::Public(address) => format!(", from {address} (public)"),
            Self::Proxy | Self::Unknown => String::new(),
        }
    }
}

/// Whether the subnet is the likelier cause. With address rules, a missing address is; without any rule, a missing rule is.
/// An open resource refuses only subnets with the service endpoint.
/// <https://learn.microsoft.com/azure/ai-services/speech-service/speech-service-vnet-service-endpoint> (2026-02-25)
fn network_is_likelier(context: &RuleContext<'_>) -> bool {
    let scenario = context.evidence.resource.scenario;
    admits_networks(context) || matches!(scenario, Some(Scenario::CustomDomainOpen))
}

fn address_remedy(context: &RuleContext<'_>, source: Source) -> Remedy {
    match (source, context.evidence.resource.scenario) {
        (Source::Proxy, _) => ALLOW_THE_PROXY,
        (_, Some(Scenario::CustomDomainLocked)) => ALLOW_SOMEBODY,
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

/// POL04: the request used the private address, and the service knows no approved connection there.
fn not_approved(context: &RuleContext<'_>) -> Option<Observation> {
    let observed = refused(context, Refusal::PublicAccess).filter(|_| is_by_private_address(context))?;
    if !context.refusal().is_some_and(|reply| reply.text().contains(NOT_APPROVED)) {
        return None;
    }
    let observation = Observation::new(observed)
        .not("AUTH01", NOT_THE_KEY)
        .not("DNS03", "the name leads to a private address")
        .not("POL01", "the call did not use the public endpoint");
    Some(observation)
}

/// Whether the request went to a private address, not through a proxy.
fn is_by_private_address(context: &RuleContext<'_>) -> bool {
    context.is_private() && context.proxied().is_none()
}

/// QUO01: 429, or a socket closed for the same reason.
fn too_many(context: &RuleContext<'_>) -> Option<Observation> {
    if let Some(closed) = context.closed().filter(|closed| closed.why == Closing::Throttled) {
        return Some(Observation::new(closed.words).not("WS04", "the reason names a limit and no parameter"));
    }
    let reply = context.refused_with(&[429])?;
    let after = reply.header("retry-after").map(|after| format!(", `Retry-After: {after}`")).unwrap_or_default();
    let observation = Observation::new(format!("`{}` answers {}{after}", context.host(), phrase(reply)));
    Some(observation.not("HTTP06", "the service itself is healthy: it is enforcing a rate limit"))
}

/// QUO02: 403 that names the quota, or a socket closed for it.
fn used_up(context: &RuleContext<'_>) -> Option<Observation> {
    if let Some(closed) = context.closed().filter(|closed| closed.why == Closing::Quota) {
        let observation = Observation::new(closed.words)
            .not("WS02", "it is closed with a code of the service")
            .not("WS04", "the code or its reason names a limit and no parameter");
        return Some(observation);
    }
    let reply = context.refused_with(&[403]).filter(|reply| Refusal::of(reply) == Refusal::Quota)?;
    let observation = Observation::new(format!("`{}` answers {}", context.host(), phrase(reply)))
        .not("AUTH01", "the response names the quota and not the key")
        .not("POL02", "the response names the quota and not the network")
        .not("QUO01", "the status is 403, not 429, so waiting will not help");
    Some(observation)
}

/// The 403 with the address of its sender.
fn refused(context: &RuleContext<'_>, why: Refusal) -> Option<String> {
    let (reply, _) = context.policy().filter(|(_, refusal)| *refusal == why)?;
    let way = match (context.proxied(), context.address()) {
        (Some(proxy), _) => format!(" through `{proxy}`"),
        (None, Some(address)) => format!(" at {}", shown(address)),
        (None, None) => String::new(),
    };
    Some(format!("`{}`{way} answers {}", context.host(), phrase(reply)))
}

/// Whether the resource allows virtual networks by service endpoint.
fn admits_networks(context: &RuleContext<'_>) -> bool {
    matches!(context.evidence.resource.scenario, Some(Scenario::ServiceEndpoint | Scenario::PrivateAndServiceEndpoint))
}

/// The words of the service for a private endpoint whose connection is pending or rejected.
const NOT_APPROVED: &str = "approved private endpoint";

const NO_SERVICE_ENDPOINT: &str = "; this fits as well, if the subnet has no service endpoint";

const SERVICE_ENDPOINT: &str = "; this fits as well, if the subnet has the service endpoint";

/// A remedy with its commands. The first command decides between the candidates.
const ALLOW_THE_ADDRESS: Remedy = (
    "allow the public address that the service sees: that of the NAT gateway, the firewall, or the ExpressRoute circuit. \
        Private ranges cannot be allowed. A change takes up to 15 minutes. The first command decides: if it lists \
        `Microsoft.CognitiveServices`, address rules do not apply to this subnet (POL03)",
    &[
        "az network vnet subnet show --ids SUBNET_ID --query \"serviceEndpoints[].service\" -o tsv",
        "az cognitiveservices account network-rule list -n NAME -g GROUP",
        "az cognitiveservices account network-rule add -n NAME -g GROUP --ip-address ADDRESS",
    ],
);

const ALLOW_THE_PROXY: Remedy = (
    "the service sees the proxy: allow the public address of the proxy, or the subnet of the proxy if that has the service \
        endpoint (POL03). A change takes up to 15 minutes",
    &[
        "az network vnet subnet show --ids SUBNET_ID --query \"serviceEndpoints[].service\" -o tsv",
        "az cognitiveservices account network-rule add -n NAME -g GROUP --ip-address ADDRESS",
    ],
);

const ALLOW_SOMEBODY: Remedy = (
    "the resource limits access to selected networks and selects none, so it refuses everybody: allow the public address \
        of this network or its subnet, or create a private endpoint. A change takes up to 15 minutes",
    &[
        "az cognitiveservices account network-rule list -n NAME -g GROUP",
        "az cognitiveservices account network-rule add -n NAME -g GROUP --ip-address ADDRESS",
    ],
);

const ALLOW_THE_SUBNET: Remedy = (
    "allow the subnet of this machine on the resource, and enable the service endpoint on that subnet: the portal does \
        both, `network-rule add` only the first. It takes up to 15 minutes, closes open connections, and affects every \
        Azure AI services resource that the subnet uses. Behind a network appliance, the subnet of the appliance counts. A \
        machine on premises cannot use a service endpoint: allow the address of its NAT or ExpressRoute (POL02). The first \
        command decides: without `Microsoft.CognitiveServices`, the service endpoint is off",
    &[
        "az network vnet subnet show --ids SUBNET_ID --query \"serviceEndpoints[].service\" -o tsv",
        "az cognitiveservices account network-rule list -n NAME -g GROUP --query \"virtualNetworkRules[].id\" -o tsv",
        "az cognitiveservices account network-rule add -n NAME -g GROUP --subnet SUBNET_ID",
        "az network vnet subnet update --ids SUBNET_ID --service-endpoints Microsoft.CognitiveServices",
    ],
);

const LEAVE_THE_SERVICE_ENDPOINT: Remedy = (
    "a subnet with the service endpoint reaches only resources that allow it, so an open resource refuses it: switch the \
        resource to selected networks and allow the subnet, remove the service endpoint from the subnet, or connect \
        through a private endpoint. A change takes up to 15 minutes. The first command decides: without \
        `Microsoft.CognitiveServices`, the resource is no longer open (POL02)",
    &[
        "az network vnet subnet show --ids SUBNET_ID --query \"serviceEndpoints[].service\" -o tsv",
        "az cognitiveservices account show -n NAME -g GROUP --query properties.networkAcls.defaultAction -o tsv",
        "az cognitiveservices account network-rule add -n NAME -g GROUP --subnet SUBNET_ID",
    ],
);

const RULES_STOPPED_MATCHING: Remedy = (
    "with the service endpoint on, the service sees the private address, and address rules no longer match: allow the \
        subnet too, or remove the service endpoint from it. A change takes up to 15 minutes and closes open connections. \
        The first command decides: without `Microsoft.CognitiveServices`, the public address is not allowed (POL02)",
    &[
        "az network vnet subnet show --ids SUBNET_ID --query \"serviceEndpoints[].service\" -o tsv",
        "az cognitiveservices account network-rule add -n NAME -g GROUP --subnet SUBNET_ID",
    ],
);

const NOT_THE_KEY: &str = "the response is about the network and not about the key";
