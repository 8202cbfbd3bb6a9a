//! The settings of an application: lines of an environment file, a connection string, or JSON with comments.

use super::connection_string::ConnectionString;
use super::found::{Chosen, Found};
use super::setting_name::Rank;
use super::{decoded, named_account, stream};
use crate::azure::document::DocumentError;
use crate::azure::resource::ArmError;
use crate::resolve::account::Account;
use crate::resolve::note::{Note, WithNotes};

impl Account {
    /// Reads the resource that the settings of an application name: an environment file (`SPEECH_ENDPOINT=…`), a connection string
    /// (`Endpoint=…;Key=…`), or a file such as `appsettings.json`, with comments. Keys are not read.
    ///
    /// Settings whose names say Speech decide; without one, any endpoint of an account does. The network access of the resource
    /// stays unknown.
    ///
    /// ```
    /// use speech_endpoint::Account;
    ///
    /// let read = Account::from_settings(b"export AZURE_SPEECH_REGION=\"westeurope\" # see the portal")?;
    /// assert_eq!(read.value.region().map(ToString::to_string).as_deref(), Some("westeurope"));
    /// # Ok::<(), speech_endpoint::ArmError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ArmError`] if the settings name no resource or several, or have an invalid value.
    pub fn from_settings(text: &[u8]) -> Result<WithNotes<Self>, ArmError> {
        let text = match decoded(text) {
            // A comment may be in any encoding of eight bits.
            Err(DocumentError::Text) => String::from_utf8_lossy(text),
            other => other.map_err(ArmError::Json)?,
        };
        let start = text.trim_start();
        if start.starts_with(['{', '[', '/']) {
            let json = without_comments(&text);
            match stream::tree(&json) {
                Ok(tree) => return named_account::account(&tree)?.ok_or_else(nothing),
                Err(error) if start.starts_with('{') => return Err(ArmError::Json(error)),
                // The section of an INI or TOML file begins like a list.
                Err(_) => {}
            }
        }
        let mut found = Found::default();
        match ConnectionString::read(&text).filter(|_| text.trim().lines().count() == 1) {
            Some(parts) => {
                parts.add_to(&mut found, Rank::Cognitive, || "Endpoint".to_owned());
            }
            None => lines(&mut found, &text),
        }
        let chosen = found.chosen()?.ok_or_else(nothing)?;
        let names = chosen.settings().unwrap_or_default();
        let Chosen { account, .. } = chosen;
        let note = Note::new("settings", format!("the resource is that of {names}"));
        let notes = std::iter::once(note).chain(account.notes).collect();
        Ok(WithNotes { value: account.value, notes })
    }
}

fn nothing() -> ArmError {
    ArmError::Shape { problem: "it names neither an endpoint nor a region of Speech".into() }
}

fn lines(found: &mut Found, text: &str) {
    let mut section = Rank::Any;
    for line in text.lines().filter(|line| line.len() <= LONGEST_LINE).map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(name, _)| name) {
            section = Rank::of(name, Rank::Any);
        } else if let Some((name, value)) = setting(line) {
            let rank = match Rank::of(name, section) {
                // The quickstarts of Speech set `ENDPOINT`.
                Rank::Any if ["endpoint", "region"].contains(&&*name.to_ascii_lowercase()) => Rank::Cognitive,
                rank => rank,
            };
            match ConnectionString::read(value) {
                Some(parts) => parts.add_to(found, rank, || name.to_owned()),
                None => found.add(name, rank, value, || name.to_owned()),
            };
        }
    }
}

/// Reads a line as the name and the value of a setting: `NAME=value`, with the words by which the shells set a variable.
fn setting(line: &str) -> Option<(&str, &str)> {
    if line.starts_with(['#', ';', '\'', '"']) || line.starts_with("//") {
        return None;
    }
    let mut rest = line.strip_prefix("- ").unwrap_or(line);
    for word in ["export ", "set ", "setx ", "declare -x ", "ENV ", "$env:", "$Env:", "$ENV:"] {
        rest = rest.strip_prefix(word).unwrap_or(rest).trim_start();
    }
    // `set "NAME=value"` of the Windows command line
    let rest = rest.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(rest);
    let by_blank = || rest.split_once(' ').filter(|_| line.starts_with("setx "));
    let (name, value) = rest.split_once('=').or_else(|| rest.split_once(": ")).or_else(by_blank)?;
    let name = name.trim().trim_matches('"');
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_.:-".contains(c);
    (!name.is_empty() && name.chars().all(is_name)).then(|| (name, unquoted(value)))
}

/// Returns a value without its quotes, and without the comment behind it.
fn unquoted(value: &str) -> &str {
    let value = value.trim();
    for quote in ['"', '\''] {
        if let Some((inner, _)) = value.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) {
            return inner;
        }
    }
    value.split(" #").next().unwrap_or(value).trim_end()
}

/// Returns JSON without the comments and the commas before a closing bracket, which .NET allows in its settings.
fn without_comments(json: &str) -> String {
    let mut output = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '"' => string_length(rest),
            '/' if rest.starts_with("//") => {
                rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
                continue;
            }
            '/' if rest.starts_with("/*") => {
                rest = rest[2..].find("*/").map_or("", |end| &rest[end + 4..]);
                continue;
            }
            ']' | '}' => {
                let kept = output.trim_end().len();
                if output[..kept].ends_with(',') {
                    output.truncate(kept - 1);
                }
                1
            }
            _ => c.len_utf8(),
        };
        output.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    output
}

/// Returns the length of the JSON string at the start of a text, with its quotes.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// In bytes. A longer line is that of a certificate or a token.
const LONGEST_LINE: usize = 8192;
