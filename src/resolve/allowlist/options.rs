//! What only some uses of a resource need: Speech Studio, storage, containers and certificate checks.

use std::fmt;
use std::str::FromStr;

use super::{AllowlistEntry, hosts, merge, tags};
use crate::resolve::account::{Account, Resource};
use crate::resolve::endpoint::Expectation;
use crate::resolve::facts::{FactKind, Text, network};
use crate::resolve::near::nearest;
use crate::resolve::note::Note;
use crate::resolve::quoted::QuotedValue;
use crate::resolve::service::Service;

/// The connections of one optional use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AllowlistOption {
    /// The use.
    pub group: AllowlistGroup,
    /// Outbound connections. They are required if the group is used, unless the entry says otherwise.
    pub entries: Vec<AllowlistEntry>,
    /// Service tags for firewall rules that do not support host names.
    pub service_tags: Vec<Text>,
    /// Notes for the reader.
    pub notes: Vec<Note>,
}

/// A use of the resource that needs connections of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum AllowlistGroup {
    /// Speech Studio in a browser.
    SpeechStudio,
    /// Audio and results of batch jobs in Azure Storage.
    Storage,
    /// Self-hosted containers that the resource bills.
    Containers,
    /// Checks of certificates and their revocation, over HTTP.
    Certificates,
}

impl AllowlistGroup {
    /// Every group.
    pub const ALL: [Self; 4] = [Self::SpeechStudio, Self::Storage, Self::Containers, Self::Certificates];

    /// Returns the identifier used in arguments and output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::SpeechStudio => "speech-studio",
            Self::Storage => "storage",
            Self::Containers => "containers",
            Self::Certificates => "certificates",
        }
    }

    /// Returns the display name.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::SpeechStudio => "Speech Studio in a browser",
            Self::Storage => "audio and results of batch jobs",
            Self::Containers => "self-hosted containers",
            Self::Certificates => "certificate checks",
        }
    }
}

impl FromStr for AllowlistGroup {
    type Err = UnknownAllowlistGroup;

    fn from_str(text: &str) -> Result<Self, UnknownAllowlistGroup> {
        Self::ALL.into_iter().find(|group| group.id() == text).ok_or_else(|| UnknownAllowlistGroup {
            given: QuotedValue::new(text),
            suggestion: nearest(text, Self::ALL.map(Self::id)),
        })
    }
}

impl fmt::Display for AllowlistGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// Text that does not name an optional group of connections.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given} is not a group: expected {}{}", AllowlistGroup::ALL.map(AllowlistGroup::id).join(", "), .suggestion.map_or_else(String::new, |s| format!("; did you mean `{s}`?")))]
#[non_exhaustive]
pub struct UnknownAllowlistGroup {
    /// The given value.
    pub given: QuotedValue,
    /// The closest match.
    pub suggestion: Option<&'static str>,
}

/// Returns the groups that this account and these services can use.
pub(super) fn of(account: &Account, services: &[Service]) -> Vec<AllowlistOption> {
    let mut groups = Vec::new();
    if !matches!(account.resource(), Resource::Container(_)) {
        groups.push(studio(account));
        groups.extend(services.iter().any(|service| STORING.contains(service)).then(|| storage(account)));
    }
    groups.extend(containers(account));
    groups.push(certificates(account, services));
    groups
}

impl AllowlistOption {
    fn new(group: AllowlistGroup) -> Self {
        Self { group, entries: Vec::new(), service_tags: Vec::new(), notes: Vec::new() }
    }

    fn noting(mut self, id: &'static str, text: impl Into<String>) -> Self {
        self.notes.push(Note::new(id, text));
        self
    }
}

fn studio(account: &Account) -> AllowlistOption {
    let mut option = AllowlistOption::new(AllowlistGroup::SpeechStudio);
    option.service_tags = tags(account, network::SPEECH_STUDIO);
    let fact = account.facts().named(FactKind::ServiceTag, account.cloud(), network::SPEECH_STUDIO);
    match fact.and_then(|fact| fact.note.as_deref()) {
        Some(spelling) => option.noting("service_tags", spelling),
        None => option,
    }
}

fn storage(account: &Account) -> AllowlistOption {
    let mut option = AllowlistOption::new(AllowlistGroup::Storage);
    for host in hosts(account, network::STORAGE) {
        option.entries.push(AllowlistEntry::new(&host, "audio and results of batch jobs"));
    }
    option.service_tags = tags(account, network::STORAGE);
    option.noting(
        "storage",
        "results are at addresses of Azure Storage that the service returns; with your storage account (BYOS), replace `*` by its name",
    )
}

