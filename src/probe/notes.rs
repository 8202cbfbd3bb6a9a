//! Notes: the evidence of one target so far. Each stage notes its facts as soon as it ends, so that a run that ends
//! early loses none of them.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::diagnose::evidence::Trace;
use crate::diagnose::plan::Target;

/// The evidence of a target, and of the host that the service redirected to.
#[derive(Debug)]
pub(super) struct TargetNotes {
    traces: Mutex<Traces>,
    redirect: OnceLock<Target>,
}

#[derive(Debug)]
struct Traces {
    target: Trace,
    redirect: Option<Trace>,
}

impl TargetNotes {
    pub(super) fn new(target: &Target) -> Self {
        let traces = Traces { target: Trace::new(target.facts()), redirect: None };
        Self { traces: Mutex::new(traces), redirect: OnceLock::new() }
    }

    /// Returns the notes on the target itself.
    pub(super) fn of_target(&self) -> Notes<'_> {
        Notes { notes: self, is_of_redirect: false }
    }

    /// Returns the notes on the host that the service redirected to.
    pub(super) fn of_redirect(&self) -> Notes<'_> {
        Notes { notes: self, is_of_redirect: true }
    }

    /// Stores the host that the service redirected to.
    pub(super) fn redirect_to(&self, target: Target) -> &Target {
        self.locked().redirect = Some(Trace::new(target.facts()));
        self.redirect.get_or_init(|| target)
    }

    /// Returns the host that the service redirected to.
    pub(super) fn redirect(&self) -> Option<&Target> {
        self.redirect.get()
    }

    pub(super) fn into_traces(self) -> impl Iterator<Item = Trace> {
        let Traces { target, redirect } = self.traces.into_inner().unwrap_or_else(PoisonError::into_inner);
        std::iter::once(target).chain(redirect)
    }

    fn locked(&self) -> MutexGuard<'_, Traces> {
        self.traces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The notes on one host.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notes<'a> {
    notes: &'a TargetNotes,
    is_of_redirect: bool,
}

impl Notes<'_> {
    /// Changes the evidence.
    pub(super) fn note(self, note: impl FnOnce(&mut Trace)) {
        let mut traces = self.notes.locked();
        match &mut *traces {
            Traces { redirect: Some(redirect), .. } if self.is_of_redirect => note(redirect),
            Traces { target, .. } => note(target),
        }
    }

    /// Reads the evidence.
    pub(super) fn read<T>(self, read: impl FnOnce(&Trace) -> T) -> T {
        let traces = self.notes.locked();
        read(traces.redirect.as_ref().filter(|_| self.is_of_redirect).unwrap_or(&traces.target))
    }
}
