//! What has changed since the run before: at most one change of each service, and one of the whole.
//!
//! An address or a certificate counts as new only if no earlier run has seen it: a name with several addresses alternates among
//! them, and so do the certificates of the servers behind them.

use std::collections::{BTreeSet, VecDeque};
use std::net::IpAddr;

use speech_endpoint::Verdict;
use tokio::time::Instant;

use super::state::{Cause, CertificateState, ServiceState, State, Status};

/// What a watch remembers of the runs so far.
#[derive(Debug, Default)]
pub(super) struct Memory {
    before: Option<State>,
    services: Vec<Known>,
}

/// What is known of a service at a host.
#[derive(Debug)]
struct Known {
    service: String,
    host: String,
    addresses: VecDeque<IpAddr>,
    certificates: VecDeque<String>,
    /// The start of the first of the runs in a row that did not find it up.
    down_since: Option<Instant>,
}

/// A change of one service, or of the whole.
#[derive(Debug)]
pub(super) enum Change {
    Service(Box<ServiceChange>),
    Whole(WholeChange),
}

/// What has changed at a service. It is in `now`; fields without a change are empty.
#[derive(Debug)]
pub(super) struct ServiceChange {
    pub(super) now: ServiceState,
    /// The status before; `None` for a service that the run before did not check.
    pub(super) before: Option<Status>,
    /// The seconds for which it was not up, if it is up again.
    pub(super) down_for: Option<u64>,
    pub(super) appeared: Vec<&'static str>,
    pub(super) gone: Vec<&'static str>,
    pub(super) new_addresses: Vec<IpAddr>,
    pub(super) new_certificate: Option<CertificateState>,
    /// Whether the run did not check the service any more. Then `now` is its last state.
    pub(super) is_gone: bool,
}

/// What has changed about the whole.
#[derive(Debug)]
pub(super) struct WholeChange {
    pub(super) verdict: (Verdict, Verdict),
    pub(super) root_cause: (Option<Cause>, Option<Cause>),
    pub(super) appeared: Vec<&'static str>,
    pub(super) gone: Vec<&'static str>,
    pub(super) exit_code: u8,
}

impl Memory {
    /// Returns the state of the last run that found one.
    pub(super) fn last(&self) -> Option<&State> {
        self.before.as_ref()
    }

    /// Remembers the state of a run that began at `begun`, and returns what has changed since the one before; nothing for the
    /// first run.
    pub(super) fn take(&mut self, now: State, begun: Instant) -> Vec<Change> {
        let before = self.before.take();
        let mut changes = Vec::new();
        for service in &now.services {
            let earlier = before.iter().flat_map(|state| &state.services).find(|other| is_same(other, service));
            let change = self.noted(service, earlier, begun);
            // The first run has nothing to compare with.
            if before.is_some() && change.is_one() {
                changes.push(Change::Service(Box::new(change)));
            }
        }
        if let Some(before) = &before {
            let is_checked = |service: &&ServiceState| now.services.iter().any(|other| is_same(other, service));
            let gone = before.services.iter().filter(|service| !is_checked(service));
            changes.extend(gone.map(|service| Change::Service(Box::new(removed(service)))));
            changes.extend(of_whole(before, &now).map(Change::Whole));
        }
        self.before = Some(now);
        changes
    }

    /// Notes the state of a service, and compares it with the earlier one.
    fn noted(&mut self, now: &ServiceState, earlier: Option<&ServiceState>, begun: Instant) -> ServiceChange {
        let known = self.known(now);
        let new_addresses = known.new_addresses(&now.addresses);
        let new_certificate = now.certificate.clone().filter(|certificate| known.is_new(certificate));
        let down_for = known.down_for(now.status, begun);
        let none = BTreeSet::new();
        let findings = earlier.map_or(&none, |earlier| &earlier.findings);
        ServiceChange {
            before: earlier.map(|earlier| earlier.status),
            down_for,
            appeared: now.findings.difference(findings).copied().collect(),
            gone: findings.difference(&now.findings).copied().collect(),
            new_addresses,
            new_certificate,
            is_gone: false,
            now: now.clone(),
        }
    }

