//! A world and a request as JSON. No credential is shown.

use std::net::SocketAddr;

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::scripted::SeenTurn;
use crate::seen::SeenRequest;
use crate::world::World;

pub(super) fn world(world: &World, listeners: &[(String, SocketAddr, SocketAddr)]) -> Value {
    let resource = world.resource();
    let listeners = listeners.iter().map(|(role, stands_for, listens_on)| {
        json!({ "role": role, "stands_for": stands_for.to_string(), "listens_on": listens_on.to_string() })
    });
    json!({
        "title": world.title(),
        "resource": {
            "region": resource.region,
            "custom_domain": resource.custom_domain,
            "endpoint": resource.endpoint,
            "host": resource.host,
            "foundry": resource.foundry,
            "cloud": resource.cloud,
            "network": resource.network,
        },
        "expect": {
            "verdict": world.expect().verdict,
            "root_cause": world.expect().root_cause,
            "exit_code": world.expect().exit_code,
        },
        "listeners": listeners.collect::<Vec<_>>(),
    })
}

pub(super) fn request(seen: &SeenRequest) -> Value {
    let pairs = form_urlencoded::parse(seen.query.as_bytes());
    let query: Map<String, Value> = pairs
        .map(|(name, value)| {
            let is_shown = SHOWN.iter().any(|known| name.eq_ignore_ascii_case(known));
            (name.into_owned(), if is_shown { value.into() } else { Value::Null })
        })
        .collect();
    json!({
        "method": seen.method,
        "host": seen.host,
        "path": seen.path,
        "query": query,
        "status": seen.status,
        "is_upgrade": seen.is_upgrade,
        "credential": seen.form.map(speech_endpoint::CredentialForm::id),
    })
}

pub(super) fn turn(seen: &SeenTurn) -> Value {
    json!({
        "number": seen.number,
        "service": seen.service,
        "sha256": seen.sha256,
        "duration_ms": seen.duration.map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)),
        "text": seen.text,
        "entry": seen.entry,
    })
}

/// The parameters whose values are shown. Any other may carry a credential.
const SHOWN: &[&str] =
    &["api-version", "format", "from", "language", "mode", "model", "profanity", "to", "trafficType", "voice"];
