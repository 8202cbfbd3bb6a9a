//! The name by which a client of a world calls the resource.

use speech_endpoint::{Account, AccountKind, Cloud, Resource, Service};
use speech_endpoint_lab::Lab;

/// A setting that names the resource to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Region(String),
    Endpoint(String),
    /// The URL of a container.
    Host(String),
}

impl Place {
    /// Returns the setting of this world's client, even if it is the fault of the world; `None` if the world has no resource.
    pub(super) fn of(lab: &Lab) -> Option<Self> {
        let given = lab.world().resource();
        let account = lab.account().ok();
        if let Some(host) = &given.host {
            return Some(Self::Host(host.clone()));
        }
        if let Some(endpoint) = &given.endpoint {
            return Some(Self::Endpoint(endpoint.clone()));
        }
        if let Some(url) = account.filter(|account| uses_own_host(account)).and_then(own_url) {
            return Some(Self::Endpoint(url));
        }
        if let Some(region) = &given.region {
            return Some(Self::Region(region.clone()));
        }
        let name = given.custom_domain.as_ref().or(given.foundry.as_ref())?;
        Some(
            account
                .and_then(own_url)
                .map_or_else(|| Self::Endpoint(format!("https://{name}.cognitiveservices.azure.com/")), Self::Endpoint),
        )
    }

    /// Returns the setting for an SDK with the native core. That sends the calls for a region of Azure Government to the public
    /// cloud, so it gets the host of recognition.
    pub(super) fn for_native_core(self, lab: &Lab) -> Self {
        let account = lab.account().ok().filter(|account| *account.cloud() == Cloud::UsGovernment);
        let host = account.and_then(|account| Some(account.endpoint(Service::SpeechToText).ok()?.host().to_owned()));
        match (self, host) {
            (Self::Region(_), Some(host)) => Self::Endpoint(format!("https://{host}")),
            (place, _) => place,
        }
    }
}

/// Returns whether the Speech SDK works with the resource of a world. It calls no host of Azure OpenAI.
pub(super) fn has_speech_sdk(lab: &Lab) -> bool {
    let Some(account) = lab.account().ok() else { return true };
    let openai = account.cloud().suffixes().openai().unwrap_or("openai.azure.com");
    let is_openai = matches!(Place::of(lab), Some(Place::Endpoint(url)) if url.contains(openai));
    !is_openai && account.endpoint(Service::SpeechToText).is_ok()
}

/// Returns whether recognition is at the resource's own host. An open resource with a region has the host of the region.
fn uses_own_host(account: &Account) -> bool {
    account.endpoint(Service::SpeechToText).map_or(true, |endpoint| endpoint.is_own_host())
}

fn own_url(account: &Account) -> Option<String> {
    match account.resource() {
        Resource::Container(_) => None,
        _ if account.kind() == Some(AccountKind::OpenAi) => {
            Some(format!("https://{}.{}/", account.domain()?, account.cloud().suffixes().openai()?))
        }
        _ => Some(format!("https://{}.{}/", account.domain()?, account.cloud().suffixes().custom_domain())),
    }
}
