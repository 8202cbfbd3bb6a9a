//! Phrases in audio: where speech starts and ends, and what was said.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a count of samples in a turn is far below the precision of the types here"
)]

use std::sync::Arc;

use super::ear::{Ear, Heard, HeardWord};
use super::intake::{Format, Intake, Taken};
use crate::vocabulary::PhraseToml;

/// How audio is divided into phrases. All times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segmentation {
    /// The pause that ends a phrase.
    pub(super) pause: u64,
    /// The silence at the start after which the service stops waiting.
    pub(super) initial: Option<u64>,
    /// The duration after which a phrase ends without a pause.
    pub(super) longest: u64,
}

impl Default for Segmentation {
    fn default() -> Self {
        Self { pause: 500, initial: None, longest: 30_000 }
    }
}

/// What happens in the audio. All times are in milliseconds of the turn.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Event {
    /// Speech starts.
    Start(u64),
    /// So much of the current phrase is known.
    Partial(Said),
    /// A phrase ended.
    Phrase(Said),
    /// Nothing was said in the time that the service waits.
    Silence(u64),
}

/// A phrase, or its start.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Said {
    pub(super) start: u64,
    pub(super) end: u64,
    /// The words; empty if the audio is not understood.
    pub(super) words: Vec<HeardWord>,
    /// The phrase of a script that states it.
    pub(super) scripted: Option<Arc<PhraseToml>>,
}

impl Said {
    /// Returns the text; `None` if there is none.
    pub(super) fn text(&self) -> Option<String> {
        let mut text = String::new();
        for word in &self.words {
            if !text.is_empty() && !word.is_glued {
                text.push(' ');
            }
            text.push_str(&word.text);
        }
        (!text.is_empty()).then_some(text)
    }
}

/// A listener to the audio of one turn.
#[derive(Debug)]
pub(super) struct Listener {
    segmentation: Segmentation,
    intake: Intake,
    /// The format, the decoder and the measurement of loudness, once the format is known.
    senses: Option<Senses>,
    /// The comments that belong to the next phrase.
    comments: Vec<String>,
    /// The words that belong to the current phrase.
    words: Vec<HeardWord>,
    /// The start of the current phrase.
    start: Option<u64>,
    /// The end of the last sound.
    loud_until: u64,
    /// The number of words and the end of them in the last partial result.
    told: (usize, u64),
    /// The time from which silence is counted.
    silent_from: u64,
    has_spoken: bool,
}

#[derive(Debug)]
struct Senses {
    ear: Ear,
    rate: u32,
    samples: u64,
    /// The energy and the number of samples of the current frame.
    energy: f32,
    counted: u32,
    floor: Floor,
}

/// A block of samples.
#[derive(Clone, Copy, Debug)]
enum Sound<'a> {
    Samples(&'a [f32]),
    Silence(usize),
}

/// The loudness of the background: the quietest frame of the last seconds.
#[derive(Debug)]
struct Floor {
    now: f32,
    next: f32,
    frames: u32,
}

impl Listener {
    pub(super) fn new(segmentation: Segmentation) -> Self {
        Self {
            segmentation,
            intake: Intake::new(),
            senses: None,
            comments: Vec::new(),
            words: Vec::new(),
            start: None,
            loud_until: 0,
            told: (0, 0),
            silent_from: 0,
            has_spoken: false,
        }
    }

    /// Hears one channel only.
    pub(super) fn of_channel(mut self, channel: Option<usize>) -> Self {
        self.intake = self.intake.of_channel(channel);
        self
    }

    /// Returns the time that passed in the audio.
    pub(super) fn now(&self) -> u64 {
        self.senses.as_ref().map_or(0, Senses::now)
    }

    /// Returns whether anything was said.
    pub(super) fn has_spoken(&self) -> bool {
        self.has_spoken
    }

    /// Hears a piece of audio; an empty one ends it.
    pub(super) fn hear(&mut self, piece: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        let mut intake = std::mem::replace(&mut self.intake, Intake::new());
        intake.take(piece, |format, taken| match taken {
            Taken::Comment(text) => self.note(text),
            Taken::Samples(samples) => self.sound(format, Sound::Samples(samples), &mut events),
            Taken::Silence(count) => self.sound(format, Sound::Silence(count), &mut events),
        });
        self.intake = intake;
        if piece.is_empty() {
            self.end(&mut events);
        }
        events
    }

    fn note(&mut self, comment: String) {
        let length: usize = self.comments.iter().map(String::len).sum();
        if self.comments.len() < MOST_COMMENTS && length + comment.len() <= LONGEST_COMMENTS {
            self.comments.push(comment);
        }
    }

