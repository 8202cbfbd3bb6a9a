//! The gateway: a small model of the service that responds as documentation and public reports describe.

use std::sync::Arc;

use serde_json::json;
use url::form_urlencoded;

use super::control::Control;
use super::exchange::{Answer, Asked};
use super::ids;
use super::jobs::Jobs;
use super::managed_identity;
use super::scene::Truth;
use super::scripted::Director;
use super::speech::{self, openai, rest, transcription};
use super::token::{self, Maker};
use super::vocabulary::{AnswerToml, GatewayToml, MetadataToml};
use speech_endpoint::PublicAccess;
use speech_endpoint::emulation::{HostKind, HostReading, read_host};
use speech_endpoint::evidence::AddressClass;

mod path;

use path::Route;

/// The service: the resource, and the responses that a world overrides.
pub(super) struct Gateway {
    pub(super) truth: Truth,
    pub(super) toml: GatewayToml,
    pub(super) answers: Vec<AnswerToml>,
    pub(super) metadata: Option<MetadataToml>,
    pub(super) maker: Maker,
    pub(super) control: Control,
    pub(super) jobs: Jobs,
    pub(super) director: Arc<Director>,
}

impl Gateway {
    /// Responds to a request; 101 without a body is an upgrade.
    ///
    /// 1. Apply the overrides of the world.
    /// 2. Check the host: an unknown one gives 404.
    /// 3. Apply the network policy of the resource.
    /// 4. Check the path: an unknown one gives 404, or a redirect to the regional host.
    /// 5. Check the credential.
    /// 6. Return the content.
    pub(super) fn answer(&self, asked: &Asked) -> Answer {
        let answer = self.stated(asked).unwrap_or_else(|| self.own_answer(asked).unwrap_or_else(|refusal| refusal));
        // The metadata service is not behind the gateway that numbers requests.
        if asked.host == METADATA_SERVICE {
            return answer;
        }
        let id = ids::guid();
        answer.with("apim-request-id", id.as_str()).with("x-requestid", id)
    }

    fn stated(&self, asked: &Asked) -> Option<Answer> {
        let stated = self.answers.iter().find(|stated| {
            stated.host.as_ref().is_none_or(|host| *host == asked.host)
                && asked.path.starts_with(&stated.path_prefix)
                && asked.query.contains(&stated.query)
                && (asked.is_upgrade || !stated.upgrade_only)
                && (asked.key.is_some() || asked.bearer.is_some() || !stated.credential_only)
        })?;
        let headers = stated.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        Some(Answer { headers, body: stated.body.clone().into(), ..Answer::empty(stated.status) })
    }

    fn own_answer(&self, asked: &Asked) -> Result<Answer, Answer> {
        if asked.host == METADATA_SERVICE {
            return self
                .metadata
                .as_ref()
                .and_then(|toml| self.instance(toml, asked))
                .ok_or_else(|| Answer::empty(404));
        }
        if self.truth.container.as_ref().is_some_and(|(host, _)| *host == asked.host) {
            let route = path::container(&asked.path).filter(|route| route.takes(&asked.method));
            return route.map(|route| self.serve(asked, route)).ok_or_else(Answer::not_found);
        }
        let host = read_host(self.truth.cloud.suffixes(), &asked.host).ok_or_else(Answer::not_found)?;
        let is_own = host.kind.is_named_by_customers();
        if is_own && (self.truth.domain.as_deref() != Some(host.label) || host.private) {
            return Err(Answer::error(404, "ResourceNotFound", "Subdomain does not map to a resource."));
        }
        self.admit(asked, is_own)?;
        let route = self.route(asked, host)?;
        // A file of a job is on a storage account, whose address contains a signature.
        if let Some(content) = self.jobs.content(asked).filter(|_| route == Route::Management) {
            return Ok(content);
        }
        self.authenticate(asked, host, route)?;
        Ok(self.serve(asked, route))
    }

