//! The reason why nothing could be read over the management API.

use std::fmt;

use super::refusal::Refusal;
use crate::azure::{ArmId, ArmRead};
use crate::diagnose::area::Area;
use crate::resolve::cloud::Cloud;
use crate::resolve::quoted::QuotedValue;

/// The reason why nothing could be read over the management API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct ManagementError {
    area: Area,
    text: String,
    cloud: Option<Cloud>,
}

impl ManagementError {
    /// Returns the area of the reason, which has an exit code.
    #[must_use]
    pub fn area(&self) -> Area {
        self.area
    }

    /// Returns the cloud that the token is for, if that is not the cloud of the account.
    #[must_use]
    pub fn cloud(&self) -> Option<&Cloud> {
        self.cloud.as_ref()
    }

    fn new(area: Area, text: impl Into<String>) -> Self {
        Self { area, text: text.into(), cloud: None }
    }

    pub(super) fn unknown_host() -> Self {
        Self::new(Area::Configuration, "the host of the management API of this cloud is unknown")
    }

    pub(super) fn not_an_id(id: &ArmId) -> Self {
        let given = QuotedValue::new(id.as_str());
        Self::new(
            Area::Configuration,
            format!("{given} is not the ID of an account: expected `/subscriptions/…/accounts/…`"),
        )
    }

    pub(super) fn no_account() -> Self {
        Self::new(Area::Http, "the response of the management API is not the document of this account")
    }

    pub(super) fn no_token_of_entra(kind: &str) -> Self {
        Self::new(
            Area::Auth,
            format!("the management API takes a Microsoft Entra token, and this is {}", with_article(kind)),
        )
    }

    pub(super) fn other_audience(audience: &dyn fmt::Display, cloud: &Cloud, other: Option<Cloud>) -> Self {
        let host = cloud.suffixes().management().unwrap_or_default();
        let text = match &other {
            Some(other) => format!(
                "the token is for the management API of the {}, and the account is looked for in the {}: name its cloud, or get a token for `https://{host}`",
                other.title(),
                cloud.title()
            ),
            None => format!(
                "the token is for {audience}, and the management API takes one for `https://{host}`: get it with `az account get-access-token --resource https://{host}`"
            ),
        };
        Self { cloud: other, ..Self::new(Area::Auth, text) }
    }

    /// The response on which everything depends did not come.
    pub(super) fn refused(read: &ArmRead, refusal: &Refusal, cloud: &Cloud) -> Self {
        let (area, why) = refusal.explained(read, cloud);
        let what = if read.is_list() {
            "the accounts of the subscription cannot be read"
        } else {
            "the account cannot be read"
        };
        Self::new(area, format!("{what}: {why}"))
    }
}

fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {kind}")
}
