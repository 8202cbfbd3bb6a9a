//! Opens many connections to the lab at once, while some are reset, keys are regenerated and tokens expire.

#![cfg(feature = "connect")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a lab begins at the real time, and a test may stop"
)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Method;
use speech_endpoint::connect::{ConnectError, Connector, TokenSource};
use speech_endpoint::net::{ProxySettings, Trust};
use speech_endpoint::{Account, Query, Service};
use speech_endpoint_lab::{Lab, World};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;

/// The number of connections opened at once.
const AT_ONCE: usize = 200;

/// The share of connections that is reset.
const RESET: f64 = 0.05;

/// The variation in memory kept by the allocator, in KiB.
const NOISE: usize = 8 * 1024;

/// The result of using one connection.
enum Use {
    Done,
    /// A reset broke the open connection.
    Broken,
    Refused(Box<ConnectError>),
}

/// The result of the whole load.
#[derive(Default)]
struct Tally {
    done: AtomicUsize,
    broken: AtomicUsize,
    refused: Mutex<Vec<ConnectError>>,
}

#[test]
fn three_hundred_connections_survive_resets_rotation_and_expiry() {
    survive(300);
}

/// `.ci/run` also runs this test.
#[test]
#[ignore = "takes half a minute: cargo test --test load -- --ignored --nocapture"]
fn two_thousand_connections_survive_resets_rotation_and_expiry() {
    survive(2000);
}

fn survive(connections: usize) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let lab = Arc::new(Lab::start(World::named("healthy-regional").unwrap(), SystemTime::now()).await.unwrap());
        // The allocator keeps the memory of the first load. This is the baseline; a leak would come on top.
        load(&lab, connections).await;
        let mut start = settled(&lab).await;
        // The kept memory may still grow once or twice; a leak grows with each load.
        for left in (0..3).rev() {
            let begun = Instant::now();
            let tally = load(&lab, connections).await;
            let took = begun.elapsed();
            let end = settled(&lab).await;
            check(&tally, connections, took, (&start, &end));
            if end.kibibytes <= start.kibibytes + NOISE {
                break;
            }
            assert!(left > 0, "{} -> {} KiB", start.kibibytes, end.kibibytes);
            start = end;
        }
        assert_eq!(lab.connections(), 0);
    });
}

#[allow(clippy::print_stdout, reason = "the figures")]
fn check(tally: &Tally, connections: usize, took: Duration, (start, end): (&Footprint, &Footprint)) {
    let (done, broken) = (tally.done.load(Ordering::Relaxed), tally.broken.load(Ordering::Relaxed));
    let refused = tally.refused.lock().unwrap();
    println!(
        "{connections} connections, {AT_ONCE} at once, {} ms: {done} used, {broken} broken in use and opened again, {} \
         reported; descriptors {} -> {}, memory {} -> {} KiB",
        took.as_millis(),
        refused.len(),
        start.descriptors,
        end.descriptors,
        start.kibibytes,
        end.kibibytes
    );
    let mut causes = BTreeMap::new();
    for error in refused.iter() {
        assert_ne!(error.status(), Some(401), "{error}");
        assert!(error.diagnosis().root_cause().is_some() || !error.diagnosis().unexplained.is_empty(), "{error}");
        *causes.entry(error.to_string()).or_insert(0) += 1;
    }
    println!("{causes:#?}");
    assert_eq!(done + refused.len(), connections, "nothing is lost");
    // The probability of three resets in a row for one call is one in eight thousand.
    assert!(refused.len() <= 3, "{causes:#?}");
    assert!(end.descriptors <= start.descriptors + 2, "{} -> {}", start.descriptors, end.descriptors);
}

/// Runs the load. Half of the connections use keys, half use issued tokens; every tenth is a request. After one third, the
/// key in use is regenerated; after two thirds, every token expires.
async fn load(lab: &Arc<Lab>, connections: usize) -> Arc<Tally> {
    let text = |secret: speech_endpoint::Secret| secret.expose().to_owned();
    let keys = TokenSource::keys(text(lab.key()), text(lab.second_key())).unwrap();
    let tokens = TokenSource::keys(text(lab.key()), text(lab.second_key())).unwrap().issuing_tokens();
    let connectors = [connector(lab, keys), connector(lab, tokens)];
    let tally = Arc::new(Tally::default());
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    lab.reset_share(RESET, 42);
    for nth in 0..connections {
        if nth == connections / 3 {
            lab.regenerate_key();
        }
        if nth == connections * 2 / 3 {
            lab.expire_tokens();
        }
        let place = places.clone().acquire_owned().await.unwrap();
        let (connector, tally) = (connectors[nth % 2].clone(), tally.clone());
        tasks.spawn(async move {
            let _place = place;
            let limit = Duration::from_secs(60);
            timeout(limit, until_used(&connector, nth % 10 == 9, &tally)).await.expect("nothing hangs");
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
    lab.reset_share(0.0, 0);
    tally
}

fn connector(lab: &Lab, source: TokenSource) -> Connector {
    let account = Account::regional("westeurope".parse().unwrap()).unwrap();
    Connector::builder(account, source)
        .network(lab.network())
        .trust(Trust::of(lab.system_roots(), lab.builtin_roots(), "the lab's store"))
        .proxies(ProxySettings::default())
        .build()
        .unwrap()
}

/// Opens another connection when the current one breaks, as an application does.
async fn until_used(connector: &Connector, is_request: bool, tally: &Tally) {
    loop {
        let used = if is_request { request(connector).await } else { websocket(connector).await };
        match used {
            Use::Done => {
                tally.done.fetch_add(1, Ordering::Relaxed);
                return;
            }
            Use::Broken => {
                tally.broken.fetch_add(1, Ordering::Relaxed);
            }
            Use::Refused(error) => {
                tally.refused.lock().unwrap().push(*error);
                return;
            }
        }
    }
}

async fn websocket(connector: &Connector) -> Use {
    let mut opened = match connector.websocket(Service::SpeechToText, &Query::default()).await {
        Ok(opened) => opened,
        Err(error) => return Use::Refused(Box::new(error)),
    };
    if opened.socket.send(Message::Ping("x".into())).await.is_err() {
        return Use::Broken;
    }
    match opened.socket.next().await {
        Some(Ok(Message::Pong(_))) => {}
        _ => return Use::Broken,
    }
    // The peer may have closed the connection.
    let _ = opened.socket.close(None).await;
    Use::Done
}

async fn request(connector: &Connector) -> Use {
    match connector.send(Service::Voices, Method::GET, &Query::default(), |request| request).await {
        Ok(response) => match response.bytes().await {
            Ok(_) => Use::Done,
            Err(_) => Use::Broken,
        },
        Err(error) => Use::Refused(Box::new(error)),
    }
}

/// The resources that a process uses.
struct Footprint {
    descriptors: usize,
    kibibytes: usize,
}

impl Footprint {
    fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = resident.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
        let descriptors = std::fs::read_dir("/proc/self/fd").map(Iterator::count).unwrap_or_default();
        Self { descriptors, kibibytes: kibibytes.unwrap_or_default() }
    }
}

/// Measures after both ends have closed every connection.
async fn settled(lab: &Lab) -> Footprint {
    let patience = Instant::now() + Duration::from_secs(10);
    while lab.connections() > 0 && Instant::now() < patience {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // The lab's recorded requests must not count.
    lab.forget_requests();
    Footprint::now()
}
