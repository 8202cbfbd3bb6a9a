//! Endpoint: the URL at which an account serves a service. Contains the single regional → custom-domain rewrite.

use std::fmt;

use url::Url;

use crate::resolve::access::AccountKind;
use crate::resolve::account::{Account, Resource};
use crate::resolve::cloud::LONG_AUDIO_LABELS;
use crate::resolve::form::{CredentialForm, CredentialForms};
use crate::resolve::note::Note;
use crate::resolve::parameter::Parameter;
use crate::resolve::query::{ApiVersion, Query};
use crate::resolve::scenario::{Scenario, UrlForm};
use crate::resolve::service::{Host, Path, Row, Service, ServiceStatus, place_of};

mod basis;
mod error;
mod notes;
mod spelling;

pub use basis::EndpointBasis;
pub use error::ResolveError;
use spelling::{Place, write};

/// The URL of a service for an account, and the credential forms it accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    account: Account,
    service: Service,
    url: String,
    accepts: CredentialForms,
    own_host: bool,
}

impl Endpoint {
    /// Returns the account.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Returns the service.
    #[must_use]
    pub fn service(&self) -> Service {
        self.service
    }

    /// Returns the URL with its query.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the parsed URL.
    ///
    /// # Panics
    ///
    /// Never: the account and the query validated every part of it.
    #[must_use]
    pub fn to_url(&self) -> Url {
        Url::parse(&self.url).expect("built from validated labels, constant paths and encoded values")
    }

    /// Returns the host, with the port unless it is the default of the scheme.
    #[must_use]
    pub fn host(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        rest.split(['/', '?']).next().unwrap_or_default()
    }

    /// Returns the credential forms that this endpoint accepts.
    #[must_use]
    pub fn accepts(&self) -> CredentialForms {
        self.accepts
    }

    /// Returns whether the host belongs to this resource alone, so that DNS may lead to a private endpoint.
    #[must_use]
    pub fn is_own_host(&self) -> bool {
        self.own_host
    }

    /// Returns the kind of address that DNS should return.
    #[must_use]
    pub fn expects(&self) -> Expectation {
        if matches!(self.account.resource(), Resource::Container(_)) {
            return Expectation::Either;
        }
        if !self.own_host {
            return Expectation::PublicAddress;
        }
        match self.account.url_scenario() {
            Scenario::PrivateEndpoint | Scenario::DisabledPrivateEndpoint => Expectation::PrivateAddress,
            // Both paths are allowed, and the client's subnet determines which one it takes.
            Scenario::PrivateAndServiceEndpoint | Scenario::CustomDomainUnknown | Scenario::OpenAi => {
                Expectation::Either
            }
            _ => Expectation::PublicAddress,
        }
    }

    /// Returns whether a client may or must query this host for the real-time host before it connects.
    #[must_use]
    pub fn discovery(&self) -> Discovery {
        let scenario = self.account.url_scenario();
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

    /// Returns the endpoint at the Foundry host of the same name, which serves the APIs of Azure OpenAI too; `None` for another
    /// service, or in a cloud without Foundry.
    /// <https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle> (2026-03-19)
    pub(crate) fn at_foundry_host(&self) -> Option<Self> {
        let suffixes = self.account.cloud().suffixes();
        let (openai, foundry) = (suffixes.openai()?, suffixes.foundry()?);
        let label = self.account.domain()?;
        let (from, to) = (format!("://{label}.{openai}/"), format!("://{label}.{foundry}/"));
        self.url.contains(&from).then(|| Self { url: self.url.replacen(&from, &to, 1), ..self.clone() })
    }

    /// Returns notes about this endpoint for the reader.
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

/// The kind of address that DNS should return.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Expectation {
    /// A public address.
    #[cfg_attr(feature = "serde", serde(rename = "public"))]
    PublicAddress,
    /// A private address.
    #[cfg_attr(feature = "serde", serde(rename = "private"))]
    PrivateAddress,
    /// Either kind.
    #[default]
    #[cfg_attr(feature = "serde", serde(rename = "any", alias = ""))]
    Either,
}

impl Expectation {
    /// Returns the identifier used in output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::PublicAddress => "public",
            Self::PrivateAddress => "private",
            Self::Either => "any",
        }
    }
}

