//! What the lab sent.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A message, or an answer to a request.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) channel: String,
    /// The path or type of the message, or the method, the path and the status.
    pub(crate) message: String,
    /// The headers, with names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Body,
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    Empty,
    Json(Value),
    Text(String),
    /// Audio, video or an archive.
    Bytes,
}

impl Body {
    /// Reads a body by its content type.
    pub(crate) fn of(kind: &str, bytes: &[u8]) -> Self {
        let text = || String::from_utf8(bytes.to_vec()).expect("text");
        match kind.split(';').next().unwrap_or_default() {
            _ if bytes.is_empty() => Self::Empty,
            "application/json" => Self::Json(serde_json::from_slice(bytes).expect("JSON")),
            "application/jwt" => Self::Text(text()),
            kind if kind.starts_with("text/") => Self::Text(text()),
            _ => Self::Bytes,
        }
    }

    /// Returns the body as a value: JSON as it is, and otherwise what kind of body it is.
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Empty => json!("empty"),
            Self::Json(json) => json.clone(),
            Self::Text(text) => json!({ "text": text }),
            Self::Bytes => json!("bytes"),
        }
    }
}

impl Record {
    /// Returns the headers as a value.
    pub(crate) fn head(&self) -> Value {
        json!(self.headers)
    }
}
