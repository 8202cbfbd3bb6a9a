//! Query: the settings of a call that are part of its URL, validated and encoded once.

use std::fmt;
use std::str::FromStr;

use crate::resolve::parameter::{Parameter, Parameters};
use crate::resolve::quoted::{QuotedValue, looks_secret};

mod error;

pub use error::QueryError;

/// The settings in a URL. The table of [`crate::Service`] lists which service supports which setting.
///
/// ```
/// use speech_endpoint::{Account, Query, Service};
///
/// let account = Account::regional("westeurope".parse()?)?;
/// let query = Query::default().with_language("en-US")?.with_parameter("format", "detailed")?;
/// let endpoint = account.endpoint_with(Service::SpeechToText, &query)?;
/// assert!(endpoint.url().ends_with("/stt/speech/universal/v2?format=detailed&language=en-US"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    language: Option<Encoded>,
    mode: Option<RecognitionMode>,
    custom_model: Option<Encoded>,
    deployment: Option<Encoded>,
    api_version: Option<ApiVersion>,
    /// Other parameters, encoded and sorted by name as in the native SDK.
    free: Vec<(Encoded, Encoded)>,
}

impl Query {
    /// Sets the language of the audio as a BCP 47 tag, for example `en-US`.
    ///
    /// # Errors
    ///
    /// [`QueryError`] if it is not a language tag, or a language is already set.
    pub fn with_language(mut self, language: &str) -> Result<Self, QueryError> {
        let subtag = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
        let is_tag = (2..=35).contains(&language.len())
            && language.starts_with(|c: char| c.is_ascii_alphabetic())
            && language.split('-').all(subtag);
        if !is_tag {
            return Err(QueryError::Language { given: QuotedValue::new(language) });
        }
        once(&mut self.language, Encoded::new(language), "language")?;
        Ok(self)
    }

    /// Sets the recognition mode, which is part of some paths.
    #[must_use]
    pub fn with_mode(self, mode: RecognitionMode) -> Self {
        Self { mode: Some(mode), ..self }
    }

    /// Sets the endpoint id of a custom speech model (`cid`).
    ///
    /// # Errors
    ///
    /// [`QueryError`] if it is empty, has the shape of a key, or is already set.
    pub fn with_custom_model(mut self, id: &str) -> Result<Self, QueryError> {
        once(&mut self.custom_model, identifier("cid", id)?, "cid")?;
        Ok(self)
    }

    /// Sets the id of a deployed custom voice (`deploymentId`), or the name of an Azure OpenAI deployment.
    ///
    /// # Errors
    ///
    /// [`QueryError`] if it is empty, has the shape of a key, or is already set.
    pub fn with_deployment(mut self, id: &str) -> Result<Self, QueryError> {
        once(&mut self.deployment, identifier("deploymentId", id)?, "deploymentId")?;
        Ok(self)
    }

    /// Sets the API version, instead of the newest stable one.
    ///
    /// # Errors
    ///
    /// [`QueryError`] if it is not a version, or a version is already set.
    pub fn with_api_version(mut self, version: &str) -> Result<Self, QueryError> {
        once(&mut self.api_version, version.parse()?, "api-version")?;
        Ok(self)
    }

    /// Adds any other parameter. The names of the settings above set those.
    ///
    /// # Errors
    ///
    /// [`QueryError`] if the name is empty, or if the parameter contains a credential, which belongs in a header.
    pub fn with_parameter(mut self, name: &str, value: &str) -> Result<Self, QueryError> {
        match name {
            "language" => return self.with_language(value),
            "cid" => return self.with_custom_model(value),
            "deploymentId" => return self.with_deployment(value),
            "api-version" => return self.with_api_version(value),
            "" => return Err(QueryError::Name { given: QuotedValue::new(name) }),
            _ => {}
        }
        let lower = name.to_ascii_lowercase();
        if CREDENTIAL_NAMES.iter().any(|secret| lower.contains(secret)) || lower == "token" {
            return Err(QueryError::Credential { name: QuotedValue::new(name) });
        }
        if looks_secret(name) || looks_secret(value) && !is_connection_id(&lower, value) {
            return Err(QueryError::Secret { name: QuotedValue::new(name) });
        }
        let item = (Encoded::new(name), Encoded::new(value));
        let place = self.free.partition_point(|(other, _)| other.0 <= item.0.0);
        self.free.insert(place, item);
        Ok(self)
    }

    /// Returns which named settings are set.
    pub(crate) fn given(&self) -> Parameters {
        let mut given = Parameters::NONE;
        for (is_given, parameter) in [
            (self.language.is_some(), Parameter::Language),
            (self.mode.is_some(), Parameter::Mode),
            (self.custom_model.is_some(), Parameter::CustomModel),
            (self.deployment.is_some(), Parameter::Deployment),
            (self.api_version.is_some(), Parameter::ApiVersion),
        ] {
            if is_given {
                given = given.with(parameter);
            }
        }
        given
    }

