//! JSON for programs. The shape is stable; `schema_version` changes when it does.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::ReportOptions;
use crate::diagnose::alias::{AliasChain, Fingerprint};
use crate::diagnose::evidence::saved::milliseconds;
use crate::diagnose::evidence::{
    AuthFacts, Claims, Companion, CredentialFacts, DnsFacts, Ended, Evidence, Failure, MachineFacts, Remark,
    ResourceFacts, Round, RoundTrip, Rounds, Skip, Spread, Step, TcpFacts, Trace, rfc3339,
};
use crate::diagnose::stage::Stage;
use crate::diagnose::{Diagnosis, Finding, FindingPlace, RuledOut, TargetDocuments, Unexplained};
use crate::resolve::invisible::is_invisible;

/// Why a report cannot be written as JSON.
#[derive(Debug)]
pub struct JsonError(pub(crate) serde_json::Error);

impl JsonError {
    pub(super) fn new(error: serde_json::Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write the report as JSON: {}", self.0)
    }
}

impl std::error::Error for JsonError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// Returns the report for programs, as `doctor --format json` writes it.
///
/// # Errors
///
/// If the evidence cannot be serialised. Evidence of a run and evidence that was read from a file always can.
pub fn json(evidence: &Evidence, diagnosis: &Diagnosis, options: &ReportOptions) -> Result<String, JsonError> {
    document(evidence, diagnosis, options).and_then(|document| pretty(&document)).map_err(JsonError)
}

pub(super) fn pretty(document: &impl Serialize) -> serde_json::Result<String> {
    Ok(without_unseen(&serde_json::to_string_pretty(document)?) + "\n")
}

/// Escapes the controls that JSON allows and the invisible characters. Outside of strings JSON has neither.
fn without_unseen(json: &str) -> String {
    let mut output = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && c.is_control() || is_invisible(c) {
            output.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            output.push(c);
        }
    }
    output
}

fn document<'a>(
    evidence: &'a Evidence,
    diagnosis: &'a Diagnosis,
    options: &ReportOptions,
) -> serde_json::Result<Document<'a>> {
    Ok(Document {
        schema_version: SCHEMA_VERSION,
        verdict: diagnosis.verdict.id(),
        root_cause: diagnosis.root_cause().map(|finding| finding.failure.id),
        exit_code: diagnosis.exit_code(options.fail_on),
        resource: resource(&evidence.resource)?,
        credential: evidence.credential.as_ref().map(credential),
        second_key: evidence.second_key.as_ref().map(credential),
        observed_at: rfc3339(evidence.observed_at),
        took_ms: milliseconds(evidence.took),
        ended: evidence.ended,
        remarks: &evidence.remarks,
        notes: evidence.remarks.iter().filter(|remark| !remark.is_error).map(note).collect(),
        findings: diagnosis.findings.iter().map(finding).collect(),
        unexplained: diagnosis.unexplained.iter().map(unexplained).collect(),
        targets: (evidence.traces.iter().enumerate())
            .map(|(number, trace)| target(trace, diagnosis.documents.get(number)))
            .collect::<serde_json::Result<_>>()?,
        machine: &evidence.machine,
    })
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u8,
    verdict: &'a str,
    root_cause: Option<&'a str>,
    exit_code: u8,
    resource: Map<String, Value>,
    credential: Option<CredentialJson<'a>>,
    second_key: Option<CredentialJson<'a>>,
    observed_at: String,
    took_ms: f64,
    ended: Ended,
    remarks: &'a [Remark],
    /// The remarks that are not errors, in the shape of `resolve`.
    notes: Vec<NoteJson<'a>>,
    findings: Vec<FindingJson<'a>>,
    unexplained: Vec<UnexplainedJson<'a>>,
    targets: Vec<TargetJson<'a>>,
    machine: &'a MachineFacts,
}

#[derive(Serialize)]
struct NoteJson<'a> {
    id: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<&'a str>,
}

/// The fault is its id and its text.
#[derive(Serialize)]
struct CredentialJson<'a> {
    kind: &'a str,
    length: usize,
    fingerprint: &'a str,
    fault: Option<(&'a str, &'a str)>,
    claims: Option<&'a Claims>,
}

#[derive(Serialize)]
struct FindingJson<'a> {
    id: &'a str,
    severity: &'a str,
    stage: &'a str,
    service: Option<&'a str>,
    host: Option<&'a str>,
    places: Vec<PlaceJson<'a>>,
    title: &'a str,
    observed: &'a str,
    cause: &'a str,
    remedy: RemedyJson<'a>,
    see: Option<&'a str>,
    caused_by: Option<&'a str>,
    rank: u8,
    ruled_out: Vec<RuledOutJson<'a>>,
}

#[derive(Serialize)]
struct PlaceJson<'a> {
    service: Option<&'a str>,
    host: &'a str,
}

#[derive(Serialize)]
struct RemedyJson<'a> {
    text: Cow<'a, str>,
    commands: Cow<'a, [String]>,
}

#[derive(Serialize)]
struct RuledOutJson<'a> {
    id: &'a str,
    because: &'a str,
}

