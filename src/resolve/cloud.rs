//! Clouds: the suffixes of all host names of a Speech resource.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::resolve::quoted::QuotedValue;

/// A cloud: a set of host suffixes and its identity service.
///
/// ```
/// use speech_endpoint::Cloud;
///
/// assert_eq!("usgov".parse(), Ok(Cloud::UsGovernment));
/// assert_eq!(Cloud::China.suffixes().realtime(), "speech.azure.cn");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cloud {
    /// The public cloud.
    Public,
    /// Azure Government of the United States.
    UsGovernment,
    /// Azure in China, operated by 21Vianet.
    China,
    /// A custom cloud, for example a national or an air-gapped one.
    Custom(Arc<Suffixes>),
}

impl Cloud {
    /// The documented clouds.
    pub const DOCUMENTED: [Self; 3] = [Self::Public, Self::UsGovernment, Self::China];

    /// Returns the identifier used in arguments and output.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::UsGovernment => "usgov",
            Self::China => "china",
            Self::Custom(_) => "custom",
        }
    }

    /// Returns the display name.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self {
            Self::Public => "public cloud",
            Self::UsGovernment => "US Government cloud",
            Self::China => "China cloud (21Vianet)",
            Self::Custom(_) => "custom cloud",
        }
    }

    /// Returns the host suffixes and identity service of this cloud.
    #[must_use]
    pub fn suffixes(&self) -> &Suffixes {
        match self {
            Self::Public => &PUBLIC,
            Self::UsGovernment => &US_GOVERNMENT,
            Self::China => &CHINA,
            Self::Custom(suffixes) => suffixes,
        }
    }

    /// Returns the cloud whose regions are named like this one; `None` for prefixes whose suffixes are undocumented.
    #[must_use]
    pub fn of_region(region: &str) -> Option<Self> {
        if UNDOCUMENTED_REGIONS.iter().any(|prefix| region.starts_with(prefix)) {
            return None;
        }
        Some(if region.starts_with("usgov") {
            Self::UsGovernment
        } else if region.starts_with("china") {
            Self::China
        } else {
            Self::Public
        })
    }
}

impl FromStr for Cloud {
    type Err = CloudError;

    fn from_str(text: &str) -> Result<Self, CloudError> {
        Self::DOCUMENTED
            .into_iter()
            .find(|cloud| cloud.id() == text)
            .ok_or_else(|| CloudError::Cloud { given: QuotedValue::new(text) })
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The host suffixes of one cloud, each validated as a plain host name.
///
/// ```
/// use speech_endpoint::{Account, Cloud, Service, Suffixes};
///
/// let cloud = Suffixes::new("speech.cloud.example", "api.cognitive.cloud.example", "cognitiveservices.cloud.example")?;
/// let account = Account::regional("north1".parse()?)?.with_cloud(Cloud::from(cloud))?;
/// assert_eq!(account.endpoint(Service::Voices)?.url(),
/// "https://north1.tts.speech.cloud.example/cognitiveservices/voices/list");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suffixes {
    realtime: Text,
    rest: Text,
    custom_domain: Text,
    openai: Option<Text>,
    foundry: Option<Text>,
    authority: Option<Text>,
    token_scope: Option<Text>,
    foundry_scope: Option<Text>,
    management: Option<Text>,
    /// The older name of the management API, which tokens may have as their audience.
    older_management: Option<Text>,
}

type Text = Cow<'static, str>;

impl Suffixes {
    /// Creates the suffixes of a custom cloud: the suffix of real-time hosts (preceded by `{region}.stt.`), of the
    /// regional REST host (preceded by `{region}.`) and of custom domains (preceded by `{name}.`).
    ///
    /// # Errors
    ///
    /// [`CloudError`] if one of them is not a host name of at least two labels, or is a subdomain of another.
    pub fn new(realtime: &str, rest: &str, custom_domain: &str) -> Result<Self, CloudError> {
        let suffixes = Self {
            realtime: host_name(realtime)?,
            rest: host_name(rest)?,
            custom_domain: host_name(custom_domain)?,
            openai: None,
            foundry: None,
            authority: None,
            token_scope: None,
            foundry_scope: None,
            management: None,
            older_management: None,
        };
        suffixes.told_apart(custom_domain)
    }

