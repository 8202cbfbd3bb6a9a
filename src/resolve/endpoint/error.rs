//! Why an account has no URL for a service.

use crate::resolve::access::AccountKind;
use crate::resolve::cloud::Cloud;
use crate::resolve::parameter::Parameter;
use crate::resolve::service::{Service, hints_of};
use crate::resolve::setting::{Setting, SettingHint};

/// Why an account has no URL for a service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// The service is retired. Use its replacement.
    #[error("`{service}` was retired on {since}; use {replacement}")]
    Retired {
        /// The service.
        service: Service,
        /// The retirement date.
        since: &'static str,
        /// The replacement.
        replacement: &'static str,
    },
    /// The cloud does not offer the service.
    #[error("`{service}` is not offered in the {}", .cloud.title())]
    NotOffered {
        /// The service.
        service: Service,
        /// The cloud.
        cloud: Cloud,
    },
    /// Accounts of this kind do not have the service. Use another account.
    #[error("an account of kind `{}` does not have `{service}`; use an account of kind `AIServices` (Foundry), which has all services", .kind.arm_name())]
    WrongKind {
        /// The service.
        service: Service,
        /// The kind of the account.
        kind: AccountKind,
    },
    /// The service has only a regional form. Address the resource by its region, if its network allows that.
    #[error("`{service}` has no custom-domain form; address the resource by its region alone")]
    RegionalOnly {
        /// The service.
        service: Service,
    },
    /// Containers do not serve this service.
    #[error(
        "containers do not serve `{service}`; they serve `speech-to-text-v1`, `conversation-transcription`, `text-to-speech` and `text-to-speech-websocket`"
    )]
    NotInContainer {
        /// The service.
        service: Service,
    },
    /// The resource is unreachable. Approve a private endpoint or enable public access.
    #[error("this resource is unreachable: public network access is disabled and no private endpoint is approved")]
    Unreachable {
        /// The service.
        service: Service,
    },
    /// A resource limited to some networks does not issue tokens. Send the key itself.
    #[error(
        "a resource limited to selected networks or private endpoints does not accept issued tokens; send the key itself or an Entra token"
    )]
    Restricted {
        /// The service.
        service: Service,
    },
    /// The service is available on a custom domain only.
    #[error("`{service}` has no regional host; give the custom domain of the resource")]
    CustomDomainRequired {
        /// The service.
        service: Service,
    },
    /// The region is required, because an open custom domain serves real-time calls on the regional host.
    #[error(
        "for a custom domain without a private endpoint or an allowed network, `{service}` is served on the regional host; give the region of the resource"
    )]
    RegionRequired {
        /// The service.
        service: Service,
    },
    /// The URL does not support this setting.
    #[error("the URL of `{service}` does not support {parameter}: {place}")]
    Parameter {
        /// The service.
        service: Service,
        /// The setting.
        parameter: &'static str,
        /// Where the setting belongs.
        place: &'static str,
    },
    /// The path of the URL contains a name that is not given.
    #[error("the URL of `{service}` contains {name}")]
    NameRequired {
        /// The service.
        service: Service,
        /// The name, in words.
        name: &'static str,
    },
    /// The API version is retired (`CFG13`).
    #[error("version `{version}` of `{service}` is retired; use `{replacement}`")]
    RetiredVersion {
        /// The service.
        service: Service,
        /// The version.
        version: String,
        /// The newest stable version.
        replacement: &'static str,
    },
}

impl ResolveError {
    /// Returns the service.
    #[must_use]
    pub fn service(&self) -> Service {
        match self {
            Self::Retired { service, .. }
            | Self::NotOffered { service, .. }
            | Self::WrongKind { service, .. }
            | Self::RegionalOnly { service }
            | Self::NotInContainer { service }
            | Self::Unreachable { service }
            | Self::Restricted { service }
            | Self::CustomDomainRequired { service }
            | Self::RegionRequired { service }
            | Self::Parameter { service, .. }
            | Self::NameRequired { service, .. }
            | Self::RetiredVersion { service, .. } => *service,
        }
    }

    /// Returns the identifier used in output: the id in the failure catalogue, or a word.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::Retired { .. } => "retired",
            Self::NotOffered { .. } | Self::WrongKind { .. } | Self::RegionalOnly { .. } => "not_offered",
            Self::NotInContainer { .. } => "not_in_container",
            Self::Unreachable { .. } => "unreachable",
            Self::Restricted { .. } => "restricted",
            Self::CustomDomainRequired { .. } => "custom_domain_required",
            Self::RegionRequired { .. } => "region_required",
            Self::Parameter { .. } => "parameter",
            Self::NameRequired { .. } => "parameter_required",
            Self::RetiredVersion { .. } => "CFG13",
        }
    }

    /// Returns the settings that the message asks for.
    #[must_use]
    pub fn hints(&self) -> Vec<SettingHint> {
        match self {
            Self::RegionalOnly { .. } | Self::RegionRequired { .. } => vec![Setting::Region.into()],
            Self::CustomDomainRequired { .. } => vec![Setting::CustomDomain.into()],
            Self::Parameter { service, parameter, .. } => Parameter::ALL
                .into_iter()
                .find(|known| known.name() == *parameter)
                .map_or_else(Vec::new, |known| hints_of(known, *service)),
            Self::NameRequired { service, .. } => {
                let names = service.row().path.names().iter();
                names.map(|name| SettingHint::with(Setting::QueryParameter, format!("{name}=…"))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Returns whether a list of the services of the resource omits this one: the resource does not offer it, or its URL
    /// needs a name that only the caller knows. Otherwise a setting is missing or contradicts another.
    #[must_use]
    pub fn is_not_offered(&self) -> bool {
        matches!(
            self,
            Self::Retired { .. }
                | Self::NotOffered { .. }
                | Self::WrongKind { .. }
                | Self::RegionalOnly { .. }
                | Self::NotInContainer { .. }
                | Self::Restricted { .. }
                | Self::CustomDomainRequired { .. }
                | Self::NameRequired { .. }
        )
    }
}
