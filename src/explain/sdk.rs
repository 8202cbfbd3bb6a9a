//! The SDK in a text, its version, and what that version is known to do wrong.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use super::table::rows;

mod defect;

mod seen;

pub use self::defect::Defect;
pub(super) use self::defect::defects;
pub(super) use self::seen::seen;

/// A client library for Speech, and its version as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sdk {
    package: &'static Package,
    /// The versions that it may be; equal if it is known.
    versions: Option<(SdkVersion, SdkVersion)>,
}

/// A package that people install, with the family of its code.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Package {
    id: &'static str,
    name: &'static str,
    family: &'static str,
}

/// The packages. C#, C++, Java, Python, Swift, Objective-C and Go share the native core and its versions.
const PACKAGES: [Package; 12] = [
    Package { id: "native", name: "native Speech SDK", family: "native" },
    Package { id: "python", name: "Speech SDK for Python", family: "native" },
    Package { id: "csharp", name: "Speech SDK for C#", family: "native" },
    Package { id: "cpp", name: "Speech SDK for C++", family: "native" },
    Package { id: "java", name: "Speech SDK for Java", family: "native" },
    Package { id: "swift", name: "Speech SDK for Swift", family: "native" },
    Package { id: "objectivec", name: "Speech SDK for Objective-C", family: "native" },
    Package { id: "go", name: "Speech SDK for Go", family: "native" },
    Package { id: "spx", name: "Speech CLI", family: "native" },
    Package { id: "javascript", name: "Speech SDK for JavaScript", family: "javascript" },
    Package { id: "transcription", name: "azure-ai-transcription", family: "transcription" },
    Package { id: "voicelive", name: "azure-ai-voicelive", family: "voicelive" },
];

/// Other names that people type.
const ALIASES: [(&str, &str); 15] = [
    ("c#", "csharp"),
    ("dotnet", "csharp"),
    (".net", "csharp"),
    ("c++", "cpp"),
    ("kotlin", "java"),
    ("android", "java"),
    ("py", "python"),
    ("objc", "objectivec"),
    ("objective-c", "objectivec"),
    ("ios", "swift"),
    ("js", "javascript"),
    ("node", "javascript"),
    ("typescript", "javascript"),
    ("azure-ai-transcription", "transcription"),
    ("azure-ai-voicelive", "voicelive"),
];

impl Sdk {
    pub(super) fn new(id: &str, versions: Option<(SdkVersion, SdkVersion)>) -> Option<Self> {
        let id = ALIASES.iter().find(|(alias, _)| *alias == id).map_or(id, |(_, id)| id);
        PACKAGES.iter().find(|package| package.id == id).map(|package| Self { package, versions })
    }

    /// Returns every id that can be read, `native` for an unknown one of those that share the native core.
    pub fn ids() -> impl Iterator<Item = &'static str> {
        PACKAGES.iter().map(|package| package.id)
    }

    /// Returns the stable identifier of the package, for example `python`.
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.package.id
    }

    /// Returns the name of the package, for example `Speech SDK for Python`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.package.name
    }

    /// Returns the version, if one is known exactly.
    #[must_use]
    pub fn version(&self) -> Option<SdkVersion> {
        self.versions.filter(|(oldest, newest)| oldest == newest).map(|(version, _)| version)
    }

    /// Returns the oldest and the newest version that it may be, if the text tells.
    #[must_use]
    pub fn versions(&self) -> Option<(SdkVersion, SdkVersion)> {
        self.versions
    }

    fn family(&self) -> &'static str {
        self.package.family
    }
}

impl fmt::Display for Sdk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self.versions {
            Some((oldest, newest)) if oldest == newest => write!(f, " {oldest}"),
            Some((oldest, newest)) if oldest == SdkVersion::FIRST => write!(f, " up to {newest}"),
            Some((oldest, newest)) => write!(f, " {oldest} to {newest}"),
            None => Ok(()),
        }
    }
}

/// The reason why a text is not an SDK.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SdkError {
    /// The name before the colon is unknown.
    Name,
    /// The version is not one like `1.44` or `1.48.2`.
    Version,
}

impl fmt::Display for SdkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => {
                let ids: Vec<&str> = Sdk::ids().collect();
                write!(f, "the SDK is unknown: expected one of {}", ids.join(", "))
            }
            Self::Version => f.write_str("the version cannot be read: expected one like `1.44` or `1.48.2`"),
        }
    }
}

