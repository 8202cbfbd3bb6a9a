//! The road from this machine to a host: its trusted roots and its proxies, as far as no argument replaces them.

use std::path::Path;

use speech_endpoint::net::{ProxySettings, Trust, TrustError};

use super::failure::Failure;
use super::machine;

/// Returns the roots of this machine, with the certificates of `--ca-file`.
pub(crate) fn trust(ca_file: Option<&Path>) -> Result<Trust, Failure> {
    let pem = ca_file.map(read_pem).transpose()?;
    Trust::system(pem.as_deref().map(str::as_bytes)).map_err(|error| unusable(&error))
}

/// Adds the certificates of `--ca-file` to other roots.
pub(crate) fn extended(trust: Trust, ca_file: Option<&Path>) -> Result<Trust, Failure> {
    let Some(file) = ca_file else { return Ok(trust) };
    trust.with_pem(read_pem(file)?.as_bytes()).map_err(|error| unusable(&error))
}

/// Returns the proxies of this machine, or the one that `--proxy` names.
pub(crate) fn proxies(argument: Option<&str>) -> Result<ProxySettings, Failure> {
    let proxies = ProxySettings::named("--proxy", argument, &machine::proxy_variables());
    proxies.map_err(|error| Failure::usage(error.to_string()))
}

fn read_pem(file: &Path) -> Result<String, Failure> {
    machine::read_file(file, "--ca-file", LARGEST_PEM)
}

fn unusable(error: &TrustError) -> Failure {
    Failure::usage(format!("cannot read the file given to `--ca-file`: {error}"))
}

/// Enough for all root certificates of a system.
const LARGEST_PEM: u64 = 4 << 20;
