//! A request as it reached the service, and the events of a lab.

use std::fmt;
use std::net::SocketAddr;

use url::form_urlencoded;

use super::exchange::Asked;
use super::foreign::Foreign;
use super::token;
use speech_endpoint::CredentialForm;

/// A request that reached the service of a lab.
///
/// Header values are kept unchanged, including the credentials of the lab, which are test values. Every other credential is
/// replaced by `(a credential that is not of the lab)`. `Debug` shows no value.
#[derive(Clone)]
#[non_exhaustive]
pub struct SeenRequest {
    /// The method.
    pub method: String,
    /// The host, in lower case, without a port.
    pub host: String,
    /// The path.
    pub path: String,
    /// The query, unchanged.
    pub query: String,
    /// Whether it requested a WebSocket.
    pub is_upgrade: bool,
    /// The form of the credential, if there was one.
    pub form: Option<CredentialForm>,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The status of the response.
    pub status: u16,
}

/// Something that happened in a lab.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LabEvent {
    /// A connection was accepted at an address of the world.
    Connection(SocketAddr),
    /// A request reached the service and got its response.
    Request(SeenRequest),
}

impl SeenRequest {
    pub(super) fn new(asked: &Asked, status: u16) -> Self {
        let foreign = Foreign::of(asked);
        let headers = asked.headers.iter();
        Self {
            method: asked.method.clone(),
            host: foreign.without(&asked.host),
            path: foreign.without(&asked.path),
            query: foreign.of_query(&asked.query),
            is_upgrade: asked.is_upgrade,
            form: form(asked),
            headers: headers.map(|(name, value)| (name.clone(), foreign.of_value(name, value))).collect(),
            status,
        }
    }

    /// Returns the value of a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for SeenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A client may put a credential into any header or parameter, so no value is shown.
        let query: Vec<_> = form_urlencoded::parse(self.query.as_bytes()).map(|(name, _)| name).collect();
        let headers: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("SeenRequest")
            .field("method", &self.method)
            .field("host", &self.host)
            .field("path", &self.path)
            .field("query", &query)
            .field("is_upgrade", &self.is_upgrade)
            .field("form", &self.form)
            .field("headers", &headers)
            .field("status", &self.status)
            .finish()
    }
}

/// Returns the form of a credential. Like the service, it checks for a key before a token.
fn form(asked: &Asked) -> Option<CredentialForm> {
    if asked.key.is_some() {
        let is_named = asked.header("ocp-apim-subscription-key").is_some() || asked.header("api-key").is_none();
        return Some(if is_named { CredentialForm::Key } else { CredentialForm::ApiKey });
    }
    let bearer = asked.bearer.as_deref()?;
    if bearer.starts_with("aad#") {
        return Some(CredentialForm::EntraComposed);
    }
    let is_issued = token::claims(bearer).is_some_and(|claims| claims["iss"] == token::ISSUER);
    Some(if is_issued { CredentialForm::IssuedToken } else { CredentialForm::Entra })
}
