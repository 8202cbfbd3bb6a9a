//! The values that options accept, listed for completions. A type that lists its values completes wherever it is used.

use std::error::Error;
use std::ffi::OsStr;
use std::marker::PhantomData;
use std::str::FromStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};
use speech_endpoint::azure::Recommendation;
use speech_endpoint::{FactKind, Facts, KnownFailure, Sdk};
use speech_endpoint_lab::World;

/// A type whose values can be listed.
pub(crate) trait Listed: FromStr {
    fn listed() -> Vec<PossibleValue>;
}

/// Parses a [`Listed`] type by its `FromStr`, and gives completions its values.
#[derive(Debug)]
pub(crate) struct ListedParser<T>(PhantomData<fn() -> T>);

impl<T> Default for ListedParser<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T> Clone for ListedParser<T> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<T: Listed<Err: Into<Box<dyn Error + Send + Sync>>> + Clone + Send + Sync + 'static> TypedValueParser
    for ListedParser<T>
{
    type Value = T;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        TypedValueParser::parse_ref(&T::from_str, command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(T::listed().into_iter()))
    }
}

/// Lists the values of a type, for the parser of arguments.
macro_rules! listed {
    ($name:ty, $values:expr) => {
        impl $crate::args::Listed for $name {
            fn listed() -> Vec<clap::builder::PossibleValue> {
                $values.into_iter().map(Into::into).collect()
            }
        }

        impl clap::builder::ValueParserFactory for $name {
            type Parser = $crate::args::ListedParser<Self>;

            fn value_parser() -> Self::Parser {
                Self::Parser::default()
            }
        }
    };
}

pub(crate) use listed;

/// Returns a value with its title.
pub(crate) fn titled((id, title): (&'static str, &'static str)) -> PossibleValue {
    PossibleValue::new(id).help(title)
}

fn candidate((value, help): (&str, String)) -> CompletionCandidate {
    CompletionCandidate::new(value).help((!help.is_empty()).then(|| help.into()))
}

/// The worlds of the lab, and files that hold one.
pub(crate) fn worlds() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| completed_worlds(current, false))
}

/// The worlds of the lab, files that hold one, and `list`.
pub(crate) fn worlds_and_list() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| completed_worlds(current, true))
}

fn completed_worlds(current: &OsStr, with_list: bool) -> Vec<CompletionCandidate> {
    let prefix = current.to_string_lossy();
    let list = with_list.then(|| ("list", "every world, one per line".to_owned()));
    // Only the worlds that are offered are read.
    let worlds = World::all().filter(|(name, _)| name.starts_with(&*prefix)).map(|(name, toml)| {
        let title = World::parse(toml).map(|world| world.title().to_owned());
        (name, title.unwrap_or_default())
    });
    let mut found: Vec<_> =
        list.into_iter().filter(|(name, _)| name.starts_with(&*prefix)).chain(worlds).map(candidate).collect();
    if !prefix.is_empty() {
        let is_world =
            |path: &std::path::Path| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
        found.extend(PathCompleter::file().filter(is_world).complete(current));
    }
    found
}

/// The regions of the table of facts.
pub(crate) fn regions() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let facts = Facts::BUILT_IN;
        let tables = facts.all().iter().filter(|fact| fact.kind == FactKind::Regions && fact.service.is_none());
        let mut regions: Vec<&str> = tables.flat_map(|fact| fact.values.iter().map(|value| &**value)).collect();
        regions.sort_unstable();
        regions.dedup();
        regions.into_iter().map(CompletionCandidate::new).collect()
    })
}

/// What `--proxy` accepts besides a URL.
pub(crate) fn proxies() -> ArgValueCandidates {
    ArgValueCandidates::new(|| vec![candidate(("none", "connect directly".to_owned()))])
}

/// The ids of the failure catalogue.
pub(crate) fn failures() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        KnownFailure::all().map(|failure| candidate((failure.id, failure.title.to_owned()))).collect()
    })
}

/// The ids of the failure catalogue, and files with an error text.
pub(crate) fn failures_and_files() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let prefix = current.to_string_lossy();
        let ids = KnownFailure::all().filter(|failure| failure.id.starts_with(&*prefix));
        let mut found: Vec<_> = ids.map(|failure| candidate((failure.id, failure.title.to_owned()))).collect();
        if !prefix.is_empty() {
            found.extend(PathCompleter::file().complete(current));
        }
        found
    })
}

/// The checks of `posture`.
pub(crate) fn checks() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        Recommendation::all().map(|check| candidate((check.id, check.title.to_owned()))).collect()
    })
}

/// The checks of `posture`, and all of them.
pub(crate) fn checks_and_all() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let all = ("all", "every check".to_owned());
        let checks = Recommendation::all().map(|check| (check.id, check.title.to_owned()));
        std::iter::once(all).chain(checks).map(candidate).collect()
    })
}

/// The SDKs that `explain` knows.
pub(crate) fn sdks() -> ArgValueCandidates {
    ArgValueCandidates::new(|| Sdk::ids().map(CompletionCandidate::new).collect())
}
