//! An attempt to get a token from a source, and its outcome.

use std::time::{Duration, SystemTime};

use speech_endpoint::Secret;
use speech_endpoint::evidence::Remark;

use super::FAILED;
use super::source::Source;
use crate::args::EntraSource;

/// An attempt to get a token from a source, and its outcome.
pub(crate) struct Attempt {
    pub(crate) source: Source,
    pub(crate) end: End,
    pub(crate) took: Duration,
}

/// The outcome of an attempt.
pub(crate) enum End {
    /// The source returned a token.
    Token { token: Secret, expires_at: SystemTime },
    /// The source is not configured on this machine; the text says what is missing.
    Absent(String),
    /// The source was tried and returned no token; the text says why.
    Failed(String),
}

impl Attempt {
    pub(crate) fn has_token(&self) -> bool {
        matches!(self.end, End::Token { .. })
    }

    pub(crate) fn into_token(self) -> Option<Secret> {
        match self.end {
            End::Token { token, .. } => Some(token),
            End::Absent(_) | End::Failed(_) => None,
        }
    }

    /// Returns one clause: the source, the outcome and, if there was a wait, its duration.
    fn clause(&self, now: SystemTime) -> String {
        let name = self.source.title();
        let took = format!("{:.1} s", self.took.as_secs_f64());
        match &self.end {
            End::Token { expires_at, .. } => {
                let left = expires_at.duration_since(now).unwrap_or_default().as_secs() / 60;
                format!("using an Entra token from {name}, valid for {left} min ({took})")
            }
            End::Absent(why) => format!("{name}: {why}"),
            End::Failed(why) => format!("{name}: {why} ({took})"),
        }
    }
}

/// Summarises all attempts: the source of the token and why earlier ones failed, or why all failed and how to fix it.
pub(super) fn remark(asked: EntraSource, attempts: &[Attempt], now: SystemTime) -> Remark {
    let (with, without): (Vec<_>, Vec<_>) = attempts.iter().partition(|attempt| attempt.has_token());
    let clauses: Vec<String> = without.iter().map(|attempt| attempt.clause(now)).collect();
    let clauses = clauses.join("; ");
    match with.first() {
        Some(attempt) if clauses.is_empty() => Remark::new("entra", attempt.clause(now), false),
        Some(attempt) => Remark::new("entra", format!("{}; not from {clauses}", attempt.clause(now)), false),
        None => {
            let first = if asked == EntraSource::Auto { "sign in with `az login`, or provide" } else { "provide" };
            let text = format!("no Entra token: {clauses}; {first} a token with `--token-env` or `--token-file`");
            Remark::new(FAILED, text, false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(source: Source, end: End) -> Attempt {
        Attempt { source, end, took: Duration::from_millis(1234) }
    }

    #[test]
    fn the_remark_names_the_source_of_the_token_and_why_earlier_sources_failed() {
        let now = SystemTime::UNIX_EPOCH;
        let absent = || attempt(Source::ClientSecret, End::Absent("`AZURE_TENANT_ID` is not set".into()));
        let token =
            End::Token { token: Secret::from("geheim".to_owned()), expires_at: now + Duration::from_secs(3599) };
        let said = remark(EntraSource::Auto, &[absent(), attempt(Source::Cli, token)], now);
        assert_eq!(
            (said.id.as_str(), said.text.as_str()),
            (
                "entra",
                "using an Entra token from the Azure CLI, valid for 59 min (1.2 s); not from a client secret: `AZURE_TENANT_ID` is not set"
            )
        );
        let failed = attempt(Source::Azd, End::Failed("`azd` is not on the PATH".into()));
        let said = remark(EntraSource::Auto, &[absent(), failed], now);
        assert_eq!((said.id.as_str(), said.is_error), ("AUTH11", false));
        assert!(said.text.starts_with("no Entra token: a client secret: `AZURE_TENANT_ID` is not set; the Azure Developer CLI: `azd` is not on the PATH (1.2 s); sign in"), "{}", said.text);
    }
}
