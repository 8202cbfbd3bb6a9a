//! Hears the tones in which the lab speaks. See [`super::tones`].
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a sample rate and a count of milliseconds are exact in the types here"
)]

use std::collections::VecDeque;
use std::f32::consts::TAU;
use std::sync::{Arc, Mutex, PoisonError};

use super::tones::{GLUED, HEAD, HOLD, LONGEST_WORD, START, SYMBOL, TONES, checksum, pitch};

/// What was heard, with times in milliseconds of the audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Word(HeardWord),
    /// The last word lasts until this time.
    Until(u64),
}

/// A word that was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HeardWord {
    pub(super) text: String,
    /// Whether no space precedes it.
    pub(super) is_glued: bool,
    pub(super) start: u64,
    pub(super) end: u64,
    /// The number of the voice.
    pub(super) voice: u16,
    /// The number of the language.
    pub(super) language: u8,
}

/// A decoder of samples at one rate.
///
/// 1. Reduce the rate to about 8 kHz.
/// 2. Measure every tone in each millisecond.
/// 3. Look for the start of a burst in the last 40 milliseconds.
/// 4. From there, read a symbol every ten milliseconds until none is clear.
#[derive(Debug)]
pub(super) struct Ear {
    /// The number of samples that become one.
    factor: u32,
    sum: f32,
    summed: u32,
    /// The reduced rate.
    rate: f64,
    /// Every tone for each sample of their common period.
    period: Arc<[Waves]>,
    /// The number of reduced samples, and their position in the period.
    count: u64,
    phase: usize,
    /// The reduced samples of the current millisecond, and the position of the first.
    now: Vec<f32>,
    now_phase: usize,
    /// The last milliseconds.
    past: VecDeque<Moment>,
    /// The number of whole milliseconds.
    clock: u64,
    /// The number of reduced samples at the end of the current one.
    end_of_tick: u64,
    state: State,
}

/// All tones at one sample. The last element pads the arrays, so that they fill whole registers.
#[derive(Clone, Copy, Debug)]
struct Waves {
    right: [f32; TONES + 1],
    down: [f32; TONES + 1],
}

/// One millisecond: every tone, and the energy of all.
#[derive(Clone, Copy, Debug, Default)]
struct Moment {
    tones: [(f32, f32); TONES],
    energy: f32,
    samples: f32,
}

#[derive(Debug)]
enum State {
    /// Looks for a start; the best one so far: its clearness and the time after it.
    Search(Option<(f32, u64)>),
    Read(Reader),
}

/// The state of reading a burst.
#[derive(Debug)]
struct Reader {
    /// The start of the burst.
    start: u64,
    /// The time of the next symbol.
    next: u64,
    /// The voice and the language, once they are read.
    head: Option<(u16, u8)>,
    /// The start of the current word, and its symbols so far.
    word: u64,
    nibbles: Vec<u8>,
}

impl Ear {
    pub(super) fn new(rate: u32) -> Self {
        let factor = (rate / 8000).max(1);
        let reduced = f64::from(rate) / f64::from(factor);
        Self {
            factor,
            sum: 0.0,
            summed: 0,
            rate: reduced,
            period: period(reduced),
            count: 0,
            phase: 0,
            now: Vec::with_capacity(16),
            now_phase: 0,
            past: VecDeque::with_capacity(PAST + 1),
            clock: 0,
            end_of_tick: (reduced / 1000.0) as u64,
            state: State::Search(None),
        }
    }

    /// Returns whether a burst is being read.
    pub(super) fn is_reading(&self) -> bool {
        matches!(&self.state, State::Read(reader) if reader.head.is_some())
    }

    /// Hears samples, from -1 to 1.
    pub(super) fn hear(&mut self, samples: &[f32], heard: &mut Vec<Heard>) {
        for sample in samples {
            self.sum += sample;
            self.summed += 1;
            if self.summed == self.factor {
                let sample = self.sum / self.factor as f32;
                (self.sum, self.summed) = (0.0, 0);
                self.now.push(sample);
                self.advance(heard);
            }
        }
    }

    /// Hears a number of samples without sound.
    pub(super) fn hear_silence(&mut self, samples: usize, heard: &mut Vec<Heard>) {
        for _ in 0..samples {
            self.summed += 1;
            if self.summed == self.factor {
                (self.sum, self.summed) = (0.0, 0);
                self.advance(heard);
            }
        }
    }

