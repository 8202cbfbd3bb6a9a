//! Forms of URLs on which the sources disagree, for the notes that mention them.

use crate::resolve::facts::builder::Source;
use crate::resolve::facts::{Fact, FactKind};

/// The regional host after discovery: the documentation keeps the tokens of both hosts apart, and clients in the field
/// mix them.
pub(crate) const DISCOVERED_HOST: &str = "discovered-regional-host";
/// The custom domain of an open resource.
pub(crate) const OPEN_CUSTOM_DOMAIN: &str = "open-custom-domain";

pub(super) fn facts() -> Vec<Fact> {
    vec![
        Fact::new(
            FactKind::UrlForm,
            "wss://{region}.stt.speech.microsoft.com/stt/speech/universal/v2?Ocp-Apim-Custom-Domain-Name={host}",
            Source("https://learn.microsoft.com/azure/ai-services/speech-service/rest-text-to-speech", "2026-05-21"),
        )
        .called(DISCOVERED_HOST)
        .unconfirmed(
            "clients in the field send the plain Entra token or the token of the custom domain here; the documentation \
             says that the tokens of the two hosts are not interchangeable",
        ),
        Fact::new(
            FactKind::UrlForm,
            "https://{name}.cognitiveservices.azure.com/tts/...",
            Source("https://learn.microsoft.com/azure/ai-services/speech-service/troubleshooting", "2026-02-25"),
        )
        .called(OPEN_CUSTOM_DOMAIN)
        .unconfirmed(
            "pages of 2026 show this form for every resource; field reports and the SDK's source say that an open \
             resource answers 404",
        ),
    ]
}
