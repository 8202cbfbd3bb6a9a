//! The managed identity of a machine: it gives tokens without a secret, to requests from this machine only.

use serde_json::json;
use url::form_urlencoded;

use super::exchange::Answer;
use super::token::{APPLICATION, LIFETIME, Maker};

/// Responds as the endpoint of App Service does, which `azure-identity` finds by `IDENTITY_ENDPOINT`.
/// <https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>
pub(super) fn of_app_service(maker: &Maker, query: &str, secret: Option<&str>) -> Answer {
    if secret != Some(IDENTITY_HEADER) {
        return Answer::json(403, &json!({ "statusCode": 403, "message": "X-IDENTITY-HEADER is missing or wrong." }));
    }
    match resource(query) {
        None => Answer::json(400, &json!({ "statusCode": 400, "message": "The parameter `resource` is missing." })),
        Some(resource) => Answer::json(
            200,
            &json!({
                "access_token": maker.entra(Some(&resource), LIFETIME, None), "client_id": APPLICATION, "token_type": "Bearer",
                "expires_on": maker.ends_at().to_string(), "resource": resource,
            }),
        ),
    }
}

/// Responds as the instance metadata service does.
/// <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token#get-a-token-using-http>
pub(super) fn of_machine(maker: &Maker, query: &str) -> Answer {
    let Some(resource) = resource(query) else {
        let text = "Required audience parameter not specified";
        return Answer::json(400, &json!({ "error": "invalid_request", "error_description": text }));
    };
    let lifetime = LIFETIME.to_string();
    let end = maker.ends_at();
    Answer::json(
        200,
        &json!({
            "access_token": maker.entra(Some(&resource), LIFETIME, None), "client_id": APPLICATION, "token_type": "Bearer",
            "expires_in": lifetime, "ext_expires_in": lifetime, "expires_on": end.to_string(),
            "not_before": (end - LIFETIME).to_string(), "resource": resource,
        }),
    )
}

/// Returns the audience that a token is wanted for.
fn resource(query: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let (_, value) = pairs.find(|(name, value)| name == "resource" && !value.is_empty())?;
    Some(value.trim_end_matches('/').to_owned())
}

/// The value of the environment variable `IDENTITY_HEADER`, with which clients ask the control API for tokens of a managed
/// identity. It is not a secret.
pub const IDENTITY_HEADER: &str = "only-in-the-lab";
