//! The time at which each stage of a run began, for spans.

use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use speech_endpoint::{Service, Stage};

use crate::machine;

/// The beginnings of the stages of a run.
#[derive(Default)]
pub(super) struct Timeline {
    stages: Mutex<Vec<Beginning>>,
}

struct Beginning {
    service: Option<Service>,
    host: String,
    stage: Stage,
    at: SystemTime,
}

impl Timeline {
    pub(super) fn note(&self, service: Option<Service>, host: &str, stage: Stage) {
        let beginning = Beginning { service, host: host.to_owned(), stage, at: machine::now() };
        self.stages.lock().unwrap_or_else(PoisonError::into_inner).push(beginning);
    }

    /// Returns when a stage of a target began for the first time.
    pub(super) fn start(&self, service: Option<&str>, host: &str, stage: Stage) -> Option<SystemTime> {
        let stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |beginning: &&Beginning| {
            beginning.service.map(Service::id) == service && beginning.host == host && beginning.stage == stage
        };
        stages.iter().find(is_it).map(|beginning| beginning.at)
    }
}
