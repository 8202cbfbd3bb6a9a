//! Facts with a date: what the documentation says about regions, versions, zones, hosts and limits.
//!
//! The built-in facts are static tables. A file may replace some of them: [`Facts`] is the value that an account carries.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use crate::resolve::cloud::Cloud;
use crate::resolve::near::nearest;
use crate::resolve::note::Note;
use crate::resolve::quoted::QuotedValue;
use crate::resolve::service::{Path, Row, Service};

mod builder;
pub(crate) mod forms;
mod limits;
pub(crate) mod meant;
pub(crate) mod network;
pub(crate) mod regions;
mod table;
mod versions;

/// Text of a fact: static in the built-in facts, owned if a file gives it.
pub(crate) type Text = Cow<'static, str>;

/// A fact, with the page that says it and the date of that page's edition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fact {
    /// The kind, which decides what the values are.
    pub kind: FactKind,
    /// The service that the fact is about.
    pub service: Option<Service>,
    /// The cloud that the fact is about.
    pub cloud: Option<Cloud>,
    /// The name that distinguishes facts of one kind about the same service and cloud, for example `realtime`.
    pub name: Option<Text>,
    /// The values: one, or any number if [`FactKind::is_list`].
    pub values: Vec<Text>,
    /// The page or package, as a URL.
    pub source: Text,
    /// The date of the edition, or the month in which the source was read if it has no date.
    pub edition: Text,
    /// Whether the source confirms the fact.
    pub is_confirmed: bool,
    /// What limits the fact, or contradicts it.
    pub note: Option<Text>,
}

impl Fact {
    /// Returns whether two facts answer the same question, so that one replaces the other.
    #[cfg(any(feature = "serde", test))]
    pub(crate) fn is_same_question(&self, other: &Self) -> bool {
        (self.kind, self.service, &self.cloud, &self.name) == (other.kind, other.service, &other.cloud, &other.name)
    }
}

/// The kinds of facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FactKind {
    /// The regions of a cloud, or those that a table lists for a service or a feature.
    Regions,
    /// The newest stable `api-version` of a service.
    ApiVersion,
    /// The newest `api-version` in preview.
    PreviewVersion,
    /// A suffix of host names.
    HostSuffix,
    /// The Microsoft Entra authority host.
    Authority,
    /// The scope for Microsoft Entra tokens.
    TokenScope,
    /// A private DNS zone.
    DnsZone,
    /// Service tags of Azure.
    ServiceTag,
    /// Hosts that a firewall must allow in addition to those of the resource.
    Host,
    /// A quota or a limit.
    Quota,
    /// The day on which a service retires.
    Retirement,
    /// A version of an SDK.
    Sdk,
    /// A version of a container image.
    Container,
    /// A form of a URL on which sources disagree.
    UrlForm,
}

impl FactKind {
    /// Every kind, in the order of the table.
    pub const ALL: [Self; 14] = [
        Self::Regions,
        Self::ApiVersion,
        Self::PreviewVersion,
        Self::HostSuffix,
        Self::Authority,
        Self::TokenScope,
        Self::DnsZone,
        Self::ServiceTag,
        Self::Host,
        Self::Quota,
        Self::Retirement,
        Self::Sdk,
        Self::Container,
        Self::UrlForm,
    ];

    /// Returns the identifier used in arguments and output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Regions => "regions",
            Self::ApiVersion => "api-version",
            Self::PreviewVersion => "preview-version",
            Self::HostSuffix => "host-suffix",
            Self::Authority => "authority",
            Self::TokenScope => "token-scope",
            Self::DnsZone => "dns-zone",
            Self::ServiceTag => "service-tag",
            Self::Host => "host",
            Self::Quota => "quota",
            Self::Retirement => "retirement",
            Self::Sdk => "sdk",
            Self::Container => "container",
            Self::UrlForm => "url-form",
        }
    }

    /// Returns whether facts of this kind have any number of values.
    #[must_use]
    pub fn is_list(self) -> bool {
        matches!(self, Self::Regions | Self::ServiceTag | Self::Host)
    }

    /// Returns whether a file may only repeat these facts: they decide which hosts receive a credential, or belong to the
    /// table of services.
    #[must_use]
    pub fn is_fixed(self) -> bool {
        matches!(self, Self::HostSuffix | Self::Authority | Self::TokenScope | Self::Retirement)
    }
}

