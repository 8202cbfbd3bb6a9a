//! Failures of TCP.

use super::{Area, KnownFailure, Severity};

/// The entries in catalogue order.
pub(super) const FAILURES: &[KnownFailure] = &[
    KnownFailure {
        id: "TCP01",
        area: Area::Tcp,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "nothing answers on port 443",
        observed: "the connection times out: 110, on Windows 10060",
        cause: "a firewall drops the packets, or a route, a peering or a user-defined route to an appliance is \
            missing or wrong",
        tell_apart: "try another well-known host on 443, and compare whether the address is private or public",
        remedy: "allow TCP 443 outbound to the hosts that `allowlist` prints, or to the service tag \
            `CognitiveServicesManagement`",
        commands: &[
            "speech-endpoint allowlist --region REGION",
            "az network nsg rule create -g GROUP --nsg-name NSG -n speech --priority PRIORITY --direction \
                Outbound --access Allow --protocol Tcp --destination-port-ranges 443 --destination-address-prefixes \
                CognitiveServicesManagement",
        ],
        evidence: "address, port, time, local address",
        see: Some("https://github.com/Azure-Samples/cognitive-services-speech-sdk/issues/1397"),
    },
    KnownFailure {
        id: "TCP02",
        area: Area::Tcp,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the connection is refused",
        observed: "the connection is refused: 111, on Windows 10061",
        cause: "nothing listens at that address: it is stale, a local proxy is down, or a firewall rule rejects the \
            connection",
        tell_apart: "check the address class, and whether a proxy is configured",
        remedy: "correct the address that HOST resolves to; if a proxy is configured, start it or remove its setting",
        commands: &["dig +short HOST."],
        evidence: "the address, the error number",
        see: Some("https://github.com/Azure-Samples/cognitive-services-speech-sdk/issues/463"),
    },
    KnownFailure {
        id: "TCP03",
        area: Area::Tcp,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the connection is reset before or during TLS",
        observed: "connected, then reset: 104, on Windows 10054",
        cause: "a firewall or packet inspection resets it, or an egress gateway has no entry for the host",
        tell_apart: "the reset comes before the first message of the server, and another SNI at the same address \
            succeeds",
        remedy: "add HOST to the egress policy (in a service mesh, as a `ServiceEntry`)",
        commands: &["kubectl get serviceentry -A", "speech-endpoint allowlist --region REGION"],
        evidence: "the phase of the reset, bytes sent and received, the elapsed time",
        see: Some("https://github.com/Azure-Samples/cognitive-services-speech-sdk/issues/1911"),
    },
    KnownFailure {
        id: "TCP04",
        area: Area::Tcp,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the network is unreachable",
        observed: "the network is unreachable: 101, on Windows 10051",
        cause: "there is no route for this address family, the network is IPv6-only, or the pod is isolated",
        tell_apart: "list the routes of each address family",
        remedy: "add a route to ADDRESS, or use the address family that has one; the native Speech SDK uses IPv6 only from \
            version 1.53 on, and only if its property `SpeechServiceConnection_EnableIpv6` is `true`",
        commands: &["ip route get ADDRESS"],
        evidence: "the error number of each address",
        see: Some("https://github.com/Azure-Samples/cognitive-services-speech-sdk/issues/2036"),
    },
    KnownFailure {
        id: "TCP05",
        area: Area::Tcp,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the private endpoint does not answer",
        observed: "the private address times out, while public hosts answer on 443",
        cause: "a network security group or a user-defined route on the endpoint's subnet, a missing peering or VPN \
            route, or an on-premises firewall blocks the traffic",
        tell_apart: "DNS returns a private address and TCP times out",
        remedy: "allow TCP 443 from this subnet to ADDRESS in every network security group and firewall in between, \
            and peer or route the two networks; if the private endpoint was deleted or created again, correct the record, \
            which is stale when no private endpoint has this address (DNS06)",
        commands: &[
            "az network private-endpoint list --query \"[].customDnsConfigs[].[fqdn, ipAddresses[0]]\" -o table",
            "az network nic show-effective-route-table -g GROUP -n NIC -o table",
            "az network vnet peering list -g GROUP --vnet-name VNET -o table",
            "az network nsg rule create -g GROUP --nsg-name NSG -n speech --priority PRIORITY --direction \
                Outbound --access Allow --protocol Tcp --destination-port-ranges 443 --destination-address-prefixes \
                ADDRESS",
        ],
        evidence: "source and target subnet, the time until the timeout",
        see: Some("https://github.com/Azure-Samples/cognitive-services-speech-sdk/issues/2137"),
    },
    KnownFailure {
        id: "TCP06",
        area: Area::Tcp,
        severity: Severity::Warning,
        severity_when: None,
        is_core: true,
        title: "IPv6 hangs and IPv4 connects late",
        observed: "the IPv6 attempt hangs, then the IPv4 attempt succeeds late",
        cause: "the IPv6 path is broken",
        tell_apart: "compare the connect times of each address family",
        remedy: "prefer IPv4 on this machine, or repair its IPv6 route",
        commands: &["echo 'precedence ::ffff:0:0/96  100' | sudo tee -a /etc/gai.conf"],
        evidence: "the connect time of each address",
        see: Some("https://github.com/microsoft/cognitive-services-speech-sdk-go/issues/119"),
    },
    KnownFailure {
        id: "TCP07",
        area: Area::Tcp,
        severity: Severity::Warning,
        severity_when: None,
        is_core: false,
        title: "some addresses do not respond",
        observed: "of several addresses, some connect and some do not",
        cause: "a rule covers only some of them, or an instance is down",
        tell_apart: "try every address",
        remedy: "allow all addresses of HOST on TCP 443, and report the one that does not respond to support",
        commands: &["for a in $(getent ahostsv4 HOST | awk '{print $1}' | sort -u); do nc -zvw3 \"$a\" 443; done"],
        evidence: "a table of addresses and outcomes",
        see: None,
    },
    KnownFailure {
        id: "TCP08",
        area: Area::Tcp,
        severity: Severity::Error,
        severity_when: None,
        is_core: false,
        title: "this machine blocks the connection",
        observed: "connecting fails with `EACCES`, `EPERM` or `WSAEACCES`",
        cause: "a local firewall, an antivirus, a sandbox, a dropped capability or a browser-like policy blocks the \
            connection",
        tell_apart: "the kind of error number",
        remedy: "allow PROGRAM to connect to TCP 443 in the local firewall, antivirus or sandbox policy",
        commands: &["sudo nft list ruleset"],
        evidence: "the error number, facts about the process",
        see: Some("https://github.com/Azure-Samples/cognitive-services-speech-sdk/issues/2173"),
    },
    KnownFailure {
        id: "TCP09",
        area: Area::Tcp,
        severity: Severity::Warning,
        severity_when: None,
        is_core: false,
        title: "connections time out in bursts under load",
        observed: "connections work, then timeouts come in bursts as load rises",
        cause: "the NAT ports or ephemeral ports run out because connections are not reused",
        tell_apart: "connect repeatedly (`--rounds`), and plot the failure rate against the connection rate; a bad network \
            path loses packets of open connections too",
        remedy: "reuse connections, and give the subnet a NAT gateway; in Azure, compare the metric *SNAT Connection Count* \
            of the load balancer or NAT gateway",
        commands: &[
            "ss -s",
            "az network vnet subnet update -g GROUP --vnet-name VNET -n SUBNET --nat-gateway NATGATEWAY",
        ],
        evidence: "success rate, connection rate, local port range",
        see: Some("https://github.com/Azure-Samples/cognitive-services-speech-sdk/issues/1618"),
    },
    KnownFailure {
        id: "TCP10",
        area: Area::Tcp,
        severity: Severity::Warning,
        severity_when: None,
        is_core: false,
        title: "large packets are lost on the path",
        observed: "TCP connects and small exchanges pass, but the first large flight stalls",
        cause: "a VPN or tunnel on the path drops packets above its MTU without telling the sender",
        tell_apart: "TLS stalls after the client's first message, while TCP keep-alive continues",
        remedy: "clamp the MSS on the tunnel, or lower the MTU of INTERFACE",
        commands: &[
            "sudo ip link set dev INTERFACE mtu 1350",
            "sudo iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu",
        ],
        evidence: "bytes in flight, MTU of the interface",
        see: None,
    },
    KnownFailure {
        id: "TCP11",
        area: Area::Tcp,
        severity: Severity::Error,
        severity_when: None,
        is_core: false,
        title: "this machine is not on the private network",
        observed: "the private address has no route or times out, while public hosts answer on 443",
        cause: "no VPN, ExpressRoute circuit or peering connects this machine to the network of the private endpoint, a peering \
            is down or does not accept forwarded traffic, or the routes do not include the address",
        tell_apart: "compare the route and the source address with those of public hosts, and try other private addresses",
        remedy: "connect this machine to the network of the private endpoint: start the VPN and check that it carries the \
            route to ADDRESS, peer the two virtual networks in both directions, or work from a virtual machine in that \
            network (a jump box)",
        commands: &["ip route get ADDRESS", "az network vnet peering list -g GROUP --vnet-name VNET -o table"],
        evidence: "the route, the source address, other private addresses that answer",
        see: Some("https://learn.microsoft.com/azure/ai-foundry/how-to/troubleshoot-secure-connection-project"),
    },
];
