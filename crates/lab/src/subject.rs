//! The resource and credential of a world, read as the command line reads its arguments.

use super::access;
use super::token;
use super::vocabulary::{CredentialKindToml, WorldResource};
use super::world::World;
use speech_endpoint::{Access, Account, AccountKind};
use speech_endpoint::{Cloud, CloudError, Suffixes};
use speech_endpoint::{Credential, CredentialError, Secret};
use speech_endpoint::{CustomDomain, NameError, Region};
use speech_endpoint::{Note, WithNotes};

/// The credential of a world's client, as it would be in a variable or file; it may be malformed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientCredential {
    /// Whether it is given as a token instead of a key.
    pub is_token: bool,
    /// The text.
    pub text: Secret,
}

impl ClientCredential {
    /// Reads the credential as the command line does.
    ///
    /// # Errors
    ///
    /// Returns a [`CredentialError`] if its format is invalid.
    pub fn read(&self) -> Result<Credential, CredentialError> {
        let text = self.text.expose().to_owned();
        if self.is_token { Credential::token(text) } else { Credential::key(text) }
    }
}

impl World {
    /// Returns the cloud of the resource; the public one if the world names an invalid resource.
    #[must_use]
    pub fn cloud(&self) -> Cloud {
        account(self.resource()).map_or(Cloud::Public, |read| read.value.cloud().clone())
    }
}

/// Returns the account, or a note that describes the fault.
pub(super) fn account(resource: &WorldResource) -> Result<WithNotes<Account>, Note> {
    let mut read = addressed(resource)?;
    if resource.discovery {
        read.value = read.value.with_discovery();
    }
    let Some(access) = resource.network.as_deref().and_then(|network| access::named(network).ok().flatten()) else {
        return Ok(read);
    };
    if read.value.domain().is_some() {
        read.value = read.value.with_access(access);
    } else if access != Access::open() {
        return Err(Note::new(
            "CFG12",
            "a resource with this network access is reachable only by its custom domain, and regional hosts return 401",
        ));
    }
    Ok(read)
}

fn addressed(resource: &WorldResource) -> Result<WithNotes<Account>, Note> {
    let cloud = cloud(resource).map_err(|error| Note::new(error.id(), error.to_string()))?;
    if let Some(host) = &resource.host {
        return Account::from_host(host).map_err(|error| Note::new(error.id(), error.to_string()));
    }
    let named = resource.foundry.as_ref().or(resource.custom_domain.as_ref());
    let mut read = match (named, &resource.endpoint, &resource.region) {
        (Some(name), _, _) => {
            let read = CustomDomain::read(name).map_err(name_note)?;
            let (domain, found) = read.value;
            let beside = resource.region.as_deref().map(Region::read).transpose().map_err(name_note)?;
            let by_region = beside.and_then(|region| Cloud::of_region(region.value.as_str()));
            let cloud = cloud.or(found).or(by_region).unwrap_or(Cloud::Public);
            let account = Account::custom_domain(domain).with_cloud(cloud);
            let mut value = account.map_err(|error| Note::new(error.id(), error.to_string()))?;
            if resource.foundry.is_some() {
                value = value.with_kind(AccountKind::Foundry);
            }
            WithNotes::new(value).with_notes(read.notes)
        }
        (None, Some(endpoint), _) => {
            Account::from_endpoint(endpoint).map_err(|error| Note::new(error.id(), error.to_string()))?
        }
        (None, None, Some(region)) => {
            let read = Region::read(region).map_err(name_note)?;
            let account = match cloud {
                Some(cloud) => Account::regional_in(read.value, cloud),
                None => Account::regional(read.value),
            };
            let value = account.map_err(|error| Note::new(error.id(), error.to_string()))?;
            return Ok(WithNotes::new(value).with_notes(read.notes));
        }
        (None, None, None) => return Err(Note::new("no_resource", "the world names no resource")),
    };
    if let Some(region) = &resource.region {
        let region = Region::read(region).map_err(name_note)?;
        read.notes.extend(region.notes);
        let account = read.value.with_region(region.value);
        read.value = account.map_err(|error| Note::new(error.id(), error.to_string()))?;
    }
    Ok(read)
}

/// Returns the cloud that the resource names, if it does.
fn cloud(resource: &WorldResource) -> Result<Option<Cloud>, CloudError> {
    let Some(named) = &resource.custom_cloud else { return resource.cloud.as_deref().map(str::parse).transpose() };
    let mut suffixes = Suffixes::new(&named.realtime, &named.rest, &named.custom_domain)?;
    if let Some(host) = &named.authority {
        suffixes = suffixes.with_authority(host)?;
    }
    if let Some(scope) = &named.token_scope {
        suffixes = suffixes.with_token_scope(scope);
    }
    Ok(Some(Cloud::from(suffixes)))
}

#[allow(clippy::needless_pass_by_value, reason = "the signature that `map_err` needs")]
fn name_note(error: NameError) -> Note {
    Note::new(error.id(), error.to_string())
}

/// Returns the credential of a world's client.
pub(super) fn credential(world: &World, maker: &token::Maker) -> Option<ClientCredential> {
    let given = &world.toml.credential;
    let made = || match given.kind {
        CredentialKindToml::Key | CredentialKindToml::Token => token::KEY.to_owned(),
        CredentialKindToml::ForeignKey => token::FOREIGN_KEY.to_owned(),
        CredentialKindToml::IssuedToken => maker.issued(given.expires_in.unwrap_or(600)),
        CredentialKindToml::Entra => {
            maker.entra(given.audience.as_deref(), given.expires_in.unwrap_or(3600), given.begins_in)
        }
        CredentialKindToml::Composed => {
            let token = maker.entra(given.audience.as_deref(), given.expires_in.unwrap_or(3600), given.begins_in);
            format!("aad#{}#{token}", maker.resource_id())
        }
        CredentialKindToml::None => String::new(),
    };
    let is_token = !is_key(given.kind);
    (given.kind != CredentialKindToml::None)
        .then(|| ClientCredential { is_token, text: Secret::from(given.value.clone().unwrap_or_else(made)) })
}

/// Returns the second key of a world's client.
pub(super) fn second_key(world: &World) -> Option<ClientCredential> {
    let given = &world.toml.credential;
    (given.second_key && is_key(given.kind))
        .then(|| ClientCredential { is_token: false, text: Secret::from(token::SECOND_KEY.to_owned()) })
}

fn is_key(kind: CredentialKindToml) -> bool {
    matches!(kind, CredentialKindToml::Key | CredentialKindToml::ForeignKey)
}
