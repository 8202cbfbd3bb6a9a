//! The resource, from arguments and environment.

use std::path::Path;

use speech_endpoint::{Access, Account, AccountKind, ArmError, Cloud, CustomDomain, Note, Region, WithNotes};
use zeroize::Zeroizing;

use super::facts::with_facts;
use crate::args::ResourceArgs;
use crate::failure::Failure;
use crate::flags::spelled;
use crate::machine::{read_bytes, variable};

/// The resource, with notes on how its address was interpreted.
pub(crate) struct Subject {
    pub(crate) account: Account,
    pub(crate) notes: Vec<Note>,
    /// The argument or variable that named it, such as `--region`.
    pub(crate) source: &'static str,
}

/// Reads the resource from arguments and environment.
///
/// 1. Exactly one argument names it; a region may accompany a custom domain.
/// 2. Without such an argument, the environment names it.
/// 3. The cloud is inferred from the resource; `--cloud` must not contradict it.
/// 4. `--facts` replaces built-in facts.
/// 5. `--network` selects the scenario, which needs a custom domain.
pub(crate) fn subject(args: &ResourceArgs) -> Result<Subject, Failure> {
    let facts = args.facts.as_deref();
    if facts == Some(Path::new("-")) && args.account.as_deref() == facts {
        return Err(Failure::usage(
            "`--facts -` and `--account -` both read standard input: give one of them as a file",
        ));
    }
    with_facts_and_network(addressed(args)?, args)
}

/// Reads the Foundry resource that `--foundry` names, with the other arguments of the resource.
pub(crate) fn foundry(name: &str, args: &ResourceArgs) -> Result<Subject, Failure> {
    let mut subject = custom_domain(name, args)?;
    // The name of a Foundry host is right here, and the hosts of Speech are checked as well.
    subject.notes.retain(|note| note.id != "CFG08");
    subject.account = subject.account.with_kind(AccountKind::Foundry);
    with_facts_and_network(Subject { source: "--foundry", ..subject }, args)
}

fn with_facts_and_network(mut subject: Subject, args: &ResourceArgs) -> Result<Subject, Failure> {
    subject.account = with_facts(subject.account, &mut subject.notes, args.facts.as_deref())?;
    if let (Some(network), false) = (args.network, args.account.is_some()) {
        subject.account = match network.0 {
            Some(access) if subject.account.domain().is_some() => subject.account.with_access(access),
            Some(access) if access != Access::open() => {
                return Err(Failure::configuration(
                    "CFG12",
                    "a resource with this network access is reachable only by its custom domain, and regional hosts return 401: use `--custom-domain` together with `--region`",
                ));
            }
            _ => subject.account,
        };
    }
    Ok(subject)
}

fn addressed(args: &ResourceArgs) -> Result<Subject, Failure> {
    if let Some(file) = &args.account {
        return account_json(file, args);
    }
    if let Some(host) = &args.host {
        return container(host, args);
    }
    if let Some(name) = &args.custom_domain {
        return custom_domain(name, args);
    }
    if let Some(endpoint) = &args.endpoint {
        return endpoint_given(endpoint, "--endpoint", args);
    }
    if let Some(region) = &args.region {
        let mut subject = regional(region, "--region", args)?;
        subject.notes.extend(overruled(&subject.account));
        return Ok(subject);
    }
    if let Some(endpoint) = variable("SPEECH_ENDPOINT") {
        return endpoint_given(&endpoint, "SPEECH_ENDPOINT", args).map_err(|failure| failure.of("`SPEECH_ENDPOINT`"));
    }
    if let Some(region) = variable("SPEECH_REGION") {
        return regional(&region, "SPEECH_REGION", args).map_err(|failure| failure.of("`SPEECH_REGION`"));
    }
    Err(Failure::no_resource())
}

fn regional(text: &str, source: &'static str, args: &ResourceArgs) -> Result<Subject, Failure> {
    let read = Region::read(text)?;
    let account = match given_cloud(args) {
        Some(cloud) => Account::regional_in(read.value, cloud),
        None => Account::regional(read.value),
    };
    Ok(Subject { account: account?, notes: read.notes, source })
}

fn custom_domain(text: &str, args: &ResourceArgs) -> Result<Subject, Failure> {
    let read = CustomDomain::read(text)?;
    let (domain, cloud) = read.value;
    let mut subject = Subject { account: Account::custom_domain(domain), notes: read.notes, source: "--custom-domain" };
    let region = region_beside(args, &mut subject.notes)?;
    let cloud = match cloud {
        Some(cloud) => Some(agreed(cloud, args)?),
        None => given_cloud(args),
    };
    // Without any other indication, the region determines the cloud.
    let cloud = match (cloud, &region) {
        (None, Some((region, _))) => Account::regional(region.clone())?.cloud().clone(),
        (cloud, _) => cloud.unwrap_or(Cloud::Public),
    };
    subject.account = subject.account.with_cloud(cloud)?;
    add_region(subject, region)
}

