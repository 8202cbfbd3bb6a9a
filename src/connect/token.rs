//! Token sources: the credentials of an application, cached and renewed.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use azure_core::credentials::TokenCredential;

use crate::resolve::account::Account;
use crate::resolve::credential::{Credential, CredentialError, Held, ResourceId};
use crate::resolve::service::Service;

// The modules are listed from the ground up. Each uses only those above it.

mod error;
mod keys;

mod state;

mod pulse;
mod token_cache;

mod entra;
mod issued;

use entra::Entra;
pub use error::{RedactedCause, TokenError};
use issued::Issued;
pub(crate) use issued::{Issue, IssueError};
use keys::{KeyLease, Keys, TriedKeys};
pub use state::{KeyName, TokenKind, TokenState, TokenTimes};
use token_cache::{Token, TokenCache, TokenCaches};

/// The credentials that a connector authenticates with. Cheap to clone; clones share everything.
///
/// ```
/// use speech_endpoint::connect::{KeyName, TokenKind, TokenSource};
///
/// // With both keys of the resource, each can be regenerated while the application runs.
/// let source = TokenSource::keys("0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210")?;
/// assert_eq!(source.state().active_key, Some(KeyName::Key1));
///
/// // Or use tokens issued from the keys.
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
    Issued { keys: Arc<Keys>, caches: TokenCaches<Account> },
    Entra { credential: Arc<dyn TokenCredential>, caches: TokenCaches<String> },
}

impl TokenSource {
    /// Sends no credential, as containers need none.
    #[must_use]
    pub fn none() -> Self {
        Self::new(Origin::None)
    }

    /// Uses one key of the resource.
    ///
    /// # Errors
    ///
    /// [`CredentialError::Key`], which describes the fault without the value.
    pub fn key(key: impl Into<String>) -> Result<Self, CredentialError> {
        Ok(Self::new(Origin::Keys(Arc::new(Keys::one(Credential::key(key)?)))))
    }

    /// Uses both keys of the resource. If the service rejects the first, the second takes over, and the first is tried again
    /// every five minutes.
    ///
    /// # Errors
    ///
    /// [`CredentialError::Key`], which describes the fault without the value.
    pub fn keys(first: impl Into<String>, second: impl Into<String>) -> Result<Self, CredentialError> {
        let keys = Keys::two(Credential::key(first)?, Credential::key(second)?);
        Ok(Self::new(Origin::Keys(Arc::new(keys))))
    }

    /// Uses tokens issued from the keys instead of the keys. Each is valid for ten minutes, and is renewed in the ninth
    /// while it is in use. Sources without keys stay as they are.
    #[must_use]
    pub fn issuing_tokens(self) -> Self {
        let Origin::Keys(keys) = &*self.origin else { return self };
        Self::new(Origin::Issued { keys: keys.clone(), caches: TokenCaches::new() })
    }

    /// Uses the Microsoft Entra tokens of an `azure_core` credential, with the scope of the account's cloud. They are renewed
    /// in their last five minutes while they are in use.
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
    /// /// Accepts a credential of `azure_identity`, such as `ManagedIdentityCredential::new(None)?`, or a custom one.
    /// fn connector(account: Account, credential: Arc<dyn TokenCredential>) -> Result<Connector, BuildError> {
    ///     Connector::new(account, TokenSource::entra(credential))
    /// }
    /// ```
    #[must_use]
    pub fn entra(credential: Arc<dyn TokenCredential>) -> Self {
        Self::new(Origin::Entra { credential, caches: TokenCaches::new() })
    }

    /// Uses a key or token as it is, and never renews it.
    #[must_use]
    pub fn ready(credential: Credential) -> Self {
        Self::new(Origin::Ready(credential))
    }

    /// Sets the resource that Microsoft Entra tokens are sent with. Regional hosts require it.
    #[must_use]
    pub fn with_resource_id(self, id: ResourceId) -> Self {
        Self { resource_id: Some(id), ..self }
    }

    /// Returns the observable state: the kind, the key in use, and when tokens expire and are renewed.
    #[must_use]
    pub fn state(&self) -> TokenState {
        let state = |kind, active_key, tokens| TokenState { kind, active_key, tokens };
        let active = |keys: &Keys| Some(KeyName::of(keys.preferred()));
        match &*self.origin {
            Origin::None => state(TokenKind::None, None, Vec::new()),
            Origin::Ready(_) => state(TokenKind::Ready, None, Vec::new()),
            Origin::Keys(keys) => state(TokenKind::Keys, active(keys), Vec::new()),
            Origin::Issued { keys, caches } => state(TokenKind::Issued, active(keys), caches.times()),
            Origin::Entra { caches, .. } => state(TokenKind::Entra, None, caches.times()),
        }
    }

