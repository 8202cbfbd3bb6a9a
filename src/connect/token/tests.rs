//! `TokenSource`: what callers see of it, with a credential and a token service that are faked.

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

const FIRST: &str = "1123456789abcdef0123456789abcdef";
const SECOND: &str = "2123456789abcdef0123456789abcdef";
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl";
const ID: &str = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/\
                  Microsoft.CognitiveServices/accounts/contoso";

/// A token service that knows some keys.
#[derive(Default)]
struct Service {
    asked: Mutex<Vec<String>>,
    refuses: Mutex<Vec<&'static str>>,
    gives: Mutex<Option<&'static str>>,
    is_down: Mutex<bool>,
}

impl Service {
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn refuses(&self, keys: &[&'static str]) {
        *self.refuses.lock().unwrap() = keys.to_vec();
    }
}

#[async_trait]
impl Issue for Service {
    async fn issue(&self, _: &Account, key: &Credential) -> Result<Secret, IssueError> {
        let Credential::Key(key) = key else { panic!("{key:?}") };
        let mut asked = self.asked.lock().unwrap();
        asked.push(key.expose()[..1].to_owned());
        if *self.is_down.lock().unwrap() {
            return Err(IssueError::Failed(Arc::new(std::io::Error::other("no route"))));
        }
        if self.refuses.lock().unwrap().contains(&key.expose()) {
            return Err(IssueError::Refused(Arc::new(std::io::Error::other("401"))));
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

async fn held(source: &TokenSource, issuer: &Arc<dyn Issue>) -> Result<Held, TokenError> {
    source.credential(&account(), issuer, &Tried::default()).await
}

fn text(held: &Held) -> String {
    match held.credential() {
        None => "nothing".into(),
        Some(Credential::Key(secret) | Credential::IssuedToken(secret)) => secret.expose().into(),
        Some(Credential::Entra { token, resource_id }) => {
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
async fn two_hundred_connections_that_are_refused_with_one_key_take_the_other() {
    let (_, issuer) = service();
    let source = TokenSource::keys(FIRST, SECOND).unwrap();
    let mut first = Vec::new();
    for _ in 0..200 {
        first.push(held(&source, &issuer).await.unwrap());
    }
    for held in first {
        let mut tried = Tried::default();
        assert_eq!(text(&held), FIRST);
        assert!(source.refused(&held, &mut tried));
        let second = source.credential(&account(), &issuer, &tried).await.unwrap();
        assert_eq!(text(&second), SECOND);
        source.accepted(&second);
    }
    assert_eq!(source.state().key, Some(2));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_refused_with_both_keys_gets_none() {
    let (_, issuer) = service();
    let source = TokenSource::keys(FIRST, SECOND).unwrap();
    let mut tried = Tried::default();
    let first = held(&source, &issuer).await.unwrap();
    assert!(source.refused(&first, &mut tried));
    let second = source.credential(&account(), &issuer, &tried).await.unwrap();
    assert!(!source.refused(&second, &mut tried));
    let error = source.credential(&account(), &issuer, &tried).await.unwrap_err().to_string();
    assert!(error.starts_with("the resource refused both of its keys: use a key of this resource"), "{error}");
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
        let held = held(&source, &issuer).await.unwrap();
        source.accepted(&held);
        assert!(!source.refused(&held, &mut Tried::default()), "{source:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_issued_token_is_shared_and_renewed_before_nine_minutes() {
    let (service, issuer) = service();
    let source = TokenSource::key(FIRST).unwrap().issuing_tokens();
    for _ in 0..10 {
        assert_eq!(text(&held(&source.clone(), &issuer).await.unwrap()), TOKEN);
    }
    assert_eq!(service.asked().len(), 1);
    let times = source.state().tokens[0].clone();
    assert_eq!(times.expires_in, Some(Duration::from_secs(600)));
    let renews = times.renews_in.unwrap().as_secs();
    assert!((480..540).contains(&renews), "{renews}");
    pass(renews - 1).await;
    assert!(service.asked().is_empty());
    pass(541 - renews).await;
    assert_eq!(service.asked().len(), 1, "renewed with nobody asking");
    pass(1200).await;
    assert!(service.asked().is_empty(), "nobody used it since");
}

#[tokio::test(start_paused = true)]
async fn no_issued_token_is_renewed_later_than_nine_minutes() {
    let (_, issuer) = service();
    for _ in 0..100 {
        let source = TokenSource::key(FIRST).unwrap().issuing_tokens();
        held(&source, &issuer).await.unwrap();
        let renews = source.state().tokens[0].renews_in.unwrap().as_secs();
        assert!((480..540).contains(&renews), "{renews}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_does_not_hold_who_issues_and_goes_on_with_the_next() {
    let source = TokenSource::key(FIRST).unwrap().issuing_tokens();
    let (gone, issuer) = service();
    held(&source, &issuer).await.unwrap();
    drop(issuer);
    assert_eq!(Arc::strong_count(&gone), 1);
    let weak = Arc::downgrade(&gone);
    drop(gone);
    assert!(weak.upgrade().is_none());
    pass(545).await;
    let (service, issuer) = service();
    held(&source, &issuer).await.unwrap();
    pass(1).await;
    assert_eq!(service.asked().len(), 1, "renewed by the next while the token of the first is valid");
}

#[tokio::test(start_paused = true)]
async fn each_account_has_its_own_issued_token_and_its_own_scope() {
    let (service, issuer) = service();
    let source = TokenSource::key(FIRST).unwrap().issuing_tokens();
    let other = Account::custom_domain("fabrikam".parse().unwrap());
    held(&source, &issuer).await.unwrap();
    source.credential(&other, &issuer, &Tried::default()).await.unwrap();
    assert_eq!((service.asked().len(), source.state().tokens.len()), (2, 2));

    let identity = Identity::new(3600, Some(TOKEN));
    let source = TokenSource::entra(identity.clone());
    held(&source, &issuer).await.unwrap();
    source.credential(&other, &issuer, &Tried::default()).await.unwrap();
    let china = other.with_cloud(crate::resolve::cloud::Cloud::China).unwrap();
    source.credential(&china, &issuer, &Tried::default()).await.unwrap();
    let expected = ["https://cognitiveservices.azure.com/.default", "https://cognitiveservices.azure.cn/.default"];
    assert_eq!(*identity.scopes.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_issued_with_the_key_that_is_taken() {
    let (service, issuer) = service();
    let source = TokenSource::keys(FIRST, SECOND).unwrap().issuing_tokens();
    service.refuses(&[FIRST]);
    held(&source, &issuer).await.unwrap();
    assert_eq!((service.asked(), source.state().key), (vec!["1".to_owned(), "2".to_owned()], Some(2)));
    service.refuses(&[FIRST, SECOND]);
    let source = TokenSource::keys(FIRST, SECOND).unwrap().issuing_tokens();
    let error = held(&source, &issuer).await.unwrap_err();
    assert!(matches!(error, TokenError::KeysRefused { keys: 2, .. }), "{error}");
    assert_eq!(service.asked().len(), 2, "each key once");
}

#[tokio::test(start_paused = true)]
async fn a_token_service_that_fails_does_not_change_the_key() {
    let (service, issuer) = service();
    let source = TokenSource::keys(FIRST, SECOND).unwrap().issuing_tokens();
    *service.is_down.lock().unwrap() = true;
    let error = held(&source, &issuer).await.unwrap_err();
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "no route");
    assert_eq!((service.asked().len(), source.state().key), (1, Some(1)));
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_fetched_anew_once_in_a_call() {
    let (service, issuer) = service();
    let source = TokenSource::keys(FIRST, SECOND).unwrap().issuing_tokens();
    let first = held(&source, &issuer).await.unwrap();
    service.refuses(&[FIRST]);
    let mut tried = Tried::default();
    assert!(source.refused(&first, &mut tried));
    let second = source.credential(&account(), &issuer, &tried).await.unwrap();
    assert_eq!(service.asked(), ["1", "1", "2"]);
    pass(60).await;
    assert!(!source.refused(&second, &mut tried), "this call had its newer token");
    assert!(source.refused(&second, &mut Tried::default()), "another one may have it");
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_make_one_entra_fetch() {
    let (_, issuer) = service();
    let identity = Identity::new(3600, Some(TOKEN));
    let source = TokenSource::entra(identity.clone());
    let mut callers = JoinSet::new();
    for _ in 0..100 {
        let (source, issuer) = (source.clone(), issuer.clone());
        callers.spawn(async move { text(&held(&source, &issuer).await.unwrap()) });
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
        held(&source, &issuer).await.unwrap();
        assert_eq!(identity.count(), 1, "{second}");
        pass(1).await;
    }
    for _ in 140..600 {
        held(&source, &issuer).await.unwrap();
        pass(1).await;
    }
    assert!((4..=5).contains(&identity.count()), "{}", identity.count());
}

#[tokio::test(start_paused = true)]
async fn an_entra_token_is_renewed_in_its_last_five_minutes() {
    let (_, issuer) = service();
    let identity = Identity::new(3600, Some(TOKEN));
    let source = TokenSource::entra(identity.clone());
    held(&source, &issuer).await.unwrap();
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
    assert_eq!(text(&held(&plain, &issuer).await.unwrap()), format!(" {TOKEN}"));
    assert_eq!(text(&held(&composed, &issuer).await.unwrap()), format!("{ID} {TOKEN}"));
    assert_eq!(identity.count(), 1, "they share the token");
    let ready = TokenSource::ready(Credential::entra(TOKEN, None).unwrap()).with_resource_id(id);
    assert_eq!(text(&held(&ready, &issuer).await.unwrap()), format!("{ID} {TOKEN}"));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_token_is_said_and_not_shown() {
    let (service, issuer) = service();
    *service.gives.lock().unwrap() = Some("<html>Sign in, please</html>");
    let source = TokenSource::key(FIRST).unwrap().issuing_tokens();
    let entra = TokenSource::entra(Identity::new(3600, Some("opaque-and-secret")));
    for (source, expected) in
        [(source, "the token service gave 28 characters"), (entra, "the credential gave 17 characters")]
    {
        let error = held(&source, &issuer).await.unwrap_err();
        let seen = format!("{error} {error:?}");
        assert!(seen.contains(expected), "{seen}");
        assert!(!seen.contains("Sign") && !seen.contains("opaque"), "{seen}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failing_credential_says_the_code_of_entra() {
    let (_, issuer) = service();
    let source = TokenSource::entra(Identity::new(3600, None));
    let error = held(&source, &issuer).await.unwrap_err();
    let TokenError::Entra { code, .. } = &error else { panic!("{error}") };
    assert_eq!(code.as_deref(), Some("AADSTS7000222"));
    assert!(source.state().tokens[0].failure.is_some());
    let expired = TokenSource::entra(Identity::new(-60, Some(TOKEN)));
    assert!(matches!(held(&expired, &issuer).await, Err(TokenError::Expired { .. })));
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
        let held = held(&source, &issuer).await.unwrap();
        let seen = format!("{source:?} {source:#?} {held:?} {:?} {:?}", source.state(), Tried::default());
        assert!(seen.contains("kind: "), "{seen}");
        for secret in [FIRST, SECOND, "eyJ", "c2lnbmF0dXJl"] {
            assert!(!seen.contains(secret), "{seen}");
        }
    }
}
