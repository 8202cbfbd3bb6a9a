//! Rehearsal: checks a world as its client would, with the plan and probe of a real run.

use std::time::Duration;

use super::{ClientCredential, Lab};
use speech_endpoint::evidence::{CredentialFacts, Evidence, Remark, ResourceFacts, Step};
use speech_endpoint::net::{ProxySettings, Trust};
use speech_endpoint::probe::{Context, Observer, probe};
use speech_endpoint::{FoundryHost, FoundryResource, Note, Plan, PlanSettings, Service};

/// Settings of a rehearsal that override those of the world.
#[derive(Clone, Debug, Default)]
pub struct Rehearsal {
    services: Vec<Service>,
    total: Option<Duration>,
    hold: Option<Duration>,
    rounds: Option<usize>,
    round_trips: bool,
    jobs: Option<usize>,
    copies: Option<usize>,
}

impl Rehearsal {
    /// Checks these services instead of the world's own.
    #[must_use]
    pub fn with_services(self, services: impl Into<Vec<Service>>) -> Self {
        Self { services: services.into(), ..self }
    }

    /// Sets the time limit of the whole run.
    #[must_use]
    pub fn with_total(self, total: Duration) -> Self {
        Self { total: Some(total), ..self }
    }

    /// Keeps open WebSockets idle for this time.
    #[must_use]
    pub fn with_hold(self, hold: Duration) -> Self {
        Self { hold: Some(hold), ..self }
    }

    /// Measures this number of additional connections.
    #[must_use]
    pub fn with_rounds(self, rounds: usize) -> Self {
        Self { rounds: Some(rounds), ..self }
    }

    /// Makes a round trip at each working service.
    #[must_use]
    pub fn with_round_trips(self) -> Self {
        Self { round_trips: true, ..self }
    }

    /// Checks this number of targets in parallel.
    #[must_use]
    pub fn with_jobs(self, jobs: usize) -> Self {
        Self { jobs: Some(jobs), ..self }
    }

    /// Checks each target this many times, to measure the cost of many targets.
    #[must_use]
    pub fn with_copies(self, copies: usize) -> Self {
        Self { copies: Some(copies), ..self }
    }
}

impl Lab {
    /// Returns the settings of the plan of this world's client.
    #[must_use]
    pub fn plan_settings(&self) -> PlanSettings {
        let world = &self.world;
        let mut settings = PlanSettings::default();
        settings.services.clone_from(&world.services);
        settings.query = world.query.clone();
        settings.expect = self.expectation();
        settings.total = world.total();
        settings.hold = world.hold();
        settings.rounds = world.rounds();
        settings.foundry = self.foundry_hosts();
        settings.checks_revocation = world.toml.limits.check_revocation;
        settings.is_token_missing = self.unobtained().is_some();
        settings
    }

    /// Returns the hosts of the other resources of a Foundry project; `None` if this world's client does not examine one.
    fn foundry_hosts(&self) -> Option<Vec<FoundryHost>> {
        let resource = self.world.resource();
        let cloud = self.account().ok().filter(|_| resource.foundry.is_some())?.cloud();
        // Reading the world has already validated them.
        let read = |text: &String| text.parse::<FoundryResource>().and_then(|resource| resource.at(cloud)).ok();
        Some(resource.foundry_with.iter().filter_map(read).collect())
    }

    /// Returns the plan of this world's client.
    ///
    /// # Errors
    ///
    /// Returns a note that describes an invalid resource.
    pub fn plan(&self, rehearsal: &Rehearsal) -> Result<Plan, &Note> {
        let account = self.account()?;
        let mut settings = self.plan_settings();
        if !rehearsal.services.is_empty() {
            settings.services.clone_from(&rehearsal.services);
        }
        settings.total = rehearsal.total.unwrap_or(settings.total);
        settings.hold = rehearsal.hold.unwrap_or(settings.hold);
        settings.rounds = rehearsal.rounds.unwrap_or(settings.rounds);
        settings.round_trips |= rehearsal.round_trips;
        settings.jobs = rehearsal.jobs.unwrap_or(settings.jobs);
        let credential = self.credential().and_then(|given| given.read().ok());
        let mut plan = settings.plan(account, credential.as_ref());
        if let Some(copies) = rehearsal.copies {
            let targets = std::mem::take(&mut plan.targets);
            plan = plan.with_targets(targets.into_iter().flat_map(|target| std::iter::repeat_n(target, copies)));
        }
        Ok(plan)
    }

