//! The sources of the `api-version` of each service. The versions themselves are in the rows of the services.

use crate::resolve::facts::builder::Source;
use crate::resolve::facts::{Fact, FactKind};
use crate::resolve::service::{Path, Service};

/// Returns the facts on versions, in the order of the services.
pub(super) fn facts() -> Vec<Fact> {
    let stable = VERSIONS.iter().filter_map(|(service, source)| {
        let row = service.row();
        let version = match row.path {
            Path::Deployment(_, _, dated, _) => Some(dated),
            _ => row.version,
        };
        let fact = Fact::new(FactKind::ApiVersion, version?, *source).of(*service);
        Some(match row.path {
            Path::Deployment(..) => fact.noting("with a deployment in the path; the v1 form has no api-version"),
            _ => fact,
        })
    });
    let previews = PREVIEWS
        .iter()
        .map(|(service, version, source)| Fact::new(FactKind::PreviewVersion, version, *source).of(*service));
    stable.chain(previews).collect()
}

/// Where the version of a service is stated. A test names each service without a source.
#[rustfmt::skip]
const VERSIONS: &[(Service, Source)] = &[
    (Service::SpeechToTextRest, SPECS),
    (Service::FastTranscription, TRANSCRIPTION_SDK),
    (Service::LlmSpeech, TRANSCRIPTION_SDK),
    (Service::BatchSynthesis, SPECS),
    (Service::BatchAvatar, SPECS),
    (Service::CustomVoiceManagement, SPECS),
    (Service::VideoTranslation, SPECS),
    (Service::VoiceLive, VOICE_LIVE_SDK),
    (Service::VoiceLiveWebRtc, Source("https://learn.microsoft.com/azure/ai-services/speech-service/voice-live-webrtc", "2026-04-30")),
    (Service::VoiceAgent, Source("https://pypi.org/project/azure-ai-projects/2.10.0/", "2026-11")),
    (Service::OpenAiTranscription, OPENAI_REFERENCE),
    (Service::OpenAiSpeech, OPENAI_REFERENCE),
];

/// The newest versions in preview.
const PREVIEWS: &[(Service, &str, Source)] =
    &[(Service::FastTranscription, "2026-09-15-preview", SPECS), (Service::VoiceLive, "2026-07-31-preview", SPECS)];

/// `specification/cognitiveservices/data-plane`, in the folders `Speech`, `TextToSpeech` and `VoiceLive`.
const SPECS: Source = Source("https://github.com/Azure/azure-rest-api-specs", "2026-11");
const TRANSCRIPTION_SDK: Source = Source("https://pypi.org/project/azure-ai-transcription/1.0.0/", "2026-11");
const VOICE_LIVE_SDK: Source = Source("https://pypi.org/project/azure-ai-voicelive/1.3.1/", "2026-10-23");
const OPENAI_REFERENCE: Source = Source("https://learn.microsoft.com/azure/ai-services/openai/reference", "2026-11");
