//! Hears the tones in which the lab speaks. See [`super::tones`].
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a sample rate and a count of milliseconds are exact in the types here"
)]

use std::collections::VecDeque;
use std::f32::consts::TAU;
use std::sync::{Arc, Mutex};

use super::tones::{GLUED, HEAD, HOLD, LONGEST_WORD, NEXT_HEAD, NEXT_WORD, START, SYMBOL, TONES, checksum, pitch};
use crate::lock::locked;

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
/// 3. Look for the start of a burst, or for a mark inside one, in the last 40 milliseconds.
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
    /// Looks for an entry; the best one so far.
    Search(Option<Found>),
    Read(Reader),
}

/// A place where reading can begin.
#[derive(Clone, Copy, Debug)]
struct Found {
    /// How clear it is, from 0 to 1.
    score: f32,
    /// The time after it.
    at: u64,
    entry: Entry,
}

/// What allows to begin to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    /// The start of a burst, which the voice and the language follow.
    Start,
    /// A mark that the voice and the language follow.
    Head,
    /// A mark that a word follows.
    Word,
}

impl Entry {
    fn symbols(self) -> &'static [u8] {
        match self {
            Self::Start => &START,
            Self::Head => &[HOLD, NEXT_HEAD],
            Self::Word => &[HOLD, NEXT_WORD],
        }
    }
}

