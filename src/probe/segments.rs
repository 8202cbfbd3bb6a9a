//! Segments: whether a silent stage passes on a connection with small segments. Where it does, the path loses large packets:
//! a tunnel or VPN whose MTU nobody is told of. No privilege is needed, because the size is an option of the connection.

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::observer::Observer;
use super::target::{Route, TargetProbe};
use crate::diagnose::evidence::{Failure, FailureKind, SegmentTry, Step};
use crate::diagnose::stage::Stage;
use crate::net::http::Connection;
use crate::net::proxy::Decision;
use crate::net::{Network, failure_of_io, silence};
use crate::resolve::credential::CredentialHeader;

impl<N: Network, O: Observer> TargetProbe<'_, N, O> {
    /// Repeats what was silent on a connection with small segments: the handshake, and the request unless the handshake was
    /// silent. The request carries the credential, if the silent one did.
    pub(super) async fn try_small_segments(&self, route: &Route, stage: Stage, credential: Option<&CredentialHeader>) {
        if !matches!(route.decision, Decision::Direct { .. }) {
            return;
        }
        let Some(peer) = self.notes.read(|trace| trace.tcp.found().and_then(|facts| facts.connected)) else { return };
        let connect = self.context.network.connect_in_segments(peer, SEGMENT);
        let stream = match timeout(self.limit(), connect).await {
            Ok(None) => Err(Failure::new(FailureKind::Other, "this system cannot limit segments")),
            Ok(Some(stream)) => stream.map_err(|error| failure_of_io(&error)),
            Err(_) => Err(silence(self.limit())),
        };
        let outcome = match stream {
            Ok(stream) => self.repeat(stream, stage, credential).await,
            Err(failure) => Err(failure),
        };
        // A certificate that does not verify has arrived all the same.
        let failure = outcome.err().filter(|failure| failure.kind != FailureKind::Certificate);
        self.notes.note(|trace| {
            if let Step::Passed { found, .. } = &mut trace.tcp {
                found.small_segments = Some(SegmentTry::new(SEGMENT, failure));
            }
        });
    }

    async fn repeat(
        &self,
        stream: TcpStream,
        stage: Stage,
        credential: Option<&CredentialHeader>,
    ) -> Result<(), Failure> {
        let handshake = self.recording()?.handshake(stream, self.target.host(), self.limit()).await;
        let (stream, _) = handshake.map_err(|(failure, _)| failure)?;
        if stage == Stage::Tls {
            return Ok(());
        }
        let (Some(header), Some(service)) = (credential, self.target.service()) else {
            return Connection::new(stream).exchange(&self.service_request(), self.limit()).await.map(drop);
        };
        let (status, _) = self.send_credential(Connection::new(stream), &self.target.url, service, header).await;
        status.map(drop).ok_or_else(|| silence(self.limit()))
    }
}

/// In bytes: what every IPv4 network has to carry (RFC 1122), below the MTU of any tunnel.
const SEGMENT: u16 = 536;
