//! Audio as it arrives: a WAV file or its samples, in pieces of any size.
#![allow(clippy::cast_precision_loss, reason = "a sample is scaled to the range from -1 to 1")]

use super::g711::Law;

/// What a piece of audio contained.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Taken<'a> {
    /// Samples of all channels, from -1 to 1.
    Samples(&'a [f32]),
    /// A number of samples without sound.
    Silence(usize),
    /// The comment of a WAV file, which stands before its samples.
    Comment(String),
}

/// A reader of audio in pieces.
///
/// 1. A WAV header at the start of a turn states the format; otherwise the format is that of the SDKs: 16 kHz, 16 bit, mono.
/// 2. A header or a list of comments further on is part of the samples, because an application passed on a whole file. It
///    becomes silence, so that all times stay right.
#[derive(Debug)]
pub(super) struct Intake {
    format: Format,
    is_begun: bool,
    /// The bytes that are not read yet.
    rest: Vec<u8>,
    /// The only channel that is heard.
    channel: Option<usize>,
}

/// The format of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    pub(super) rate: u32,
    channels: usize,
    /// The number of bytes in a sample of one channel.
    width: usize,
    coding: Coding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Integer,
    Float,
    Law(Law),
}

impl Default for Format {
    fn default() -> Self {
        Self { rate: 16_000, channels: 1, width: 2, coding: Coding::Integer }
    }
}

/// The content at a place in the bytes.
enum Place {
    Samples,
    /// A chunk of this many bytes, with a comment if it has one.
    Chunk(usize, Option<String>),
    /// More bytes are needed to tell.
    Unknown,
}

impl Intake {
    pub(super) fn new() -> Self {
        Self { format: Format::default(), is_begun: false, rest: Vec::new(), channel: None }
    }

    /// Hears one channel only.
    pub(super) fn of_channel(mut self, channel: Option<usize>) -> Self {
        self.channel = channel;
        self
    }

