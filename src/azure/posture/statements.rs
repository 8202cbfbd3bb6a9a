//! Every statement of the guidance about behaviour, with the place where this program says or checks it.

use super::Recommendation;

/// A statement of the guidance about behaviour.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GuidanceStatement {
    /// The part of the guidance.
    pub part: GuidancePart,
    /// The statement.
    pub text: &'static str,
    /// The places where this program says or checks it.
    pub places: Vec<GuidancePlace>,
}

/// A part of the guidance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GuidancePart {
    /// The recommendations for a secured deployment.
    Recommendations,
    /// The behaviour of virtual-network service endpoints.
    ServiceEndpoints,
    /// The test of Azure OpenAI in a virtual network, and the causes of its failure.
    OpenAi,
}

impl GuidancePart {
    /// Every part, in the order of the guidance.
    pub const ALL: [Self; 3] = [Self::Recommendations, Self::ServiceEndpoints, Self::OpenAi];

    /// Returns the display name.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Recommendations => "Recommendations",
            Self::ServiceEndpoints => "Service endpoints",
            Self::OpenAi => "Azure OpenAI in a virtual network",
        }
    }
}

/// A place where this program says or checks a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GuidancePlace {
    /// The check of a recommendation, by its identifier.
    Check(&'static str),
    /// A finding of the doctor, by its identifier in the catalogue.
    Finding(&'static str),
    /// A note on an account, by its code.
    Note(&'static str),
    /// A sentence in the remedy of a recommendation: its identifier, and words of the sentence.
    Remedy(&'static str, &'static str),
}

use GuidancePlace::{Check, Finding, Note, Remedy};

impl GuidanceStatement {
    /// Returns every statement, in the order of the guidance.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for row in Recommendation::all() {
            let more = MORE.iter().filter(|(id, _)| *id == row.id).flat_map(|(_, places)| places.iter().copied());
            let places = std::iter::once(Check(row.id)).chain(more).collect();
            all.push(Self { part: GuidancePart::Recommendations, text: row.title, places });
        }
        for (part, statements) in [(GuidancePart::ServiceEndpoints, SERVICE_ENDPOINTS), (GuidancePart::OpenAi, OPENAI)]
        {
            all.extend(statements.iter().map(|(text, places)| Self { part, text, places: places.to_vec() }));
        }
        all
    }
}

type Statement = (&'static str, &'static [GuidancePlace]);

/// The places of recommendations beside their checks.
const MORE: &[Statement] = &[
    (
        "NET1",
        &[
            Note("private_endpoint_not_approved"),
            Note("free_tier_private_endpoint"),
            Finding("DNS06"),
            Finding("POL04"),
            Finding("POL05"),
        ],
    ),
    (
        "NET2",
        &[
            Note("vnet_rules_ignored"),
            Note("subnet_rule_dead"),
            Note("service_endpoint_missing"),
            Finding("POL02"),
            Finding("POL03"),
        ],
    ),
    ("NET3", &[Note("public_beside_private_endpoint"), Note("ip_rules_ignored"), Finding("POL02")]),
    ("NET4", &[Note("rules_need_custom_domain"), Note("no_credential_works"), Finding("CFG12")]),
    ("ID1", &[Note("key_auth_disabled"), Finding("AUTH09")]),
    ("ID2", &[Finding("AUTH05")]),
    ("ID3", &[Finding("AUTH11")]),
    ("DATA3", &[Finding("TLS06")]),
    ("DATA4", &[Note("fqdn_list_ignored")]),
    ("SVC2", &[Note("private_ip_rule"), Finding("POL02")]),
];

