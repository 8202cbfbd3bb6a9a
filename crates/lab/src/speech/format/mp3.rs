//! MP3: frames of silence after a comment.
//! <https://www.datavoyage.com/mpgscript/mpeghdr.htm>

use super::super::script::Script;
use super::tag;

/// A frame: its header, its size in bytes and its number of samples.
pub(super) fn frame(rate: u32, kilobits: u32) -> Option<([u8; 4], usize, u32)> {
    // Version 1 has the higher rates; version 2 halves them, and has half the samples in a frame.
    let (version, rate_index, rates, samples) = match rate {
        48_000 => (0xfb, 1, &VERSION_1, 1152),
        44_100 => (0xfb, 0, &VERSION_1, 1152),
        24_000 => (0xf3, 1, &VERSION_2, 576),
        22_050 => (0xf3, 0, &VERSION_2, 576),
        16_000 => (0xf3, 2, &VERSION_2, 576),
        _ => return None,
    };
    let index = u8::try_from(rates.iter().position(|known| *known == kilobits)? + 1).ok()?;
    let size = usize::try_from(samples / 8 * kilobits * 1000 / rate).ok()?;
    // The last byte says that there is one channel.
    Some(([0xff, version, index << 4 | rate_index << 2, 0xc4], size, samples))
}

/// Returns frames of silence for the duration of a script.
pub(super) fn stream(rate: u32, kilobits: u32, script: &Script) -> impl Iterator<Item = Vec<u8>> + Send + 'static {
    let (header, size, samples) = frame(rate, kilobits).unwrap_or(([0; 4], 4, 1152));
    let comment = id3(&tag(&script.text));
    let frames = (script.lasts * u64::from(rate) / 1000).div_ceil(u64::from(samples));
    std::iter::once(comment).chain((0..frames).map(move |_| {
        let mut frame = header.to_vec();
        frame.resize(size, 0);
        frame
    }))
}

/// Makes a tag at the start of the file with a comment: <https://id3.org/id3v2.4.0-structure>
fn id3(comment: &[u8]) -> Vec<u8> {
    // UTF-8, no language, no description.
    let content = [b"\x03eng\0".as_slice(), comment].concat();
    let frame = [b"COMM".as_slice(), &seven_bits(content.len()), &[0, 0], &content].concat();
    [b"ID3\x04\0\0".as_slice(), &seven_bits(frame.len()), &frame].concat()
}

fn seven_bits(size: usize) -> [u8; 4] {
    let part = |shift: u32| u8::try_from(size >> shift & 0x7f).unwrap_or_default();
    [part(21), part(14), part(7), part(0)]
}

const VERSION_1: [u32; 14] = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const VERSION_2: [u32; 14] = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_have_the_header_and_the_size_of_their_format() {
        assert_eq!(frame(24_000, 48), Some(([0xff, 0xf3, 0x64, 0xc4], 144, 576)));
        assert_eq!(frame(16_000, 128), Some(([0xff, 0xf3, 0xc8, 0xc4], 576, 576)));
        assert_eq!(frame(48_000, 192), Some(([0xff, 0xfb, 0xb4, 0xc4], 576, 1152)));
        assert_eq!((frame(24_000, 192), frame(8_000, 32)), (None, None));
    }

    #[test]
    fn the_frames_last_as_long_as_the_speech() {
        let script = Script { lasts: 2_400, text: "a".into(), ..Script::default() };
        let all: Vec<Vec<u8>> = stream(24_000, 48, &script).collect();
        assert_eq!((all.len() - 1, &all[0][..3]), (100, b"ID3".as_slice()));
        assert!(all[1..].iter().all(|frame| frame.len() == 144 && frame[0] == 0xff));
    }
}
