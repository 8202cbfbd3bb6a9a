//! Failures of the resource's network policy and of its quota.

use super::{Area, KnownFailure, Severity};

/// Reads the service endpoints of a subnet, which decides between POL02 and POL03.
pub(crate) const READ_THE_SUBNET: &str =
    "az network vnet subnet show --ids SUBNET_ID --query \"serviceEndpoints[].service\" -o tsv";

/// The entries in catalogue order.
pub(super) const FAILURES: &[KnownFailure] = &[
    KnownFailure {
        id: "POL01",
        area: Area::Policy,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "public access to the resource is disabled",
        observed: "403 with a message that public access is disabled",
        cause: "public network access is disabled, and the call used the public endpoint",
        tell_apart: "the address class is public",
        remedy: "connect through the private endpoint: make `NAME.cognitiveservices.azure.com` resolve to its private \
            address (DNS03)",
        commands: &[
            "az cognitiveservices account show -n NAME -g GROUP --query properties.publicNetworkAccess -o tsv",
            "az network private-dns link vnet create -g GROUP -z privatelink.cognitiveservices.azure.com -n \
                speech -v VNET -e false",
        ],
        evidence: "the address class, the code in the body",
        see: Some("https://learn.microsoft.com/azure/ai-foundry/how-to/troubleshoot-secure-connection-project"),
    },
    KnownFailure {
        id: "POL02",
        area: Area::Policy,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the caller's address is not allowed",
        observed: "403 with a message about network or firewall rules",
        cause: "the caller's public address is not in the allowed list; a machine on premises, and a subnet whose service \
            endpoint is off, come by a public address even if the resource allows the subnet",
        tell_apart: "compare the public outbound address with the rules",
        remedy: "add the public address ADDRESS, or the subnet, to the network rules of the resource",
        commands: &[
            "az cognitiveservices account network-rule list -n NAME -g GROUP",
            "az cognitiveservices account network-rule add -n NAME -g GROUP --ip-address ADDRESS",
        ],
        evidence: "the public outbound address, if it is known",
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
        cause: "the service endpoint is enabled, but the resource does not allow the VNet, or its rule is for a subnet that \
            no longer exists; this affects every such resource in that subnet",
        tell_apart: "the address is public, and the caller is in a VNet",
        remedy: "allow the subnet on the resource, or remove the service endpoint `Microsoft.CognitiveServices` \
            from the subnet",
        commands: &[
            "az cognitiveservices account network-rule add -n NAME -g GROUP --subnet SUBNET_ID",
            READ_THE_SUBNET,
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
        title: "the private endpoint is not approved or is elsewhere",
        observed: "a private endpoint exists, but the chain stays public or the response is 403",
        cause: "the connection is pending or rejected, or the private endpoint is in another VNet",
        tell_apart: "read the state of the connection, if Azure may be queried",
        remedy: "approve the connection, or recreate the private endpoint in this VNet",
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
        observed: "a private address responds and TLS succeeds, but a valid key gets 401, 403 or 404",
        cause: "the private endpoint belongs to another resource",
        tell_apart: "compare the custom domain of that resource, or the resource that an issued token names",
        remedy: "point the record of NAME in `privatelink.cognitiveservices.azure.com` at the private endpoint of \
            this resource",
        commands: &["az network private-endpoint show -g GROUP -n ENDPOINT --query \
                \"privateLinkServiceConnections[].privateLinkServiceId\" -o tsv"],
        evidence: "the resource that the token names",
        see: None,
    },
    KnownFailure {
        id: "POL06",
        area: Area::Policy,
        severity: Severity::Error,
        severity_when: None,
        is_core: false,
        title: "the resource admits a caller that it should refuse",
        observed: "a response other than a refusal of the network, where `--expect-denied` expects a refusal",
        cause: "the network rules of the resource are wider than intended, or the caller is inside an allowed network",
        tell_apart: "list the rules and compare them with the address or subnet of the caller",
        remedy: "disable public access, or limit it to the intended networks; a change takes up to 15 minutes",
        commands: &[
            "az cognitiveservices account show -n NAME -g GROUP --query \"properties.[publicNetworkAccess, networkAcls]\"",
            "az resource update --ids RESOURCE_ID --set properties.publicNetworkAccess=Disabled",
        ],
        evidence: "the response, the source address",
        see: Some("https://learn.microsoft.com/azure/ai-services/cognitive-services-virtual-networks"),
    },
    KnownFailure {
        id: "QUO01",
        area: Area::Quota,
        severity: Severity::Warning,
        severity_when: None,
        is_core: true,
        title: "the request rate exceeds the limit of the tier",
        observed: "429 on an upgrade or a REST call, with `Retry-After`",
        cause: "the requests exceed a limit of the tier",
        tell_apart: "repeat the request slowly",
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
        title: "the quota is exhausted",
        observed: "closed with 4429 or with 1007 `Quota exceeded`, or 403 with a message about the quota",
        cause: "the limit of concurrent requests, or the free monthly quota, is exhausted",
        tell_apart: "read the message, and the tier in an issued token",
        remedy: "change the tier to S0, or wait for the next month; if there are too many concurrent requests, close \
            idle connections or have the limit raised",
        commands: &[
            "az cognitiveservices account show -n NAME -g GROUP --query sku.name -o tsv",
            "az cognitiveservices account update -n NAME -g GROUP --sku S0",
        ],
        evidence: "the code, the tier",
        see: Some("https://github.com/Azure-Samples/cognitive-services-speech-sdk/issues/2305"),
    },
];
