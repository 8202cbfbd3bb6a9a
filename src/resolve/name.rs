//! Names that become part of a host: one DNS label each, normalised and validated so that they cannot escape the label.

use std::fmt;
use std::str::FromStr;

use crate::resolve::cloud::{Cloud, HostKind, PRIVATE_LABEL};
use crate::resolve::facts::meant::{is_of_other_provider, is_placeholder, region_meant};
use crate::resolve::facts::{Facts, regions};
use crate::resolve::note::{Note, WithNotes};
use crate::resolve::quoted::{QuotedValue, looks_secret};
use crate::resolve::setting::{Setting, SettingHint};

/// Returns a host name in lower case without its trailing dot.
pub(crate) fn normalized_host(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// A region identifier, for example `westeurope`.
///
/// Display names are accepted, and so are unlisted regions: a region that opened yesterday works today.
///
/// ```
/// use speech_endpoint::Region;
///
/// let region: Region = "West Europe".parse()?;
/// assert_eq!(region.as_str(), "westeurope");
/// assert!("en-US".parse::<Region>().is_err());
/// # Ok::<(), speech_endpoint::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Region(Box<str>);

impl Region {
    /// Reads a region identifier or display name, with notes about it.
    ///
    /// 1. Trim it, convert it to lower case and remove the spaces of a display name.
    /// 2. Reject text with the shape of something else: a URL, a locale, a custom domain name, a key.
    /// 3. Replace an alias that older documentation uses.
    /// 4. Accept a listed region; accept an unlisted one with a note and the closest listed match.
    ///
    /// # Errors
    ///
    /// [`NameError`] with `CFG01`; with `CFG02` if a custom domain name was given, or `CFG10` if a key was.
    pub fn read(text: &str) -> Result<WithNotes<Self>, NameError> {
        let id: String = text.trim().chars().filter(|c| *c != ' ').map(|c| c.to_ascii_lowercase()).collect();
        // A key with a blank in it is still a key.
        if (looks_secret(text) || looks_secret(&id)) && !text.contains("://") {
            return Err(NameError::secret(Setting::Region, text));
        }
        if is_placeholder(text) {
            return Err(NameError::Placeholder { given: QuotedValue::new(text) });
        }
        if !has_region_shape(&id) {
            return Err(NameError::region(text, &id));
        }
        if let Some((_, current)) = ALIASES.iter().find(|(alias, _)| *alias == id) {
            let note = Note::new(
                "region_alias",
                format!("`{id}` is an older name of region `{current}`; the current name is used"),
            );
            return Ok(WithNotes { value: Self((*current).into()), notes: vec![note] });
        }
        let notes = Facts::BUILT_IN.note_on(&id).into_iter().collect();
        Ok(WithNotes { value: Self(id.into()), notes })
    }

    /// Returns the identifier, for example `westeurope`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name that the portal shows, if the region is listed.
    #[must_use]
    pub fn display_name(&self) -> Option<&'static str> {
        regions::listed(&self.0).map(|listed| listed.display_name)
    }
}

impl FromStr for Region {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::read(text).map(|understood| understood.value)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The custom domain name of a resource, for example `contoso` in `contoso.cognitiveservices.azure.com`.
///
/// ```
/// use speech_endpoint::CustomDomain;
///
/// let domain: CustomDomain = "https://Contoso.cognitiveservices.azure.com/".parse()?;
/// assert_eq!(domain.as_str(), "contoso");
/// # Ok::<(), speech_endpoint::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CustomDomain(Box<str>);

impl CustomDomain {
    /// Reads a custom domain name, alone or in a whole host or URL; a host or URL also determines the cloud.
    ///
    /// # Errors
    ///
    /// [`NameError`] with `CFG05`; with `CFG02` if a region was given, or `CFG10` if a key was.
    pub fn read(text: &str) -> Result<WithNotes<(Self, Option<Cloud>)>, NameError> {
        let trimmed = text.trim();
        if looks_secret(trimmed.split('?').next().unwrap_or_default()) {
            return Err(NameError::secret(Setting::CustomDomain, text));
        }
        if !trimmed.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(NameError::custom_domain(text));
        }
        if !trimmed.contains(['.', '/', ':']) {
            return Self::label(trimmed).map(|domain| WithNotes::new((domain, None)));
        }
        let lower = trimmed.to_ascii_lowercase();
        let host = ["https://", "wss://"].iter().find_map(|scheme| lower.strip_prefix(scheme)).unwrap_or(&lower);
        let host = host.split(['/', '?']).next().unwrap_or_default();
        let host = host.strip_suffix(":443").unwrap_or(host).trim_end_matches('.');
        for cloud in Cloud::DOCUMENTED {
            let Some(reading) = cloud.suffixes().read(host) else { continue };
            if !reading.kind.is_named_by_customers() {
                let region = Region::read(reading.label).map_err(|error| error.about(text))?.value;
                return Err(NameError::RegionAsCustomDomain { given: QuotedValue::new(text), region: region.0.into() });
            }
            let mut notes = Vec::new();
            if reading.private {
                notes.push(private_alias(&host.replacen(&format!(".{PRIVATE_LABEL}"), "", 1)));
            }
            if reading.kind != HostKind::CustomDomain {
                notes.push(other_host(host, reading.label, &cloud));
            }
            let domain = Self::label(reading.label).map_err(|error| error.about(text))?;
            return Ok(WithNotes { value: (domain, Some(cloud)), notes });
        }
        Err(NameError::custom_domain(text))
    }

