//! Tokens issued from a key, by the same way as every other connection.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::Instant;

use super::attempt::{Aim, Core};
use super::dial::Clock;
use super::error::ConnectError;
use super::routes::Route;
use super::token::{Issue, IssueError, TokenError};
use crate::diagnose::evidence::Evidence;
use crate::diagnose::plan::Limits;
use crate::net::websocket::connection_id;
use crate::resolve::account::Account;
use crate::resolve::credential::{Credential, Secret};
use crate::resolve::service::Service;

/// Asks `issueToken`.
#[derive(Debug)]
pub(super) struct Issuer {
    pub(super) core: Arc<Core>,
    pub(super) limits: Limits,
}

#[async_trait]
impl Issue for Issuer {
    async fn issue(&self, account: &Account, key: &Credential) -> Result<Secret, IssueError> {
        let endpoint = account.endpoint(Service::IssueToken).map_err(|error| IssueError::Failed(Arc::new(error)))?;
        let route = Route::to(endpoint);
        let header = key.header_at(&route.endpoint, &route.url).map_err(|error| IssueError::Failed(Arc::new(error)))?;
        let (now, Limits { total, step, .. }) = (Instant::now(), self.limits);
        let clock = Clock { deadline: now + total / 2, step, end: now + total.mul_f64(WITH_EVIDENCE) };
        let connection_id = connection_id();
        let aim =
            Aim { route: &route, credential: Some(key), header: Some(&header), connection_id: &connection_id, clock };
        match self.core.exchange(&aim).await {
            Ok(answer) => Ok(Secret::from(answer.body.trim().to_owned())),
            Err(error) if error.status() == Some(401) => Err(IssueError::Refused(Arc::new(error))),
            Err(error) => Err(IssueError::Failed(Arc::new(error))),
        }
    }
}

/// What was seen when no token was issued.
pub(super) fn seen(error: &TokenError) -> Option<Evidence> {
    let (TokenError::NotIssued { source } | TokenError::KeysRefused { source: Some(source), .. }) = error else {
        return None;
    };
    let error: &ConnectError = source.downcast_ref()?;
    Some(error.evidence().clone())
}

/// Of the time of a call: sooner than the call gives up waiting, so that what was seen reaches it.
const WITH_EVIDENCE: f64 = 0.6;
