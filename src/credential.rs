//! Credential: the forms, the header that an endpoint needs, and the one rule of which host may receive it.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;
use zeroize::Zeroizing;

use crate::account::{Account, Resource};
use crate::endpoint::Endpoint;
use crate::service::Service;
use crate::shown::{Shown, looks_like_key};

/// A credential form, as the wire has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
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
}

impl Form {
    const ALL: [Self; 5] = [Self::Key, Self::IssuedToken, Self::Entra, Self::EntraComposed, Self::ApiKey];

    /// The identifier used in output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::IssuedToken => "issued_token",
            Self::Entra => "entra",
            Self::EntraComposed => "entra_composed",
            Self::ApiKey => "api_key",
        }
    }

    /// The form in words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::IssuedToken => "issued token",
            Self::Entra => "Entra token",
            Self::EntraComposed => "aad# token",
            Self::ApiKey => "api-key",
        }
    }
}

/// A set of credential forms.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Forms(u8);

impl Forms {
    pub(crate) const NONE: Self = Self(0);

    pub(crate) const fn of(forms: &[Form]) -> Self {
        let (mut set, mut i) = (Self::NONE, 0);
        while i < forms.len() {
            set.0 |= 1 << forms[i] as u8;
            i += 1;
        }
        set
    }

    #[must_use]
    pub(crate) const fn without(self, form: Form) -> Self {
        Self(self.0 & !(1 << form as u8))
    }

    /// Whether the form is in the set.
    #[must_use]
    pub const fn contains(self, form: Form) -> bool {
        self.0 & 1 << form as u8 != 0
    }

    /// Whether no form is in the set: no credential is needed or none is accepted.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The forms in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Form> {
        Form::ALL.into_iter().filter(move |form| self.contains(*form))
    }
}

