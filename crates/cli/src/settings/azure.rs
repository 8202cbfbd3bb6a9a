//! The documents of Azure, and the account that they are about.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use speech_endpoint::azure::{AccountDocument, ArmId, AzureView};
use speech_endpoint::{Account, CustomDomain, QuotedValue, Region};

use super::Subject;
use crate::args::{AzureArgs, ResourceArgs};
use crate::failure::Failure;
use crate::file;
use crate::machine::{input_named, read_bytes};

/// Reads the documents, those of a folder in the order of their names, and that of `--account`.
pub(crate) fn documents(args: &AzureArgs, account: Option<&Path>) -> Result<AzureView, Failure> {
    let mut view = AzureView::default();
    for_each(args, account, |document| document.add_to(&mut view))?;
    Ok(view)
}

/// Returns the documents without reading what they say, so that they can be read after others.
pub(crate) fn given_documents(args: &AzureArgs, account: Option<&Path>) -> Result<Vec<GivenDocument>, Failure> {
    let mut given = Vec::new();
    for_each(args, account, |document| {
        given.push(document);
        Ok(())
    })?;
    Ok(given)
}

/// Returns what documents say.
pub(crate) fn view_of(given: &[GivenDocument]) -> Result<AzureView, Failure> {
    added(AzureView::default(), given)
}

/// Adds what documents say to a view. What the view holds already stays.
pub(crate) fn added(mut view: AzureView, given: &[GivenDocument]) -> Result<AzureView, Failure> {
    given.iter().try_for_each(|document| document.add_to(&mut view))?;
    Ok(view)
}

/// A document that an argument names.
pub(crate) struct GivenDocument {
    path: PathBuf,
    argument: &'static str,
    bytes: Vec<u8>,
}

impl GivenDocument {
    fn read(path: &Path, argument: &'static str) -> Result<Self, Failure> {
        let bytes = read_bytes(path, argument, LARGEST_DOCUMENT)?;
        Ok(Self { path: path.to_owned(), argument, bytes })
    }

    fn add_to(&self, view: &mut AzureView) -> Result<(), Failure> {
        let Self { path, argument, bytes } = self;
        let name = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
        view.read(&name, bytes).map_err(|error| {
            Failure::usage(format!("cannot read {} given to `{argument}`: {error}", input_named(path)))
        })
    }
}

fn for_each(
    args: &AzureArgs,
    account: Option<&Path>,
    mut take: impl FnMut(GivenDocument) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let documents = args.azure.iter().map(|path| (path.as_path(), "--azure"));
    let paths = documents.chain(account.map(|path| (path, "--account")));
    for (path, argument) in paths {
        if path != Path::new("-") && path.is_dir() {
            for file in json_files(path)? {
                take(GivenDocument::read(&file, argument)?)?;
            }
        } else {
            take(GivenDocument::read(path, argument)?)?;
        }
    }
    Ok(())
}

/// Returns the documents of a folder: the files whose names end in `.json`. Others are left alone.
fn json_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let named = file::named(folder);
    let unreadable = |error: std::io::Error| Failure::usage(format!("cannot read {named} given to `--azure`: {error}"));
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        if is_json && path.is_file() {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(Failure::usage(format!("{named} given to `--azure` has no file that ends in `.json`")));
    }
    files.sort();
    Ok(files)
}

/// Returns the account that the resource names, or the only one.
pub(crate) fn account<'v>(
    view: &'v AzureView,
    resource: &ResourceArgs,
    resource_id: Option<&str>,
) -> Result<&'v AccountDocument, Failure> {
    if resource.host.is_some() {
        return Err(Failure::usage("a container has no account in Azure: remove `--host`"));
    }
    let chosen: Vec<&AccountDocument> = match wanted(resource, resource_id)? {
        Some(Wanted::Named(name)) => view.accounts_named(&name),
        Some(Wanted::Region(region)) => {
            let is_there = |account: &&AccountDocument| {
                account.location.as_deref().and_then(|l| Region::read(l).ok()).is_some_and(|read| read.value == region)
            };
            view.accounts.iter().filter(is_there).collect()
        }
        None => view.accounts.iter().collect(),
    };
    match chosen[..] {
        [account] => Ok(account),
        [] if view.accounts.is_empty() => {
            // The first note says why a document that was given is not one.
            let why = view.notes.first().map(|note| format!("; {}", note.text)).unwrap_or_default();
            Err(Failure::usage(format!(
                "no document describes an account: give the output of `az cognitiveservices account show -o json` to `--azure`{why}"
            )))
        }
        [] => Err(Failure::usage(format!(
            "no document describes this account: the documents describe {}",
            listed(&view.accounts)
        ))),
        _ => Err(Failure::usage(format!(
            "the documents describe {} accounts: name one with `--custom-domain` or `--resource-id`; they are {}",
            chosen.len(),
            listed(chosen.iter().copied())
        ))),
    }
}

