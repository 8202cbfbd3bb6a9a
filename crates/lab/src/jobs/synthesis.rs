//! Batch synthesis of audio, and of the video of an avatar.
//! <https://learn.microsoft.com/azure/ai-services/speech-service/batch-synthesis> and
//! <https://learn.microsoft.com/azure/ai-services/speech-service/text-to-speech-avatar/batch-synthesis-avatar>

use std::time::SystemTime;

use serde_json::{Value, json};

use super::super::archive::Archive;
use super::super::exchange::{Answer, Asked};
use super::super::ids;
use super::super::speech::rest::{self, Order};
use super::{Job, Kind, Links, Measured, object, rfc3339};

/// Reads the definition of a job.
pub(super) fn new(asked: &Asked, kind: Kind, id: &str, now: SystemTime) -> Result<Job, String> {
    let body = object(asked)?;
    if body["inputs"].as_array().is_none_or(Vec::is_empty) {
        return Err("`inputs` is missing.".into());
    }
    if body["inputKind"].as_str().is_none_or(|kind| !matches!(kind, "PlainText" | "SSML")) {
        return Err("`inputKind` is neither `PlainText` nor `SSML`.".into());
    }
    let mut job = Job {
        kind,
        id: id.to_owned(),
        internal_id: ids::guid(),
        measured: Measured::default(),
        body,
        created_at: rfc3339(now),
        reads: 0,
    };
    job.measured = measured(&job);
    Ok(job)
}

fn measured(job: &Job) -> Measured {
    let mut measured = Measured::default();
    for order in orders(job) {
        match order.duration() {
            Ok(lasts) => {
                measured.spoken += 1;
                measured.lasts += lasts;
            }
            Err(_) => measured.failed += 1,
        }
    }
    measured
}

/// Returns a job. Its inputs are not part of it.
pub(super) fn json(job: &Job, links: &Links) -> Value {
    let is_avatar = job.kind == Kind::Avatar;
    let mut json = json!({
        "id": job.id, "status": job.status(), "createdDateTime": job.created_at, "lastActionDateTime": job.created_at,
        "inputKind": job.body["inputKind"], "customVoices": {}, "properties": properties(job),
    });
    for name in ["description", "synthesisConfig", "customVoices"] {
        if let Some(value) = job.body.get(name).filter(|value| !value.is_null()) {
            json[name] = value.clone();
        }
    }
    if is_avatar {
        json["internalId"] = json!(job.internal_id);
        json["avatarConfig"] = avatar(job);
    }
    if job.has_succeeded() {
        let file = |name: &str| format!("{}/{}/files/{name}/content", links.base, job.id);
        json["outputs"] = if is_avatar {
            json!({ "result": file("0001.mp4"), "summary": file("summary.json") })
        } else {
            json!({ "result": file("results.zip") })
        };
    }
    json
}

/// Returns the properties that the client set, the defaults of the others, and the results.
fn properties(job: &Job) -> Value {
    let is_avatar = job.kind == Kind::Avatar;
    let mut json = if is_avatar {
        json!({ "timeToLiveInHours": 744 })
    } else {
        json!({
            "timeToLiveInHours": 168, "outputFormat": DEFAULT_FORMAT, "concatenateResult": false,
            "decompressOutputFiles": false, "wordBoundaryEnabled": false, "sentenceBoundaryEnabled": false,
        })
    };
    for (name, value) in job.body["properties"].as_object().into_iter().flatten() {
        json[name] = value.clone();
    }
    if job.has_succeeded() {
        let Measured { spoken, failed, lasts } = job.measured;
        let (well, badly) =
            if is_avatar { ("succeededCount", "failedCount") } else { ("succeededAudioCount", "failedAudioCount") };
        json[well] = json!(spoken);
        json[badly] = json!(failed);
        json["durationInMilliseconds"] = json!(lasts);
    }
    json
}

