//! The connector: sockets, requests, failover, and the network that all of them use.

#![cfg(feature = "connect")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a lab begins at the real time, and a test may stop"
)]

mod accounts;
mod client_hello;
mod failover;
mod network;
mod refusals;
mod rest;
mod sockets;