    /// Hears a block, frame by frame.
    fn sound(&mut self, format: Format, mut sound: Sound<'_>, events: &mut Vec<Event>) {
        let mut heard = Vec::new();
        while sound.len() > 0 {
            let senses = self.senses.get_or_insert_with(|| Senses::new(format.rate));
            let frame = senses.hear(&mut sound, &mut heard);
            if !heard.is_empty() {
                self.understand(std::mem::take(&mut heard));
            }
            if let Some(is_loud) = frame {
                self.frame(is_loud, events);
            }
        }
    }

    fn understand(&mut self, heard: Vec<Heard>) {
        for heard in heard {
            match heard {
                Heard::Until(time) => {
                    if let Some(word) = self.words.last_mut() {
                        word.end = time;
                    }
                }
                Heard::Word(word) => self.words.push(word),
            }
        }
    }

    /// Ends ten milliseconds.
    fn frame(&mut self, is_loud: bool, events: &mut Vec<Event>) {
        let now = self.now();
        if is_loud {
            self.loud_until = now;
            if self.start.is_none() {
                self.start = Some(now.saturating_sub(FRAME));
                events.push(Event::Start(now.saturating_sub(FRAME)));
            }
        }
        let Some(start) = self.start else {
            let waited = now.saturating_sub(self.silent_from);
            if !self.has_spoken && self.segmentation.initial.is_some_and(|initial| waited >= initial) {
                events.push(Event::Silence(now));
                self.silent_from = now;
            }
            return;
        };
        let quiet = now - self.loud_until;
        if quiet >= self.segmentation.pause {
            self.complete(self.loud_until, events);
        } else if now - start >= self.segmentation.longest && self.can_cut(now, start) {
            self.complete(now, events);
        } else if self.words.len() > self.told.0 && (quiet >= BREATH || now >= self.told.1.max(start) + OFTEN) {
            self.told = (self.words.len(), now);
            events.push(Event::Partial(self.said(start, self.loud_until)));
        }
    }

    /// Returns whether a long phrase can end here: after a word that is complete, or anywhere in what is not understood.
    fn can_cut(&self, now: u64, start: u64) -> bool {
        let is_reading = self.senses.as_ref().is_some_and(|senses| senses.ear.is_reading());
        !is_reading
            || self.words.last().is_some_and(|word| word.end + FRAME >= now)
            || now - start >= 2 * self.segmentation.longest
    }

    fn said(&self, start: u64, end: u64) -> Said {
        let mut words = self.words.clone();
        if words.is_empty() {
            words = of_comments(&self.comments, start, end);
        }
        // The decoder and the measurement of loudness differ by less than a frame.
        let (start, end) = match (words.first(), words.last()) {
            (Some(first), Some(last)) => (start.min(first.start), end.max(last.end)),
            _ => (start, end),
        };
        Said { start, end, words, scripted: None }
    }

    fn complete(&mut self, end: u64, events: &mut Vec<Event>) {
        let start = self.start.take().unwrap_or(end);
        let said = self.said(start, end);
        let is_new = said.words.len() != self.told.0 || self.told.0 == 0;
        if !said.words.is_empty() && is_new {
            events.push(Event::Partial(said.clone()));
        }
        events.push(Event::Phrase(said));
        self.words.clear();
        self.comments.clear();
        self.told = (0, 0);
        self.silent_from = end;
        self.has_spoken = true;
    }

    fn end(&mut self, events: &mut Vec<Event>) {
        let mut heard = Vec::new();
        if let Some(senses) = &mut self.senses {
            senses.ear.end(&mut heard);
        }
        self.understand(heard);
        let now = self.now();
        // A file can end after its comment.
        if self.start.is_some() || !self.comments.is_empty() || !self.words.is_empty() {
            let end = if self.start.is_some() { self.loud_until } else { now };
            self.complete(end, events);
        }
    }
}

/// Returns a phrase with a known text, as long as it usually takes.
pub(super) fn whole_text(text: &str) -> Said {
    let end = text.chars().count() as u64 * 60;
    Said { start: 0, end, words: spread(text, 0, end), scripted: None }
}

/// Divides a text into words that fill the time evenly.
pub(super) fn spread(text: &str, start: u64, end: u64) -> Vec<HeardWord> {
    of_comments(&[text.to_owned()], start, end)
}

