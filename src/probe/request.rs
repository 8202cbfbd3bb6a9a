//! Request: what each REST service is asked with, and whether its response shows that it works.
//!
//! A request changes nothing and costs nothing: it has no body, and services that create items are asked for their list.

use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use url::Url;

use crate::diagnose::evidence::{Failure, FailureKind, Reply};
use crate::net::http::classify::{self, denial};
use crate::net::http::{LARGEST_BODY, Request, Response};
use crate::resolve::service::Service;

/// Returns the request for a service, with the content type that the service documents, so that 415 means something.
pub(super) fn request_to(service: Service, url: &Url) -> Request<'_> {
    let mut request = Request::new(method_of(service), url);
    let kind = match service {
        Service::TextToSpeech | Service::PersonalVoice | Service::CustomVoice => SSML,
        Service::ShortAudio => "audio/wav; codecs=audio/pcm; samplerate=16000",
        Service::FastTranscription | Service::LlmSpeech | Service::OpenAiTranscription => {
            "multipart/form-data; boundary=speech-endpoint"
        }
        Service::OpenAiSpeech
        | Service::OpenAiRealtimeClientSecret
        | Service::OpenAiRealtimeTranslationClientSecret
        | Service::OpenAiLiveWebRtc => "application/json",
        Service::OpenAiRealtimeWebRtc | Service::OpenAiRealtimeTranslationWebRtc => "application/sdp",
        Service::IssueToken => "application/x-www-form-urlencoded",
        _ => return request,
    };
    request.headers.push((CONTENT_TYPE, HeaderValue::from_static(kind)));
    if kind == SSML {
        let format = HeaderName::from_static("x-microsoft-outputformat");
        request.headers.push((format, HeaderValue::from_static("riff-16khz-16bit-mono-pcm")));
    }
    request
}

/// Returns the method of a request that changes nothing. A service that creates resources gets a request for their
/// list.
fn method_of(service: Service) -> Method {
    match service {
        Service::IssueToken
        | Service::ShortAudio
        | Service::TextToSpeech
        | Service::PersonalVoice
        | Service::CustomVoice
        | Service::FastTranscription
        | Service::LlmSpeech
        | Service::OpenAiTranscription
        | Service::OpenAiSpeech
        | Service::OpenAiRealtimeClientSecret
        | Service::OpenAiRealtimeWebRtc
        | Service::OpenAiRealtimeTranslationClientSecret
        | Service::OpenAiRealtimeTranslationWebRtc
        | Service::OpenAiLiveWebRtc => Method::POST,
        _ => Method::GET,
    }
}

/// Returns the failure that a response to a request with a credential shows, unless the service works. A service that
/// only misses the body of the request works.
pub(super) fn fault(response: &Response, service: Service) -> Option<Failure> {
    let reply = &response.reply;
    if let Some(denial) = denial(reply) {
        return Some(denial);
    }
    let is_page = reply.is_html();
    let slow = response.unfinished.clone().filter(|failure| failure.drip().is_some());
    match reply.status {
        200..300 if slow.is_some() => slow,
        200..300 if is_page => Some(Failure::new(FailureKind::Status, format!("{} with an HTML page", reply.status))),
        200..300 => unusable(response, service).map(|why| Failure::new(FailureKind::Protocol, why)),
        400 | 408 | 411 | 422 if !is_page && misses_its_body(reply, service) => None,
        _ => Some(Failure::new(FailureKind::Status, classify::text(reply))),
    }
}

/// Returns whether a rejected request only misses its body. A request for a list has none, and no body corrects a
/// version.
fn misses_its_body(reply: &Reply, service: Service) -> bool {
    method_of(service) == Method::POST && !reply.rejects_the_version()
}

/// Returns why a successful response is of no use, if it is not.
fn unusable(response: &Response, service: Service) -> Option<String> {
    let (status, body) = (response.reply.status, response.body.trim_start_matches('\u{feff}').trim());
    let is_list = method_of(service) == Method::GET;
    if body.is_empty() {
        let has_content = is_list || service == Service::IssueToken;
        return has_content.then(|| format!("{status} without a body"));
    }
    // Only the beginning of a long body is read.
    let is_json = match response.reply.body_bytes {
        LARGEST_BODY.. => body.starts_with(['[', '{']),
        _ => serde_json::from_str::<serde::de::IgnoredAny>(body).is_ok(),
    };
    (is_list && !is_json).then(|| format!("{status} with a body that is not JSON"))
}

const SSML: &str = "application/ssml+xml";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hyper::header::HeaderMap;

    use super::*;
    use crate::diagnose::evidence::Arrival;

    #[test]
    fn a_list_that_keeps_arriving_is_slow_and_one_that_stops_is_not_json() {
        let slow = Arrival::new(40, 20, Duration::from_secs(2));
        let stopped = Arrival { late_bytes: 0, ..slow };
        for (arrival, expected) in [
            (Some(slow), Some(FailureKind::TimedOut)),
            (Some(stopped), Some(FailureKind::Protocol)),
            (None, Some(FailureKind::Protocol)),
        ] {
            let mut response = Response::new("GET /".to_owned(), 200, &HeaderMap::new(), b"[{\"ShortName\"");
            response.unfinished = Some(Failure { arrival, ..Failure::new(FailureKind::TimedOut, "not complete") });
            assert_eq!(fault(&response, Service::Voices).map(|failure| failure.kind), expected, "{arrival:?}");
        }
    }
}
