//! `--watch`: repeats the run, and reports what changes.
//!
//! Every run is a whole one: it reads its files, its environment and its credential again, and resolves every name again. Runs
//! never overlap.

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
#[cfg(feature = "otlp")]
use std::time::SystemTime;

use speech_endpoint::azure::AzureView;
use speech_endpoint::evidence::{Ended, Evidence};
use speech_endpoint::{DEFAULT_TOTAL, Diagnosis, report};
use tokio::time::{Instant, sleep_until, timeout};

use super::args::{DoctorArgs, DoctorFormat};
use super::rehearse::Stage;
use super::run::Collected;
#[cfg(feature = "otlp")]
use super::timeline::Timeline;
use crate::failure::Failure;
use crate::machine;
use crate::output::{Output, StatusLine};
use crate::runtime;

pub(crate) mod args;
mod change;
mod check;
mod json;
mod line;
mod metrics;
#[cfg(feature = "otlp")]
mod otlp;
mod server;
mod state;

use change::{Change, Memory};
use json::When;
use metrics::Published;
use server::Server;
use state::State;

/// Watches until the user interrupts, the last run of `--runs` has ended, or the reader of the output is gone.
///
/// 1. Listen for signals, and open the endpoint for metrics.
/// 2. Run, report what has changed, and wait for the next run.
/// 3. Return the exit code of the last run.
pub(super) fn run(args: &DoctorArgs, output: &Output) -> Result<u8, Failure> {
    check::check(args)?;
    let baseline = super::baseline(args)?;
    runtime::block_on(Box::pin(watched(args, baseline.as_ref(), output)))?
}

async fn watched(args: &DoctorArgs, baseline: Option<&Evidence>, output: &Output) -> Result<u8, Failure> {
    let mut stop = pin!(runtime::interrupt());
    // From its first poll on, a signal ends the watch and not the program.
    if let Poll::Ready(()) = futures_util::poll!(&mut stop) {
        return Err(Failure::interrupted("the first run had ended"));
    }
    let published = Arc::new(Published::new(patience(args)));
    let _server = match args.watch.metrics {
        Some(address) => {
            let server = Server::start(address, Arc::clone(&published)).await;
            let server =
                server.map_err(|error| Failure::cannot(&format!("listen on {address} for `--metrics`"), &error))?;
            output.notice(&format!("metrics at http://{}/metrics", server.address));
            Some(server)
        }
        None => None,
    };
    if args.net.deep {
        output
            .notice("`--deep` makes a round trip at each working service in every run, which counts against the quota");
    }
    let mut watch = Watch::new(args, baseline, output, published)?;
    loop {
        let begun = Instant::now();
        let goes_on = tokio::select! {
            biased;
            () = &mut stop => false,
            goes_on = watch.run(begun) => goes_on?,
        };
        if !goes_on || args.watch.runs.is_some_and(|runs| watch.runs >= runs.get()) {
            break;
        }
        tokio::select! {
            biased;
            () = &mut stop => break,
            () = watch.wait(begun + args.watch.interval()) => {}
        }
    }
    watch.end().await
}

/// Returns the time within which the next run ends, if nothing is wrong with this program.
fn patience(args: &DoctorArgs) -> Duration {
    let seconds = |given: Option<crate::args::Seconds>| given.map(|seconds| seconds.0);
    let total = seconds(args.net.timeout).unwrap_or(DEFAULT_TOTAL) + seconds(args.net.hold).unwrap_or_default();
    let deep = if args.net.deep { LONGEST_ROUND_TRIPS } else { Duration::ZERO };
    args.watch.interval() + total + deep + RESERVE
}

/// A running watch.
struct Watch<'a> {
    args: &'a DoctorArgs,
    baseline: Option<&'a Evidence>,
    output: &'a Output,
    published: Arc<Published>,
    stage: Stage,
    memory: Memory,
    /// The number of runs that ended.
    runs: u64,
    /// The failure of the last run, if it could not be carried out.
    failure: Option<Failure>,
    #[cfg(feature = "otlp")]
    exporter: Option<otlp::Exporter>,
}