#[derive(Serialize)]
struct UnexplainedJson<'a> {
    service: Option<&'a str>,
    host: &'a str,
    stage: &'a str,
    observed: &'a str,
}

#[derive(Serialize)]
struct TargetJson<'a> {
    service: Option<&'a str>,
    purpose: Option<&'a str>,
    host: &'a str,
    port: u16,
    url: &'a str,
    expect: &'a str,
    discovered_from: Option<&'a str>,
    notes: &'a [String],
    proxy: Option<&'a str>,
    stages: StagesJson<'a>,
    rounds: Option<RoundsJson>,
    /// Only if round trips were requested and the stages passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    round_trip: Option<Map<String, Value>>,
    /// Only with documents of Azure.
    #[serde(skip_serializing_if = "Option::is_none")]
    azure: Option<&'a TargetDocuments>,
}

/// The minimum and the median of each stage, in milliseconds.
#[derive(Serialize)]
struct RoundsJson {
    wanted: usize,
    cold: SeriesJson,
    warm: SeriesJson,
}

#[derive(Serialize)]
struct SeriesJson {
    made: usize,
    failed: usize,
    resumed: usize,
    first_failure: Option<Failure>,
    stages: Map<String, Value>,
    total: Option<Value>,
}

/// All seven stages, tried or not.
#[derive(Serialize)]
struct StagesJson<'a> {
    dns: StageJson<'a>,
    tcp: StageJson<'a>,
    proxy: StageJson<'a>,
    tls: StageJson<'a>,
    http: StageJson<'a>,
    websocket: StageJson<'a>,
    auth: StageJson<'a>,
}

/// Every field is present, however the stage ended.
#[derive(Serialize)]
struct StageJson<'a> {
    status: &'a str,
    took_ms: Option<f64>,
    skipped_because: Option<&'a str>,
    failure: Option<&'a Failure>,
    facts: Map<String, Value>,
}

/// A resource that could not be read has no scenario.
fn resource(facts: &ResourceFacts) -> serde_json::Result<Map<String, Value>> {
    let mut resource = object(facts)?;
    for name in ["scenario", "title"] {
        if resource.get(name).is_some_and(|value| value == "") {
            resource.insert(name.to_owned(), Value::Null);
        }
    }
    Ok(resource)
}

fn note(remark: &Remark) -> NoteJson<'_> {
    NoteJson { id: &remark.id, message: &remark.text, suggestion: remark.suggestion.as_deref() }
}

fn credential(facts: &CredentialFacts) -> CredentialJson<'_> {
    CredentialJson {
        kind: &facts.kind,
        length: facts.length,
        fingerprint: &facts.fingerprint,
        fault: facts.fault.as_ref().map(|fault| (&*fault.id, &*fault.text)),
        claims: facts.claims.as_ref(),
    }
}

fn finding(finding: &Finding) -> FindingJson<'_> {
    let first = finding.places.first();
    FindingJson {
        id: finding.failure.id,
        severity: finding.severity.id(),
        stage: finding.failure.area.id(),
        service: first.and_then(|place| place.service.as_deref()),
        host: first.map(|place| place.host.as_str()),
        places: finding.places.iter().map(place).collect(),
        title: finding.failure.title,
        observed: &finding.observed,
        cause: finding.failure.cause,
        remedy: remedy(finding),
        see: finding.failure.see,
        caused_by: finding.caused_by,
        rank: finding.rank,
        ruled_out: finding.ruled_out.iter().map(ruled_out).collect(),
    }
}

/// Returns the remedy, with the commands that collect the wanted documents at its end.
fn remedy(finding: &Finding) -> RemedyJson<'_> {
    match finding.collection() {
        None => RemedyJson { text: Cow::Borrowed(&finding.remedy), commands: Cow::Borrowed(&finding.commands) },
        Some((sentence, collecting)) => RemedyJson {
            text: format!("{}. {sentence}", finding.remedy).into(),
            commands: [finding.commands.clone(), collecting].concat().into(),
        },
    }
}

fn place(place: &FindingPlace) -> PlaceJson<'_> {
    PlaceJson { service: place.service.as_deref(), host: &place.host }
}

fn ruled_out(other: &RuledOut) -> RuledOutJson<'_> {
    RuledOutJson { id: other.id, because: &other.because }
}

fn unexplained(failure: &Unexplained) -> UnexplainedJson<'_> {
    UnexplainedJson {
        service: failure.place.service.as_deref(),
        host: &failure.place.host,
        stage: failure.stage.id(),
        observed: &failure.text,
    }
}

