//! Identity and access: Entra tokens, roles, the managed identity and the keys.

use super::roles::roles;
use super::sight::{Seen, Sight};
use super::{CheckGroup, DocumentKind, Recommendation};

pub(super) const ROWS: &[Recommendation] = &[
    Recommendation {
        id: "ID1",
        title: "Use Entra tokens instead of keys",
        group: CheckGroup::Identity,
        evidence: Some(DocumentKind::Account),
        remedy: "Move every client to Entra tokens, which need a custom domain, then disable the keys.",
        notes: &[],
        see: "https://learn.microsoft.com/azure/ai-services/speech-service/how-to-configure-azure-ad-auth",
        commands: &["az resource update --ids {ID} --set properties.disableLocalAuth=true"],
        seen: entra,
    },
    Recommendation {
        id: "ID2",
        title: "Assign roles with the least privilege",
        group: CheckGroup::Identity,
        evidence: Some(DocumentKind::RoleAssignment),
        remedy: "Assign Cognitive Services Speech User to each client, or Speech Contributor where it manages models. Remove broader roles.",
        notes: &[],
        see: "https://learn.microsoft.com/azure/ai-services/speech-service/how-to-configure-azure-ad-auth#assign-roles",
        commands: &[
            "az role assignment create --assignee-object-id OID --assignee-principal-type ServicePrincipal --role \"Cognitive Services Speech User\" --scope {ID}",
            "az role assignment delete --ids {ASSIGNMENT_ID}",
        ],
        seen: roles,
    },
    Recommendation {
        id: "ID3",
        title: "Give the account a managed identity",
        group: CheckGroup::Identity,
        evidence: Some(DocumentKind::Account),
        remedy: "Assign a managed identity to the account. The doctor checks the identity of a client.",
        notes: &[],
        see: "https://learn.microsoft.com/security/benchmark/azure/baselines/cognitive-services-security-baseline#identity-management",
        commands: &["az cognitiveservices account identity assign -g {RG} -n {N}"],
        seen: identity,
    },
    Recommendation {
        id: "ID4",
        title: "Rotate the keys regularly",
        group: CheckGroup::Identity,
        evidence: None,
        remedy: "Give clients both keys, regenerate the first, move the clients, then regenerate the second.",
        notes: &[],
        see: "https://learn.microsoft.com/azure/ai-services/authentication#regenerate-keys",
        commands: &[],
        seen: rotation,
    },
];

fn entra(sight: &Sight<'_>) -> Seen {
    let disabled = &sight.account.key_auth_disabled;
    match (disabled.known(), disabled.unknown()) {
        (Some(true), _) => Seen::met("keys are disabled (`disableLocalAuth`)"),
        (Some(false), _) => Seen::not_met("keys are accepted (`disableLocalAuth` is `false`)"),
        (None, Some(value)) => Seen::unknown("disableLocalAuth", Some(value)),
        (None, None) if !sight.account.has_properties => Seen::no_properties(),
        (None, None) => Seen::not_met("keys are accepted (`disableLocalAuth` is not set)"),
    }
}

fn identity(sight: &Sight<'_>) -> Seen {
    let identity = &sight.account.identity;
    match (identity.known(), identity.unknown()) {
        (Some(true), _) => Seen::met("the account has a managed identity"),
        (None, Some(value)) => Seen::unknown("identity.type", Some(value)),
        (None, None) if !sight.account.has_properties => Seen::no_properties(),
        _ => Seen::not_met("the account has no managed identity"),
    }
}

fn rotation(sight: &Sight<'_>) -> Seen {
    if sight.account.key_auth_disabled.known() == Some(&true) {
        return Seen::not_applicable("keys are disabled");
    }
    Seen::not_visible(
        "no document shows the age of the keys",
        "activity log of `regenerateKey`, and whether clients have both keys",
    )
    .with_commands(&[
        "az monitor activity-log list --resource-id {ID} --offset 90d --query \"[?operationName.value=='Microsoft.CognitiveServices/accounts/regenerateKey/action'].eventTimestamp\"",
        "az cognitiveservices account keys regenerate -g {RG} -n {N} --key-name Key1",
    ])
}
