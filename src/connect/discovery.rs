//! Endpoint discovery: the URL that a custom domain redirects its clients to, and whether they may follow.
//! <https://github.com/microsoft/cognitive-services-speech-sdk-js/pull/910>

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::attempt::Attempt;
use crate::net::http::DISCOVERY;
use crate::probe::named;
use crate::resolve::credential::may_receive;
use crate::resolve::endpoint::{Endpoint, Expectation};

/// The URLs that custom domains redirect to, by endpoint. An entry is valid for [`LIFETIME`].
#[derive(Debug, Default)]
pub(super) struct RedirectCache(Mutex<HashMap<String, (Arc<Url>, Instant)>>);

impl RedirectCache {
    /// Returns the URL that an endpoint redirects to, if it is cached.
    pub(super) fn get(&self, endpoint: &Endpoint) -> Option<Arc<Url>> {
        let redirects = self.lock();
        let (url, _) = redirects.get(endpoint.url()).filter(|(_, expires)| Instant::now() < *expires)?;
        Some(url.clone())
    }

    pub(super) fn insert(&self, endpoint: &Endpoint, url: Url) -> Arc<Url> {
        let url = Arc::new(url);
        let mut redirects = self.lock();
        if redirects.len() >= CAPACITY {
            redirects.clear();
        }
        redirects.insert(endpoint.url().to_owned(), (url.clone(), Instant::now() + LIFETIME));
        url
    }

    pub(super) fn remove(&self, endpoint: &Endpoint) {
        self.lock().remove(endpoint.url());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Arc<Url>, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the URL of an endpoint's discovery request. It carries none of the caller's parameters.
pub(super) fn discovery_url(endpoint: &Endpoint) -> Url {
    let mut url = endpoint.to_url();
    url.set_query(Some(DISCOVERY));
    url
}

/// Returns the URL to continue with, if the redirect may be followed.
///
/// A URL that contains the credential is never followed: it would reveal it to name servers and in plain text.
pub(super) fn follow(attempt: &Attempt<'_>, redirect: &Url) -> Option<Url> {
    if named::refused(redirect, attempt.credential).is_some() { None } else { permitted(attempt.endpoint(), redirect) }
}

/// Returns the URL to use in place of the endpoint's, if the redirect is permitted.
///
/// 1. It must be encrypted. For a WebSocket, `https` becomes `wss`.
/// 2. Its host must be allowed to receive the account's credential: only hosts of the account's cloud are.
/// 3. It must not lead from a private endpoint to a public host.
/// 4. The caller's parameters are appended, except those that the service set itself.
fn permitted(endpoint: &Endpoint, redirect: &Url) -> Option<Url> {
    let mut url = redirect.clone();
    if endpoint.service().is_websocket() && url.scheme() == "https" {
        url.set_scheme("wss").ok()?;
    }
    let is_allowed = may_receive(endpoint.account(), &url).is_ok() && endpoint.expects() != Expectation::PrivateAddress;
    let has_right_scheme = (url.scheme() == "wss") == endpoint.service().is_websocket();
    if !is_allowed || !has_right_scheme {
        return None;
    }
    let own = endpoint.to_url();
    let is_set = |name: &str| redirect.query_pairs().any(|(set, _)| set.eq_ignore_ascii_case(name));
    for (name, value) in own.query_pairs().filter(|(name, _)| !is_set(name)) {
        url.query_pairs_mut().append_pair(&name, &value);
    }
    url.set_fragment(None);
    Some(url)
}

/// The network settings of a resource change rarely, and an entry is removed as soon as an attempt fails.
const LIFETIME: Duration = Duration::from_secs(600);

/// More endpoints than an application uses at the same time. The limit only bounds memory.
const CAPACITY: usize = 64;

/// One redirect, from the custom domain to the region, is normal. More hints at a loop.
pub(super) const MAX_REDIRECTS: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::access::Access;
    use crate::resolve::account::Account;
    use crate::resolve::query::Query;
    use crate::resolve::service::Service;

    fn followed(account: &Account, service: Service, redirect: &str) -> Option<String> {
        let query = Query::default().with_parameter("profanity", "raw").unwrap();
        let endpoint = account.endpoint_with(service, &query).unwrap();
        permitted(&endpoint, &redirect.parse().unwrap()).map(String::from)
    }

    #[test]
    fn redirects_are_followed_only_encrypted_within_the_same_cloud_and_never_out_of_a_private_network() {
        let account = Account::custom_domain("contoso".parse().unwrap());
        let redirect = "https://westeurope.stt.speech.microsoft.com/stt/speech/universal/v2?Ocp-Apim-Custom-Domain-Name=contoso.cognitiveservices.azure.com";
        let expected = "wss://westeurope.stt.speech.microsoft.com/stt/speech/universal/v2?Ocp-Apim-Custom-Domain-Name=contoso.cognitiveservices.azure.com&profanity=raw";
        assert_eq!(followed(&account, Service::SpeechToText, redirect).as_deref(), Some(expected));
        for rejected in [
            "https://evil.example/stt/speech/universal/v2",
            "https://fabrikam.cognitiveservices.azure.com/stt/speech/universal/v2",
            "ws://westeurope.stt.speech.microsoft.com/stt/speech/universal/v2",
            "http://westeurope.stt.speech.microsoft.com/stt/speech/universal/v2",
            "https://westeurope.stt.speech.microsoft.com:8443/stt/speech/universal/v2",
            "https://user@westeurope.stt.speech.microsoft.com/stt/speech/universal/v2",
            "https://westeurope.stt.speech.azure.cn/stt/speech/universal/v2",
            "file:///etc/passwd",
        ] {
            assert_eq!(followed(&account, Service::SpeechToText, rejected), None, "{rejected}");
        }
        let private = account.with_access(Access::private_endpoint());
        assert_eq!(followed(&private, Service::SpeechToText, redirect), None);
    }

    #[test]
    fn the_discovery_request_carries_no_parameters_of_the_caller() {
        let query = Query::default().with_custom_model("11111111-2222-3333-4444-555555555555").unwrap();
        let account = Account::custom_domain("contoso".parse().unwrap());
        let url = discovery_url(&account.endpoint_with(Service::SpeechToText, &query).unwrap());
        assert_eq!(url.query(), Some("GenerateRedirectResponse=true"));
    }
}