/// The state of reading a burst.
#[derive(Debug)]
struct Reader {
    /// The time of the next symbol.
    next: u64,
    /// The start of the burst, until its first word is read.
    start: Option<u64>,
    /// The voice and the language, once they are read.
    head: Option<(u16, u8)>,
    /// Whether the next symbols are the voice and the language.
    is_head_next: bool,
    /// Whether a word has to follow.
    is_marked: bool,
    /// The start of the current word, and its symbols so far.
    word: u64,
    nibbles: Vec<u8>,
    /// Whether a word was read.
    has_word: bool,
    /// The words that wait for the voice.
    pending: Vec<HeardWord>,
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
        matches!(&self.state, State::Read(reader) if reader.head.is_some() || reader.has_word)
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
        if let State::Search(best) = self.state {
            let found = match (best, self.entry()) {
                (Some(best), Some(found)) if found.score > best.score => Some(found),
                (None, found) => found,
                (best, _) => best,
            };
            self.state = match found {
                Some(found) if self.clock >= found.at + PEAK as u64 => State::Read(Reader::new(found)),
                found => State::Search(found),
            };
        }
        while let State::Read(reader) = &mut self.state {
            if reader.next + SYMBOL as u64 > self.clock {
                return;
            }
            let symbol = symbol(&self.past, self.clock, reader.next);
            if !reader.read(symbol, heard) {
                reader.tell((NO_VOICE, u8::MAX), heard);
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

    /// Returns the entry that ends now, if one does.
    fn entry(&self) -> Option<Found> {
        if self.past.back()?.energy <= f32::EPSILON {
            return None;
        }
        // The last symbol is the quickest to rule out an entry.
        let last = sum(&self.past, self.clock, self.clock.checked_sub(SYMBOL as u64)?);
        let ends_with = |symbol: u8| last.clearness(usize::from(symbol));
        let entries: &[Entry] = if ends_with(NEXT_HEAD) > CLEAR {
            &[Entry::Start, Entry::Head]
        } else if ends_with(NEXT_WORD) > CLEAR {
            &[Entry::Word]
        } else {
            return None;
        };
        let scored = entries.iter().map(|entry| Found { score: self.score(*entry), at: self.clock, entry: *entry });
        scored.filter(|found| found.score > CLEAR).max_by(|one, other| one.score.total_cmp(&other.score))
    }

    /// Returns how clearly an entry ends now: that of its least clear symbol, from 0 to 1.
    fn score(&self, entry: Entry) -> f32 {
        let symbols = entry.symbols();
        let Some(from) = self.clock.checked_sub((symbols.len() * SYMBOL) as u64) else { return 0.0 };
        let clear = |(i, tone): (usize, &u8)| {
            let sum = sum(&self.past, self.clock, from + (i * SYMBOL) as u64);
            sum.clearness(usize::from(*tone))
        };
        symbols.iter().enumerate().map(clear).fold(1.0, f32::min)
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
    /// Starts to read after an entry.
    fn new(found: Found) -> Self {
        let Found { at, entry, .. } = found;
        let start = at.saturating_sub((START.len() * SYMBOL) as u64);
        Self {
            next: at,
            start: (entry == Entry::Start).then_some(start),
            head: None,
            is_head_next: entry != Entry::Word,
            is_marked: entry == Entry::Word,
            word: at,
            nibbles: Vec::new(),
            has_word: false,
            pending: Vec::new(),
        }
    }

    /// Reads a symbol; returns whether the burst goes on.
    fn read(&mut self, symbol: Option<u8>, heard: &mut Vec<Heard>) -> bool {
        let at = self.next;
        self.next += SYMBOL as u64;
        let is_between = self.nibbles.is_empty() && !self.is_head_next;
        match symbol {
            Some(nibble) if nibble < 16 => {
                if is_between {
                    self.word = self.start.take().unwrap_or(at);
                }
                self.nibbles.push(nibble);
                if self.is_head_next {
                    self.last_until_now(heard);
                }
                self.complete(heard)
            }
            Some(mark) if is_between && !self.is_marked => {
                self.is_marked = mark == NEXT_WORD;
                self.is_head_next = mark == NEXT_HEAD;
                self.last_until_now(heard);
                true
            }
            _ => false,
        }
    }

    /// Lets the last word last until now.
    fn last_until_now(&mut self, heard: &mut Vec<Heard>) {
        match self.pending.last_mut() {
            Some(word) => word.end = self.next,
            None if self.has_word => heard.push(Heard::Until(self.next)),
            None => {}
        }
    }

    /// Reads the head or a word if it is complete; returns whether it was valid.
    fn complete(&mut self, heard: &mut Vec<Heard>) -> bool {
        if !self.nibbles.len().is_multiple_of(2) {
            return true;
        }
        let bytes: Vec<u8> = self.nibbles.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
        if self.is_head_next { self.complete_head(&bytes, heard) } else { self.complete_word(&bytes, heard) }
    }

    fn complete_head(&mut self, bytes: &[u8], heard: &mut Vec<Heard>) -> bool {
        let [high, low, language, sum] = bytes[..] else { return bytes.len() < HEAD };
        if checksum(&[high, low, language]) != sum {
            return false;
        }
        let speaker = (u16::from_be_bytes([high, low]), language);
        self.head = Some(speaker);
        self.is_head_next = false;
        self.is_marked = false;
        self.nibbles.clear();
        self.tell(speaker, heard);
        true
    }

    fn complete_word(&mut self, bytes: &[u8], heard: &mut Vec<Heard>) -> bool {
        let length = usize::from(bytes[0] & !GLUED);
        if length == 0 || length > LONGEST_WORD {
            return false;
        }
        let (Some(text), Some(sum)) = (bytes.get(1..=length), bytes.get(length + 1)) else { return true };
        let Some(text) = std::str::from_utf8(text).ok().filter(|text| checksum(text.as_bytes()) == *sum) else {
            return false;
        };
        let (voice, language) = self.head.unwrap_or((NO_VOICE, u8::MAX));
        let is_glued = bytes[0] & GLUED != 0;
        let word = HeardWord { text: text.to_owned(), is_glued, start: self.word, end: self.next, voice, language };
        self.nibbles.clear();
        self.has_word = true;
        self.is_marked = false;
        self.pending.push(word);
        if self.head.is_some() || self.pending.len() >= MOST_PENDING {
            self.tell((voice, language), heard);
        }
        true
    }

    /// Tells the words that wait for the voice.
    fn tell(&mut self, (voice, language): (u16, u8), heard: &mut Vec<Heard>) {
        heard.extend(self.pending.drain(..).map(|word| Heard::Word(HeardWord { voice, language, ..word })));
    }
}

/// Returns every tone for each sample of their common period, at a rate that is rounded to 25 Hz: the pitch of a tone changes by
/// less than 6 Hz, and the period has at most 640 samples. Connections share it.
fn period(rate: f64) -> Arc<[Waves]> {
    static KNOWN: Mutex<Vec<(u32, Arc<[Waves]>)>> = Mutex::new(Vec::new());
    let rate = (rate / 25.0).round().max(1.0) as u32 * 25;
    let mut known = locked(&KNOWN);
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

/// The maximum number of words that wait for the voice.
const MOST_PENDING: usize = 16;

/// The voice of speech whose start is missing, and of a comment.
pub(super) const NO_VOICE: u16 = u16::MAX;

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
    fn other_sounds_are_not_heard() {
        let mut seed = 7;
        let random: Vec<f32> = (0..160_000).map(|_| noise(&mut seed)).collect();
        assert_eq!(text(&random, 16_000), "");
        let sine: Vec<f32> = (0..160_000).map(|i| (i as f32 * 0.05).sin() * 0.2).collect();
        assert_eq!(text(&sine, 16_000), "");
        let backwards: Vec<f32> = samples(SAID, 16_000).into_iter().rev().collect();
        assert_eq!(text(&backwards, 16_000), "");
    }

    #[test]
    fn a_cut_leaves_the_whole_words_with_their_voice() {
        let all: Vec<String> = words(&samples(SAID, 16_000), 16_000).into_iter().map(|word| word.text).collect();
        let clean = samples(SAID, 16_000);
        let voice = voices::find("de-DE-KatjaNeural");
        // The step has no common factor with a symbol, so that the cuts are at all places in one.
        for cut in (0..clean.len()).step_by(2_467) {
            let rest = words(&clean[cut..], 16_000);
            assert!(all.ends_with(&rest.iter().map(|word| word.text.clone()).collect::<Vec<_>>()), "{cut}: {rest:?}");
            assert!(rest.iter().all(|word| Some(word.voice) == voice), "{cut}: {rest:?}");
            // A cut costs the words in it and at most one more: a short word has no time for a mark.
            let lost = words(&clean, 16_000).iter().filter(|word| word.start < cut as u64 / 16).count();
            assert!(rest.len() + lost + 1 >= all.len(), "{cut}: {lost} words are lost, {rest:?}");
            let begun = words(&clean[..cut], 16_000);
            assert!(
                all.starts_with(&begun.iter().map(|word| word.text.clone()).collect::<Vec<_>>()),
                "{cut}: {begun:?}"
            );
        }
        let hello = samples("Hello, world.", 16_000);
        assert_eq!(text(&hello[1_600..], 16_000), "Hello, world.", "without its first 100 ms");
        assert_eq!(text(&hello[6_400..], 16_000), "world.");
        assert_eq!(text(&hello[..7_000], 16_000), "Hello,", "without its end");
        let hole = [&clean[..clean.len() / 2 - 800], &[0.0; 1_600], &clean[clean.len() / 2 + 800..]].concat();
        assert!(words(&hole, 16_000).len() + 2 >= all.len(), "{}", text(&hole, 16_000));
    }

    #[test]
    fn joined_speech_is_heard() {
        let (hello, again) = (samples("Hello, world.", 16_000), samples("Once more.", 16_000));
        for gap in [0, 1, 33, 77, 111, 160, 500] {
            let joined = [hello.clone(), vec![0.0; gap], again.clone()].concat();
            assert_eq!(text(&joined, 16_000), "Hello, world. Once more.", "{gap}");
        }
        for end in (6_800..hello.len()).step_by(233) {
            let heard = text(&[&hello[..end], &again[..]].concat(), 16_000);
            assert!(heard == "Hello, Once more." || heard == "Hello, world. Once more.", "{end}: {heard}");
        }
    }
}
