//! `doctor`: diagnoses what works from this machine, what fails, why, and how to fix it.

use std::fmt::Display;
use std::fs;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use speech_endpoint::evidence::{CredentialFacts, Evidence, Fault, Remark, ResourceFacts, SchemaVersion};
use speech_endpoint::net::{ProxySettings, SharedNetwork, SystemNetwork, Trust};
use speech_endpoint::report::{self, ReportOptions};
use speech_endpoint::{
    Account, Credential, CredentialError, DEFAULT_JOBS, DEFAULT_TOTAL, Diagnosis, Note, Plan, ResourceId, Selection,
    Target, diagnose_with,
};
use speech_endpoint_lab::{Lab, Obtained, Rehearsal};

use super::args::{CredentialArgs, EntraSource, each_once};
use super::entra::{self, Fetched, Wanted};
use super::failure::Failure;
use super::flags;
use super::lab;
use super::output::Output;
use super::resolve::json::pretty;
use super::settings;

pub(crate) mod args;
mod plan;
mod run;

use args::{DoctorArgs, DoctorFormat, FailureId, NetArgs};
use run::{Progress, Request, run_probe};

/// Runs the doctor: plan, evidence, diagnosis, report.
///
/// 1. Collect the evidence: read it with `--from`, or make a plan and probe it. An invalid value is evidence too, of a
///    run that could not start.
/// 2. Write the evidence with `--save`.
/// 3. Diagnose it, for the findings that `--only` and `--ignore` select.
/// 4. Write the report, and return the exit code of the diagnosis.
pub(crate) fn run(args: &DoctorArgs, output: &Output) -> Result<u8, Failure> {
    let is_json = args.format == DoctorFormat::Json;
    let Some(evidence) = evidence(args, output).map_err(|failure| failure.with_json(is_json))? else { return Ok(0) };
    let saved = args.save.as_deref().map_or(Ok(()), |file| save(file, &evidence));
    let diagnosis = diagnose_with(&evidence, &selection(args));
    let options = options(args, output);
    output.data(&written(args.format, &evidence, &diagnosis, &options)?)?;
    // A failure to save must not cost the report, so it is returned last.
    saved?;
    Ok(diagnosis.exit_code(args.fail_on.into()))
}

/// Collects the evidence; `None` if only the plan was requested.
fn evidence(args: &DoctorArgs, output: &Output) -> Result<Option<Evidence>, Failure> {
    if let Some(file) = &args.from {
        return read(file).map(Some);
    }
    if let Some(name) = &args.lab {
        return rehearsed(name, args, output);
    }
    let progress = progress(args, total(args));
    let request = match request(args, output, &progress) {
        // A person needs one line; a program expects the usual document.
        Err(failure) if failure.is_configuration() && args.format == DoctorFormat::Json => {
            return Ok(Some(unread(&failure)));
        }
        other => other?,
    };
    if args.plan {
        output.data(&plan::write(&request.plan, args.format == DoctorFormat::Json)?)?;
        return Ok(None);
    }
    run_probe(&request, &progress).map(Some)
}

/// Collects the evidence in a world of the lab, with the settings of that world's client. The environment is ignored,
/// except for the Entra variables: the token is fetched inside the world.
fn rehearsed(name: &str, args: &DoctorArgs, output: &Output) -> Result<Option<Evidence>, Failure> {
    let world = lab::world(name)?;
    let mut rehearsal = Rehearsal::default();
    rehearsal.services = args.services.iter().map(|name| name.0).collect();
    rehearsal.expect = args.expect.map(Into::into);
    rehearsal.total = args.net.timeout.map(|seconds| seconds.0);
    rehearsal.jobs = args.net.jobs;
    rehearsal.rounds = args.net.rounds;
    rehearsal.hold = args.net.hold.map(|seconds| seconds.0);
    rehearsal.family = args.net.ip.into();
    rehearsal.salt = salt();
    let total = rehearsal.total.unwrap_or(world.total());
    output.detail(1, || format!("world: {}", world.title()));
    lab::block_on(async {
        let lab =
            Lab::start(world, settings::now()).await.map_err(|error| Failure::cannot("listen on loopback", &error))?;
        let progress = progress(args, total);
        if args.credential.entra.is_some() {
            rehearsal.obtained = Some(obtained(&lab, args, total, &progress).await?);
            rehearsal.total = Some(if args.plan { total } else { progress.left() });
        }
        match lab.plan(&rehearsal) {
            Ok(plan) if args.plan => {
                output.data(&plan::write(&plan, args.format == DoctorFormat::Json)?)?;
                Ok(None)
            }
            _ => Ok(Some(lab.examine(&rehearsal, &progress, run::interrupt()).await)),
        }
    })?
}

