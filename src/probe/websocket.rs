//! WebSocket: the upgrade, with the credential if there is one, and a ping on the open socket.

use tokio::time::Instant;

use super::observer::Observer;
use super::target::{Route, Stop, TargetProbe};
use crate::diagnose::evidence::{Address, Failure, FailureKind, Reply, Skip, Step, UpgradeFacts};
use crate::diagnose::stage::Stage;
use crate::net::http::{Connection, classify};
use crate::net::websocket::{Socket, UpgradeRequest, connection_id};
use crate::net::{Network, websocket};

/// The outcome of the WebSocket stage.
pub(super) struct Upgraded {
    /// The service's response, which also shows whether it accepts the credential.
    pub(super) reply: Reply,
    /// The open socket, if the run holds it.
    pub(super) socket: Option<Socket>,
    pub(super) begun: Instant,
}

impl<N: Network, O: Observer> TargetProbe<'_, N, O> {
    /// Opens a WebSocket. A rejected credential fails the next stage, not this one.
    pub(super) async fn upgrade(
        &self,
        route: &Route,
        mut connection: Connection,
        addresses: &[Address],
    ) -> Result<Upgraded, Stop> {
        self.begins(Stage::WebSocket);
        let begun = Instant::now();
        if !connection.is_reusable().await {
            let again = self.reconnect(route).await;
            connection = again.map_err(|failure| self.websocket_failed(failure, None, begun))?;
        }
        let header = self.header().map(|(_, header)| header);
        let id = connection_id();
        let request = UpgradeRequest::new(&self.target.url, &id).for_service(self.target.service(), header.as_ref());
        let upgrade = websocket::upgrade(connection, &request, self.limit()).await;
        let Some(mut facts) = upgrade.facts else {
            let failure = upgrade.outcome.err().unwrap_or_else(no_response);
            if failure.kind == FailureKind::TimedOut {
                self.try_small_segments(route, Stage::WebSocket, header.as_ref()).await;
            }
            return Err(self.websocket_failed(failure, None, begun));
        };
        let reply = facts.reply.clone();
        let (failure, socket) = match upgrade.outcome {
            Ok(mut socket) => {
                let failure = websocket::ping(&mut socket, &mut facts, self.limit()).await;
                (failure, self.close_unless_held(socket).await)
            }
            Err(_) if classify::is_about_the_credential(&reply) => (None, None),
            Err(failure) => (Some(failure), None),
        };
        if let Some(failure) = failure {
            self.try_without_proxy(route, addresses).await;
            return Err(self.websocket_failed(failure, Some(facts), begun));
        }
        self.notes.note(|trace| trace.websocket = Step::Passed { found: facts, took: begun.elapsed() });
        Ok(Upgraded { reply, socket, begun })
    }

    fn websocket_failed(&self, failure: Failure, found: Option<UpgradeFacts>, begun: Instant) -> Stop {
        let took = begun.elapsed();
        self.notes.note(|trace| trace.websocket = Step::Failed { failure, found, took });
        Stop(Skip::After(Stage::WebSocket))
    }
}

fn no_response() -> Failure {
    Failure::new(FailureKind::Other, "there was no answer")
}
