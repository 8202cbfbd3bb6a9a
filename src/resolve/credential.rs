//! Credential: the forms, the header for an endpoint, and the single rule that decides which host may receive it.

use url::Url;

use crate::resolve::account::{Account, Resource};
use crate::resolve::endpoint::Endpoint;
use crate::resolve::form::CredentialForm;
use crate::resolve::note::Note;
use crate::resolve::quoted::{QuotedValue, looks_like_key};

mod error;
mod resource_id;
mod secret;
mod shape;

pub use error::CredentialError;
pub use resource_id::ResourceId;
pub use secret::Secret;
use shape::{check_token, is_issued, key_fault};

/// A credential: a key, an issued token or a Microsoft Entra token.
///
/// Only the checked constructors make one, so a value that no service can accept fails there and not with a 401.
///
/// ```
/// use speech_endpoint::{Credential, CredentialForm};
///
/// let key = Credential::key("0123456789abcdef0123456789abcdef")?;
/// assert_eq!(key.form(), CredentialForm::Key);
/// assert!(Credential::key("<your-key>").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Credential(pub(crate) Held);

/// What a credential holds.
#[derive(Clone, Debug)]
pub(crate) enum Held {
    /// One of the two keys of the resource.
    Key(Secret),
    /// A token issued from a key, valid for ten minutes.
    IssuedToken(Secret),
    /// A Microsoft Entra token; with a resource ID, it can also take the composed form that regional hosts accept.
    Entra { token: Secret, resource_id: Option<ResourceId> },
    /// A Microsoft Entra token that was given in the composed form.
    EntraComposed { token: Secret, resource_id: ResourceId },
}

impl Credential {
    /// Creates a key after checking its shape, so that a key mangled by a file, a shell or a pipeline fails here and not
    /// with a 401.
    ///
    /// # Errors
    ///
    /// [`CredentialError::Key`], which names the fault and never shows the value.
    pub fn key(text: impl Into<String>) -> Result<Self, CredentialError> {
        let text = Secret::from(text.into());
        match key_fault(text.expose()) {
            None => Ok(Self(Held::Key(text))),
            Some(fault) => Err(CredentialError::Key { length: text.expose().chars().count(), fault }),
        }
    }

    /// Creates a token and detects from its shape whether it is issued, Microsoft Entra or composed (`aad#…`).
    ///
    /// # Errors
    ///
    /// [`CredentialError::Token`] if it does not have any of these forms, [`CredentialError::Composed`] if the composed form lacks a full
    /// resource ID or a token.
    pub fn token(text: impl Into<String>) -> Result<Self, CredentialError> {
        let text = Secret::from(text.into());
        let exposed = text.expose();
        if let Some(rest) = exposed.strip_prefix("aad#") {
            let Some((id, token)) = rest.split_once('#') else { return Err(CredentialError::Composed) };
            // The id may contain a misplaced token, so no part of the text is quoted.
            let resource_id = id.parse().map_err(|_| CredentialError::Composed)?;
            check_token(token).map_err(|_| CredentialError::Composed)?;
            return Ok(Self(Held::EntraComposed { token: Secret::from(token.to_owned()), resource_id }));
        }
        check_token(exposed)?;
        Ok(Self(if is_issued(exposed) {
            Held::IssuedToken(text)
        } else {
            Held::Entra { token: text, resource_id: None }
        }))
    }

    /// Creates a token issued from a key.
    ///
    /// # Errors
    ///
    /// [`CredentialError::Token`] if it does not have the three parts of a token.
    pub fn issued_token(text: impl Into<String>) -> Result<Self, CredentialError> {
        let text = Secret::from(text.into());
        check_token(text.expose())?;
        Ok(Self(Held::IssuedToken(text)))
    }

    /// Creates a Microsoft Entra token; give the resource ID to allow the composed form.
    ///
    /// # Errors
    ///
    /// [`CredentialError::Token`] if it does not have the three parts of a token.
    pub fn entra(text: impl Into<String>, resource_id: Option<ResourceId>) -> Result<Self, CredentialError> {
        let token = Secret::from(text.into());
        check_token(token.expose())?;
        Ok(Self(Held::Entra { token, resource_id }))
    }

    /// Adds the ID of the resource to an Entra token without one, so that it can take the composed form. Any other
    /// credential stays as it is.
    #[must_use]
    pub fn with_resource_id(mut self, id: ResourceId) -> Self {
        if let Held::Entra { resource_id: resource_id @ None, .. } = &mut self.0 {
            *resource_id = Some(id);
        }
        self
    }

