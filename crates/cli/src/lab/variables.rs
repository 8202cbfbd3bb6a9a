//! The environment of a client: `NAME=value` lines that a shell can read.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use speech_endpoint_lab::{IDENTITY_HEADER, Lab};

use super::place::Place;

/// The addresses of a running lab, and the file with the roots that its client trusts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doors<'a> {
    pub(super) forward_proxy: SocketAddr,
    pub(super) control_api: SocketAddr,
    pub(super) roots: &'a Path,
}

/// Returns the lines for a client of a world. They contain only the test values of the lab.
pub(super) fn lines(lab: &Lab, doors: Doors<'_>) -> String {
    let mut text = String::new();
    for (name, value) in variables(lab, doors) {
        let _ = writeln!(text, "{name}={}", quoted(&value));
    }
    text
}

fn variables(lab: &Lab, doors: Doors<'_>) -> Vec<(&'static str, String)> {
    let proxy = format!("http://{}", doors.forward_proxy);
    let place = Place::of(lab);
    let is_container = matches!(place, Some(Place::Host(_)));
    let mut all = Vec::new();
    // Programs disagree on the case, and the other one may be set on this machine.
    let (of_tls, of_plain, none) =
        (["HTTPS_PROXY", "https_proxy"], ["HTTP_PROXY", "http_proxy"], ["NO_PROXY", "no_proxy"]);
    all.extend(of_tls.map(|name| (name, proxy.clone())));
    if is_container {
        // The host of the container is a name of loopback, so nothing may bypass the proxy.
        all.extend(of_plain.map(|name| (name, proxy.clone())));
        all.extend(none.map(|name| (name, String::new())));
    } else {
        all.extend(none.map(|name| (name, "localhost,127.0.0.1".to_owned())));
    }
    // `fetch` and `https` of Node.js read the proxy if this is set, since 22.21 and 24.0. The Speech SDK uses `fetch` for some calls.
    all.push(("NODE_USE_ENV_PROXY", "1".to_owned()));
    all.push(("SPEECH_PROXY_HOST", doors.forward_proxy.ip().to_string()));
    all.push(("SPEECH_PROXY_PORT", doors.forward_proxy.port().to_string()));
    let roots = doors.roots.to_string_lossy();
    all.extend(ROOTS.map(|name| (name, roots.clone().into_owned())));
    all.extend(place.map(|place| match place {
        Place::Region(region) => ("SPEECH_REGION", region),
        Place::Endpoint(url) => ("SPEECH_ENDPOINT", url),
        Place::Host(url) => ("SPEECH_HOST", url),
    }));
    all.extend(lab.credential().map(|credential| {
        (if credential.is_token { "SPEECH_TOKEN" } else { "SPEECH_KEY" }, credential.text.expose().to_owned())
    }));
    all.extend(lab.second_credential().map(|second| ("SPEECH_KEY_2", second.text.expose().to_owned())));
    all.push(("SPEECH_LAB_CONTROL", format!("http://{}", doors.control_api)));
    all.push(("IDENTITY_ENDPOINT", format!("http://{}/managed-identity", doors.control_api)));
    all.push(("IDENTITY_HEADER", IDENTITY_HEADER.to_owned()));
    all
}

/// Quotes a value for a shell, if that is necessary.
fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "%+,-./:=@_".contains(c);
    if value.chars().all(is_plain) { value.to_owned() } else { format!("'{}'", value.replace('\'', r"'\''")) }
}

/// The variables that name the file of trusted roots: of OpenSSL and rustls, `requests`, curl and Node.js.
const ROOTS: [&str; 4] = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_each_value_as_it_is() {
        assert_eq!(quoted("http://127.0.0.1:4000"), "http://127.0.0.1:4000");
        assert_eq!(quoted(""), "");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("$(date)"), "'$(date)'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
