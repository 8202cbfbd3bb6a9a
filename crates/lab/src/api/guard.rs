//! Refuses what a page in a browser sends: a lab runs beside the browser of its user.

use hyper::header::{HOST, HeaderMap, ORIGIN};

/// Returns why a request is refused, if it is.
///
/// 1. The host is a name of loopback. A foreign name that resolves to loopback is DNS rebinding.
/// 2. A page of another origin is refused. Browsers state the origin of every request that may have an effect.
pub(super) fn check(headers: &HeaderMap) -> Result<(), &'static str> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(HOST.as_str()).unwrap_or_default();
    if !is_loopback(host) {
        return Err("the host of this API is 127.0.0.1 or localhost");
    }
    let is_own = |origin: &str| origin.strip_prefix("http://") == Some(host);
    if text(ORIGIN.as_str()).is_some_and(|origin| !is_own(origin)) {
        return Err("a page of another origin may not use this API");
    }
    if text("sec-fetch-site").is_some_and(|site| !["same-origin", "none"].contains(&site)) {
        return Err("a page of another site may not use this API");
    }
    Ok(())
}

fn is_loopback(host: &str) -> bool {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| {
        let rest = host.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().expect("a value"));
        }
        check(&headers).is_ok()
    }

    #[test]
    fn only_loopback_is_a_host() {
        for host in ["127.0.0.1", "127.0.0.1:4000", "localhost:4000", "[::1]:4000"] {
            assert!(checked(&[("host", host)]), "{host}");
        }
        for host in
            ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "127.0.0.1:", "127.0.0.1:80@a"]
        {
            assert!(!checked(&[("host", host)]), "{host}");
        }
        assert!(!checked(&[]));
    }

    #[test]
    fn a_page_of_another_origin_is_refused() {
        let host = ("host", "127.0.0.1:4000");
        assert!(checked(&[host, ("origin", "http://127.0.0.1:4000")]));
        for origin in ["null", "http://evil.example", "http://127.0.0.1:4001", "https://127.0.0.1:4000"] {
            assert!(!checked(&[host, ("origin", origin)]), "{origin}");
        }
        assert!(checked(&[host, ("sec-fetch-site", "none")]));
        assert!(!checked(&[host, ("sec-fetch-site", "cross-site")]));
        assert!(!checked(&[host, ("sec-fetch-site", "same-site")]));
    }
}
