//! Notes about an endpoint for the reader.

use super::{Endpoint, basis};
use crate::resolve::access::AccountKind;
use crate::resolve::account::Resource;
use crate::resolve::cloud::Cloud;
use crate::resolve::facts::{Fact, FactKind, forms, regions};
use crate::resolve::form::CredentialForm;
use crate::resolve::note::Note;
use crate::resolve::scenario::{Scenario, UrlForm};
use crate::resolve::service::{Host, Service, ServiceStatus};
use crate::resolve::setting::{Setting, SettingHint};

/// Collects the notes by importance: what prevents a call, what it still needs, what is uncertain, what is useful to
/// know.
pub(super) fn of(endpoint: &Endpoint) -> Vec<Note> {
    let mut notes = Vec::new();
    network(endpoint, &mut notes);
    missing(endpoint, &mut notes);
    certainty(endpoint, &mut notes);
    credentials(endpoint, &mut notes);
    life(endpoint, &mut notes);
    notes
}

fn network(endpoint: &Endpoint, notes: &mut Vec<Note>) {
    let account = endpoint.account();
    let is_realtime = matches!(endpoint.service().row().host, Host::Realtime(_));
    match account.scenario() {
        Scenario::CustomDomainUnknown | Scenario::OpenAi if is_realtime => notes.push(
            Note::new(
                "open_answers_404",
                "reports show that an open resource, with neither a private endpoint nor an allowed network, returns 404 here, while the documentation uses this form for it too; for such a resource, give its network access and its region",
            )
            .asking_for([SettingHint::with(Setting::Network, "open"), Setting::Region.into()]),
        ),
        Scenario::CustomDomainLocked => notes.push(Note::new(
            "everything_refused",
            "this resource rejects every call with 403 until a network, an address or a private endpoint is allowed",
        )),
        Scenario::CustomDomainSelectedIpOnly => notes.push(Note::new(
            "ip_rules",
            "only callers whose public IPv4 address matches a rule are allowed; others get 403",
        )),
        Scenario::ServiceEndpoint => notes.push(Note::new(
            "service_endpoint",
            "only callers from an allowed subnet with the service endpoint `Microsoft.CognitiveServices` are allowed; others get 403",
        )),
        Scenario::Perimeter => notes.push(Note::new(
            "perimeter",
            "the rules of a network security perimeter decide who may come through the public endpoint; others get 403",
        )),
        _ => {}
    }
    if account.scenario().form() == UrlForm::Split && endpoint.service().row().discovery {
        let note = Note::new(
            "discovery",
            match (endpoint.is_own_host(), endpoint.service()) {
                (false, _) => "by the documentation, a plain Entra token works only after endpoint discovery",
                (true, Service::Voices) => {
                    "this URL itself returns 404; discover the host of `text-to-speech-websocket` and replace the path of the response with `/cognitiveservices/voices/list`"
                }
                (true, _) => {
                    "this URL itself returns 404; query it with `GenerateRedirectResponse=true` for the URL that serves"
                }
            },
        );
        let hint = (!endpoint.is_own_host()).then_some(Setting::Discovery);
        notes.push(note.asking_for(hint));
    }
}

fn missing(endpoint: &Endpoint, notes: &mut Vec<Note>) {
    let Some(name) = endpoint.service().row().needs.filter(|name| !has_parameter(endpoint.url(), name)) else { return };
    if endpoint.service().row().host == Host::Foundry && has_parameter(endpoint.url(), "agent-name") {
        if !has_parameter(endpoint.url(), "agent-project-name") {
            let hint = SettingHint::with(Setting::QueryParameter, "agent-project-name=…");
            let text = "an agent needs `agent-project-name`, the name of its project";
            notes.push(Note::new("parameter_required", text).asking_for([hint]));
        }
        return;
    }
    // A call that already runs has its model.
    if endpoint.service() == Service::OpenAiRealtime && has_parameter(endpoint.url(), "call_id") {
        return;
    }
    let (text, hint) = match (name, endpoint.service()) {
        ("language", _) => ("`language` is required", Setting::Language.into()),
        ("deploymentId", _) => ("`deploymentId` is required", Setting::Deployment.into()),
        (_, Service::OpenAiRealtime | Service::OpenAiRealtimeTranslation) => {
            ("`model`, the name of a deployment, is required", Setting::Deployment.into())
        }
        _ => (
            "`model`, or `agent-name` and `agent-project-name`, is required",
            SettingHint::with(Setting::QueryParameter, "model=…"),
        ),
    };
    notes.push(Note::new("parameter_required", text).asking_for([hint]));
}

