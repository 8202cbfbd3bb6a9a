//! The arguments of `--live`, for commands that need neither a network nor a credential without it.
#![allow(clippy::doc_markdown, reason = "doc comments here are help, read in a terminal")]

use std::path::PathBuf;

use clap::Args as ClapArgs;

use crate::args::{EntraSource, NameServer, Road, Seconds, proxies, worlds};

/// `--live`, its token, and the road to the management API.
#[derive(Debug, Default, ClapArgs)]
#[command(next_help_heading = "Live")]
pub(crate) struct LiveArgs {
    /// Read the documents over the management API of the resource's cloud, with GET only
    #[arg(long)]
    pub(crate) live: bool,
    /// Entra token for the management API from this source; auto if no source is given
    #[arg(long, value_enum, value_name = "SOURCE", num_args = 0..=1, default_missing_value = "auto",
        requires = "live", conflicts_with_all = ["token_env", "token_file"])]
    pub(crate) entra: Option<EntraSource>,
    /// Environment variable with an Entra token for the management API
    #[arg(long, value_name = "NAME", requires = "live", conflicts_with = "token_file")]
    pub(crate) token_env: Option<String>,
    /// File with an Entra token for the management API
    #[arg(long, value_name = "FILE", requires = "live")]
    pub(crate) token_file: Option<PathBuf>,
    /// Read from a world of the built-in emulator instead of Azure (see `lab list`)
    #[arg(long, value_name = "WORLD", add = worlds(), requires = "live", conflicts_with_all = ["dns_servers", "proxy"])]
    pub(crate) lab: Option<String>,
    /// Query this name server instead of the configured ones; repeatable
    #[arg(long = "dns-server", value_name = "IP[:PORT]", requires = "live")]
    pub(crate) dns_servers: Vec<NameServer>,
    /// Extra certificates to trust, in addition to the system's
    #[arg(long, value_name = "PEM", requires = "live")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Proxy, or none for a direct connection [default: from HTTPS_PROXY, ALL_PROXY and NO_PROXY]
    #[arg(long, value_name = "URL", add = proxies(), requires = "live")]
    pub(crate) proxy: Option<String>,
    /// Time limit for reading [default: 20]
    #[arg(long, value_name = "SECONDS", requires = "live")]
    pub(crate) timeout: Option<Seconds>,
}

impl LiveArgs {
    pub(super) fn road(&self) -> Road<'_> {
        Road { dns_servers: &self.dns_servers, ca_file: self.ca_file.as_deref(), proxy: self.proxy.as_deref() }
    }
}
