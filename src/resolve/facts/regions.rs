//! The documented regions. They help messages and never restrict what is accepted.
//!
//! Source: <https://learn.microsoft.com/azure/ai-services/speech-service/regions>, edition of 2026-05-25, and for the sovereign
//! clouds <https://learn.microsoft.com/azure/ai-services/speech-service/sovereign-clouds>.

use crate::resolve::cloud::Cloud;
use crate::resolve::facts::builder::Source;
use crate::resolve::facts::{Fact, FactKind};
use crate::resolve::service::Service;
use crate::resolve::service::Service::{
    Avatar, BatchAvatar, BatchSynthesis, CustomVoice, CustomVoiceManagement, FastTranscription, LlmSpeech, LongAudio,
    PersonalVoice, SpeechToText, SpeechToTextRest, Translation, VideoTranslation, VoiceLive, VoiceLiveWebRtc,
};

/// One listed region.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) id: &'static str,
    /// The name that the portal shows.
    pub(crate) display_name: &'static str,
    pub(crate) cloud: Cloud,
    /// The [`VARYING`] services that the table lists for this region.
    services: &'static [Service],
}

impl Listed {
    /// Returns whether the table lists the service for this region; `None` for services that the table does not list by
    /// region.
    pub(crate) fn lists(&self, service: Service) -> Option<bool> {
        let column = column(service);
        (self.cloud == Cloud::Public && VARYING.contains(&column)).then(|| self.services.contains(&column))
    }
}

/// Returns the service in whose column the table lists a service.
pub(crate) fn column(service: Service) -> Service {
    match service {
        Service::CustomVoiceWebSocket => CustomVoice,
        Service::AvatarRelayToken => Avatar,
        other => other,
    }
}

/// Returns the table as facts: the regions of each cloud, then those of each service and of each feature.
pub(super) fn facts() -> Vec<Fact> {
    let ids = |holds: &dyn Fn(&Listed) -> bool| -> Vec<&'static str> {
        REGIONS.iter().filter(|region| holds(region)).map(|region| region.id).collect()
    };
    let clouds = Cloud::DOCUMENTED.into_iter().map(|cloud| {
        let source = if cloud == Cloud::Public { PAGE } else { SOVEREIGN };
        Fact::listing(FactKind::Regions, &ids(&|region| region.cloud == cloud), source).in_cloud(cloud)
    });
    let services = VARYING.iter().map(|service| {
        let source = match service {
            LongAudio => LONG_AUDIO,
            VoiceLiveWebRtc => WEBRTC,
            _ => PAGE,
        };
        let regions = ids(&|region| region.services.contains(service));
        let fact = Fact::listing(FactKind::Regions, &regions, source).of(*service).in_cloud(Cloud::Public);
        if matches!(service, Avatar | BatchAvatar) { fact.noting("francecentral has limited capacity") } else { fact }
    });
    let features = FEATURES.iter().map(|(service, feature, regions)| {
        Fact::listing(FactKind::Regions, regions, PAGE).of(*service).in_cloud(Cloud::Public).called(feature)
    });
    clouds.chain(services).chain(features).collect()
}

/// Returns the listed region with this identifier.
pub(crate) fn listed(id: &str) -> Option<&'static Listed> {
    REGIONS.iter().find(|region| region.id == id)
}

/// Returns the listed region whose display name has the same words in a different order: `centralindia` for
/// `indiacentral`.
pub(crate) fn reordered(id: &str) -> Option<&'static str> {
    REGIONS.iter().find(|region| has_same_words(region, id)).map(|region| region.id)
}

/// The edition of the table, for messages.
pub(crate) const EDITION: &str = "2026-05-25";

/// The services that the table gives region by region, in the public cloud.
const VARYING: &[Service] = &[
    FastTranscription,
    LlmSpeech,
    BatchSynthesis,
    CustomVoice,
    Avatar,
    BatchAvatar,
    VideoTranslation,
    VoiceLive,
    VoiceLiveWebRtc,
    PersonalVoice,
    LongAudio,
];

