//! Fails over between two regions: the first fails while the application runs, the second takes over, and the first recovers.
//!
//! ```text
//! cargo run --example failover
//! SPEECH_KEY=… SPEECH_KEY_2=… cargo run --example failover -- --region westeurope --region northeurope
//! ```
//!
//! The example simulates the failure in the connector's network; nothing is switched off in Azure.

#![allow(clippy::print_stdout, reason = "an example prints its results")]

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use speech_endpoint::connect::{AccountState, Connector, Health, TokenSource};
use speech_endpoint::evidence::{Failure, Lookup, MachineFacts, NameAnswer};
use speech_endpoint::net::{Network, SharedNetwork, SystemNetwork};
use speech_endpoint::{Account, Query, Service};
use speech_endpoint_lab::{Lab, World};
use tokio::net::TcpStream;
use tokio::time::Instant;

mod support;

use support::{Arguments, Stop};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Stop> {
    let labs = labs().await?;
    let labs = labs.as_ref();
    let [first, second] = accounts(labs)?;
    let [key, second_key] = keys(labs)?;
    let network = Regions::new(&first, labs)?;

    let mut builder = Connector::builder(first, key).fallback(second, second_key).network(network.clone());
    if let Some(labs) = labs {
        builder = builder.trust(support::trust(labs));
    }
    let connector = builder.build()?;

    println!("call  account      time    health");
    call(&connector, 1..=2).await?;
    println!("the first region fails");
    network.fail(true);
    call(&connector, 3..=6).await?;
    println!("the first region recovers, and the connector retries it after the back-off");
    network.fail(false);
    call(&connector, 7..=7).await?;
    pass(Duration::from_secs(10)).await;
    call(&connector, 8..=9).await
}

/// Opens a recogniser once per number, and prints the account that accepted the call.
async fn call(connector: &Connector, numbers: impl Iterator<Item = u32>) -> Result<(), Stop> {
    for number in numbers {
        let begun = Instant::now();
        let opened = connector.websocket(Service::SpeechToText, &Query::default()).await?;
        let took = format!("{} ms", begun.elapsed().as_millis());
        let accounts = connector.accounts();
        let health: Vec<String> = accounts.iter().map(health_of).collect();
        println!("{number:<5} {:<12} {took:<7} {}", name(&opened.account), health.join(" · "));
    }
    Ok(())
}

fn health_of(state: &AccountState) -> String {
    let health = match state.health {
        Health::Healthy if state.failures > 0 => format!("healthy ({} failed)", state.failures),
        Health::BackingOff { remaining } => format!("backing off {:.1} s", remaining.as_secs_f64()),
        Health::Probing => "on trial".to_owned(),
        _ => "healthy".to_owned(),
    };
    format!("{} {health}", name(&state.account))
}

fn name(account: &Account) -> String {
    let region = account.region().map(ToString::to_string);
    region.or(account.domain().map(ToString::to_string)).unwrap_or_default()
}

/// A network of two regions; the first one can be switched off.
#[derive(Clone)]
struct Regions(Arc<State>);

struct State {
    networks: [SharedNetwork; 2],
    first_host: String,
    first_addresses: Mutex<HashSet<IpAddr>>,
    has_failed: AtomicBool,
}

impl Regions {
    fn new(first: &Account, labs: Option<&[Lab; 2]>) -> Result<Self, Stop> {
        let networks = match labs {
            Some(labs) => labs.each_ref().map(|lab| SharedNetwork::new(lab.network())),
            None => [(); 2].map(|()| SharedNetwork::new(SystemNetwork::new(&[]))),
        };
        let first_host = first.endpoint(Service::SpeechToText)?.host().to_owned();
        let (first_addresses, has_failed) = (Mutex::default(), AtomicBool::default());
        Ok(Self(Arc::new(State { networks, first_host, first_addresses, has_failed })))
    }

    fn fail(&self, has_failed: bool) {
        self.0.has_failed.store(has_failed, Ordering::Relaxed);
    }

    fn of(&self, host: &str) -> &SharedNetwork {
        &self.0.networks[usize::from(host != self.0.first_host)]
    }

    fn first_addresses(&self) -> MutexGuard<'_, HashSet<IpAddr>> {
        self.0.first_addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Network for Regions {
    async fn addresses(&self, host: &str, limit: Duration) -> Result<Vec<IpAddr>, Failure> {
        let found = self.of(host).addresses(host, limit).await?;
        if host == self.0.first_host {
            self.first_addresses().extend(&found);
        }
        Ok(found)
    }

    async fn lookup(&self, host: &str, limit: Duration) -> Lookup {
        self.of(host).lookup(host, limit).await
    }

    async fn query_name_servers(&self, name: &str, limit: Duration) -> Option<NameAnswer> {
        self.of(name).query_name_servers(name, limit).await
    }

    async fn connect(&self, peer: SocketAddr) -> io::Result<TcpStream> {
        let is_first = self.first_addresses().contains(&peer.ip());
        if is_first && self.0.has_failed.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        self.0.networks[usize::from(!is_first)].connect(peer).await
    }

    fn machine(&self) -> MachineFacts {
        self.0.networks[0].machine()
    }
}

/// Starts a lab for each region, unless the command line names two resources.
async fn labs() -> Result<Option<[Lab; 2]>, Stop> {
    let given = Arguments::read()?;
    match (given.accounts.len(), given.world) {
        (2, None) => Ok(None),
        (0, None) => {
            let first = World::named("healthy-regional").ok_or("no such world")?;
            Ok(Some([support::start(first).await?, support::start(World::parse(NORTH)?).await?]))
        }
        _ => Err("expected two regions or endpoints, or none for the lab".into()),
    }
}

fn accounts(labs: Option<&[Lab; 2]>) -> Result<[Account; 2], Stop> {
    match labs {
        Some([first, second]) => {
            let account = |lab: &Lab| lab.account().map_err(ToString::to_string).cloned();
            Ok([account(first)?, account(second)?])
        }
        None => Arguments::read()?.accounts.try_into().map_err(|_| "expected two resources".into()),
    }
}

fn keys(labs: Option<&[Lab; 2]>) -> Result<[TokenSource; 2], Stop> {
    match labs {
        Some([first, second]) => {
            Ok([TokenSource::key(first.key().expose())?, TokenSource::key(second.key().expose())?])
        }
        None => Ok([support::key("SPEECH_KEY")?, support::key("SPEECH_KEY_2")?]),
    }
}

/// Advances tokio's clock, so that the example does not have to wait.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// The world of the second region, with its own address.
const NORTH: &str = r#"
    title = "A healthy second region"

    [resource]
    region = "northeurope"

    [dns]
    "northeurope.stt.speech.microsoft.com" = ["A 20.61.100.10"]

    [expect]
    findings = []
    verdict = "healthy"
"#;
