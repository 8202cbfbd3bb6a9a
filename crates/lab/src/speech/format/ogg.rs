//! Opus in Ogg: packets of silence. <https://www.rfc-editor.org/rfc/rfc7845>

use super::super::script::Script;
use super::tag;

/// Returns pages of silence for the duration of a script.
pub(super) fn stream(rate: u32, script: &Script) -> impl Iterator<Item = Vec<u8>> + Send + 'static {
    let mut tags = b"OpusTags".to_vec();
    let text = tag(&script.text);
    // The vendor, the number of comments and the only one.
    tags.extend(0_u32.to_le_bytes());
    tags.extend(1_u32.to_le_bytes());
    let comment = [b"DESCRIPTION=".as_slice(), &text].concat();
    tags.extend(u32::try_from(comment.len()).unwrap_or_default().to_le_bytes());
    tags.extend(comment);
    let packets = script.lasts.div_ceil(20).max(1);
    let heads = [page(2, 0, 0, &[&head(rate)]), page(0, 0, 1, &[&tags])];
    let pages = packets.div_ceil(PER_PAGE);
    heads.into_iter().chain((0..pages).map(move |number| {
        let end = ((number + 1) * PER_PAGE).min(packets);
        let count = usize::try_from(end - number * PER_PAGE).unwrap_or_default();
        let kind = if number + 1 == pages { 4 } else { 0 };
        // A packet has 20 ms of 48 kHz, whatever the rate of the source.
        page(kind, end * 960, u32::try_from(number + 2).unwrap_or(u32::MAX), &vec![silence().as_slice(); count])
    }))
}

/// Makes the identification header, which `WebM` repeats.
pub(super) fn head(rate: u32) -> Vec<u8> {
    let mut head = b"OpusHead\x01\x01".to_vec();
    head.extend(0_u16.to_le_bytes());
    head.extend(rate.to_le_bytes());
    head.extend([0, 0, 0]);
    head
}

/// Makes a page with packets that are whole.
fn page(kind: u8, position: u64, number: u32, packets: &[&[u8]]) -> Vec<u8> {
    let mut lengths = Vec::new();
    for packet in packets {
        lengths.extend(std::iter::repeat_n(255_u8, packet.len() / 255));
        lengths.push(u8::try_from(packet.len() % 255).unwrap_or_default());
    }
    let mut page =
        [b"OggS\0".as_slice(), &[kind], &position.to_le_bytes(), SERIAL, &number.to_le_bytes(), &[0; 4]].concat();
    page.push(u8::try_from(lengths.len()).unwrap_or(u8::MAX));
    page.extend(lengths);
    page.extend(packets.concat());
    let sum = checksum(&page).to_le_bytes();
    page[22..26].copy_from_slice(&sum);
    page
}

/// Returns the checksum of a page: CRC-32 with the polynomial 0x04c11db7, not reflected.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| {
            if sum & 0x8000_0000 == 0 { sum << 1 } else { sum << 1 ^ 0x04c1_1db7 }
        })
    })
}

/// Returns a packet of 20 ms of silence with the size of 24 kbit/s: CELT, full band, one channel, one frame and padding.
/// <https://www.rfc-editor.org/rfc/rfc6716#section-3.2.5>
pub(super) fn silence() -> [u8; 60] {
    let mut packet = [0; 60];
    packet[..5].copy_from_slice(&[0xfb, 0x41, 55, 0xff, 0xfe]);
    packet
}

const SERIAL: &[u8; 4] = b"lab1";

/// The number of packets in a page: one second.
const PER_PAGE: u64 = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_ogg() {
        // The check value of this CRC for the nine digits (CRC-32/MPEG-2 with the start 0).
        assert_eq!(checksum(b"123456789"), 0x89a1_897f);
    }

    #[test]
    fn pages_count_the_samples_and_the_last_one_ends_the_stream() {
        let script = Script { lasts: 1_510, text: "a".into(), ..Script::default() };
        let pages: Vec<Vec<u8>> = stream(24_000, &script).collect();
        let kinds: Vec<u8> = pages.iter().map(|page| page[5]).collect();
        assert_eq!(kinds, [2, 0, 0, 4]);
        assert_eq!(u64::from_le_bytes(*pages[3][6..].first_chunk().unwrap()), 76 * 960);
        assert_eq!((&pages[0][28..36], pages[3][26]), (b"OpusHead".as_slice(), 26));
    }
}
