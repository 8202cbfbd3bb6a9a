//! Measures how long it takes to open a WebSocket through the connector, with the same stages by hand, and with
//! `connect_async`. All cases alternate against one server on loopback.
//!
//! Exits with code 1 if a limit is missed.

#![allow(
    clippy::large_futures,
    clippy::disallowed_methods,
    reason = "a benchmark looks at the clock, and polls futures where they are"
)]

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use speech_endpoint::connect::{Connector, TokenSource};
use speech_endpoint::net::ProxySettings;
use speech_endpoint::{Account, Query, Service};

mod by_hand;
mod server;

use by_hand::ByHand;

const SERVICE: Service = Service::SpeechToTextV1;

/// The measured rounds; `WARM_UP` is the number of rounds before them.
const ROUNDS: usize = 2000;
const WARM_UP: usize = 100;

/// The largest ratio to the same stages by hand.
const OPENING_LIMIT: f64 = 1.05;
/// The largest ratio to `connect_async`.
const CONNECT_ASYNC_LIMIT: f64 = 0.5;
/// The time limit to return a prepared connection.
const PREPARED_LIMIT: Duration = Duration::from_micros(50);

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let server = server::start()?;
    let cold = server.config(false)?;
    let resumed = server.config(true)?;
    let url = format!("wss://127.0.0.1:{}", server.port);
    let account = Account::from_host(&url)?.value;
    let source = TokenSource::key(by_hand::KEY)?;
    let connector = |config| {
        Connector::builder(account.clone(), source.clone()).tls_config(config).proxies(ProxySettings::default()).build()
    };
    let (ours_cold, ours_resumed) = (connector(cold.clone())?, connector(resumed.clone())?);
    let path = account.endpoint(SERVICE)?.url().to_owned();
    let (hand_cold, hand_resumed) = (ByHand::new(&path, server.port, cold), ByHand::new(&path, server.port, resumed));

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut times: [Vec<Duration>; 6] = Default::default();
    runtime.block_on(async {
        let query = Query::default();
        ours_resumed.prepare(SERVICE, &query).await?;
        ours_resumed.release(SERVICE);
        for round in 0..WARM_UP + ROUNDS {
            for case in order(round) {
                // Closing is not measured, neither of this connection nor of earlier ones.
                server.settle().await;
                if case == 5 {
                    ours_cold.prepare(SERVICE, &query).await?;
                }
                let took = match case {
                    0 => timed(hand_cold.open()).await?,
                    2 => timed(hand_resumed.open()).await?,
                    3 => timed(ours_resumed.websocket(SERVICE, &query)).await?,
                    4 => timed(tokio_tungstenite::connect_async(&path)).await?,
                    // The same call returns a prepared connection.
                    _ => timed(ours_cold.websocket(SERVICE, &query)).await?,
                };
                if case == 5 {
                    ours_cold.release(SERVICE);
                }
                if round >= WARM_UP {
                    times[case].push(took);
                }
            }
        }
        Ok::<_, Box<dyn Error>>(())
    })?;
    Ok(report(times))
}

/// Compared cases run next to each other, each first equally often, and every order of the pairs occurs equally often. So no case
/// always follows the same one, and noise that empties the caches affects both.
fn order(round: usize) -> [usize; 6] {
    let mut blocks = [[0, 1], [2, 3], [4, 5]];
    let mut rest = round % 6;
    for last in (1..blocks.len()).rev() {
        blocks.swap(last, rest % (last + 1));
        rest /= last + 1;
    }
    for (bit, block) in blocks.iter_mut().enumerate() {
        if ((round / 6) >> bit) & 1 == 1 {
            block.swap(0, 1);
        }
    }
    let mut order = [0; 6];
    order.copy_from_slice(blocks.as_flattened());
    order
}

async fn timed<T, E>(open: impl Future<Output = Result<T, E>>) -> Result<Duration, E> {
    let begun = Instant::now();
    let opened = open.await?;
    let took = begun.elapsed();
    drop(opened);
    Ok(took)
}

fn report(mut times: [Vec<Duration>; 6]) -> ExitCode {
    // Both times are from one round, so that noise on the machine affects both.
    let ratio = |ours: usize, other: usize| {
        let rounds = times[ours].iter().zip(&times[other]);
        let mut ratios: Vec<f64> = rounds.map(|(ours, other)| ours.as_secs_f64() / other.as_secs_f64()).collect();
        ratios.sort_unstable_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    };
    let (cold, resumed, to_connect_async) = (ratio(1, 0), ratio(3, 2), ratio(1, 4));
    let mut prepared = 0.0;
    println!("{:<44} {:>8} {:>8}", "opening a WebSocket on loopback", "min µs", "median");
    for (case, name) in NAMES.iter().enumerate() {
        times[case].sort_unstable();
        let micros = |index: usize| times[case][index].as_secs_f64() * 1e6;
        prepared = micros(times[case].len() / 2);
        println!("{name:<44} {:>8.1} {prepared:>8.1}", micros(0));
    }
    let figures = [
        ("cold, to the stages by hand", cold, OPENING_LIMIT),
        ("resumed, to the stages by hand", resumed, OPENING_LIMIT),
        ("cold, to connect_async", to_connect_async, CONNECT_ASYNC_LIMIT),
        ("prepared, in µs", prepared, PREPARED_LIMIT.as_secs_f64() * 1e6),
    ];
    let mut is_met = true;
    for (name, figure, limit) in figures {
        is_met &= figure <= limit;
        println!("{name:<44} {figure:>8.3} of {limit} allowed");
    }
    if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

const NAMES: [&str; 6] = [
    "by hand, cold",
    "connector, cold",
    "by hand, resumed",
    "connector, resumed",
    "tokio_tungstenite::connect_async",
    "connector, prepared",
];
