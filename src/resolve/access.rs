//! The kind and the network access of an account, as ARM reports them.

/// The kind of an account, as ARM reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountKind {
    /// `SpeechServices`: Speech only.
    Speech,
    /// `AIServices`: a Foundry resource, with three hosts of the same name.
    Foundry,
    /// `CognitiveServices`: several services under one key.
    MultiService,
    /// `OpenAI`.
    OpenAi,
}

impl AccountKind {
    /// Returns the kind with this ARM name.
    #[must_use]
    pub fn from_arm(text: &str) -> Option<Self> {
        [Self::Speech, Self::Foundry, Self::MultiService, Self::OpenAi]
            .into_iter()
            .find(|kind| kind.arm_name().eq_ignore_ascii_case(text))
    }

    /// Returns the ARM name.
    #[must_use]
    pub fn arm_name(self) -> &'static str {
        match self {
            Self::Speech => "SpeechServices",
            Self::Foundry => "AIServices",
            Self::MultiService => "CognitiveServices",
            Self::OpenAi => "OpenAI",
        }
    }

    /// Returns whether accounts of this kind have an Azure OpenAI host.
    pub(crate) fn has_openai_host(self) -> bool {
        matches!(self, Self::Foundry | Self::OpenAi)
    }

    /// Returns whether accounts of this kind have Voice Live: those of Foundry on their Foundry host, those of Speech on
    /// their custom domain, without agents.
    /// <https://learn.microsoft.com/azure/ai-services/speech-service/voice-live-how-to> (2026-05-25)
    pub(crate) fn has_voice_live(self) -> bool {
        matches!(self, Self::Foundry | Self::Speech)
    }
}

/// Who may come through the public endpoint, as ARM reports it in `publicNetworkAccess`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublicAccess {
    /// `Enabled`: the account's own rules decide.
    Enabled,
    /// `Disabled`: nobody.
    Disabled,
    /// `SecuredByPerimeter`: the rules of a network security perimeter decide, not those of the account.
    /// <https://learn.microsoft.com/azure/private-link/network-security-perimeter-transition> (2025-05-16)
    SecuredByPerimeter,
}

impl PublicAccess {
    /// Returns the access with this ARM name.
    #[must_use]
    pub fn from_arm(text: &str) -> Option<Self> {
        [Self::Enabled, Self::Disabled, Self::SecuredByPerimeter]
            .into_iter()
            .find(|access| access.arm_name().eq_ignore_ascii_case(text))
    }

    /// Returns the ARM name.
    #[must_use]
    pub fn arm_name(self) -> &'static str {
        match self {
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::SecuredByPerimeter => "SecuredByPerimeter",
        }
    }
}

/// The network access of an account, as ARM reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "the five inputs of the decision table")]
pub struct Access {
    /// `publicNetworkAccess`.
    pub public_access: PublicAccess,
    /// `networkAcls.defaultAction` is `Deny`: "Selected networks and private endpoints".
    pub default_deny: bool,
    /// The number of virtual-network rules.
    pub vnet_rules: u16,
    /// The number of IP address rules.
    pub ip_rules: u16,
    /// The number of approved private-endpoint connections.
    pub private_endpoints: u16,
}

impl Access {
    /// Every access that has a name, such as `private-endpoint`.
    pub const NAMED: &'static [(&'static str, Self)] = &[
        ("open", Self::open()),
        ("private-endpoint", Self::private_endpoint()),
        ("service-endpoint", Self::service_endpoint()),
        ("private-and-service-endpoint", Self::private_and_service_endpoint()),
        ("disabled", Self::disabled()),
        ("ip-rules", Self::ip_rules()),
        ("locked", Self::locked()),
        ("perimeter", Self::perimeter()),
    ];

    /// Returns the access with this name, for example `private-endpoint`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMED.iter().find(|(known, _)| *known == name).map(|(_, access)| *access)
    }

    /// Allows all networks, without a private endpoint.
    #[must_use]
    pub const fn open() -> Self {
        Self {
            public_access: PublicAccess::Enabled,
            default_deny: false,
            vnet_rules: 0,
            ip_rules: 0,
            private_endpoints: 0,
        }
    }

    /// Limits access to selected networks, with none selected.
    #[must_use]
    pub const fn locked() -> Self {
        Self { default_deny: true, ..Self::open() }
    }

    /// Allows selected addresses only.
    #[must_use]
    pub const fn ip_rules() -> Self {
        Self { ip_rules: 1, ..Self::locked() }
    }

    /// Allows selected virtual networks through a service endpoint.
    #[must_use]
    pub const fn service_endpoint() -> Self {
        Self { vnet_rules: 1, ..Self::locked() }
    }

    /// Allows a private endpoint, with public access limited to selected networks.
    #[must_use]
    pub const fn private_endpoint() -> Self {
        Self { private_endpoints: 1, ..Self::locked() }
    }

    /// Allows a private endpoint and selected virtual networks.
    #[must_use]
    pub const fn private_and_service_endpoint() -> Self {
        Self { vnet_rules: 1, ..Self::private_endpoint() }
    }

    /// Leaves the public endpoint to a network security perimeter, without a private endpoint.
    #[must_use]
    pub const fn perimeter() -> Self {
        Self { public_access: PublicAccess::SecuredByPerimeter, ..Self::open() }
    }

    /// Disables public access and allows a private endpoint only.
    #[must_use]
    pub const fn disabled() -> Self {
        Self { public_access: PublicAccess::Disabled, ..Self::private_endpoint() }
    }
}
