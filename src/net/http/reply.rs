//! Reply: the part of a response that evidence keeps. Peers control every byte of a response, so its text is shortened,
//! printable and without secrets.

use hyper::header::HeaderMap;
use serde_json::Value;

use crate::diagnose::evidence::Reply;
use crate::net::printable::line;

/// Reads the head of a response.
pub(super) fn head_of(request: String, status: u16, headers: &HeaderMap) -> Reply {
    let date = text(headers, "date").and_then(date);
    Reply { request, status, headers: diagnostic(headers), date, ..Reply::default() }
}

pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Returns the code and the message of an error body. The front ends of the service use several JSON shapes.
pub(super) fn code_and_message(body: &str) -> (Option<String>, Option<String>) {
    let Ok(value) = serde_json::from_str::<Value>(body.trim_start_matches('\u{feff}')) else {
        let text = line(body, LONGEST_MESSAGE);
        return (None, (!text.is_empty()).then_some(text));
    };
    let error = value.get("error").filter(|error| error.is_object()).unwrap_or(&value);
    let text = |name: &str| match error.get(name) {
        Some(Value::String(text)) => Some(line(text, LONGEST_MESSAGE)),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let code = text("code").or_else(|| text("statusCode"));
    (code, text("message").or_else(|| text("error_description")))
}

/// Returns the headers that distinguish middleboxes from the service, and those with which support finds the request.
fn diagnostic(headers: &HeaderMap) -> Vec<(String, String)> {
    let is_diagnostic =
        |name: &str| DIAGNOSTIC.contains(&name) || name.starts_with("x-ms-") || name.starts_with("x-squid");
    let all = headers.iter().filter(|(name, _)| is_diagnostic(name.as_str()));
    all.filter_map(|(name, value)| {
        let value = value.to_str().ok()?;
        // The query of a redirect may contain a secret.
        let value = if name == "location" { value.split('?').next().unwrap_or_default() } else { value };
        Some((name.as_str().to_owned(), line(value, 160)))
    })
    .take(MOST_HEADERS)
    .collect()
}

/// Reads a date such as `Sun, 06 Nov 1994 08:49:37 GMT` as seconds since 1970 (RFC 9110, section 5.6.7).
fn date(text: &str) -> Option<i64> {
    let mut parts = text.split_once(", ")?.1.split(' ');
    let day: i64 = parts.next()?.parse().ok()?;
    let month = MONTHS.iter().position(|month| Some(*month) == text.get(8..11))? + 1;
    let _ = parts.next()?;
    let year: i64 = parts.next()?.parse().ok()?;
    let time = parts.next()?;
    let iso = format!("{year:04}-{month:02}-{day:02}T{time}Z");
    crate::diagnose::evidence::saved::from_rfc3339(&iso).map(crate::diagnose::evidence::unix_seconds)
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The headers in evidence. Those of Azure and of Squid match by their prefix.
const DIAGNOSTIC: &[&str] = &[
    "apim-request-id",
    "content-type",
    "date",
    "location",
    "ocp-apim-custom-domain-name",
    "policy-id",
    "proxy-agent",
    "retry-after",
    "server",
    "via",
    "www-authenticate",
    "x-cache",
    "x-request-id",
    "x-requestid",
];

/// The longest message in evidence, in characters.
const LONGEST_MESSAGE: usize = 300;

/// The most headers in evidence, so that a hostile peer cannot fill it.
const MOST_HEADERS: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_error_body_has_a_code_and_a_message() {
        for (body, code, message) in [
            (r#"{"error":{"code":"401","message":"Denied."}}"#, Some("401"), Some("Denied.")),
            (r#"{"statusCode":401,"message":"Denied."}"#, Some("401"), Some("Denied.")),
            (r#"{"error":{"code":"AccessDenied","message":"No.","innererror":{}}}"#, Some("AccessDenied"), Some("No.")),
            (
                r#"{"code":"InvalidRequest","message":"Bad.","innerError":{"code":"X"}}"#,
                Some("InvalidRequest"),
                Some("Bad."),
            ),
            ("", None, None),
            ("  Quota\n exceeded\t", None, Some("Quota exceeded")),
            ("[1]", None, None),
        ] {
            let expected = (code.map(str::to_owned), message.map(str::to_owned));
            assert_eq!(code_and_message(body), expected, "{body}");
        }
    }

    #[test]
    fn the_date_of_a_response_is_read() {
        assert_eq!(date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        for wrong in
            ["", "Sun, 31 Feb 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, é6 Nov 1994 08:49:37 GMT"]
        {
            assert_eq!(date(wrong), None, "{wrong}");
        }
    }
}
