//! Plan: the targets and limits of a doctor run, decided before it starts. Pure.

use std::time::Duration;

use url::Url;

use crate::diagnose::evidence::{Companion, ResourceFacts, TargetFacts};
use crate::resolve::account::{Account, Resource};
use crate::resolve::credential::Credential;
use crate::resolve::endpoint::{Discovery, Endpoint, Expectation, ResolveError};
use crate::resolve::form::CredentialForm;
use crate::resolve::foundry::FoundryHost;
use crate::resolve::note::Note;
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
    /// The hosts to reach, in the order of the report.
    pub targets: Vec<Target>,
    /// Services that have no URL.
    pub refusals: Vec<ResolveError>,
    /// The limits.
    pub limits: Limits,
}

/// A host to reach, with the expected kind of address.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Target {
    /// The purpose.
    pub purpose: TargetPurpose,
    /// The URL.
    pub url: Url,
    /// The expected kind of address.
    pub expect: Expectation,
    /// Other names whose lookup explains why this one does not exist: the same name as a custom domain (CFG02).
    pub namesakes: Vec<String>,
    /// The same service at the resource's own host, to try the credential there when this host rejects it (CFG12).
    pub own: Option<Endpoint>,
    /// The service that named this host during the run.
    pub discovered_from: Option<Service>,
    /// The zone of the record of a private endpoint of this host, if that is not the zone of the resource.
    pub private_zone: Option<String>,
    /// Notes on the endpoint for the reader, one sentence each.
    pub notes: Vec<String>,
}

/// The purpose of a target.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TargetPurpose {
    /// A service.
    Service(Endpoint),
    /// A companion of the services; it only has to be reachable.
    Reach(Companion),
}

/// Limits of time and concurrency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The time limit of the run, not counting idle sockets.
    pub total: Duration,
    /// The time limit of one step: a response, a connection, a handshake.
    pub step: Duration,
    /// The number of targets checked in parallel.
    pub jobs: usize,
    /// The time for which each open socket is kept idle and watched, in addition to `total`; zero for none.
    pub hold: Duration,
    /// The number of further connections that are timed at each working service, cold and warm, as far as time allows.
    pub rounds: usize,
    /// Whether the revocation lists and responders that a verified certificate names are fetched over HTTP.
    pub checks_revocation: bool,
    /// Whether a round trip is made at each working service. It costs some of the quota, and time in addition to `total`.
    pub round_trips: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self::of(DEFAULT_TOTAL, DEFAULT_JOBS, 1)
    }
}

impl Limits {
    /// Returns the limits for a number of targets. A step is short enough that every target gets its turn within the time
    /// limit, and that a further probe fits when every packet is lost.
    #[must_use]
    pub fn of(total: Duration, jobs: usize, targets: usize) -> Self {
        let jobs = jobs.max(1);
        let waves = targets.div_ceil(jobs).max(1);
        let turns = u32::try_from(waves).unwrap_or(u32::MAX).saturating_mul(WAITS);
        let step = (total / turns).clamp(SHORTEST_STEP.min(total), LONGEST_STEP);
        Self { total, step, jobs, hold: Duration::ZERO, rounds: 0, checks_revocation: false, round_trips: false }
    }
}

impl Limits {
    /// Returns the time for which a round trip waits for each answer: twice a step, but never so short that a busy service seems
    /// silent.
    #[must_use]
    pub fn patience(&self) -> Duration {
        (self.step * 2).max(SHORTEST_PATIENCE)
    }

    /// Returns the longest time of one round trip, in addition to `total`.
    #[must_use]
    pub fn round_trip(&self) -> Duration {
        if self.round_trips { self.patience() * 3 } else { Duration::ZERO }
    }
}

impl Plan {
    /// Returns the plan of a doctor run.
    ///
    /// 1. Each service at its endpoint; without any, [`Plan::usual_services`]. Where an open custom domain has no region,
    ///    endpoint discovery finds its real-time host.
    /// 2. The token host, where a token is used.
    /// 3. The limits, by the number of targets.
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

    /// Adds targets and shortens the steps so that every target gets its turn.
    #[must_use]
    pub fn with_targets(mut self, targets: impl IntoIterator<Item = Target>) -> Self {
        self.targets.extend(targets);
        let Limits { hold, rounds, checks_revocation, round_trips, .. } = self.limits;
        self.limits = Limits {
            hold,
            rounds,
            checks_revocation,
            round_trips,
            ..Limits::of(self.limits.total, self.limits.jobs, self.targets.len())
        };
        self
    }

    /// Returns whether sockets are to be kept idle although no target has one.
    #[must_use]
    pub fn holds_nothing(&self) -> bool {
        !self.limits.hold.is_zero() && !self.targets.iter().any(Target::is_websocket)
    }

