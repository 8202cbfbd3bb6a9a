//! Failures of name resolution.

use super::{Area, KnownFailure, Severity};

/// In the order of the catalogue.
pub(super) const FAILURES: &[KnownFailure] = &[
    KnownFailure {
        id: "DNS01",
        area: Area::Dns,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the name does not exist",
        observed: "NXDOMAIN; Node says `ENOTFOUND`, Windows 11001",
        cause: "the name is wrong (CFG01, CFG02) or not created yet, or a private zone lacks its record (DNS04)",
        tell_apart: "ask whether the parent zone answers, and what a second resolver says",
        remedy: "correct the region or the custom domain; where the name is right, add its record to the zone \
            that denies it",
        commands: &[
            "az cognitiveservices account show -n NAME -g GROUP --query properties.endpoint -o tsv",
            "nslookup HOST. RESOLVER",
        ],
        evidence: "the whole name with its trailing dot, the resolver, the response code, the owner of the SOA record",
        see: Some("https://github.com/Azure-Samples/cognitive-services-speech-sdk/issues/1376"),
    },
    KnownFailure {
        id: "DNS02",
        area: Area::Dns,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the resolver fails, refuses or stays silent",
        observed: "SERVFAIL, REFUSED or no answer in time; `EAI_AGAIN`",
        cause: "the resolver is down, its forwarders form a loop, or port 53 is blocked",
        tell_apart: "ask every configured server, by UDP and then by TCP",
        remedy: "repair or replace SERVER: start it, break the loop of its forwarders, or open port 53 to it, UDP \
            and TCP",
        commands: &["dig @SERVER HOST.", "dig +tcp @SERVER HOST."],
        evidence: "response code and time of each server",
        see: Some("https://github.com/deepgram/deepgram-js-sdk/issues/493"),
    },
    KnownFailure {
        id: "DNS03",
        area: Area::Dns,
        severity: Severity::Error,
        severity_when: Some("only where a private address is expected"),
        is_core: true,
        title: "the private name resolves to a public address",
        observed: "the alias chain passes `NAME.privatelink.cognitiveservices.azure.com` and ends in a public \
            address, by way of `REGION.prod.vnet.cog.trafficmanager.net` and \
            `vnetproxyv1-*.REGION.cloudapp.azure.com` (fingerprint B)",
        cause: "the private zone is not linked to this network, or its DNS server does not forward to \
            168.63.129.16 or to a private resolver",
        tell_apart: "fingerprint B, which is as it should be where only a VNet service endpoint is used; other clouds \
            have the same names under their own suffix, such as `azure.us`",
        remedy: "link the zone `privatelink.cognitiveservices.azure.com` to this virtual network; with a DNS \
            server of your own, forward `cognitiveservices.azure.com` to 168.63.129.16, or from outside Azure to a \
            resolver inside the virtual network",
        commands: &[
            "az network private-dns link vnet create -g GROUP -z privatelink.cognitiveservices.azure.com -n \
                speech -v VNET -e false",
            "Add-DnsServerConditionalForwarderZone -Name cognitiveservices.azure.com -MasterServers 168.63.129.16",
        ],
        evidence: "the whole chain, the class of its address, the resolver that gave it",
        see: Some("https://learn.microsoft.com/azure/ai-services/speech-service/speech-services-private-link"),
    },
    KnownFailure {
        id: "DNS04",
        area: Area::Dns,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the private zone has no record for the name",
        observed: "the alias chain reaches `NAME.privatelink.cognitiveservices.azure.com`, which does not exist \
            (NXDOMAIN, fingerprint D)",
        cause: "the zone is linked and the record is missing, as without a zone group; or the private endpoint is \
            another party's, and the zone of this network hides the public answer",
        tell_apart: "a public resolver gives fingerprint B where this one gives NXDOMAIN",
        remedy: "add a zone group to the private endpoint, or the A record to \
            `privatelink.cognitiveservices.azure.com`; for another party's resource, let the zone link fall back to \
            the internet",
        commands: &[
            "az network private-endpoint dns-zone-group create -g GROUP --endpoint-name ENDPOINT -n default \
                --zone-name speech --private-dns-zone privatelink.cognitiveservices.azure.com",
            "az network private-dns record-set a add-record -g GROUP -z privatelink.cognitiveservices.azure.com \
                -n NAME -a ADDRESS",
            "az network private-dns link vnet update -g GROUP -z privatelink.cognitiveservices.azure.com -n LINK \
                --resolution-policy NxDomainRedirect",
        ],
        evidence: "both chains, the SOA record of the private zone",
        see: Some("https://github.com/Azure/ResourceModules/issues/1982"),
    },
    KnownFailure {
        id: "DNS05",
        area: Area::Dns,
        severity: Severity::Warning,
        severity_when: Some("an error where a private address is expected"),
        is_core: true,
        title: "the custom domain has no private endpoint behind it",
        observed: "no step of the chain has `privatelink`: NAME leads to `REGION.api.cognitive.microsoft.com` and \
            a traffic manager (fingerprint C)",
        cause: "the resource has a custom domain, but neither a private endpoint nor an allowed VNet; it never \
            had, or they were deleted",
        tell_apart: "fingerprint C, from which the region can be read",
        remedy: "create the private endpoint, with the sub-resource `account`; or, where a public address \
            is meant, expect one",
        commands: &[
            "az network private-endpoint create -g GROUP -n speech --vnet-name VNET --subnet SUBNET --group-id \
                account --private-connection-resource-id RESOURCE_ID --connection-name speech",
        ],
        evidence: "the chain, the region inferred from it",
        see: Some("https://learn.microsoft.com/azure/ai-services/speech-service/speech-services-private-link"),
    },
    KnownFailure {
        id: "DNS06",
        area: Area::Dns,
        severity: Severity::Error,
        severity_when: None,
        is_core: false,
        title: "the private record points to a former endpoint",
        observed: "the address is private, and TCP to it times out",
        cause: "the record is left over from a private endpoint that was deleted or created anew",
        tell_apart: "compare it with the address of the endpoint's network interface, where Azure may be asked",
        remedy: "refresh the record of NAME in `privatelink.cognitiveservices.azure.com`, or create the zone \
            group anew",
        commands: &[
            "az network private-endpoint show -g GROUP -n ENDPOINT --query customDnsConfigs",
            "az network private-dns record-set a show -g GROUP -z privatelink.cognitiveservices.azure.com -n NAME",
        ],
        evidence: "the address, and how TCP ended",
        see: None,
    },
    KnownFailure {
        id: "DNS07",
        area: Area::Dns,
        severity: Severity::Warning,
        severity_when: None,
        is_core: true,
        title: "the system resolver and the DNS server disagree",
        observed: "a lookup through the system and a direct query give different answers",
        cause: "a hosts file, a name policy of a VPN, musl beside glibc, a local cache, or the resolver inside Docker",
        tell_apart: "do both and compare",
        remedy: "correct the one that is wrong: remove the line of HOST from the hosts file, flush the cache, or \
            change the name policy",
        commands: &["getent ahosts HOST", "dig HOST."],
        evidence: "each answer with the way it came by",
        see: Some("https://github.com/felddy/foundryvtt-docker/issues/276"),
    },
    KnownFailure {
        id: "DNS08",
        area: Area::Dns,
        severity: Severity::Warning,
        severity_when: None,
        is_core: true,
        title: "search domains multiply or capture the lookups",
        observed: "with a search list and `ndots` of 4 or more a lookup sends three to five extra queries, or a \
            search domain with a wildcard answers first",
        cause: "what Kubernetes sets for resolvers",
        tell_apart: "look the name up with and without a trailing dot, and compare",
        remedy: "lower `ndots` in the pod's `dnsConfig`, or write HOST with a trailing dot",
        commands: &[
            "cat /etc/resolv.conf",
            "kubectl patch deployment DEPLOYMENT -p \
                '{\"spec\":{\"template\":{\"spec\":{\"dnsConfig\":{\"options\":[{\"name\":\"ndots\",\"value\":\"1\"}]}}}}}'",
        ],
        evidence: "search list and `ndots` of `/etc/resolv.conf`, the number of queries, the times",
        see: Some("https://github.com/kubernetes/kubernetes/issues/64924"),
    },
    KnownFailure {
        id: "DNS09",
        area: Area::Dns,
        severity: Severity::Error,
        severity_when: Some("only where a private address is expected"),
        is_core: true,
        title: "the configured DNS servers give different answers",
        observed: "one server gives a private address and another a public one, or none",
        cause: "servers that see the private zone are mixed with public ones, and the resolver picks any of them",
        tell_apart: "ask each server",
        remedy: "leave only servers that see `privatelink.cognitiveservices.azure.com` in the list of this network",
        commands: &[
            "for s in $(awk '/^nameserver/ {print $2}' /etc/resolv.conf); do echo \"$s\"; dig +short @\"$s\" \
                HOST.; done",
            "az network vnet update -g GROUP -n VNET --dns-servers SERVER",
        ],
        evidence: "a table of servers and answers",
        see: Some("https://github.com/Azure/AKS/issues/808"),
    },
    KnownFailure {
        id: "DNS10",
        area: Area::Dns,
        severity: Severity::Warning,
        severity_when: None,
        is_core: true,
        title: "the first lookup takes five seconds or more",
        observed: "the first lookup takes about 5 or 10 seconds, the following ones are fast",
        cause: "a UDP query is lost (a race in connection tracking), or the first server of the list is dead",
        tell_apart: "time several lookups, and look for steps of 5 seconds",
        remedy: "run a DNS cache on the node, set the resolver option `single-request-reopen`, or take the dead \
            server off the list",
        commands: &[
            "for i in 1 2 3 4 5; do dig HOST. | grep 'Query time'; done",
            "kubectl patch deployment DEPLOYMENT -p \
                '{\"spec\":{\"template\":{\"spec\":{\"dnsConfig\":{\"options\":[{\"name\":\"single-request-reopen\"}]}}}}}'",
        ],
        evidence: "the distribution of the lookup times",
        see: Some("https://github.com/Azure/AKS/issues/632"),
    },
    KnownFailure {
        id: "DNS11",
        area: Area::Dns,
        severity: Severity::Error,
        severity_when: None,
        is_core: false,
        title: "the network has IPv6 only, without a way to IPv4",
        observed: "only AAAA records can be used on this host, or they are synthesised",
        cause: "an IPv6-only network without NAT64 and DNS64",
        tell_apart: "there is an A record, and no route for IPv4",
        remedy: "enable NAT64 and DNS64 in this network, or give this host IPv4",
        commands: &["ip -4 route", "getent ahostsv6 ipv4only.arpa"],
        evidence: "the address families of the answers, the routes",
        see: Some("https://github.com/microsoft/cognitive-services-speech-sdk-go/issues/119"),
    },
    KnownFailure {
        id: "DNS12",
        area: Area::Dns,
        severity: Severity::Error,
        severity_when: Some("only for hosts that are needed"),
        is_core: true,
        title: "a companion host does not resolve",
        observed: "the speech host resolves, and a host that is needed beside it does not: \
            `login.microsoftonline.com`, `REGION.api.cognitive.microsoft.com`, or `tts` where `stt` does",
        cause: "an allow-list or a DNS filter knows only some of the hosts",
        tell_apart: "resolve every host of the plan",
        remedy: "add the hosts that `allowlist` prints to the allow-list of the DNS filter",
        commands: &[
            "speech-endpoint allowlist --region REGION",
            "speech-endpoint allowlist --custom-domain NAME --entra",
        ],
        evidence: "a table of hosts and answers",
        see: Some("https://github.com/Azure-Samples/cognitive-services-speech-sdk/issues/227"),
    },
    KnownFailure {
        id: "DNS13",
        area: Area::Dns,
        severity: Severity::Error,
        severity_when: None,
        is_core: false,
        title: "a DNS filter answers in place of the zone",
        observed: "the public name resolves to 0.0.0.0, 127.0.0.1, a sinkhole or the address of a block page",
        cause: "a product that filters DNS",
        tell_apart: "the class of the address, and a chain without any host of Microsoft",
        remedy: "have HOST exempted from the DNS filter",
        commands: &["dig HOST."],
        evidence: "the answer, its TTL, the resolver",
        see: None,
    },
];
