//! A ZIP archive whose files are stored as they are.

use std::io::Write as _;

use rawzip::{Error, ZipArchiveWriter};

/// An archive that grows file by file, in memory.
#[derive(Debug)]
pub(super) struct Archive(ZipArchiveWriter<Vec<u8>>);

impl Archive {
    pub(super) fn new() -> Self {
        Self(ZipArchiveWriter::new(Vec::new()))
    }

    /// Adds a file.
    pub(super) fn add(&mut self, name: &str, content: &[u8]) -> Result<(), Error> {
        let (mut entry, config) = self.0.new_file(name).start()?;
        let mut writer = config.wrap(&mut entry);
        writer.write_all(content)?;
        let (_, descriptor) = writer.finish()?;
        entry.finish(descriptor)?;
        Ok(())
    }

    /// Returns the number of bytes so far.
    pub(super) fn len(&self) -> u64 {
        self.0.stream_offset()
    }

    /// Returns the whole archive.
    pub(super) fn finish(self) -> Result<Vec<u8>, Error> {
        self.0.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use rawzip::{CompressionMethod, ZipArchive};

    use super::*;

    #[test]
    fn the_files_are_stored_with_their_names_and_checksums() {
        let files = [("a.txt", "one"), ("b.txt", "two and more")];
        let mut archive = Archive::new();
        for (name, content) in files {
            archive.add(name, content.as_bytes()).unwrap();
        }
        let bytes = archive.finish().unwrap();
        let archive = ZipArchive::from_slice(&bytes).unwrap();
        let mut entries = archive.entries();
        for (name, content) in files {
            let entry = entries.next_entry().unwrap().unwrap();
            assert_eq!(entry.file_path().try_normalize().unwrap().as_ref(), name);
            assert_eq!(entry.compression_method(), CompressionMethod::STORE);
            let local = archive.get_entry(entry.wayfinder()).unwrap();
            let mut text = String::new();
            local.verifying_reader(local.data()).read_to_string(&mut text).unwrap();
            assert_eq!(text, content);
        }
        assert!(entries.next_entry().unwrap().is_none());
    }
}
