//! Routes: the endpoints of an account, resolved and parsed once for each service and query.

use std::sync::{Arc, Mutex, PoisonError};

use url::Url;

use crate::diagnose::plan;
use crate::resolve::account::Account;
use crate::resolve::endpoint::{Endpoint, ResolveError};
use crate::resolve::query::Query;
use crate::resolve::service::Service;

/// A resolved endpoint and its parsed URL.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) endpoint: Endpoint,
    pub(super) url: Arc<Url>,
}

impl Route {
    pub(super) fn to(endpoint: Endpoint) -> Self {
        let url = Arc::new(endpoint.to_url());
        Self { endpoint, url }
    }
}

/// The cached routes of one account. An application opens the same few endpoints again and again.
#[derive(Debug, Default)]
pub(super) struct Routes(Mutex<Vec<(Service, Query, Arc<Route>)>>);

impl Routes {
    pub(super) fn to(&self, account: &Account, service: Service, query: &Query) -> Result<Arc<Route>, ResolveError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |(for_service, for_query, _): &&_| *for_service == service && *for_query == *query;
        if let Some((.., route)) = known.iter().find(is_it) {
            return Ok(route.clone());
        }
        let route = Arc::new(Route::to(plan::resolve(account, service, query)?));
        if known.len() >= CAPACITY {
            known.clear();
        }
        known.push((service, query.clone(), route.clone()));
        Ok(route)
    }
}

/// More endpoints than an application uses at the same time. The limit bounds memory if the parameters differ at each call.
const CAPACITY: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_resolved_once_for_a_service_and_query_and_the_cache_is_bounded() {
        let account = Account::regional("westeurope".parse().unwrap()).unwrap();
        let routes = Routes::default();
        let to = |language: &str| {
            let query = Query::default().with_language(language).unwrap();
            routes.to(&account, Service::SpeechToText, &query).unwrap()
        };
        let first = to("en-US");
        assert!(Arc::ptr_eq(&first, &to("en-US")));
        assert_eq!(first.url.as_str(), first.endpoint.url());
        let other = to("de-DE");
        assert!(other.url.as_str().ends_with("language=de-DE"), "{}", other.url);
        let voices = routes.to(&account, Service::Voices, &Query::default()).unwrap();
        assert_eq!(voices.endpoint.service(), Service::Voices);
        for number in 0..10 * CAPACITY {
            to(&format!("en-{number:03}"));
            assert!(routes.0.lock().unwrap().len() <= CAPACITY);
        }
        let unknown = routes.to(&account, Service::OpenAiSpeech, &Query::default());
        assert!(unknown.is_err(), "{unknown:?}");
    }
}
