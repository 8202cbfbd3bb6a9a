//! Endpoint: where an account serves a service. Holds the one regional → custom-domain rewrite.

use std::fmt;

use url::Url;

use crate::resolve::account::{Account, Resource};
use crate::resolve::cloud::LONG_AUDIO_LABELS;
use crate::resolve::form::{Form, Forms};
use crate::resolve::note::Note;
use crate::resolve::query::{ApiVersion, Query};
use crate::resolve::scenario::{Scenario, UrlForm};
use crate::resolve::service::{Host, Path, Row, Service, Status, place_of};

mod error;
mod notes;
mod spelling;

pub use error::ResolveError;
use spelling::{Place, write};

/// The URL of a service for an account, and the credential forms it accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    account: Account,
    service: Service,
    url: String,
    accepts: Forms,
    own_host: bool,
}

impl Endpoint {
    /// The account.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The service.
    #[must_use]
    pub fn service(&self) -> Service {
        self.service
    }

    /// The URL, with its query.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL, parsed.
    ///
    /// # Panics
    ///
    /// Never: every part of it was validated when the account and the query were made.
    #[must_use]
    pub fn to_url(&self) -> Url {
        Url::parse(&self.url).expect("built of validated labels, constant paths and encoded values")
    }

    /// Host, and port where it is not the scheme's own.
    #[must_use]
    pub fn host(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        rest.split(['/', '?']).next().unwrap_or_default()
    }

    /// The credential forms that are accepted here.
    #[must_use]
    pub fn accepts(&self) -> Forms {
        self.accepts
    }

    /// Whether the host belongs to this resource alone, so that DNS may lead to a private endpoint.
    #[must_use]
    pub fn is_own_host(&self) -> bool {
        self.own_host
    }

    /// The kind of address that DNS should answer with.
    #[must_use]
    pub fn expects(&self) -> Expectation {
        if matches!(self.account.resource(), Resource::Container(_)) {
            return Expectation::Either;
        }
        if !self.own_host {
            return Expectation::PublicAddress;
        }
        match self.account.scenario() {
            Scenario::PrivateEndpoint | Scenario::DisabledPrivateEndpoint => Expectation::PrivateAddress,
            // Either way in is allowed, and which one a client takes depends on its subnet.
            Scenario::PrivateAndServiceEndpoint | Scenario::CustomDomainUnknown | Scenario::OpenAi => {
                Expectation::Either
            }
            _ => Expectation::PublicAddress,
        }
    }

    /// Whether a client may, or must, ask this host for the real-time host before it connects.
    #[must_use]
    pub fn discovery(&self) -> Discovery {
        let scenario = self.account.scenario();
        let possible = self.service.row().discovery
            && self.account.domain().is_some()
            && !scenario.is_proxied()
            && scenario != Scenario::DisabledUnreachable;
        match (possible, scenario.form()) {
            (false, _) => Discovery::None,
            (true, UrlForm::Split) if self.own_host => Discovery::Required,
            (true, _) => Discovery::Available,
        }
    }

    /// What a person should know about this endpoint.
    #[must_use]
    pub fn notes(&self) -> Vec<Note> {
        notes::of(self)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

/// The kind of address that DNS should answer with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Expectation {
    /// A public address.
    #[cfg_attr(feature = "serde", serde(rename = "public"))]
    PublicAddress,
    /// An address of a private network.
    #[cfg_attr(feature = "serde", serde(rename = "private"))]
    PrivateAddress,
    /// Either.
    #[default]
    #[cfg_attr(feature = "serde", serde(rename = "any", alias = ""))]
    Either,
}

impl Expectation {
    /// The identifier used in output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::PublicAddress => "public",
            Self::PrivateAddress => "private",
            Self::Either => "any",
        }
    }
}

/// Whether a client asks the custom domain for the real-time host.
/// <https://github.com/microsoft/cognitive-services-speech-sdk-js/pull/910>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Discovery {
    /// It does not apply.
    None,
    /// A client may ask.
    Available,
    /// This URL serves nothing itself; a client must ask it for the one that does.
    Required,
}

impl Discovery {
    /// The identifier used in output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Available => "available",
            Self::Required => "required",
        }
    }
}

