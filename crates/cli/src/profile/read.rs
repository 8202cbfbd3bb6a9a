//! Reads a configuration file.

use std::ffi::OsString;
use std::path::Path;

use clap::CommandFactory as _;
use clap::error::{ContextKind, ContextValue};
use speech_endpoint::QuotedValue;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use url::Url;

use super::keys::{KEYS, Key, Kind};
use crate::command::Args;
use crate::failure::did_you_mean;

/// The settings of a profile, over the defaults.
#[derive(Debug, Default)]
pub(super) struct Settings {
    values: Vec<(&'static Key, Vec<String>)>,
    /// The ignored findings, with the reasons.
    pub(super) ignored: Vec<(String, String)>,
}

/// What is wrong with a file, and where.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) line: Option<usize>,
    pub(super) message: String,
}

impl Settings {
    /// Returns the settings as options of a command line, as far as they apply. Paths start at the folder of the file.
    pub(super) fn arguments(&self, folder: &Path, applies: impl Fn(&Key) -> bool) -> Vec<OsString> {
        let applying = self.values.iter().filter(|(key, _)| applies(key));
        applying.flat_map(|(key, values)| values.iter().map(|value| argument(key, value, folder))).collect()
    }

    /// Sets a value. It replaces that of the defaults.
    fn set(&mut self, key: &'static Key, values: Vec<String>) {
        self.values.retain(|(known, _)| known.name != key.name);
        self.values.push((key, values));
    }
}

fn argument(key: &Key, value: &str, folder: &Path) -> OsString {
    match key.kind {
        Kind::Flag => OsString::from(format!("--{}", key.name)),
        Kind::Path | Kind::Paths => {
            let mut argument = OsString::from(format!("--{}=", key.name));
            argument.push(folder.join(value));
            argument
        }
        _ => OsString::from(format!("--{}={value}", key.name)),
    }
}

/// Reads the settings of a profile, and checks the whole file. Without a profile, the defaults are the settings.
pub(super) fn settings(text: &str, profile: Option<&str>) -> Result<Settings, Problem> {
    let reader = Reader { text };
    let document = DeTable::parse(text).map_err(|error| {
        // The rest of the error quotes the line, which may hold a key.
        reader.problem(error.span().map_or(0, |span| span.start), "it is not valid TOML".to_owned())
    })?;
    let (mut settings, mut chosen, mut names) = (Settings::default(), None, Vec::new());
    for (key, value) in document.get_ref() {
        match (&**key.get_ref(), value.get_ref()) {
            ("defaults", DeValue::Table(table)) => reader.add(table, &mut settings)?,
            ("profile", DeValue::Table(profiles)) => {
                for (name, value) in profiles {
                    let DeValue::Table(table) = value.get_ref() else {
                        return Err(reader.at(name, "a profile is a table: expected `[profile.NAME]`"));
                    };
                    reader.add(table, &mut Settings::default())?;
                    names.push(format!("`{}`", name.get_ref()));
                    if profile == Some(&**name.get_ref()) {
                        chosen = Some(table);
                    }
                }
            }
            _ => return Err(reader.at(key, "expected `[defaults]` or `[profile.NAME]`")),
        }
    }
    match (profile, chosen) {
        (Some(_), Some(table)) => reader.add(table, &mut settings)?,
        (Some(name), None) => {
            let there =
                if names.is_empty() { "it has no profiles".to_owned() } else { format!("it has {}", names.join(", ")) };
            return Err(Problem {
                line: None,
                message: format!("there is no profile {}: {there}", QuotedValue::new(name)),
            });
        }
        (None, _) => {}
    }
    Ok(settings)
}

struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn problem(&self, at: usize, message: String) -> Problem {
        let before = self.text.get(..at).unwrap_or_default();
        Problem { line: Some(before.matches('\n').count() + 1), message }
    }

    fn at<T>(&self, place: &Spanned<T>, message: impl Into<String>) -> Problem {
        self.problem(place.span().start, message.into())
    }

    /// Adds the settings of a table.
    fn add(&self, table: &DeTable<'_>, settings: &mut Settings) -> Result<(), Problem> {
        for (name, value) in table {
            let given = &**name.get_ref();
            let Some(key) = KEYS.iter().find(|key| key.name == given) else {
                return Err(self.at(name, unknown(given)));
            };
            let values = self.values(key, value, settings)?;
            settings.set(key, values);
        }
        Ok(())
    }

    fn values(&self, key: &Key, value: &Spanned<DeValue<'_>>, settings: &mut Settings) -> Result<Vec<String>, Problem> {
        let unfit = |expected: &str| self.at(value, format!("`{}` expects {expected}", key.name));
        match (key.kind, value.get_ref()) {
            (Kind::Flag, DeValue::Boolean(is_set)) => Ok(is_set.then(String::new).into_iter().collect()),
            (Kind::Flag, _) => Err(unfit("true or false")),
            (Kind::Ignored, DeValue::Array(list)) => {
                settings.ignored = list.iter().map(|entry| self.ignored(entry)).collect::<Result<_, _>>()?;
                Ok(settings.ignored.iter().map(|(id, _)| id.clone()).collect())
            }
            (Kind::Ignored, _) => Err(unfit(IGNORED)),
            (Kind::Many | Kind::Paths, DeValue::Array(list)) => list.iter().map(|value| self.one(key, value)).collect(),
            _ => Ok(vec![self.one(key, value)?]),
        }
    }

    /// Reads a text or a number. A secret is refused, because files of a team are shared.
    fn one(&self, key: &Key, value: &Spanned<DeValue<'_>>) -> Result<String, Problem> {
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            _ => return Err(self.at(value, format!("`{}` expects a text", key.name))),
        };
        self.not_secret(key.name, &text, value).map(|()| text)
    }

    fn not_secret<T>(&self, name: &str, text: &str, place: &Spanned<T>) -> Result<(), Problem> {
        let has_password = Url::parse(text).is_ok_and(|url| url.password().is_some());
        // A value that is safe to show is shown as it is. The values of a query are looked at one by one.
        let is_shown = |part: &str| part.trim().is_empty() || QuotedValue::new(part).to_string().starts_with('`');
        let is_secret = !is_shown(text) || !text.split(['?', '&', '=', '#']).all(is_shown);
        if is_secret || has_password {
            let advice = "keep keys out of this file, and name a variable or a file with `key-env` or `key-file`";
            return Err(self.at(place, format!("`{name}` holds a secret: {advice}")));
        }
        Ok(())
    }

    fn ignored(&self, entry: &Spanned<DeValue<'_>>) -> Result<(String, String), Problem> {
        let unfit = || self.at(entry, format!("`ignore` expects {IGNORED}"));
        let DeValue::Table(table) = entry.get_ref() else { return Err(unfit()) };
        let field = |name: &str| table.get(name).and_then(|value| value.get_ref().as_str()).map(str::trim);
        match (field("id"), field("reason")) {
            (Some(id), Some(reason)) if table.len() == 2 && !id.is_empty() && !reason.is_empty() => {
                self.not_secret("ignore", reason, entry)?;
                self.not_secret("ignore", id, entry)?;
                Ok((id.to_owned(), reason.to_owned()))
            }
            _ => Err(unfit()),
        }
    }
}

const IGNORED: &str = "entries like `{ id = \"TLS10\", reason = \"the proxy of the company inspects TLS\" }`";

/// The message for an unknown setting, with the nearest one that a profile can have.
fn unknown(given: &str) -> String {
    let quoted = QuotedValue::new(given);
    let parsed = Args::command().try_get_matches_from(["speech-endpoint", "doctor", &format!("--{given}")]);
    let suggested = match parsed.as_ref().err().and_then(|error| error.get(ContextKind::SuggestedArg)) {
        Some(ContextValue::String(option)) => option.trim_start_matches('-'),
        _ => "",
    };
    match KEYS.iter().find(|key| key.name == suggested) {
        Some(key) => format!("{quoted} is not a setting{}", did_you_mean(key.name)),
        None => format!("{quoted} is not a setting of a profile: expected the name of an option, like `region`"),
    }
}
