# The worlds: `world NAME ROOT-CAUSE EXIT-CODE`, what is there, what is in the way, and the doctor as a person runs it.

regional='ip daddr { 20.61.99.10, 20.61.99.11 } tcp dport 443'
private=(--custom-domain contoso --network private-endpoint)

# ---- all is well

world regional healthy 0
serve healthy-regional
doctor --region westeurope

world private-endpoint healthy 0
serve healthy-private-endpoint
doctor "${private[@]}"

world proxied healthy 0
serve healthy-proxy-http
firewall "$service" "$regional drop"
with HTTPS_PROXY=http://10.9.0.1:3128
doctor --region westeurope

world both-families healthy 0
serve healthy-ipv6
doctor --region westeurope

world hosts-file-to-private-endpoint healthy 0
serve healthy-hosts-file
hosts 10.1.0.4 contoso.cognitiveservices.azure.com
doctor "${private[@]}"

# Who reads the hosts file is not asked by applications here: the doctor has to go by what they get.
world hosts-file-left-out healthy 0
serve healthy-private-endpoint
hosts 10.1.0.99 contoso.cognitiveservices.azure.com
nsswitch hosts: dns
doctor "${private[@]}"

world answers-over-tcp healthy 0
serve healthy-truncated-answers
doctor "${private[@]}"

world openai healthy 0
serve healthy-openai
doctor --endpoint https://contoso.openai.azure.com/

world openai-private-endpoint healthy 0
serve healthy-openai-private-endpoint
doctor --endpoint https://contoso.openai.azure.com/ --network private-endpoint

project=(--foundry contoso --network disabled)
project+=(--foundry-with search=contoso-search,storage=contosostore --foundry-with cosmos=contoso-db,key-vault=contoso-kv)

world foundry healthy 0
serve healthy-foundry
doctor "${project[@]}"

world foundry-open healthy 0
serve healthy-foundry-open
doctor "${project[@]/disabled/open}"

world voice-live healthy 0
serve healthy-voice-live
doctor --endpoint https://contoso.services.ai.azure.com/ --service voice-live --query model=gpt-realtime

world denied-as-expected healthy 0
serve POL01-public-access-disabled
doctor --custom-domain contoso --expect-denied

world admitted-and-not-denied POL06 80
serve healthy-regional
doctor --region westeurope --expect-denied

# ---- configuration

world locale-as-region CFG01 10
doctor --region en-US

# ---- names

world name-does-not-exist DNS01 20
serve DNS01-misspelt-name
doctor --custom-domain contosso

world name-server-dropped DNS02 20
serve healthy-regional
firewall "$names" 'meta l4proto { tcp, udp } th dport 53 drop'
ends_within 3500
doctor --region westeurope --timeout 3

world name-server-closed DNS02 20
serve healthy-regional
firewall "$names" 'udp dport 53 reject'
firewall "$names" 'tcp dport 53 reject with tcp reset'
doctor --region westeurope

world zone-not-linked DNS03 20
serve DNS03-zone-not-linked
doctor "${private[@]}"

world record-missing DNS04 20
serve DNS04-record-missing
doctor "${private[@]}"

world no-private-endpoint DNS05 20
serve DNS05-no-private-endpoint
doctor "${private[@]}"

world hosts-file-wrong DNS07 20
serve healthy-private-endpoint
hosts 10.1.0.99 contoso.cognitiveservices.azure.com
ends_within 5500
doctor "${private[@]}" --timeout 5

world name-servers-disagree DNS09 20
serve DNS09-servers-disagree
doctor "${private[@]}"

world sinkhole DNS13 20
serve DNS13-sinkhole
doctor --region westeurope

world alias-to-itself DNS02 20
serve DNS02-alias-circle
doctor "${private[@]}"

world aliases-in-a-circle DNS02 20
serve DNS02-alias-circle-of-two
doctor "${private[@]}"

world openai-zone-not-linked DNS03 20
serve DNS03-openai-zone-not-linked
doctor --endpoint https://contoso.openai.azure.com/ --network disabled

# The kernel names itself as that of WSL does.
world wsl-asks-the-switch DNS03 20
serve ENV03-wsl-asks-the-switch
inside 'echo 5.15.167.4-microsoft-standard-WSL2 >/tmp/osrelease-$$ && mount --bind /tmp/osrelease-$$ /proc/sys/kernel/osrelease && rm /tmp/osrelease-$$'
also ENV03
doctor "${private[@]}"

