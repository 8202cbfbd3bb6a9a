//! Probe: plan in, evidence out. Walks the way that an application walks, stage by stage on one connection, for all targets
//! at once. It cannot fail: there is nothing a network can do to it that is not evidence.
//!
//! What tells look-alikes apart is asked within the stage that failed, so that rules only read.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::diagnose::evidence::{
    CredentialFacts, Ended, Evidence, MachineFacts, Remark, SchemaVersion, Skip, StepState, Trace,
};
use crate::diagnose::plan::{Plan, Target};
use crate::diagnose::stage::Stage;
use crate::net::proxy::ProxySettings;
use crate::net::tls::{TlsClient, Trust};
use crate::net::{Network, scrub};
use crate::resolve::credential::Credential;

mod further;
mod hold;
mod rounds;
mod talk;
mod way;

pub use scrub::without_secrets;
use way::{Reached, Way};

/// What a run is made with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Means<'a, N> {
    /// Where names are resolved and connections go.
    pub network: &'a N,
    /// The roots that certificates are judged by.
    pub trust: &'a Trust,
    /// The proxies.
    pub proxies: &'a ProxySettings,
    /// The credential; without one, a run goes as far as an answer without it proves.
    pub credential: Option<&'a Credential>,
    /// The credential, as evidence has it.
    pub credential_facts: Option<CredentialFacts>,
    /// The second key, tried where the first is refused; it goes nowhere else.
    pub second_key: Option<&'a Credential>,
    /// The second key, as evidence has it.
    pub second_key_facts: Option<CredentialFacts>,
    /// What reading the configuration remarked on.
    pub remarks: Vec<Remark>,
    /// The family of addresses to connect to.
    pub family: Family,
    /// The time by the clock of this machine.
    pub now: SystemTime,
    /// The client of a connector whose road is looked at.
    pub(crate) tls: Option<TlsClient>,
}

impl<'a, N: Network> Means<'a, N> {
    /// Without a credential, for both families.
    #[must_use]
    pub fn new(network: &'a N, trust: &'a Trust, proxies: &'a ProxySettings, now: SystemTime) -> Self {
        Self {
            network,
            trust,
            proxies,
            credential: None,
            credential_facts: None,
            second_key: None,
            second_key_facts: None,
            remarks: Vec::new(),
            family: Family::Any,
            now,
            tls: None,
        }
    }
}

/// A family of addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Family {
    /// Both.
    #[default]
    Any,
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// Somebody who watches a run.
pub trait Watch: Sync {
    /// A stage begins for a host.
    fn stage(&self, host: &str, stage: Stage);

    /// Called once a second while a socket is held open, with the time left.
    fn hold(&self, _host: &str, _left: Duration) {}

    /// A further round to a host begins, this one of so many.
    fn round(&self, _host: &str, _number: usize, _of: usize) {}
}

/// An observer that ignores every event.
impl Watch for () {
    fn stage(&self, _host: &str, _stage: Stage) {}
}

/// Looks at every target of a plan.
///
/// 1. All targets run at once, no more than the plan's limit at a time; inside a target the stages follow each other. One
///    whose turn comes too late to be told from a silent one is not begun.
/// 2. Each stage leaves its facts as soon as it has ended, so that nothing is lost when the run ends early.
/// 3. Sockets that are to be held are held beside each other, each as soon as it is open.
/// 4. What went well is timed in rounds, one connection at a time.
/// 5. The run ends when all is done, when its time and that for holding is up, or when it is interrupted, whichever comes
///    first.
/// 6. Parts of the credential that a peer echoes are removed from the evidence.
pub async fn probe<N: Network>(
    plan: &Plan,
    means: &Means<'_, N>,
    watch: &impl Watch,
    interrupt: impl Future<Output = ()>,
) -> Evidence {
    let begun = Instant::now();
    let deadline = begun + plan.limits.total;
    let end = deadline + plan.limits.hold;
    let seen: Vec<Seen> = plan.targets.iter().map(Seen::new).collect();
    let turns = Semaphore::new(plan.limits.jobs.clamp(1, Semaphore::MAX_PERMITS));
    let targets = plan.targets.iter().zip(&seen);
    let tls = means.tls.clone().map_or_else(|| TlsClient::new(means.trust), Ok);
    let way = |target, seen| Way { plan, means, target, watch, tls: &tls, deadline, seen };
    let all = async {
        let looks = stream::iter(targets.clone())
            .for_each_concurrent(None, |(target, seen)| look(way(target, seen.notes()), seen, &turns));
        looks.await;
        let named = seen.iter().filter_map(|seen| Some((seen.named.get()?, seen.notes_of_named())));
        let ways = targets.map(|(target, seen)| (target, seen.notes())).chain(named);
        let well: Vec<_> = ways.map(|(target, notes)| way(target, notes)).filter(Way::went_well).collect();
        rounds(&well, plan.limits.rounds, end).await;
    };
    let ended = tokio::select! {
        biased;
        () = all => Ended::Complete,
        () = interrupt => Ended::Interrupted,
        () = sleep_until(end) => Ended::TimeUp,
    };
    let mut resource = plan.resource_facts();
    let traces: Vec<Trace> = seen.into_iter().flat_map(Seen::into_traces).collect();
    // What is left out was not begun, or was not seen to its end.
    let is_left_out = |trace: &Trace| trace.steps().iter().any(|(_, state)| *state == NOT_REACHED);
    let ended = if ended == Ended::Complete && traces.iter().any(is_left_out) { Ended::TimeUp } else { ended };
    if resource.region.is_none() {
        resource.region = region_seen(&traces);
    }
    let evidence = Evidence {
        schema_version: SchemaVersion,
        observed_at: means.now,
        took: begun.elapsed(),
        ended,
        resource,
        credential: means.credential_facts.clone(),
        second_key: means.second_key_facts.clone(),
        machine: MachineFacts {
            roots: Some(means.trust.len()),
            roots_from: Some(means.trust.from().to_owned()),
            ..means.network.machine()
        },
        remarks: means.remarks.clone(),
        traces,
    };
    scrub::scrub(evidence, means.credential.into_iter().chain(means.second_key), means.proxies)
}

