//! Failures of the resource's network policy and of its quota.

use super::{Area, KnownFailure, Severity};

/// In the order of the catalogue.
pub(super) const FAILURES: &[KnownFailure] = &[
    KnownFailure {
        id: "POL01",
        area: Area::Policy,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "public access to the resource is disabled",
        observed: "403 that says public access is disabled",
        cause: "public network access is disabled, and the call came by a public way",
        tell_apart: "the class of the address is public",
        remedy: "come through the private endpoint: make `NAME.cognitiveservices.azure.com` resolve to its \
            private address (DNS03)",
        commands: &[
            "az cognitiveservices account show -n NAME -g GROUP --query properties.publicNetworkAccess -o tsv",
            "az network private-dns link vnet create -g GROUP -z privatelink.cognitiveservices.azure.com -n \
                speech -v VNET -e false",
        ],
        evidence: "the class of the address, the code in the body",
        see: Some("https://learn.microsoft.com/azure/ai-foundry/how-to/troubleshoot-secure-connection-project"),
    },
    KnownFailure {
        id: "POL02",
        area: Area::Policy,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the caller's address is not allowed",
        observed: "403 that names network or firewall rules",
        cause: "the address of the caller is not in the allowed list",
        tell_apart: "compare the public address that calls leave from with the rules",
        remedy: "add the public address ADDRESS, or the subnet, to the network rules of the resource",
        commands: &[
            "az cognitiveservices account network-rule list -n NAME -g GROUP",
            "az cognitiveservices account network-rule add -n NAME -g GROUP --ip-address ADDRESS",
        ],
        evidence: "the public address that calls leave from, where it is known",
        see: Some("https://github.com/Azure-Samples/cognitive-services-speech-sdk/issues/1103"),
    },
    KnownFailure {
        id: "POL03",
        area: Area::Policy,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the virtual network is not allowed on the resource",
        observed: "403 from a subnet that has the service endpoint `Microsoft.CognitiveServices`",
        cause: "the service endpoint is on, and the resource does not allow the VNet; every such resource is \
            affected in that subnet",
        tell_apart: "the address is public, and the source is a VNet",
        remedy: "allow the subnet on the resource, or remove the service endpoint `Microsoft.CognitiveServices` \
            from the subnet",
        commands: &[
            "az cognitiveservices account network-rule add -n NAME -g GROUP --vnet-name VNET --subnet SUBNET",
            "az network vnet subnet show -g GROUP --vnet-name VNET -n SUBNET --query \"serviceEndpoints[].service\"",
        ],
        evidence: "facts about the subnet",
        see: Some("https://learn.microsoft.com/azure/ai-services/speech-service/speech-service-vnet-service-endpoint"),
    },
    KnownFailure {
        id: "POL04",
        area: Area::Policy,
        severity: Severity::Error,
        severity_when: None,
        is_core: false,
        title: "the private endpoint is not approved, or is elsewhere",
        observed: "a private endpoint exists, and the chain stays public or the answer is 403",
        cause: "its connection is pending or rejected, or it is in another VNet",
        tell_apart: "the state of the connection, where Azure may be asked",
        remedy: "approve the connection, or create the private endpoint anew in this VNet",
        commands: &[
            "az network private-endpoint-connection list --id RESOURCE_ID",
            "az network private-endpoint-connection approve --id CONNECTION_ID --description speech",
        ],
        evidence: "the state of the connection",
        see: Some("https://learn.microsoft.com/azure/ai-services/speech-service/speech-services-private-link"),
    },
    KnownFailure {
        id: "POL05",
        area: Area::Policy,
        severity: Severity::Error,
        severity_when: None,
        is_core: false,
        title: "the private endpoint belongs to another resource",
        observed: "a private address is reached and TLS is fine, but a valid key gets 401, 403 or 404",
        cause: "the private endpoint is that of another resource",
        tell_apart: "the custom domain of that resource; the resource that an issued token names",
        remedy: "point the record of NAME in `privatelink.cognitiveservices.azure.com` at the private endpoint of \
            this resource",
        commands: &["az network private-endpoint show -g GROUP -n ENDPOINT --query \
                \"privateLinkServiceConnections[].privateLinkServiceId\" -o tsv"],
        evidence: "the resource that the token names",
        see: None,
    },
    KnownFailure {
        id: "QUO01",
        area: Area::Quota,
        severity: Severity::Warning,
        severity_when: None,
        is_core: true,
        title: "there are more requests than the tier allows",
        observed: "429 on an upgrade or a REST call, with `Retry-After`",
        cause: "the requests exceed a limit of the tier",
        tell_apart: "repeat it slowly",
        remedy: "wait as long as `Retry-After` says, share connections in a pool, or have the limit raised",
        commands: &["az cognitiveservices account list-usage -n NAME -g GROUP"],
        evidence: "the text of the limit, `Retry-After`",
        see: Some("https://github.com/kxxt/aspeak/issues/56"),
    },
    KnownFailure {
        id: "QUO02",
        area: Area::Quota,
        severity: Severity::Error,
        severity_when: None,
        is_core: false,
        title: "the quota is used up",
        observed: "closed with 4429 or with 1007 `Quota exceeded`, or 403 that names the quota",
        cause: "the concurrent requests, or what is free in a month, are used up",
        tell_apart: "the text; the tier in an issued token",
        remedy: "change the tier to S0, or wait for the next month; where it is too many requests at once, close idle \
            connections or have the limit raised",
        commands: &[
            "az cognitiveservices account show -n NAME -g GROUP --query sku.name -o tsv",
            "az cognitiveservices account update -n NAME -g GROUP --sku S0",
        ],
        evidence: "the code, the tier",
        see: Some("https://github.com/Azure-Samples/cognitive-services-speech-sdk/issues/2305"),
    },
];
