//! Prepared connections that end together while others stay open. An idle timer ends each connection after its own silence; a
//! network that changes ends all that pass through it at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::resolve::service::Service;

/// The prepared connections of a connector, as far as their ends are compared.
#[derive(Clone, Debug, Default)]
pub(super) struct Neighbours(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// The time at which each open connection was opened, by its number.
    open: Vec<(u64, Instant)>,
    /// The connections that ended without a close frame.
    cut: Vec<(Instant, Service)>,
    numbers: u64,
}

impl Neighbours {
    /// Adds a connection, and returns its number.
    pub(super) fn opened(&self) -> u64 {
        let mut known = self.lock();
        known.numbers += 1;
        let number = known.numbers;
        known.open.push((number, Instant::now()));
        number
    }

    /// Removes a connection that was taken, replaced or closed.
    pub(super) fn gone(&self, number: u64) {
        self.lock().open.retain(|(known, _)| *known != number);
    }

    /// Removes a connection that ended without a close frame. Waits for its neighbours, and then tells the application if
    /// several ended together and another one stayed open.
    pub(super) fn cut(&self, number: u64, service: Service) {
        self.gone(number);
        let mut known = self.lock();
        let is_first = known.cut.is_empty();
        known.cut.push((Instant::now(), service));
        drop(known);
        if is_first {
            let all = self.clone();
            tokio::spawn(async move {
                sleep(AT_ONCE).await;
                all.tell();
            });
        }
    }

    fn tell(&self) {
        let mut known = self.lock();
        let cut = std::mem::take(&mut known.cut);
        let Some((first, _)) = cut.first() else { return };
        let survivors = known.open.iter().filter(|(_, opened)| opened < first).count();
        drop(known);
        if cut.len() < 2 || survivors == 0 {
            return;
        }
        let services: Vec<&str> = cut.iter().map(|(_, service)| service.id()).collect();
        tracing::warn!(
            speech.finding = "WS08",
            speech.services = services.join(" "),
            speech.survivors = survivors,
            "prepared connections ended together while others stayed open: the network changed under them, for example because a service endpoint was enabled or disabled on their subnet"
        );
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Connections that end within this time end together.
const AT_ONCE: Duration = Duration::from_millis(250);
