//! Prepared connections: opened and upgraded ahead of need, kept open below the idle limit of the service, replaced before the
//! service closes them.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tungstenite::Message;

use super::error::ConnectError;
use super::jitter::between;
use super::opened::Opened;
use super::together::Neighbours;
use crate::net::websocket::Socket;
use crate::resolve::query::Query;
use crate::resolve::service::Service;

/// Opens the connections that replace prepared ones.
#[async_trait]
pub(super) trait Open: Send + Sync {
    async fn open(&self, service: Service, query: &Query) -> Result<Opened, ConnectError>;
}

/// The prepared connections of a connector.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    slots: Mutex<Vec<Arc<Slot>>>,
    neighbours: Neighbours,
}

/// The prepared connection of a service and query, or its place while it is being opened.
#[derive(Debug)]
struct Slot {
    service: Service,
    query: Query,
    ready: Mutex<Option<Opened>>,
    /// Notified when the connection is taken or the slot is released.
    changed: Notify,
}

impl Prepared {
    /// Keeps a connection for the next call, and replaces it from then on until the slot is released.
    pub(super) fn keep(&self, connector: Weak<dyn Open>, service: Service, query: &Query, opened: Opened) {
        let mut slots = self.slots();
        if let Some(slot) = slots.iter().find(|slot| slot.is_for(service, query)) {
            slot.put(opened);
            return;
        }
        let (query, ready, changed) = (query.clone(), Mutex::default(), Notify::new());
        let slot = Arc::new(Slot { service, query, ready, changed });
        slot.put(opened);
        slots.push(slot.clone());
        tokio::spawn(maintain(slot, connector, self.neighbours.clone()));
    }

    /// Takes the connection that is ready, unless the service has closed it.
    pub(super) fn take(&self, service: Service, query: &Query) -> Option<Opened> {
        let slots = self.slots();
        let slot = slots.iter().find(|slot| slot.is_for(service, query))?;
        let mut opened = slot.lock().take()?;
        slot.changed.notify_one();
        let mut context = Context::from_waker(Waker::noop());
        match poll_closed(&mut opened.socket, &mut context) {
            Poll::Pending => {
                opened.socket.get_mut().allow(None);
                Some(opened)
            }
            Poll::Ready(_) => None,
        }
    }

    pub(super) fn release(&self, service: Service) {
        let released: Vec<_> = self.slots().extract_if(.., |slot| slot.service == service).collect();
        released.into_iter().for_each(Slot::release);
    }

    fn slots(&self) -> MutexGuard<'_, Vec<Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        self.slots().drain(..).for_each(Slot::release);
    }
}

impl Slot {
    fn is_for(&self, service: Service, query: &Query) -> bool {
        self.service == service && self.query == *query
    }

    /// Drops the connector's reference, and then wakes the task that maintains the slot: it ends once it holds the only
    /// reference.
    fn release(self: Arc<Self>) {
        let slot = Arc::downgrade(&self);
        drop(self);
        if let Some(slot) = slot.upgrade() {
            slot.changed.notify_one();
        }
    }

    /// Puts a connection into the slot, from which the peer may send little more, and returns the previous one.
    fn put(&self, mut opened: Opened) -> Option<Opened> {
        opened.socket.get_mut().allow(Some(ALLOWANCE));
        self.lock().replace(opened)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Opened>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the connection must be replaced: it was taken, the service closed it, the slot was released, or it is
    /// too old. Answers and sends pings meanwhile.
    async fn watch(self: &Arc<Self>) -> Watched {
        let until = Instant::now() + between(MIN_AGE, MAX_AGE);
        while Instant::now() < until {
            let closed = poll_fn(|cx| match &mut *self.lock() {
                None => Poll::Ready(Watched::Nothing),
                Some(opened) => poll_closed(&mut opened.socket, cx),
            });
            tokio::select! {
                () = self.changed.notified() => {
                    // The notification may be about the previous connection.
                    if self.lock().is_none() || !self.is_wanted() {
                        return Watched::Due;
                    }
                }
                watched = closed => {
                    *self.lock() = None;
                    return watched;
                }
                () = sleep_until(until.min(Instant::now() + PING_INTERVAL)) => self.ping(),
            }
        }
        Watched::Due
    }

    /// Returns whether the connector still holds the slot.
    fn is_wanted(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) > 1
    }