fn total(args: &DoctorArgs) -> Duration {
    args.net.timeout.map_or(DEFAULT_TOTAL, |seconds| seconds.0)
}

fn progress(args: &DoctorArgs, total: Duration) -> Progress {
    Progress::new(matches!(args.format, DoctorFormat::Text | DoctorFormat::Short), total)
}

/// Returns a random salt, different in each run.
fn salt() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Returns the evidence of an invalid value, which ends the run before any packet is sent.
fn unread(failure: &Failure) -> Evidence {
    let mut evidence = Evidence::new(settings::now(), ResourceFacts::default());
    evidence.remarks.push(Remark::new(failure.id(), failure.message(), true));
    evidence
}

/// Fetches the token for `--entra` inside a world; nothing if only the plan is printed.
async fn obtained(lab: &Lab, args: &DoctorArgs, total: Duration, progress: &Progress) -> Result<Obtained, Failure> {
    let mut obtained = Obtained::default();
    let (Some(source), false, Ok(account)) = (args.credential.entra, args.plan, lab.account()) else {
        return Ok(obtained);
    };
    let trust = Trust::of(lab.system_roots(), lab.builtin_roots(), "the lab's store");
    let proxies = ProxySettings::named("--proxy", lab.proxy_argument().as_deref(), &lab.variables());
    let wanted = Wanted {
        source,
        account,
        resource_id: args.credential.resource_id.as_deref().map(str::parse).transpose()?,
        way: entra::Way {
            network: SharedNetwork::new(lab.network()),
            is_lab: true,
            trust: &trust,
            proxies: &proxies.unwrap_or_default(),
        },
        total,
        // `az` and `azd` would sign in at the real authority.
        asks_programs: false,
    };
    progress.show("Entra token");
    let fetched = unless_interrupted(&wanted).await?;
    obtained.credential = fetched.credential;
    obtained.remarks.push(fetched.remark);
    Ok(obtained)
}

fn request(args: &DoctorArgs, output: &Output, progress: &Progress) -> Result<Request, Failure> {
    let settings::Subject { account, notes, source } = settings::subject(&args.resource)?;
    output
        .detail(1, || format!("resource from `{source}`: {}, {}", account.scenario().title(), account.cloud().title()));
    let mut remarks: Vec<Remark> = notes.iter().map(remark).collect();
    let net = &args.net;
    let dns_servers: Vec<_> = net.dns_servers.iter().map(|server| server.0).collect();
    let (trust, proxies) = surroundings(net)?;
    // Both keys share a salt, so that equal keys have equal fingerprints.
    let salt = salt();
    let (credential, credential_facts) = match args.credential.entra {
        Some(source) if !args.plan => {
            progress.show("Entra token");
            let network = SharedNetwork::new(SystemNetwork::new(&dns_servers));
            let way = entra::Way { network, is_lab: false, trust: &trust, proxies: &proxies };
            fetched(source, args, &account, way, &mut remarks)?
        }
        _ => credential(&args.credential, &account, salt, &mut remarks)?,
    };
    let (second_key, second_key_facts) = second_key(&args.credential, credential_facts.as_ref(), salt, &mut remarks);
    // The time spent on fetching a token counts against the time limit of the run.
    let total = if args.credential.entra.is_some() && !args.plan { progress.left() } else { total(args) };
    let plan = planned(args, &account, credential.as_ref(), total)?;
    remarks.extend(plan.refusals.iter().map(|refusal| Remark::new(refusal.id(), flags::refusal(refusal), true)));
    remarks.extend(nothing_to_hold(&plan));
    Ok(Request {
        plan,
        credential,
        credential_facts,
        second_key,
        second_key_facts,
        remarks,
        dns_servers,
        trust,
        proxies,
        ip: net.ip,
        now: settings::now(),
    })
}

