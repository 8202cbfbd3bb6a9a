//! The tones in which the lab speaks, so that the samples themselves say what was spoken.
//!
//! A symbol is a tone of ten milliseconds. Its pitch is one of 16 for four bits, or one of three with a function of its own.
//! Speech in this form survives what happens to audio on the way: another header, another sample rate, G.711, a second
//! channel, another volume and noise.
//!
//! A burst is a part of a sentence: four symbols for the start, the voice and the language, then each word. A word is its
//! length, its UTF-8 bytes and a checksum; a long tone fills the rest of its time. Where that tone ends, a mark says what
//! follows: a word, or the voice and the language once more. A listener that misses a part of a burst goes on there.

/// The duration of a symbol in milliseconds.
pub(super) const SYMBOL: usize = 10;

/// The number of tones.
pub(super) const TONES: usize = 19;

/// The symbols that start a burst.
pub(super) const START: [u8; 4] = [16, 17, 16, 17];

/// The symbol that fills the rest of a word's time.
pub(super) const HOLD: u8 = 18;

/// The symbol after `HOLD` that a word follows.
pub(super) const NEXT_WORD: u8 = 16;

/// The symbol after `HOLD` that the voice and the language follow, and then a word.
pub(super) const NEXT_HEAD: u8 = 17;

/// The number of symbols before the first word: the start, the voice, the language and their checksum.
pub(super) const PREAMBLE: usize = START.len() + 2 * HEAD;

/// The number of bytes in the head of a burst, after its start.
pub(super) const HEAD: usize = 4;

/// The maximum number of bytes in a word.
pub(super) const LONGEST_WORD: usize = 120;

/// The bit in the length of a word that has no space before it.
pub(super) const GLUED: u8 = 0x80;

/// Returns the pitch of a tone in hertz: all of them fit into the band of a telephone.
pub(super) fn pitch(tone: usize) -> u32 {
    450 + 150 * u32::try_from(tone).unwrap_or_default()
}

/// A part of a sentence by one voice, without a pause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Burst {
    /// The number of the voice.
    pub(super) voice: u16,
    /// The number of the language.
    pub(super) language: u8,
    pub(super) words: Vec<Word>,
}

/// A word, or a part of a long one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// Whether no space precedes it.
    pub(super) is_glued: bool,
    /// Its time in symbols.
    pub(super) symbols: usize,
}

impl Word {
    /// Returns the number of symbols that its bytes need.
    pub(super) fn least(text: &str) -> usize {
        2 * (text.len() + 2)
    }

    fn say(&self, symbols: &mut Vec<u8>) {
        let bytes = self.text.as_bytes();
        let length = u8::try_from(bytes.len().min(LONGEST_WORD)).unwrap_or_default();
        let bytes = &bytes[..usize::from(length)];
        say(symbols, &[length | if self.is_glued { GLUED } else { 0 }]);
        say(symbols, bytes);
        say(symbols, &[checksum(bytes)]);
    }
}

impl Burst {
    /// Returns the head as it is sent.
    pub(super) fn head(voice: u16, language: u8) -> [u8; HEAD] {
        let [high, low] = voice.to_be_bytes();
        [high, low, language, checksum(&[high, low, language])]
    }

    /// Returns the symbols.
    pub(super) fn symbols(&self) -> Vec<u8> {
        let mut symbols = START.to_vec();
        say(&mut symbols, &Self::head(self.voice, self.language));
        let mut end = 0;
        for (i, word) in self.words.iter().enumerate() {
            end += word.symbols;
            let spoken = symbols.len() + Word::least(&word.text);
            if i == 0 {
                // The first word survives the loss of a start that is shorter than this.
                self.fill(&mut symbols, end.saturating_sub(spoken) / 2);
            }
            word.say(&mut symbols);
            let rest = end.saturating_sub(symbols.len());
            self.fill(&mut symbols, rest);
        }
        symbols
    }

    /// Fills time, and marks what follows as well as the time permits.
    fn fill(&self, symbols: &mut Vec<u8>, time: usize) {
        let head = 2 * HEAD;
        let (hold, mark) = match time {
            0 | 1 => (time, None),
            _ if time < head + 2 => (time - 1, Some(NEXT_WORD)),
            _ => (time - head - 1, Some(NEXT_HEAD)),
        };
        symbols.extend(std::iter::repeat_n(HOLD, hold));
        symbols.extend(mark);
        if mark == Some(NEXT_HEAD) {
            say(symbols, &Self::head(self.voice, self.language));
        }
    }
}

fn say(symbols: &mut Vec<u8>, bytes: &[u8]) {
    symbols.extend(bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]));
}

/// Returns the checksum of bytes: CRC-8 with the polynomial 0x07, from 0xff.
pub(super) fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0xff, |sum, byte| {
        (0..8).fold(sum ^ byte, |sum, _| if sum & 0x80 == 0 { sum << 1 } else { sum << 1 ^ 0x07 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_fills_the_time_of_its_words() {
        let word = |text: &str, symbols| Word { text: text.into(), is_glued: false, symbols };
        let burst = Burst { voice: 0x0102, language: 3, words: vec![word("a", 30), word("b", 17), word("c", 6)] };
        let symbols = burst.symbols();
        assert_eq!((symbols.len(), &symbols[..4]), (53, START.as_slice()));
        let head = &symbols[4..12];
        assert_eq!(head[..6], [0, 1, 0, 2, 0, 3]);
        assert_eq!(symbols[12..18], [HOLD, HOLD, HOLD, HOLD, HOLD, NEXT_WORD], "half of the rest of the first word");
        assert_eq!(symbols[18..22], [0, 1, 6, 1], "the length and the letter");
        assert_eq!(symbols[24..30], [HOLD, HOLD, HOLD, HOLD, HOLD, NEXT_WORD], "the other half");
        assert_eq!(symbols[30..34], [0, 1, 6, 2]);
        assert_eq!((&symbols[36..39], &symbols[39..47]), ([HOLD, HOLD, NEXT_HEAD].as_slice(), head), "a longer rest");
        assert_eq!(symbols[47..51], [0, 1, 6, 3]);
    }

    #[test]
    fn the_checksum_is_the_one_of_the_catalogue() {
        // CRC-8/ROHC has the same parameters but reflects; this is CRC-8 with the start 0xff: SMBus would start with 0.
        assert_eq!(checksum(b""), 0xff);
        assert_ne!(checksum(b"ab"), checksum(b"ba"));
        assert_eq!(checksum(&[0xff]), 0, "the start cancels itself");
    }

    #[test]
    fn every_pitch_fits_into_the_band_of_a_telephone() {
        assert!((0..TONES).all(|tone| (300..=3400).contains(&pitch(tone))));
    }
}
