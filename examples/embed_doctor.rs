//! Attaches the doctor's report to the error of an application that fails to connect.
//!
//! ```text
//! cargo run --example embed_doctor
//! SPEECH_KEY=… cargo run --example embed_doctor -- https://contoso.cognitiveservices.azure.com/
//! ```
//!
//! Without a resource it runs in a world of the lab whose private zone is not linked.

#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "an example prints its results")]

use std::error::Error;
use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::{Duration, SystemTime};

use speech_endpoint::net::{Network, SystemNetwork};
use speech_endpoint::net::{ProxySettings, Trust};
use speech_endpoint::probe::{Context, probe};
use speech_endpoint::report::{ReportOptions, markdown};
use speech_endpoint::{Account, Credential, Plan, Query, diagnose};
use speech_endpoint_lab::{ClientCredential, Lab, World};

/// The application's error.
#[derive(Debug)]
struct ConnectError {
    /// The operation that failed.
    doing: &'static str,
    /// The id of the root cause, such as `DNS03`, for dashboards and alerts.
    root_cause: Option<&'static str>,
    /// The report for a ticket, without names or addresses of the customer.
    report: String,
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed ({})", self.doing, self.root_cause.unwrap_or("no known cause"))
    }
}

impl Error for ConnectError {}

/// Runs the doctor's checks on the application's resource. It cannot fail: every network error is evidence.
async fn examine(
    doing: &'static str,
    account: &Account,
    credential: Option<&Credential>,
    network: &impl Network,
    trust: &Trust,
) -> ConnectError {
    let plan = Plan::new(account, &[], &Query::default(), credential, Duration::from_secs(5), 4);
    let proxies = ProxySettings::default();
    let facts = credential.map(|credential| credential.facts(salt()));
    let context = Context::new(network, trust, &proxies, SystemTime::now()).with_credential(credential, facts);
    let evidence = probe(&plan, &context, &(), std::future::pending()).await;
    let diagnosis = diagnose(&evidence);
    ConnectError {
        doing,
        root_cause: diagnosis.root_cause().map(|finding| finding.failure.id),
        report: markdown(&evidence, &diagnosis, &ReportOptions::default()),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let doing = "opening the recogniser";
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let error = match std::env::args().nth(1) {
        Some(endpoint) => {
            let account = Account::from_endpoint(&endpoint)?.value;
            let credential = std::env::var("SPEECH_KEY").ok().map(Credential::key).transpose()?;
            let (network, trust) = (SystemNetwork::new(&[]), Trust::system(None)?);
            runtime.block_on(examine(doing, &account, credential.as_ref(), &network, &trust))
        }
        None => runtime.block_on(async {
            let world = World::named("DNS03-zone-not-linked").ok_or("no such world")?;
            let lab = Lab::start(world, SystemTime::now()).await?;
            let trust = Trust::of(lab.system_roots(), lab.builtin_roots(), "the lab");
            let account = lab.account().map_err(ToString::to_string)?;
            let credential = lab.credential().map(ClientCredential::read).transpose()?;
            Ok::<_, Box<dyn Error>>(examine(doing, account, credential.as_ref(), &lab.network(), &trust).await)
        })?,
    };
    println!("error: {error}\n\n{}", error.report);
    Ok(())
}

/// Returns a new salt for each report, so that fingerprints of different reports cannot be compared.
fn salt() -> u64 {
    RandomState::new().build_hasher().finish()
}
