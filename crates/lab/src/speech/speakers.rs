//! The speakers of a conversation.

/// The voices heard so far, in the order in which they first spoke.
#[derive(Debug, Default)]
pub(super) struct Speakers(Vec<Option<u16>>);

impl Speakers {
    /// Returns the number of a speaker, from 1. Audio that names no voice has one speaker.
    pub(super) fn number(&mut self, voice: Option<u16>) -> usize {
        let known = self.0.iter().position(|known| *known == voice);
        let position = known.unwrap_or_else(|| {
            self.0.push(voice);
            self.0.len() - 1
        });
        position + 1
    }
}

/// Returns the name of a speaker.
pub(super) fn name(number: usize) -> String {
    format!("Guest-{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_voice_keeps_its_number() {
        let mut speakers = Speakers::default();
        let names = [Some(7), Some(9), None, Some(7)].map(|voice| name(speakers.number(voice)));
        assert_eq!(names, ["Guest-1", "Guest-2", "Guest-3", "Guest-1"]);
    }
}
