//! Credential: the forms, the header that an endpoint needs, and the one rule of which host may receive it.

use url::Url;

use crate::resolve::account::{Account, Resource};
use crate::resolve::endpoint::Endpoint;
use crate::resolve::form::Form;
use crate::resolve::note::Note;
use crate::resolve::shown::{Shown, looks_like_key};

mod error;
mod resource_id;
mod secret;
mod shape;

pub use error::CredentialError;
pub use resource_id::ResourceId;
pub use secret::Secret;
use shape::{check_token, is_issued, key_fault};

/// A credential.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credential {
    /// One of the two keys of the resource.
    Key(Secret),
    /// A token issued from a key, valid for ten minutes.
    IssuedToken(Secret),
    /// A Microsoft Entra token; with the resource id it also has the composed form that regional hosts take.
    Entra {
        /// The token.
        token: Secret,
        /// The resource it is meant for.
        resource_id: Option<ResourceId>,
    },
    /// A Microsoft Entra token that was given in the composed form already.
    EntraComposed {
        /// The token.
        token: Secret,
        /// The resource it is meant for.
        resource_id: ResourceId,
    },
}

impl Credential {
    /// A key, after a look at its shape: what a file, a shell or a pipeline mangled is refused here and not by a 401.
    ///
    /// # Errors
    ///
    /// [`CredentialError::Key`], which says what is wrong and never shows the value.
    pub fn key(text: impl Into<String>) -> Result<Self, CredentialError> {
        let text = Secret::from(text.into());
        match key_fault(text.expose()) {
            None => Ok(Self::Key(text)),
            Some(fault) => Err(CredentialError::Key { length: text.expose().chars().count(), fault }),
        }
    }

    /// A token: issued, Microsoft Entra or composed (`aad#…`), told apart by its shape.
    ///
    /// # Errors
    ///
    /// [`CredentialError::Token`] when it is none of them, [`CredentialError::ResourceId`] when the composed form holds no
    /// full resource id.
    pub fn token(text: impl Into<String>) -> Result<Self, CredentialError> {
        let text = Secret::from(text.into());
        let exposed = text.expose();
        if let Some(rest) = exposed.strip_prefix("aad#") {
            let Some((id, token)) = rest.split_once('#') else { return Err(CredentialError::Composed) };
            // The id may hold a misplaced token, so the whole text is judged before any of it is quoted.
            let resource_id = id.parse().map_err(|_| CredentialError::Composed)?;
            check_token(token).map_err(|_| CredentialError::Composed)?;
            return Ok(Self::EntraComposed { token: Secret::from(token.to_owned()), resource_id });
        }
        check_token(exposed)?;
        Ok(if is_issued(exposed) { Self::IssuedToken(text) } else { Self::Entra { token: text, resource_id: None } })
    }

    /// A token issued from a key.
    ///
    /// # Errors
    ///
    /// [`CredentialError::Token`] when it does not have the three parts of a token.
    pub fn issued_token(text: impl Into<String>) -> Result<Self, CredentialError> {
        let text = Secret::from(text.into());
        check_token(text.expose())?;
        Ok(Self::IssuedToken(text))
    }

    /// A Microsoft Entra token, with the resource id where the composed form is wanted.
    ///
    /// # Errors
    ///
    /// [`CredentialError::Token`] when it does not have the three parts of a token.
    pub fn entra(text: impl Into<String>, resource_id: Option<ResourceId>) -> Result<Self, CredentialError> {
        let token = Secret::from(text.into());
        check_token(token.expose())?;
        Ok(Self::Entra { token, resource_id })
    }

