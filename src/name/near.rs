//! The nearest match to a misspelt word.

use super::regions::{self, has_same_words};

/// The candidate within one edit of `word` (an insertion, a deletion, a substitution or a swap of neighbours).
///
/// Digits are never corrected: `eastus3` is a new region beside `eastus2`, not a misspelling of it.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).collect::<Vec<_>>();
    candidates
        .into_iter()
        .find(|candidate| digits(word) == digits(candidate) && is_one_edit(word.as_bytes(), candidate.as_bytes()))
}

/// The listed region whose display name has the same words in another order: `indiacentral` for `centralindia`.
pub(super) fn reordered(id: &str) -> Option<&'static str> {
    regions::REGIONS.iter().find(|region| has_same_words(region, id)).map(|region| region.id)
}

fn is_one_edit(a: &[u8], b: &[u8]) -> bool {
    let start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[start..], &b[start..]);
    match (a, b) {
        ([], []) => false,
        ([_, rest @ ..], other) if rest == other => true,
        (other, [_, rest @ ..]) if rest == other => true,
        ([_, x @ ..], [_, y @ ..]) if x == y => true,
        ([p, q, x @ ..], [r, s, y @ ..]) => p == s && q == r && x == y,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_edit_is_near_and_two_are_not() {
        let near = |word| nearest(word, ["westeurope", "eastus2"]);
        for word in ["westeurop", "westeuropee", "westeurupe", "wsteurope", "westeuorpe"] {
            assert_eq!(near(word), Some("westeurope"), "{word}");
        }
        for word in ["wsteurop", "easteurope", "eastus3", "eastus", "westeurope"] {
            assert_eq!(near(word), None, "{word}");
        }
    }

    #[test]
    fn words_in_another_order_are_recognised() {
        assert_eq!(reordered("indiacentral"), Some("centralindia"));
        assert_eq!(reordered("europewest"), Some("westeurope"));
        assert_eq!(reordered("belgiumcentral"), None);
    }
}
