//! Failures of the proxy.

use super::{Area, KnownFailure, Severity};

/// The entries in catalogue order.
pub(super) const FAILURES: &[KnownFailure] = &[
    KnownFailure {
        id: "PXY01",
        area: Area::Proxy,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "a proxy is configured but not used",
        observed: "port 443 is blocked for direct connections, the environment or the system names a proxy, but the \
            tool or SDK does not use it",
        cause: "the proxy is not applied; Speech SDKs do not read the proxy variables",
        tell_apart: "a direct connection fails, and CONNECT through the proxy works",
        remedy: "set the proxy in the SDK itself (`SetProxy`, `set_proxy` or `setProxy`, host and port); for programs \
            that read it, set `HTTPS_PROXY`",
        commands: &["export HTTPS_PROXY=http://PROXY:PORT", "curl -sv -o /dev/null -x http://PROXY:PORT https://HOST/"],
        evidence: "the source of the proxy setting, the result of both paths",
        see: Some("https://github.com/Azure-Samples/cognitive-services-speech-sdk/issues/5"),
    },
    KnownFailure {
        id: "PXY02",
        area: Area::Proxy,
        severity: Severity::Error,
        severity_when: None,
        is_core: false,
        title: "the name of the proxy does not resolve",
        observed: "a lookup of `http://PROXY`, `http` or PROXY fails",
        cause: "a setting that accepts only a host contains a scheme or a path, a scheme is there twice, or the name is \
            misspelt or known only in another network",
        tell_apart: "inspect the value; a proxy that has an address and does not answer is TCP01 or TCP02",
        remedy: "give the proxy in `HTTPS_PROXY` as one URL, `http://PROXY:PORT`; in the proxy settings of the native Speech \
            SDK, give PROXY and PORT separately, without `http://` and without a path",
        commands: &["export HTTPS_PROXY=http://PROXY:PORT"],
        evidence: "the kind of value that was given, the result of the lookup",
        see: Some("https://github.com/Azure-Samples/cognitive-services-speech-sdk/issues/480"),
    },
    KnownFailure {
        id: "PXY03",
        area: Area::Proxy,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the proxy requires credentials",
        observed: "the proxy responds to CONNECT with 407",
        cause: "credentials are missing, only NTLM or Negotiate is offered, or the wrong header is sent",
        tell_apart: "read the schemes in `Proxy-Authenticate`",
        remedy: "give the SDK the proxy's user name and password, which it sends as Basic; if only NTLM or Negotiate \
            is offered, run a local forwarder that supports it and use that as the proxy",
        commands: &["curl -sv -o /dev/null -x http://PROXY:PORT https://HOST/ 2>&1 | grep -i '^< proxy-authenticate'"],
        evidence: "the offered schemes, no credentials",
        see: Some("https://github.com/Azure-Samples/cognitive-services-speech-sdk/issues/105"),
    },
    KnownFailure {
        id: "PXY04",
        area: Area::Proxy,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the proxy refuses the host or cannot reach it",
        observed: "the proxy responds to CONNECT with 403, 502 or 503",
        cause: "a proxy policy forbids the host, or the proxy cannot resolve or reach it",
        tell_apart: "read the body and the headers `Via` and `X-Squid-Error`",
        remedy: "allow HOST on port 443 on the proxy; if it responds with 502, 503 or 504, fix how the proxy \
            itself resolves and reaches HOST",
        commands: &[
            "curl -sv -o /dev/null -x http://PROXY:PORT https://HOST/ 2>&1 | grep -iE '^< (http|via|x-squid-error)'",
        ],
        evidence: "the status, the headers that identify the proxy",
        see: None,
    },
    KnownFailure {
        id: "PXY05",
        area: Area::Proxy,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "the proxy does not pass WebSockets through",
        observed: "CONNECT succeeds, then the upgrade gets 200, 400 or 426, or loses headers",
        cause: "a proxy that intercepts TLS does not support WebSockets",
        tell_apart: "a plain HTTPS GET through the same tunnel works",
        remedy: "have HOST exempted from inspection on the proxy",
        commands: &[
            "curl -si --http1.1 -m 5 -x http://PROXY:PORT -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H \
                'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' \
                https://REGION.stt.speech.microsoft.com/stt/speech/universal/v2",
        ],
        evidence: "the status, `Via`, the issuer of the certificate",
        see: Some("https://github.com/microsoft/cognitive-services-speech-sdk-js/issues/235"),
    },
    KnownFailure {
        id: "PXY06",
        area: Area::Proxy,
        severity: Severity::Error,
        severity_when: None,
        is_core: true,
        title: "traffic to the private endpoint goes through the proxy",
        observed: "the host of a private endpoint is reached through the proxy: the service returns 403 because of \
            its network rules, or the alias chain is the public one",
        cause: "`NO_PROXY` does not list the host, and the proxy resolves it publicly",
        tell_apart: "a direct connection to the private address succeeds",
        remedy: "add `NAME.cognitiveservices.azure.com` to `NO_PROXY`",
        commands: &["export NO_PROXY=\"$NO_PROXY,NAME.cognitiveservices.azure.com\""],
        evidence: "the proxy decision for each host, and the rule that matched",
        see: None,
    },
    KnownFailure {
        id: "PXY07",
        area: Area::Proxy,
        severity: Severity::Info,
        severity_when: None,
        is_core: false,
        title: "the SDK bypasses its own proxy setting",
        observed: "a proxy is set in the SDK, but on this runtime the SDK connects without it",
        cause: "a known bug of the JavaScript SDK on runtimes with a global WebSocket, fixed in April 2026",
        tell_apart: "compare the versions of SDK and runtime, if they are given",
        remedy: "upgrade `microsoft-cognitiveservices-speech-sdk`, or force its `ws` transport",
        commands: &["npm install microsoft-cognitiveservices-speech-sdk@latest"],
        evidence: "advice only, nothing is measured",
        see: Some("https://github.com/microsoft/cognitive-services-speech-sdk-js/issues/999"),
    },
];
