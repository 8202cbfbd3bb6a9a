//! Styles and line breaks that the commands share.

use anstyle::Style;
use textwrap::{Options, WordSplitter, WrapAlgorithm};

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();

/// Breaks a sentence into lines of at most `width` characters, between words. Ids, hosts and URLs stay whole, even if
/// they are longer than a line.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let options = Options::new(width)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    textwrap::wrap(text, options).into_iter().map(Into::into).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_to_the_width_and_words_stay_whole() {
        assert_eq!(wrap("a bb ccc dddd", 6), ["a bb", "ccc", "dddd"]);
        assert_eq!(wrap("a https://example.com/ b", 6), ["a", "https://example.com/", "b"]);
        assert_eq!(wrap("speech-to-text-batch x", 12), ["speech-to-text-batch", "x"]);
        assert_eq!(wrap("", 6), [""]);
    }
}
