//! What the code of the lab can send: the names, the codes, the numbers and the keys that it contains as literals.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A literal, or an expression in its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    Literal(String),
    Computed(String),
}

/// A file without its comments and tests.
pub(crate) struct Code {
    pub(crate) file: String,
    text: String,
}

/// Returns the code of the lab without its own control API, whose `OpenAPI` document `control_api.rs` compares with its answers.
pub(crate) fn all() -> Vec<Code> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &root, &mut files);
    files.retain(|code| code.file != "api.rs" && !code.file.starts_with("api/"));
    files.sort_by(|one, other| one.file.cmp(&other.file));
    files
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<Code>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a file");
            let text = text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or_default();
            let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let file = path.strip_prefix(root).expect("a file of the lab").display().to_string();
            files.push(Code { file, text: lines.join("\n") });
        }
    }
}

impl Code {
    /// Returns an argument of every call of a function.
    pub(crate) fn arguments(&self, function: &str, number: usize) -> BTreeSet<Name> {
        let call = format!("{function}(");
        let mut names = BTreeSet::new();
        for (at, _) in self.text.match_indices(&call) {
            let before = &self.text[..at];
            let is_other = before.ends_with(|letter: char| letter.is_alphanumeric() || "_:.".contains(letter));
            if is_other || before.ends_with("fn ") {
                continue;
            }
            if let Some(argument) = arguments(&self.text[at + call.len()..]).into_iter().nth(number) {
                let literal = argument.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                names.insert(match literal.filter(|literal| !literal.contains('"')) {
                    Some(literal) => Name::Literal(literal.to_owned()),
                    None => Name::Computed(argument),
                });
            }
        }
        names
    }

    /// Returns whether the code contains a text, whatever its line breaks.
    pub(crate) fn contains(&self, text: &str) -> bool {
        self.text.split_whitespace().collect::<Vec<_>>().join(" ").contains(text)
    }

    /// Returns the keys of all JSON objects: `"key":` and `["key"] =`.
    pub(crate) fn keys(&self) -> BTreeSet<String> {
        let keys = self.strings().into_iter().filter(|(literal, before, after)| {
            let is_field = after.trim_start().starts_with(':') && !after.trim_start().starts_with("::");
            let rest = after.strip_prefix(']').map(str::trim_start);
            let is_set = before.ends_with('[') && rest.is_some_and(|rest| rest.starts_with("= "));
            !literal.is_empty() && (is_field || is_set)
        });
        keys.map(|(literal, ..)| literal).collect()
    }

    /// Returns all texts.
    pub(crate) fn texts(&self) -> BTreeSet<String> {
        self.strings().into_iter().map(|(literal, ..)| literal).collect()
    }

    /// Returns the numbers that follow a word.
    pub(crate) fn numbers(&self, word: &str) -> BTreeSet<String> {
        let found = self.text.match_indices(word).map(|(at, _)| &self.text[at + word.len()..]);
        let digits = found.map(|rest| rest.chars().take_while(|c| c.is_ascii_digit() || *c == '_'));
        digits.map(|digits| digits.filter(char::is_ascii_digit).collect::<String>()).filter(|n| !n.is_empty()).collect()
    }

    /// Returns each text, and what is before and after it.
    fn strings(&self) -> Vec<(String, &str, &str)> {
        let (mut found, mut at) = (Vec::new(), 0);
        while let Some(start) = self.text[at..].find(['"', '\'']).map(|start| at + start) {
            // A letter in quotes, or a lifetime.
            if self.text[start..].starts_with('\'') {
                let rest = &self.text[start + 1..];
                let is_escape = rest.starts_with('\\');
                let width = rest.chars().next().map_or(0, char::len_utf8);
                at = if is_escape {
                    start + 3 + rest[2..].find('\'').unwrap_or_default() + 1
                } else if rest[width..].starts_with('\'') {
                    start + width + 2
                } else {
                    start + 1
                };
                continue;
            }
            let length = text_length(&self.text[start + 1..]);
            let end = start + 1 + length;
            found.push((self.text[start + 1..end].to_owned(), &self.text[..start], &self.text[end + 1..]));
            at = end + 1;
        }
        found
    }
}

/// Returns the length of a text up to its closing quote.
fn text_length(rest: &str) -> usize {
    let mut escaped = false;
    rest.find(|letter| match letter {
        _ if escaped => {
            escaped = false;
            false
        }
        '\\' => {
            escaped = true;
            false
        }
        letter => letter == '"',
    })
    .unwrap_or(rest.len())
}

/// Splits the arguments of a call, up to its closing bracket.
fn arguments(rest: &str) -> Vec<String> {
    let (mut all, mut argument, mut depth, mut at) = (Vec::new(), String::new(), 0_usize, 0);
    while let Some(letter) = rest[at..].chars().next() {
        let mut end = at + letter.len_utf8();
        match letter {
            '"' => end += text_length(&rest[end..]) + 1,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => break,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                all.push(std::mem::take(&mut argument));
                at = end;
                continue;
            }
            _ => {}
        }
        argument.push_str(&rest[at..end]);
        at = end;
    }
    all.push(argument);
    all.iter().map(|argument| argument.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}