    fn ping(&self) {
        if let Some(opened) = &mut *self.lock() {
            let mut context = Context::from_waker(Waker::noop());
            // An error means that the connection is closed, which the next poll reports.
            let _ = opened.socket.start_send_unpin(Message::Ping(PING.into()));
            let _ = opened.socket.poll_flush_unpin(&mut context);
        }
    }
}

/// Why a connection must be replaced.
#[derive(Clone, Copy)]
enum Watched {
    /// There is none.
    Nothing,
    /// The service closed it, or flooded it.
    Closed,
    /// It ended without a close frame.
    Cut,
    /// It was taken, is too old, or is no longer wanted.
    Due,
}

/// Keeps a slot filled while the connector holds it.
///
/// 1. Watch the connection until it must be replaced.
/// 2. Open another one. A connection that is too old stays available until then.
/// 3. If that fails, or if the service closes each one at once, wait, longer after each failure.
async fn maintain(slot: Arc<Slot>, connector: Weak<dyn Open>, neighbours: Neighbours) {
    let mut failures = 0;
    loop {
        let begun = Instant::now();
        let number = neighbours.opened();
        let watched = slot.watch().await;
        match watched {
            Watched::Cut => neighbours.cut(number, slot.service),
            _ => neighbours.gone(number),
        }
        failures = match watched {
            Watched::Nothing => failures,
            Watched::Closed | Watched::Cut if begun.elapsed() < SHORT_LIFE => pause(failures).await,
            Watched::Closed | Watched::Cut | Watched::Due => 0,
        };
        let Some(connector) = connector.upgrade().filter(|_| slot.is_wanted()) else { return };
        let opened = connector.open(slot.service, &slot.query).await;
        drop(connector);
        match opened {
            Ok(opened) => {
                if let Some(mut old) = slot.put(opened) {
                    let _ = timeout(CLOSE_LIMIT, old.socket.close(None)).await;
                }
            }
            Err(error) => {
                tracing::debug!(speech.service = slot.service.id(), error = %error, "cannot prepare a connection");
                failures = pause(failures).await;
            }
        }
    }
}

/// Waits after a failure, and returns the number of failures in a row.
async fn pause(failures: u32) -> u32 {
    sleep(between(MIN_PAUSE, MAX_PAUSE.min(MIN_PAUSE * (1 << failures)))).await;
    (failures + 1).min(8)
}

/// Ready when the peer has closed the connection, or has sent a message although no turn began.
fn poll_closed(socket: &mut Socket, cx: &mut Context<'_>) -> Poll<Watched> {
    for _ in 0..FRAMES_AT_ONCE {
        match socket.poll_next_unpin(cx) {
            Poll::Ready(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
            Poll::Ready(Some(Err(_)) | None) if !socket.get_ref().is_flooded() => return Poll::Ready(Watched::Cut),
            Poll::Ready(_) => return Poll::Ready(Watched::Closed),
            Poll::Pending => return Poll::Pending,
        }
    }
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// The frames that are read in one turn. One read can bring thousands, and other tasks must have their turn between them.
const FRAMES_AT_ONCE: usize = 64;

/// What a peer may send on a prepared connection, in bytes. Pings are the only frames that a service has a reason to send.
const ALLOWANCE: u32 = 64 << 10;

/// The service closes a connection that is idle for five minutes, with status 1000 and a reason. It does not document
/// whether a ping counts as use, so a connection is replaced a minute earlier.
const MAX_AGE: Duration = Duration::from_secs(240);

/// Connections that were prepared together are not replaced together.
const MIN_AGE: Duration = Duration::from_secs(200);

/// Load balancers drop a connection that is idle for four minutes.
/// <https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-reset>
const PING_INTERVAL: Duration = Duration::from_secs(60);

const PING: &[u8] = b"speech-endpoint";

/// The close handshake is a courtesy: the peer may be gone already.
const CLOSE_LIMIT: Duration = Duration::from_millis(500);

/// A service that closes a prepared connection sooner than this has a fault, and must not be asked for the next one at once.
const SHORT_LIFE: Duration = Duration::from_secs(10);

/// The pause after the first failure.
const MIN_PAUSE: Duration = Duration::from_millis(500);

/// The longest pause. A service that recovers is used again within a minute.
const MAX_PAUSE: Duration = Duration::from_secs(60);
