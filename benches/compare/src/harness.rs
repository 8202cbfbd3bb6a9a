//! The harness: cases alternate in one process, so that noise on the machine affects all of them equally.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The shortest duration of a batch: long compared with reading the clock, short compared with a time slice.
const BATCH: Duration = Duration::from_micros(50);
/// The number of timed batches per case.
const ROUNDS: usize = 8_000;
/// The number of rounds before the timed ones.
const WARM_UP_ROUNDS: usize = 500;
/// The time limit for the rounds, for a busy machine.
const TIME_LIMIT: Duration = Duration::from_secs(15);
/// The number of calls over which allocations are counted; even, because one case alternates.
const COUNTED_CALLS: u32 = 1_000;

/// A measured call.
pub(crate) struct Case<'a> {
    name: &'static str,
    batch: Box<dyn FnMut(u32) + 'a>,
}

impl<'a> Case<'a> {
    /// Creates a case from its name and its call. The returned value is dropped within the measured time.
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

    /// Returns the number of calls per batch.
    fn calls_per_batch(&mut self) -> u32 {
        let mut calls = 1;
        // The fastest of several, so that an interruption does not count as a long batch.
        while (0..5).map(|_| self.time(calls)).min().is_some_and(|best| best < BATCH) {
            calls *= 2;
        }
        calls
    }

    /// Returns allocations and allocated bytes per call.
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

/// The measurements of a case, per call.
pub(crate) struct Figures {
    /// The name of the case.
    pub(crate) name: &'static str,
    /// Nanoseconds in the fastest batch.
    pub(crate) min: f64,
    /// Nanoseconds in the batch in the middle.
    pub(crate) median: f64,
    /// Allocations; a reallocation counts as one more.
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

/// The system allocator with a counter that is off by default, because counting slows down the timed calls.
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

// SAFETY: every call is passed to `System` unchanged.
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
