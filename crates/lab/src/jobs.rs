//! Batch transcription and batch synthesis: jobs with a life cycle, held in memory.
//!
//! A job is `NotStarted` when it is created, `Running` when it is first read, and `Succeeded` from then on. The lab fetches no
//! audio: a transcription has a report that says so, and no phrases.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use serde_json::{Value, json};
use speech_endpoint::emulation::unix_seconds;

use super::archive::Archive;
use super::exchange::{Answer, Asked};
use super::foreign;
use super::ids;
use super::speech::rest;

/// The jobs of a resource.
#[derive(Debug, Default)]
pub(super) struct Jobs(Mutex<VecDeque<Job>>);

#[derive(Clone, Debug)]
struct Job {
    kind: Kind,
    id: String,
    /// What the client sent.
    body: Value,
    created: String,
    /// The number of times that it was read.
    reads: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Transcription,
    Synthesis,
    Avatar,
}

/// A path of a collection of jobs.
#[derive(Debug, PartialEq, Eq)]
struct Place<'a> {
    kind: Kind,
    /// The path of the collection.
    root: &'a str,
    /// The id of a job, and what follows it.
    job: Option<(&'a str, &'a str)>,
}

impl Jobs {
    /// Responds to a request for jobs; `None` if its path leads to none.
    pub(super) fn answer(&self, asked: &Asked, now: SystemTime) -> Option<Answer> {
        let place = place(&asked.path)?;
        let base = format!("https://{}{}", asked.host, place.root);
        let version = version(asked);
        let mut jobs = locked(&self.0);
        Some(match (asked.method.as_str(), place.kind, place.job) {
            ("POST", Kind::Transcription, Some(("submit", "")) | None) => match new_transcription(asked, now) {
                Ok(job) => {
                    let json = job.json(&base, &version);
                    add(&mut jobs, job);
                    let place = json["self"].as_str().unwrap_or_default().to_owned();
                    Answer::json(201, &json).with("location", place)
                }
                Err(fault) => rest::invalid(&fault),
            },
            ("PUT", Kind::Synthesis | Kind::Avatar, Some((id, ""))) => {
                match new_synthesis(asked, place.kind, id, now) {
                    _ if jobs.iter().any(|job| job.is(place.kind, id)) => {
                        Answer::error(409, "Conflict", "A job with this id exists already.")
                    }
                    Ok(job) => {
                        let json = job.json(&base, &version);
                        add(&mut jobs, job);
                        Answer::json(201, &json).with("operation-location", format!("{base}/{id}?{version}"))
                    }
                    Err(fault) => rest::invalid(&fault),
                }
            }
            ("GET", kind, None) => {
                let field = if kind == Kind::Transcription { "values" } else { "value" };
                let all: Vec<Value> =
                    jobs.iter().filter(|job| job.kind == kind).map(|job| job.json(&base, &version)).collect();
                Answer::json(200, &json!({ field: all }))
            }
            (method, kind, Some((id, rest))) => {
                let Some(at) = jobs.iter().position(|job| job.is(kind, id)) else {
                    return Some(Answer::error(404, "NotFound", "The specified entity cannot be found."));
                };
                match (method, rest) {
                    ("DELETE", "") => {
                        jobs.remove(at);
                        Answer::empty(204)
                    }
                    ("GET", rest) => match jobs.get_mut(at) {
                        Some(job) => job.read(rest, &base, &version).unwrap_or_else(Answer::not_found),
                        None => Answer::not_found(),
                    },
                    _ => Answer::not_found(),
                }
            }
            _ => Answer::not_found(),
        })
    }

    /// Returns the content of a file of a job. Its address has no credential, as that of a storage account with a signature.
    pub(super) fn content(&self, asked: &Asked) -> Option<Answer> {
        let (id, rest) = place(&asked.path)?.job?;
        let kind = place(&asked.path)?.kind;
        let which = rest.strip_prefix("files/")?.strip_suffix("/content")?;
        let is_wanted = |job: &&Job| job.is(kind, id) && asked.method == "GET";
        // Others must not wait for the speech.
        let job = locked(&self.0).iter().find(is_wanted).cloned()?;
        job.content(which)
    }
}

impl Job {
    fn is(&self, kind: Kind, id: &str) -> bool {
        self.kind == kind && self.id == id
    }

