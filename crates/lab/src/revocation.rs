//! The hosts of the certificate authority: revocation lists and the OCSP responder, over HTTP on port 80.

use std::convert::Infallible;
use std::net::Ipv4Addr;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::vocabulary::RevocationToml;

/// Responds to every request of a connection. The doctor reads the beginning of a list only, so it is empty.
pub(super) async fn serve(stream: TcpStream, toml: RevocationToml) {
    let service = service_fn(|_| async move { Ok::<_, Infallible>(response(toml)) });
    // Clients observe how a connection ends; the server ignores it.
    drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
}

fn response(toml: RevocationToml) -> Response<Full<Bytes>> {
    let (kind, body) = match toml {
        RevocationToml::Serve => ("application/pkix-crl", Bytes::from_static(&[0x30, 0])),
        RevocationToml::BlockPage => ("text/html", Bytes::from_static(b"<html><title>Blocked</title></html>")),
    };
    let mut response = Response::new(Full::new(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// The hosts, each with its address.
pub(super) const HOSTS: [(&str, Ipv4Addr); 2] =
    [(CRL_HOST, Ipv4Addr::new(93, 184, 220, 29)), (OCSP_HOST, Ipv4Addr::new(93, 184, 220, 30))];

const CRL_HOST: &str = "crl3.digicert.com";
const OCSP_HOST: &str = "ocsp.digicert.com";

/// The URL of the list.
pub(super) const CRL: &str = "http://crl3.digicert.com/lab.crl";

/// The URL of the responder.
pub(super) const OCSP: &str = "http://ocsp.digicert.com";
