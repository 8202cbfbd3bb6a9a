//! Recognition of a whole file.

use super::format;
use super::segments::{Event, Listener, Said, Segmentation, whole_text};

/// The content of a file, with times in milliseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Heard {
    pub(super) phrases: Vec<Said>,
    /// The duration of the audio.
    pub(super) lasts: u64,
}

impl Heard {
    /// Returns the whole text.
    pub(super) fn text(&self) -> String {
        self.phrases.iter().filter_map(Said::text).collect::<Vec<_>>().join(" ")
    }

    /// Joins all phrases into one.
    pub(super) fn joined(&self) -> Said {
        Said {
            start: self.phrases.first().map_or(0, |said| said.start),
            end: self.phrases.last().map_or(0, |said| said.end),
            words: self.phrases.iter().flat_map(|said| said.words.clone()).collect(),
            scripted: self.phrases.first().and_then(|said| said.scripted.clone()),
        }
    }
}

/// Hears a file: all of its channels together, or one of them.
pub(super) fn hear(file: &[u8], channel: Option<usize>) -> Heard {
    if let Some(text) = format::tagged(file) {
        let said = whole_text(&text);
        return Heard { lasts: said.end, phrases: vec![said] };
    }
    let mut listener = Listener::new(Segmentation::default()).of_channel(channel);
    let pieces = file.chunks(PIECE).chain([&[][..]]);
    let events = pieces.flat_map(|piece| listener.hear(piece)).collect::<Vec<_>>();
    let phrases =
        events.into_iter().filter_map(|event| if let Event::Phrase(said) = event { Some(said) } else { None });
    Heard { phrases: phrases.collect(), lasts: listener.now() }
}

const PIECE: usize = 32 << 10;
