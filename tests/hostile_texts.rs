//! Reports of every world of the lab, with hostile texts in every field that can hold a text: nothing of a peer's renders
//! or runs, and nobody is named.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a lab begins at the real time")]

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::SystemTime;

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TextMergeStream};
use serde_json::Value;
use speech_endpoint::evidence::Evidence;
use speech_endpoint::report::{ReportOptions, github, html, json, junit, markdown, prometheus, sarif, short, text};
use speech_endpoint::{KnownFailure, Severity, diagnose};
use speech_endpoint_lab::{Lab, Rehearsal, World};

/// The evidence of every world and of every saved file, as JSON.
fn all_evidence() -> &'static [(String, Value)] {
    static ALL: OnceLock<Vec<(String, Value)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let names: Vec<(String, String)> = World::all().map(|(name, toml)| (name.into(), toml.into())).collect();
        let mut all: Vec<(String, Value)> = std::thread::scope(|scope| {
            let chunks = names.chunks(names.len().div_ceil(8));
            let threads: Vec<_> = chunks.map(|chunk| scope.spawn(move || examined(chunk))).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/evidence")).unwrap() {
            let path = entry.unwrap().path();
            let saved = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            all.push((path.display().to_string(), saved));
        }
        assert!(all.len() > 200, "{} evidences", all.len());
        all
    })
}

fn examined(worlds: &[(String, String)]) -> Vec<(String, Value)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let examine = |(name, toml): &(String, String)| {
        let evidence = runtime.block_on(async {
            let lab = Lab::start(World::parse(toml).unwrap(), SystemTime::now()).await.unwrap();
            lab.examine(&Rehearsal::default(), &(), std::future::pending()).await
        });
        (name.clone(), serde_json::to_value(&evidence).unwrap())
    };
    worlds.iter().map(examine).collect()
}

/// Calls a function with every text of a value and its path, without the numbers of items.
fn visit(value: &mut Value, path: &str, change: &mut dyn FnMut(&str, &mut String)) {
    match value {
        Value::String(text) => change(path, text),
        Value::Array(items) => items.iter_mut().for_each(|item| visit(item, path, change)),
        Value::Object(fields) => {
            for (name, field) in fields {
                visit(field, &format!("{path}.{name}"), change);
            }
        }
        _ => {}
    }
}

fn changed(value: &Value, mut change: impl FnMut(&str, &mut String)) -> Value {
    let mut value = value.clone();
    visit(&mut value, "", &mut change);
    value
}

/// The paths of the fields that take any text: neither addresses nor words of a fixed list.
fn text_fields() -> &'static BTreeMap<String, bool> {
    static FIELDS: OnceLock<BTreeMap<String, bool>> = OnceLock::new();
    FIELDS.get_or_init(|| {
        let mut fields = BTreeMap::new();
        for (_, evidence) in all_evidence() {
            let mut paths = Vec::new();
            changed(evidence, |path, _| paths.push(path.to_owned()));
            for path in paths {
                fields.entry(path).or_insert_with_key(|path| {
                    let planted = changed(evidence, |at, text| {
                        if at == path {
                            "any text".clone_into(text);
                        }
                    });
                    serde_json::from_value::<Evidence>(planted).is_ok()
                });
            }
        }
        let texts = fields.values().filter(|is_text| **is_text).count();
        assert!(texts > 60, "{texts} fields of text: {fields:?}");
        fields
    })
}

fn is_text(path: &str) -> bool {
    text_fields().get(path) == Some(&true)
}

fn reports(evidence: &Value) -> [String; 2] {
    let evidence: Evidence = serde_json::from_value(evidence.clone()).unwrap();
    let diagnosis = diagnose(&evidence);
    [false, true].map(|share| markdown(&evidence, &diagnosis, &ReportOptions::default().with_share(share)))
}

/// Returns the page with and without the names of the customer.
fn pages(evidence: &Value) -> [String; 2] {
    let evidence: Evidence = serde_json::from_value(evidence.clone()).unwrap();
    let diagnosis = diagnose(&evidence);
    [false, true].map(|share| html(&evidence, &diagnosis, &ReportOptions::default().with_share(share)))
}

