//! Audio formats of synthesis. PCM and G.711 carry the tones; a compressed format carries silence of the same duration in a
//! valid container, with the text in its metadata, because the lab has no encoder.
//! <https://learn.microsoft.com/azure/ai-services/speech-service/rest-text-to-speech#audio-outputs>

mod mp3;
mod ogg;
mod wave;
mod webm;

use bytes::Bytes;

use super::super::exchange::{Answer, Later};
use super::g711::Law;
use super::render::Renderer;
use super::script::Script;
use crate::vocabulary::SpokenToml;

/// An audio format of synthesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    /// Samples per second.
    rate: u32,
    coding: Coding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Pcm {
        is_riff: bool,
    },
    Law {
        law: Law,
        is_riff: bool,
    },
    /// Kilobits per second.
    Mp3(u32),
    Ogg,
    WebM,
    /// AMR-WB without speech.
    Amr,
    /// G.722, as silence.
    G722,
}

/// A script in a format.
#[derive(Debug)]
struct Spoken {
    format: Format,
    script: Script,
    /// What is sent instead of the whole.
    instead: Option<SpokenToml>,
}

impl Later for Spoken {
    fn pieces(&self) -> Sound {
        self.format.sound(&self.script, self.instead)
    }
}

/// Makes the header of a stream of samples.
pub(super) fn header(rate: u32, law: Option<Law>) -> Vec<u8> {
    wave::head(rate, law, "", 0)
}

/// Audio in pieces of at most four kilobytes, produced as they are read.
pub(super) type Sound = Box<dyn Iterator<Item = Bytes> + Send>;

impl Format {
    /// Reads the value of `X-Microsoft-OutputFormat`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('-').collect();
        let rate = |name: &str| RATES.iter().find(|(known, _)| *known == name).map(|(_, rate)| *rate);
        let (rate, coding) = match parts[..] {
            [container @ ("riff" | "raw"), name, "16bit", "mono", "pcm"] => {
                (rate(name)?, Coding::Pcm { is_riff: container == "riff" })
            }
            [container @ ("riff" | "raw"), "8khz", "8bit", "mono", law @ ("alaw" | "mulaw")] => {
                let law = if law == "alaw" { Law::A } else { Law::Mu };
                (8_000, Coding::Law { law, is_riff: container == "riff" })
            }
            ["audio", name, bits, "mono", "mp3"] => {
                let kilobits = bits.strip_suffix("kbitrate")?.parse().ok()?;
                (rate(name)?, Coding::Mp3(kilobits))
            }
            ["ogg", name @ ("16khz" | "24khz" | "48khz"), "16bit", "mono", "opus"]
            | ["audio", name @ ("16khz" | "24khz"), "16bit", _, "mono", "opus"] => (rate(name)?, Coding::Ogg),
            ["webm", name @ ("16khz" | "24khz"), "16bit", "mono", "opus"]
            | ["webm", name @ "24khz", "16bit", "24kbps", "mono", "opus"] => (rate(name)?, Coding::WebM),
            ["amr", "wb", "16000hz"] => (16_000, Coding::Amr),
            ["g722", "16khz", "64kbps"] => (16_000, Coding::G722),
            _ => return None,
        };
        if let Coding::Mp3(kilobits) = coding {
            mp3::frame(rate, kilobits)?;
        }
        Some(Self { rate, coding })
    }

    /// The format of a spoken translation.
    pub(super) const TRANSLATION: Self = Self { rate: 16_000, coding: Coding::Pcm { is_riff: true } };

    /// Returns the content type of a response in this format.
    pub(super) fn content_type(self) -> &'static str {
        match self.coding {
            Coding::Pcm { is_riff: true } | Coding::Law { is_riff: true, .. } => "audio/x-wav",
            Coding::Pcm { .. } | Coding::Law { .. } => "audio/basic",
            Coding::Mp3(_) => "audio/mpeg",
            Coding::Ogg => match self.rate {
                16_000 => "audio/ogg; codecs=opus; rate=16000",
                48_000 => "audio/ogg; codecs=opus; rate=48000",
                _ => "audio/ogg; codecs=opus; rate=24000",
            },
            Coding::WebM => "audio/webm; codec=opus",
            Coding::Amr => "audio/amr-wb",
            Coding::G722 => "audio/G722",
        }
    }

    /// Makes a response that speaks a script as it is sent.
    pub(super) fn answer(self, kind: &str, script: Script, instead: Option<SpokenToml>) -> Answer {
        Answer::later(kind, Spoken { format: self, script, instead })
    }

    /// Speaks a script, or a part of it.
    pub(super) fn sound(self, script: &Script, instead: Option<SpokenToml>) -> Sound {
        match instead {
            Some(SpokenToml::Nothing) => Box::new(std::iter::empty()),
            Some(SpokenToml::Half) => {
                let whole: usize = self.speak(script).map(|piece| piece.len()).sum();
                first(self.speak(script), whole / 2)
            }
            Some(SpokenToml::Silence | SpokenToml::Noise) | None => self.speak(script),
        }
    }

    /// Speaks a script.
    pub(super) fn speak(self, script: &Script) -> Sound {
        match self.coding {
            Coding::Pcm { is_riff } => self.samples(script, is_riff, None),
            Coding::Law { law, is_riff } => self.samples(script, is_riff, Some(law)),
            Coding::Mp3(kilobits) => in_pieces(mp3::stream(self.rate, kilobits, script)),
            Coding::Ogg => in_pieces(ogg::stream(self.rate, script)),
            Coding::WebM => in_pieces(webm::stream(self.rate, script)),
            Coding::Amr => {
                // A frame of 20 ms that says that there is no data: RFC 4867, section 5.1.
                let head = std::iter::once(b"#!AMR-WB\n".to_vec());
                in_pieces(head.chain(repeated(vec![0x7c], script.lasts.div_ceil(20))))
            }
            // FFmpeg decodes this byte as zeros.
            Coding::G722 => in_pieces(repeated(vec![0xfc; 8], script.lasts)),
        }
    }

    fn samples(self, script: &Script, is_riff: bool, law: Option<Law>) -> Sound {
        let renderer = Renderer::new(script, self.rate);
        let size = Renderer::samples(script.lasts, self.rate) * if law.is_some() { 1 } else { 2 };
        let head = is_riff.then(|| wave::head(self.rate, law, &script.text, size));
        let encoded = renderer.map(move |samples| match law {
            Some(law) => samples.into_iter().map(|sample| law.encode(sample)).collect(),
            None => samples.into_iter().flat_map(i16::to_le_bytes).collect::<Vec<u8>>(),
        });
        in_pieces(head.into_iter().chain(encoded))
    }
}

