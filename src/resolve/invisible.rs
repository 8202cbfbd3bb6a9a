//! Characters that a person does not see and a program reads: they hide text, join words or turn the direction around.

/// Returns whether a character is invisible: of the category Cf of Unicode 16.0, a tag, a separator of lines, or another one
/// that is ignorable by default. <https://www.unicode.org/Public/16.0.0/ucd/DerivedCoreProperties.txt>
pub(crate) fn is_invisible(c: char) -> bool {
    // Every text of a peer passes here, and most of it is ASCII.
    !c.is_ascii() && RANGES.iter().any(|(first, last)| (*first..=*last).contains(&c))
}

/// In order.
const RANGES: &[(char, char)] = &[
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_visible_and_marks_of_direction_are_not() {
        for visible in "aé→…✓×日本語עברית\u{301}".chars() {
            assert!(!is_invisible(visible), "{visible:?}");
        }
        for invisible in
            "\u{ad}\u{61c}\u{200b}\u{200f}\u{202e}\u{2060}\u{2066}\u{2069}\u{feff}\u{e0041}\u{e007f}".chars()
        {
            assert!(is_invisible(invisible), "{invisible:?}");
        }
    }
}
