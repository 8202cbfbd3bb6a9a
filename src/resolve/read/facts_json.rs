//! Facts as JSON: writes them, and reads those that replace the built-in ones.

use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::resolve::cloud::Cloud;
use crate::resolve::facts::{Fact, FactKind, Facts, Text};
use crate::resolve::name::Region;
use crate::resolve::query::ApiVersion;
use crate::resolve::quoted::{QuotedValue, looks_secret};
use crate::resolve::service::Service;

impl Facts {
    /// Reads facts that replace the built-in ones about the same kind, service, cloud and name.
    ///
    /// 1. Check the version of the document, then its shape.
    /// 2. Check each fact: its kind, what it is about, its values, its source and its date.
    /// 3. Reject two facts that answer the same question, and another value for a fact that no file may replace.
    ///
    /// ```
    /// use speech_endpoint::{Account, Facts, Service};
    ///
    /// let json = br#"{ "schema_version": 1, "facts": [ { "kind": "api-version", "service": "batch-synthesis",
    ///     "value": "2027-01-01", "source": "https://example.com/", "edition": "2027-01-15", "confirmed": true } ] }"#;
    /// let account = Account::regional("westeurope".parse()?)?.with_facts(Facts::from_json(json)?);
    /// assert!(account.endpoint(Service::BatchSynthesis)?.url().ends_with("?api-version=2027-01-01"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`FactsError`] names the fact and its fault.
    pub fn from_json(json: &[u8]) -> Result<Self, FactsError> {
        let document: Value = serde_json::from_slice(json).map_err(FactsError::json)?;
        let found = document.get("schema_version").ok_or_else(|| FactsError::shape("it has no `schema_version`"))?;
        if *found != SCHEMA_VERSION {
            return Err(FactsError::Version { given: QuotedValue::new(&found.to_string()) });
        }
        let document: Document = serde_path_to_error::deserialize(&document).map_err(|error| misshapen(&error))?;
        if document.facts.len() > MOST_FACTS {
            return Err(FactsError::shape(&format!("it has more than {MOST_FACTS} facts")));
        }
        let mut facts: Vec<Fact> = Vec::new();
        for (i, given) in document.facts.into_iter().enumerate() {
            let fact = given.read().and_then(|fact| {
                if facts.iter().any(|other| other.is_same_question(&fact)) {
                    return Err("repeats an earlier fact with the same kind, service, cloud and name".to_owned());
                }
                unreplaced(&fact)?;
                Ok(fact)
            });
            facts.push(fact.map_err(|problem| FactsError::Fact { number: i + 1, problem })?);
        }
        Ok(Self::replaced(facts))
    }
}

/// Rejects another value for a fact that no file may replace.
fn unreplaced(fact: &Fact) -> Result<(), String> {
    if !fact.kind.is_fixed() {
        return Ok(());
    }
    let known = Facts::BUILT_IN.all().iter().find(|known| known.is_same_question(fact));
    match known {
        Some(known) if known.values == fact.values => Ok(()),
        _ => Err(format!(
            "changes a `{}`, which a file cannot: it decides which host receives a credential, or belongs to the program",
            fact.kind
        )),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[allow(dead_code, reason = "checked before")]
    schema_version: Value,
    facts: Vec<Given>,
}

/// A fact as a file gives it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    kind: String,
    service: Option<String>,
    cloud: Option<String>,
    name: Option<String>,
    value: Option<String>,
    values: Option<Vec<String>>,
    source: String,
    edition: String,
    confirmed: bool,
    note: Option<String>,
}

