//! The table of meanings, of the wordings of all clients, and of the numbers in the position of a code. It is data:
//! `meanings.txt`, `numbers.txt` and `wordings/`.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use super::number::{NumberKind, Whole};
use super::place::places;
use super::words::{Word, WordKind, words};
use crate::diagnose::catalogue::KnownFailure;

/// What a text can mean, whichever client prints it.
#[derive(Debug, PartialEq, Eq)]
pub struct Meaning {
    id: &'static str,
    strength: Strength,
    ids: Vec<&'static str>,
    sentence: &'static str,
}

impl Meaning {
    /// Returns every meaning, in the order of the table.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        TABLE.meanings.iter()
    }

    /// Returns the stable identifier, for example `connect-refused`.
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// Returns how much the meaning says.
    #[must_use]
    pub fn strength(&self) -> Strength {
        self.strength
    }

    /// Returns the failures that fit, the most likely first; empty if the meaning does not concern the network.
    #[must_use]
    pub fn ids(&self) -> &[&'static str] {
        &self.ids
    }

    /// Returns the meaning in a few words, in lower case without a full stop.
    #[must_use]
    pub fn sentence(&self) -> &'static str {
        self.sentence
    }
}

/// How much a meaning says. A meaning that says more goes before one that says less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Strength {
    /// It says what a client does, in a log.
    Event,
    /// It says something, but names no failure of the network.
    Aside,
    /// The client hides the reason.
    Broad,
    /// It names the step that failed.
    Step,
    /// It is a number or a name of a kind of error.
    Code,
    /// It names the cause itself.
    Cause,
}

/// One text that a client prints, in words, and its meaning.
#[derive(Debug)]
pub struct Wording {
    client: &'static str,
    written: &'static str,
    source: &'static str,
    meaning: usize,
    /// Split when a text has its first word: a text has few of the words with which wordings begin.
    parts: OnceLock<Vec<Part>>,
}

impl Wording {
    /// Returns every wording of the table.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        TABLE.wordings.iter()
    }

    /// Returns the family of clients that prints it: the name of the file in the table.
    #[must_use]
    pub fn client(&self) -> &'static str {
        self.client
    }

    /// Returns the wording as it stands in the table: `#` is any number, `§` any host or address, and `…` up to
    /// [`LONGEST_GAP`] words.
    #[must_use]
    pub fn written(&self) -> &'static str {
        self.written
    }

    /// Returns where the wording comes from.
    #[must_use]
    pub fn source(&self) -> &'static str {
        self.source
    }

    /// Returns what it means.
    #[must_use]
    pub fn meaning(&self) -> &'static Meaning {
        &TABLE.meanings[self.meaning]
    }

    fn parts(&self) -> &[Part] {
        self.parts.get_or_init(|| parts(self.written))
    }

    /// Returns the first word, by which the wording is found.
    fn first(&self) -> String {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let lead = self.written.trim_start_matches(|c: char| c.is_ascii() && !is_plain(c) && c != '-' && c != ':');
        let word = lead.split(|c| !is_plain(c)).next().unwrap_or_default();
        // A host, an address, a negative number or another script is split in full.
        if word.is_empty() || lead[word.len()..].starts_with(|c: char| !c.is_ascii() || matches!(c, '.' | '-' | ':')) {
            let first = self.parts().first().cloned();
            return first.map_or_else(String::new, |part| match part {
                Part::Word(word) | Part::Place(word) => word,
                Part::AnyPlace | Part::Number | Part::Gap => String::new(),
            });
        }
        word.to_ascii_lowercase()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Part {
    Word(String),
    /// A host or an address; a host stands for those below it too.
    Place(String),
    AnyPlace,
    Number,
    Gap,
}

/// The number of words that `…` may stand for.
pub const LONGEST_GAP: usize = 12;

/// A meaning that a text has, and where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Match {
    pub(super) meaning: &'static Meaning,
    /// The offset of the first word.
    pub(super) start: usize,
    /// The number of words that say it.
    pub(super) length: usize,
    /// The place of its last word among the words of the text.
    last: usize,
    /// The family of clients whose wording it is; empty for a number.
    pub(super) client: &'static str,
}

