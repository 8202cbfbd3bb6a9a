//! Which route carries the traffic to an address, and what would carry it otherwise.
//!
//! Source: the overview of user-defined routes, sections on system routes and on how Azure selects a route
//! (<https://learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview>, 2025).

use std::cmp::Reverse;
use std::net::IpAddr;

use super::effective::{Route, RouteTable};
use super::prefix::Prefix;
use super::words::shown;

/// The route that carries the traffic to an address.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Carriage<'a> {
    /// The address.
    pub to: IpAddr,
    /// The route that wins; `None` if no active route covers the address, which drops the traffic.
    pub winner: Option<Match<'a>>,
    /// The route that the same rules give without the row that wins.
    pub instead_of: Option<Match<'a>>,
    /// Whether a user route with a longer prefix exists inside a service-endpoint route. No source confirms that the
    /// service endpoint wins then.
    pub is_unconfirmed: bool,
}

/// A row of the effective routes with the prefix of it that covers an address.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Match<'a> {
    /// The row.
    pub route: &'a Route,
    /// The prefix.
    pub prefix: Prefix,
    /// The service tag that stands for the prefix.
    pub tag: Option<&'a str>,
}

/// A [`Carriage`] in words, as reports write it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RouteAnswer {
    /// The address.
    pub to: String,
    /// The route that wins.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub winner: RouteWords,
    /// The route that the same rules give without the row that wins; `None` if nothing else covers the address.
    pub instead_of: Option<RouteWords>,
    /// Whether no source confirms which of two routes wins.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "std::ops::Not::not"))]
    pub unconfirmed: bool,
}

/// A route in words; without a prefix if no route covers the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RouteWords {
    /// The prefix that covers the address.
    pub prefix: Option<String>,
    /// The type of the next hop, as the document has it.
    pub next_hop: Option<String>,
    /// The first address of the next hop.
    pub next_hop_address: Option<String>,
    /// Every address of the next hop.
    pub next_hop_addresses: Vec<String>,
    /// The origin, as the document has it.
    pub source: Option<String>,
    /// The name of a user route.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub name: Option<String>,
    /// The service tag that stands for the prefix.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub service_tag: Option<String>,
}

impl From<&Carriage<'_>> for RouteAnswer {
    fn from(carriage: &Carriage<'_>) -> Self {
        Self {
            to: carriage.to.to_string(),
            winner: carriage.winner.as_ref().map(Into::into).unwrap_or_default(),
            instead_of: carriage.instead_of.as_ref().map(Into::into),
            unconfirmed: carriage.is_unconfirmed,
        }
    }
}

impl From<&Match<'_>> for RouteWords {
    fn from(found: &Match<'_>) -> Self {
        let addresses: Vec<String> = found.route.next_hop_addresses.iter().map(ToString::to_string).collect();
        Self {
            prefix: Some(found.prefix.to_string()),
            next_hop: found.route.next_hop.as_deref().map(shown),
            next_hop_address: addresses.first().cloned(),
            next_hop_addresses: addresses,
            source: found.route.source.as_deref().map(shown),
            name: found.route.name.as_deref().map(shown),
            service_tag: found.tag.map(shown),
        }
    }
}

impl Carriage<'_> {
    /// Returns whether the traffic is dropped: no route covers the address, or its next hop is `None`.
    #[must_use]
    pub fn is_dropped(&self) -> bool {
        self.winner.is_none_or(|winner| winner.route.is_to(NONE))
    }
}

impl Route {
    /// Returns whether the row is in use. A row without a state is.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.state.as_deref().is_none_or(|state| state.eq_ignore_ascii_case("Active"))
    }

    /// Returns whether the row has this type of next hop, in any case.
    #[must_use]
    pub fn is_to(&self, next_hop: &str) -> bool {
        self.next_hop.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(next_hop))
    }

    fn origin(&self) -> Origin {
        match self.source.as_deref() {
            Some(source) if source.eq_ignore_ascii_case("User") => Origin::User,
            Some(source) if source.eq_ignore_ascii_case("VirtualNetworkGateway") => Origin::Bgp,
            Some(source) if source.eq_ignore_ascii_case("Default") => Origin::System,
            _ => Origin::Unknown,
        }
    }

    /// Returns whether the row is a system route to the virtual network, a peered one or a service, which precedes every BGP
    /// route.
    fn precedes_bgp(&self) -> bool {
        self.origin() == Origin::System && BEFORE_BGP.iter().any(|next_hop| self.is_to(next_hop))
    }

    fn is_service_endpoint(&self) -> bool {
        self.origin() == Origin::System && self.is_to(SERVICE_ENDPOINT)
    }
}

