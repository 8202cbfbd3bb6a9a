//! JSON for programs.

use serde::Serialize;
use speech_endpoint::azure::{FilterAnswer, RouteAnswer, shown};

use super::Answer;
use crate::failure::Failure;
use crate::json::{SCHEMA_VERSION, pretty};

#[derive(Serialize)]
struct Document {
    schema_version: u8,
    routes: Vec<AnswerJson>,
}

#[derive(Serialize)]
struct AnswerJson {
    #[serde(flatten)]
    route: RouteAnswer,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nsg: Option<FilterAnswer>,
}

pub(super) fn write(answers: &[Answer<'_>]) -> Result<String, Failure> {
    let answer = |answer: &Answer<'_>| AnswerJson {
        route: (&answer.carriage).into(),
        host: answer.host.map(str::to_owned),
        interface: answer.interface.map(|id| shown(id.as_str())),
        nsg: answer.filtering.as_ref().map(Into::into),
    };
    pretty(&Document { schema_version: SCHEMA_VERSION, routes: answers.iter().map(answer).collect() })
}
