//! What `lab WORLD` prints: how a client, a test or another terminal reaches the world.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use speech_endpoint_lab::Lab;

use super::languages::{self, Language};
use super::place;
use super::variables::Doors;
use crate::file;
use crate::style::{BOLD, DIM, wrap};

/// The role of a listener, its address in the world, and its real address.
pub(super) type Listener = (String, SocketAddr, SocketAddr);

/// Describes a running world. `variables` is the file with the environment of a client.
pub(super) fn write(name: &str, lab: &Lab, doors: Doors<'_>, variables: &Path) -> String {
    let listeners = lab.listeners();
    let is_own = listeners.iter().all(|(_, in_world, really)| in_world == really);
    let ground = if is_own { "on the world's own addresses" } else { "on loopback only (127.0.0.1)" };
    let mut text = format!("{BOLD}{}{BOLD:#}, {ground}\n", name_of(name));
    for line in wrap(lab.world().title(), WIDTH) {
        let _ = writeln!(text, "{line}");
    }
    let _ = writeln!(text, "\nforward proxy     http://{}", doors.forward_proxy);
    let _ = writeln!(text, "control API       http://{}", doors.control_api);
    let _ = writeln!(text, "root certificate  {}", doors.roots.display());
    if is_own {
        let _ = writeln!(text, "diagnose it       speech-endpoint doctor --ca-file {} RESOURCE", doors.roots.display());
    } else {
        let _ = writeln!(text, "diagnose it       speech-endpoint doctor --lab {}", name_of(name));
    }
    if let Some((_, _, really)) = listeners.iter().find(|(_, in_world, _)| in_world.port() == 53) {
        let _ = writeln!(text, "query its DNS     dig @{} -p {} HOST", really.ip(), really.port());
    }
    clients(&mut text, lab, doors, variables);
    let _ = writeln!(text, "\n{}", table(&listeners));
    let _ = writeln!(text, "{DIM}press Ctrl-C to stop{DIM:#}");
    text
}

/// Returns the lines that point an SDK of one language at a lab.
pub(super) fn language(language: Language, lab: &Lab, doors: Doors<'_>) -> String {
    lines(language, lab, doors).into_iter().map(|line| line + "\n").collect()
}

fn clients(text: &mut String, lab: &Lab, doors: Doors<'_>, variables: &Path) {
    let file = variables.display();
    let _ = writeln!(text, "\nIn the shell of a client, set its environment (key, proxy and roots):");
    let _ = writeln!(text, "  set -a; . {file}; set +a");
    if !place::has_speech_sdk(lab) {
        let _ = writeln!(text, "The Speech SDKs do not support this resource. HTTP clients read the variables.");
        return;
    }
    let _ = writeln!(text, "Most SDKs do not read the proxy from there, so they need these lines:");
    for of in Language::ALL {
        for (index, line) in lines(of, lab, doors).iter().enumerate() {
            let title = if index == 0 { of.title() } else { "" };
            let gap = if index == 0 { "\n" } else { "" };
            let _ = writeln!(text, "{gap}{title:10}  {line}");
        }
    }
}

fn lines(of: Language, lab: &Lab, doors: Doors<'_>) -> Vec<String> {
    let host = doors.forward_proxy.ip().to_string();
    languages::lines(of, lab, (&host, doors.forward_proxy.port())).unwrap_or_default()
}

fn name_of(name: &str) -> String {
    if name == "-" { "standard input".to_owned() } else { file::named(Path::new(name)).to_string().replace('`', "") }
}

fn table(listeners: &[Listener]) -> String {
    let shown = |place: &dyn Fn(&Listener) -> String| {
        let cells = listeners.iter().map(place);
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default().max("listens on".len())
    };
    let (what, stands) = (shown(&|row| row.0.clone()), shown(&|row| row.1.to_string()));
    let mut text = format!("{DIM}{:what$}  {:stands$}  listens on{DIM:#}\n", "", "stands for");
    for (name, in_world, really) in listeners {
        let _ = writeln!(text, "{name:what$}  {:stands$}  {really}", in_world.to_string());
    }
    text
}

const WIDTH: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_shows_where_each_address_listens() {
        let address = |text: &str| text.parse().expect("an address");
        let listeners = [
            ("name server".into(), address("168.63.129.16:53"), address("127.0.0.1:40053")),
            ("gateway".into(), address("10.1.0.4:443"), address("127.0.0.1:40443")),
        ];
        let text = anstream::adapter::strip_str(&table(&listeners)).to_string();
        assert!(text.contains("\nname server  168.63.129.16:53  127.0.0.1:40053\n"), "{text}");
        assert!(text.contains("\ngateway      10.1.0.4:443      127.0.0.1:40443\n"), "{text}");
    }
}