fn target<'a>(trace: &'a Trace, azure: Option<&'a TargetDocuments>) -> serde_json::Result<TargetJson<'a>> {
    let target = &trace.target;
    Ok(TargetJson {
        service: target.service.as_deref(),
        purpose: target.purpose.map(Companion::title),
        host: &target.host,
        port: target.port,
        url: &target.url,
        expect: target.expect.id(),
        discovered_from: target.discovered_from.as_deref(),
        notes: &target.notes,
        proxy: trace.proxy.found().and_then(|facts| facts.proxy.as_deref()),
        stages: StagesJson {
            dns: stage(&trace.dns, |facts| dns(&target.host, facts))?,
            tcp: stage(&trace.tcp, tcp)?,
            proxy: stage(&trace.proxy, object)?,
            tls: stage(&trace.tls, object)?,
            http: stage(&trace.http, object)?,
            websocket: stage(&trace.websocket, object)?,
            auth: stage(&trace.auth, auth)?,
        },
        rounds: trace.rounds.as_ref().map(|rounds| RoundsJson {
            wanted: rounds.wanted,
            cold: series(&rounds.cold, target.is_websocket),
            warm: series(&rounds.warm, target.is_websocket),
        }),
        round_trip: trace.round_trip.as_ref().map(round_trip).transpose()?,
        azure,
    })
}

/// Returns the facts of a round trip; a baseline that is absent is null.
fn round_trip(facts: &RoundTrip) -> serde_json::Result<Map<String, Value>> {
    let mut object = object(facts)?;
    object.entry("baseline").or_insert(Value::Null);
    object.insert("complete".to_owned(), json!(facts.is_complete()));
    Ok(object)
}

fn series(rounds: &[Round], is_websocket: bool) -> SeriesJson {
    let spread = |spread: Spread| json!({ "min_ms": spread.min, "median_ms": spread.median });
    let of = |stage: Stage| Some((stage.id().to_owned(), spread(Spread::of_stage(rounds, stage)?)));
    SeriesJson {
        made: rounds.len(),
        failed: rounds.iter().filter(|round| round.failure.is_some()).count(),
        resumed: rounds.iter().filter(|round| round.is_resumed == Some(true)).count(),
        first_failure: rounds.iter().find_map(|round| round.failure.clone()),
        stages: Rounds::stages(is_websocket).into_iter().filter_map(of).collect(),
        total: Spread::of_whole(rounds).map(spread),
    }
}

fn stage<T>(
    step: &Step<T>,
    facts: impl Fn(&T) -> serde_json::Result<Map<String, Value>>,
) -> serde_json::Result<StageJson<'_>> {
    let (status, took) = match step {
        Step::Passed { took, .. } => ("passed", Some(*took)),
        Step::Failed { took, .. } => ("failed", Some(*took)),
        Step::Skipped { .. } => ("skipped", None),
    };
    Ok(StageJson {
        status,
        took_ms: took.map(milliseconds),
        skipped_because: step.skipped().map(Skip::id),
        failure: step.failure(),
        facts: step.found().map(facts).transpose()?.unwrap_or_default(),
    })
}

/// Returns the facts of name resolution, with those that follow from the chain.
fn dns(host: &str, facts: &DnsFacts) -> serde_json::Result<Map<String, Value>> {
    let chain = AliasChain::read(host, facts);
    let mut object = object(facts)?;
    let servers = facts.servers.iter().map(|answer| {
        let mut server = self::object(answer)?;
        let address = server.remove("server").unwrap_or_default();
        server.insert("address".to_owned(), address);
        Ok(Value::Object(server))
    });
    object.insert("servers".to_owned(), servers.collect::<serde_json::Result<_>>()?);
    object.insert("chain".to_owned(), json!(chain.names));
    object.insert("fingerprint".to_owned(), json!(chain.fingerprint.map(Fingerprint::id)));
    object.insert("region".to_owned(), json!(chain.region));
    Ok(object)
}

/// Returns the facts of the connection; the reference is its host and the attempt.
fn tcp(facts: &TcpFacts) -> serde_json::Result<Map<String, Value>> {
    let mut object = object(facts)?;
    let reference = facts.reference.as_ref().map(|reference| (&reference.host, &reference.attempt));
    object.insert("reference".to_owned(), serde_json::to_value(reference)?);
    Ok(object)
}

/// Returns the facts of authentication, with further attempts in words.
fn auth(facts: &AuthFacts) -> serde_json::Result<Map<String, Value>> {
    let mut object = object(facts)?;
    let tries = facts.tries.iter().map(|other| {
        let mut fields = self::object(other)?;
        fields.insert("way".to_owned(), json!(other.description()));
        Ok(Value::Object(fields))
    });
    object.insert("tries".to_owned(), tries.collect::<serde_json::Result<_>>()?);
    Ok(object)
}

/// Returns the fields of a structure of facts.
fn object(facts: &impl Serialize) -> serde_json::Result<Map<String, Value>> {
    match serde_json::to_value(facts)? {
        Value::Object(object) => Ok(object),
        other => Err(serde::ser::Error::custom(format!("expected an object, found `{other}`"))),
    }
}

const SCHEMA_VERSION: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    /// Facts that cannot be serialised.
    struct Broken;

    impl Serialize for Broken {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("broken"))
        }
    }

    #[test]
    fn facts_that_cannot_be_serialised_are_an_error_and_no_document() {
        let step = Step::Passed { found: Broken, took: std::time::Duration::ZERO };
        assert!(stage(&step, object).is_err());
        assert!(object(&"no object").is_err());
        let error = pretty(&Broken).map_err(JsonError).expect_err("it cannot be serialised");
        assert_eq!(error.to_string(), "cannot write the report as JSON: broken");
    }
}
