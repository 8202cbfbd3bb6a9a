//! What ARM says of an account's kind and network.

/// The kind of an account, as ARM has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// `SpeechServices`: Speech alone.
    Speech,
    /// `AIServices`: a Foundry resource, with three hosts of the same name.
    Foundry,
    /// `CognitiveServices`: several services under one key.
    MultiService,
    /// `OpenAI`.
    OpenAi,
}

impl Kind {
    /// The kind by its ARM name.
    #[must_use]
    pub fn from_arm(text: &str) -> Option<Self> {
        [Self::Speech, Self::Foundry, Self::MultiService, Self::OpenAi]
            .into_iter()
            .find(|kind| kind.arm_name().eq_ignore_ascii_case(text))
    }

    /// The name that ARM has for it.
    #[must_use]
    pub fn arm_name(self) -> &'static str {
        match self {
            Self::Speech => "SpeechServices",
            Self::Foundry => "AIServices",
            Self::MultiService => "CognitiveServices",
            Self::OpenAi => "OpenAI",
        }
    }

    /// Whether accounts of this kind have Foundry and Azure OpenAI hosts beside that of Speech.
    pub(crate) fn has_sibling_hosts(self) -> bool {
        matches!(self, Self::Foundry | Self::OpenAi)
    }
}

/// The network access of an account, as ARM has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "the five inputs of the decision table")]
pub struct Access {
    /// `publicNetworkAccess` is `Enabled`.
    pub public_access: bool,
    /// `networkAcls.defaultAction` is `Deny`: "Selected networks and private endpoints".
    pub default_deny: bool,
    /// How many virtual-network rules there are.
    pub vnet_rules: u16,
    /// How many address rules there are.
    pub ip_rules: u16,
    /// How many private-endpoint connections are approved.
    pub private_endpoints: u16,
}

impl Access {
    /// All networks, no private endpoint.
    #[must_use]
    pub fn open() -> Self {
        Self { public_access: true, default_deny: false, vnet_rules: 0, ip_rules: 0, private_endpoints: 0 }
    }

    /// Selected networks, and none selected.
    #[must_use]
    pub fn locked() -> Self {
        Self { default_deny: true, ..Self::open() }
    }

    /// Selected addresses only.
    #[must_use]
    pub fn ip_rules() -> Self {
        Self { ip_rules: 1, ..Self::locked() }
    }

    /// Selected virtual networks by service endpoint.
    #[must_use]
    pub fn service_endpoint() -> Self {
        Self { vnet_rules: 1, ..Self::locked() }
    }

    /// A private endpoint, with public access limited to selected networks.
    #[must_use]
    pub fn private_endpoint() -> Self {
        Self { private_endpoints: 1, ..Self::locked() }
    }

    /// Private endpoint and selected virtual networks at once.
    #[must_use]
    pub fn private_and_service_endpoint() -> Self {
        Self { vnet_rules: 1, ..Self::private_endpoint() }
    }

    /// Public access disabled, private endpoint only.
    #[must_use]
    pub fn disabled() -> Self {
        Self { public_access: false, ..Self::private_endpoint() }
    }
}