    fn known(&mut self, service: &ServiceState) -> &mut Known {
        let at = self.services.iter().position(|known| known.service == service.service && known.host == service.host);
        let at = at.unwrap_or_else(|| {
            // A service redirects to hosts of its choice, so their number is bounded.
            if self.services.len() >= MOST_KNOWN {
                self.services.remove(0);
            }
            self.services.push(Known::new(service));
            self.services.len() - 1
        });
        &mut self.services[at]
    }
}

impl Known {
    fn new(service: &ServiceState) -> Self {
        Self {
            service: service.service.clone(),
            host: service.host.clone(),
            addresses: VecDeque::new(),
            certificates: VecDeque::new(),
            down_since: None,
        }
    }

    /// Notes the addresses, and returns those that no earlier run has seen. The first addresses are not new.
    fn new_addresses(&mut self, now: &BTreeSet<IpAddr>) -> Vec<IpAddr> {
        let is_first = self.addresses.is_empty();
        let new: Vec<IpAddr> = now.iter().filter(|ip| !self.addresses.contains(ip)).copied().collect();
        for ip in &new {
            push(&mut self.addresses, *ip);
        }
        if is_first { Vec::new() } else { new }
    }

    fn is_new(&mut self, certificate: &CertificateState) -> bool {
        let is_first = self.certificates.is_empty();
        let is_known = self.certificates.contains(&certificate.sha256);
        if !is_known {
            push(&mut self.certificates, certificate.sha256.clone());
        }
        !is_known && !is_first
    }

    /// Notes the status, and returns the seconds that an outage took which has ended.
    fn down_for(&mut self, now: Status, begun: Instant) -> Option<u64> {
        if now == Status::Up {
            let since = self.down_since.take()?;
            return Some(begun.saturating_duration_since(since).as_secs());
        }
        self.down_since.get_or_insert(begun);
        None
    }
}

impl ServiceChange {
    fn is_one(&self) -> bool {
        self.before != Some(self.now.status)
            || !(self.appeared.is_empty() && self.gone.is_empty() && self.new_addresses.is_empty())
            || self.new_certificate.is_some()
    }
}

fn is_same(one: &ServiceState, other: &ServiceState) -> bool {
    one.service == other.service && one.host == other.host
}

fn removed(last: &ServiceState) -> ServiceChange {
    ServiceChange {
        now: last.clone(),
        before: Some(last.status),
        down_for: None,
        appeared: Vec::new(),
        gone: Vec::new(),
        new_addresses: Vec::new(),
        new_certificate: None,
        is_gone: true,
    }
}

fn of_whole(before: &State, now: &State) -> Option<WholeChange> {
    let id = |state: &State| state.root_cause.map(|cause| cause.id);
    let is_same = before.verdict == now.verdict && id(before) == id(now) && before.findings == now.findings;
    (!is_same).then(|| WholeChange {
        verdict: (before.verdict, now.verdict),
        root_cause: (before.root_cause, now.root_cause),
        appeared: now.findings.difference(&before.findings).copied().collect(),
        gone: before.findings.difference(&now.findings).copied().collect(),
        exit_code: now.exit_code,
    })
}

fn push<T>(known: &mut VecDeque<T>, new: T) {
    if known.len() >= MOST_KNOWN {
        known.pop_front();
    }
    known.push_back(new);
}

