//! EXPLAIN: from a pasted text to the failures that may have caused it. Pure, as RESOLVE and DIAGNOSE are.
//!
//! The modules are listed from the ground up. Each uses only those above it.

mod clean;

mod heard;

mod code;

mod place;

mod words;

mod number;

mod table;

mod elsewhere;

mod sight;

mod rank;

use self::place::HostSeen;
use crate::resolve::account::Account;
use crate::resolve::cloud::HostKind;
use crate::resolve::quoted::looks_secret;
use crate::resolve::service::Service;

pub use self::clean::{LONGEST_TEXT, decoded};
pub use self::elsewhere::Topic;
pub use self::rank::LikelyCause;
pub use self::table::{LONGEST_GAP, Meaning, Strength, Wording};

/// What a pasted text says. It holds no part of the text but the names of hosts of Azure.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Explanation {
    /// What the text means, the meaning that says most first; none twice.
    pub meanings: Vec<&'static Meaning>,
    /// The failures that may have caused it, the most likely first.
    pub causes: Vec<LikelyCause>,
    /// The resource that the text names, as far as its hosts tell.
    pub account: Option<Account>,
    /// A host of that resource.
    pub host: Option<String>,
    /// The services that the URLs in the text call.
    pub services: Vec<Service>,
    /// The hosts of other services in the text, if it names no host of Speech.
    pub foreign_hosts: Vec<String>,
    /// What the text is about.
    pub topic: Topic,
}

impl Explanation {
    /// Returns the one likely cause: the first one, if the others are far behind.
    ///
    /// A text about another service has none. A text that may be about any service has none that concerns a key, a policy, a
    /// quota or an endpoint of Speech.
    #[must_use]
    pub fn likely(&self) -> Option<&LikelyCause> {
        let (first, rest) = self.causes.split_first()?;
        let may_hold = match self.topic {
            Topic::Speech => true,
            Topic::Unclear => !first.is_about_resource(),
            Topic::OtherService => false,
        };
        (may_hold && rest.first().is_none_or(|second| first.is_ahead_of(second))).then_some(first)
    }
}

/// Explains a pasted text: an error line, a stack trace, a log, the output of a tool.
///
/// 1. Undo what terminals, mails and tickets add; split the text into words, URLs, hosts and addresses.
/// 2. Look up what the words and numbers mean in one table of the wordings of all clients.
/// 3. Order the failures that fit. A sentence of the service outweighs a number, and a number a text that hides the reason.
///    Hosts and addresses in the text add the failures that they prove and drop those that cannot hold there.
///
/// Of a text of more than [`LONGEST_TEXT`] bytes, the end is read.
///
/// ```
/// let line = "Unable to contact server. StatusCode: 1006, undefined Reason:  Unexpected server response: 429";
/// assert_eq!(speech_endpoint::explain(line).causes[0].id, "QUO01");
/// ```
#[must_use]
pub fn explain(text: &str) -> Explanation {
    let mut start = text.len().saturating_sub(LONGEST_TEXT);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let sight = sight::Sight::of(&text[start..]);
    let mut meanings: Vec<&'static Meaning> = sight.said.iter().map(|said| said.meaning).collect();
    meanings.sort_by_key(|meaning| {
        let is_broad = meaning.strength() == Strength::Broad;
        (std::cmp::Reverse(meaning.strength()), if is_broad { meaning.ids().len() } else { 0 })
    });
    let named = sight.our_hosts().find(|host| host.account().is_some());
    let foreign = sight.foreign_hosts().filter(|_| !sight.names_ours()).map(|host| host.host.clone());
    let foreign_hosts = foreign.filter(|host| is_plain(host)).collect();
    Explanation {
        causes: rank::rank(&sight),
        account: named.and_then(|host| host.account().cloned()),
        host: named.map(|host| host.host.clone()),
        services: services(&sight),
        meanings,
        foreign_hosts,
        topic: sight.topic(),
    }
}

/// Returns whether a host can be shown: a name without anything that looks like a secret.
fn is_plain(host: &str) -> bool {
    let is_label = |label: &str| label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    host.split('.').all(|label| !label.is_empty() && is_label(label) && !looks_secret(label)) && host.len() <= 253
}

/// Returns the services that the URLs in a text call, or that its hosts serve.
fn services(sight: &sight::Sight) -> Vec<Service> {
    let mut services = Vec::new();
    for host in sight.our_hosts() {
        if let Some(service) = service(host).filter(|service| !services.contains(service)) {
            services.push(service);
        }
    }
    services
}

fn service(host: &HostSeen) -> Option<Service> {
    let account = host.account()?;
    let path = host.path.split('?').next().filter(|path| path.len() > 1);
    let is_called = |service: &Service| {
        let endpoint = account.endpoint(*service).ok()?;
        let rest = endpoint.url().split_once("://")?.1;
        let (authority, own) = rest.find('/').map(|at| rest.split_at(at))?;
        let own = own.split('?').next()?;
        let is_scheme = host.scheme.as_deref().is_none_or(|scheme| endpoint.url().starts_with(scheme));
        (authority == host.host && path == Some(own) && is_scheme).then_some(())
    };
    let by_path = Service::in_use().find(|service| is_called(service).is_some());
    by_path.or(match host.azure {
        Some((HostKind::Realtime("stt" | "s2s"), _)) => Some(Service::SpeechToText),
        Some((HostKind::Realtime("tts"), _)) => Some(Service::TextToSpeechWebSocket),
        _ => None,
    })
}
