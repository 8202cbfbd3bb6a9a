//! The posture of an account: Microsoft's guidance for a secured deployment, one row per recommendation.
//!
//! A check says *met* or *not met* only where a document decides it. A value that is not documented never counts as met, and a
//! document about another account says nothing about this one.

use super::account::AccountDocument;
use super::id::ArmId;
use super::kind::DocumentKind;
use super::standing::Standing;
use super::view::AzureView;
use super::words::filled;
use crate::resolve::account::Account;
use crate::resolve::near::nearest;
use sight::{Seen, Sight};

mod sight;

mod data;
mod governance;
mod identity;
mod logging;
mod network;
mod recovery;
mod roles;
mod service;
mod statements;

pub use statements::{GuidancePart, GuidancePlace, GuidanceStatement};

/// Whether an account follows a recommendation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CheckStatus {
    /// A document shows that the account follows it.
    Met,
    /// A document shows that the account does not follow it.
    NotMet,
    /// No given document decides it.
    NotVisible,
    /// It does not concern this account.
    NotApplicable,
}

impl CheckStatus {
    /// Every status, worst first.
    pub const ALL: [Self; 4] = [Self::NotMet, Self::NotVisible, Self::NotApplicable, Self::Met];

    /// Returns the identifier used in output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not_met",
            Self::NotVisible => "not_visible",
            Self::NotApplicable => "not_applicable",
        }
    }

    /// Returns the display name.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not met",
            Self::NotVisible => "not visible",
            Self::NotApplicable => "not applicable",
        }
    }

    /// Returns whether a pipeline that requires the check fails.
    #[must_use]
    pub fn fails(self) -> bool {
        matches!(self, Self::NotMet | Self::NotVisible)
    }
}

/// The part of the guidance that a recommendation belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckGroup {
    /// Network security.
    Network,
    /// Identity and access.
    Identity,
    /// Data protection.
    Data,
    /// Logging and monitoring.
    Logging,
    /// Compliance and governance.
    Governance,
    /// Backup and recovery.
    Recovery,
    /// Security of Speech itself.
    Service,
}

impl CheckGroup {
    /// Every group, in the order of the guidance.
    pub const ALL: [Self; 7] =
        [Self::Network, Self::Identity, Self::Data, Self::Logging, Self::Governance, Self::Recovery, Self::Service];

    /// Returns the display name.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Network => "Network",
            Self::Identity => "Identity",
            Self::Data => "Data",
            Self::Logging => "Logging",
            Self::Governance => "Governance",
            Self::Recovery => "Recovery",
            Self::Service => "Speech",
        }
    }

    fn rows(self) -> &'static [Recommendation] {
        match self {
            Self::Network => network::ROWS,
            Self::Identity => identity::ROWS,
            Self::Data => data::ROWS,
            Self::Logging => logging::ROWS,
            Self::Governance => governance::ROWS,
            Self::Recovery => recovery::ROWS,
            Self::Service => service::ROWS,
        }
    }
}

/// A recommendation of Microsoft's guidance "Secure your Speech service deployment" (2025-09-29).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Recommendation {
    /// The identifier, for example `NET1`.
    pub id: &'static str,
    /// The recommendation as an instruction.
    pub title: &'static str,
    /// The part of the guidance.
    pub group: CheckGroup,
    /// The kind of document that decides it; `None` if no document of Azure does.
    pub evidence: Option<DocumentKind>,
    /// The change that follows it, as sentences.
    pub remedy: &'static str,
    /// Sentences about the behaviour that the change brings.
    pub notes: &'static [&'static str],
    /// The page of the documentation that the guidance names for it.
    pub see: &'static str,
    /// The commands that make the change; known parts in braces are filled in.
    commands: &'static [&'static str],
    seen: fn(&Sight<'_>) -> Seen,
}

impl Recommendation {
    /// Returns every recommendation, in the order of the guidance.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        CheckGroup::ALL.into_iter().flat_map(CheckGroup::rows)
    }

    /// Returns the recommendation with this identifier, in any case.
    ///
    /// ```
    /// use speech_endpoint::azure::Recommendation;
    ///
    /// assert_eq!(Recommendation::find("net1").map(|found| found.id), Some("NET1"));
    /// ```
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        Self::all().find(|row| row.id.eq_ignore_ascii_case(id))
    }

    /// Returns the recommendation whose identifier is nearest to a mistyped one.
    #[must_use]
    pub fn nearest(id: &str) -> Option<&'static Self> {
        let id: String = id.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
        let letters = |id: &str| id.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let of_prefix = || Self::all().find(|row| row.id[..letters(row.id)] == id[..letters(&id)]);
        Self::find(&id).or_else(|| nearest(&id, Self::all().map(|row| row.id)).and_then(Self::find)).or_else(of_prefix)
    }
}

