//! Hold: an open socket on which nothing is sent. The evidence gets the outcome even if the run ends first.

use tokio::time::Instant;

use super::notes::Notes;
use super::observer::Observer;
use super::target::TargetProbe;
use crate::diagnose::evidence::saved::milliseconds;
use crate::diagnose::evidence::{HoldEnd, HoldFacts, Step};
use crate::net::Network;
use crate::net::websocket::{self, HoldLimits, Socket};

impl<N: Network, O: Observer> TargetProbe<'_, N, O> {
    /// Returns the socket if the run holds it, and closes it otherwise.
    pub(super) async fn close_unless_held(&self, mut socket: Socket) -> Option<Socket> {
        if !self.plan.limits.hold.is_zero() {
            return Some(socket);
        }
        websocket::close(&mut socket, self.limit()).await;
        None
    }

    /// Holds a socket idle for the planned time.
    pub(super) async fn hold(&self, mut socket: Socket) {
        let limits = self.plan.limits;
        let mut holding = Holding::begin(self.notes, HoldFacts { wanted: limits.hold, ..HoldFacts::default() });
        let end = self.deadline + limits.hold;
        let left = |left| self.observer.hold(self.target.host(), left);
        holding.facts = websocket::hold(&mut socket, HoldLimits::new(limits.hold, limits.step, end), left).await;
        let has_ended = matches!(holding.facts.end, HoldEnd::Closed | HoldEnd::Cut | HoldEnd::Reset);
        // The run began its time limit before the deadline.
        let since = (Instant::now() + limits.total).saturating_duration_since(self.deadline);
        holding.facts.ended_ms = has_ended.then(|| milliseconds(since));
        drop(holding);
        websocket::close(&mut socket, end.saturating_duration_since(Instant::now())).await;
    }
}

/// Notes the outcome when it is dropped, because the end of the run drops the future of [`TargetProbe::hold`].
struct Holding<'a> {
    notes: Notes<'a>,
    begun: Instant,
    facts: HoldFacts,
}

impl<'a> Holding<'a> {
    fn begin(notes: Notes<'a>, facts: HoldFacts) -> Self {
        Self { notes, begun: Instant::now(), facts }
    }
}

impl Drop for Holding<'_> {
    fn drop(&mut self) {
        let mut facts = std::mem::take(&mut self.facts);
        if facts.end == HoldEnd::Interrupted {
            (facts.held, facts.silent) = (self.begun.elapsed(), self.begun.elapsed());
        }
        self.notes.note(|trace| {
            if let Step::Passed { found, .. } = &mut trace.websocket {
                found.hold = Some(facts);
            }
        });
    }
}
