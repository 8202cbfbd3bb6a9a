//! `--probe`: checks every account that has speech, as the doctor does.

use std::cmp::Reverse;
use std::future::pending;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use speech_endpoint::azure::{AzureView, Standing};
use speech_endpoint::probe::{Context, probe};
use speech_endpoint::{
    DEFAULT_JOBS, DEFAULT_TOTAL, Note, PlanSettings, PreparedDocuments, Selection, Severity, Verdict,
};
use speech_endpoint_lab::World;
use tokio::runtime::Handle;
use tokio::time::Instant;

use super::args::ProbeArgs;
use super::credentials::Credentials;
use super::places::Places;
use super::subject::Subject;
use crate::args::Family;
use crate::connectivity::Connectivity;
use crate::doctor::assemble::{refusals, remarks_on};
use crate::failure::Failure;
use crate::output::{Output, StatusLine};
use crate::{lab, machine, runtime};

/// What the probe of an account shows. Its evidence is not kept: that of a thousand accounts would fill the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) verdict: Verdict,
    /// The id of the failure catalogue.
    pub(super) root_cause: Option<&'static str>,
    pub(super) exit_code: u8,
}

impl Outcome {
    /// Orders outcomes, the worst first: who is unreachable before who is degraded, and of these who fails at an earlier stage.
    pub(super) fn rank(outcome: Option<Self>) -> impl Ord {
        let verdict = match outcome.map(|outcome| outcome.verdict) {
            Some(Verdict::Unreachable) => 2,
            Some(Verdict::Degraded) => 1,
            _ => 0,
        };
        let code = outcome.map_or(0, |outcome| outcome.exit_code);
        (Reverse(verdict), code == 0, code, outcome.and_then(|outcome| outcome.root_cause))
    }
}

/// The outcomes, in the order of the accounts.
pub(super) struct Outcomes {
    /// `None` for an account that cannot be probed, or that the user did not wait for.
    pub(super) all: Vec<Option<Outcome>>,
    pub(super) end: End,
}

/// How a probe ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) is_interrupted: bool,
    /// Whether no account got a credential. Then a healthy one responds, but may reject a credential.
    pub(super) is_untried: bool,
}

/// Probes the accounts, until all are done or the user interrupts.
pub(super) fn outcomes(
    args: &ProbeArgs,
    world: Option<World>,
    (view, standings): (&AzureView, &[Standing<'_>]),
    output: &Output,
) -> Result<Outcomes, Failure> {
    let subjects: Vec<Subject<'_>> = standings.iter().enumerate().filter_map(Subject::of).collect();
    runtime::block_on(async {
        let Some(world) = world else {
            let way = Connectivity::of_this_machine(args.way.road())?;
            let prober = Prober::new(args, view, way, DEFAULT_TOTAL);
            return prober.probe(args, &subjects, standings.len(), output).await;
        };
        let total = world.total();
        let lab = lab::started(world).await?;
        let prober = Prober::new(args, view, Connectivity::of_lab(&lab, args.way.road())?, total);
        prober.probe(args, &subjects, standings.len(), output).await
    })?
}

/// Returns the share of the time in which the program computed and did not wait.
fn busy_share(begun: Instant, computed: Duration) -> f64 {
    let computed = Handle::current().metrics().worker_total_busy_duration(0).saturating_sub(computed);
    computed.as_secs_f64() / begun.elapsed().as_secs_f64().max(f64::MIN_POSITIVE)
}

/// From here on, answers wait for the program more than the program for answers.
const SATURATED: f64 = 0.95;

/// What the probes of all accounts share.
struct Prober<'a> {
    way: Connectivity,
    documents: PreparedDocuments<'a>,
    selection: Selection,
    fail_on: Severity,
    family: Family,
    total: Duration,
    jobs: usize,
}

impl<'a> Prober<'a> {
    fn new(args: &ProbeArgs, view: &'a AzureView, way: Connectivity, usual: Duration) -> Self {
        Self {
            way,
            documents: PreparedDocuments::new(view),
            selection: args.findings.selection(),
            fail_on: args.findings.fail_on.into(),
            family: args.way.ip,
            total: args.timeout.map_or(usual, |seconds| seconds.0),
            jobs: args.jobs.unwrap_or(DEFAULT_JOBS),
        }
    }

    async fn probe(
        &self,
        args: &ProbeArgs,
        subjects: &[Subject<'a>],
        accounts: usize,
        output: &Output,
    ) -> Result<Outcomes, Failure> {
        let credentials = Credentials::read(args, subjects, &self.way, output).await?;
        let mut all = vec![None; accounts];
        let (line, places) = (StatusLine::new(true), Places::new(self.jobs, machine::descriptors()));
        let (mut done, mut unreachable) = (0, 0);
        let outcomes = stream::iter(subjects)
            .map(|subject| places.run(async { (subject.number, self.examine(subject, &credentials).await) }))
            .buffer_unordered(places.most());
        let collect = outcomes.for_each(|(number, outcome)| {
            all[number] = Some(outcome);
            done += 1;
            unreachable += usize::from(outcome.verdict == Verdict::Unreachable);
            line.show(&format!("{done} of {} accounts … {unreachable} unreachable", subjects.len()));
            std::future::ready(())
        });
        let (begun, computed) = (Instant::now(), Handle::current().metrics().worker_total_busy_duration(0));
        let is_interrupted = tokio::select! {
            biased;
            () = runtime::interrupt() => true,
            () = collect => false,
        };
        if subjects.len() > self.jobs && busy_share(begun, computed) > SATURATED {
            output.note(&Note::new("busy", BUSY));
        }
        Ok(Outcomes { all, end: End { is_interrupted, is_untried: credentials.is_none() } })
    }

    /// Probes one account and diagnoses it with the documents.
    async fn examine(&self, subject: &Subject<'a>, credentials: &Credentials) -> Outcome {
        let given = credentials.of(subject);
        // The host that issues tokens is the same for all accounts, so no account checks it.
        let plan = PlanSettings::default().with_total(self.total).plan(subject.account, None);
        let notes = subject.standing.reading.iter().chain(subject.standing.notes.iter().map(|note| &note.note));
        let context = Context::new(&self.way.network, &self.way.trust, &self.way.proxies, self.way.now())
            .with_credential(given.credential.as_ref(), given.facts)
            .with_remarks(remarks_on(&plan, notes).chain(given.remarks).chain(refusals(&plan)))
            .with_family(self.family.into());
        let evidence = probe(&plan, &context, &(), pending()).await;
        let diagnosis = self.documents.diagnose(&evidence, subject.document, &self.selection);
        Outcome {
            verdict: diagnosis.verdict,
            root_cause: diagnosis.root_cause().map(|finding| finding.failure.id),
            exit_code: diagnosis.exit_code(self.fail_on),
        }
    }
}

const BUSY: &str = "this machine computed all the time, so an account that answers may seem slow or silent: give fewer `--jobs` or a longer `--timeout`";