    /// Takes a piece; an empty one ends the audio.
    pub(super) fn take(&mut self, piece: &[u8], mut give: impl FnMut(Format, Taken<'_>)) {
        let is_last = piece.is_empty();
        self.rest.extend_from_slice(piece);
        if !self.is_begun {
            match header(&self.rest, is_last) {
                None => return,
                Some((format, length, comment)) => {
                    self.format = format.unwrap_or_default();
                    self.rest.drain(..length);
                    self.is_begun = true;
                    if let Some(comment) = comment {
                        give(self.format, Taken::Comment(comment));
                    }
                }
            }
        }
        let used = self.read(is_last, &mut give);
        self.rest.drain(..used);
    }

    /// Reads the samples, and returns the number of bytes that were used.
    ///
    /// 1. Up to where a chunk may begin, all bytes are samples.
    /// 2. There, a chunk is silence, and chance is one sample more.
    fn read(&self, is_last: bool, give: &mut impl FnMut(Format, Taken<'_>)) -> usize {
        let frame = self.format.frame();
        let mut at = 0;
        while let Some(rest) = self.rest.get(at..).filter(|rest| rest.len() >= frame) {
            let clear = clear(rest) / frame;
            if clear > 0 {
                self.give(&rest[..clear * frame], give);
                at += clear * frame;
                continue;
            }
            let places = (0..frame).map(|i| (i, place(&rest[i..], is_last)));
            match { places }.find(|(_, place)| !matches!(place, Place::Samples)) {
                Some((_, Place::Unknown)) => return at,
                Some((i, Place::Chunk(length, comment))) => {
                    if let Some(comment) = comment {
                        give(self.format, Taken::Comment(comment));
                    }
                    let silent = (i + length).div_ceil(frame).min(rest.len() / frame);
                    give(self.format, Taken::Silence(silent));
                    at += silent * frame;
                }
                _ => {
                    self.give(&rest[..frame], give);
                    at += frame;
                }
            }
        }
        at
    }

    /// Gives samples in blocks.
    fn give(&self, bytes: &[u8], give: &mut impl FnMut(Format, Taken<'_>)) {
        let (format, frame) = (self.format, self.format.frame());
        let mut samples = Vec::with_capacity(BLOCK.min(bytes.len() / frame));
        for block in bytes.chunks(BLOCK * frame) {
            if format.coding == Coding::Integer && format.width > 1 && block == &ZEROS[..block.len().min(ZEROS.len())] {
                give(format, Taken::Silence(block.len() / frame));
                continue;
            }
            samples.clear();
            samples.extend(block.chunks_exact(frame).map(|frame| format.sample(frame, self.channel)));
            give(format, Taken::Samples(&samples));
        }
    }
}

/// Returns the number of bytes before a place where a chunk may begin.
fn clear(bytes: &[u8]) -> usize {
    let mut at = 0;
    while at < bytes.len() {
        if matches!(bytes[at], b'R' | b'L') && bytes.get(at + 1).is_none_or(|next| *next == b'I') {
            return at;
        }
        at += 1;
    }
    at
}

impl Format {
    fn frame(self) -> usize {
        self.channels * self.width
    }

    /// Reads the content of a `fmt ` chunk.
    fn read(content: &[u8]) -> Option<Self> {
        let short = |at: usize| Some(u16::from_le_bytes(content.get(at..at + 2)?.try_into().ok()?));
        let tag = match short(0)? {
            // The extensible form repeats the tag at the start of its subformat.
            0xfffe => short(24)?,
            tag => tag,
        };
        let rate = u32::from_le_bytes(content.get(4..8)?.try_into().ok()?);
        let (channels, bits) = (usize::from(short(2)?), usize::from(short(14)?));
        let coding = match (tag, bits) {
            (1, 8 | 16 | 24 | 32) => Coding::Integer,
            (3, 32) => Coding::Float,
            (6, 8) => Coding::Law(Law::A),
            (7, 8) => Coding::Law(Law::Mu),
            _ => return None,
        };
        let is_possible = (1..=8).contains(&channels) && (4_000..=192_000).contains(&rate);
        is_possible.then_some(Self { rate, channels, width: bits / 8, coding })
    }

    /// Returns the sample of a channel, or the mean of all.
    fn sample(self, frame: &[u8], channel: Option<usize>) -> f32 {
        if let (Coding::Integer, 2, [low, high], None) = (self.coding, self.width, frame, channel) {
            return f32::from(i16::from_le_bytes([*low, *high])) / 32_768.0;
        }
        if let Some(channel) = channel {
            return frame.chunks_exact(self.width).nth(channel).map_or(0.0, |bytes| self.of_channel(bytes));
        }
        let all: f32 = frame.chunks_exact(self.width).map(|bytes| self.of_channel(bytes)).sum();
        all / self.channels as f32
    }

    fn of_channel(self, bytes: &[u8]) -> f32 {
        match (self.coding, bytes) {
            (Coding::Law(law), [byte]) => f32::from(law.decode(*byte)) / 32_768.0,
            (Coding::Integer, [byte]) => (f32::from(*byte) - 128.0) / 128.0,
            (Coding::Integer, [low, high]) => f32::from(i16::from_le_bytes([*low, *high])) / 32_768.0,
            (Coding::Integer, [low, middle, high]) => {
                i32::from_le_bytes([0, *low, *middle, *high]) as f32 / 2_147_483_648.0
            }
            (Coding::Integer, [a, b, c, d]) => i32::from_le_bytes([*a, *b, *c, *d]) as f32 / 2_147_483_648.0,
            (Coding::Float, [a, b, c, d]) => {
                let sample = f32::from_le_bytes([*a, *b, *c, *d]);
                if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }
            }
            _ => 0.0,
        }
    }
}

/// Reads the header at the start of a turn: its format, its length and its comment. `None` if it is incomplete.
fn header(bytes: &[u8], is_last: bool) -> Option<(Option<Format>, usize, Option<String>)> {
    let is_wav = bytes.starts_with(b"RIFF") && bytes.get(8..12).is_none_or(|kind| kind == b"WAVE");
    if !is_wav && !b"RIFF".starts_with(bytes.get(..4).unwrap_or(bytes)) {
        return Some((None, 0, None));
    }
    let (mut format, mut comment, mut at) = (None, None, 12);
    while let Some((name, size)) = bytes.get(at..).and_then(chunk) {
        if name == *b"data" {
            return Some((format, at + 8, comment));
        }
        let Some(content) = bytes.get(at + 8..).and_then(|rest| rest.get(..size)) else { break };
        match &name {
            b"fmt " => format = Format::read(content),
            b"LIST" => comment = comment_of(content).or(comment),
            _ => {}
        }
        at += 8 + size + size % 2;
    }
    let is_hopeless = is_last || bytes.len() > LARGEST_HEADER;
    is_hopeless.then_some((format, bytes.len(), comment))
}

/// Returns the length of the header at the start of audio; 0 if there is none, and `None` if it is incomplete.
pub(super) fn head(bytes: &[u8], is_last: bool) -> Option<usize> {
    header(bytes, is_last).map(|(_, length, _)| length)
}

/// Returns the name and the size of a chunk.
fn chunk(bytes: &[u8]) -> Option<([u8; 4], usize)> {
    let (name, rest) = bytes.split_first_chunk::<4>()?;
    let size = u32::from_le_bytes(*rest.first_chunk::<4>()?);
    Some((*name, usize::try_from(size).ok()?))
}

/// Returns the header or the list of comments that starts at a place between samples.
fn place(bytes: &[u8], is_last: bool) -> Place {
    let unknown = |known: usize| if is_last || bytes.len() >= known { Place::Samples } else { Place::Unknown };
    match bytes {
        [b'R', b'I', b'F', b'F', ..] | [b'L', b'I', b'S', b'T', ..] => {}
        [b'R' | b'L'] | [b'R' | b'L', b'I'] | [b'R', b'I', b'F'] | [b'L', b'I', b'S'] => return unknown(4),
        _ => return Place::Samples,
    }
    match bytes.get(8..12) {
        None => unknown(12),
        Some(b"WAVE") if bytes.starts_with(b"RIFF") => match header(bytes, is_last) {
            Some((_, length, comment)) => Place::Chunk(length, comment),
            None => Place::Unknown,
        },
        Some(b"INFO") if bytes.starts_with(b"LIST") => {
            let size = chunk(bytes).map_or(0, |(_, size)| size);
            match bytes.get(8..).and_then(|rest| rest.get(..size)) {
                Some(content) => with_data(bytes, 8 + size + size % 2, comment_of(content), is_last),
                None if size > LARGEST_HEADER => Place::Samples,
                None => unknown(8 + size),
            }
        }
        Some(_) => Place::Samples,
    }
}

/// Adds the head of the samples to a list of comments, if it follows.
fn with_data(bytes: &[u8], end: usize, comment: Option<String>, is_last: bool) -> Place {
    match bytes.get(end..).unwrap_or_default() {
        [b'd', b'a', b't', b'a', rest @ ..] if rest.len() >= 4 => Place::Chunk(end + 8, comment),
        rest if b"data".starts_with(&rest[..rest.len().min(4)]) && !is_last => Place::Unknown,
        _ => Place::Chunk(end, comment),
    }
}

/// Returns the comment in a list: <https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/Docs/riffmci.pdf>
fn comment_of(list: &[u8]) -> Option<String> {
    let mut rest = list.strip_prefix(b"INFO")?;
    while let Some((name, size)) = chunk(rest) {
        let content = rest.get(8..)?;
        let content = content.get(..size).unwrap_or(content);
        if name == *b"ICMT" {
            let text = content.split(|byte| *byte == 0).next().unwrap_or_default();
            return String::from_utf8(text.to_vec()).ok().filter(|text| !text.trim().is_empty());
        }
        rest = rest.get(8 + size + size % 2..)?;
    }
    None
}

/// The number of samples in a block.
const BLOCK: usize = 160;

/// The bytes of silence, for comparison.
const ZEROS: [u8; 8 * 4 * BLOCK] = [0; 8 * 4 * BLOCK];

/// The largest header or list of comments that is read.
const LARGEST_HEADER: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the comments, the number of samples and the loudest one of pieces of a size.
    fn taken(bytes: &[u8], size: usize) -> (Vec<String>, usize, f32) {
        let (mut intake, mut comments, mut samples, mut loudest) = (Intake::new(), Vec::new(), 0, 0.0_f32);
        for piece in bytes.chunks(size).chain([&[][..]]) {
            intake.take(piece, |_, taken| match taken {
                Taken::Comment(text) => comments.push(text),
                Taken::Silence(count) => samples += count,
                Taken::Samples(all) => {
                    samples += all.len();
                    loudest = all.iter().fold(loudest, |loudest, sample| loudest.max(sample.abs()));
                }
            });
        }
        (comments, samples, loudest)
    }

    fn list(text: &str) -> Vec<u8> {
        let text = [text.as_bytes(), &[0], if text.len().is_multiple_of(2) { &[0] } else { &[][..] }].concat();
        let length = u32::try_from(text.len()).unwrap();
        [b"LIST".as_slice(), &(length + 12).to_le_bytes(), b"INFOICMT", &length.to_le_bytes(), &text, b"data\0\0\0\0"]
            .concat()
    }

    fn header(tag: u16, channels: u16, rate: u32, bits: u16) -> Vec<u8> {
        let format =
            [&tag.to_le_bytes()[..], &channels.to_le_bytes(), &rate.to_le_bytes(), &[0; 6], &bits.to_le_bytes()]
                .concat();
        [b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0".as_slice(), &format, b"data\0\0\0\0"].concat()
    }

    #[test]
    fn every_size_of_pieces_gives_the_same() {
        let loud = [0, 0x40].repeat(100);
        let bytes = [header(1, 1, 16_000, 16), list("One."), loud.clone(), list("Two"), loud].concat();
        for size in [1, 2, 3, 7, 50, 3200, 100_000] {
            let (comments, samples, loudest) = taken(&bytes, size);
            assert_eq!((comments, samples), (vec!["One.".to_owned(), "Two".into()], (bytes.len() - 44) / 2), "{size}");
            assert!((loudest - 0.5).abs() < 0.001, "a chunk is silence: {loudest}");
        }
    }

    #[test]
    fn every_format_is_read_as_samples_from_minus_one_to_one() {
        for (tag, channels, bits, frame) in [
            (1, 1, 8, vec![192]),
            (1, 1, 16, vec![0, 0x40]),
            (1, 2, 16, vec![0, 0x40, 0, 0x40]),
            (1, 1, 24, vec![0, 0, 0x40]),
            (1, 1, 32, vec![0, 0, 0, 0x40]),
            (3, 1, 32, 0.5_f32.to_le_bytes().to_vec()),
            (6, 1, 8, vec![Law::A.encode(16_384)]),
            (7, 1, 8, vec![Law::Mu.encode(16_384)]),
        ] {
            let bytes = [header(tag, channels, 8_000, bits), frame.repeat(10)].concat();
            let (_, samples, loudest) = taken(&bytes, 5);
            assert!(samples == 10 && (loudest - 0.5).abs() < 0.02, "{tag} {channels} {bits}: {samples} {loudest}");
        }
    }

    #[test]
    fn a_whole_file_inside_a_stream_is_read_and_chance_is_not() {
        let inner = [header(1, 1, 16_000, 16), vec![0; 20]].concat();
        let bytes = [header(1, 1, 16_000, 16), inner].concat();
        assert_eq!(taken(&bytes, 9).1, 32);
        let chance = [b"LISTabcdefghRIFFijkl".as_slice(), &[1; 20]].concat();
        let (comments, samples, loudest) = taken(&chance, 3);
        assert!(comments.is_empty() && samples == 20 && loudest > 0.5, "{samples} {loudest}");
    }

    #[test]
    fn hostile_headers_have_a_bound_and_do_not_panic() {
        for start in
            [&b"RIFF\xff\xff\xff\xffWAVE"[..], b"RIFF\0\0\0\0WAVEjunk\xff\xff\xff\xff", b"LIST\xff\xff\xff\xffINFO"]
        {
            let bytes = [start, &vec![7; 300_000]].concat();
            let mut intake = Intake::new();
            for piece in bytes.chunks(1000) {
                intake.take(piece, |_, _| {});
                assert!(intake.rest.len() <= LARGEST_HEADER + 2000);
            }
            intake.take(&[], |_, _| {});
        }
        let whole = [header(1, 2, 44_100, 16), list("a")].concat();
        for end in 0..whole.len() {
            taken(&whole[..end], 4);
        }
        for at in 0..whole.len() {
            let mut broken = whole.clone();
            broken[at] = 0xff;
            taken(&broken, 4);
        }
    }
}
