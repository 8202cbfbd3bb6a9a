//! One read: its requests, the pages of its response, and the limits of both.

use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue, RETRY_AFTER};
use reqwest::{Method, Response};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};
use url::Url;

use super::refusal::Refusal;
use crate::azure::{ArmRead, ArmResponse};
use crate::diagnose::evidence::{Failure, FailureKind};
use crate::net::{RestClient, printable};
use crate::resolve::credential::Secret;

/// Sends the requests of one call.
pub(super) struct Exchange<'a> {
    pub(super) client: &'a RestClient,
    pub(super) host: &'a str,
    pub(super) token: &'a Secret,
    pub(super) allowance: Allowance,
}

/// What the requests of one call may still use, together.
pub(super) struct Allowance {
    deadline: Instant,
    bytes: AtomicUsize,
    /// The status with which Azure throttled a request that gave up, or 0. Further requests would only prolong that.
    throttled: AtomicU16,
}

impl Allowance {
    pub(super) fn new(deadline: Instant, bytes: usize) -> Self {
        Self { deadline, bytes: AtomicUsize::new(bytes), throttled: AtomicU16::new(0) }
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Takes bytes of a response. Returns whether there were as many.
    fn take(&self, bytes: usize) -> bool {
        self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok()
    }
}

impl Exchange<'_> {
    /// Makes one read. A list that broke off after its first page comes with the reason.
    ///
    /// A read that hangs uses at most half of the time that is left, so that others can still be made.
    pub(super) async fn outcome(&self, read: ArmRead) -> (ArmRead, Result<(ArmResponse, Option<Refusal>), Refusal>) {
        let deadline = Instant::now() + self.allowance.left() / 2;
        let outcome = self.pages(&read, deadline).await;
        (read, outcome)
    }

    async fn pages(&self, read: &ArmRead, deadline: Instant) -> Result<(ArmResponse, Option<Refusal>), Refusal> {
        let mut response = ArmResponse::new(read.clone());
        let mut next = read.url(self.host).ok_or(Refusal::ForeignPage)?;
        let mut seen: Vec<Url> = Vec::new();
        loop {
            let page = match self.page(&next, deadline).await {
                Ok(bytes) => response.page(&bytes).map_err(Refusal::Unreadable),
                Err(refusal) => Err(refusal),
            };
            let link = match page {
                Err(refusal) if seen.is_empty() => return Err(refusal),
                // A page that cannot be read may have left something, and the list is not whole.
                Err(refusal) => {
                    response.breaks_off();
                    return Ok((response, Some(refusal)));
                }
                Ok(_) if !read.is_list() => return Ok((response, None)),
                Ok(None) if response.is_whole() => return Ok((response, None)),
                Ok(link) => link,
            };
            seen.push(next);
            let following = link.and_then(|link| self.own(&link));
            let Some(following) = following else { return Ok((response, Some(Refusal::ForeignPage))) };
            if seen.contains(&following) || seen.len() >= MOST_PAGES {
                return Ok((response, Some(Refusal::Endless { pages: seen.len() })));
            }
            next = following;
        }
    }

    /// Returns the URL of a next page if it is at the management API, which alone may get the token.
    fn own(&self, link: &str) -> Option<Url> {
        let url = Url::parse(link).ok()?;
        let is_own = url.scheme() == "https"
            && url.host_str() == Some(self.host)
            && url.port().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        is_own.then_some(url)
    }