    /// Counts a reduced sample, and ends a millisecond with it.
    fn advance(&mut self, heard: &mut Vec<Heard>) {
        self.count += 1;
        self.phase += 1;
        if self.phase == self.period.len() {
            self.phase = 0;
        }
        if self.count >= self.end_of_tick {
            self.tick(heard);
        }
    }

    /// Reads the symbols that end with the audio.
    pub(super) fn end(&mut self, heard: &mut Vec<Heard>) {
        for _ in 0..2 * SYMBOL + PEAK {
            self.tick(heard);
        }
    }

    /// Ends a millisecond.
    fn tick(&mut self, heard: &mut Vec<Heard>) {
        let moment = self.measure();
        self.past.push_back(moment);
        if self.past.len() > PAST {
            self.past.pop_front();
        }
        self.now.clear();
        self.now_phase = self.phase;
        self.clock += 1;
        self.end_of_tick = ((self.clock + 1) as f64 * self.rate / 1000.0) as u64;
        match &mut self.state {
            State::Search(best) => {
                let best = *best;
                let score = self.start_here();
                let found = match best {
                    Some((known, at)) if score <= known => Some((known, at)),
                    _ if score > CLEAR => Some((score, self.clock)),
                    other => other,
                };
                self.state = match found {
                    Some((_, at)) if self.clock >= at + PEAK as u64 => State::Read(Reader::new(at)),
                    found => State::Search(found),
                };
            }
            State::Read(_) => {}
        }
        while let State::Read(reader) = &mut self.state {
            if reader.next + SYMBOL as u64 > self.clock {
                return;
            }
            let (from, clock) = (reader.next, self.clock);
            let symbol = symbol(&self.past, clock, from);
            let goes_on = reader.read(symbol, heard);
            if !goes_on {
                self.state = State::Search(None);
            }
        }
    }

    /// Measures every tone in the current millisecond. Silence needs no measurement.
    fn measure(&self) -> Moment {
        let mut moment = Moment { samples: self.now.len() as f32, ..Moment::default() };
        for sample in &self.now {
            moment.energy += sample * sample;
        }
        if moment.energy < QUIET * QUIET * moment.samples {
            return moment;
        }
        let (mut right, mut down) = ([0.0; TONES + 1], [0.0; TONES + 1]);
        let mut phase = self.now_phase;
        for sample in &self.now {
            let waves = &self.period[phase];
            for tone in 0..=TONES {
                right[tone] += sample * waves.right[tone];
                down[tone] += sample * waves.down[tone];
            }
            phase = if phase + 1 == self.period.len() { 0 } else { phase + 1 };
        }
        for (tone, sums) in moment.tones.iter_mut().zip(right.into_iter().zip(down)) {
            *tone = sums;
        }
        moment
    }

    /// Returns how clearly a start ends now: that of its least clear symbol, from 0 to 1.
    fn start_here(&self) -> f32 {
        let Some(from) = self.clock.checked_sub((START.len() * SYMBOL) as u64) else { return 0.0 };
        let Some(last) = self.past.back() else { return 0.0 };
        if last.energy <= f32::EPSILON {
            return 0.0;
        }
        let clear = |(i, tone): (usize, &u8)| {
            let sum = sum(&self.past, self.clock, from + (i * SYMBOL) as u64);
            sum.clearness(usize::from(*tone))
        };
        // The last symbol is the quickest to rule out a start.
        START
            .iter()
            .enumerate()
            .rev()
            .map(clear)
            .try_fold(1.0_f32, |least, clear| (clear > CLEAR).then(|| least.min(clear)))
            .unwrap_or(0.0)
    }
}

impl Moment {
    /// Returns the share of a tone in the energy, from 0 to 1.
    fn clearness(&self, tone: usize) -> f32 {
        let Some((cosine, sine)) = self.tones.get(tone) else { return 0.0 };
        let whole = self.energy * self.samples / 2.0;
        if self.energy < QUIET * QUIET * self.samples { 0.0 } else { (cosine * cosine + sine * sine) / whole }
    }
}

/// Adds up the milliseconds of a symbol.
fn sum(past: &VecDeque<Moment>, clock: u64, from: u64) -> Moment {
    let first = clock - past.len() as u64;
    let mut all = Moment::default();
    let skip = from.saturating_sub(first) as usize;
    for moment in past.iter().skip(skip).take(SYMBOL) {
        all.energy += moment.energy;
        all.samples += moment.samples;
        for (sum, tone) in all.tones.iter_mut().zip(&moment.tones) {
            sum.0 += tone.0;
            sum.1 += tone.1;
        }
    }
    all
}

