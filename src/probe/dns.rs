//! DNS: the lookup of the target, and the queries that distinguish the causes of a wrong answer.

use std::net::IpAddr;

use futures_util::future::join_all;
use tokio::time::Instant;

use super::observer::Observer;
use super::target::{TargetProbe, step};
use crate::diagnose::evidence::{Address, DnsFacts, FailureKind};
use crate::diagnose::stage::Stage;
use crate::net::Network;

impl<N: Network, O: Observer> TargetProbe<'_, N, O> {
    /// Resolves the target. Returns its addresses, and whether the lookup succeeded.
    pub(super) async fn resolve_target(&self) -> (Vec<Address>, bool) {
        self.begins(Stage::Dns);
        let begun = Instant::now();
        let lookup = self.context.network.lookup(self.target.host(), self.limit()).await;
        let mut found = lookup.facts;
        let names = match &lookup.failure {
            Some(failure) if failure.kind == FailureKind::NoSuchName => self.target.namesakes.clone(),
            None if is_from_no_server(&found) => self.searched_names(),
            _ => Vec::new(),
        };
        let queries = names.iter().map(|name| self.context.network.query_name_servers(name, self.limit()));
        found.also = join_all(queries).await.into_iter().flatten().collect();
        let addresses = found.addresses.clone();
        let has_failed = lookup.failure.is_some();
        let step = step(found.bounded(), lookup.failure, begun);
        self.notes.note(|trace| trace.dns = step);
        (addresses, !has_failed)
    }

    /// Returns the names that the search list of this machine makes of the host, if the machine tries them first.
    fn searched_names(&self) -> Vec<String> {
        let (host, machine) = (self.target.host(), self.context.network.machine());
        let domains = machine.searched_before(host).iter().take(MOST_DOMAINS);
        domains.map(|domain| format!("{host}.{domain}")).collect()
    }
}

/// Returns whether the addresses from the operating system come neither from a name server nor from the hosts file.
fn is_from_no_server(found: &DnsFacts) -> bool {
    let system = found.system.iter().flat_map(|system| &system.addresses).collect::<Vec<_>>();
    let is_known = |ip: &&IpAddr| found.servers.iter().any(|answer| answer.addresses.contains(ip));
    found.hosts_file.is_empty() && !system.is_empty() && !system.iter().any(is_known)
}

/// The limit of older resolvers for the domains of a search list, see resolv.conf(5).
const MOST_DOMAINS: usize = 6;
