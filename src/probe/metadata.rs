//! Metadata: whether this machine is a virtual machine in Azure. Only the service on its host knows, and it is queried only if
//! the user requests it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::OnceLock;
use std::time::Duration;

use hyper::Method;
use hyper::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use tokio::time::timeout;
use url::Url;

use super::context::Context;
use crate::diagnose::evidence::MetadataFacts;
use crate::net::http::{Connection, Request};
use crate::net::{Network, Stream};

/// Queries the service if the context says so, and stores its response. The connection is direct: a proxy would return the
/// metadata of another machine, or hand those of this one to a stranger.
pub(super) async fn read<N: Network>(context: &Context<'_, N>, step: Duration, found: &OnceLock<MetadataFacts>) {
    if !context.asks_metadata {
        return;
    }
    let limit = step.min(PATIENCE);
    let facts = timeout(limit, query(context.network, limit)).await.ok().flatten().unwrap_or_default();
    let _ = found.set(facts);
}

/// Requests the network part alone, because the rest names the machine and its subscription.
async fn query<N: Network>(network: &N, limit: Duration) -> Option<MetadataFacts> {
    let stream = network.connect(SERVICE).await.ok()?;
    let url = Url::parse(NETWORK).ok()?;
    let mut request = Request::new(Method::GET, &url);
    request.headers.push((HeaderName::from_static("metadata"), HeaderValue::from_static("true")));
    let response = Connection::new(Stream::new(stream)).exchange(&request, limit).await.ok()?;
    (response.reply.status == 200).then(|| facts(&response.body)).flatten()
}

/// Reads the response. Other clouds have a service at the same address, which responds in another shape.
pub(crate) fn facts(body: &str) -> Option<MetadataFacts> {
    let network: NetworkJson = serde_json::from_str(body).ok()?;
    let mut facts = MetadataFacts { is_azure: true, ..MetadataFacts::default() };
    for family in network.interface.into_iter().take(MOST_INTERFACES).map(|interface| interface.ipv4) {
        for address in family.addresses.into_iter().take(MOST_INTERFACES) {
            facts.private_addresses.extend(address.private.parse::<IpAddr>());
            facts.public_addresses.extend(address.public.parse::<IpAddr>());
        }
        for subnet in family.subnets.into_iter().take(MOST_INTERFACES) {
            if let (Ok(address), Ok(prefix @ 0..=32)) =
                (subnet.address.parse::<Ipv4Addr>(), subnet.prefix.parse::<u8>())
            {
                facts.subnets.push(format!("{address}/{prefix}"));
            }
        }
    }
    Some(facts)
}

#[derive(Deserialize)]
struct NetworkJson {
    interface: Vec<InterfaceJson>,
}

#[derive(Deserialize)]
struct InterfaceJson {
    ipv4: FamilyJson,
}

#[derive(Deserialize)]
struct FamilyJson {
    #[serde(rename = "ipAddress")]
    addresses: Vec<AddressJson>,
    #[serde(rename = "subnet", default)]
    subnets: Vec<SubnetJson>,
}

#[derive(Deserialize)]
struct AddressJson {
    #[serde(rename = "privateIpAddress", default)]
    private: String,
    #[serde(rename = "publicIpAddress", default)]
    public: String,
}

#[derive(Deserialize)]
struct SubnetJson {
    address: String,
    prefix: String,
}

/// <https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service>
const SERVICE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)), 80);

const NETWORK: &str = "http://169.254.169.254/metadata/instance/network?api-version=2021-02-01";

/// The service runs on the host of the machine and answers within milliseconds.
const PATIENCE: Duration = Duration::from_secs(1);

/// The size of a virtual machine limits its interfaces to eight.
const MOST_INTERFACES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    /// The body as the documentation shows it, and bodies of others.
    #[test]
    fn only_a_response_of_azure_counts() {
        let azure = r#"{ "interface": [{ "ipv4": {
            "ipAddress": [{ "privateIpAddress": "10.2.0.7", "publicIpAddress": "" }],
            "subnet": [{ "address": "10.2.0.0", "prefix": "24" }] },
            "ipv6": { "ipAddress": [] }, "macAddress": "002248020E1E" }] }"#;
        let facts = facts(azure).expect("it is Azure's");
        assert_eq!(facts.private_addresses, [IpAddr::from([10, 2, 0, 7])]);
        assert_eq!((facts.public_addresses.len(), facts.subnets), (0, vec!["10.2.0.0/24".to_owned()]));
        for other in ["", "<html>", "ami-id\nhostname", "{}", r#"{ "interface": "eth0" }"#] {
            assert_eq!(super::facts(other), None, "{other}");
        }
        let odd = azure.replace("\"24\"", "\"24; reboot\"");
        assert!(super::facts(&odd).is_some_and(|facts| facts.subnets.is_empty()));
    }
}
