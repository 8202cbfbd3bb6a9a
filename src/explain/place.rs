//! The URLs, host names and addresses in a text, and what `resolve` knows about each.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::resolve::account::Account;
use crate::resolve::cloud::{Cloud, HostKind};
use crate::resolve::facts::meant::is_placeholder;
use crate::resolve::note::WithNotes;
use crate::resolve::quoted::looks_secret;
use crate::resolve::read::PastedError;
use crate::resolve::service::Service;

/// Where something stands in the text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A URL, a host name or an address in a text.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    pub(super) span: Span,
    /// Where the host or the address itself stands.
    pub(super) name: Span,
    pub(super) kind: PlaceKind<'a>,
}

#[derive(Clone, Debug)]
pub(super) enum PlaceKind<'a> {
    Host(HostWritten<'a>),
    Address(IpAddr),
    /// The address of a name server that a tool asked, or of this end of a connection.
    Aside,
}

/// A host in a text, perhaps with the URL around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct HostWritten<'a> {
    scheme: Option<&'a str>,
    host: &'a str,
    /// The path and query behind the host; empty without a URL.
    path: &'a str,
    /// Whether the text only points to the URL, as a message points to its documentation.
    is_link: bool,
}

impl<'a> HostWritten<'a> {
    fn new(scheme: Option<&'a str>, authority: &'a str, path: &'a str, is_link: bool) -> Self {
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let host = host.split_once(':').map_or(host, |(host, _)| host).trim_end_matches('.');
        Self { scheme, host, path, is_link: is_link || is_documentation(host, path) }
    }
}

/// What is known about a host in a text.
#[derive(Clone, Debug)]
pub(super) struct HostSeen {
    pub(super) host: String,
    pub(super) scheme: Option<String>,
    pub(super) path: String,
    /// The kind of Azure host, and whether it is a name of Private Link.
    pub(super) azure: Option<(HostKind, bool)>,
    /// What `resolve` makes of it.
    pub(super) read: Result<WithNotes<Account>, PastedError>,
    /// Whether the first label stands for a missing value, such as `{region}` or `undefined`.
    pub(super) is_placeholder: bool,
    pub(super) is_link: bool,
}

impl HostSeen {
    pub(super) fn of(written: HostWritten<'_>) -> Self {
        let HostWritten { scheme, host, path, is_link } = written;
        let azure = Cloud::DOCUMENTED.iter().find_map(|cloud| {
            let reading = cloud.suffixes().read(host)?;
            Some((reading.kind, reading.private))
        });
        let label = host.split('.').next().unwrap_or_default();
        Self {
            // The scheme is about the client; a plain one says nothing about the host.
            read: Account::from_endpoint(&format!("https://{host}{path}")),
            host: host.to_owned(),
            scheme: scheme.map(str::to_owned),
            path: path.to_owned(),
            azure,
            is_placeholder: is_placeholder(label),
            is_link,
        }
    }

    /// Returns the family of the host, if it is one of Azure.
    pub(super) fn family(&self) -> Option<Family> {
        self.azure.map(|(kind, _)| Family::of(kind))
    }

    /// Returns the account that the host belongs to, if it is one of Speech.
    pub(super) fn account(&self) -> Option<&Account> {
        self.read.as_ref().ok().map(|read| &read.value).filter(|_| !self.is_placeholder)
    }

    /// Returns whether the host can be shown: a name without anything that looks like a secret. Braces stand for a missing value.
    pub(super) fn can_be_shown(&self) -> bool {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_{}".contains(&byte);
        let is_label = |label: &str| !label.is_empty() && label.bytes().all(is_part);
        self.host.len() <= 253 && self.host.split('.').all(is_label) && !looks_secret(&self.host)
    }

    /// Returns whether a text names the host for its documentation, its XML or its certificates.
    pub(super) fn is_neutral(&self) -> bool {
        NEUTRAL.iter().any(|end| self.host.strip_suffix(end).is_some_and(|lead| lead.is_empty() || lead.ends_with('.')))
    }