/// One target, when it is its turn, and the host that it names. What is held afterwards takes no turn from others.
async fn look<N: Network, W: Watch>(way: Way<'_, N, W>, seen: &Seen, turns: &Semaphore) {
    let turn = turns.acquire().await;
    if !way.has_time() {
        return;
    }
    // What is cut off here has left its facts, and what it did not reach says so.
    let Ok(reached) = timeout_at(way.deadline, way.walk()).await else { return };
    match reached {
        Reached::End => {}
        Reached::Open(socket) => {
            drop(turn);
            way.hold(socket).await;
        }
        Reached::Named(named) => {
            let way = Way { target: seen.name(named), seen: seen.notes_of_named(), ..way };
            if let Ok(Reached::Open(socket)) = timeout_at(way.deadline, way.walk()).await {
                drop(turn);
                way.hold(socket).await;
            }
        }
    }
}

/// So many rounds over all that went well, one connection at a time, so that none slows down another; as many as there is
/// time for.
async fn rounds<N: Network, W: Watch>(ways: &[Way<'_, N, W>], wanted: usize, end: Instant) {
    ways.iter().filter(|_| wanted > 0).for_each(Way::begin_rounds);
    for number in 1..=wanted {
        for way in ways {
            if Instant::now() >= end {
                return;
            }
            way.round(number, end).await;
        }
    }
}

/// The evidence of a target so far, and that of the host that it named.
#[derive(Debug)]
struct Seen {
    traces: Mutex<(Trace, Option<Trace>)>,
    named: OnceLock<Target>,
}

impl Seen {
    fn new(target: &Target) -> Self {
        Self { traces: Mutex::new((Trace::new(target.facts()), None)), named: OnceLock::new() }
    }

    /// Where to note what is seen of the target.
    fn notes(&self) -> Notes<'_> {
        Notes { seen: self, is_of_named: false }
    }

    /// Where to note what is seen of the host that it named.
    fn notes_of_named(&self) -> Notes<'_> {
        Notes { seen: self, is_of_named: true }
    }

    /// Keeps the host that it named.
    fn name(&self, named: Target) -> &Target {
        self.locked().1 = Some(Trace::new(named.facts()));
        self.named.get_or_init(|| named)
    }

    fn locked(&self) -> MutexGuard<'_, (Trace, Option<Trace>)> {
        self.traces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn into_traces(self) -> impl Iterator<Item = Trace> {
        let (trace, next) = self.traces.into_inner().unwrap_or_else(PoisonError::into_inner);
        std::iter::once(trace).chain(next)
    }
}

/// Where what is seen of one host is noted, at once, so that it is there whenever the run ends.
#[derive(Clone, Copy, Debug)]
struct Notes<'a> {
    seen: &'a Seen,
    is_of_named: bool,
}

impl Notes<'_> {
    fn note(self, note: impl FnOnce(&mut Trace)) {
        let mut traces = self.seen.locked();
        match &mut *traces {
            (_, Some(named)) if self.is_of_named => note(named),
            (trace, _) => note(trace),
        }
    }

    fn look<T>(self, look: impl FnOnce(&Trace) -> T) -> T {
        let traces = self.seen.locked();
        look(traces.1.as_ref().filter(|_| self.is_of_named).unwrap_or(&traces.0))
    }
}

/// A custom domain carries no region, but the names on the way to it do.
fn region_seen(traces: &[Trace]) -> Option<String> {
    traces
        .iter()
        .find_map(|trace| crate::diagnose::alias::AliasChain::read(&trace.target.host, trace.dns.found()?).region)
}

const NOT_REACHED: StepState<'_> = StepState::Skipped { because: Skip::Ended };