impl Given {
    /// Checks the fact; the error continues `fact 3 …`.
    fn read(self) -> Result<Fact, String> {
        let kind: FactKind = self.kind.parse().map_err(|error| format!("has an unknown `kind`: {error}"))?;
        let service = self.service.as_deref().map(str::parse::<Service>).transpose();
        let service = service.map_err(|error| format!("has an unknown `service`: {error}"))?;
        let cloud = self.cloud.as_deref().map(str::parse::<Cloud>).transpose();
        let cloud = cloud.map_err(|error| format!("has an unknown `cloud`: {error}"))?;
        let values = match (self.value, self.values, kind.is_list()) {
            (Some(value), None, false) => vec![value],
            (None, Some(values), true) if values.len() <= MOST_VALUES => values,
            (None, Some(_), true) => return Err(format!("has more than {MOST_VALUES} `values`")),
            (_, _, true) => return Err(format!("needs `values`, a list, because it is a `{kind}`")),
            (_, _, false) => return Err(format!("needs `value`, a text, because it is a `{kind}`")),
        };
        for (field, text) in [("name", &self.name), ("note", &self.note)] {
            text.as_deref().map_or(Ok(()), |text| printable(field, text))?;
        }
        printable("source", &self.source)?;
        let url = self.source.strip_prefix("https://").unwrap_or_default();
        if url.is_empty() || self.source.contains(' ') {
            return Err(format!(
                "has a `source` that is not a URL: {}; expected `https://…`",
                QuotedValue::new(&self.source)
            ));
        }
        if !is_date(&self.edition) {
            let given = QuotedValue::new(&self.edition);
            return Err(format!(
                "has an `edition` that is not a date: {given}; expected one like `2026-05-25` or `2026-05`"
            ));
        }
        for value in &values {
            checked(kind, value)?;
        }
        let fact = Fact {
            kind,
            service,
            cloud,
            name: self.name.map(Into::into),
            values: values.into_iter().map(Into::into).collect(),
            source: self.source.into(),
            edition: self.edition.into(),
            is_confirmed: self.confirmed,
            note: self.note.map(Into::into),
        };
        about(&fact)?;
        Ok(fact)
    }
}

/// Checks that a fact is about what its kind asks for.
fn about(fact: &Fact) -> Result<(), String> {
    let kind = fact.kind;
    match (kind, fact.service) {
        (FactKind::ApiVersion | FactKind::PreviewVersion | FactKind::Retirement, None) => {
            Err(format!("needs a `service`, because it is a `{kind}`"))
        }
        (FactKind::ApiVersion, Some(service)) if Facts::BUILT_IN.api_version(service.row()).is_none() => {
            Err(format!("gives a version to `{service}`, whose URL carries none"))
        }
        (FactKind::Regions, _) if fact.cloud.is_none() => Err("needs a `cloud`, because it is a `regions`".to_owned()),
        (FactKind::DnsZone, _) if fact.cloud.is_none() || fact.name.is_none() => {
            Err("needs a `cloud` and a `name` like `custom-domain`, because it is a `dns-zone`".to_owned())
        }
        (FactKind::ServiceTag | FactKind::Host, _) if fact.name.is_none() => {
            Err(format!("needs a `name`, because it is a `{kind}`"))
        }
        _ => Ok(()),
    }
}

/// Checks a value: those that become part of a URL or of a firewall rule have a strict form.
fn checked(kind: FactKind, value: &str) -> Result<(), String> {
    let wrong = |expected: &str| Err(format!("has a wrong value {}: expected {expected}", QuotedValue::new(value)));
    match kind {
        FactKind::Regions if !matches!(Region::read(value), Ok(read) if read.value.as_str() == value) => {
            wrong("a region identifier like `westeurope`")
        }
        FactKind::ApiVersion | FactKind::PreviewVersion if value.parse::<ApiVersion>().is_err() => {
            wrong("a version like `2025-10-15`")
        }
        FactKind::DnsZone if !is_host(value) => wrong("a zone like `privatelink.cognitiveservices.azure.com`"),
        FactKind::Host if !is_host(value.strip_prefix("*.").unwrap_or(value)) => {
            wrong("a host name, or one with `*.` in front")
        }
        FactKind::ServiceTag if !is_tag(value) => wrong("a service tag like `CognitiveServicesManagement`"),
        _ => printable("value", value),
    }
}

/// Rejects text that could hide something on a terminal, or that may be a secret.
fn printable(field: &str, text: &str) -> Result<(), String> {
    let is_plain = (1..=LONGEST_TEXT).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    if !is_plain {
        return Err(format!("has a `{field}` that is not 1 to {LONGEST_TEXT} printable ASCII characters"));
    }
    if looks_secret(text) {
        return Err(format!("has a `{field}` that looks like a secret"));
    }
    Ok(())
}

fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_name = text.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_lowercase()));
    text.len() <= 253 && text.contains('.') && is_name && text.split('.').all(is_label) && !looks_secret(text)
}