    /// Adds the suffix of Azure OpenAI hosts.
    ///
    /// # Errors
    ///
    /// [`CloudError`] if it is not a host name, or is a subdomain or parent domain of another suffix.
    pub fn with_openai(self, suffix: &str) -> Result<Self, CloudError> {
        Self { openai: Some(host_name(suffix)?), ..self }.told_apart(suffix)
    }

    /// Adds the suffix of Foundry hosts, which serve Voice Live.
    ///
    /// # Errors
    ///
    /// [`CloudError`] if it is not a host name, or is a subdomain or parent domain of another suffix.
    pub fn with_foundry(self, suffix: &str) -> Result<Self, CloudError> {
        Self { foundry: Some(host_name(suffix)?), ..self }.told_apart(suffix)
    }

    /// Returns the suffixes of the documented clouds.
    pub(crate) fn documented() -> [&'static Self; 3] {
        [&PUBLIC, &US_GOVERNMENT, &CHINA]
    }

    /// Adds the Microsoft Entra authority host, for example `login.microsoftonline.com`.
    ///
    /// # Errors
    ///
    /// [`CloudError`] if it is not a host name.
    pub fn with_authority(self, host: &str) -> Result<Self, CloudError> {
        Ok(Self { authority: Some(host_name(host)?), ..self })
    }

    /// Adds the scope to request Microsoft Entra tokens for, for example `https://cognitiveservices.azure.com/.default`.
    #[must_use]
    pub fn with_token_scope(self, scope: impl Into<String>) -> Self {
        Self { token_scope: Some(Cow::Owned(scope.into())), ..self }
    }

    /// Adds the scope of Microsoft Entra tokens for Foundry and Azure OpenAI, for example `https://ai.azure.com/.default`.
    #[must_use]
    pub fn with_foundry_scope(self, scope: impl Into<String>) -> Self {
        Self { foundry_scope: Some(Cow::Owned(scope.into())), ..self }
    }

    /// Adds the host of the management API (Azure Resource Manager), for example `management.azure.com`.
    ///
    /// # Errors
    ///
    /// [`CloudError`] if it is not a host name.
    pub fn with_management(self, host: &str) -> Result<Self, CloudError> {
        Ok(Self { management: Some(host_name(host)?), ..self })
    }

    /// Returns the suffix of the real-time hosts, for example `speech.microsoft.com`.
    #[must_use]
    pub fn realtime(&self) -> &str {
        &self.realtime
    }

    /// Returns the suffix of the regional REST and token host, for example `api.cognitive.microsoft.com`.
    #[must_use]
    pub fn rest(&self) -> &str {
        &self.rest
    }

    /// Returns the suffix of custom domains, for example `cognitiveservices.azure.com`; also the public zone to forward.
    #[must_use]
    pub fn custom_domain(&self) -> &str {
        &self.custom_domain
    }

    /// Returns the suffix of Azure OpenAI hosts, if this cloud has them.
    #[must_use]
    pub fn openai(&self) -> Option<&str> {
        self.openai.as_deref()
    }

    /// Returns the suffix of Foundry hosts, if this cloud has them.
    #[must_use]
    pub fn foundry(&self) -> Option<&str> {
        self.foundry.as_deref()
    }

    /// Returns the Microsoft Entra authority host, if it is known.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// Returns the scope for Microsoft Entra tokens, if it is known.
    #[must_use]
    pub fn token_scope(&self) -> Option<&str> {
        self.token_scope.as_deref()
    }

    /// Returns the scope for Microsoft Entra tokens of Foundry and Azure OpenAI, if it is known. Except for voice agents, these
    /// services also accept [`Suffixes::token_scope`].
    #[must_use]
    pub fn foundry_scope(&self) -> Option<&str> {
        self.foundry_scope.as_deref()
    }

    /// Returns the host of the management API, if it is known.
    #[must_use]
    pub fn management(&self) -> Option<&str> {
        self.management.as_deref()
    }

    /// Returns the scope for Microsoft Entra tokens of the management API, if its host is known.
    ///
    /// ```
    /// let scope = speech_endpoint::Cloud::China.suffixes().management_scope();
    /// assert_eq!(scope.as_deref(), Some("https://management.chinacloudapi.cn/.default"));
    /// ```
    #[must_use]
    pub fn management_scope(&self) -> Option<String> {
        self.management().map(|host| format!("https://{host}/.default"))
    }