world wsl-sees-the-private-zone healthy 0
serve healthy-wsl
inside 'echo 5.15.167.4-microsoft-standard-WSL2 >/tmp/osrelease-$$ && mount --bind /tmp/osrelease-$$ /proc/sys/kernel/osrelease && rm /tmp/osrelease-$$'
doctor "${private[@]}"

world ipv4-without-a-route healthy 0
serve DNS11-ipv6-of-the-service
route unreachable 20.61.99.10
route unreachable 20.61.99.11
also DNS11
doctor --region westeurope

# ---- connections

world stale-record TCP05 30
serve TCP05-stale-record
doctor "${private[@]}" --timeout 5

# The name server of a VPN answers, and the VPN does not route the range of the private endpoint.
world vpn-without-a-route TCP11 30
serve healthy-private-endpoint
route unreachable 10.1.0.4
doctor "${private[@]}"

world vpn-without-its-range TCP05 30
serve TCP05-vpn-without-its-range
doctor "${private[@]}" --timeout 5

# Of six first packets, the last two are dropped, as by a NAT without a free port.
world bursts-of-timeouts TCP09 0
serve healthy-regional
firewall "$service" 'tcp dport 443 tcp flags & (syn | ack) == syn numgen inc mod 6 > 3 drop'
doctor --region westeurope --service speech-to-text --rounds 12

world dropped TCP01 30
serve healthy-regional
firewall "$service" "$regional drop"
ends_within 3500
doctor --region westeurope --timeout 3

world rejected-by-reset TCP02 30
serve healthy-regional
firewall "$service" "$regional reject with tcp reset"
doctor --region westeurope

world reset-after-first-bytes TCP03 30
serve healthy-regional
firewall "$service" "$regional ct state established tcp flags & (psh | ack) == psh | ack reject with tcp reset"
doctor --region westeurope

world no-route TCP04 30
serve healthy-regional
route unreachable 20.61.99.10
route unreachable 20.61.99.11
doctor --region westeurope

world rejected-as-unreachable TCP04 30
serve healthy-regional
firewall "$service" "$regional reject with icmp type host-unreachable"
doctor --region westeurope

world private-endpoint-dropped TCP05 30
serve healthy-private-endpoint
firewall "$service" 'ip daddr 10.1.0.4 tcp dport 443 drop'
ends_within 5500
doctor "${private[@]}" --timeout 5

# The same silence outside Azure: the route is all that shows where the client is.
world private-endpoint-dropped-usual-route TCP05 30
serve TCP05-usual-route
firewall "$service" 'ip daddr 10.1.0.4 tcp dport 443 drop'
doctor "${private[@]}" --timeout 5

world private-endpoint-through-a-tunnel TCP05 30
serve TCP05-usual-route
firewall "$service" 'ip daddr 10.1.0.4 tcp dport 443 drop'
route 10.1.0.0/16 via 10.99.1.2 src 10.99.2.1
doctor "${private[@]}" --timeout 5

world no-route-to-the-private-network TCP11 30
serve TCP11-no-route-to-the-private-network
route unreachable 10.1.0.0/16
doctor "${private[@]}" --timeout 5

world public-source-at-the-private-endpoint TCP11 30
serve TCP05-usual-route
firewall "$service" 'ip daddr 10.1.0.4 tcp dport 443 drop'
from 51.105.1.1
doctor "${private[@]}" --timeout 5

world ipv6-dropped TCP06 0
serve healthy-ipv6
firewall "$service" 'ip6 daddr 2603:1020::/32 tcp dport 443 drop'
doctor --region westeurope

world openai-private-endpoint-dropped TCP05 30
serve healthy-openai-private-endpoint
firewall "$service" 'ip daddr 10.1.0.4 tcp dport 443 drop'
ends_within 5500
doctor --endpoint https://contoso.openai.azure.com/ --network private-endpoint --timeout 5

world foundry-storage-dropped TCP05 30
serve healthy-foundry
firewall "$service" 'ip daddr 10.1.0.9 tcp dport 443 drop'
doctor "${project[@]}" --timeout 6

