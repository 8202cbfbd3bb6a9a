//! Batch transcription and batch synthesis: jobs with a life cycle, held in memory.
//!
//! A job is `NotStarted` when it is created, `Running` when it is first read, and `Succeeded` from then on. The lab fetches no
//! audio: a transcription has a report that says so, and no phrases.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::SystemTime;

use serde_json::{Value, json};
use speech_endpoint::emulation::unix_seconds;
use url::form_urlencoded;

use super::exchange::{Answer, Asked};
use super::foreign;
use super::lock::locked;
use super::speech::rest;

mod synthesis;
mod transcription;

/// The jobs of a resource.
#[derive(Debug, Default)]
pub(super) struct Jobs(Mutex<VecDeque<Job>>);

#[derive(Clone, Debug)]
struct Job {
    kind: Kind,
    id: String,
    /// A second id, which the service makes.
    internal_id: String,
    /// The results of a synthesis.
    measured: Measured,
    /// What the client sent.
    body: Value,
    created_at: String,
    /// The number of times that it was read.
    reads: u32,
}

/// The number of inputs that are spoken and that are not, and the duration of the speech in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Measured {
    spoken: usize,
    failed: usize,
    lasts: u64,
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

/// The addresses of a collection and its parts.
#[derive(Debug)]
struct Links {
    base: String,
    /// The version, as a query.
    query: String,
    /// Whether the path contains the version instead.
    is_older: bool,
}

