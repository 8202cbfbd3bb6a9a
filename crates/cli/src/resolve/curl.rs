//! `curl`: writes one command per REST endpoint, to paste into bash or zsh.

use speech_endpoint::Endpoint;

use super::snippet::call::{Body, Call, Credential};

/// Returns the command that calls a REST endpoint; `None` for a WebSocket.
pub(crate) fn command(endpoint: &Endpoint) -> Option<String> {
    if endpoint.service().is_websocket() {
        return None;
    }
    let call = Call::of(endpoint);
    let mut parts = vec!["curl -sS --fail-with-body".to_owned()];
    parts.extend(method(&call).map(|method| format!("-X {method}")));
    if let Some(Credential { header, prefix, variable }) = Credential::of(endpoint) {
        // Double quotes let the shell expand the credential's variable.
        parts.push(format!("-H \"{header}: {prefix}${variable}\""));
    }
    parts.extend(call.headers.iter().map(|(name, value)| format!("-H {}", quoted(&format!("{name}: {value}")))));
    parts.extend(body(call.body));
    parts.extend(call.saved_as.map(|file| format!("-o {file}")));
    parts.push(quoted(&call.url));
    let line = parts.join(" ");
    Some(if line.len() <= LONGEST { line } else { parts.join(" \\\n  ") })
}

const LONGEST: usize = 120;

/// Returns the method, unless curl infers it from the body.
fn method(call: &Call) -> Option<&'static str> {
    let implied = if matches!(call.body, Body::None) { "GET" } else { "POST" };
    (call.method != implied).then_some(call.method)
}

fn body(body: Body) -> Vec<String> {
    let form = |name: &str, value: &str| format!("-F {}", quoted(&format!("{name}={value}")));
    match body {
        Body::None => Vec::new(),
        Body::Empty => vec!["--data ''".into()],
        Body::Text(text) => vec![format!("--data {}", quoted(text))],
        Body::File(file) => vec![format!("--data-binary {}", quoted(&format!("@{file}")))],
        Body::Form(part, field) => {
            let mut forms = vec![form(part, "@audio.wav")];
            forms.extend(field.map(|(name, value)| form(name, value)));
            forms
        }
    }
}

/// Quotes a text in single quotes, inside which a shell expands nothing.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