    /// Step 3. Texts: <https://learn.microsoft.com/azure/ai-foundry/how-to/troubleshoot-secure-connection-project>
    fn admit(&self, asked: &Asked, is_own: bool) -> Result<(), Answer> {
        let access = self.truth.access;
        let came_privately = is_own && AddressClass::of(asked.came_by).is_private();
        if came_privately {
            return match access.private_endpoints {
                0 => Err(Answer::error(403, "AccessDenied", "Traffic is not from an approved private endpoint.")),
                _ => Ok(()),
            };
        }
        // A regional host identifies a restricted resource only by its key: see `authenticate`.
        if self.truth.domain.is_none() || (!is_own && self.truth.is_proxied()) {
            return Ok(());
        }
        if access.public_access == PublicAccess::Disabled {
            let answer =
                Answer::error(403, "AccessDenied", "Public access is disabled. Please configure private endpoint.");
            return Err(answer.with("policy-id", "ThrowExceptionDueToTrafficDenied"));
        }
        let is_listed = self.toml.client_allowed && (access.vnet_rules > 0 || access.ip_rules > 0);
        let is_denied = match access.public_access {
            PublicAccess::SecuredByPerimeter => !self.toml.client_allowed,
            _ => access.default_deny && !is_listed,
        };
        if is_denied {
            return Err(Answer::error(403, "AccessDenied", "Access denied due to Virtual Network/Firewall rules."));
        }
        Ok(())
    }

    /// Step 4.
    fn route(&self, asked: &Asked, host: HostReading<'_>) -> Result<Route, Answer> {
        let found = match host.kind {
            HostKind::Rest => path::management(&asked.path),
            HostKind::Realtime(offering) => path::regional(offering, &asked.path),
            HostKind::CustomDomain if self.truth.is_proxied() => {
                let known = path::own(&asked.path).or_else(|| path::voice_live(&asked.path));
                known.or_else(|| path::openai(&asked.path))
            }
            HostKind::CustomDomain => {
                self.direct(asked)?;
                let known = path::management(&asked.path).or_else(|| path::voice_live(&asked.path));
                known.or_else(|| path::openai(&asked.path))
            }
            HostKind::OpenAi => path::openai(&asked.path),
            HostKind::Foundry => {
                let known = path::openai(&asked.path).or_else(|| path::voice_live(&asked.path));
                known.or_else(|| path::foundry(&asked.path))
            }
            HostKind::LongAudio => asked.path.starts_with("/api/texttospeech/").then_some(Route::Management),
        };
        found.filter(|route| route.takes(&asked.method)).ok_or_else(Answer::not_found)
    }

    /// Redirects discovery requests. The gateway of an open resource serves no real-time path, but names the host that does.
    /// <https://github.com/microsoft/cognitive-services-speech-sdk-js/pull/910>
    fn direct(&self, asked: &Asked) -> Result<(), Answer> {
        let directs = form_urlencoded::parse(asked.query.as_bytes()).any(|(name, value)| {
            name.eq_ignore_ascii_case("GenerateRedirectResponse") && value.eq_ignore_ascii_case("true")
        });
        let Some((offering, _)) = path::offering(&asked.path).filter(|_| directs) else { return Ok(()) };
        if path::own(&asked.path).is_none() {
            return Ok(());
        }
        let Truth { region, cloud, .. } = &self.truth;
        let url = format!(
            "https://{region}.{offering}.{}{}?GenerateRedirectResponse=true&{CUSTOM_DOMAIN_NAME}={}",
            cloud.suffixes().realtime(),
            asked.path,
            asked.host
        );
        Err(Answer::new(200, "text/plain", url).with(CUSTOM_DOMAIN_NAME, asked.host.as_str()))
    }

    /// Step 5.
    fn authenticate(&self, asked: &Asked, host: HostReading<'_>, route: Route) -> Result<(), Answer> {
        let is_own = host.kind.is_named_by_customers();
        match (&asked.key, &asked.bearer) {
            (Some(key), _) => self.check_key(key, host, is_own, route),
            (None, Some(bearer)) => self.check_bearer(bearer, asked, host, route),
            (None, None) => Err(invalid_key(is_own)),
        }
    }

    fn check_key(&self, key: &str, host: HostReading<'_>, is_own: bool, route: Route) -> Result<(), Answer> {
        let is_of_this_host = is_own || (host.label == self.truth.region && !self.truth.is_proxied());
        if !self.control.is_key(key) || !is_of_this_host {
            return Err(invalid_key(is_own));
        }
        if route == Route::VoiceAgent {
            return Err(invalid_key(is_own));
        }
        if !self.toml.local_auth {
            return Err(Answer::error(
                403,
                "AuthenticationTypeDisabled",
                "Key based authentication is disabled for this resource.",
            ));
        }
        if route == Route::IssueToken && self.truth.domain.is_some() && self.truth.access.default_deny {
            return Err(Answer::error(403, "Forbidden", "Access denied due to Virtual Network/Firewall rules."));
        }
        Ok(())
    }

