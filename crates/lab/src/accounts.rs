//! The further accounts of a world: their names, their addresses, their gateways, and the documents that describe them.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr};

use serde_json::{Value, json};

use super::access;
use super::control::Control;
use super::gateway::Gateway;
use super::jobs::Jobs;
use super::record::{NameAnswer, Record};
use super::scene::{Truth, own_name};
use super::token::{Maker, SUBSCRIPTION};
use super::vocabulary::{AccountsToml, CertificateToml, EndToml, ExpectedOfAccounts, GatewayToml, RcodeToml};
use super::world::World;
use speech_endpoint::{Access, Cloud, PublicAccess};

/// An account of a world beside its resource.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WorldAccount {
    /// The name, and the custom domain if it has one.
    pub name: String,
    /// The expected result of the doctor.
    pub expect: ExpectedOfAccounts,
    group: usize,
    /// The address of its private endpoint.
    address: Ipv4Addr,
}

impl World {
    /// Returns the world with this number of accounts, in the proportions of its groups. A world without any stays as it is.
    #[must_use]
    pub fn with_accounts(mut self, count: usize) -> Self {
        let groups = &mut self.toml.accounts;
        let shares: usize = groups.iter().map(|group| group.count).sum();
        let mut left = count;
        for group in groups.iter_mut() {
            group.count = (group.count * count / shares.max(1)).min(left);
            left -= group.count;
        }
        if let Some(first) = groups.first_mut() {
            first.count += left;
        }
        self.describe_accounts();
        self
    }

    /// Returns the accounts beside the resource, in the order of their groups.
    pub fn accounts(&self) -> impl Iterator<Item = WorldAccount> {
        let members = self.toml.accounts.iter().enumerate().flat_map(|(group, toml)| {
            (1..=toml.count).map(move |number| (group, format!("{}-{number:04}", toml.name), toml.expect.clone()))
        });
        members.zip(FIRST_ADDRESS..).map(|((group, name, expect), address)| WorldAccount {
            name,
            expect,
            group,
            address: Ipv4Addr::from_bits(address),
        })
    }

    /// Adds the documents that describe the accounts, as a list of each kind.
    pub(super) fn describe_accounts(&mut self) {
        let (mut accounts, mut endpoints) = (Vec::new(), Vec::new());
        for account in self.accounts() {
            let toml = &self.toml.accounts[account.group];
            accounts.push(account.document(toml));
            endpoints.extend(WorldAccount::has_endpoint(toml).then(|| account.endpoint(toml)));
        }
        for (name, list) in [(ACCOUNTS, accounts), (ENDPOINTS, endpoints)] {
            if !list.is_empty() {
                self.toml.azure.insert(name.to_owned(), Value::Array(list).to_string());
            }
        }
    }
}

impl WorldAccount {
    fn access(toml: &AccountsToml) -> Option<Access> {
        // Reading the world has already validated it.
        access::named(toml.network.as_deref()?).ok().flatten()
    }

    fn has_endpoint(toml: &AccountsToml) -> bool {
        toml.connection.is_some() || Self::access(toml).is_some_and(|access| access.private_endpoints > 0)
    }

    /// Returns what `az cognitiveservices account list` prints about it.
    fn document(&self, toml: &AccountsToml) -> Value {
        let name = &self.name;
        let access = Self::access(toml);
        let host = format!("{name}.{}", Cloud::Public.suffixes().custom_domain());
        let endpoint = access
            .map_or_else(|| format!("https://{REGION}.api.cognitive.microsoft.com/"), |_| format!("https://{host}/"));
        let rules = |count: u16, rule: Value| vec![rule; usize::from(count)];
        let acls = access.filter(|access| access.default_deny || access.vnet_rules > 0).map(|access| {
            let subnet = format!("{NETWORK}/virtualNetworks/other/subnets/other");
            json!({
                "defaultAction": if access.default_deny { "Deny" } else { "Allow" },
                "ipRules": rules(access.ip_rules, json!({ "value": "203.0.113.0/24" })),
                "virtualNetworkRules": rules(access.vnet_rules, json!({ "id": subnet, "state": null, "ignoreMissingVnetServiceEndpoint": true })),
            })
        });
        let connections: Vec<Value> = Self::has_endpoint(toml).then(|| self.connection(toml)).into_iter().collect();
        json!({
            "id": self.id(), "name": name, "type": "Microsoft.CognitiveServices/accounts", "kind": toml.kind,
            "location": REGION, "sku": { "name": "S0" }, "tags": null, "identity": null,
            "properties": {
                "endpoint": endpoint, "customSubDomainName": access.map(|_| name), "provisioningState": "Succeeded",
                "publicNetworkAccess": access.map_or(PublicAccess::Enabled, |access| access.public_access).arm_name(),
                "networkAcls": acls, "privateEndpointConnections": connections, "disableLocalAuth": null,
            },
        })
    }

