//! Compliance and governance: policies, tags, reviews and rules.

use super::sight::{Seen, Sight, counted};
use super::{CheckGroup, DocumentKind, Recommendation};
use crate::azure::governance::PolicyState;
use crate::resolve::quoted::QuotedValue;

pub(super) const ROWS: &[Recommendation] = &[
    Recommendation {
        id: "GOV1",
        title: "Assign Azure policies",
        group: CheckGroup::Governance,
        evidence: Some(DocumentKind::PolicyState),
        remedy: "Assign the built-in policies on network access and key access, and bring the account into compliance.",
        notes: &[],
        see: "https://learn.microsoft.com/security/benchmark/azure/baselines/cognitive-services-security-baseline",
        commands: &[
            "az policy assignment create -n restrict-network-access --policy 037eea7a-bd0a-46c5-9a66-03aea78705d3 --scope {ID}",
            "az policy assignment create -n disable-key-access --policy 71ef260a-8f18-47b7-abcb-62d0673d94dc --scope {ID}",
        ],
        seen: policies,
    },
    Recommendation {
        id: "GOV2",
        title: "Tag the account",
        group: CheckGroup::Governance,
        evidence: Some(DocumentKind::Account),
        remedy: "Add tags for the owner, the environment and the classification of the data.",
        notes: &[],
        see: "https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources",
        commands: &["az tag update --resource-id {ID} --operation merge --tags KEY=VALUE"],
        seen: tags,
    },
    Recommendation {
        id: "GOV3",
        title: "Review access regularly",
        group: CheckGroup::Governance,
        evidence: None,
        remedy: "Schedule a review of the role assignments, and remove those that nobody needs.",
        notes: &[],
        see: "https://learn.microsoft.com/azure/active-directory/governance/access-reviews-overview",
        commands: &[],
        seen: |_| Seen::not_visible("no document shows reviews of access", "your record of access reviews"),
    },
    Recommendation {
        id: "GOV4",
        title: "Write down rules for data governance",
        group: CheckGroup::Governance,
        evidence: None,
        remedy: "Write down how long audio and transcripts are kept, who consents, and how they are deleted.",
        notes: &[],
        see: "https://learn.microsoft.com/security/benchmark/azure/baselines/cognitive-services-security-baseline#data-protection",
        commands: &[],
        seen: |_| Seen::not_visible("no document shows rules for data governance", "your rules for data governance"),
    },
];

/// The states of this account alone decide.
fn policies(sight: &Sight<'_>) -> Seen {
    const KIND: DocumentKind = DocumentKind::PolicyState;
    let own: Vec<&PolicyState> = sight.view.policies.iter().filter(|state| sight.is_own(state.of.as_ref())).collect();
    let is = |state: &PolicyState, name: &str| state.compliance.eq_ignore_ascii_case(name);
    let failed = own.iter().filter(|state| is(state, "NonCompliant")).count();
    if failed > 0 {
        return Seen::not_met(format!("not compliant with {failed} of {}", counted(own.len(), "policy assignment")));
    }
    if let Some(state) = own.iter().find(|state| !is(state, "Compliant")) {
        let text =
            format!("a policy is in state {}, which is neither compliant nor not", QuotedValue::new(&state.compliance));
        return Seen::not_visible(text, "policy states after the next evaluation");
    }
    if sight.has_more(KIND) {
        return Seen::unfinished(KIND);
    }
    match own.len() {
        0 if sight.lists(KIND) => Seen::not_met("no policy is assigned to the account"),
        0 => Seen::without(KIND),
        count => Seen::met(format!("compliant with {}", counted(count, "policy assignment"))),
    }
}

fn tags(sight: &Sight<'_>) -> Seen {
    match sight.account.tags {
        0 if !sight.account.has_properties => Seen::no_properties(),
        0 => Seen::not_met("the account has no tags"),
        count => Seen::met(counted(count, "tag")),
    }
}