impl Query {
    /// The settings that the URL of a service carries, without the others: for one query that is meant for many services.
    #[must_use]
    pub fn carried_by(&self, service: Service) -> Self {
        self.limited_to(service.row().carries)
    }
}

impl Account {
    /// The endpoint of a service.
    ///
    /// # Errors
    ///
    /// [`ResolveError`], when this account has no URL for the service.
    pub fn endpoint(&self, service: Service) -> Result<Endpoint, ResolveError> {
        self.endpoint_with(service, &Query::default())
    }

    /// The endpoint of a service, with the settings that its URL carries.
    ///
    /// 1. Refuse what does not exist: a retired service, one that containers or the cloud do not offer, an account that
    ///    nothing reaches.
    /// 2. Choose the host: the scenario says whether real-time calls go to the region or to the resource's own host.
    /// 3. On the own host, rewrite: the offering, which is the second label of the regional host, becomes the first
    ///    segment of the path. <https://learn.microsoft.com/azure/ai-services/speech-service/speech-services-private-link>
    /// 4. Refuse settings that the URL does not carry, and say where they go.
    /// 5. Write the URL, the query sorted by name as the native SDK sorts it.
    /// 6. Attach the credential forms of that kind of host, less those that the account refuses.
    ///
    /// # Errors
    ///
    /// [`ResolveError`], when this account has no URL for the service or the URL does not carry a setting.
    pub fn endpoint_with(&self, service: Service, query: &Query) -> Result<Endpoint, ResolveError> {
        let row = service.row();
        self.offers(row)?;
        let place = self.place(row)?;
        check_settings(row, query)?;
        let url = write(&place, row, query);
        let accepts = self.accepts(&place, row);
        Ok(Endpoint { account: self.clone(), service, url, accepts, own_host: place.is_own() })
    }

    /// The endpoints of every service that is in use.
    pub fn endpoints(&self) -> impl Iterator<Item = Result<Endpoint, ResolveError>> {
        Service::in_use().map(|service| self.endpoint(service))
    }

    /// Resolves every service once, to be handed out without further work.
    #[must_use]
    pub fn prepare(&self) -> Endpoints {
        Endpoints(Service::all().map(|service| self.endpoint(service)).collect())
    }

    /// Step 1.
    fn offers(&self, row: &'static Row) -> Result<(), ResolveError> {
        let service = row.service;
        if let Status::Retired { since, replacement } = row.status {
            return Err(ResolveError::Retired { service, since, replacement });
        }
        if let Resource::Container(_) = self.resource() {
            return if row.container { Ok(()) } else { Err(ResolveError::NotInContainer { service }) };
        }
        let cloud = self.cloud();
        let host_exists = match row.host {
            Host::Foundry => cloud.suffixes().foundry().is_some(),
            Host::OpenAi => cloud.suffixes().openai().is_some(),
            Host::Rest | Host::Realtime(_) | Host::LongAudio => true,
        };
        if row.sovereign.is_absent(cloud) || !host_exists {
            return Err(ResolveError::NotOffered { service, cloud: cloud.clone() });
        }
        match self.kind() {
            Some(kind) if matches!(row.host, Host::Foundry | Host::OpenAi) && !kind.has_sibling_hosts() => {
                return Err(ResolveError::WrongKind { service, kind });
            }
            _ => {}
        }
        if self.scenario().form() == UrlForm::None {
            return Err(ResolveError::Unreachable { service });
        }
        Ok(())
    }

