//! Pages in place of the service's response: of a captive portal, a filter or another device on the path.

use super::refusal::quoted;
use crate::diagnose::evidence::Reply;

/// Whether a response is a page: the service refuses in JSON, in plain text or without a body.
pub(super) fn is_page(reply: &Reply) -> bool {
    let body = reply.message.as_deref().unwrap_or_default().trim_start().to_ascii_lowercase();
    reply.is_html() || body.starts_with("<!doctype html") || body.starts_with("<html")
}

/// The sign of a sign-in or block page: its title, with the word or the product that identifies it.
pub(super) fn sign(reply: &Reply) -> Option<String> {
    let text = reply.text();
    let headers = reply.headers.iter().map(|(name, value)| format!("{name} {value}").to_ascii_lowercase());
    let known = PRODUCTS.iter().find(|product| text.contains(*product));
    let product = known.copied().or_else(|| product_of(headers)).map(|product| format!("the name `{product}`"));
    let word = || WORDS.iter().find(|word| text.contains(*word)).map(|word| format!("the words `{word}`"));
    let given_away = product.or_else(word).filter(|_| is_page(reply))?;
    let page = title(reply).map_or_else(|| "a page".to_owned(), |title| format!("the page {}", quoted(&title)));
    Some(format!("{page} with {given_away}"))
}

/// Whether a URL is that of a sign-in or block page.
pub(super) fn is_portal(location: &str) -> bool {
    let location = location.to_ascii_lowercase();
    ADDRESSES.iter().chain(PRODUCTS).any(|part| location.contains(part))
}

fn product_of(mut headers: impl Iterator<Item = String>) -> Option<&'static str> {
    headers.find_map(|header| PRODUCTS.iter().find(|product| header.contains(*product)).copied())
}

/// The title, if the beginning of the body contains it.
fn title(reply: &Reply) -> Option<String> {
    let body = reply.message.as_deref()?;
    // Lower case in ASCII alone keeps every position.
    let lower = body.to_ascii_lowercase();
    let tag = lower.find("<title")?;
    let start = tag + lower[tag..].find('>')? + 1;
    let end = lower[start..].find("</title").map_or(body.len(), |length| start + length);
    let title = body[start..end].trim();
    (!title.is_empty()).then(|| title.to_owned())
}

/// Words of pages of portals and filters, in lower case.
const WORDS: &[&str] = &[
    "sign in",
    "sign-in",
    "log in",
    "login",
    "log on",
    "logon",
    "password",
    "captive portal",
    "guest network",
    "terms of use",
    "web filter",
    "content filter",
    "been blocked",
    "is blocked",
    "page blocked",
    "site blocked",
    "blocked by",
    "access denied",
    "access to this site",
];

/// Parts of the URLs of portals and block pages, in lower case.
const ADDRESSES: &[&str] = &[
    "login",
    "logon",
    "signin",
    "sign-in",
    "portal",
    "captive",
    "guest",
    "hotspot",
    "blocked",
    "blockpage",
    "webfilter",
];

/// Products that name themselves in headers and pages, in lower case.
const PRODUCTS: &[&str] = &[
    "zscaler",
    "fortigate",
    "fortiguard",
    "fortinet",
    "netskope",
    "blue coat",
    "bluecoat",
    "proxysg",
    "mcafee web gateway",
    "skyhigh",
    "forcepoint",
    "websense",
    "check point",
    "palo alto",
    "sophos",
    "sonicwall",
    "watchguard",
    "barracuda",
    "ironport",
    "umbrella",
    "mikrotik",
    "squid",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::sample;

    fn page(headers: &[(&str, &str)], body: &str) -> Reply {
        let mut reply = sample::reply(403, "", body);
        reply.headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        reply
    }

    #[test]
    fn a_page_gives_itself_away_by_a_product_or_its_words() {
        let html = ("content-type", "text/html; charset=UTF-8");
        assert!(
            is_portal("https://Portal.contoso.example/?url=x") && is_portal("https://gate.example/block/fortiguard")
        );
        assert!(!is_portal("https://evil.example/stt/speech/universal/v2"));
        for (headers, body, expected) in [
            (
                &[html, ("server", "FortiGate")][..],
                "<html><TITLE>Web Page Blocked</TITLE>",
                Some("the page `Web Page Blocked` with the name `fortigate`"),
            ),
            (&[html], "<title class=a>\n Guests, sign in", Some("the page `Guests, sign in` with the words `sign in`")),
            (&[], "<!DOCTYPE html>Your password", Some("a page with the words `password`")),
            (&[html, ("via", "1.1 proxy (squid/5.7)")], "", Some("a page with the name `squid`")),
            (&[html], "<html><body>It works</body></html>", None),
            (&[html], "<title></title>", None),
            (&[("server", "FortiGate")], "{}", None),
            (&[("content-type", "text/plain")], "Access denied due to an invalid key", None),
            (&[html], "<titleÄ", None),
        ] {
            assert_eq!(sign(&page(headers, body)).as_deref(), expected, "{body}");
        }
    }
}