    /// Returns the hosts in the audience of tokens that the management API accepts.
    #[cfg(feature = "connect")]
    pub(crate) fn management_audiences(&self) -> impl Iterator<Item = &str> {
        self.management.as_deref().into_iter().chain(self.older_management.as_deref())
    }

    /// Returns the private DNS zone of custom domains, for example `privatelink.cognitiveservices.azure.com`.
    #[must_use]
    pub fn private_zone(&self) -> String {
        format!("{PRIVATE_LABEL}.{}", self.custom_domain)
    }

    /// Parses a lower-case host name of this cloud into its kind and its first label.
    pub(crate) fn read<'a>(&self, host: &'a str) -> Option<HostReading<'a>> {
        let below = |suffix: &str| host.strip_suffix(suffix)?.strip_suffix('.').filter(|rest| !rest.is_empty());
        let named = |kind, rest: &'a str| {
            let (label, private) = match rest.strip_suffix(PRIVATE_LABEL).and_then(|rest| rest.strip_suffix('.')) {
                Some(label) => (label, true),
                None => (rest, false),
            };
            (!label.contains('.') && label != PRIVATE_LABEL).then_some(HostReading { kind, label, private })
        };
        let regional = |kind, label: &'a str| {
            (!label.is_empty() && !label.contains('.')).then_some(HostReading { kind, label, private: false })
        };
        let realtime = |rest: &'a str| {
            let below = |infix| rest.strip_suffix(infix)?.strip_suffix('.');
            let offering = |offering: &'static str| regional(HostKind::Realtime(offering), below(offering)?);
            let long_audio = || regional(HostKind::LongAudio, below(LONG_AUDIO_LABELS)?);
            OFFERINGS.into_iter().find_map(offering).or_else(long_audio)
        };
        self.all().into_iter().find_map(|(owner, suffix)| {
            let rest = below(suffix)?;
            match owner {
                Owner::Rest => regional(HostKind::Rest, rest),
                Owner::Realtime => realtime(rest),
                Owner::Customers(kind) => named(kind, rest),
            }
        })
    }

    /// Returns each suffix with the kind of hosts below it.
    fn all(&self) -> Vec<(Owner, &str)> {
        let named = [(HostKind::OpenAi, self.openai()), (HostKind::Foundry, self.foundry())];
        let mut suffixes = vec![(Owner::Customers(HostKind::CustomDomain), self.custom_domain())];
        suffixes.extend(named.into_iter().filter_map(|(kind, suffix)| Some((Owner::Customers(kind), suffix?))));
        suffixes.extend([(Owner::Rest, self.rest()), (Owner::Realtime, self.realtime())]);
        suffixes
    }

    /// Rejects suffixes that overlap, because a host could then belong to either a region or a customer.
    fn told_apart(self, added: &str) -> Result<Self, CloudError> {
        let suffixes = self.all();
        let is_below = |host: &str, suffix: &str| host.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'));
        let are_apart = suffixes.iter().all(|(owner, suffix)| {
            suffixes.iter().all(|(other_owner, other)| {
                let is_same = suffix == other && owner.is_customers() != other_owner.is_customers();
                !is_same && !is_below(suffix, other)
            })
        });
        if are_apart { Ok(self) } else { Err(CloudError::Suffix { given: QuotedValue::new(added) }) }
    }
}

impl From<Suffixes> for Cloud {
    fn from(suffixes: Suffixes) -> Self {
        Self::Custom(Arc::new(suffixes))
    }
}

/// Text that does not name a cloud, or is not a valid host suffix of a cloud.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloudError {
    /// The text does not name a cloud (`CFG06`).
    #[error("{given} is not a cloud: expected `public`, `usgov` or `china`")]
    Cloud {
        /// The given value.
        given: QuotedValue,
    },
    /// The text is not a valid host suffix of a cloud (`CFG06`).
    #[error("{given} is not a host suffix: expected a host name of at least two labels, like `speech.microsoft.com`")]
    Suffix {
        /// The given value.
        given: QuotedValue,
    },
}