/// Returns the meanings that the words and numbers of a text have, in their order in the text.
///
/// Of two wordings at one place, where one continues the other, the longer one counts.
pub(super) fn matches(words: &[Word<'_>], numbers: &[Whole<'_>]) -> Vec<Match> {
    let mut found: Vec<Match> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        // A host is also found by the hosts above it.
        let names = std::iter::successors(Some(word.text), |name| {
            name.split_once('.').map(|(_, above)| above).filter(|_| word.kind == WordKind::Place)
        });
        let candidates = names.filter_map(|name| TABLE.by_first.get(name)).flatten();
        let here = candidates.filter_map(|&index| {
            let wording = &TABLE.wordings[index];
            let length = match_length(wording.parts(), &words[at..])?;
            let (meaning, client) = (wording.meaning(), wording.client);
            Some(Match { meaning, start: word.start, length, last: at + length - 1, client })
        });
        let here: Vec<Match> = here.collect();
        let longest = here.iter().map(|found| found.length).max().unwrap_or_default();
        found.extend(here.into_iter().filter(|found| found.length == longest));
    }
    // A wording that is the end of a longer one says less than that one.
    let mut longest = vec![0; words.len()];
    for part in &found {
        longest[part.last] = longest[part.last].max(part.length);
    }
    found.retain(|part| part.length == longest[part.last]);
    for whole in numbers {
        for (kind, values, meaning) in &TABLE.numbers {
            if values.contains(&whole.value) && whole.is(*kind) {
                let meaning = &TABLE.meanings[*meaning];
                found.push(Match { meaning, start: whole.start, length: 1, last: usize::MAX, client: "" });
            }
        }
    }
    found.sort_by_key(|found| found.start);
    found
}

/// Returns whether a number in the position of an error is a known one.
pub(super) fn is_error_number(value: u32) -> bool {
    TABLE.numbers.iter().any(|(kind, values, _)| *kind == NumberKind::Error && values.contains(&value))
}

/// Returns how many words of the text the parts cover from its first word on.
fn match_length(parts: &[Part], words: &[Word<'_>]) -> Option<usize> {
    let Some((first, rest)) = parts.split_first() else { return Some(0) };
    match first {
        Part::Gap => (0..=LONGEST_GAP.min(words.len())).find_map(|gap| Some(gap + match_length(rest, &words[gap..])?)),
        Part::Word(_) | Part::Place(_) | Part::AnyPlace | Part::Number => {
            let word = words.first()?;
            let is_below = |wanted: &str| {
                word.text.strip_suffix(wanted).is_some_and(|lead| lead.is_empty() || lead.ends_with('.'))
            };
            let fits = match first {
                Part::Word(wanted) => word.kind != WordKind::Place && word.text == wanted,
                Part::Place(wanted) => word.kind == WordKind::Place && is_below(wanted),
                Part::AnyPlace => word.kind == WordKind::Place,
                _ => word.kind == WordKind::Number,
            };
            if fits { Some(1 + match_length(rest, &words[1..])?) } else { None }
        }
    }
}

struct Table {
    meanings: Vec<Meaning>,
    wordings: Vec<Wording>,
    /// The wordings that begin with a word.
    by_first: HashMap<String, Vec<usize>>,
    numbers: Vec<(NumberKind, Vec<u32>, usize)>,
}

static TABLE: LazyLock<Table> = LazyLock::new(Table::read);

impl Table {
    /// Reads the data. A test shows that every line can be read.
    fn read() -> Self {
        let meanings: Vec<Meaning> = rows(include_str!("meanings.txt")).filter_map(|row| meaning(&row)).collect();
        let named = |id: &str| meanings.iter().position(|meaning| meaning.id == id);
        let mut wordings = Vec::new();
        for (client, text) in FILES {
            wordings.extend(rows(text).filter_map(|row| {
                let [id, written, source] = row[..] else { return None };
                Some(Wording { client, written, source, meaning: named(id)?, parts: OnceLock::new() })
            }));
        }
        let mut by_first: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, wording) in wordings.iter().enumerate() {
            by_first.entry(wording.first()).or_default().push(index);
        }
        let numbers = rows(include_str!("numbers.txt")).filter_map(|row| {
            let [kind, values, id, _] = row[..] else { return None };
            let kind = match kind {
                "error" => NumberKind::Error,
                "status" => NumberKind::Status,
                _ => NumberKind::Close,
            };
            Some((kind, values.split(' ').filter_map(|value| value.parse().ok()).collect(), named(id)?))
        });
        let numbers = numbers.collect();
        Self { meanings, wordings, by_first, numbers }
    }
}

/// Returns the fields of each line that is not blank or a comment.
pub(super) fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split('|').map(str::trim).collect())
}

fn meaning(row: &[&'static str]) -> Option<Meaning> {
    let &[id, strength, ids, sentence] = row else { return None };
    let strength = match strength {
        "event" => Strength::Event,
        "cause" => Strength::Cause,
        "code" => Strength::Code,
        "step" => Strength::Step,
        "broad" => Strength::Broad,
        "aside" => Strength::Aside,
        _ => return None,
    };
    let ids = ids.split_whitespace().flat_map(|id| match id.strip_suffix('*') {
        Some(area) => core_ids(area),
        None => KnownFailure::find(id).map(|failure| failure.id).into_iter().collect(),
    });
    let mut once: Vec<&'static str> = Vec::new();
    for id in ids {
        if !once.contains(&id) {
            once.push(id);
        }
    }
    Some(Meaning { id, strength, ids: once, sentence })
}

fn core_ids(area: &str) -> Vec<&'static str> {
    let core = KnownFailure::all().filter(|failure| failure.is_core && failure.id.starts_with(area));
    core.map(|failure| failure.id).collect()
}