impl fmt::Debug for Forms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// A text that must not be seen: no `Display`, no comparison, not serialisable, erased when dropped.
///
/// ```
/// use speech_endpoint::Secret;
///
/// assert_eq!(format!("{:?}", Secret::from("0123456789abcdef0123456789abcdef".to_owned())), "Secret");
/// ```
///
/// ```compile_fail
/// use speech_endpoint::Secret;
///
/// // Comparing would take a time that depends on the content.
/// assert!(Secret::from("a".to_owned()) == Secret::from("b".to_owned()));
/// ```
///
/// ```compile_fail
/// println!("{}", speech_endpoint::Secret::from("a".to_owned()));
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself, for the moment it is put on the wire.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Eight hexadecimal digits by which two secrets are told apart in one report; the salt is chosen anew for each.
    #[must_use]
    pub fn fingerprint(&self, salt: u64) -> String {
        use std::hash::{DefaultHasher, Hasher};
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(salt);
        hasher.write(self.0.as_bytes());
        let hash = hasher.finish();
        format!("{:08x}", (hash ^ hash >> 32) & 0xffff_ffff)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The ARM id of a Speech resource.
///
/// ```
/// use speech_endpoint::ResourceId;
///
/// let id: ResourceId = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/contoso".parse()?;
/// assert_eq!(id.account(), "contoso");
/// # Ok::<(), speech_endpoint::CredentialError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceId(Box<str>);

impl ResourceId {
    /// The id as ARM returned it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the account.
    #[must_use]
    pub fn account(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }
}

impl FromStr for ResourceId {
    type Err = CredentialError;

    fn from_str(text: &str) -> Result<Self, CredentialError> {
        let text = text.trim();
        // A subscription is the customer's own business: its id is cut short.
        let error = || CredentialError::ResourceId {
            given: Shown::new(
                &text
                    .split('/')
                    .map(|part| if is_guid(part) { format!("{}…", &part[..8]) } else { part.to_owned() })
                    .collect::<Vec<_>>()
                    .join("/"),
            ),
        };
        let parts: Vec<&str> = text.split('/').collect();
        let [first, subscriptions, subscription, groups, group, providers, provider, accounts, account] = parts[..]
        else {
            return Err(error());
        };
        let words = [subscriptions, groups, providers, provider, accounts];
        let expected = ["subscriptions", "resourceGroups", "providers", "Microsoft.CognitiveServices", "accounts"];
        let named = |name: &str, most: usize, also: &str| {
            (1..=most).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
        };
        let shaped = first.is_empty()
            && words.iter().zip(expected).all(|(word, expected)| word.eq_ignore_ascii_case(expected))
            && is_guid(subscription)
            && (1..=90).contains(&group.chars().count())
            && group.chars().all(|c| c.is_alphanumeric() || "_-.()".contains(c))
            && named(account, 64, "_.-");
        if shaped { Ok(Self(text.into())) } else { Err(error()) }
    }
}

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

    fn secret(&self) -> &Secret {
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
        let url = to.to_url();
        may_receive(to.account(), &url)?;
        let form = self.form_for(to)?;
        Ok(match (form, self) {
            (Form::Key, _) => Header { name: "Ocp-Apim-Subscription-Key", value: self.secret().clone() },
            (Form::ApiKey, _) => Header { name: "api-key", value: self.secret().clone() },
            (
                Form::EntraComposed,
                Self::Entra { token, resource_id: Some(id) } | Self::EntraComposed { token, resource_id: id },
            ) => Header::bearer(&["aad#", id.as_str(), "#", token.expose()]),
            _ => Header::bearer(&[self.secret().expose()]),
        })
    }

    fn form_for(&self, to: &Endpoint) -> Result<Form, CredentialError> {
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

/// What is wrong with a key; `None` for anything that could be one, whatever its length.
fn key_fault(key: &str) -> Option<&'static str> {
    let placeholder = |text: &str| {
        let lower = text.to_ascii_lowercase().replace(['_', '-', ' '], "");
        [
            "yourkey",
            "yoursubscriptionkey",
            "yourspeechkey",
            "yourresourcekey",
            "yourapikey",
            "changeme",
            "placeholder",
            "todo",
            "none",
            "null",
            "speechkey",
            "subscriptionkey",
            "apikey",
            "key",
        ]
        .contains(&lower.as_str())
            || text.starts_with(['<', '$', '{', '%'])
            || text.bytes().all(|b| b == text.as_bytes()[0])
    };
    if key.trim().is_empty() {
        return Some("is empty: set the variable or file that it is read from");
    }
    if key.starts_with("aad#") || is_token_shaped(key) || key.starts_with("Bearer ") {
        return Some("is a token: give it with `--token-env` or `--token-file`");
    }
    if looks_like_key(key) && !placeholder(key) {
        return None;
    }
    if placeholder(key) {
        return Some("is a placeholder: put the key of the resource in its place");
    }
    if key.contains(['\n', '\r']) {
        return Some("holds a line break: strip it where the key is written");
    }
    if key.contains(char::is_whitespace) {
        return Some("holds blanks: copy it again without them");
    }
    if key.contains(['"', '\'', '`']) {
        return Some("holds quotes: remove them where the key is written");
    }
    if key.chars().any(|c| c.is_control() || !c.is_ascii()) {
        return Some("holds characters that no key has: copy it again");
    }
    None
}

/// Refuses what is not three base64url parts, the shape that issued and Microsoft Entra tokens share.
fn check_token(token: &str) -> Result<(), CredentialError> {
    let error = |fault| CredentialError::Token { length: token.chars().count(), fault };
    if token.is_empty() {
        return Err(error("is empty: set the variable or file that it is read from"));
    }
    if token.starts_with("Bearer ") {
        return Err(error("begins with `Bearer`: remove it, it is added on the wire"));
    }
    if looks_like_key(token) {
        return Err(error("is a key: give it with `--key-env` or `--key-file`"));
    }
    if !is_token_shaped(token) {
        return Err(error("is no token: expected three parts with dots between them, or `aad#{resource id}#{token}`"));
    }
    Ok(())
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(i, b)| if [8, 13, 18, 23].contains(&i) { b == b'-' } else { b.is_ascii_hexdigit() })
}

fn is_token_shaped(text: &str) -> bool {
    let mut parts = text.split('.');
    let part = |part: Option<&str>| {
        part.is_some_and(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_=".contains(&b))
        })
    };
    text.starts_with("ey") && part(parts.next()) && part(parts.next()) && part(parts.next()) && parts.next().is_none()
}

/// Whether the Speech token service issued it: its payload names the product, that of Microsoft Entra a tenant.
fn is_issued(token: &str) -> bool {
    let payload = token.split('.').nth(1).unwrap_or_default().trim_end_matches('=');
    let Ok(payload) = URL_SAFE_NO_PAD.decode(payload) else { return false };
    let payload = Zeroizing::new(String::from_utf8_lossy(&payload).into_owned());
    ["urn:ms.cognitiveservices", "cognitive-services-endpoint", "\"product-id\""]
        .iter()
        .any(|mark| payload.contains(mark))
}