    /// Returns the service that a URL calls, or that its host serves.
    pub(super) fn service(&self) -> Option<Service> {
        let account = self.account()?;
        let path = self.path.split('?').next().filter(|path| path.len() > 1);
        let is_called = |service: &Service| {
            let endpoint = account.endpoint(*service).ok()?;
            let rest = endpoint.url().split_once("://")?.1;
            let (authority, own) = rest.find('/').map(|at| rest.split_at(at))?;
            let own = own.split('?').next()?;
            let is_scheme = self.scheme.as_deref().is_none_or(|scheme| endpoint.url().starts_with(scheme));
            (authority == self.host && path == Some(own) && is_scheme).then_some(())
        };
        let by_path = Service::in_use().find(|service| is_called(service).is_some());
        by_path.or(match self.azure {
            Some((HostKind::Realtime("stt" | "s2s"), _)) => Some(Service::SpeechToText),
            Some((HostKind::Realtime("tts"), _)) => Some(Service::TextToSpeechWebSocket),
            _ => None,
        })
    }

    /// Returns whether the host is one of Speech, Azure OpenAI or Foundry, or was meant to be one.
    pub(super) fn is_ours(&self) -> bool {
        if self.host == READ_ALOUD && (self.path.is_empty() || self.path.starts_with("/consumer/")) {
            return false;
        }
        self.azure.is_some()
            || self.is_placeholder
            || !matches!(self.read, Ok(_) | Err(PastedError::Foreign { .. } | PastedError::Url { .. }))
    }
}

/// Hosts that texts about Speech link to, and the domains of hosts that identities use.
const NEUTRAL: [&str; 33] = [
    // The audiences of tokens, and the hosts of revocation lists.
    "cognitiveservices.azure.com",
    "cognitiveservices.azure.us",
    "cognitiveservices.azure.cn",
    "digicert.com",
    "globalsign.com",
    "www.microsoft.com",
    "crl.microsoft.com",
    "oneocsp.microsoft.com",
    "ocsp.msocsp.com",
    "aka.ms",
    "learn.microsoft.com",
    "docs.microsoft.com",
    "go.microsoft.com",
    "portal.azure.com",
    "ai.azure.com",
    "github.com",
    "microsoftonline.com",
    "microsoftonline.us",
    "chinacloudapi.cn",
    "stackoverflow.com",
    "developer.mozilla.org",
    "nodejs.org",
    "curl.se",
    "docs.rs",
    "openssl.org",
    "python.org",
    "readthedocs.io",
    "local",
    "internal",
    "lan",
    "corp",
    "example",
    "w3.org",
];
/// The families of hosts, which fail in different ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Regional,
    Own,
    /// Azure OpenAI and Foundry.
    Model,
}

impl Family {
    fn of(kind: HostKind) -> Self {
        match kind {
            HostKind::CustomDomain => Self::Own,
            HostKind::OpenAi | HostKind::Foundry => Self::Model,
            HostKind::Rest | HostKind::Realtime(_) | HostKind::LongAudio => Self::Regional,
        }
    }
}

/// The host at which Edge reads pages aloud, which needs no resource. The Bing Speech API had it before, under another path.
const READ_ALOUD: &str = "speech.platform.bing.com";

/// The hosts in a text, each read once.
pub(super) struct Hosts<'a> {
    all: Vec<HostSeen>,
    indexes: HashMap<HostWritten<'a>, usize>,
}

