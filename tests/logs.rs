//! Whole logs of both SDKs and of applications: what `explain` reads in each.
#![allow(clippy::print_stdout, reason = "the counts are part of what the tests show")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;
use speech_endpoint::{Explanation, IdKind, KnownFailure, Topic, explain};

/// The facts of a log, and what is read in it.
struct Case {
    name: String,
    /// The facts that are not read, with a reason for each.
    not_read: Vec<String>,
    expect: Value,
    found: Explanation,
}

impl Case {
    /// Reads and explains every log, once for all tests.
    fn all() -> &'static [Self] {
        static CASES: LazyLock<Vec<Case>> = LazyLock::new(Case::read_all);
        &CASES
    }

    fn read_all() -> Vec<Self> {
        let cases: Vec<Value> = serde_json::from_str(&read(&folder().join("cases.json"))).expect("JSON");
        let not_read: Vec<Value> = serde_json::from_str(&read(&folder().join("not-read.json"))).expect("JSON");
        let case = |case: Value| {
            let name = text(&case["log"]);
            assert!(!text(&case["source"]).is_empty(), "{name} has no source");
            let found = explain(&read(&folder().join(&name)));
            let of_this = not_read.iter().filter(|fact| fact["log"] == case["log"] && !text(&fact["why"]).is_empty());
            let not_read = of_this.map(|fact| text(&fact["field"])).collect();
            Self { name, not_read, expect: case["expect"].clone(), found }
        };
        cases.into_iter().map(case).collect()
    }

    fn ids(&self) -> Vec<&'static str> {
        self.found.causes.iter().take(6).map(|cause| cause.id).collect()
    }

    /// Checks a field of the facts; null is not checked.
    fn differs(
        &self,
        field: &str,
        found: &impl std::fmt::Debug,
        is_right: impl FnOnce(&Value) -> bool,
    ) -> Option<String> {
        let expected = &self.expect[field];
        if expected.is_null() {
            return None;
        }
        if self.not_read.iter().any(|not_read| not_read == field) {
            return is_right(expected)
                .then(|| format!("{}: {field} is read now: take it out of not-read.json", self.name));
        }
        (!is_right(expected)).then(|| format!("{}: {field}: expected {expected}, got {found:?}", self.name))
    }
}

#[test]
fn every_log_leads_to_its_failure() {
    let (cases, mut failures) = (Case::all(), Vec::new());
    let (mut failing, mut silent) = (0, 0);
    for case in cases {
        let ids = case.ids();
        if case.expect["silent"] == true {
            silent += 1;
            // A log that ends well may tell what failed before; one about another service may name what fails there.
            let is_elsewhere = case.found.topic != Topic::Speech && case.found.likely().is_none();
            if !ids.is_empty() && !case.found.timeline.ends_well() && !is_elsewhere {
                failures.push(format!("{}: expected no failure, got {ids:?}", case.name));
            }
        } else {
            failing += 1;
            failures.extend(case.differs("first", &ids, |wanted| holds(wanted, &ids[..ids.len().min(1)])));
            failures.extend(case.differs("among", &ids, |wanted| holds(wanted, &ids)));
        }
        assert!(ids.iter().all(|id| KnownFailure::find(id).is_some()));
    }
    println!("{} logs: {failing} with a cause, {silent} without", cases.len());
    assert!(failing >= 100 && silent >= 15, "{failing} with a cause, {silent} without");
    report(&failures);
}

#[test]
fn the_course_of_every_log_is_read() {
    let (cases, mut failures) = (Case::all(), Vec::new());
    for case in cases {
        let timeline = &case.found.timeline;
        let calls = timeline.calls();
        failures.extend(case.differs("attempts", &calls, |wanted| wanted.as_u64() == u64::try_from(calls).ok()));
        let mut hosts: Vec<&str> = timeline.steps.iter().filter_map(|step| step.host.as_deref()).collect();
        hosts.extend(timeline.redirects.iter().map(String::as_str));
        failures.extend(case.differs("hosts", &hosts, |wanted| all(wanted, |host| hosts.contains(&host))));
        let proxies: Vec<&str> = timeline.steps.iter().filter_map(|step| step.proxy.as_deref()).collect();
        failures.extend(
            case.differs("proxy", &proxies, |wanted| proxies.iter().any(|proxy| text(wanted).starts_with(proxy))),
        );
        let statuses: Vec<u64> = timeline.statuses.iter().map(|status| u64::from(*status)).collect();
        failures.extend(case.differs("statuses", &statuses, |wanted| has_all(wanted, &statuses)));
        let codes = timeline.close_codes.iter().copied();
        let steps = timeline.steps.iter().filter_map(|step| step.close_code);
        let codes: Vec<u64> = codes.chain(steps).map(u64::from).collect();
        failures.extend(case.differs("close_codes", &codes, |wanted| has_all(wanted, &codes)));
    }
    println!("{} logs", cases.len());
    report(&failures);
}

#[test]
fn the_ids_and_the_sdk_of_every_log_are_read() {
    let (cases, mut failures) = (Case::all(), Vec::new());
    let mut count = 0;
    for case in cases {
        for kind in IdKind::ALL {
            let found: Vec<String> =
                case.found.timeline.ids.iter().filter(|id| id.kind == kind).map(|id| id.value.to_lowercase()).collect();
            let wanted = &case.expect["ids"][kind.id()];
            count += wanted.as_array().map_or(0, Vec::len);
            let is_left_out = case.not_read.iter().any(|field| field == kind.id());
            if is_left_out == all(wanted, |id| found.contains(&id.to_lowercase())) {
                failures.push(format!("{}: {kind:?}: expected {wanted}, got {found:?}", case.name));
            }
        }
        let sdk = case.found.sdk.as_ref();
        failures.extend(case.differs("sdk", &sdk, |wanted| {
            let is_javascript = sdk.is_some_and(|sdk| sdk.id() == "javascript");
            let version = text(&wanted[1]).parse().ok();
            is_javascript == (wanted[0] == "javascript") && sdk.and_then(speech_endpoint::Sdk::version) == version
        }));
    }
    println!("{} logs, {count} ids", cases.len());
    assert!(count >= 200, "{count} ids");
    report(&failures);
}

/// Nothing that a log shows may hold its key, and `explain` keeps no text of it.
#[test]
fn no_secret_of_a_log_is_kept() {
    let (mut count, mut failures) = (0, Vec::new());
    for case in Case::all() {
        let kept = format!("{:?}", case.found).to_lowercase();
        for secret in case.expect["secrets"].as_array().into_iter().flatten().map(text) {
            count += 1;
            if kept.contains(&secret.to_lowercase()) {
                failures.push(case.name.clone());
            }
        }
    }
    println!("{count} planted secrets");
    assert!(count >= 30, "{count}");
    report(&failures);
}

fn holds(wanted: &Value, ids: &[&str]) -> bool {
    wanted
        .as_array()
        .is_none_or(|wanted| wanted.is_empty() || wanted.iter().any(|id| ids.iter().any(|found| id == found)))
}

fn all(wanted: &Value, is_there: impl Fn(&str) -> bool) -> bool {
    wanted.as_array().into_iter().flatten().all(|value| is_there(value.as_str().unwrap_or_default()))
}

fn has_all(wanted: &Value, found: &[u64]) -> bool {
    wanted.as_array().into_iter().flatten().all(|value| value.as_u64().is_some_and(|value| found.contains(&value)))
}

fn report(failures: &[String]) {
    assert!(failures.is_empty(), "{} failures:\n  {}", failures.len(), failures.join("\n  "));
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/logs")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