fn is_tag(text: &str) -> bool {
    (1..=80).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()))
        && !looks_secret(text)
}

/// Returns whether a text is a day or a month of the calendar.
fn is_date(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let number = |from: usize, to: usize| text[from..to].parse::<u32>().unwrap_or_default();
    let (year, month, day) = match shape.as_str() {
        "0000-00" => (number(0, 4), number(5, 7), 1),
        "0000-00-00" => (number(0, 4), number(5, 7), number(8, 10)),
        _ => return false,
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (2010..=2100).contains(&year) && (1..=days).contains(&day)
}

/// A fact as it is written.
#[derive(Serialize)]
struct Written<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<&'a [Text]>,
    source: &'a str,
    edition: &'a str,
    confirmed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
}

impl Serialize for Fact {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let is_list = self.kind.is_list();
        Written {
            kind: self.kind.id(),
            service: self.service.map(Service::id),
            cloud: self.cloud.as_ref().map(Cloud::id),
            name: self.name.as_deref(),
            value: self.values.first().map(|value| &**value).filter(|_| !is_list),
            values: is_list.then_some(&self.values),
            source: &self.source,
            edition: &self.edition,
            confirmed: self.is_confirmed,
            note: self.note.as_deref(),
        }
        .serialize(to)
    }
}

/// Why a document does not contain facts. The message never shows a value that may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FactsError {
    /// The document is not JSON.
    #[error("it is not valid JSON: line {line}, column {column}")]
    Json {
        /// The line of the fault.
        line: usize,
        /// The column of the fault.
        column: usize,
        /// The fault.
        #[source]
        source: JsonError,
    },
    /// The document has another schema version.
    #[error("it has schema version {given}, and this program reads version {SCHEMA_VERSION}")]
    Version {
        /// The given value.
        given: QuotedValue,
    },
    /// The document is JSON of a different shape.
    #[error("{problem}; expected the output of `speech-endpoint facts --format json`")]
    Shape {
        /// The mismatch.
        problem: String,
    },
    /// A fact is invalid.
    #[error("fact {number} {problem}")]
    Fact {
        /// The position of the fact, from 1.
        number: usize,
        /// The fault.
        problem: String,
    },
}

impl FactsError {
    fn json(error: serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        Self::Json { line, column, source: JsonError(Arc::new(error)) }
    }

    fn shape(problem: &str) -> Self {
        Self::Shape { problem: problem.to_owned() }
    }
}

/// Names the field that does not match, without its value.
fn misshapen(error: &serde_path_to_error::Error<serde_json::Error>) -> FactsError {
    let (path, text) = (error.path().to_string(), error.inner().to_string());
    let quoted = |start: &str| text.strip_prefix(start)?.split('`').next().map(QuotedValue::new);
    let problem = if let Some(field) = quoted("unknown field `") {
        format!("{field} is not expected")
    } else if let Some(field) = quoted("missing field `") {
        format!("a field is missing: {field}")
    } else {
        let expected = text.rsplit_once("expected ").map_or("another type", |(_, expected)| expected);
        format!("it has the wrong type: expected {expected}")
    };
    // The path contains names of fields, which may be anything.
    let is_whole = matches!(path.as_str(), "." | "?");
    let place = if is_whole { "the document".to_owned() } else { QuotedValue::new(&path).to_string() };
    FactsError::Shape { problem: format!("at {place}, {problem}") }
}

/// The version of the document, which changes with its shape.
const SCHEMA_VERSION: u64 = 1;