world foundry-openai-zone-missing DNS03 20
serve DNS03-foundry-openai-zone-missing
doctor "${project[@]}"

world foundry-search-misspelt DNS01 20
serve DNS01-foundry-search-misspelt
doctor "${project[@]}"

world foundry-vault-inspected TLS01 50
serve TLS01-foundry-vault-inspected
doctor "${project[@]/disabled/open}"

# A tunnel in front of the client loses what is larger than it carries, and tells nobody.
world large-packets-lost TCP10 30
serve healthy-regional
single_packets
firewall "$client" 'tcp sport 443 meta length > 700 drop'
doctor --region westeurope --timeout 8

world large-packets-lost-both-ways TCP10 30
serve healthy-regional
single_packets
firewall "$client" 'tcp sport 443 meta length > 700 drop'
firewall "$service" 'tcp dport 443 meta length > 700 drop'
doctor --region westeurope --timeout 8

# What the client sends is lost above a size, such as a request with a token.
world large-packets-to-the-service-lost TCP10 30
serve healthy-entra-private-endpoint
single_packets
firewall "$service" 'tcp dport 443 meta length > 700 drop'
doctor "${private[@]}" --token-env SPEECH_KEY --timeout 8

# ---- proxies

world proxy-name-unknown PXY02 40
serve healthy-regional
with HTTPS_PROXY=http://proxy.contoso.example:3128
doctor --region westeurope

world proxy-scheme-twice PXY02 40
serve healthy-regional
with HTTPS_PROXY=http://http://10.9.0.1:3128
doctor --region westeurope

world proxy-not-used PXY01 40
serve PXY01-proxy-not-used
firewall "$service" "$regional drop"
with HTTPS_PROXY=http://10.9.0.1:3128 NO_PROXY=localhost,.microsoft.com
doctor --region westeurope --timeout 5

world proxy-wants-credentials PXY03 40
serve PXY03-credentials-missing
with HTTPS_PROXY=http://10.9.0.1:3128
doctor --region westeurope

# ---- handshakes

world inspected TLS01 50
serve TLS01-inspected
doctor --region westeurope

world root-of-nobody TLS01 50
serve healthy-regional
without_root
doctor --region westeurope

world no-roots TLS02 50
serve healthy-regional
without_root
inside mount -t tmpfs none /etc/ssl
doctor --region westeurope

world name-filtered TLS07 50
serve TLS07-name-filtered
doctor --region westeurope

world name-filtered-by-silence TLS07 50
serve TLS07-name-filtered-by-silence
doctor --region westeurope --timeout 6

world handshake-never-ends TLS08 50
serve TLS08-handshake-never-ends
doctor --region westeurope --timeout 6

# What follows the connection is dropped at the service, whatever its size.
world data-dropped TLS08 50
serve healthy-regional
firewall "$service" 'tcp dport 443 tcp flags & psh == psh drop'
doctor --region westeurope --timeout 6

world one-host-hangs TLS08 50
serve TLS08-one-host-hangs
doctor --region westeurope --timeout 6

world handshake-drips TLS08 50
serve TLS08-handshake-drips
doctor --region westeurope --timeout 6

world revocation-lists healthy 0
serve healthy-revocation
doctor --region westeurope --check-revocation

world revocation-lists-dropped TLS05 0
serve healthy-revocation
firewall "$service" 'ip daddr 93.184.220.29 tcp dport 80 drop'
doctor --region westeurope --check-revocation

world revocation-lists-blocked TLS05 0
serve TLS05-block-page
doctor --region westeurope --check-revocation

world signed-with-sha1 TLS11 50
serve TLS11-signed-with-sha1
doctor --region westeurope

world intermediate-missing TLS10 50
serve TLS10-intermediate-missing
doctor --region westeurope

world name-constraint TLS11 50
serve TLS11-name-constraint
doctor --region westeurope

world client-certificate TLS12 50
serve TLS12-client-certificate
doctor --region westeurope

# ---- answers

world response-drips HTTP06 60
serve HTTP06-response-drips
doctor --region westeurope --timeout 6

world nothing-after-upgrade WS06 0
serve WS06-nothing-after-upgrade
doctor --region westeurope --hold 1