    /// Steps 2 and 3.
    fn place(&self, row: &Row) -> Result<Place<'_>, ResolveError> {
        let service = row.service;
        let suffixes = self.cloud().suffixes();
        let own =
            |suffix, prefix| Place::Own { label: self.domain().map_or("", |domain| domain.as_str()), suffix, prefix };
        if let Resource::Container(host) = self.resource() {
            return Ok(Place::Container(host));
        }
        if service == Service::IssueToken && self.scenario().form() != UrlForm::Regional && self.refuses_issued_tokens()
        {
            return Err(ResolveError::Restricted { service });
        }
        let form = self.scenario().form();
        match (row.host, form) {
            (Host::Foundry | Host::OpenAi, UrlForm::Regional) => Err(ResolveError::CustomDomainRequired { service }),
            (Host::Foundry, _) => Ok(own(suffixes.foundry().unwrap_or_default(), "")),
            (Host::OpenAi, _) => Ok(own(suffixes.openai().unwrap_or_default(), "")),
            (Host::LongAudio, UrlForm::Regional) => self.regional_place(row, LONG_AUDIO_LABELS, suffixes.realtime()),
            (Host::LongAudio, _) => Err(ResolveError::RegionalOnly { service }),
            (Host::Rest, UrlForm::Regional) => self.regional_place(row, "", suffixes.rest()),
            (Host::Rest, _) => Ok(own(suffixes.custom_domain(), "")),
            (Host::Realtime(offering), UrlForm::Regional) => self.regional_place(row, offering, suffixes.realtime()),
            (Host::Realtime(offering), UrlForm::Split) if !(self.uses_discovery() && row.discovery) => {
                self.regional_place(row, offering, suffixes.realtime())
            }
            (Host::Realtime(offering), _) => Ok(own(suffixes.custom_domain(), offering)),
        }
    }

    fn regional_place<'a>(
        &'a self,
        row: &Row,
        label: &'static str,
        suffix: &'a str,
    ) -> Result<Place<'a>, ResolveError> {
        let region = self.region().ok_or(ResolveError::RegionRequired { service: row.service })?;
        Ok(Place::Regional { region, label, suffix, prefix: row.sdk_prefix })
    }

    /// Step 6.
    fn accepts(&self, place: &Place<'_>, row: &Row) -> Forms {
        let mut forms = match place {
            Place::Regional { .. } => row.accepts.regional,
            Place::Own { .. } => row.accepts.own,
            // Containers ask for no credential; one that a reverse proxy asks for goes over TLS only.
            Place::Container(host) if host.is_secure() => Forms::of(&[Form::Key]),
            Place::Container(_) => Forms::NONE,
        };
        if self.refuses_issued_tokens() {
            forms = forms.without(Form::IssuedToken);
        }
        if self.is_key_auth_disabled() {
            forms = forms.without(Form::Key).without(Form::IssuedToken).without(Form::ApiKey);
        }
        forms
    }
}

/// The endpoints of an account, resolved once.
///
/// ```
/// use speech_endpoint::{Account, Service};
///
/// let endpoints = Account::regional("westeurope".parse()?)?.prepare();
/// assert!(endpoints.get(Service::Voices).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Endpoints(Box<[Result<Endpoint, ResolveError>]>);

impl Endpoints {
    /// The endpoint of a service.
    ///
    /// # Errors
    ///
    /// The same as [`Account::endpoint`].
    pub fn get(&self, service: Service) -> Result<&Endpoint, &ResolveError> {
        self.0[service as usize].as_ref()
    }
}

/// Step 4.
fn check_settings(row: &Row, query: &Query) -> Result<(), ResolveError> {
    let service = row.service;
    if let Some(parameter) = query.given().first_not_in(row.carries) {
        return Err(ResolveError::Parameter {
            service,
            parameter: parameter.name(),
            place: place_of(parameter, service),
        });
    }
    match query.api_version() {
        Some(version) if is_retired(version.as_str()) && row.host == Host::Rest => Err(ResolveError::RetiredVersion {
            service,
            version: version.as_str().to_owned(),
            replacement: row.version.unwrap_or_default(),
        }),
        Some(ApiVersion::Numbered(_)) if !matches!(row.path, Path::Versioned(..)) => Err(ResolveError::Parameter {
            service,
            parameter: "numbered version",
            place: "it takes a date such as `2025-10-15`",
        }),
        _ => Ok(()),
    }
}

/// Versions that no longer answer: <https://learn.microsoft.com/azure/ai-services/speech-service/migrate-2025-10-15>
pub(crate) fn is_retired(version: &str) -> bool {
    ["v2.0", "v3.0", "v3.2-preview.1", "v3.2-preview.2", "3.1-preview1", "v3.1-preview1"]
        .contains(&version.to_ascii_lowercase().as_str())
}