/// The origin of a route, in the order in which Azure prefers equal prefixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    User,
    Bgp,
    System,
    Unknown,
}

impl RouteTable {
    /// Returns the route that carries the traffic to an address.
    ///
    /// 1. Leave out the rows that are not active.
    /// 2. A service-endpoint route precedes user and BGP routes. Routes of the virtual network and its peerings precede BGP
    ///    routes.
    /// 3. The longest prefix wins; among equal ones a user route, then BGP, then a system route.
    #[must_use]
    pub fn carriage(&self, to: IpAddr) -> Carriage<'_> {
        let winner = self.best(to, None);
        let instead_of = winner.and_then(|winner| self.best(to, Some(winner.route)));
        let is_unconfirmed = winner.is_some_and(|winner| {
            let is_inside = |other: &Match<'_>| {
                other.route.origin() == Origin::User && other.prefix.length() > winner.prefix.length()
            };
            winner.route.is_service_endpoint() && self.matches(to, None).iter().any(is_inside)
        });
        Carriage { to, winner, instead_of, is_unconfirmed }
    }

    fn best(&self, to: IpAddr, without: Option<&Route>) -> Option<Match<'_>> {
        let mut matches = self.matches(to, without);
        if matches.iter().any(|found| found.route.is_service_endpoint()) {
            matches.retain(|found| !matches!(found.route.origin(), Origin::User | Origin::Bgp));
        } else if matches.iter().any(|found| found.route.precedes_bgp()) {
            matches.retain(|found| found.route.origin() != Origin::Bgp);
        }
        // The first of equal rows stays.
        matches.into_iter().min_by_key(|found| {
            let tag = found.tag.map_or(0, breadth);
            (Reverse(found.prefix.length()), found.route.origin(), tag)
        })
    }

    /// Returns the prefixes of active rows that hold the address. Each prefix of a row counts by itself.
    fn matches(&self, to: IpAddr, without: Option<&Route>) -> Vec<Match<'_>> {
        let is_left = |route: &&Route| route.is_active() && !without.is_some_and(|other| std::ptr::eq(*route, other));
        let mut matches = Vec::new();
        for route in self.routes.iter().filter(is_left) {
            let plain = route.prefixes.iter().map(|prefix| (*prefix, None));
            let of_tags = route.tags.iter().flat_map(|tag| tag.prefixes.iter().map(|p| (*p, Some(tag.name.as_str()))));
            let held = plain.chain(of_tags).filter(|(prefix, _)| prefix.contains(to));
            matches.extend(held.map(|(prefix, tag)| Match { route, prefix, tag }));
        }
        matches
    }
}

/// Returns the place of a service tag among equal prefixes: a regional tag, a service, a region of the cloud, the cloud.
fn breadth(tag: &str) -> u8 {
    match tag.to_ascii_lowercase().split_once('.') {
        Some(("azurecloud", _)) => 3,
        Some(_) => 1,
        None if tag.eq_ignore_ascii_case("AzureCloud") => 4,
        None => 2,
    }
}

/// The next hop of a route that drops traffic.
const NONE: &str = "None";

pub(crate) const SERVICE_ENDPOINT: &str = "VirtualNetworkServiceEndpoint";

const BEFORE_BGP: &[&str] = &["VnetLocal", "VNetPeering", "VNetGlobalPeering", SERVICE_ENDPOINT];

#[cfg(test)]
mod tests {
    use super::super::effective::ServiceTag;
    use super::*;

    fn row(source: &str, next_hop: &str, prefixes: &[&str]) -> Route {
        Route {
            source: Some(source.into()),
            next_hop: Some(next_hop.into()),
            prefixes: prefixes.iter().map(|prefix| prefix.parse().unwrap()).collect(),
            ..Route::default()
        }
    }

