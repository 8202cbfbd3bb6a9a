//! The one step of the doctor that touches a network: plan in, evidence out.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use speech_endpoint::evidence::{CredentialFacts, Ended, Evidence, Remark, Trace};
use speech_endpoint::{Credential, Plan, Stage};

use super::args::Family;
use crate::cli::failure::Failure;
use crate::cli::lab::runtime;
use crate::cli::output::StatusLine;

/// All that a run needs to know.
#[expect(dead_code, reason = "read by the probe, which is not wired in yet")]
pub(crate) struct Request {
    pub(crate) plan: Plan,
    pub(crate) credential: Option<Credential>,
    pub(crate) credential_facts: Option<CredentialFacts>,
    pub(crate) remarks: Vec<Remark>,
    pub(crate) dns_servers: Vec<SocketAddr>,
    pub(crate) ca_pem: Option<String>,
    pub(crate) proxy: Option<String>,
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) ip: Family,
    pub(crate) now: SystemTime,
}

/// Looks at everything that is planned, until the time is up or somebody interrupts.
pub(crate) fn run_probe(request: &Request, progress: &Progress) -> Result<Evidence, Failure> {
    let runtime = runtime()?;
    runtime.block_on(async {
        let interrupt = async {
            // Where signals cannot be listened to, the run ends by its time.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            biased;
            evidence = looked_at(request, progress) => Ok(evidence),
            () = interrupt => Ok(nothing_seen(request)),
        }
    })
}

/// The line that tells what is waited for, while it is waited for.
pub(crate) struct Progress {
    line: StatusLine,
    began: tokio::time::Instant,
    total: Duration,
}

impl Progress {
    pub(crate) fn new(is_wanted: bool, total: Duration) -> Self {
        Self { line: StatusLine::new(is_wanted), began: tokio::time::Instant::now(), total }
    }

    /// A stage of a host begins.
    pub(crate) fn on_stage(&self, host: &str, stage: Stage) {
        let left = self.total.saturating_sub(self.began.elapsed()).as_secs_f64();
        self.line.show(&format!("{stage} {host} … {left:.0} s left"));
    }
}

#[expect(clippy::unused_async, reason = "it awaits the probe once that is wired in")]
async fn looked_at(request: &Request, progress: &Progress) -> Evidence {
    for target in &request.plan.targets {
        progress.on_stage(target.host(), Stage::Dns);
    }
    nothing_seen(request)
}

fn nothing_seen(request: &Request) -> Evidence {
    let mut evidence = Evidence::new(request.now, request.plan.resource_facts());
    evidence.ended = Ended::Interrupted;
    evidence.credential.clone_from(&request.credential_facts);
    evidence.remarks.clone_from(&request.remarks);
    evidence.traces = request.plan.targets.iter().map(|target| Trace::new(target.facts())).collect();
    evidence
}
