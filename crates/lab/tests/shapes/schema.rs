//! The small language of `shapes.json`, and the comparison of a value with a shape.
//!
//! A text names a type (`string`, `integer`, `number`, `boolean`, `null`, `any`), a text as it is (`=text`) or a named type
//! (`@Name`); `|` separates alternatives. `[element]` is a list, and `{}` an object: `?` at the end of a key makes it optional,
//! and the key `*` stands for any others.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// What a comparison needs and notes.
pub(crate) struct Check<'a> {
    /// The named types.
    pub(crate) types: &'a Map<String, Value>,
    /// The optional keys that a value had: the type or shape, and the path in it.
    pub(crate) present: BTreeSet<String>,
}

impl Check<'_> {
    /// Compares a value with a shape; the difference is a sentence that begins with the place.
    pub(crate) fn compare(&mut self, value: &Value, shape: &Value, of: &str, at: &str) -> Result<(), String> {
        match shape {
            Value::String(text) => self.scalar(value, text, at),
            Value::Array(elements) => self.list(value, elements, of, at),
            Value::Object(keys) => self.object(value, keys, of, at),
            other => Err(format!("{at}: `{other}` is not a shape")),
        }
    }

    fn scalar(&mut self, value: &Value, text: &str, at: &str) -> Result<(), String> {
        let mut differences = Vec::new();
        for one in text.split('|') {
            match self.alternative(value, one, at) {
                Ok(()) => return Ok(()),
                Err(difference) => differences.push(difference),
            }
        }
        // A named type tells more than the list of the alternatives.
        let named = differences.iter().position(|difference| !difference.starts_with(&format!("{at}: expected")));
        match (differences.len(), named) {
            (1, _) => Err(differences.remove(0)),
            (_, Some(named)) if value.is_object() => Err(differences.remove(named)),
            _ => Err(format!("{at}: expected {text}, received {}", shortened(value))),
        }
    }

    fn alternative(&mut self, value: &Value, one: &str, at: &str) -> Result<(), String> {
        if let Some(name) = one.strip_prefix('@') {
            let shape = self.types.get(name).ok_or_else(|| format!("{at}: there is no type {name}"))?;
            return self.compare(value, shape, &format!("@{name}"), at);
        }
        let fits = match one {
            "any" => true,
            "string" => value.is_string(),
            "integer" => value.is_u64() || value.is_i64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            literal => literal.strip_prefix('=').is_some_and(|literal| value == literal),
        };
        if fits { Ok(()) } else { Err(format!("{at}: expected {one}, received {}", shortened(value))) }
    }

    fn list(&mut self, value: &Value, elements: &[Value], of: &str, at: &str) -> Result<(), String> {
        let Value::Array(values) = value else {
            return Err(format!("{at}: expected a list, received {}", shortened(value)));
        };
        match elements {
            [] if !values.is_empty() => Err(format!("{at}: expected an empty list, received {}", shortened(value))),
            [] => Ok(()),
            [element, ..] => values
                .iter()
                .enumerate()
                .try_for_each(|(number, value)| self.compare(value, element, of, &format!("{at}[{number}]"))),
        }
    }

    fn object(&mut self, value: &Value, keys: &Map<String, Value>, of: &str, at: &str) -> Result<(), String> {
        let Value::Object(values) = value else {
            return Err(format!("{at}: expected an object, received {}", shortened(value)));
        };
        for (key, shape) in keys.iter().filter(|(key, _)| *key != "*") {
            let name = key.strip_suffix('?').unwrap_or(key);
            let place = format!("{at}.{name}");
            match values.get(name) {
                Some(value) => self.compare(value, shape, of, &place)?,
                None if key.ends_with('?') => {}
                None => return Err(format!("{place}: the key is missing")),
            }
        }
        for (name, value) in values {
            let is_named = keys.contains_key(name) || keys.contains_key(&format!("{name}?"));
            match keys.get("*") {
                _ if is_named => {}
                Some(shape) => self.compare(value, shape, of, &format!("{at}.{name}"))?,
                None => return Err(format!("{at}.{name}: the shape does not have this key")),
            }
        }
        let optional = keys.keys().filter(|key| key.strip_suffix('?').is_some_and(|name| values.contains_key(name)));
        self.present.extend(optional.map(|key| place_of(of, key)));
        Ok(())
    }
}

/// Returns all optional keys of a shape, as [`Check::present`] notes them.
pub(crate) fn optional_keys(shape: &Value, of: &str) -> BTreeSet<String> {
    match shape {
        Value::Array(elements) => elements.iter().flat_map(|element| optional_keys(element, of)).collect(),
        Value::Object(keys) => {
            let own = keys.keys().filter(|key| key.ends_with('?')).map(|key| place_of(of, key));
            own.chain(keys.values().flat_map(|shape| optional_keys(shape, of))).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// Returns the names of the types that a shape uses.
pub(crate) fn used_types(shape: &Value) -> BTreeSet<String> {
    match shape {
        Value::String(text) => text.split('|').filter_map(|one| one.strip_prefix('@')).map(str::to_owned).collect(),
        Value::Array(elements) => elements.iter().flat_map(used_types).collect(),
        Value::Object(keys) => keys.values().flat_map(used_types).collect(),
        _ => BTreeSet::new(),
    }
}

fn place_of(of: &str, key: &str) -> String {
    format!("{of}: {}", key.trim_end_matches('?'))
}

fn shortened(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 120 { format!("{}…", text.chars().take(120).collect::<String>()) } else { text }
}