/// Returns the symbol at a time, if one is clear.
fn symbol(past: &VecDeque<Moment>, clock: u64, from: u64) -> Option<u8> {
    let sum = sum(past, clock, from);
    let clearness = (0..TONES).map(|tone| (sum.clearness(tone), tone));
    let (clear, tone) = clearness.max_by(|one, other| one.0.total_cmp(&other.0))?;
    u8::try_from(tone).ok().filter(|_| clear > FAINT)
}

impl Reader {
    /// Starts to read after the start of a burst.
    fn new(at: u64) -> Self {
        let start = at.saturating_sub((START.len() * SYMBOL) as u64);
        Self { start, next: at, head: None, word: start, nibbles: Vec::new() }
    }

    /// Reads a symbol; returns whether the burst goes on.
    fn read(&mut self, symbol: Option<u8>, heard: &mut Vec<Heard>) -> bool {
        let at = self.next;
        self.next += SYMBOL as u64;
        match symbol {
            Some(HOLD) if self.nibbles.is_empty() && self.head.is_some() => {
                heard.push(Heard::Until(self.next));
                true
            }
            Some(nibble) if nibble < 16 => {
                if self.nibbles.is_empty() && self.head.is_some() {
                    self.word = if self.word == self.start { self.start } else { at };
                }
                self.nibbles.push(nibble);
                self.complete(heard)
            }
            _ => false,
        }
    }

    /// Reads the head or a word if it is complete; returns whether it was valid.
    fn complete(&mut self, heard: &mut Vec<Heard>) -> bool {
        let bytes: Vec<u8> = self.nibbles.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
        if !self.nibbles.len().is_multiple_of(2) {
            return true;
        }
        let Some((voice, language)) = self.head else {
            if let [high, low, language, sum] = bytes[..] {
                self.head = Some((u16::from_be_bytes([high, low]), language));
                self.nibbles.clear();
                return checksum(&[high, low, language]) == sum;
            }
            return bytes.len() < HEAD;
        };
        let length = usize::from(bytes[0] & !GLUED);
        if length > LONGEST_WORD {
            return false;
        }
        let (Some(text), Some(sum)) = (bytes.get(1..=length), bytes.get(length + 1)) else { return true };
        let Some(text) = std::str::from_utf8(text).ok().filter(|text| checksum(text.as_bytes()) == *sum) else {
            return false;
        };
        let word = HeardWord {
            text: text.to_owned(),
            is_glued: bytes[0] & GLUED != 0,
            start: self.word,
            end: self.next,
            voice,
            language,
        };
        heard.push(Heard::Word(word));
        self.nibbles.clear();
        // The next word does not start with the burst.
        self.word = self.next;
        true
    }
}

/// Returns every tone for each sample of their common period, at a rate that is rounded to 25 Hz: the pitch of a tone changes by
/// less than 6 Hz, and the period has at most 640 samples. Connections share it.
fn period(rate: f64) -> Arc<[Waves]> {
    static KNOWN: Mutex<Vec<(u32, Arc<[Waves]>)>> = Mutex::new(Vec::new());
    let rate = (rate / 25.0).round().max(1.0) as u32 * 25;
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, period)) = known.iter().find(|(of, _)| *of == rate) {
        return Arc::clone(period);
    }
    // All pitches are multiples of 150 Hz.
    let length = rate / greatest_common_divisor(150, rate);
    let angle = |sample: u32, tone: usize| {
        let turns = u64::from(pitch(tone)) * u64::from(sample) % u64::from(rate);
        TAU * turns as f32 / rate as f32
    };
    let waves = |sample| Waves {
        right: std::array::from_fn(|tone| angle(sample, tone).cos()),
        down: std::array::from_fn(|tone| angle(sample, tone).sin()),
    };
    let period: Arc<[Waves]> = (0..length).map(waves).collect();
    if known.len() < MOST_PERIODS {
        known.push((rate, Arc::clone(&period)));
    }
    period
}

fn greatest_common_divisor(one: u32, other: u32) -> u32 {
    if other == 0 { one } else { greatest_common_divisor(other, one % other) }
}

/// The number of periods that are shared: applications use few sample rates.
const MOST_PERIODS: usize = 16;

/// The number of milliseconds that are kept: a start, and the time in which a clearer one could follow.
const PAST: usize = START.len() * SYMBOL + PEAK + 2;

/// The time in which a clearer start could follow, in milliseconds.
const PEAK: usize = 8;

/// The share of the energy that the tones of a start have.
const CLEAR: f32 = 0.5;

