//! The credential, from arguments and environment.

use std::path::Path;

use speech_endpoint::{Account, CallerIdentity, Credential, CredentialError, CredentialForm, Note, ResourceId};

use crate::args::{CredentialArgs, EntraSource};
use crate::failure::Failure;
use crate::machine::{named, one_line, read_file, variable};

/// Returns how callers authenticate, inferred from the given credential, with notes about it.
pub(crate) fn identity(args: &CredentialArgs, account: &Account) -> Result<(CallerIdentity, Vec<Note>), Failure> {
    let resource_id: Option<ResourceId> = args.resource_id.as_deref().map(str::parse).transpose()?;
    if let Some(source) = args.entra {
        let identity = if source == EntraSource::ManagedIdentity {
            CallerIdentity::ManagedIdentity
        } else {
            CallerIdentity::Entra
        };
        return Ok((identity, resource_id.and_then(|id| id.note(account)).into_iter().collect()));
    }
    let Some(credential) = credential(args)? else { return Ok((CallerIdentity::Key, Vec::new())) };
    let identity = match credential.form() {
        CredentialForm::IssuedToken => CallerIdentity::IssuedToken,
        CredentialForm::Entra | CredentialForm::EntraComposed => CallerIdentity::Entra,
        _ => CallerIdentity::Key,
    };
    Ok((identity, credential.notes(account)))
}

/// Reads the credential from the named variable or file, or from `SPEECH_KEY`.
fn credential(args: &CredentialArgs) -> Result<Option<Credential>, Failure> {
    Ok(given(args)?.map(|given| given.read).transpose()?)
}

/// A credential as given.
#[derive(Clone)]
pub(crate) struct GivenCredential {
    /// `key` or `token`, depending on the argument.
    pub(crate) kind: &'static str,
    /// The credential, or the error in its format.
    pub(crate) read: Result<Credential, CredentialError>,
}

impl GivenCredential {
    pub(crate) fn key(text: String) -> Self {
        Self { kind: "key", read: Credential::key(text) }
    }

    pub(crate) fn token(text: String) -> Self {
        Self { kind: "token", read: Credential::token(text) }
    }
}

/// Reads the credential that an argument names. A malformed one is part of the result; an unreadable variable or file is a failure.
pub(crate) fn credential_argument(args: &CredentialArgs) -> Result<Option<GivenCredential>, Failure> {
    Ok(if let Some(name) = &args.key_env {
        Some(GivenCredential::key(named(name)?))
    } else if let Some(path) = &args.key_file {
        Some(GivenCredential::key(one_line(read_file(path, "--key-file", LARGEST_CREDENTIAL)?)))
    } else {
        token_argument(args.token_env.as_deref(), args.token_file.as_deref())?
    })
}

/// Reads the token that an argument names.
pub(crate) fn token_argument(env: Option<&str>, file: Option<&Path>) -> Result<Option<GivenCredential>, Failure> {
    Ok(match (env, file) {
        (Some(name), _) => Some(GivenCredential::token(named(name)?)),
        (None, Some(path)) => {
            Some(GivenCredential::token(one_line(read_file(path, "--token-file", LARGEST_CREDENTIAL)?)))
        }
        (None, None) => None,
    })
}

/// Reads the credential that an argument names, or the key in the environment, which does not apply if a token is
/// requested.
fn given(args: &CredentialArgs) -> Result<Option<GivenCredential>, Failure> {
    Ok(credential_argument(args)?.or_else(|| key_variable().filter(|_| args.entra.is_none())))
}

/// Reads the key in the environment.
pub(crate) fn key_variable() -> Option<GivenCredential> {
    variable("SPEECH_KEY").map(GivenCredential::key)
}

/// Reads the second key of the resource, used while rotating keys.
pub(crate) fn second_key_variable() -> Option<Result<Credential, CredentialError>> {
    variable(SECOND_KEY).map(Credential::key)
}

/// The variable with the second key, regardless of the source of the first.
pub(crate) const SECOND_KEY: &str = "SPEECH_KEY_2";

/// The longest Entra tokens have about ten thousand characters.
const LARGEST_CREDENTIAL: u64 = 64 << 10;
