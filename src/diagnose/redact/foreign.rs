//! Foreign sentences: what peers say, in bodies, headers, reasons and certificates. They can name hosts, machines and
//! people in any form, so only known words stay.

use std::collections::{BTreeSet, HashSet};
use std::sync::OnceLock;

use super::names::{is_microsofts, is_of_name};
use super::walk::{Item, Walk as _};
use crate::diagnose::evidence::{Evidence, Trace};
use crate::resolve::facts::regions;

/// The words of foreign sentences that may identify somebody, in lower case.
pub(super) struct ForeignWords(BTreeSet<String>);

impl ForeignWords {
    pub(super) fn of(evidence: &Evidence) -> Self {
        let mut words = BTreeSet::new();
        sentences(evidence, &mut |text| {
            words.extend(logins(text));
            for name in runs(text, |c| is_of_name(c) || c == '.') {
                let name = name.trim_matches('.');
                // First the words and then their case: a letter can become two, of which one ends a word.
                words.extend(runs(name, is_of_name).map(str::to_lowercase).filter(|word| !is_known(word)));
                // An id or a name in several parts, of which each may be a word.
                let lower = name.to_lowercase();
                if name.contains('.') && !is_microsofts(&lower) && !runs(name, is_of_name).all(is_number) {
                    words.insert(lower);
                }
            }
        });
        Self(words)
    }

    /// Returns the length of a foreign word that begins here. The last word of a text that was cut can be a part of it.
    pub(super) fn at(&self, text: &str) -> Option<usize> {
        let name = leading(text, |c| is_of_name(c) || c == '.').trim_end_matches('.');
        let word = leading(text, is_of_name);
        let is_foreign = |run: &&str| {
            let lower = run.to_lowercase();
            let is_cut = || text[run.len()..].starts_with('…') && self.begins(&lower);
            !lower.is_empty() && (self.0.contains(&lower) || is_cut())
        };
        [name, word].into_iter().find(is_foreign).map(str::len)
    }

    fn begins(&self, part: &str) -> bool {
        self.0.range(part.to_owned()..).next().is_some_and(|word| word.starts_with(part))
    }
}

/// Calls a function with every text that a peer can have written.
pub(super) fn sentences<'a>(evidence: &'a Evidence, visit: &mut dyn FnMut(&'a str)) {
    let mut item = |item: Item<'a>| {
        if let Item::Text(text) = item {
            visit(text);
        }
    };
    for trace in &evidence.traces {
        let Trace { target: _, dns, tcp, proxy, tls, http, websocket, auth, rounds, round_trip } = trace;
        // The names of an answer are hosts, and are known as such.
        if let Some(failure) = dns.failure() {
            failure.walk(&mut item);
        }
        if let Some(facts) = dns.found() {
            facts.system.walk(&mut item);
            let answers = facts.servers.iter().chain(facts.also.iter().map(|also| &also.answer));
            answers.for_each(|answer| answer.failure.walk(&mut item));
        }
        tcp.walk(&mut item);
        proxy.walk(&mut item);
        tls.walk(&mut item);
        http.walk(&mut item);
        websocket.walk(&mut item);
        auth.walk(&mut item);
        rounds.walk(&mut item);
        round_trip.walk(&mut item);
    }
}

/// Returns both parts of `DOMAIN\user` and the names before the at signs of addresses, even if they are known words.
fn logins(text: &str) -> impl Iterator<Item = String> {
    let parts = text.char_indices().filter(|(_, c)| matches!(c, '\\' | '@')).flat_map(|(at, c)| {
        let before = text[..at].rsplit(|c| !is_of_name(c)).next().unwrap_or_default();
        let after = if c == '\\' { leading(&text[at + 1..], is_of_name) } else { "" };
        [before, after]
    });
    parts.filter(|part| !part.is_empty()).map(str::to_lowercase)
}

/// Returns whether every part of a word is a word that identifies nobody.
fn is_known(word: &str) -> bool {
    word.split(['-', '_']).all(|part| part.is_empty() || is_number(part) || vocabulary().contains(part))
        || regions::listed(word).is_some()
}

/// Status codes, quantities and years. A longer number can be that of an employee or an account.
fn is_number(part: &str) -> bool {
    if let Some(quantity) = ["ms", "s"].iter().find_map(|unit| part.strip_suffix(unit)) {
        return !quantity.is_empty()
            && quantity.bytes().all(|byte| byte.is_ascii_digit())
            && part.len() <= LONGEST_TIME;
    }
    part.len() <= LONGEST_NUMBER && part.bytes().all(|byte| byte.is_ascii_digit())
}

fn vocabulary() -> &'static HashSet<&'static str> {
    static WORDS: OnceLock<HashSet<&'static str>> = OnceLock::new();
    WORDS.get_or_init(|| {
        let lines = include_str!("vocabulary.txt").lines().filter(|line| !line.starts_with('#'));
        lines.flat_map(str::split_whitespace).collect()
    })
}

fn runs(text: &str, belongs: fn(char) -> bool) -> impl Iterator<Item = &str> {
    text.split(move |c| !belongs(c)).filter(|run| !run.is_empty())
}

fn leading(text: &str, belongs: fn(char) -> bool) -> &str {
    &text[..text.find(|c| !belongs(c)).unwrap_or(text.len())]
}

/// In digits.
const LONGEST_NUMBER: usize = 4;

/// In bytes, with the unit: `300000ms`.
const LONGEST_TIME: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_words_stay_and_everything_else_is_foreign() {
        for known in ["access", "non-public", "403", "ocp-apim-subscription-key", "westeurope"] {
            assert!(is_known(known), "{known}");
        }
        for foreign in ["jdoe", "laptop-jdoe", "fw01", "5d1f8a2e-0000", "48151623", "contoso", "fabrikam"] {
            assert!(!is_known(foreign), "{foreign}");
        }
        let words = ForeignWords(["laptop-jdoe", "fw01.corp"].map(str::to_owned).into());
        assert_eq!(words.at("LAPTOP-JDOE is"), Some(11));
        assert_eq!(words.at("fw01.corp. x"), Some(9));
        assert_eq!(words.at("LAPTOP-J… x"), Some(8));
        assert_eq!(words.at("LAPTOP-J x"), None);
    }

    #[test]
    fn numbers_that_can_identify_somebody_are_no_numbers() {
        for (number, expected) in [
            ("403", true),
            ("2026", true),
            ("12345", false),
            ("30s", true),
            ("300000ms", true),
            ("3000000ms", false),
            ("ms", false),
            ("s", false),
            ("x1ms", false),
            ("12a", false),
        ] {
            assert_eq!(is_number(number), expected, "{number}");
        }
    }

    #[test]
    fn both_parts_of_a_login_and_the_name_of_an_address_are_logins() {
        let found: Vec<String> = logins("for CORP\\Access-1, Service@contoso.example and \\ or @").collect();
        assert_eq!(found, ["corp", "access-1", "service"]);
    }

    #[test]
    fn the_beginning_of_a_foreign_word_is_foreign_only_before_an_ellipsis() {
        let words = ForeignWords(["zeta", "alpha"].map(str::to_owned).into());
        assert!(words.begins("al") && words.begins("zeta") && !words.begins("b") && !words.begins("zz"));
        assert_eq!(words.at("al… x"), Some(2));
        assert_eq!(words.at("al x…"), None);
        assert_eq!(words.at("…"), None);
        assert_eq!(words.at(", alpha"), None);
    }
}
