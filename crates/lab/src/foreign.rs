//! Keeps the credentials of real resources out of the lab's memory: a client may be configured with one by mistake.

use serde_json::Value;
use url::form_urlencoded;

use super::exchange::Asked;
use super::token;

/// The credentials of a request that no lab made.
pub(super) struct Foreign(Vec<String>);

impl Foreign {
    pub(super) fn of(asked: &Asked) -> Self {
        let given =
            asked.headers.iter().filter(|(name, _)| is_credential(name)).map(|(_, value)| bare(value).to_owned());
        let in_query = form_urlencoded::parse(asked.query.as_bytes())
            .filter(|(name, _)| is_credential(name))
            .map(|(_, value)| bare(&value).to_owned());
        let in_protocols = asked.header("sec-websocket-protocol").unwrap_or_default().split(',');
        let in_protocols = in_protocols.filter_map(|offer| offer.trim().strip_prefix(KEY_PROTOCOL)).map(str::to_owned);
        let taken = [&asked.key, &asked.bearer].into_iter().flatten().cloned();
        let all = given.chain(in_query).chain(in_protocols).chain(taken);
        Self(all.filter(|credential| !credential.is_empty() && !token::is_of_a_lab(credential)).collect())
    }

    /// Returns a text with a replacement for each foreign credential.
    pub(super) fn without(&self, text: &str) -> String {
        // A short one may be part of anything.
        let long = self.0.iter().filter(|credential| credential.len() >= SHORTEST);
        long.fold(text.to_owned(), |text, credential| text.replace(credential.as_str(), REPLACEMENT))
    }

    /// Returns the value of a header or a parameter.
    pub(super) fn of_value(&self, name: &str, value: &str) -> String {
        if is_credential(name) && self.is_in(value) { REPLACEMENT.to_owned() } else { self.without(value) }
    }

    /// Returns a query, unchanged if it has no foreign credential.
    pub(super) fn of_query(&self, query: &str) -> String {
        let pairs = form_urlencoded::parse(query.as_bytes());
        if !pairs.clone().any(|(name, value)| self.is_in(&name) || self.is_in(&value)) {
            return query.to_owned();
        }
        let pairs = pairs.map(|(name, value)| (self.without(&name), self.of_value(&name, &value)));
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }

    fn is_in(&self, text: &str) -> bool {
        self.0.iter().any(|credential| text.contains(credential.as_str()))
    }
}

/// Removes the queries of signed URLs from a document: a shared access signature admits anyone to a storage account.
pub(super) fn remove_signatures(document: &mut Value) {
    match document {
        Value::String(text) => {
            let is_signed = |query: &str| form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "sig");
            if let Some((url, _)) = text.split_once('?').filter(|(_, query)| is_signed(query)) {
                *text = url.to_owned();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(remove_signatures),
        Value::Object(fields) => fields.values_mut().for_each(remove_signatures),
        _ => {}
    }
}

/// The length from which a credential is removed wherever it is.
const SHORTEST: usize = 8;

/// Returns whether a header or parameter with this name carries a credential.
fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    // The place in a list: <https://learn.microsoft.com/rest/api/azure/#async-operations-throttling-and-paging>
    if ["skiptoken", "continuationtoken"].iter().any(|place| name.ends_with(place)) {
        return false;
    }
    NAMES.contains(&name.as_str())
        || ["token", "secret", "password", "signature"].iter().any(|part| name.contains(part))
}

/// Removes the scheme: a key and a token are also searched for in other places.
fn bare(value: &str) -> &str {
    let value = value.trim();
    ["Bearer ", "Basic "].iter().find_map(|scheme| value.strip_prefix(scheme)).unwrap_or(value)
}

/// The subprotocol with which a browser sends the key of a realtime session.
const KEY_PROTOCOL: &str = "openai-insecure-api-key.";

/// Headers and parameters that carry credentials, in lower case.
const NAMES: &[&str] = &[
    "api-key",
    "authorization",
    "code",
    "cookie",
    "ocp-apim-subscription-key",
    "proxy-authorization",
    "sig",
    "subscription-key",
    "x-api-key",
];

const REPLACEMENT: &str = "(a credential that is not of the lab)";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seen::SeenRequest;

    fn asked(headers: &[(&str, &str)], query: &str, path: &str) -> Asked {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Asked { headers, query: query.into(), ..Asked::get("westeurope.tts.speech.microsoft.com", path) }
    }

    #[test]
    fn a_credential_of_a_real_resource_is_not_kept_wherever_it_is() {
        let real = "7Rk0YtQ2real0key9of1a2customer";
        for (headers, query, path) in [
            (vec![("ocp-apim-subscription-key", real)], String::new(), String::from("/")),
            (vec![("authorization", "Bearer 7Rk0YtQ2real0key9of1a2customer")], String::new(), "/".into()),
            (vec![("api-key", real), ("x-custom", real)], String::new(), format!("/{real}")),
            (vec![], format!("Ocp-Apim-Subscription-Key={real}&language=en-US"), "/".into()),
            (vec![], format!("access_token={real}"), "/".into()),
            (
                vec![("sec-websocket-protocol", "realtime, openai-insecure-api-key.7Rk0YtQ2real0key9of1a2customer")],
                String::new(),
                "/".into(),
            ),
            (vec![("cookie", real), ("x-session-token", real)], String::new(), "/".into()),
        ] {
            let seen = SeenRequest::new(&asked(&headers, &query, &path), 401);
            let kept = format!("{:?} {} {} {}", seen.headers, seen.query, seen.path, seen.host);
            assert!(!kept.contains(real), "{kept}");
        }
    }

    #[test]
    fn a_signed_url_loses_its_signature() {
        let mut job = serde_json::json!({
            "contentUrls": ["https://contoso.blob.core.windows.net/a.wav?sv=2024&sig=abc%3D", "https://a.example/b.wav?c=d"],
            "properties": { "destinationContainerUrl": "https://contoso.blob.core.windows.net/out?sig=abc" },
        });
        remove_signatures(&mut job);
        let expected = serde_json::json!({
            "contentUrls": ["https://contoso.blob.core.windows.net/a.wav", "https://a.example/b.wav?c=d"],
            "properties": { "destinationContainerUrl": "https://contoso.blob.core.windows.net/out" },
        });
        assert_eq!(job, expected);
    }

    #[test]
    fn a_credential_of_the_lab_and_everything_else_stay() {
        let headers = [("ocp-apim-subscription-key", token::KEY), ("x-connectionid", "abc")];
        let seen = SeenRequest::new(&asked(&headers, "language=en-US&%20a=b", "/p"), 200);
        assert_eq!(seen.header("ocp-apim-subscription-key"), Some(token::KEY));
        let seen_place = SeenRequest::new(&asked(&[], "%24skiptoken=1&api-version=2021-01-01", "/p1"), 200);
        assert_eq!(
            (seen_place.query.as_str(), seen_place.path.as_str()),
            ("%24skiptoken=1&api-version=2021-01-01", "/p1")
        );
        let short = SeenRequest::new(&asked(&[("x-token", "1")], "a=1", "/p1"), 200);
        assert_eq!(
            (short.query.as_str(), short.path.as_str(), short.header("x-token") == Some("1")),
            ("a=1", "/p1", false)
        );
        assert_eq!((seen.header("x-connectionid"), seen.query.as_str()), (Some("abc"), "language=en-US&%20a=b"));
    }
}
