//! The only step of the doctor that uses the network: it turns a plan into evidence.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use speech_endpoint::evidence::{CredentialFacts, Evidence, Remark};
use speech_endpoint::net::ProxySettings;
use speech_endpoint::net::SystemNetwork;
use speech_endpoint::net::Trust;
use speech_endpoint::probe::{Means, Watch, probe};
use speech_endpoint::{Credential, Plan, Stage};

use super::args::Family;
use crate::failure::Failure;
use crate::lab::block_on;
use crate::output::StatusLine;

/// Everything that a run needs.
pub(crate) struct Request {
    pub(crate) plan: Plan,
    pub(crate) credential: Option<Credential>,
    pub(crate) credential_facts: Option<CredentialFacts>,
    pub(crate) second_key: Option<Credential>,
    pub(crate) second_key_facts: Option<CredentialFacts>,
    pub(crate) remarks: Vec<Remark>,
    pub(crate) dns_servers: Vec<SocketAddr>,
    pub(crate) trust: Trust,
    pub(crate) proxies: ProxySettings,
    pub(crate) ip: Family,
    pub(crate) now: SystemTime,
}

/// Probes every planned target, until the time limit or until the user interrupts.
pub(crate) fn run_probe(request: &Request, progress: &Progress) -> Result<Evidence, Failure> {
    block_on(async {
        let network = SystemNetwork::new(&request.dns_servers);
        let mut means = Means::new(&network, &request.trust, &request.proxies, request.now);
        means.credential = request.credential.as_ref();
        means.credential_facts.clone_from(&request.credential_facts);
        means.second_key = request.second_key.as_ref();
        means.second_key_facts.clone_from(&request.second_key_facts);
        means.remarks.clone_from(&request.remarks);
        means.family = request.ip.into();
        probe(&request.plan, &means, progress, interrupt()).await
    })
}

/// Completes when the user presses Ctrl-C. If signals are not available, only the time limit ends a run.
pub(crate) async fn interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// The status line that shows the current step.
pub(crate) struct Progress {
    line: StatusLine,
    began: tokio::time::Instant,
    total: Duration,
}

impl Progress {
    pub(crate) fn new(is_wanted: bool, total: Duration) -> Self {
        Self { line: StatusLine::new(is_wanted), began: tokio::time::Instant::now(), total }
    }
}

impl Progress {
    /// Shows the current step and the time left.
    pub(crate) fn show(&self, what: &str) {
        self.line.show(&format!("{what} … {:.0} s left", self.left().as_secs_f64()));
    }

    /// Returns the time left for the whole run.
    pub(crate) fn left(&self) -> Duration {
        self.total.saturating_sub(self.began.elapsed())
    }
}

impl Watch for Progress {
    fn stage(&self, host: &str, stage: Stage) {
        self.show(&format!("{stage} {host}"));
    }

    fn round(&self, host: &str, number: usize, of: usize) {
        self.line.show(&format!("round {number} of {of} {host}"));
    }

    fn hold(&self, host: &str, left: Duration) {
        self.line.show(&format!("holding {host} idle … {:.0} s left", left.as_secs_f64()));
    }
}
