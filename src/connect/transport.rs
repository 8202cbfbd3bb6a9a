//! The transport that all attempts of a connector share.

use super::attempt::Attempt;
use super::dial::Dialer;
use super::discovery::RedirectCache;
use super::observation::{Observation, StageFailure};
use crate::net::http::Connection;

/// The dialer and the redirects that all attempts of a connector share.
#[derive(Debug)]
pub(super) struct Transport {
    pub(super) dialer: Dialer,
    pub(super) redirects: RedirectCache,
}

impl Transport {
    /// Opens a connection to the host of the observation, and records its stages there.
    pub(super) async fn dial(
        &self,
        attempt: &Attempt<'_>,
        observation: &mut Observation,
    ) -> Result<Connection, StageFailure> {
        let stream = self.dialer.dial(&observation.url, &mut observation.log, attempt.clock).await;
        let stream =
            stream.map_err(|failure| StageFailure { stage: observation.log.failed_at(), failure, reply: None })?;
        Ok(Connection::new(stream))
    }
}
