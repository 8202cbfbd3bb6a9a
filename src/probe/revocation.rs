//! Revocation: whether the lists and responders that a certificate names can be reached over HTTP. Clients that check
//! revocation fail without them, although this program connects.
//!
//! The fetch goes straight to the host, as the code of OpenSSL that the native SDK contains does, which knows no proxy. It
//! carries no credential, and no body is kept.

use std::net::IpAddr;

use futures_util::future::join_all;
use hyper::Method;
use url::{Host, Url};

use super::named;
use super::observer::Observer;
use super::target::TargetProbe;
use crate::diagnose::evidence::{AddressClass, Certificate, Failure, FailureKind, RevocationKind, RevocationTry, Step};
use crate::net::http::{Connection, Request};
use crate::net::{Network, Stream, tcp};

impl<N: Network, O: Observer> TargetProbe<'_, N, O> {
    /// Tries every revocation URL of a verified chain, if the run is to do so.
    pub(super) async fn check_revocation(&self) {
        if !self.plan.limits.checks_revocation {
            return;
        }
        let named = self.notes.read(|trace| {
            let chain = trace.tls.found().filter(|_| trace.tls.has_passed()).map(|facts| facts.chain.as_slice());
            chain.unwrap_or_default().iter().flat_map(urls_of).take(MOST_URLS).collect::<Vec<_>>()
        });
        let tried = join_all(named.into_iter().map(|tried| self.fetch(tried))).await;
        self.notes.note(|trace| {
            if let Step::Passed { found, .. } = &mut trace.tls {
                found.revocation = tried;
            }
        });
    }

    async fn fetch(&self, tried: RevocationTry) -> RevocationTry {
        match self.response_of(&tried).await {
            Ok(status) => RevocationTry { status: Some(status), ..tried },
            Err((status, failure)) => RevocationTry { status, failure: Some(failure), ..tried },
        }
    }

    /// Returns the status of the response, or the failure with the status that it has.
    async fn response_of(&self, tried: &RevocationTry) -> Result<u16, (Option<u16>, Failure)> {
        let failed = |failure| (None, failure);
        let url = fetchable(&tried.url).map_err(failed)?;
        named::refused(&url, self.context.credentials()).map_or(Ok(()), |failure| Err(failed(failure)))?;
        let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(HTTP));
        let network = self.context.network;
        let found = network.addresses(host, self.limit()).await.map_err(failed)?;
        let peers = tcp::peers(found.into_iter().filter(|ip| may_be_fetched(*ip)), port);
        if peers.is_empty() {
            return Err(failed(Failure::new(FailureKind::Other, format!("`{host}` has no address of an authority"))));
        }
        let stream = tcp::connect_fastest(network, &peers, self.limit()).await.outcome.map_err(failed)?;
        let mut connection = Connection::new(Stream::new(stream));
        let response = connection.exchange(&Request::new(Method::GET, &url), self.limit()).await.map_err(failed)?;
        let (status, is_page) = (response.reply.status, response.reply.is_html());
        let is_usable = match tried.kind {
            RevocationKind::Crl => status == 200 && !is_page,
            // A responder rejects a request without a certificate in any way it likes.
            RevocationKind::Ocsp => status < 500 && !matches!(status, 403 | 407 | 451),
        };
        if is_usable {
            return Ok(status);
        }
        let page = if is_page { " with an HTML page" } else { "" };
        Err((Some(status), Failure::new(FailureKind::Status, format!("answered with {status}{page}"))))
    }
}

pub(crate) fn urls_of(certificate: &Certificate) -> impl Iterator<Item = RevocationTry> + '_ {
    let of = |kind, urls: &'_ [String]| urls.iter().map(move |url| (kind, url.clone())).collect::<Vec<_>>();
    let all = of(RevocationKind::Crl, &certificate.crl_urls).into_iter();
    let all = all.chain(of(RevocationKind::Ocsp, &certificate.ocsp_urls));
    all.map(|(kind, url)| RevocationTry::new(certificate.subject.clone(), kind, url))
}

/// Returns the URL if a client would fetch it: plain HTTP to a name. Lists are signed, and TLS would need a list itself.
pub(crate) fn fetchable(text: &str) -> Result<Url, Failure> {
    let refused = |why: &str| Failure::new(FailureKind::Other, format!("not fetched: {why}"));
    let url = Url::parse(text).map_err(|_| refused("it is not a URL"))?;
    if url.scheme() != "http" {
        return Err(refused("it is not an `http` URL"));
    }
    match url.host() {
        Some(Host::Domain(_)) if url.username().is_empty() && url.password().is_none() => Ok(url),
        _ => Err(refused("it does not name a host")),
    }
}

/// Whether an address can be that of an authority: its services are neither on this machine nor on this link.
pub(crate) fn may_be_fetched(ip: IpAddr) -> bool {
    let class = AddressClass::of(ip);
    class.is_private() || class == AddressClass::Public
}

/// The port of HTTP (RFC 9110, section 4.2.1).
const HTTP: u16 = 80;

/// The most URLs of one chain. A chain of Azure has four.
const MOST_URLS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate names its URLs, so a peer with its own root chooses them.
    #[test]
    fn a_certificate_leads_to_no_service_of_this_machine_or_link() {
        for refused in [
            "127.0.0.1",
            "127.8.9.10",
            "::1",
            "::ffff:127.0.0.1",
            "0.0.0.0",
            "::",
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "fe80::1",
            "168.63.129.16",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
        ] {
            assert!(!may_be_fetched(refused.parse().unwrap()), "{refused}");
        }
        // An authority of the company is on its network.
        for allowed in ["10.1.0.4", "192.168.1.1", "fd00::4", "100.64.0.1", "152.199.19.161", "2620:1ec::1"] {
            assert!(may_be_fetched(allowed.parse().unwrap()), "{allowed}");
        }
    }

    #[test]
    fn only_plain_http_to_a_name_without_a_login_is_fetched() {
        for allowed in ["http://crl3.digicert.com/DigiCertGlobalRootG2.crl", "http://pki.contoso.example:8080/a.crl"] {
            assert!(fetchable(allowed).is_ok(), "{allowed}");
        }
        for refused in [
            "",
            "crl3.digicert.com/a.crl",
            "https://crl3.digicert.com/a.crl",
            "ftp://crl3.digicert.com/a.crl",
            "file:///etc/passwd",
            "ldap:///CN=x?certificateRevocationList",
            "http://127.0.0.1/a.crl",
            "http://0x7f000001/a.crl",
            "http://2130706433/a.crl",
            "http://[::1]/a.crl",
            "http://169.254.169.254/metadata/identity/oauth2/token",
            "http://10.0.0.4/a.crl",
            "http://user@crl3.digicert.com/a.crl",
            "http://user:secret@crl3.digicert.com/a.crl",
        ] {
            assert!(fetchable(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_certificate_names_no_url_that_is_made_of_the_credential() {
        let key = crate::Credential::key("c0ffee0dba11feed5ca1ab1ebadf00d7").unwrap();
        for url in [
            "http://c0ffee0dba11feed5ca1ab1ebadf00d7.evil.example/a.crl",
            "http://evil.example/c0ffee0dba11feed/5ca1ab1ebadf00d7",
        ] {
            let url = fetchable(url).unwrap();
            assert!(named::refused(&url, [&key]).is_some(), "{url}");
        }
    }
}
