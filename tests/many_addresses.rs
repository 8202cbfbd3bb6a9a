//! A name server chooses the addresses of a name. A run and a connector connect to the first ones, and say how many more there are.
#![cfg(feature = "connect")]
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use rustls::RootCertStore;
use speech_endpoint::connect::{Connector, TokenSource};
use speech_endpoint::evidence::{Evidence, Lookup};
use speech_endpoint::net::{Network, ProxySettings, Trust};
use speech_endpoint::probe::{Context, probe};
use speech_endpoint::report::{ReportOptions, text};
use speech_endpoint::{Account, Plan, Query, Region, Service, diagnose};
use tokio::net::TcpStream;

/// A network in which every name has these addresses, and no address answers.
#[derive(Clone)]
struct Flood {
    addresses: Vec<IpAddr>,
    tried: Arc<Mutex<HashSet<SocketAddr>>>,
}

impl Flood {
    fn of(addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        Self { addresses: addresses.into_iter().collect(), tried: Arc::default() }
    }

    fn tried(&self) -> HashSet<IpAddr> {
        self.tried.lock().unwrap().iter().map(SocketAddr::ip).collect()
    }
}

impl Network for Flood {
    async fn lookup(&self, _: &str, _: Duration) -> Lookup {
        Lookup::addresses(self.addresses.iter().copied())
    }

    async fn connect(&self, peer: SocketAddr) -> io::Result<TcpStream> {
        self.tried.lock().unwrap().insert(peer);
        Err(io::ErrorKind::ConnectionRefused.into())
    }
}

fn v4(count: u16) -> impl Iterator<Item = IpAddr> {
    (0..count).map(|number| Ipv4Addr::from((20 << 24) + u32::from(number)).into())
}

fn v6(count: u16) -> impl Iterator<Item = IpAddr> {
    (0..count).map(|number| Ipv6Addr::new(0x2603, 0x1020, 0, 0, 0, 0, 0, number).into())
}

fn account() -> Account {
    Account::regional("westeurope".parse::<Region>().unwrap()).unwrap()
}

fn trust() -> Trust {
    Trust::of(RootCertStore::empty(), RootCertStore::empty(), "nothing")
}

async fn run(network: &Flood) -> Evidence {
    let services = [Service::SpeechToText];
    let plan = Plan::new(&account(), &services, &Query::default(), None, Duration::from_secs(2), 4);
    let (trust, proxies) = (trust(), ProxySettings::default());
    let context = Context::new(network, &trust, &proxies, SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600));
    probe(&plan, &context, &(), std::future::pending()).await
}

#[tokio::test]
async fn a_run_tries_sixteen_addresses_and_counts_the_rest() {
    let network = Flood::of(v4(4000));
    let evidence = run(&network).await;
    assert_eq!(network.tried().len(), 16);
    let dns = evidence.traces[0].dns.found().unwrap();
    assert_eq!((dns.addresses.len(), dns.more_addresses), (16, 3984));
    assert_eq!(evidence.traces[0].tcp.found().unwrap().attempts.len(), 16);
    let json = serde_json::to_string(&evidence).unwrap();
    assert!(json.contains(r#""more_addresses":3984"#) && json.len() < 40_000, "{} bytes", json.len());
    let report = text(&evidence, &diagnose(&evidence), &ReportOptions::default());
    assert!(report.contains("and 3996 more"), "{report}");
}

#[tokio::test]
async fn few_addresses_are_all_tried_and_nothing_is_counted() {
    let network = Flood::of(v4(16));
    let evidence = run(&network).await;
    assert_eq!(network.tried().len(), 16);
    assert!(!serde_json::to_string(&evidence).unwrap().contains("more_addresses"));
}

#[tokio::test]
async fn both_families_are_tried() {
    let network = Flood::of(v4(100).chain(v6(100)));
    run(&network).await;
    let (v4, v6): (Vec<IpAddr>, Vec<IpAddr>) = network.tried().iter().partition(|ip| ip.is_ipv4());
    assert_eq!((v4.len(), v6.len()), (8, 8));
}

#[tokio::test]
async fn a_connector_races_sixteen_addresses() {
    let network = Flood::of(v6(10).chain(v4(4000)));
    let connector = Connector::builder(account(), TokenSource::key("0123456789abcdef0123456789abcdef").unwrap())
        .network(network.clone())
        .trust(trust())
        .proxies(ProxySettings::default())
        .time_limit(Duration::from_secs(3))
        .build()
        .unwrap();
    let error = connector.websocket(Service::SpeechToText, &Query::default()).await.map(drop).unwrap_err();
    assert_eq!(network.tried().len(), 16);
    let dns = error.evidence().traces[0].dns.found().unwrap();
    assert_eq!((dns.addresses.len(), dns.more_addresses), (16, 3994));
}
