//! Recognition, synthesis and translation, as far as an application needs them to run against the lab.
//!
//! Synthesis returns a tone, with the text as a comment in the WAV file. Recognition returns that comment, or `NoMatch` for
//! audio without one, such as a real recording. A translation is the text prefixed with the language in brackets.

pub(super) mod message;
mod phrase;
mod recognition;
pub(super) mod rest;
mod socket;
mod ssml;
mod synthesis;
mod wave;

pub(super) use socket::Conversation;
