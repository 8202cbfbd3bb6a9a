//! Account: a Speech resource and the facts known about it.

use std::sync::Arc;

use crate::resolve::access::{Access, AccountKind, PublicAccess};
use crate::resolve::cloud::Cloud;
use crate::resolve::facts::Facts;
use crate::resolve::name::{CustomDomain, Region};
use crate::resolve::quoted::QuotedValue;
use crate::resolve::scenario::Scenario;

mod container;
mod subnet;

pub use container::ContainerHost;
pub use subnet::{SubnetId, SubnetIdError};

/// A Speech resource with the facts known about it. Cheap to clone.
///
/// ```
/// use speech_endpoint::{Access, Account, Scenario, Service};
///
/// let account = Account::custom_domain("contoso".parse()?).with_access(Access::private_endpoint());
/// assert_eq!(account.scenario(), Scenario::PrivateEndpoint);
/// assert_eq!(
///     account.endpoint(Service::SpeechToText)?.url(),
///     "wss://contoso.cognitiveservices.azure.com/stt/speech/universal/v2"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account(Arc<Known>);

/// The facts known about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    cloud: Cloud,
    resource: Resource,
    kind: Option<AccountKind>,
    access: Option<Access>,
    allowed_subnets: Vec<SubnetId>,
    key_auth_disabled: bool,
    discovery: bool,
    facts: Facts,
}

/// How a resource is addressed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resource {
    /// By its region alone.
    Regional(Region),
    /// By its custom domain; the region may be unknown.
    CustomDomain(CustomDomain, Option<Region>),
    /// By the custom domain of an Azure OpenAI resource; the region may be unknown.
    OpenAi(CustomDomain, Option<Region>),
    /// A self-hosted container.
    Container(ContainerHost),
}

impl Account {
    /// Creates an account addressed by its region, whose name determines the cloud.
    ///
    /// # Errors
    ///
    /// [`AccountError::NoCloud`] for a region of a cloud whose suffixes are not documented; see
    /// [`Account::regional_in`].
    pub fn regional(region: Region) -> Result<Self, AccountError> {
        let cloud =
            Cloud::of_region(region.as_str()).ok_or_else(|| AccountError::NoCloud { region: region.clone() })?;
        Ok(Self::new(cloud, Resource::Regional(region)))
    }

    /// Creates an account addressed by its region in the given cloud.
    ///
    /// # Errors
    ///
    /// [`AccountError::WrongCloud`] if the region belongs to another cloud.
    pub fn regional_in(region: Region, cloud: Cloud) -> Result<Self, AccountError> {
        agree(&region, &cloud)?;
        Ok(Self::new(cloud, Resource::Regional(region)))
    }

    /// Creates an account in the public cloud addressed by its custom domain.
    #[must_use]
    pub fn custom_domain(domain: CustomDomain) -> Self {
        Self::new(Cloud::Public, Resource::CustomDomain(domain, None))
    }

    /// Creates an Azure OpenAI account in the public cloud addressed by its custom domain.
    #[must_use]
    pub fn openai(domain: CustomDomain) -> Self {
        Self::new(Cloud::Public, Resource::OpenAi(domain, None))
    }

    /// Creates an account for a self-hosted container.
    #[must_use]
    pub fn container(host: ContainerHost) -> Self {
        Self::new(Cloud::Public, Resource::Container(host))
    }

    fn new(cloud: Cloud, resource: Resource) -> Self {
        Self(Arc::new(Known {
            cloud,
            resource,
            kind: None,
            access: None,
            allowed_subnets: Vec::new(),
            key_auth_disabled: false,
            discovery: false,
            facts: Facts::BUILT_IN,
        }))
    }

    /// Sets the REST synthesis path of a container; older documentation uses `/speech/synthesize/cognitiveservices/v1`.
    ///
    /// # Errors
    ///
    /// [`AccountError::Path`] if it is not a plain absolute path.
    pub fn with_synthesis_path(mut self, path: &str) -> Result<Self, AccountError> {
        if let Resource::Container(host) = &mut Arc::make_mut(&mut self.0).resource {
            *host = host.clone().with_synthesis_path(path)?;
        }
        Ok(self)
    }

