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

/// Waits, sends and fails in this order, for tests.
#[cfg(test)]
impl Step {
    pub(super) fn frame(self) -> Frame {
        match self {
            Self::Send(frame) => frame,
            other => panic!("{other:?} is not a frame"),
        }
    }
}
