//! The fate of a connection: whether and when it is reset.

use std::future::pending;
use std::io;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::Notify;

/// The moment at which a connection is reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// Before any data.
    BeforeTls,
    /// After the client has started the handshake.
    InTls,
    /// In place of the first response.
    InAnswer,
    /// Some time after the first response.
    After(Duration),
}

impl Moment {
    /// Returns the moment that a random number selects.
    pub(super) fn of(random: u64) -> Self {
        match random % 4 {
            0 => Self::BeforeTls,
            1 => Self::InTls,
            2 => Self::InAnswer,
            _ => Self::After(Duration::from_millis((random >> 2) % LONGEST_LIFE)),
        }
    }
}

/// The planned end of a connection.
#[derive(Debug, Default)]
pub(super) struct Fate {
    moment: Option<Moment>,
    answered: Notify,
    reset: Notify,
}

impl Fate {
    pub(super) fn new(moment: Option<Moment>) -> Self {
        Self { moment, ..Self::default() }
    }

    /// Marks the first response; never returns if the connection is reset in its place.
    pub(super) async fn answer(&self) {
        self.answered.notify_one();
        if self.moment == Some(Moment::InAnswer) {
            pending::<()>().await;
        }
    }

    /// Resets the connection; never returns.
    pub(super) async fn reset(&self) -> io::Result<()> {
        self.reset.notify_one();
        pending().await
    }

    /// Waits until the served connection is to be reset.
    async fn comes(&self) {
        tokio::select! {
            () = self.moment_comes() => {}
            () = self.reset.notified() => {}
        }
    }

    async fn moment_comes(&self) {
        match self.moment {
            None | Some(Moment::BeforeTls | Moment::InTls) => pending().await,
            Some(Moment::InAnswer) => self.answered.notified().await,
            Some(Moment::After(life)) => {
                self.answered.notified().await;
                tokio::time::sleep(life).await;
            }
        }
    }
}

/// Serves a connection until it ends, its planned reset is due, or all connections are reset.
pub(super) async fn live<W>(
    stream: TcpStream,
    fate: &Fate,
    reset_all: impl Future<Output = ()>,
    serve: impl FnOnce(TcpStream) -> W,
) -> io::Result<()>
where
    W: Future<Output = ()>,
{
    let stream = stream.into_std()?;
    // A second handle stays open, so that the connection can be reset whoever owns the stream by then.
    let end = stream.try_clone()?;
    let stream = TcpStream::from_std(stream)?;
    let life = async {
        match fate.moment {
            Some(Moment::BeforeTls) => {}
            Some(Moment::InTls) => drop(stream.readable().await),
            _ => {
                serve(stream).await;
                return true;
            }
        }
        false
    };
    let has_ended = tokio::select! {
        has_ended = life => has_ended,
        () = fate.comes() => false,
        () = reset_all => false,
    };
    if has_ended {
        return Ok(());
    }
    TcpStream::from_std(end)?.set_zero_linger()
}

/// The latest reset after the first response, in milliseconds.
const LONGEST_LIFE: u64 = 200;
