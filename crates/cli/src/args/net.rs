//! The arguments of a run that uses the network, and their values.
#![allow(clippy::doc_markdown, reason = "doc comments here are help, read in a terminal")]

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};
use speech_endpoint::probe;

/// The way of every connection.
#[derive(Debug, Default, ClapArgs)]
#[command(next_help_heading = "Network")]
pub(crate) struct WayArgs {
    /// Query this name server instead of the configured ones; repeatable
    #[arg(long = "dns-server", value_name = "IP[:PORT]")]
    pub(crate) dns_servers: Vec<NameServer>,
    /// Extra certificates to trust, in addition to the system's
    #[arg(long, value_name = "PEM")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Proxy, or none for a direct connection [default: from HTTPS_PROXY, ALL_PROXY and NO_PROXY]
    #[arg(long, value_name = "URL", add = super::values::proxies())]
    pub(crate) proxy: Option<String>,
    /// IP version: any, 4 or 6
    #[arg(long, value_enum, default_value = "any", value_name = "FAMILY", hide_possible_values = true)]
    pub(crate) ip: Family,
}

/// The arguments that replace what this machine has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Road<'a> {
    pub(crate) dns_servers: &'a [NameServer],
    pub(crate) ca_file: Option<&'a Path>,
    pub(crate) proxy: Option<&'a str>,
}

impl WayArgs {
    pub(crate) fn road(&self) -> Road<'_> {
        Road { dns_servers: &self.dns_servers, ca_file: self.ca_file.as_deref(), proxy: self.proxy.as_deref() }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Family {
    #[default]
    Any,
    #[value(name = "4")]
    V4,
    #[value(name = "6")]
    V6,
}

impl From<Family> for probe::Family {
    fn from(family: Family) -> Self {
        match family {
            Family::Any => Self::Any,
            Family::V4 => Self::V4,
            Family::V6 => Self::V6,
        }
    }
}

/// A name server; port 53 when none is given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NameServer(pub(crate) SocketAddr);

impl FromStr for NameServer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let address = |ip: IpAddr| SocketAddr::new(ip, 53);
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        let read = text.parse().or_else(|_| bare.parse().map(address));
        read.map(Self).map_err(|_| "expected an address like `10.0.0.2` or `10.0.0.2:53`")
    }
}

/// A positive time: a number of seconds, or of the unit behind it, with an optional fraction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seconds(pub(crate) Duration);

impl FromStr for Seconds {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let seconds = seconds(text).ok_or(EXPECTED_SECONDS)?;
        let is_sensible = seconds > 0.0 && seconds <= LONGEST;
        let duration = is_sensible.then(|| Duration::try_from_secs_f64(seconds).ok()).flatten();
        duration.filter(|duration| !duration.is_zero()).map(Self).ok_or(EXPECTED_SECONDS)
    }
}

/// Reads a time with a unit, or in seconds without one.
pub(crate) fn seconds(text: &str) -> Option<f64> {
    let with_unit = UNITS.iter().find_map(|(unit, length)| Some((text.strip_suffix(unit)?, *length)));
    let (number, unit) = with_unit.unwrap_or((text, 1.0));
    Some(number.parse::<f64>().ok()? * unit)
}

/// Reads the number of parallel checks.
pub(crate) fn jobs(text: &str) -> Result<usize, &'static str> {
    text.parse().ok().filter(|jobs| (1..=MOST_JOBS).contains(jobs)).ok_or("expected a number from 1 to 256")
}

const EXPECTED_SECONDS: &str =
    "expected seconds above 0 and at most 3600, like `20` or `0.5`, or with a unit, like `90s` or `5m`";

/// The units of a time, in seconds. The longer one of two with the same end comes first.
const UNITS: [(&str, f64); 4] = [("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];

/// An hour.
const LONGEST: f64 = 3600.0;

const MOST_JOBS: usize = 256;
