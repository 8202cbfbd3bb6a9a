//! Credential forms: how a credential stands on the wire.

use std::fmt;

/// A credential form on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum CredentialForm {
    /// `Ocp-Apim-Subscription-Key: {key}`.
    Key,
    /// `Authorization: Bearer {token issued from a key}`.
    IssuedToken,
    /// `Authorization: Bearer {Microsoft Entra token}`.
    Entra,
    /// `Authorization: Bearer aad#{resource id}#{Microsoft Entra token}`.
    EntraComposed,
    /// `api-key: {key}`.
    ApiKey,
    /// `Authorization: Bearer {client secret}`, short-lived, for a browser.
    ClientSecret,
}

impl CredentialForm {
    pub(crate) const ALL: [Self; 6] =
        [Self::Key, Self::IssuedToken, Self::Entra, Self::EntraComposed, Self::ApiKey, Self::ClientSecret];

    /// Returns the identifier used in output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::IssuedToken => "issued_token",
            Self::Entra => "entra",
            Self::EntraComposed => "entra_composed",
            Self::ApiKey => "api_key",
            Self::ClientSecret => "client_secret",
        }
    }

    /// Returns the display name.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::IssuedToken => "issued token",
            Self::Entra => "Entra token",
            Self::EntraComposed => "aad# token",
            Self::ApiKey => "api-key",
            Self::ClientSecret => "client secret",
        }
    }
}

/// A set of credential forms.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CredentialForms(u8);

impl CredentialForms {
    pub(crate) const NONE: Self = Self(0);

    pub(crate) const fn of(forms: &[CredentialForm]) -> Self {
        let (mut set, mut i) = (Self::NONE, 0);
        while i < forms.len() {
            set.0 |= 1 << forms[i] as u8;
            i += 1;
        }
        set
    }

    #[must_use]
    pub(crate) const fn without(self, form: CredentialForm) -> Self {
        Self(self.0 & !(1 << form as u8))
    }

    /// Returns whether the set contains the form.
    #[must_use]
    pub const fn contains(self, form: CredentialForm) -> bool {
        self.0 & 1 << form as u8 != 0
    }

    /// Returns whether the set is empty: no credential is needed, or none is accepted.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the forms in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = CredentialForm> {
        CredentialForm::ALL.into_iter().filter(move |form| self.contains(*form))
    }
}

impl fmt::Debug for CredentialForms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
