//! What is read live: an account or a subscription, and its cloud.

use speech_endpoint::azure::{AccountDocument, ArmId, AzureView};
use speech_endpoint::{Cloud, QuotedValue, ResourceId};
use speech_endpoint_lab::World;

use crate::args::{CloudName, ResourceArgs};
use crate::failure::Failure;
use crate::settings;

/// What is read live.
pub(crate) struct Target {
    pub(crate) of: Of,
    pub(crate) cloud: Cloud,
}

/// What is read live, by its ID.
pub(crate) enum Of {
    /// An account and what belongs to it.
    Account(ArmId),
    /// All accounts of the subscription to which this ID belongs.
    Subscription(ArmId),
}

/// Returns the account: that of `--resource-id`, else that of the given documents, else that of the world.
///
/// Its cloud is that of `--cloud`, else that of the document or of the resource, else the public one.
pub(crate) fn account(
    files: &AzureView,
    resource: &ResourceArgs,
    resource_id: Option<&str>,
    world: Option<&World>,
) -> Result<Target, Failure> {
    let documents = match world {
        Some(world) if files.accounts.is_empty() => &world.documents().ok_or_else(no_documents)?,
        _ => files,
    };
    let document = match resource_id {
        Some(_) => None,
        None if documents.accounts.is_empty() => {
            return Err(Failure::usage(
                "`--live` does not know the account: give its ARM id to `--resource-id`, or its document to `--azure`",
            ));
        }
        None => Some(settings::azure_account(documents, resource, None)?),
    };
    let id = match (resource_id, document.and_then(|document| document.id.clone())) {
        (Some(id), _) => ArmId::new(id.parse::<ResourceId>()?.as_str()),
        (None, Some(id)) => id,
        (None, None) => {
            return Err(Failure::usage("the document of the account has no id: give its ARM id to `--resource-id`"));
        }
    };
    Ok(Target { cloud: cloud(document, resource, world)?, of: Of::Account(id) })
}

/// Returns the subscription of `--resource-id`, else that of the world.
pub(crate) fn subscription(
    resource_id: Option<&str>,
    cloud: Option<&CloudName>,
    world: Option<&World>,
) -> Result<Target, Failure> {
    let of_world = || {
        let view = world?.documents()?;
        view.accounts.iter().find_map(|account| account.id.clone())
    };
    let Some(id) = resource_id.map(ArmId::new).or_else(of_world) else {
        return Err(Failure::usage(
            "`--live` does not know the subscription: give `/subscriptions/…`, or the id of anything in it, to `--resource-id`",
        ));
    };
    if !id.as_str().starts_with('/') || id.subscription().is_none() {
        return Err(Failure::usage(format!(
            "{} has no subscription: expected `/subscriptions/…`",
            QuotedValue::new(id.as_str())
        )));
    }
    let given = cloud.map(|cloud| cloud.0.clone());
    Ok(Target { of: Of::Subscription(id), cloud: given.or(world.map(World::cloud)).unwrap_or(Cloud::Public) })
}

fn cloud(document: Option<&AccountDocument>, resource: &ResourceArgs, world: Option<&World>) -> Result<Cloud, Failure> {
    if let Some(given) = &resource.cloud {
        return Ok(given.0.clone());
    }
    if let Some(world) = world {
        return Ok(world.cloud());
    }
    if let Some(read) = document.and_then(|document| document.account().ok()) {
        return Ok(read.value.cloud().clone());
    }
    let is_named = resource.region.is_some() || resource.custom_domain.is_some() || resource.endpoint.is_some();
    if is_named {
        settings::subject(resource).map(|subject| subject.account.cloud().clone())
    } else {
        Ok(Cloud::Public)
    }
}

fn no_documents() -> Failure {
    Failure::usage("this world has no documents of Azure: take one with them, such as `healthy-documents`")
}
