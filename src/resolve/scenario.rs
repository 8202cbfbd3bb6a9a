//! Scenario: the networking situation of an account. One table, first match wins.

use std::fmt;

use crate::resolve::access::{Access, PublicAccess};

/// The networking situation of an account, which determines the form of its URLs.
///
/// Source: <https://learn.microsoft.com/azure/ai-services/speech-service/speech-services-private-link> and
/// <https://learn.microsoft.com/azure/ai-services/speech-service/speech-service-vnet-service-endpoint>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "&'static str", try_from = "String"))]
#[non_exhaustive]
pub enum Scenario {
    /// No custom domain: regional hosts only.
    Regional,
    /// A custom domain with unknown network access.
    CustomDomainUnknown,
    /// A custom domain with all networks allowed and no private endpoint.
    CustomDomainOpen,
    /// A custom domain with selected public addresses only.
    CustomDomainSelectedIpOnly,
    /// A custom domain limited to selected networks, with none selected; every call is rejected.
    CustomDomainLocked,
    /// Selected virtual networks through a service endpoint.
    ServiceEndpoint,
    /// At least one approved private endpoint.
    PrivateEndpoint,
    /// A private endpoint and allowed virtual networks.
    PrivateAndServiceEndpoint,
    /// Public access disabled; private endpoint only.
    DisabledPrivateEndpoint,
    /// Public access disabled and no private endpoint, so the service is unreachable.
    DisabledUnreachable,
    /// A network security perimeter decides who may come through the public endpoint.
    Perimeter,
    /// A self-hosted container.
    Container,
    /// An Azure OpenAI resource.
    OpenAi,
}

impl Scenario {
    /// Every scenario.
    pub const ALL: [Self; 13] = [
        Self::Regional,
        Self::CustomDomainUnknown,
        Self::CustomDomainOpen,
        Self::CustomDomainSelectedIpOnly,
        Self::CustomDomainLocked,
        Self::ServiceEndpoint,
        Self::PrivateEndpoint,
        Self::PrivateAndServiceEndpoint,
        Self::DisabledPrivateEndpoint,
        Self::DisabledUnreachable,
        Self::Perimeter,
        Self::Container,
        Self::OpenAi,
    ];

    /// Returns the identifier used in output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Regional => "regional",
            Self::CustomDomainUnknown => "custom_domain_unknown",
            Self::CustomDomainOpen => "custom_domain_open",
            Self::CustomDomainSelectedIpOnly => "custom_domain_selected_ip_only",
            Self::CustomDomainLocked => "custom_domain_locked",
            Self::ServiceEndpoint => "service_endpoint",
            Self::PrivateEndpoint => "private_endpoint",
            Self::PrivateAndServiceEndpoint => "pe_and_service_endpoint",
            Self::DisabledPrivateEndpoint => "disabled_private_endpoint",
            Self::DisabledUnreachable => "disabled_unreachable",
            Self::Perimeter => "perimeter",
            Self::Container => "container",
            Self::OpenAi => "openai",
        }
    }

    /// Returns the display name.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Regional => "regional",
            Self::CustomDomainUnknown => "custom domain, network unknown",
            Self::CustomDomainOpen => "custom domain, all networks",
            Self::CustomDomainSelectedIpOnly => "custom domain, selected addresses",
            Self::CustomDomainLocked => "custom domain, no network allowed",
            Self::ServiceEndpoint => "custom domain, VNet service endpoint",
            Self::PrivateEndpoint => "custom domain, private endpoint",
            Self::PrivateAndServiceEndpoint => "custom domain, private endpoint and VNet service endpoint",
            Self::DisabledPrivateEndpoint => "custom domain, private endpoint only",
            Self::DisabledUnreachable => "custom domain, public access disabled and no private endpoint",
            Self::Perimeter => "custom domain, network security perimeter",
            Self::Container => "container",
            Self::OpenAi => "Azure OpenAI",
        }
    }

    /// Returns the scenario of an account with a custom domain and this network access.
    pub(crate) fn of(access: Access) -> Self {
        TABLE.iter().find(|row| row.matches(access)).map_or(Self::CustomDomainLocked, |row| row.scenario)
    }

    pub(crate) fn form(self) -> UrlForm {
        match self {
            Self::Regional => UrlForm::Regional,
            Self::CustomDomainOpen | Self::CustomDomainSelectedIpOnly | Self::CustomDomainLocked => UrlForm::Split,
            Self::DisabledUnreachable => UrlForm::None,
            Self::Container => UrlForm::Container,
            Self::CustomDomainUnknown
            | Self::ServiceEndpoint
            | Self::PrivateEndpoint
            | Self::PrivateAndServiceEndpoint
            | Self::DisabledPrivateEndpoint
            | Self::Perimeter
            | Self::OpenAi => UrlForm::Own,
        }
    }

    /// Returns whether the virtual-network proxy is in front of the resource, so that the custom domain serves
    /// real-time paths.
    #[must_use]
    pub fn is_proxied(self) -> bool {
        matches!(
            self,
            Self::ServiceEndpoint
                | Self::PrivateEndpoint
                | Self::PrivateAndServiceEndpoint
                | Self::DisabledPrivateEndpoint
        )
    }
}

