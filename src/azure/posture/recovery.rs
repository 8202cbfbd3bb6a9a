//! Backup and recovery. No document of an account shows them.

use super::sight::Seen;
use super::{CheckGroup, Recommendation};

const PAGE: &str = "https://learn.microsoft.com/azure/ai-services/speech-service/resiliency-and-recovery-plan";

pub(super) const ROWS: &[Recommendation] = &[
    Recommendation {
        id: "DR1",
        title: "Copy custom models and voices to another region",
        group: CheckGroup::Recovery,
        evidence: None,
        remedy: "Copy each custom model and voice to an account in a second region: they are bound to their region.",
        notes: &[],
        see: PAGE,
        commands: &[],
        seen: |_| {
            Seen::not_visible(
                "no document shows the models of two regions",
                "lists of custom models and voices of both regions (Speech management API)",
            )
        },
    },
    Recommendation {
        id: "DR2",
        title: "Write down and rehearse the recovery",
        group: CheckGroup::Recovery,
        evidence: None,
        remedy: "Write down how the deployment is rebuilt, and rehearse it. The lab rehearses the part of the client.",
        notes: &[],
        see: PAGE,
        commands: &[],
        seen: |_| {
            Seen::not_visible(
                "no document shows a recovery procedure",
                "your recovery procedure and its last rehearsal",
            )
        },
    },
    Recommendation {
        id: "DR3",
        title: "Export training data and configuration",
        group: CheckGroup::Recovery,
        evidence: None,
        remedy: "Export training data, test data and configuration to storage outside the primary region.",
        notes: &[],
        see: PAGE,
        commands: &[],
        seen: |_| Seen::not_visible("no document shows exports", "your exports outside the primary region"),
    },
    Recommendation {
        id: "DR4",
        title: "Keep clients working through a regional outage",
        group: CheckGroup::Recovery,
        evidence: None,
        remedy: "Configure a second account in another region, a circuit breaker, and a reduced mode without Speech.",
        notes: &[],
        see: PAGE,
        commands: &[],
        seen: |_| {
            Seen::not_visible(
                "no document shows the failover of clients",
                "the configuration of clients, with a second account",
            )
        },
    },
];
