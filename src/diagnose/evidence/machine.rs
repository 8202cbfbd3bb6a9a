//! The machine.

use std::net::SocketAddr;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// The machine.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default))]
#[non_exhaustive]
pub struct MachineFacts {
    /// The configured name servers.
    pub name_servers: Vec<SocketAddr>,
    /// The search list.
    pub search: Vec<String>,
    /// How many dots a name needs to be tried as it is first.
    pub ndots: Option<usize>,
    /// How many roots the trust store of this machine holds.
    pub roots: Option<usize>,
    /// Where they were read from.
    pub roots_from: Option<String>,
}

impl MachineFacts {
    /// The domains in which a host is looked up before it is looked up as it is, since it has fewer dots than `ndots`
    /// (resolv.conf(5)).
    pub(crate) fn searched_before(&self, host: &str) -> &[String] {
        let is_tried_last = self.ndots.is_some_and(|ndots| host.matches('.').count() < ndots);
        if is_tried_last { &self.search } else { &[] }
    }
}
