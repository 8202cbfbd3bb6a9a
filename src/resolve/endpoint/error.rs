//! Why an account has no URL for a service.

use crate::resolve::access::Kind;
use crate::resolve::cloud::Cloud;
use crate::resolve::service::Service;

/// Why an account has no URL for a service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// The service is retired: use its replacement.
    #[error("`{service}` was retired on {since}: use {replacement}")]
    Retired {
        /// The service.
        service: Service,
        /// Since when.
        since: &'static str,
        /// What takes its place.
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
    /// Accounts of this kind do not have the service: it takes another account.
    #[error("an account of kind `{}` does not have `{service}`: it takes a Foundry account (kind `AIServices`)", .kind.arm_name())]
    WrongKind {
        /// The service.
        service: Service,
        /// The kind of the account.
        kind: Kind,
    },
    /// The service has only a regional form: address the resource by its region, if its network allows that.
    #[error("`{service}` has no custom-domain form: it is called on the regional host, with `--region` alone")]
    RegionalOnly {
        /// The service.
        service: Service,
    },
    /// Containers do not serve it.
    #[error(
        "containers do not serve `{service}`: they serve `speech-to-text-v1`, `text-to-speech` and `text-to-speech-websocket`"
    )]
    NotInContainer {
        /// The service.
        service: Service,
    },
    /// Nothing reaches the resource: approve a private endpoint or enable public access.
    #[error("nothing reaches this resource: public network access is disabled and no private endpoint is approved")]
    Unreachable {
        /// The service.
        service: Service,
    },
    /// Issued tokens are not given for a resource that is limited to some networks: send the key itself.
    #[error(
        "issued tokens are refused by a resource that is limited to selected networks or private endpoints: send the key itself, or an Entra token"
    )]
    Restricted {
        /// The service.
        service: Service,
    },
    /// The service is reached by custom domain only.
    #[error("`{service}` has no regional host: give the custom domain with `--custom-domain`")]
    CustomDomainRequired {
        /// The service.
        service: Service,
    },
    /// The region is needed: an open custom domain serves real-time calls on the regional host.
    #[error(
        "`{service}` of a custom domain without private endpoint or allowed network is served on the regional host: give its region with `--region`"
    )]
    RegionRequired {
        /// The service.
        service: Service,
    },
    /// The URL does not carry this setting.
    #[error("the URL of `{service}` carries no {parameter}: {place}")]
    Parameter {
        /// The service.
        service: Service,
        /// The setting.
        parameter: &'static str,
        /// Where it goes.
        place: &'static str,
    },
    /// The version of the API is retired (`CFG13`).
    #[error("version `{version}` of `{service}` is retired: use `{replacement}`")]
    RetiredVersion {
        /// The service.
        service: Service,
        /// The version.
        version: String,
        /// The newest stable one.
        replacement: &'static str,
    },
}

impl ResolveError {
    /// The service.
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
            | Self::RetiredVersion { service, .. } => *service,
        }
    }

    /// The identifier used in output.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Retired { .. } => "retired",
            Self::NotOffered { .. } | Self::WrongKind { .. } | Self::RegionalOnly { .. } => "not_offered",
            Self::NotInContainer { .. } => "not_in_container",
            Self::Unreachable { .. } => "unreachable",
            Self::Restricted { .. } => "restricted",
            Self::CustomDomainRequired { .. } => "custom_domain_required",
            Self::RegionRequired { .. } => "region_required",
            Self::Parameter { .. } => "parameter",
            Self::RetiredVersion { .. } => "CFG13",
        }
    }

    /// Whether the resource does not offer the service at all, as opposed to something that is missing or contradictory.
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
        )
    }
}