    /// Returns whether a note on the resource matters to the services of this plan.
    #[must_use]
    pub fn concerns(&self, note: &Note) -> bool {
        let refused = self.refusals.iter().map(ResolveError::service);
        note.concerns(self.targets.iter().filter_map(Target::service).chain(refused))
    }

    /// Sets the time for which every open socket is kept idle.
    #[must_use]
    pub fn with_hold(mut self, time: Duration) -> Self {
        self.limits.hold = time;
        self
    }

    /// Sets the number of further connections at each working service.
    #[must_use]
    pub fn with_rounds(mut self, rounds: usize) -> Self {
        self.limits.rounds = rounds;
        self
    }

    /// Sets whether the revocation lists and responders of certificates are fetched.
    #[must_use]
    pub fn with_revocation_check(mut self, checks_revocation: bool) -> Self {
        self.limits.checks_revocation = checks_revocation;
        self
    }

    /// Sets whether a round trip is made at each working service: a sentence is spoken, recognised, translated or transcribed,
    /// or the voices are listed. It needs a credential, and counts against the quota of the resource.
    #[must_use]
    pub fn with_round_trips(mut self, round_trips: bool) -> Self {
        self.limits.round_trips = round_trips;
        self
    }

    /// Sets the expected kind of address of every service.
    #[must_use]
    pub fn with_expectation(mut self, expect: Expectation) -> Self {
        let has_expectation = |target: &Target| target.endpoint().is_some() || target.private_zone.is_some();
        for target in self.targets.iter_mut().filter(|target| has_expectation(target)) {
            target.expect = expect;
        }
        self
    }

    /// Adds the hosts that a Foundry project needs: the Foundry host of its account, and those of the other resources.
    /// [`Plan::foundry_services`] are the services at the other hosts of the account.
    #[must_use]
    pub fn with_foundry(self, hosts: &[FoundryHost]) -> Self {
        let models = self
            .targets
            .iter()
            .filter_map(Target::endpoint)
            .find(|endpoint| endpoint.service() == Service::OpenAiModels);
        let at_foundry = models.and_then(Endpoint::at_foundry_host).map(Target::of);
        let others: Vec<Target> = at_foundry.into_iter().chain(hosts.iter().filter_map(Target::foundry_host)).collect();
        self.with_targets(others)
    }

    /// Returns the services that show whether the hosts of a Foundry account work, without a deployment and without cost.
    #[must_use]
    pub fn foundry_services() -> [Service; 2] {
        [Service::SpeechToTextRest, Service::OpenAiModels]
    }

    /// Returns the services that a doctor checks by default: recognition and synthesis, each at its WebSocket; at an Azure
    /// OpenAI resource, the list of models, which needs no deployment and costs nothing.
    #[must_use]
    pub fn usual_services(account: &Account) -> Vec<Service> {
        match account.resource() {
            Resource::Container(_) => vec![Service::SpeechToTextV1, Service::TextToSpeech],
            Resource::OpenAi(..) => vec![Service::OpenAiModels],
            _ => vec![Service::SpeechToText, Service::TextToSpeechWebSocket],
        }
    }

    /// Returns the facts about the resource.
    #[must_use]
    pub fn resource_facts(&self) -> ResourceFacts {
        ResourceFacts::of(&self.account)
    }
}

impl ResourceFacts {
    /// Returns the facts about an account.
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
            scenario: Some(account.scenario()),
            title: account.scenario().title().to_owned(),
            private_zone: cloud.map(|cloud| cloud.suffixes().private_zone()),
            custom_zone: cloud.map(|cloud| cloud.suffixes().custom_domain().to_owned()),
            token_scope: cloud.and_then(|cloud| cloud.suffixes().token_scope()).map(str::to_owned),
            allowed_subnets: account.allowed_subnets().iter().map(ToString::to_string).collect(),
            host,
        }
    }
}

