//! The audience of a token: a token of another service is not sent to the management API.

use url::Url;

use super::ManagementError;
use crate::resolve::cloud::Cloud;
use crate::resolve::credential::{Credential, Held, Secret};
use crate::resolve::quoted::QuotedValue;

/// Returns the token of a credential for the management API of a cloud.
///
/// An audience that is not a URL decides nothing: newer tokens have the ID of an application.
pub(super) fn checked(credential: &Credential, cloud: &Cloud) -> Result<Secret, ManagementError> {
    let (Held::Entra { token, .. } | Held::EntraComposed { token, .. }) = &credential.0 else {
        return Err(ManagementError::no_token_of_entra(credential.kind()));
    };
    let audience = credential.claims().and_then(|claims| claims.aud);
    let host = audience.as_deref().and_then(|audience| Url::parse(audience).ok()?.host_str().map(str::to_owned));
    let takes = |cloud: &Cloud, host: &str| cloud.suffixes().management_audiences().any(|known| known == host);
    match host {
        Some(host) if !takes(cloud, &host) => {
            let other = Cloud::DOCUMENTED.into_iter().find(|other| takes(other, &host));
            Err(ManagementError::other_audience(
                &QuotedValue::new(audience.as_deref().unwrap_or_default()),
                cloud,
                other,
            ))
        }
        _ => Ok(token.clone()),
    }
}
