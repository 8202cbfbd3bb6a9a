//! Failures of configuration.

use super::{Area, KnownFailure, Severity};

/// The entries in catalogue order.
pub(super) const FAILURES: &[KnownFailure] = &[
    KnownFailure {
        id: "CFG01",
        area: Area::Configuration,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the region is not a region identifier",
        observed: "the region contains a blank or a capital letter, looks like a locale (`en-US`) or a URL, or is the \
            word `global`; a lookup then fails with `getaddrinfo ENOTFOUND en-us.tts.speech.microsoft.com`",
        cause: "a display name, a locale or a portal URL was given instead of the identifier",
        tell_apart: "nothing is sent: look up the value in the region table, in lower case and without blanks (`West \
            US 2` is `westus2`); for a URL, read the first label of the host",
        remedy: "give the identifier, for example `westeurope`; it is the location of the resource",
        commands: &["az cognitiveservices account show -n NAME -g GROUP --query location -o tsv"],
        evidence: "the value as given, its normalised form, the edition of the region table, the closest identifier",
        see: Some("https://github.com/Azure-Samples/cognitive-services-speech-sdk/issues/1376"),
    },
    KnownFailure {
        id: "CFG02",
        area: Area::Configuration,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "a custom domain name is used as the region",
        observed: "`NAME.stt.speech.microsoft.com` does not exist (NXDOMAIN), and NAME is not a known region",
        cause: "the name of the resource's custom domain was given as its region",
        tell_apart: "the same name under `cognitiveservices.azure.com` resolves",
        remedy: "give NAME as the custom domain, or `https://NAME.cognitiveservices.azure.com/` as the endpoint, not \
            as the region",
        commands: &["speech-endpoint resolve --custom-domain NAME"],
        evidence: "both lookups side by side",
        see: Some("https://github.com/hugobloem/homeassistant-addons/issues/68"),
    },
    KnownFailure {
        id: "CFG03",
        area: Area::Configuration,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the token host is used for a WebSocket",
        observed: "an upgrade at `REGION.api.cognitive.microsoft.com` gets 404, or the path of the endpoint is \
            `/sts/v1.0/issuetoken`",
        cause: "the endpoint that the portal shows for a regional resource serves tokens and REST, not real-time \
            speech",
        tell_apart: "the WebSocket was opened at a host of the family `api.cognitive`",
        remedy: "open the WebSocket at `REGION.stt.speech.microsoft.com` or `REGION.tts.speech.microsoft.com`, or at \
            the custom domain",
        commands: &["speech-endpoint resolve --region REGION --service speech-to-text"],
        evidence: "the host family, the path, and the host for that region",
        see: Some("https://github.com/microsoft/cognitive-services-speech-sdk-js/issues/723"),
    },
    KnownFailure {
        id: "CFG04",
        area: Area::Configuration,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the path on the custom domain lacks /stt or /tts",
        observed: "an upgrade at `NAME.cognitiveservices.azure.com` gets 404, and its path begins with neither `/stt` \
            nor `/tts`",
        cause: "on a custom domain the first path segment names the offering; elsewhere the second label of the host \
            does",
        tell_apart: "the canonical path on the same host gets 101 or 401",
        remedy: "give the SDK `https://NAME.cognitiveservices.azure.com/` without a path and let it build the path; \
            if you write the path yourself, begin it with `/stt` or `/tts`",
        commands: &["speech-endpoint resolve --custom-domain NAME --service speech-to-text"],
        evidence: "the path that was tried, the canonical path, the status of each",
        see: Some("https://github.com/Azure/azure-sdk-for-java/issues/28549"),
    },
    KnownFailure {
        id: "CFG05",
        area: Area::Configuration,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the endpoint is not a valid URL of an Azure host",
        observed: "the endpoint has the scheme `http:` or `ws:`, a port other than 443, a user name or password, a \
            fragment, or no host",
        cause: "the URL was copied with too much or too little, or it is the URL of a container",
        tell_apart: "nothing is sent: parsing the URL shows which part is wrong",
        remedy: "correct the endpoint to `https://HOST/`; give the address of a container as the host, which has its own rules",
        commands: &["speech-endpoint resolve --host ws://localhost:5000 --service speech-to-text-v1"],
        evidence: "the part of the URL that is not allowed or is missing",
        see: Some("https://github.com/Azure-Samples/cognitive-services-speech-sdk/issues/441"),
    },
    KnownFailure {
        id: "CFG06",
        area: Area::Configuration,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the region and the host belong to different clouds",
        observed: "a `usgov*` or `china*` region is combined with a host under `.microsoft.com` or `.azure.com`, or a \
            region of the public cloud with a sovereign suffix",
        cause: "every cloud has its own suffixes, even for its token host and its speech host: \
            `api.cognitive.microsoft.us` and `speech.azure.us`",
        tell_apart: "nothing is sent: compare the prefix of the region with the suffix table",
        remedy: "omit the cloud so that the region selects it, or give `usgov` or `china`; native SDKs build \
            `.microsoft.com` hosts for `usgov*` regions, so give them the endpoint that `resolve` prints",
        commands: &["speech-endpoint resolve --region REGION"],
        evidence: "the cloud, the region and every host derived from them",
        see: Some("https://learn.microsoft.com/azure/ai-services/speech-service/sovereign-clouds"),
    },
    KnownFailure {
        id: "CFG07",
        area: Area::Configuration,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "a privatelink name is used in a URL",
        observed: "the host of the endpoint contains the label `privatelink`",
        cause: "that name exists for DNS only; the certificate covers `*.cognitiveservices.azure.com`, not the alias",
        tell_apart: "the host contains the label `privatelink`",
        remedy: "call `NAME.cognitiveservices.azure.com`, and leave `privatelink` to the DNS zone",
        commands: &["speech-endpoint resolve --custom-domain NAME --network private-endpoint"],
        evidence: "the host as given, the host to use, the names in the certificate",
        see: Some("https://github.com/microsoft/AICentral/issues/113"),
    },
    KnownFailure {
        id: "CFG08",
        area: Area::Configuration,
        severity: Severity::Warning,
        severity_when: None,
        is_core: true,
        title: "a Foundry or Azure OpenAI endpoint is used for speech",
        observed: "the host is `NAME.services.ai.azure.com` or `NAME.openai.azure.com`, or the URL is a Foundry \
            project URL",
        cause: "the endpoint of another API of the same resource was copied",
        tell_apart: "compare the host family",
        remedy: "call `NAME.cognitiveservices.azure.com`, after a lookup confirms that it exists",
        commands: &[
            "speech-endpoint resolve --endpoint https://NAME.services.ai.azure.com/",
            "nslookup NAME.cognitiveservices.azure.com.",
        ],
        evidence: "the host derived from the name, and its lookup",
        see: Some("https://github.com/aaif-goose/goose/pull/9885"),
    },
    KnownFailure {
        id: "CFG09",
        area: Area::Configuration,
        severity: Severity::Warning,
        severity_when: None,
        is_core: false,
        title: "two settings contradict each other",
        observed: "region and endpoint are both set and disagree, or the environment disagrees with a file",
        cause: "one setting silently takes precedence over another",
        tell_apart: "list the settings with their sources and the one that took precedence",
        remedy: "remove one of them, for example `SPEECH_ENDPOINT` from the environment; `-v` names the source that \
            was used",
        commands: &["unset SPEECH_ENDPOINT", "speech-endpoint resolve -v"],
        evidence: "each setting, its source, which one took precedence",
        see: None,
    },
    KnownFailure {
        id: "CFG10",
        area: Area::Configuration,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the key or token is malformed",
        observed: "the key is empty, contains a blank, quotes or a line break, is a placeholder, or looks like a JWT \
            or an `aad#` string",
        cause: "a file, a shell or a CI variable changed the secret in transit",
        tell_apart: "check the shape of the key without sending it; its value is never printed",
        remedy: "copy the key again without the line break (a key has 32 or 84 characters), and pass a token as a \
            token",
        commands: &[
            "export SPEECH_KEY=\"$(az cognitiveservices account keys list -n NAME -g GROUP --query key1 -o tsv)\"",
            "printf %s \"$SPEECH_KEY\" | wc -c",
        ],
        evidence: "its length, the character classes it contains, a short salted fingerprint",
        see: None,
    },
    KnownFailure {
        id: "CFG11",
        area: Area::Configuration,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the composed token has no resource ID or the wrong one",
        observed: "an `aad#` string lacks the full `/subscriptions/.../accounts/...` id, or has the id of another \
            resource",
        cause: "the token was composed by hand",
        tell_apart: "split its three parts, and compare the account name with the custom domain",
        remedy: "compose it as `aad#RESOURCE_ID#TOKEN` with the id that Azure prints, or let the tool compose it from \
            the resource ID",
        commands: &["az cognitiveservices account show -n NAME -g GROUP --query id -o tsv"],
        evidence: "the shape of the resource id, with the subscription shortened",
        see: Some("https://github.com/Azure-Samples/cognitive-services-speech-sdk/issues/2692"),
    },
    KnownFailure {
        id: "CFG12",
        area: Area::Configuration,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the regional host is used for a restricted resource",
        observed: "the resource has a custom domain or a private endpoint, and its key gets 401 at the regional host",
        cause: "once a custom domain and network limits are set, the regional hosts reject the keys of the resource \
            (documented)",
        tell_apart: "the same key gets 101 or 200 at the custom domain",
        remedy: "call `NAME.cognitiveservices.azure.com` instead of the regional host",
        commands: &[
            "az cognitiveservices account show -n NAME -g GROUP --query properties.customSubDomainName -o tsv",
            "speech-endpoint resolve --custom-domain NAME --network private-endpoint",
        ],
        evidence: "the status at both hosts",
        see: Some("https://learn.microsoft.com/azure/ai-services/speech-service/speech-services-private-link"),
    },
    KnownFailure {
        id: "CFG13",
        area: Area::Configuration,
        severity: Severity::Error,
        severity_when: None,
        is_core: false,
        title: "the endpoint or its path is retired",
        observed: "the host is `speech.platform.bing.com`, `api.cognitive.microsoft.com` without a region, or a trial \
            endpoint; or a path that used to work gets 200, 403 or 404",
        cause: "the endpoint or the feature behind the path was retired",
        tell_apart: "the host or path is in the table of retired ones",
        remedy: "switch to the URL that `resolve` prints for the service, or to the service that replaces it",
        commands: &["speech-endpoint resolve --region REGION"],
        evidence: "the entry that matched, and its replacement",
        see: Some("https://github.com/Azure-Samples/SpeechToText-WebSockets-Javascript/issues/80"),
    },
    KnownFailure {
        id: "CFG14",
        area: Area::Configuration,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the custom domain does not serve real-time paths",
        observed: "a path under `/stt` or `/tts` on the custom domain gets 404, including \
            `/tts/cognitiveservices/voices/list`, and the alias chain leads to `REGION.api.cognitive.microsoft.com` \
            (fingerprint C)",
        cause: "without a private endpoint or an allowed VNet, the name leads to the regional gateway, which in many \
            reports serves no real-time paths and names the regional host instead; the documentation uses these paths \
            for such a resource too, so only the response decides",
        tell_apart: "fingerprint C together with 404; with `GenerateRedirectResponse=true` the same request returns a \
            URL",
        remedy: "use the URL that the redirect returns, or `REGION.stt.speech.microsoft.com` and \
            `REGION.tts.speech.microsoft.com`; or create a private endpoint for the resource",
        commands: &[
            "curl -sS \
                \"https://NAME.cognitiveservices.azure.com/tts/cognitiveservices/websocket/v1?GenerateRedirectResponse=true\"",
            "speech-endpoint resolve --custom-domain NAME --network open --region REGION",
        ],
        evidence: "the fingerprint, the path, the status, the body of the redirect",
        see: Some("https://learn.microsoft.com/azure/ai-services/speech-service/speech-services-private-link"),
    },
];