    /// Requests one page, again if Azure throttles requests.
    async fn page(&self, url: &Url, deadline: Instant) -> Result<Vec<u8>, Refusal> {
        let mut attempt = 0;
        loop {
            let throttled = self.allowance.throttled.load(Ordering::Relaxed);
            if throttled > 0 {
                return Err(Refusal::Busy { status: throttled, wait: None });
            }
            let response = self.get(url, deadline).await?;
            let status = response.status().as_u16();
            match status {
                200 => return self.body(response, LARGEST_RESPONSE, deadline).await,
                300..=399 => return Err(Refusal::Redirected { status }),
                429 | 503 => {
                    attempt += 1;
                    let wait = waits(&response).unwrap_or(SHORTEST_WAIT * attempt);
                    if attempt >= MOST_ATTEMPTS || wait >= deadline.saturating_duration_since(Instant::now()) {
                        self.allowance.throttled.store(status, Ordering::Relaxed);
                        return Err(Refusal::Busy { status, wait: (attempt < MOST_ATTEMPTS).then_some(wait) });
                    }
                    sleep(wait).await;
                }
                _ => {
                    let body = self.body(response, LARGEST_ERROR, deadline).await;
                    return Err(Refusal::Status { status, code: body.ok().and_then(|body| code(&body)) });
                }
            }
        }
    }

    async fn get(&self, url: &Url, deadline: Instant) -> Result<Response, Refusal> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Refusal::Late);
        }
        let unsent = |_| Refusal::Network {
            failure: Failure::new(FailureKind::Other, "the request cannot be built"),
            was_sent: false,
        };
        let bearer = HeaderValue::try_from(format!("Bearer {}", self.token.expose()));
        let mut bearer = bearer.map_err(|_| Refusal::Status { status: 401, code: None })?;
        bearer.set_sensitive(true);
        let request = self.client.request(Method::GET, url.clone());
        let request = request.header(AUTHORIZATION, bearer).header(ACCEPT, "application/json").timeout(left);
        Ok(self.client.execute(request.build().map_err(unsent)?).await?)
    }

    /// Reads a body up to a size.
    async fn body(&self, mut response: Response, largest: usize, deadline: Instant) -> Result<Vec<u8>, Refusal> {
        let stated = response.content_length().and_then(|length| usize::try_from(length).ok());
        if stated.is_some_and(|length| length > largest) {
            return Err(Refusal::TooLarge { most: largest });
        }
        let mut body = Vec::new();
        loop {
            let chunk = timeout_at(deadline, response.chunk()).await.map_err(|_| Refusal::Late)?;
            let chunk = match chunk {
                Ok(Some(chunk)) => chunk,
                Ok(None) => return Ok(body),
                Err(_) if Instant::now() >= deadline => return Err(Refusal::Late),
                Err(error) => return Err(broken(&error)),
            };
            if body.len() + chunk.len() > largest {
                return Err(Refusal::TooLarge { most: largest });
            }
            if !self.allowance.take(chunk.len()) {
                return Err(Refusal::TooLarge { most: super::LARGEST_TOTAL });
            }
            body.extend_from_slice(&chunk);
        }
    }
}

/// The response broke off.
fn broken(error: &reqwest::Error) -> Refusal {
    let text = printable::line(&format!("the response broke off: {error}"), 200);
    Refusal::Network { failure: Failure::new(FailureKind::Reset, text), was_sent: true }
}

/// Returns `Retry-After` in seconds. The management API does not send it as a date.
fn waits(response: &Response) -> Option<Duration> {
    response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// Returns the code of an error, which is a word. Its message may name people and is not kept.
fn code(body: &[u8]) -> Option<String> {
    let error: Value = serde_json::from_slice(body).ok()?;
    let code = error["error"]["code"].as_str().or_else(|| error["code"].as_str())?;
    let is_word = (1..=LONGEST_CODE).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric());
    is_word.then(|| code.to_owned())
}

/// In bytes. A page of a list has at most a few hundred objects.
const LARGEST_RESPONSE: usize = 16 << 20;

const LARGEST_ERROR: usize = 64 << 10;

/// The pages of one list. A page of accounts has about 100 of them.
const MOST_PAGES: usize = 500;

/// The requests for one page. Azure refills its limits every second, so more of them mean a lasting storm.
const MOST_ATTEMPTS: u32 = 4;

/// Where a response does not say how long to wait.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

const LONGEST_CODE: usize = 64;
