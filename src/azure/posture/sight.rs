//! Sees what the documents say about one account, and states the outcome of a check.

use super::{AccountDocument, ArmId, AzureView, CheckStatus, DocumentKind};
use crate::resolve::quoted::QuotedValue;

/// What a check reads.
pub(super) struct Sight<'a> {
    pub(super) account: &'a AccountDocument,
    pub(super) id: Option<&'a ArmId>,
    pub(super) view: &'a AzureView,
}

impl Sight<'_> {
    /// Returns whether a field of the account has the wrong type, so that its value is unknown.
    pub(super) fn is_mistyped(&self, field: &str) -> bool {
        self.account.mistyped.iter().any(|(name, _)| name == field)
    }

    /// Returns whether this is the account itself.
    pub(super) fn is_own(&self, id: Option<&ArmId>) -> bool {
        id.is_some() && id == self.id
    }

    /// Returns whether a scope holds the account.
    pub(super) fn is_covered_by(&self, scope: &ArmId) -> bool {
        self.id.is_some_and(|id| scope.covers(id))
    }

    /// Returns whether an envelope lists the objects of this kind that the account has.
    pub(super) fn lists(&self, kind: DocumentKind) -> bool {
        self.id.is_some_and(|id| self.view.lists(kind, id))
    }

    /// Returns whether a list of this kind goes on in a page that was not given, so that an object may be there.
    pub(super) fn has_more(&self, kind: DocumentKind) -> bool {
        self.view.unfinished.contains(&kind)
    }

    /// Returns whether a resource is in the resource group of the account, so that its list is the one of this group, or of a
    /// subscription that holds it.
    pub(super) fn is_in_group(&self, resource: Option<&ArmId>) -> bool {
        let place = |id: &ArmId| Some((id.subscription()?.to_ascii_lowercase(), id.group()?.to_ascii_lowercase()));
        let own = self.id.and_then(place);
        own.is_some() && resource.and_then(place) == own
    }
}

/// The outcome of a check.
pub(super) struct Seen {
    pub(super) status: CheckStatus,
    pub(super) observed: String,
    pub(super) needs: Option<String>,
    /// Commands in place of those of the recommendation.
    pub(super) commands: Option<&'static [&'static str]>,
    /// Further parts of the commands.
    pub(super) parts: Vec<(&'static str, String)>,
}

impl Seen {
    pub(super) fn met(observed: impl Into<String>) -> Self {
        Self::of(CheckStatus::Met, observed)
    }

    pub(super) fn not_met(observed: impl Into<String>) -> Self {
        Self::of(CheckStatus::NotMet, observed)
    }

    pub(super) fn not_applicable(observed: impl Into<String>) -> Self {
        Self::of(CheckStatus::NotApplicable, observed)
    }

    pub(super) fn not_visible(observed: impl Into<String>, needs: impl Into<String>) -> Self {
        Self { needs: Some(needs.into()), ..Self::of(CheckStatus::NotVisible, observed) }
    }

    /// No given document says anything about the account.
    pub(super) fn without(kind: DocumentKind) -> Self {
        Self::not_visible(format!("no document shows the {} of this account", kind.title()), kind.title())
    }

    /// Objects that are absent may be in a page that was not given.
    pub(super) fn unfinished(kind: DocumentKind) -> Self {
        let needs = format!("the other pages of the {}", kind.title());
        Self::not_visible(format!("the list of {} goes on in another page", kind.title()), needs)
    }

    /// A field of the account has a value that this version does not know.
    pub(super) fn unknown(field: &str, value: Option<&str>) -> Self {
        let text = match value {
            Some(value) => {
                format!("`{field}` is {}, which is not documented, so it cannot be judged", QuotedValue::new(value))
            }
            None => format!("`{field}` has the wrong type, so it cannot be judged"),
        };
        Self::not_visible(text, format!("a documented value of `{field}`"))
    }

    /// The document of the account leaves out its properties.
    pub(super) fn no_properties() -> Self {
        Self::not_visible("the document of the account leaves out `properties`", "account with its properties")
    }

    pub(super) fn with_commands(self, commands: &'static [&'static str]) -> Self {
        Self { commands: Some(commands), ..self }
    }

    pub(super) fn with_part(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.parts.push((name, value.into()));
        self
    }

    fn of(status: CheckStatus, observed: impl Into<String>) -> Self {
        Self { status, observed: observed.into(), needs: None, commands: None, parts: Vec::new() }
    }
}

/// Returns a number with its noun.
pub(super) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
