//! The authority, which issues Microsoft Entra tokens to an application that authenticates by a secret or an assertion.
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>

use std::collections::HashMap;
use std::time::SystemTime;

use serde_json::json;
use url::form_urlencoded;

use super::exchange::{Answer, Asked};
use super::jobs::rfc3339;
use super::token::{APPLICATION, LIFETIME, Maker, TENANT, claims};

/// The host where people and applications sign in.
pub(super) struct Authority {
    pub(super) host: String,
    pub(super) maker: Maker,
}

/// The reason why a token request is rejected.
struct Refusal {
    status: u16,
    error: &'static str,
    number: u32,
    text: &'static str,
}

impl Authority {
    /// Responds to a request. Anything but a token request gets the sign-in page for people. `prepared` is issued instead of a
    /// token for the scope.
    pub(super) fn answer(&self, asked: &Asked, prepared: Option<String>) -> Answer {
        if let Some(tenant) = tenant_of_configuration(&asked.path) {
            return self.configuration(tenant);
        }
        if asked.path == "/common/discovery/instance" {
            return self.instances();
        }
        let Some(tenant) = asked.path.strip_prefix('/').and_then(|path| path.strip_suffix("/oauth2/v2.0/token")) else {
            return Answer::new(200, "text/html", "<html><head><title>Sign in to your account</title></head></html>");
        };
        let now = self.maker.now;
        if asked.method != "POST" {
            return UNREADABLE.answer(now);
        }
        let form: HashMap<String, String> = form_urlencoded::parse(&asked.body).into_owned().collect();
        self.token(tenant, &form, prepared).unwrap_or_else(|refusal| refusal.answer(now))
    }

    /// Returns the `OpenID` configuration of a tenant, which MSAL reads before it asks for a token.
    /// <https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#fetch-the-openid-configuration-document>
    fn configuration(&self, tenant: &str) -> Answer {
        if !tenant.eq_ignore_ascii_case(TENANT) && !matches!(tenant, "common" | "organizations") {
            return UNKNOWN_TENANT.answer(self.maker.now);
        }
        let base = format!("https://{}/{tenant}", self.host);
        Answer::json(
            200,
            &json!({
                "issuer": format!("{base}/v2.0"), "token_endpoint": format!("{base}/oauth2/v2.0/token"),
                "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
                "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
                "end_session_endpoint": format!("{base}/oauth2/v2.0/logout"),
                "jwks_uri": format!("{base}/discovery/v2.0/keys"), "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
                "response_modes_supported": ["query", "fragment", "form_post"], "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"], "tenant_region_scope": null,
                "cloud_instance_name": self.host,
            }),
        )
    }

    /// Returns the names of this authority, which MSAL asks for where it does not know the host.
    fn instances(&self) -> Answer {
        let alias = json!({ "preferred_network": self.host, "preferred_cache": self.host, "aliases": [self.host] });
        let endpoint = format!("https://{}/{TENANT}/.well-known/openid-configuration", self.host);
        Answer::json(200, &json!({ "tenant_discovery_endpoint": endpoint, "api-version": "1.1", "metadata": [alias] }))
    }

    /// 1. Check the tenant.
    /// 2. Check the application; there is only one.
    /// 3. Check its secret or assertion.
    /// 4. Issue a token for the requested scope.
    fn token(
        &self,
        tenant: &str,
        form: &HashMap<String, String>,
        prepared: Option<String>,
    ) -> Result<Answer, &'static Refusal> {
        let field = |name: &str| form.get(name).map(String::as_str);
        if !tenant.eq_ignore_ascii_case(TENANT) {
            return Err(&UNKNOWN_TENANT);
        }
        if field("client_id").is_none_or(|id| !id.eq_ignore_ascii_case(APPLICATION)) {
            return Err(&UNKNOWN_APPLICATION);
        }
        match (field("client_secret"), field("client_assertion")) {
            (Some(secret), None) if secret == CLIENT_SECRET => {}
            (Some(_), _) => return Err(&WRONG_SECRET),
            (None, Some(assertion)) if claims(assertion).is_some() => {}
            (None, Some(_)) => return Err(&WRONG_ASSERTION),
            (None, None) => return Err(&NO_PROOF),
        }
        let scope = field("scope").and_then(|scope| scope.strip_suffix("/.default")).ok_or(&WRONG_SCOPE)?;
        Ok(Answer::json(
            200,
            &json!({
                "token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME,
                "access_token": prepared.unwrap_or_else(|| self.maker.entra(Some(scope), LIFETIME, None)),
            }),
        ))
    }
}

impl Refusal {
    /// <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#error-response>
    fn answer(&self, now: SystemTime) -> Answer {
        let Self { status, error, number, text } = self;
        let time = rfc3339(now).replace('T', " ");
        let description = format!("AADSTS{number}: {text} Trace ID: {TRACE} Correlation ID: {TRACE} Timestamp: {time}");
        Answer::json(
            *status,
            &json!({
                "error": error, "error_description": description, "error_codes": [number], "timestamp": time,
                "trace_id": TRACE, "correlation_id": TRACE,
                "error_uri": format!("https://login.microsoftonline.com/error?code={number}"),
            }),
        )
    }
}

