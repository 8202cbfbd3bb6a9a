//! How a run connects: its network, trusted roots, proxies and clock. They are those of this machine, or of a world of the lab.

use std::time::SystemTime;

use speech_endpoint::net::{ProxySettings, SharedNetwork, SystemNetwork, Trust};
use speech_endpoint_lab::Lab;

use super::args::WayArgs;
use super::entra;
use super::failure::Failure;
use super::{machine, road};

/// How a run connects.
pub(crate) struct Connectivity {
    pub(crate) network: SharedNetwork,
    pub(crate) trust: Trust,
    pub(crate) proxies: ProxySettings,
    /// The time of a clock that stands still; otherwise that of this machine.
    clock: Option<SystemTime>,
    /// Whether a world of the lab replaces this machine.
    pub(crate) is_lab: bool,
}

impl Connectivity {
    /// Reads the trusted roots and the proxies of this machine.
    pub(crate) fn of_this_machine(args: &WayArgs) -> Result<Self, Failure> {
        let dns_servers: Vec<_> = args.dns_servers.iter().map(|server| server.0).collect();
        let (trust, proxies) = (road::trust(args.ca_file.as_deref())?, road::proxies(args.proxy.as_deref())?);
        let network = SharedNetwork::new(SystemNetwork::new(&dns_servers));
        Ok(Self { network, trust, proxies, clock: None, is_lab: false })
    }

    /// Takes everything from a world, and adds the certificates of `--ca-file`.
    pub(crate) fn of_lab(lab: &Lab, args: &WayArgs) -> Result<Self, Failure> {
        let trust = road::extended(lab.trust(), args.ca_file.as_deref())?;
        let network = SharedNetwork::new(lab.network());
        Ok(Self { network, trust, proxies: lab.proxies(), clock: Some(lab.now()), is_lab: true })
    }

    /// Returns the time by the clock of the run.
    pub(crate) fn now(&self) -> SystemTime {
        self.clock.unwrap_or_else(machine::now)
    }

    /// Returns the same for the requests of tokens.
    pub(crate) fn for_tokens(&self) -> entra::Way<'_> {
        entra::Way { network: self.network.clone(), is_lab: self.is_lab, trust: &self.trust, proxies: &self.proxies }
    }
}