/// Returns the trusted roots and the proxies of this run.
fn surroundings(net: &NetArgs) -> Result<(Trust, ProxySettings), Failure> {
    let ca_pem = net.ca_file.as_deref().map(|file| settings::read_file(file, "--ca-file", LARGEST_PEM)).transpose()?;
    let trust = Trust::system(ca_pem.as_deref().map(str::as_bytes))
        .map_err(|error| Failure::usage(format!("cannot read the file given to `--ca-file`: {error}")))?;
    let proxies = ProxySettings::named("--proxy", net.proxy.as_deref(), &settings::proxy_variables())
        .map_err(|error| Failure::usage(error.to_string()))?;
    Ok((trust, proxies))
}

/// Fetches the token for `--entra`. Without one, the run continues as far as possible.
fn fetched(
    source: EntraSource,
    args: &DoctorArgs,
    account: &Account,
    way: entra::Way<'_>,
    remarks: &mut Vec<Remark>,
) -> Result<Authentication, Failure> {
    let resource_id = match args.credential.resource_id.as_deref().map(str::parse).transpose() {
        Ok(id) => id,
        Err(error) => return Ok((None, Some(faulty("token", &error)))),
    };
    let wanted = Wanted { source, account, resource_id, way, total: total(args), asks_programs: true };
    let fetched = lab::block_on(unless_interrupted(&wanted))??;
    remarks.push(fetched.remark);
    let Some(credential) = fetched.credential else { return Ok((None, None)) };
    remarks.extend(credential.notes(account).iter().map(remark));
    let facts = credential.facts(salt());
    Ok((Some(credential), Some(facts)))
}

/// Fetches a token until the user interrupts, which also ends the programs that the fetch started.
async fn unless_interrupted(wanted: &Wanted<'_>) -> Result<Fetched, Failure> {
    tokio::select! {
        biased;
        fetched = entra::fetch(wanted) => Ok(fetched),
        () = run::interrupt() => Err(Failure::interrupted("a token was received")),
    }
}

fn planned(
    args: &DoctorArgs,
    account: &Account,
    credential: Option<&Credential>,
    total: Duration,
) -> Result<Plan, Failure> {
    let services = each_once(&args.services);
    let query = settings::query(&args.query)?;
    let jobs = args.net.jobs.unwrap_or(DEFAULT_JOBS);
    let mut plan = Plan::new(account, &services, &query, credential, total, jobs);
    plan.rounds(args.net.rounds.unwrap_or_default());
    plan.hold(args.net.hold.map_or(Duration::ZERO, |seconds| seconds.0));
    if let Some(expect) = args.expect {
        plan.expect(expect.into());
    }
    if args.credential.entra.is_some() && credential.is_none() {
        // The token host is checked even though it gave no token.
        plan.add(Target::authority(account));
    }
    Ok(plan)
}

/// Returns a remark if `--hold` is given but no service uses a WebSocket.
fn nothing_to_hold(plan: &Plan) -> Option<Remark> {
    plan.holds_nothing()
        .then(|| Remark::new("nothing_to_hold", "`--hold` has no effect: this run opens no WebSocket", false))
}

fn remark(note: &Note) -> Remark {
    Remark::new(note.id, flags::text_of(note), false)
}

/// A credential and the facts about it that evidence may contain.
type Authentication = (Option<Credential>, Option<CredentialFacts>);

/// Reads the given credential. A malformed one is not sent; it becomes a finding.
fn credential(
    args: &CredentialArgs,
    account: &Account,
    salt: u64,
    remarks: &mut Vec<Remark>,
) -> Result<Authentication, Failure> {
    let Some(given) = settings::given_credential(args)? else { return Ok((None, None)) };
    let read = given.read.and_then(|credential| with_resource_id(credential, args.resource_id.as_deref()));
    match read {
        Ok(credential) => {
            remarks.extend(credential.notes(account).iter().map(remark));
            let facts = credential.facts(salt);
            Ok((Some(credential), Some(facts)))
        }
        Err(error) => Ok((None, Some(faulty(given.kind, &error)))),
    }
}