impl<'a> Watch<'a> {
    #[cfg_attr(not(feature = "otlp"), allow(clippy::unnecessary_wraps, reason = "only the exporter can fail"))]
    fn new(
        args: &'a DoctorArgs,
        baseline: Option<&'a Evidence>,
        output: &'a Output,
        published: Arc<Published>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            args,
            baseline,
            output,
            published,
            stage: Stage::default(),
            memory: Memory::default(),
            runs: 0,
            failure: None,
            #[cfg(feature = "otlp")]
            exporter: otlp::Exporter::of(args)?,
        })
    }

    /// Carries out one run and reports it. Returns whether the watch goes on.
    async fn run(&mut self, begun: Instant) -> Result<bool, Failure> {
        let examined = super::examined(self.args, self.output, &mut self.stage).await;
        let examined = examined.and_then(|(view, collected)| Ok((view, collected?)));
        match examined {
            Ok((view, collected)) => self.ended(view.as_ref(), collected, begun).await,
            // Arguments that are wrong from the start stay wrong.
            Err(failure) if self.runs == 0 => Err(failure),
            Err(failure) => self.failed(failure).await,
        }
    }

    /// Reports a run that has ended.
    async fn ended(&mut self, view: Option<&AzureView>, collected: Collected, begun: Instant) -> Result<bool, Failure> {
        // Only `--plan` collects no evidence, and it excludes a watch.
        let Some(evidence) = collected.evidence else { return Ok(false) };
        if evidence.ended == Ended::Interrupted {
            return Ok(false);
        }
        let (evidence, diagnosis) = super::diagnosed(self.args, view, evidence, self.baseline);
        let state = State::of(&evidence, &diagnosis, self.args.findings.fail_on.into());
        self.runs += 1;
        let mut text = String::new();
        if self.runs == 1 {
            view.iter().flat_map(|view| &view.notes).for_each(|note| self.output.note(note));
            text += &self.first(&state, &report::verdict(&evidence, &diagnosis))?;
        }
        if self.failure.take().is_some() {
            text += &self.recovered(&state)?;
        }
        let changes = self.memory.take(state, begun);
        for change in &changes {
            text += &self.change(change)?;
        }
        self.publish(&evidence, &diagnosis, &changes);
        #[cfg(feature = "otlp")]
        let times = (begun.elapsed(), machine::now());
        let is_read = self.write(text).await?;
        #[cfg(feature = "otlp")]
        self.export(&evidence, &collected.timeline, times).await;
        // Without a target, nothing can change.
        Ok(is_read && !evidence.traces.is_empty())
    }

    /// Sends a run to the collector, if there is one. `took` is the time of the run, and `end` its end.
    #[cfg(feature = "otlp")]
    async fn export(&mut self, evidence: &Evidence, timeline: &Timeline, (took, end): (Duration, SystemTime)) {
        if let (Some(exporter), Some(state)) = (&mut self.exporter, self.memory.last()) {
            let begun = end.checked_sub(took).unwrap_or(end);
            if let Some(problem) = exporter.export(&otlp::Run { evidence, state, timeline, begun, end }).await {
                self.output.error(&problem);
            }
        }
    }

    /// Reports a run that could not be carried out, unless the one before failed in the same way.
    async fn failed(&mut self, failure: Failure) -> Result<bool, Failure> {
        self.runs += 1;
        self.published.fail();
        let message = failure.to_string();
        let is_known = self.failure.replace(failure).is_some_and(|before| before.to_string() == message);
        if is_known {
            return Ok(true);
        }
        let text =
            if self.is_json() { json::failed(&message, self.when())? } else { line::failed(&message, machine::now()) };
        self.write(text).await
    }

    fn first(&self, state: &State, headline: &str) -> Result<String, Failure> {
        if self.is_json() { json::first(state, self.when()) } else { Ok(line::first(state, headline, machine::now())) }
    }

    fn recovered(&self, state: &State) -> Result<String, Failure> {
        if self.is_json() {
            json::recovered(state, self.when())
        } else {
            Ok(line::recovered(state.verdict, machine::now()))
        }
    }

    fn change(&self, change: &Change) -> Result<String, Failure> {
        if self.is_json() { json::change(change, self.when()) } else { Ok(line::change(change, machine::now())) }
    }

    fn publish(&self, evidence: &Evidence, diagnosis: &Diagnosis, changes: &[Change]) {
        if self.args.watch.metrics.is_some()
            && let Some(state) = self.memory.last()
        {
            let metrics = report::prometheus(evidence, diagnosis, &super::options(self.args, self.output));
            self.published.update(metrics, state, changes);
        }
    }

    /// Waits for the next run. A terminal shows the time that is left.
    async fn wait(&self, next: Instant) {
        let line = StatusLine::new(!self.is_json());
        loop {
            let left = next.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            line.show(&line::waiting(self.runs, self.memory.last(), left));
            sleep_until(next.min(Instant::now() + TICK)).await;
        }
        // An interval of zero leaves no other moment for signals and for the endpoint.
        tokio::task::yield_now().await;
    }

    /// Reports the end, and returns the exit code of the last run.
    async fn end(&self) -> Result<u8, Failure> {
        let last = self.memory.last();
        let code = match (&self.failure, last) {
            (Some(failure), _) => failure.code(),
            (None, Some(state)) => state.exit_code,
            (None, None) => return Err(Failure::interrupted("the first run had ended")),
        };
        let text = if self.is_json() {
            json::stopped(last, code, self.when())?
        } else {
            line::stopped(self.runs, last, machine::now())
        };
        // A reader that takes nothing must not keep the program from ending.
        let _ = timeout(LAST_WRITE, self.write(text)).await;
        Ok(code)
    }

    /// Writes to standard output, on a thread of its own: a reader that takes nothing must not keep signals waiting. Returns
    /// whether the reader is still there.
    async fn write(&self, text: String) -> Result<bool, Failure> {
        if text.is_empty() {
            return Ok(true);
        }
        let output = self.output.clone();
        let written = tokio::task::spawn_blocking(move || output.part(&text)).await;
        written.unwrap_or_else(|error| Err(Failure::cannot("write standard output", &error.into())))
    }

    fn is_json(&self) -> bool {
        self.args.format == DoctorFormat::Json
    }

    fn when(&self) -> When {
        When { run: self.runs, now: machine::now() }
    }
}

/// How often the status line changes.
const TICK: Duration = Duration::from_secs(1);

/// The time for the last line.
const LAST_WRITE: Duration = Duration::from_millis(500);

/// The longest time of all round trips of `--deep`, for 20 services.
const LONGEST_ROUND_TRIPS: Duration = Duration::from_secs(600);

/// The time by which a machine may be slow.
const RESERVE: Duration = Duration::from_secs(30);
