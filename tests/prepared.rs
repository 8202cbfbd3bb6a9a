//! The memory of prepared connections that their peer floods. A process of its own, because it measures itself.
#![cfg(all(feature = "connect", target_os = "linux"))]
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::print_stdout, reason = "a test shows its figures")]

use std::fs;
use std::time::{Duration, SystemTime};

use speech_endpoint::connect::{Connector, TokenSource};
use speech_endpoint::net::Trust;
use speech_endpoint::{Query, Service};
use speech_endpoint_lab::{Lab, World};
use tokio::runtime::Builder;

/// What the peers send, as a world names it.
const FLOODS: [&str; 7] = ["text", "binary", "empty", "ping", "pong", "fragment", "empty-fragment"];

/// Each has another query, because a connector keeps one connection for each.
const SOCKETS: usize = 32;

/// The most memory of a socket, in KiB. It includes the end of the peer, which runs in the same process.
const MOST_OF_A_SOCKET: usize = 1 << 10;

#[test]
fn a_prepared_socket_stays_under_one_mebibyte_under_each_flood() {
    // What an earlier round has freed may serve a later one, so all of them are compared with the beginning.
    let before = memory("VmRSS:");
    let mut figures = Vec::new();
    for flood in ["none"].into_iter().chain(FLOODS) {
        let of_a_socket = (peak(flood).saturating_sub(before)) / SOCKETS;
        println!("{flood}: {of_a_socket} KiB a socket, of {SOCKETS} sockets and their peers");
        figures.push((flood, of_a_socket));
    }
    let wrong: Vec<_> = figures.iter().filter(|(_, kibibytes)| *kibibytes >= MOST_OF_A_SOCKET).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Returns the largest memory of this process, in KiB, while a connector prepares connections and peers flood them.
fn peak(flood: &str) -> usize {
    let gateway = if flood == "none" { String::new() } else { format!("[gateway]\nflood = \"{flood}\"\n") };
    let toml = format!(
        "title = \"x\"\n[resource]\nregion = \"westeurope\"\n{gateway}[expect]\nfindings = []\nverdict = \"healthy\"\n"
    );
    let theirs = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let lab = theirs.block_on(Lab::start(World::parse(&toml).unwrap(), SystemTime::now())).unwrap();
    let ours = Builder::new_current_thread().enable_all().build().unwrap();
    // Resets the peak (proc_pid_clear_refs(5)).
    fs::write("/proc/self/clear_refs", "5").unwrap();
    ours.block_on(async {
        let account = lab.account().unwrap().clone();
        let source = lab.credential().map_or_else(TokenSource::none, |given| TokenSource::ready(given.read().unwrap()));
        let trust = Trust::of(lab.system_roots(), lab.builtin_roots(), "the lab's store");
        let connector = Connector::builder(account, source).network(lab.network()).trust(trust).build().unwrap();
        let prepared = (0..SOCKETS).map(|number| {
            let query = Query::default().with_parameter("wordLevelTimestamps", &format!("x{number}")).unwrap();
            let connector = &connector;
            async move { connector.prepare(Service::SpeechToText, &query).await.is_ok() }
        });
        let ready = futures_util::future::join_all(prepared).await;
        assert!(ready.iter().all(|is_ready| *is_ready), "{flood}: {ready:?}");
        tokio::time::sleep(Duration::from_secs(1)).await;
    });
    let peak = memory("VmHWM:");
    theirs.shutdown_background();
    peak
}

/// Returns a figure of this process, in KiB.
fn memory(name: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