impl Jobs {
    /// Responds to a request for jobs; `None` if its path leads to none.
    pub(super) fn answer(&self, asked: &Asked, now: SystemTime) -> Option<Answer> {
        let place = place(&asked.path)?;
        let links = Links::of(asked, place.root);
        // Measuring the speech takes time, which others must not wait for.
        let made = match (asked.method.as_str(), place.kind, place.job) {
            ("POST", Kind::Transcription, Some(("submit", "")) | None) => Some(transcription::new(asked, now)),
            ("PUT", kind @ (Kind::Synthesis | Kind::Avatar), Some((id, ""))) => {
                Some(synthesis::new(asked, kind, id, now))
            }
            _ => None,
        };
        let mut jobs = locked(&self.0);
        if let Some(made) = made {
            return Some(match made {
                Ok(job) if jobs.iter().any(|other| other.is(job.kind, &job.id)) => {
                    Answer::error(409, "Conflict", "A job with this id exists already.")
                }
                Ok(job) => {
                    let answer = job.created(&links);
                    add(&mut jobs, job);
                    answer
                }
                Err(fault) => place.kind.invalid(&fault),
            });
        }
        Some(match (asked.method.as_str(), place.kind, place.job) {
            ("GET", kind, None) => {
                let all: Vec<Value> = jobs.iter().filter(|job| job.kind == kind).map(|job| job.json(&links)).collect();
                Answer::json(200, &links.page(asked, kind, &all))
            }
            (method, kind, Some((id, rest))) => {
                let Some(at) = jobs.iter().position(|job| job.is(kind, id)) else {
                    return Some(kind.no_job());
                };
                match (method, rest) {
                    ("DELETE", "") => {
                        jobs.remove(at);
                        Answer::empty(204)
                    }
                    ("GET", rest) => match jobs.get_mut(at) {
                        Some(job) => job.read(rest, &links).unwrap_or_else(Answer::not_found),
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

    fn has_succeeded(&self) -> bool {
        self.status() == "Succeeded"
    }

    fn read(&mut self, rest: &str, links: &Links) -> Option<Answer> {
        match (self.kind, rest) {
            (_, "") => {
                self.reads = self.reads.saturating_add(1);
                Some(Answer::json(200, &self.json(links)))
            }
            (Kind::Transcription, "files") => {
                Some(Answer::json(200, &json!({ "values": transcription::files(self, links) })))
            }
            (Kind::Transcription, rest) => {
                let file = transcription::file(self, links, rest.strip_prefix("files/")?)?;
                Some(Answer::json(200, &file))
            }
            _ => None,
        }
    }

    /// Returns the answer to the request that made the job.
    fn created(&self, links: &Links) -> Answer {
        let (answer, own) = (Answer::json(201, &self.json(links)), links.to(&self.id));
        match self.kind {
            Kind::Transcription => answer.with("location", own),
            Kind::Synthesis | Kind::Avatar => {
                answer.with("operation-location", own).with("operation-id", self.id.as_str())
            }
        }
    }

    fn json(&self, links: &Links) -> Value {
        match self.kind {
            Kind::Transcription => transcription::json(self, links),
            Kind::Synthesis | Kind::Avatar => synthesis::json(self, links),
        }
    }

    fn content(&self, which: &str) -> Option<Answer> {
        match self.kind {
            Kind::Transcription => transcription::content(self, which).map(|json| Answer::json(200, &json)),
            _ if self.has_succeeded() => synthesis::content(self, which),
            _ => None,
        }
    }
}

impl Kind {
    /// Makes the 404 for a job that does not exist: flat for speech to text, and in an envelope for the others.
    /// <https://github.com/Azure/azure-rest-api-specs/blob/main/specification/cognitiveservices/data-plane/Speech/SpeechToText/stable/2024-11-15/speechtotext.json>
    fn no_job(self) -> Answer {
        match self {
            Self::Transcription => Answer::json(404, &json!({ "code": "NotFound", "message": NO_JOB })),
            Self::Synthesis | Self::Avatar => Answer::error(404, "NotFound", NO_JOB),
        }
    }

    /// Makes the 400 for a definition that is not valid.
    fn invalid(self, fault: &str) -> Answer {
        match self {
            Self::Transcription => rest::invalid(fault),
            Self::Synthesis | Self::Avatar => Answer::error(400, "BadRequest", fault),
        }
    }
}

impl Links {
    fn of(asked: &Asked, root: &str) -> Self {
        let is_older = root.starts_with("/speechtotext/v3");
        let mut pairs = asked.query.split('&').filter(|pair| pair.starts_with("api-version="));
        let version = pairs.next().unwrap_or("api-version=2025-10-15");
        let query = if is_older { String::new() } else { format!("?{version}") };
        Self { base: format!("https://{}{root}", asked.host), query, is_older }
    }

    /// Returns the address of a part of the collection.
    fn to(&self, part: &str) -> String {
        format!("{}/{part}{}", self.base, self.query)
    }

    /// Returns a page of jobs, with the address of the next one.
    fn page(&self, asked: &Asked, kind: Kind, all: &[Value]) -> Value {
        let (items, next, size) = match kind {
            Kind::Transcription => ("values", "@nextLink", "top"),
            Kind::Synthesis | Kind::Avatar => ("value", "nextLink", "maxpagesize"),
        };
        let number = |wanted: &str| {
            let mut pairs = form_urlencoded::parse(asked.query.as_bytes());
            pairs.find(|(name, _)| name == wanted).and_then(|(_, value)| value.parse::<usize>().ok())
        };
        let (skip, top) = (number("skip").unwrap_or_default(), number(size).unwrap_or(MOST_JOBS).max(1));
        let page: Vec<&Value> = all.iter().skip(skip).take(top).collect();
        let mut json = json!({ items: page });
        let end = skip.saturating_add(top);
        if end < all.len() {
            let mark = if self.query.is_empty() { '?' } else { '&' };
            json[next] = json!(format!("{}{}{mark}skip={end}&{size}={top}", self.base, self.query));
        }
        json
    }
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

/// Returns a time as RFC 3339: <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>
pub(super) fn rfc3339(time: SystemTime) -> String {
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

/// The maximum number of jobs that are kept.
const MOST_JOBS: usize = 100;

const NO_JOB: &str = "The specified entity cannot be found.";

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
            (
                "POST",
                "/speechtotext/transcriptions:submit",
                json!({ "displayName": "t", "contentUrls": ["a"], "locale": "xx-YY" }),
            ),
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
