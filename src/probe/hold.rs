//! Holding what is open: nothing is sent, and what ends it is noted, also when the run ends first.

use tokio::time::Instant;

use super::way::Way;
use super::{Notes, Watch};
use crate::diagnose::evidence::{HoldEnd, HoldFacts, Step};
use crate::net::Network;
use crate::net::websocket::{self, Hold, Socket};

impl<N: Network, W: Watch> Way<'_, N, W> {
    /// The socket where it is to be held; else it is left.
    pub(super) async fn unless_held(&self, mut socket: Socket) -> Option<Socket> {
        if !self.plan.limits.hold.is_zero() {
            return Some(socket);
        }
        websocket::leave(&mut socket, self.limit()).await;
        None
    }

    /// Keeps a socket in silence for as long as it is wanted.
    pub(super) async fn hold(&self, mut socket: Socket) {
        let limits = self.plan.limits;
        let mut holding = Holding::begin(self.seen, HoldFacts { wanted: limits.hold, ..HoldFacts::default() });
        let end = self.deadline + limits.hold;
        let left = |left| self.watch.hold(self.target.host(), left);
        holding.facts = websocket::hold(&mut socket, Hold::new(limits.hold, limits.step, end), left).await;
        drop(holding);
        websocket::leave(&mut socket, end.saturating_duration_since(Instant::now())).await;
    }
}

/// Notes what became of a socket when it is dropped, which the end of the run does as well.
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