world openai-deployment-unknown HTTP01 60
serve HTTP01-openai-deployment-unknown
doctor --endpoint https://contoso.openai.azure.com/ --service openai-realtime --query model=gpt-realtime

world openai-without-model HTTP02 60
serve HTTP02-realtime-without-model
doctor --endpoint https://contoso.openai.azure.com/ --service openai-realtime

world openai-unavailable HTTP06 60
serve HTTP06-openai-unavailable
doctor --endpoint https://contoso.openai.azure.com/

world list-without-body HTTP07 60
serve HTTP07-list-without-body
doctor --region westeurope --service voices

world http2-only HTTP08 60
serve HTTP08-http2-only
doctor --region westeurope

world closed-for-an-error HTTP06 60
serve HTTP06-closed-for-an-error
doctor --region westeurope

world service-unavailable HTTP06 60
serve HTTP06-service-unavailable
doctor --region westeurope

world socket-closed-at-once WS02 60
serve WS02-closed-at-once
doctor --region westeurope

world pings-without-end WS07 60
serve WS07-pings-without-end
doctor --region westeurope --service speech-to-text --hold 1

world foreign-key AUTH01 70
serve AUTH01-foreign-key
doctor --region westeurope

world token-of-another-tenant AUTH08 70
serve AUTH08-token-of-another-tenant
doctor "${private[@]}" --token-env SPEECH_KEY

world issued-token-at-private-endpoint AUTH10 70
serve AUTH10-issued-token-at-private-endpoint
doctor "${private[@]}" --token-env SPEECH_KEY --service voices

world sign-in-host-dropped AUTH12 0
serve healthy-entra-private-endpoint
firewall "$service" 'ip daddr 20.190.160.2 tcp dport 443 drop'
doctor "${private[@]}" --token-env SPEECH_KEY --timeout 6

world sign-in-host-reset AUTH12 0
serve healthy-entra-private-endpoint
firewall "$service" 'ip daddr 20.190.160.2 tcp dport 443 reject with tcp reset'
doctor "${private[@]}" --token-env SPEECH_KEY

# The client has a private address, so a service endpoint may be in play.
world address-not-allowed POL02 80
serve POL02-address-not-allowed
doctor --custom-domain contoso --region westeurope --network ip-rules

world subnet-not-allowed POL03 80
serve POL03-subnet-not-allowed
doctor --custom-domain contoso --network service-endpoint

# A public address is never that of a subnet.
world public-source-at-a-service-endpoint POL02 80
serve POL03-subnet-not-allowed
from 51.105.1.1
doctor --custom-domain contoso --network service-endpoint

# Instance metadata answers in Azure alone, and only if the user requests it.
world in-azure-by-metadata POL03 80
serve POL03-in-azure-by-metadata
doctor --custom-domain contoso --network service-endpoint --ask-metadata

world on-premises-by-metadata POL02 80
serve POL02-on-premises-by-metadata
firewall "$service" 'ip daddr 169.254.169.254 drop'
doctor --custom-domain contoso --network service-endpoint --ask-metadata

world public-access-disabled POL01 80
serve POL01-public-access-disabled
doctor --custom-domain contoso

world too-many-requests QUO01 0
serve QUO01-too-many-requests
doctor --region westeurope

# ---- compared with documents of Azure

selected=(--custom-domain contoso --network service-endpoint)
closed=(--custom-domain contoso --network disabled)
addressed=(--custom-domain contoso --region westeurope --network ip-rules)
silent='ip daddr 10.1.0.4 tcp dport 443 drop'

world documents-agree-private-endpoint healthy 0
serve healthy-documents-of-a-private-endpoint
from 10.2.0.7
with_documents
says '"next_hop": "InterfaceEndpoint"' '"matches": true'
doctor "${private[@]}"

world documents-agree-service-endpoint healthy 0
serve healthy-documents-of-a-service-endpoint
from 10.2.0.7
with_documents
says '"next_hop": "VirtualNetworkServiceEndpoint"'
doctor "${selected[@]}"

world documents-show-no-such-endpoint DNS06 20
serve DNS06-address-of-no-endpoint
with_documents
says '`pe-contoso` has 10.1.0.4'
doctor "${private[@]}" --timeout 5

world documents-show-another-resource POL05 80
serve POL05-endpoint-of-another-resource
with_documents
says 'private endpoint `pe-other` of account `fabrikam`'
doctor "${private[@]}"

