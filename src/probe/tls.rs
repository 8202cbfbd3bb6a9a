//! TLS: the handshake with the target, and further handshakes that distinguish the causes of a failed one.

use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::time::Instant;

use super::connection::FurtherConnection;
use super::observer::Observer;
use super::target::{Route, Stop, TargetProbe};
use crate::diagnose::evidence::{Failure, FailureKind, Skip, SniTry, Step, TlsFacts, VersionTry};
use crate::diagnose::plan::TargetPurpose;
use crate::diagnose::stage::Stage;
use crate::net::dial::{Destination, dial};
use crate::net::tls::TlsClient;
use crate::net::{Network, Stream};

impl<N: Network, O: Observer> TargetProbe<'_, N, O> {
    /// Makes the handshake, and further ones if it fails.
    pub(super) async fn handshake<S>(&self, route: &Route, stream: S) -> Result<Stream, Stop>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.begins(Stage::Tls);
        let begun = Instant::now();
        let tls = self.recording();
        let outcome = match &tls {
            Ok(tls) => tls.handshake(stream, self.target.host(), self.limit()).await,
            Err(failure) => Err((failure.clone(), TlsFacts::default())),
        };
        let took = begun.elapsed();
        match outcome {
            Ok((mut stream, session)) => {
                let asks_for_certificate = tls.is_ok_and(|tls| tls.was_asked_for_certificate());
                let found = TlsFacts { asks_for_certificate, ..session.facts() };
                self.notes.note(|trace| trace.tls = Step::Passed { found, took });
                if let TargetPurpose::Reach(_) = self.target.purpose {
                    // The end of the handshake usually leaves with the first request, and no request follows here.
                    let _ = stream.flush().await;
                }
                Ok(stream)
            }
            Err((failure, mut facts)) => {
                self.distinguish_causes(route, &failure, &mut facts).await;
                self.notes.note(|trace| trace.tls = Step::Failed { failure, found: Some(facts), took });
                Err(Stop(Skip::After(Stage::Tls)))
            }
        }
    }

    /// After an alert, tries each TLS version alone. After a reset or silence, tries another server name.
    async fn distinguish_causes(&self, route: &Route, failure: &Failure, facts: &mut TlsFacts) {
        let host = self.target.host();
        match failure.kind {
            FailureKind::Alert => {
                for (version, alone) in [("1.2", &TLS12), ("1.3", &TLS13)] {
                    let tls = self.recording().and_then(|tls| tls.with_version(alone));
                    let failure = self.try_handshake(route, host, tls).await;
                    facts.versions.push(VersionTry { version: version.to_owned(), failure });
                }
            }
            FailureKind::Reset | FailureKind::TimedOut => {
                let other_name = self.try_handshake(route, NEUTRAL_NAME, self.recording());
                let small = async {
                    if failure.kind == FailureKind::TimedOut {
                        self.try_small_segments(route, Stage::Tls, None).await;
                    }
                };
                let (failure, ()) = tokio::join!(other_name, small);
                // Any certificate is a response, even one for another name.
                let failure = failure.filter(|failure| failure.kind != FailureKind::Certificate);
                facts.other_name = Some(SniTry { name: NEUTRAL_NAME.to_owned(), failure });
            }
            _ => {}
        }
    }

    async fn try_handshake(&self, route: &Route, name: &str, tls: Result<TlsClient, Failure>) -> Option<Failure> {
        let mut connection = FurtherConnection { name: Some(name), ..FurtherConnection::on(self, route, tls) };
        match dial(&mut connection, Destination::of(&self.target.url)).await {
            Ok(mut stream) => {
                let _ = stream.flush().await;
                None
            }
            Err(failure) => Some(failure),
        }
    }
}

/// A server name that filters commonly allow. The handshake goes to the address of the target, and no request follows
/// it.
const NEUTRAL_NAME: &str = "www.microsoft.com";