    /// Sets the cloud.
    ///
    /// # Errors
    ///
    /// [`AccountError::WrongCloud`] if the region belongs to another cloud.
    pub fn with_cloud(mut self, cloud: Cloud) -> Result<Self, AccountError> {
        if let Some(region) = self.region() {
            agree(region, &cloud)?;
        }
        Arc::make_mut(&mut self.0).cloud = cloud;
        Ok(self)
    }

    /// Sets the region, which an open custom domain needs for real-time calls.
    ///
    /// # Errors
    ///
    /// [`AccountError::WrongCloud`] if the region belongs to another cloud, [`AccountError::Region`] if the account
    /// is addressed by another region or, like a container, by no region at all.
    pub fn with_region(mut self, region: Region) -> Result<Self, AccountError> {
        agree(&region, self.cloud())?;
        match &mut Arc::make_mut(&mut self.0).resource {
            Resource::CustomDomain(_, known) | Resource::OpenAi(_, known) => *known = Some(region),
            Resource::Regional(known) if *known == region => {}
            Resource::Regional(known) => return Err(AccountError::Region { known: known.to_string(), given: region }),
            Resource::Container(host) => return Err(AccountError::Region { known: host.to_string(), given: region }),
        }
        Ok(self)
    }

    /// Sets the network access, which determines the scenario of a custom domain.
    #[must_use]
    pub fn with_access(mut self, access: Access) -> Self {
        Arc::make_mut(&mut self.0).access = Some(access);
        self
    }

    /// Sets the subnets that the network rules allow, for commands that name them.
    #[must_use]
    pub fn with_allowed_subnets(mut self, subnets: impl IntoIterator<Item = SubnetId>) -> Self {
        Arc::make_mut(&mut self.0).allowed_subnets = subnets.into_iter().collect();
        self
    }

    /// Sets the kind, which determines whether the account has Foundry and Azure OpenAI hosts.
    #[must_use]
    pub fn with_kind(mut self, kind: AccountKind) -> Self {
        Arc::make_mut(&mut self.0).kind = Some(kind);
        self
    }

    /// Marks keys and issued tokens as disabled (`disableLocalAuth`).
    #[must_use]
    pub fn with_key_auth_disabled(mut self) -> Self {
        Arc::make_mut(&mut self.0).key_auth_disabled = true;
        self
    }

    /// Keeps the real-time URLs of an open custom domain on the custom domain, to be resolved by endpoint discovery.
    /// Plain Microsoft Entra tokens need this.
    #[must_use]
    pub fn with_discovery(mut self) -> Self {
        Arc::make_mut(&mut self.0).discovery = true;
        self
    }

    /// Sets the facts to resolve with, for example those of a newer edition from a file.
    #[must_use]
    pub fn with_facts(mut self, facts: Facts) -> Self {
        Arc::make_mut(&mut self.0).facts = facts;
        self
    }

