//! The alias chain: the names on the way to an address, and what they reveal about the resource.
//!
//! Chains: <https://learn.microsoft.com/azure/ai-services/speech-service/speech-services-private-link>. Intermediate names
//! differ per region and over time, so only their suffixes are matched.

use std::fmt;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use crate::diagnose::evidence::{AddressClass, DnsFacts};
use crate::resolve::cloud::Suffixes;

/// The interpretation of a chain, by the letters of the failure catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub enum Fingerprint {
    /// A `privatelink` name and a private address: this network uses the private endpoint.
    A,
    /// A `privatelink` name or the VNet proxy, and a public address: a private endpoint or an allowed network exists,
    /// but this resolver does not see the private zone.
    B,
    /// The regional API gateway: a custom domain with neither a private endpoint nor an allowed network.
    C,
    /// A `privatelink` name that does not exist: the private zone lacks the record.
    D,
    /// A private address without an alias: hosts file, static record or split-horizon DNS.
    E,
    /// A special-purpose address without an alias: a DNS filter or address translation.
    F,
    /// A regional host.
    G,
}

impl Fingerprint {
    /// Returns the letter.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::E => "E",
            Self::F => "F",
            Self::G => "G",
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// A chain of names with its interpretation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AliasChain {
    /// The names, starting with the queried one.
    pub names: Vec<String>,
    /// The interpretation; `None` if the pattern is unknown.
    pub fingerprint: Option<Fingerprint>,
    /// The region that one of the names contains.
    pub region: Option<String>,
    /// Whether a name of the chain is in a `privatelink` zone.
    pub has_private_link: bool,
}

impl AliasChain {
    /// Reads the alias chain of a host.
    ///
    /// 1. The names come from the first server that returned any; otherwise the host stands alone.
    /// 2. The class is that of the first address that would be used; the hosts file may have put it in place of the
    ///    chain.
    /// 3. The fingerprint depends on a `privatelink` name first, then on the gateway or the proxy, then on the lack of
    ///    aliases.
    /// 4. The region is the first label of a gateway name, a proxy name or a regional host.
    #[must_use]
    pub fn read(host: &str, dns: &DnsFacts) -> Self {
        let answer = dns.leading();
        let aliases = answer.map(|answer| answer.chain.as_slice()).unwrap_or_default();
        let mut names = vec![plain(host)];
        names.extend(aliases.iter().map(|alias| plain(&alias.target)));
        let does_not_exist = answer.is_some_and(|answer| answer.rcode.as_deref() == Some("NXDOMAIN"));
        let has_private_link = names.iter().any(|name| name.contains(".privatelink."));
        let used = dns.addresses.first();
        let is_plain = names.len() == 1 || used.is_some_and(|address| dns.hosts_file.contains(&address.ip));
        let fingerprint = match used.map(|address| address.class) {
            None => (has_private_link && does_not_exist).then_some(Fingerprint::D),
            Some(class) if is_plain => of_address(&names[0], class),
            Some(class) => of_aliases(&names, class, has_private_link),
        };
        let region = names.iter().find_map(|name| {
            gateway_region(name).or_else(|| proxy_region(name)).or_else(|| regional_label(name)).map(str::to_owned)
        });
        Self { names, fingerprint, region, has_private_link }
    }

    /// Returns the chain in short form: each name without the suffix that all names of its kind share.
    #[must_use]
    pub fn shortened(&self) -> String {
        let mut names: Vec<String> = self.names.iter().map(|name| shortened(name)).collect();
        names.dedup();
        names.join(" → ")
    }
}

/// Interprets an address without aliases.
fn of_address(host: &str, class: AddressClass) -> Option<Fingerprint> {
    match class {
        AddressClass::Public => regional_label(host).map(|_| Fingerprint::G),
        class if class.is_private() => Some(Fingerprint::E),
        _ => Some(Fingerprint::F),
    }
}

/// Interprets the aliases on the way to an address.
fn of_aliases(names: &[String], class: AddressClass, has_private_link: bool) -> Option<Fingerprint> {
    let is_public = class == AddressClass::Public;
    let aliases = &names[1..];
    if has_private_link && class.is_private() {
        Some(Fingerprint::A)
    } else if !is_public {
        None
    } else if has_private_link || aliases.iter().any(|name| is_vnet_proxy(name)) {
        Some(Fingerprint::B)
    } else if regional_label(&names[0]).is_some() {
        Some(Fingerprint::G)
    } else {
        aliases.iter().any(|name| gateway_region(name).is_some()).then_some(Fingerprint::C)
    }
}

/// Returns the name in lower case without its trailing dot.
fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// `westeurope.api.cognitive.microsoft.com` → `westeurope`, in every cloud.
fn gateway_region(name: &str) -> Option<&str> {
    let (label, rest) = name.split_once('.')?;
    clouds().any(|suffixes| suffixes.rest() == rest).then_some(label)
}

/// `westeurope.prod.vnet.cog.trafficmanager.net` → `westeurope`, and the proxy's own name.
fn proxy_region(name: &str) -> Option<&str> {
    if let Some((label, rest)) = name.split_once('.') {
        if rest.starts_with("prod.vnet.cog.") {
            return Some(label);
        }
        if is_vnet_proxy(name) {
            return rest.split_once(".cloudapp.").map(|(region, _)| region);
        }
    }
    None
}

/// Returns whether the name is the traffic manager in front of the VNet proxies, whose suffix differs per cloud, or a
/// proxy.
fn is_vnet_proxy(name: &str) -> bool {
    name.contains(".vnet.cog.") || name.starts_with("vnetproxyv")
}

/// `westeurope.stt.speech.microsoft.com` → `westeurope`, in every cloud.
fn regional_label(name: &str) -> Option<&str> {
    let (label, rest) = name.split_once('.')?;
    let (offering, suffix) = rest.split_once('.')?;
    let is_offering = ["stt", "tts", "s2s", "voice"].contains(&offering);
    (is_offering && clouds().any(|suffixes| suffixes.realtime() == suffix)).then_some(label)
}

fn clouds() -> impl Iterator<Item = &'static Suffixes> {
    Suffixes::documented().into_iter()
}

/// Fits the longest documented labels, such as `cognitivewesteuropeprod-westeurope-01`.
const LONGEST_LABEL: usize = 40;

/// Keeps only the labels that distinguish a name from others of its kind, and only the beginning of a generated label.
fn shortened(name: &str) -> String {
    let keep = if name.contains(".vnet.cog.") {
        4
    } else if name.contains(".privatelink.") || regional_label(name).is_some() || gateway_region(name).is_some() {
        2
    } else {
        1
    };
    let labels = name.split('.').take(keep).map(|label| match label.char_indices().nth(LONGEST_LABEL) {
        Some((at, _)) => format!("{}…", &label[..at]),
        None => label.to_owned(),
    });
    labels.collect::<Vec<_>>().join(".")
}