    fn new(origin: Origin) -> Self {
        Self { origin: Arc::new(origin), resource_id: None }
    }

    /// Leases the next credential for a service of an account, given those that the call has tried and the time that it has.
    pub(crate) async fn lease(
        &self,
        account: &Account,
        service: Service,
        issuer: &Arc<dyn Issue>,
        tried: &TriedCredentials,
        limit: Duration,
    ) -> Result<Lease, TokenError> {
        match &*self.origin {
            Origin::None => Ok(Lease { credential: None, origin: LeaseOrigin::Fixed }),
            Origin::Ready(credential) => Ok(Lease::of(self.complete(credential.clone()), LeaseOrigin::Fixed)),
            Origin::Keys(keys) => {
                let rejected = || TokenError::KeysRejected { keys: keys.count(), source: None };
                let lease = keys.lease(tried.keys).ok_or_else(rejected)?;
                Ok(Lease::of(keys.key(lease).clone(), LeaseOrigin::Key(lease)))
            }
            Origin::Issued { keys, caches } => {
                let cache = caches.get(account);
                let token = cache.token(limit, || Arc::new(Issued::new(keys, account, issuer))).await?;
                Ok(Lease::of(
                    Credential(Held::IssuedToken(token.secret.clone())),
                    LeaseOrigin::cache(&cache, &token, *tried),
                ))
            }
            Origin::Entra { credential, caches } => {
                let scope = entra::scope(account, service)?;
                let cache = caches.get(scope);
                let token = cache.token(limit, || Arc::new(Entra::new(credential, scope))).await?;
                let credential = Credential(Held::Entra { token: token.secret.clone(), resource_id: None });
                Ok(Lease::of(self.complete(credential), LeaseOrigin::cache(&cache, &token, *tried)))
            }
        }
    }

    /// Records that the service rejected a credential with 401. Returns whether to retry with another one: another key, or
    /// a newer token. A call tries each key once, and one newer token.
    pub(crate) fn rejected(&self, lease: &Lease, tried: &mut TriedCredentials) -> bool {
        match (&lease.origin, &*self.origin) {
            (LeaseOrigin::Key(lease), Origin::Keys(keys)) => keys.rejected(*lease, &mut tried.keys),
            (LeaseOrigin::Cache { cache, generation, .. }, _) => {
                let has_newer = cache.upgrade().is_some_and(|cache| cache.rejected(*generation));
                has_newer && !std::mem::replace(&mut tried.newer_token, true)
            }
            _ => false,
        }
    }

    /// Records that the service accepted a credential.
    pub(crate) fn accepted(&self, lease: &Lease) {
        match (&lease.origin, &*self.origin) {
            (LeaseOrigin::Key(lease), Origin::Keys(keys)) => keys.accepted(*lease),
            (LeaseOrigin::Cache { cache, is_newer: true, .. }, _) => {
                cache.upgrade().inspect(|cache| cache.helped());
            }
            _ => {}
        }
    }

    /// Adds the resource to Microsoft Entra tokens that have none.
    fn complete(&self, credential: Credential) -> Credential {
        match &self.resource_id {
            Some(id) => credential.with_resource_id(id.clone()),
            None => credential,
        }
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenSource").field(&self.state()).finish()
    }
}

/// A credential that a call uses. Its outcome is reported by [`TokenSource::accepted`] or [`TokenSource::rejected`].
#[derive(Clone, Debug)]
pub(crate) struct Lease {
    credential: Option<Credential>,
    origin: LeaseOrigin,
}

/// The part of a source that a credential came from, which learns its outcome.
#[derive(Clone, Debug)]
enum LeaseOrigin {
    Fixed,
    Key(KeyLease),
    Cache {
        cache: Weak<TokenCache>,
        generation: u64,
        /// Whether the service rejected an older token in the same call.
        is_newer: bool,
    },
}

impl Lease {
    fn of(credential: Credential, origin: LeaseOrigin) -> Self {
        Self { credential: Some(credential), origin }
    }

    /// Returns the credential; `None` for containers.
    pub(crate) fn credential(&self) -> Option<&Credential> {
        self.credential.as_ref()
    }
}

impl LeaseOrigin {
    fn cache(cache: &Arc<TokenCache>, token: &Token, tried: TriedCredentials) -> Self {
        Self::Cache { cache: Arc::downgrade(cache), generation: token.generation, is_newer: tried.newer_token }
    }
}

/// The credentials that a call has tried.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TriedCredentials {
    keys: TriedKeys,
    newer_token: bool,
}

#[cfg(test)]
mod tests;
