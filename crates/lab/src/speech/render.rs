//! Speech as samples.
#![allow(clippy::cast_possible_truncation, reason = "a sample is a sine times a height below 32,768")]

use std::f64::consts::TAU;

use super::script::{Part, Script};
use super::tones::{SYMBOL, TONES, pitch};

/// The samples of a script, symbol by symbol: no more than a few milliseconds are in memory.
pub(super) struct Renderer {
    rate: u32,
    /// Each tone from its start.
    tones: Vec<Vec<i16>>,
    parts: std::vec::IntoIter<Part>,
    /// The symbols of the current burst that are left.
    symbols: std::vec::IntoIter<u8>,
    /// The time reached, in milliseconds.
    at: u64,
    /// The end of the current silence or noise.
    silent_until: u64,
    /// The state of the noise.
    noise: Option<u32>,
}

impl Renderer {
    pub(super) fn new(script: &Script, rate: u32) -> Self {
        let length = rate / 100 + 1;
        let tone = |tone| {
            let step = TAU * f64::from(pitch(tone)) / f64::from(rate);
            (0..length).map(|i| ((f64::from(i) * step).sin() * LOUDNESS) as i16).collect()
        };
        Self {
            rate,
            tones: (0..TONES).map(tone).collect(),
            parts: script.parts.clone().into_iter(),
            symbols: Vec::new().into_iter(),
            at: 0,
            silent_until: 0,
            noise: None,
        }
    }

    /// Returns the number of samples before a time in milliseconds.
    pub(super) fn samples(ms: u64, rate: u32) -> usize {
        usize::try_from(ms * u64::from(rate) / 1000).unwrap_or(usize::MAX)
    }

    /// Returns samples of silence or of noise.
    fn background(&mut self, count: usize) -> Vec<i16> {
        let Some(state) = &mut self.noise else { return vec![0; count] };
        let mut random = || {
            // <https://www.jstatsoft.org/article/view/v008i14>, with the first parameters of section 3.
            *state ^= *state << 13;
            *state ^= *state >> 17;
            *state ^= *state << 5;
            let [_, _, low, high] = state.to_le_bytes();
            i16::from_le_bytes([low, high]) / 4
        };
        (0..count).map(|_| random()).collect()
    }

    /// Advances the time, and returns the number of samples that pass.
    fn pass(&mut self, ms: u64) -> usize {
        let before = Self::samples(self.at, self.rate);
        self.at += ms;
        Self::samples(self.at, self.rate) - before
    }
}

impl Iterator for Renderer {
    type Item = Vec<i16>;

    fn next(&mut self) -> Option<Vec<i16>> {
        loop {
            if let Some(symbol) = self.symbols.next() {
                let length = self.pass(SYMBOL as u64);
                let tone = self.tones.get(usize::from(symbol))?;
                return Some(tone.iter().copied().chain(std::iter::repeat(0)).take(length).collect());
            }
            if self.at < self.silent_until {
                let ms = (self.silent_until - self.at).min(100);
                let count = self.pass(ms);
                return Some(self.background(count));
            }
            match self.parts.next()? {
                Part::Burst(burst) => self.symbols = burst.symbols().into_iter(),
                Part::Silence(ms) => (self.silent_until, self.noise) = (self.at + u64::from(ms), None),
                Part::Noise(ms) => (self.silent_until, self.noise) = (self.at + u64::from(ms), Some(1)),
            }
        }
    }
}

/// A quarter of the maximum amplitude.
const LOUDNESS: f64 = 8_192.0;