/// Reads the second key. A remark says why it is ignored.
fn second_key(
    args: &CredentialArgs,
    first: Option<&CredentialFacts>,
    salt: u64,
    remarks: &mut Vec<Remark>,
) -> Authentication {
    let mut left_out = |id: &str, why: &dyn Display| {
        remarks.push(Remark::new(id, format!("ignoring `{}`: {why}", settings::SECOND_KEY), false));
        (None, None)
    };
    match settings::second_key(args) {
        None => (None, None),
        Some(_) if first.is_none() => left_out("second_key", &"set `SPEECH_KEY` first"),
        Some(Err(error)) => left_out(error.id(), &flags::spelled(&error, &error.hints())),
        Some(Ok(key)) => {
            let facts = key.facts(salt);
            if first.is_some_and(|first| first.fingerprint == facts.fingerprint) {
                return left_out("second_key", &"it contains the same key as the first");
            }
            (Some(key), Some(facts))
        }
    }
}

/// The facts about a malformed credential, with the flags for what to give instead.
fn faulty(kind: &str, error: &CredentialError) -> CredentialFacts {
    let mut facts = CredentialFacts::faulty(kind, error);
    facts.fault = Some(Fault::new(error.id(), flags::spelled(error, &error.hints())));
    facts
}

fn with_resource_id(credential: Credential, id: Option<&str>) -> Result<Credential, CredentialError> {
    let Some(id) = id else { return Ok(credential) };
    let id: ResourceId = id.parse()?;
    Ok(match credential {
        Credential::Entra { token, .. } => Credential::Entra { token, resource_id: Some(id) },
        other => other,
    })
}

/// The findings that `--only` and `--ignore` leave.
fn selection(args: &DoctorArgs) -> Selection {
    let ids = |ids: &[FailureId]| ids.iter().map(|id| id.0).collect::<Vec<_>>();
    Selection::default().with_only(ids(&args.only)).with_ignored(ids(&args.ignore))
}

fn options(args: &DoctorArgs, output: &Output) -> ReportOptions {
    ReportOptions::default()
        .with_width(output.width())
        // The output strips colours where they are not wanted.
        .with_color(true)
        .with_share(args.share)
        .with_fail_on(args.fail_on.into())
        .with_verbosity(args.output.verbose)
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
    })
}

/// Reads evidence that `--save` wrote.
fn read(file: &Path) -> Result<Evidence, Failure> {
    let json = settings::read_file(file, "--from", LARGEST_EVIDENCE)?;
    serde_json::from_str(&json).map_err(|error| {
        let version = serde_json::from_str::<Versioned>(&json).map_or(0, |saved| saved.schema_version);
        let newest = SchemaVersion::CURRENT;
        let problem = if version > newest {
            format!("it has schema version {version}, and this program reads versions 1 to {newest}")
        } else if error.is_data() {
            format!("it was not written by `--save`: line {}, column {}", error.line(), error.column())
        } else {
            format!("it is not valid JSON: line {}, column {}", error.line(), error.column())
        };
        Failure::usage(format!("cannot read `{}` given to `--from`: {problem}", file.display()))
    })
}

/// The version of a document whose other fields may be unknown.
#[derive(serde::Deserialize)]
struct Versioned {
    schema_version: u64,
}

/// Saves the evidence so that only its owner can read it, because it names hosts and addresses of a network.
fn save(file: &Path, evidence: &Evidence) -> Result<(), Failure> {
    let json = pretty(evidence)?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(file).and_then(|mut opened| {
        #[cfg(unix)]
        opened.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).or_else(unless_special)?;
        opened.write_all(json.as_bytes())?;
        opened.flush()
    });
    written.map_err(|error| Failure::write(&format!("`{}`", file.display()), &error))
}

/// Ignores a refused change of permissions: devices such as `/dev/stdout` do not allow it.
#[cfg(unix)]
fn unless_special(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::PermissionDenied { Ok(()) } else { Err(error) }
}

/// The evidence of a run over a hundred hosts is far smaller.
const LARGEST_EVIDENCE: u64 = 16 << 20;

/// Enough for all root certificates of a system.
const LARGEST_PEM: u64 = 4 << 20;