/// Source: the articles on virtual-network service endpoints, and the one of Speech.
const SERVICE_ENDPOINTS: &[Statement] = &[
    ("DNS returns public addresses as before.", &[Remedy("NET2", "DNS still returns public addresses")]),
    (
        "The source address becomes private, so address rules for the public address stop matching.",
        &[Remedy("NET2", "address rules for its public address stop matching"), Finding("POL02"), Finding("POL03")],
    ),
    ("The switch closes open connections.", &[Remedy("NET2", "closes open connections"), Finding("WS08")]),
    (
        "It affects every Azure AI services resource that the subnet reaches.",
        &[Finding("POL03"), Remedy("NET2", "affects every Azure AI services resource")],
    ),
    (
        "Only selected networks support it.",
        &[Check("NET2"), Note("vnet_rules_ignored"), Note("rules_ignored_disabled"), Finding("POL03")],
    ),
    (
        "The portal turns it on when it adds a network; the command line does not.",
        &[Note("service_endpoint_missing"), Finding("POL03")],
    ),
    ("A change takes up to 15 minutes.", &[Remedy("NET2", "up to 15 minutes"), Finding("POL02"), Finding("POL03")]),
    ("If it is off, it must be turned on again by hand.", &[Note("service_endpoint_missing"), Finding("POL02")]),
    (
        "It works per subnet, in any region and across subscriptions, for at most 200 of them.",
        &[Remedy("NET2", "at most 200 subscriptions and regions"), Finding("POL03")],
    ),
    (
        "Machines on premises cannot use it: their NAT or ExpressRoute addresses must be in the rules.",
        &[Remedy("NET3", "NAT or ExpressRoute addresses"), Finding("POL02")],
    ),
    (
        "Effective routes have the next hop `VirtualNetworkServiceEndpoint`, which wins over forced tunnelling and BGP.",
        &[Remedy("NET2", "wins over forced tunnelling"), Finding("POL02"), Finding("POL03")],
    ),
    (
        "Network security groups still apply, and a service tag allows the service.",
        &[Remedy("NET2", "Network security groups still apply"), Finding("TCP01"), Finding("TCP05")],
    ),
    (
        "A network appliance can filter it in its subnet.",
        &[
            Remedy("NET2", "A network appliance can filter"),
            Finding("POL02"),
            Finding("POL03"),
            Finding("TCP05"),
            Finding("TLS01"),
        ],
    ),
    (
        "The diagnostic logs or the effective routes prove that it is in use.",
        &[Check("LOG1"), Remedy("LOG1", "private source address"), Remedy("NET2", "next hop"), Finding("POL03")],
    ),
    (
        "It works beside a private endpoint only with selected networks.",
        &[Remedy("NET2", "also beside a private endpoint"), Note("rules_ignored_disabled")],
    ),
    ("Service endpoint policies are not documented for this service.", &[Remedy("NET2", "service endpoint policies")]),
];

/// Source: the article on Azure OpenAI in a virtual network.
const OPENAI: &[Statement] = &[
    (
        "With public access disabled, only private endpoints are admitted.",
        &[Finding("POL01"), Finding("POL04"), Note("unreachable"), Check("NET3")],
    ),
    (
        "The zone is `privatelink.openai.azure.com`, the sub-resource `account`.",
        &[Remedy("NET1", "privatelink.openai.azure.com"), Finding("DNS03"), Finding("DNS04")],
    ),
    (
        "The private endpoint is in the region of its network; the resource need not be.",
        &[Remedy("NET1", "in the region of its virtual network")],
    ),
    (
        "Machines on premises come through a gateway, and a hosts file may name the private address.",
        &[Remedy("NET1", "VPN gateway or ExpressRoute"), Finding("DNS07"), Finding("TCP11")],
    ),
    ("Hub and spoke are peered both ways.", &[Note("peering_down"), Finding("TCP11")]),
    ("Network security groups must allow port 443.", &[Finding("TCP01"), Finding("TCP05")]),
    (
        "The test resolves the name, then connects to the private address on port 443 from the private network.",
        &[Remedy("NET1", "To test it, resolve the name"), Finding("DNS06"), Finding("POL05")],
    ),
    (
        "It fails if the name is not resolved to the private address.",
        &[Finding("DNS03"), Finding("DNS04"), Finding("DNS05"), Finding("DNS06"), Note("record_differs")],
    ),
    ("It fails if the machine is not on the private network.", &[Finding("TCP11")]),
    ("It fails if a firewall blocks port 443.", &[Finding("TCP05")]),
];