    /// Returns the roots that this world's client trusts.
    #[must_use]
    pub fn trust(&self) -> Trust {
        Trust::of(self.system_roots(), self.builtin_roots(), "the lab's store")
    }

    /// Returns the proxies that this world's client uses.
    #[must_use]
    pub fn proxies(&self) -> ProxySettings {
        ProxySettings::named("--proxy", self.proxy_argument().as_deref(), &self.variables()).unwrap_or_default()
    }

    /// Checks this world as its client would, and returns the evidence.
    ///
    /// 1. Record an invalid resource or credential as evidence.
    /// 2. Plan and probe as in a real run.
    pub async fn examine(
        &self,
        rehearsal: &Rehearsal,
        observer: &impl Observer,
        interrupt: impl Future<Output = ()>,
    ) -> Evidence {
        let plan = match self.plan(rehearsal) {
            Ok(plan) => plan,
            Err(note) => return self.unreadable(note),
        };
        let (network, trust, proxies) = (self.network(), self.trust(), self.proxies());
        let mut remarks: Vec<_> = self.remarks.iter().filter(|note| plan.concerns(note)).map(remark).collect();
        remarks.extend(self.unobtained().map(|why| Remark::new("AUTH11", why, false)));
        let read = self.credential().map(ClientCredential::read);
        let credential = read.as_ref().and_then(|read| read.as_ref().ok());
        if let Some(credential) = credential {
            remarks.extend(credential.notes(&plan.account).iter().map(remark));
        }
        remarks.extend(plan.refusals.iter().map(|error| Remark::new(error.id(), error.to_string(), true)));
        let facts = read.as_ref().map(|read| match read {
            Ok(credential) => credential.facts(SALT),
            Err(error) => CredentialFacts::faulty(if self.gives_token() { "token" } else { "key" }, error),
        });
        let second = self.second_credential().and_then(|given| given.read().ok());
        let context = Context::new(&network, &trust, &proxies, self.now)
            .with_credential(credential, facts)
            .with_second_key(second.as_ref(), second.as_ref().map(|key| key.facts(SALT)))
            .with_remarks(remarks)
            .with_metadata(self.asks_metadata());
        let mut evidence = probe(&plan, &context, observer, interrupt).await;
        self.show_sources(&mut evidence);
        evidence
    }

    /// Gives each connection of a run the local address that the routes of the world name; the real one is on loopback.
    pub fn show_sources(&self, evidence: &mut Evidence) {
        let Some(route) = self.world.toml.route else { return };
        for trace in &mut evidence.traces {
            if let Step::Passed { found, .. } = &mut trace.tcp {
                found.local = found.connected.and_then(|peer| route.source_for(peer.ip()));
            }
        }
    }

    fn gives_token(&self) -> bool {
        self.credential().is_some_and(|given| given.is_token)
    }

    /// Returns the evidence of an invalid resource, which leaves nothing to check.
    fn unreadable(&self, note: &Note) -> Evidence {
        let mut evidence = Evidence::new(self.now, ResourceFacts::default());
        evidence.remarks = self.remarks.iter().map(remark).collect();
        evidence.remarks.push(Remark::new(note.id, note.text.clone(), true));
        evidence
    }
}

fn remark(note: &Note) -> Remark {
    Remark::new(note.id, note.text.clone(), false).with_suggestion(note.suggestion.clone())
}

/// The salt of fingerprints. The credentials of a world are public, so it need not be random.
const SALT: u64 = 0;
