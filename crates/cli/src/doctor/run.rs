//! The only step of the doctor that uses the network: it turns a plan into evidence.

use std::time::Duration;

#[cfg(feature = "otlp")]
use speech_endpoint::Service;
use speech_endpoint::evidence::{CredentialFacts, Evidence, Remark};
use speech_endpoint::probe::{Context, Observer, probe};
use speech_endpoint::{Credential, Plan, Stage};

#[cfg(feature = "otlp")]
use super::timeline::Timeline;
use crate::args::Family;
use crate::connectivity::Connectivity;
use crate::output::StatusLine;
use crate::runtime::interrupt;

/// The evidence of a run, or nothing if only the plan was requested.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) evidence: Option<Evidence>,
    #[cfg(feature = "otlp")]
    pub(super) timeline: Timeline,
}

impl From<Evidence> for Collected {
    fn from(evidence: Evidence) -> Self {
        Self {
            evidence: Some(evidence),
            #[cfg(feature = "otlp")]
            timeline: Timeline::default(),
        }
    }
}

/// Everything that a run needs.
pub(super) struct Request {
    pub(super) plan: Plan,
    pub(super) credential: Option<Credential>,
    pub(super) credential_facts: Option<CredentialFacts>,
    pub(super) second_key: Option<Credential>,
    pub(super) second_key_facts: Option<CredentialFacts>,
    pub(super) remarks: Vec<Remark>,
    pub(super) way: Connectivity,
    pub(super) ip: Family,
    pub(super) asks_metadata: bool,
}

impl Request {
    /// Probes every planned target, until the time limit or until the user interrupts.
    pub(super) async fn probe(self, progress: &Progress) -> Evidence {
        let context = Context::new(&self.way.network, &self.way.trust, &self.way.proxies, self.way.now())
            .with_credential(self.credential.as_ref(), self.credential_facts)
            .with_second_key(self.second_key.as_ref(), self.second_key_facts)
            .with_remarks(self.remarks)
            .with_family(self.ip.into())
            .with_metadata(self.asks_metadata);
        tokio::select! {
            evidence = probe(&self.plan, &context, progress, interrupt()) => evidence,
            never = progress.repeat() => never,
        }
    }
}

/// The status line that shows the current step.
pub(crate) struct Progress {
    line: StatusLine,
    began: tokio::time::Instant,
    total: Duration,
    #[cfg(feature = "otlp")]
    pub(super) timeline: Timeline,
}

impl Progress {
    pub(crate) fn new(is_wanted: bool, total: Duration) -> Self {
        Self {
            line: StatusLine::new(is_wanted),
            began: tokio::time::Instant::now(),
            total,
            #[cfg(feature = "otlp")]
            timeline: Timeline::default(),
        }
    }
}

impl Progress {
    /// Shows the current step and the time left.
    pub(crate) fn show(&self, what: &str) {
        self.line.show(&format!("{what} … {:.0} s left", self.left().as_secs_f64()));
    }

    /// Says in a log from time to time what the run does. It never ends.
    async fn repeat(&self) -> ! {
        loop {
            self.line.repeat().await;
        }
    }

    /// Returns the time left for the whole run.
    pub(crate) fn left(&self) -> Duration {
        self.total.saturating_sub(self.began.elapsed())
    }
}

impl Observer for Progress {
    #[cfg(feature = "otlp")]
    fn stage_of(&self, service: Option<Service>, host: &str, stage: Stage) {
        self.timeline.note(service, host, stage);
        self.stage(host, stage);
    }

    fn stage(&self, host: &str, stage: Stage) {
        self.show(&format!("{stage} {host}"));
    }

    fn round(&self, host: &str, number: usize, of: usize) {
        self.line.show(&format!("round {number} of {of} {host}"));
    }

    fn round_trip(&self, host: &str) {
        self.line.show(&format!("round trip {host}"));
    }

    fn hold(&self, host: &str, left: Duration) {
        self.line.show(&format!("holding {host} idle … {:.0} s left", left.as_secs_f64()));
    }
}