impl<'a> Hosts<'a> {
    pub(super) fn of(places: &[Place<'a>]) -> Self {
        let mut hosts = Self { all: Vec::new(), indexes: HashMap::new() };
        for place in places {
            if let PlaceKind::Host(written) = place.kind {
                hosts.indexes.entry(written).or_insert_with(|| {
                    hosts.all.push(HostSeen::of(written));
                    hosts.all.len() - 1
                });
            }
        }
        hosts
    }

    /// Returns what is known about a host of the text.
    pub(super) fn get(&self, written: &HostWritten<'_>) -> Option<&HostSeen> {
        self.indexes.get(written).map(|index| &self.all[*index])
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &HostSeen> {
        self.all.iter()
    }

    /// Returns the hosts in the order in which the text names them first.
    pub(super) fn into_all(self) -> Vec<HostSeen> {
        self.all
    }
}

/// Returns the places in a lower-case text, in order; none overlaps another.
pub(super) fn places(text: &str) -> Vec<Place<'_>> {
    let mut places: Vec<Place<'_>> = Vec::new();
    let mut at = 0;
    while let Some((span, kind)) = next(text, at) {
        at = span.end.max(at + 1);
        let written = &text[span.start..span.end];
        let name = match &kind {
            PlaceKind::Host(written_host) => written.find(written_host.host).map(|at| (at, written_host.host.len())),
            PlaceKind::Address(_) | PlaceKind::Aside => None,
        };
        let (offset, length) = name.unwrap_or((0, written.len()));
        let name = Span { start: span.start + offset, end: span.start + offset + length };
        places.push(Place { span, name, kind });
    }
    places
}

/// Returns the next place at or behind an offset.
fn next(text: &str, from: usize) -> Option<(Span, PlaceKind<'_>)> {
    let mut at = from;
    while at < text.len() {
        let rest = &text[at..];
        let is_start = |c: char| is_host_part(c) || matches!(c, '[' | ':');
        let start = at + rest.find(is_start)?;
        if let Some((end, host)) = url(text, start) {
            return Some((Span { start, end }, PlaceKind::Host(host)));
        }
        let run = start + text[start..].find(|c: char| !is_host_part(c)).unwrap_or(text.len() - start);
        if let Some((end, address)) = address(text, start, run) {
            let kind =
                if is_aside(&text[..start], &text[end..]) { PlaceKind::Aside } else { PlaceKind::Address(address) };
            return Some((Span { start, end }, kind));
        }
        let name = text[start..run].trim_end_matches(['.', '-', '_']);
        if is_host(name) {
            let host = HostWritten::new(None, name, "", false);
            return Some((Span { start, end: start + name.len() }, PlaceKind::Host(host)));
        }
        at = run.max(start + 1);
    }
    None
}

/// Reads a URL at an offset: a scheme, an authority, a path.
fn url(text: &str, start: usize) -> Option<(usize, HostWritten<'_>)> {
    let rest = &text[start..];
    // A word before the scheme belongs to the text: `url=https://…` begins at `https`.
    let scheme = ["https", "wss", "http", "ws"]
        .into_iter()
        .find(|scheme| rest.strip_prefix(scheme).is_some_and(|rest| rest.starts_with("://")))?;
    let mut lead = scheme.len() + 3;
    // A doubled scheme.
    while let Some(again) =
        ["https://", "wss://", "http://", "ws://"].iter().find(|again| rest[lead..].starts_with(**again))
    {
        lead += again.len();
    }
    let behind = &rest[lead..];
    let ends = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '"' | '\'' | '`' | ')' | ']' | ',' | ';' | '|' | '\\' | '¦' | '“' | '”')
    };
    let authority = behind.find(|c: char| ends(c) || matches!(c, '/' | '?' | '#')).unwrap_or(behind.len());
    let mut end = behind.find(|c: char| ends(c) || matches!(c, '<' | '>' | '}') && !behind[..authority].contains(c));
    if end.is_some_and(|end| end < authority) {
        end = Some(authority);
    }
    let whole = behind[..end.unwrap_or(behind.len())].trim_end_matches(['.', ':', '!', '?', '…', '-']);
    let authority = authority.min(whole.len());
    if !whole[..authority].contains(|c: char| c.is_alphanumeric()) {
        return None;
    }
    let before = text[..start].trim_end_matches(|c: char| !is_word(c));
    let ends_with = |word: &str| before.strip_suffix(word).is_some_and(|lead| !lead.ends_with(is_word));
    let is_link = LINK_WORDS.iter().any(|word| ends_with(word));
    let host = HostWritten::new(Some(scheme), &whole[..authority], &whole[authority..], is_link);
    Some((start + lead + whole.len(), host))
}

