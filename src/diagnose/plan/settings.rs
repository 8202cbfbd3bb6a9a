//! The settings of a plan, wherever they come from.

use std::time::Duration;

use super::{DEFAULT_JOBS, DEFAULT_TOTAL, Plan, Target};
use crate::resolve::account::Account;
use crate::resolve::credential::Credential;
use crate::resolve::endpoint::Expectation;
use crate::resolve::foundry::FoundryHost;
use crate::resolve::query::Query;
use crate::resolve::service::Service;

/// The settings of a plan, from a command line, a configuration file or a world of the lab.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PlanSettings {
    /// The services to check; empty for [`Plan::usual_services`].
    pub services: Vec<Service>,
    /// The query of each URL.
    pub query: Query,
    /// The expected kind of address, if it differs from that of the scenario.
    pub expect: Option<Expectation>,
    /// The time limit of the run, not counting `hold`.
    pub total: Duration,
    /// The number of hosts checked in parallel.
    pub jobs: usize,
    /// The duration for which open WebSockets are kept idle.
    pub hold: Duration,
    /// The number of additional connections to measure at each working service.
    pub rounds: usize,
    /// The hosts of the other resources of a Foundry project; `None` if the resource is not examined as one.
    pub foundry: Option<Vec<FoundryHost>>,
    /// Whether the revocation lists and responders of certificates are fetched.
    pub checks_revocation: bool,
    /// Whether a round trip is made at each working service.
    pub round_trips: bool,
    /// Whether a token was requested but could not be obtained. The plan then includes the host that issues tokens.
    pub is_token_missing: bool,
}

impl Default for PlanSettings {
    fn default() -> Self {
        Self {
            services: Vec::new(),
            query: Query::default(),
            expect: None,
            total: DEFAULT_TOTAL,
            jobs: DEFAULT_JOBS,
            hold: Duration::ZERO,
            rounds: 0,
            foundry: None,
            checks_revocation: false,
            round_trips: false,
            is_token_missing: false,
        }
    }
}

impl PlanSettings {
    /// Returns the plan for a resource.
    #[must_use]
    pub fn plan(&self, account: &Account, credential: Option<&Credential>) -> Plan {
        let mut services = self.services.clone();
        if self.foundry.is_some() {
            services.splice(0..0, Plan::foundry_services().into_iter().filter(|usual| !self.services.contains(usual)));
        }
        let plan = Plan::new(account, &services, &self.query, credential, self.total, self.jobs);
        let plan = match &self.foundry {
            Some(hosts) => plan.with_foundry(hosts),
            None => plan,
        };
        let plan = plan.with_rounds(self.rounds).with_hold(self.hold);
        let plan = plan.with_revocation_check(self.checks_revocation).with_round_trips(self.round_trips);
        let plan = match self.expect {
            Some(expect) => plan.with_expectation(expect),
            None => plan,
        };
        plan.with_targets(Target::authority(account).filter(|_| self.is_token_missing))
    }

    /// Sets the services to check.
    #[must_use]
    pub fn with_services(self, services: impl Into<Vec<Service>>) -> Self {
        Self { services: services.into(), ..self }
    }

    /// Sets the query of each URL.
    #[must_use]
    pub fn with_query(self, query: Query) -> Self {
        Self { query, ..self }
    }

    /// Sets the expected kind of address; `None` for that of the scenario.
    #[must_use]
    pub fn with_expectation(self, expect: Option<Expectation>) -> Self {
        Self { expect, ..self }
    }

    /// Sets the time limit of the run.
    #[must_use]
    pub fn with_total(self, total: Duration) -> Self {
        Self { total, ..self }
    }

    /// Sets the number of hosts checked in parallel.
    #[must_use]
    pub fn with_jobs(self, jobs: usize) -> Self {
        Self { jobs, ..self }
    }

    /// Sets the duration for which open WebSockets are kept idle.
    #[must_use]
    pub fn with_hold(self, hold: Duration) -> Self {
        Self { hold, ..self }
    }

    /// Sets the number of additional connections to measure.
    #[must_use]
    pub fn with_rounds(self, rounds: usize) -> Self {
        Self { rounds, ..self }
    }

    /// Sets the hosts of the other resources of a Foundry project, and examines the account as a part of one.
    #[must_use]
    pub fn with_foundry(self, hosts: impl Into<Vec<FoundryHost>>) -> Self {
        Self { foundry: Some(hosts.into()), ..self }
    }

    /// Sets whether the revocation lists and responders of certificates are fetched.
    #[must_use]
    pub fn with_revocation_check(self, checks_revocation: bool) -> Self {
        Self { checks_revocation, ..self }
    }

    /// Sets whether a round trip is made at each working service. See [`Plan::with_round_trips`].
    #[must_use]
    pub fn with_round_trips(self, round_trips: bool) -> Self {
        Self { round_trips, ..self }
    }

    /// Sets whether a token was requested but could not be obtained.
    #[must_use]
    pub fn with_missing_token(self, is_token_missing: bool) -> Self {
        Self { is_token_missing, ..self }
    }
}
