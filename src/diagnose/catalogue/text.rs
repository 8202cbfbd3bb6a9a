//! Error texts that clients print and users paste, with the failures to test for each.

use zeroize::Zeroizing;

use self::Atom::{Close, Number, Status, Text};
use self::table::TABLE;
use super::KnownFailure;

mod native;
mod table;

/// A text that clients print, and its first interpretation.
#[derive(Clone, Copy, Debug)]
pub struct KnownText {
    rank: Rank,
    /// Parts that must all occur in the text, each in one of its spellings.
    parts: &'static [&'static [Atom]],
    reading: &'static str,
    /// Ids; an area such as `DNS*`, or `*`, stands for its core ids.
    ids: &'static [&'static str],
}

impl KnownText {
    /// Returns every known text, the most specific first.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        Rank::ALL.into_iter().flat_map(|rank| native::TABLE.iter().chain(TABLE).filter(move |row| row.rank == rank))
    }

    /// Returns the first interpretation in a few words.
    #[must_use]
    pub fn reading(&self) -> &'static str {
        self.reading
    }

    /// Returns the ids to test, the most likely first; empty if the text does not indicate a network failure.
    #[must_use]
    pub fn ids(&self) -> Vec<&'static str> {
        let mut ids = Vec::new();
        for id in self.ids {
            match id.strip_suffix('*') {
                Some(area) => ids.extend(core_ids(area)),
                None => ids.push(id),
            }
        }
        ids
    }

    fn occurs_in(&self, text: &str) -> bool {
        self.parts.iter().all(|spellings| spellings.iter().any(|atom| atom.occurs_in(text)))
    }
}

/// The interpretation of a pasted text. It contains no part of that text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TextMatch {
    /// The first interpretation in a few words.
    pub reading: &'static str,
    /// The ids to test, the most likely first; empty if the text does not indicate a network failure.
    pub ids: Vec<&'static str>,
}

/// Interprets a pasted error text, the most specific interpretation first; returns nothing for an unknown text.
///
/// 1. Catalogue ids in the text, in capitals, come first.
/// 2. Words that name the cause, such as an error message of the service, outweigh a number.
/// 3. A number that identifies the kind, such as a status, a system error or a close code, outweighs the rest.
/// 4. A text that names the step outweighs one that hides the reason and so leads to whole areas.
///
/// Matching ignores case. Numbers count only if they are whole numbers in the position of a code.
///
/// ```
/// let line = "Unable to contact server. StatusCode: 1006, undefined Reason:  Unexpected server response: 429";
/// assert_eq!(speech_endpoint::ids_for(line)[0].ids, ["QUO01"]);
/// ```
#[must_use]
pub fn ids_for(text: &str) -> Vec<TextMatch> {
    // A pasted line may contain a key, so the copy is wiped.
    let lower = Zeroizing::new(text.to_ascii_lowercase());
    let rows: Vec<&KnownText> = KnownText::all().filter(|row| row.occurs_in(&lower)).collect();
    let best = rows.iter().map(|row| row.rank).min();
    let named = named_ids(text);
    let named = (!named.is_empty()).then_some(TextMatch { reading: "the text itself names the cause", ids: named });
    let rest =
        rows.iter().filter(|row| Some(row.rank) == best).map(|row| TextMatch { reading: row.reading, ids: row.ids() });
    named.into_iter().chain(rest).collect()
}

/// Returns the ids that a report or an error message of this program names.
fn named_ids(text: &str) -> Vec<&'static str> {
    let mut ids = Vec::new();
    for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
        match KnownFailure::all().find(|failure| failure.id == word) {
            Some(failure) if !ids.contains(&failure.id) => ids.push(failure.id),
            _ => {}
        }
    }
    ids
}

fn core_ids(area: &str) -> impl Iterator<Item = &'static str> {
    KnownFailure::all().filter(move |failure| failure.is_core && failure.id.starts_with(area)).map(|failure| failure.id)
}

/// How specific a text is; a more specific match removes the less specific ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Words that name the cause.
    Worded,
    /// A code that identifies the kind.
    Coded,
    /// A text that names the step that failed.
    Step,
    /// A text that hides the reason.
    Broad,
}

