//! Names in the network: host suffixes, identity, private zones, service tags, and the hosts that no resource owns.

use crate::resolve::cloud::Cloud;
use crate::resolve::facts::builder::Source;
use crate::resolve::facts::{Fact, FactKind, Text};

/// Returns the facts on names, cloud by cloud.
pub(super) fn facts() -> Vec<Fact> {
    let mut facts = Vec::new();
    for cloud in Cloud::DOCUMENTED {
        facts.extend(suffixes(&cloud));
        facts.extend(identity(&cloud));
        facts.extend(zones(&cloud));
    }
    facts.extend(tags());
    facts.extend(hosts());
    facts
}

/// The suffixes of a cloud that have a name, in the order of the table.
pub(crate) fn named_suffixes(cloud: &Cloud) -> Vec<(&'static str, &str)> {
    let suffixes = cloud.suffixes();
    let optional = [(OPENAI, suffixes.openai()), (FOUNDRY, suffixes.foundry())];
    let mut named = vec![(CUSTOM_DOMAIN, suffixes.custom_domain())];
    named.extend(optional.into_iter().filter_map(|(name, suffix)| Some((name, suffix?))));
    named
}

fn suffixes(cloud: &Cloud) -> Vec<Fact> {
    let suffixes = cloud.suffixes();
    let speech = [("realtime", suffixes.realtime()), ("rest", suffixes.rest())];
    let named = speech.into_iter().chain(named_suffixes(cloud));
    named
        .map(|(name, value)| {
            let source = match (name, cloud) {
                (FOUNDRY, Cloud::UsGovernment) => FOUNDRY_GOVERNMENT,
                (FOUNDRY, _) => VOICE_LIVE,
                (OPENAI, _) => OPENAI_VERSIONS,
                _ => SOVEREIGN,
            };
            let fact = owned(FactKind::HostSuffix, value, source).in_cloud(cloud.clone()).called(name);
            if (name, cloud) == (OPENAI, &Cloud::China) {
                return fact.unconfirmed("no page names Azure OpenAI hosts in China; this suffix follows the pattern");
            }
            fact
        })
        .collect()
}

fn identity(cloud: &Cloud) -> Vec<Fact> {
    let suffixes = cloud.suffixes();
    let authority =
        suffixes.authority().map(|host| owned(FactKind::Authority, host, NATIONAL_CLOUDS).in_cloud(cloud.clone()));
    let scope = suffixes.token_scope().map(|scope| {
        let source = if *cloud == Cloud::Public { ENTRA } else { SOVEREIGN };
        owned(FactKind::TokenScope, scope, source).in_cloud(cloud.clone())
    });
    let foundry = match cloud {
        Cloud::Public => Some(Fact::new(FactKind::TokenScope, "https://ai.azure.com/.default", OPENAI_VERSIONS)),
        Cloud::UsGovernment => {
            Some(Fact::new(FactKind::TokenScope, "https://ai.azure.us/.default", FOUNDRY_GOVERNMENT).unconfirmed(
                "clients in the field request this scope for Foundry (https://ai.azure.us); no page names it",
            ))
        }
        _ => None,
    };
    let foundry = foundry.map(|fact| fact.in_cloud(cloud.clone()).called(FOUNDRY));
    [authority, scope, foundry].into_iter().flatten().collect()
}

fn zones(cloud: &Cloud) -> Vec<Fact> {
    let fact = |(name, suffix): (&'static str, &str)| {
        let zone = owned(FactKind::DnsZone, &format!("privatelink.{suffix}"), PRIVATE_ZONES);
        let zone = zone.in_cloud(cloud.clone()).called(name);
        match (cloud, name) {
            (Cloud::Public, _) | (Cloud::UsGovernment, CUSTOM_DOMAIN) => zone,
            (Cloud::China, _) => zone.unconfirmed(CHINA_ZONE),
            _ => zone.unconfirmed(GOVERNMENT_ZONE),
        }
    };
    named_suffixes(cloud).into_iter().map(fact).collect()
}

