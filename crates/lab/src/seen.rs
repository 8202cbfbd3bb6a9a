//! A request as it reached the service.

use std::fmt;

use url::form_urlencoded;

use super::exchange::Asked;
use super::token;
use speech_endpoint::CredentialForm;

/// A request that reached the service of a lab.
///
/// Header values are kept unchanged, including credentials, which are test values. `Debug` does not show them.
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

impl SeenRequest {
    pub(super) fn new(asked: &Asked, status: u16) -> Self {
        Self {
            method: asked.method.clone(),
            host: asked.host.clone(),
            path: asked.path.clone(),
            query: asked.query.clone(),
            is_upgrade: asked.is_upgrade,
            form: form(asked),
            headers: asked.headers.clone(),
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