    /// What kind of credential it is, in words.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::IssuedToken(_) => "issued token",
            Self::Entra { resource_id: None, .. } => "Entra token",
            Self::Entra { resource_id: Some(_), .. } => "Entra token with resource id",
            Self::EntraComposed { .. } => "aad# token",
        }
    }

    /// What is noteworthy about using this credential for an account: a shape that keys do not usually have, a resource id
    /// that may be of another resource.
    #[must_use]
    pub fn notes(&self, account: &Account) -> Vec<Note> {
        match self {
            Self::Key(key) if !looks_like_key(key.expose()) => {
                let length = key.expose().chars().count();
                let text = format!("the key has {length} characters: keys have 32 hexadecimal or 84 alphanumeric ones");
                vec![Note::new("CFG10", text)]
            }
            Self::Entra { resource_id: Some(id), .. } | Self::EntraComposed { resource_id: id, .. } => {
                id.note(account).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    pub(crate) fn secret(&self) -> &Secret {
        match self {
            Self::Key(secret)
            | Self::IssuedToken(secret)
            | Self::Entra { token: secret, .. }
            | Self::EntraComposed { token: secret, .. } => secret,
        }
    }

    /// Kind, length and salted fingerprint: all that any output may say of it.
    #[must_use]
    pub fn describe(&self, salt: u64) -> String {
        let secret = self.secret();
        format!("{} of {}, fingerprint {}", self.kind(), secret.expose().chars().count(), secret.fingerprint(salt))
    }

    /// The header that carries this credential to an endpoint.
    ///
    /// 1. The endpoint's host must be one that may receive it: [`may_receive`].
    /// 2. The form is chosen among those that the endpoint accepts; a pair that is known not to work is refused.
    /// 3. The header is made.
    ///
    /// # Errors
    ///
    /// [`CredentialError`], with the reason and the form that works.
    pub fn header(&self, to: &Endpoint) -> Result<Header, CredentialError> {
        self.header_at(to, &to.to_url())
    }

    /// The same for an endpoint whose URL is parsed already.
    pub(crate) fn header_at(&self, to: &Endpoint, url: &Url) -> Result<Header, CredentialError> {
        may_receive(to.account(), url)?;
        let form = self.form_for(to)?;
        Ok(self.in_form(form))
    }

    /// The form that this credential has by itself, with its header, for a host that may receive it although it is known not to
    /// accept it: what an application sends that does not know better, and a diagnosis must see refused.
    #[cfg(feature = "net")]
    pub(crate) fn as_given(&self, to: &Endpoint) -> Option<(Form, Header)> {
        may_receive(to.account(), &to.to_url()).ok()?;
        let form = match self {
            Self::Key(_) => Form::Key,
            Self::IssuedToken(_) => Form::IssuedToken,
            Self::Entra { .. } => Form::Entra,
            Self::EntraComposed { .. } => Form::EntraComposed,
        };
        Some((form, self.in_form(form)))
    }

    /// The other form of an Entra token, for an endpoint that refused the one it is known to accept.
    #[cfg(feature = "net")]
    pub(crate) fn in_other_form(&self, to: &Endpoint) -> Option<(Form, Header)> {
        may_receive(to.account(), &to.to_url()).ok()?;
        let (Self::Entra { resource_id: Some(_), .. } | Self::EntraComposed { .. }) = self else { return None };
        let form = match self.form_for(to).ok()? {
            Form::Entra => Form::EntraComposed,
            _ => Form::Entra,
        };
        Some((form, self.in_form(form)))
    }

    /// The header of a form that this credential can take.
    fn in_form(&self, form: Form) -> Header {
        match (form, self) {
            (Form::Key, _) => Header { name: "Ocp-Apim-Subscription-Key", value: self.secret().clone() },
            (Form::ApiKey, _) => Header { name: "api-key", value: self.secret().clone() },
            (
                Form::EntraComposed,
                Self::Entra { token, resource_id: Some(id) } | Self::EntraComposed { token, resource_id: id },
            ) => Header::bearer(&["aad#", id.as_str(), "#", token.expose()]),
            _ => Header::bearer(&[self.secret().expose()]),
        }
    }

    /// The form that this credential takes at an endpoint.
    ///
    /// # Errors
    ///
    /// [`CredentialError`], when the endpoint accepts none that it can take.
    pub fn form_for(&self, to: &Endpoint) -> Result<Form, CredentialError> {
        let accepts = to.accepts();
        let candidates: &[Form] = match self {
            Self::Key(_) => &[Form::Key, Form::ApiKey],
            Self::IssuedToken(_) => &[Form::IssuedToken],
            Self::Entra { resource_id: None, .. } => &[Form::Entra],
            Self::Entra { resource_id: Some(_), .. } => &[Form::Entra, Form::EntraComposed],
            // What was given is kept where it works; where only the plain form does, that is taken out of it.
            Self::EntraComposed { .. } => &[Form::EntraComposed, Form::Entra],
        };
        if let Some(form) = candidates.iter().find(|form| accepts.contains(**form)) {
            return Ok(*form);
        }
        let service = to.service();
        let account = to.account();
        Err(match self {
            Self::Key(_) | Self::IssuedToken(_) if account.is_key_auth_disabled() => {
                CredentialError::KeyAuthDisabled { kind: self.kind() }
            }
            Self::IssuedToken(_) if account.refuses_issued_tokens() => CredentialError::IssuedTokenRestricted,
            Self::Entra { resource_id: None, .. } if !to.is_own_host() && accepts.contains(Form::EntraComposed) => {
                CredentialError::EntraOnRegional { service }
            }
            Self::Entra { .. } | Self::EntraComposed { .. } if !to.is_own_host() => {
                CredentialError::EntraNeedsCustomDomain {
                    service,
                    composed: !matches!(self, Self::Entra { resource_id: None, .. }),
                }
            }
            _ => CredentialError::NotAccepted { kind: self.kind(), service, accepts },
        })
    }
}

/// A header that carries a credential.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Header {
    /// The name.
    pub name: &'static str,
    /// The value.
    pub value: Secret,
}

impl Header {
    fn bearer(parts: &[&str]) -> Self {
        let length = "Bearer ".len() + parts.iter().map(|part| part.len()).sum::<usize>();
        let mut value = String::with_capacity(length);
        value.push_str("Bearer ");
        value.extend(parts.iter().copied());
        Self { name: "Authorization", value: Secret::from(value) }
    }
}

/// The rule of which host may receive a credential of an account. Every credential that leaves the process passes here,
/// the target of a redirect too.
///
/// 1. The scheme is `https` or `wss`, without user-info, on the scheme's own port. (That the certificate verified is the
///    connection's business.)
/// 2. A container's credential goes to that container's host and port.
/// 3. Any other goes to a host that the suffixes of the account's own cloud own: a regional one, or where customers choose
///    the name, the one with this account's custom domain, never a stranger's.
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
        return Err(CredentialError::Insecure { host: Shown::new(host) });
    }
    let foreign = || CredentialError::ForeignHost { host: Shown::new(host) };
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