/// Returns the tags of a page that are not those of the page itself, with their attributes.
fn foreign_tags(page: &str) -> Vec<String> {
    let (_, body) = page.split_once("<body>").unwrap();
    let (body, script) = body.rsplit_once("<script>").unwrap();
    assert!(script.starts_with("\"use strict\"") && script.matches("</script>").count() == 1, "{script}");
    let is_own = |tag: &&str| {
        let name = tag.trim_start_matches('/').split([' ', '>', '/']).next().unwrap_or_default();
        let attributes = tag.split('"').step_by(2).skip(usize::from(!tag.contains(' ')));
        let mut names = attributes.flat_map(|part| part.split(' ').skip(1)).filter(|part| part.ends_with('='));
        OWN_TAGS.contains(&name) && names.all(|name| !name.starts_with("on") && name != "src=" && name != "style=")
    };
    let tags = body.split('<').skip(1).map(|rest| rest.split_once('>').map_or(rest, |(tag, _)| tag));
    tags.filter(|tag| !is_own(tag)).map(str::to_owned).collect()
}

const OWN_TAGS: &[&str] = &[
    "a", "article", "b", "button", "circle", "code", "dd", "div", "dl", "dt", "footer", "h1", "h2", "h3", "header",
    "li", "main", "ol", "p", "path", "pre", "rect", "section", "small", "span", "svg", "table", "tbody", "td", "th",
    "thead", "tr", "ul",
];

/// Returns what a text of a peer adds to the formats of pipelines.
fn injected(evidence: &Value) -> Vec<String> {
    let evidence: Evidence = serde_json::from_value(evidence.clone()).unwrap();
    let (diagnosis, options) = (diagnose(&evidence), ReportOptions::default());
    let mut found = Vec::new();
    let commands = github(&evidence, &diagnosis);
    let is_command =
        |line: &&str| ["::error title=", "::warning title=", "::notice title="].iter().any(|own| line.starts_with(own));
    found.extend(commands.lines().filter(|line| !is_command(line)).map(str::to_owned));
    let tests = junit(&evidence, &diagnosis, &options);
    let has_fault = tests.contains("<failure ") || tests.contains("<error ");
    assert_eq!(has_fault, diagnosis.exit_code(Severity::Error) != 0, "{tests}");
    let own = ["?xml", "testsuite", "testcase", "propert", "failure", "error", "skipped", "system-out", "system-err"];
    let tags = tests.split('<').skip(1).map(|tag| tag.trim_start_matches('/'));
    found.extend(tags.filter(|tag| !own.iter().any(|name| tag.starts_with(name))).map(str::to_owned));
    let is_sample = |line: &&str| {
        line.starts_with("# HELP speech_endpoint_")
            || line.starts_with("# TYPE speech_endpoint_")
            || line.starts_with("speech_endpoint_")
    };
    found
        .extend(prometheus(&evidence, &diagnosis, &options).lines().filter(|line| !is_sample(line)).map(str::to_owned));
    let log: Value = serde_json::from_str(&sarif(&evidence, &diagnosis).unwrap()).unwrap();
    assert_eq!(log["version"], "2.1.0");
    found
}

/// Returns what renders in a report besides the text of the report itself.
fn rendered(report: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_code = false;
    for event in TextMergeStream::new(Parser::new_ext(report, Options::all() - Options::ENABLE_SMART_PUNCTUATION)) {
        match event {
            Event::Start(Tag::Link { link_type: LinkType::Autolink, dest_url, .. }) if is_documented(&dest_url) => {
                is_code = true;
            }
            Event::Start(Tag::CodeBlock(_)) => is_code = true,
            Event::End(pulldown_cmark::TagEnd::CodeBlock | pulldown_cmark::TagEnd::Link) => is_code = false,
            Event::Start(
                Tag::Heading { .. }
                | Tag::Paragraph
                | Tag::List(None)
                | Tag::Item
                | Tag::Strong
                | Tag::HtmlBlock
                | Tag::Table(_)
                | Tag::TableHead
                | Tag::TableRow
                | Tag::TableCell,
            )
            | Event::End(_)
            | Event::Code(_)
            | Event::SoftBreak => {}
            Event::Html(html) if OWN_HTML.contains(&html.trim()) => {}
            Event::Text(text) if is_code || !is_link(&text) => {}
            other => found.push(format!("{other:?}")),
        }
    }
    found
}

fn is_documented(url: &str) -> bool {
    KnownFailure::all().any(|failure| failure.see == Some(url))
}

/// GitHub reads the rendered text for mentions, bare URLs, numbers of issues and formulas.
fn is_link(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_reference =
        |(sigil, next): (char, char)| matches!(sigil, '@' | '#') && next.is_alphanumeric() || sigil == '$';
    ["://", "www.", "mailto:", "xmpp:"].iter().any(|link| lower.contains(link))
        || lower.chars().zip(lower.chars().skip(1)).any(is_reference)
}