impl CloudError {
    /// Returns the id in the failure catalogue.
    #[must_use]
    pub fn id(&self) -> &'static str {
        "CFG06"
    }
}

/// The parsed name of an Azure host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, unreachable_pub, reason = "shared with the lab")]
pub struct HostReading<'a> {
    /// The kind.
    pub kind: HostKind,
    /// The region or the custom domain name, not yet validated.
    pub label: &'a str,
    /// Whether the name is in the private zone, which makes it an alias for DNS and unsuitable for URLs.
    pub private: bool,
}

/// The kinds of hosts in a cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, unreachable_pub, reason = "shared with the lab")]
pub enum HostKind {
    /// The regional REST host.
    Rest,
    /// Real-time host of an offering, for example `stt`.
    Realtime(&'static str),
    /// Host of the Long Audio API.
    LongAudio,
    /// A custom domain.
    CustomDomain,
    /// An Azure OpenAI host.
    OpenAi,
    /// A Foundry host.
    Foundry,
}

/// The hosts below a suffix.
#[derive(Clone, Copy)]
enum Owner {
    /// The regional REST hosts.
    Rest,
    /// The regional hosts of the offerings.
    Realtime,
    /// Hosts whose first label customers choose.
    Customers(HostKind),
}

impl Owner {
    fn is_customers(self) -> bool {
        matches!(self, Self::Customers(_))
    }
}

impl HostKind {
    /// Returns whether customers choose the first label, so that the same suffix also serves other customers.
    #[must_use]
    #[cfg_attr(not(feature = "net"), allow(unreachable_pub, reason = "the lab reaches it through the emulation seam"))]
    pub fn is_named_by_customers(self) -> bool {
        matches!(self, Self::CustomDomain | Self::OpenAi | Self::Foundry)
    }
}

fn host_name(text: &str) -> Result<Text, CloudError> {
    let lower = text.to_ascii_lowercase();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
            // An encoded internationalised name, which may be invalid.
            && !label.starts_with("xn--")
    };
    // A name whose last label begins with a digit may be parsed as an address.
    let is_number = lower.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_digit()));
    if lower.len() <= LONGEST_SUFFIX && lower.contains('.') && lower.split('.').all(label) && !is_number {
        Ok(Cow::Owned(lower))
    } else {
        Err(CloudError::Suffix { given: QuotedValue::new(text) })
    }
}

pub(crate) const PRIVATE_LABEL: &str = "privatelink";

/// A host name has at most 253 characters. The longest prefix is a region of 63 characters and `.customvoice.api.`;
/// this is the rest.
const LONGEST_SUFFIX: usize = 253 - 63 - 17;

/// The infix of the Long Audio API host; the API retires on 2027-04-01.
pub(crate) const LONG_AUDIO_LABELS: &str = "customvoice.api";

/// The real-time offerings: the second label of their regional hosts, and the first part of their paths at a custom domain.
#[allow(unreachable_pub, reason = "shared with the lab")]
pub const OFFERINGS: [&str; 4] = ["stt", "tts", "voice", "s2s"];

/// Prefixes of regions in clouds without documented Speech suffixes; a guess could send a key to the wrong host.
const UNDOCUMENTED_REGIONS: [&str; 3] = ["usdod", "ussec", "usnat"];

// Suffixes: https://learn.microsoft.com/azure/ai-services/speech-service/sovereign-clouds
// Zones:    https://learn.microsoft.com/azure/private-link/private-endpoint-dns
// Foundry:  https://learn.microsoft.com/azure/ai-foundry/reference/foundry-azure-government (2026-06-05)
// Scopes of the two sovereign clouds: audience constants of the Azure SDKs; the Speech documentation does not name them.
// Scope of Foundry: https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle (2026-03-19) and
//           azure-ai-voicelive 1.3.1 (2026-10-23). That of the US Government cloud comes from code in use alone, and is
//           unconfirmed: `notes` says so.
// Management: https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure and
//           https://learn.microsoft.com/azure/china/resources-developer-guide; the error for
//           a wrong token (`InvalidAuthenticationTokenAudience`) lists the older names too, which the Azure CLI uses by default.