impl FromStr for FactKind {
    type Err = UnknownFactKind;

    fn from_str(text: &str) -> Result<Self, UnknownFactKind> {
        Self::ALL.into_iter().find(|kind| kind.id() == text).ok_or_else(|| UnknownFactKind {
            given: QuotedValue::new(text),
            suggestion: nearest(text, Self::ALL.iter().map(|kind| kind.id())),
        })
    }
}

impl fmt::Display for FactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// Text that does not name a kind of facts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given} is not a kind of facts: expected one of {}{}", kinds(), .suggestion.map_or_else(String::new, |s| format!("; did you mean `{s}`?")))]
#[non_exhaustive]
pub struct UnknownFactKind {
    /// The given value.
    pub given: QuotedValue,
    /// The closest match.
    pub suggestion: Option<&'static str>,
}

fn kinds() -> String {
    FactKind::ALL.map(FactKind::id).join(", ")
}

/// The facts that an account resolves with: the built-in ones, of which a file may replace some. Cheap to clone.
///
/// ```
/// use speech_endpoint::{FactKind, Facts, Service};
///
/// let version = Facts::BUILT_IN.find(FactKind::ApiVersion, Service::BatchSynthesis).expect("a fact");
/// assert_eq!((&*version.values[0], version.is_confirmed), ("2024-04-01", true));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(Option<Arc<[Fact]>>);

static TABLE: LazyLock<Vec<Fact>> = LazyLock::new(table::table);

impl Facts {
    /// The built-in facts. They are not assembled before somebody reads the table.
    pub const BUILT_IN: Self = Self(None);

    /// Returns every fact, by kind.
    #[must_use]
    pub fn all(&self) -> &[Fact] {
        self.0.as_deref().unwrap_or(&TABLE)
    }

    /// Returns whether no file replaced a fact.
    #[must_use]
    pub fn is_built_in(&self) -> bool {
        self.0.is_none()
    }

    /// Returns the facts that differ from the built-in ones.
    pub fn changed(&self) -> impl Iterator<Item = &Fact> {
        self.0.iter().flat_map(|facts| facts.iter()).filter(|fact| !TABLE.contains(fact))
    }

    /// Returns the fact of a kind about a service as a whole.
    #[must_use]
    pub fn find(&self, kind: FactKind, service: Service) -> Option<&Fact> {
        self.all().iter().find(|fact| fact.kind == kind && fact.service == Some(service) && fact.name.is_none())
    }

    /// Returns the facts with those given in the place of the built-in ones that answer the same question.
    #[cfg(feature = "serde")]
    pub(crate) fn replaced(given: Vec<Fact>) -> Self {
        let mut facts = TABLE.clone();
        for fact in given {
            match facts.iter_mut().find(|known| known.is_same_question(&fact)) {
                Some(known) => *known = fact,
                None => facts.push(fact),
            }
        }
        facts.sort_by_key(|fact| fact.kind);
        Self(Some(facts.into()))
    }

    /// Returns the fact with this name about a cloud, or about all clouds.
    pub(crate) fn named(&self, kind: FactKind, cloud: &Cloud, name: &str) -> Option<&Fact> {
        self.all().iter().find(|fact| {
            fact.kind == kind
                && fact.name.as_deref() == Some(name)
                && fact.cloud.as_ref().is_none_or(|known| known == cloud)
        })
    }

    /// Returns the newest stable `api-version` of a service.
    pub(crate) fn api_version(&self, row: &Row) -> Option<&str> {
        let built_in = match row.path {
            Path::Deployment(_, _, dated, _) => Some(dated),
            _ => row.version,
        };
        match &self.0 {
            None => built_in,
            Some(_) => {
                self.find(FactKind::ApiVersion, row.service).and_then(|fact| fact.values.first()).map(|value| &**value)
            }
        }
    }

    /// Returns whether the region table lists a service for a region; `None` if the table does not say.
    pub(crate) fn lists(&self, region: &str, service: Service) -> Option<bool> {
        if self.0.is_none() {
            return regions::listed(region)?.lists(service);
        }
        let fact = self.regions_of(service)?;
        self.knows_region(region, &Cloud::Public).then(|| fact.values.iter().any(|value| value == region))
    }

