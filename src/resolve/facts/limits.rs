//! Quotas, SDKs and container images.

use crate::resolve::facts::builder::Source;
use crate::resolve::facts::{Fact, FactKind};
use crate::resolve::service::Service;

/// Returns the facts on quotas, SDKs and containers.
pub(super) fn facts() -> Vec<Fact> {
    quotas().into_iter().chain(sdks()).chain(containers()).collect()
}

fn quotas() -> Vec<Fact> {
    let quota = |service, name, value| Fact::new(FactKind::Quota, value, QUOTAS).of(service).called(name);
    vec![
        quota(Service::SpeechToText, "concurrent sessions", "100 per resource (S0, adjustable), 1 (F0)")
            .noting("recognition and translation together; a custom endpoint has its own 100"),
        quota(Service::ConversationTranscription, "session length", "240 min"),
        quota(Service::FastTranscription, "requests", "600 per minute"),
        quota(Service::FastTranscription, "file size", "300 MB, 120 min")
            .unconfirmed("another page of 2026 says 500 MB and 5 hours"),
        quota(Service::SpeechToTextRest, "requests", "100 per 10 s"),
        quota(Service::TextToSpeech, "requests", "200 per second (S0, up to 1000), 20 per 60 s (F0)"),
        quota(Service::TextToSpeech, "audio length", "10 min per request"),
        quota(Service::BatchSynthesis, "requests", "100 per 10 s"),
        quota(Service::PersonalVoice, "requests", "50 per 10 s"),
        quota(Service::BatchAvatar, "requests", "2 per minute"),
        quota(Service::Avatar, "new connections", "2 per minute"),
        quota(Service::Avatar, "session length", "30 min speaking, 5 min idle"),
        quota(Service::VoiceLive, "new connections", "30 per minute")
            .unconfirmed("a source of 2026-09 quotes 100 per minute from a newer edition"),
        quota(Service::VoiceLive, "tokens", "120000 per minute"),
        quota(Service::VoiceLive, "session length", "60 min"),
        Fact::new(FactKind::Quota, "100", VIRTUAL_NETWORKS).called("virtual-network rules"),
        Fact::new(FactKind::Quota, "100, IPv4 only", VIRTUAL_NETWORKS).called("address rules"),
        Fact::new(FactKind::Quota, "10 min", AUTHENTICATION).of(Service::IssueToken).called("token lifetime"),
    ]
}

fn sdks() -> Vec<Fact> {
    let sdk = |name, value, source| Fact::new(FactKind::Sdk, value, source).called(name);
    vec![
        sdk("native", "1.53.0", Source("https://pypi.org/project/azure-cognitiveservices-speech/1.53.0/", "2026-10")),
        sdk(
            "javascript",
            "1.52.0",
            Source("https://www.npmjs.com/package/microsoft-cognitiveservices-speech-sdk/v/1.52.0", "2026-11"),
        ),
        sdk("voice-live", "1.3.1", Source("https://pypi.org/project/azure-ai-voicelive/1.3.1/", "2026-10-23")),
        sdk("transcription", "1.0.0", Source("https://pypi.org/project/azure-ai-transcription/1.0.0/", "2026-11")),
        sdk("certificate revocation on Linux and Android", "1.48.2", REVOCATION).noting(
            "older versions fail with error 44 (X509_V_ERR_DIFFERENT_CRL_SCOPE) since 2026-07-01; otherwise set \
             OPENSSL_DISABLE_CRL_CHECK",
        ),
    ]
}

fn containers() -> Vec<Fact> {
    let image = |name, value, source| Fact::new(FactKind::Container, value, source).called(name);
    vec![
        image("speech-to-text", "4.12.0", CONTAINERS),
        image("custom-speech-to-text", "4.12.0", CONTAINERS),
        image("neural-text-to-speech", "4.1.0", CONTAINER_NOTES),
        image("language-detection", "1.18.0", CONTAINERS).noting("in preview"),
    ]
}

const QUOTAS: Source = Source(
    "https://learn.microsoft.com/azure/ai-services/speech-service/speech-services-quotas-and-limits",
    "2026-01-30",
);
const VIRTUAL_NETWORKS: Source =
    Source("https://learn.microsoft.com/azure/ai-services/cognitive-services-virtual-networks", "2025-05-19");
const AUTHENTICATION: Source =
    Source("https://learn.microsoft.com/azure/ai-services/speech-service/rest-text-to-speech", "2026-05-21");
const REVOCATION: Source =
    Source("https://learn.microsoft.com/azure/ai-services/speech-service/releasenotes", "2026-09-24");
const CONTAINERS: Source =
    Source("https://learn.microsoft.com/azure/ai-services/speech-service/speech-container-howto", "2025-07-01");
const CONTAINER_NOTES: Source =
    Source("https://learn.microsoft.com/azure/ai-services/speech-service/releasenotes", "2025-12");
