//! Failures of name resolution.

use super::{Area, KnownFailure, Severity};

/// The entries in catalogue order.
pub(super) const FAILURES: &[KnownFailure] = &[
    KnownFailure {
        id: "DNS01",
        area: Area::Dns,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the name does not exist",
        observed: "NXDOMAIN; Node reports `ENOTFOUND`, Windows 11001",
        cause: "the name is wrong (CFG01, CFG02) or does not exist yet, or a private zone lacks its record (DNS04)",
        tell_apart: "query the parent zone, and compare with a second resolver",
        remedy: "correct the region or the custom domain; if the name is right, add its record to the zone that \
            denies it",
        commands: &[
            "az cognitiveservices account show -n NAME -g GROUP --query properties.endpoint -o tsv",
            "nslookup HOST. RESOLVER",
        ],
        evidence: "the fully qualified name with its trailing dot, the resolver, the response code, the owner of the \
            SOA record",
        see: Some("https://github.com/Azure-Samples/cognitive-services-speech-sdk/issues/1376"),
    },
    KnownFailure {
        id: "DNS02",
        area: Area::Dns,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the DNS server has no usable answer",
        observed: "SERVFAIL, REFUSED, aliases in a circle or no response in time; `EAI_AGAIN`",
        cause: "the DNS server is down, its forwarders or its aliases form a loop, or port 53 is blocked",
        tell_apart: "query every configured server over UDP and then over TCP",
        remedy: "repair or replace SERVER: start it, break the loop of its forwarders, or open port 53 to it (UDP and \
            TCP)",
        commands: &["dig @SERVER HOST.", "dig +tcp @SERVER HOST."],
        evidence: "the response code and time of each server",
        see: Some("https://github.com/deepgram/deepgram-js-sdk/issues/493"),
    },
    KnownFailure {
        id: "DNS03",
        area: Area::Dns,
        severity: Severity::Error,
        severity_when: Some("only where a private address is expected"),
        is_core: true,
        title: "the private name resolves to a public address",
        observed: "the alias chain contains `NAME.privatelink.cognitiveservices.azure.com` and ends at a public \
            address through `REGION.prod.vnet.cog.trafficmanager.net` and `vnetproxyv1-*.REGION.cloudapp.azure.com` \
            (fingerprint B)",
        cause: "the private zone is not linked to this network, or its DNS server does not forward to 168.63.129.16 \
            or to a private resolver",
        tell_apart: "fingerprint B, which is correct if only a VNet service endpoint is used; other clouds use the \
            same names under their own suffix, for example `azure.us`",
        remedy: "link the zone `privatelink.cognitiveservices.azure.com` to this virtual network; if you run a custom \
            DNS server, forward `cognitiveservices.azure.com` to 168.63.129.16, or from outside Azure to a resolver \
            inside the virtual network",
        commands: &[
            "az network private-dns link vnet create -g GROUP -z privatelink.cognitiveservices.azure.com -n \
                speech -v VNET -e false",
            "Add-DnsServerConditionalForwarderZone -Name cognitiveservices.azure.com -MasterServers 168.63.129.16",
        ],
        evidence: "the whole chain, the class of its address, the resolver that returned it",
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
        cause: "the zone is linked but the record is missing, for example because there is no zone group; or the \
            private endpoint belongs to another party, and the zone of this network hides the public record",
        tell_apart: "a public resolver returns fingerprint B where this one returns NXDOMAIN",
        remedy: "add a zone group to the private endpoint, or add the A record to \
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
        title: "the custom domain has no private endpoint",
        observed: "no name in the chain contains `privatelink`: NAME leads to `REGION.api.cognitive.microsoft.com` \
            and a traffic manager (fingerprint C)",
        cause: "the resource has a custom domain but neither a private endpoint nor an allowed VNet; they never \
            existed or were deleted",
        tell_apart: "fingerprint C, which also shows the region",
        remedy: "create the private endpoint with the sub-resource `account`; if a public address is intended, expect \
            one",
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
        title: "the private record points to a deleted endpoint",
        observed: "the address is private, and TCP to it times out",
        cause: "the record is left over from a private endpoint that was deleted or recreated",
        tell_apart: "compare it with the address of the private endpoint, which `doctor --azure` reads from documents",
        remedy: "refresh the record of NAME in `privatelink.cognitiveservices.azure.com`, or recreate the zone group",
        commands: &[
            "az network private-endpoint show -g GROUP -n ENDPOINT --query customDnsConfigs",
            "az network private-dns record-set a show -g GROUP -z privatelink.cognitiveservices.azure.com -n NAME",
        ],
        evidence: "the address, the TCP result",
        see: None,
    },
    KnownFailure {
        id: "DNS07",
        area: Area::Dns,
        severity: Severity::Warning,
        severity_when: None,
        is_core: true,
        title: "the system resolver and the DNS server disagree",
        observed: "a lookup through the system resolver and a direct DNS query return different addresses",
        cause: "a hosts file, a VPN name policy, musl instead of glibc, a local cache, or the resolver inside Docker \
            changes the result",
        tell_apart: "do both and compare",
        remedy: "correct the wrong one: remove the line for HOST from the hosts file, flush the cache, or change the \
            name policy",
        commands: &["getent ahosts HOST", "dig HOST."],
        evidence: "each result with its source",
        see: Some("https://github.com/felddy/foundryvtt-docker/issues/276"),
    },
    KnownFailure {
        id: "DNS08",
        area: Area::Dns,
        severity: Severity::Warning,
        severity_when: None,
        is_core: true,
        title: "search domains multiply or capture lookups",
        observed: "with a search list and `ndots` of 4 or more, a lookup sends three to five extra queries, or a \
            search domain with a wildcard record responds first",
        cause: "the default DNS configuration of Kubernetes has these settings",
        tell_apart: "look up the name with and without a trailing dot, and compare",
        remedy: "lower `ndots` in the pod's `dnsConfig`, or write HOST with a trailing dot",
        commands: &[
            "cat /etc/resolv.conf",
            "kubectl patch deployment DEPLOYMENT -p \
                '{\"spec\":{\"template\":{\"spec\":{\"dnsConfig\":{\"options\":[{\"name\":\"ndots\",\"value\":\"1\"}]}}}}}'",
        ],
        evidence: "the search list and `ndots` of `/etc/resolv.conf`, the number of queries, the times",
        see: Some("https://github.com/kubernetes/kubernetes/issues/64924"),
    },
    KnownFailure {
        id: "DNS09",
        area: Area::Dns,
        severity: Severity::Error,
        severity_when: Some("only where a private address is expected"),
        is_core: true,
        title: "the configured DNS servers return different answers",
        observed: "one server returns a private address, another a public one or none",
        cause: "the list mixes servers that see the private zone with public ones, and the resolver picks any of \
            them",
        tell_apart: "query each server",
        remedy: "keep only servers that see `privatelink.cognitiveservices.azure.com` in the server list of this \
            network",
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
        observed: "the first lookup takes about 5 or 10 seconds, and the following ones are fast",
        cause: "a UDP query is lost (a race in connection tracking), or the first server in the list is dead",
        tell_apart: "time several lookups, and look for steps of 5 seconds",
        remedy: "run a DNS cache on the node, set the resolver option `single-request-reopen`, or remove the dead \
            server from the list",
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
        severity_when: Some("info where the service is reached over IPv6"),
        is_core: false,
        title: "this machine has IPv6 only",
        observed: "only AAAA records are usable on this machine, or they are synthesised",
        cause: "the network is IPv6-only: without NAT64 and DNS64 it does not reach hosts that have IPv4 addresses alone, \
            and with them the native Speech SDK still connects over IPv4 alone",
        tell_apart: "an A record exists, but there is no IPv4 route",
        remedy: "enable NAT64 and DNS64 in this network, or give this machine an IPv4 address; the native Speech SDK uses \
            IPv6 only from version 1.53 on, and only if its property `SpeechServiceConnection_EnableIpv6` is `true`",
        commands: &["ip -4 route", "getent ahostsv6 ipv4only.arpa"],
        evidence: "the address families of the answers, the routes",
        see: Some("https://github.com/microsoft/cognitive-services-speech-sdk-go/issues/119"),
    },
    KnownFailure {
        id: "DNS12",
        area: Area::Dns,
        severity: Severity::Error,
        severity_when: Some("only for required hosts"),
        is_core: true,
        title: "a companion host does not resolve",
        observed: "the speech host resolves, but another required host does not: `login.microsoftonline.com`, \
            `REGION.api.cognitive.microsoft.com`, or `tts` although `stt` does",
        cause: "an allow-list or a DNS filter contains only some of the hosts",
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
        title: "a DNS filter replaces the answer",
        observed: "the public name resolves to 0.0.0.0, 127.0.0.1, a sinkhole or the address of a block page",
        cause: "a DNS filtering product blocks the name",
        tell_apart: "the address class, and a chain without any Microsoft host",
        remedy: "have HOST exempted from the DNS filter",
        commands: &["dig HOST."],
        evidence: "the answer, its TTL, the resolver",
        see: None,
    },
    KnownFailure {
        id: "DNS14",
        area: Area::Dns,
        severity: Severity::Error,
        severity_when: None,
        is_core: false,
        title: "no DNS server is configured",
        observed: "every lookup fails or times out, and the list of DNS servers of this machine is empty; the system then asks \
            127.0.0.1, where nothing answers",
        cause: "`/etc/resolv.conf` is missing or has no line `nameserver`, as in a root file system or a chroot without it, or \
            no connected network adapter has a DNS server",
        tell_apart: "read the list of DNS servers of this machine; with DNS02 it has servers, and they do not answer",
        remedy: "give this machine a DNS server: add a line `nameserver SERVER` to `/etc/resolv.conf`, mount the file into the \
            container, or set the server of the network adapter on Windows and macOS",
        commands: &["grep nameserver /etc/resolv.conf"],
        evidence: "the list of DNS servers, the result of the lookup",
        see: Some("https://man7.org/linux/man-pages/man5/resolv.conf.5.html"),
    },
];
