//! `lab`: runs the emulator on loopback, to reproduce a failure.
#![allow(clippy::doc_markdown, reason = "doc comments of arguments are help, read in a terminal")]

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use speech_endpoint::QuotedValue;
use speech_endpoint_lab::{Lab, World};

use super::args::OutputArgs;
use super::failure::Failure;
use super::file;
use super::machine;
use super::output::Output;
use super::runtime;
use super::style::{BOLD, DIM};

mod client;

#[derive(Debug, ClapArgs)]
pub(crate) struct LabArgs {
    /// World to run, for example DNS03, or `list` to list them all
    #[arg(value_name = "WORLD | list")]
    pub(crate) world: String,
    /// Listen on the world's addresses and ports instead of loopback; needs a network namespace with these addresses
    #[arg(long)]
    pub(crate) listen: bool,
    /// Write the files that a client needs to a folder: root.pem, credential, azure/*.json, and listeners (ADDRESS PORT WHAT)
    #[arg(long, value_name = "FOLDER")]
    pub(crate) write: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  speech-endpoint lab list
  speech-endpoint lab DNS03                   runs until Ctrl-C
  speech-endpoint lab TLS01-inspected
  ip netns exec SERVICE speech-endpoint lab DNS03 --listen --write client
  speech-endpoint doctor --lab DNS03          diagnoses the same world";

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

/// Finds a world by its name or id.
pub(crate) fn world(name: &str) -> Result<World, Failure> {
    World::named(name).ok_or_else(|| {
        Failure::usage(format!(
            "{} is not a world; run `speech-endpoint lab list` to list them",
            QuotedValue::new(name)
        ))
    })
}

async fn serve(args: &LabArgs, world: World, output: &Output) -> Result<u8, Failure> {
    let title = world.title().to_owned();
    let lab = if args.listen {
        let lab = Lab::start_at_own_addresses(world, machine::now()).await;
        lab.map_err(|error| Failure::listen(&error))?
    } else {
        started(world).await?
    };
    // The temporary file must exist until the lab ends.
    let (root, _file) = match &args.write {
        Some(folder) => (client::write(folder, &lab)?, None),
        None => TempFile::new(&lab.root_pem()).map(|file| (file.0.clone(), Some(file)))?,
    };
    output.data(&description(&args.world, &title, &lab.listeners(), &root))?;
    runtime::interrupt().await;
    Ok(0)
}

/// A file that is removed when the lab ends.
struct TempFile(PathBuf);

impl TempFile {
    fn new(text: &str) -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("speech-endpoint-lab-{}.pem", std::process::id()));
        let written = fs::File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()));
        written.map(|()| Self(path.clone())).map_err(|error| Failure::write(&file::named(&path).to_string(), &error))
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        // A file that cannot be removed is left to whatever cleans the temporary directory.
        let _ = fs::remove_file(&self.0);
    }
}

/// Returns the name and title of each world.
fn worlds() -> Vec<(&'static str, String)> {
    let title = |toml| World::parse(toml).map_or_else(|error| error.to_string(), |world| world.title().to_owned());
    World::all().map(|(name, toml)| (name, title(toml))).collect()
}

/// The role of a listener, its address in the world, and its real address.
type Listener = (String, SocketAddr, SocketAddr);

fn list(worlds: &[(&str, String)]) -> String {
    let width = worlds.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (name, title) in worlds {
        let _ = writeln!(text, "{BOLD}{name:width$}{BOLD:#}  {title}");
    }
    text
}

/// Describes how to reach a world.
fn description(name: &str, title: &str, listeners: &[Listener], root: &Path) -> String {
    let mut text = format!("{BOLD}{name}{BOLD:#}   {title}\n\n");
    let shown = |place: &dyn Fn(&Listener) -> String| {
        let cells = listeners.iter().map(place);
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default().max("listens on".len())
    };
    let (what, stands) = (shown(&|row| row.0.clone()), shown(&|row| row.1.to_string()));
    let _ = writeln!(text, "{DIM}{:what$}  {:stands$}  listens on{DIM:#}", "", "stands for");
    for (name, in_world, really) in listeners {
        let _ = writeln!(text, "{name:what$}  {:stands$}  {really}", in_world.to_string());
    }
    let dns = listeners.iter().find(|(_, in_world, _)| in_world.port() == 53);
    let _ = writeln!(text, "\nroot certificate  {}", root.display());
    if listeners.iter().all(|(_, in_world, really)| in_world == really) {
        let _ = writeln!(text, "diagnose it       speech-endpoint doctor --ca-file {} RESOURCE", root.display());
    } else {
        let _ = writeln!(text, "diagnose it       speech-endpoint doctor --lab {name}");
    }
    if let Some((_, _, really)) = dns {
        let _ = writeln!(text, "query its DNS     dig @{} -p {} HOST", really.ip(), really.port());
    }
    let _ = writeln!(text, "\n{DIM}press Ctrl-C to stop{DIM:#}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_shows_how_to_reach_a_world() {
        let address = |text: &str| text.parse().expect("an address");
        let listeners = [
            ("name server".into(), address("168.63.129.16:53"), address("127.0.0.1:40053")),
            ("gateway".into(), address("10.1.0.4:443"), address("127.0.0.1:40443")),
        ];
        let text = description("healthy", "Everything works", &listeners, Path::new("/tmp/root.pem"));
        let text = anstream::adapter::strip_str(&text).to_string();
        assert!(text.contains("\nname server  168.63.129.16:53  127.0.0.1:40053\n"), "{text}");
        assert!(text.contains("\ngateway      10.1.0.4:443      127.0.0.1:40443\n"), "{text}");
        assert!(text.contains("dig @127.0.0.1 -p 40053 HOST"), "{text}");
        let list = anstream::adapter::strip_str(&list(&[("a", "one".into()), ("bcd", "two".into())])).to_string();
        assert_eq!(list, "a    one\nbcd  two\n");
    }
}
