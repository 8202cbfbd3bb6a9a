//! Observer: the progress of a run, for a status line.

use std::time::Duration;

use crate::diagnose::stage::Stage;
use crate::resolve::service::Service;

/// An observer of a run.
pub trait Observer: Sync {
    /// Called when a stage begins for a host.
    fn stage(&self, host: &str, stage: Stage);

    /// Called when a stage begins for a target, with the service of the target. Calls [`Observer::stage`] by default.
    fn stage_of(&self, _service: Option<Service>, host: &str, stage: Stage) {
        self.stage(host, stage);
    }

    /// Called once a second while a socket is held open, with the time left.
    fn hold(&self, _host: &str, _left: Duration) {}

    /// Called when round `number` of `of` begins for a host.
    fn round(&self, _host: &str, _number: usize, _of: usize) {}

    /// Called when the round trip of a host begins.
    fn round_trip(&self, _host: &str) {}
}

/// An observer that ignores every event.
impl Observer for () {
    fn stage(&self, _host: &str, _stage: Stage) {}
}
