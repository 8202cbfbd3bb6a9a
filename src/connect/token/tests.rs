//! Token sources, with a fake credential and a fake token service.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenRequestOptions};
use azure_core::error::ErrorKind;
use azure_core::time::OffsetDateTime;
use tokio::task::{JoinSet, yield_now};
use tokio::time::advance;

use super::*;
use crate::resolve::credential::Secret;

const VOICES: crate::resolve::service::Service = crate::resolve::service::Service::Voices;

const FIRST: &str = "1123456789abcdef0123456789abcdef";
const SECOND: &str = "2123456789abcdef0123456789abcdef";
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl";
const ID: &str = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/\
                  Microsoft.CognitiveServices/accounts/contoso";

/// A token service that accepts some keys.
#[derive(Default)]
struct Service {
    asked: Mutex<Vec<String>>,
    rejects: Mutex<Vec<&'static str>>,
    gives: Mutex<Option<&'static str>>,
    is_down: Mutex<bool>,
}

impl Service {
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn rejects(&self, keys: &[&'static str]) {
        *self.rejects.lock().unwrap() = keys.to_vec();
    }
}

#[async_trait]
impl Issue for Service {
    async fn issue(&self, _: &Account, key: &Credential) -> Result<Secret, IssueError> {
        let Held::Key(key) = &key.0 else { panic!("{key:?}") };
        let mut asked = self.asked.lock().unwrap();
        asked.push(key.expose()[..1].to_owned());
        if *self.is_down.lock().unwrap() {
            return Err(IssueError::Failed(Arc::new(std::io::Error::other("no route"))));
        }
        if self.rejects.lock().unwrap().contains(&key.expose()) {
            return Err(IssueError::Rejected(Arc::new(std::io::Error::other("401"))));
        }
        Ok(Secret::from(self.gives.lock().unwrap().unwrap_or(TOKEN).to_owned()))
    }
}

/// A credential of `azure_core`.
#[derive(Debug)]
struct Identity {
    fetches: AtomicU64,
    scopes: Mutex<Vec<String>>,
    life: i64,
    gives: Option<&'static str>,
}

impl Identity {
    fn new(life: i64, gives: Option<&'static str>) -> Arc<Self> {
        Arc::new(Self { fetches: AtomicU64::new(0), scopes: Mutex::default(), life, gives })
    }