world documents-show-the-missing-link DNS03 20
serve DNS03-zone-linked-to-another-network
from 10.2.0.7
with_documents
says 'is linked to `vnet-hub` and not to `vnet-app` of this machine' links.json
doctor "${closed[@]}"

world documents-show-no-zone-group DNS04 20
serve DNS04-zone-group-missing
with_documents
says 'has no record for' '`pe-contoso` has no DNS zone group' groups.json
doctor "${private[@]}"

world documents-show-the-endpoint-off POL02 80
serve POL02-admitted-without-its-service-endpoint
from 10.2.0.7
with_documents
says 'subnet `app` is admitted, but its service endpoint is off' subnet.json
doctor "${selected[@]}"

world documents-show-no-rule POL03 80
serve POL03-service-endpoint-without-a-rule
from 10.2.0.7
with_documents
says 'subnet `app` has the service endpoint and is not admitted'
doctor "${selected[@]}"

world documents-show-a-dead-rule POL03 80
serve POL03-subnet-of-the-rule-is-gone
from 10.2.0.7
with_documents
says 'the rule for subnet `old` is dead'
doctor "${selected[@]}"

world documents-show-a-useless-address POL03 80
serve POL03-address-rule-against-a-service-endpoint
from 10.2.0.7
with_documents
says 'the resource sees its private address 10.2.0.7, which no address rule matches'
doctor "${addressed[@]}"

# Behind the gateway of the documents. Whether that is on premises, the metadata service decides, which does not answer there.
world documents-show-the-gateway POL02 80
serve POL02-on-premises-behind-the-gateway
from 192.168.1.23
with_documents
also POL03
says '192.168.1.23 of this machine is behind a gateway: the route 192.168.0.0/16 has next hop `VirtualNetworkGateway`'
doctor "${selected[@]}"

world documents-show-this-is-on-premises POL02 80
serve POL02-on-premises-behind-the-gateway
from 192.168.1.23
with_documents
says '192.168.1.23 of this machine is on premises' 'NAT or ExpressRoute'
doctor "${selected[@]}" --ask-metadata

world documents-show-forced-tunnelling POL02 80
serve POL02-forced-tunnelling
from 10.2.0.7
with_documents
says 'sends the traffic to the VirtualNetworkGateway at 10.2.255.4'
doctor "${selected[@]}"

world documents-show-an-appliance TCP05 30
serve TCP05-appliance-carries-the-traffic
firewall "$service" "$silent"
from 10.2.0.7
with_documents
says 'sends the traffic to the VirtualAppliance at 10.2.9.4'
doctor "${private[@]}" --timeout 5

world documents-show-a-denying-rule TCP05 30
serve TCP05-security-group-denies
firewall "$service" "$silent"
from 10.2.0.7
with_documents
says 'rule `securityRules/deny-all` of `nsg-app`'
doctor "${private[@]}" --timeout 5

world documents-show-a-broken-peering TCP11 30
serve TCP11-peering-disconnected
firewall "$service" "$silent"
from 10.2.0.7
with_documents
says 'peering `to-pe` is `Disconnected`'
doctor "${private[@]}" --timeout 5

world documents-show-a-closed-peering TCP11 30
serve TCP11-forwarded-traffic-not-accepted
firewall "$service" "$silent"
from 10.2.0.7
with_documents
says 'peering `pe-to-hub` does not accept forwarded traffic'
doctor "${private[@]}" --timeout 5

world documents-show-a-pending-endpoint POL04 80
serve POL04-pending-endpoint
with_documents
says '`pe-contoso` is pending'
doctor "${closed[@]}"

world documents-show-a-rule-in-preparation POL03 80
serve POL03-rule-in-preparation
from 10.2.0.7
with_documents
says 'is in state `Provisioning`' 'the account is in state `Accepted`'
doctor "${selected[@]}"

# The same documents, and another machine: they settle nothing.
world documents-of-another-machine TCP05 30
serve TCP11-peering-disconnected
firewall "$service" "$silent"
from 10.3.0.8
with_documents
also TCP11
says 'the documents show `vm` with 10.2.0.7, and this machine has 10.3.0.8, so they do not describe it'
doctor "${private[@]}" --timeout 5
