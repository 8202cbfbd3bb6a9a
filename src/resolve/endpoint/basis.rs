//! The facts on which the statements about an endpoint rest.

use super::{Discovery, Endpoint};
use crate::resolve::account::Resource;
use crate::resolve::cloud::Cloud;
use crate::resolve::facts::{Fact, FactKind, forms, network};
use crate::resolve::form::CredentialForm;
use crate::resolve::scenario::{Scenario, UrlForm};
use crate::resolve::service::Host;

/// A statement about an endpoint, with the fact that it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointBasis {
    /// The statement in a few words, for example `listed for West Europe`.
    pub statement: String,
    /// The fact, with its source and edition.
    pub fact: Fact,
}

impl Endpoint {
    /// Returns the facts with a date that the URL, its notes and its credentials rest on.
    #[must_use]
    pub fn basis(&self) -> Vec<EndpointBasis> {
        let mut found: Vec<EndpointBasis> = self.version().into_iter().chain(self.listing()).collect();
        found.extend(unsettled(self).into_iter().map(|fact| {
            let statement = format!("{} {}", fact.kind, fact.name.as_deref().unwrap_or(&fact.values[0]));
            EndpointBasis { statement, fact: fact.clone() }
        }));
        found
    }

    fn version(&self) -> Option<EndpointBasis> {
        let fact = self.account().facts().find(FactKind::ApiVersion, self.service())?;
        let parameter = format!("api-version={}", fact.values.first()?);
        let query = self.url().split_once('?')?.1;
        let statement = format!("api-version {}", fact.values[0]);
        query.split('&').any(|item| item == parameter).then(|| EndpointBasis { statement, fact: fact.clone() })
    }

    fn listing(&self) -> Vec<EndpointBasis> {
        let facts = self.account().facts();
        let Some(region) = self.account().region() else { return Vec::new() };
        let name = region.display_name().unwrap_or(region.as_str());
        let service = facts.lists(region.as_str(), self.service()).zip(facts.regions_of(self.service()));
        let basis = |(is_listed, fact): (bool, &Fact)| {
            let feature = fact.name.as_ref().map_or_else(String::new, |feature| format!("{feature} "));
            let statement = format!("{feature}{} for {name}", if is_listed { "listed" } else { "not listed" });
            EndpointBasis { statement, fact: fact.clone() }
        };
        service.into_iter().chain(facts.feature(region.as_str(), self.service())).map(basis).collect()
    }
}

/// Returns the unconfirmed facts that apply to this endpoint.
pub(super) fn unsettled(endpoint: &Endpoint) -> Vec<&Fact> {
    let account = endpoint.account();
    if matches!(account.resource(), Resource::Container(_)) {
        return Vec::new();
    }
    let (facts, cloud, host) = (account.facts(), account.cloud(), endpoint.service().row().host);
    let is_realtime = matches!(host, Host::Realtime(_));
    let is_open = account.scenario().form() == UrlForm::Split;
    let is_discovered = is_open && !endpoint.is_own_host() && endpoint.discovery() != Discovery::None;
    let is_unknown = account.scenario() == Scenario::CustomDomainUnknown && endpoint.is_own_host();
    let is_foundry = matches!(host, Host::Foundry | Host::OpenAi) && *cloud == Cloud::UsGovernment;
    let takes_tokens = endpoint.accepts().contains(CredentialForm::Entra);
    [
        (is_realtime && is_discovered, FactKind::UrlForm, forms::DISCOVERED_HOST),
        (is_realtime && is_unknown, FactKind::UrlForm, forms::OPEN_CUSTOM_DOMAIN),
        (is_foundry && takes_tokens, FactKind::TokenScope, network::FOUNDRY),
    ]
    .into_iter()
    .filter(|(applies, ..)| *applies)
    .filter_map(|(_, kind, name)| facts.named(kind, cloud, name))
    .filter(|fact| !fact.is_confirmed)
    .collect()
}
