//! The documented regions. They help messages and never restrict what is accepted.
//!
//! Source: <https://learn.microsoft.com/azure/ai-services/speech-service/regions>, edition of 2026-05-25, and for the sovereign
//! clouds <https://learn.microsoft.com/azure/ai-services/speech-service/sovereign-clouds>.

use crate::resolve::cloud::Cloud;
use crate::resolve::service::Service;
use crate::resolve::service::Service::{
    Avatar, BatchAvatar, BatchSynthesis, CustomVoice, FastTranscription, LlmSpeech, LongAudio, PersonalVoice,
    VideoTranslation, VoiceLive, VoiceLiveWebRtc,
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
        let column = match service {
            Service::CustomVoiceWebSocket => CustomVoice,
            Service::AvatarRelayToken => Avatar,
            other => other,
        };
        (self.cloud == Cloud::Public && VARYING.contains(&column)).then(|| self.services.contains(&column))
    }
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
