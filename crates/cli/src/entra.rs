//! `--entra`: gets a Microsoft Entra token from a source on this machine, and reports the outcome of every source tried.

use std::sync::Arc;
use std::time::Duration;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use speech_endpoint::evidence::{Failure, FailureKind, Remark};
use speech_endpoint::net::ProxySettings;
use speech_endpoint::net::{Network, RestClient, SharedNetwork};
use speech_endpoint::net::{TlsClient, Trust};
use speech_endpoint::{Account, Cloud, Credential, ResourceId, Service};
use tokio::time::{Instant, timeout};

use super::args::EntraSource;
use super::machine;

mod attempt;
mod program;
mod source;
mod words;

pub(crate) use attempt::{Attempt, End};
use source::Source;

/// The settings for fetching a token.
pub(crate) struct Wanted<'a> {
    pub(crate) source: EntraSource,
    /// The authority and the scope; `None` if they are unknown.
    pub(crate) issuer: Option<Issuer>,
    /// For the composed form.
    pub(crate) resource_id: Option<ResourceId>,
    pub(crate) way: Way<'a>,
    /// The time limit of the whole run.
    pub(crate) total: Duration,
}

/// The network, roots and proxies of token requests.
#[derive(Clone)]
pub(crate) struct Way<'a> {
    pub(crate) network: SharedNetwork,
    /// Whether the network is a lab, which has no metadata service.
    pub(crate) is_lab: bool,
    pub(crate) trust: &'a Trust,
    pub(crate) proxies: &'a ProxySettings,
}

/// The result: a credential, if one was fetched, and a remark.
pub(crate) struct Fetched {
    pub(crate) credential: Option<Credential>,
    pub(crate) remark: Remark,
}

/// The authority that issues tokens, and their scope.
pub(crate) struct Issuer {
    pub(crate) cloud: Arc<CloudConfiguration>,
    pub(crate) scope: String,
}

impl Issuer {
    /// Returns the issuer for services of an account. The scope is that of the services if they have one in common, else that
    /// of the cloud.
    pub(crate) fn of(account: &Account, services: &[Service]) -> Option<Self> {
        let mut scopes = services.iter().map(|service| account.token_scope(*service));
        let common = scopes.next().filter(|first| scopes.all(|scope| scope == *first)).flatten();
        Self::new(account.cloud(), common.or(account.cloud().suffixes().token_scope())?)
    }

    /// Returns the issuer for the management API of a cloud.
    pub(crate) fn of_management(cloud: &Cloud) -> Option<Self> {
        Self::new(cloud, &cloud.suffixes().management_scope()?)
    }

    fn new(cloud: &Cloud, scope: &str) -> Option<Self> {
        let mut custom = CustomConfiguration::default();
        custom.authority_host = format!("https://{}", cloud.suffixes().authority()?);
        Some(Self { cloud: Arc::new(custom.into()), scope: scope.to_owned() })
    }
}

/// Fetches a token.
///
/// 1. Try the sources in the order of Azure's identity libraries, or only the named one.
/// 2. Stop at the first token. Every attempt has a time limit, and together they leave time for the checks.
/// 3. Report the outcome of all sources in one remark.
pub(crate) async fn fetch(wanted: &Wanted<'_>) -> Fetched {
    let Some(issuer) = &wanted.issuer else {
        let remark =
            Remark::new(FAILED, "no Entra token: the token authority or scope of this cloud is unknown", false);
        return Fetched { credential: None, remark };
    };
    let deadline = Instant::now() + LONGEST.min(wanted.total * 3 / 4);
    let sources = Source::of(wanted.source);
    let mut attempts = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        // A source that hangs must leave time for those after it.
        let limit = if number + 1 < sources.len() { left / 2 } else { left };
        attempts.push(tried(*source, wanted, issuer, limit).await);
        if attempts.last().is_some_and(Attempt::has_token) {
            break;
        }
    }
    let remark = attempt::remark(wanted.source, &attempts, machine::now());
    let credential = attempts.pop().and_then(Attempt::into_token);
    Fetched {
        credential: credential.and_then(|token| Credential::entra(token.expose(), wanted.resource_id.clone()).ok()),
        remark,
    }
}

async fn tried(source: Source, wanted: &Wanted<'_>, issuer: &Issuer, limit: Duration) -> Attempt {
    let begun = Instant::now();
    // In a lab, `az` and `azd` would sign in at the real authority.
    if source.is_program() && wanted.way.is_lab && wanted.source == EntraSource::Auto {
        return Attempt { source, end: End::Absent("tried only if selected by name".to_owned()), took: Duration::ZERO };
    }
    let limit = limit.min(source.longest());
    let end = match timeout(limit, source.token(issuer, &wanted.way, limit)).await {
        Ok(end) => end,
        Err(_) => End::Failed(source.silence(&wanted.way, limit)),
    };
    Attempt { source, end, took: begun.elapsed() }
}

/// Makes a client for token requests.
fn client(
    network: impl Network + 'static,
    trust: &Trust,
    proxies: &ProxySettings,
    limit: Duration,
) -> Result<RestClient, Failure> {
    TlsClient::new(trust)
        .and_then(|tls| RestClient::new(network, &tls, proxies, limit))
        .map_err(|failure| Failure::new(FailureKind::Other, format!("cannot create an HTTP client: {failure}")))
}

/// The id of the failure catalogue.
const FAILED: &str = "AUTH11";

/// A slow `az` needs several seconds. A program that needs longer is probably waiting for input.
const LONGEST: Duration = Duration::from_secs(15);
