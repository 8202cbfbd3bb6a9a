//! The tones in which the lab speaks, so that the samples themselves say what was spoken.
//!
//! A symbol is a tone of ten milliseconds. Its pitch is one of 16 for four bits, or one of three with a function of its own.
//! Speech in this form survives what happens to audio on the way: another header, another sample rate, G.711, a second
//! channel, another volume and noise.
//!
//! A burst is a part of a sentence: four symbols for the start, the voice and the language, then each word. A word is its
//! length, its UTF-8 bytes and a checksum; a long tone fills the rest of its time.

/// The duration of a symbol in milliseconds.
pub(super) const SYMBOL: usize = 10;

/// The number of tones.
pub(super) const TONES: usize = 19;

/// The symbols that start a burst.
pub(super) const START: [u8; 4] = [16, 17, 16, 17];

/// The symbol that fills the rest of a word's time.
pub(super) const HOLD: u8 = 18;

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
        for word in &self.words {
            let bytes = word.text.as_bytes();
            let length = u8::try_from(bytes.len().min(LONGEST_WORD)).unwrap_or_default();
            say(&mut symbols, &[length | if word.is_glued { GLUED } else { 0 }]);
            say(&mut symbols, &bytes[..usize::from(length)]);
            say(&mut symbols, &[checksum(&bytes[..usize::from(length)])]);
            end += word.symbols;
            symbols.resize(symbols.len().max(end), HOLD);
        }
        symbols
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
        let burst = Burst { voice: 0x0102, language: 3, words: vec![word("a", 30), word("b", 10)] };
        let symbols = burst.symbols();
        assert_eq!((symbols.len(), &symbols[..4]), (40, START.as_slice()));
        assert_eq!(&symbols[4..10], [0, 1, 0, 2, 0, 3]);
        assert_eq!(&symbols[12..16], [0, 1, 6, 1], "the length and the letter");
        assert_eq!(&symbols[18..30], [HOLD; 12], "the rest of the first word");
        assert_eq!(&symbols[30..34], [0, 1, 6, 2]);
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
