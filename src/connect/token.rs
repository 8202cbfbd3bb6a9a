//! `TokenSource`: what an application authenticates with, kept fresh.

use std::fmt;
use std::sync::{Arc, Weak};

use azure_core::credentials::TokenCredential;

use crate::resolve::account::Account;
use crate::resolve::credential::{Credential, CredentialError, ResourceId};

mod entra;
mod error;
mod issued;
mod keys;
mod slot;
mod state;
mod task;

use entra::Entra;
pub use error::{Cause, TokenError};
use issued::Issued;
pub(crate) use issued::{Issue, IssueError};
use keys::{Keys, Pick, TriedKeys};
use slot::{Slot, Slots, Token};
pub use state::{TokenKind, TokenState, TokenTimes};

/// What an application authenticates with: cheap to clone, and clones share everything.
///
/// ```
/// use speech_endpoint::connect::{TokenKind, TokenSource};
///
/// // Both keys of the resource: one can be regenerated while the application runs.
/// let source = TokenSource::keys("0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210")?;
/// assert_eq!(source.state().key, Some(1));
///
/// // Or tokens issued from them.
/// assert_eq!(source.issuing_tokens().state().kind, TokenKind::Issued);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct TokenSource {
    origin: Arc<Origin>,
    resource_id: Option<ResourceId>,
}

enum Origin {
    None,
    Ready(Credential),
    Keys(Arc<Keys>),
    Issued { keys: Arc<Keys>, slots: Slots<Account> },
    Entra { credential: Arc<dyn TokenCredential>, slots: Slots<String> },
}

impl TokenSource {
    /// Nothing: what containers take.
    #[must_use]
    pub fn none() -> Self {
        Self::new(Origin::None)
    }

    /// One key of the resource.
    ///
    /// # Errors
    ///
    /// [`CredentialError::Key`], which says what is wrong and never shows the value.
    pub fn key(key: impl Into<String>) -> Result<Self, CredentialError> {
        Ok(Self::new(Origin::Keys(Arc::new(Keys::one(Credential::key(key)?)))))
    }

    /// Both keys of the resource: the second takes over when the service refuses the first, which is tried again later.
    ///
    /// # Errors
    ///
    /// [`CredentialError::Key`], which says what is wrong and never shows the value.
    pub fn keys(first: impl Into<String>, second: impl Into<String>) -> Result<Self, CredentialError> {
        let keys = Keys::two(Credential::key(first)?, Credential::key(second)?);
        Ok(Self::new(Origin::Keys(Arc::new(keys))))
    }

    /// Tokens issued from the keys in place of the keys: ten minutes each, renewed before nine while they are in use. Any
    /// source but one of keys stays as it is.
    #[must_use]
    pub fn issuing_tokens(self) -> Self {
        let Origin::Keys(keys) = &*self.origin else { return self };
        Self::new(Origin::Issued { keys: keys.clone(), slots: Slots::new() })
    }

    /// The Microsoft Entra tokens of any credential, for the scope of the account's cloud, renewed in their last five
    /// minutes while they are in use.
    ///
    /// Regional hosts need [`TokenSource::with_resource_id`] too; custom domains do not.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use azure_core::credentials::TokenCredential;
    /// use speech_endpoint::Account;
    /// use speech_endpoint::connect::{BuildError, Connector, TokenSource};
    ///
    /// /// Takes what `azure_identity` makes, such as `ManagedIdentityCredential::new(None)?`, or a credential of one's own.
    /// fn connector(account: Account, credential: Arc<dyn TokenCredential>) -> Result<Connector, BuildError> {
    ///     Connector::new(account, TokenSource::entra(credential))
    /// }
    /// ```
    #[must_use]
    pub fn entra(credential: Arc<dyn TokenCredential>) -> Self {
        Self::new(Origin::Entra { credential, slots: Slots::new() })
    }

    /// A key or token that is there already and never renewed.
    #[must_use]
    pub fn ready(credential: Credential) -> Self {
        Self::new(Origin::Ready(credential))
    }

    /// The resource that Microsoft Entra tokens are for, which regional hosts need to know.
    #[must_use]
    pub fn with_resource_id(self, id: ResourceId) -> Self {
        Self { resource_id: Some(id), ..self }
    }

