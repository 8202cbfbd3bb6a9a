//! The SHA-256 of the samples that a client sends.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::intake;

/// A digest of audio as it arrives.
///
/// 1. A WAV header at the start is left out.
/// 2. If the header states the size of the samples, what follows them is left out too. SDKs that stream state none.
#[derive(Debug, Default)]
pub(super) struct Fingerprint {
    /// The start of the audio, until its header is known.
    start: Vec<u8>,
    digest: Option<Samples>,
}

#[derive(Debug)]
struct Samples {
    hash: Sha256,
    /// The number of bytes that are left; `None` if it is not stated.
    left: Option<usize>,
}

impl Fingerprint {
    /// Adds a piece of audio.
    pub(super) fn add(&mut self, piece: &[u8]) {
        if let Some(digest) = &mut self.digest {
            digest.add(piece);
            return;
        }
        self.start.extend_from_slice(piece);
        if let Some(length) = intake::head(&self.start, false) {
            self.begin(length);
        }
    }

    /// Returns the digest in hexadecimal digits.
    pub(super) fn end(&mut self) -> String {
        if self.digest.is_none() {
            self.begin(intake::head(&self.start, true).unwrap_or_default());
        }
        let hash = self.digest.take().map(|samples| samples.hash.finalize()).unwrap_or_default();
        hash.iter().fold(String::new(), |mut text, byte| {
            // Writing to a text does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    fn begin(&mut self, length: usize) {
        let start = std::mem::take(&mut self.start);
        let (head, samples) = start.split_at(length.min(start.len()));
        let size = head.last_chunk::<4>().map(|size| u32::from_le_bytes(*size));
        let left = size.filter(|size| ![0, u32::MAX].contains(size)).and_then(|size| usize::try_from(size).ok());
        let mut digest = Samples { hash: Sha256::new(), left };
        digest.add(samples);
        self.digest = Some(digest);
    }
}

impl Samples {
    fn add(&mut self, piece: &[u8]) {
        let taken = self.left.map_or(piece, |left| &piece[..left.min(piece.len())]);
        self.left = self.left.map(|left| left - taken.len());
        self.hash.update(taken);
    }
}

/// Returns the digest of a whole file.
pub(super) fn of(file: &[u8]) -> String {
    let mut fingerprint = Fingerprint::default();
    fingerprint.add(file);
    fingerprint.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `printf abcd | sha256sum` prints.
    const ABCD: &str = "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589";

    fn wav(size: u32, samples: &[u8]) -> Vec<u8> {
        let format = [1, 0, 1, 0, 0x80, 0x3e, 0, 0, 0, 0x7d, 0, 0, 2, 0, 16, 0];
        [b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0".as_slice(), &format, b"data", &size.to_le_bytes(), samples].concat()
    }

    #[test]
    fn only_the_samples_count_whatever_the_size_of_pieces() {
        for (file, name) in [
            (b"abcd".to_vec(), "raw"),
            (wav(0, b"abcd"), "a stream"),
            (wav(u32::MAX, b"abcd"), "an endless stream"),
            (wav(4, b"abcd"), "a file"),
            (wav(4, b"abcdLIST\x04\0\0\0INFO"), "a file with a list at its end"),
        ] {
            for size in [1, 3, 7, 1000] {
                let mut fingerprint = Fingerprint::default();
                file.chunks(size).for_each(|piece| fingerprint.add(piece));
                assert_eq!(fingerprint.end(), ABCD, "{name} in pieces of {size}");
            }
            assert_eq!(of(&file), ABCD, "{name}");
        }
        assert_ne!(of(&wav(5, b"abcde")), ABCD);
    }

    #[test]
    fn hostile_headers_do_not_panic() {
        for bytes in [&b"RIFF"[..], b"R", b"", b"RIFF\0\0\0\0WAVEdata", b"RIFF\0\0\0\0WAVEdata\xff\xff\xff\xff"] {
            assert_eq!(of(bytes).len(), 64);
        }
    }
}
