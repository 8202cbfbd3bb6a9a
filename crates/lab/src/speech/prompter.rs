//! Phrases of a script in the time of the audio.

use std::collections::VecDeque;
use std::sync::Arc;

use super::segments::{Event, Said, spread};
use crate::vocabulary::PhraseToml;

/// The phrases that a script states for the audio of a turn. All times are in milliseconds of the turn.
#[derive(Debug)]
pub(super) struct Prompter {
    phrases: VecDeque<Arc<PhraseToml>>,
    /// The end of the last phrase.
    reached: u64,
    /// Whether the start of the next phrase is told.
    has_started: bool,
}

impl Prompter {
    pub(super) fn new(phrases: &[PhraseToml]) -> Self {
        Self { phrases: phrases.iter().cloned().map(Arc::new).collect(), reached: 0, has_started: false }
    }

    /// Returns the events up to a time in the audio: each phrase whose end has passed, and at the end of the audio all others.
    pub(super) fn until(&mut self, now: u64, is_end: bool) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(phrase) = self.phrases.front() {
            let (start, end) = self.place(phrase, is_end.then_some(now));
            if !is_end && now < start {
                break;
            }
            if !self.has_started {
                self.has_started = true;
                events.push(Event::Start(start));
            }
            if !is_end && now < end {
                break;
            }
            let said = said(phrase, start, end);
            if !said.words.is_empty() {
                events.push(Event::Partial(said.clone()));
            }
            events.push(Event::Phrase(said));
            self.reached = end;
            self.has_started = false;
            self.phrases.pop_front();
        }
        events
    }

    /// Returns the start and the end of the next phrase: as stated, or else after the last one, for as long as the text usually
    /// takes. Once the end of the audio is known, the phrases without a time share what is left of it.
    fn place(&self, phrase: &PhraseToml, end_of_audio: Option<u64>) -> (u64, u64) {
        let usual = |phrase: &PhraseToml| phrase.duration_ms.unwrap_or_else(|| usual(&phrase.text));
        let start = phrase.offset_ms.unwrap_or(self.reached);
        let end = start.saturating_add(usual(phrase));
        let Some(now) = end_of_audio.filter(|_| phrase.offset_ms.is_none()) else { return (start, end) };
        let wanted: u64 = self.phrases.iter().map(|phrase| usual(phrase)).fold(0, u64::saturating_add);
        if self.reached.saturating_add(wanted) <= now {
            return (start, end);
        }
        let share = now.saturating_sub(self.reached) / (self.phrases.len() as u64).max(1);
        (start, start + phrase.duration_ms.unwrap_or(share).min(share))
    }
}

/// Returns the phrases in a whole file.
pub(super) fn in_file(phrases: &[PhraseToml], lasts: u64) -> Vec<Said> {
    let events = Prompter::new(phrases).until(lasts, true);
    events.into_iter().filter_map(|event| if let Event::Phrase(said) = event { Some(said) } else { None }).collect()
}

fn said(phrase: &Arc<PhraseToml>, start: u64, end: u64) -> Said {
    let words = if phrase.is_success() { spread(&phrase.text, start, end) } else { Vec::new() };
    Said { start, end, words, scripted: Some(Arc::clone(phrase)) }
}

/// The time that a text usually takes.
fn usual(text: &str) -> u64 {
    (text.chars().count() as u64 * 60).max(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrases(all: &[(&str, Option<u64>)]) -> Vec<PhraseToml> {
        let phrase = |(text, offset_ms): &(&str, Option<u64>)| PhraseToml {
            text: (*text).to_owned(),
            offset_ms: *offset_ms,
            ..PhraseToml::default()
        };
        all.iter().map(phrase).collect()
    }

    fn told(events: &[Event]) -> Vec<(String, u64, u64)> {
        let phrase = |event: &Event| match event {
            Event::Phrase(said) => Some((said.text().unwrap_or_default(), said.start, said.end)),
            _ => None,
        };
        events.iter().filter_map(phrase).collect()
    }

    #[test]
    fn a_phrase_follows_its_start_and_a_partial_result_as_the_audio_passes_it() {
        let mut prompter = Prompter::new(&phrases(&[("One two.", Some(1_000)), ("Three.", None)]));
        assert!(prompter.until(999, false).is_empty());
        assert_eq!(prompter.until(1_000, false), [Event::Start(1_000)]);
        assert!(prompter.until(1_479, false).is_empty());
        let events = prompter.until(1_480, false);
        assert!(matches!(events[..], [Event::Partial(_), Event::Phrase(_), Event::Start(1_480)]), "{events:?}");
        assert_eq!(told(&events), [("One two.".into(), 1_000, 1_480)]);
        assert_eq!(told(&prompter.until(2_000, false)), [("Three.".into(), 1_480, 1_840)]);
    }

    #[test]
    fn phrases_without_an_offset_are_inside_the_audio() {
        let said = in_file(&phrases(&[("A longer sentence.", None), ("Another one.", None), ("End.", None)]), 600);
        let times: Vec<_> = said.iter().map(|said| (said.start, said.end)).collect();
        assert_eq!(times, [(0, 200), (200, 400), (400, 600)]);
        assert!(said.iter().all(|said| said.words.iter().all(|word| word.start >= said.start && word.end <= said.end)));
    }

    #[test]
    fn at_the_end_every_phrase_is_told_even_past_the_audio() {
        let said = in_file(&phrases(&[("One.", None), ("Two.", Some(5_000))]), 1_000);
        assert_eq!(said.iter().map(|said| said.start).collect::<Vec<_>>(), [0, 5_000]);
        assert!(in_file(&[], 1_000).is_empty());
    }
}
