//! `lab`: the emulator on loopback, for whoever wants to see a failure happen.
#![allow(clippy::doc_markdown, reason = "doc comments of arguments are help, read in a terminal")]

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use anstyle::Style;
use clap::Args as ClapArgs;

use super::args::OutputArgs;
use super::failure::Failure;
use super::output::Output;

#[derive(Debug, ClapArgs)]
pub(crate) struct LabArgs {
    /// A world such as DNS03, or list for all of them
    #[arg(value_name = "WORLD | list")]
    pub(crate) world: String,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  speech-endpoint lab list
  speech-endpoint lab DNS03
  speech-endpoint doctor --lab DNS03";

/// A world that runs: what listens where, and the root that its certificates lead to.
struct Served {
    title: String,
    root_pem: String,
    /// What it is, where it is in the world, where it really is.
    listeners: Vec<(String, SocketAddr, SocketAddr)>,
}

/// Lists the worlds, or runs one until it is interrupted.
pub(crate) fn run(args: &LabArgs, output: &Output) -> Result<u8, Failure> {
    if args.world == "list" {
        output.data(&list(&worlds()))?;
        return Ok(0);
    }
    let Some(served) = start(&args.world) else {
        return Err(Failure::usage(format!(
            "{} is not a world: `speech-endpoint lab list` names all",
            speech_endpoint::Shown::new(&args.world)
        )));
    };
    let file = std::env::temp_dir().join(format!("speech-endpoint-lab-{}.pem", std::process::id()));
    std::fs::write(&file, &served.root_pem)
        .map_err(|error| Failure::write(&format!("`{}`", file.display()), &error))?;
    output.data(&description(&args.world, &served, &file))?;
    Ok(0)
}

/// Name and title of each world.
fn worlds() -> Vec<(&'static str, String)> {
    Vec::new()
}

fn start(name: &str) -> Option<Served> {
    let _ = name;
    None
}

fn list(worlds: &[(&str, String)]) -> String {
    let width = worlds.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (name, title) in worlds {
        let _ = writeln!(text, "{BOLD}{name:width$}{BOLD:#}  {title}");
    }
    text
}

/// How a world is reached.
fn description(name: &str, served: &Served, root: &Path) -> String {
    let mut text = format!("{BOLD}{name}{BOLD:#}   {}\n\n", served.title);
    let shown = |place: &dyn Fn(&(String, SocketAddr, SocketAddr)) -> String| {
        let cells = served.listeners.iter().map(place);
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default().max("listens at".len())
    };
    let (what, stands) = (shown(&|row| row.0.clone()), shown(&|row| row.1.to_string()));
    let _ = writeln!(text, "{DIM}{:what$}  {:stands$}  listens at{DIM:#}", "", "stands for");
    for (name, in_world, really) in &served.listeners {
        let _ = writeln!(text, "{name:what$}  {:stands$}  {really}", in_world.to_string());
    }
    let dns = served.listeners.iter().find(|(_, in_world, _)| in_world.port() == 53);
    let _ = writeln!(text, "\nroot certificate  {}", root.display());
    let _ = writeln!(text, "diagnose it       speech-endpoint doctor --lab {name}");
    if let Some((_, _, really)) = dns {
        let _ = writeln!(text, "ask its DNS       dig @{} -p {} HOST", really.ip(), really.port());
    }
    let _ = writeln!(text, "\n{DIM}runs until Ctrl-C{DIM:#}");
    text
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_world_says_how_it_is_reached() {
        let address = |text: &str| text.parse().expect("an address");
        let served = Served {
            title: "All is well".into(),
            root_pem: String::new(),
            listeners: vec![
                ("name server".into(), address("168.63.129.16:53"), address("127.0.0.1:40053")),
                ("gateway".into(), address("10.1.0.4:443"), address("127.0.0.1:40443")),
            ],
        };
        let text =
            anstream::adapter::strip_str(&description("healthy", &served, Path::new("/tmp/root.pem"))).to_string();
        assert!(text.contains("\nname server  168.63.129.16:53  127.0.0.1:40053\n"), "{text}");
        assert!(text.contains("\ngateway      10.1.0.4:443      127.0.0.1:40443\n"), "{text}");
        assert!(text.contains("dig @127.0.0.1 -p 40053 HOST"), "{text}");
        let list = anstream::adapter::strip_str(&list(&[("a", "one".into()), ("bcd", "two".into())])).to_string();
        assert_eq!(list, "a    one\nbcd  two\n");
    }
}