impl Target {
    /// Returns a service at its endpoint.
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
        let notes = endpoint.notes().iter().map(|note| note.text.clone()).collect();
        Self {
            purpose: TargetPurpose::Service(endpoint),
            url,
            expect,
            namesakes,
            own,
            discovered_from: None,
            private_zone: None,
            notes,
        }
    }

    /// Returns a companion, which only has to be reachable.
    #[must_use]
    pub fn reach(url: Url, purpose: Companion) -> Self {
        Self {
            purpose: TargetPurpose::Reach(purpose),
            url,
            expect: Expectation::PublicAddress,
            namesakes: Vec::new(),
            own: None,
            discovered_from: None,
            private_zone: None,
            notes: Vec::new(),
        }
    }

    /// Returns a host of a Foundry project, which only has to be reachable, at a public or a private address.
    #[must_use]
    pub fn foundry_host(host: &FoundryHost) -> Option<Self> {
        let url = Url::parse(&format!("https://{}/", host.host)).ok()?;
        let private_zone = Some(host.private_zone.clone());
        Some(Self { expect: Expectation::Either, private_zone, ..Self::reach(url, host.part.into()) })
    }

    /// Returns the host that issues Entra tokens in the account's cloud, where it is known.
    #[must_use]
    pub fn authority(account: &Account) -> Option<Self> {
        let authority = account.cloud().suffixes().authority()?;
        let url = Url::parse(&format!("https://{authority}/")).ok()?;
        Some(Self::reach(url, Companion::TokenAuthority))
    }

    /// Returns the endpoint of a service.
    #[must_use]
    pub fn endpoint(&self) -> Option<&Endpoint> {
        match &self.purpose {
            TargetPurpose::Service(endpoint) => Some(endpoint),
            TargetPurpose::Reach(_) => None,
        }
    }

    /// Returns the service.
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

    /// Returns whether the connection is encrypted.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        matches!(self.url.scheme(), "https" | "wss")
    }

    /// Returns whether the service uses a WebSocket.
    #[must_use]
    pub fn is_websocket(&self) -> bool {
        matches!(self.url.scheme(), "ws" | "wss")
    }

    /// Returns whether endpoint discovery may, or must, find the real-time host.
    #[must_use]
    pub fn discovery(&self) -> Discovery {
        if self.discovered_from.is_some() {
            return Discovery::None;
        }
        self.endpoint().map_or(Discovery::None, Endpoint::discovery)
    }

    /// Returns the facts about the target.
    #[must_use]
    pub fn facts(&self) -> TargetFacts {
        TargetFacts {
            service: self.service().map(|service| service.id().to_owned()),
            purpose: match self.purpose {
                TargetPurpose::Service(_) => None,
                TargetPurpose::Reach(purpose) => Some(purpose),
            },
            host: self.host().to_owned(),
            port: self.port(),
            url: self.url.to_string(),
            expect: self.expect,
            is_websocket: self.is_websocket(),
            is_own_host: self.endpoint().is_some_and(Endpoint::is_own_host),
            private_zone: self.private_zone.clone(),
            discovered_from: self.discovered_from.map(|service| service.id().to_owned()),
            notes: self.notes.clone(),
        }
    }
}

/// Returns the endpoint; where only the region is missing, the one for endpoint discovery.
pub(crate) fn resolve(account: &Account, service: Service, query: &Query) -> Result<Endpoint, ResolveError> {
    match account.endpoint_with(service, query) {
        Err(ResolveError::RegionRequired { .. }) if account.domain().is_some() => {
            account.clone().with_discovery().endpoint_with(service, query)
        }
        other => other,
    }
}

/// Returns the endpoint at the resource's own host, for a service at a regional host although there is a custom domain.
fn own_endpoint(endpoint: &Endpoint) -> Option<Endpoint> {
    if endpoint.is_own_host() {
        return None;
    }
    let account = endpoint.account();
    let own = Account::custom_domain(account.domain()?.clone()).with_cloud(account.cloud().clone()).ok()?;
    own.endpoint(endpoint.service()).ok()
}

/// Returns the host that issues the token in use.
fn token_host(account: &Account, credential: &Credential, services: &[Service]) -> Option<Target> {
    if matches!(account.resource(), Resource::Container(_)) {
        return None;
    }
    match credential.form() {
        CredentialForm::IssuedToken if !services.contains(&Service::IssueToken) => account
            .endpoint(Service::IssueToken)
            .ok()
            .map(|endpoint| Target::reach(endpoint.to_url(), Companion::TokenIssuer)),
        CredentialForm::Entra | CredentialForm::EntraComposed => Target::authority(account),
        _ => None,
    }
}

/// The sentence that a round trip speaks. Its words are common, and it says nothing about anybody.
pub const SENTENCE: &str = "The weather is fine today.";

/// The default time limit of a run: longer than any healthy run, and short enough to wait for.
pub const DEFAULT_TOTAL: Duration = Duration::from_secs(20);

/// The default number of parallel targets: few enough not to look like a scan.
pub const DEFAULT_JOBS: usize = 16;

/// A host at which every packet is lost waits for an address, for the proxy or a reference, and once more.
const WAITS: u32 = 4;

/// Below this, a response from another continent counts as a time-out.
const SHORTEST_STEP: Duration = Duration::from_millis(300);

/// A service that has much to do speaks the first audio within a second.
const SHORTEST_PATIENCE: Duration = Duration::from_secs(2);

/// Three retransmissions of a SYN (1 s, 2 s, 4 s) no longer fit: a host that answers this late is of no use.
const LONGEST_STEP: Duration = Duration::from_secs(5);
