//! The healthy world that a resource implies: the actual resource, its names and its addresses.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::access;
use super::record::{NameAnswer, Record};
use super::revocation;
use super::world::World;
use speech_endpoint::Cloud;
use speech_endpoint::Region;
use speech_endpoint::emulation::OFFERINGS;
use speech_endpoint::{Access, Account, Resource};

/// The actual resource, which may differ from the client's settings.
#[derive(Clone, Debug)]
pub(super) struct Truth {
    pub(super) cloud: Cloud,
    pub(super) region: String,
    pub(super) domain: Option<String>,
    pub(super) access: Access,
    /// The host and port of a container on this machine.
    pub(super) container: Option<(String, u16)>,
}

impl Truth {
    /// Returns the actual resource of a world.
    ///
    /// 1. Use the settings of the gateway.
    /// 2. Otherwise use those of the client. The default region is the first of the cloud.
    /// 3. A custom domain without network access settings has a private endpoint, and serves everything.
    pub(super) fn of(world: &World, account: Option<&Account>) -> Self {
        let gateway = &world.toml.gateway;
        let cloud = account.map_or(Cloud::Public, |account| account.cloud().clone());
        let believed = account.and_then(Account::region).map(Region::as_str);
        let region = gateway.region.as_deref().or(believed).unwrap_or(match cloud {
            Cloud::UsGovernment => "usgovvirginia",
            Cloud::China => "chinaeast2",
            _ => "westeurope",
        });
        let given = account.and_then(Account::domain).map(ToString::to_string);
        let network = gateway.network.as_deref().or(world.resource().network.as_deref());
        let access = network.and_then(|network| access::named(network).ok().flatten());
        Self {
            region: region.to_owned(),
            domain: gateway.custom_domain.clone().or(given),
            access: access.unwrap_or_else(Access::private_endpoint),
            container: account.and_then(container),
            cloud,
        }
    }

    /// Returns whether the virtual network proxy is in front of the resource, so that the custom domain serves real-time
    /// calls.
    pub(super) fn is_proxied(&self) -> bool {
        let access = self.access;
        self.domain.is_some() && (access.private_endpoints > 0 || access.default_deny && access.vnet_rules > 0)
    }

    /// Returns the host of the custom domain.
    pub(super) fn own_host(&self) -> Option<String> {
        Some(format!("{}.{}", self.domain.as_ref()?, self.cloud.suffixes().custom_domain()))
    }

    /// Returns the name of the custom domain in the private zone.
    pub(super) fn private_name(&self) -> Option<String> {
        Some(format!("{}.{}", self.domain.as_ref()?, self.cloud.suffixes().private_zone()))
    }

    /// Returns the names of the resource in the private zones of Speech, Azure OpenAI and Foundry.
    pub(super) fn private_names(&self) -> Vec<String> {
        let suffixes = self.cloud.suffixes();
        let siblings = [suffixes.openai(), suffixes.foundry()].into_iter().flatten();
        let siblings = siblings.filter_map(|suffix| Some(format!("{}.privatelink.{suffix}", self.domain.as_ref()?)));
        self.private_name().into_iter().chain(siblings).collect()
    }
}

