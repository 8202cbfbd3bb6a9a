//! Assembles a run: the surroundings, with the given options on top, become a plan and what is needed to probe it.

use std::fmt::Display;

use speech_endpoint::evidence::{CredentialFacts, Fault, Remark};
use speech_endpoint::net::ProxySettings;
use speech_endpoint::{Account, Credential, CredentialError, Note, Plan, PlanSettings, Resource, ResourceId, Target};

use super::args::DoctorArgs;
use super::plan::NOTHING_TO_HOLD;
use super::run::{Progress, Request};
use super::surroundings::Surroundings;
use crate::args::{CredentialArgs, EntraSource, each_once};
use crate::entra::{self, Fetched, Issuer, Wanted};
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::{self, GivenCredential};
use crate::{flags, runtime};

/// Assembles a run.
///
/// 1. Take the resource of the surroundings.
/// 2. Fetch a token if `--entra` requests one; otherwise take the given credential, or that of the surroundings.
/// 3. Make the plan from the settings of the surroundings and the given options.
/// 4. Collect the remarks on all of this.
pub(super) async fn assemble(
    surroundings: Surroundings,
    args: &DoctorArgs,
    output: &Output,
    progress: &Progress,
) -> Result<Request, Failure> {
    let account = &surroundings.subject.account;
    output.detail(1, || {
        let (scenario, cloud) = (account.scenario().title(), account.cloud().title());
        format!("resource from `{}`: {scenario}, {cloud}", surroundings.subject.source)
    });
    let mut remarks: Vec<Remark> = Vec::new();
    // Both keys share a salt, so that equal keys have equal fingerprints.
    let salt = salt();
    let mut settings = overlaid(surroundings.settings.clone(), args)?;
    if args.live {
        settings.total = progress.left();
    }
    if args.foundry.is_some() {
        let hosts = args.foundry_with.iter().map(|resource| resource.at(account.cloud()));
        let hosts = hosts.collect::<Result<Vec<_>, _>>().map_err(|error| Failure::usage(error.to_string()))?;
        settings = settings.with_foundry(hosts);
    }
    let first = match args.credential.entra {
        Some(source) if !args.plan => {
            progress.show("Entra token");
            let first = fetched(source, &surroundings, args, salt, &mut remarks).await?;
            // The time spent on fetching a token counts against the time limit of the run.
            settings.total = progress.left();
            first
        }
        _ => first_credential(&surroundings, args, salt, &mut remarks)?,
    };
    let is_wanted = args.credential.entra.is_some();
    settings.is_token_missing = first.credential.is_none() && (is_wanted || settings.is_token_missing);
    let is_token = is_wanted || args.credential.token_env.is_some() || args.credential.token_file.is_some();
    let second_key = surroundings.second_key.filter(|_| !is_token);
    let second = second_credential(second_key, first.facts.as_ref(), salt, &mut remarks);
    let is_container = matches!(account.resource(), Resource::Container(_));
    if args.net.deep && !args.plan && args.lab.is_none() && first.facts.is_none() && !is_container {
        return Err(Failure::usage(DEEP_NEEDS_A_CREDENTIAL.to_owned()));
    }
    let mut plan = settings.plan(account, first.credential.as_ref());
    spell_notes(&mut plan);
    remarks.splice(0..0, remarks_on(&plan, &surroundings.subject.notes));
    remarks.extend(refusals(&plan));
    remarks.extend(unusable_proxy(&plan, &surroundings.way.proxies));
    remarks.extend(nothing_to_hold(&plan));
    Ok(Request {
        plan,
        credential: first.credential,
        credential_facts: first.facts,
        second_key: second.credential,
        second_key_facts: second.facts,
        remarks,
        way: surroundings.way,
        ip: args.net.way.ip,
        asks_metadata: args.net.ask_metadata || surroundings.asks_metadata,
    })
}

const DEEP_NEEDS_A_CREDENTIAL: &str =
    "`--deep` needs a credential: set SPEECH_KEY, or give --key-file, --token-file or --entra";

/// Replaces the settings for which an option is given.
fn overlaid(mut settings: PlanSettings, args: &DoctorArgs) -> Result<PlanSettings, Failure> {
    if !args.services.is_empty() {
        settings.services = each_once(&args.services);
    }
    settings.query = settings::query(settings.query, &args.query)?;
    settings.expect = args.expect.map(Into::into).or(settings.expect);
    settings.total = args.net.timeout.map_or(settings.total, |seconds| seconds.0);
    settings.jobs = args.net.jobs.unwrap_or(settings.jobs);
    settings.hold = args.net.hold.map_or(settings.hold, |seconds| seconds.0);
    settings.checks_revocation |= args.net.check_revocation;
    settings.rounds = args.net.rounds.unwrap_or(settings.rounds);
    settings.round_trips |= args.net.deep;
    Ok(settings)
}

/// A credential and the facts about it that evidence may contain. A malformed credential has only facts.
#[derive(Default)]
struct Authentication {
    credential: Option<Credential>,
    facts: Option<CredentialFacts>,
}

impl Authentication {
    fn new(credential: Credential, salt: u64) -> Self {
        let facts = Some(credential.facts(salt));
        Self { credential: Some(credential), facts }
    }

    /// Makes the facts about a malformed credential, with the flags for what to give instead.
    fn faulty(kind: &str, error: &CredentialError) -> Self {
        let mut facts = CredentialFacts::faulty(kind, error);
        facts.fault = Some(Fault::new(error.id(), flags::spelled(error, &error.hints())));
        Self { credential: None, facts: Some(facts) }
    }
}