const OWN_HTML: &[&str] = &["<details><summary>all stages</summary>", "</details>"];

/// Each stands for a construct of `CommonMark` or of GitHub's extensions.
const HOSTILE: &[&str] = &[
    "a ``` <img src=https://evil.example/i.png>` b",
    "``` ``` ![x](https://evil.example/i.png) ` ```",
    "` ![x](https://evil.example/i.png) `` <b>`",
    "![x](https://evil.example/i.png)",
    "[x](https://evil.example)",
    "[x][y] [y]: https://evil.example",
    "<https://evil.example> <jdoe@evil.example>",
    "https://evil.example/x www.evil.example mailto:a@evil.example ftp://evil.example",
    "(https://evil.example) *https://evil.example* `x`https://evil.example",
    "@octocat `@octocat @org/team x@octocat`",
    "#1 owner/repo#1 GH-1 !1",
    "&lt;img&gt; &#64;octocat &commat;octocat &#96;",
    "<script>alert(1)</script> <!-- x --> <?x?> <![CDATA[x]]>",
    "`\\|<img src=x>` | `a\\` | <img src=x>` \\",
    "\\`<img src=x>\\` \\\\`<img src=x>",
    "*a* _b_ **c** __d__ ~~e~~ ~f~ $g$ $$h$$ ==i== ^j^",
    "1. # x",
    "- [ ] x",
    "> [!NOTE] x",
    "``` x\n```\n\n<img src=x>\n\n[x](y)\r\r# h",
    "</details> <img src=x onerror=y>",
    "[^1] [^1]: x",
    "` `` ``` ```` ` <img> `` ``` ````",
    "+++ --- === ~~~",
    "    indented\tx",
    "$`x`$ `<b>`` `<i>` @a`b`@c",
];