fn certainty(endpoint: &Endpoint, notes: &mut Vec<Note>) {
    let (service, account) = (endpoint.service(), endpoint.account());
    let row = service.row();
    if let Resource::Container(host) = account.resource() {
        if service == Service::TextToSpeech && host.synthesis_path() == "/cognitiveservices/v1" {
            let text = "older documentation uses `/speech/synthesize/cognitiveservices/v1` and does not say which images serve it";
            notes.push(Note::new("unconfirmed", text).asking_for([Setting::SynthesisPath]));
        }
        if service == Service::ConversationTranscription {
            notes.push(Note::new("unconfirmed", CONTAINER_TRANSCRIBER));
        }
        return;
    }
    if let Some(text) = row.unconfirmed.filter(|_| endpoint.is_own_host()) {
        notes.push(Note::new("unconfirmed", text));
    }
    let cloud = account.cloud();
    if row.sovereign.is_unlisted(cloud) {
        notes.push(Note::new(
            "unlisted_service",
            format!("the documentation of the {} neither lists nor excludes this service", cloud.title()),
        ));
    }
    if service == Service::TranslationV1
        && !endpoint.is_own_host()
        && matches!(cloud, Cloud::UsGovernment | Cloud::China)
    {
        notes.push(Note::new(
            "unconfirmed",
            "this host is derived from the suffix rule; the documentation does not name it",
        ));
    }
    if row.host == Host::Foundry && account.scenario().is_proxied() {
        notes.push(Note::new(
            "unconfirmed",
            "the documentation does not confirm that this works over a private network",
        ));
    }
    notes.extend(of_foundry(endpoint));
    notes.extend(second_host(endpoint));
    unlisted(endpoint, notes);
    unsettled(endpoint, notes);
    let is_private = account.scenario().is_proxied() && account.scenario() != Scenario::ServiceEndpoint;
    let is_synthesis_socket = service.is_websocket() && matches!(row.host, Host::Realtime("tts" | "voice"));
    if is_private && is_synthesis_socket && endpoint.accepts().contains(CredentialForm::Entra) {
        notes.push(Note::new("unconfirmed", SYNTHESIS_BY_TOKEN));
    }
    if service == Service::Voices && account.cloud() == &Cloud::Public && endpoint.url().contains(".voice.") {
        notes.push(Note::new(
            "voices",
            "the SDK asks this host for the list if a custom voice is set; the documentation names the `tts` host",
        ));
    }
    if service == Service::SpeechToText && has_parameter(endpoint.url(), "language") {
        notes.push(Note::new(
            "language",
            "the native SDK sends the language in the `speech.context` message, the JavaScript SDK in the URL",
        ));
    }
}

/// Notes what the region table does not list for the region. The edition says how old the table is.
fn unlisted(endpoint: &Endpoint, notes: &mut Vec<Note>) {
    let (service, facts) = (endpoint.service(), endpoint.account().facts());
    let Some(region) = endpoint.account().region() else { return };
    let name = region.display_name().unwrap_or(region.as_str());
    if facts.lists(region.as_str(), service) == Some(false) {
        let edition = facts.regions_of(service).map_or(regions::EDITION, |fact| &fact.edition);
        let text = format!("the region table of {edition} does not list this service for {name}");
        notes.push(Note::new("unlisted_service", text));
    }
    if let Some((false, fact)) = facts.feature(region.as_str(), service) {
        let feature = fact.name.as_deref().unwrap_or_default();
        let text = format!("the region table of {} does not list {feature} for {name}", fact.edition);
        notes.push(Note::new("unlisted_feature", text));
    }
}

/// Notes what the sources do not settle about the URL or the token.
fn unsettled(endpoint: &Endpoint, notes: &mut Vec<Note>) {
    // Two of them have a note of their own: `open_answers_404` and the scope of tokens.
    let is_noted =
        |fact: &&Fact| fact.kind != FactKind::UrlForm || fact.name.as_deref() == Some(forms::DISCOVERED_HOST);
    for fact in basis::unsettled(endpoint).into_iter().filter(is_noted).filter(|fact| fact.kind != FactKind::TokenScope)
    {
        notes.extend(fact.note.as_deref().map(|why| Note::new("unconfirmed", format!("unconfirmed: {why}"))));
    }
}

/// Returns what the documentation of Foundry and Azure OpenAI says about a service, or leaves open.
fn of_foundry(endpoint: &Endpoint) -> Option<Note> {
    let service = endpoint.service();
    Some(match service {
        Service::VoiceLive if endpoint.url().contains("api-version=v1") => Note::new(
            "evergreen_version",
            "version `v1` grows without breaking; its previews need the header `VoiceLive-Features` with the name of the feature",
        ),
        Service::OpenAiLive => Note::new(
            "unconfirmed",
            "the documentation (2026-09-04) opens this URL, and the SDK of OpenAI opens `/openai/v1/live/sessions`",
        ),
        Service::OpenAiRealtimeWebRtc | Service::OpenAiRealtimeTranslationWebRtc => Note::new(
            "client_secret",
            format!(
                "a browser sends the secret that `{}` issues; the audio then goes over UDP to the addresses in the response",
                if service == Service::OpenAiRealtimeWebRtc {
                    Service::OpenAiRealtimeClientSecret
                } else {
                    Service::OpenAiRealtimeTranslationClientSecret
                }
            ),
        ),
        Service::MaiTranscription => Note::new(
            "regions",
            "Azure serves the model from `swedencentral`, `centralus` and `southindia`, and routes requests there (2026-09-30)",
        ),
        _ => return None,
    })
}