/// Reads the resource from the arguments and the documents: the account of a document says how its network is set up.
pub(crate) fn subject_in(
    view: &AzureView,
    resource: &ResourceArgs,
    resource_id: Option<&str>,
) -> Result<Subject, Failure> {
    let is_named = resource.custom_domain.is_some() || resource.endpoint.is_some() || resource.region.is_some();
    if resource.host.is_some() || resource.account.is_some() || resource.network.is_some() {
        return super::subject(resource);
    }
    let document = if is_named {
        let given = super::subject(resource)?;
        let Some(domain) = given.account.domain() else { return Ok(given) };
        match view.accounts_named(domain.as_str())[..] {
            [document] => document,
            _ => return Ok(given),
        }
    } else if view.accounts.is_empty() {
        return super::subject(resource);
    } else {
        account(view, resource, resource_id)?
    };
    let read = document.account()?;
    let notes = view.standing(document).notes.into_iter().map(|note| note.note);
    Ok(Subject { account: read.value, notes: read.notes.into_iter().chain(notes).collect(), source: "--azure" })
}

/// What chooses an account.
enum Wanted {
    /// A custom domain, a name or an ID.
    Named(String),
    Region(Region),
}

fn wanted(resource: &ResourceArgs, resource_id: Option<&str>) -> Result<Option<Wanted>, Failure> {
    if let Some(id) = resource_id {
        return Ok(Some(Wanted::Named(id.to_owned())));
    }
    if let Some(name) = &resource.custom_domain {
        // A name of an account may have characters that a custom domain may not.
        let label = CustomDomain::read(name).map_or_else(|_| name.clone(), |read| read.value.0.to_string());
        return Ok(Some(Wanted::Named(label)));
    }
    if let Some(endpoint) = &resource.endpoint {
        let account = Account::from_endpoint(endpoint)?.value;
        return Ok(match (account.domain(), account.region()) {
            (Some(domain), _) => Some(Wanted::Named(domain.to_string())),
            (None, region) => region.cloned().map(Wanted::Region),
        });
    }
    match &resource.region {
        Some(region) => Ok(Some(Wanted::Region(Region::read(region)?.value))),
        None => Ok(None),
    }
}

/// Returns the names of accounts for a message.
fn listed<'a>(accounts: impl IntoIterator<Item = &'a AccountDocument>) -> String {
    let accounts: Vec<&AccountDocument> = accounts.into_iter().collect();
    let mut names: Vec<String> = accounts.iter().copied().map(named).collect();
    // Names are unique in a group, not among groups.
    let distinct: HashSet<&String> = names.iter().collect();
    if distinct.len() < names.len() {
        let with_group = |account: &AccountDocument| {
            let group = account.id.as_ref().and_then(ArmId::group).map(|group| QuotedValue::new(group).to_string());
            group.map_or_else(|| named(account), |group| format!("{} in group {group}", named(account)))
        };
        names = accounts.iter().copied().map(with_group).collect();
    }
    let more = names.len().saturating_sub(MOST_NAMES);
    names.truncate(MOST_NAMES);
    let list = names.join(", ");
    if more > 0 { format!("{list} and {more} more") } else { list }
}

/// Returns the name of an account for a message.
fn named(account: &AccountDocument) -> String {
    account.title().map_or_else(|| "one without a name".to_owned(), |name| QuotedValue::new(name).to_string())
}

/// In bytes. The list of 10,000 accounts has about 40 MB.
const LARGEST_DOCUMENT: u64 = 128 << 20;

const MOST_NAMES: usize = 10;
