//! Text for people. Each URL is on a separate line, so that it is easy to copy.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use speech_endpoint::{Account, CredentialForm, Endpoint, EndpointBasis, Expectation, Resource, ServiceStatus};

use super::Resolution;
use crate::flags::spelled;
use crate::style::{BOLD, DIM, wrap};

/// Writes the resource on one line, then a block per endpoint.
pub(super) fn write(resolution: &Resolution, is_verbose: bool) -> String {
    let mut text = String::new();
    if resolution.endpoints.is_empty() {
        return text;
    }
    let _ = writeln!(text, "{}", headline(&resolution.account));
    let with_notes = resolution.is_specific || is_verbose;
    for endpoint in &resolution.endpoints {
        block(&mut text, endpoint, with_notes);
        if is_verbose {
            basis(&mut text, endpoint);
        }
    }
    let hidden: usize =
        if with_notes { 0 } else { resolution.endpoints.iter().map(|endpoint| endpoint.notes().len()).sum() };
    if hidden > 0 {
        let _ = writeln!(text, "\n{DIM}{}{DIM:#}", hidden_notes(hidden));
    }
    text
}

/// Returns how to show the notes on the services, which would bury the URLs.
pub(crate) fn hidden_notes(count: usize) -> String {
    format!(
        "{count} {} hidden: use `--service ID` or `-v` to show {}",
        plural(count, "note", "notes"),
        plural(count, "it", "them")
    )
}

fn plural<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

/// Returns the name, scenario, cloud and region of the resource.
pub(crate) fn headline(account: &Account) -> String {
    let name = match account.resource() {
        Resource::Container(host) => host.authority().to_owned(),
        _ => account
            .domain()
            .map_or_else(|| account.region().map_or_else(String::new, ToString::to_string), ToString::to_string),
    };
    let mut parts = vec![account.scenario().title().to_owned()];
    if !matches!(account.resource(), Resource::Container(_)) {
        parts.push(account.cloud().title().to_owned());
    }
    if let (Some(region), Some(_)) = (account.region(), account.domain()) {
        parts.push(region.to_string());
    }
    format!("{BOLD}{name}{BOLD:#}   {}", parts.join(" · "))
}

fn block(text: &mut String, endpoint: &Endpoint, with_notes: bool) {
    let service = endpoint.service();
    let protocol = if service.is_websocket() { "WebSocket" } else { service.method() };
    let _ = writeln!(text, "\n{BOLD}{:<27}{BOLD:#} {protocol:<10} {}", service.id(), forms(endpoint));
    let _ = writeln!(text, "  {URL}{}{URL:#}", endpoint.url());
    let mut all = Vec::new();
    match service.status() {
        ServiceStatus::Current | ServiceStatus::Legacy | ServiceStatus::Retiring { .. } => {}
        other => all.push(other.id().to_owned()),
    }
    all.extend(service.headers().iter().map(|(name, value)| format!("needs the header `{name}: {value}`")));
    if endpoint.expects() == Expectation::PrivateAddress {
        all.push("DNS should return a private address".to_owned());
    }
    if with_notes {
        all.extend(endpoint.notes().iter().map(|note| spelled(note, &note.hints)));
    }
    remarks(text, &all);
}

/// Writes remarks below a URL, each with a mark.
pub(crate) fn remarks(text: &mut String, remarks: impl IntoIterator<Item = impl AsRef<str>>) {
    for remark in remarks {
        for (i, line) in wrap(remark.as_ref(), WIDTH - 4).into_iter().enumerate() {
            let mark = if i == 0 { "· " } else { "  " };
            let _ = writeln!(text, "  {DIM}{mark}{line}{DIM:#}");
        }
    }
}

/// Writes the sources and dates of the facts that the URL and its notes rest on.
fn basis(text: &mut String, endpoint: &Endpoint) {
    for EndpointBasis { statement, fact, .. } in endpoint.basis() {
        let doubt = if fact.is_confirmed { "" } else { ", unconfirmed" };
        for line in wrap(&format!("{statement}: edition {}{doubt}, {}", fact.edition, fact.source), WIDTH - 4) {
            let _ = writeln!(text, "    {DIM}{line}{DIM:#}");
        }
    }
}

fn forms(endpoint: &Endpoint) -> String {
    let forms: Vec<_> = endpoint.accepts().iter().map(CredentialForm::title).collect();
    if forms.is_empty() { "no credential".to_owned() } else { forms.join(", ") }
}

/// The width of the narrowest terminal in common use.
const WIDTH: usize = 80;

const URL: Style = AnsiColor::Cyan.on_default();