impl Rank {
    const ALL: [Self; 4] = [Self::Worded, Self::Coded, Self::Step, Self::Broad];
}

/// One spelling of a part of a text.
#[derive(Clone, Copy, Debug)]
enum Atom {
    /// Lower-case text; digits at either end must be a whole number.
    Text(&'static str),
    /// A system error number, or the SDK number that represents one.
    Number(u32),
    /// An HTTP status.
    Status(u32),
    /// A WebSocket close code.
    Close(u32),
}

impl Atom {
    fn occurs_in(self, text: &str) -> bool {
        match self {
            Text(words) => holds(text, words),
            Number(wanted) => numbers(text).any(|number| number.value == wanted && number.is_error_number()),
            Status(wanted) => numbers(text).any(|number| number.value == wanted && number.is_status()),
            Close(wanted) => numbers(text).any(|number| number.value == wanted && number.is_close_code()),
        }
    }
}

fn holds(text: &str, words: &str) -> bool {
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    text.match_indices(words).any(|(start, _)| {
        let (before, after) = (text[..start].chars().next_back(), text[start + words.len()..].chars().next());
        !(digit(words.chars().next()) && digit(before) || digit(words.chars().next_back()) && digit(after))
    })
}

/// A whole number in a text, with the text before and after it.
struct Whole<'a> {
    value: u32,
    /// The text before the number, without blanks, brackets and signs.
    before: &'a str,
    is_quoted: bool,
    is_bracketed: bool,
    after: &'a str,
}

/// Returns the numbers that are not part of a longer word, a version or an address.
fn numbers(text: &str) -> impl Iterator<Item = Whole<'_>> {
    let bytes = text.as_bytes();
    let is_digit = move |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let starts = (0..bytes.len()).filter(move |&at| is_digit(at) && (at == 0 || !is_digit(at - 1)));
    starts.filter_map(move |start| {
        let end = start + bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (lead, after) = (&text[..start], &text[end..]);
        let joins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '%' | '#');
        let continues = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | '%');
        let is_fraction = after.starts_with('.') && is_digit(end + 1);
        if lead.ends_with(joins) && !lead.ends_with("http") || after.starts_with(continues) || is_fraction {
            return None;
        }
        let before = lead.trim_end_matches([' ', ':', '=', '(', '[', '"', '\'', '`']);
        let between = &lead[before.len()..];
        Some(Whole {
            value: text[start..end].parse().ok()?,
            before,
            is_quoted: between.contains(['"', '\'', '`']),
            is_bracketed: between.ends_with('('),
            after,
        })
    })
}

impl Whole<'_> {
    /// Matches `Error details: 11001`, `code=111`, `[0x3 | 111]`, `[Errno 104]`, `[WinError 10061]`, `connect failure 101`.
    fn is_error_number(&self) -> bool {
        let named = ["details", "details: code", "errno", "winerror", "os error", "connect failure", "[0x3 |"];
        self.stands_alone()
            || named.iter().any(|word| self.before.ends_with(word))
            || self.before.ends_with("code") && !self.is_quoted && !self.is_foreign_code()
            || self.before.ends_with("error") && self.value >= 10_000
    }

    /// Matches `Unexpected server response: 401`, `HTTP 404`, `"statusCode": 429`, `Bad request (400)`, `403 Forbidden`.
    fn is_status(&self) -> bool {
        let phrases =
            [" unauthorized", " forbidden", " not found", " bad request", " too many requests", " bad gateway"];
        let named = ["server response", "http", "http/1.1", "http/2", "error", "status"];
        let bracketed = ["error", "request", "requests", "forbidden", "unauthorized", "unavailable", "timeout"];
        self.stands_alone()
            || self.before.ends_with("code") && !self.is_exit_code()
            || !self.is_quoted && named.iter().any(|word| self.before.ends_with(word))
            || self.is_bracketed && bracketed.iter().any(|word| self.before.ends_with(word))
            || !self.is_quoted && phrases.iter().any(|phrase| self.after.starts_with(phrase))
    }

    /// Matches `StatusCode: 1006`, `Error code: 1007`, `closed with 1012`, `received 1011 (internal error)`.
    fn is_close_code(&self) -> bool {
        let named = ["closed", "closed with", "close", "received", "sent"];
        self.stands_alone()
            || self.before.ends_with("code") && !self.is_exit_code()
            || named.iter().any(|word| self.before.ends_with(word))
    }

    /// Returns whether the number is the whole text and long enough to be meaningful alone.
    fn stands_alone(&self) -> bool {
        self.before.is_empty()
            && self.after.trim_end_matches(['.', ' ', '\r', '\n', '"', '\'', ')', ']']).is_empty()
            && self.value >= 200
    }

    fn is_foreign_code(&self) -> bool {
        self.is_exit_code() || ["status code", "statuscode", "http code"].iter().any(|word| self.before.ends_with(word))
    }

    fn is_exit_code(&self) -> bool {
        ["exit code", "exited with code", "return code"].iter().any(|word| self.before.ends_with(word))
    }
}