impl std::error::Error for SdkError {}

impl FromStr for Sdk {
    type Err = SdkError;

    /// Reads `python:1.44`, `python@1.44.0`, `javascript` or `c#:1.48.2`.
    fn from_str(text: &str) -> Result<Self, SdkError> {
        let text = text.trim().to_ascii_lowercase();
        let (name, version) = match text.split_once([':', '@', '=', ' ']) {
            Some((name, version)) => (name, Some(version.trim_start_matches(['=', ' ', 'v']))),
            None => (text.as_str(), None),
        };
        let version = version.map(str::parse::<SdkVersion>).transpose()?;
        Self::new(name, version.map(|version| (version, version))).ok_or(SdkError::Name)
    }
}

/// The version of an SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SdkVersion {
    major: u16,
    minor: u16,
    patch: u16,
}

impl SdkVersion {
    const FIRST: Self = Self { major: 0, minor: 0, patch: 0 };

    /// Reads the version at the start of a text, and returns what follows it.
    pub(super) fn at_start(text: &str) -> Option<(Self, &str)> {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let written = text[..end].trim_end_matches('.');
        let mut parts = written.split('.').map(|part| part.parse::<u16>().ok());
        let (major, minor) = (parts.next()??, parts.next()??);
        let patch = parts.next().map_or(Some(0), |part| part)?;
        Some((Self { major, minor, patch }, &text[written.len()..]))
    }
}

impl FromStr for SdkVersion {
    type Err = SdkError;

    /// Reads `1.44`, `1.44.0` or `1.44.0-beta.1`.
    fn from_str(text: &str) -> Result<Self, SdkError> {
        let (version, rest) = Self::at_start(text.trim()).ok_or(SdkError::Version)?;
        if rest.is_empty() || rest.starts_with(['-', '+']) { Ok(version) } else { Err(SdkError::Version) }
    }
}

impl fmt::Display for SdkVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        if self.patch == 0 { Ok(()) } else { write!(f, ".{}", self.patch) }
    }
}

/// The tables of this room.
struct Tables {
    defects: Vec<Defect>,
    markers: Vec<seen::Marker>,
    numbers: Vec<seen::Number>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables {
    defects: rows(include_str!("sdk/defects.txt")).filter_map(|row| Defect::read(&row)).collect(),
    markers: rows(include_str!("sdk/markers.txt")).filter_map(|row| seen::Marker::read(&row)).collect(),
    numbers: rows(include_str!("sdk/numbers.txt")).filter_map(|row| seen::Number::read(&row)).collect(),
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_are_read_as_people_write_them() {
        for (given, expected) in [
            ("python:1.44", "Speech SDK for Python 1.44"),
            ("Python@1.48.2", "Speech SDK for Python 1.48.2"),
            ("c#:1.40.0-beta.1", "Speech SDK for C# 1.40"),
            ("js", "Speech SDK for JavaScript"),
            ("node:v1.49", "Speech SDK for JavaScript 1.49"),
            ("native=1.53.0", "native Speech SDK 1.53"),
        ] {
            assert_eq!(given.parse::<Sdk>().map(|sdk| sdk.to_string()), Ok(expected.to_owned()), "{given}");
        }
        for (given, error) in [
            ("ruby:1.0", SdkError::Name),
            ("python:new", SdkError::Version),
            ("python:1", SdkError::Version),
            ("python:1.99999999", SdkError::Version),
            ("python:1.44x", SdkError::Version),
            ("", SdkError::Name),
        ] {
            assert_eq!(given.parse::<Sdk>(), Err(error), "{given}");
        }
    }

    #[test]
    fn versions_are_ordered_as_numbers() {
        let version = |text: &str| text.parse::<SdkVersion>().expect("a version");
        assert!(version("1.9") < version("1.10") && version("1.48.1") < version("1.48.2"));
        assert_eq!(version("1.48"), version("1.48.0"));
    }

    #[test]
    fn every_line_of_the_data_is_read() {
        let written = |text: &'static str| rows(text).count();
        assert_eq!(TABLES.defects.len(), written(include_str!("sdk/defects.txt")));
        assert_eq!(TABLES.markers.len(), written(include_str!("sdk/markers.txt")));
        assert_eq!(TABLES.numbers.len(), written(include_str!("sdk/numbers.txt")));
        for (alias, id) in ALIASES {
            assert!(PACKAGES.iter().any(|package| package.id == id), "{alias}");
        }
    }
}
