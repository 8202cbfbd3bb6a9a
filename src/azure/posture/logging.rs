//! Logging and monitoring: diagnostic settings and alerts.

use super::sight::{Seen, Sight, counted};
use super::{CheckGroup, DocumentKind, Recommendation};
use crate::azure::governance::{ActivityLogAlert, AlertCondition, DiagnosticSetting, MetricAlert};
use crate::azure::id::ArmId;

pub(super) const ROWS: &[Recommendation] = &[
    Recommendation {
        id: "LOG1",
        title: "Collect resource logs",
        group: CheckGroup::Logging,
        evidence: Some(DocumentKind::DiagnosticSetting),
        remedy: "Send the categories `Audit` and `RequestResponse` to a workspace, a storage account or an event hub.",
        notes: &[
            "The logs show the private source address of calls through a service endpoint, which proves that it is in use.",
        ],
        see: "https://learn.microsoft.com/azure/ai-services/diagnostic-logging",
        commands: SEND_LOGS,
        seen: resource_logs,
    },
    Recommendation {
        id: "LOG2",
        title: "Watch API use with metric alerts",
        group: CheckGroup::Logging,
        evidence: Some(DocumentKind::MetricAlert),
        remedy: "Create an alert on errors, calls or response times of the account.",
        notes: &[],
        see: "https://learn.microsoft.com/azure/azure-monitor/essentials/monitor-azure-resource",
        commands: &[
            "az monitor metrics alert create -n NAME -g {RG} --scopes {ID} --condition \"total TotalErrors > 10\" --action ACTION_GROUP_ID",
        ],
        seen: metric_alerts,
    },
    Recommendation {
        id: "LOG3",
        title: "Alert on new keys and changed network rules",
        group: CheckGroup::Logging,
        evidence: Some(DocumentKind::ActivityLogAlert),
        remedy: "Create an activity-log alert on the regeneration of keys and one on changes of the account, which include its network rules.",
        notes: &[],
        see: "https://learn.microsoft.com/azure/azure-monitor/essentials/activity-log",
        commands: &[REGENERATE_ALERT, WRITE_ALERT],
        seen: activity_alerts,
    },
    Recommendation {
        id: "LOG4",
        title: "Collect audit logs of custom speech and voice",
        group: CheckGroup::Logging,
        evidence: Some(DocumentKind::DiagnosticSetting),
        remedy: "Send the category `Audit` to a workspace, a storage account or an event hub.",
        notes: &[],
        see: "https://learn.microsoft.com/azure/ai-services/diagnostic-logging",
        commands: SEND_LOGS,
        seen: audit_logs,
    },
];

const SEND_LOGS: &[&str] = &[
    "az monitor diagnostic-settings create -n NAME --resource {ID} --workspace WORKSPACE_ID --logs '[{\"category\":\"Audit\",\"enabled\":true},{\"category\":\"RequestResponse\",\"enabled\":true}]' --metrics '[{\"category\":\"AllMetrics\",\"enabled\":true}]'",
];

const REGENERATE_ALERT: &str = "az monitor activity-log alert create -n NAME -g {RG} --scope {ID} --condition category=Administrative and operationName=Microsoft.CognitiveServices/accounts/regenerateKey/action --action-group ACTION_GROUP_ID";

const WRITE_ALERT: &str = "az monitor activity-log alert create -n NAME -g {RG} --scope {ID} --condition category=Administrative and operationName=Microsoft.CognitiveServices/accounts/write --action-group ACTION_GROUP_ID";

/// Returns the diagnostic settings of the account. The ID of a setting names the account; without one, the envelope does.
fn settings<'a>(sight: &'a Sight<'_>) -> Vec<&'a DiagnosticSetting> {
    let is_own = |setting: &&DiagnosticSetting| match setting.id.as_ref().filter(|id| id.after("accounts").is_some()) {
        Some(id) => sight.is_own(id.parent().and_then(|provider| provider.parent()).as_ref()),
        None => sight.is_own(setting.of.as_ref()),
    };
    sight.view.diagnostics.iter().filter(is_own).collect()
}

fn has(names: &[String], wanted: &str) -> bool {
    names.iter().any(|name| name.eq_ignore_ascii_case(wanted))
}

fn has_audit(setting: &DiagnosticSetting) -> bool {
    let groups = &setting.category_groups;
    has(&setting.categories, "Audit") || has(groups, "audit") || has(groups, "allLogs")
}

fn has_requests(setting: &DiagnosticSetting) -> bool {
    has(&setting.categories, "RequestResponse") || has(&setting.category_groups, "allLogs")
}

/// Returns the outcome where no object decides: absent objects are none only if the list is known and complete.
fn absent(sight: &Sight<'_>, kind: DocumentKind, is_known: bool, observed: &str) -> Seen {
    if sight.has_more(kind) {
        return Seen::unfinished(kind);
    }
    if is_known { Seen::not_met(observed) } else { Seen::without(kind) }
}

fn resource_logs(sight: &Sight<'_>) -> Seen {
    const KIND: DocumentKind = DocumentKind::DiagnosticSetting;
    let own = settings(sight);
    let is_complete = |setting: &&&DiagnosticSetting| has_audit(setting) && has_requests(setting);
    if own.iter().any(|setting| is_complete(&setting) && setting.has_destination) {
        return Seen::met("a diagnostic setting sends audit and request logs");
    }
    let observed = if own.is_empty() {
        "the account has no diagnostic setting".to_owned()
    } else if own.iter().any(|setting| is_complete(&setting)) {
        "no diagnostic setting with audit and request logs has a destination".to_owned()
    } else {
        format!("no diagnostic setting sends both audit and request logs; the account has {}", own.len())
    };
    absent(sight, KIND, !own.is_empty() || sight.lists(KIND), &observed)
}