    /// Returns the facts that the account resolves with.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.0.facts
    }

    /// Returns the cloud.
    #[must_use]
    pub fn cloud(&self) -> &Cloud {
        &self.0.cloud
    }

    /// Returns how the resource is addressed.
    #[must_use]
    pub fn resource(&self) -> &Resource {
        &self.0.resource
    }

    /// Returns the region, if it is known.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        match &self.0.resource {
            Resource::Regional(region) => Some(region),
            Resource::CustomDomain(_, region) | Resource::OpenAi(_, region) => region.as_ref(),
            Resource::Container(_) => None,
        }
    }

    /// Returns the custom domain, if there is one.
    #[must_use]
    pub fn domain(&self) -> Option<&CustomDomain> {
        match &self.0.resource {
            Resource::CustomDomain(domain, _) | Resource::OpenAi(domain, _) => Some(domain),
            Resource::Regional(_) | Resource::Container(_) => None,
        }
    }

    /// Returns the kind, if it is known.
    #[must_use]
    pub fn kind(&self) -> Option<AccountKind> {
        self.0.kind
    }

    /// Returns the network access, if it is known.
    #[must_use]
    pub fn access(&self) -> Option<&Access> {
        self.0.access.as_ref()
    }

    /// Returns the subnets that the network rules allow, as far as they are known.
    #[must_use]
    pub fn allowed_subnets(&self) -> &[SubnetId] {
        &self.0.allowed_subnets
    }

    /// Returns whether keys and issued tokens are disabled.
    #[must_use]
    pub fn is_key_auth_disabled(&self) -> bool {
        self.0.key_auth_disabled
    }

    /// Returns whether real-time URLs of an open custom domain are left to endpoint discovery.
    #[must_use]
    pub fn uses_discovery(&self) -> bool {
        self.0.discovery
    }

    /// Returns the networking scenario. The decision table determines it for a custom domain, the address for the
    /// others.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        match (&self.0.resource, &self.0.access) {
            (Resource::Regional(_), _) => Scenario::Regional,
            (Resource::Container(_), _) => Scenario::Container,
            (Resource::OpenAi(..), None) => Scenario::OpenAi,
            (Resource::CustomDomain(..), None) => Scenario::CustomDomainUnknown,
            (Resource::CustomDomain(..) | Resource::OpenAi(..), Some(access)) => Scenario::of(*access),
        }
    }

    /// Returns the scenario that decides on the URLs and addresses. A perimeter never affects a private endpoint, and says
    /// nothing about clients without one.
    pub(crate) fn url_scenario(&self) -> Scenario {
        match self.scenario() {
            Scenario::Perimeter if self.access().is_some_and(|access| access.private_endpoints > 0) => {
                Scenario::PrivateEndpoint
            }
            Scenario::Perimeter => Scenario::CustomDomainUnknown,
            other => other,
        }
    }

    /// Returns whether the resource rejects issued tokens because it is not open to all networks.
    pub(crate) fn refuses_issued_tokens(&self) -> bool {
        self.domain().is_some()
            && self.access().is_some_and(|access| access.default_deny || access.public_access != PublicAccess::Enabled)
    }
}

/// Contradictory facts about an account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// The region belongs to another cloud (`CFG06`). Select that cloud, or let the region select it.
    #[error("region `{region}` belongs to the {}, not to the {}", .belongs_to.title(), .given.title())]
    WrongCloud {
        /// The region.
        region: Region,
        /// The cloud that the region belongs to.
        belongs_to: Cloud,
        /// The cloud that was given.
        given: Cloud,
    },
    /// The host suffixes of the region's cloud are not documented (`CFG06`). Supply them through [`Cloud::Custom`].
    #[error(
        "region `{region}` belongs to a cloud whose host suffixes are not documented and cannot be guessed; supply them through the library as `Cloud::Custom`"
    )]
    NoCloud {
        /// The region.
        region: Region,
    },
    /// The region contradicts the address of the resource (`CFG09`). Remove one of them.
    #[error("the resource is addressed by `{known}`, which contradicts region `{given}`; remove one of them")]
    Region {
        /// How the resource is addressed.
        known: String,
        /// The region that was given in addition.
        given: Region,
    },
    /// The text is not the address of a container (`CFG05`).
    #[error("{given} is not a container host: expected {expected}")]
    Container {
        /// The given value.
        given: QuotedValue,
        /// The expected form.
        expected: &'static str,
    },
    /// The text is not a plain absolute path (`CFG05`).
    #[error("{given} is not a path: expected something like `/speech/synthesize/cognitiveservices/v1`")]
    Path {
        /// The given value.
        given: QuotedValue,
    },
}

impl AccountError {
    /// Returns the id in the failure catalogue.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::WrongCloud { .. } | Self::NoCloud { .. } => "CFG06",
            Self::Region { .. } => "CFG09",
            Self::Container { .. } | Self::Path { .. } => "CFG05",
        }
    }
}

/// Rejects a region that belongs to another cloud. A custom cloud may name its regions freely.
fn agree(region: &Region, cloud: &Cloud) -> Result<(), AccountError> {
    if matches!(cloud, Cloud::Custom(_)) {
        return Ok(());
    }
    let belongs_to =
        Cloud::of_region(region.as_str()).ok_or_else(|| AccountError::NoCloud { region: region.clone() })?;
    if belongs_to == *cloud {
        Ok(())
    } else {
        Err(AccountError::WrongCloud { region: region.clone(), belongs_to, given: cloud.clone() })
    }
}
