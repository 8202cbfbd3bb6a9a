//! Selects where an example runs: in the lab, or in Azure if its command line names a resource.
//!
//! ```text
//! cargo run --example voices
//! cargo run --example voices -- --lab DNS03
//! SPEECH_KEY=… cargo run --example voices -- --region westeurope
//! SPEECH_KEY=… cargo run --example voices -- --endpoint https://contoso.cognitiveservices.azure.com/
//! ```

#![allow(
    dead_code,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "each example uses a part of this module, and reads the environment and the clock"
)]

use std::error::Error;
use std::fmt;
use std::time::SystemTime;

use rustls::RootCertStore;
use speech_endpoint::Account;
use speech_endpoint::connect::{Builder, TokenSource};
use speech_endpoint::net::Trust;
use speech_endpoint_lab::{ClientCredential, Lab, World};

pub(crate) mod audio;

/// The resource and the arguments of an example.
pub(crate) struct Setting {
    /// The resource.
    pub(crate) account: Account,
    /// The lab that stands in for Azure, unless a resource is named.
    pub(crate) lab: Option<Lab>,
    /// The other arguments.
    pub(crate) arguments: Vec<String>,
}

impl Setting {
    /// Reads the command line, and starts a world of the lab if it names no resource.
    pub(crate) async fn of_command_line(world: &str) -> Result<Self, Stop> {
        let Arguments { mut accounts, world: named, others } = Arguments::read()?;
        match (accounts.len(), named) {
            (0, named) => {
                let world = named.as_deref().unwrap_or(world);
                let lab =
                    start(World::named(world).ok_or_else(|| {
                        format!("`{world}` is not a world; run `speech-endpoint lab list` to list them")
                    })?)
                    .await?;
                let account = lab.account().map_err(ToString::to_string)?.clone();
                Ok(Self { account, lab: Some(lab), arguments: others })
            }
            (1, None) => Ok(Self { account: accounts.remove(0), lab: None, arguments: others }),
            _ => Err("expected one of `--region`, `--endpoint` and `--lab`".into()),
        }
    }

    /// Returns the credential of the lab, or the key in `SPEECH_KEY`.
    pub(crate) fn source(&self) -> Result<TokenSource, Stop> {
        let Some(lab) = &self.lab else { return key("SPEECH_KEY") };
        let given = lab.credential().map(ClientCredential::read).transpose()?;
        Ok(given.map_or_else(TokenSource::none, TokenSource::ready))
    }

    /// Connects a builder to the network of the lab, if there is one.
    pub(crate) fn lead(&self, builder: Builder) -> Builder {
        match &self.lab {
            Some(lab) => lab.lead(builder),
            None => builder,
        }
    }
}

/// The command line.
pub(crate) struct Arguments {
    /// The resources of `--region` and `--endpoint`.
    pub(crate) accounts: Vec<Account>,
    /// The world of `--lab`.
    pub(crate) world: Option<String>,
    /// The arguments of the example itself.
    pub(crate) others: Vec<String>,
}

impl Arguments {
    /// Reads the command line.
    pub(crate) fn read() -> Result<Self, Stop> {
        let mut read = Self { accounts: Vec::new(), world: None, others: Vec::new() };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("`{argument}` needs a value"));
            match argument.as_str() {
                "--region" => read.accounts.push(Account::regional(value()?.parse()?)?),
                "--endpoint" => read.accounts.push(Account::from_endpoint(&value()?)?.value),
                "--lab" => read.world = Some(value()?),
                option if option.starts_with('-') => {
                    return Err(format!("`{option}` is unknown: expected `--region`, `--endpoint` or `--lab`").into());
                }
                _ => read.others.push(argument),
            }
        }
        Ok(read)
    }
}

/// Reads a key from a variable, because every process on the machine can read arguments.
pub(crate) fn key(variable: &str) -> Result<TokenSource, Stop> {
    let key =
        std::env::var(variable).map_err(|_| format!("`{variable}` is not set: expected a key of the resource"))?;
    Ok(TokenSource::key(key)?)
}

/// Starts a world.
pub(crate) async fn start(world: World) -> Result<Lab, Stop> {
    Ok(Lab::start(world, SystemTime::now()).await?)
}

/// Returns the roots that the machines of these labs trust.
pub(crate) fn trust(labs: &[Lab]) -> Trust {
    let joined = |roots: fn(&Lab) -> RootCertStore| labs.iter().flat_map(|lab| roots(lab).roots).collect();
    Trust::of(joined(Lab::system_roots), joined(Lab::builtin_roots), "the lab")
}

/// The error that ends an example. `main` returns it, and its `Debug` output is readable.
pub(crate) struct Stop(Box<dyn Error>);

impl<E: Into<Box<dyn Error>>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, "\n  because {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
