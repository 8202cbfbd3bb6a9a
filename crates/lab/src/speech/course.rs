//! The course of a turn over a WebSocket: which messages are sent, when, and where the service fails.

use std::collections::VecDeque;
use std::time::Duration;

use tungstenite::protocol::Message as Frame;

use super::super::scripted::{Part, Turn};
use super::message::{Content, Message};
use crate::vocabulary::{EntryToml, FaultToml};

/// A step of the service.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum Step {
    Send(Frame),
    Wait(Duration),
    /// The connection ends in this way.
    Fail(FaultToml),
}

/// The steps of a response, produced as they are taken.
pub(in super::super) type Steps = Box<dyn Iterator<Item = Step> + Send>;

/// The course that an entry of a script gives to a turn.
#[derive(Debug)]
pub(super) struct Course {
    part: Part,
    turn: Turn,
    has_begun: bool,
    has_failed: bool,
    phrases: u32,
    pieces: u32,
    bytes: u32,
    /// The end of the last phrase, in milliseconds.
    reached: u64,
}

impl Course {
    pub(super) fn new(part: Part, turn: Turn) -> Self {
        Self { part, turn, has_begun: false, has_failed: false, phrases: 0, pieces: 0, bytes: 0, reached: 0 }
    }

    pub(super) fn entry(&self) -> &EntryToml {
        &self.part.entry
    }

    /// Adds the steps of a message.
    ///
    /// 1. A fault without a place comes after `turn.start`, before any other message.
    /// 2. The delay comes before the first message, and a pause before every phrase and every piece of audio but the first.
    /// 3. A fault comes as soon as the number of phrases, pieces or bytes before it is reached.
    fn take(&mut self, mut message: Message, steps: &mut VecDeque<Step>) {
        let path = message.path();
        let is_start = path == "turn.start";
        let is_piece = path == "audio" && matches!(&message.content, Content::Binary(piece) if !piece.is_empty());
        if !self.has_begun {
            self.has_begun = true;
            wait(self.part.entry.delay_ms, steps);
        }
        if (!is_start && self.fails_at_once()) || (self.counts(&message, is_piece) && self.is_at_fault()) {
            self.fail(steps);
            return;
        }
        if (message.ends_phrase.is_some() && self.phrases > 0) || (is_piece && self.pieces > 0) {
            wait(self.part.entry.pause_ms, steps);
        }
        if is_piece {
            self.cut(&mut message);
        }
        self.count(&message, is_piece);
        if !self.part.entry.omit.iter().any(|omitted| omitted.is(&path)) {
            steps.push_back(Step::Send(message.frame()));
        }
        if self.fails_at_once() || (self.counts(&message, is_piece) && self.is_at_fault()) {
            self.fail(steps);
        }
    }

    fn fails_at_once(&self) -> bool {
        let EntryToml { fault, after_phrases, after_pieces, after_bytes, .. } = &*self.part.entry;
        fault.is_some() && after_phrases.is_none() && after_pieces.is_none() && after_bytes.is_none()
    }

    /// Returns whether a message is of the kind that is counted to the fault.
    fn counts(&self, message: &Message, is_piece: bool) -> bool {
        if self.part.entry.after_phrases.is_some() { message.ends_phrase.is_some() } else { is_piece }
    }

    fn is_at_fault(&self) -> bool {
        let EntryToml { fault, after_phrases, after_pieces, after_bytes, .. } = &*self.part.entry;
        fault.is_some()
            && (after_phrases.is_some_and(|after| self.phrases >= after)
                || after_pieces.is_some_and(|after| self.pieces >= after)
                || after_bytes.is_some_and(|after| self.bytes >= after))
    }

    /// Cuts a piece of audio at the byte of the fault.
    fn cut(&self, message: &mut Message) {
        let Some(after) = self.part.entry.after_bytes.filter(|_| self.part.entry.fault.is_some()) else { return };
        if let Content::Binary(piece) = &mut message.content {
            let left = usize::try_from(after.saturating_sub(self.bytes)).unwrap_or(usize::MAX);
            piece.truncate(left);
        }
    }

    fn count(&mut self, message: &Message, is_piece: bool) {
        if let Some(end) = message.ends_phrase {
            self.phrases = self.phrases.saturating_add(1);
            self.reached = end / 10_000;
        }
        if let (true, Content::Binary(piece)) = (is_piece, &message.content) {
            self.pieces = self.pieces.saturating_add(1);
            self.bytes = self.bytes.saturating_add(u32::try_from(piece.len()).unwrap_or(u32::MAX));
        }
    }

    fn fail(&mut self, steps: &mut VecDeque<Step>) {
        let Some(fault) = &self.part.entry.fault else { return };
        steps.push_back(Step::Fail(fault.clone()));
        self.has_failed = true;
        self.turn.leave(&self.part, usize::try_from(self.phrases).unwrap_or(usize::MAX), self.reached);
    }
}

fn wait(ms: u32, steps: &mut VecDeque<Step>) {
    if ms > 0 {
        steps.push_back(Step::Wait(Duration::from_millis(u64::from(ms))));
    }
}

/// Adds the steps of messages. Nothing follows a fault.
pub(super) fn steps(mut course: Option<&mut Course>, messages: impl IntoIterator<Item = Message>) -> Vec<Step> {
    let mut steps = VecDeque::new();
    for message in messages {
        add(course.as_deref_mut(), message, &mut steps);
    }
    steps.into()
}

