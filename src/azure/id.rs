//! The ID of a resource in Azure Resource Manager, of any type.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::resolve::quoted::looks_secret;

/// The ID of a resource, a group or a subscription in Azure Resource Manager (ARM).
///
/// ARM compares IDs without case, and so does this type. It prints the ID as the document has it.
///
/// ```
/// use speech_endpoint::azure::ArmId;
///
/// let id = ArmId::new("/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet/subnets/app");
/// assert_eq!(id.name(), "app");
/// assert_eq!(id.group(), Some("rg"));
/// assert_eq!(id, ArmId::new("/subscriptions/s1/resourcegroups/RG/providers/microsoft.network/virtualnetworks/vnet/subnets/app"));
/// ```
#[derive(Clone, Debug)]
pub struct ArmId(Arc<str>);

impl ArmId {
    /// Creates an ID from the text of a document. A slash at the end does not count.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().trim_end_matches('/').into())
    }

    /// Returns the ID as the document has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the last part, which is the name of the resource.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// Returns the subscription.
    #[must_use]
    pub fn subscription(&self) -> Option<&str> {
        self.after("subscriptions")
    }

    /// Returns the resource group.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        self.after("resourceGroups")
    }

    /// Returns the part that follows this word, for example the name of the network after `virtualNetworks`.
    #[must_use]
    pub fn after(&self, word: &str) -> Option<&str> {
        let mut parts = self.0.split('/');
        parts.find(|part| part.eq_ignore_ascii_case(word))?;
        parts.next().filter(|part| !part.is_empty())
    }

    /// Returns the resource that this one is a part of, for example the virtual network of a subnet.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (rest, _name) = self.0.rsplit_once('/')?;
        let (parent, _type) = rest.rsplit_once('/')?;
        (!parent.is_empty()).then(|| Self(parent.into()))
    }

    /// Returns whether this is the ID of a resource of an ARM type, for example `Microsoft.Network/virtualNetworks/subnets`.
    pub(crate) fn is_of_type(&self, arm_type: &str) -> bool {
        let Some((provider, types)) = arm_type.split_once('/') else { return false };
        let Some(start) = self.0.to_ascii_lowercase().rfind(PROVIDERS) else { return false };
        let mut parts = self.0[start + PROVIDERS.len()..].split('/');
        parts.next().is_some_and(|first| first.eq_ignore_ascii_case(provider))
            && types.split('/').all(|word| {
                let is_word = parts.next().is_some_and(|part| part.eq_ignore_ascii_case(word));
                is_word && parts.next().is_some_and(|name| !name.is_empty())
            })
            && parts.next().is_none()
    }

    /// Returns whether this scope holds the resource: the resource itself, its group, its subscription, or a parent.
    #[must_use]
    pub fn covers(&self, resource: &Self) -> bool {
        let (scope, whole) = (self.0.as_bytes(), resource.0.as_bytes());
        whole.len() >= scope.len()
            && whole[..scope.len()].eq_ignore_ascii_case(scope)
            && (whole.len() == scope.len() || scope.is_empty() || whole[scope.len()] == b'/')
    }

    /// Returns whether the ID has only characters that no shell interprets, and none of its parts looks like a secret.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.0.len() <= LONGEST_ID
            && self.0.starts_with('/')
            && self.0.split('/').all(|part| part.chars().all(is_plain) && !looks_secret(part))
    }
}

/// Returns whether a name has only characters that no shell interprets, and does not look like a secret.
pub(crate) fn is_plain_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len())
        && name.chars().all(is_plain)
        && !name.starts_with('-')
        && !looks_secret(name)
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-.".contains(c)
}

/// What precedes the type of a resource.
const PROVIDERS: &str = "/providers/";

/// An ID of a few parts, each with a name of at most 90 characters, is far shorter.
const LONGEST_ID: usize = 1024;

/// A resource group has the longest name of those in an ID.
const LONGEST_NAME: usize = 90;

impl fmt::Display for ArmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq for ArmId {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for ArmId {}

impl Hash for ArmId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for byte in self.0.bytes() {
            state.write_u8(byte.to_ascii_lowercase());
        }
    }
}

impl PartialOrd for ArmId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ArmId {
    fn cmp(&self, other: &Self) -> Ordering {
        let lower = |id: &Self| id.0.to_ascii_lowercase();
        lower(self).cmp(&lower(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/contoso";

    #[test]
    fn a_scope_covers_what_is_below_it_and_nothing_beside_it() {
        let account = ArmId::new(ACCOUNT);
        for scope in ["/subscriptions/S1", "/subscriptions/s1/resourcegroups/RG/", ACCOUNT, "/"] {
            assert!(ArmId::new(scope).covers(&account), "{scope}");
        }
        for scope in ["/subscriptions/s", "/subscriptions/s1/resourceGroups/rg2", "/subscriptions/s2"] {
            assert!(!ArmId::new(scope).covers(&account), "{scope}");
        }
        assert!(!ArmId::new(&format!("{ACCOUNT}/deployments/d")).covers(&account));
    }

    #[test]
    fn the_parts_of_an_id_have_names() {
        let id = ArmId::new(ACCOUNT);
        assert_eq!((id.subscription(), id.group(), id.name()), (Some("s1"), Some("rg"), "contoso"));
        assert_eq!(id.parent().map(|parent| parent.to_string()).as_deref(), ACCOUNT.strip_suffix("/accounts/contoso"));
        assert_eq!(ArmId::new("contoso").group(), None);
    }

    #[test]
    fn an_id_with_something_for_a_shell_is_not_plain() {
        assert!(ArmId::new(ACCOUNT).is_plain());
        for bad in ["/subscriptions/$(reboot)", "/a/b c", "/a;b", "contoso", "/a/b\u{202e}c", "/a'b"] {
            assert!(!ArmId::new(bad).is_plain(), "{bad}");
        }
        assert!(is_plain_name("rg_net.1") && !is_plain_name("-o") && !is_plain_name("") && !is_plain_name("a b"));
    }
}
