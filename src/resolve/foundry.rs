//! The other resources that a Foundry project uses: their hosts and private zones in each cloud.

use std::fmt;
use std::str::FromStr;

use crate::resolve::cloud::Cloud;
use crate::resolve::near::nearest;
use crate::resolve::quoted::{QuotedValue, looks_secret};

/// The kind of a resource that a Foundry project uses beside its own account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FoundryPart {
    /// Azure AI Search.
    Search,
    /// A storage account, by its blob service.
    Storage,
    /// Azure Cosmos DB.
    CosmosDb,
    /// Azure Key Vault.
    KeyVault,
}

impl FoundryPart {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Search, Self::Storage, Self::CosmosDb, Self::KeyVault];

    /// Returns the identifier used in arguments.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Storage => "storage",
            Self::CosmosDb => "cosmos",
            Self::KeyVault => "key-vault",
        }
    }

    /// Returns the suffixes of its hosts in a cloud, each with its private zone. The first is that of a bare name.
    fn suffixes(self, cloud: &Cloud) -> Vec<(&'static str, &'static str)> {
        let rows = ROWS.iter().filter(|row| row.part == self);
        let column = Cloud::DOCUMENTED.iter().position(|known| known == cloud);
        column.map(|column| rows.map(|row| row.clouds[column]).collect()).unwrap_or_default()
    }
}

impl fmt::Display for FoundryPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// A resource that a Foundry project uses, as `KIND=NAME`.
///
/// ```
/// use speech_endpoint::{Cloud, FoundryPart, FoundryResource};
///
/// let vault = "key-vault=contoso-kv".parse::<FoundryResource>()?.at(&Cloud::Public)?;
/// assert_eq!((vault.part, vault.host.as_str()), (FoundryPart::KeyVault, "contoso-kv.vault.azure.net"));
/// assert_eq!(vault.private_zone, "privatelink.vaultcore.azure.net");
/// # Ok::<(), speech_endpoint::FoundryError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundryResource {
    part: FoundryPart,
    name: String,
}

/// The host of a resource that a Foundry project uses.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FoundryHost {
    /// The kind of the resource.
    pub part: FoundryPart,
    /// The host.
    pub host: String,
    /// The zone of the record of its private endpoint.
    pub private_zone: String,
}

impl FoundryResource {
    /// Returns the host of the resource in a cloud. A name with dots has to be one of the cloud's hosts.
    ///
    /// # Errors
    ///
    /// [`FoundryError::Host`] if the cloud has no such host.
    pub fn at(&self, cloud: &Cloud) -> Result<FoundryHost, FoundryError> {
        let suffixes = self.part.suffixes(cloud);
        let is_host = self.name.contains('.');
        let found = suffixes.into_iter().find(|(suffix, _)| {
            let label = self.name.strip_suffix(suffix).and_then(|rest| rest.strip_suffix('.'));
            !is_host || label.is_some_and(is_label)
        });
        let (suffix, zone) = found.ok_or_else(|| FoundryError::Host {
            part: self.part,
            given: QuotedValue::new(&self.name),
            cloud: cloud.title(),
        })?;
        let host = if is_host { self.name.clone() } else { format!("{}.{suffix}", self.name) };
        Ok(FoundryHost { part: self.part, host, private_zone: zone.to_owned() })
    }
}

impl FromStr for FoundryResource {
    type Err = FoundryError;

    fn from_str(text: &str) -> Result<Self, FoundryError> {
        let malformed = || FoundryError::Shape { given: QuotedValue::new(text) };
        let (kind, name) = text.trim().split_once('=').ok_or_else(malformed)?;
        let ids = || FoundryPart::ALL.into_iter().map(FoundryPart::id);
        let part = FoundryPart::ALL
            .into_iter()
            .find(|part| part.id() == kind)
            .ok_or_else(|| FoundryError::Kind { given: QuotedValue::new(kind), nearest: nearest(kind, ids()) })?;
        let name = name.trim().trim_end_matches('.').to_ascii_lowercase();
        let is_name = !looks_secret(&name) && name.len() <= LONGEST_HOST && name.split('.').all(is_label);
        if is_name { Ok(Self { part, name }) } else { Err(malformed()) }
    }
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Text that does not name a resource of a Foundry project.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FoundryError {
    /// The text is not a kind and a name.
    #[error("{given} is not a resource: expected `KIND=NAME`, like `search=contoso-search`")]
    Shape {
        /// The given value.
        given: QuotedValue,
    },
    /// The kind is unknown.
    #[error(
        "{given} is not a kind of resource: expected `search`, `storage`, `cosmos` or `key-vault`{}",
        .nearest.map(|known| format!("; did you mean `{known}`?")).unwrap_or_default()
    )]
    Kind {
        /// The given value.
        given: QuotedValue,
        /// The closest kind.
        nearest: Option<&'static str>,
    },
    /// The host does not belong to this kind of resource in this cloud.
    #[error("{given} is not a {part} host in the {cloud}: expected the name alone, or a host of that cloud")]
    Host {
        /// The kind.
        part: FoundryPart,
        /// The given value.
        given: QuotedValue,
        /// The cloud, in words.
        cloud: &'static str,
    },
}

