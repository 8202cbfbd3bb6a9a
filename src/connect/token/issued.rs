//! Tokens issued from a key: ten minutes each.

use std::error::Error;
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::error::TokenError;
use super::keys::{Keys, TriedKeys};
use super::slot::{Fetch, Fetched};
use crate::connect::jitter::between;
use crate::resolve::account::Account;
use crate::resolve::credential::{Credential, Secret};

/// Fetches tokens for a key at `issueToken`.
#[async_trait]
pub(crate) trait Issue: Send + Sync {
    /// A token for a key, as the service gave it.
    async fn issue(&self, account: &Account, key: &Credential) -> Result<Secret, IssueError>;
}

/// Why no token was issued.
#[derive(Debug)]
pub(crate) enum IssueError {
    /// 401: the service does not know the key.
    Refused(Arc<dyn Error + Send + Sync>),
    /// Anything else, which another key would not change.
    Failed(Arc<dyn Error + Send + Sync>),
}

/// Fetches tokens for an account, with the key that the service takes. Who issues is held only while asked: it may
/// itself hold the source.
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
        let issuer = self.issuer.upgrade().ok_or(TokenError::BrokenOff)?;
        let mut tried = TriedKeys::default();
        let mut refusal = None;
        while let Some(pick) = self.keys.pick(tried) {
            match issuer.issue(&self.account, self.keys.key(pick)).await {
                Ok(token) => {
                    self.keys.accepted(pick);
                    return Ok(token);
                }
                Err(IssueError::Refused(source)) => {
                    self.keys.refused(pick, &mut tried);
                    refusal = Some(source);
                }
                Err(IssueError::Failed(source)) => return Err(TokenError::NotIssued { source }),
            }
        }
        Err(TokenError::KeysRefused { keys: self.keys.count(), source: refusal })
    }
}

#[async_trait]
impl Fetch for Issued {
    async fn fetch(&self) -> Result<Fetched, TokenError> {
        // The token is as old as the request at least.
        let asked = Instant::now();
        let secret = self.issue().await?;
        if Credential::issued_token(secret.expose()).is_err() {
            let length = secret.expose().chars().count();
            return Err(TokenError::NotAToken { from: "the token service", length });
        }
        Ok(Fetched { secret, expires: asked + LIFE, renew: asked + between(EARLIEST_RENEWAL, LATEST_RENEWAL) })
    }

    fn is_alive(&self) -> bool {
        self.issuer.strong_count() > 0
    }
}

/// <https://learn.microsoft.com/azure/ai-services/authentication>
const LIFE: Duration = Duration::from_secs(10 * 60);

/// What the same page advises.
const LATEST_RENEWAL: Duration = Duration::from_secs(9 * 60);

/// A fleet that started at one moment spreads over a minute.
const EARLIEST_RENEWAL: Duration = Duration::from_secs(8 * 60);