    fn status(&self) -> &'static str {
        match self.reads {
            0 => "NotStarted",
            1 => "Running",
            _ => "Succeeded",
        }
    }

    fn read(&mut self, rest: &str, base: &str, version: &str) -> Option<Answer> {
        match (self.kind, rest) {
            (_, "") => {
                self.reads = self.reads.saturating_add(1);
                Some(Answer::json(200, &self.json(base, version)))
            }
            (Kind::Transcription, "files") => Some(Answer::json(200, &json!({ "values": self.files(base, version) }))),
            (Kind::Transcription, rest) => {
                let which = rest.strip_prefix("files/")?;
                let mut files = self.files(base, version).into_iter();
                files
                    .find(|file| file["self"].as_str().is_some_and(|own| own.contains(&format!("/files/{which}?"))))
                    .map(|file| Answer::json(200, &file))
            }
            _ => None,
        }
    }

    /// <https://learn.microsoft.com/rest/api/speechtotext/transcriptions/get> and
    /// <https://learn.microsoft.com/azure/ai-services/speech-service/batch-synthesis#get-batch-synthesis>
    fn json(&self, base: &str, version: &str) -> Value {
        let own = format!("{base}/{}", self.id);
        let mut json = self.body.clone();
        if self.kind == Kind::Transcription {
            json["self"] = json!(format!("{own}?{version}"));
            json["links"] = json!({ "files": format!("{own}/files?{version}") });
            json["createdDateTime"] = json!(self.created);
        } else {
            json["id"] = json!(self.id);
            json["internalId"] = json!(self.id);
            json["createdDateTime"] = json!(self.created);
            if self.status() == "Succeeded" {
                let name = if self.kind == Kind::Avatar { "0001.mp4" } else { "results.zip" };
                json["outputs"] = json!({ "result": format!("{own}/files/{name}/content") });
                let inputs = self.body["inputs"].as_array().map_or(0, Vec::len);
                json["properties"]["succeededAudioCount"] = json!(inputs);
                json["properties"]["failedAudioCount"] = json!(0);
            }
        }
        json["lastActionDateTime"] = json!(self.created);
        json["status"] = json!(self.status());
        json
    }

    /// The files of a transcription that is done: one for each audio, and a report.
    fn files(&self, base: &str, version: &str) -> Vec<Value> {
        if self.status() != "Succeeded" {
            return Vec::new();
        }
        let file = |name: String, kind: &str| {
            let own = format!("{base}/{}/files/{name}", self.id);
            json!({
                "self": format!("{own}?{version}"), "name": format!("{name}.json"), "kind": kind,
                "properties": { "size": self.content(&name).map_or(0, |answer| answer.body.len()) },
                "createdDateTime": self.created, "links": { "contentUrl": format!("{own}/content") },
            })
        };
        let urls = self.body["contentUrls"].as_array().map_or(0, Vec::len);
        let results = (0..urls).map(|number| file(format!("contenturl_{number}"), "Transcription"));
        results.chain([file("report".into(), "TranscriptionReport")]).collect()
    }

    fn content(&self, which: &str) -> Option<Answer> {
        match self.kind {
            Kind::Transcription => {}
            Kind::Synthesis if self.status() == "Succeeded" => {
                return Some(Answer::new(200, "application/zip", self.archive()));
            }
            Kind::Avatar if self.status() == "Succeeded" => return Some(Answer::new(200, "video/mp4", "")),
            _ => return None,
        }
        let urls = self.body["contentUrls"].as_array().map(Vec::as_slice).unwrap_or_default();
        if which == "report" {
            let details: Vec<Value> = urls
                .iter()
                .map(|url| json!({ "sourceUrl": url, "status": "Succeeded", "errorMessage": NOT_FETCHED, "errorKind": null }))
                .collect();
            let report = json!({
                "successfulTranscriptionsCount": urls.len(), "failedTranscriptionsCount": 0, "details": details,
            });
            return Some(Answer::json(200, &report));
        }
        let url = urls.get(which.strip_prefix("contenturl_")?.parse::<usize>().ok()?)?;
        let result = json!({
            "source": url, "timestamp": self.created, "durationInTicks": 0, "duration": "PT0S",
            "combinedRecognizedPhrases": [], "recognizedPhrases": [],
        });
        Some(Answer::json(200, &result))
    }
}

impl Job {
    /// Returns the files of a synthesis: one for each input, and a summary.
    /// <https://learn.microsoft.com/azure/ai-services/speech-service/batch-synthesis#batch-synthesis-results>
    fn archive(&self) -> Vec<u8> {
        let format = self.body["properties"]["outputFormat"].as_str().unwrap_or("riff-24khz-16bit-mono-pcm");
        let voice = self.body["synthesisConfig"]["voice"].as_str().unwrap_or("en-US-AvaNeural");
        let is_ssml = self.body["inputKind"] == "SSML";
        let (mut archive, mut results) = (Archive::default(), Vec::new());
        let inputs = self.body["inputs"].as_array().into_iter().flatten();
        for (number, input) in (1_u32..).zip(inputs) {
            let content = input["content"].as_str().unwrap_or_default();
            let spoken = if archive.len() < LARGEST_ARCHIVE {
                rest::spoken(content, is_ssml, voice, format)
            } else {
                Err("The results of the lab have at most 32 MiB.".into())
            };
            let name = format!("{number:04}.{}", if format.contains("mp3") { "mp3" } else { "wav" });
            results.push(match spoken {
                Ok(audio) => {
                    archive.add(&name, &audio);
                    json!({ "contents": [content], "status": "Succeeded", "audioFileName": name })
                }
                Err(fault) => json!({ "contents": [content], "status": "Failed", "error": { "code": "BadRequest", "message": fault } }),
            });
        }
        let summary = json!({ "jobID": self.id, "status": "Succeeded", "results": results });
        archive.add("summary.json", summary.to_string().as_bytes());
        archive.finish()
    }
}