    /// Returns the form in which it was given.
    #[must_use]
    pub fn form(&self) -> CredentialForm {
        match &self.0 {
            Held::Key(_) => CredentialForm::Key,
            Held::IssuedToken(_) => CredentialForm::IssuedToken,
            Held::Entra { .. } => CredentialForm::Entra,
            Held::EntraComposed { .. } => CredentialForm::EntraComposed,
        }
    }

    /// Returns the kind of credential in words.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.0 {
            Held::Key(_) => "key",
            Held::IssuedToken(_) => "issued token",
            Held::Entra { resource_id: None, .. } => "Entra token",
            Held::Entra { resource_id: Some(_), .. } => "Entra token with resource id",
            Held::EntraComposed { .. } => "aad# token",
        }
    }

    /// Returns notes about using this credential for an account: an unusual key shape, or a resource ID that may belong
    /// to another resource.
    #[must_use]
    pub fn notes(&self, account: &Account) -> Vec<Note> {
        match &self.0 {
            Held::Key(key) if !looks_like_key(key.expose()) => {
                let length = key.expose().chars().count();
                let text = format!(
                    "the key has {length} characters, but keys have 32 hexadecimal or 84 alphanumeric characters"
                );
                vec![Note::new("CFG10", text)]
            }
            Held::Entra { resource_id: Some(id), .. } | Held::EntraComposed { resource_id: id, .. } => {
                id.note(account).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    pub(crate) fn secret(&self) -> &Secret {
        match &self.0 {
            Held::Key(secret)
            | Held::IssuedToken(secret)
            | Held::Entra { token: secret, .. }
            | Held::EntraComposed { token: secret, .. } => secret,
        }
    }

    /// Returns kind, length and salted fingerprint, the only facts about it that may appear in output.
    #[must_use]
    pub fn describe(&self, salt: u64) -> String {
        let secret = self.secret();
        format!(
            "{}-character {}, fingerprint {}",
            secret.expose().chars().count(),
            self.kind(),
            secret.fingerprint(salt)
        )
    }

    /// Returns the header that carries this credential to an endpoint.
    ///
    /// 1. Check that the endpoint's host may receive it: [`may_receive`].
    /// 2. Choose the form among those that the endpoint accepts; reject combinations that are known not to work.
    /// 3. Build the header.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] with the reason and the form that works.
    pub fn header(&self, to: &Endpoint) -> Result<CredentialHeader, CredentialError> {
        self.header_at(to, &to.to_url())
    }

    /// Does the same for an endpoint whose URL is already parsed.
    pub(crate) fn header_at(&self, to: &Endpoint, url: &Url) -> Result<CredentialHeader, CredentialError> {
        may_receive(to.account(), url)?;
        let form = self.form_for(to)?;
        Ok(self.in_form(form))
    }

    /// Returns the default form of this credential with its header, even if the endpoint is known not to accept it. A
    /// naive application sends it like this, and a diagnosis must see it rejected.
    #[cfg(feature = "probe")]
    pub(crate) fn as_given(&self, to: &Endpoint) -> Option<(CredentialForm, CredentialHeader)> {
        may_receive(to.account(), &to.to_url()).ok()?;
        let form = self.form();
        Some((form, self.in_form(form)))
    }

    /// Returns the other form of an Entra token, for an endpoint that rejected the form it is known to accept.
    #[cfg(feature = "probe")]
    pub(crate) fn in_other_form(&self, to: &Endpoint) -> Option<(CredentialForm, CredentialHeader)> {
        may_receive(to.account(), &to.to_url()).ok()?;
        let (Held::Entra { resource_id: Some(_), .. } | Held::EntraComposed { .. }) = &self.0 else { return None };
        let form = match self.form_for(to).ok()? {
            CredentialForm::Entra => CredentialForm::EntraComposed,
            _ => CredentialForm::Entra,
        };
        Some((form, self.in_form(form)))
    }

    /// Builds the header for a form that this credential can take.
    fn in_form(&self, form: CredentialForm) -> CredentialHeader {
        match (form, &self.0) {
            (CredentialForm::Key, _) => {
                CredentialHeader { name: "Ocp-Apim-Subscription-Key", value: self.secret().clone() }
            }
            (CredentialForm::ApiKey, _) => CredentialHeader { name: "api-key", value: self.secret().clone() },
            (
                CredentialForm::EntraComposed,
                Held::Entra { token, resource_id: Some(id) } | Held::EntraComposed { token, resource_id: id },
            ) => CredentialHeader::bearer(&["aad#", id.as_str(), "#", token.expose()]),
            _ => CredentialHeader::bearer(&[self.secret().expose()]),
        }
    }

    /// Returns the form that this credential takes at an endpoint.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] if the endpoint accepts no form that it can take.
    pub fn form_for(&self, to: &Endpoint) -> Result<CredentialForm, CredentialError> {
        let accepts = to.accepts();
        let candidates: &[CredentialForm] = match &self.0 {
            Held::Key(_) => &[CredentialForm::Key, CredentialForm::ApiKey],
            Held::IssuedToken(_) => &[CredentialForm::IssuedToken],
            Held::Entra { resource_id: None, .. } => &[CredentialForm::Entra],
            Held::Entra { resource_id: Some(_), .. } => &[CredentialForm::Entra, CredentialForm::EntraComposed],
            // Prefer the given form, and extract the plain one only where nothing else works.
            Held::EntraComposed { .. } => &[CredentialForm::EntraComposed, CredentialForm::Entra],
        };
        if let Some(form) = candidates.iter().find(|form| accepts.contains(**form)) {
            return Ok(*form);
        }
        let service = to.service();
        let account = to.account();
        Err(match &self.0 {
            Held::Key(_) | Held::IssuedToken(_) if account.is_key_auth_disabled() => {
                CredentialError::KeyAuthDisabled { kind: self.kind() }
            }
            Held::IssuedToken(_) if account.refuses_issued_tokens() => CredentialError::IssuedTokenRestricted,
            Held::Entra { resource_id: None, .. }
                if !to.is_own_host() && accepts.contains(CredentialForm::EntraComposed) =>
            {
                CredentialError::EntraOnRegional { service }
            }
            Held::Entra { .. } | Held::EntraComposed { .. } if !to.is_own_host() => {
                CredentialError::EntraNeedsCustomDomain {
                    service,
                    composed: !matches!(&self.0, Held::Entra { resource_id: None, .. }),
                }
            }
            _ => CredentialError::NotAccepted { kind: self.kind(), service, accepts },
        })
    }
}

/// A header that carries a credential.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CredentialHeader {
    /// The header name.
    pub name: &'static str,
    /// The header value.
    pub value: Secret,
}

impl CredentialHeader {
    fn bearer(parts: &[&str]) -> Self {
        let length = "Bearer ".len() + parts.iter().map(|part| part.len()).sum::<usize>();
        let mut value = String::with_capacity(length);
        value.push_str("Bearer ");
        value.extend(parts.iter().copied());
        Self { name: "Authorization", value: Secret::from(value) }
    }
}

/// Decides whether a host may receive a credential of an account. Every credential that leaves the process passes this
/// check, including those sent to the target of a redirect.
///
/// 1. The scheme is `https` or `wss`, without user info, on the default port of the scheme. (The connection verifies the
///    certificate.)
/// 2. A container's credential goes only to that container's host and port.
/// 3. Any other credential goes only to a host under the suffixes of the account's cloud: a regional host, or, where
///    customers choose the name, the host with this account's custom domain and never another customer's.
///
/// ```
/// use speech_endpoint::{Account, may_receive};
///
/// let account = Account::custom_domain("contoso".parse()?);
/// assert!(may_receive(&account, &"wss://westeurope.stt.speech.microsoft.com/".parse()?).is_ok());
/// assert!(may_receive(&account, &"wss://fabrikam.cognitiveservices.azure.com/".parse()?).is_err());
/// assert!(may_receive(&account, &"ws://contoso.cognitiveservices.azure.com/".parse()?).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`CredentialError::Insecure`] and [`CredentialError::ForeignHost`].
pub fn may_receive(account: &Account, url: &Url) -> Result<(), CredentialError> {
    let host = url.host_str().unwrap_or_default();
    if !matches!(url.scheme(), "https" | "wss") {
        return Err(CredentialError::Insecure { host: QuotedValue::new(host) });
    }
    let foreign = || CredentialError::ForeignHost { host: QuotedValue::new(host) };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(foreign());
    }
    if let Resource::Container(container) = account.resource() {
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        return if authority == container.authority() { Ok(()) } else { Err(foreign()) };
    }
    if url.port().is_some() {
        return Err(foreign());
    }
    let reading = account.cloud().suffixes().read(host).filter(|reading| !reading.private).ok_or_else(foreign)?;
    let is_known = if reading.kind.is_named_by_customers() {
        account.domain().is_some_and(|domain| domain.as_str() == reading.label)
    } else {
        reading.label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    if is_known { Ok(()) } else { Err(foreign()) }
}

#[cfg(test)]
mod tests;
