//! Microsoft Entra tokens, from any credential of `azure_core`.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential};
use azure_core::time::OffsetDateTime;
use tokio::time::Instant;

use super::error::TokenError;
use super::slot::{Fetch, Fetched};
use crate::connect::jitter::between;
use crate::resolve::account::Account;
use crate::resolve::credential::{Credential, Secret};

/// Asks a credential for tokens of one scope.
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

/// The scope of an account's cloud. Voice Live takes this one as well as its newer own.
pub(super) fn scope(account: &Account) -> Result<&str, TokenError> {
    let cloud = account.cloud();
    cloud.suffixes().token_scope().ok_or_else(|| TokenError::NoScope { cloud: cloud.clone() })
}

/// How long a token will be valid. Its end is a time of day, so the time of day is read here, once, when it comes; from
/// then on a clock counts that nobody sets.
fn life(token: &AccessToken) -> Result<Duration, TokenError> {
    let life = token.expires_on - OffsetDateTime::now_utc();
    match Duration::try_from(life) {
        Ok(life) if !life.is_zero() => Ok(life.min(LONGEST_LIFE)),
        _ => Err(TokenError::Expired { ago: life.unsigned_abs() }),
    }
}

/// At what age a token is renewed: in the last quarter of its life, and not before its last five minutes.
fn age_at_renewal(life: Duration) -> Duration {
    let longest = (life / 4).min(LAST_MINUTES);
    life.saturating_sub(between(longest * 2 / 3, longest)).max(SHORTEST_AGE.min(life))
}

/// The credentials of `azure_identity` and `az` give the token that they have until it has five minutes left.
const LAST_MINUTES: Duration = Duration::from_secs(5 * 60 - 5);

/// Whatever lives so short is fetched when it is needed, not in a loop.
const SHORTEST_AGE: Duration = Duration::from_secs(10);

/// Managed identities give tokens for a day; what claims more is not believed.
const LONGEST_LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

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
    fn fleets_do_not_renew_at_the_same_moment() {
        let ages: Vec<Duration> = (0..100).map(|_| age_at_renewal(Duration::from_secs(3600))).collect();
        let spread = ages.iter().max().unwrap().abs_diff(*ages.iter().min().unwrap());
        assert!(spread > Duration::from_secs(30), "{spread:?}");
    }

    #[test]
    fn the_end_of_a_token_is_read_once_and_believed_within_reason() {
        let token = |seconds: i64| {
            AccessToken::new("x", OffsetDateTime::now_utc() + azure_core::time::Duration::seconds(seconds))
        };
        assert!((98..=100).contains(&life(&token(100)).unwrap().as_secs()));
        assert_eq!(life(&token(100 * 365 * 24 * 3600)).unwrap(), LONGEST_LIFE);
        let error = life(&token(-90)).unwrap_err().to_string();
        assert!(error.starts_with("the token expired 90 s before it came: compare the clock"), "{error}");
    }

    #[test]
    fn every_cloud_has_its_scope_and_a_custom_one_says_that_it_lacks_it() {
        use crate::resolve::cloud::{Cloud, Suffixes};
        let account = |cloud| Account::custom_domain("contoso".parse().unwrap()).with_cloud(cloud).unwrap();
        assert_eq!(scope(&account(Cloud::Public)).unwrap(), "https://cognitiveservices.azure.com/.default");
        assert_eq!(scope(&account(Cloud::UsGovernment)).unwrap(), "https://cognitiveservices.azure.us/.default");
        let suffixes = Suffixes::new("speech.example", "api.example", "cognitive.example").unwrap();
        let error = scope(&account(Cloud::Custom(Arc::new(suffixes)))).unwrap_err().to_string();
        assert_eq!(error, "the custom cloud has no token scope: give it with `Suffixes::with_token_scope`");
    }
}