/// Whether a client queries the custom domain for the real-time host.
/// <https://github.com/microsoft/cognitive-services-speech-sdk-js/pull/910>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Discovery {
    /// Discovery does not apply.
    None,
    /// A client may use discovery.
    Available,
    /// This URL serves nothing itself; a client must query it for the URL that does.
    Required,
}

impl Discovery {
    /// Returns the identifier used in output.
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
    /// Keeps only the settings that the URL of a service supports, so that one query can serve several services.
    #[must_use]
    pub fn carried_by(&self, service: Service) -> Self {
        self.limited_to(service.row().carries)
    }
}

impl Account {
    /// Returns the endpoint of a service.
    ///
    /// # Errors
    ///
    /// [`ResolveError`] if this account has no URL for the service.
    pub fn endpoint(&self, service: Service) -> Result<Endpoint, ResolveError> {
        self.endpoint_with(service, &Query::default())
    }

    /// Returns the endpoint of a service, with the settings in its URL.
    ///
    /// 1. Reject what does not exist: a retired service, a service that containers or the cloud do not offer, an
    ///    unreachable account.
    /// 2. Choose the host: the scenario determines whether real-time calls go to the regional host or to the resource's
    ///    host.
    /// 3. On the resource's host, rewrite the path: the offering, the second label of the regional host, becomes the
    ///    first path segment.
    ///    <https://learn.microsoft.com/azure/ai-services/speech-service/speech-services-private-link>
    /// 4. Reject settings that the URL does not support; the error says where they belong.
    /// 5. Write the URL, with the query sorted by name as in the native SDK.
    /// 6. Attach the credential forms for that kind of host, except those that the account rejects.
    ///
    /// # Errors
    ///
    /// [`ResolveError`] if this account has no URL for the service, or the URL does not support a setting.
    pub fn endpoint_with(&self, service: Service, query: &Query) -> Result<Endpoint, ResolveError> {
        let row = service.row();
        self.offers(row)?;
        let mut place = self.place(row)?;
        check_settings(row, query)?;
        self.check_agents(row, query)?;
        self.check_custom_voice(row, query, &mut place)?;
        let url = write(&place, row, query, self.facts().api_version(row));
        let accepts = self.accepts(&place, row);
        Ok(Endpoint { account: self.clone(), service, url, accepts, own_host: place.is_own() })
    }

    /// Returns the endpoints of all services that are not retired.
    pub fn endpoints(&self) -> impl Iterator<Item = Result<Endpoint, ResolveError>> {
        Service::in_use().map(|service| self.endpoint(service))
    }

    /// Returns the scope of Microsoft Entra tokens that a service accepts, if it is known: that of the cloud, or for voice
    /// agents that of Foundry. Azure OpenAI and Voice Live accept both.
    #[must_use]
    pub fn token_scope(&self, service: Service) -> Option<&str> {
        let suffixes = self.cloud().suffixes();
        match service {
            Service::VoiceAgent => suffixes.foundry_scope(),
            _ => suffixes.token_scope(),
        }
    }

    /// Resolves every service once, so that later lookups do no work.
    #[must_use]
    pub fn prepare(&self) -> Endpoints {
        Endpoints(Service::all().map(|service| self.endpoint(service)).collect())
    }