/// The number of services, and of addresses and certificates of each, that are remembered.
const MOST_KNOWN: usize = 256;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use speech_endpoint::Stage;

    use super::*;

    fn service(status: Status, address: &str, certificate: &str) -> ServiceState {
        ServiceState {
            service: "speech-to-text".to_owned(),
            host: "contoso.cognitiveservices.azure.com".to_owned(),
            status,
            findings: BTreeSet::new(),
            addresses: BTreeSet::from([address.parse().expect("an address")]),
            certificate: Some(CertificateState { sha256: certificate.to_owned(), not_after: 0 }),
        }
    }

    fn state(services: Vec<ServiceState>) -> State {
        State { verdict: Verdict::Healthy, root_cause: None, exit_code: 0, findings: BTreeSet::new(), services }
    }

    /// The change of the only service, if there is one.
    fn taken(memory: &mut Memory, now: ServiceState, begun: Instant) -> Option<ServiceChange> {
        let mut changes = memory.take(state(vec![now]), begun);
        assert!(changes.len() < 2, "{changes:?}");
        changes.pop().map(|change| match change {
            Change::Service(change) => *change,
            Change::Whole(change) => panic!("{change:?}"),
        })
    }

    const DOWN: Status = Status::Down { stage: Stage::Tcp, cause: None };

    #[test]
    fn a_service_goes_down_and_comes_up_after_the_time_of_all_runs_between() {
        let (mut memory, begun) = (Memory::default(), Instant::now());
        let after = |seconds| begun + Duration::from_secs(seconds);
        assert!(taken(&mut memory, service(Status::Up, "10.1.0.4", "a"), begun).is_none());
        let down = taken(&mut memory, service(DOWN, "10.1.0.4", "a"), after(60)).expect("a change");
        assert_eq!((down.before, down.now.status, down.down_for), (Some(Status::Up), DOWN, None));
        assert!(taken(&mut memory, service(DOWN, "10.1.0.4", "a"), after(120)).is_none());
        let elsewhere = Status::Down { stage: Stage::Tls, cause: None };
        assert!(taken(&mut memory, service(elsewhere, "10.1.0.4", "a"), after(180)).is_some());
        let up = taken(&mut memory, service(Status::Up, "10.1.0.4", "a"), after(240)).expect("a change");
        assert_eq!((up.before, up.down_for), (Some(elsewhere), Some(180)));
    }

    #[test]
    fn an_address_and_a_certificate_are_new_once() {
        let (mut memory, begun) = (Memory::default(), Instant::now());
        assert!(taken(&mut memory, service(Status::Up, "10.1.0.4", "a"), begun).is_none());
        let change = taken(&mut memory, service(Status::Up, "10.1.0.5", "b"), begun).expect("a change");
        assert_eq!(change.new_addresses, ["10.1.0.5".parse::<IpAddr>().expect("an address")]);
        assert_eq!(change.new_certificate.expect("one").sha256, "b");
        for (address, certificate) in [("10.1.0.4", "a"), ("10.1.0.5", "b"), ("10.1.0.5", "a")] {
            assert!(taken(&mut memory, service(Status::Up, address, certificate), begun).is_none());
        }
    }

    #[test]
    fn findings_appear_and_go_in_one_change_of_their_service() {
        let (mut memory, begun) = (Memory::default(), Instant::now());
        let with = |ids: &[&'static str]| ServiceState {
            findings: ids.iter().copied().collect(),
            ..service(Status::Up, "10.1.0.4", "a")
        };
        assert!(taken(&mut memory, with(&["TLS09"]), begun).is_none());
        let change = taken(&mut memory, with(&["DNS02", "TCP07"]), begun).expect("a change");
        assert_eq!((change.appeared, change.gone), (vec!["DNS02", "TCP07"], vec!["TLS09"]));
    }

    #[test]
    fn a_service_that_is_no_longer_checked_is_a_change() {
        let (mut memory, begun) = (Memory::default(), Instant::now());
        memory.take(state(vec![service(Status::Up, "10.1.0.4", "a")]), begun);
        let changes = memory.take(state(Vec::new()), begun);
        assert!(matches!(&changes[..], [Change::Service(change)] if change.is_gone), "{changes:?}");
        let again = taken(&mut memory, service(Status::Up, "10.1.0.4", "a"), begun).expect("a change");
        assert_eq!(again.before, None);
    }

    #[test]
    fn memory_is_bounded() {
        let (mut memory, begun) = (Memory::default(), Instant::now());
        for number in 0..1000_u32 {
            let address = IpAddr::from(number.to_be_bytes()).to_string();
            let mut now = service(Status::Up, &address, &number.to_string());
            memory.take(state(vec![now.clone()]), begun);
            now.host = number.to_string();
            memory.take(state(vec![now]), begun);
        }
        assert_eq!(memory.services.len(), MOST_KNOWN);
        assert!(memory.services.iter().all(|known| known.addresses.len() <= MOST_KNOWN));
    }
}
