//! Opus in `WebM`: packets of silence. <https://www.matroska.org/technical/elements.html>

use super::super::script::Script;
use super::{ogg, tag};

/// Returns clusters of silence for the duration of a script.
pub(super) fn stream(rate: u32, script: &Script) -> impl Iterator<Item = Vec<u8>> + Send + 'static {
    let kind = element(
        0x1a45_dfa3,
        &[
            element(0x4286, &[1]),
            element(0x42f7, &[1]),
            element(0x42f2, &[4]),
            element(0x42f3, &[8]),
            element(0x4282, b"webm"),
            element(0x4287, &[4]),
            element(0x4285, &[2]),
        ]
        .concat(),
    );
    let title = tag(&script.text);
    let info = element(
        0x1549_a966,
        &[
            // A time has a unit of a millisecond.
            element(0x002a_d7b1, &1_000_000_u32.to_be_bytes()),
            element(0x7ba9, &title),
            element(0x4d80, b"speech-endpoint lab"),
            element(0x5741, b"speech-endpoint lab"),
        ]
        .concat(),
    );
    let audio = element(0xe1, &[element(0xb5, &f64::from(rate).to_be_bytes()), element(0x9f, &[1])].concat());
    let track = [
        element(0xd7, &[1]),
        element(0x73c5, &[1]),
        element(0x83, &[2]),
        element(0x86, b"A_OPUS"),
        element(0x63a2, &ogg::head(rate)),
        audio,
    ];
    let tracks = element(0x1654_ae6b, &element(0xae, &track.concat()));
    // The segment has no known size, as in a stream.
    let segment = [0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let packets = script.lasts.div_ceil(20).max(1);
    let clusters = (0..packets.div_ceil(PER_CLUSTER)).map(move |number| {
        let first = number * PER_CLUSTER;
        let count = (packets - first).min(PER_CLUSTER);
        let start = u32::try_from(first * 20).unwrap_or(u32::MAX);
        let blocks = (0..count).map(|i| {
            let time = u16::try_from(i * 20).unwrap_or_default().to_be_bytes();
            element(0xa3, &[[0x81, time[0], time[1], 0x80].as_slice(), &ogg::silence()].concat())
        });
        let content = std::iter::once(element(0xe7, &start.to_be_bytes())).chain(blocks).collect::<Vec<_>>().concat();
        element(0x1f43_b675, &content)
    });
    [kind, segment.to_vec(), info, tracks].into_iter().chain(clusters)
}

/// Makes an element: its id, its size in four bytes and its content.
fn element(id: u32, content: &[u8]) -> Vec<u8> {
    let id = id.to_be_bytes();
    let skipped = id.iter().take_while(|byte| **byte == 0).count();
    let size = u32::try_from(content.len()).unwrap_or_default() | 0x1000_0000;
    [&id[skipped..], &size.to_be_bytes(), content].concat()
}

/// The number of packets in a cluster: one second.
const PER_CLUSTER: u64 = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_has_an_id_a_size_and_content() {
        assert_eq!(element(0xd7, &[1]), [0xd7, 0x10, 0, 0, 1, 1]);
        assert_eq!(element(0x002a_d7b1, &[]), [0x2a, 0xd7, 0xb1, 0x10, 0, 0, 0]);
    }

    #[test]
    fn a_stream_begins_as_webm_and_has_a_cluster_for_each_second() {
        let script = Script { lasts: 2_500, text: "a".into(), ..Script::default() };
        let all: Vec<Vec<u8>> = stream(24_000, &script).collect();
        assert_eq!(all[0][..4], [0x1a, 0x45, 0xdf, 0xa3]);
        let clusters: Vec<_> = all.iter().filter(|part| part.starts_with(&[0x1f, 0x43, 0xb6, 0x75])).collect();
        assert_eq!(clusters.len(), 3);
        assert_eq!(clusters[2][8..14], [0xe7, 0x10, 0, 0, 4, 0]);
    }
}
