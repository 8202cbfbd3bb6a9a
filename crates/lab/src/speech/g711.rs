//! G.711: A-law and µ-law. <https://www.itu.int/rec/T-REC-G.711>
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the values fit by construction")]

/// A law of G.711.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Law {
    A,
    Mu,
}

impl Law {
    /// Encodes a sample.
    pub(super) fn encode(self, sample: i16) -> u8 {
        match self {
            Self::A => encode_a(sample),
            Self::Mu => encode_mu(sample),
        }
    }

    /// Decodes a sample.
    pub(super) fn decode(self, byte: u8) -> i16 {
        match self {
            Self::A => decode_a(byte),
            Self::Mu => decode_mu(byte),
        }
    }
}

fn encode_mu(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let height = sample.unsigned_abs().min(32_635) + BIAS;
    let exponent = 7 - (height.leading_zeros() as u16).saturating_sub(1).min(7);
    let mantissa = height >> (exponent + 3) & 15;
    !(sign | (exponent << 4 | mantissa) as u8)
}

fn decode_mu(byte: u8) -> i16 {
    let byte = !byte;
    let exponent = byte >> 4 & 7;
    let height = ((i32::from(byte & 15) << 3) + i32::from(BIAS)) << exponent;
    let height = (height - i32::from(BIAS)) as i16;
    if byte & 0x80 == 0 { height } else { -height }
}

fn encode_a(sample: i16) -> u8 {
    let (sign, height) = if sample < 0 { (0, !sample) } else { (0x80, sample) };
    let height = height as u16 >> 4;
    let byte = if height < 32 {
        height
    } else {
        let exponent = 12 - height.leading_zeros() as u16;
        (exponent << 4) | ((height >> (exponent - 1)) & 15)
    };
    (sign | byte as u8) ^ 0x55
}

fn decode_a(byte: u8) -> i16 {
    let byte = byte ^ 0x55;
    let (exponent, mantissa) = (byte >> 4 & 7, i16::from(byte & 15) << 4);
    let height = match exponent {
        0 => mantissa + 8,
        exponent => (mantissa + 0x108) << (exponent - 1),
    };
    if byte & 0x80 == 0 { -height } else { height }
}

const BIAS: u16 = 132;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_are_encoded_as_the_standard_says() {
        // The ends of the range and silence: tables 1 and 2 of G.711.
        assert_eq!([0, 32_767, -32_768].map(encode_mu), [0xff, 0x80, 0x00]);
        assert_eq!([0, 32_767, -32_768].map(encode_a), [0xd5, 0xaa, 0x2a]);
        assert_eq!([decode_mu(0xff), decode_mu(0x80), decode_mu(0)], [0, 32_124, -32_124]);
        assert_eq!([decode_a(0xd5), decode_a(0xaa), decode_a(0x2a)], [8, 32_256, -32_256]);
    }

    #[test]
    fn a_sample_changes_by_a_few_percent() {
        for law in [Law::A, Law::Mu] {
            for sample in (-32_600..32_600).step_by(37) {
                let back = i32::from(law.decode(law.encode(sample)));
                let sample = i32::from(sample);
                assert!((back - sample).abs() <= sample.abs() / 16 + 16, "{law:?} {sample} {back}");
            }
            assert!((0..=255).all(|byte| law.decode(law.encode(law.decode(byte))) == law.decode(byte)), "{law:?}");
        }
    }
}
