//! Named: what a peer names, and whether this machine may look it up, connect to it or request it. The doctor and the connector
//! decide it here. A host that is made of the credential would reveal it to name servers and in the clear part of a handshake,
//! and a path or a query would reveal it to another server.

use url::Url;

use super::scrub::{Scrub, percent_decoded};
use crate::diagnose::evidence::{Failure, FailureKind};
use crate::net::proxy::ProxySettings;
use crate::resolve::credential::Credential;

/// Returns why a URL that a peer names may not be used, if a part of it is made of a credential.
pub(crate) fn refused<'a>(url: &Url, credentials: impl IntoIterator<Item = &'a Credential>) -> Option<Failure> {
    let scrub = Scrub::of(credentials, &ProxySettings::default());
    // Labels of a host and segments of a path may cut a credential into pieces that are too short to be found.
    let decoded = percent_decoded(url.as_str().as_bytes()).into_iter().map(|(byte, _)| byte);
    let joined: Vec<u8> = decoded.filter(|byte| !b".-/_=&+".contains(byte)).collect();
    let host = url.host_str().unwrap_or_default();
    let is_host = scrub.finds_any(host) || scrub.finds_any(&host.replace(['.', '-'], ""));
    let is_any = is_host || scrub.finds_any(url.as_str()) || scrub.finds_any(&String::from_utf8_lossy(&joined));
    let what = if is_host { "host" } else { "URL" };
    is_any.then(|| {
        Failure::new(
            FailureKind::Other,
            format!("the peer names a {what} made of the credential, which is not followed"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "c0ffee0dba11feed5ca1ab1ebadf00d7";

    fn is_refused(url: &str) -> bool {
        let key = Credential::key(KEY).unwrap();
        refused(&Url::parse(url).unwrap(), [&key]).is_some()
    }

    #[test]
    fn no_part_of_a_url_may_be_made_of_the_credential() {
        let (first, second) = KEY.split_at(16);
        for url in [
            format!("https://{KEY}.stt.speech.microsoft.com/"),
            format!("https://{}.stt.speech.microsoft.com/", KEY.to_uppercase()),
            format!("https://{first}.{second}.evil.example/"),
            "https://c0ffee0d.ba11feed.5ca1ab1e.badf00d7.evil.example/".to_owned(),
            "https://c0ff-ee0d-ba11-feed-5ca1-ab1e-badf-00d7.evil.example/".to_owned(),
            format!("https://westeurope.stt.speech.microsoft.com/{second}"),
            "https://westeurope.stt.speech.microsoft.com/c0ffee0d/ba11feed".to_owned(),
            format!("https://westeurope.stt.speech.microsoft.com/stt?Authorization={first}"),
            "https://westeurope.stt.speech.microsoft.com/?k=c0ffee%30d%62a11feed".to_owned(),
        ] {
            assert!(is_refused(&url), "{url}");
        }
        for url in [
            "https://westeurope.stt.speech.microsoft.com/stt/speech/universal/v2?language=en-US&c0ffee=1",
            "https://c0ffee.example/%zz%",
            "http://crl3.digicert.com/DigiCertGlobalRootG2.crl",
        ] {
            assert!(!is_refused(url), "{url}");
        }
    }

    /// Gateways and containers accept keys of any length.
    #[test]
    fn no_part_of_a_url_may_be_made_of_a_short_credential() {
        let key = Credential::key("Hunter2").unwrap();
        let is_refused = |url: &str| refused(&Url::parse(url).unwrap(), [&key]).is_some();
        for url in [
            "https://hunter2.evil.example/",
            "https://x-hunter2-y.evil.example/",
            "https://hun.ter2.evil.example/",
            "https://westeurope.stt.speech.microsoft.com/HUNTER2",
            "https://westeurope.stt.speech.microsoft.com/stt?k=h%75nter2",
            "http://crl.example/hunter/2.crl",
        ] {
            assert!(is_refused(url), "{url}");
        }
        for url in [
            "https://westeurope.stt.speech.microsoft.com/stt/speech/universal/v2?language=en-US",
            "https://hunter.example/3021",
            "http://crl3.digicert.com/DigiCertGlobalRootG2.crl",
        ] {
            assert!(!is_refused(url), "{url}");
        }
    }

    #[test]
    fn the_reason_says_what_is_made_of_the_credential_and_does_not_show_it() {
        let key = Credential::key(KEY).unwrap();
        let reason = |url: &str| refused(&Url::parse(url).unwrap(), [&key]).map(|failure| failure.text);
        for host in [KEY, "c0ffee0d.ba11feed"] {
            let said = reason(&format!("https://{host}.evil.example/")).unwrap();
            assert_eq!(said, "the peer names a host made of the credential, which is not followed");
        }
        let said = reason(&format!("https://evil.example/{KEY}")).unwrap();
        assert_eq!(said, "the peer names a URL made of the credential, which is not followed");
    }
}