fn new_transcription(asked: &Asked, now: SystemTime) -> Result<Job, String> {
    let body = object(asked)?;
    for field in ["displayName", "locale"] {
        if body[field].as_str().is_none_or(str::is_empty) {
            return Err(format!("`{field}` is missing."));
        }
    }
    let has_urls = body["contentUrls"].as_array().is_some_and(|urls| !urls.is_empty());
    if !has_urls && body["contentContainerUrl"].as_str().is_none_or(str::is_empty) {
        return Err("Either `contentUrls` or `contentContainerUrl` is needed.".into());
    }
    Ok(Job { kind: Kind::Transcription, id: ids::guid(), body, created: rfc3339(now), reads: 0 })
}

fn new_synthesis(asked: &Asked, kind: Kind, id: &str, now: SystemTime) -> Result<Job, String> {
    let body = object(asked)?;
    if body["inputs"].as_array().is_none_or(Vec::is_empty) {
        return Err("`inputs` is missing.".into());
    }
    if body["inputKind"].as_str().is_none_or(|kind| !matches!(kind, "PlainText" | "SSML")) {
        return Err("`inputKind` is neither `PlainText` nor `SSML`.".into());
    }
    Ok(Job { kind, id: id.to_owned(), body, created: rfc3339(now), reads: 0 })
}

fn object(asked: &Asked) -> Result<Value, String> {
    if asked.body.is_empty() {
        return Err("The request has no content.".into());
    }
    let mut body: Value =
        serde_json::from_slice(&asked.body).map_err(|error| format!("The content is not JSON: {error}"))?;
    foreign::remove_signatures(&mut body);
    if body.is_object() { Ok(body) } else { Err("The content is not a JSON object.".into()) }
}

/// Keeps a job, and forgets the oldest if there are too many.
fn add(jobs: &mut VecDeque<Job>, job: Job) {
    if jobs.len() >= MOST_JOBS {
        jobs.pop_front();
    }
    jobs.push_back(job);
}

/// Reads a path: `/speechtotext/transcriptions`, with a version between both in the older form, and the others.
fn place(path: &str) -> Option<Place<'_>> {
    for (name, kind) in [("transcriptions", Kind::Transcription), ("batchsyntheses", Kind::Synthesis)] {
        let Some(at) = path.find(name).filter(|at| path[..*at].ends_with('/')) else { continue };
        let (root, rest) = path.split_at(at + name.len());
        let is_service = match kind {
            Kind::Transcription => root.starts_with("/speechtotext/"),
            _ => root.starts_with("/texttospeech/") || root.starts_with("/avatar/"),
        };
        let kind = if root.starts_with("/avatar/") { Kind::Avatar } else { kind };
        let job = match rest.strip_prefix(['/', ':']) {
            None if rest.is_empty() => None,
            // The list of locales is not a job.
            None | Some("locales") => return None,
            Some(rest) => Some(rest.split_once('/').unwrap_or((rest, ""))),
        };
        return is_service.then_some(Place { kind, root, job });
    }
    None
}

/// Returns the version in the query, as a query of its own.
fn version(asked: &Asked) -> String {
    let mut pairs = asked.query.split('&').filter(|pair| pair.starts_with("api-version="));
    pairs.next().unwrap_or("api-version=2025-10-15").to_owned()
}

