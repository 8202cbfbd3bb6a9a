//! Plan: the checks of a diagnosis, decided before it starts. Pure.

use std::time::Duration;

use url::Url;

use crate::diagnose::evidence::{ResourceFacts, TargetFacts};
use crate::resolve::account::{Account, Resource};
use crate::resolve::credential::Credential;
use crate::resolve::endpoint::{Discovery, Endpoint, Expectation, ResolveError};
use crate::resolve::query::Query;
use crate::resolve::service::Service;

mod settings;

pub use settings::PlanSettings;

/// The targets to check and the limits of a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// The resource.
    pub account: Account,
    /// The hosts to check, in report order.
    pub targets: Vec<Target>,
    /// Services without a URL, each with the reason.
    pub refusals: Vec<ResolveError>,
    /// The limits on time and parallelism.
    pub limits: Limits,
}

/// A host to check and the expectations for it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Target {
    /// The purpose.
    pub purpose: Purpose,
    /// The URL.
    pub url: Url,
    /// The kind of address that DNS should return.
    pub expect: Expectation,
    /// Other names to look up if this one does not exist: the same name as a custom domain (CFG02).
    pub namesakes: Vec<String>,
    /// The same service at the resource's own host, to try the credential there if this host rejects it (CFG12).
    pub own: Option<Endpoint>,
    /// The service whose discovery returned this host, if it was discovered.
    pub discovered_from: Option<Service>,
}

/// The purpose of a target.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Purpose {
    /// A service to use.
    Service(Endpoint),
    /// A host that only has to be reachable, with the reason in words.
    Reach(&'static str),
}

/// Limits on the time and parallelism of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The whole run, not counting the time that sockets are held open.
    pub total: Duration,
    /// One wait within a stage: a response, a connection, a handshake.
    pub step: Duration,
    /// The number of targets checked in parallel.
    pub jobs: usize,
    /// How long each open WebSocket is kept idle and observed, in addition to `total`; zero disables it.
    pub hold: Duration,
    /// The number of additional connections to time at each working service, cold and warm, as time permits.
    pub rounds: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self::of(DEFAULT_TOTAL, DEFAULT_JOBS, 1)
    }
}

impl Limits {
    /// Creates limits for this number of targets. A step is short enough that every target is checked in time, including
    /// the additional probe for a target that drops every packet.
    #[must_use]
    pub fn of(total: Duration, jobs: usize, targets: usize) -> Self {
        let jobs = jobs.max(1);
        let waves = targets.div_ceil(jobs).max(1);
        let turns = u32::try_from(waves).unwrap_or(u32::MAX).saturating_mul(WAITS);
        let step = (total / turns).clamp(SHORTEST_STEP.min(total), LONGEST_STEP);
        Self { total, step, jobs, hold: Duration::ZERO, rounds: 0 }
    }
}

impl Plan {
    /// Creates the plan of a diagnosis.
    ///
    /// 1. Add each service at its endpoint; without services, use [`Plan::usual_services`]. If an open custom domain
    ///    has no
    ///    region, use discovery to find its real-time host.
    /// 2. Add the host that issues the tokens, if a token is used.
    /// 3. Set the limits for the number of targets.
    #[must_use]
    pub fn new(
        account: &Account,
        services: &[Service],
        query: &Query,
        credential: Option<&Credential>,
        total: Duration,
        jobs: usize,
    ) -> Self {
        let usual = Self::usual_services(account);
        let services = if services.is_empty() { &usual[..] } else { services };
        let mut plan =
            Self { account: account.clone(), targets: Vec::new(), refusals: Vec::new(), limits: Limits::default() };
        for service in services {
            match resolve(account, *service, &query.carried_by(*service)) {
                Ok(endpoint) => plan.targets.push(Target::of(endpoint)),
                Err(refusal) => plan.refusals.push(refusal),
            }
        }
        if let Some(credential) = credential {
            plan.targets.extend(token_host(account, credential, services));
        }
        plan.limits = Limits::of(total, jobs, plan.targets.len());
        plan
    }

