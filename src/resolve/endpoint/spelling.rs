//! Writes the text of a URL from its pieces, in order.

use crate::resolve::account::ContainerHost;
use crate::resolve::name::Region;
use crate::resolve::query::{ApiVersion, Query};
use crate::resolve::service::{Host, Path, Row, Service};

/// A host and the path prefix that it needs.
pub(super) enum Place<'a> {
    Regional { region: &'a Region, label: &'static str, suffix: &'a str, prefix: &'static str },
    Own { label: &'a str, suffix: &'a str, prefix: &'static str },
    Container(&'a ContainerHost),
}

impl Place<'_> {
    pub(super) fn is_own(&self) -> bool {
        !matches!(self, Self::Regional { .. })
    }
}

/// Step 5. Makes two passes over the same pieces, so that the text is allocated once with its exact length.
/// `version` is the newest stable version, for a query without one.
pub(super) fn write(place: &Place<'_>, row: &Row, query: &Query, version: Option<&str>) -> String {
    let mut length = 0;
    pieces(place, row, query, version, &mut |piece| length += piece.len());
    let mut url = String::with_capacity(length);
    pieces(place, row, query, version, &mut |piece| url.push_str(piece));
    url
}

fn pieces<'a>(place: &Place<'a>, row: &Row, query: &'a Query, version: Option<&'a str>, out: &mut impl FnMut(&'a str)) {
    let secure = !matches!(place, Place::Container(host) if !host.is_secure());
    out(match (row.websocket, secure) {
        (true, true) => "wss://",
        (true, false) => "ws://",
        (false, true) => "https://",
        (false, false) => "http://",
    });
    match *place {
        Place::Regional { region, label, suffix, prefix } => {
            out(region.as_str());
            out(".");
            if !label.is_empty() {
                out(label);
                out(".");
            }
            out(suffix);
            out(prefix);
        }
        Place::Own { label, suffix, prefix } => {
            out(label);
            out(".");
            out(suffix);
            if !prefix.is_empty() {
                out("/");
                out(prefix);
            }
        }
        Place::Container(host) => out(host.authority()),
    }
    match (place, row.service) {
        (Place::Container(host), Service::TextToSpeech) => out(host.synthesis_path()),
        _ => path(row, query, out),
    }
    parameters(row, query, version, out);
}

fn path<'a>(row: &Row, query: &'a Query, out: &mut impl FnMut(&'a str)) {
    match row.path {
        Path::Fixed(path) => out(path),
        Path::Mode(before, after) => {
            out(before);
            out(query.mode().unwrap_or_default().id());
            out(after);
        }
        Path::Versioned(before, after) => {
            out(before);
            if let Some(ApiVersion::Numbered(version)) = query.api_version() {
                out("/");
                out(version);
            }
            out(after);
        }
        Path::Named(parts, names) => {
            for (place, part) in parts.iter().enumerate() {
                out(part);
                out(names.get(place).and_then(|name| query.parameter(name)).unwrap_or_default());
            }
        }
        Path::Deployment(before, after, _, without) => match query.deployment() {
            Some(deployment) => {
                out(before);
                out(deployment);
                out(after);
            }
            None => out(without),
        },
    }
}

/// Writes the named parameters in name order, merged with the free ones, which are already sorted.
fn parameters<'a>(row: &Row, query: &'a Query, newest: Option<&'a str>, out: &mut impl FnMut(&'a str)) {
    let version = match (query.api_version(), row.path) {
        (Some(ApiVersion::Numbered(_)), Path::Versioned(..)) => None,
        (Some(version), _) => Some(version.as_str()),
        (None, Path::Deployment(..)) => newest.filter(|_| query.deployment().is_some()),
        (None, _) => newest,
    };
    let (deployment, model) = match row.path {
        Path::Deployment(..) => (None, None),
        // It selects the host.
        _ if row.service == Service::Voices => (None, None),
        _ if row.host == Host::OpenAi => (None, query.deployment()),
        _ => (query.deployment(), None),
    };
    // The universal path takes the language from the custom model, and the SDKs omit it there.
    let universal = row.sdk_prefix == "/stt" && row.service != Service::ConversationTranscription;
    let language = query.language().filter(|_| !(universal && query.custom_model().is_some()));
    let (fixed_name, fixed) = row.fixed.map_or(("", None), |(name, value)| (name, Some(value)));
    let named = [
        ("api-version", version),
        ("cid", query.custom_model()),
        ("deploymentId", deployment),
        (fixed_name, fixed),
        ("language", language),
        ("model", model),
    ];
    let is_in_path = |name: &str| row.path.names().contains(&name);
    let mut free = query.free().filter(|(name, _)| !is_in_path(name)).peekable();
    let mut separator = "?";
    let mut item = |name: &'a str, value: &'a str| {
        for piece in [separator, name, "=", value] {
            out(piece);
        }
        separator = "&";
    };
    for (name, value) in named {
        let Some(value) = value else { continue };
        while let Some((free_name, free_value)) = free.next_if(|(free_name, _)| *free_name < name) {
            item(free_name, free_value);
        }
        // A named parameter replaces free ones of the same name.
        while free.next_if(|(free_name, _)| *free_name == name).is_some() {}
        item(name, value);
    }
    for (name, value) in free {
        item(name, value);
    }
}
