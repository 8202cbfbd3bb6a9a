//! `--plan`: what would be looked at.

use std::fmt::Write as _;
use std::time::Duration;

use anstyle::Style;
use serde::Serialize;
use speech_endpoint::{Plan, Service, Target};

use crate::resolve::json::{self, ErrorJson, ResourceJson};
use crate::resolve::text::headline;

pub(crate) fn write(plan: &Plan, as_json: bool) -> String {
    if as_json { document(plan) } else { text(plan) }
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
        "\n{DIM}{} s in all, {} s for a step, {} hosts at once{DIM:#}",
        limits.total.as_secs_f64(),
        seconds(limits.step),
        limits.jobs
    );
    if !limits.hold.is_zero() {
        let held = format!("each open WebSocket is held in silence for {} s more", seconds(limits.hold));
        let held = if plan.holds_nothing() { "nothing is held: no service is a WebSocket" } else { &held };
        let _ = writeln!(text, "{DIM}{held}{DIM:#}");
    }
    if limits.rounds > 0 {
        let _ =
            writeln!(text, "{DIM}each service that works is timed in {} rounds, cold and warm{DIM:#}", limits.rounds);
    }
    text
}

fn name(target: &Target) -> &'static str {
    match (target.service(), &target.purpose) {
        (Some(service), _) => service.id(),
        (None, speech_endpoint::Purpose::Reach(companion)) => companion.title(),
        _ => "",
    }
}

fn document(plan: &Plan) -> String {
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
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