/// A suffix and its private zone, in the order of [`Cloud::DOCUMENTED`].
struct Row {
    part: FoundryPart,
    clouds: [(&'static str, &'static str); 3],
}

const fn row(part: FoundryPart, clouds: [(&'static str, &'static str); 3]) -> Row {
    Row { part, clouds }
}

/// Hosts and zones: <https://learn.microsoft.com/azure/private-link/private-endpoint-dns> (2026-07-16). The table does not list
/// Azure AI Search in China; live `privateLinkResources` do. Hubs use the file service of their storage account as well.
const ROWS: &[Row] = &[
    row(
        FoundryPart::Search,
        [
            ("search.windows.net", "privatelink.search.windows.net"),
            ("search.azure.us", "privatelink.search.azure.us"),
            ("search.azure.cn", "privatelink.search.azure.cn"),
        ],
    ),
    row(
        FoundryPart::Storage,
        [
            ("blob.core.windows.net", "privatelink.blob.core.windows.net"),
            ("blob.core.usgovcloudapi.net", "privatelink.blob.core.usgovcloudapi.net"),
            ("blob.core.chinacloudapi.cn", "privatelink.blob.core.chinacloudapi.cn"),
        ],
    ),
    row(
        FoundryPart::Storage,
        [
            ("file.core.windows.net", "privatelink.file.core.windows.net"),
            ("file.core.usgovcloudapi.net", "privatelink.file.core.usgovcloudapi.net"),
            ("file.core.chinacloudapi.cn", "privatelink.file.core.chinacloudapi.cn"),
        ],
    ),
    row(
        FoundryPart::CosmosDb,
        [
            ("documents.azure.com", "privatelink.documents.azure.com"),
            ("documents.azure.us", "privatelink.documents.azure.us"),
            ("documents.azure.cn", "privatelink.documents.azure.cn"),
        ],
    ),
    row(
        FoundryPart::KeyVault,
        [
            ("vault.azure.net", "privatelink.vaultcore.azure.net"),
            ("vault.usgovcloudapi.net", "privatelink.vaultcore.usgovcloudapi.net"),
            ("vault.azure.cn", "privatelink.vaultcore.azure.cn"),
        ],
    ),
];

/// RFC 1035.
const LONGEST_HOST: usize = 253;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, cloud: &Cloud) -> Result<(String, String), String> {
        let read = text.parse::<FoundryResource>().and_then(|resource| resource.at(cloud));
        read.map(|host| (host.host, host.private_zone)).map_err(|error| error.to_string())
    }

    /// <https://learn.microsoft.com/azure/private-link/private-endpoint-dns>
    #[test]
    fn each_kind_has_its_host_and_its_zone_in_each_cloud() {
        let gov = Cloud::UsGovernment;
        for (text, cloud, host, zone) in [
            ("search=a", &Cloud::Public, "a.search.windows.net", "privatelink.search.windows.net"),
            ("search=a", &gov, "a.search.azure.us", "privatelink.search.azure.us"),
            ("storage=a", &Cloud::Public, "a.blob.core.windows.net", "privatelink.blob.core.windows.net"),
            (
                "storage=a.file.core.windows.net",
                &Cloud::Public,
                "a.file.core.windows.net",
                "privatelink.file.core.windows.net",
            ),
            ("storage=a", &gov, "a.blob.core.usgovcloudapi.net", "privatelink.blob.core.usgovcloudapi.net"),
            ("cosmos=A", &Cloud::Public, "a.documents.azure.com", "privatelink.documents.azure.com"),
            ("cosmos=a", &Cloud::China, "a.documents.azure.cn", "privatelink.documents.azure.cn"),
            ("key-vault=a", &Cloud::Public, "a.vault.azure.net", "privatelink.vaultcore.azure.net"),
            ("key-vault=a", &gov, "a.vault.usgovcloudapi.net", "privatelink.vaultcore.usgovcloudapi.net"),
            ("key-vault=a.vault.azure.net.", &Cloud::Public, "a.vault.azure.net", "privatelink.vaultcore.azure.net"),
        ] {
            assert_eq!(at(text, cloud), Ok((host.to_owned(), zone.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_is_no_such_resource_is_rejected() {
        for bad in [
            "",
            "search",
            "search=",
            "serch=a",
            "search=a b",
            "search=-a",
            "storage=a/b",
            "key-vault=https://a",
            "search=a@b",
        ] {
            assert!(at(bad, &Cloud::Public).is_err(), "{bad}");
        }
        for foreign in [
            "search=a.example.com",
            "search=a.blob.core.windows.net",
            "search=a.search.azure.us",
            "search=search.windows.net",
        ] {
            assert!(at(foreign, &Cloud::Public).is_err(), "{foreign}");
        }
        assert!(at("serch=a", &Cloud::Public).unwrap_err().ends_with("did you mean `search`?"));
    }
}
