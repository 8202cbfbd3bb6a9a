//! The metrics of a watch: those of the last run, and those of the watch itself.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::change::Change;
use super::state::State;
use crate::machine;

/// What the endpoint serves.
pub(super) struct Published {
    content: Mutex<Content>,
    /// The time within which the next run has to end.
    patience: Duration,
}

struct Content {
    /// The metrics of the last run, in the text format of Prometheus.
    last_run: String,
    runs: u64,
    failed_runs: u64,
    changes: BTreeMap<String, u64>,
    updated: Instant,
}

impl Published {
    pub(super) fn new(patience: Duration) -> Self {
        let content = Content {
            last_run: String::new(),
            runs: 0,
            failed_runs: 0,
            changes: BTreeMap::new(),
            updated: Instant::now(),
        };
        Self { content: Mutex::new(content), patience }
    }

    /// Replaces the metrics of the last run, and counts it with its changes.
    pub(super) fn update(&self, last_run: String, state: &State, changes: &[Change]) {
        let mut content = self.locked();
        content.last_run = last_run;
        content.count_run();
        // A counter that begins with its first change hides that change from `increase`.
        state.services.iter().for_each(|service| content.count_changes(&service.service, 0));
        for change in changes {
            if let Change::Service(change) = change {
                content.count_changes(&change.now.service, 1);
            }
        }
    }

    /// Counts a run that could not be carried out. The metrics of an earlier one would look like its own.
    pub(super) fn fail(&self) {
        let mut content = self.locked();
        content.last_run.clear();
        content.failed_runs += 1;
        content.count_run();
    }

    /// Returns whether runs end: the last one ended recently enough for the next to be under way.
    pub(super) fn is_on_time(&self) -> bool {
        self.locked().updated.elapsed() <= self.patience
    }

    pub(super) fn text(&self) -> String {
        let content = self.locked();
        let mut text = content.last_run.clone();
        counter(&mut text, RUNS, &[(String::new(), content.runs)]);
        counter(&mut text, FAILED_RUNS, &[(String::new(), content.failed_runs)]);
        let changes = content.changes.iter().map(|(service, count)| (format!("{{service=\"{service}\"}}"), *count));
        counter(&mut text, CHANGES, &changes.collect::<Vec<_>>());
        if let Some(bytes) = machine::resident_bytes() {
            let (name, help) = RESIDENT;
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {bytes}");
        }
        text
    }

    fn locked(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Content {
    fn count_run(&mut self) {
        self.runs += 1;
        self.updated = Instant::now();
    }

    /// Counts changes of a service. Its name is an id of ours, which needs no escapes.
    fn count_changes(&mut self, service: &str, changes: u64) {
        match self.changes.get_mut(service) {
            Some(count) => *count += changes,
            None => drop(self.changes.insert(service.to_owned(), changes)),
        }
    }
}

fn counter(text: &mut String, (name, help): (&str, &str), samples: &[(String, u64)]) {
    if samples.is_empty() {
        return;
    }
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter");
    for (labels, value) in samples {
        let _ = writeln!(text, "{name}{labels} {value}");
    }
}

const RUNS: (&str, &str) = ("speech_endpoint_runs_total", "The number of runs that ended.");

const FAILED_RUNS: (&str, &str) = (
    "speech_endpoint_failed_runs_total",
    "The number of runs that could not be carried out, for example without their file.",
);

const CHANGES: (&str, &str) =
    ("speech_endpoint_state_changes_total", "The number of runs in which something changed at the service.");

const RESIDENT: (&str, &str) = ("process_resident_memory_bytes", "Resident memory size in bytes.");