    /// Adds targets and shortens the steps, so that every target is checked in time.
    pub fn add(&mut self, targets: impl IntoIterator<Item = Target>) {
        self.targets.extend(targets);
        let Limits { hold, rounds, .. } = self.limits;
        self.limits = Limits { hold, rounds, ..Limits::of(self.limits.total, self.limits.jobs, self.targets.len()) };
    }

    /// Returns whether sockets should be held open but no target has one.
    #[must_use]
    pub fn holds_nothing(&self) -> bool {
        !self.limits.hold.is_zero() && !self.targets.iter().any(Target::is_websocket)
    }

    /// Keeps every open WebSocket idle for this time and observes it.
    pub fn hold(&mut self, time: Duration) {
        self.limits.hold = time;
    }

    /// Times this number of additional connections at each working service.
    pub fn rounds(&mut self, rounds: usize) {
        self.limits.rounds = rounds;
    }

    /// Overrides the expected kind of address for every service.
    pub fn expect(&mut self, expect: Expectation) {
        for target in self.targets.iter_mut().filter(|target| target.endpoint().is_some()) {
            target.expect = expect;
        }
    }

    /// Returns the services checked by default: recognition and synthesis, each over its WebSocket.
    #[must_use]
    pub fn usual_services(account: &Account) -> Vec<Service> {
        match account.resource() {
            Resource::Container(_) => vec![Service::SpeechToTextV1, Service::TextToSpeech],
            Resource::OpenAi(..) => vec![Service::OpenAiRealtime],
            _ => vec![Service::SpeechToText, Service::TextToSpeechWebSocket],
        }
    }

    /// Returns the resource in the form stored in evidence.
    #[must_use]
    pub fn resource_facts(&self) -> ResourceFacts {
        ResourceFacts::of(&self.account)
    }
}

impl ResourceFacts {
    /// Converts an account into the form stored in evidence.
    #[must_use]
    pub fn of(account: &Account) -> Self {
        let host = match account.resource() {
            Resource::Container(host) => Some(host.authority().to_owned()),
            _ => None,
        };
        let cloud = host.is_none().then(|| account.cloud());
        Self {
            cloud: cloud.map(|cloud| cloud.id().to_owned()),
            region: account.region().map(ToString::to_string),
            custom_domain: account.domain().map(ToString::to_string),
            scenario: account.scenario().id().to_owned(),
            title: account.scenario().title().to_owned(),
            private_zone: cloud.map(|cloud| cloud.suffixes().private_zone()),
            custom_zone: cloud.map(|cloud| cloud.suffixes().custom_domain().to_owned()),
            token_scope: cloud.and_then(|cloud| cloud.suffixes().token_scope()).map(str::to_owned),
            host,
        }
    }
}

impl Target {
    /// Creates the target for a service at its endpoint.
    #[must_use]
    pub fn of(endpoint: Endpoint) -> Self {
        let account = endpoint.account();
        let suffixes = account.cloud().suffixes();
        let is_regional = matches!(account.resource(), Resource::Regional(_));
        let namesakes = match account.region() {
            Some(region) if is_regional && !endpoint.is_own_host() => {
                vec![format!("{region}.{}", suffixes.custom_domain())]
            }
            _ => Vec::new(),
        };
        let own = own_endpoint(&endpoint);
        let (url, expect) = (endpoint.to_url(), endpoint.expects());
        Self { purpose: Purpose::Service(endpoint), url, expect, namesakes, own, discovered_from: None }
    }

    /// Creates a target that only has to be reachable.
    #[must_use]
    pub fn reach(url: Url, what_for: &'static str) -> Self {
        Self {
            purpose: Purpose::Reach(what_for),
            url,
            expect: Expectation::PublicAddress,
            namesakes: Vec::new(),
            own: None,
            discovered_from: None,
        }
    }

    /// Creates the target for the host that issues Entra tokens in the account's cloud, if it is known.
    #[must_use]
    pub fn authority(account: &Account) -> Option<Self> {
        let authority = account.cloud().suffixes().authority()?;
        let url = Url::parse(&format!("https://{authority}/")).ok()?;
        Some(Self::reach(url, "Entra token host"))
    }

