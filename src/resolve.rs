//! RESOLVE: from what is known about a resource to the URL of each service and the credential that it accepts. Pure: nothing
//! here opens a socket, reads the environment or looks at the clock.
//!
//! The modules are listed from the ground up. Each uses only those above it.

pub(crate) mod invisible;
pub(crate) mod quoted;

pub(crate) mod setting;

pub(crate) mod near;
pub(crate) mod note;

pub(crate) mod form;
pub(crate) mod parameter;

pub(crate) mod cloud;
pub(crate) mod service;

pub(crate) mod facts;

pub(crate) mod name;
pub(crate) mod query;

pub(crate) mod access;
pub(crate) mod scenario;

pub(crate) mod account;
pub(crate) mod foundry;

pub(crate) mod endpoint;

pub(crate) mod credential;

pub(crate) mod allowlist;
pub(crate) mod read;

mod textual;
