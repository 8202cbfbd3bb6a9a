//! What a text is about: Speech, or another service. The signs of another one are its ports, its domains, the providers of other
//! Azure resources, and the names that its clients print, which are wordings (`wordings/elsewhere.txt`).

use std::collections::HashSet;

use super::clean::line_before;
use super::table::Match;
use super::words::{Word, WordKind};

/// What a text is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Topic {
    /// Speech: the text names it, or is a line too short to tell.
    Speech,
    /// Another service, by its hosts and ports or by what its client prints.
    OtherService,
    /// Perhaps any service: the text is long, and nothing in it belongs to Speech.
    Unclear,
}

impl Topic {
    /// Returns the stable identifier: `speech`, `other_service` or `unclear`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Speech => "speech",
            Self::OtherService => "other_service",
            Self::Unclear => "unclear",
        }
    }
}

/// The signs in a text of what it is about, besides its hosts.
pub(super) struct Signs {
    shows_other_service: bool,
    /// Whether a sentence of a Speech SDK stands in the text. A wording of two words may be that of another client.
    is_from_speech_sdk: bool,
    may_concern_speech: bool,
}

impl Signs {
    pub(super) fn of(text: &str, words: &[Word<'_>], matches: &[Match]) -> Self {
        let says = |clients: &[&str], length: usize| {
            matches.iter().any(|found| clients.contains(&found.client) && found.length >= length)
        };
        let is_from_speech_sdk = says(&SPEECH_CLIENTS, 3);
        Self {
            shows_other_service: matches.iter().any(|found| is_named(text, found))
                || marks(text, words).next().is_some(),
            is_from_speech_sdk,
            may_concern_speech: is_from_speech_sdk
                || words.len() <= SHORT_TEXT
                || words.iter().any(is_word_of_speech)
                // Three words are a phrase of HTTP: `Too Many Requests`.
                || says(&["services"], 4),
        }
    }

    /// Returns whether the text shows another service, and no sentence of a Speech SDK.
    pub(super) fn is_other_service(&self) -> bool {
        self.shows_other_service && !self.is_from_speech_sdk
    }

    /// Returns whether the text is short, or a word or a sentence in it belongs to Speech.
    pub(super) fn may_concern_speech(&self) -> bool {
        self.may_concern_speech
    }
}

/// The meaning of what the clients of other services print.
const OTHER_SERVICE: &str = "other-service";

/// The number of words up to which a text is a line that somebody chose to paste.
const SHORT_TEXT: usize = 12;

/// The families of clients that talk to Speech alone.
pub(super) const SPEECH_CLIENTS: [&str; 3] = ["native-sdk", "javascript-sdk", "statuses"];

/// Returns whether a word, or its beginning, belongs to Speech, its clients or Azure.
fn is_word_of_speech(word: &Word<'_>) -> bool {
    word.kind == WordKind::Plain && WORDS_OF_SPEECH.iter().any(|start| word.text.starts_with(start))
}

/// How words begin that texts about Speech and audio hold.
const WORDS_OF_SPEECH: [&str; 17] = [
    "azure",
    "cognitive",
    "openai",
    "realtime",
    "recogni",
    "speech",
    "spx",
    "ssml",
    "stt",
    "synthes",
    "transcri",
    "translat",
    "tts",
    "utterance",
    "voice",
    "whisper",
    "websocket",
];

/// Returns whether the line at an offset imports a library, which says nothing about what failed. An import is short.
fn is_import(text: &str, at: usize) -> bool {
    let line = line_before(text, at, 80).trim_start_matches(['>', ' ', '\t']);
    ["import ", "from ", "using ", "#include", "require", "const ", "use "].iter().any(|start| line.starts_with(start))
}

/// Returns the offsets of the ports, the domains and the resource types of other services.
fn marks<'a>(text: &'a str, words: &'a [Word<'a>]) -> impl Iterator<Item = usize> + 'a {
    let hosts = words.iter().filter(|word| word.kind == WordKind::Place && is_other_domain(word.text));
    let pairs = words.windows(2).filter(|pair| {
        let (first, second) = (&pair[0], &pair[1]);
        is_port(text, first, second) || is_other_provider(text, first, second) || is_short_domain(text, first, second)
    });
    hosts.map(|word| word.start).chain(pairs.map(|pair| pair[0].start))
}