fn endpoint_given(text: &str, source: &'static str, args: &ResourceArgs) -> Result<Subject, Failure> {
    let read = match Account::from_endpoint(text) {
        Err(error) => settings_given(text, source)?.ok_or(error)?,
        Ok(read) => read,
    };
    let mut subject = Subject { account: read.value, notes: read.notes, source };
    agreed(subject.account.cloud().clone(), args)?;
    let region = region_beside(args, &mut subject.notes)?;
    add_region(subject, region)
}

/// Reads the resource from the settings of an application: those in the text itself, or in the file that it names. `None` if it
/// holds no settings.
fn settings_given(text: &str, source: &'static str) -> Result<Option<WithNotes<Account>>, Failure> {
    let read = if text.contains('=') {
        Account::from_settings(text.as_bytes())
    } else if source.starts_with("--") && Path::new(text).is_file() {
        return document(Path::new(text), source).map(Some);
    } else {
        return Ok(None);
    };
    match read {
        Err(ArmError::Shape { .. } | ArmError::Json(_)) => Ok(None),
        other => Ok(Some(other?)),
    }
}

/// Reads the account that a file describes, or that the settings in it name.
fn document(file: &Path, argument: &str) -> Result<WithNotes<Account>, Failure> {
    let bytes = Zeroizing::new(read_bytes(file, argument, LARGEST_ACCOUNT)?);
    match Account::from_arm_json(&bytes) {
        Err(error @ (ArmError::Shape { .. } | ArmError::Json(_))) => match Account::from_settings(&bytes) {
            Err(ArmError::Shape { .. } | ArmError::Json(_)) => Err(error.into()),
            other => Ok(other?),
        },
        other => Ok(other?),
    }
}

/// Reads the region that accompanies another address, and whether it comes from an argument.
fn region_beside(args: &ResourceArgs, notes: &mut Vec<Note>) -> Result<Option<(Region, bool)>, Failure> {
    let (read, is_argument) = match (&args.region, variable("SPEECH_REGION")) {
        (Some(region), _) => (Region::read(region)?, true),
        (None, Some(region)) => match Region::read(&region) {
            Ok(read) => (read, false),
            Err(error) => {
                let why = spelled(&error, &error.hints());
                notes.push(Note::new(error.id(), format!("ignoring `SPEECH_REGION`: {why}")));
                return Ok(None);
            }
        },
        (None, None) => return Ok(None),
    };
    notes.extend(read.notes);
    Ok(Some((read.value, is_argument)))
}

/// Adds the region. An argument that contradicts the address is an error; a variable is ignored, with a note.
fn add_region(mut subject: Subject, region: Option<(Region, bool)>) -> Result<Subject, Failure> {
    let Some((region, is_argument)) = region else { return Ok(subject) };
    match subject.account.clone().with_region(region.clone()) {
        Ok(account) => subject.account = account,
        Err(error) if is_argument => return Err(error.into()),
        Err(_) => subject.notes.push(overruled_note("SPEECH_REGION", region.as_str(), subject.source)),
    }
    Ok(subject)
}

/// Returns a note if the environment contradicts `--region`, which takes precedence.
fn overruled(account: &Account) -> Option<Note> {
    let endpoint = variable("SPEECH_ENDPOINT")?;
    let read = Account::from_endpoint(&endpoint).ok()?;
    (read.value.region() != account.region()).then(|| {
        let name = read
            .value
            .domain()
            .map_or_else(|| read.value.region().map(ToString::to_string), |domain| Some(domain.to_string()));
        overruled_note("SPEECH_ENDPOINT", &name.unwrap_or_default(), "--region")
    })
}

fn overruled_note(variable: &str, value: &str, winner: &str) -> Note {
    Note::new(
        "CFG09",
        format!("`{variable}` names `{value}`, but `{winner}` takes precedence: unset the variable if it is outdated"),
    )
}

fn container(text: &str, args: &ResourceArgs) -> Result<Subject, Failure> {
    let read = Account::from_host(text)?;
    let account = match &args.synthesis_path {
        Some(path) => read.value.with_synthesis_path(path)?,
        None => read.value,
    };
    Ok(Subject { account, notes: read.notes, source: "--host" })
}

fn account_json(file: &Path, args: &ResourceArgs) -> Result<Subject, Failure> {
    let read = document(file, "--account")?;
    agreed(read.value.cloud().clone(), args)?;
    Ok(Subject { account: read.value, notes: read.notes, source: "--account" })
}

fn given_cloud(args: &ResourceArgs) -> Option<Cloud> {
    args.cloud.as_ref().map(|cloud| cloud.0.clone())
}

/// Returns the cloud of the resource, or a failure if `--cloud` names another.
fn agreed(cloud: Cloud, args: &ResourceArgs) -> Result<Cloud, Failure> {
    match given_cloud(args) {
        Some(given) if given != cloud => Err(Failure::configuration(
            "CFG06",
            format!(
                "the resource is in the {}, not in the {}: remove or correct `--cloud`",
                cloud.title(),
                given.title()
            ),
        )),
        _ => Ok(cloud),
    }
}

/// An account with a thousand network rules is far smaller.
const LARGEST_ACCOUNT: u64 = 4 << 20;
