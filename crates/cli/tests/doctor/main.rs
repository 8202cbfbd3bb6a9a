//! The doctor as a process: its options and its credentials.

#[path = "../support/mod.rs"]
mod support;

mod entra;
mod options;
mod refusals;
mod second_key;
