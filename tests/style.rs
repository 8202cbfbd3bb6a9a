//! Holds every text of the repository to the phrases that `docs/STYLE.md` and `tests/vectors/style.json` ban.

use std::fs;
use std::path::Path;

use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Files and folders with text that a person reads, and the endings of the files in them.
const TEXTS: &[(&str, &[&str])] = &[
    ("README.md", &["md"]),
    ("CHANGELOG.md", &["md"]),
    ("CONTRIBUTING.md", &["md"]),
    ("docs", &["md"]),
    ("benches", &["md", "rs"]),
    ("examples", &["md", "rs"]),
    ("src", &["rs", "toml"]),
    ("crates", &["rs", "toml", "md", "txt"]),
    ("tests/namespaces", &["md"]),
    ("tests/sdks", &["md"]),
    ("tests/golden", &["md", "txt", "env", "json"]),
];

/// Files that quote the banned phrases, and generated code of other languages.
const LEFT_OUT: &[&str] = &["docs/STYLE.md", "tests/vectors/style.json", "tests/style.rs", "tests/golden/snippets"];

/// A banned phrase.
#[derive(Debug)]
struct Ban {
    phrase: String,
    /// Longer phrases that contain this one and are fine.
    unless: Vec<String>,
    instead: Option<String>,
}

impl Ban {
    fn listed(line: &str) -> Self {
        let (phrase, unless) = line.split_once(" unless ").unwrap_or((line, ""));
        let unless = unless.split(',').map(|phrase| plain(phrase.trim())).filter(|phrase| !phrase.is_empty()).collect();
        Self { phrase: plain(phrase.trim()), unless, instead: None }
    }

    fn sentence(entry: &Value) -> Self {
        let field = |name: &str| entry[name].as_str().unwrap_or_else(|| panic!("`{name}` of {entry}"));
        Self { phrase: plain(field("phrase").trim()), unless: Vec::new(), instead: Some(field("instead").to_owned()) }
    }

    /// The places of this phrase in a text, as whole words.
    fn places<'a>(&'a self, text: &'a str) -> impl Iterator<Item = usize> + 'a {
        let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        text.match_indices(self.phrase.as_str()).map(|(at, _)| at).filter(move |at| {
            let end = at + self.phrase.len();
            let is_longer = self.phrase.starts_with(char::is_alphanumeric) && is_part(text[..*at].chars().next_back())
                || self.phrase.ends_with(char::is_alphanumeric) && is_part(text[end..].chars().next());
            let is_fine = |longer: &String| {
                text.match_indices(longer.as_str()).any(|(start, _)| start <= *at && end <= start + longer.len())
            };
            !is_longer && !self.unless.iter().any(is_fine)
        })
    }
}

/// Lower case, with straight apostrophes.
fn plain(text: &str) -> String {
    text.replace('’', "'").to_lowercase()
}

/// A paragraph: its text on one line, and where each source line begins in it.
#[derive(Debug, Default)]
struct Paragraph {
    text: String,
    lines: Vec<(usize, usize)>,
}

impl Paragraph {
    fn add(&mut self, number: usize, line: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.lines.push((self.text.len(), number));
        self.text.push_str(&line.split_whitespace().map(plain).collect::<Vec<_>>().join(" "));
    }

    fn line(&self, at: usize) -> usize {
        self.lines.iter().rev().find(|(start, _)| *start <= at).map_or(0, |(_, number)| *number)
    }
}

/// Joins the lines of each paragraph. An empty line ends one; so does the beginning of a list item, a row or a heading.
fn paragraphs<'a>(lines: impl Iterator<Item = (usize, &'a str)>) -> Vec<Paragraph> {
    let mut all: Vec<Paragraph> = vec![Paragraph::default()];
    let mut last = 0;
    for (number, line) in lines {
        let line = line.trim();
        let begins = ["- ", "* ", "| ", "#", "```", "1. "].iter().any(|mark| line.starts_with(mark));
        if line.is_empty() || begins || number > last + 1 {
            all.push(Paragraph::default());
        }
        last = number;
        if let Some(paragraph) = all.last_mut().filter(|_| !line.is_empty()) {
            paragraph.add(number, line);
        }
    }
    all
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

/// The comments and the strings of Rust code.
fn of_rust(code: &str) -> Vec<Paragraph> {
    let comments = numbered(code).filter_map(|(number, line)| {
        let comment = line.trim_start().strip_prefix("//")?;
        Some((number, comment.trim_start_matches(['/', '!'])))
    });
    let mut all = paragraphs(comments);
    all.extend(strings(code));
    all
}

/// The string literals of Rust code, each a paragraph. A comment at the end of a line counts as well.
fn strings(code: &str) -> Vec<Paragraph> {
    let mut all = Vec::new();
    let (mut rest, mut line) = (code, 1);
    while let Some(at) = rest.find(['"', '\'', '/', '\n', 'r']) {
        let before = rest[..at].chars().next_back();
        let (token, after) = rest[at..].split_at(1);
        let mut skipped = 0;
        match token {
            "\n" => line += 1,
            "/" if after.starts_with('/') => {
                skipped = after.find('\n').unwrap_or(after.len());
                let is_trailing = !rest[..at].rsplit('\n').next().unwrap_or_default().trim().is_empty();
                if is_trailing {
                    all.extend(paragraphs([(line, after[1..skipped].trim_start_matches('/'))].into_iter()));
                }
            }
            // A character, and not a lifetime.
            "'" => skipped = character(after),
            "r" if !before.is_some_and(|c| c.is_alphanumeric() || c == '_') || before == Some('b') => {
                let hashes = after.len() - after.trim_start_matches('#').len();
                if let Some(body) = after[hashes..].strip_prefix('"') {
                    let end = body.find(&format!("\"{}", "#".repeat(hashes))).unwrap_or(body.len());
                    all.extend(literal(line, &body[..end]));
                    skipped = (hashes + 1 + end + 1 + hashes).min(after.len());
                }
            }
            "\"" => {
                let end = end_of_string(after);
                all.extend(literal(line, &after[..end]));
                skipped = (end + 1).min(after.len());
            }
            _ => {}
        }
        line += after[..skipped].matches('\n').count();
        rest = &after[skipped..];
    }
    all
}

/// The length of what follows the quote of a character; zero after the quote of a lifetime.
fn character(after: &str) -> usize {
    let mut chars = after.char_indices();
    match chars.next() {
        Some((_, '\\')) => after.char_indices().skip(2).find(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1),
        Some(_) => chars.next().filter(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1),
        None => 0,
    }
}

fn end_of_string(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at,
            _ => {}
        }
    }
    text.len()
}

