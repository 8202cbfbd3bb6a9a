//! `doctor`: diagnoses what works from this machine, what fails, why, and how to fix it.

use std::path::Path;
use std::time::Duration;

use speech_endpoint::azure::AzureView;
use speech_endpoint::evidence::{Evidence, Remark, ResourceFacts};
use speech_endpoint::report::{self, ReportOptions};
use speech_endpoint::{DEFAULT_TOTAL, Diagnosis, Selection, diagnose_with, diagnose_with_documents};
use speech_endpoint_lab::World;
use tokio::time::Instant;

use super::failure::Failure;
use super::machine;
use super::output::Output;
use super::{lab, live, runtime, settings};

pub(crate) mod args;
pub(crate) mod assemble;
mod compare;
mod files;
mod plan;
mod rehearse;
mod run;
mod surroundings;
#[cfg(feature = "otlp")]
mod timeline;
pub(crate) mod watch;

use args::{DoctorArgs, DoctorFormat};
use rehearse::Stage;
use run::{Collected, Progress};
use surroundings::Surroundings;

/// Runs the doctor: plan, evidence, diagnosis, report.
///
/// 1. Collect the evidence: read it with `--from`, or make a plan and probe it. An invalid value is evidence too, of a
///    run that could not start.
/// 2. Write the evidence with `--save`.
/// 3. Diagnose it, for the findings that `--only` and `--ignore` select.
/// 4. Write the report, and return the exit code of the diagnosis.
pub(crate) fn run(args: &DoctorArgs, output: &Output) -> Result<u8, Failure> {
    let is_json = args.format == DoctorFormat::Json;
    if compare::is_wanted(args) {
        return compare::run(args, output).map_err(|failure| failure.with_json(is_json));
    }
    if args.watch.watch {
        return watch::run(args, output).map_err(|failure| failure.with_json(is_json));
    }
    let baseline = baseline(args).map_err(|failure| failure.with_json(is_json))?;
    let examined = match args.from.first() {
        Some(file) => documents(args).and_then(|view| read(view, file)),
        None => runtime::block_on(Box::pin(examined_once(args, output))).and_then(|examined| examined),
    };
    let Examined { view, collected } =
        examined.map_err(|failure| failure.with_json(is_json).with_first_try(FIRST_TRY))?;
    let Some(evidence) = collected.evidence else { return Ok(0) };
    let (evidence, diagnosis) = diagnosed(args, view.as_ref(), evidence, baseline.as_ref());
    let saved = args.save.as_deref().map_or(Ok(()), |file| files::save(file, &evidence));
    view.iter().flat_map(|view| &view.notes).for_each(|note| output.note(note));
    let options = options(args, output);
    output.data(&written(args.format, &evidence, &diagnosis, &options)?)?;
    // A failure to save must not cost the report, so it is returned last.
    saved?;
    Ok(diagnosis.exit_code(args.findings.fail_on.into()))
}

/// What somebody without a resource can do.
const FIRST_TRY: &str = "speech-endpoint doctor --lab healthy-regional";

/// The documents and the evidence of a run.
struct Examined {
    view: Option<AzureView>,
    collected: Collected,
}

/// Reads the evidence of an earlier run.
fn read(view: Option<AzureView>, file: &Path) -> Result<Examined, Failure> {
    Ok(Examined { view, collected: files::read(file, "--from")?.into() })
}

/// Diagnoses evidence, for the findings that `--only` and `--ignore` select.
fn diagnosed(
    args: &DoctorArgs,
    view: Option<&AzureView>,
    evidence: Evidence,
    baseline: Option<&Evidence>,
) -> (Evidence, Diagnosis) {
    let evidence = match baseline {
        Some(earlier) => evidence.with_baseline(earlier),
        None => evidence,
    };
    let selection = selection(args);
    let diagnosis = match view {
        Some(view) => diagnose_with_documents(&evidence, view, &selection),
        None => diagnose_with(&evidence, &selection),
    };
    (evidence, diagnosis)
}

/// Reads the evidence to compare with. It has to fit before the run costs anything.
fn baseline(args: &DoctorArgs) -> Result<Option<Evidence>, Failure> {
    let Some(file) = &args.net.baseline else { return Ok(None) };
    if !args.net.deep && args.from.is_empty() {
        return Err(Failure::usage("`--baseline` compares the times of `--deep`: give both".to_owned()));
    }
    let earlier = files::read(file, "--baseline")?;
    if earlier.traces.iter().all(|trace| trace.round_trip.is_none()) {
        let named = crate::file::named(file);
        return Err(Failure::usage(format!("{named} given to `--baseline` has no round trip: save it with `--deep`")));
    }
    Ok(Some(earlier))
}

/// Reads Azure's documents, if some are given.
fn documents(args: &DoctorArgs) -> Result<Option<AzureView>, Failure> {
    if let (Some(world), []) = (&args.lab, &args.azure.azure[..]) {
        return Ok(lab::world(world)?.documents());
    }
    let is_given = !args.azure.azure.is_empty();
    is_given.then(|| settings::documents(&args.azure, None)).transpose()
}

