//! Audio: a tone instead of a voice, and WAV files with the text as a comment.

use std::f64::consts::TAU;
use std::time::Duration;

/// An audio format that the lab supports: 16-bit mono PCM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    /// Samples per second.
    rate: u32,
    is_riff: bool,
}

impl Format {
    /// Reads the value of `X-Microsoft-OutputFormat`.
    /// <https://learn.microsoft.com/azure/ai-services/speech-service/rest-text-to-speech#audio-outputs>
    pub(super) fn read(text: &str) -> Option<Self> {
        let (container, rest) = text.split_once('-')?;
        let rate = rest.strip_suffix("-16bit-mono-pcm")?;
        let (_, rate) = RATES.into_iter().find(|(name, _)| *name == rate)?;
        match container {
            "riff" => Some(Self { rate, is_riff: true }),
            "raw" => Some(Self { rate, is_riff: false }),
            _ => None,
        }
    }

    /// Returns the content type of a response in this format.
    pub(super) fn content_type(self) -> &'static str {
        if self.is_riff { "audio/x-wav" } else { "audio/basic" }
    }

    /// Synthesises a text.
    pub(super) fn speak(self, text: &str) -> Vec<u8> {
        let samples = self.tone(text);
        if self.is_riff { self.file(&samples, text) } else { samples }
    }

    /// Generates a tone whose length depends on the text.
    fn tone(self, text: &str) -> Vec<u8> {
        let ms = u32::try_from(text.chars().count()).unwrap_or(u32::MAX).saturating_mul(PER_CHARACTER).min(LONGEST);
        let samples = ms * (self.rate / 1000);
        let step = TAU * PITCH / f64::from(self.rate);
        (0..samples).flat_map(|i| sample((f64::from(i) * step).sin()).to_le_bytes()).collect()
    }

    /// Makes a WAV file: the format, the comment, then the samples, so that a reader gets the comment first.
    fn file(self, samples: &[u8], text: &str) -> Vec<u8> {
        let mut format = Vec::with_capacity(16);
        format.extend(PCM.to_le_bytes());
        format.extend(1_u16.to_le_bytes());
        format.extend(self.rate.to_le_bytes());
        format.extend((self.rate * 2).to_le_bytes());
        format.extend(2_u16.to_le_bytes());
        format.extend(16_u16.to_le_bytes());
        // A comment ends with a zero: <https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/Docs/riffmci.pdf>
        let comment = chunk(*b"ICMT", &[text.as_bytes(), &[0]].concat());
        let list = chunk(*b"LIST", &[b"INFO", comment.as_slice()].concat());
        let body = [b"WAVE".as_slice(), &chunk(*b"fmt ", &format), &list, &chunk(*b"data", samples)].concat();
        chunk(*b"RIFF", &body)
    }
}

/// The content of a WAV file, or of its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    /// The comment.
    pub(super) text: Option<String>,
    /// The duration of the samples received.
    pub(super) lasts: Duration,
}

/// Reads a WAV file; `None` if it is not one. The file may be incomplete, because a streaming client does not know its
/// length.
pub(super) fn read(bytes: &[u8]) -> Option<Heard> {
    let rest = bytes.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"WAVE")?;
    let mut heard = Heard { text: None, lasts: Duration::ZERO };
    let mut per_second = 32_000;
    for (name, content) in chunks(rest) {
        match name {
            b"fmt " => per_second = number(content.get(8..12)).filter(|rate| *rate > 0).unwrap_or(per_second),
            b"LIST" => heard.text = comment(content).or(heard.text),
            b"data" => heard.lasts += Duration::from_millis(content.len() as u64 * 1000 / u64::from(per_second)),
            _ => {}
        }
    }
    Some(heard)
}

fn comment(list: &[u8]) -> Option<String> {
    let (_, content) = chunks(list.strip_prefix(b"INFO")?).find(|(name, _)| *name == b"ICMT")?;
    let text = content.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8(text.to_vec()).ok().filter(|text| !text.trim().is_empty())
}

/// Returns the chunks; the last may be shorter than its length field.
fn chunks(mut rest: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let (name, after) = rest.split_first_chunk::<4>()?;
        let size = number(after.get(..4)).and_then(|size| usize::try_from(size).ok())?;
        let content = &after[4..];
        let end = size.min(content.len());
        // A padding byte follows a chunk of odd length.
        rest = content.get(end + size % 2..).unwrap_or_default();
        Some((name, &content[..end]))
    })
}

