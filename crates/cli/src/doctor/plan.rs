//! `--plan`: prints the hosts that would be checked.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;
use speech_endpoint::evidence::Remark;
use speech_endpoint::{Plan, SENTENCE, Service, Target};

use super::args::{DoctorArgs, DoctorFormat};
use crate::failure::Failure;
use crate::json::{self, ErrorJson, NoteJson, ResourceJson};
use crate::output::Output;
use crate::resolve::text::{headline, hidden_notes, remarks};
use crate::style::{BOLD, DIM};

/// Prints the plan, with the remarks that the report would have.
pub(super) fn print(plan: &Plan, remarks: &[Remark], args: &DoctorArgs, output: &Output) -> Result<(), Failure> {
    let notes = remarks.iter().filter(|remark| !remark.is_error);
    if args.format == DoctorFormat::Json {
        return output.data(&document(plan, notes)?);
    }
    output.data(&text(plan, !args.services.is_empty() || output.is_verbose()))?;
    // The text says this itself.
    notes.filter(|note| note.id != NOTHING_TO_HOLD).for_each(|note| output.remark(note));
    Ok(())
}

/// Returns what round trips cost.
pub(super) fn cost(plan: &Plan) -> String {
    let (characters, seconds) = (SENTENCE.chars().count(), plan.limits.round_trip().as_secs_f64());
    format!(
        "`--deep` sends {characters} characters or about 2 seconds of audio to each working service, which counts against \
         the quota of the resource, and takes up to {seconds} s per service"
    )
}

/// The id of the remark that `--hold` has no effect.
pub(super) const NOTHING_TO_HOLD: &str = "nothing_to_hold";

fn text(plan: &Plan, with_notes: bool) -> String {
    let mut text = format!("{}\n\n", headline(&plan.account));
    let width = plan.targets.iter().map(|target| name(target).len()).max().unwrap_or_default();
    for target in &plan.targets {
        let _ = writeln!(text, "{BOLD}{:width$}{BOLD:#}  {:<7}  {}", name(target), target.expect.id(), target.url);
        remarks(&mut text, target.notes.iter().filter(|_| with_notes));
    }
    for refusal in &plan.refusals {
        let _ = writeln!(text, "{:width$}  {:<7}  {refusal}", refusal.service().id(), "none");
    }
    let hidden: usize = if with_notes { 0 } else { plan.targets.iter().map(|target| target.notes.len()).sum() };
    if hidden > 0 {
        let _ = writeln!(text, "\n{DIM}{}{DIM:#}", hidden_notes(hidden));
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
    if limits.round_trips {
        let _ = writeln!(text, "{DIM}{}{DIM:#}", cost(plan));
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

fn document<'a>(plan: &'a Plan, notes: impl Iterator<Item = &'a Remark>) -> Result<String, Failure> {
    json::pretty(&Document {
        schema_version: json::SCHEMA_VERSION,
        resource: json::resource(&plan.account),
        targets: plan.targets.iter().map(target).collect(),
        errors: plan.refusals.iter().map(json::error).collect(),
        notes: notes.map(json::noted).collect(),
        limits: LimitsJson {
            total_ms: plan.limits.total.as_secs_f64() * 1e3,
            step_ms: plan.limits.step.as_secs_f64() * 1e3,
            jobs: plan.limits.jobs,
            rounds: plan.limits.rounds,
            deep: plan.limits.round_trips,
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
        notes: &target.notes,
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u8,
    resource: ResourceJson<'a>,
    targets: Vec<TargetJson<'a>>,
    errors: Vec<ErrorJson<'a>>,
    notes: Vec<NoteJson<'a>>,
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
    notes: &'a [String],
}

#[derive(Serialize)]
struct LimitsJson {
    total_ms: f64,
    step_ms: f64,
    jobs: usize,
    hold_ms: f64,
    rounds: usize,
    deep: bool,
    check_revocation: bool,
}