/// Returns the settings of an avatar, and the defaults of those that the client did not set.
fn avatar(job: &Job) -> Value {
    let mut json = json!({
        "talkingAvatarCharacter": "lisa", "talkingAvatarStyle": "graceful-sitting", "videoFormat": "Mp4", "videoCodec": "hevc",
        "subtitleType": "soft_embedded", "bitrateKbps": 2000, "customized": false,
    });
    for (name, value) in job.body["avatarConfig"].as_object().into_iter().flatten() {
        json[name] = value.clone();
    }
    json
}

/// Returns a file of a job that is done. The video of an avatar is an empty file.
pub(super) fn content(job: &Job, name: &str) -> Option<Answer> {
    match (job.kind, name) {
        // Writing into memory does not fail.
        (Kind::Synthesis, "results.zip") => Some(Answer::new(200, "application/zip", archive(job).ok()?)),
        (Kind::Avatar, "0001.mp4") => Some(Answer::new(200, "video/mp4", "")),
        (Kind::Avatar, "summary.json") => Some(Answer::json(200, &film(job))),
        _ => None,
    }
}

/// Returns the summary of a video.
fn film(job: &Job) -> Value {
    let config = avatar(job);
    let results = orders(job).map(|order| {
        json!({
            "texts": [order.content], "status": "Succeeded", "videoFileName": format!("{}/0001.mp4", job.internal_id),
            "TalkingAvatarCharacter": config["talkingAvatarCharacter"], "TalkingAvatarStyle": config["talkingAvatarStyle"],
        })
    });
    json!({ "jobID": job.internal_id, "status": "Succeeded", "results": results.collect::<Vec<_>>() })
}

/// Returns the files of a synthesis: one for each input, and a summary.
/// <https://learn.microsoft.com/azure/ai-services/speech-service/batch-synthesis#batch-synthesis-results>
fn archive(job: &Job) -> Result<Vec<u8>, rawzip::Error> {
    let (mut archive, mut results) = (Archive::new(), Vec::new());
    for (number, order) in (1_u32..).zip(orders(job)) {
        let spoken = if archive.len() < LARGEST_ARCHIVE {
            order.speak()
        } else {
            Err("The results of the lab have at most 32 MiB.".into())
        };
        let name = format!("{number:04}.{}", if order.format.contains("mp3") { "mp3" } else { "wav" });
        results.push(match spoken {
            Ok(audio) => {
                archive.add(&name, &audio)?;
                // The service writes these numbers as texts.
                let properties = json!({
                    "sizeInBytes": audio.len().to_string(),
                    "durationInMilliseconds": order.duration().unwrap_or_default().to_string(),
                });
                json!({
                    "contents": [order.content], "status": "Succeeded", "audioFileName": name, "properties": properties,
                })
            }
            Err(fault) => {
                let error = json!({ "code": "BadRequest", "message": fault });
                json!({ "contents": [order.content], "status": "Failed", "error": error })
            }
        });
    }
    let summary = json!({ "jobID": job.internal_id, "status": "Succeeded", "results": results });
    archive.add("summary.json", summary.to_string().as_bytes())?;
    archive.finish()
}

/// Returns the inputs of a job, with what applies to all of them.
fn orders(job: &Job) -> impl Iterator<Item = Order<'_>> {
    let format = job.body["properties"]["outputFormat"].as_str().unwrap_or(DEFAULT_FORMAT);
    let voice = job.body["synthesisConfig"]["voice"].as_str().unwrap_or("en-US-AvaNeural");
    let is_ssml = job.body["inputKind"] == "SSML";
    let inputs = job.body["inputs"].as_array().into_iter().flatten();
    inputs.map(move |input| {
        let content = input["content"].as_str().unwrap_or_default();
        rest::Order { content, is_ssml, voice, format }
    })
}

const DEFAULT_FORMAT: &str = "riff-24khz-16bit-mono-pcm";

/// The size after which no more audio is added to the results of a job.
const LARGEST_ARCHIVE: u64 = 32 << 20;