fn number(bytes: Option<&[u8]>) -> Option<u32> {
    bytes?.try_into().ok().map(u32::from_le_bytes)
}

fn chunk(name: [u8; 4], content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len()).unwrap_or(u32::MAX);
    let fill: &[u8] = if content.len() % 2 == 1 { &[0] } else { &[] };
    [name.as_slice(), &size.to_le_bytes(), content, fill].concat()
}

#[allow(clippy::cast_possible_truncation, reason = "a sine is at most 1")]
fn sample(height: f64) -> i16 {
    (height * LOUDNESS) as i16
}

const RATES: [(&str, u32); 6] = [
    ("8khz", 8_000),
    ("16khz", 16_000),
    ("22050hz", 22_050),
    ("24khz", 24_000),
    ("44100hz", 44_100),
    ("48khz", 48_000),
];

const PCM: u16 = 1;

/// Milliseconds per character; a fast speaker says about sixteen characters per second.
const PER_CHARACTER: u32 = 60;

/// The maximum duration in milliseconds, since nobody listens to the tone.
const LONGEST: u32 = 10_000;

/// The frequency in hertz.
const PITCH: f64 = 220.0;

/// A quarter of the maximum amplitude.
const LOUDNESS: f64 = 8_192.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn synthesised_audio_can_be_read_at_every_rate() {
        for (name, rate) in RATES {
            let format = Format::read(&format!("riff-{name}-16bit-mono-pcm")).unwrap();
            let heard = read(&format.speak("Grüße!")).unwrap();
            assert_eq!(heard.text.as_deref(), Some("Grüße!"), "{name}");
            assert!(heard.lasts.abs_diff(Duration::from_millis(360)) < Duration::from_millis(10), "{rate}: {heard:?}");
        }
    }

    #[test]
    fn the_file_layout_follows_the_wav_format() {
        let file = Format::read("riff-16khz-16bit-mono-pcm").unwrap().speak("ab");
        assert_eq!(number(file.get(4..8)).unwrap() as usize, file.len() - 8);
        assert_eq!(&file[8..16], b"WAVEfmt ");
        assert_eq!((&file[20..24], &file[32..36]), ([1, 0, 1, 0].as_slice(), [2, 0, 16, 0].as_slice()));
        assert_eq!((number(file.get(24..28)), number(file.get(28..32))), (Some(16_000), Some(32_000)));
        // The comment has an odd length, so a padding byte follows.
        assert_eq!(&file[36..60], b"LIST\x10\0\0\0INFOICMT\x03\0\0\0ab\0\0");
        assert_eq!((&file[60..64], number(file.get(64..68))), (b"data".as_slice(), Some(2 * 60 * 32)));
    }

    #[test]
    fn the_tone_is_audible_and_lasts_at_most_ten_seconds() {
        let format = Format::read("raw-16khz-16bit-mono-pcm").unwrap();
        let samples = format.speak(&"a".repeat(1000));
        assert_eq!(samples.len(), 10 * 32_000);
        assert!(samples.chunks(2).any(|pair| i16::from_le_bytes([pair[0], pair[1]]) > 8_000));
    }

    #[test]
    fn only_pcm_formats_are_supported() {
        for text in ["audio-16khz-128kbitrate-mono-mp3", "riff-8khz-8bit-mono-mulaw", "riff-96khz-16bit-mono-pcm", ""] {
            assert_eq!(Format::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_file_without_a_comment_is_valid_and_an_incomplete_one_keeps_its_comment() {
        let format = Format::read("riff-16khz-16bit-mono-pcm").unwrap();
        let whole = format.speak("hello");
        assert_eq!(read(&whole[..80]).unwrap().text.as_deref(), Some("hello"));
        let without = format.file(&[0; 320], "");
        assert_eq!(read(&without), Some(Heard { text: None, lasts: Duration::from_millis(10) }));
        assert_eq!(read(b"OggS and so on"), None);
    }

    #[test]
    fn reading_never_panics() {
        let whole = Format::read("riff-8khz-16bit-mono-pcm").unwrap().speak("a");
        for end in 0..whole.len() {
            read(&whole[..end]);
        }
        for at in 0..60 {
            let mut broken = whole.clone();
            broken[at] = 0xff;
            read(&broken);
        }
    }
}
