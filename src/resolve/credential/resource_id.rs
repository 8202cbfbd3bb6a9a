//! The ARM ID of a resource, which is a part of a composed Entra token.

use std::str::FromStr;

use super::CredentialError;
use crate::resolve::account::Account;
use crate::resolve::note::Note;
use crate::resolve::quoted::{QuotedValue, looks_secret};

/// The ARM ID of a Speech resource.
///
/// ```
/// use speech_endpoint::ResourceId;
///
/// let id: ResourceId =
/// "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/contoso".parse()?;
/// assert_eq!(id.account(), "contoso");
/// # Ok::<(), speech_endpoint::CredentialError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceId(Box<str>);

impl ResourceId {
    /// Returns the ID as ARM returned it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name of the account.
    #[must_use]
    pub fn account(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// Returns a note if the ID may belong to another resource (`CFG11`). An account and its custom domain usually have
    /// the same name, but this is not required.
    #[must_use]
    pub fn note(&self, account: &Account) -> Option<Note> {
        let domain = account.domain().filter(|domain| !domain.as_str().eq_ignore_ascii_case(self.account()))?;
        let text = format!(
            "the resource ID names account `{}`, but the custom domain is `{domain}`; verify that both belong to the same resource",
            self.account()
        );
        Some(Note::new("CFG11", text))
    }
}

impl FromStr for ResourceId {
    type Err = CredentialError;

    fn from_str(text: &str) -> Result<Self, CredentialError> {
        let text = text.trim();
        // The subscription id is private, so it is shortened.
        let error = || CredentialError::ResourceId {
            given: QuotedValue::new(
                &text
                    .split('/')
                    .map(|part| if is_guid(part) { format!("{}…", &part[..8]) } else { part.to_owned() })
                    .collect::<Vec<_>>()
                    .join("/"),
            ),
        };
        let parts: Vec<&str> = text.split('/').collect();
        let [first, subscriptions, subscription, groups, group, providers, provider, accounts, account] = parts[..]
        else {
            return Err(error());
        };
        let words = [subscriptions, groups, providers, provider, accounts];
        let expected = ["subscriptions", "resourceGroups", "providers", "Microsoft.CognitiveServices", "accounts"];
        let named = |name: &str, most: usize, also: &str| {
            (1..=most).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
        };
        let shaped = first.is_empty()
            && words.iter().zip(expected).all(|(word, expected)| word.eq_ignore_ascii_case(expected))
            && is_guid(subscription)
            && (1..=90).contains(&group.chars().count())
            && group.chars().all(|c| c.is_alphanumeric() || "_-.()".contains(c))
            && named(account, 64, "_.-")
            && !looks_secret(account);
        if shaped { Ok(Self(text.into())) } else { Err(error()) }
    }
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(i, b)| if [8, 13, 18, 23].contains(&i) { b == b'-' } else { b.is_ascii_hexdigit() })
}
