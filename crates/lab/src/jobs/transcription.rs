//! Batch transcription, in the current form and in that of version 3.
//! <https://learn.microsoft.com/azure/ai-services/speech-service/batch-transcription-get>

use std::time::SystemTime;

use serde_json::{Value, json};

use super::super::exchange::Asked;
use super::super::ids;
use super::super::speech::rest;
use super::{Job, Kind, Links, Measured, object, rfc3339};

/// Reads the definition of a job.
pub(super) fn new(asked: &Asked, now: SystemTime) -> Result<Job, String> {
    let body = object(asked)?;
    for field in ["displayName", "locale"] {
        if body[field].as_str().is_none_or(str::is_empty) {
            return Err(format!("`{field}` is missing."));
        }
    }
    let locale = body["locale"].as_str().unwrap_or_default();
    if !rest::is_known_language(locale) {
        return Err(format!("Unsupported locale {locale}."));
    }
    let has_urls = body["contentUrls"].as_array().is_some_and(|urls| !urls.is_empty());
    if !has_urls && body["contentContainerUrl"].as_str().is_none_or(str::is_empty) {
        return Err("Either `contentUrls` or `contentContainerUrl` is needed.".into());
    }
    let (id, internal_id) = (ids::guid(), ids::guid());
    let (kind, created_at) = (Kind::Transcription, rfc3339(now));
    Ok(Job { kind, id, internal_id, measured: Measured::default(), body, created_at, reads: 0 })
}

/// Returns a job. The addresses of the audio are not part of it.
/// <https://learn.microsoft.com/rest/api/speechtotext/transcriptions/get>
pub(super) fn json(job: &Job, links: &Links) -> Value {
    let mut json = json!({
        "self": links.to(&job.id), "links": { "files": links.to(&format!("{}/files", job.id)) },
        "createdDateTime": job.created_at, "lastActionDateTime": job.created_at, "status": job.status(),
        "properties": properties(job, links),
    });
    for name in ["displayName", "description", "locale", "model", "dataset", "customProperties"] {
        if let Some(value) = job.body.get(name).filter(|value| !value.is_null()) {
            json[name] = value.clone();
        }
    }
    json
}

/// Returns the properties that the client set, and the defaults of the others.
fn properties(job: &Job, links: &Links) -> Value {
    let mut json = json!({
        "wordLevelTimestampsEnabled": false, "displayFormWordLevelTimestampsEnabled": false, "channels": [0, 1],
        "punctuationMode": "DictatedAndAutomatic", "profanityFilterMode": "Masked",
    });
    let (default, value) =
        if links.is_older { ("diarizationEnabled", json!(false)) } else { ("timeToLiveHours", json!(48)) };
    json[default] = value;
    for (name, value) in job.body["properties"].as_object().into_iter().flatten() {
        json[name] = value.clone();
    }
    if job.has_succeeded() {
        let (name, none) =
            if links.is_older { ("duration", json!("PT0S")) } else { ("durationMilliseconds", json!(0)) };
        json[name] = none;
    }
    json
}

/// Returns the files of a job that is done: one for each audio, and a report.
pub(super) fn files(job: &Job, links: &Links) -> Vec<Value> {
    let results = (0..urls(job).len()).map(|number| format!("contenturl_{number}"));
    results.chain(["report".to_owned()]).filter_map(|name| file(job, links, &name)).collect()
}

/// Returns a file of a job that is done.
pub(super) fn file(job: &Job, links: &Links, name: &str) -> Option<Value> {
    let content = content(job, name).filter(|_| job.has_succeeded())?;
    let own = format!("{}/files/{name}", job.id);
    Some(json!({
        "self": links.to(&own), "name": format!("{name}.json"),
        "kind": if name == "report" { "TranscriptionReport" } else { "Transcription" },
        "properties": { "size": content.to_string().len() },
        "createdDateTime": job.created_at, "links": { "contentUrl": format!("{}/{own}/content", links.base) },
    }))
}

/// Returns the content of a file: the lab fetches no audio, so that there are no phrases.
pub(super) fn content(job: &Job, name: &str) -> Option<Value> {
    let urls = urls(job);
    if name == "report" {
        let details: Vec<Value> = urls.iter().map(|url| json!({ "source": url, "status": "Succeeded" })).collect();
        return Some(json!({
            "successfulTranscriptionsCount": urls.len(), "failedTranscriptionsCount": 0, "details": details,
        }));
    }
    let url = urls.get(name.strip_prefix("contenturl_")?.parse::<usize>().ok()?)?;
    Some(json!({
        "source": url, "timestamp": job.created_at, "durationInTicks": 0, "durationMilliseconds": 0, "duration": "PT0S",
        "combinedRecognizedPhrases": [], "recognizedPhrases": [],
    }))
}

fn urls(job: &Job) -> &[Value] {
    job.body["contentUrls"].as_array().map(Vec::as_slice).unwrap_or_default()
}
