//! `env`: writes `NAME=value` lines for an environment file.

use std::fmt::Write as _;

use super::Resolution;

pub(super) fn write(resolution: &Resolution) -> String {
    let mut lines = String::new();
    let account = &resolution.account;
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(lines, "{name}={value}");
    };
    if resolution.endpoints.is_empty() {
        return lines;
    }
    line("SPEECH_CLOUD", account.cloud().id());
    line("SPEECH_SCENARIO", account.scenario().id());
    if let Some(region) = account.region() {
        line("SPEECH_REGION", region.as_str());
    }
    if let Some(domain) = account.domain() {
        line("SPEECH_ENDPOINT", &format!("https://{domain}.{}/", account.cloud().suffixes().custom_domain()));
    }
    for endpoint in &resolution.endpoints {
        let name = endpoint.service().id().to_ascii_uppercase().replace('-', "_");
        line(&format!("SPEECH_URL_{name}"), endpoint.url());
    }
    lines
}
