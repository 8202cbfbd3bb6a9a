//! Whether the exchanges make the lab send everything that its code contains.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::client::Client;
use crate::code::{self, Code, Name};
use crate::list::{computed, is_exempt};

/// What the exchanges made the lab send, and the paths that they asked for.
pub(crate) struct Sent<'a> {
    messages: BTreeSet<&'a str>,
    texts: BTreeSet<String>,
    keys: BTreeSet<String>,
    paths: BTreeSet<&'a str>,
}

impl<'a> Sent<'a> {
    pub(crate) fn of(clients: &'a [Client]) -> Self {
        let records = || clients.iter().flat_map(|client| &client.records);
        Self {
            messages: records().map(|record| record.message.as_str()).collect(),
            texts: records().flat_map(|record| texts_of(&record.body.value())).collect(),
            keys: records().flat_map(|record| keys_of(&record.body.value())).collect(),
            paths: clients.iter().flat_map(|client| &client.paths).map(String::as_str).collect(),
        }
    }

    /// Returns what the code can send and no exchange made it send.
    pub(crate) fn missing(&self) -> BTreeSet<String> {
        let of_file = |code: &Code| {
            let all = [self.names(code), self.statuses(code), self.fields(code), self.numbers(code), self.routes(code)];
            let named = all.into_iter().flatten().map(|text| format!("{}: {text}", code.file));
            named.collect::<Vec<_>>()
        };
        code::all().iter().flat_map(of_file).collect()
    }

    fn is_sent(&self, name: &str, kind: Kind) -> bool {
        match kind {
            Kind::Message => self.messages.contains(name),
            Kind::Error => self.texts.contains(name),
        }
    }

    /// The names of messages and the codes of errors.
    fn names(&self, code: &Code) -> Vec<String> {
        let mut missing = Vec::new();
        for (function, number, kind) in CONSTRUCTORS {
            for name in code.arguments(function, *number) {
                let (Name::Literal(text) | Name::Computed(text)) = &name;
                if is_exempt(&code.file, text) || text.parse::<u16>().is_ok() {
                    continue;
                }
                let names = match &name {
                    Name::Literal(text) => Some(vec![text.clone()]),
                    Name::Computed(text) => computed(&code.file, text),
                };
                let Some(names) = names else {
                    missing.push(format!("`computed` has no names for {function} `{text}`"));
                    continue;
                };
                let unsent = names.iter().filter(|name| !self.is_sent(name, *kind));
                missing.extend(unsent.map(|name| format!("{function} `{name}` was not sent")));
            }
        }
        missing
    }

    /// The status codes of answers.
    fn statuses(&self, code: &Code) -> Vec<String> {
        let functions = ["Answer::new", "Answer::json", "Answer::empty", "Answer::error", "error"];
        let numbers = functions.iter().flat_map(|function| code.arguments(function, 0)).filter_map(|name| match name {
            Name::Computed(text) => text.parse::<u16>().ok(),
            Name::Literal(_) => None,
        });
        let is_sent = |status: &u16| self.messages.iter().any(|message| message.ends_with(&format!(" {status}")));
        numbers.filter(|status| !is_sent(status)).map(|status| format!("no answer has the status {status}")).collect()
    }

    /// The keys of JSON objects.
    fn fields(&self, code: &Code) -> Vec<String> {
        let unsent = code.keys().into_iter().filter(|key| !self.keys.contains(key) && !is_exempt(&code.file, key));
        unsent.map(|key| format!("no message has the key `{key}`")).collect()
    }

    /// The numbers of the refusals of the authority.
    fn numbers(&self, code: &Code) -> Vec<String> {
        let unsent = code.numbers("number: ").into_iter().filter(|number| !self.texts.contains(number));
        unsent.map(|number| format!("no refusal has the number {number}")).collect()
    }

    /// The parts of the paths that the gateway serves.
    fn routes(&self, code: &Code) -> Vec<String> {
        if !code.file.ends_with("gateway/path.rs") {
            return Vec::new();
        }
        let is_asked = |part: &str| self.paths.iter().any(|path| path.contains(part.trim_matches('/')));
        let parts = code.texts().into_iter().filter(|part| !is_asked(part) && !is_exempt(&code.file, part));
        parts.map(|part| format!("no exchange has a path with `{part}`")).collect()
    }
}

/// The functions that make a message or an error, and the argument that names it.
const CONSTRUCTORS: &[(&str, usize, Kind)] = &[
    ("Message::json", 0, Kind::Message),
    ("Message::piece", 0, Kind::Message),
    ("self.say", 0, Kind::Message),
    ("event", 0, Kind::Message),
    ("fault", 0, Kind::Error),
    ("Answer::error", 1, Kind::Error),
    ("error", 1, Kind::Error),
];

/// What a function makes: a message has a name, and an error has a code or a text.
#[derive(Clone, Copy)]
enum Kind {
    Message,
    Error,
}

fn texts_of(value: &Value) -> BTreeSet<String> {
    match value {
        Value::String(text) => BTreeSet::from([text.clone()]),
        Value::Number(number) => BTreeSet::from([number.to_string()]),
        Value::Array(values) => values.iter().flat_map(texts_of).collect(),
        Value::Object(values) => values.values().flat_map(texts_of).collect(),
        _ => BTreeSet::new(),
    }
}

fn keys_of(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Array(values) => values.iter().flat_map(keys_of).collect(),
        Value::Object(values) => values.keys().cloned().chain(values.values().flat_map(keys_of)).collect(),
        _ => BTreeSet::new(),
    }
}
