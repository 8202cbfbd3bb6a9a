//! The log of the calls: every field of every span and event is searched for secrets.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::call::secret_in;

/// A subscriber that keeps lines with a secret and counts the others. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    lines: usize,
    leaks: Vec<String>,
}

impl Log {
    /// Returns the number of lines.
    pub(crate) fn lines(&self) -> usize {
        self.0.lock().unwrap().lines
    }

    pub(crate) fn leaks(&self) -> Vec<String> {
        self.0.lock().unwrap().leaks.clone()
    }

    fn note(&self, record: impl FnOnce(&mut Line)) {
        let mut line = Line(String::new());
        record(&mut line);
        let mut kept = self.0.lock().unwrap();
        kept.lines += 1;
        if secret_in(&line.0).is_some() {
            kept.leaks.push(line.0);
        }
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("speech_endpoint")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.note(|line| span.record(line));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        self.note(|line| values.record(line));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.note(|line| event.record(line));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{field}={value:?} ");
    }
}
