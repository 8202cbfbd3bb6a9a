//! What the lab, the command and the tests share with the library. Not a part of the public interface: it changes without
//! notice.

use std::sync::Arc;
use std::time::SystemTime;

use rustls::crypto::CryptoProvider;

use crate::diagnose::evidence;
use crate::resolve::cloud::Suffixes;
use crate::resolve::facts::regions;

pub use crate::net::dns::{NameServer, Resolver, System};
#[cfg(feature = "probe")]
pub use crate::net::http::{Connection, Request, Response};
pub use crate::net::proxy::{Decision, Proxy};
pub use crate::net::random::random;
pub use crate::net::tls::Session;
pub use crate::resolve::cloud::{HostKind, HostReading, OFFERINGS};

/// Returns the cryptography of TLS that the library uses.
///
/// # Errors
///
/// [`Failure`](evidence::Failure), if there is none.
pub fn crypto_provider() -> Result<Arc<CryptoProvider>, evidence::Failure> {
    crate::net::tls::provider()
}

/// Reads a host name that a cloud owns.
#[must_use]
pub fn read_host<'a>(suffixes: &Suffixes, host: &'a str) -> Option<HostReading<'a>> {
    suffixes.read(host)
}

/// Returns a host name in lower case without its trailing dot.
#[must_use]
pub fn normalized_host(name: &str) -> String {
    crate::resolve::name::normalized_host(name)
}

/// Whether the region table lists a region.
#[must_use]
pub fn is_listed_region(id: &str) -> bool {
    regions::listed(id).is_some()
}

/// Seconds since 1970, negative before.
#[must_use]
pub fn unix_seconds(time: SystemTime) -> i64 {
    evidence::unix_seconds(time)
}

/// A time as `2026-01-01T00:00:00Z`, to the second.
#[must_use]
pub fn rfc3339(time: SystemTime) -> String {
    evidence::rfc3339(time)
}