    /// Returns the endpoint, if the target is a service.
    #[must_use]
    pub fn endpoint(&self) -> Option<&Endpoint> {
        match &self.purpose {
            Purpose::Service(endpoint) => Some(endpoint),
            Purpose::Reach(_) => None,
        }
    }

    /// Returns the service, if the target is one.
    #[must_use]
    pub fn service(&self) -> Option<Service> {
        self.endpoint().map(Endpoint::service)
    }

    /// Returns the host.
    #[must_use]
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Returns the port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(443)
    }

    /// Returns whether the connection uses TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        matches!(self.url.scheme(), "https" | "wss")
    }

    /// Returns whether the service uses a WebSocket.
    #[must_use]
    pub fn is_websocket(&self) -> bool {
        matches!(self.url.scheme(), "ws" | "wss")
    }

    /// Returns whether discovery of the real-time host is possible or required.
    #[must_use]
    pub fn discovery(&self) -> Discovery {
        if self.discovered_from.is_some() {
            return Discovery::None;
        }
        self.endpoint().map_or(Discovery::None, Endpoint::discovery)
    }

    /// Returns the target in the form stored in evidence.
    #[must_use]
    pub fn facts(&self) -> TargetFacts {
        TargetFacts {
            service: self.service().map(|service| service.id().to_owned()),
            purpose: match self.purpose {
                Purpose::Service(_) => None,
                Purpose::Reach(what_for) => Some(what_for.to_owned()),
            },
            host: self.host().to_owned(),
            port: self.port(),
            url: self.url.to_string(),
            expect: self.expect.id().to_owned(),
            is_websocket: self.is_websocket(),
            is_own_host: self.endpoint().is_some_and(Endpoint::is_own_host),
            discovered_from: self.discovered_from.map(|service| service.id().to_owned()),
        }
    }
}

/// Returns the endpoint; if only the region is missing, the endpoint to query for the real-time host.
pub(crate) fn resolve(account: &Account, service: Service, query: &Query) -> Result<Endpoint, ResolveError> {
    match account.endpoint_with(service, query) {
        Err(ResolveError::RegionRequired { .. }) if account.domain().is_some() => {
            account.clone().with_discovery().endpoint_with(service, query)
        }
        other => other,
    }
}

/// Returns the endpoint at the resource's own host, for a service at a regional host of a resource with a custom domain.
fn own_endpoint(endpoint: &Endpoint) -> Option<Endpoint> {
    if endpoint.is_own_host() {
        return None;
    }
    let account = endpoint.account();
    let own = Account::custom_domain(account.domain()?.clone()).with_cloud(account.cloud().clone()).ok()?;
    own.endpoint(endpoint.service()).ok()
}

/// Returns the host that issues the tokens in use.
fn token_host(account: &Account, credential: &Credential, services: &[Service]) -> Option<Target> {
    if matches!(account.resource(), Resource::Container(_)) {
        return None;
    }
    match credential {
        Credential::IssuedToken(_) if !services.contains(&Service::IssueToken) => {
            account.endpoint(Service::IssueToken).ok().map(|endpoint| Target::reach(endpoint.to_url(), "token host"))
        }
        Credential::Entra { .. } | Credential::EntraComposed { .. } => Target::authority(account),
        _ => None,
    }
}

/// The default time limit of a run: longer than any healthy run, short enough to wait for.
pub const DEFAULT_TOTAL: Duration = Duration::from_secs(20);

/// The default number of hosts checked in parallel: few enough not to look like a port scan.
pub const DEFAULT_JOBS: usize = 16;

/// A path that drops packets at every stage waits for an address, for the proxy or a reference, and once more.
const WAITS: u32 = 4;

/// A shorter step would miss responses from another continent.
const SHORTEST_STEP: Duration = Duration::from_millis(300);

/// Cuts off the third SYN retransmission (1 s, 2 s, 4 s); a host that responds this late is unusable.
const LONGEST_STEP: Duration = Duration::from_secs(5);
