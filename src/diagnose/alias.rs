//! The alias chain: the names on the way to an address, and what they reveal about the resource.
//!
//! Chains: <https://learn.microsoft.com/azure/ai-services/speech-service/speech-services-private-link>. Intermediate names
//! differ per region and over time, so only their suffixes are matched.

use std::fmt;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use crate::diagnose::evidence::{AddressClass, DnsFacts, Trace};
use crate::resolve::cloud::{OFFERINGS, Suffixes};
use crate::resolve::name::{Region, normalized_host};

/// The interpretation of a chain, by the letters of the failure catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub enum Fingerprint {
    /// A `privatelink` step and a private address: this network uses the private endpoint.
    #[cfg_attr(feature = "serde", serde(rename = "A"))]
    PrivateEndpoint,
    /// A `privatelink` step or the VNet proxy, and a public address: a private endpoint or an allowed network exists, but
    /// this resolver does not see the private zone.
    #[cfg_attr(feature = "serde", serde(rename = "B"))]
    VnetProxy,
    /// The regional API gateway: a custom domain with neither a private endpoint nor an allowed network.
    #[cfg_attr(feature = "serde", serde(rename = "C"))]
    RegionalGateway,
    /// A `privatelink` step that does not exist: the private zone lacks the record.
    #[cfg_attr(feature = "serde", serde(rename = "D"))]
    NoPrivateRecord,
    /// A private address without any alias: a hosts file, a static record or a split horizon.
    #[cfg_attr(feature = "serde", serde(rename = "E"))]
    PrivateWithoutAlias,
    /// A special address without any alias: a filter or a translation.
    #[cfg_attr(feature = "serde", serde(rename = "F"))]
    SpecialWithoutAlias,
    /// A regional host.
    #[cfg_attr(feature = "serde", serde(rename = "G"))]
    RegionalHost,
}

impl Fingerprint {
    /// Returns the letter.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::PrivateEndpoint => "A",
            Self::VnetProxy => "B",
            Self::RegionalGateway => "C",
            Self::NoPrivateRecord => "D",
            Self::PrivateWithoutAlias => "E",
            Self::SpecialWithoutAlias => "F",
            Self::RegionalHost => "G",
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
    /// Reads the chain of a target.
    #[must_use]
    pub fn of(trace: &Trace) -> Self {
        let nothing = DnsFacts::default();
        Self::read(&trace.target.host, trace.dns.found().unwrap_or(&nothing))
    }

    /// Reads the chain of a host.
    ///
    /// 1. The names: those of the first server that gave any, otherwise the host alone.
    /// 2. The class of the first address that applications use, and whether the hosts file replaces the chain.
    /// 3. The fingerprint: a `privatelink` step first, then the gateway or the proxy, then no alias at all.
    /// 4. The region: the first label of a gateway's or proxy's name, or of a regional host.
    #[must_use]
    pub fn read(host: &str, dns: &DnsFacts) -> Self {
        let answer = dns.leading();
        let aliases = answer.map(|answer| answer.chain.as_slice()).unwrap_or_default();
        let mut names = vec![normalized_host(host)];
        names.extend(aliases.iter().map(|alias| normalized_host(&alias.target)));
        let does_not_exist = answer.is_some_and(|answer| answer.rcode.as_deref() == Some("NXDOMAIN"));
        let has_private_link = names.iter().any(|name| name.contains(".privatelink."));
        let used = dns.addresses.first();
        let is_plain = names.len() == 1 || used.is_some_and(|address| dns.hosts_file.contains(&address.ip));
        let fingerprint = match used.map(|address| address.class) {
            None => (has_private_link && does_not_exist).then_some(Fingerprint::NoPrivateRecord),
            Some(class) if is_plain => of_address(&names[0], class),
            Some(class) => of_aliases(&names, class, has_private_link),
        };
        let region = names.iter().find_map(|name| {
            let label = gateway_region(name).or_else(|| proxy_region(name)).or_else(|| regional_label(name))?;
            // A name server can write anything here.
            Some(label.parse::<Region>().ok()?.as_str().to_owned())
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
        AddressClass::Public => regional_label(host).map(|_| Fingerprint::RegionalHost),
        class if class.is_private() => Some(Fingerprint::PrivateWithoutAlias),
        _ => Some(Fingerprint::SpecialWithoutAlias),
    }
}

/// Interprets the aliases on the way to an address.
fn of_aliases(names: &[String], class: AddressClass, has_private_link: bool) -> Option<Fingerprint> {
    let is_public = class == AddressClass::Public;
    let aliases = &names[1..];
    if has_private_link && class.is_private() {
        Some(Fingerprint::PrivateEndpoint)
    } else if !is_public {
        None
    } else if has_private_link || aliases.iter().any(|name| is_vnet_proxy(name)) {
        Some(Fingerprint::VnetProxy)
    } else if regional_label(&names[0]).is_some() {
        Some(Fingerprint::RegionalHost)
    } else {
        aliases.iter().any(|name| gateway_region(name).is_some()).then_some(Fingerprint::RegionalGateway)
    }
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
    let is_offering = OFFERINGS.contains(&offering);
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
