//! Microsoft Entra tokens from any `azure_core` credential.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential};
use azure_core::time::OffsetDateTime;
use tokio::time::Instant;

use super::error::TokenError;
use super::token_cache::{Fetch, Fetched};
use crate::connect::jitter::between;
use crate::resolve::account::Account;
use crate::resolve::credential::{Credential, Secret};
use crate::resolve::service::Service;

/// Fetches tokens of one scope from a credential.
#[derive(Debug)]
pub(super) struct Entra {
    credential: Arc<dyn TokenCredential>,
    scope: String,
}

impl Entra {
    pub(super) fn new(credential: &Arc<dyn TokenCredential>, scope: &str) -> Self {
        Self { credential: credential.clone(), scope: scope.to_owned() }
    }
}

#[async_trait]
impl Fetch for Entra {
    async fn fetch(&self) -> Result<Fetched, TokenError> {
        let token = self.credential.get_token(&[&self.scope], None).await;
        let token = token.map_err(|error| TokenError::entra(&self.scope, &error))?;
        let text = token.token.secret();
        if Credential::entra(text, None).is_err() {
            return Err(TokenError::NotAToken { from: "the credential", length: text.chars().count() });
        }
        let life = life(&token)?;
        let now = Instant::now();
        Ok(Fetched { secret: Secret::from(text.to_owned()), expires: now + life, renew: now + age_at_renewal(life) })
    }
}

/// Returns the scope of the tokens that a service of an account accepts.
pub(super) fn scope(account: &Account, service: Service) -> Result<&str, TokenError> {
    account.token_scope(service).ok_or_else(|| TokenError::NoScope { cloud: account.cloud().clone() })
}

/// Returns the remaining lifetime of a token. Its expiry is wall-clock time, which is read once, when the token arrives. From
/// then on the monotonic clock counts, which nobody can set.
fn life(token: &AccessToken) -> Result<Duration, TokenError> {
    let life = token.expires_on - OffsetDateTime::now_utc();
    match Duration::try_from(life) {
        Ok(life) if !life.is_zero() => Ok(life.min(MAX_LIFETIME)),
        _ => Err(TokenError::Expired { ago: life.unsigned_abs() }),
    }
}

/// Returns the age at which a token is renewed: within the last quarter of its lifetime, and within its last five minutes.
fn age_at_renewal(life: Duration) -> Duration {
    let longest = (life / 4).min(RENEWAL_WINDOW);
    life.saturating_sub(between(longest * 2 / 3, longest)).max(MIN_AGE.min(life))
}

/// The credentials of `azure_identity` and `az` return their cached token until it has five minutes left.
const RENEWAL_WINDOW: Duration = Duration::from_secs(5 * 60 - 5);

/// Tokens with a shorter lifetime are fetched on demand, not in a loop.
const MIN_AGE: Duration = Duration::from_secs(10);

/// Tokens of managed identities live for a day. A claim of more than a week is capped.
const MAX_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_in_its_last_five_minutes_and_in_its_last_quarter() {
        for (life, earliest, latest) in
            [(3600, 3305, 3404), (360, 270, 300), (200, 150, 167), (40, 30, 34), (12, 10, 10), (3, 3, 3)]
        {
            for _ in 0..100 {
                let age = age_at_renewal(Duration::from_secs(life)).as_secs();
                assert!((earliest..=latest).contains(&age), "{life}: {age}");
            }
        }
    }

    #[test]
    fn the_clients_of_a_fleet_do_not_renew_at_the_same_moment() {
        let ages: Vec<Duration> = (0..100).map(|_| age_at_renewal(Duration::from_secs(3600))).collect();
        let spread = ages.iter().max().unwrap().abs_diff(*ages.iter().min().unwrap());
        assert!(spread > Duration::from_secs(30), "{spread:?}");
    }

    #[test]
    fn the_expiry_of_a_token_is_read_once_and_bounded() {
        let token = |seconds: i64| {
            AccessToken::new("x", OffsetDateTime::now_utc() + azure_core::time::Duration::seconds(seconds))
        };
        assert!((98..=100).contains(&life(&token(100)).unwrap().as_secs()));
        assert_eq!(life(&token(100 * 365 * 24 * 3600)).unwrap(), MAX_LIFETIME);
        let error = life(&token(-90)).unwrap_err().to_string();
        assert!(error.starts_with("the token had expired 90 s before it arrived: check the clock"), "{error}");
    }

    #[test]
    fn every_cloud_has_its_scope_and_a_custom_cloud_without_one_is_an_error() {
        use crate::resolve::cloud::{Cloud, Suffixes};
        let account = |cloud| Account::custom_domain("contoso".parse().unwrap()).with_cloud(cloud).unwrap();
        assert_eq!(
            scope(&account(Cloud::Public), Service::Voices).unwrap(),
            "https://cognitiveservices.azure.com/.default"
        );
        assert_eq!(
            scope(&account(Cloud::UsGovernment), Service::Voices).unwrap(),
            "https://cognitiveservices.azure.us/.default"
        );
        let suffixes = Suffixes::new("speech.example", "api.example", "cognitive.example").unwrap();
        let error = scope(&account(Cloud::Custom(Arc::new(suffixes))), Service::Voices).unwrap_err().to_string();
        assert_eq!(error, "the custom cloud has no token scope: set it with `Suffixes::with_token_scope`");
    }
}
