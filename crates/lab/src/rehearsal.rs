//! Rehearsal: checks a world as its client would, with the plan and probe of a real run.

use std::time::Duration;

use super::{GivenCredential, Lab};
use speech_endpoint::Expectation;
use speech_endpoint::Note;
use speech_endpoint::Service;
use speech_endpoint::evidence::{CredentialFacts, Evidence, Remark, ResourceFacts};
use speech_endpoint::net::ProxySettings;
use speech_endpoint::net::Trust;
use speech_endpoint::probe::{Family, Means, Watch, probe};
use speech_endpoint::{Credential, CredentialError};
use speech_endpoint::{DEFAULT_JOBS, Plan, Target};

/// Settings of a rehearsal that override those of the world.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Rehearsal {
    /// Services to check; empty for the world's own.
    pub services: Vec<Service>,
    /// The expected kind of address.
    pub expect: Option<Expectation>,
    /// The time limit of the whole run.
    pub total: Option<Duration>,
    /// The duration for which open WebSockets are kept idle.
    pub hold: Option<Duration>,
    /// The number of additional connections to measure.
    pub rounds: Option<usize>,
    /// The number of targets checked in parallel.
    pub jobs: Option<usize>,
    /// The address family to connect to.
    pub family: Family,
    /// The number of times that each target is checked, to measure the cost of many targets; once by default.
    pub copies: Option<usize>,
    /// The salt of fingerprints.
    pub salt: u64,
    /// A credential that replaces that of the world's client.
    pub obtained: Option<Obtained>,
}

/// A credential obtained at run time, such as a token.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Obtained {
    /// The credential; `None` if none could be obtained.
    pub credential: Option<Credential>,
    /// How the credential was obtained, or why not.
    pub remarks: Vec<Remark>,
}

impl Lab {
    /// Returns the plan of this world's client.
    ///
    /// # Errors
    ///
    /// Returns a note that describes an invalid resource.
    pub fn plan(&self, rehearsal: &Rehearsal) -> Result<Plan, &Note> {
        let account = self.account()?;
        let credential = self.used(rehearsal).and_then(Result::ok);
        let services = if rehearsal.services.is_empty() { self.services() } else { &rehearsal.services };
        let total = rehearsal.total.unwrap_or(self.world.total());
        let hold = rehearsal.hold.unwrap_or(self.world.hold());
        let jobs = rehearsal.jobs.unwrap_or(DEFAULT_JOBS);
        let mut plan = Plan::new(account, services, self.query(), credential.as_ref(), total, jobs);
        plan.hold(hold);
        plan.rounds(rehearsal.rounds.unwrap_or(self.world.rounds()));
        if let Some(expect) = rehearsal.expect.or(self.expectation()) {
            plan.expect(expect);
        }
        let unobtained = self.world.toml.credential.unobtained.is_some();
        if rehearsal.obtained.as_ref().map_or(unobtained, |obtained| obtained.credential.is_none()) {
            // The token host is checked even though it gave no token.
            plan.add(Target::authority(account));
        }
        if let Some(copies) = rehearsal.copies {
            let targets = std::mem::take(&mut plan.targets);
            plan.add(targets.into_iter().flat_map(|target| std::iter::repeat_n(target, copies)));
        }
        Ok(plan)
    }

    /// Checks this world as its client would, and returns the evidence.
    ///
    /// 1. Record an invalid resource or credential as evidence.
    /// 2. Plan and probe as in a real run.
    pub async fn examine(
        &self,
        rehearsal: &Rehearsal,
        watch: &impl Watch,
        interrupt: impl Future<Output = ()>,
    ) -> Evidence {
        let plan = match self.plan(rehearsal) {
            Ok(plan) => plan,
            Err(note) => return self.unreadable(note),
        };
        let trust = Trust::of(self.system_roots(), self.builtin_roots(), "the lab's store");
        let network = self.network();
        let proxies =
            ProxySettings::named("--proxy", self.proxy_argument().as_deref(), &self.variables()).unwrap_or_default();
        let mut means = Means::new(&network, &trust, &proxies, self.now);
        means.family = rehearsal.family;
        means.remarks = self.remarks.iter().map(remark).collect();
        match (&rehearsal.obtained, &self.world.toml.credential.unobtained) {
            (Some(obtained), _) => means.remarks.extend(obtained.remarks.iter().cloned()),
            (None, Some(why)) => means.remarks.push(Remark::new("AUTH11", why, false)),
            (None, None) => {}
        }
        let read = self.used(rehearsal);
        if let Some(Ok(credential)) = &read {
            means.credential = Some(credential);
            means.remarks.extend(credential.notes(&plan.account).iter().map(remark));
        }
        let second = self.second_credential().filter(|_| rehearsal.obtained.is_none());
        let second = second.and_then(|given| given.read().ok());
        means.second_key = second.as_ref();
        means.second_key_facts = second.as_ref().map(|key| key.facts(rehearsal.salt));
        means.credential_facts = read.as_ref().map(|read| match read {
            Ok(credential) => credential.facts(rehearsal.salt),
            Err(error) => CredentialFacts::faulty(if self.gives_token() { "token" } else { "key" }, error),
        });
        probe(&plan, &means, watch, interrupt).await
    }

    /// Returns the credential: the obtained one, or else that of the world's client.
    fn used(&self, rehearsal: &Rehearsal) -> Option<Result<Credential, CredentialError>> {
        match &rehearsal.obtained {
            Some(obtained) => obtained.credential.clone().map(Ok),
            None => self.credential.as_ref().map(GivenCredential::read),
        }
    }

    fn gives_token(&self) -> bool {
        self.credential.as_ref().is_some_and(|given| given.is_token)
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
    Remark::new(note.id, note.text.clone(), false)
}