    /// Checks a token: issued from a key, or from Microsoft Entra, plain or composed.
    fn check_bearer(&self, bearer: &str, asked: &Asked, host: HostReading<'_>, route: Route) -> Result<(), Answer> {
        let is_own = host.kind.is_named_by_customers();
        let composed = bearer.strip_prefix("aad#").and_then(|rest| rest.split_once('#'));
        let token = composed.map_or(bearer, |(_, token)| token);
        let claims = token::claims(token).ok_or_else(|| invalid_key(is_own))?;
        let is_expired = self.maker.is_expired(&claims);
        if claims["iss"] == token::ISSUER {
            let is_of_this_host = is_own || claims["region"] == host.label;
            let is_open = self.truth.domain.is_none() || !self.truth.access.default_deny;
            return if is_of_this_host && is_open && !is_expired && self.toml.local_auth {
                Ok(())
            } else {
                Err(invalid_key(is_own))
            };
        }
        self.check_form(asked, host, composed.map(|(id, _)| id))?;
        let is_of_foundry = matches!(host.kind, HostKind::OpenAi | HostKind::Foundry) && claims["aud"] == FOUNDRY;
        let is_of_speech = claims["aud"] == self.maker.audience && route != Route::VoiceAgent;
        if is_expired || !(is_of_foundry || is_of_speech) {
            return Err(Answer::error(
                401,
                "Unauthorized",
                &format!(
                    "Access token is missing, invalid, audience is incorrect ({}), or have expired.",
                    self.maker.audience
                ),
            ));
        }
        if !self.toml.role {
            return Err(Answer::error(
                401,
                "PermissionDenied",
                &format!(
                    "The principal `{}` lacks the required data action `Microsoft.CognitiveServices/accounts/SpeechServices/*/action` to perform `{}` operation.",
                    token::PRINCIPAL,
                    asked.method
                ),
            ));
        }
        Ok(())
    }

    /// Checks the form of an Entra token. The custom domain accepts the plain form; a regional host accepts the composed
    /// form, or the plain form of a client that the custom domain redirected.
    fn check_form(&self, asked: &Asked, host: HostReading<'_>, composed: Option<&str>) -> Result<(), Answer> {
        let is_own = host.kind.is_named_by_customers();
        let was_directed =
            self.truth.own_host().is_some_and(|own| asked.query.contains(&format!("{CUSTOM_DOMAIN_NAME}={own}")));
        let is_ours = composed.is_some_and(|id| id.eq_ignore_ascii_case(&self.maker.resource_id()));
        match (composed, is_own) {
            (None, true) => Ok(()),
            (None, false) if was_directed && !self.truth.is_proxied() => Ok(()),
            (None, false) if host.kind == HostKind::Rest => Err(Answer::error(
                400,
                "BadRequest",
                "Please provide a custom subdomain for token authentication, otherwise API key is required.",
            )),
            (Some(_), true) if is_ours && self.toml.composed_at_own_host => Ok(()),
            (Some(_), false) if is_ours && host.kind != HostKind::Rest && !self.truth.is_proxied() => Ok(()),
            _ => Err(invalid_key(is_own)),
        }
    }

    /// Responds to a request for batch jobs and their relatives. What the lab does not have is an empty list.
    fn manage(&self, asked: &Asked) -> Answer {
        if asked.path.ends_with("/transcriptions:transcribe") {
            return if asked.method == "POST" {
                transcription::transcribe(asked, &self.director)
            } else {
                Answer::not_found()
            };
        }
        if let Some(answer) = self.jobs.answer(asked, self.maker.now) {
            return answer;
        }
        match asked.method.as_str() {
            "GET" if asked.path.ends_with("/transcriptions/locales") => locales(),
            // Speech to text has another name for the items of a list.
            "GET" if asked.path.starts_with("/speechtotext/") => Answer::json(200, &json!({ "values": [] })),
            "GET" => Answer::json(200, &json!({ "value": [] })),
            _ if asked.body.is_empty() => rest::no_content(),
            _ => rest::invalid("The lab does not support this request."),
        }
    }