/// The built-in table has fewer than 200.
const MOST_FACTS: usize = 2000;
const MOST_VALUES: usize = 500;
const LONGEST_TEXT: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    fn document(fact: &str) -> String {
        format!(r#"{{ "schema_version": 1, "facts": [ {fact} ] }}"#)
    }

    #[test]
    fn what_is_written_is_read_again() {
        let facts = Facts::BUILT_IN.all();
        let written = serde_json::json!({ "schema_version": SCHEMA_VERSION, "facts": facts }).to_string();
        let read = Facts::from_json(written.as_bytes()).expect("facts");
        assert_eq!(read.all(), facts);
    }

    #[test]
    fn a_wrong_document_is_rejected_by_name() {
        let good = r#""source": "https://example.com/", "edition": "2026-05-25", "confirmed": true"#;
        let fact = |rest: &str| document(&format!("{{ {rest}, {good} }}"));
        let version = r#""kind": "api-version", "service": "voice-live", "value": "2026-07-15""#;
        let edition = |edition: &str| {
            document(&format!(
                r#"{{ {version}, "source": "https://a.b/", "edition": "{edition}", "confirmed": true }}"#
            ))
        };
        for (json, expected) in [
            ("{".to_owned(), "it is not valid JSON: line 1, column 1"),
            ("[]".to_owned(), "it has no `schema_version`"),
            (r#"{ "schema_version": 2 }"#.to_owned(), "schema version `2`, and this program reads version 1"),
            (r#"{ "schema_version": 1 }"#.to_owned(), "a field is missing: `facts`"),
            (r#"{ "schema_version": 1, "facts": {} }"#.to_owned(), "at `facts`, it has the wrong type"),
            (r#"{ "schema_version": 1, "facts": [], "more": 1 }"#.to_owned(), "`more` is not expected"),
            (
                r#"{ "schema_version": 1, "facts": [], "0123456789abcdef0123456789abcdef": 1 }"#.to_owned(),
                "looks like a secret is not expected",
            ),
            (document(r#"{ "kind": "sdk" }"#), "at `facts[0]`, a field is missing: `source`"),
            (fact(r#""kind": "colour", "value": "red""#), "fact 1 has an unknown `kind`: `colour`"),
            (
                fact(r#""kind": "api-version", "service": "speech-to-txt", "value": "x""#),
                "did you mean `speech-to-text`?",
            ),
            (fact(r#""kind": "regions", "cloud": "mars", "values": []"#), "unknown `cloud`: `mars`"),
            (fact(r#""kind": "regions", "cloud": "public", "value": "x""#), "needs `values`, a list"),
            (fact(r#""kind": "quota", "values": ["x"]"#), "needs `value`, a text"),
            (fact(r#""kind": "regions", "values": ["westeurope"]"#), "needs a `cloud`"),
            (
                fact(r#""kind": "regions", "cloud": "public", "values": ["West Europe"]"#),
                "expected a region identifier",
            ),
            (
                fact(r#""kind": "api-version", "service": "voice-live", "value": "1&x=y""#),
                "a version like `2025-10-15`",
            ),
            (fact(r#""kind": "api-version", "service": "voices", "value": "2026-01-01""#), "whose URL carries none"),
            (fact(r#""kind": "dns-zone", "cloud": "public", "name": "openai", "value": "a b""#), "expected a zone"),
            (fact(r#""kind": "host", "name": "crl", "values": ["a.b\"; x"]"#), "expected a host name"),
            (fact(r#""kind": "service-tag", "name": "speech", "values": ["A-B"]"#), "expected a service tag"),
            (
                fact(r#""kind": "host-suffix", "cloud": "public", "name": "realtime", "value": "evil.example""#),
                "changes a `host-suffix`, which a file cannot",
            ),
            (fact(r#""kind": "quota", "value": "\u001b[2J""#), "printable ASCII"),
            (fact(r#""kind": "quota", "value": "0123456789abcdef0123456789abcdef""#), "looks like a secret"),
            (edition("2026-02-30"), "has an `edition` that is not a date: `2026-02-30`"),
            (edition("25/05/2026"), "has an `edition` that is not a date"),
            (
                document(&format!(r#"{{ {version}, "source": "page", "edition": "2026-05", "confirmed": true }}"#)),
                "has a `source` that is not a URL",
            ),
            (document(&format!("{{ {version}, {good} }}, {{ {version}, {good} }}")), "fact 2 repeats an earlier fact"),
        ] {
            let error = Facts::from_json(json.as_bytes()).expect_err(&json).to_string();
            assert!(error.contains(expected), "{json}\n  {error}");
            assert!(!error.contains("0123456789abcdef") && error.lines().count() == 1, "{error}");
        }
    }
}

/// Why a document is not JSON.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct JsonError(Arc<serde_json::Error>);

impl PartialEq for JsonError {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_string() == other.0.to_string()
    }
}

impl Eq for JsonError {}