impl From<Scenario> for &'static str {
    fn from(scenario: Scenario) -> Self {
        scenario.id()
    }
}

impl TryFrom<String> for Scenario {
    type Error = String;

    fn try_from(id: String) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|scenario| scenario.id() == id);
        known.ok_or_else(|| format!("`{id}` is not a scenario"))
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The hosts that the URLs of a scenario use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UrlForm {
    Regional,
    /// Everything on the resource's own host.
    Own,
    /// Real-time on regional hosts, everything else on the resource's own host.
    Split,
    Container,
    None,
}

/// One row of the decision table; `None` matches anything.
struct Row {
    scenario: Scenario,
    public_access: PublicAccess,
    default_deny: Option<bool>,
    vnet_rules: Option<bool>,
    ip_rules: Option<bool>,
    private_endpoints: Option<bool>,
}

impl Row {
    fn matches(&self, access: Access) -> bool {
        let agrees = |wanted: Option<bool>, found: bool| wanted.is_none_or(|wanted| wanted == found);
        self.public_access == access.public_access
            && agrees(self.default_deny, access.default_deny)
            && agrees(self.vnet_rules, access.vnet_rules > 0)
            && agrees(self.ip_rules, access.ip_rules > 0)
            && agrees(self.private_endpoints, access.private_endpoints > 0)
    }
}

const ON: PublicAccess = PublicAccess::Enabled;
const OFF: PublicAccess = PublicAccess::Disabled;
const NSP: PublicAccess = PublicAccess::SecuredByPerimeter;
const ANY: Option<bool> = None;
const YES: Option<bool> = Some(true);
const NO: Option<bool> = Some(false);

/// The decision table for accounts with a custom domain, first match wins.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    //                                            public  deny  vnet  ip   private endpoints
    row(Scenario::DisabledUnreachable,            OFF,    ANY,  ANY,  ANY, NO),
    row(Scenario::DisabledPrivateEndpoint,        OFF,    ANY,  ANY,  ANY, YES),
    row(Scenario::PrivateAndServiceEndpoint,      ON,     YES,  YES,  ANY, YES),
    row(Scenario::PrivateEndpoint,                ON,     ANY,  ANY,  ANY, YES),
    row(Scenario::ServiceEndpoint,                ON,     YES,  YES,  ANY, NO),
    row(Scenario::CustomDomainOpen,               ON,     NO,   ANY,  ANY, NO),
    row(Scenario::CustomDomainSelectedIpOnly,     ON,     YES,  NO,   YES, NO),
    row(Scenario::CustomDomainLocked,             ON,     YES,  NO,   NO,  NO),
    row(Scenario::Perimeter,                      NSP,    ANY,  ANY,  ANY, ANY),
];

const fn row(
    scenario: Scenario,
    public_access: PublicAccess,
    default_deny: Option<bool>,
    vnet_rules: Option<bool>,
    ip_rules: Option<bool>,
    private_endpoints: Option<bool>,
) -> Row {
    Row { scenario, public_access, default_deny, vnet_rules, ip_rules, private_endpoints }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_of_access_has_an_outcome() {
        for public_access in [ON, OFF, NSP] {
            for bits in 0_u16..16 {
                let bit = |n: u16| bits >> n & 1;
                let access = Access {
                    public_access,
                    default_deny: bit(0) == 1,
                    vnet_rules: bit(1),
                    ip_rules: bit(2),
                    private_endpoints: bit(3),
                };
                assert!(TABLE.iter().any(|row| row.matches(access)), "{access:?}");
            }
        }
    }
}