    /// Responds as the instance metadata service does: only with its header, and never to a proxy.
    /// <https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service>
    fn instance(&self, toml: &MetadataToml, asked: &Asked) -> Option<Answer> {
        let header =
            |name: &str| asked.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        if header("metadata") != Some("true") || header("x-forwarded-for").is_some() {
            return Some(Answer::new(400, "text/plain", "Required metadata header not specified"));
        }
        if asked.path == "/metadata/identity/oauth2/token" {
            return Some(managed_identity::of_machine(&self.maker, &asked.query));
        }
        let ipv4 = json!({
            "ipAddress": [{ "privateIpAddress": toml.private_address, "publicIpAddress": "" }],
            "subnet": [{ "address": toml.subnet.0, "prefix": toml.subnet.1.to_string() }],
        });
        (asked.path == "/metadata/instance/network").then(|| {
            Answer::json(
                200,
                &json!({ "interface": [{ "ipv4": ipv4, "ipv6": { "ipAddress": [] }, "macAddress": "000D3A328570" }] }),
            )
        })
    }

    /// Step 6.
    fn serve(&self, asked: &Asked, route: Route) -> Answer {
        match route {
            Route::SocketWithModel if !has_model(asked) => {
                Answer::error(400, "MissingModel", "The query parameter `model` is required.")
            }
            Route::VoiceAgent if !has_feature(asked) => Answer::error(
                400,
                "MissingHeader",
                "The header `Foundry-Features` with `VoiceAgents=V1Preview` is required.",
            ),
            Route::Socket | Route::SocketOrPost | Route::SocketWithModel | Route::VoiceAgent if asked.is_upgrade => {
                let refused = self.director.refuse(speech::service(asked));
                refused.and_then(|entry| speech::refusal(&entry)).unwrap_or_else(|| Answer::empty(101))
            }
            Route::SocketWithModel | Route::VoiceAgent => {
                Answer::new(426, "text/plain", "").with("upgrade", "websocket")
            }
            Route::Models => openai::models(asked),
            Route::OpenAiAudio => openai::audio(asked, &self.director),
            Route::Socket => Answer::new(400, "text/plain", ""),
            Route::Voices => rest::voices(),
            Route::Relay => Answer::json(
                200,
                &json!({ "Urls": ["turn:relay.communication.microsoft.com:3478"], "Username": "lab", "Password": "lab" }),
            ),
            Route::IssueToken => Answer::new(200, "application/jwt", self.maker.issued(600)),
            Route::Management => self.manage(asked),
            Route::SocketOrPost if asked.method == "POST" => rest::short_audio(asked, &self.director),
            Route::Synthesis => rest::synthesis(asked, &self.director),
            Route::SocketOrPost => rest::no_content(),
        }
    }
}

/// Returns the locales of batch transcription, in the form of its answer.
fn locales() -> Answer {
    Answer::json(200, &json!(rest::locales()))
}

/// Whether the query names a model, a deployment or an agent, or the session names the model later.
fn has_model(asked: &Asked) -> bool {
    let mut parameters = form_urlencoded::parse(asked.query.as_bytes());
    parameters.any(|(name, _)| {
        matches!(&*name, "model" | "deployment" | "agent-name" | "agent-id" | "agent_id" | "intent" | "call_id")
    })
}

/// Whether the request opts in to the preview of voice agents.
fn has_feature(asked: &Asked) -> bool {
    asked.header("foundry-features").is_some_and(|features| features.contains("VoiceAgents=V1Preview"))
}

/// Makes a 401: shape A from the proxy, shape B from the older gateway.
fn invalid_key(is_own: bool) -> Answer {
    if is_own {
        return Answer::error(401, "401", INVALID_KEY);
    }
    Answer::json(401, &json!({ "statusCode": 401, "message": INVALID_KEY }))
}

const INVALID_KEY: &str = "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.";

/// The audience of Foundry and Azure OpenAI, which also accept that of the other services.
/// <https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle> (2026-03-19)
const FOUNDRY: &str = "https://ai.azure.com";

const METADATA_SERVICE: &str = "169.254.169.254";

const CUSTOM_DOMAIN_NAME: &str = "Ocp-Apim-Custom-Domain-Name";