/// Returns the other host of the paths of version 1, which an account of Foundry has and one of Azure OpenAI has not.
/// <https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle> (2026-03-19)
fn second_host(endpoint: &Endpoint) -> Option<Note> {
    let account = endpoint.account();
    let is_possible = match account.kind() {
        Some(kind) => kind == AccountKind::Foundry,
        None => account.scenario() != Scenario::OpenAi,
    };
    let (suffix, domain) = (account.cloud().suffixes().foundry()?, account.domain()?);
    let second = format!("{domain}.{suffix}");
    (is_possible && endpoint.url().contains("/openai/v1/") && endpoint.host() != second).then(|| {
        Note::new(
            "second_host",
            format!("an account of kind `AIServices` (Foundry) serves the same path at `{second}`"),
        )
    })
}

/// Notes the scope of Microsoft Entra tokens where it is not that of the cloud.
fn scope(endpoint: &Endpoint, notes: &mut Vec<Note>) {
    let cloud = endpoint.account().cloud();
    let Some(scope) = cloud.suffixes().foundry_scope().filter(|_| !endpoint.service().is_of_speech()) else { return };
    if !endpoint.accepts().contains(CredentialForm::Entra) {
        return;
    }
    let also = match (endpoint.service(), cloud.suffixes().token_scope()) {
        // <https://learn.microsoft.com/azure/ai-services/speech-service/mai-transcribe-2-streaming-realtime> (2026-09-30)
        (Service::MaiTranscription, _) | (_, None) => return,
        (Service::VoiceAgent, _) => String::new(),
        (_, Some(older)) => format!("; `{older}` is still accepted"),
    };
    notes.push(match cloud {
        Cloud::UsGovernment => {
            let text = format!(
                "the documentation does not name the scope of Entra tokens here; code in use requests `{scope}`{also}"
            );
            Note::new("unconfirmed", text)
        }
        _ => Note::new("token_scope", format!("the scope of Entra tokens is `{scope}`{also}")),
    });
}

fn credentials(endpoint: &Endpoint, notes: &mut Vec<Note>) {
    let (service, account) = (endpoint.service(), endpoint.account());
    if let Resource::Container(host) = account.resource() {
        notes.push(Note::new(
            "container",
            if host.is_secure() {
                "containers need no credential; a key may be sent because TLS protects it"
            } else {
                "containers need no credential, and none is sent without TLS"
            },
        ));
        return;
    }
    scope(endpoint, notes);
    if account.scenario() == Scenario::Regional && endpoint.accepts().contains(CredentialForm::EntraComposed) {
        notes.push(Note::new(
            "entra",
            "an Entra token works only if the resource has a custom domain, and on this host only in the `aad#` form",
        ));
    }
    if service == Service::IssueToken && endpoint.is_own_host() {
        let regional = account.region().map_or_else(
            || format!("`{{region}}.{}`", account.cloud().suffixes().rest()),
            |region| format!("`{region}.{}`", account.cloud().suffixes().rest()),
        );
        notes.push(Note::new(
            "issued_token",
            format!("a token is valid only for the host family that issued it; for the regional real-time hosts, use a token from {regional}"),
        ));
    }
    if account.is_key_auth_disabled() {
        notes.push(Note::new("key_auth_disabled", "keys and issued tokens are disabled for this resource"));
    }
}

fn life(endpoint: &Endpoint, notes: &mut Vec<Note>) {
    match endpoint.service().status() {
        ServiceStatus::Retiring { on, replacement } => {
            notes.push(Note::new("retiring", format!("retires on {on}; switch to {replacement}")));
        }
        ServiceStatus::Legacy => notes.push(Note::new("legacy", "replaced by `translation`")),
        _ => {}
    }
}

/// Language identification alone takes the same path: `usp_endpoint.h` of microsoft-foundry/SpeechSDK 1.52.
const CONTAINER_TRANSCRIBER: &str = "the native SDK calls this path at the host of a container, and Microsoft tests it; the documentation of containers names paths of version 1 alone, and so does the JavaScript SDK";

/// `SpeechSynthesizerTests.ts` of the JavaScript SDK @9e882235 (July 2026).
const SYNTHESIS_BY_TOKEN: &str = "Microsoft has switched off its own test of a plain Entra token for synthesis over a private endpoint; the `aad#` form is tested";

fn has_parameter(url: &str, name: &str) -> bool {
    url.split_once('?').is_some_and(|(_, query)| {
        query.split('&').any(|item| item.split_once('=').is_some_and(|(given, _)| given == name))
    })
}
