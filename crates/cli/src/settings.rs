//! Settings: turns arguments and environment into an account, a query and a credential.

use std::fs;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;
use std::time::SystemTime;

use speech_endpoint::net::ProxySettings;
use speech_endpoint::{
    Access, Account, Cloud, Credential, CredentialError, CustomDomain, Identity, Note, Query, Region, ResourceId, Shown,
};

use super::args::{CredentialArgs, EntraSource, QueryArgs, ResourceArgs};
use super::failure::Failure;
use super::flags::spelled;

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
/// 4. `--network` selects the scenario, which needs a custom domain.
pub(crate) fn subject(args: &ResourceArgs) -> Result<Subject, Failure> {
    let mut subject = addressed(args)?;
    if let (Some(network), false) = (args.network, args.account.is_some()) {
        subject.account = match network.access() {
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
        return endpoint_given(&endpoint, "SPEECH_ENDPOINT", args).map_err(|failure| failure.of("SPEECH_ENDPOINT"));
    }
    if let Some(region) = variable("SPEECH_REGION") {
        return regional(&region, "SPEECH_REGION", args).map_err(|failure| failure.of("SPEECH_REGION"));
    }
    Err(Failure::usage(
        "no resource given: expected one of `--region`, `--custom-domain`, `--endpoint`, `--host`, `--account`, or `SPEECH_REGION` or `SPEECH_ENDPOINT` in the environment",
    ))
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
    let read = Account::from_endpoint(text)?;
    let mut subject = Subject { account: read.value, notes: read.notes, source };
    agreed(subject.account.cloud().clone(), args)?;
    let region = region_beside(args, &mut subject.notes)?;
    add_region(subject, region)
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
    let json = read_file(file, "--account", LARGEST_ACCOUNT)?;
    let read = Account::from_arm_json(json.as_bytes())?;
    agreed(read.value.cloud().clone(), args)?;
    Ok(Subject { account: read.value, notes: read.notes, source: "--account" })
}

/// Reads the settings of the query.
pub(crate) fn query(args: &QueryArgs) -> Result<Query, Failure> {
    let mut query = Query::default();
    if let Some(language) = &args.language {
        query = query.with_language(language)?;
    }
    if let Some(mode) = &args.mode {
        query = query.with_mode(mode.0);
    }
    if let Some(id) = &args.custom_model {
        query = query.with_custom_model(id)?;
    }
    if let Some(id) = &args.deployment {
        query = query.with_deployment(id)?;
    }
    if let Some(version) = &args.api_version {
        query = query.with_api_version(version)?;
    }
    for pair in &args.query {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !pair.contains('=') {
            return Err(Failure::usage(format!("{} is not a query parameter: expected NAME=VALUE", Shown::new(pair))));
        }
        query = query.with_parameter(name, value)?;
    }
    Ok(query)
}

/// Returns how callers authenticate, inferred from the given credential, with notes about it.
pub(crate) fn identity(args: &CredentialArgs, account: &Account) -> Result<(Identity, Vec<Note>), Failure> {
    let resource_id: Option<ResourceId> = args.resource_id.as_deref().map(str::parse).transpose()?;
    if let Some(source) = args.entra {
        let identity = if source == EntraSource::ManagedIdentity { Identity::ManagedIdentity } else { Identity::Entra };
        return Ok((identity, resource_id.and_then(|id| id.note(account)).into_iter().collect()));
    }
    let Some(credential) = credential(args)? else { return Ok((Identity::Key, Vec::new())) };
    let identity = match credential {
        Credential::IssuedToken(_) => Identity::IssuedToken,
        Credential::Entra { .. } | Credential::EntraComposed { .. } => Identity::Entra,
        _ => Identity::Key,
    };
    Ok((identity, credential.notes(account)))
}

/// Reads the credential from the named variable or file, or from `SPEECH_KEY`.
fn credential(args: &CredentialArgs) -> Result<Option<Credential>, Failure> {
    Ok(given_credential(args)?.map(|given| given.read).transpose()?)
}

/// A credential as given.
pub(crate) struct GivenCredential {
    /// `key` or `token`, depending on the argument.
    pub(crate) kind: &'static str,
    /// The credential, or the error in its format.
    pub(crate) read: Result<Credential, CredentialError>,
}

/// Reads the credential. A malformed one is part of the result; an unreadable variable or file is a failure.
pub(crate) fn given_credential(args: &CredentialArgs) -> Result<Option<GivenCredential>, Failure> {
    let key = |text| GivenCredential { kind: "key", read: Credential::key(text) };
    let token = |text| GivenCredential { kind: "token", read: Credential::token(text) };
    Ok(if let Some(name) = &args.key_env {
        Some(key(named(name)?))
    } else if let Some(path) = &args.key_file {
        Some(key(one_line(read_file(path, "--key-file", LARGEST_CREDENTIAL)?)))
    } else if let Some(name) = &args.token_env {
        Some(token(named(name)?))
    } else if let Some(path) = &args.token_file {
        Some(token(one_line(read_file(path, "--token-file", LARGEST_CREDENTIAL)?)))
    } else {
        // `SPEECH_KEY` does not apply if a token is requested.
        variable("SPEECH_KEY").filter(|_| args.entra.is_none()).map(key)
    })
}

/// Reads the second key of the resource, used while rotating keys; `None` if the first credential is not a key.
pub(crate) fn second_key(args: &CredentialArgs) -> Option<Result<Credential, CredentialError>> {
    let is_key = args.token_env.is_none() && args.token_file.is_none() && args.entra.is_none();
    variable(SECOND_KEY).filter(|_| is_key).map(Credential::key)
}

/// Returns the names and values of the proxy variables that are set.
pub(crate) fn proxy_variables() -> Vec<(String, String)> {
    ProxySettings::VARIABLES.iter().filter_map(|name| Some(((*name).to_owned(), exact(name)?))).collect()
}

/// Returns the width that overrides the terminal's.
pub(crate) fn columns() -> Option<usize> {
    variable("COLUMNS")?.trim().parse().ok().filter(|columns| *columns > 0)
}

/// Reads the clock, as the only place in the CLI.
#[allow(clippy::disallowed_methods, reason = "this is the only place")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

/// Returns a variable of the environment; an empty one counts as unset.
pub(crate) fn variable(name: &str) -> Option<String> {
    exact(name).filter(|value| !value.trim().is_empty())
}

/// Returns a variable that an argument names, so it must be set.
fn named(name: &str) -> Result<String, Failure> {
    exact(name).ok_or_else(|| Failure::usage(format!("environment variable {} is not set", Shown::new(name))))
}

/// Reads the environment, as the only place in the CLI, one variable at a time, so that no copy of a key is kept.
#[allow(clippy::disallowed_methods, reason = "this is the only place")]
fn exact(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Removes the final line break that editors and shells add to a file.
fn one_line(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
    }
    if text.ends_with('\r') {
        text.pop();
    }
    text
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

pub(crate) fn read_file(path: &Path, argument: &str, largest: u64) -> Result<String, Failure> {
    let name = if path == Path::new("-") { "standard input".into() } else { format!("`{}`", path.display()) };
    let unreadable = |problem: &dyn std::fmt::Display| {
        Failure::usage(format!("cannot read {name} given to `{argument}`: {problem}"))
    };
    let mut bytes = Vec::new();
    if path == Path::new("-") && io::stdin().is_terminal() {
        return Err(unreadable(&"it is a terminal; expected a pipe or a redirected file"));
    }
    let read = if path == Path::new("-") {
        io::stdin().lock().take(largest + 1).read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|file| file.take(largest + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > largest {
        return Err(unreadable(&format_args!("it is larger than {largest} bytes")));
    }
    // Windows shells write a byte order mark at the start of redirected output.
    String::from_utf8(bytes)
        .map(|text| text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
        .map_err(|_| unreadable(&"it is not UTF-8 text"))
}

/// The variable with the second key, regardless of the source of the first.
pub(crate) const SECOND_KEY: &str = "SPEECH_KEY_2";

/// An account with a thousand network rules is far smaller.
const LARGEST_ACCOUNT: u64 = 4 << 20;

/// The longest Entra tokens have about ten thousand characters.
const LARGEST_CREDENTIAL: u64 = 64 << 10;