/// Splits a wording as a text is split.
fn parts(written: &str) -> Vec<Part> {
    let lower = written.to_lowercase();
    let mut parts = Vec::new();
    for piece in lower.split_inclusive(['…', '#', '§']) {
        let plain = piece.trim_end_matches(['…', '#', '§']);
        let part = |word: Word<'_>| match word.kind {
            WordKind::Place => Part::Place(word.text.to_owned()),
            WordKind::Plain | WordKind::Number => Part::Word(word.text.to_owned()),
        };
        parts.extend(words(plain, &places(plain)).into_iter().map(part));
        match piece[plain.len()..].chars().next() {
            Some('…') => parts.push(Part::Gap),
            Some('#') => parts.push(Part::Number),
            Some(_) => parts.push(Part::AnyPlace),
            None => {}
        }
    }
    parts
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("wordings/", $name, ".txt")))),*]
    };
}

/// The wordings, a file for each family of clients.
const FILES: &[(&str, &str)] = files![
    "apple",
    "browsers",
    "curl",
    "dotnet",
    "elsewhere",
    "entra",
    "go",
    "java",
    "javascript-sdk",
    "native-sdk",
    "node",
    "openssl",
    "others",
    "python",
    "rust",
    "services",
    "statuses",
    "system",
    "tools",
    "windows"
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_line_of_the_data_is_read() {
        let written = |text: &'static str| rows(text).count();
        assert_eq!(TABLE.meanings.len(), written(include_str!("meanings.txt")));
        assert_eq!(TABLE.numbers.len(), written(include_str!("numbers.txt")));
        for (client, text) in FILES {
            let read = Wording::all().filter(|wording| wording.client == *client).count();
            assert_eq!(read, written(text), "a line of `{client}` names no meaning or lacks a field");
        }
        for meaning in Meaning::all() {
            assert_eq!(meaning.ids.is_empty(), meaning.strength <= Strength::Aside, "{}", meaning.id);
            assert!(!meaning.sentence.ends_with('.'), "{}", meaning.id);
        }
    }

    #[test]
    fn every_id_of_a_meaning_is_in_the_catalogue() {
        for row in rows(include_str!("meanings.txt")) {
            for id in row[2].split_whitespace() {
                assert!(id.ends_with('*') || KnownFailure::find(id).is_some(), "{id} of {}", row[0]);
            }
        }
    }

    #[test]
    fn a_wording_begins_and_ends_with_a_word_and_means_one_thing() {
        let mut meant: BTreeMap<String, &Wording> = BTreeMap::new();
        for wording in Wording::all() {
            let is_word = |part: Option<&Part>| matches!(part, Some(Part::Word(_) | Part::Place(_)));
            assert!(is_word(wording.parts().first()), "`{}` begins with no word", wording.written);
            assert!(!matches!(wording.parts().last(), None | Some(Part::Gap)), "`{}` ends with a gap", wording.written);
            let first = match wording.parts().first() {
                Some(Part::Word(word) | Part::Place(word)) => word.as_str(),
                _ => "",
            };
            assert_eq!(wording.first(), first, "{}", wording.written);
            assert!(!wording.source.is_empty(), "`{}` has no source", wording.written);
            if let Some(other) = meant.insert(format!("{:?}", wording.parts()), wording) {
                panic!("`{}` of {} stands again in {}", wording.written, wording.client, other.client);
            }
        }
    }

    #[test]
    fn words_match_whole_and_gaps_are_short() {
        let length = |wording: &str, text: &str| match_length(&parts(wording), &words(text, &[]));
        assert_eq!(length("(os error 111)", "os error: 111"), Some(3));
        assert_eq!(length("os error 111", "an os error 111"), None);
        assert_eq!(length("permissiondenied", "permissiondeniederror: x"), None);
        assert_eq!(length("lookup … on …: server misbehaving", "lookup a on b c: server misbehaving"), Some(7));
        assert_eq!(length("code=# x", "code: -2: x"), Some(3));
        let text = "dial tcp 10.1.0.4:443: i/o timeout";
        assert_eq!(match_length(&parts("dial tcp §:#: i/o timeout"), &words(text, &places(text))), Some(7));
        assert_eq!(length("a … b", &format!("a {}b", "x ".repeat(LONGEST_GAP))), Some(LONGEST_GAP + 2));
        assert_eq!(length("a … b", &format!("a {}b", "x ".repeat(LONGEST_GAP + 1))), None);
    }
}