/// Returns the tenant whose `OpenID` configuration a path names.
fn tenant_of_configuration(path: &str) -> Option<&str> {
    let rest = path.strip_prefix('/')?.strip_suffix("/.well-known/openid-configuration")?;
    let tenant = rest.strip_suffix("/v2.0").unwrap_or(rest);
    (!tenant.is_empty() && !tenant.contains('/')).then_some(tenant)
}

/// The secret of the application.
pub(super) const CLIENT_SECRET: &str = "LaB8Q~only-in-the-lab.Not-a-Secret_0123456789";

const TRACE: &str = "0a1b2c3d-0000-4000-8000-1ab000000002";

// Texts: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>

const UNREADABLE: Refusal = Refusal {
    status: 400,
    error: "invalid_request",
    number: 900_561,
    text: "The endpoint only accepts POST requests. Received a GET request.",
};

const UNKNOWN_TENANT: Refusal = Refusal {
    status: 400,
    error: "invalid_request",
    number: 90_002,
    text: "Tenant not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.",
};

const UNKNOWN_APPLICATION: Refusal = Refusal {
    status: 400,
    error: "unauthorized_client",
    number: 700_016,
    text: "Application was not found in the directory 'Contoso'. You may have sent your authentication request to the wrong tenant.",
};

const WRONG_SECRET: Refusal = Refusal {
    status: 401,
    error: "invalid_client",
    number: 7_000_215,
    text: "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '33333333-3333-3333-3333-333333333333'.",
};

const WRONG_ASSERTION: Refusal =
    Refusal { status: 401, error: "invalid_client", number: 50_027, text: "JWT token is invalid or malformed." };

const NO_PROOF: Refusal = Refusal {
    status: 401,
    error: "invalid_client",
    number: 7_000_218,
    text: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
};

const WRONG_SCOPE: Refusal = Refusal {
    status: 400,
    error: "invalid_scope",
    number: 70_011,
    text: "The provided request must include a 'scope' input parameter. The scope must end with '/.default'.",
};

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn maker() -> Maker {
        Maker {
            now: SystemTime::UNIX_EPOCH,
            region: "westeurope".into(),
            account: "contoso".into(),
            audience: "https://cognitiveservices.azure.com".into(),
            ended: std::sync::Arc::default(),
            begun: tokio::time::Instant::now(),
        }
    }

    fn ask(tenant: &str, form: &[(&str, &str)]) -> (u16, serde_json::Value) {
        let authority = Authority { host: "login.microsoftonline.com".into(), maker: maker() };
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let asked = Asked {
            method: "POST".into(),
            host: authority.host.clone(),
            path: format!("/{tenant}/oauth2/v2.0/token"),
            query: String::new(),
            is_upgrade: false,
            key: None,
            bearer: None,
            came_by: IpAddr::from([20, 190, 0, 1]),
            headers: Vec::new(),
            body: body.into(),
        };
        let answer = authority.answer(&asked, None);
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }

    #[test]
    fn the_openid_configuration_leads_to_the_tokens_of_the_tenant() {
        let authority = Authority { host: "login.microsoftonline.com".into(), maker: maker() };
        for version in ["", "/v2.0"] {
            let path = format!("/{TENANT}{version}/.well-known/openid-configuration");
            let answer = authority.answer(&Asked::get("login.microsoftonline.com", &path), None);
            let json: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
            let expected = format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token");
            assert_eq!((answer.status, json["token_endpoint"].as_str()), (200, Some(expected.as_str())));
        }
        let unknown = authority
            .answer(&Asked::get("login.microsoftonline.com", "/x/v2.0/.well-known/openid-configuration"), None);
        assert_eq!(unknown.status, 400);
    }

    #[test]
    fn only_the_authenticated_application_gets_a_token() {
        let scope = ("scope", "https://cognitiveservices.azure.com/.default");
        let id = ("client_id", APPLICATION);
        let secret = ("client_secret", CLIENT_SECRET);
        let assertion = ("client_assertion", "e30.e30.e30");
        for proof in [secret, assertion] {
            let (status, answer) = ask(TENANT, &[id, proof, scope]);
            let token = claims(answer["access_token"].as_str().unwrap()).unwrap();
            assert_eq!((status, &token["aud"]), (200, &json!("https://cognitiveservices.azure.com")), "{proof:?}");
        }
        for (tenant, form, expected) in [
            ("contoso", &[id, secret, scope][..], (400, 90_002)),
            (TENANT, &[("client_id", "somebody"), secret, scope], (400, 700_016)),
            (TENANT, &[id, ("client_secret", "wrong"), scope], (401, 7_000_215)),
            (TENANT, &[id, ("client_assertion", "wrong"), scope], (401, 50_027)),
            (TENANT, &[id, scope], (401, 7_000_218)),
            (TENANT, &[id, secret], (400, 70_011)),
        ] {
            let (status, answer) = ask(tenant, form);
            assert_eq!((status, answer["error_codes"][0].as_u64().unwrap()), expected, "{form:?}");
        }
    }
}