/// Divides the comments into words that fill the time evenly.
fn of_comments(comments: &[String], start: u64, end: u64) -> Vec<HeardWord> {
    let words: Vec<&str> = comments.iter().flat_map(|comment| comment.split_whitespace()).collect();
    let letters: u64 = words.iter().map(|word| word.chars().count() as u64).sum();
    let mut passed = 0;
    let mut place = |word: &str| {
        let at = |letters_before: u64| start + (end - start) * letters_before / letters.max(1);
        let from = at(passed);
        passed += word.chars().count() as u64;
        (from, at(passed))
    };
    let heard = words.iter().map(|word| {
        let (start, end) = place(word);
        HeardWord { text: (*word).to_owned(), is_glued: false, start, end, voice: NO_VOICE, language: u8::MAX }
    });
    heard.collect()
}

impl Senses {
    fn new(rate: u32) -> Self {
        let floor = Floor { now: f32::MAX, next: f32::MAX, frames: 0 };
        Self { ear: Ear::new(rate), rate, samples: 0, energy: 0.0, counted: 0, floor }
    }

    fn now(&self) -> u64 {
        self.samples * 1000 / u64::from(self.rate)
    }

    /// Hears the rest of a frame, or as much as there is; returns whether the frame was loud when it ends.
    fn hear(&mut self, sound: &mut Sound<'_>, heard: &mut Vec<Heard>) -> Option<bool> {
        let whole = self.rate / (1000 / FRAME as u32);
        let count = sound.len().min((whole - self.counted) as usize);
        match sound.split(count) {
            Sound::Samples(samples) => {
                for sample in samples {
                    self.energy += sample * sample;
                }
                self.ear.hear(samples, heard);
            }
            Sound::Silence(count) => self.ear.hear_silence(count, heard),
        }
        self.samples += count as u64;
        self.counted += count as u32;
        if self.counted < whole {
            return None;
        }
        let loudness = (self.energy / self.counted as f32).sqrt();
        (self.energy, self.counted) = (0.0, 0);
        self.floor.add(loudness);
        Some(loudness > self.floor.threshold() || self.ear.is_reading())
    }
}

impl<'a> Sound<'a> {
    fn len(&self) -> usize {
        match self {
            Self::Samples(samples) => samples.len(),
            Self::Silence(count) => *count,
        }
    }

    /// Takes a number of samples from the start.
    fn split(&mut self, count: usize) -> Self {
        match self {
            Self::Samples(samples) => {
                let (first, rest): (&'a [f32], _) = samples.split_at(count);
                *samples = rest;
                Self::Samples(first)
            }
            Self::Silence(left) => {
                *left -= count;
                Self::Silence(count)
            }
        }
    }
}

impl Floor {
    fn add(&mut self, loudness: f32) {
        self.now = self.now.min(loudness);
        self.next = self.next.min(loudness);
        self.frames += 1;
        if self.frames >= MEMORY {
            (self.now, self.next, self.frames) = (self.next, f32::MAX, 0);
        }
    }

    /// Returns the loudness above which a frame is not background.
    fn threshold(&self) -> f32 {
        (self.now * 2.5).clamp(FAINTEST, LOUDEST_BACKGROUND)
    }
}

/// The voice of a comment, which names none.
pub(super) const NO_VOICE: u16 = u16::MAX;

/// The time in which loudness is measured.
const FRAME: u64 = 10;

/// The number of frames after which the background is forgotten.
const MEMORY: u32 = 300;

/// A frame below this is silence, about -50 dB.
const FAINTEST: f32 = 100.0 / 32_768.0;

/// A frame above this is not background, about -30 dB.
const LOUDEST_BACKGROUND: f32 = 1_000.0 / 32_768.0;

/// The pause after which a partial result is told.
const BREATH: u64 = 100;

/// The time between two partial results of a phrase without a pause.
const OFTEN: u64 = 1_000;

/// The maximum number of bytes in the comments of a phrase: ten minutes of speech have fewer.
const LONGEST_COMMENTS: usize = 64 << 10;

/// The maximum number of comments before a phrase.
const MOST_COMMENTS: usize = 64;

#[cfg(test)]
mod tests {
    use super::super::render::Renderer;
    use super::super::script::Script;
    use super::*;

    fn speech(text: &str) -> Vec<i16> {
        Renderer::new(&Script::of_text(text, 0), 16_000).flatten().collect()
    }

    fn silence(ms: usize) -> Vec<i16> {
        vec![0; ms * 16]
    }

    fn events(samples: &[i16], segmentation: Segmentation, size: usize) -> Vec<Event> {
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let mut listener = Listener::new(segmentation);
        bytes.chunks(size).chain([&[][..]]).flat_map(|piece| listener.hear(piece)).collect()
    }

    fn phrases(events: &[Event]) -> Vec<(String, u64, u64)> {
        let phrase = |event: &Event| match event {
            Event::Phrase(said) => Some((said.text().unwrap_or_default(), said.start, said.end)),
            _ => None,
        };
        events.iter().filter_map(phrase).collect()
    }

