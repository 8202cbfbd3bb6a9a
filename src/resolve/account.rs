//! Account: what is known about a Speech resource.

use std::sync::Arc;

use crate::resolve::access::{Access, Kind};
use crate::resolve::cloud::Cloud;
use crate::resolve::name::{CustomDomain, Region};
use crate::resolve::scenario::Scenario;
use crate::resolve::shown::Shown;

mod container;

pub use container::ContainerHost;

/// A Speech resource, as far as it is known. Cheap to clone.
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

/// What is known about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    cloud: Cloud,
    resource: Resource,
    kind: Option<Kind>,
    access: Option<Access>,
    key_auth_disabled: bool,
    discovery: bool,
}

/// How a resource is addressed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resource {
    /// By region alone.
    Regional(Region),
    /// By its custom domain; the region is known or not.
    CustomDomain(CustomDomain, Option<Region>),
    /// By the custom domain of an Azure OpenAI resource; the region is known or not.
    OpenAi(CustomDomain, Option<Region>),
    /// A self-hosted container.
    Container(ContainerHost),
}

impl Account {
    /// An account addressed by its region; the region's name tells the cloud.
    ///
    /// # Errors
    ///
    /// [`AccountError::NoCloud`] for regions of clouds whose suffixes are not documented: see [`Account::regional_in`].
    pub fn regional(region: Region) -> Result<Self, AccountError> {
        let cloud =
            Cloud::of_region(region.as_str()).ok_or_else(|| AccountError::NoCloud { region: region.clone() })?;
        Ok(Self::new(cloud, Resource::Regional(region)))
    }

    /// An account addressed by its region in a given cloud.
    ///
    /// # Errors
    ///
    /// [`AccountError::WrongCloud`] when the region belongs to another cloud.
    pub fn regional_in(region: Region, cloud: Cloud) -> Result<Self, AccountError> {
        agree(&region, &cloud)?;
        Ok(Self::new(cloud, Resource::Regional(region)))
    }

    /// An account in the public cloud addressed by its custom domain.
    #[must_use]
    pub fn custom_domain(domain: CustomDomain) -> Self {
        Self::new(Cloud::Public, Resource::CustomDomain(domain, None))
    }

    /// An Azure OpenAI account in the public cloud addressed by its custom domain.
    #[must_use]
    pub fn openai(domain: CustomDomain) -> Self {
        Self::new(Cloud::Public, Resource::OpenAi(domain, None))
    }

    /// A self-hosted container.
    #[must_use]
    pub fn container(host: ContainerHost) -> Self {
        Self::new(Cloud::Public, Resource::Container(host))
    }

    fn new(cloud: Cloud, resource: Resource) -> Self {
        Self(Arc::new(Known { cloud, resource, kind: None, access: None, key_auth_disabled: false, discovery: false }))
    }

    /// The same container with another path of synthesis by REST: older documents have `/speech/synthesize/cognitiveservices/v1`.
    ///
    /// # Errors
    ///
    /// [`AccountError::Path`] when it is not a plain absolute path.
    pub fn with_synthesis_path(mut self, path: &str) -> Result<Self, AccountError> {
        if let Resource::Container(host) = &mut Arc::make_mut(&mut self.0).resource {
            *host = host.clone().with_synthesis_path(path)?;
        }
        Ok(self)
    }

    /// The same account in another cloud.
    ///
    /// # Errors
    ///
    /// [`AccountError::WrongCloud`] when the region belongs to another cloud.
    pub fn with_cloud(mut self, cloud: Cloud) -> Result<Self, AccountError> {
        if let Some(region) = self.region() {
            agree(region, &cloud)?;
        }
        Arc::make_mut(&mut self.0).cloud = cloud;
        Ok(self)
    }

    /// The same account with its region, which an open custom domain needs for real-time calls.
    ///
    /// # Errors
    ///
    /// [`AccountError::WrongCloud`] when the region belongs to another cloud, [`AccountError::Region`] when the account
    /// is addressed by another region, or by none at all as containers are.
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

    /// The same account with its network access, which decides the scenario of a custom domain.
    #[must_use]
    pub fn with_access(mut self, access: Access) -> Self {
        Arc::make_mut(&mut self.0).access = Some(access);
        self
    }

