//! WAV files, with the text as a comment.

use super::super::g711::Law;

/// Makes the start of a file up to its samples: the format, the comment, and the size of the data. The comment comes first,
/// so that a reader of a stream knows it before the samples.
pub(super) fn head(rate: u32, law: Option<Law>, text: &str, size: usize) -> Vec<u8> {
    let (tag, width) = match law {
        None => (1_u16, 2_u16),
        Some(Law::A) => (6, 1),
        Some(Law::Mu) => (7, 1),
    };
    let mut format = Vec::with_capacity(18);
    format.extend(tag.to_le_bytes());
    format.extend(1_u16.to_le_bytes());
    format.extend(rate.to_le_bytes());
    format.extend((rate * u32::from(width)).to_le_bytes());
    format.extend(width.to_le_bytes());
    format.extend((8 * width).to_le_bytes());
    if law.is_some() {
        // A format other than PCM states the size of its extension.
        format.extend([0, 0]);
    }
    // A comment ends with a zero: <https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/Docs/riffmci.pdf>
    let comment = chunk(*b"ICMT", &[text.as_bytes(), &[0]].concat());
    let list = chunk(*b"LIST", &[b"INFO", comment.as_slice()].concat());
    let size = u32::try_from(size).unwrap_or(u32::MAX);
    let body = [b"WAVE".as_slice(), &chunk(*b"fmt ", &format), &list, b"data", &size.to_le_bytes()].concat();
    let whole = u32::try_from(body.len()).unwrap_or_default().saturating_add(size);
    [b"RIFF".as_slice(), &whole.to_le_bytes(), &body].concat()
}

fn chunk(name: [u8; 4], content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len()).unwrap_or(u32::MAX);
    let fill: &[u8] = if content.len() % 2 == 1 { &[0] } else { &[] };
    [name.as_slice(), &size.to_le_bytes(), content, fill].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_follows_the_wav_format() {
        let file = [head(16_000, None, "ab", 320), vec![0; 320]].concat();
        let number = |at: usize| u32::from_le_bytes(*file[at..].first_chunk().unwrap());
        assert_eq!(number(4) as usize, file.len() - 8);
        assert_eq!(&file[8..16], b"WAVEfmt ");
        assert_eq!((&file[20..24], &file[32..36]), ([1, 0, 1, 0].as_slice(), [2, 0, 16, 0].as_slice()));
        assert_eq!((number(24), number(28)), (16_000, 32_000));
        // The comment has an odd length, so a padding byte follows.
        assert_eq!(&file[36..60], b"LIST\x10\0\0\0INFOICMT\x03\0\0\0ab\0\0");
        assert_eq!((&file[60..64], number(64)), (b"data".as_slice(), 320));
    }

    #[test]
    fn a_law_has_its_tag_and_one_byte_for_each_sample() {
        let file = head(8_000, Some(Law::Mu), "", 0);
        assert_eq!(
            (&file[16..24], &file[32..38]),
            ([18, 0, 0, 0, 7, 0, 1, 0].as_slice(), [1, 0, 8, 0, 0, 0].as_slice())
        );
    }
}