/// Reads the given credential, or that of the surroundings. A malformed one is not sent; it becomes a finding.
fn first_credential(
    surroundings: &Surroundings,
    args: &DoctorArgs,
    salt: u64,
    remarks: &mut Vec<Remark>,
) -> Result<Authentication, Failure> {
    let given = match settings::credential_argument(&args.credential)? {
        Some(given) => Some(given),
        // Neither a key nor a token applies if another token is requested.
        None if args.credential.entra.is_some() => None,
        None => {
            remarks.extend(surroundings.unobtained.as_ref().map(|why| Remark::new("AUTH11", why, false)));
            surroundings.credential.clone()
        }
    };
    let Some(GivenCredential { kind, read }) = given else { return Ok(Authentication::default()) };
    Ok(match read.and_then(|credential| with_resource_id(credential, &args.credential)) {
        Ok(credential) => {
            remarks.extend(credential.notes(&surroundings.subject.account).iter().map(remark));
            Authentication::new(credential, salt)
        }
        Err(error) => Authentication::faulty(kind, &error),
    })
}

/// Fetches the token for `--entra`. Without one, the run continues as far as possible.
async fn fetched(
    source: EntraSource,
    surroundings: &Surroundings,
    args: &DoctorArgs,
    salt: u64,
    remarks: &mut Vec<Remark>,
) -> Result<Authentication, Failure> {
    let resource_id = match args.credential.resource_id.as_deref().map(str::parse).transpose() {
        Ok(id) => id,
        Err(error) => return Ok(Authentication::faulty("token", &error)),
    };
    let account: &Account = &surroundings.subject.account;
    let services =
        if args.services.is_empty() { surroundings.settings.services.clone() } else { each_once(&args.services) };
    let wanted = Wanted {
        source,
        issuer: Issuer::of(account, &services),
        resource_id,
        way: surroundings.way.for_tokens(),
        total: args.net.timeout.map_or(surroundings.settings.total, |seconds| seconds.0),
    };
    let fetched = unless_interrupted(&wanted).await?;
    remarks.push(fetched.remark);
    let Some(credential) = fetched.credential else { return Ok(Authentication::default()) };
    remarks.extend(credential.notes(account).iter().map(remark));
    Ok(Authentication::new(credential, salt))
}

/// Fetches a token until the user interrupts, which also ends the programs that the fetch started.
pub(crate) async fn unless_interrupted(wanted: &Wanted<'_>) -> Result<Fetched, Failure> {
    tokio::select! {
        biased;
        fetched = entra::fetch(wanted) => Ok(fetched),
        () = runtime::interrupt() => Err(Failure::interrupted("a token was received")),
    }
}

/// Takes the second key. A remark says why it is ignored.
fn second_credential(
    second: Option<Result<Credential, CredentialError>>,
    first: Option<&CredentialFacts>,
    salt: u64,
    remarks: &mut Vec<Remark>,
) -> Authentication {
    let mut left_out = |id: &str, why: &dyn Display| {
        remarks.push(Remark::new(id, format!("ignoring `{}`: {why}", settings::SECOND_KEY), false));
        Authentication::default()
    };
    match second {
        None => Authentication::default(),
        Some(_) if first.is_none() => left_out("second_key", &"set `SPEECH_KEY` first"),
        Some(Err(error)) => left_out(error.id(), &flags::spelled(&error, &error.hints())),
        Some(Ok(key)) => {
            let second = Authentication::new(key, salt);
            let fingerprint = |facts: &CredentialFacts| facts.fingerprint.clone();
            if first.map(fingerprint) == second.facts.as_ref().map(fingerprint) {
                return left_out("second_key", &"it contains the same key as the first");
            }
            second
        }
    }
}

fn with_resource_id(credential: Credential, args: &CredentialArgs) -> Result<Credential, CredentialError> {
    let Some(id) = &args.resource_id else { return Ok(credential) };
    let id: ResourceId = id.parse()?;
    Ok(credential.with_resource_id(id))
}

/// Returns a remark if `--hold` is given but no service uses a WebSocket.
fn nothing_to_hold(plan: &Plan) -> Option<Remark> {
    plan.holds_nothing()
        .then(|| Remark::new(NOTHING_TO_HOLD, "`--hold` has no effect: this run opens no WebSocket", false))
}

/// Returns a remark if a variable names a proxy for a host of the plan, and it cannot be used.
fn unusable_proxy(plan: &Plan, proxies: &ProxySettings) -> Option<Remark> {
    let is_secure = |target: &Target| matches!(target.url.scheme(), "https" | "wss");
    let unusable = plan.targets.iter().find_map(|target| proxies.unusable(target.host(), is_secure(target)))?;
    Some(Remark::new("PXY01", format!("{unusable}; this run connects directly, as the Speech SDKs do"), false))
}

/// Adds the flags that the notes on the endpoints ask for.
fn spell_notes(plan: &mut Plan) {
    for target in &mut plan.targets {
        let spelled = target.endpoint().map(|endpoint| endpoint.notes().iter().map(flags::text_of).collect());
        target.notes = spelled.unwrap_or_default();
    }
}

/// Returns the notes on a resource that matter to a plan.
pub(crate) fn remarks_on<'n>(plan: &Plan, notes: impl IntoIterator<Item = &'n Note>) -> impl Iterator<Item = Remark> {
    notes.into_iter().filter(|note| plan.concerns(note)).map(remark)
}

/// Returns a remark for each service that has no URL.
pub(crate) fn refusals(plan: &Plan) -> impl Iterator<Item = Remark> {
    plan.refusals.iter().map(|refusal| Remark::new(refusal.id(), flags::refusal(refusal), true))
}

pub(crate) fn remark(note: &Note) -> Remark {
    Remark::new(note.id, flags::text_of(note), false).with_suggestion(note.suggestion.clone())
}

/// Returns a random salt, different in each run.
pub(crate) fn salt() -> u64 {
    speech_endpoint::emulation::random()
}
