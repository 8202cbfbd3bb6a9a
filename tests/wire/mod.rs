//! Records what a client sends: a lab for the client's settings, a connector in it, and the requests that reached the
//! service.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::OffsetDateTime;
use serde_json::Value;
use speech_endpoint::connect::{ConnectCause, ConnectError, Connector, TokenSource};
use speech_endpoint::net::{ProxySettings, Trust};
use speech_endpoint_lab::{Lab, SeenRequest, World};

/// Starts a lab for the settings of a client (`region`, `endpoint` or `host`), its assumed network and the actual one.
pub(crate) async fn lab(given: &Value, known: Option<&str>, real: Option<&str>) -> Lab {
    let mut toml = "title = \"what is given\"\n[resource]\n".to_owned();
    for key in ["region", "endpoint", "host"] {
        toml.extend(given[key].as_str().map(|value| format!("{key} = {value:?}\n")));
    }
    toml.extend(known.map(|network| format!("network = {network:?}\n")));
    toml.extend(real.map(|network| format!("[gateway]\nnetwork = {network:?}\n")));
    toml.push_str("[expect]\nfindings = []\nverdict = \"healthy\"\n");
    Lab::start(World::parse(&toml).expect("a world"), SystemTime::now()).await.expect("loopback")
}

pub(crate) fn connector(lab: &Lab, source: TokenSource) -> Connector {
    let account = lab.account().expect("an account").clone();
    Connector::builder(account, source)
        .network(lab.network())
        .trust(Trust::of(lab.system_roots(), lab.builtin_roots(), "the lab's store"))
        .proxies(ProxySettings::default())
        .time_limit(Duration::from_secs(5))
        .build()
        .expect("a connector")
}

/// Returns the URL of a request, without its scheme, and with the port that the client used.
pub(crate) fn url(seen: &SeenRequest) -> String {
    let host = seen.header("host").unwrap_or_default();
    let query = if seen.query.is_empty() { String::new() } else { format!("?{}", seen.query) };
    format!("{host}{}{query}", seen.path)
}

/// Returns the requests with a secret in the URL, in plain text or encoded.
pub(crate) fn urls_with_a_secret(lab: &Lab, secrets: &[String]) -> Vec<String> {
    let decoded = |text: &str| -> Vec<String> {
        let pairs = url::form_urlencoded::parse(text.as_bytes());
        pairs.flat_map(|(name, value)| [name.into_owned(), value.into_owned()]).chain([text.to_owned()]).collect()
    };
    let holds = |text: &str| decoded(text).iter().any(|text| secrets.iter().any(|secret| text.contains(secret)));
    let requests = lab.requests().into_iter().filter(|seen| holds(&seen.path) || holds(&seen.query));
    requests.map(|seen| format!("{seen:?}")).collect()
}

/// A source of Microsoft Entra tokens, like those of `azure_identity`.
pub(crate) fn identity(lab: &Lab) -> TokenSource {
    TokenSource::entra(Arc::new(Identity(lab.entra_token().expose().to_owned())))
}

struct Identity(String);

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity")
    }
}

#[async_trait]
impl TokenCredential for Identity {
    async fn get_token(&self, scopes: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        assert_eq!(scopes, ["https://cognitiveservices.azure.com/.default"]);
        let expires_on = OffsetDateTime::now_utc() + azure_core::time::Duration::hours(1);
        Ok(AccessToken::new(self.0.clone(), expires_on))
    }
}

/// Returns the composed form of the lab's Entra token.
pub(crate) fn composed(lab: &Lab) -> String {
    format!("aad#{}#{}", lab.resource_id(), lab.entra_token().expose())
}

/// Returns the reason for a failed connection: the id of the cause, or the status of the response.
pub(crate) fn id_of(error: &ConnectError) -> String {
    match error.cause() {
        ConnectCause::Resolve(cause) => cause.id().to_owned(),
        ConnectCause::Credential(cause) => cause.id().to_owned(),
        _ => error.status().map_or_else(|| error.to_string(), |status| status.to_string()),
    }
}

/// Reads a list from `tests/vectors`.
pub(crate) fn vectors(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name).with_extension("json");
    let text = fs::read_to_string(path).expect("a readable file");
    serde_json::from_str::<Value>(&text).expect("JSON").as_array().expect("a list").clone()
}
