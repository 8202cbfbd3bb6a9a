//! The subset of JSON Schema 2020-12 that this project's schemas use, and of draft 4 that the schema of SARIF uses. An unknown
//! keyword is a fault.
//!
//! `sarif-2.1.0.json` is the schema of SARIF 2.1.0 with errata 01, unchanged: oasis-tcs/sarif-spec at e0583813,
//! `sarif-2.1/schema/sarif-schema-2.1.0.json`.

use serde_json::Value;

/// The faults of a document, each with its location.
pub(crate) fn faults(schema: &Value, document: &Value) -> Vec<String> {
    let mut check = Check { root: schema, faults: Vec::new() };
    check.value(schema, document, "");
    check.faults
}

struct Check<'a> {
    root: &'a Value,
    faults: Vec<String>,
}

impl Check<'_> {
    fn passes(&self, schema: &Value, value: &Value) -> bool {
        let mut check = Check { root: self.root, faults: Vec::new() };
        check.value(schema, value, "");
        check.faults.is_empty()
    }

    fn value(&mut self, schema: &Value, value: &Value, at: &str) {
        for (keyword, wanted) in schema.as_object().expect("a schema is an object") {
            if !self.holds(schema, keyword, wanted, value, at) {
                let shown: String = value.to_string().chars().take(80).collect();
                self.faults.push(format!("{at}: `{keyword}` {wanted} does not hold for {shown}"));
            }
        }
    }

    /// Checks that one schema alone passes. The faults of the schema with the fewest say what is wrong.
    fn one_of(&mut self, schemas: &[Value], value: &Value, at: &str) -> bool {
        let faults = |schema: &Value| {
            let mut check = Check { root: self.root, faults: Vec::new() };
            check.value(schema, value, at);
            check.faults
        };
        let all: Vec<Vec<String>> = schemas.iter().map(faults).collect();
        match all.iter().filter(|faults| faults.is_empty()).count() {
            1 => true,
            0 => {
                let deepest = |faults: &&Vec<String>| faults.iter().map(|fault| fault.find(':')).max();
                self.faults.extend(all.iter().max_by_key(deepest).into_iter().flatten().cloned());
                true
            }
            _ => false,
        }
    }

    /// Checks one keyword. Faults inside a value are recorded at their location.
    fn holds(&mut self, schema: &Value, keyword: &str, wanted: &Value, value: &Value, at: &str) -> bool {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        match keyword {
            "$schema" | "$id" | "$defs" | "title" | "description" | "then" | "else" | "id" | "definitions"
            | "default" => {
                return true;
            }
            "type" => {
                return list(wanted)
                    .iter()
                    .chain([wanted])
                    .any(|name| name.as_str().is_some_and(|name| is_a(value, name)));
            }
            "format" => return value.as_str().is_none_or(|text| has_format(wanted.as_str().expect("a format"), text)),
            "uniqueItems" => {
                let items = list(value);
                return wanted != true || items.iter().enumerate().all(|(at, item)| !items[..at].contains(item));
            }
            "const" => return value == wanted,
            "enum" => return list(wanted).contains(value),
            "anyOf" => return list(wanted).iter().any(|one| self.passes(one, value)),
            "oneOf" => return self.one_of(&list(wanted), value, at),
            "allOf" => list(wanted).iter().for_each(|one| self.value(one, value, at)),
            "if" => {
                let branch = if self.passes(wanted, value) { "then" } else { "else" };
                if let Some(branch) = schema.get(branch) {
                    self.value(branch, value, at);
                }
            }
            "$ref" => {
                let path = wanted.as_str().and_then(|path| path.strip_prefix('#')).expect("a local reference");
                let target = self.root.pointer(path).unwrap_or_else(|| panic!("{path} does not exist")).clone();
                self.value(&target, value, at);
            }
            "pattern" => {
                return value.as_str().is_none_or(|text| matches_pattern(wanted.as_str().expect("a pattern"), text));
            }
            "minimum" => return value.as_f64().is_none_or(|number| number >= wanted.as_f64().expect("a number")),
            "maximum" => return value.as_f64().is_none_or(|number| number <= wanted.as_f64().expect("a number")),
            "minItems" => {
                return value.as_array().is_none_or(|items| items.len() as u64 >= wanted.as_u64().expect("a number"));
            }
            "maxItems" => {
                return value.as_array().is_none_or(|items| items.len() as u64 <= wanted.as_u64().expect("a number"));
            }
            "maxProperties" => {
                return value
                    .as_object()
                    .is_none_or(|fields| fields.len() as u64 <= wanted.as_u64().expect("a number"));
            }
            "items" => {
                list(value).iter().enumerate().for_each(|(i, item)| self.value(wanted, item, &format!("{at}/{i}")));
            }
            "prefixItems" => {
                list(wanted).iter().zip(list(value)).for_each(|(schema, item)| self.value(schema, &item, at));
            }
            "required" => {
                let Some(fields) = value.as_object() else { return true };
                return list(wanted).iter().all(|name| name.as_str().is_some_and(|name| fields.contains_key(name)));
            }
            "properties" => {
                let fields = value.as_object().cloned().unwrap_or_default();
                for (name, field) in &fields {
                    if let Some(schema) = wanted.get(name) {
                        self.value(schema, field, &format!("{at}/{name}"));
                    }
                }
            }
            "additionalProperties" => {
                let Some(fields) = value.as_object() else { return true };
                let others = fields.iter().filter(|(name, _)| schema["properties"].get(name).is_none());
                if wanted == true {
                    return true;
                }
                if wanted == false {
                    return others.count() == 0;
                }
                others.for_each(|(name, field)| self.value(wanted, field, &format!("{at}/{name}")));
            }
            unknown => panic!("the keyword `{unknown}` is not understood"),
        }
        true
    }
}