    /// Returns the name, for example `contoso`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Validates a label from user input; rejects region identifiers, whose `cognitiveservices` host would belong to
    /// another customer.
    pub(crate) fn label(text: &str) -> Result<Self, NameError> {
        let domain = Self::owned(text)?;
        if regions::listed(domain.as_str()).is_some() {
            return Err(NameError::region_as_domain(text));
        }
        Ok(domain)
    }

    /// Validates a label that the resource itself reports.
    pub(crate) fn owned(text: &str) -> Result<Self, NameError> {
        if looks_secret(text) {
            return Err(NameError::secret(Setting::CustomDomain, text));
        }
        let label = text.to_ascii_lowercase();
        let shaped = (2..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
            // An encoded internationalised name, which may imitate another customer's.
            && !label.starts_with("xn--")
            && label != PRIVATE_LABEL;
        if shaped { Ok(Self(label.into())) } else { Err(NameError::custom_domain(text)) }
    }
}

impl FromStr for CustomDomain {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::read(text).map(|understood| understood.value.0)
    }
}

impl fmt::Display for CustomDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Text that is not a valid name of the expected kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// The text is not a region identifier (`CFG01`). Use the identifier, for example `westeurope`.
    #[error("{given} is not a region identifier: expected letters and digits, like `westeurope`{}", did_you_mean(.suggestion.as_deref()))]
    Region {
        /// The given value.
        given: QuotedValue,
        /// The closest match.
        suggestion: Option<String>,
    },
    /// The text stands for a value that was never filled in (`CFG01`), such as `undefined` or `YourServiceRegion`.
    #[error(
        "a value was not filled in: {given}; expected a region, like `westeurope`, or the custom domain of the resource"
    )]
    Placeholder {
        /// The given value.
        given: QuotedValue,
    },
    /// A custom domain name was given as a region (`CFG02`). Give it as the custom domain or endpoint.
    #[error(
        "{given} is not a region identifier but looks like a custom domain name: expected letters and digits, like `westeurope`; give `{name}` as the custom domain"
    )]
    CustomDomainAsRegion {
        /// The given value.
        given: QuotedValue,
        /// The probable custom domain.
        name: String,
    },
    /// A region identifier or a regional host was given as a custom domain (`CFG02`).
    #[error(
        "{given} names a region, not a custom domain, and a custom domain of that name would belong to another customer; give `{region}` as the region"
    )]
    RegionAsCustomDomain {
        /// The given value.
        given: QuotedValue,
        /// The region in it.
        region: String,
    },
    /// The text is not a custom domain name (`CFG05`).
    #[error(
        "{given} is not a custom domain name: expected 2 to 63 letters, digits or hyphens, without a hyphen at either end, like `contoso`, or the whole host, like `contoso.cognitiveservices.azure.com`"
    )]
    CustomDomain {
        /// The given value.
        given: QuotedValue,
    },
    /// A key or token was given as a name (`CFG10`). Keys come from the environment or a file.
    #[error("{given} was given as {setting}; put a key into an environment variable or a file")]
    Secret {
        /// A description of the given value.
        given: QuotedValue,
        /// The setting that it was given as.
        setting: Setting,
    },
}

