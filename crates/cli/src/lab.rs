//! `lab`: runs the emulator on loopback, to reproduce a failure or to test an application.
#![allow(clippy::doc_markdown, reason = "doc comments of arguments are help, read in a terminal")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::pin::pin;

use clap::Args as ClapArgs;
use speech_endpoint_lab::{Lab, LabEvent, World};
use tokio::sync::mpsc::Receiver;

use super::args::{OutputArgs, worlds_and_list};
use super::failure::Failure;
use super::machine;
use super::output::Output;
use super::runtime;
use super::style::BOLD;

mod client;
mod description;
mod languages;
mod place;
mod source;
mod temporary;
mod variables;
mod watch;

use languages::Language;
pub(crate) use source::{text as world_text, world};
use temporary::Temporary;
use variables::Doors;

#[derive(Debug, ClapArgs)]
pub(crate) struct LabArgs {
    /// World to run, for example DNS03, a file with a world (FILE.toml, or `-` for stdin), or `list` to list all worlds
    #[arg(value_name = "WORLD | list", add = worlds_and_list())]
    pub(crate) world: String,
    /// Listen on the world's addresses and ports instead of loopback; needs a network namespace with these addresses
    #[arg(long)]
    pub(crate) listen: bool,
    /// Port of the forward proxy on 127.0.0.1 [default: a free port]
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    pub(crate) port: u16,
    /// Port of the control API on 127.0.0.1 [default: a free port]
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    pub(crate) control_port: u16,
    /// Print only the environment of a client, as lines for a shell: the proxy, the roots, the resource and the key
    #[arg(long)]
    pub(crate) env: bool,
    /// Print only the lines that point an SDK at the lab: python, javascript, csharp, java, go or rust
    #[arg(long = "for", value_name = "LANGUAGE", conflicts_with = "env", hide_possible_values = true)]
    pub(crate) language: Option<Language>,
    /// Write the environment of a client to a file when everything listens; the file is removed at the end
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,
    /// Write the files that a client needs to a folder: root.pem, roots.pem (all roots that the client trusts), company.pem,
    /// credential, azure/*.json, and listeners (ADDRESS PORT WHAT)
    #[arg(long, value_name = "FOLDER")]
    pub(crate) write: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  speech-endpoint lab list
  speech-endpoint lab DNS03                   # runs until Ctrl-C
  speech-endpoint lab healthy-regional --for python
  speech-endpoint lab healthy-regional --ready-file lab.env -v
  speech-endpoint lab my-world.toml
  ip netns exec SERVICE speech-endpoint lab DNS03 --listen --write client
  speech-endpoint doctor --lab DNS03          # diagnoses the same world

The lab listens on loopback only, unless you add --listen. It accepts its own test keys only, and keeps no other.";

/// Lists the worlds, or runs one until the user interrupts.
pub(crate) fn run(args: &LabArgs, output: &Output) -> Result<u8, Failure> {
    if args.world == "list" {
        output.data(&list(&worlds()))?;
        return Ok(0);
    }
    let world = world(&args.world)?;
    runtime::block_on(serve(args, world, output))?
}

/// Starts a world on loopback.
pub(crate) async fn started(world: World) -> Result<Lab, Failure> {
    Lab::start(world, machine::now()).await.map_err(|error| Failure::cannot("listen on loopback", &error))
}

/// Runs a world.
///
/// 1. Start it, with the forward proxy and the control API.
/// 2. Write the files, and then the text that says how to reach it. Signals are caught by then.
/// 3. Wait for a signal. The temporary files end with the lab.
async fn serve(args: &LabArgs, world: World, output: &Output) -> Result<u8, Failure> {
    let mut lab = if args.listen {
        let lab = Lab::start_at_own_addresses(world, machine::now()).await;
        lab.map_err(|error| Failure::listen(&error))?
    } else {
        started(world).await?
    };
    let cannot = |error| Failure::cannot("listen on loopback", &error);
    let forward_proxy = lab.open_forward_proxy(args.port).await.map_err(cannot)?;
    let control_api = lab.open_control_api(args.control_port).await.map_err(cannot)?;
    let events = output.is_verbose().then(|| lab.events());
    let mut end = pin!(runtime::interrupt());
    tokio::select! {
        biased;
        () = &mut end => return Ok(0),
        () = std::future::ready(()) => {}
    }
    let temporary = args.write.is_none().then(|| Temporary::new("pem", &client::roots(&lab))).transpose()?;
    let roots = match (&temporary, &args.write) {
        (Some(file), _) => file.path().to_owned(),
        (None, Some(folder)) => client::write_roots(folder, &lab)?,
        (None, None) => PathBuf::new(),
    };
    let doors = Doors { forward_proxy, control_api, roots: &roots };
    let variables = variables::lines(&lab, doors);
    if let Some(folder) = &args.write {
        client::write(folder, &lab)?;
    }
    let ready = match &args.ready_file {
        Some(path) => Temporary::at(path, &variables)?,
        None => Temporary::new("env", &variables)?,
    };
    output.data(&text(args, &lab, doors, &variables, ready.path()))?;
    tokio::select! {
        () = end => {}
        () = report(events, output) => {}
    }
    Ok(0)
}

fn text(args: &LabArgs, lab: &Lab, doors: Doors<'_>, variables: &str, file: &Path) -> String {
    match args.language {
        Some(language) => description::language(language, lab, doors),
        None if args.env => variables.to_owned(),
        None => description::write(&args.world, lab, doors, file),
    }
}

/// Writes a line for each event; never ends.
async fn report(mut events: Option<Receiver<LabEvent>>, output: &Output) {
    while let Some(events) = &mut events {
        let Some(event) = events.recv().await else { break };
        if let Some(line) = watch::line(&event, machine::now()) {
            output.detail(1, || line);
        }
    }
    std::future::pending::<()>().await;
}

/// Returns the name and title of each world.
fn worlds() -> Vec<(&'static str, String)> {
    let title = |toml| World::parse(toml).map_or_else(|error| error.to_string(), |world| world.title().to_owned());
    World::all().map(|(name, toml)| (name, title(toml))).collect()
}

fn list(worlds: &[(&str, String)]) -> String {
    let width = worlds.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (name, title) in worlds {
        let _ = writeln!(text, "{BOLD}{name:width$}{BOLD:#}  {title}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_a_line_for_each_world() {
        let list = anstream::adapter::strip_str(&list(&[("a", "one".into()), ("bcd", "two".into())])).to_string();
        assert_eq!(list, "a    one\nbcd  two\n");
    }
}