fn audit_logs(sight: &Sight<'_>) -> Seen {
    const KIND: DocumentKind = DocumentKind::DiagnosticSetting;
    let own = settings(sight);
    if own.iter().any(|setting| has_audit(setting)) {
        return Seen::met("a diagnostic setting enables audit logs");
    }
    let observed = if own.is_empty() {
        "the account has no diagnostic setting".to_owned()
    } else {
        format!("no diagnostic setting enables audit logs; the account has {}", own.len())
    };
    absent(sight, KIND, !own.is_empty() || sight.lists(KIND), &observed)
}

fn metric_alerts(sight: &Sight<'_>) -> Seen {
    const KIND: DocumentKind = DocumentKind::MetricAlert;
    let alerts = &sight.view.metric_alerts;
    let own: Vec<&MetricAlert> =
        alerts.iter().filter(|alert| alert.scopes.iter().any(|scope| sight.is_covered_by(scope))).collect();
    let enabled = own.iter().filter(|alert| alert.is_enabled).count();
    if enabled > 0 {
        return Seen::met(format!("{} on", counted(enabled, "metric alert")));
    }
    let is_known =
        !own.is_empty() || sight.lists(KIND) || alerts.iter().any(|alert| sight.is_in_group(alert.id.as_ref()));
    let observed =
        if own.is_empty() { "no metric alert watches the account" } else { "every metric alert of the account is off" };
    absent(sight, KIND, is_known, observed)
}

/// Whether an alert fires for an operation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Covers {
    No,
    /// A condition cannot be judged.
    Unknown,
    Yes,
}

const REGENERATE: &str = "Microsoft.CognitiveServices/accounts/regenerateKey/action";
const WRITE: &str = "Microsoft.CognitiveServices/accounts/write";

fn activity_alerts(sight: &Sight<'_>) -> Seen {
    const KIND: DocumentKind = DocumentKind::ActivityLogAlert;
    let alerts = &sight.view.activity_alerts;
    let is_own = |alert: &&ActivityLogAlert| alert.scopes.iter().any(|scope| sight.is_covered_by(scope));
    let own: Vec<&ActivityLogAlert> = alerts.iter().filter(is_own).collect();
    let best = |operation: &str| {
        let enabled = own.iter().filter(|alert| alert.is_enabled);
        enabled.map(|alert| covers(alert, operation, sight)).max().unwrap_or(Covers::No)
    };
    let (regenerate, write) = (best(REGENERATE), best(WRITE));
    if regenerate.min(write) == Covers::Yes {
        return Seen::met("activity-log alerts cover new keys and changes of the account");
    }
    let is_known =
        !own.is_empty() || sight.lists(KIND) || alerts.iter().any(|alert| sight.is_in_group(alert.id.as_ref()));
    if regenerate.min(write) == Covers::Unknown {
        let text = "an activity-log alert has a condition that cannot be judged";
        return Seen::not_visible(text, "an alert without further conditions");
    }
    let (observed, commands): (&str, &'static [&'static str]) = match (regenerate, write) {
        (Covers::No, Covers::No) if own.is_empty() => {
            ("no activity-log alert watches the account", &[REGENERATE_ALERT, WRITE_ALERT])
        }
        (Covers::No, Covers::No) => {
            ("no activity-log alert covers new keys or changes of the account", &[REGENERATE_ALERT, WRITE_ALERT])
        }
        (Covers::No, _) => ("no activity-log alert covers new keys", &[REGENERATE_ALERT]),
        _ => ("no activity-log alert covers changes of the account", &[WRITE_ALERT]),
    };
    absent(sight, KIND, is_known, observed).with_commands(commands)
}

/// All conditions of an alert must hold.
fn covers(alert: &ActivityLogAlert, operation: &str, sight: &Sight<'_>) -> Covers {
    let conditions = alert.conditions.iter();
    // An alert without a condition that was read cannot be judged.
    conditions.map(|condition| holds(condition, operation, sight)).min().unwrap_or(Covers::Unknown)
}

/// Returns whether a condition holds for an operation on the account. One of its values must occur.
fn holds(condition: &AlertCondition, operation: &str, sight: &Sight<'_>) -> Covers {
    let any = |wanted: &str| {
        if has(&condition.values, wanted) {
            Covers::Yes
        } else if condition.values.is_empty() {
            Covers::Unknown
        } else {
            Covers::No
        }
    };
    let id = sight.id.map(ArmId::as_str).unwrap_or_default();
    match condition.field.to_ascii_lowercase().as_str() {
        "category" => any("Administrative"),
        "operationname" => any(operation),
        "resourceid" => any(id),
        "resourcegroup" | "resourcegroupname" => any(sight.id.and_then(ArmId::group).unwrap_or_default()),
        "subscriptionid" => any(sight.id.and_then(ArmId::subscription).unwrap_or_default()),
        "resourceprovider" | "resourceprovidername" => any("Microsoft.CognitiveServices"),
        "resourcetype" => any("Microsoft.CognitiveServices/accounts"),
        "status" => any("Succeeded").max(any("Started")),
        // A caller, a level or another property limits the alert to some of the events.
        _ => Covers::Unknown,
    }
}