/// Returns what a container needs; nothing if the resource cannot bill one.
fn containers(account: &Account) -> Option<AllowlistOption> {
    let mut option = AllowlistOption::new(AllowlistGroup::Containers);
    let is_container = matches!(account.resource(), Resource::Container(_));
    if is_container {
        option = option.noting("billing", "also allow the endpoint that `Billing` names, on 443/tcp");
    } else {
        let endpoint = account.endpoint(Service::SpeechToTextRest).ok()?;
        let mut billing = AllowlistEntry::new(endpoint.host(), "billing");
        billing.is_private = endpoint.expects() == Expectation::PrivateAddress;
        if !billing.is_private {
            option.service_tags.extend(tags(account, network::SPEECH));
        }
        option.entries.push(billing);
    }
    for host in hosts(account, network::REGISTRY) {
        option.entries.push(AllowlistEntry::new(&host, "container registry"));
    }
    for host in hosts(account, network::TELEMETRY) {
        let telemetry = AllowlistEntry::new(&host, "telemetry");
        option.entries.push(AllowlistEntry { is_required: false, ..telemetry });
    }
    option.service_tags.extend(tags(account, network::REGISTRY));
    option.service_tags.extend(tags(account, network::TELEMETRY));
    if option.entries.iter().any(|entry| !entry.is_required) {
        option = option.noting("telemetry", "telemetry is sent only with the setting `ApplicationInsights`");
    }
    Some(option.noting("disconnected", "a disconnected container needs no connection after it has its license"))
}

fn certificates(account: &Account, services: &[Service]) -> AllowlistOption {
    let mut option = AllowlistOption::new(AllowlistGroup::Certificates);
    let [chains, lists, status] = [network::AIA, network::CRL, network::OCSP].map(|name| hosts(account, name));
    for host in chains.iter().chain(&lists).chain(&status) {
        let purpose = match (chains.contains(host), lists.contains(host)) {
            (true, true) => "certificates and revocation lists (AIA, CRL)",
            (true, false) => "intermediate certificates (AIA)",
            (false, true) => "revocation lists (CRL)",
            (false, false) => "revocation status (OCSP)",
        };
        merge(&mut option.entries, AllowlistEntry { port: HTTP, ..AllowlistEntry::new(host, purpose) });
    }
    option.noting("revocation", REVOCATION).noting("sdk_revocation", SDK_REVOCATION).noting(
        "certificate_urls",
        format!(
            "the certificate of a host names its own AIA, CRL and OCSP URLs, which this command prints: `openssl s_client -connect {0}:443 -servername {0} </dev/null 2>/dev/null | openssl x509 -noout -text | grep URI:`",
            named(account, services).unwrap_or_else(|| "HOST".to_owned())
        ),
    )
}

/// Returns the host of the first service; nothing for a container, which may have any certificate.
fn named(account: &Account, services: &[Service]) -> Option<String> {
    let is_container = matches!(account.resource(), Resource::Container(_));
    let mut endpoints = services.iter().filter(|_| !is_container).filter_map(|service| account.endpoint(*service).ok());
    endpoints.next().map(|endpoint| endpoint.host().to_owned())
}

/// Release notes of 1.48.1; <https://github.com/Azure-Samples/cognitive-services-speech-sdk/issues/1095>.
const REVOCATION: &str = "needed where a client fetches intermediate certificates or checks revocation, as the native SDK before 1.48.1 does on Linux and Android, always over HTTP";

/// <https://learn.microsoft.com/azure/ai-services/speech-service/migrate-to-sdk-1-48-2>
const SDK_REVOCATION: &str = "since July 2026 a native SDK before 1.48.2 that checks revocation fails with error 44 even where it can fetch the lists: upgrade it, or set its property `OPENSSL_DISABLE_CRL_CHECK` to `true`";

const HTTP: u16 = 80;

/// The services that read audio from Azure Storage or leave results there.
const STORING: [Service; 6] = [
    Service::SpeechToTextRest,
    Service::BatchSynthesis,
    Service::LongAudio,
    Service::BatchAvatar,
    Service::CustomVoiceManagement,
    Service::VideoTranslation,
];
