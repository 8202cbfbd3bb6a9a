//! Measures the lab under parallel recognitions. `benches/README.md` describes the cases.
//!
//! ```text
//! load [BINARY]                     2,000 recognitions at once, then 1,000 at the pace of a microphone
//! load [BINARY] mixed MINUTES       100 clients that do everything, for some minutes
//! ```

mod client;
mod lab;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinSet, LocalSet};
use tokio::time::{Instant, sleep};

use client::{Pace, Times};
use lab::Lab;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let binary = arguments.next().unwrap_or_else(|| "../../target/release/speech-endpoint".to_owned());
    let minutes = match arguments.next().as_deref() {
        Some("mixed") => Some(arguments.next().ok_or("how many minutes?")?.parse::<u64>()?),
        Some(other) => return Err(format!("`{other}` is not a case: expected `mixed MINUTES`").into()),
        None => None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let within = runtime.block_on(LocalSet::new().run_until(async move {
        let lab = Arc::new(Lab::start(Path::new(&binary)).await?);
        match minutes {
            Some(minutes) => mixed(lab, Duration::from_secs(minutes * 60)).await,
            None => parallel(lab).await,
        }
    }))?;
    std::process::exit(i32::from(!within))
}

/// Runs both cases of parallel recognitions. Returns whether every limit is met.
async fn parallel(lab: Arc<Lab>) -> Result<bool, Failure> {
    let short: Arc<[u8]> = client::speak(&lab, SHORT).await?.into();
    let long: Arc<[u8]> = client::speak(&lab, LONG).await?.into();
    println!("{} and {} ms of audio", short.len() / 32, long.len() / 32);
    println!("case                    ok   open p50    p95   result p50    p95   peak MiB   CPU ms each");
    let mut within = true;
    for (name, count, text, audio, pace) in [
        ("100 at once", 100, SHORT, &short, Pace::AtOnce),
        ("2,000 at once", 2000, SHORT, &short, Pace::AtOnce),
        ("300 at a pace", 300, LONG, &long, Pace::Microphone),
        ("1,000 at a pace", 1000, LONG, &long, Pace::Microphone),
    ] {
        lab.forget_peak()?;
        let before = lab.used()?;
        let times = together(&lab, count, text, audio, pace).await;
        let after = lab.used()?;
        let mut opened: Vec<Duration> = times.iter().map(|times| times.open).collect();
        let mut results: Vec<Duration> = times.iter().map(|times| times.result).collect();
        let open = quantiles(&mut opened);
        let result = quantiles(&mut results);
        #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
        let cpu = (after.ticks - before.ticks) as f64 * 10.0 / count as f64;
        println!(
            "{name:18} {:>6} {:>8} ms {:>4} ms {:>9} ms {:>4} ms {:>8} {cpu:>12.2}",
            times.len(),
            open[0],
            open[1],
            result[0],
            result[1],
            after.peak / 1024
        );
        within &= times.len() == count && after.peak < MEMORY;
        within &= pace == Pace::AtOnce || (open[1] <= OPEN && result[1] <= RESULT);
    }
    println!("{}", if within { "all within their limits" } else { "not all within their limits" });
    Ok(within)
}

/// Recognises the same audio many times in parallel, and returns the times of those that succeed.
async fn together(lab: &Arc<Lab>, count: usize, text: &'static str, audio: &Arc<[u8]>, pace: Pace) -> Vec<Times> {
    let mut tasks = JoinSet::new();
    for _ in 0..count {
        let (lab, audio) = (Arc::clone(lab), Arc::clone(audio));
        tasks.spawn_local(async move {
            client::recognise(&lab, &audio, text, pace).await.map_err(|error| error.to_string())
        });
    }
    let mut times = Vec::new();
    while let Some(Ok(done)) = tasks.join_next().await {
        match done {
            Ok(one) => times.push(one),
            Err(error) => eprintln!("failed: {error}"),
        }
    }
    times
}

/// Runs 100 clients, each of which does everything in turn. Returns whether nothing failed and the memory stayed flat.
async fn mixed(lab: Arc<Lab>, time: Duration) -> Result<bool, Failure> {
    let short: Arc<[u8]> = client::speak(&lab, SHORT).await?.into();
    let long: Arc<[u8]> = client::speak(&lab, LONG).await?.into();
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for nth in 0..CLIENTS {
        let (lab, short, long) = (Arc::clone(&lab), Arc::clone(&short), Arc::clone(&long));
        tasks.spawn_local(async move {
            // The clients start one after the other, so that they do not all do the same.
            sleep(Duration::from_millis(100) * nth).await;
            let (mut done, mut failed) = (0_u64, 0_u64);
            let mut step = nth;
            while begun.elapsed() < time {
                let outcome = match step % 6 {
                    0 | 3 => client::recognise(&lab, &long, LONG, Pace::Microphone).await.map(drop),
                    1 => client::synthesise(&lab, LONG).await.map(drop),
                    2 => client::recognise(&lab, &short, SHORT, Pace::AtOnce).await.map(drop),
                    4 => client::translate(&lab, &short, SHORT).await,
                    _ => client::voices(&lab).await,
                };
                match outcome {
                    Ok(()) => done += 1,
                    Err(error) => {
                        eprintln!("failed: {error}");
                        failed += 1;
                    }
                }
                step += 1;
                sleep(Duration::from_millis(200)).await;
            }
            (done, failed)
        });
    }
    let mut memory = Vec::new();
    while begun.elapsed() < time {
        sleep(Duration::from_secs(5)).await;
        memory.push(lab.used()?.memory);
    }
    let (mut done, mut failed) = (0, 0);
    while let Some(Ok((well, badly))) = tasks.join_next().await {
        (done, failed) = (done + well, failed + badly);
    }
    let quarter = memory.len() / 4;
    let first = median(&memory[..quarter]);
    let last = median(&memory[memory.len() - quarter..]);
    #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
    let growth = last as f64 / first as f64;
    println!(
        "{CLIENTS} clients for {} minutes: {done} done, {failed} failed; memory {} MiB in the first quarter, {} MiB in the \
        last ({growth:.3}), peak {} MiB",
        time.as_secs() / 60,
        first / 1024,
        last / 1024,
        lab.used()?.peak / 1024
    );
    Ok(failed == 0 && (0.95..=1.05).contains(&growth))
}

/// Returns the median and the 95th percentile, in milliseconds.
fn quantiles(times: &mut [Duration]) -> [u128; 2] {
    times.sort_unstable();
    [50, 95].map(|part| times.get((times.len() * part / 100).min(times.len().saturating_sub(1))).map_or(0, Duration::as_millis))
}

fn median(values: &[u64]) -> u64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// Two seconds of speech.
const SHORT: &str = "The quick brown fox jumps over it.";

/// Five seconds of speech.
const LONG: &str = "The quick brown fox jumps over the lazy dog while nobody looks at either of both of them.";

const CLIENTS: u32 = 100;

/// The limit of the memory of the lab, in KiB.
const MEMORY: u64 = 200 * 1024;

/// The limits at the pace of a microphone, in milliseconds.
const OPEN: u128 = 1500;
const RESULT: u128 = 200;
