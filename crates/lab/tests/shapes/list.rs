//! The list of shapes: `shapes.json`.

use std::sync::LazyLock;

use serde_json::{Map, Value};

static LIST: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../shapes.json")).expect("`shapes.json` is JSON"));

pub(crate) fn shapes() -> &'static [Value] {
    list("shapes")
}

pub(crate) fn list(name: &str) -> &'static [Value] {
    LIST[name].as_array().expect(name)
}

pub(crate) fn types() -> &'static Map<String, Value> {
    LIST["types"].as_object().expect("types")
}

pub(crate) fn channels() -> &'static Map<String, Value> {
    LIST["channels"].as_object().expect("channels")
}

pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} is missing in {value}"))
}

/// Returns the shape of the headers: those of the channel, and those of the message.
pub(crate) fn head_of(shape: &Value) -> Value {
    let mut headers = channels()[text(shape, "channel")]["headers"].as_object().cloned().unwrap_or_default();
    headers.extend(shape["headers"].as_object().cloned().unwrap_or_default());
    // Messages within an answer have no headers of their own.
    if shape["headers"] == "none" { Value::Object(Map::new()) } else { Value::Object(headers) }
}

pub(crate) fn is_exempt(file: &str, name: &str) -> bool {
    list("not-sent").iter().any(|entry| {
        text(entry, "file") == file
            && !text(entry, "reason").is_empty()
            && entry["names"].as_array().is_none_or(|names| names.iter().any(|known| known == name))
    })
}

pub(crate) fn computed(file: &str, expression: &str) -> Option<Vec<String>> {
    let entry =
        list("computed").iter().find(|entry| text(entry, "file") == file && text(entry, "expression") == expression)?;
    let names = entry["names"].as_array().expect("names");
    Some(names.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}
