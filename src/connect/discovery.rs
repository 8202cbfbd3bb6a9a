//! Discovery: where a custom domain directs its clients, and whether they may go there.
//! <https://github.com/microsoft/cognitive-services-speech-sdk-js/pull/910>

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use crate::net::http::DISCOVERY;
use crate::resolve::credential::may_receive;
use crate::resolve::endpoint::{Endpoint, Expectation};

/// What custom domains answered, for as long as it is believed.
#[derive(Debug, Default)]
pub(super) struct Directions(Mutex<HashMap<String, (Arc<Url>, Instant)>>);

impl Directions {
    /// Where the clients of an endpoint are directed, if that is known.
    pub(super) fn of(&self, endpoint: &Endpoint) -> Option<Arc<Url>> {
        let directions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (url, _) = directions.get(endpoint.url()).filter(|(_, until)| Instant::now() < *until)?;
        Some(url.clone())
    }

    pub(super) fn keep(&self, endpoint: &Endpoint, url: Url) -> Arc<Url> {
        let url = Arc::new(url);
        let mut directions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if directions.len() >= MOST_DIRECTIONS {
            directions.clear();
        }
        directions.insert(endpoint.url().to_owned(), (url.clone(), Instant::now() + BELIEVED));
        url
    }

    pub(super) fn forget(&self, endpoint: &Endpoint) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(endpoint.url());
    }
}

/// The URL at which an endpoint is asked for directions: its own, without what a caller asks of the service.
pub(super) fn question(endpoint: &Endpoint) -> Url {
    let mut url = endpoint.to_url();
    url.set_query(Some(DISCOVERY));
    url
}

/// The URL to use in place of an endpoint's, where the named one may be followed.
///
/// 1. Encrypted, as the endpoint is used: `https` becomes `wss` for a WebSocket. Nothing is followed down to plain text.
/// 2. To a host that may receive the account's credential: the cloud's own, never a stranger's.
/// 3. Never away from a private endpoint to a public host.
/// 4. With the service's own parameters, and those of the caller that it did not set.
pub(super) fn follow(endpoint: &Endpoint, named: &Url) -> Option<Url> {
    let mut url = named.clone();
    if endpoint.service().is_websocket() && url.scheme() == "https" {
        url.set_scheme("wss").ok()?;
    }
    let is_allowed = may_receive(endpoint.account(), &url).is_ok() && endpoint.expects() != Expectation::PrivateAddress;
    let is_of_its_kind = (url.scheme() == "wss") == endpoint.service().is_websocket();
    if !is_allowed || !is_of_its_kind {
        return None;
    }
    let own = endpoint.to_url();
    let is_set = |name: &str| named.query_pairs().any(|(set, _)| set.eq_ignore_ascii_case(name));
    for (name, value) in own.query_pairs().filter(|(name, _)| !is_set(name)) {
        url.query_pairs_mut().append_pair(&name, &value);
    }
    url.set_fragment(None);
    Some(url)
}

/// A resource changes its network rarely, and what was said before is forgotten when it leads nowhere.
const BELIEVED: Duration = Duration::from_secs(600);

/// As many endpoints as an application may use.
const MOST_DIRECTIONS: usize = 64;

/// How often a client is sent on before it stops: from the custom domain to the region is once.
pub(super) const MOST_HOPS: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::access::Access;
    use crate::resolve::account::Account;
    use crate::resolve::query::Query;
    use crate::resolve::service::Service;

    fn followed(account: &Account, service: Service, named: &str) -> Option<String> {
        let query = Query::default().with_parameter("profanity", "raw").unwrap();
        let endpoint = account.endpoint_with(service, &query).unwrap();
        follow(&endpoint, &named.parse().unwrap()).map(String::from)
    }

    #[test]
    fn only_the_own_cloud_is_followed_encrypted_and_never_out_of_a_private_network() {
        let account = Account::custom_domain("contoso".parse().unwrap());
        let named = "https://westeurope.stt.speech.microsoft.com/stt/speech/universal/v2?Ocp-Apim-Custom-Domain-Name=contoso.cognitiveservices.azure.com";
        let expected = "wss://westeurope.stt.speech.microsoft.com/stt/speech/universal/v2?Ocp-Apim-Custom-Domain-Name=contoso.cognitiveservices.azure.com&profanity=raw";
        assert_eq!(followed(&account, Service::SpeechToText, named).as_deref(), Some(expected));
        for refused in [
            "https://evil.example/stt/speech/universal/v2",
            "https://fabrikam.cognitiveservices.azure.com/stt/speech/universal/v2",
            "ws://westeurope.stt.speech.microsoft.com/stt/speech/universal/v2",
            "http://westeurope.stt.speech.microsoft.com/stt/speech/universal/v2",
            "https://westeurope.stt.speech.microsoft.com:8443/stt/speech/universal/v2",
            "https://user@westeurope.stt.speech.microsoft.com/stt/speech/universal/v2",
            "https://westeurope.stt.speech.azure.cn/stt/speech/universal/v2",
            "file:///etc/passwd",
        ] {
            assert_eq!(followed(&account, Service::SpeechToText, refused), None, "{refused}");
        }
        let private = account.with_access(Access::private_endpoint());
        assert_eq!(followed(&private, Service::SpeechToText, named), None);
    }

    #[test]
    fn the_question_carries_nothing_of_the_caller() {
        let query = Query::default().with_custom_model("11111111-2222-3333-4444-555555555555").unwrap();
        let account = Account::custom_domain("contoso".parse().unwrap());
        let url = question(&account.endpoint_with(Service::SpeechToText, &query).unwrap());
        assert_eq!(url.query(), Some("GenerateRedirectResponse=true"));
    }
}
