//! Finds the closest match for a misspelt word.

/// Returns the candidate within one edit of `word` (an insertion, a deletion, a substitution or a swap of neighbours).
///
/// Digits are never corrected: `eastus3` may be a new region rather than a misspelling of `eastus2`.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).collect::<Vec<_>>();
    candidates
        .into_iter()
        .find(|candidate| digits(word) == digits(candidate) && is_one_edit(word.as_bytes(), candidate.as_bytes()))
}

fn is_one_edit(word: &[u8], other: &[u8]) -> bool {
    let same = word.iter().zip(other).take_while(|(a, b)| a == b).count();
    match (&word[same..], &other[same..]) {
        // One character longer or shorter.
        ([_, rest @ ..], other) if rest == other => true,
        (word, [_, rest @ ..]) if word == rest => true,
        ([_, word @ ..], [_, other @ ..]) if word == other => true,
        ([first, second, word @ ..], [other_first, other_second, other @ ..]) => {
            first == other_second && second == other_first && word == other
        }
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
}
