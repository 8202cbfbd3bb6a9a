//! Recognition of a whole file.

use super::format;
use super::segments::{Event, Listener, Said, Segmentation, whole_text};

/// Returns the phrases of a file.
pub(super) fn phrases(file: &[u8]) -> Vec<Said> {
    if let Some(text) = format::tagged(file) {
        return vec![whole_text(&text)];
    }
    let mut listener = Listener::new(Segmentation::default());
    let pieces = file.chunks(PIECE).chain([&[][..]]);
    let events = pieces.flat_map(|piece| listener.hear(piece)).collect::<Vec<_>>();
    let phrases =
        events.into_iter().filter_map(|event| if let Event::Phrase(said) = event { Some(said) } else { None });
    phrases.collect()
}

const PIECE: usize = 32 << 10;