    fn count(&self) -> u64 {
        self.fetches.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl TokenCredential for Identity {
    async fn get_token(&self, scopes: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        self.scopes.lock().unwrap().extend(scopes.iter().map(ToString::to_string));
        let fail = || azure_core::Error::with_message(ErrorKind::Credential, "AADSTS7000222: the secret has expired");
        let expires_on = OffsetDateTime::now_utc() + azure_core::time::Duration::seconds(self.life);
        self.gives.map(|text| AccessToken::new(text, expires_on)).ok_or_else(fail)
    }
}

fn account() -> Account {
    Account::custom_domain("contoso".parse().unwrap())
}

fn service() -> (Arc<Service>, Arc<dyn Issue>) {
    let service = Arc::new(Service::default());
    (service.clone(), service)
}

async fn lease(source: &TokenSource, issuer: &Arc<dyn Issue>) -> Result<Lease, TokenError> {
    source.lease(&account(), VOICES, issuer, &TriedCredentials::default(), LIMIT).await
}

fn text(lease: &Lease) -> String {
    match lease.credential().map(|credential| &credential.0) {
        None => "nothing".into(),
        Some(Held::Key(secret) | Held::IssuedToken(secret)) => secret.expose().into(),
        Some(Held::Entra { token, resource_id }) => {
            format!("{} {}", resource_id.as_ref().map_or("", ResourceId::as_str), token.expose())
        }
        Some(other) => panic!("{other:?}"),
    }
}

async fn pass(seconds: u64) {
    for _ in 0..seconds {
        advance(Duration::from_secs(1)).await;
        for _ in 0..8 {
            yield_now().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_hundred_connections_whose_key_is_rejected_use_the_other_one() {
    let (_, issuer) = service();
    let source = TokenSource::keys(FIRST, SECOND).unwrap();
    let mut first = Vec::new();
    for _ in 0..200 {
        first.push(lease(&source, &issuer).await.unwrap());
    }
    for lease in first {
        let mut tried = TriedCredentials::default();
        assert_eq!(text(&lease), FIRST);
        assert!(source.rejected(&lease, &mut tried));
        let second = source.lease(&account(), VOICES, &issuer, &tried, LIMIT).await.unwrap();
        assert_eq!(text(&second), SECOND);
        source.accepted(&second);
    }
    assert_eq!(source.state().active_key, Some(KeyName::Key2));
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_keys_were_both_rejected_gets_no_credential() {
    let (_, issuer) = service();
    let source = TokenSource::keys(FIRST, SECOND).unwrap();
    let mut tried = TriedCredentials::default();
    let first = lease(&source, &issuer).await.unwrap();
    assert!(source.rejected(&first, &mut tried));
    let second = source.lease(&account(), VOICES, &issuer, &tried, LIMIT).await.unwrap();
    assert!(!source.rejected(&second, &mut tried));
    let error = source.lease(&account(), VOICES, &issuer, &tried, LIMIT).await.unwrap_err().to_string();
    assert!(error.starts_with("the resource rejected both keys: use a key of this resource"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_change_is_not_worth_another_try() {
    let (_, issuer) = service();
    for source in [
        TokenSource::none(),
        TokenSource::key(FIRST).unwrap(),
        TokenSource::ready(Credential::key(FIRST).unwrap()),
        TokenSource::ready(Credential::entra(TOKEN, None).unwrap()),
    ] {
        let lease = lease(&source, &issuer).await.unwrap();
        source.accepted(&lease);
        assert!(!source.rejected(&lease, &mut TriedCredentials::default()), "{source:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_issued_token_is_shared_and_renewed_before_nine_minutes() {
    let (service, issuer) = service();
    let source = TokenSource::key(FIRST).unwrap().issuing_tokens();
    for _ in 0..10 {
        assert_eq!(text(&lease(&source.clone(), &issuer).await.unwrap()), TOKEN);
    }
    assert_eq!(service.asked().len(), 1);
    let times = source.state().tokens[0].clone();
    assert_eq!(times.expires_in, Some(Duration::from_secs(600)));
    let renews = times.renews_in.unwrap().as_secs();
    assert!((480..540).contains(&renews), "{renews}");
    pass(renews - 1).await;
    assert!(service.asked().is_empty());
    pass(541 - renews).await;
    assert_eq!(service.asked().len(), 1, "renewed without a call");
    pass(1200).await;
    assert!(service.asked().is_empty(), "nobody used it since");
}

#[tokio::test(start_paused = true)]
async fn no_issued_token_is_renewed_later_than_nine_minutes() {
    let (_, issuer) = service();
    for _ in 0..100 {
        let source = TokenSource::key(FIRST).unwrap().issuing_tokens();
        lease(&source, &issuer).await.unwrap();
        let renews = source.state().tokens[0].renews_in.unwrap().as_secs();
        assert!((480..540).contains(&renews), "{renews}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_does_not_hold_who_issues_and_goes_on_with_the_next() {
    let source = TokenSource::key(FIRST).unwrap().issuing_tokens();
    let (gone, issuer) = service();
    lease(&source, &issuer).await.unwrap();
    drop(issuer);
    assert_eq!(Arc::strong_count(&gone), 1);
    let weak = Arc::downgrade(&gone);
    drop(gone);
    assert!(weak.upgrade().is_none());
    pass(545).await;
    let (service, issuer) = service();
    lease(&source, &issuer).await.unwrap();
    pass(1).await;
    assert_eq!(service.asked().len(), 1, "renewed by the next connector while the token of the first is valid");
}

#[tokio::test(start_paused = true)]
async fn each_account_has_its_own_issued_token_and_its_own_scope() {
    let (service, issuer) = service();
    let source = TokenSource::key(FIRST).unwrap().issuing_tokens();
    let other = Account::custom_domain("fabrikam".parse().unwrap());
    lease(&source, &issuer).await.unwrap();
    source.lease(&other, VOICES, &issuer, &TriedCredentials::default(), LIMIT).await.unwrap();
    assert_eq!((service.asked().len(), source.state().tokens.len()), (2, 2));

    let identity = Identity::new(3600, Some(TOKEN));
    let source = TokenSource::entra(identity.clone());
    lease(&source, &issuer).await.unwrap();
    source.lease(&other, VOICES, &issuer, &TriedCredentials::default(), LIMIT).await.unwrap();
    let china = other.with_cloud(crate::resolve::cloud::Cloud::China).unwrap();
    source.lease(&china, VOICES, &issuer, &TriedCredentials::default(), LIMIT).await.unwrap();
    let expected = ["https://cognitiveservices.azure.com/.default", "https://cognitiveservices.azure.cn/.default"];
    assert_eq!(*identity.scopes.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_issued_with_the_key_that_is_taken() {
    let (service, issuer) = service();
    let source = TokenSource::keys(FIRST, SECOND).unwrap().issuing_tokens();
    service.rejects(&[FIRST]);
    lease(&source, &issuer).await.unwrap();
    assert_eq!(
        (service.asked(), source.state().active_key),
        (vec!["1".to_owned(), "2".to_owned()], Some(KeyName::Key2))
    );
    service.rejects(&[FIRST, SECOND]);
    let source = TokenSource::keys(FIRST, SECOND).unwrap().issuing_tokens();
    let error = lease(&source, &issuer).await.unwrap_err();
    assert!(matches!(error, TokenError::KeysRejected { keys: 2, .. }), "{error}");
    assert_eq!(service.asked().len(), 2, "each key once");
}

#[tokio::test(start_paused = true)]
async fn a_token_service_that_fails_does_not_change_the_key() {
    let (service, issuer) = service();
    let source = TokenSource::keys(FIRST, SECOND).unwrap().issuing_tokens();
    *service.is_down.lock().unwrap() = true;
    let error = lease(&source, &issuer).await.unwrap_err();
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "no route");
    assert_eq!((service.asked().len(), source.state().active_key), (1, Some(KeyName::Key1)));
}

#[tokio::test(start_paused = true)]
async fn a_rejected_token_is_replaced_once_in_a_call() {
    let (service, issuer) = service();
    let source = TokenSource::keys(FIRST, SECOND).unwrap().issuing_tokens();
    let first = lease(&source, &issuer).await.unwrap();
    service.rejects(&[FIRST]);
    let mut tried = TriedCredentials::default();
    assert!(source.rejected(&first, &mut tried));
    let second = source.lease(&account(), VOICES, &issuer, &tried, LIMIT).await.unwrap();
    assert_eq!(service.asked(), ["1", "1", "2"]);
    pass(60).await;
    assert!(!source.rejected(&second, &mut tried), "this call had its newer token");
    assert!(source.rejected(&second, &mut TriedCredentials::default()), "another one may have it");
}

/// Both keys are regenerated by a script, and each call gets its answer with the newer token.
#[tokio::test(start_paused = true)]
async fn tokens_that_are_rejected_within_seconds_are_replaced_each_time() {
    let (service, issuer) = service();
    let source = TokenSource::keys(FIRST, SECOND).unwrap().issuing_tokens();
    for call in 1..10 {
        let mut tried = TriedCredentials::default();
        let older = source.lease(&account(), VOICES, &issuer, &tried, LIMIT).await.unwrap();
        assert!(source.rejected(&older, &mut tried), "call {call}");
        let newer = source.lease(&account(), VOICES, &issuer, &tried, LIMIT).await.unwrap();
        source.accepted(&newer);
        assert_eq!(service.asked().len(), if call == 1 { 2 } else { 1 });
        pass(3).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_make_one_entra_fetch() {
    let (_, issuer) = service();
    let identity = Identity::new(3600, Some(TOKEN));
    let source = TokenSource::entra(identity.clone());
    let mut callers = JoinSet::new();
    for _ in 0..100 {
        let (source, issuer) = (source.clone(), issuer.clone());
        callers.spawn(async move { text(&lease(&source, &issuer).await.unwrap()) });
    }
    assert!(callers.join_all().await.iter().all(|text| text.ends_with(TOKEN)));
    assert_eq!(identity.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_short_lived_token_is_not_fetched_for_each_call() {
    let (_, issuer) = service();
    let identity = Identity::new(200, Some(TOKEN));
    let source = TokenSource::entra(identity.clone());
    for second in 0..140 {
        lease(&source, &issuer).await.unwrap();
        assert_eq!(identity.count(), 1, "{second}");
        pass(1).await;
    }
    for _ in 140..600 {
        lease(&source, &issuer).await.unwrap();
        pass(1).await;
    }
    assert!((4..=5).contains(&identity.count()), "{}", identity.count());
}

#[tokio::test(start_paused = true)]
async fn an_entra_token_is_renewed_in_its_last_five_minutes() {
    let (_, issuer) = service();
    let identity = Identity::new(3600, Some(TOKEN));
    let source = TokenSource::entra(identity.clone());
    lease(&source, &issuer).await.unwrap();
    pass(3300).await;
    assert_eq!(identity.count(), 1);
    pass(110).await;
    assert_eq!(identity.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_resource_id_goes_with_entra_tokens() {
    let (_, issuer) = service();
    let id: ResourceId = ID.parse().unwrap();
    let identity = Identity::new(3600, Some(TOKEN));
    let plain = TokenSource::entra(identity.clone());
    let composed = plain.clone().with_resource_id(id.clone());
    assert_eq!(text(&lease(&plain, &issuer).await.unwrap()), format!(" {TOKEN}"));
    assert_eq!(text(&lease(&composed, &issuer).await.unwrap()), format!("{ID} {TOKEN}"));
    assert_eq!(identity.count(), 1, "they share the token");
    let ready = TokenSource::ready(Credential::entra(TOKEN, None).unwrap()).with_resource_id(id);
    assert_eq!(text(&lease(&ready, &issuer).await.unwrap()), format!("{ID} {TOKEN}"));
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_not_a_token_is_reported_without_its_text() {
    let (service, issuer) = service();
    *service.gives.lock().unwrap() = Some("<html>Sign in, please</html>");
    let source = TokenSource::key(FIRST).unwrap().issuing_tokens();
    let entra = TokenSource::entra(Identity::new(3600, Some("opaque-and-secret")));
    for (source, expected) in
        [(source, "the token service returned 28 characters"), (entra, "the credential returned 17 characters")]
    {
        let error = lease(&source, &issuer).await.unwrap_err();
        let seen = format!("{error} {error:?}");
        assert!(seen.contains(expected), "{seen}");
        assert!(!seen.contains("Sign") && !seen.contains("opaque"), "{seen}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_credential_contains_the_entra_code() {
    let (_, issuer) = service();
    let source = TokenSource::entra(Identity::new(3600, None));
    let error = lease(&source, &issuer).await.unwrap_err();
    let TokenError::Entra { code, .. } = &error else { panic!("{error}") };
    assert_eq!(code.as_deref(), Some("AADSTS7000222"));
    assert!(source.state().tokens[0].failure.is_some());
    let expired = TokenSource::entra(Identity::new(-60, Some(TOKEN)));
    assert!(matches!(lease(&expired, &issuer).await, Err(TokenError::Expired { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_source_shows_its_state_and_no_secret() {
    let (_, issuer) = service();
    for source in [
        TokenSource::none(),
        TokenSource::keys(FIRST, SECOND).unwrap(),
        TokenSource::keys(FIRST, SECOND).unwrap().issuing_tokens(),
        TokenSource::entra(Identity::new(3600, Some(TOKEN))).with_resource_id(ID.parse().unwrap()),
        TokenSource::ready(Credential::key(FIRST).unwrap()),
        TokenSource::ready(Credential::token(TOKEN).unwrap()),
    ] {
        let lease = lease(&source, &issuer).await.unwrap();
        let seen = format!("{source:?} {source:#?} {lease:?} {:?} {:?}", source.state(), TriedCredentials::default());
        assert!(seen.contains("kind: "), "{seen}");
        for secret in [FIRST, SECOND, "eyJ", "c2lnbmF0dXJl"] {
            assert!(!seen.contains(secret), "{seen}");
        }
    }
}

/// The time of a call.
const LIMIT: Duration = Duration::from_secs(60);