impl NameError {
    /// Returns the id in the failure catalogue.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::Region { .. } | Self::Placeholder { .. } => "CFG01",
            Self::CustomDomainAsRegion { .. } | Self::RegionAsCustomDomain { .. } => "CFG02",
            Self::CustomDomain { .. } => "CFG05",
            Self::Secret { .. } => "CFG10",
        }
    }

    /// Returns the settings that the message asks for.
    #[must_use]
    pub fn hints(&self) -> Vec<SettingHint> {
        match self {
            Self::CustomDomainAsRegion { name, .. } => vec![SettingHint::with(Setting::CustomDomain, name)],
            Self::RegionAsCustomDomain { region, .. } => vec![SettingHint::with(Setting::Region, region)],
            Self::Secret { .. } => vec![Setting::Key.into()],
            Self::Region { .. } | Self::Placeholder { .. } | Self::CustomDomain { .. } => Vec::new(),
        }
    }

    /// Changes the error to quote the whole given text, of which the name was a part.
    pub(crate) fn about(mut self, text: &str) -> Self {
        match &mut self {
            Self::Region { given, .. }
            | Self::Placeholder { given }
            | Self::CustomDomainAsRegion { given, .. }
            | Self::RegionAsCustomDomain { given, .. }
            | Self::CustomDomain { given } => *given = QuotedValue::new(text),
            Self::Secret { given, .. } => *given = QuotedValue::described(text),
        }
        self
    }

    /// Explains why `text`, normalised to `id`, is not a region.
    fn region(text: &str, id: &str) -> Self {
        let given = QuotedValue::new(text);
        if let Some(region) = region_of_host(id) {
            return Self::Region { given, suggestion: Some(region) };
        }
        if let Some(region) = region_meant(text).filter(|_| !is_locale(id)) {
            return Self::Region { given, suggestion: Some(region.to_owned()) };
        }
        match CustomDomain::owned(id) {
            Ok(domain) if id.contains('-') && !is_locale(id) && !is_of_other_provider(id) => {
                Self::CustomDomainAsRegion { given, name: domain.0.into() }
            }
            _ => Self::Region { given, suggestion: None },
        }
    }

    fn region_as_domain(text: &str) -> Self {
        Self::RegionAsCustomDomain { given: QuotedValue::new(text), region: text.to_ascii_lowercase() }
    }

    fn custom_domain(text: &str) -> Self {
        Self::CustomDomain { given: QuotedValue::new(text) }
    }

    pub(crate) fn secret(setting: Setting, text: &str) -> Self {
        Self::Secret { given: QuotedValue::described(text.trim()), setting }
    }
}

/// Returns the note for a name in the private zone; `host` is the name to call.
pub(crate) fn private_alias(host: &str) -> Note {
    Note::new(
        "CFG07",
        format!("a `{PRIVATE_LABEL}` name is for DNS only, and no certificate covers it; `{host}` is used instead"),
    )
    .suggesting(host)
}

/// Returns the note for a Foundry or Azure OpenAI host; Speech uses another host with the same first label.
pub(crate) fn other_host(host: &str, label: &str, cloud: &Cloud) -> Note {
    let derived = format!("{label}.{}", cloud.suffixes().custom_domain());
    Note::new(
        "CFG08",
        format!(
            "`{host}` is a Foundry or Azure OpenAI host; Speech uses `{derived}` instead, so confirm that it resolves"
        ),
    )
    .suggesting(derived)
}

fn has_region_shape(id: &str) -> bool {
    (3..=32).contains(&id.len())
        && id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && id != "global"
}

/// Returns the region in the first label of a regional host, if a URL or host was given as the region.
fn region_of_host(text: &str) -> Option<String> {
    let host = text.split_once("://").map_or(text, |(_, rest)| rest).split(['/', ':', '?', '#']).next()?;
    Cloud::DOCUMENTED.iter().find_map(|cloud| {
        let reading = cloud.suffixes().read(host)?;
        (!reading.kind.is_named_by_customers() && has_region_shape(reading.label)).then(|| reading.label.to_owned())
    })
}

/// Returns whether the text is a lower-case language tag: two or three letters, then a region or script, like `en-us` or
/// `zh-hans-cn`.
fn is_locale(text: &str) -> bool {
    let mut parts = text.split('-');
    parts.next().is_some_and(|p| matches!(p.len(), 2 | 3) && p.bytes().all(|b| b.is_ascii_alphabetic()))
        && parts.all(|p| match p.len() {
            2 => p.bytes().all(|b| b.is_ascii_alphabetic()),
            3 => p.bytes().all(|b| b.is_ascii_digit()),
            4 => ["hans", "hant", "latn", "cyrl", "arab", "deva"].contains(&p),
            _ => false,
        })
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |s| format!("; did you mean `{s}`?"))
}

/// Older names. <https://learn.microsoft.com/azure/ai-services/cognitive-services-custom-subdomains> still uses the first.
const ALIASES: &[(&str, &str)] = &[("virginia", "usgovvirginia")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_table_contains_valid_unique_identifiers() {
        for (i, region) in regions::REGIONS.iter().enumerate() {
            assert_eq!(Region::read(region.display_name).unwrap(), WithNotes::new(Region(region.id.into())));
            assert_eq!(Cloud::of_region(region.id).as_ref(), Some(&region.cloud), "{}", region.id);
            assert!(regions::REGIONS[..i].iter().all(|other| other.id != region.id));
        }
    }
}
