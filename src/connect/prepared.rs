//! Prepared connections: opened and upgraded ahead of need, kept open below the idle limit of the service, replaced before it
//! closes them, and handed out at once.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tungstenite::Message;

use super::jitter::between;
use super::{Connector, Inner, Opened};
use crate::net::websocket::Socket;
use crate::resolve::query::Query;
use crate::resolve::service::Service;

/// What is kept ready.
#[derive(Debug, Default)]
pub(super) struct Prepared(Mutex<Vec<Arc<Slot>>>);

/// One connection, or the place of one that is being opened.
#[derive(Debug)]
struct Slot {
    service: Service,
    query: Query,
    ready: Mutex<Option<Opened>>,
    /// Handed out, or wanted no more.
    changed: Notify,
}

impl Prepared {
    /// Keeps a connection for the next call, and keeps doing so.
    pub(super) fn keep(&self, connector: &Connector, service: Service, query: &Query, opened: Opened) {
        let mut slots = self.slots();
        if let Some(slot) = slots.iter().find(|slot| slot.is_for(service, query)) {
            slot.put(opened);
            return;
        }
        let (query, ready, changed) = (query.clone(), Mutex::new(Some(opened)), Notify::new());
        let slot = Arc::new(Slot { service, query, ready, changed });
        slots.push(slot.clone());
        tokio::spawn(tend(slot, Arc::downgrade(&connector.0)));
    }

    /// The connection that is ready, unless it has been closed meanwhile.
    pub(super) fn take(&self, service: Service, query: &Query) -> Option<Opened> {
        let slots = self.slots();
        let slot = slots.iter().find(|slot| slot.is_for(service, query))?;
        let mut opened = slot.lock().take()?;
        slot.changed.notify_one();
        let mut context = Context::from_waker(Waker::noop());
        match look(&mut opened.socket, &mut context) {
            Poll::Pending => Some(opened),
            Poll::Ready(()) => None,
        }
    }

    pub(super) fn release(&self, service: Service) {
        let released: Vec<_> = self.slots().extract_if(.., |slot| slot.service == service).collect();
        released.into_iter().for_each(Slot::let_go);
    }

    fn slots(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Slot>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        self.slots().drain(..).for_each(Slot::let_go);
    }
}

impl Slot {
    fn is_for(&self, service: Service, query: &Query) -> bool {
        self.service == service && self.query == *query
    }

    /// Wanted no more, which its keeper sees once this hold on it is gone.
    fn let_go(self: Arc<Self>) {
        let slot = Arc::downgrade(&self);
        drop(self);
        if let Some(slot) = slot.upgrade() {
            slot.changed.notify_one();
        }
    }

    fn put(&self, opened: Opened) -> Option<Opened> {
        self.lock().replace(opened)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Opened>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the connection is gone: handed out, closed by the service, wanted no more, or too old. Pings are answered
    /// meanwhile, and sent.
    async fn watch(self: &Arc<Self>) {
        let until = Instant::now() + between(YOUNGEST, OLDEST);
        while Instant::now() < until {
            let gone = poll_fn(|cx| match &mut *self.lock() {
                None => Poll::Ready(()),
                Some(opened) => look(&mut opened.socket, cx),
            });
            tokio::select! {
                () = self.changed.notified() => {
                    // A word about the connection before this one says nothing of it.
                    if self.lock().is_none() || !self.is_wanted() {
                        return;
                    }
                }
                () = gone => {
                    *self.lock() = None;
                    return;
                }
                () = sleep_until(until.min(Instant::now() + PING_EVERY)) => self.ping(),
            }
        }
    }

    /// The connector holds the slot for as long as it is wanted.
    fn is_wanted(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) > 1
    }

    fn ping(&self) {
        if let Some(opened) = &mut *self.lock() {
            let mut context = Context::from_waker(Waker::noop());
            // A connection that takes no ping is gone, which the next look sees.
            let _ = opened.socket.start_send_unpin(Message::Ping(PING.into()));
            let _ = opened.socket.poll_flush_unpin(&mut context);
        }
    }
}

/// Keeps a slot filled, for as long as the connector lives and the slot is wanted.
///
/// 1. Watch the connection until it is gone.
/// 2. Open another one; one that is too old is closed only then.
/// 3. When that fails, wait, longer each time.
async fn tend(slot: Arc<Slot>, inner: Weak<Inner>) {
    let mut failures = 0;
    loop {
        slot.watch().await;
        let Some(inner) = inner.upgrade().filter(|_| slot.is_wanted()) else { return };
        match Connector(inner).open(slot.service, &slot.query).await {
            Ok(opened) => {
                failures = 0;
                if let Some(mut old) = slot.put(opened) {
                    let _ = timeout(GOOD_BYE, old.socket.close(None)).await;
                }
            }
            Err(error) => {
                tracing::debug!(speech.service = slot.service.id(), error = %error, "no connection could be prepared");
                sleep(between(SHORTEST_WAIT, LONGEST_WAIT.min(SHORTEST_WAIT * (1 << failures)))).await;
                failures = (failures + 1).min(8);
            }
        }
    }
}

/// Ready when the peer has closed, or has sent what nobody asked for.
fn look(socket: &mut Socket, cx: &mut Context<'_>) -> Poll<()> {
    loop {
        match socket.poll_next_unpin(cx) {
            Poll::Ready(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
            Poll::Ready(_) => return Poll::Ready(()),
            Poll::Pending => return Poll::Pending,
        }
    }
}

/// The service closes what is idle for five minutes: facts on errors, `1000` with a reason. It does not say that a ping
/// counts as use, so a connection is replaced well before.
const OLDEST: Duration = Duration::from_secs(240);

/// Connections that were prepared together are not replaced together.
const YOUNGEST: Duration = Duration::from_secs(200);

/// Gateways on the way forget a connection that is silent for four minutes.
/// <https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-reset>
const PING_EVERY: Duration = Duration::from_secs(60);

const PING: &[u8] = b"speech-endpoint";

/// The peer may be gone, which is as good.
const GOOD_BYE: Duration = Duration::from_millis(500);

/// Before another one is tried.
const SHORTEST_WAIT: Duration = Duration::from_millis(500);

/// While nothing can be opened.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
