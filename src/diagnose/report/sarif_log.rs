//! The parts of SARIF 2.1.0 that the reports of this library and of its command have in common.
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>
#![allow(missing_docs, reason = "the names are those of the standard")]
#![allow(clippy::exhaustive_structs, reason = "the command makes them; this module is hidden")]

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

/// A log with one run. `P` is the type of the properties of a result.
#[derive(Debug, Serialize)]
pub struct Log<'a, P> {
    #[serde(rename = "$schema")]
    schema: &'a str,
    version: &'a str,
    runs: [Run<'a, P>; 1],
}

#[derive(Debug, Serialize)]
struct Run<'a, P> {
    tool: Tool<'a>,
    invocations: [Invocation<'a>; 1],
    results: Vec<LogResult<'a, P>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<'a> {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification<'a>>,
}

#[derive(Debug, Serialize)]
pub struct Notification<'a> {
    pub descriptor: Descriptor<'a>,
    pub level: &'a str,
    pub message: Message<'a>,
}

#[derive(Debug, Serialize)]
pub struct Descriptor<'a> {
    pub id: &'a str,
}

#[derive(Debug, Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'a str,
    version: &'a str,
    semantic_version: &'a str,
    rules: Vec<Rule<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule<'a> {
    pub id: &'a str,
    pub short_description: Message<'a>,
    pub help: Message<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help_uri: Option<&'a str>,
    pub default_configuration: Configuration<'a>,
    pub properties: RuleProperties,
}

#[derive(Debug, Serialize)]
pub struct Message<'a> {
    pub text: Cow<'a, str>,
}

#[derive(Debug, Serialize)]
pub struct Configuration<'a> {
    pub level: &'a str,
}

#[derive(Debug, Serialize)]
pub struct RuleProperties {
    pub tags: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogResult<'a, P> {
    pub rule_id: &'a str,
    pub rule_index: usize,
    pub kind: &'a str,
    pub level: &'a str,
    pub message: Message<'a>,
    pub locations: [Location; 1],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suppressions: Vec<Suppression<'a>>,
    pub properties: P,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    logical_locations: [LogicalLocation; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fully_qualified_name: Option<String>,
    kind: &'static str,
}

#[derive(Debug, Serialize)]
pub struct Suppression<'a> {
    pub kind: &'a str,
}

impl<'a, P> Log<'a, P> {
    /// Returns the log of a run of the program in this version.
    #[must_use]
    pub fn new(rules: Vec<Rule<'a>>, notifications: Vec<Notification<'a>>, results: Vec<LogResult<'a, P>>) -> Self {
        let version = env!("CARGO_PKG_VERSION");
        let driver = Driver { name: "speech-endpoint", version, semantic_version: version, rules };
        let invocation = Invocation { execution_successful: true, tool_execution_notifications: notifications };
        let run = Run { tool: Tool { driver }, invocations: [invocation], results };
        Self { schema: SCHEMA, version: "2.1.0", runs: [run] }
    }
}

impl Location {
    /// Returns a place that is not in a file.
    #[must_use]
    pub fn logical(name: String, fully_qualified_name: Option<String>, kind: &'static str) -> Self {
        Self { logical_locations: [LogicalLocation { name, fully_qualified_name, kind }] }
    }
}

impl<'a> Message<'a> {
    /// Returns a message.
    #[must_use]
    pub fn new(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into() }
    }
}

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
