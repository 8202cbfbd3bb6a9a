//! The endpoints and regions that a document names, and the one resource that they are of.

use std::collections::HashSet;

use super::setting_name::{Rank, Role};
use crate::azure::resource::ArmError;
use crate::resolve::access::AccountKind;
use crate::resolve::account::Account;
use crate::resolve::name::Region;
use crate::resolve::note::{Note, WithNotes};
use crate::resolve::quoted::QuotedValue;
use crate::resolve::read::PastedError;

/// What a document names.
#[derive(Default)]
pub(super) struct Found {
    /// The accounts of the endpoints, each once.
    endpoints: Vec<Named<Account>>,
    /// The regions, each once. Those of other resources may be among them.
    regions: Vec<Named<Region>>,
    /// What is known already: the rank, what it is with the domain of an endpoint, and the region.
    known: HashSet<(Rank, String, String)>,
    /// The settings of Speech whose value is not what its name says, each with its rank.
    refused: Vec<(Rank, String, PastedError)>,
    /// Whether there is a key of Speech, whose region may have a name that does not say Speech.
    has_key_of_speech: bool,
    /// The region beside the endpoint.
    pub(super) own_region: Option<Region>,
    /// The kind beside the endpoint.
    pub(super) kind: Option<String>,
}

/// A value, with the setting that has it.
struct Named<T> {
    rank: Rank,
    name: String,
    read: WithNotes<T>,
}

/// The resource that a document names, with the settings that it is read from.
pub(super) struct Chosen {
    pub(super) account: WithNotes<Account>,
    names: Vec<String>,
}

impl Chosen {
    /// Returns the settings that name the resource, for a note; `None` if they have no name.
    pub(super) fn settings(&self) -> Option<String> {
        let names: Vec<String> =
            self.names.iter().filter(|name| !name.is_empty()).map(|name| QuotedValue::new(name).to_string()).collect();
        (!names.is_empty()).then(|| names.join(" and "))
    }
}

impl Found {
    /// Adds a setting by its name; `path` is the name for messages. Returns whether it is the endpoint of an account.
    pub(super) fn add(&mut self, name: &str, rank: Rank, value: &str, path: impl Fn() -> String) -> bool {
        let value = value.trim();
        if value.is_empty() || value.len() > LONGEST_VALUE {
            return false;
        }
        match Role::of(name) {
            Role::Secret => {
                self.has_key_of_speech |= rank == Rank::Speech;
                false
            }
            Role::Region => {
                if !Self::is_full(rank, &self.regions) {
                    self.add_region(path, rank, value);
                }
                false
            }
            role => !Self::is_full(rank, &self.endpoints) && self.add_endpoint(path, rank, value, role),
        }
    }

    /// Returns whether enough settings of a rank are known to say that they are of several resources.
    fn is_full<T>(rank: Rank, named: &[Named<T>]) -> bool {
        named.len() >= MOST_NAMED && of_rank(rank, named).len() >= MOST_NAMED
    }

    fn add_region(&mut self, path: impl Fn() -> String, rank: Rank, value: &str) {
        match Region::read(value) {
            // Other settings may have any text.
            Ok(read) => {
                let is_region = rank.is_certain() || read.value.display_name().is_some();
                if is_region && self.is_new(rank, "region", read.value.as_str()) {
                    self.regions.push(Named { rank, name: path(), read });
                }
            }
            Err(error) if rank.is_certain() => {
                let name = path();
                // A location can be that of a file.
                if name.to_ascii_lowercase().contains("region") {
                    self.refuse(rank, name, error.into());
                }
            }
            Err(_) => {}
        }
    }

    fn add_endpoint(&mut self, path: impl Fn() -> String, rank: Rank, value: &str, role: Role) -> bool {
        match Account::from_endpoint(value) {
            Ok(read) if value.contains('.') => {
                let (domain, region) = (text_of(read.value.domain()), text_of(read.value.region()));
                let domain = format!("endpoint {domain}");
                if self.is_new(rank, &domain, &region) {
                    self.endpoints.push(Named { rank, name: path(), read });
                }
                true
            }
            Err(error) if rank.is_certain() && role == Role::Endpoint => {
                self.refuse(rank, path(), error);
                false
            }
            _ => false,
        }
    }

    fn is_new(&mut self, rank: Rank, domain: &str, region: &str) -> bool {
        self.known.insert((rank, domain.to_owned(), region.to_owned()))
    }

    fn refuse(&mut self, rank: Rank, name: String, error: PastedError) {
        if self.refused.len() < MOST_NAMED {
            self.refused.push((rank, name, error));
        }
    }

