//! The routes of the control API.

use serde::Deserialize;
use serde_json::json;

use super::{Api, Call, Route, view};
use crate::control::Control;
use crate::exchange::Answer;
use crate::managed_identity;
use crate::scripted::Answers;

pub(super) const ROUTES: &[Route] = &[
    ("GET", "/health", |_, _| Answer::json(200, &json!({ "status": "ok" }))),
    ("GET", "/openapi.json", |_, _| Answer::new(200, "application/json; charset=utf-8", OPENAPI)),
    ("GET", "/world", |api, _| Answer::json(200, &api.world)),
    ("GET", "/requests", |api, _| {
        let seen: Vec<_> = control(api).seen().iter().map(view::request).collect();
        Answer::json(200, &json!({ "requests": seen }))
    }),
    ("DELETE", "/requests", |api, _| {
        control(api).forget();
        Answer::empty(204)
    }),
    ("POST", "/keys/{number}/regenerate", regenerate),
    ("POST", "/tokens/expire", |api, _| {
        api.site.gateway.maker.expire();
        Answer::empty(204)
    }),
    ("GET", "/connections", |api, _| Answer::json(200, &json!({ "open": control(api).connections() }))),
    ("POST", "/connections/reset", reset),
    ("GET", "/turns", |api, _| {
        let turns: Vec<_> = api.site.gateway.director.seen().iter().map(view::turn).collect();
        Answer::json(200, &json!({ "turns": turns }))
    }),
    ("GET", "/managed-identity", |api, call| {
        managed_identity::of_app_service(&api.site.gateway.maker, call.query, call.identity_header)
    }),
    ("PUT", "/answers", set_answers),
    ("DELETE", "/answers", |api, _| {
        api.site.gateway.director.set(Answers::default());
        Answer::empty(204)
    }),
];

fn control(api: &Api) -> &Control {
    &api.site.gateway.control
}

fn regenerate(api: &Api, call: &Call<'_>) -> Answer {
    let which = match call.argument {
        "1" => 0,
        "2" => 1,
        _ => return Answer::error(404, "not_found", "a resource has the keys 1 and 2"),
    };
    Answer::json(200, &json!({ "key": control(api).regenerate(which).expose() }))
}

fn set_answers(api: &Api, call: &Call<'_>) -> Answer {
    let read = std::str::from_utf8(&call.body).map_err(|error| error.to_string());
    match read.and_then(|text| Answers::parse_json(text).map_err(|error| error.to_string())) {
        Ok(answers) => {
            api.site.gateway.director.set(answers);
            Answer::empty(204)
        }
        Err(problem) => Answer::error(400, "invalid_body", &format!("the body is not a list of answers: {problem}")),
    }
}

/// The body of a reset; empty resets all open connections.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reset {
    share: Option<f64>,
    #[serde(default)]
    seed: u64,
}

fn reset(api: &Api, call: &Call<'_>) -> Answer {
    let read = if call.body.is_empty() { Ok(Reset::default()) } else { serde_json::from_slice(&call.body) };
    let reset = match read {
        Ok(reset) => reset,
        Err(error) => return Answer::error(400, "invalid_body", &format!("the body is not a reset: {error}")),
    };
    match reset.share {
        None => control(api).reset_open(),
        Some(share) if (0.0..=1.0).contains(&share) => control(api).reset_share(share, reset.seed),
        Some(_) => return Answer::error(400, "invalid_body", "`share` is a number from 0 to 1"),
    }
    Answer::empty(204)
}

const OPENAPI: &str = include_str!("openapi.json");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn the_document_has_every_route_and_no_other() {
        let document: Value = serde_json::from_str(OPENAPI).expect("JSON");
        let paths = document["paths"].as_object().expect("paths");
        let documented: BTreeSet<(String, String)> = paths
            .iter()
            .flat_map(|(path, item)| item.as_object().expect("methods").keys().map(move |method| (method, path)))
            .map(|(method, path)| (method.to_ascii_uppercase(), path.clone()))
            .collect();
        let routes = ROUTES.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
        assert_eq!(documented, routes);
    }
}
