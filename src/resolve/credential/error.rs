//! Why a credential cannot be used at all, or not at an endpoint.

use super::shape::{IS_A_KEY, IS_A_TOKEN};
use crate::resolve::form::{CredentialForm, CredentialForms};
use crate::resolve::quoted::QuotedValue;
use crate::resolve::service::Service;
use crate::resolve::setting::{Setting, SettingHint};

/// A credential that cannot be used at all, or not at this endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// The text is not a key (`CFG10`). Copy it again.
    #[error("the key ({length} characters) {fault}")]
    Key {
        /// The length in characters.
        length: usize,
        /// The fault and its remedy.
        fault: &'static str,
    },
    /// The text is not a token (`CFG10`).
    #[error("the token ({length} characters) {fault}")]
    Token {
        /// The length in characters.
        length: usize,
        /// The fault and its remedy.
        fault: &'static str,
    },
    /// The text is not an ARM resource ID (`CFG11`).
    #[error(
        "{given} is not a resource ID: expected `/subscriptions/…/resourceGroups/…/providers/Microsoft.CognitiveServices/accounts/…`"
    )]
    ResourceId {
        /// The given value.
        given: QuotedValue,
    },
    /// The composed token lacks a full resource ID (`CFG11`).
    #[error(
        "the `aad#` token has no full resource id: expected `aad#/subscriptions/…/resourceGroups/…/providers/Microsoft.CognitiveServices/accounts/…#{{token}}`; or give the resource ID and the plain token separately"
    )]
    Composed,
    /// A regional real-time host rejects a plain Microsoft Entra token (`AUTH02`).
    #[error(
        "the regional host of `{service}` rejects a plain Entra token; use the custom domain, or give the resource ID for the form `aad#{{resource ID}}#{{token}}`"
    )]
    EntraOnRegional {
        /// The service.
        service: Service,
    },
    /// Only a custom domain accepts a Microsoft Entra token (`AUTH02`, or `AUTH03` for the composed form).
    #[error(
        "an Entra token for `{service}` needs the custom domain of the resource; the regional host accepts only a key"
    )]
    EntraNeedsCustomDomain {
        /// The service.
        service: Service,
        /// Whether the composed form would have been sent.
        composed: bool,
    },
    /// Issued tokens do not work with a resource that is not open to all networks (`AUTH10`).
    #[error(
        "issued tokens do not work with a resource limited to selected networks or private endpoints; send the key itself or an Entra token"
    )]
    IssuedTokenRestricted,
    /// Key authentication is disabled for the resource (`AUTH09`).
    #[error("key authentication is disabled for this resource, so it rejects the {kind}; use an Entra token")]
    KeyAuthDisabled {
        /// The kind of credential.
        kind: &'static str,
    },
    /// The endpoint does not accept this form.
    #[error("`{service}` does not accept this credential here ({kind}): expected {}", titles(*.accepts))]
    NotAccepted {
        /// The kind of credential.
        kind: &'static str,
        /// The service.
        service: Service,
        /// The forms that it accepts.
        accepts: CredentialForms,
    },
    /// The connection does not use TLS.
    #[error("refusing to send a credential to {host} without TLS")]
    Insecure {
        /// The host.
        host: QuotedValue,
    },
    /// The host does not belong to the account or its cloud.
    #[error("refusing to send a credential to {host}, which is not a host of this resource in its cloud")]
    ForeignHost {
        /// The host.
        host: QuotedValue,
    },
}

impl CredentialError {
    /// Returns the id in the failure catalogue, or a word if the catalogue has no entry.
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

impl CredentialError {
    /// Returns the settings that the message asks for.
    #[must_use]
    pub fn hints(&self) -> Vec<SettingHint> {
        let setting = match self {
            Self::Key { fault: IS_A_TOKEN, .. } => Setting::Token,
            Self::Token { fault: IS_A_KEY, .. } => Setting::Key,
            Self::Composed => Setting::ResourceId,
            _ => return Vec::new(),
        };
        vec![setting.into()]
    }
}

fn titles(forms: CredentialForms) -> String {
    if forms.is_empty() {
        return "none".into();
    }
    forms.iter().map(CredentialForm::title).collect::<Vec<_>>().join(", ")
}