fn repeated(frame: Vec<u8>, times: u64) -> impl Iterator<Item = Vec<u8>> + Send {
    (0..times).map(move |_| frame.clone())
}

/// Returns the first bytes of a sound.
fn first(sound: Sound, mut left: usize) -> Sound {
    Box::new(sound.map_while(move |mut piece| {
        piece.truncate(left);
        left -= piece.len();
        (!piece.is_empty()).then_some(piece)
    }))
}

/// Joins and divides chunks of bytes into pieces.
fn in_pieces(mut chunks: impl Iterator<Item = Vec<u8>> + Send + 'static) -> Sound {
    let mut rest = Vec::new();
    Box::new(std::iter::from_fn(move || {
        while rest.len() < PIECE {
            let Some(chunk) = chunks.next() else { break };
            rest.extend(chunk);
        }
        let piece: Vec<u8> = rest.drain(..rest.len().min(PIECE)).collect();
        (!piece.is_empty()).then(|| Bytes::from(piece))
    }))
}

/// Marks the text in the metadata of a compressed format.
fn tag(text: &str) -> Vec<u8> {
    let mut tag = TAG.to_vec();
    let end = (0..=text.len().min(LONGEST_TAG)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    tag.extend(u16::try_from(end).unwrap_or_default().to_be_bytes());
    tag.extend(&text.as_bytes()[..end]);
    tag
}

/// Returns the text that the lab put into the metadata of a compressed format.
pub(super) fn tagged(bytes: &[u8]) -> Option<String> {
    let start = &bytes[..bytes.len().min(LARGEST_START)];
    let at = start.windows(TAG.len()).position(|window| window == TAG)? + TAG.len();
    let length = u16::from_be_bytes(*bytes.get(at..)?.first_chunk::<2>()?);
    let text = bytes.get(at + 2..at + 2 + usize::from(length))?;
    String::from_utf8(text.to_vec()).ok().filter(|text| !text.is_empty())
}

const TAG: &[u8] = b"speech-endpoint lab: ";

const LONGEST_TAG: usize = 16 << 10;

/// The part of a file in which its metadata is.
const LARGEST_START: usize = 64 << 10;

/// The maximum number of bytes in a piece of audio.
const PIECE: usize = 4096;

const RATES: [(&str, u32); 6] = [
    ("8khz", 8_000),
    ("16khz", 16_000),
    ("22050hz", 22_050),
    ("24khz", 24_000),
    ("44100hz", 44_100),
    ("48khz", 48_000),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(format: &str, text: &str) -> Vec<u8> {
        let script = Script::of_text(text, 0);
        Format::read(format).unwrap().speak(&script).flatten().collect()
    }

    #[test]
    fn every_documented_format_is_spoken_except_silk() {
        // <https://learn.microsoft.com/azure/ai-services/speech-service/rest-text-to-speech#audio-outputs>
        for format in "amr-wb-16000hz audio-16khz-16bit-32kbps-mono-opus audio-16khz-32kbitrate-mono-mp3 audio-16khz-64kbitrate-mono-mp3 \
            audio-16khz-128kbitrate-mono-mp3 audio-24khz-16bit-24kbps-mono-opus audio-24khz-16bit-48kbps-mono-opus \
            audio-24khz-48kbitrate-mono-mp3 audio-24khz-96kbitrate-mono-mp3 audio-24khz-160kbitrate-mono-mp3 \
            audio-48khz-96kbitrate-mono-mp3 audio-48khz-192kbitrate-mono-mp3 g722-16khz-64kbps ogg-16khz-16bit-mono-opus \
            ogg-24khz-16bit-mono-opus ogg-48khz-16bit-mono-opus raw-8khz-8bit-mono-alaw raw-8khz-8bit-mono-mulaw \
            raw-8khz-16bit-mono-pcm raw-16khz-16bit-mono-pcm raw-22050hz-16bit-mono-pcm raw-24khz-16bit-mono-pcm \
            raw-44100hz-16bit-mono-pcm raw-48khz-16bit-mono-pcm riff-8khz-8bit-mono-alaw riff-8khz-8bit-mono-mulaw \
            riff-8khz-16bit-mono-pcm riff-16khz-16bit-mono-pcm riff-22050hz-16bit-mono-pcm riff-24khz-16bit-mono-pcm \
            riff-44100hz-16bit-mono-pcm riff-48khz-16bit-mono-pcm webm-16khz-16bit-mono-opus webm-24khz-16bit-24kbps-mono-opus \
            webm-24khz-16bit-mono-opus"
            .split_whitespace()
        {
            let (short, long) = (spoken(format, "Hello.").len(), spoken(format, &"Hello. ".repeat(20)).len());
            assert!(short > 0 && long > 5 * short.min(1000), "{format}: {short} {long}");
        }
        for format in [
            "raw-16khz-16bit-mono-truesilk",
            "riff-96khz-16bit-mono-pcm",
            "audio-24khz-49kbitrate-mono-mp3",
            "audio-8khz-32kbitrate-mono-mp3",
            "",
        ] {
            assert_eq!(Format::read(format), None, "{format}");
        }
    }

    #[test]
    fn the_text_stands_in_the_metadata_of_compressed_formats() {
        for format in [
            "audio-24khz-48kbitrate-mono-mp3",
            "audio-16khz-32kbitrate-mono-mp3",
            "ogg-24khz-16bit-mono-opus",
            "webm-24khz-16bit-mono-opus",
        ] {
            for text in ["Grüße, 世界!".to_owned(), "Hello. ".repeat(200).trim().to_owned()] {
                assert_eq!(tagged(&spoken(format, &text)).as_deref(), Some(text.as_str()), "{format}");
            }
        }
        assert_eq!((tagged(b""), tagged(TAG), tagged(&[TAG, &[0, 9, b'a']].concat())), (None, None, None));
    }

    #[test]
    fn pieces_have_at_most_four_kilobytes_and_lose_nothing() {
        let chunks = || (0..100_u8).map(|i| vec![i; 333]);
        let pieces: Vec<Bytes> = in_pieces(chunks()).collect();
        assert!(pieces.iter().rev().skip(1).all(|piece| piece.len() == PIECE));
        assert_eq!(pieces.concat(), chunks().collect::<Vec<_>>().concat());
    }
}