/// The table, in the order of the documentation.
#[rustfmt::skip]
pub(crate) static REGIONS: [Listed; 38] = [
    row("southafricanorth", "South Africa North", Cloud::Public, &[BatchSynthesis, CustomVoice, VoiceLive]),
    row("eastasia", "East Asia", Cloud::Public, &[BatchSynthesis, CustomVoice, PersonalVoice]),
    row("southeastasia", "Southeast Asia", Cloud::Public, &[FastTranscription, LlmSpeech, BatchSynthesis, CustomVoice, Avatar, BatchAvatar, VoiceLive, PersonalVoice, LongAudio]),
    row("australiaeast", "Australia East", Cloud::Public, &[FastTranscription, BatchSynthesis, CustomVoice, VoiceLive, VoiceLiveWebRtc, LongAudio]),
    row("centralindia", "Central India", Cloud::Public, &[FastTranscription, LlmSpeech, BatchSynthesis, CustomVoice, Avatar, BatchAvatar, VoiceLive, VoiceLiveWebRtc, LongAudio]),
    row("japaneast", "Japan East", Cloud::Public, &[FastTranscription, BatchSynthesis, CustomVoice, VoiceLive, VoiceLiveWebRtc]),
    row("japanwest", "Japan West", Cloud::Public, &[FastTranscription, CustomVoice, VoiceLive]),
    row("koreacentral", "Korea Central", Cloud::Public, &[FastTranscription, BatchSynthesis, CustomVoice, VoiceLive, VoiceLiveWebRtc]),
    row("canadacentral", "Canada Central", Cloud::Public, &[FastTranscription, BatchSynthesis, CustomVoice, VoiceLive]),
    row("canadaeast", "Canada East", Cloud::Public, &[VoiceLive]),
    row("northeurope", "North Europe", Cloud::Public, &[FastTranscription, LlmSpeech, BatchSynthesis, CustomVoice, Avatar, BatchAvatar]),
    row("westeurope", "West Europe", Cloud::Public, &[FastTranscription, BatchSynthesis, CustomVoice, Avatar, BatchAvatar, VideoTranslation, VoiceLive, PersonalVoice, LongAudio]),
    row("francecentral", "France Central", Cloud::Public, &[FastTranscription, BatchSynthesis, CustomVoice, Avatar, BatchAvatar, VoiceLive]),
    row("germanywestcentral", "Germany West Central", Cloud::Public, &[FastTranscription, BatchSynthesis, CustomVoice, VoiceLive]),
    row("italynorth", "Italy North", Cloud::Public, &[FastTranscription, CustomVoice, Avatar, BatchAvatar, VoiceLive, VoiceLiveWebRtc]),
    row("norwayeast", "Norway East", Cloud::Public, &[BatchSynthesis, CustomVoice, VoiceLive]),
    row("swedencentral", "Sweden Central", Cloud::Public, &[FastTranscription, BatchSynthesis, CustomVoice, Avatar, BatchAvatar, VoiceLive, PersonalVoice]),
    row("switzerlandnorth", "Switzerland North", Cloud::Public, &[BatchSynthesis, CustomVoice, VoiceLive]),
    row("switzerlandwest", "Switzerland West", Cloud::Public, &[CustomVoice]),
    row("uksouth", "UK South", Cloud::Public, &[FastTranscription, BatchSynthesis, CustomVoice, VoiceLive, VoiceLiveWebRtc, LongAudio]),
    row("ukwest", "UK West", Cloud::Public, &[]),
    row("uaenorth", "UAE North", Cloud::Public, &[BatchSynthesis, CustomVoice, VoiceLive]),
    row("brazilsouth", "Brazil South", Cloud::Public, &[FastTranscription, BatchSynthesis, CustomVoice, VoiceLive]),
    row("qatarcentral", "Qatar Central", Cloud::Public, &[]),
    row("centralus", "Central US", Cloud::Public, &[BatchSynthesis, CustomVoice, VideoTranslation, VoiceLive]),
    row("eastus", "East US", Cloud::Public, &[FastTranscription, LlmSpeech, BatchSynthesis, CustomVoice, Avatar, BatchAvatar, VideoTranslation, VoiceLive, PersonalVoice, LongAudio]),
    row("eastus2", "East US 2", Cloud::Public, &[FastTranscription, BatchSynthesis, CustomVoice, Avatar, BatchAvatar, VideoTranslation, VoiceLive, VoiceLiveWebRtc, PersonalVoice]),
    row("northcentralus", "North Central US", Cloud::Public, &[FastTranscription, BatchSynthesis, CustomVoice, VideoTranslation, VoiceLive, VoiceLiveWebRtc]),
    row("southcentralus", "South Central US", Cloud::Public, &[FastTranscription, BatchSynthesis, CustomVoice, Avatar, BatchAvatar, VideoTranslation, VoiceLive, LongAudio]),
    row("westcentralus", "West Central US", Cloud::Public, &[CustomVoice, VideoTranslation, VoiceLive]),
    row("westus", "West US", Cloud::Public, &[FastTranscription, LlmSpeech, BatchSynthesis, CustomVoice, VideoTranslation, VoiceLive]),
    row("westus2", "West US 2", Cloud::Public, &[FastTranscription, LlmSpeech, BatchSynthesis, CustomVoice, Avatar, BatchAvatar, VideoTranslation, VoiceLive, VoiceLiveWebRtc, PersonalVoice]),
    row("westus3", "West US 3", Cloud::Public, &[FastTranscription, CustomVoice, VideoTranslation, VoiceLive]),
    row("usgovarizona", "US Gov Arizona", Cloud::UsGovernment, &[]),
    row("usgovvirginia", "US Gov Virginia", Cloud::UsGovernment, &[]),
    row("chinaeast2", "China East 2", Cloud::China, &[]),
    row("chinanorth2", "China North 2", Cloud::China, &[]),
    row("chinanorth3", "China North 3", Cloud::China, &[]),
];

