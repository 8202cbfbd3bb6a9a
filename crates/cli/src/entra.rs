//! `--entra`: a Microsoft Entra token from where this machine has one, and how every source that was tried ended.

use std::sync::Arc;
use std::time::Duration;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use speech_endpoint::evidence::{Failure, FailureKind, Remark};
use speech_endpoint::net::ProxySettings;
use speech_endpoint::net::{Network, RestClient, SharedNetwork};
use speech_endpoint::net::{TlsClient, Trust};
use speech_endpoint::{Account, Credential, ResourceId};
use tokio::time::{Instant, timeout};

use super::args::EntraSource;
use super::settings;

mod attempt;
mod program;
mod source;
mod words;

pub(crate) use attempt::{Attempt, End};
use source::Source;

/// What a token is fetched with.
pub(crate) struct Wanted<'a> {
    pub(crate) source: EntraSource,
    pub(crate) account: &'a Account,
    /// For the composed form.
    pub(crate) resource_id: Option<ResourceId>,
    pub(crate) way: Way<'a>,
    /// How long the whole run may take.
    pub(crate) total: Duration,
    /// Whether the programs of developers are asked when nobody named them.
    pub(crate) asks_programs: bool,
}

/// How requests go.
#[derive(Clone)]
pub(crate) struct Way<'a> {
    pub(crate) network: SharedNetwork,
    /// Whether the network is a lab, which has no metadata service.
    pub(crate) is_lab: bool,
    pub(crate) trust: &'a Trust,
    pub(crate) proxies: &'a ProxySettings,
}

/// What came of it.
pub(crate) struct Fetched {
    pub(crate) credential: Option<Credential>,
    pub(crate) remark: Remark,
}

/// Where tokens for an account come from, and what they are for.
pub(crate) struct Issuer {
    pub(crate) cloud: Arc<CloudConfiguration>,
    pub(crate) scope: String,
}

impl Issuer {
    fn of(account: &Account) -> Option<Self> {
        let suffixes = account.cloud().suffixes();
        let mut custom = CustomConfiguration::default();
        custom.authority_host = format!("https://{}", suffixes.authority()?);
        Some(Self { cloud: Arc::new(custom.into()), scope: suffixes.token_scope()?.to_owned() })
    }
}

/// Fetches a token.
///
/// 1. The sources in the order in which Azure's identity libraries try them, or the named one alone.
/// 2. The first token ends it. Every wait has a limit, and all of them together leave the run time to look.
/// 3. How each source ended is one remark.
pub(crate) async fn fetch(wanted: &Wanted<'_>) -> Fetched {
    let Some(issuer) = Issuer::of(wanted.account) else {
        let remark =
            Remark::new(FAILED, "no Entra token: the authority or the scope of this cloud is not known", false);
        return Fetched { credential: None, remark };
    };
    let deadline = Instant::now() + LONGEST.min(wanted.total * 3 / 4);
    let sources = Source::of(wanted.source);
    let mut attempts = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        // Where others wait, one that hangs must not use up their time.
        let limit = if number + 1 < sources.len() { left / 2 } else { left };
        attempts.push(tried(*source, wanted, &issuer, limit).await);
        if attempts.last().is_some_and(Attempt::has_token) {
            break;
        }
    }
    let remark = attempt::remark(wanted.source, &attempts, settings::now());
    let credential = attempts.pop().and_then(Attempt::into_token);
    Fetched {
        credential: credential.map(|token| Credential::Entra { token, resource_id: wanted.resource_id.clone() }),
        remark,
    }
}

async fn tried(source: Source, wanted: &Wanted<'_>, issuer: &Issuer, limit: Duration) -> Attempt {
    let begun = Instant::now();
    if source.is_program() && !wanted.asks_programs && wanted.source == EntraSource::Auto {
        return Attempt {
            source,
            end: End::Absent("it is asked only when it is named".to_owned()),
            took: Duration::ZERO,
        };
    }
    let limit = limit.min(source.longest());
    let end = match timeout(limit, source.token(issuer, &wanted.way, limit)).await {
        Ok(end) => end,
        Err(_) => End::Failed(source.silence(&wanted.way, limit)),
    };
    Attempt { source, end, took: begun.elapsed() }
}

/// A client for requests to a source of tokens.
fn client(
    network: impl Network + 'static,
    trust: &Trust,
    proxies: &ProxySettings,
    limit: Duration,
) -> Result<RestClient, Failure> {
    TlsClient::new(trust)
        .and_then(|tls| RestClient::new(network, &tls, proxies, limit))
        .map_err(|failure| Failure::new(FailureKind::Other, format!("no client can be made: {failure}")))
}

/// The id of the failure catalogue.
const FAILED: &str = "AUTH11";

/// `az` takes some seconds where it is slow; what takes longer waits for somebody.
const LONGEST: Duration = Duration::from_secs(15);
