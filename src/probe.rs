//! PROBE: the checks of the doctor, which turn a [`Plan`] into evidence.
//!
//! An error message shows only the last symptom of a broken network. A probe connects to every target as an application
//! does, and collects the facts of each stage. If a stage fails, the probe also collects the facts that distinguish
//! causes with the same symptom. A probe never fails, because every network error is evidence.

// Inside: one file per stage adds its methods to `TargetProbe`, and `walk.rs` puts them together. Rules only read
// evidence, so everything that they compare is collected here.

use std::future::Future;
use std::sync::OnceLock;
use std::task::Poll;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::diagnose::evidence::{Ended, Evidence, MachineFacts, SchemaVersion, Skip, StepState, Trace};
use crate::diagnose::plan::Plan;
use crate::net::Network;
use crate::net::tls::TlsClient;

mod auth;
mod connection;
mod context;
mod deep;
mod dns;
mod hold;
mod http;
pub(crate) mod metadata;
pub(crate) mod named;
mod notes;
mod observer;
mod proxy;
mod request;
pub(crate) mod revocation;
mod rounds;
pub(crate) mod scrub;
mod segments;
mod target;
mod tcp;
mod tls;
mod walk;
mod websocket;

pub use context::{Context, Family};
use notes::TargetNotes;
pub use observer::Observer;
pub use scrub::without_secrets;
use target::TargetProbe;
use walk::Next;

/// Probes every target of a plan.
///
/// 1. The targets run in parallel, up to the plan's limit. A target does not start if the remaining time is too short
///    to recognise a silent peer.
/// 2. Each stage notes its facts as soon as it ends, so that a run that ends early keeps them.
/// 3. Open sockets are held in parallel, each from the time that it opens.
/// 4. The targets that work are timed in rounds, one connection at a time.
/// 5. If the plan says so, a round trip is made at each target that works. It has a time limit of its own.
/// 6. The run ends when all targets are complete, when its time limit, the hold time and the time of the round trips are
///    over, or when `interrupt` completes, whichever comes first.
/// 7. The instance metadata service is queried only if the context says so.
/// 8. The evidence omits every part of a credential that a peer repeats.
pub async fn probe<N: Network>(
    plan: &Plan,
    context: &Context<'_, N>,
    observer: &impl Observer,
    interrupt: impl Future<Output = ()>,
) -> Evidence {
    let begun = Instant::now();
    let deadline = begun + plan.limits.total;
    let end_of_rounds = deadline + plan.limits.hold;
    let notes: Vec<TargetNotes> = plan.targets.iter().map(TargetNotes::new).collect();
    let end = end_of_rounds + round_trips(plan);
    let slots = Semaphore::new(plan.limits.jobs.clamp(1, Semaphore::MAX_PERMITS));
    let targets = plan.targets.iter().zip(&notes);
    let tls = context.tls.clone().map_or_else(|| TlsClient::new(context.trust), Ok);
    let of = |target, notes| TargetProbe { plan, context, target, observer, tls: &tls, deadline, notes };
    let metadata = OnceLock::new();
    let all = async {
        let probes = stream::iter(targets.clone())
            .for_each_concurrent(None, |(target, notes)| probe_target(of(target, notes.of_target()), notes, &slots));
        probes.await;
        let redirects = notes.iter().filter_map(|notes| Some((notes.redirect()?, notes.of_redirect())));
        let probes = targets.map(|(target, notes)| (target, notes.of_target())).chain(redirects);
        let passed: Vec<_> = probes.map(|(target, notes)| of(target, notes)).filter(TargetProbe::has_passed).collect();
        rounds::measure(&passed, plan.limits.rounds, end_of_rounds).await;
        deep::measure(&passed, end).await;
    };
    let asked = metadata::read(context, plan.limits.step, &metadata);
    let mut all = Box::pin(async {
        tokio::join!(all, asked);
    });
    // The clock and the interrupt come first, because peers decide how much work there is.
    let ended = tokio::select! {
        biased;
        () = interrupt => Ended::Interrupted,
        () = sleep_until(end) => match futures_util::poll!(&mut all) {
            Poll::Ready(()) => Ended::Complete,
            Poll::Pending => Ended::TimeUp,
        },
        () = &mut all => Ended::Complete,
    };
    drop(all);
    let traces: Vec<Trace> = notes.into_iter().flat_map(TargetNotes::into_traces).collect();
    let mut evidence = evidence(plan, context, begun, ended, traces);
    evidence.machine.metadata = metadata.into_inner();
    scrub::scrub(evidence, context.credential.into_iter().chain(context.second_key), context.proxies)
}

/// Returns the longest time of all round trips.
fn round_trips(plan: &Plan) -> Duration {
    let services = plan.targets.iter().filter(|target| target.service().is_some()).count();
    plan.limits.round_trip().saturating_mul(u32::try_from(services).unwrap_or(u32::MAX))
}

/// Probes one target, and the host that it redirects to. A held socket frees the slot for another target.
async fn probe_target<N: Network, O: Observer>(probe: TargetProbe<'_, N, O>, notes: &TargetNotes, slots: &Semaphore) {
    let slot = slots.acquire().await;
    if !probe.has_time() {
        return;
    }
    // A probe that reaches the deadline has noted its facts, and its notes show the stages that it did not reach.
    let Ok(next) = timeout_at(probe.deadline, probe.walk()).await else { return };
    match next {
        Next::Nothing => {}
        Next::Hold(socket) => {
            drop(slot);
            probe.hold(socket).await;
        }
        Next::Redirect(target) => {
            let probe = TargetProbe { target: notes.redirect_to(target), notes: notes.of_redirect(), ..probe };
            if let Ok(Next::Hold(socket)) = timeout_at(probe.deadline, probe.walk()).await {
                drop(slot);
                probe.hold(socket).await;
            }
        }
    }
}

fn evidence<N: Network>(
    plan: &Plan,
    context: &Context<'_, N>,
    begun: Instant,
    ended: Ended,
    traces: Vec<Trace>,
) -> Evidence {
    // A target without time does not start, or stops before its last stage. Then the run is not complete.
    let is_cut_off = |trace: &Trace| trace.steps().iter().any(|(_, state)| *state == NOT_REACHED);
    let ended = if ended == Ended::Complete && traces.iter().any(is_cut_off) { Ended::TimeUp } else { ended };
    let mut resource = plan.resource_facts();
    if resource.region.is_none() {
        resource.region = region_in_aliases(&traces);
    }
    Evidence {
        schema_version: SchemaVersion,
        observed_at: context.now,
        took: begun.elapsed(),
        ended,
        resource,
        credential: context.credential_facts.clone(),
        second_key: context.second_key_facts.clone(),
        machine: MachineFacts {
            roots: Some(context.trust.len()),
            roots_from: Some(context.trust.from().to_owned()),
            ..context.network.machine()
        },
        remarks: context.remarks.clone(),
        traces,
    }
}

/// Returns the region that the aliases of a target contain. A custom domain itself contains none.
fn region_in_aliases(traces: &[Trace]) -> Option<String> {
    traces
        .iter()
        .find_map(|trace| crate::diagnose::alias::AliasChain::read(&trace.target.host, trace.dns.found()?).region)
}

const NOT_REACHED: StepState<'_> = StepState::Skipped { because: Skip::Ended };
