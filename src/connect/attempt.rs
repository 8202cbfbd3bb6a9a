//! The context of one attempt: the endpoint, the credential and the time limits.

use super::dial::Clock;
use super::routes::Route;
use crate::resolve::credential::{Credential, CredentialHeader};
use crate::resolve::endpoint::Endpoint;

/// The context of one attempt to reach a service.
#[derive(Clone, Copy)]
pub(super) struct Attempt<'a> {
    pub(super) route: &'a Route,
    pub(super) credential: Option<&'a Credential>,
    /// The header that carries the credential.
    pub(super) header: Option<&'a CredentialHeader>,
    /// `X-ConnectionId` of this attempt.
    pub(super) connection_id: &'a str,
    pub(super) clock: Clock,
}

impl<'a> Attempt<'a> {
    pub(super) fn endpoint(&self) -> &'a Endpoint {
        &self.route.endpoint
    }
}
