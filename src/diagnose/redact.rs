//! Redaction: how a text that somebody else wrote is shown, by where it comes from and where it goes.
//!
//! | text | goes to | shown by |
//! | --- | --- | --- |
//! | a value that the user gave | errors and notes | `resolve::quoted::QuotedValue`: cut, escaped, a secret described by its length |
//! | everything that a peer sent | the evidence | `probe::scrub`: pieces of credentials and logins taken out |
//! | a header or a body | the evidence | `net::http::reply`: one line, shortened, without what looks like a secret |
//! | a text of the evidence | `observed` of a finding | [`quoted`]: in backticks, one line, shortened, a secret described by its length |
//! | a text of the evidence | a line of a report | [`shortened`]: one line |
//! | any line | a terminal | [`plain`]: without what a terminal obeys |
//! | any text | Markdown | [`escaped`], [`cell`], [`code`]: without markup, links and mentions |
//! | a whole report in Markdown | a ticket | [`Redaction`]: names and addresses of the customer replaced, unknown words of peers left out |
//!
//! The command's errors of the Azure identity library have words of their own: `entra/words.rs`.

mod escape;
mod foreign;
mod names;
mod quote;
mod ticket;
mod walk;

pub(super) use escape::{cell, code, escaped, fence};
pub(super) use quote::{plain, quoted, shortened};
pub(super) use ticket::Redaction;

/// Returns a text as each place shows it.
#[cfg(fuzzing)]
pub fn shown(text: &str) -> Shown {
    Shown {
        quoted: quoted(text),
        shortened: plain(&shortened(text)).into_owned(),
        escaped: escaped(text),
        cell: cell(text),
        code: code(text),
    }
}

/// Returns a text of the evidence as a ticket without `--share` shows it: whole, in a sentence and quoted.
#[cfg(fuzzing)]
pub fn redacted(evidence: &crate::diagnose::evidence::Evidence, text: &str) -> [String; 3] {
    let redaction = Redaction::of(evidence);
    [text.to_owned(), shortened(text), quoted(text)].map(|text| redaction.apply(&text))
}

/// A text as each place shows it.
#[cfg(fuzzing)]
#[derive(Debug)]
#[allow(missing_docs, reason = "the names are those of the functions")]
#[non_exhaustive]
pub struct Shown {
    pub quoted: String,
    pub shortened: String,
    pub escaped: String,
    pub cell: String,
    pub code: String,
}