    /// Returns the resource; `None` if the document names none.
    ///
    /// 1. The settings of the first rank that names a resource decide.
    /// 2. A setting of a higher rank whose value is not one is an error: the document is about that one.
    /// 3. Several endpoints, or several regions without an endpoint, are an error.
    /// 4. The region of the rank completes the endpoint, or else that beside it, or the only one in the document.
    pub(super) fn chosen(&self) -> Result<Option<Chosen>, ArmError> {
        if let Some(kind) = self.kind.as_deref().filter(|kind| AccountKind::from_arm(kind).is_none()) {
            return Err(ArmError::Kind { kind: QuotedValue::new(kind) });
        }
        let endpoints = self.endpoints.iter().map(|named| named.rank);
        let regions =
            self.regions.iter().map(|named| named.rank).filter(|rank| rank.is_certain() || self.has_key_of_speech);
        let rank = endpoints.chain(regions).filter(|rank| *rank != Rank::OtherProduct).min();
        let is_first = |(refused, ..): &&(Rank, String, PastedError)| rank.is_none_or(|rank| *refused < rank);
        if let Some((_, name, error)) = self.refused.iter().find(is_first) {
            return Err(ArmError::Setting { name: QuotedValue::new(name), error: error.clone() });
        }
        let Some(rank) = rank else { return Ok(None) };
        let ignored = self.ignored(rank);
        let mut chosen = match &of_rank(rank, &self.endpoints)[..] {
            [endpoint] => self.completed(endpoint),
            [] => regional(&of_rank(rank, &self.regions))?,
            endpoints => return Err(several(endpoints, name_of)),
        };
        chosen.account.notes.extend(ignored);
        Ok(Some(chosen))
    }

    /// Adds the region to the account of an endpoint, or notes that they contradict each other.
    fn completed(&self, endpoint: &Named<Account>) -> Chosen {
        let WithNotes { value: account, mut notes } = endpoint.read.clone();
        let mut names = vec![endpoint.name.clone()];
        let stated = if endpoint.rank.is_certain() { of_rank(endpoint.rank, &self.regions) } else { Vec::new() };
        let account = if let [region] = stated[..] {
            account.clone().with_region(region.read.value.clone()).map_or_else(
                |_| {
                    notes.push(contradiction(region, endpoint));
                    account
                },
                |account| {
                    names.push(region.name.clone());
                    account
                },
            )
        } else {
            let region = self.region_nearby().filter(|_| account.region().is_none());
            region.and_then(|region| account.clone().with_region(region).ok()).unwrap_or(account)
        };
        Chosen { account: WithNotes { value: account, notes }, names }
    }

    /// Returns the region beside the endpoint, or the only one in the document.
    fn region_nearby(&self) -> Option<Region> {
        let only = match &self.regions[..] {
            [only] if only.rank != Rank::OtherProduct => Some(only.read.value.clone()),
            _ => None,
        };
        self.own_region.clone().or(only)
    }

    /// Returns a note for each setting of the rank whose value is not used.
    fn ignored(&self, rank: Rank) -> Vec<Note> {
        let of_rank = self.refused.iter().filter(|(refused, ..)| *refused == rank);
        of_rank
            .map(|(_, name, error)| Note::new(error.id(), format!("ignoring {}: {error}", QuotedValue::new(name))))
            .collect()
    }
}

fn of_rank<T>(rank: Rank, named: &[Named<T>]) -> Vec<&Named<T>> {
    named.iter().filter(|named| named.rank == rank).collect()
}

/// Returns the account of the only region.
fn regional(regions: &[&Named<Region>]) -> Result<Chosen, ArmError> {
    let [region] = regions else { return Err(several(regions, ToString::to_string)) };
    let account = Account::regional(region.read.value.clone())?;
    let account = WithNotes { value: account, notes: region.read.notes.clone() };
    Ok(Chosen { account, names: vec![region.name.clone()] })
}

fn contradiction(region: &Named<Region>, endpoint: &Named<Account>) -> Note {
    let (setting, winner) = (QuotedValue::new(&region.name), QuotedValue::new(&endpoint.name));
    let text = format!("{setting} names `{}`, but {winner} takes precedence: correct the region", region.read.value);
    Note::new("CFG09", text)
}

/// Returns the error that a document names several resources, each with its setting.
fn several<T>(named: &[&Named<T>], value: impl Fn(&T) -> String) -> ArmError {
    let place = |named: &&Named<T>| {
        let of = if named.name.is_empty() { String::new() } else { format!(" of {}", QuotedValue::new(&named.name)) };
        format!("`{}`{of}", value(&named.read.value))
    };
    ArmError::Several { places: named.iter().map(place).collect() }
}

fn name_of(account: &Account) -> String {
    account.domain().map_or_else(|| text_of(account.region()), ToString::to_string)
}

fn text_of<T: ToString>(value: Option<&T>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

/// In bytes. No endpoint and no region is longer.
const LONGEST_VALUE: usize = 4096;

/// The most settings of a rank that are kept, and the most whose value is not used. Two make a document unclear.
const MOST_NAMED: usize = 50;
