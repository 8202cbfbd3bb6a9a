//! Data protection: encryption, storage and outbound limits.

use super::sight::{Seen, Sight, counted};
use super::{CheckGroup, DocumentKind, Recommendation};

pub(super) const ROWS: &[Recommendation] = &[
    Recommendation {
        id: "DATA1",
        title: "Encrypt data at rest with a customer-managed key",
        group: CheckGroup::Data,
        evidence: Some(DocumentKind::Account),
        remedy: "Create a key in a Key Vault that the identity of the account may use, then select it.",
        notes: &[],
        see: "https://learn.microsoft.com/azure/ai-services/speech-service/speech-encryption-of-data-at-rest",
        commands: &[
            "az cognitiveservices account update -g {RG} -n {N} --encryption '{\"keySource\":\"Microsoft.KeyVault\",\"keyVaultProperties\":{\"keyName\":\"KEY\",\"keyVersion\":\"VERSION\",\"keyVaultUri\":\"https://VAULT.vault.azure.net/\"}}'",
        ],
        seen: customer_key,
    },
    Recommendation {
        id: "DATA2",
        title: "Keep audio, logs and models in your storage",
        group: CheckGroup::Data,
        evidence: Some(DocumentKind::Account),
        remedy: "Create a new account with your storage: an existing account cannot change to it.",
        notes: &[],
        see: "https://learn.microsoft.com/azure/ai-services/speech-service/speech-encryption-of-data-at-rest#bring-your-own-storage-byos",
        commands: &[
            "az cognitiveservices account create -g {RG} -n NEW_NAME -l {REGION} --kind {KIND} --sku {SKU} --custom-domain NEW_NAME --storage '[{\"resourceId\":\"STORAGE_ID\"}]' --assign-identity",
        ],
        seen: own_storage,
    },
    Recommendation {
        id: "DATA3",
        title: "Encrypt data in transit with TLS 1.2 or newer",
        group: CheckGroup::Data,
        evidence: None,
        remedy: "Enable TLS 1.2 or 1.3 in clients and middleboxes. The service rejects older versions.",
        notes: &[],
        see: "https://learn.microsoft.com/azure/ai-services/security-features",
        commands: &[],
        seen: |_| {
            Seen::not_visible(
                "no document shows the TLS versions that are accepted",
                "connections from the client (`doctor`)",
            )
        },
    },
    Recommendation {
        id: "DATA4",
        title: "Limit the hosts that the service may call",
        group: CheckGroup::Data,
        evidence: Some(DocumentKind::Account),
        remedy: "Turn on the outbound restriction and list the hosts that the service may call. An empty list allows nothing.",
        notes: &[],
        see: "https://learn.microsoft.com/azure/ai-services/cognitive-services-data-loss-prevention",
        commands: &[
            "az rest --method patch --url \"{ID}?api-version=2025-06-01\" --body '{\"properties\":{\"restrictOutboundNetworkAccess\":true,\"allowedFqdnList\":[\"HOST\"]}}'",
        ],
        seen: outbound,
    },
];

fn customer_key(sight: &Sight<'_>) -> Seen {
    let key = &sight.account.customer_key;
    match (key.known(), key.unknown()) {
        (Some(true), _) => Seen::met("data is encrypted with a key in Key Vault"),
        (None, Some(value)) => Seen::unknown("encryption.keySource", Some(value)),
        (None, None) if !sight.account.has_properties => Seen::no_properties(),
        _ => Seen::not_met("data is encrypted with a key that Microsoft manages"),
    }
}

fn own_storage(sight: &Sight<'_>) -> Seen {
    match sight.account.own_storage {
        _ if sight.is_mistyped("userOwnedStorage") => Seen::unknown("userOwnedStorage", None),
        0 if !sight.account.has_properties => Seen::no_properties(),
        0 => Seen::not_met("the account has no storage of yours (`userOwnedStorage`)"),
        count => Seen::met(format!("{} of yours", counted(count, "storage account"))),
    }
}

fn outbound(sight: &Sight<'_>) -> Seen {
    let restricts = &sight.account.restricts_outbound;
    let hosts = sight.account.allowed_fqdns.len();
    match (restricts.known(), restricts.unknown()) {
        (Some(true), _) if sight.is_mistyped("allowedFqdnList") => Seen::met("the outbound restriction is on"),
        (Some(true), _) if hosts == 0 => Seen::met("the service may call no host"),
        (Some(true), _) => Seen::met(format!("the service may call {} only", counted(hosts, "host"))),
        (None, Some(value)) => Seen::unknown("restrictOutboundNetworkAccess", Some(value)),
        (None, None) if !sight.account.has_properties => Seen::no_properties(),
        _ if hosts > 0 => Seen::not_met(format!("{} listed, but the restriction is off", counted(hosts, "host")))
            .with_commands(&["az resource update --ids {ID} --set properties.restrictOutboundNetworkAccess=true"]),
        _ => Seen::not_met("the service may call any host"),
    }
}