fn tags() -> Vec<Fact> {
    let tag = |name, values: &[&'static str], source| Fact::listing(FactKind::ServiceTag, values, source).called(name);
    vec![
        tag(SPEECH, &["CognitiveServicesManagement"], VIRTUAL_NETWORKS),
        tag(ENTRA_TAG, &["AzureActiveDirectory"], VIRTUAL_NETWORKS),
        tag(
            SPEECH_STUDIO,
            &[
                "AzureActiveDirectory",
                "AzureFrontDoor.Frontend",
                "AzureResourceManager",
                "CognitiveServicesManagement",
                "CognitiveServicesFrontend",
                "Storage",
            ],
            VIRTUAL_NETWORKS,
        )
        .noting(
            "the article on virtual networks writes `CognitiveServicesFrontEnd`; the list of service tags writes `CognitiveServicesFrontend`",
        ),
        tag(STORAGE, &["Storage"], SERVICE_TAGS),
        tag(REGISTRY, &["MicrosoftContainerRegistry", "AzureFrontDoor.FirstParty"], REGISTRY_RULES),
        tag(TELEMETRY, &["AzureMonitor"], MONITOR),
    ]
}

fn hosts() -> Vec<Fact> {
    let host = |name, values: &[&'static str], source| Fact::listing(FactKind::Host, values, source).called(name);
    vec![
        host(AVATAR_RELAY, &["relay.communication.microsoft.com"], AVATAR)
            .noting("3478/udp and 443/tcp; the addresses are in 20.202.0.0/16"),
        host(
            AIA,
            &[
                "cacerts.digicert.com",
                "cacerts.digicert.cn",
                "cacerts.geotrust.com",
                "caissuers.microsoft.com",
                "www.microsoft.com",
            ],
            CERTIFICATES,
        )
        .noting("80/tcp"),
        host(CRL, &["crl3.digicert.com", "crl4.digicert.com", "crl.digicert.cn", "www.microsoft.com"], CERTIFICATES)
            .noting("80/tcp"),
        host(OCSP, &["ocsp.digicert.com", "ocsp.digicert.cn", "oneocsp.microsoft.com"], CERTIFICATES).noting("80/tcp"),
        host(STORAGE, &["*.blob.core.windows.net"], STORAGE_SUFFIXES).in_cloud(Cloud::Public),
        host(STORAGE, &["*.blob.core.usgovcloudapi.net"], STORAGE_SUFFIXES).in_cloud(Cloud::UsGovernment),
        host(STORAGE, &["*.blob.core.chinacloudapi.cn"], STORAGE_SUFFIXES).in_cloud(Cloud::China),
        host(REGISTRY, &["mcr.microsoft.com", "*.data.mcr.microsoft.com"], REGISTRY_RULES),
        host(
            TELEMETRY,
            &["*.in.applicationinsights.azure.com", "dc.applicationinsights.azure.com", "dc.services.visualstudio.com"],
            MONITOR,
        )
        .in_cloud(Cloud::Public)
        .noting("only if the setting `ApplicationInsights` of the container is used"),
    ]
}

/// Creates a fact whose value is assembled.
fn owned(kind: FactKind, value: &str, source: Source) -> Fact {
    Fact { values: vec![Text::Owned(value.to_owned())], ..Fact::new(kind, "", source) }
}

/// The names of suffixes and of private zones.
pub(crate) const CUSTOM_DOMAIN: &str = "custom-domain";
pub(crate) const OPENAI: &str = "openai";
pub(crate) const FOUNDRY: &str = "foundry";

/// The names of tags and hosts.
pub(crate) const SPEECH: &str = "speech";
pub(crate) const ENTRA_TAG: &str = "entra";
pub(crate) const SPEECH_STUDIO: &str = "speech-studio";
pub(crate) const STORAGE: &str = "storage";
pub(crate) const REGISTRY: &str = "registry";
pub(crate) const TELEMETRY: &str = "telemetry";
pub(crate) const AVATAR_RELAY: &str = "avatar-relay";
pub(crate) const AIA: &str = "aia";
pub(crate) const CRL: &str = "crl";
pub(crate) const OCSP: &str = "ocsp";

const CHINA_ZONE: &str = "the official table does not list the private zones of the China cloud; run `az network private-link-resource list` to find them";
const GOVERNMENT_ZONE: &str = "the official table does not list this zone of the US Government cloud; run `az network private-link-resource list` to find it";

const SOVEREIGN: Source =
    Source("https://learn.microsoft.com/azure/ai-services/speech-service/sovereign-clouds", "2025-08-07");
const VOICE_LIVE: Source =
    Source("https://learn.microsoft.com/azure/ai-services/speech-service/voice-live-how-to", "2026-05-25");
const FOUNDRY_GOVERNMENT: Source =
    Source("https://learn.microsoft.com/azure/ai-foundry/reference/foundry-azure-government", "2026-06-05");
const OPENAI_VERSIONS: Source =
    Source("https://learn.microsoft.com/azure/ai-services/openai/api-version-lifecycle", "2026-03-19");
const NATIONAL_CLOUDS: Source =
    Source("https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud", "2025-01-15");
const ENTRA: Source =
    Source("https://learn.microsoft.com/azure/ai-services/speech-service/how-to-configure-azure-ad-auth", "2025-11-13");
const PRIVATE_ZONES: Source =
    Source("https://learn.microsoft.com/azure/private-link/private-endpoint-dns", "2026-07-16");
const VIRTUAL_NETWORKS: Source =
    Source("https://learn.microsoft.com/azure/ai-services/cognitive-services-virtual-networks", "2025-05-19");
const SERVICE_TAGS: Source =
    Source("https://learn.microsoft.com/azure/virtual-network/service-tags-overview", "2026-11");
const REGISTRY_RULES: Source =
    Source("https://github.com/microsoft/containerregistry/blob/main/docs/client-firewall-rules.md", "2026-11");
const MONITOR: Source =
    Source("https://learn.microsoft.com/azure/azure-monitor/fundamentals/azure-monitor-network-access", "2026-11");
const AVATAR: Source = Source(
    "https://learn.microsoft.com/azure/ai-services/speech-service/text-to-speech-avatar/real-time-synthesis-avatar",
    "2026-03-31",
);
const CERTIFICATES: Source =
    Source("https://learn.microsoft.com/azure/security/fundamentals/azure-certificate-authority-details", "2025-11-17");
const STORAGE_SUFFIXES: Source =
    Source("https://learn.microsoft.com/azure/storage/common/storage-powershell-independent-clouds", "2026-11");
