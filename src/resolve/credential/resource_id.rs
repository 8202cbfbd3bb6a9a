//! The ARM id of a resource, which the composed form of an Entra token holds.

use std::str::FromStr;

use super::CredentialError;
use crate::resolve::account::Account;
use crate::resolve::note::Note;
use crate::resolve::shown::{Shown, looks_secret};

/// The ARM id of a Speech resource.
///
/// ```
/// use speech_endpoint::ResourceId;
///
/// let id: ResourceId = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/contoso".parse()?;
/// assert_eq!(id.account(), "contoso");
/// # Ok::<(), speech_endpoint::CredentialError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceId(Box<str>);

impl ResourceId {
    /// The id as ARM returned it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the account.
    #[must_use]
    pub fn account(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The note for an id that may be of another resource (`CFG11`): usually an account and its custom domain have the
    /// same name, but they need not.
    #[must_use]
    pub fn note(&self, account: &Account) -> Option<Note> {
        let domain = account.domain().filter(|domain| !domain.as_str().eq_ignore_ascii_case(self.account()))?;
        let text = format!(
            "the resource id names account `{}`, the custom domain is `{domain}`: make sure that they are the same resource",
            self.account()
        );
        Some(Note::new("CFG11", text))
    }
}

impl FromStr for ResourceId {
    type Err = CredentialError;

    fn from_str(text: &str) -> Result<Self, CredentialError> {
        let text = text.trim();
        // A subscription is the customer's own business: its id is cut short.
        let error = || CredentialError::ResourceId {
            given: Shown::new(
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
