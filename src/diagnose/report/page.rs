//! Page: lines within a width, with colours or without.

use std::borrow::Cow;
use std::time::Duration;

use super::ReportOptions;
use crate::diagnose::redact::plain;

/// A text that grows line by line.
pub(super) struct Page {
    text: String,
    width: usize,
    color: bool,
}

/// The style of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Bold,
    Dim,
    Good,
    Bad,
    Warn,
    Command,
}

impl Page {
    pub(super) fn new(options: &ReportOptions) -> Self {
        Self { text: String::new(), width: options.width.max(NARROWEST), color: options.color }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Returns a text in its style.
    pub(super) fn paint<'a>(&self, ink: Ink, text: &'a str) -> Cow<'a, str> {
        match ink.sgr() {
            Some(sgr) if self.color && !text.is_empty() => format!("\x1b[{sgr}m{text}\x1b[0m").into(),
            _ => text.into(),
        }
    }

    /// Returns the columns that a lead leaves on a line. If the lead is as long as the line, which evidence from
    /// anywhere can cause, the sentence extends beyond the end of the line.
    fn room(&self, columns: usize) -> usize {
        self.width.saturating_sub(columns).max(NARROWEST / 2)
    }

    /// Adds an empty line between blocks, but not at the top.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Adds one line as it is, however long.
    pub(super) fn line(&mut self, text: &str) {
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }

    /// Adds a sentence after a lead of `columns` columns, and indents further lines by the same number.
    pub(super) fn hanging(&mut self, lead: &str, columns: usize, sentence: &str, ink: Ink) {
        let mut lead = Cow::Borrowed(lead);
        for line in wrap(&plain(sentence), self.room(columns)) {
            let line = self.loud(&line, ink);
            self.line(&format!("{lead}{line}"));
            lead = " ".repeat(columns).into();
        }
    }

    /// Adds a sentence about a finding after its label.
    pub(super) fn labelled(&mut self, label: &str, sentence: &str) {
        let lead = format!("  {}", self.paint(Ink::Dim, &format!("{label:<11}")));
        self.hanging(&lead, LABEL_COLUMNS, sentence, Ink::Plain);
    }

    /// Adds commands below a labelled sentence, each on a line of its own, so that it can be copied whole.
    pub(super) fn commands(&mut self, commands: &[String]) {
        for command in commands {
            let command = self.paint(Ink::Command, &plain(command)).into_owned();
            self.line(&format!("{:COMMAND_COLUMNS$}{command}", ""));
        }
    }

    /// Adds parts with a dot between them. Only a part that is longer than a line is broken.
    pub(super) fn parts(&mut self, lead: &str, columns: usize, parts: &str) {
        let mut lines: Vec<String> = Vec::new();
        for part in parts.split(" · ") {
            match lines.last_mut() {
                Some(line) if line.chars().count() + 3 + part.chars().count() <= self.room(columns) => {
                    line.push_str(" · ");
                    line.push_str(part);
                }
                _ => lines.push(part.to_owned()),
            }
        }
        let mut lead = Cow::Borrowed(lead);
        for line in lines {
            self.hanging(&lead, columns, &line, Ink::Plain);
            lead = " ".repeat(columns).into();
        }
    }

    /// Returns a line in its style, with address classes in capitals in that of a failure.
    fn loud(&self, line: &str, ink: Ink) -> String {
        if !self.color {
            return line.to_owned();
        }
        let words = line.split(' ').map(|word| {
            let is_loud = LOUD.contains(&word.trim_end_matches([',', ';']));
            self.paint(if is_loud { Ink::Bad } else { ink }, word)
        });
        if ink == Ink::Plain || LOUD.iter().any(|loud| line.contains(loud)) {
            words.collect::<Vec<_>>().join(" ")
        } else {
            self.paint(ink, line).into_owned()
        }
    }
}

impl Ink {
    /// Select graphic rendition, ECMA-48.
    fn sgr(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Bold => Some("1"),
            Self::Dim => Some("2"),
            Self::Good => Some("32"),
            Self::Bad => Some("1;31"),
            Self::Warn => Some("33"),
            Self::Command => Some("36"),
        }
    }
}

/// Breaks a sentence into lines of at most `width` characters, between words. A longer word gets a line of its own.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Returns a duration with three digits.
pub(super) fn time(took: Duration) -> String {
    let millis = took.as_secs_f64() * 1e3;
    match millis {
        ..99.95 => format!("{millis:.1} ms"),
        ..999.5 => format!("{millis:.0} ms"),
        _ => format!("{:.1} s", millis / 1e3),
    }
}

/// Returns milliseconds without the unit.
pub(super) fn millis(took: Duration) -> String {
    let millis = took.as_secs_f64() * 1e3;
    if millis < 99.95 { format!("{millis:.1}") } else { format!("{millis:.0}") }
}

/// Returns the first items of a list, and the number of the others.
pub(super) fn first_of(items: &[impl AsRef<str>], most: usize) -> String {
    let joined = |items: &[_]| items.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", ");
    match items.get(..most).filter(|_| items.len() > most + 1) {
        Some(first) => format!("{} and {} more", joined(first), items.len() - most),
        None => joined(items),
    }
}

/// Returns a number and its noun, as in a sentence.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    const WORDS: [&str; 10] = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let noun = if number == 1 { one } else { many };
    WORDS.get(number).map_or_else(|| format!("{number} {noun}"), |word| format!("{word} {noun}"))
}

/// Address classes in capitals, which mark an address of an unexpected class.
const LOUD: [&str; 6] = ["PUBLIC", "PRIVATE", "LOOPBACK", "LINK-LOCAL", "SHARED", "SPECIAL"];

/// The columns of the indentation and the longest label, `ruled out`.
const LABEL_COLUMNS: usize = 13;

/// Commands are indented below their label.
const COMMAND_COLUMNS: usize = LABEL_COLUMNS + 2;

/// In columns. On a narrower page a host name does not fit after a label.
const NARROWEST: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_or_less() {
        for (micros, expected) in [
            (40, "0.0 ms"),
            (2_100, "2.1 ms"),
            (99_940, "99.9 ms"),
            (99_960, "100 ms"),
            (999_400, "999 ms"),
            (999_600, "1.0 s"),
            (20_000_000, "20.0 s"),
        ] {
            assert_eq!(time(Duration::from_micros(micros)), expected);
        }
    }

    #[test]
    fn a_lead_that_is_longer_than_the_line_is_no_end_of_it() {
        let mut page = Page::new(&ReportOptions::default());
        let lead = "x".repeat(500);
        page.hanging(&lead, 500, "as long as it has to be", Ink::Plain);
        page.parts(&lead, 500, "one · two");
        let expected = format!("{lead}as long as it has to be\n{lead}one · two\n");
        assert_eq!(page.finish(), expected);
    }

    #[test]
    fn lines_keep_to_the_width_and_words_stay_whole() {
        assert_eq!(wrap("a bb ccc dddd", 6), ["a bb", "ccc", "dddd"]);
        assert_eq!(wrap("a https://example.com/ b", 6), ["a", "https://example.com/", "b"]);
        assert_eq!(wrap("", 6), [""]);
    }
}