/// The features of a service that the table gives region by region.
#[rustfmt::skip]
const FEATURES: &[(Service, &str, &[&str])] = &[
    (SpeechToText, "post-stream refinement", &["centralindia", "eastus", "northeurope", "southeastasia", "westeurope", "westus"]),
    (SpeechToTextRest, "custom speech training", &["australiaeast", "canadacentral", "centralindia", "eastasia", "eastus", "eastus2", "francecentral", "japaneast", "koreacentral", "northeurope", "southcentralus", "southeastasia", "switzerlandnorth", "uksouth", "westeurope", "westus", "westus2", "westus3"]),
    (LlmSpeech, "MAI-Transcribe", &["eastus", "northeurope", "southeastasia", "westus"]),
    (CustomVoice, "HD endpoint", &["australiaeast", "centralindia", "eastus", "eastus2", "japaneast", "koreacentral", "northeurope", "southeastasia", "swedencentral", "uksouth", "westeurope", "westus", "westus2"]),
    (CustomVoiceManagement, TRAINING, &["australiaeast", "centralindia", "centralus", "eastus", "eastus2", "francecentral", "japaneast", "koreacentral", "northcentralus", "northeurope", "southcentralus", "southeastasia", "swedencentral", "uksouth", "westeurope", "westus", "westus2", "westus3"]),
    (Translation, "live interpreter", &["eastus", "japaneast", "southeastasia", "westeurope", "westus2"]),
];

/// The feature without which the management of custom voices only copies and deploys models.
pub(crate) const TRAINING: &str = "custom voice training";

const PAGE: Source = Source("https://learn.microsoft.com/azure/ai-services/speech-service/regions", EDITION);
const SOVEREIGN: Source =
    Source("https://learn.microsoft.com/azure/ai-services/speech-service/sovereign-clouds", "2025-08-07");
const WEBRTC: Source =
    Source("https://learn.microsoft.com/azure/ai-services/speech-service/voice-live-webrtc", "2026-04-30");
const LONG_AUDIO: Source =
    Source("https://learn.microsoft.com/azure/ai-services/speech-service/migrate-to-batch-synthesis", "2026-11");

const fn row(id: &'static str, display_name: &'static str, cloud: Cloud, services: &'static [Service]) -> Listed {
    Listed { id, display_name, cloud, services }
}

/// Returns whether `id` consists of the words of the region's display name in a wrong order.
pub(crate) fn has_same_words(region: &Listed, id: &str) -> bool {
    let words: Vec<String> = region.display_name.split(' ').map(str::to_ascii_lowercase).collect();
    id != region.id && id.len() == region.id.len() && strip_words(id, &words)
}

fn strip_words(rest: &str, words: &[String]) -> bool {
    rest.is_empty()
        || words.iter().enumerate().any(|(i, word)| {
            let others: Vec<String> =
                words.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, w)| w.clone()).collect();
            rest.strip_prefix(word.as_str()).is_some_and(|rest| strip_words(rest, &others))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_a_different_order_are_recognised() {
        assert_eq!(reordered("indiacentral"), Some("centralindia"));
        assert_eq!(reordered("europewest"), Some("westeurope"));
        assert_eq!(reordered("belgiumcentral"), None);
    }
}