/// The share of the energy that the tone of any other symbol has.
const FAINT: f32 = 0.25;

/// A sample below this is silence: two units of 16 bits.
const QUIET: f32 = 2.0 / 32_768.0;

#[cfg(test)]
mod tests {
    use super::super::render::Renderer;
    use super::super::script::Script;
    use super::super::voices;
    use super::*;

    fn samples(text: &str, rate: u32) -> Vec<f32> {
        let script = Script::of_text(text, voices::find("de-DE-KatjaNeural").unwrap());
        Renderer::new(&script, rate).flatten().map(|sample| f32::from(sample) / 32_768.0).collect()
    }

    fn words(samples: &[f32], rate: u32) -> Vec<HeardWord> {
        let (mut ear, mut heard) = (Ear::new(rate), Vec::new());
        ear.hear(samples, &mut heard);
        ear.end(&mut heard);
        heard.into_iter().filter_map(|heard| if let Heard::Word(word) = heard { Some(word) } else { None }).collect()
    }

    fn text(samples: &[f32], rate: u32) -> String {
        words(samples, rate).into_iter().map(|word| word.text).collect::<Vec<_>>().join(" ")
    }

    /// A random number from -1 to 1: <https://en.wikipedia.org/wiki/Linear_congruential_generator>
    fn noise(seed: &mut u32) -> f32 {
        *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (*seed >> 8) as f32 / 8_388_608.0 - 1.0
    }

    const SAID: &str = "Grüße, 世界! The quick brown fox jumps over 12 lazy dogs.";

    #[test]
    fn what_is_spoken_is_heard_at_every_rate() {
        let plain = "Grüße, 世界 ! The quick brown fox jumps over 12 lazy dogs.".replace(" !", "!");
        for rate in [8_000, 8_013, 11_025, 12_345, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000] {
            assert_eq!(text(&samples(SAID, rate), rate), plain, "{rate}");
        }
    }

    #[test]
    fn the_voice_and_the_times_of_words_are_heard() {
        let silence = vec![0.0; 4_567];
        let heard = words(&[silence, samples("Hello, world.", 16_000)].concat(), 16_000);
        assert_eq!(voices::locale(heard[0].language), Some("de-DE"));
        assert_eq!(Some(heard[0].voice), voices::find("de-DE-KatjaNeural"));
        assert!(heard[0].start.abs_diff(285) <= 2 && heard[1].start.abs_diff(285 + 420) <= 2, "{heard:?}");
    }

    #[test]
    fn speech_is_heard_through_noise_volume_and_another_rate() {
        let clean = samples(SAID, 16_000);
        let expected = text(&clean, 16_000);
        let mut seed = 1;
        let noisy: Vec<f32> = clean.iter().map(|sample| sample + 0.05 * noise(&mut seed)).collect();
        assert_eq!(text(&noisy, 16_000), expected, "noise");
        for volume in [0.02, 0.3, 3.9] {
            let changed: Vec<f32> = clean.iter().map(|sample| (sample * volume).clamp(-1.0, 1.0)).collect();
            assert_eq!(text(&changed, 16_000), expected, "volume {volume}");
        }
        let half: Vec<f32> = clean.iter().step_by(2).copied().collect();
        assert_eq!(text(&half, 8_000), expected, "every second sample");
        let between = |i: usize| {
            let at = i as f32 * 16_000.0 / 44_100.0;
            let (low, part) = (at as usize, at.fract());
            let sample = |i: usize| clean.get(i).copied().unwrap_or_default();
            sample(low) * (1.0 - part) + sample(low + 1) * part
        };
        let more: Vec<f32> = (0..clean.len() * 441 / 160).map(between).collect();
        assert_eq!(text(&more, 44_100), expected, "interpolated");
    }

    #[test]
    fn other_sounds_and_cut_speech_are_not_heard() {
        let mut seed = 7;
        let random: Vec<f32> = (0..160_000).map(|_| noise(&mut seed)).collect();
        assert_eq!(text(&random, 16_000), "");
        let sine: Vec<f32> = (0..160_000).map(|i| (i as f32 * 0.05).sin() * 0.2).collect();
        assert_eq!(text(&sine, 16_000), "");
        let clean = samples("Hello, world.", 16_000);
        assert_eq!(text(&clean[800..], 16_000), "", "without its start");
        assert_eq!(text(&clean[..7_000], 16_000), "Hello,", "without its end");
        assert_eq!(text(&[clean[..7_000].to_vec(), samples("Again.", 16_000)].concat(), 16_000), "Hello, Again.");
    }
}