/// Returns whether a URL is one of documentation.
fn is_documentation(host: &str, path: &str) -> bool {
    let begins = ["www.", "docs.", "doc.", "developer.", "help.", "support.", "wiki."];
    let holds = ["/docs/", "/wiki/", "/issues/", "/blob/", "/faq", "/help/", "/troubleshoot"];
    begins.iter().any(|start| host.starts_with(start)) || holds.iter().any(|part| path.contains(part))
}

/// The words before a link.
const LINK_WORDS: [&str; 12] = [
    "see",
    "visit",
    "more",
    "details",
    "information",
    "info",
    "refer to",
    "help",
    "docs",
    "documentation",
    "here",
    "troubleshoot",
];

/// Reads an address at an offset. `run` is where the run of letters, digits, dots and hyphens ends.
fn address(text: &str, start: usize, run: usize) -> Option<(usize, IpAddr)> {
    let is_part = |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '.');
    if !text[..start].ends_with(is_word) {
        let dotted = text[start..run].trim_end_matches(['.', '-']);
        if let Ok(address) = dotted.parse() {
            return Some((start + dotted.len(), IpAddr::V4(address)));
        }
        let open = start + usize::from(text[start..].starts_with('['));
        let end = open + text[open..].find(|c| !is_part(c)).unwrap_or(text.len() - open);
        let colons = text[open..end].trim_end_matches([':', '.']);
        let is_address = colons.matches(':').count() > 2 || colons.contains("::") && colons.len() > 2;
        // A path of Rust or C++ goes on with a letter.
        let is_whole = !text[open + colons.len()..].starts_with(is_word) && !text[..start].ends_with(':');
        if let (true, Ok(address)) = (is_address && is_whole, colons.parse()) {
            return Some((open + colons.len(), IpAddr::V6(address)));
        }
    }
    None
}

/// Returns whether an address between two texts is that of the name server (`Server: … Address: 10.0.0.4` of nslookup,
/// `SERVER: 10.0.0.4#53` of dig, `on 10.0.0.4:53` of Go), or of this end (`Local (0.0.0.0:0)` of Node).
fn is_aside(before: &str, after: &str) -> bool {
    let is_port = |rest: &str| rest.starts_with("53") && !rest[2..].starts_with(|c: char| c.is_ascii_digit());
    let line = before.trim_end().trim_end_matches("address:").trim_end_matches([' ', '\t']);
    let is_below_server = before.trim_end().ends_with("address:")
        && line.trim_end().rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with("server:"));
    after.strip_prefix(['#', ':']).is_some_and(is_port)
        || is_below_server
        || ["server:", "local ("].iter().any(|word| before.trim_end().ends_with(word))
}

/// Returns whether a character belongs to a word.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_host_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')
}

/// Returns whether a run is a host name. `java.net.ConnectException` is a name in a program.
fn is_host(run: &str) -> bool {
    if !run.contains('.') || run.starts_with('.') || run.contains("..") {
        return false;
    }
    if Cloud::DOCUMENTED.iter().any(|cloud| cloud.suffixes().read(run).is_some()) {
        return true;
    }
    let mut labels = run.split('.');
    let first = labels.next().unwrap_or_default();
    let last = run.rsplit('.').next().unwrap_or_default();
    let inner = labels.count();
    !PACKAGES.contains(&first)
        && (PUBLIC.contains(&last) && inner >= 2 || INTERNAL.contains(&last) && inner >= 1 || run.ends_with(".cris.ai"))
}