    fn table(routes: Vec<Route>) -> RouteTable {
        RouteTable { interface: None, routes }
    }

    fn won(table: &RouteTable, to: &str) -> (String, Option<String>) {
        let carriage = table.carriage(to.parse().unwrap());
        let shown = |found: Match<'_>| format!("{} {}", found.prefix, found.route.next_hop.as_deref().unwrap());
        (carriage.winner.map_or("nothing".into(), shown), carriage.instead_of.map(shown))
    }

    #[test]
    fn the_longest_active_prefix_wins_and_then_the_origin() {
        let mut invalid = row("Default", "InterfaceEndpoint", &["10.1.0.4/32"]);
        invalid.state = Some("Invalid".into());
        let table = table(vec![
            row("Default", "VnetLocal", &["10.0.0.0/16"]),
            row("Default", "Internet", &["0.0.0.0/0"]),
            row("User", "VirtualAppliance", &["0.0.0.0/0", "10.1.0.0/16"]),
            invalid,
        ]);
        assert_eq!(won(&table, "20.0.0.1"), ("0.0.0.0/0 VirtualAppliance".into(), Some("0.0.0.0/0 Internet".into())));
        assert_eq!(won(&table, "10.1.0.4"), ("10.1.0.0/16 VirtualAppliance".into(), Some("0.0.0.0/0 Internet".into())));
        assert_eq!(won(&table, "10.0.3.4").0, "10.0.0.0/16 VnetLocal");
        assert_eq!(won(&table, "2001:db8::1"), ("nothing".into(), None));
    }

    #[test]
    fn a_service_endpoint_precedes_a_more_specific_user_or_bgp_route() {
        let table = table(vec![
            row("Default", SERVICE_ENDPOINT, &["20.50.0.0/16"]),
            row("VirtualNetworkGateway", "VirtualNetworkGateway", &["20.50.1.0/24"]),
            row("User", "VirtualAppliance", &["20.50.1.7/32"]),
        ]);
        let carriage = table.carriage("20.50.1.7".parse().unwrap());
        assert!(carriage.is_unconfirmed);
        assert_eq!(
            won(&table, "20.50.1.7"),
            (format!("20.50.0.0/16 {SERVICE_ENDPOINT}"), Some("20.50.1.7/32 VirtualAppliance".into()))
        );
        assert!(!table.carriage("20.50.1.8".parse().unwrap()).is_unconfirmed);
    }

    #[test]
    fn a_peering_precedes_a_more_specific_bgp_route_and_the_internet_does_not() {
        let peered = table(vec![
            row("Default", "VNetPeering", &["10.2.0.0/16"]),
            row("VirtualNetworkGateway", "VirtualNetworkGateway", &["10.2.1.0/24", "20.0.0.0/8"]),
            row("Default", "Internet", &["0.0.0.0/0"]),
        ]);
        assert_eq!(won(&peered, "10.2.1.4").0, "10.2.0.0/16 VNetPeering");
        assert_eq!(won(&peered, "20.1.1.1").0, "20.0.0.0/8 VirtualNetworkGateway");
    }

    #[test]
    fn among_tags_of_one_prefix_the_narrower_one_wins() {
        let tagged = |tag: &str, hop: &str| {
            let mut route = row("User", hop, &[]);
            route.tags = vec![ServiceTag { name: tag.into(), prefixes: vec!["20.0.0.0/8".parse().unwrap()] }];
            route
        };
        let mut routes = vec![
            tagged("AzureCloud", "a"),
            tagged("AzureCloud.westeurope", "b"),
            tagged("Storage", "c"),
            tagged("Storage.WestEurope", "d"),
            row("User", "e", &["20.0.0.0/8"]),
        ];
        for expected in ["e", "d", "c", "b", "a"] {
            assert_eq!(won(&table(routes.clone()), "20.1.1.1").0, format!("20.0.0.0/8 {expected}"));
            routes.pop();
        }
    }

    #[test]
    fn a_route_to_none_drops() {
        let table = table(vec![row("Default", "None", &["10.0.0.0/8"])]);
        assert!(table.carriage("10.9.9.9".parse().unwrap()).is_dropped());
        assert!(table.carriage("20.9.9.9".parse().unwrap()).is_dropped());
    }
}
