//! Sound: samples as a service speaks them, or silence in their place.

use bytes::Bytes;

use crate::diagnose::evidence::SentAudio;

/// Samples of 16 bits, little endian, on one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sound {
    /// Samples per second.
    pub(super) rate: u32,
    pub(super) samples: Bytes,
    pub(super) source: SentAudio,
}

impl Sound {
    /// Returns what a service spoke.
    pub(super) fn spoken(rate: u32, samples: impl Into<Bytes>) -> Self {
        Self { rate, samples: samples.into(), source: SentAudio::Spoken }
    }

    /// Returns one second of silence.
    pub(super) fn silence() -> Self {
        Self { rate: RATE, samples: vec![0; RATE as usize * 2].into(), source: SentAudio::Silence }
    }

    /// Returns the duration in milliseconds, with three digits after the point.
    pub(super) fn lasts_ms(&self) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "the longest sound has a few megabytes")]
        let samples = (self.samples.len() / 2) as f64;
        (samples / f64::from(self.rate) * 1e6).round() / 1e3
    }

    /// Returns whether every sample is silent. Noise of a converter is, and the quietest voice is not.
    pub(super) fn is_silent(&self) -> bool {
        let loudness = |sample: &[u8; 2]| i16::from_le_bytes(*sample).unsigned_abs();
        self.samples.as_chunks::<2>().0.iter().all(|sample| loudness(sample) <= FAINTEST)
    }

    /// Returns the header of a WAV file with these samples.
    pub(super) fn header(&self) -> Vec<u8> {
        let length = u32::try_from(self.samples.len()).unwrap_or(u32::MAX - HEADER);
        let (rate, bytes_per_second) = (self.rate.to_le_bytes(), (self.rate * 2).to_le_bytes());
        let parts: [&[u8]; 10] = [
            b"RIFF",
            &(length + HEADER - 8).to_le_bytes(),
            b"WAVEfmt ",
            &16_u32.to_le_bytes(),
            // PCM on one channel.
            &[1, 0, 1, 0],
            &rate,
            &bytes_per_second,
            // Two bytes per sample, 16 bits.
            &[2, 0, 16, 0],
            b"data",
            &length.to_le_bytes(),
        ];
        parts.concat()
    }

    /// Returns a WAV file.
    pub(super) fn file(&self) -> Vec<u8> {
        [&self.header()[..], &self.samples].concat()
    }
}

/// The rate that every service accepts.
pub(super) const RATE: u32 = 16_000;

/// The bytes before the samples of a WAV file.
const HEADER: u32 = 44;

/// The loudest sample of silence: 60 dB below the loudest possible one.
const FAINTEST: u16 = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_header_of_44_bytes_that_states_its_lengths() {
        let sound = Sound::spoken(24_000, vec![1, 2, 3, 4]);
        let file = sound.file();
        assert_eq!(file.len(), 48);
        assert_eq!((&file[..4], &file[4..8], &file[8..16]), (&b"RIFF"[..], &[40, 0, 0, 0][..], &b"WAVEfmt "[..]));
        assert_eq!(file[16..36], [16, 0, 0, 0, 1, 0, 1, 0, 0xc0, 0x5d, 0, 0, 0x80, 0xbb, 0, 0, 2, 0, 16, 0]);
        assert_eq!((&file[36..44], &file[44..]), (&b"data\x04\0\0\0"[..], &[1, 2, 3, 4][..]));
    }

    #[test]
    fn the_duration_is_that_of_the_samples() {
        assert_eq!(Sound::silence().lasts_ms().to_string(), "1000");
        assert_eq!(Sound::spoken(24_000, vec![0; 24]).lasts_ms().to_string(), "0.5");
        assert_eq!(Sound::spoken(RATE, Vec::new()).lasts_ms().to_string(), "0");
    }

    #[test]
    fn silence_is_silent_and_a_voice_is_not() {
        assert!(Sound::silence().is_silent());
        assert!(Sound::spoken(RATE, Vec::new()).is_silent());
        for (sample, expected) in [(32, true), (-32, true), (33, false), (i16::MIN, false)] {
            let samples = [0_i16.to_le_bytes(), i16::to_le_bytes(sample)].concat();
            assert_eq!(Sound::spoken(RATE, samples).is_silent(), expected, "{sample}");
        }
    }
}