    /// The same account with its kind, which says whether it has Foundry and Azure OpenAI hosts.
    #[must_use]
    pub fn with_kind(mut self, kind: Kind) -> Self {
        Arc::make_mut(&mut self.0).kind = Some(kind);
        self
    }

    /// The same account with keys and issued tokens refused (`disableLocalAuth`).
    #[must_use]
    pub fn with_key_auth_disabled(mut self) -> Self {
        Arc::make_mut(&mut self.0).key_auth_disabled = true;
        self
    }

    /// The same account with real-time URLs of an open custom domain left on the custom domain, to be resolved by endpoint
    /// discovery: what a plain Microsoft Entra token needs.
    #[must_use]
    pub fn with_discovery(mut self) -> Self {
        Arc::make_mut(&mut self.0).discovery = true;
        self
    }

    /// The cloud.
    #[must_use]
    pub fn cloud(&self) -> &Cloud {
        &self.0.cloud
    }

    /// How the resource is addressed.
    #[must_use]
    pub fn resource(&self) -> &Resource {
        &self.0.resource
    }

    /// The region, when known.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        match &self.0.resource {
            Resource::Regional(region) => Some(region),
            Resource::CustomDomain(_, region) | Resource::OpenAi(_, region) => region.as_ref(),
            Resource::Container(_) => None,
        }
    }

    /// The custom domain, when there is one.
    #[must_use]
    pub fn domain(&self) -> Option<&CustomDomain> {
        match &self.0.resource {
            Resource::CustomDomain(domain, _) | Resource::OpenAi(domain, _) => Some(domain),
            Resource::Regional(_) | Resource::Container(_) => None,
        }
    }

    /// The kind, when known.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        self.0.kind
    }

    /// The network access, when known.
    #[must_use]
    pub fn access(&self) -> Option<&Access> {
        self.0.access.as_ref()
    }

    /// Whether keys and issued tokens are refused.
    #[must_use]
    pub fn is_key_auth_disabled(&self) -> bool {
        self.0.key_auth_disabled
    }

    /// Whether real-time URLs of an open custom domain are left to endpoint discovery.
    #[must_use]
    pub fn uses_discovery(&self) -> bool {
        self.0.discovery
    }

    /// The networking situation: by the decision table for a custom domain, given by the address for the others.
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

    /// Whether issued tokens are refused because the resource is not open to all networks.
    pub(crate) fn refuses_issued_tokens(&self) -> bool {
        self.domain().is_some() && self.access().is_some_and(|access| access.default_deny || !access.public_access)
    }
}

/// Facts about an account that contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// The region belongs to another cloud (`CFG06`): select that cloud, or let the region select it.
    #[error("region `{region}` belongs to the {}, not to the {}", .belongs_to.title(), .given.title())]
    WrongCloud {
        /// The region.
        region: Region,
        /// The cloud its name tells.
        belongs_to: Cloud,
        /// The cloud that was given.
        given: Cloud,
    },
    /// No documentation names the host suffixes of the region's cloud (`CFG06`): they are given through the library.
    #[error(
        "region `{region}` belongs to a cloud whose host suffixes are not documented: they are not guessed, give them through the library as `Cloud::Custom`"
    )]
    NoCloud {
        /// The region.
        region: Region,
    },
    /// Two regions (`CFG09`): remove one.
    #[error(
        "the resource is addressed by `{known}`, which contradicts region `{given}`: expected one of them, remove the other"
    )]
    Region {
        /// How the resource is addressed.
        known: String,
        /// The region that was given beside it.
        given: Region,
    },
    /// Not the address of a container (`CFG05`).
    #[error("{given} is not the host of a container: expected {expected}")]
    Container {
        /// What was given.
        given: Shown,
        /// What was expected in its place.
        expected: &'static str,
    },
    /// Not a plain absolute path (`CFG05`).
    #[error("{given} is not a path: expected one such as `/speech/synthesize/cognitiveservices/v1`")]
    Path {
        /// What was given.
        given: Shown,
    },
}

impl AccountError {
    /// The id of the failure catalogue.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::WrongCloud { .. } | Self::NoCloud { .. } => "CFG06",
            Self::Region { .. } => "CFG09",
            Self::Container { .. } | Self::Path { .. } => "CFG05",
        }
    }
}

/// Refuses a region that belongs to another cloud; a cloud of one's own may name its regions as it likes.
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