/// A string, where a backslash continues a line and `\n` ends one.
fn literal(line: usize, text: &str) -> Vec<Paragraph> {
    let text = text.replace("\\n", " ").replace("\\\"", "\"");
    paragraphs(text.lines().enumerate().map(|(index, part)| (line + index, part.trim_end_matches('\\'))))
}

/// The files of a folder or a file itself, as paths from the root.
fn files(path: &str, endings: &[&str]) -> Vec<String> {
    if LEFT_OUT.contains(&path) || path.ends_with("/target") {
        return Vec::new();
    }
    let full = Path::new(ROOT).join(path);
    if full.is_file() {
        let is_text = full.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known));
        return if is_text { vec![path.to_owned()] } else { Vec::new() };
    }
    let Ok(entries) = fs::read_dir(full) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names.iter().flat_map(|name| files(&format!("{path}/{name}"), endings)).collect()
}

/// The banned phrases, with their place, in one file.
fn found(path: &str, text: &str, bans: &[Ban]) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    let all = if Path::new(path).extension().is_some_and(|ending| ending == "rs") {
        of_rust(&text)
    } else {
        paragraphs(numbered(&text))
    };
    let mut found = Vec::new();
    for paragraph in &all {
        for ban in bans {
            for at in ban.places(&paragraph.text) {
                let instead = ban.instead.as_ref().map(|text| format!(" (instead: {text})")).unwrap_or_default();
                found.push((paragraph.line(at), format!("`{}`{instead}", ban.phrase)));
            }
        }
    }
    found.sort();
    found.dedup();
    found.into_iter().map(|(line, phrase)| format!("{path}:{line}: {phrase}")).collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn bans() -> Vec<Ban> {
    let page = read("docs/STYLE.md");
    let (_, list) = page.split_once("```banned\n").expect("the list of banned phrases");
    let (list, _) = list.split_once("```").expect("the end of the list");
    let mut bans: Vec<Ban> = list.lines().filter(|line| !line.trim().is_empty()).map(Ban::listed).collect();
    let sentences: Value = serde_json::from_str(&read("tests/vectors/style.json")).expect("JSON");
    bans.extend(sentences.as_array().expect("a list").iter().map(Ban::sentence));
    bans
}

#[test]
fn no_text_contains_a_banned_phrase() {
    let bans = bans();
    assert!(bans.len() >= 100, "{}", bans.len());
    let files: Vec<String> = TEXTS.iter().flat_map(|(path, endings)| files(path, endings)).collect();
    assert!(files.len() >= 200, "{}", files.len());
    let found: Vec<String> = files.iter().flat_map(|path| found(path, &read(path), &bans)).collect();
    assert!(found.is_empty(), "{} banned phrases; `docs/STYLE.md` has the rules\n{}", found.len(), found.join("\n"));
}

#[test]
fn a_planted_phrase_is_found_wherever_it_stands() {
    let bans = [Ban::listed("tells all"), Ban::listed("is no unless there is no, is no longer")];
    let planted = [
        ("a.md", "One line.\n\nThe page\ntells all.\n", "a.md:4: `tells all`"),
        ("a.md", "A `X` IS NO world.\n", "a.md:1: `is no`"),
        ("a.rs", "/// The page tells\n/// all.\nfn a() {}\n", "a.rs:1: `tells all`"),
        ("a.rs", "fn a() {\n    b(\"it tells \\\n        all\");\n}\n", "a.rs:2: `tells all`"),
        ("a.rs", "let a = r#\"\n  it tells all\"#;\n", "a.rs:2: `tells all`"),
        ("a.rs", "let a = '\"'; // it tells all\n", "a.rs:1: `tells all`"),
    ];
    for (path, text, expected) in planted {
        assert_eq!(found(path, text, &bans), [expected], "{text}");
    }
}

#[test]
fn a_good_phrase_is_not_found() {
    let bans =
        [Ban::listed("tells all"), Ban::listed("is no unless there is no, is no longer"), Ban::listed("for so long")];
    let fine = [
        ("a.md", "There is no world. It is not a world. It is no longer a world.\n"),
        ("a.md", "The page tells\n\nall of it. Retells all.\n"),
        ("a.rs", "fn tells(all: &str) { tells all }\n"),
        ("a.rs", "fn a<'tells>(b: char) { b == '\"' || c(\"tells\", \"all\") }\n"),
    ];
    for (path, text) in fine {
        assert_eq!(found(path, text, &bans), Vec::<String>::new(), "{text}");
    }
}
