//! Puts the table of facts together from the static tables.

use crate::resolve::facts::builder::Source;
use crate::resolve::facts::{Fact, FactKind, forms, limits, network, regions, versions};
use crate::resolve::service::{Service, ServiceStatus};

/// Returns the built-in facts, by kind.
pub(super) fn table() -> Vec<Fact> {
    let mut facts: Vec<Fact> = [regions::facts(), versions::facts(), network::facts(), limits::facts(), forms::facts()]
        .into_iter()
        .flatten()
        .chain(retirements())
        .collect();
    facts.sort_by_key(|fact| fact.kind);
    facts
}

fn retirements() -> impl Iterator<Item = Fact> {
    Service::all().filter_map(|service| {
        let (ServiceStatus::Retiring { on: day, .. } | ServiceStatus::Retired { since: day, .. }) = service.status()
        else {
            return None;
        };
        let fact = Fact::new(FactKind::Retirement, day, Source("", READ)).of(service);
        Some(Fact { source: service.see().into(), ..fact })
    })
}

/// The month in which the pages of the services were read.
const READ: &str = "2026-11";