/// Whether an account follows one recommendation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PostureCheck {
    /// The recommendation.
    pub recommendation: &'static Recommendation,
    /// Whether the account follows it.
    pub status: CheckStatus,
    /// The fact that decides it, or the reason why none does.
    pub observed: String,
    /// The document that would decide it; `None` unless it is not visible.
    pub needs: Option<String>,
    /// The next step: the change that follows the recommendation, or how to see whether the account does.
    pub remedy: String,
    /// The commands for the next step. Known parts are filled in; others stay in capitals.
    pub commands: Vec<String>,
}

/// The posture of an account: every recommendation of the guidance, in its order.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Posture {
    /// One check per recommendation.
    pub checks: Vec<PostureCheck>,
}

impl Posture {
    /// Returns the number of checks with this status.
    #[must_use]
    pub fn count(&self, status: CheckStatus) -> usize {
        self.checks.iter().filter(|check| check.status == status).count()
    }

    /// Returns the check with this identifier.
    #[must_use]
    pub fn check(&self, id: &str) -> Option<&PostureCheck> {
        self.checks.iter().find(|check| check.recommendation.id == id)
    }
}

impl AzureView {
    /// Returns the posture of an account.
    ///
    /// ```
    /// # #[cfg(feature = "serde")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use speech_endpoint::azure::{AzureView, CheckStatus};
    ///
    /// let account = br#"{ "type": "Microsoft.CognitiveServices/accounts", "location": "westeurope",
    ///     "properties": { "customSubDomainName": "contoso", "disableLocalAuth": true } }"#;
    /// let mut view = AzureView::default();
    /// view.read("account.json", account)?;
    /// let posture = view.posture(&view.standing(&view.accounts[0]));
    /// assert_eq!(posture.checks.len(), 28);
    /// assert_eq!(posture.check("ID1").map(|check| check.status), Some(CheckStatus::Met));
    /// # Ok(()) }
    /// # #[cfg(not(feature = "serde"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn posture(&self, standing: &Standing<'_>) -> Posture {
        let resolved = standing.account.as_ref().ok();
        let sight = Sight { account: standing.document, id: standing.document.id.as_ref(), view: self };
        Posture { checks: Recommendation::all().map(|row| check(row, &sight, resolved)).collect() }
    }
}

fn check(row: &'static Recommendation, sight: &Sight<'_>, resolved: Option<&Account>) -> PostureCheck {
    let seen = (row.seen)(sight);
    let fill = |templates: &[&str]| -> Vec<String> {
        let parts = parts(sight.account, resolved);
        let parts: Vec<(&str, Option<&str>)> =
            parts.into_iter().chain(seen.parts.iter().map(|(name, value)| (*name, Some(value.as_str())))).collect();
        templates.iter().map(|template| filled(template, &parts)).collect()
    };
    let (remedy, commands) = match seen.status {
        CheckStatus::Met | CheckStatus::NotApplicable => (row.remedy.to_owned(), Vec::new()),
        CheckStatus::NotMet => (row.remedy.to_owned(), fill(seen.commands.unwrap_or(row.commands))),
        CheckStatus::NotVisible => match row.evidence {
            Some(kind) => (format!("Read the {} with this command. {}", kind.title(), row.remedy), fill(reading(kind))),
            None => (row.remedy.to_owned(), fill(seen.commands.unwrap_or_default())),
        },
    };
    PostureCheck {
        recommendation: row,
        status: seen.status,
        observed: seen.observed,
        needs: seen.needs,
        remedy,
        commands,
    }
}

/// Returns the parts of a command that the documents of an account show.
fn parts<'a>(document: &'a AccountDocument, resolved: Option<&'a Account>) -> Vec<(&'static str, Option<&'a str>)> {
    let id = document.id.as_ref();
    vec![
        ("ID", id.map(ArmId::as_str)),
        ("N", document.name.as_deref().or_else(|| id.map(ArmId::name))),
        ("RG", id.and_then(ArmId::group)),
        ("SUBSCRIPTION", id.and_then(ArmId::subscription)),
        ("KIND", document.kind.as_deref()),
        ("SKU", document.sku.as_deref()),
        ("REGION", resolved.and_then(Account::region).map(crate::resolve::name::Region::as_str)),
    ]
}

/// Returns the commands that print the documents of a kind for an account.
fn reading(kind: DocumentKind) -> &'static [&'static str] {
    match kind {
        DocumentKind::Account => &["az cognitiveservices account show -g {RG} -n {N} -o json"],
        DocumentKind::RoleAssignment => &["az role assignment list --scope {ID} --include-inherited -o json"],
        DocumentKind::DiagnosticSetting => &["az monitor diagnostic-settings list --resource {ID} -o json"],
        DocumentKind::MetricAlert => &["az monitor metrics alert list -g {RG} -o json"],
        DocumentKind::ActivityLogAlert => &["az monitor activity-log alert list -g {RG} -o json"],
        DocumentKind::PolicyState => &["az policy state list --resource {ID} -o json"],
        _ => &[],
    }
}
