//! The issuer: requests tokens at `issueToken` over the connector's transport.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::Instant;

use super::attempt::Attempt;
use super::dial::Clock;
use super::error::ConnectError;
use super::routes::Route;
use super::token::{Issue, IssueError, TokenError};
use super::transport::Transport;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::plan::Limits;
use crate::net::websocket::connection_id;
use crate::resolve::account::Account;
use crate::resolve::credential::{Credential, Secret};
use crate::resolve::service::Service;

/// Requests tokens at `issueToken`.
#[derive(Debug)]
pub(super) struct Issuer {
    pub(super) transport: Arc<Transport>,
    pub(super) limits: Limits,
}

#[async_trait]
impl Issue for Issuer {
    async fn issue(&self, account: &Account, key: &Credential) -> Result<Secret, IssueError> {
        let endpoint = account.endpoint(Service::IssueToken).map_err(|error| IssueError::Failed(Arc::new(error)))?;
        let route = Route::to(endpoint);
        let header = key.header_at(&route.endpoint, &route.url).map_err(|error| IssueError::Failed(Arc::new(error)))?;
        let (now, Limits { total, step, .. }) = (Instant::now(), self.limits);
        let clock = Clock { deadline: now + total / 2, step, end: now + total.mul_f64(SHARE_WITH_EVIDENCE) };
        let connection_id = connection_id();
        let attempt = Attempt {
            route: &route,
            credential: Some(key),
            header: Some(&header),
            connection_id: &connection_id,
            clock,
        };
        match self.transport.exchange(&attempt).await {
            Ok(response) => Ok(Secret::from(response.body.trim().to_owned())),
            Err(error) if error.status() == Some(401) => Err(IssueError::Rejected(Arc::new(error))),
            Err(error) => Err(IssueError::Failed(Arc::new(error))),
        }
    }
}

/// Returns the evidence of a failed `issueToken` request.
pub(super) fn evidence_of(error: &TokenError) -> Option<Evidence> {
    let (TokenError::NotIssued { source } | TokenError::KeysRejected { source: Some(source), .. }) = error else {
        return None;
    };
    let error: &ConnectError = source.downcast_ref()?;
    Some(error.evidence().clone())
}

/// The share of a call's time limit, evidence included. It is less than the call waits for, so that the evidence reaches
/// the call.
const SHARE_WITH_EVIDENCE: f64 = 0.6;