    /// Step 1.
    fn offers(&self, row: &'static Row) -> Result<(), ResolveError> {
        let service = row.service;
        if let ServiceStatus::Retired { since, replacement } = row.status {
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
        let has_service = |kind: &AccountKind| match row.host {
            Host::Foundry if is_voice_live(service) => kind.has_voice_live(),
            Host::Foundry => *kind == AccountKind::Foundry,
            Host::OpenAi => kind.has_openai_host(),
            Host::Rest | Host::Realtime(_) | Host::LongAudio => *kind != AccountKind::OpenAi,
        };
        if let Some(kind) = self.kind().filter(|kind| !has_service(kind)) {
            return Err(ResolveError::WrongKind { service, kind });
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
            (Host::Foundry, _) if self.kind() == Some(AccountKind::Speech) => Ok(own(suffixes.custom_domain(), "")),
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
            // The native SDK has `/voice` for REST alone: `usp_endpoint.h` of microsoft-foundry/SpeechSDK 1.52.
            (Host::Realtime("voice"), _) if row.websocket => Ok(own(suffixes.custom_domain(), "tts")),
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

    /// Step 4: an account of Speech has Voice Live without agents.
    /// <https://learn.microsoft.com/azure/ai-services/speech-service/voice-live-how-to> (2026-05-25)
    fn check_agents(&self, row: &Row, query: &Query) -> Result<(), ResolveError> {
        let names_agent = || query.free().any(|(name, _)| name.starts_with("agent-"));
        if self.kind() == Some(AccountKind::Speech) && row.host == Host::Foundry && names_agent() {
            let place = "an account of kind `SpeechServices` has none; use an account of kind `AIServices` (Foundry)";
            return Err(ResolveError::Parameter { service: row.service, parameter: "agents", place });
        }
        Ok(())
    }

    /// Step 4: with a custom voice, the SDK asks the host of custom voices for the list, by region alone:
    /// `cloud_tts_engine_adapter.cpp` of microsoft-foundry/SpeechSDK 1.51.
    fn check_custom_voice(&self, row: &Row, query: &Query, place: &mut Place<'_>) -> Result<(), ResolveError> {
        if row.service != Service::Voices || query.deployment().is_none() {
            return Ok(());
        }
        if Service::CustomVoice.row().sovereign.is_absent(self.cloud()) {
            let place = "this cloud has no custom voices";
            return Err(ResolveError::Parameter {
                service: row.service,
                parameter: Parameter::Deployment.name(),
                place,
            });
        }
        if let Place::Regional { label, .. } = place {
            *label = "voice";
        }
        Ok(())
    }

    /// Step 6.
    fn accepts(&self, place: &Place<'_>, row: &Row) -> CredentialForms {
        let mut forms = match place {
            Place::Regional { .. } => row.accepts.regional,
            Place::Own { .. } => row.accepts.own,
            // Containers need no credential; a reverse proxy in front of one may, but only over TLS.
            Place::Container(host) if host.is_secure() => CredentialForms::of(&[CredentialForm::Key]),
            Place::Container(_) => CredentialForms::NONE,
        };
        if self.refuses_issued_tokens() {
            forms = forms.without(CredentialForm::IssuedToken);
        }
        if self.is_key_auth_disabled() {
            forms =
                forms.without(CredentialForm::Key).without(CredentialForm::IssuedToken).without(CredentialForm::ApiKey);
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
    /// Returns the endpoint of a service.
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
    for name in row.path.names() {
        // A dot segment would remove a part of the path.
        if matches!(query.parameter(name), None | Some("" | "." | "..")) {
            return Err(ResolveError::NameRequired { service, name: what_is_named(name) });
        }
    }
    match query.api_version() {
        Some(ApiVersion::Numbered(version)) if row.host == Host::Foundry && &**version == EVERGREEN => Ok(()),
        Some(version) if is_retired(version.as_str()) && row.host == Host::Rest => Err(ResolveError::RetiredVersion {
            service,
            version: version.as_str().to_owned(),
            replacement: row.version.unwrap_or_default(),
        }),
        Some(ApiVersion::Numbered(_)) if !matches!(row.path, Path::Versioned(..)) => Err(ResolveError::Parameter {
            service,
            parameter: "numbered version",
            place: "it expects a date such as `2025-10-15`",
        }),
        _ => Ok(()),
    }
}

/// Returns what a name in a path belongs to, in words.
fn what_is_named(parameter: &str) -> &'static str {
    match parameter {
        "agent-project-name" | "agent-name" => "the names of the project and of the agent; give both",
        _ => "the id of the session; give it",
    }
}

fn is_voice_live(service: Service) -> bool {
    matches!(service, Service::VoiceLive | Service::VoiceLiveWebRtc)
}

/// The version of the Foundry APIs that only grows: `docs/versioning.md` of `VoiceLive` in azure-rest-api-specs.
const EVERGREEN: &str = "v1";

/// Returns whether the version is retired: <https://learn.microsoft.com/azure/ai-services/speech-service/migrate-2025-10-15>
pub(crate) fn is_retired(version: &str) -> bool {
    ["v2.0", "v3.0", "v3.2-preview.1", "v3.2-preview.2", "3.1-preview1", "v3.1-preview1"]
        .contains(&version.to_ascii_lowercase().as_str())
}