    fn connection(&self, toml: &AccountsToml) -> Value {
        let name = format!("pe-{}.{GUID}", self.name);
        json!({
            "id": format!("{}/privateEndpointConnections/{name}", self.id()), "name": name,
            "properties": {
                "privateEndpoint": { "id": self.endpoint_id() },
                "privateLinkServiceConnectionState": { "status": state(toml) },
            },
        })
    }

    /// Returns what `az network private-endpoint list` prints about its private endpoint.
    fn endpoint(&self, toml: &AccountsToml) -> Value {
        let host = format!("{}.{}", self.name, Cloud::Public.suffixes().custom_domain());
        let addresses = [self.address.to_string()];
        json!({
            "id": self.endpoint_id(), "name": format!("pe-{}", self.name), "type": "Microsoft.Network/privateEndpoints",
            "location": REGION, "subnet": { "id": format!("{NETWORK}/virtualNetworks/hub/subnets/endpoints") },
            "customDnsConfigs": [{ "fqdn": host, "ipAddresses": addresses }],
            "privateLinkServiceConnections": [{
                "privateLinkServiceId": self.id(), "privateLinkServiceConnectionState": { "status": state(toml) },
            }],
        })
    }

    fn id(&self) -> String {
        let provider = "providers/Microsoft.CognitiveServices/accounts";
        format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-speech/{provider}/{}", self.name)
    }

    fn endpoint_id(&self) -> String {
        format!("{NETWORK}/privateEndpoints/pe-{}", self.name)
    }

    fn truth(&self, toml: &AccountsToml, resource: &Truth) -> Truth {
        let access = Self::access(toml);
        Truth {
            cloud: resource.cloud.clone(),
            region: resource.region.clone(),
            domain: access.map(|_| self.name.clone()),
            access: access.unwrap_or_else(Access::open),
            container: None,
        }
    }
}

fn state(toml: &AccountsToml) -> &str {
    toml.connection.as_deref().unwrap_or("Approved")
}

/// The servers of the further accounts.
#[derive(Default)]
pub(super) struct Accounts {
    /// Each gateway, by the name of its account.
    gateways: HashMap<String, Gateway>,
    /// The certificate of each host that has a faulty one.
    pub(super) certificates: HashMap<String, CertificateToml>,
    /// The outcome of connecting to each private endpoint.
    pub(super) addresses: BTreeMap<IpAddr, EndToml>,
    /// The names, as every name server knows them.
    pub(super) names: HashMap<String, NameAnswer>,
}

impl Accounts {
    pub(super) fn of(world: &World, resource: &Truth, maker: &Maker) -> Self {
        let mut all = Self::default();
        for account in world.accounts() {
            let toml = &world.toml.accounts[account.group];
            let truth = account.truth(toml, resource);
            all.add_names(&account, toml, &truth);
            let toml = GatewayToml { client_allowed: toml.client_allowed, ..GatewayToml::default() };
            let gateway = Gateway {
                truth,
                toml,
                answers: Vec::new(),
                metadata: None,
                maker: Maker { account: account.name.clone(), ..maker.clone() },
                control: Control::default(),
                jobs: Jobs::default(),
                director: std::sync::Arc::default(),
            };
            all.gateways.insert(account.name, gateway);
        }
        all
    }

    fn add_names(&mut self, account: &WorldAccount, toml: &AccountsToml, truth: &Truth) {
        let Some(host) = truth.own_host() else { return };
        own_name(&mut self.names, truth);
        if truth.access.private_endpoints > 0 {
            let record = Record::Address(account.address.into());
            let answer = if toml.record_missing {
                NameAnswer::End(RcodeToml::NxDomain)
            } else {
                self.addresses.insert(account.address.into(), toml.address);
                NameAnswer::Records(vec![record])
            };
            self.names.extend(truth.private_name().map(|name| (name, answer)));
        }
        if toml.certificate != CertificateToml::Valid {
            self.certificates.insert(host, toml.certificate);
        }
    }

    /// Returns the gateway of the account that a request is for: that of its host, or that of the composed token at a regional
    /// host.
    pub(super) fn gateway(&self, host: &str, bearer: Option<&str>) -> Option<&Gateway> {
        let label = host.split('.').next().unwrap_or_default();
        let of_token = || {
            let id = bearer?.strip_prefix("aad#")?.split('#').next()?;
            self.gateways.get(id.rsplit('/').next()?)
        };
        self.gateways.get(label).or_else(of_token)
    }
}

const NETWORK: &str =
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-net/providers/Microsoft.Network";

const REGION: &str = "westeurope";

const GUID: &str = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";

/// The file names of the documents.
const ACCOUNTS: &str = "accounts.json";
const ENDPOINTS: &str = "private-endpoints.json";

/// 10.64.0.4: four million addresses follow before the next world's.
const FIRST_ADDRESS: u32 = u32::from_be_bytes([10, 64, 0, 4]);