#[test]
fn nothing_hostile_renders_in_any_world() {
    let mut failures = Vec::new();
    let mut check = |name: &str, what: &str, evidence: &Value| {
        for report in reports(evidence) {
            let found = rendered(&report);
            if !found.is_empty() {
                failures.push(format!("{name}, {what}: {found:?}"));
            }
        }
        // The other formats are written by the same functions, so one kind of change is enough for them.
        if what == "untouched" || what == "after every text" {
            for page in pages(evidence) {
                failures.extend(foreign_tags(&page).into_iter().map(|tag| format!("{name}, {what}, html: {tag}")));
            }
            failures.extend(injected(evidence).into_iter().map(|text| format!("{name}, {what}, pipelines: {text}")));
        }
    };
    let fields: Vec<&String> = text_fields().iter().filter(|(_, is_text)| **is_text).map(|(path, _)| path).collect();
    for (number, (name, evidence)) in all_evidence().iter().enumerate() {
        check(name, "untouched", evidence);
        for turn in 0..3 {
            let mut next = number + turn * 9;
            let mut hostile = || {
                next += 1;
                HOSTILE[next % HOSTILE.len()]
            };
            // Alone, and after the text that the rules look for.
            let all = changed(evidence, |path, text| {
                if is_text(path) {
                    hostile().clone_into(text);
                }
            });
            check(name, "every field", &all);
            let after = changed(evidence, |path, text| {
                if is_text(path) {
                    *text = format!("{text} {}", hostile());
                }
            });
            check(name, "after every text", &after);
            let field = fields[(number * 3 + turn) % fields.len()];
            let one = changed(evidence, |path, text| {
                if path == field {
                    *text = format!("{text} {}", hostile());
                }
            });
            check(name, field, &one);
        }
    }
    failures.sort();
    failures.truncate(20);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The fields that peers fill with sentences.
const SENTENCES: &[&str] = &[
    ".message",
    ".body",
    ".close_reason",
    ".issuer",
    ".subject",
    ".organization",
    ".headers",
    ".failure.text",
    ".text",
];

/// The names of a customer, which no report has without `--share`.
const PLANTED: &[&str] = &[
    "fw01.corp.fabrikam.example",
    "FABRIKAM\\jdoe",
    "CORP\\admin_jdoe",
    "LAPTOP-JDOE",
    "WIN-7QK2",
    "srv_jdoe_01",
    "jdoe@fabrikam.example",
    "j.doe+x@fabrikam.example",
    "5d1f8a2e-0000-4000-8000-00000000beef",
    "5d1f8a2e-0000",
    "48151623",
    "Fabrikam_Inspection CA",
    "*.fabrikam.example",
    "<fabrikam>",
    "[jdoe]",
    "https://portal.fabrikam.example/login?user=jdoe#top",
    "fabrikam.cognitiveservices.azure.com",
    "FABRİKAM",
    "\u{444}\u{430}\u{431}\u{440}\u{438}\u{43a}\u{430}\u{43c}",
    "2fabrikam.example",
    "jdoe\u{2019}s",
    "/subscriptions/5d1f8a2e-0000-4000-8000-00000000beef/resourceGroups/fabrikam",
];

/// Parts of the names above, in lower case.
const NAMES: &[&str] = &["fabr", "jdoe", "j.doe", "7qk2", "5d1f", "beef", "4815", "\u{444}\u{430}\u{431}", "fw01"];

const PHRASES: &[&str] = &[
    "blocked by {} for {}",
    "403 `blocked by {} ({})`: contact {}",
    "<title>{}</title> Access denied to {}",
    "{}",
    "{}, {} and {}",
    "The request of {} was rejected by the policy of {}.",
    "user={};host={}",
    "\"{}\" '{}' ({})",
    "a long sentence of a page that is cut somewhere, as it goes on and on, with words of no meaning at all, until the name comes: {} {} {} {} {} {} {}",
    "{}/{}:8080 *{}* _{}_ ~{}~",
];

/// Returns sentences with planted names, the same in each run.
fn hostile_sentences() -> impl Iterator<Item = String> + Clone {
    (0..600_usize).map(|number| {
        let mut next = number * 7;
        let phrase = PHRASES[number % PHRASES.len()];
        phrase.split("{}").enumerate().fold(String::new(), |sentence, (index, part)| {
            next += 5 + number / PHRASES.len();
            let name = if index == 0 { "" } else { PLANTED[next % PLANTED.len()] };
            sentence + name + part
        })
    })
}

/// Removes fingerprints, which are random: one may contain a planted number by chance.
fn without_fingerprints(text: &str) -> String {
    let mut parts = text.split("fingerprint ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "fingerprint " + part.get(8..).unwrap_or_default())
}

#[test]
fn sentences_of_peers_name_nobody_in_any_world() {
    let mut sentences = hostile_sentences().cycle();
    let mut failures = Vec::new();
    let mut rounds = 0;
    for turn in 0..3 {
        for (name, evidence) in all_evidence() {
            let mut is_planted = false;
            let planted = changed(evidence, |path, text| {
                // Sentences of the program itself hold no names of peers.
                let is_own = path.starts_with(".remarks") || path.starts_with(".credential");
                if is_text(path) && !is_own && SENTENCES.iter().any(|field| path.ends_with(field)) {
                    let sentence = sentences.next().unwrap();
                    is_planted = true;
                    *text = if turn == 1 { format!("{text} {sentence}") } else { sentence };
                }
            });
            rounds += usize::from(is_planted);
            let [ticket, _] = reports(&planted);
            let [page, _] = pages(&planted);
            // The digests of the policy are random letters.
            let page = page.split_once("<body>").unwrap().1;
            for closed in [&*ticket, page] {
                let lower = without_fingerprints(&closed.to_lowercase());
                for found in NAMES.iter().filter(|name| lower.contains(**name)) {
                    let line = lower.lines().find(|line| line.contains(*found)).unwrap_or_default();
                    failures.push(format!("{name}: {found} in {line}"));
                }
            }
        }
    }
    assert!(rounds > 300, "{rounds} reports with sentences");
    let number = failures.len();
    failures.truncate(12);
    assert!(failures.is_empty(), "{number}:\n{}", failures.join("\n"));
}

#[test]
fn known_sentences_stay_whole_without_share() {
    let words = |line: &str| -> Vec<String> {
        let words = line.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    };
    // Ids and the customer's names are left out, and `xx`, which stands for any language.
    let is_ordinary = |word: &str| word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let mut failures = Vec::new();
    for (name, evidence) in all_evidence() {
        let [closed, open] = reports(evidence);
        for (closed, open) in closed.lines().zip(open.lines()) {
            let kept = words(closed);
            let is_lost = |word: &String| is_ordinary(word) && !word.starts_with("contoso") && !kept.contains(word);
            if closed.matches('…').count() > open.matches('…').count() && words(open).iter().any(is_lost) {
                failures.push(format!("{name}:\n  {closed}\n  {open}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Each runs a command in some shell, or is an option.
const SHELL: &[&str] = &[
    "x$(touch /tmp/PWNED)",
    "x`touch /tmp/PWNED`",
    "x; touch /tmp/PWNED",
    "x.example|PWNED",
    "x&&PWNED",
    "x\ntouch /tmp/PWNED",
    "x'\"PWNED",
    "-o=PWNED",
    "x>PWNED",
    "x\\PWNED",
    "x PWNED",
    "%PWNED%",
    "${IFS}PWNED",
    "http://x$(PWNED):3128",
    "https://x$(PWNED)/.default",
    "https://x/?PWNED#/.default",
    "\u{2028}PWNED",
];

#[test]
fn commands_hold_nothing_that_a_shell_obeys() {
    let mut failures = Vec::new();
    let mut commands = 0;
    let mut check = |name: &str, evidence: Value| {
        let evidence: Evidence = serde_json::from_value(evidence).unwrap();
        for finding in diagnose(&evidence).findings {
            commands += finding.commands.len();
            failures.extend(
                finding
                    .commands
                    .iter()
                    .filter(|command| command.contains("PWNED"))
                    .map(|command| format!("{name}: {command}")),
            );
        }
    };
    let fields: Vec<&String> = text_fields().iter().filter(|(_, is_text)| **is_text).map(|(path, _)| path).collect();
    for (number, (name, evidence)) in all_evidence().iter().enumerate() {
        for turn in 0..4 {
            let hostile = SHELL[(number + turn * 5) % SHELL.len()];
            let plant = |place: &dyn Fn(&str) -> bool| {
                [true, false].map(|is_alone| {
                    changed(evidence, |path, text| {
                        if is_text(path) && place(path) {
                            *text = if is_alone { hostile.to_owned() } else { format!("{text}{hostile}") };
                        }
                    })
                })
            };
            let field = fields[(number * 4 + turn) % fields.len()];
            for planted in plant(&|_| true).into_iter().chain(plant(&|path| path == field)) {
                check(name, planted);
            }
            // The places of the evidence from which commands are made.
            for field in
                [".target.host", ".target.service", ".resource.region", ".custom_domain", "_zone", ".tries.host"]
            {
                for planted in plant(&|path| path.ends_with(field)) {
                    check(name, planted);
                }
            }
        }
    }
    assert!(commands > 1000, "{commands} commands");
    let number = failures.len();
    failures.truncate(20);
    assert!(failures.is_empty(), "{number}:\n{}", failures.join("\n"));
}

/// Controls, marks of direction, tags, and characters without width.
const UNSEEN: &str = "\u{1b}\u{7f}\u{85}\u{9b}\u{ad}\u{61c}\u{200b}\u{200d}\u{200e}\u{2028}\u{202e}\u{2060}\u{2066}\u{feff}\u{e0041}\u{e007f}";

#[test]
fn nothing_unseen_is_in_any_output() {
    let mut failures = Vec::new();
    for (name, evidence) in all_evidence() {
        for is_alone in [true, false] {
            let planted = changed(evidence, |path, text| {
                if is_text(path) {
                    *text = if is_alone { UNSEEN.to_owned() } else { format!("{text}{UNSEEN}a") };
                }
            });
            let evidence: Evidence = serde_json::from_value(planted).unwrap();
            let (diagnosis, options) = (diagnose(&evidence), ReportOptions::default().with_verbosity(1));
            let json = json(&evidence, &diagnosis, &options).unwrap();
            assert!(serde_json::from_str::<Value>(&json).is_ok(), "{json}");
            for (format, report) in [
                ("json", json),
                ("text", text(&evidence, &diagnosis, &options)),
                ("short", short(&evidence, &diagnosis, &options)),
                ("markdown", markdown(&evidence, &diagnosis, &options)),
                ("markdown with names", markdown(&evidence, &diagnosis, &options.with_share(true))),
            ] {
                let unseen: Vec<char> = report.chars().filter(|c| *c != '\n' && UNSEEN.contains(*c)).collect();
                if !unseen.is_empty() {
                    failures.push(format!("{name}: {format} holds {:?}", &unseen[..unseen.len().min(20)]));
                }
            }
        }
    }
    let number = failures.len();
    failures.truncate(10);
    assert!(failures.is_empty(), "{number}:\n{}", failures.join("\n"));
}
