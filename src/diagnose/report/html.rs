//! One HTML file for people: the verdict, the path as a picture, the findings and the times. It loads nothing, and its policy
//! forbids that anything is loaded.

use super::markup::{escaped, with_code};
use super::text::{is_repeated, subject};
use super::{ReportOptions, redaction, verdict};
use crate::diagnose::evidence::{Evidence, rfc3339};
use crate::diagnose::redact::Redaction;
use crate::diagnose::{Diagnosis, Verdict};

mod findings;
mod picture;
mod stages;

use picture::State;

/// Returns the report as one HTML file.
///
/// 1. The resource, the verdict and the remarks.
/// 2. The path to each service as a picture. Services with the same path share one.
/// 3. The findings, with commands to copy.
/// 4. Every stage in words, with its time as a bar, then round trips and rounds.
/// 5. Names and addresses of the customer replaced throughout, unless [`ReportOptions::with_share`] is set.
#[must_use]
pub fn html(evidence: &Evidence, diagnosis: &Diagnosis, options: &ReportOptions) -> String {
    let redaction = (!options.share).then(|| redaction(evidence, diagnosis));
    let mut page = Writer { text: String::new(), evidence, diagnosis, redaction };
    head(&mut page);
    header(&mut page);
    page.raw("<main>\n");
    picture::paths(&mut page);
    findings::findings(&mut page);
    stages::stages(&mut page);
    stages::round_trips(&mut page);
    stages::rounds_of(&mut page);
    page.raw("</main>\n");
    footer(&mut page);
    page.text
}

/// A page that grows. A text is redacted first and escaped second: an escape hides a name.
struct Writer<'a> {
    text: String,
    evidence: &'a Evidence,
    diagnosis: &'a Diagnosis,
    /// `None` if names and addresses stay.
    redaction: Option<Redaction>,
}

impl Writer<'_> {
    /// Adds markup of this page.
    fn raw(&mut self, markup: &str) {
        self.text.push_str(markup);
    }

    /// Adds a text from anywhere.
    fn text(&mut self, text: &str) {
        let text = escaped(&self.redacted(text));
        self.text.push_str(&text);
    }

    /// Adds a sentence from anywhere, with code in backticks.
    fn sentence(&mut self, sentence: &str) {
        let sentence = with_code(&self.redacted(sentence));
        self.text.push_str(&sentence);
    }

    fn redacted(&self, text: &str) -> String {
        self.redaction.as_ref().map_or_else(|| text.to_owned(), |redaction| redaction.apply(text))
    }
}

fn head(page: &mut Writer<'_>) {
    let root = page.diagnosis.root_cause().map(|finding| format!(" ({})", finding.failure.id)).unwrap_or_default();
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw(&format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{STYLE_HASH}'; script-src '{SCRIPT_HASH}'; base-uri 'none'; form-action 'none'\">\n"
    ));
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw("<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n");
    page.raw(&format!("<title>Azure AI Speech: {}{root}</title>\n", page.diagnosis.verdict));
    page.raw(&format!("<style>{STYLE}</style>\n</head>\n<body>\n"));
}

fn header(page: &mut Writer<'_>) {
    let (name, rest) = subject(page.evidence);
    let state = match page.diagnosis.verdict {
        Verdict::Healthy => State::Good,
        Verdict::Degraded => State::Warn,
        Verdict::Unreachable => State::Bad,
    };
    page.raw(&format!(
        "<header>\n<p class=\"verdict {}\">{}<span>{}</span></p>\n",
        state.class(),
        state.shape(24),
        page.diagnosis.verdict
    ));
    page.raw("<h1>");
    page.text(&name);
    page.raw("</h1>\n<p class=\"summary\">");
    let whole = verdict(page.evidence, page.diagnosis);
    let reasons = whole.strip_prefix(page.diagnosis.verdict.id()).unwrap_or(&whole);
    page.text(reasons.trim_start_matches([':', ' ', '·']));
    page.raw("</p>\n<dl class=\"facts\">");
    fact(page, "Resource", &rest.replace(" · ", ", "));
    fact(page, "Observed", &rfc3339(page.evidence.observed_at).replace('T', " ").replace('Z', " UTC"));
    fact(page, "Written by", concat!("speech-endpoint ", env!("CARGO_PKG_VERSION")));
    let (evidence, diagnosis) = (page.evidence, page.diagnosis);
    for remark in evidence.remarks.iter().filter(|remark| !is_repeated(diagnosis, remark)) {
        fact(page, if remark.is_error { "Not checked" } else { "Remark" }, &remark.text);
    }
    page.raw("</dl>\n</header>\n");
}

fn fact(page: &mut Writer<'_>, label: &str, value: &str) {
    page.raw(&format!("<dt>{label}</dt><dd>"));
    page.sentence(value);
    page.raw("</dd>");
}

fn footer(page: &mut Writer<'_>) {
    let share = match page.redaction {
        Some(_) => "Names and addresses of the resource are replaced; <code>--share</code> keeps them. ",
        None => "",
    };
    page.raw(&format!(
        "<footer><p>{share}This file loads nothing from the network and contains no secrets.</p></footer>\n"
    ));
    page.raw(&format!("<script>{SCRIPT}</script>\n</body>\n</html>\n"));
}

/// Returns the anchor of a finding: its id, which the catalogue keeps to letters and digits.
fn anchor(id: &str) -> String {
    id.chars().filter(char::is_ascii_alphanumeric).collect()
}

const STYLE: &str = include_str!("html/style.css");

const SCRIPT: &str = include_str!("html/script.js");

/// The digests that the policy of the page admits. A test computes them again.
const STYLE_HASH: &str = "sha256-gR7S7kRGEEXzDeD/L03YX8flFmCsFB4ATso0Ecjbwr8=";

const SCRIPT_HASH: &str = "sha256-xHdr8BRxSVDyyqWx8VlwVGpHwu8jQfdaL9POZQgV1nw=";

#[cfg(all(test, feature = "net"))]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn the_policy_admits_the_style_and_the_script_of_the_page() {
        for (text, hash) in [(STYLE, STYLE_HASH), (SCRIPT, SCRIPT_HASH)] {
            assert_eq!(hash, format!("sha256-{}", STANDARD.encode(Sha256::digest(text))));
            assert!(!text.contains("</") && !text.contains("url(") && !text.contains("@import"), "{text}");
        }
    }
}