/// Returns the address of a container without TLS; a container behind a reverse proxy is not simulated.
fn container(account: &Account) -> Option<(String, u16)> {
    let Resource::Container(host) = account.resource() else { return None };
    if host.is_secure() {
        return None;
    }
    let authority = host.authority();
    let (name, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
    Some((name.to_owned(), port.parse().ok()?))
}

/// Returns the public names.
///
/// 1. Add the regional hosts of the resource's region and of the client's.
/// 2. Add the custom domain, by way of the private zone, the proxy or the gateway, depending on the network access.
/// 3. Add the hosts of the certificate authority, if certificates name them.
/// 4. Add the authority of Entra tokens, and the management API if the world has documents.
pub(super) fn public_names(
    truth: &Truth,
    believed: Option<&str>,
    ipv6: bool,
    has_revocation: bool,
    management: Option<&str>,
) -> HashMap<String, NameAnswer> {
    let mut names = HashMap::new();
    let regions = [Some(truth.region.as_str()), believed.filter(|region| *region != truth.region)];
    for (i, region) in regions.into_iter().flatten().enumerate() {
        if speech_endpoint::emulation::is_listed_region(region) {
            regional_names(&mut names, truth, region, u8::try_from(i).unwrap_or_default(), ipv6);
        }
    }
    own_names(&mut names, truth);
    if has_revocation {
        let hosts = revocation::HOSTS.into_iter();
        names.extend(hosts.map(|(host, ip)| (host.to_owned(), chain_to(&[] as &[&str], ip, false))));
    }
    if let Some(authority) = truth.cloud.suffixes().authority() {
        let chain = ["login.mso.msidentity.com", "www.tm.a.prd.aadg.trafficmanager.net"];
        names.insert(authority.to_owned(), chain_to(&chain, AUTHORITY, ipv6));
    }
    if let Some(host) = management {
        names.insert(host.to_owned(), chain_to(&[] as &[&str], MANAGEMENT, ipv6));
    }
    names
}

fn regional_names(names: &mut HashMap<String, NameAnswer>, truth: &Truth, region: &str, nth: u8, ipv6: bool) {
    let suffixes = truth.cloud.suffixes();
    let (traffic, app) = platform(&truth.cloud);
    for (offering, last) in OFFERINGS.into_iter().zip(10..) {
        let chain =
            [format!("cogsvc-{offering}-{region}-prod.{traffic}"), format!("{offering}-{region}-01.{region}.{app}")];
        let address = Ipv4Addr::new(20, 61, 99 + nth, last);
        names.insert(format!("{region}.{offering}.{}", suffixes.realtime()), chain_to(&chain, address, ipv6));
    }
    let chain = [
        format!("cognitive{region}prod.{traffic}"),
        format!("cognitive{region}prod.azure-api.net"),
        format!("cognitive{region}prod-{region}-01.regional.azure-api.net"),
        "apimgmthskquihpkz6d90kmhvnabrx3ms3pdubscpdfk1tsx3a.cloudapp.net".to_owned(),
    ];
    let address = Ipv4Addr::new(13, 93, 122, 1 + nth);
    names.insert(format!("{region}.{}", suffixes.rest()), chain_to(&chain, address, ipv6));
    let chain = [format!("longaudio-{region}-prod.{traffic}")];
    let address = Ipv4Addr::new(20, 61, 99 + nth, 20);
    names.insert(format!("{region}.customvoice.api.{}", suffixes.realtime()), chain_to(&chain, address, ipv6));
}

/// <https://learn.microsoft.com/azure/ai-services/speech-service/speech-services-private-link>
fn own_names(names: &mut HashMap<String, NameAnswer>, truth: &Truth) {
    own_name(names, truth);
    for suffix in [truth.cloud.suffixes().openai(), truth.cloud.suffixes().foundry()].into_iter().flatten() {
        sibling_names(names, truth, suffix);
    }
}

/// Adds the custom domain of Speech.
pub(super) fn own_name(names: &mut HashMap<String, NameAnswer>, truth: &Truth) {
    let (Some(host), Some(private)) = (truth.own_host(), truth.private_name()) else { return };
    let region = &truth.region;
    let (traffic, app) = platform(&truth.cloud);
    let proxy = [format!("{region}.prod.vnet.cog.{traffic}"), format!("vnetproxyv1-{region}-prod.{region}.{app}")];
    let answer = if truth.access.private_endpoints > 0 {
        names.insert(private.clone(), chain_to(&proxy, VNET_PROXY, false));
        NameAnswer::Records(vec![Record::Alias(private)])
    } else if truth.is_proxied() {
        chain_to(&proxy, VNET_PROXY, false)
    } else {
        NameAnswer::Records(vec![Record::Alias(format!("{region}.{}", truth.cloud.suffixes().rest()))])
    };
    names.insert(host, answer);
}

/// The hosts of Azure OpenAI and Foundry, which have private zones of their own.
/// <https://learn.microsoft.com/azure/private-link/private-endpoint-dns> (2026-07-16)
fn sibling_names(names: &mut HashMap<String, NameAnswer>, truth: &Truth, suffix: &str) {
    let (Some(domain), (traffic, app)) = (&truth.domain, platform(&truth.cloud)) else { return };
    let region = &truth.region;
    let front = [format!("{region}.prod.aoai.{traffic}"), format!("aoai-{region}-prod.{region}.{app}")];
    let (host, private) = (format!("{domain}.{suffix}"), format!("{domain}.privatelink.{suffix}"));
    if truth.access.private_endpoints > 0 {
        names.insert(private.clone(), chain_to(&front, OPENAI, false));
        names.insert(host, NameAnswer::Records(vec![Record::Alias(private)]));
    } else {
        names.insert(host, chain_to(&front, OPENAI, false));
    }
}

fn chain_to(aliases: &[impl ToString], address: Ipv4Addr, ipv6: bool) -> NameAnswer {
    let mut records: Vec<Record> = aliases.iter().map(|alias| Record::Alias(alias.to_string())).collect();
    records.push(Record::Address(IpAddr::V4(address)));
    if ipv6 {
        records.push(Record::Address(IpAddr::V6(sixth(address))));
    }
    NameAnswer::Records(records)
}

/// Returns the IPv6 address that accompanies a public IPv4 address: it ends with the same numbers.
fn sixth(address: Ipv4Addr) -> Ipv6Addr {
    let [a, b, c, d] = address.octets().map(u16::from);
    Ipv6Addr::new(0x2603, 0x1020, 0x201, 0x10, a, b, c, d)
}

/// Returns the suffixes of Traffic Manager and cloud apps in a cloud.
fn platform(cloud: &Cloud) -> (&'static str, &'static str) {
    match cloud {
        Cloud::UsGovernment => ("trafficmanager.net", "cloudapp.usgovcloudapi.net"),
        Cloud::China => ("trafficmanager.cn", "cloudapp.chinacloudapi.cn"),
        _ => ("trafficmanager.net", "cloudapp.azure.com"),
    }
}

/// The address of the private endpoint.
pub(super) const PRIVATE_ENDPOINT: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 4);

/// The address of the virtual network proxy.
const VNET_PROXY: Ipv4Addr = Ipv4Addr::new(20, 50, 1, 7);

/// The address of Azure OpenAI.
const OPENAI: Ipv4Addr = Ipv4Addr::new(20, 50, 1, 9);

const AUTHORITY: Ipv4Addr = Ipv4Addr::new(20, 190, 160, 2);

/// The address of the management API.
const MANAGEMENT: Ipv4Addr = Ipv4Addr::new(20, 150, 5, 2);
