//! What the lab speaks and understands: enough of the service for an application to run against it.
//!
//! The lab does not hear. What it synthesises is a tone, with the text as a comment in the WAV file; what it recognises is
//! that comment. Audio without one, a real recording for example, is not understood: `NoMatch`.
//! The lab does not translate either: a translation is the text with the language in brackets before it.

pub(super) mod message;
mod phrase;
mod recognition;
pub(super) mod rest;
mod socket;
mod ssml;
mod synthesis;
mod wave;

pub(super) use socket::Conversation;