static PUBLIC: Suffixes = Suffixes {
    realtime: Cow::Borrowed("speech.microsoft.com"),
    rest: Cow::Borrowed("api.cognitive.microsoft.com"),
    custom_domain: Cow::Borrowed("cognitiveservices.azure.com"),
    openai: Some(Cow::Borrowed("openai.azure.com")),
    foundry: Some(Cow::Borrowed("services.ai.azure.com")),
    authority: Some(Cow::Borrowed("login.microsoftonline.com")),
    token_scope: Some(Cow::Borrowed("https://cognitiveservices.azure.com/.default")),
    foundry_scope: Some(Cow::Borrowed("https://ai.azure.com/.default")),
    management: Some(Cow::Borrowed("management.azure.com")),
    older_management: Some(Cow::Borrowed("management.core.windows.net")),
};

static US_GOVERNMENT: Suffixes = Suffixes {
    realtime: Cow::Borrowed("speech.azure.us"),
    rest: Cow::Borrowed("api.cognitive.microsoft.us"),
    custom_domain: Cow::Borrowed("cognitiveservices.azure.us"),
    openai: Some(Cow::Borrowed("openai.azure.us")),
    foundry: Some(Cow::Borrowed("services.ai.azure.us")),
    authority: Some(Cow::Borrowed("login.microsoftonline.us")),
    token_scope: Some(Cow::Borrowed("https://cognitiveservices.azure.us/.default")),
    foundry_scope: Some(Cow::Borrowed("https://ai.azure.us/.default")),
    management: Some(Cow::Borrowed("management.usgovcloudapi.net")),
    older_management: Some(Cow::Borrowed("management.core.usgovcloudapi.net")),
};

static CHINA: Suffixes = Suffixes {
    realtime: Cow::Borrowed("speech.azure.cn"),
    rest: Cow::Borrowed("api.cognitive.azure.cn"),
    custom_domain: Cow::Borrowed("cognitiveservices.azure.cn"),
    openai: Some(Cow::Borrowed("openai.azure.cn")),
    foundry: None,
    authority: Some(Cow::Borrowed("login.partner.microsoftonline.cn")),
    token_scope: Some(Cow::Borrowed("https://cognitiveservices.azure.cn/.default")),
    foundry_scope: None,
    management: Some(Cow::Borrowed("management.chinacloudapi.cn")),
    older_management: Some(Cow::Borrowed("management.core.chinacloudapi.cn")),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_do_not_overlap_and_regions_share_none_with_customers() {
        for (realtime, rest, custom, good) in [
            ("speech.cloud.example", "api.cloud.example", "custom.cloud.example", true),
            ("cloud.example", "cloud.example", "custom.example", true),
            ("speech.cloud.example", "api.cloud.example", "cloud.example", false),
            ("cloud.example", "api.cloud.example", "custom.example", false),
            ("speech.cloud.example", "cloud.example", "cloud.example", false),
        ] {
            let suffixes = Suffixes::new(realtime, rest, custom);
            assert_eq!(suffixes.is_ok(), good, "{realtime} {rest} {custom}");
            if let Ok(suffixes) = suffixes {
                assert_eq!(suffixes.read(&format!("r.{rest}")).map(|reading| reading.label), Some("r"));
                assert!(suffixes.clone().with_openai(custom).is_ok());
                assert!(suffixes.clone().with_openai(&format!("a.{custom}")).is_err());
                assert!(suffixes.with_foundry(rest).is_err());
            }
        }
    }

    #[test]
    fn a_suffix_is_a_host_name_that_every_parser_reads_the_same_way() {
        for good in ["speech.cloud.example", "a.b", "Speech.Cloud.Example"] {
            assert!(host_name(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "example",
            "a..b",
            ".a.b",
            "a.b.",
            "a.1",
            "a.1.2",
            "a.0x1",
            "-a.b",
            "a.b-",
            "a_b.c",
            "a.b/c",
            "a.b:1",
            "a@b.c",
            "xn--a.b",
            "é.example",
        ] {
            assert!(host_name(bad).is_err(), "{bad}");
        }
        let long = |length: usize| format!("{}{}", "abc.".repeat(length / 4), "d".repeat(length % 4));
        assert!(host_name(&long(LONGEST_SUFFIX)).is_ok() && host_name(&long(LONGEST_SUFFIX + 1)).is_err());
    }
}