/// Examines the resource. With JSON, an invalid value is evidence of a run that could not start.
async fn examined_once(args: &DoctorArgs, output: &Output) -> Result<Examined, Failure> {
    let (view, collected) = examined(args, output, &mut Stage::default()).await?;
    let collected = match collected {
        // A person needs one line; a program expects the usual document.
        Err(failure) if failure.is_configuration() && args.format == DoctorFormat::Json => {
            Collected::from(unread(&failure))
        }
        collected => collected?,
    };
    Ok(Examined { view, collected })
}

/// Reads the documents and collects the evidence. The documents are there even if the evidence cannot be collected.
async fn examined(
    args: &DoctorArgs,
    output: &Output,
    stage: &mut Stage,
) -> Result<(Option<AzureView>, Result<Collected, Failure>), Failure> {
    let begun = Instant::now();
    let view = if args.live { Some(live_documents(args, output).await?) } else { documents(args)? };
    // What the documents cost is no longer there for the checks.
    let spent = if args.live { begun.elapsed() } else { Duration::ZERO };
    let collected = match &args.lab {
        Some(world) => stage.collect(world, args, spent, output).await,
        None => match Surroundings::of_this_machine(args, view.as_ref()) {
            Ok(surroundings) => collect(surroundings, args, spent, output).await,
            Err(failure) => Err(failure),
        },
    };
    Ok((view, collected))
}

/// Reads Azure's documents over the management API, in half of the time of the run, and then those that are given.
async fn live_documents(args: &DoctorArgs, output: &Output) -> Result<AzureView, Failure> {
    let given = settings::given_documents(&args.azure, args.resource.account.as_deref())?;
    let world = args.lab.as_deref().map(lab::world).transpose()?;
    let total = args.net.timeout.map_or(world.as_ref().map_or(DEFAULT_TOTAL, World::total), |seconds| seconds.0);
    let reached = live::Reached { world, road: args.net.way.road() };
    let account = (&args.resource, args.credential.resource_id.as_deref());
    let files = settings::view_of(&given)?;
    let view = live::read_account(reached, account, &files, args.credential.entra, total / 2, output).await;
    let view =
        view.map_err(|failure| failure.with_advice("without `--live`, the doctor examines the network alone"))?;
    settings::added(view, &given)
}

/// Assembles a run and probes its plan.
async fn collect(
    surroundings: Surroundings,
    args: &DoctorArgs,
    spent: Duration,
    output: &Output,
) -> Result<Collected, Failure> {
    let total = args.net.timeout.map_or(surroundings.settings.total, |seconds| seconds.0).saturating_sub(spent);
    let is_watched = matches!(args.format, DoctorFormat::Text | DoctorFormat::Short);
    let progress = Progress::new(is_watched, total);
    let request = assemble::assemble(surroundings, args, output, &progress).await?;
    if args.plan {
        plan::print(&request.plan, &request.remarks, args, output)?;
        return Ok(Collected::default());
    }
    // A watch says it before its first run.
    if request.plan.limits.round_trips && !args.watch.watch {
        output.notice(&plan::cost(&request.plan));
    }
    let evidence = request.probe(&progress).await;
    Ok(Collected {
        evidence: Some(evidence),
        #[cfg(feature = "otlp")]
        timeline: progress.timeline,
    })
}

/// Returns the evidence of an invalid value, which ends the run before any packet is sent.
fn unread(failure: &Failure) -> Evidence {
    let mut evidence = Evidence::new(machine::now(), ResourceFacts::default());
    evidence.remarks.push(Remark::new(failure.id(), failure.message(), true));
    evidence
}

/// The findings that `--only` and `--ignore` leave.
fn selection(args: &DoctorArgs) -> Selection {
    let selection = args.findings.selection();
    if args.expect_denied { selection.with_expected_denial() } else { selection }
}

fn options(args: &DoctorArgs, output: &Output) -> ReportOptions {
    ReportOptions::default()
        .with_width(output.width())
        // The output strips colours where they are not wanted.
        .with_color(true)
        .with_share(args.share)
        .with_fail_on(args.findings.fail_on.into())
        .with_verbosity(args.output.verbose)
        .with_notes(!args.services.is_empty())
}

fn written(
    format: DoctorFormat,
    evidence: &Evidence,
    diagnosis: &Diagnosis,
    options: &ReportOptions,
) -> Result<String, Failure> {
    Ok(match format {
        DoctorFormat::Text => report::text(evidence, diagnosis, options),
        DoctorFormat::Short => report::short(evidence, diagnosis, options),
        DoctorFormat::Json => report::json(evidence, diagnosis, options).map_err(|error| Failure::json(&error))?,
        DoctorFormat::Markdown => report::markdown(evidence, diagnosis, options),
        DoctorFormat::Html => report::html(evidence, diagnosis, options),
        DoctorFormat::Junit => report::junit(evidence, diagnosis, options),
        DoctorFormat::Sarif => report::sarif(evidence, diagnosis).map_err(|error| Failure::json(&error))?,
        DoctorFormat::Github => report::github(evidence, diagnosis),
        DoctorFormat::Prometheus => report::prometheus(evidence, diagnosis, options),
    })
}