/// Returns a time as RFC 3339: <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>
fn rfc3339(time: SystemTime) -> String {
    let seconds = unix_seconds(time).max(0);
    let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The size after which no more audio is added to the results of a job.
const LARGEST_ARCHIVE: usize = 32 << 20;

/// The maximum number of jobs that are kept.
const MOST_JOBS: usize = 100;

const NOT_FETCHED: &str = "The lab does not fetch audio, so that there are no phrases.";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn ask(jobs: &Jobs, method: &str, url: &str, body: &Value) -> (u16, Value) {
        let path = url.strip_prefix("https://contoso.example").unwrap_or(url);
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut asked = Asked::get("contoso.example", path);
        (asked.method, asked.query) = (method.into(), query.into());
        if !body.is_null() {
            asked.body = body.to_string().into();
        }
        let answer = jobs.answer(&asked, SystemTime::UNIX_EPOCH).expect("a path of jobs");
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    #[test]
    fn a_transcription_is_created_runs_succeeds_and_is_deleted() {
        let jobs = Jobs::default();
        let body = json!({ "displayName": "t", "locale": "en-US", "contentUrls": ["https://a.example/a.wav"] });
        for path in ["/speechtotext/transcriptions:submit?api-version=2025-10-15", "/speechtotext/v3.2/transcriptions"]
        {
            let (status, created) = ask(&jobs, "POST", path, &body);
            assert_eq!((status, &created["status"], &created["displayName"]), (201, &json!("NotStarted"), &json!("t")));
            let own = created["self"].as_str().unwrap();
            let files = created["links"]["files"].as_str().unwrap();
            assert_eq!(ask(&jobs, "GET", own, &Value::Null).1["status"], "Running");
            assert_eq!(ask(&jobs, "GET", files, &Value::Null).1["values"], json!([]));
            assert_eq!(ask(&jobs, "GET", own, &Value::Null).1["status"], "Succeeded");
            let listed = ask(&jobs, "GET", files, &Value::Null).1["values"].clone();
            let kinds: Vec<_> = listed.as_array().unwrap().iter().map(|file| file["kind"].clone()).collect();
            assert_eq!(kinds, ["Transcription", "TranscriptionReport"]);
            let one = ask(&jobs, "GET", listed[0]["self"].as_str().unwrap(), &Value::Null);
            assert_eq!(one, (200, listed[0].clone()));
            let content =
                listed[0]["links"]["contentUrl"].as_str().unwrap().strip_prefix("https://contoso.example").unwrap();
            let content = jobs.content(&Asked::get("contoso.example", content)).unwrap();
            assert_eq!(content.status, 200);
            assert_eq!(ask(&jobs, "DELETE", own, &Value::Null).0, 204);
            assert_eq!(ask(&jobs, "GET", own, &Value::Null).0, 404);
        }
    }

    #[test]
    fn a_synthesis_has_the_id_of_its_client() {
        let jobs = Jobs::default();
        let body = json!({ "inputKind": "PlainText", "inputs": [{ "content": "Hello" }] });
        for root in ["/texttospeech/batchsyntheses", "/avatar/batchsyntheses"] {
            let url = format!("{root}/job-1?api-version=2024-04-01");
            assert_eq!(ask(&jobs, "PUT", &url, &body).0, 201);
            assert_eq!(ask(&jobs, "PUT", &url, &body).0, 409);
            ask(&jobs, "GET", &url, &Value::Null);
            let done = ask(&jobs, "GET", &url, &Value::Null).1;
            let result = done["outputs"]["result"].as_str().unwrap();
            let content =
                jobs.content(&Asked::get("contoso.example", &result["https://contoso.example".len()..])).unwrap();
            assert_eq!((&done["status"], content.status), (&json!("Succeeded"), 200));
            if root.starts_with("/texttospeech") {
                assert!(
                    content.body.starts_with(b"PK\x03\x04") && content.body.len() > 14_000,
                    "{}",
                    content.body.len()
                );
            }
            assert_eq!(ask(&jobs, "GET", root, &Value::Null).1["value"].as_array().unwrap().len(), 1);
            assert_eq!(ask(&jobs, "DELETE", &url, &Value::Null).0, 204);
        }
    }

    #[test]
    fn incomplete_jobs_are_rejected() {
        let jobs = Jobs::default();
        for (method, url, body) in [
            ("POST", "/speechtotext/transcriptions:submit", Value::Null),
            ("POST", "/speechtotext/transcriptions:submit", json!({ "displayName": "t", "locale": "en-US" })),
            ("POST", "/speechtotext/transcriptions:submit", json!({ "contentUrls": ["a"], "locale": "en-US" })),
            ("PUT", "/texttospeech/batchsyntheses/a", json!({ "inputKind": "PlainText" })),
            ("PUT", "/texttospeech/batchsyntheses/a", json!([])),
        ] {
            assert_eq!(ask(&jobs, method, url, &body).0, 400, "{method} {url} {body}");
        }
    }

    #[test]
    fn only_the_last_jobs_are_kept() {
        let jobs = Jobs::default();
        let body = json!({ "inputKind": "SSML", "inputs": [{ "content": "x" }] });
        for number in 0..2 * MOST_JOBS {
            ask(&jobs, "PUT", &format!("/texttospeech/batchsyntheses/job-{number}"), &body);
        }
        assert_eq!(locked(&jobs.0).len(), MOST_JOBS);
        assert_eq!(ask(&jobs, "GET", "/texttospeech/batchsyntheses/job-0", &Value::Null).0, 404);
    }

    #[test]
    fn times_are_in_rfc_3339() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_796_083_199, "2026-11-30T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }
}