fn is_a(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        unknown => panic!("the type `{unknown}` does not exist"),
    }
}

fn has_format(format: &str, text: &str) -> bool {
    let is_reference = !text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>\"\\^`{|}".contains(c));
    match format {
        "uri-reference" => is_reference,
        "uri" => is_reference && text.split_once(':').is_some_and(|(scheme, _)| !scheme.is_empty()),
        unknown => panic!("the format `{unknown}` is not understood"),
    }
}

/// Matches the patterns of the schemas. They are hand-written, because five patterns do not justify a regex engine.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    match pattern {
        "^[A-Z]+[0-9]{2}$" => {
            let area = text.trim_end_matches(|c: char| c.is_ascii_digit());
            !area.is_empty() && text.len() - area.len() == 2 && area.bytes().all(|b| b.is_ascii_uppercase())
        }
        "^[0-9a-fA-F.:]+$" => !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit() || b".:".contains(&b)),
        "^.+:[0-9]+$" => {
            text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u32>().is_ok())
        }
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$" => digits_as_zero(text) == "0000-00-00T00:00:00Z",
        "^\\[([^\\[].*)?\\]$" => {
            let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
            inner.is_some_and(|inner| !inner.starts_with('['))
        }
        "(^[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+$)" => {
            text.split('.').count() == 4 && text.split('.').all(|part| part.parse::<u32>().is_ok())
        }
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" => digits_as_zero(text) == "0000-00-00",
        "^[0-9]{4}-[0-9]{2}$" => digits_as_zero(text) == "0000-00",
        unknown => panic!("the pattern `{unknown}` is not understood"),
    }
}

fn digits_as_zero(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
}

#[test]
fn faults_are_detected() {
    let schema = serde_json::json!({
        "type": "object", "required": ["a"], "additionalProperties": false,
        "properties": { "a": { "$ref": "#/$defs/a" }, "b": { "anyOf": [{ "type": "string" }, { "type": "null" }] } },
        "$defs": { "a": { "type": "array", "items": { "type": "integer", "minimum": 1 } } },
    });
    let count = |document: Value| faults(&schema, &document).len();
    assert_eq!(count(serde_json::json!({ "a": [1, 2], "b": null })), 0);
    assert_eq!(count(serde_json::json!({ "a": [0, "x"] })), 2);
    assert_eq!(count(serde_json::json!({ "b": 1, "c": 1 })), 3);
    assert_eq!(count(serde_json::json!([])), 1);
    let either = serde_json::json!({ "oneOf": [{ "type": "integer" }, { "type": "string", "pattern": "^\\[([^\\[].*)?\\]$" }],
        "additionalProperties": { "type": "string" } });
    for (document, is_valid) in [(serde_json::json!(1), true), ("[a]".into(), true), ("a".into(), false)] {
        assert_eq!(faults(&either, &document).is_empty(), is_valid, "{document}");
    }
    let draft_4 = serde_json::json!({ "id": "x", "type": "array", "uniqueItems": true, "items": { "format": "uri" } });
    for (document, is_valid) in [(["https://a", "b:c"], true), (["b:c", "b:c"], false), (["a", "b:c"], false)] {
        assert_eq!(faults(&draft_4, &document.as_slice().into()).is_empty(), is_valid, "{document:?}");
    }
    let both = serde_json::json!({ "oneOf": [{ "type": "integer" }, { "type": "number" }] });
    assert_eq!(faults(&both, &serde_json::json!(1)).len(), 1, "two of them pass");
}
