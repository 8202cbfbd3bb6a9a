//! How a run connects: its network, trusted roots, proxies and clock. They are those of this machine, or of a world of the lab.

use std::path::Path;
use std::time::{Duration, SystemTime};

use speech_endpoint::net::{ProxySettings, SharedNetwork, SystemNetwork, Trust, TrustError};
use speech_endpoint_lab::Lab;

use super::args::Road;
use super::entra;
use super::failure::Failure;
use super::machine;

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
    /// Reads the trusted roots and the proxies of this machine, as far as no argument replaces them.
    pub(crate) fn of_this_machine(road: Road<'_>) -> Result<Self, Failure> {
        let dns_servers: Vec<_> = road.dns_servers.iter().map(|server| server.0).collect();
        let pem = road.ca_file.map(read_pem).transpose()?;
        let trust = Trust::system(pem.as_deref().map(str::as_bytes)).map_err(|error| unusable(&error))?;
        let proxies = ProxySettings::named("--proxy", road.proxy, &machine::proxy_variables())
            .map_err(|error| Failure::usage(error.to_string()))?;
        let network = SharedNetwork::new(SystemNetwork::new(&dns_servers));
        Ok(Self { network, trust, proxies, clock: None, is_lab: false })
    }

    /// Takes everything from a world, and adds the certificates of `--ca-file`.
    pub(crate) fn of_lab(lab: &Lab, road: Road<'_>) -> Result<Self, Failure> {
        let trust = match road.ca_file {
            Some(file) => lab.trust().with_pem(read_pem(file)?.as_bytes()).map_err(|error| unusable(&error))?,
            None => lab.trust(),
        };
        let network = SharedNetwork::new(lab.network());
        Ok(Self { network, trust, proxies: lab.proxies(), clock: Some(lab.now()), is_lab: true })
    }

    /// Returns the same after a time, by which a clock that stands still is put forward.
    pub(crate) fn later(self, by: Duration) -> Self {
        let clock = self.clock.map(|clock| clock.checked_add(by).unwrap_or(clock));
        Self { clock, ..self }
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

fn read_pem(file: &Path) -> Result<String, Failure> {
    machine::read_file(file, "--ca-file", LARGEST_PEM)
}

fn unusable(error: &TrustError) -> Failure {
    Failure::usage(format!("cannot read the file given to `--ca-file`: {error}"))
}

/// Enough for all root certificates of a system.
const LARGEST_PEM: u64 = 4 << 20;
