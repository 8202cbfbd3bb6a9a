//! A ZIP archive whose files are stored as they are. <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>

/// An archive that grows file by file.
#[derive(Debug, Default)]
pub(super) struct Archive {
    bytes: Vec<u8>,
    /// The directory, which follows the files.
    directory: Vec<u8>,
    count: u16,
}

impl Archive {
    /// Adds a file.
    pub(super) fn add(&mut self, name: &str, content: &[u8]) {
        let start = size(self.bytes.len());
        let name_size = u16::try_from(name.len()).unwrap_or_default().to_le_bytes();
        let length = size(content.len());
        // Version 2.0, UTF-8 names, no compression, 1 January 2020.
        let common = [
            &[20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0x50][..],
            &checksum(content).to_le_bytes(),
            &length,
            &length,
            &name_size,
            &[0, 0],
        ]
        .concat();
        self.bytes.extend([b"PK\x03\x04", common.as_slice(), name.as_bytes(), content].concat());
        self.directory.extend([b"PK\x01\x02\x14\0", common.as_slice(), &[0; 10], &start, name.as_bytes()].concat());
        self.count += 1;
    }

    /// Returns the number of bytes so far.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Returns the whole archive.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let (start, length) = (size(self.bytes.len()), size(self.directory.len()));
        let count = self.count.to_le_bytes();
        self.bytes.extend(self.directory);
        self.bytes.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &length, &start, &[0, 0]].concat());
        self.bytes
    }
}

fn size(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes()
}

/// Returns the checksum of a file: CRC-32.
fn checksum(bytes: &[u8]) -> u32 {
    let sum = bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 0 { sum >> 1 } else { sum >> 1 ^ 0xedb8_8320 })
    });
    !sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_zip() {
        // The check value of CRC-32 for the nine digits.
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn the_directory_points_to_the_files() {
        let mut archive = Archive::default();
        archive.add("a.txt", b"one");
        archive.add("b.txt", b"two and more");
        let bytes = archive.finish();
        let end = &bytes[bytes.len() - 22..];
        let number = |at: usize| u32::from_le_bytes(*end[at..].first_chunk().unwrap()) as usize;
        assert_eq!((&end[..4], &end[8..12]), (b"PK\x05\x06".as_slice(), [2, 0, 2, 0].as_slice()));
        let directory = &bytes[number(16)..number(16) + number(12)];
        assert_eq!((&directory[..4], &directory[46..51]), (b"PK\x01\x02".as_slice(), b"a.txt".as_slice()));
        let second = u32::from_le_bytes(*directory[51 + 42..].first_chunk().unwrap()) as usize;
        assert_eq!(
            (&bytes[second..second + 4], &bytes[second + 30..second + 38]),
            (b"PK\x03\x04".as_slice(), b"b.txttwo".as_slice())
        );
    }
}