/// Returns where the lines are that show another service and no host of ours, with the indented lines below each, in order.
pub(super) fn other_lines(
    text: &str,
    words: &[Word<'_>],
    matches: &[Match],
    ours: &HashSet<&str>,
) -> Vec<(usize, usize)> {
    let named = matches.iter().filter(|found| is_named(text, found)).map(|found| found.start);
    let mut marks: Vec<usize> = marks(text, words).chain(named).collect();
    marks.sort_unstable();
    let hosts = words.iter().filter(|word| word.kind == WordKind::Place && ours.contains(word.text));
    let hosts: Vec<usize> = hosts.map(|word| word.start).collect();
    let mut spans: Vec<(usize, usize)> = Vec::new();
    let (mut start, mut is_open) = (0, false);
    for line in text.split_inclusive('\n') {
        let here = start..start + line.len();
        // The offsets are in order.
        let holds = |offsets: &[usize]| {
            let next = offsets.partition_point(|at| *at < here.start);
            offsets.get(next).is_some_and(|at| here.contains(at))
        };
        is_open = !holds(&hosts) && (holds(&marks) || is_open && line.starts_with([' ', '\t', '}']));
        if is_open {
            spans.push((here.start, here.end));
        }
        start = here.end;
    }
    spans
}

/// Returns whether a wording names another service, and not in an import.
fn is_named(text: &str, found: &Match) -> bool {
    found.meaning.id() == OTHER_SERVICE && !is_import(text, found.start)
}

/// Returns whether a host belongs to another service.
fn is_other_domain(host: &str) -> bool {
    OTHER_DOMAINS.iter().any(|end| host.strip_suffix(end).is_some_and(|lead| lead.is_empty() || lead.ends_with('.')))
}

/// Returns whether two words are a domain of another service. A name of two labels does not count as a host: `pypi.org`.
fn is_short_domain(text: &str, first: &Word<'_>, second: &Word<'_>) -> bool {
    let end = second.start + second.text.len();
    text[first.start + first.text.len()..second.start] == *"."
        && !text[..first.start].ends_with(['.', '-'])
        && !text[end..].starts_with(['.', '-'])
        && OTHER_DOMAINS.contains(&&text[first.start..end])
}

/// Returns whether a word is the port of another service: `10.0.0.4:5432`, `localhost:6379`, `port 1433`, `port: 27017`.
///
/// A line of a program looks alike: `tts.py:5432`.
fn is_port(text: &str, before: &Word<'_>, word: &Word<'_>) -> bool {
    if word.kind != WordKind::Number || !word.text.parse().is_ok_and(|port| PORTS.contains(&port)) {
        return false;
    }
    let between = &text[before.start + before.text.len()..word.start];
    let is_host = before.kind == WordKind::Place || HOSTS.contains(&before.text);
    match before.text {
        "port" => between.chars().all(|c| matches!(c, ' ' | ':' | '=' | '"' | '\'')),
        _ => is_host && matches!(between, ":" | "]:"),
    }
}

/// Returns whether two words are a resource provider of Azure other than those around Speech: `microsoft.storage/…`.
fn is_other_provider(text: &str, before: &Word<'_>, word: &Word<'_>) -> bool {
    let end = word.start + word.text.len();
    before.text == "microsoft"
        && text[before.start + before.text.len()..word.start] == *"."
        && text[end..].starts_with('/')
        && OTHER_PROVIDERS.contains(&word.text)
}

/// Names of this machine and of containers, which have no dot.
const HOSTS: [&str; 6] = ["localhost", "db", "redis", "postgres", "mysql", "rabbitmq"];

/// Providers of resources that have their own keys and roles.
const OTHER_PROVIDERS: [&str; 18] = [
    "storage",
    "keyvault",
    "web",
    "sql",
    "documentdb",
    "containerregistry",
    "containerservice",
    "compute",
    "servicebus",
    "eventhub",
    "search",
    "cache",
    "appconfiguration",
    "dbforpostgresql",
    "dbformysql",
    "apimanagement",
    "app",
    "machinelearningservices",
];

/// Domains of other services, of registries of packages and images, and of other resources of Azure.
const OTHER_DOMAINS: [&str; 38] = [
    "speech.platform.bing.com",
    "proxy.golang.org",
    "sum.golang.org",
    "pypi.org",
    "files.pythonhosted.org",
    "registry.npmjs.org",
    "crates.io",
    "nuget.org",
    "deb.debian.org",
    "archive.ubuntu.com",
    "docker.io",
    "mcr.microsoft.com",
    "azurecr.io",
    "gcr.io",
    "ghcr.io",
    "quay.io",
    "amazonaws.com",
    "googleapis.com",
    "api.github.com",
    "api.openai.com",
    "platform.openai.com",
    "atlassian.net",
    "blob.core.windows.net",
    "queue.core.windows.net",
    "table.core.windows.net",
    "file.core.windows.net",
    "dfs.core.windows.net",
    "vault.azure.net",
    "graph.microsoft.com",
    "database.windows.net",
    "servicebus.windows.net",
    "redis.cache.windows.net",
    "documents.azure.com",
    "search.windows.net",
    "azconfig.io",
    "applicationinsights.azure.com",
    "dev.azure.com",
    "sharepoint.com",
];

/// Ports of databases, brokers, mail, directories, shells and cluster software: IANA and the documentation of each.
const PORTS: [u16; 37] = [
    21, 22, 25, 88, 110, 143, 389, 465, 587, 636, 993, 1433, 1521, 1883, 2181, 2375, 3306, 3389, 4222, 4317, 5432,
    5671, 5672, 5985, 6333, 6379, 6380, 6443, 8086, 8883, 9042, 9092, 9100, 9200, 9300, 10250, 27017,
];

#[cfg(test)]
mod tests {
    use super::super::place::places;
    use super::super::words::words;
    use super::*;

    fn is_elsewhere(text: &str) -> bool {
        marks(text, &words(text, &places(text))).next().is_some()
    }

    #[test]
    fn a_port_of_another_service_stands_behind_a_host_or_the_word_port() {
        for text in [
            "connect econnrefused 127.0.0.1:5432",
            "connecting to localhost:6379.",
            "\"db\" (172.18.0.2), port 5432 failed",
            "port: 27017",
            "dial tcp [fd00::7]:6443: x",
            "cluster.fiction.example.net:27017: x",
        ] {
            assert!(is_elsewhere(text), "{text}");
        }
        for text in [
            "tts.py:5432",
            "at line 22",
            "10.0.0.4:443",
            "proxy.corp.local:3128",
            "_handle_canceled:389 - x",
            "error: 5432",
            "port 443",
            "wait 25 ms",
        ] {
            assert!(!is_elsewhere(text), "{text}");
        }
    }

    #[test]
    fn a_domain_of_another_service_is_a_sign_with_and_without_a_host() {
        for text in [
            "service 'photoslibrary.googleapis.com' for",
            "host='pypi.org', port=443",
            "lookup proxy.golang.org on 127.0.0.11:53",
            "vault: kv.vault.azure.net",
        ] {
            assert!(is_elsewhere(text), "{text}");
        }
        for text in ["my.pypi.org.example", "pypi. org", "openai.azure.com", "contoso.cognitiveservices.azure.com"] {
            assert!(!is_elsewhere(text), "{text}");
        }
    }

    #[test]
    fn a_provider_of_another_resource_is_a_sign_and_that_of_speech_is_not() {
        assert!(is_elsewhere("perform action 'microsoft.storage/storageaccounts/read'"));
        assert!(!is_elsewhere("perform action 'microsoft.cognitiveservices/accounts/listkeys/action'"));
        assert!(!is_elsewhere("microsoft.storage is a name"));
    }
}