/// Ends of host names that texts about Azure, proxies and sign-in hold.
const PUBLIC: [&str; 12] = ["com", "net", "org", "us", "cn", "ai", "io", "de", "eu", "ms", "dev", "app"];

const INTERNAL: [&str; 10] =
    ["local", "internal", "lan", "corp", "intranet", "example", "test", "invalid", "localdomain", "home"];

/// First parts of the names of packages and name spaces, which end like host names now and then.
const PACKAGES: [&str; 20] = [
    "java", "javax", "com", "org", "net", "io", "system", "sun", "jdk", "kotlin", "android", "okhttp3", "reactor",
    "python", "http", "urllib3", "requests", "aiohttp", "httpx", "asp",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Vec<String> {
        let places = places(text);
        let show = |place: &Place| {
            let written = &text[place.span.start..place.span.end];
            match &place.kind {
                PlaceKind::Host(host) => format!("{written} = {} {}", host.host, host.path).trim_end().to_owned(),
                PlaceKind::Address(address) => format!("{written} = {address}"),
                PlaceKind::Aside => format!("{written} = aside"),
            }
        };
        places.iter().map(show).collect()
    }

    #[test]
    fn urls_hosts_and_addresses_are_found_and_names_of_programs_are_not() {
        for (text, expected) in [
            (
                "for url (https://contoso.cognitiveservices.azure.com/): x",
                "https://contoso.cognitiveservices.azure.com/ = contoso.cognitiveservices.azure.com /",
            ),
            (
                "url='wss://x.openai.azure.com/openai/realtime?a=b&c=d'",
                "wss://x.openai.azure.com/openai/realtime?a=b&c=d = x.openai.azure.com /openai/realtime?a=b&c=d",
            ),
            ("enotfound westus.cris.ai.", "westus.cris.ai = westus.cris.ai"),
            (
                "lookup contoso.cognitiveservices.azure.com on 10.0.0.2:53: x",
                "contoso.cognitiveservices.azure.com = contoso.cognitiveservices.azure.com, 10.0.0.2 = aside",
            ),
            ("https://https://a.example.com/x", "https://https://a.example.com/x = a.example.com /x"),
            (
                "wss://{region}.stt.speech.microsoft.com/x",
                "wss://{region}.stt.speech.microsoft.com/x = {region}.stt.speech.microsoft.com /x",
            ),
            ("<a href=\"https://aka.ms/x\">", "https://aka.ms/x = aka.ms /x"),
            ("connect [2603:1030::1]:443 and ::1", "[2603:1030::1 = 2603:1030::1, ::1 = ::1"),
            ("http://user:pw@proxy.corp.local:3128", "http://user:pw@proxy.corp.local:3128 = proxy.corp.local"),
            ("java.net.unknownhostexception: at com.microsoft.x(a.java:12) system.net v1.2.3.4.5 a.b", ""),
            ("std::io::error tokio::net dead::beefy a::b::c::d::e::f::g", ""),
            ("12:30:05 2024-05-30t10:30:05.629 1.51.0", ""),
            ("tunnel https:// and wss://", ""),
        ] {
            assert_eq!(seen(text).join(", "), expected, "{text}");
        }
    }

    #[test]
    fn a_place_knows_what_resolve_knows() {
        let host = |text: &str| match places(text).remove(0).kind {
            PlaceKind::Host(host) => HostSeen::of(host),
            _ => panic!("no host"),
        };
        assert!(host("usgovvirginia.tts.speech.microsoft.com").read.is_err_and(|error| error.id() == "CFG06"));
        assert!(host("https://undefined.api.cognitive.microsoft.com/").is_placeholder);
        assert!(host("contoso.privatelink.cognitiveservices.azure.com").azure.is_some_and(|(_, private)| private));
        assert!(!host("https://api.cognitive.microsofttranslator.com/x").is_ours());
        assert!(host("wss://x.openai.azure.com/y").is_ours());
    }
}