    /// Keeps only the named settings that are in the set.
    pub(crate) fn limited_to(&self, carried: Parameters) -> Self {
        let mut query = self.clone();
        for parameter in Parameter::ALL.into_iter().filter(|parameter| !carried.contains(*parameter)) {
            match parameter {
                Parameter::Language => query.language = None,
                Parameter::Mode => query.mode = None,
                Parameter::CustomModel => query.custom_model = None,
                Parameter::Deployment => query.deployment = None,
                Parameter::ApiVersion => query.api_version = None,
            }
        }
        query
    }

    pub(crate) fn language(&self) -> Option<&str> {
        self.language.as_ref().map(Encoded::as_str)
    }

    pub(crate) fn mode(&self) -> Option<RecognitionMode> {
        self.mode
    }

    pub(crate) fn custom_model(&self) -> Option<&str> {
        self.custom_model.as_ref().map(Encoded::as_str)
    }

    pub(crate) fn deployment(&self) -> Option<&str> {
        self.deployment.as_ref().map(Encoded::as_str)
    }

    pub(crate) fn api_version(&self) -> Option<&ApiVersion> {
        self.api_version.as_ref()
    }

    /// Returns the encoded value of another parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.free().find(|(given, _)| *given == name).map(|(_, value)| value)
    }

    /// Returns the other parameters, encoded, in name order.
    pub(crate) fn free(&self) -> impl Iterator<Item = (&str, &str)> {
        self.free.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// How the service segments speech; part of the path in the older recognition APIs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecognitionMode {
    /// Short commands and questions.
    Interactive,
    /// Conversations; the mode in the documentation.
    #[default]
    Conversation,
    /// Longer dictated text with spoken punctuation.
    Dictation,
}

impl RecognitionMode {
    /// Every mode.
    pub const ALL: [Self; 3] = [Self::Interactive, Self::Conversation, Self::Dictation];

    /// Returns the path segment.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Conversation => "conversation",
            Self::Dictation => "dictation",
        }
    }
}

impl FromStr for RecognitionMode {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        Self::ALL
            .into_iter()
            .find(|mode| mode.id() == text)
            .ok_or_else(|| QueryError::Mode { given: QuotedValue::new(text) })
    }
}

/// A version of a REST API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ApiVersion {
    /// Dated, as in the `api-version` query parameter: `2025-10-15`.
    Dated(Box<str>),
    /// Numbered, as in the path of the speech to text API: `v3.2`.
    Numbered(Box<str>),
}

impl ApiVersion {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Dated(text) | Self::Numbered(text) => text,
        }
    }
}

impl FromStr for ApiVersion {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        let date = text.strip_suffix("-preview").unwrap_or(text);
        let pattern = date.bytes().map(|b| if b.is_ascii_digit() { b'0' } else { b }).collect::<Vec<_>>();
        if pattern == b"0000-00-00" || text == "preview" {
            return Ok(Self::Dated(text.into()));
        }
        let numbered = text.strip_prefix('v').is_some_and(|rest| {
            rest.len() <= 16
                && rest.starts_with(|c: char| c.is_ascii_digit())
                && rest.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c))
        });
        if numbered {
            Ok(Self::Numbered(text.into()))
        } else {
            Err(QueryError::ApiVersion { given: QuotedValue::new(text) })
        }
    }
}

/// Text in which all but the unreserved characters of RFC 3986 are percent-encoded, as in the native SDK.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Encoded(Box<str>);

impl Encoded {
    fn new(text: &str) -> Self {
        let mut encoded = String::with_capacity(text.len());
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                encoded.push(char::from(byte));
            } else {
                encoded.push('%');
                encoded
                    .extend([byte >> 4, byte & 15].map(|nibble| char::from(b"0123456789ABCDEF"[usize::from(nibble)])));
            }
        }
        Self(encoded.into())
    }

    fn as_str(&self) -> &str {
        &self.0
    }
}

fn identifier(name: &'static str, text: &str) -> Result<Encoded, QueryError> {
    // A dot segment would remove a part of the path that contains it.
    let shaped = (1..=128).contains(&text.len())
        && !text.chars().any(char::is_control)
        && !matches!(text.trim(), "" | "." | "..");
    if shaped && !looks_secret(text) {
        Ok(Encoded::new(text))
    } else {
        Err(QueryError::Identifier { name, given: QuotedValue::new(text) })
    }
}

fn once<T>(place: &mut Option<T>, value: T, name: &'static str) -> Result<(), QueryError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(QueryError::Twice { name }),
    }
}

/// Returns whether the parameter is a connection id. These have 32 hexadecimal digits like the older keys but are not
/// secret.
fn is_connection_id(name: &str, value: &str) -> bool {
    matches!(name, "x-connectionid" | "connectionid")
        && value.len() == 32
        && value.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Parameter names, in lower case, under which browsers and SDKs put credentials into URLs. Names that contain one of
/// them are rejected.
const CREDENTIAL_NAMES: [&str; 5] = ["subscription-key", "authorization", "api-key", "apikey", "access_token"];

impl fmt::Display for RecognitionMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
