#![no_main]
//! Any text of a peer: where it is shown, it is short and visible and holds no secret, and nothing of it renders in Markdown.

use libfuzzer_sys::fuzz_target;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, TextMergeStream};
use speech_endpoint::fuzzing::{line, shown};
use speech_endpoint_fuzz::peer::check_text;
use speech_endpoint_fuzz::secrets;

fuzz_target!(|text: &str| {
    let longest = if text.len().is_multiple_of(2) { 8 } else { 300 };
    let line = line(text, longest);
    check_text(&line, longest);
    hides(text, &line);
    assert_eq!(line.trim(), line);
    let shown = shown(text);
    hides(text, &shown.quoted);
    // A text with a secret is escaped, which makes each control character longer.
    assert!(shown.quoted.chars().count() <= 1200 && !shown.quoted.contains(['\n', '\r']), "{:?}", shown.quoted);
    assert!(matches!(shown.quoted.matches('`').count(), 0 | 2), "{:?}", shown.quoted);
    for text in [&shown.shortened, &shown.escaped, &shown.cell, &shown.code] {
        assert!(!text.contains(|c: char| c.is_control()), "{text:?}");
    }
    let (escaped, cell, code) = (&shown.escaped, &shown.cell, &shown.code);
    is_inert(
        &format!(
            "{escaped}\n\n- **saw** {escaped}\n- **do** nothing\n\n### × {escaped} fails at http\n\n\
             | a | b |\n| --- | --- |\n| {cell} | x |\n| y | {cell} |\n\na {code} b\n"
        ),
        text,
    );
});

/// Keys and tokens of a text do not come back.
fn hides(given: &str, shown: &str) {
    let shown = secrets(shown);
    for secret in secrets(given) {
        assert!(!shown.iter().any(|shown| shown.eq_ignore_ascii_case(secret)), "{secret:?} of {given:?}");
    }
}

/// A document renders the same blocks whatever the text is, and nothing else than text and code.
fn is_inert(document: &str, text: &str) {
    let (mut is_code, mut cells, mut found) = (false, 0, 0);
    for event in TextMergeStream::new(Parser::new_ext(document, Options::all() - Options::ENABLE_SMART_PUNCTUATION)) {
        match event {
            Event::Start(Tag::Item) => found += 1,
            Event::Start(Tag::TableCell) => cells += 1,
            Event::Start(Tag::CodeBlock(_)) => is_code = true,
            Event::End(TagEnd::CodeBlock) => is_code = false,
            Event::Start(
                Tag::Heading { .. }
                | Tag::Paragraph
                | Tag::List(None)
                | Tag::Strong
                | Tag::Table(_)
                | Tag::TableHead
                | Tag::TableRow,
            )
            | Event::End(_)
            | Event::Code(_)
            | Event::SoftBreak => {}
            Event::Text(text) if is_code || !is_link(&text) => {}
            other => panic!("{other:?} of {text:?} in {document}"),
        }
    }
    assert_eq!((found, cells), (2, 6), "{text:?} in {document}");
}

/// GitHub reads the rendered text for mentions, bare URLs, numbers of issues and formulas.
fn is_link(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_reference =
        |(sigil, next): (char, char)| matches!(sigil, '@' | '#') && next.is_alphanumeric() || sigil == '$';
    ["://", "www.", "mailto:", "xmpp:"].iter().any(|link| lower.contains(link))
        || lower.chars().zip(lower.chars().skip(1)).any(is_reference)
}
