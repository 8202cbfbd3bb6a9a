//! Why a credential cannot be used, or not there.

use crate::resolve::form::{Form, Forms};
use crate::resolve::service::Service;
use crate::resolve::shown::Shown;

/// A credential that cannot be used, or not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// Not a key (`CFG10`): copy it again.
    #[error("the key of {length} characters {fault}")]
    Key {
        /// Its length in characters.
        length: usize,
        /// What is wrong with it, and what to do.
        fault: &'static str,
    },
    /// Not a token (`CFG10`).
    #[error("the token of {length} characters {fault}")]
    Token {
        /// Its length in characters.
        length: usize,
        /// What is wrong with it, and what to do.
        fault: &'static str,
    },
    /// Not an ARM resource id (`CFG11`).
    #[error(
        "{given} is not a resource id: expected `/subscriptions/…/resourceGroups/…/providers/Microsoft.CognitiveServices/accounts/…`"
    )]
    ResourceId {
        /// What was given.
        given: Shown,
    },
    /// A composed token without a full resource id (`CFG11`).
    #[error(
        "the `aad#` token has no full resource id: expected `aad#/subscriptions/…/resourceGroups/…/providers/Microsoft.CognitiveServices/accounts/…#{{token}}`; give `--resource-id` and the plain token, and it is composed for you"
    )]
    Composed,
    /// A plain Microsoft Entra token for a regional real-time host (`AUTH02`).
    #[error(
        "a plain Entra token is refused on the regional host of `{service}`: use the custom domain, or give the resource id for the form `aad#{{resource id}}#{{token}}`"
    )]
    EntraOnRegional {
        /// The service.
        service: Service,
    },
    /// A Microsoft Entra token where only a custom domain takes one (`AUTH02`, or `AUTH03` for the composed form).
    #[error(
        "an Entra token for `{service}` needs the custom domain of the resource: its regional host takes a key only"
    )]
    EntraNeedsCustomDomain {
        /// The service.
        service: Service,
        /// Whether the composed form was to be sent.
        composed: bool,
    },
    /// An issued token for a resource that not all networks may reach (`AUTH10`).
    #[error(
        "issued tokens do not work with a resource that is limited to selected networks or private endpoints: send the key itself or an Entra token"
    )]
    IssuedTokenRestricted,
    /// Keys are switched off for the resource (`AUTH09`).
    #[error("key authentication is disabled for this resource, so its {kind} is refused: use an Entra token")]
    KeyAuthDisabled {
        /// What was to be sent.
        kind: &'static str,
    },
    /// A form that this endpoint does not take.
    #[error("`{service}` takes no {kind} here: expected {}", titles(*.accepts))]
    NotAccepted {
        /// What was to be sent.
        kind: &'static str,
        /// The service.
        service: Service,
        /// The forms that it takes.
        accepts: Forms,
    },
    /// A connection without TLS.
    #[error("no credential is sent to {host} without TLS")]
    Insecure {
        /// The host.
        host: Shown,
    },
    /// A host that does not belong to the account or its cloud.
    #[error("no credential is sent to {host}: it is not a host of this resource in its cloud")]
    ForeignHost {
        /// The host.
        host: Shown,
    },
}

impl CredentialError {
    /// The id of the failure catalogue, where it has one.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::Key { .. } | Self::Token { .. } => "CFG10",
            Self::ResourceId { .. } | Self::Composed => "CFG11",
            Self::EntraOnRegional { .. } | Self::EntraNeedsCustomDomain { composed: false, .. } => "AUTH02",
            Self::EntraNeedsCustomDomain { composed: true, .. } => "AUTH03",
            Self::NotAccepted { .. } => "not_accepted",
            Self::KeyAuthDisabled { .. } => "AUTH09",
            Self::IssuedTokenRestricted => "AUTH10",
            Self::Insecure { .. } | Self::ForeignHost { .. } => "CFG05",
        }
    }
}

fn titles(forms: Forms) -> String {
    if forms.is_empty() {
        return "none".into();
    }
    forms.iter().map(Form::title).collect::<Vec<_>>().join(", ")
}
