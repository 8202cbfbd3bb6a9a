//! Harness: cases take turns in one process, so that what disturbs the machine disturbs all of them alike.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// What a batch lasts at least: long beside a reading of the clock, short beside a time slice.
const BATCH: Duration = Duration::from_micros(50);
/// How many batches of each case are timed.
const ROUNDS: usize = 8_000;
/// How many rounds go before those.
const WARM_UP_ROUNDS: usize = 500;
/// When the rounds end on a machine that is too busy for all of them.
const TIME_LIMIT: Duration = Duration::from_secs(15);
/// Over how many calls allocations are counted; even, for a case that alternates.
const COUNTED_CALLS: u32 = 1_000;

/// A call that is measured.
pub(crate) struct Case<'a> {
    name: &'static str,
    batch: Box<dyn FnMut(u32) + 'a>,
}

impl<'a> Case<'a> {
    /// A case by its name and the call. What the call returns is dropped within the measured time.
    pub(crate) fn new<T>(name: &'static str, mut call: impl FnMut() -> T + 'a) -> Self {
        let batch = move |calls| {
            for _ in 0..calls {
                black_box(call());
            }
        };
        Self { name, batch: Box::new(batch) }
    }

    fn time(&mut self, calls: u32) -> Duration {
        let start = Instant::now();
        (self.batch)(calls);
        start.elapsed()
    }

    /// How many calls make a batch.
    fn calls_per_batch(&mut self) -> u32 {
        let mut calls = 1;
        // The best of some, so that an interruption does not pass for a long batch.
        while (0..5).map(|_| self.time(calls)).min().is_some_and(|best| best < BATCH) {
            calls *= 2;
        }
        calls
    }

    /// Allocations and allocated bytes per call.
    fn allocations(&mut self) -> (f64, f64) {
        (self.batch)(COUNTED_CALLS);
        let before = (ALLOCATIONS.load(Relaxed), BYTES.load(Relaxed));
        COUNTING.store(true, Relaxed);
        (self.batch)(COUNTED_CALLS);
        COUNTING.store(false, Relaxed);
        let per_call = |before, after| f64::from(u32::try_from(after - before).unwrap_or(u32::MAX));
        let calls = f64::from(COUNTED_CALLS);
        (per_call(before.0, ALLOCATIONS.load(Relaxed)) / calls, per_call(before.1, BYTES.load(Relaxed)) / calls)
    }
}

/// What was measured of a case, per call.
pub(crate) struct Figures {
    /// The name of the case.
    pub(crate) name: &'static str,
    /// Nanoseconds in the fastest batch.
    pub(crate) min: f64,
    /// Nanoseconds in the batch in the middle.
    pub(crate) median: f64,
    /// Allocations; one that grows counts as another one.
    pub(crate) allocations: f64,
    /// Allocated bytes.
    pub(crate) bytes: f64,
}

/// Measures the cases in rounds of one batch each, every other round in reverse order.
pub(crate) fn measure(cases: &mut [Case<'_>]) -> Vec<Figures> {
    let allocations = cases.iter_mut().map(Case::allocations).collect::<Vec<_>>();
    let calls = cases.iter_mut().map(Case::calls_per_batch).collect::<Vec<_>>();
    let mut times = vec![Vec::with_capacity(WARM_UP_ROUNDS + ROUNDS); cases.len()];
    let start = Instant::now();
    for round in 0..WARM_UP_ROUNDS + ROUNDS {
        for turn in 0..cases.len() {
            let i = if round % 2 == 0 { turn } else { cases.len() - 1 - turn };
            times[i].push(cases[i].time(calls[i]).as_secs_f64() * 1e9 / f64::from(calls[i]));
        }
        if start.elapsed() > TIME_LIMIT && round > 2 * WARM_UP_ROUNDS {
            break;
        }
    }
    cases
        .iter()
        .zip(times)
        .zip(allocations)
        .map(|((case, times), (allocations, bytes))| {
            let mut times = times[WARM_UP_ROUNDS..].to_vec();
            times.sort_by(f64::total_cmp);
            Figures { name: case.name, min: times[0], median: times[times.len() / 2], allocations, bytes }
        })
        .collect()
}

/// The allocator of the system, which counts when it is told to: counting would slow down what is timed.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static COUNTING: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

fn count(bytes: usize) {
    if COUNTING.load(Relaxed) {
        ALLOCATIONS.fetch_add(1, Relaxed);
        BYTES.fetch_add(bytes as u64, Relaxed);
    }
}

// SAFETY: every request goes to `System` as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        unsafe { System.dealloc(place, layout) }
    }
}