fn add(course: Option<&mut Course>, message: Message, steps: &mut VecDeque<Step>) {
    match course {
        None => steps.push_back(Step::Send(message.frame())),
        Some(course) if course.has_failed => {}
        Some(course) => course.take(message, steps),
    }
}

/// Produces the steps of messages as they are taken.
pub(super) fn lazily(
    mut course: Option<Course>,
    mut messages: impl Iterator<Item = Message> + Send + 'static,
) -> Steps {
    let mut ready = VecDeque::new();
    Box::new(std::iter::from_fn(move || {
        loop {
            if let Some(step) = ready.pop_front() {
                return Some(step);
            }
            if course.as_ref().is_some_and(|course| course.has_failed) {
                return None;
            }
            add(course.as_mut(), messages.next()?, &mut ready);
        }
    }))
}

/// For tests.
#[cfg(test)]
impl Step {
    pub(super) fn frame(self) -> Frame {
        match self {
            Self::Send(frame) => frame,
            other => panic!("{other:?} is not a frame"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use serde_json::json;

    use super::super::super::scripted::{Decision, Director, Known};
    use super::*;
    use crate::World;
    use crate::vocabulary::ServiceToml;

    /// Returns the steps of a turn with two phrases, in words.
    fn told(service: ServiceToml, entry: &str, messages: Vec<Message>) -> Vec<String> {
        let toml = format!(
            "title = \"A script\"\n[resource]\nregion = \"westeurope\"\n[expect]\nfindings = []\nverdict = \"healthy\"\n\
            [[script]]\n{entry}\n"
        );
        let world = World::parse(&toml).unwrap_or_else(|error| panic!("{error}: {entry}"));
        let director: Arc<Director> = Director::of(world.toml.script.clone());
        let turn = director.begin(service);
        let Decision::Now(Some(part)) = turn.decide(Known::default()) else { panic!("an entry") };
        let shown = |step: Step| match step {
            Step::Send(frame) => {
                let message = Message::read(&frame).unwrap();
                match message.content {
                    Content::Binary(piece) => format!("audio {}", piece.len()),
                    Content::Text(_) => message.path(),
                }
            }
            Step::Wait(time) => format!("wait {}", time.as_millis()),
            Step::Fail(fault) => format!("{fault:?}"),
        };
        lazily(Some(Course::new(part, turn)), messages.into_iter()).map(shown).collect()
    }

    fn recognition(entry: &str) -> Vec<String> {
        let message = |path: &str| Message::json(path, "r", &json!({}));
        let phrase = |end| message("speech.phrase").of_phrase(end);
        told(ServiceToml::Recognition, entry, vec![message("turn.start"), phrase(1), phrase(2), message("turn.end")])
    }

    fn synthesis(entry: &str) -> Vec<String> {
        let piece = |size| Message::audio("r", "s", "audio/x-wav", Bytes::from(vec![0; size]));
        let [start, end] = ["turn.start", "turn.end"].map(|path| Message::json(path, "r", &json!({})));
        told(ServiceToml::Synthesis, entry, vec![start, piece(10), piece(10), piece(0), end])
    }

    #[test]
    fn waits_come_before_the_first_message_and_between_phrases_or_pieces() {
        let times = "delay-ms = 5\npause-ms = 7";
        let expected = ["wait 5", "turn.start", "speech.phrase", "wait 7", "speech.phrase", "turn.end"];
        assert_eq!(recognition(times), expected);
        let expected = ["wait 5", "turn.start", "audio 10", "wait 7", "audio 10", "audio 0", "turn.end"];
        assert_eq!(synthesis(times), expected);
    }

    #[test]
    fn a_fault_comes_at_its_place_and_nothing_follows_it() {
        for (place, expected) in [
            ("", &["turn.start", "Reset"][..]),
            ("after-phrases = 0", &["turn.start", "Reset"]),
            ("after-phrases = 1", &["turn.start", "speech.phrase", "Reset"]),
            ("after-phrases = 2", &["turn.start", "speech.phrase", "speech.phrase", "Reset"]),
            ("after-phrases = 3", &["turn.start", "speech.phrase", "speech.phrase", "turn.end"]),
            ("omit = [\"speech.phrase\"]\nafter-phrases = 1", &["turn.start", "Reset"]),
            ("omit = [\"turn.start\"]", &["Reset"]),
        ] {
            assert_eq!(recognition(&format!("fault = \"reset\"\n{place}")), expected, "{place}");
        }
        for (place, expected) in [
            ("after-pieces = 0", &["turn.start", "Cut"][..]),
            ("after-pieces = 1", &["turn.start", "audio 10", "Cut"]),
            ("after-bytes = 0", &["turn.start", "Cut"]),
            ("after-bytes = 10", &["turn.start", "audio 10", "Cut"]),
            ("after-bytes = 13", &["turn.start", "audio 10", "audio 3", "Cut"]),
            ("after-bytes = 21", &["turn.start", "audio 10", "audio 10", "audio 0", "turn.end"]),
        ] {
            assert_eq!(synthesis(&format!("fault = \"cut\"\n{place}")), expected, "{place}");
        }
    }
}
