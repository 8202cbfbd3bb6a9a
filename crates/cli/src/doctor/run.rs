//! The one step of the doctor that touches a network: plan in, evidence out.

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

/// All that a run needs to know.
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

/// Looks at everything that is planned, until the time is up or somebody interrupts.
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

/// Ends when somebody presses Ctrl-C. Where signals cannot be listened to, a run ends by its time.
pub(crate) async fn interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
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
}

impl Progress {
    /// Says what is waited for, and how long it can take yet.
    pub(crate) fn show(&self, what: &str) {
        self.line.show(&format!("{what} … {:.0} s left", self.left().as_secs_f64()));
    }

    /// What is left of the time for the whole run.
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
        self.line.show(&format!("held in silence {host} … {:.0} s left", left.as_secs_f64()));
    }
}