const fn row(
    rank: Rank,
    parts: &'static [&'static [Atom]],
    reading: &'static str,
    ids: &'static [&'static str],
) -> KnownText {
    KnownText { rank, parts, reading, ids }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> Option<Vec<&'static str>> {
        ids_for(text).into_iter().next().map(|found| found.ids)
    }

    #[test]
    fn numbers_count_only_if_whole_and_in_the_position_of_a_code() {
        for text in ["Error details: 111.", "code=111[0x0000006f]", "[Errno 111] x", "(os error 111)", "errno=111"] {
            assert_eq!(first(text), Some(vec!["TCP02"]), "{text}");
        }
        for text in [
            "111",
            "took 111 ms",
            "Error details: 1111.",
            "Error details: 0.111",
            "Error details: 111.5",
            "code=-23[0xffffffe9]",
            "code=111a",
            "exit code 111",
            "status code 111",
            "at 10.0.0.111:443",
            "v1.111",
            "Error: 111 files",
            "code='111'",
        ] {
            assert_eq!(first(text), None, "{text}");
        }
    }

    #[test]
    fn a_status_is_recognised_in_each_of_its_positions() {
        for text in [
            "429",
            "HTTP 429",
            "HTTP/1.1 429 Too Many Requests",
            "HTTP429",
            "Unexpected server response: 429",
            "{\"statusCode\":429}",
            "{\"error\":{\"code\":\"429\"}}",
            "failed (429)? no: error (429)",
            "the server returned status code '429' when status code '101' was expected",
        ] {
            assert_eq!(first(text), Some(vec!["QUO01"]), "{text}");
        }
        for text in [
            "exit code 429",
            "\"GET / HTTP/1.1\" 429 0",
            "page 429",
            "4290",
            "issue #429",
            "429.5 ms",
            "/404 not found",
            "v1.404 not found",
        ] {
            assert_eq!(first(text), None, "{text}");
        }
    }

    #[test]
    fn a_more_specific_text_removes_a_less_specific_one() {
        let broad = "WS_OPEN_ERROR_UNDERLYING_IO_OPEN_FAILED";
        assert!(first(broad).is_some_and(|ids| ids.len() > 20));
        assert_eq!(first(&format!("{broad} (code=111: x)")), Some(vec!["TCP02"]));
        assert_eq!(first(&format!("{broad} (code=111: x) socket hang up")), Some(vec!["TLS07", "TCP03", "PXY05"]));
    }

    #[test]
    fn an_error_message_of_this_program_names_its_id() {
        assert_eq!(first("error: CFG01: `en-US` is not a region identifier"), Some(vec!["CFG01"]));
        assert_eq!(first("error: cfg01"), None);
        assert_eq!(first("XCFG01 CFG011 CFG01_"), None);
    }

    #[test]
    fn every_row_can_match_a_lower_case_text() {
        for text in KnownText::all() {
            for atom in text.parts.iter().copied().flatten() {
                if let Text(words) = atom {
                    assert_eq!(*words, words.to_ascii_lowercase());
                    assert!(!words.is_empty());
                }
            }
            assert!(!text.parts.is_empty() && text.parts.iter().all(|spellings| !spellings.is_empty()));
        }
        for table in [native::TABLE, TABLE] {
            assert!(table.iter().map(|text| text.rank).is_sorted(), "the more specific rows come first");
        }
    }
}