    #[test]
    fn a_pause_ends_a_phrase_with_its_times_whatever_the_size_of_pieces() {
        let audio = [silence(1_000), speech("Hello, world."), silence(700), speech("Two."), silence(900)].concat();
        for size in [1, 3, 640, 3_200, 1_000_000] {
            let events = events(&audio, Segmentation::default(), size);
            assert_eq!(
                phrases(&events),
                [("Hello, world.".to_owned(), 1_000, 1_780), ("Two.".into(), 2_480, 2_720)],
                "{size}: {events:?}"
            );
            assert_eq!(events[0], Event::Start(1_000));
        }
    }

    #[test]
    fn the_pause_and_the_initial_silence_can_be_set() {
        let audio = [speech("One."), silence(700), speech("Two."), silence(100)].concat();
        let with = |pause| Segmentation { pause, ..Segmentation::default() };
        assert_eq!(phrases(&events(&audio, with(1_000), 3_200)).len(), 1);
        assert_eq!(phrases(&events(&audio, with(300), 3_200)).len(), 2);
        let waits = Segmentation { initial: Some(2_000), ..Segmentation::default() };
        let late = [silence(3_000), speech("One.")].concat();
        assert_eq!(events(&late, waits, 3_200)[0], Event::Silence(2_000));
    }

    #[test]
    fn endless_audio_keeps_only_the_current_phrase() {
        let text = "A sentence of some words without an end ".repeat(15);
        let bytes: Vec<u8> = speech(text.trim()).iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let mut listener = Listener::new(Segmentation { longest: 5_000, ..Segmentation::default() });
        let mut phrases = 0;
        for piece in bytes.chunks(3_200).cycle().take(1_500) {
            phrases += listener.hear(piece).iter().filter(|event| matches!(event, Event::Phrase(_))).count();
            assert!(listener.words.len() < 100 && listener.comments.is_empty(), "{}", listener.words.len());
        }
        assert!(phrases > 20, "{phrases}");
    }

    #[test]
    fn a_noisy_background_is_silence() {
        let mut seed = 3_u32;
        let mut random = move |height: i32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            i16::try_from(i32::try_from(seed >> 8).unwrap() % (2 * height) - height).unwrap()
        };
        for height in [50, 300, 900] {
            let clean =
                [silence(1_500), speech("One two three."), silence(1_500), speech("Four."), silence(1_500)].concat();
            let noisy: Vec<i16> = clean.iter().map(|sample| sample.saturating_add(random(height))).collect();
            let texts: Vec<String> =
                phrases(&events(&noisy, Segmentation::default(), 3_200)).into_iter().map(|phrase| phrase.0).collect();
            assert_eq!(texts, ["One two three.", "Four."], "{height}");
        }
    }

    #[test]
    fn a_long_phrase_is_cut_between_words_and_loses_none() {
        let text = "A sentence of some words without an end ".repeat(30);
        let audio = speech(text.trim());
        let segmentation = Segmentation { longest: 10_000, ..Segmentation::default() };
        let phrases = phrases(&events(&audio, segmentation, 3_200));
        let joined = phrases.iter().map(|phrase| phrase.0.as_str()).collect::<Vec<_>>().join(" ");
        assert_eq!(joined, text.trim());
        assert!(phrases.len() >= 5 && phrases.iter().all(|(_, start, end)| end - start <= 11_000), "{phrases:?}");
    }

    #[test]
    fn sound_without_speech_is_a_phrase_without_words() {
        let sine: Vec<i16> = (0..16_000_u16).map(|i| ((f32::from(i) * 0.05).sin() * 6_000.0) as i16).collect();
        let events = events(&sine, Segmentation::default(), 3_200);
        assert_eq!(phrases(&events), [(String::new(), 0, 1_000)]);
        assert!(!events.iter().any(|event| matches!(event, Event::Partial(_))));
    }

    #[test]
    fn partial_results_grow_until_the_phrase() {
        let events = events(&speech(&"word and more ".repeat(6)), Segmentation::default(), 3_200);
        let partials: Vec<String> = events
            .iter()
            .filter_map(|event| if let Event::Partial(said) = event { said.text() } else { None })
            .collect();
        assert!(partials.len() >= 3, "{partials:?}");
        assert!(partials.windows(2).all(|pair| pair[1].starts_with(&pair[0]) && pair[0] != pair[1]), "{partials:?}");
        assert_eq!(partials.last(), phrases(&events).first().map(|phrase| &phrase.0));
    }
}
