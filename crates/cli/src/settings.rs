//! Settings: turns arguments and environment into an account, a query and a credential.

use speech_endpoint::{Query, QuotedValue};

use super::args::QueryArgs;
use super::failure::Failure;

mod azure;
mod credential;
mod facts;
mod resource;

pub(crate) use azure::{
    GivenDocument, account as azure_account, added, documents, given_documents, subject_in, view_of,
};
pub(crate) use credential::{
    GivenCredential, SECOND_KEY, credential_argument, identity, key_variable, second_key_variable, token_argument,
};
pub(crate) use facts::{facts, with_facts};
pub(crate) use resource::{Subject, foundry, subject};

/// Adds the given settings to a query. They replace those that it already has.
pub(crate) fn query(base: Query, args: &QueryArgs) -> Result<Query, Failure> {
    let mut query = base;
    if let Some(language) = &args.language {
        query = query.with_language(language)?;
    }
    if let Some(mode) = &args.mode {
        query = query.with_mode(mode.0);
    }
    if let Some(id) = &args.custom_model {
        query = query.with_custom_model(id)?;
    }
    if let Some(id) = &args.deployment {
        query = query.with_deployment(id)?;
    }
    if let Some(version) = &args.api_version {
        query = query.with_api_version(version)?;
    }
    for pair in &args.query {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !pair.contains('=') {
            return Err(Failure::usage(format!(
                "{} is not a query parameter: expected NAME=VALUE",
                QuotedValue::new(pair)
            )));
        }
        query = query.with_parameter(name, value)?;
    }
    Ok(query)
}
