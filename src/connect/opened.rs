//! Open connections.

use std::sync::Arc;

use crate::net::websocket::Socket;
use crate::resolve::account::Account;

/// An open WebSocket that the service has accepted.
#[derive(Debug)]
#[non_exhaustive]
pub struct Opened {
    /// The WebSocket.
    pub socket: Socket,
    /// `X-ConnectionId`, which identifies the connection to Microsoft support.
    pub connection_id: String,
    /// The account that the connection belongs to.
    pub account: Account,
    pub(super) account_name: Arc<str>,
    pub(super) account_index: usize,
}

impl Opened {
    /// Returns the name of the account, for log lines and metrics: see [`Builder::named`](crate::connect::Builder::named).
    #[must_use]
    pub fn account_name(&self) -> &str {
        &self.account_name
    }

    /// Returns the position of the account in [`Connector::accounts`](crate::connect::Connector::accounts): 0 is the preferred
    /// account, and higher positions are fallbacks.
    #[must_use]
    pub fn account_index(&self) -> usize {
        self.account_index
    }
}