    /// What is observable: which kind it is, which key is in use, when the tokens expire and are renewed.
    #[must_use]
    pub fn state(&self) -> TokenState {
        let state = |kind, key, tokens| TokenState { kind, key, tokens };
        match &*self.origin {
            Origin::None => state(TokenKind::None, None, Vec::new()),
            Origin::Ready(_) => state(TokenKind::Ready, None, Vec::new()),
            Origin::Keys(keys) => state(TokenKind::Keys, Some(keys.preferred() + 1), Vec::new()),
            Origin::Issued { keys, slots } => state(TokenKind::Issued, Some(keys.preferred() + 1), slots.times()),
            Origin::Entra { slots, .. } => state(TokenKind::Entra, None, slots.times()),
        }
    }

    fn new(origin: Origin) -> Self {
        Self { origin: Arc::new(origin), resource_id: None }
    }

    /// The credential for an account: the next to try, for a call that has tried some already.
    pub(crate) async fn credential(
        &self,
        account: &Account,
        issuer: &Arc<dyn Issue>,
        tried: &Tried,
    ) -> Result<Held, TokenError> {
        match &*self.origin {
            Origin::None => Ok(Held { credential: None, giver: Giver::Nobody }),
            Origin::Ready(credential) => Ok(Held::of(self.complete(credential.clone()), Giver::Nobody)),
            Origin::Keys(keys) => {
                let pick = keys.pick(tried.keys).ok_or(TokenError::KeysRefused { keys: keys.count(), source: None })?;
                Ok(Held::of(keys.key(pick).clone(), Giver::Keys(pick)))
            }
            Origin::Issued { keys, slots } => {
                let slot = slots.slot(account);
                let token = slot.token(|| Arc::new(Issued::new(keys, account, issuer))).await?;
                Ok(Held::of(Credential::IssuedToken(token.secret.clone()), Giver::slot(&slot, &token)))
            }
            Origin::Entra { credential, slots } => {
                let scope = entra::scope(account)?;
                let slot = slots.slot(scope);
                let token = slot.token(|| Arc::new(Entra::new(credential, scope))).await?;
                let credential = Credential::Entra { token: token.secret.clone(), resource_id: None };
                Ok(Held::of(self.complete(credential), Giver::slot(&slot, &token)))
            }
        }
    }

    /// The service answered 401. True when the same call should ask for a credential again: another key is left to try, or
    /// a newer token is there or will be fetched. A call tries each key once and one newer token.
    pub(crate) fn refused(&self, held: &Held, tried: &mut Tried) -> bool {
        match (&held.giver, &*self.origin) {
            (Giver::Keys(pick), Origin::Keys(keys)) => keys.refused(*pick, &mut tried.keys),
            (Giver::Slot { slot, generation }, _) => {
                let is_newer = slot.upgrade().is_some_and(|slot| slot.refused(*generation));
                is_newer && !std::mem::replace(&mut tried.newer_token, true)
            }
            _ => false,
        }
    }

    /// The service took it.
    pub(crate) fn accepted(&self, held: &Held) {
        if let (Giver::Keys(pick), Origin::Keys(keys)) = (&held.giver, &*self.origin) {
            keys.accepted(*pick);
        }
    }

    fn complete(&self, credential: Credential) -> Credential {
        match credential {
            Credential::Entra { token, resource_id: None } => {
                Credential::Entra { token, resource_id: self.resource_id.clone() }
            }
            other => other,
        }
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenSource").field(&self.state()).finish()
    }
}

/// A credential that was handed out, and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    credential: Option<Credential>,
    giver: Giver,
}

/// Who gave a credential, and hears what became of it.
#[derive(Clone, Debug)]
enum Giver {
    Nobody,
    Keys(Pick),
    Slot { slot: Weak<Slot>, generation: u64 },
}

impl Held {
    fn of(credential: Credential, giver: Giver) -> Self {
        Self { credential: Some(credential), giver }
    }

    /// What to send; nothing to a container.
    pub(crate) fn credential(&self) -> Option<&Credential> {
        self.credential.as_ref()
    }
}

impl Giver {
    fn slot(slot: &Arc<Slot>, token: &Token) -> Self {
        Self::Slot { slot: Arc::downgrade(slot), generation: token.generation }
    }
}

/// What one call has tried.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tried {
    keys: TriedKeys,
    newer_token: bool,
}

#[cfg(test)]
mod tests;
