//! A request to a server of the lab, and its response.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use super::delivery::Delivery;

/// The parts of a request that the gateway uses.
pub(super) struct Asked {
    pub(super) method: String,
    /// In lower case, without a port.
    pub(super) host: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) is_upgrade: bool,
    /// The key from `Ocp-Apim-Subscription-Key` or `api-key`.
    pub(super) key: Option<String>,
    /// The token from `Authorization: Bearer`.
    pub(super) bearer: Option<String>,
    /// The virtual address that the client connected to.
    pub(super) came_by: IpAddr,
    /// The headers, with names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
}

impl Asked {
    /// Makes a request without a credential, for tests.
    #[cfg(test)]
    pub(super) fn get(host: &str, path: &str) -> Self {
        Self {
            method: "GET".into(),
            host: host.into(),
            path: path.into(),
            query: String::new(),
            is_upgrade: false,
            key: None,
            bearer: None,
            came_by: IpAddr::from([127, 0, 0, 1]),
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// Returns the value of a header, by its name in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A response.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
    /// A body that is produced as it is sent, instead of the other one.
    pub(super) later: Option<Arc<dyn Later>>,
    /// How a script has the response sent, if it says so.
    pub(super) delivery: Option<Box<Delivery>>,
}

/// A body that is produced as it is sent, so that a long one needs no memory.
pub(super) trait Later: fmt::Debug + Send + Sync {
    fn pieces(&self) -> Box<dyn Iterator<Item = Bytes> + Send>;
}

impl Answer {
    pub(super) fn new(status: u16, kind: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), kind.into())],
            body: body.into(),
            later: None,
            delivery: None,
        }
    }

    /// Makes a response without a body.
    pub(super) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new(), later: None, delivery: None }
    }

    /// Makes a response whose body is produced as it is sent.
    pub(super) fn later(kind: &str, later: impl Later + 'static) -> Self {
        Self { later: Some(Arc::new(later)), ..Self::new(200, kind, "") }
    }

    /// Returns the whole body.
    #[cfg(test)]
    pub(super) fn whole(&self) -> Vec<u8> {
        self.later.as_ref().map_or(self.body.to_vec(), |later| later.pieces().flatten().collect())
    }

    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json; charset=utf-8", body.to_string())
    }

    /// Makes an error of shape A or C: `{"error":{"code":…,"message":…}}`.
    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, &json!({ "error": { "code": code, "message": message } }))
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, "application/json", "{ \"statusCode\": 404, \"message\": \"Resource not found\" }")
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}
