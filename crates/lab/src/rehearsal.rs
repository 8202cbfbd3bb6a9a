//! Rehearsal: a world looked at as its client would, by the plan and the probe of a real network.

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

/// Where a rehearsal differs from what the world states.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Rehearsal {
    /// Services in place of those of the world; none for the world's.
    pub services: Vec<Service>,
    /// The kind of address to expect.
    pub expect: Option<Expectation>,
    /// How long the whole run may take.
    pub total: Option<Duration>,
    /// For how long open sockets are held in silence.
    pub hold: Option<Duration>,
    /// How many further connections are timed.
    pub rounds: Option<usize>,
    /// Targets at once.
    pub jobs: Option<usize>,
    /// The family of addresses to connect to.
    pub family: Family,
    /// How often each target is looked at, to see what many cost; once when not given.
    pub copies: Option<usize>,
    /// What fingerprints are salted with.
    pub salt: u64,
    /// A credential in place of what the world's client gives.
    pub obtained: Option<Obtained>,
}

/// What somebody obtained to authenticate with, as a token is.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Obtained {
    /// The credential; none where none could be obtained.
    pub credential: Option<Credential>,
    /// How it was obtained, or why it was not.
    pub remarks: Vec<Remark>,
}

impl Lab {
    /// What the client of this world would look at.
    ///
    /// # Errors
    ///
    /// What is wrong with the resource, with its id.
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
            // Looked at although there is no token.
            plan.add(Target::authority(account));
        }
        if let Some(copies) = rehearsal.copies {
            let targets = std::mem::take(&mut plan.targets);
            plan.add(targets.into_iter().flat_map(|target| std::iter::repeat_n(target, copies)));
        }
        Ok(plan)
    }

    /// Looks at this world as its client would, and keeps what is seen.
    ///
    /// 1. What cannot be read of the resource or the credential is evidence too.
    /// 2. Plan and probe as for a real network.
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
        let proxies = ProxySettings::new(self.proxy_argument().as_deref(), &self.variables()).unwrap_or_default();
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

    /// What is authenticated with: what was obtained, else what the world's client gives.
    fn used(&self, rehearsal: &Rehearsal) -> Option<Result<Credential, CredentialError>> {
        match &rehearsal.obtained {
            Some(obtained) => obtained.credential.clone().map(Ok),
            None => self.credential.as_ref().map(GivenCredential::read),
        }
    }

    fn gives_token(&self) -> bool {
        self.credential.as_ref().is_some_and(|given| given.is_token)
    }

    /// The resource cannot be read, so there is nothing to look at.
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
