//! Tokens that the token service issues for a key. Each is valid for ten minutes.

use std::error::Error;
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::error::TokenError;
use super::keys::{Keys, TriedKeys};
use super::token_cache::{Fetch, Fetched};
use crate::connect::jitter::between;
use crate::resolve::account::Account;
use crate::resolve::credential::{Credential, Secret};

/// Requests tokens at `issueToken`.
#[async_trait]
pub(crate) trait Issue: Send + Sync {
    /// Returns the token that the service issued for a key.
    async fn issue(&self, account: &Account, key: &Credential) -> Result<Secret, IssueError>;
}

/// A failed request to `issueToken`.
#[derive(Debug)]
pub(crate) enum IssueError {
    /// The service rejected the key with 401.
    Rejected(Arc<dyn Error + Send + Sync>),
    /// Any other failure. Another key would not help.
    Failed(Arc<dyn Error + Send + Sync>),
}

/// Fetches tokens for an account, with the key that the service accepts. The issuer is a weak reference, because it may own
/// the token source.
pub(super) struct Issued {
    keys: Arc<Keys>,
    account: Account,
    issuer: Weak<dyn Issue>,
}

impl Issued {
    pub(super) fn new(keys: &Arc<Keys>, account: &Account, issuer: &Arc<dyn Issue>) -> Self {
        Self { keys: keys.clone(), account: account.clone(), issuer: Arc::downgrade(issuer) }
    }

    async fn issue(&self) -> Result<Secret, TokenError> {
        let issuer = self.issuer.upgrade().ok_or(TokenError::Cancelled)?;
        let mut tried = TriedKeys::default();
        let mut rejection = None;
        while let Some(lease) = self.keys.lease(tried) {
            match issuer.issue(&self.account, self.keys.key(lease)).await {
                Ok(token) => {
                    self.keys.accepted(lease);
                    return Ok(token);
                }
                Err(IssueError::Rejected(source)) => {
                    self.keys.rejected(lease, &mut tried);
                    rejection = Some(source);
                }
                Err(IssueError::Failed(source)) => return Err(TokenError::NotIssued { source }),
            }
        }
        Err(TokenError::KeysRejected { keys: self.keys.count(), source: rejection })
    }
}

#[async_trait]
impl Fetch for Issued {
    async fn fetch(&self) -> Result<Fetched, TokenError> {
        // The lifetime starts when the service issues the token, which is not before the request.
        let requested = Instant::now();
        let secret = self.issue().await?;
        if Credential::issued_token(secret.expose()).is_err() {
            let length = secret.expose().chars().count();
            return Err(TokenError::NotAToken { from: "the token service", length });
        }
        Ok(Fetched {
            secret,
            expires: requested + LIFETIME,
            renew: requested + between(EARLIEST_RENEWAL, LATEST_RENEWAL),
        })
    }

    fn can_fetch(&self) -> bool {
        self.issuer.strong_count() > 0
    }
}

/// The lifetime of an issued token: <https://learn.microsoft.com/azure/ai-services/authentication>
const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// The same page recommends to renew a token after nine minutes.
const LATEST_RENEWAL: Duration = Duration::from_secs(9 * 60);

/// A minute of spread keeps the clients of a fleet that started together from renewing together.
const EARLIEST_RENEWAL: Duration = Duration::from_secs(8 * 60);
