//! `--plan`: prints the hosts that would be checked.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;
use speech_endpoint::{Plan, Service, Target};

use crate::failure::Failure;
use crate::json::{self, ErrorJson, ResourceJson};
use crate::resolve::text::headline;
use crate::style::{BOLD, DIM};

pub(crate) fn write(plan: &Plan, as_json: bool) -> Result<String, Failure> {
    if as_json { document(plan) } else { Ok(text(plan)) }
}

fn text(plan: &Plan) -> String {
    let mut text = format!("{}\n\n", headline(&plan.account));
    let width = plan.targets.iter().map(|target| name(target).len()).max().unwrap_or_default();
    for target in &plan.targets {
        let _ = writeln!(text, "{BOLD}{:width$}{BOLD:#}  {:<7}  {}", name(target), target.expect.id(), target.url);
    }
    for refusal in &plan.refusals {
        let _ = writeln!(text, "{:width$}  {:<7}  {refusal}", refusal.service().id(), "none");
    }
    let limits = plan.limits;
    let seconds = |time: Duration| (time.as_secs_f64() * 1e3).round() / 1e3;
    let _ = writeln!(
        text,
        "\n{DIM}limits: {} s total, {} s per step, {} hosts in parallel{DIM:#}",
        limits.total.as_secs_f64(),
        seconds(limits.step),
        limits.jobs
    );
    if !limits.hold.is_zero() {
        let held = format!("each WebSocket is then kept idle for {} s", seconds(limits.hold));
        let held = if plan.holds_nothing() { "`--hold` has no effect: this run opens no WebSocket" } else { &held };
        let _ = writeln!(text, "{DIM}{held}{DIM:#}");
    }
    if limits.rounds > 0 {
        let _ = writeln!(
            text,
            "{DIM}each working service is measured with up to {} more connections{DIM:#}",
            limits.rounds
        );
    }
    if limits.checks_revocation {
        let _ =
            writeln!(text, "{DIM}the revocation lists that verified certificates name are fetched over HTTP{DIM:#}");
    }
    text
}

fn name(target: &Target) -> &'static str {
    match (target.service(), &target.purpose) {
        (Some(service), _) => service.id(),
        (None, speech_endpoint::TargetPurpose::Reach(companion)) => companion.title(),
        _ => "",
    }
}

fn document(plan: &Plan) -> Result<String, Failure> {
    json::pretty(&Document {
        schema_version: json::SCHEMA_VERSION,
        resource: json::resource(&plan.account),
        targets: plan.targets.iter().map(target).collect(),
        errors: plan.refusals.iter().map(json::error).collect(),
        limits: LimitsJson {
            total_ms: plan.limits.total.as_secs_f64() * 1e3,
            step_ms: plan.limits.step.as_secs_f64() * 1e3,
            jobs: plan.limits.jobs,
            rounds: plan.limits.rounds,
            check_revocation: plan.limits.checks_revocation,
            hold_ms: plan.limits.hold.as_secs_f64() * 1e3,
        },
    })
}

fn target(target: &Target) -> TargetJson<'_> {
    TargetJson {
        service: target.service().map(Service::id),
        purpose: target.service().is_none().then(|| name(target)),
        host: target.host(),
        port: target.port(),
        url: target.url.as_str(),
        expect: target.expect.id(),
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u8,
    resource: ResourceJson<'a>,
    targets: Vec<TargetJson<'a>>,
    errors: Vec<ErrorJson<'a>>,
    limits: LimitsJson,
}

#[derive(Serialize)]
struct TargetJson<'a> {
    service: Option<&'a str>,
    purpose: Option<&'a str>,
    host: &'a str,
    port: u16,
    url: &'a str,
    expect: &'a str,
}

#[derive(Serialize)]
struct LimitsJson {
    total_ms: f64,
    step_ms: f64,
    jobs: usize,
    hold_ms: f64,
    rounds: usize,
    check_revocation: bool,
}