    /// Returns the fact that lists the regions of a service in the public cloud, if the table gives them.
    #[must_use]
    pub fn regions_of(&self, service: Service) -> Option<&Fact> {
        self.find(FactKind::Regions, regions::column(service))
    }

    /// Returns the fact on the feature without which a service is offered in name only, and whether it lists a region.
    pub(crate) fn feature(&self, region: &str, service: Service) -> Option<(bool, &Fact)> {
        if service != Service::CustomVoiceManagement || !self.knows_region(region, &Cloud::Public) {
            return None;
        }
        let fact = self.named(FactKind::Regions, &Cloud::Public, regions::TRAINING)?;
        Some((fact.values.iter().any(|value| value == region), fact))
    }

    fn knows_region(&self, region: &str, cloud: &Cloud) -> bool {
        self.regions().any(|fact| fact.cloud.as_ref() == Some(cloud) && fact.values.iter().any(|value| value == region))
    }

    /// Returns the facts that list the regions of a cloud.
    fn regions(&self) -> impl Iterator<Item = &Fact> {
        self.all().iter().filter(|fact| fact.kind == FactKind::Regions && fact.service.is_none())
    }

    /// Returns a note if no table lists the region. The region works nevertheless.
    #[must_use]
    pub fn note_on(&self, region: &str) -> Option<Note> {
        let is_listed = match &self.0 {
            None => regions::listed(region).is_some(),
            Some(_) => self.regions().any(|fact| fact.values.iter().any(|value| value == region)),
        };
        if is_listed {
            return None;
        }
        let edition = self.regions().next().map_or(regions::EDITION, |fact| &fact.edition);
        let text = format!("region `{region}` is not in the {edition} region table; it is used as given");
        let ids = self.regions().flat_map(|fact| fact.values.iter().map(|value| &**value));
        Some(match nearest(region, ids).or_else(|| regions::reordered(region)).or_else(|| meant::abbreviated(region)) {
            Some(near) => Note::new("unlisted_region", format!("{text}; did you mean `{near}`?")).suggesting(near),
            None => Note::new("unlisted_region", text),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_answers_a_question_of_its_own_and_has_a_source_and_a_date() {
        let facts = Facts::BUILT_IN.all();
        for (i, fact) in facts.iter().enumerate() {
            assert!(!facts[..i].iter().any(|other| other.is_same_question(fact)), "twice: {fact:?}");
            assert!(fact.source.starts_with("https://"), "{fact:?}");
            assert!(matches!(fact.edition.len(), 7 | 10), "{fact:?}");
            assert!(fact.kind.is_list() || fact.values.len() == 1, "{fact:?}");
            assert!(fact.is_confirmed || fact.note.is_some(), "an unconfirmed fact says why: {fact:?}");
        }
        assert!(facts.is_sorted_by_key(|fact| fact.kind), "by kind");
        for kind in FactKind::ALL {
            assert!(facts.iter().any(|fact| fact.kind == kind), "{kind}");
            assert_eq!(kind.id().parse(), Ok(kind));
        }
    }

    #[test]
    fn the_rows_that_no_source_confirms_are_marked() {
        let unconfirmed: Vec<String> = Facts::BUILT_IN
            .all()
            .iter()
            .filter(|fact| !fact.is_confirmed)
            .map(|fact| {
                let about = fact.service.map(Service::id).or(fact.cloud.as_ref().map(Cloud::id));
                [Some(fact.kind.id()), about, fact.name.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ")
            })
            .collect();
        assert_eq!(
            unconfirmed,
            [
                "host-suffix china openai",
                "token-scope usgov foundry",
                "dns-zone usgov openai",
                "dns-zone usgov foundry",
                "dns-zone china custom-domain",
                "dns-zone china openai",
                "quota fast-transcription file size",
                "quota voice-live new connections",
                "url-form discovered-regional-host",
                "url-form open-custom-domain",
            ]
        );
    }

    #[test]
    fn every_version_has_a_source() {
        for service in Service::all() {
            let version = Facts::BUILT_IN.api_version(service.row());
            let fact = Facts::BUILT_IN.find(FactKind::ApiVersion, service);
            assert_eq!(fact.map(|fact| &*fact.values[0]), version, "{service}");
        }
    }
}
