//! `inventory`: every account of a document, one line each, worst first.

use std::cmp::Reverse;

use speech_endpoint::azure::{ArmId, AzureView, Standing};
use speech_endpoint::{Note, QuotedValue, SubnetId};
use speech_endpoint_lab::World;

use super::failure::Failure;
use super::lab;
use super::live;
use super::output::Output;

pub(crate) mod args;
mod credentials;
mod csv;
mod json;
mod places;
mod probe;
mod subject;
mod text;

use args::{InventoryArgs, InventoryFormat};
use probe::{End, Outcome, Outcomes};

/// The accounts of a list, in the order in which they are printed.
struct Listing<'a> {
    entries: Vec<Entry<'a>>,
    has_subnet: bool,
    /// How the probe ended; `None` without one.
    probe: Option<End>,
}

/// An account of the list.
struct Entry<'a> {
    standing: Standing<'a>,
    /// Whether the account breaks when the service endpoint of the given subnet is switched on.
    effect: Option<Effect>,
    /// What its probe shows; `None` for an account that cannot be probed, or that the user did not wait for.
    outcome: Option<Outcome>,
}

/// What switching the service endpoint on in a subnet does to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Breaks,
    Keeps,
    /// The account rejects the subnet already, or its access is not known.
    Unknown,
}

impl Effect {
    fn of(breaks: Option<bool>) -> Self {
        match breaks {
            Some(true) => Self::Breaks,
            Some(false) => Self::Keeps,
            None => Self::Unknown,
        }
    }
}

/// Prints the accounts.
pub(crate) fn run(args: &InventoryArgs, output: &Output) -> Result<u8, Failure> {
    let json = args.format == InventoryFormat::Json;
    print(args, output).map_err(|failure| failure.with_json(json))
}

fn print(args: &InventoryArgs, output: &Output) -> Result<u8, Failure> {
    let reading = args.live()?;
    let world = args.probe.lab.as_deref().map(|name| world(name, args.probe.accounts)).transpose()?;
    let view = match &world {
        Some(world) if args.azure.azure.is_empty() && !args.live => world.documents().unwrap_or_default(),
        _ => live::inventory_documents(&reading, &args.azure, (args.resource_id(), args.cloud.as_ref()), output)?,
    };
    let subnet = args.subnet.as_deref().map(subnet).transpose()?;
    if view.accounts.is_empty() {
        return Err(Failure::usage(
            "no document describes an account: give the output of `az cognitiveservices account list -o json` to `--azure`",
        ));
    }
    let standings: Vec<Standing<'_>> = view.accounts.iter().map(|document| view.standing(document)).collect();
    let (outcomes, probe) = if args.probe.probe {
        let Outcomes { all, end } = probe::outcomes(&args.probe, world, (&view, &standings), output)?;
        (all, Some(end))
    } else {
        (vec![None; standings.len()], None)
    };
    let listing = Listing {
        has_subnet: subnet.is_some(),
        probe,
        entries: entries(&view, subnet.as_ref(), standings.into_iter().zip(outcomes)),
    };
    output.data(&match args.format {
        InventoryFormat::Text => text::write(&listing, output.width()),
        InventoryFormat::Json => json::write(&listing)?,
        InventoryFormat::Csv => csv::write(&listing),
    })?;
    view.notes.iter().for_each(|note| output.note(note));
    if listing.is_interrupted() {
        output.note(&Note::new("interrupted", text::progress(&listing)));
    }
    Ok(listing.exit_code())
}

/// Finds a world, with this number of accounts.
fn world(name: &str, accounts: Option<usize>) -> Result<World, Failure> {
    let world = lab::world(name)?;
    Ok(match accounts {
        Some(count) => world.with_accounts(count),
        None => world,
    })
}

fn subnet(text: &str) -> Result<ArmId, Failure> {
    let given = QuotedValue::new(text);
    let parsed = text.trim_end_matches('/').parse::<SubnetId>();
    parsed.map(|id| ArmId::new(id.as_str())).map_err(|error| Failure::usage(format!("{given} is {error}")))
}

/// Returns the accounts, worst first and then by name.
fn entries<'a>(
    view: &AzureView,
    subnet: Option<&ArmId>,
    accounts: impl Iterator<Item = (Standing<'a>, Option<Outcome>)>,
) -> Vec<Entry<'a>> {
    let entry = |(standing, outcome): (Standing<'a>, Option<Outcome>)| {
        let effect = subnet.map(|subnet| Effect::of(view.breaks(standing.document, subnet)));
        Entry { standing, effect, outcome }
    };
    let mut entries: Vec<Entry<'a>> = accounts.map(entry).collect();
    entries.sort_by_cached_key(|entry| {
        let name = entry.standing.document.name.as_deref().unwrap_or_default().to_ascii_lowercase();
        (Outcome::rank(entry.outcome), Reverse(entry.standing.worst()), name)
    });
    entries
}

impl Listing<'_> {
    fn is_interrupted(&self) -> bool {
        self.probe.is_some_and(|end| end.is_interrupted)
    }

    /// Returns the exit code of the worst probe, or 1 if the user interrupted before anything wrong was known.
    fn exit_code(&self) -> u8 {
        let worst = self.entries.iter().find_map(|entry| entry.outcome.filter(|outcome| outcome.exit_code != 0));
        worst.map_or(u8::from(self.is_interrupted()), |outcome| outcome.exit_code)
    }
}
