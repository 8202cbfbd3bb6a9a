//! Everything that a text says: what it means, the places that it names, the ids that stand in it.

use std::collections::{BTreeSet, HashSet};
use std::net::IpAddr;

use super::clean::{cleaned, line_before};
use super::code::{code, holds};
use super::elsewhere::{SPEECH_CLIENTS, Signs, Topic, other_lines};
use super::heard::without_speech;
use super::log::{LOOK_BACK, Reached, Step, Timeline};
use super::number::{NumberKind, Whole, numbers};
use super::place::{Family, HostSeen, Hosts, Place, PlaceKind, places};
use super::sdk::{self, Sdk};
use super::table::{Match, Meaning, Strength, matches};
use super::words::words;
use crate::diagnose::catalogue::KnownFailure;
use crate::resolve::cloud::Cloud;

/// The typed observations of one text, each once. It holds no part of the text but hosts and URLs.
pub(super) struct Sight {
    /// What the text means, in the order in which it is said first.
    pub(super) said: Vec<Said>,
    /// The families of clients whose wordings stand in the text.
    clients: BTreeSet<&'static str>,
    hosts: Vec<HostSeen>,
    /// The addresses in the text, but not those of name servers.
    answers: Vec<IpAddr>,
    statuses: BTreeSet<u32>,
    /// Whether the JavaScript SDK prints `undefined` in place of the URL, as it does for a region.
    is_without_url: bool,
    signs: Signs,
    /// Whether the text names a host of ours, but whatever failed is on lines about another service.
    is_only_elsewhere: bool,
    /// Whether the text holds a path of Azure OpenAI, at whatever host.
    calls_model: bool,
    /// Ids that a report or an error message of this program names.
    pub(super) named: Vec<&'static str>,
    pub(super) timeline: Timeline,
    /// The SDK that the text names or gives away.
    pub(super) sdk: Option<Sdk>,
    /// The kind of credential that the client sends, if the text shows one kind alone.
    pub(super) credential: Option<CredentialUsed>,
    /// Signs of the defects of SDKs: `proxy`, `key-in-url`.
    pub(super) defect_signs: Vec<&'static str>,
}

/// A meaning of a text. A log repeats its lines, and that makes none of them likelier.
pub(super) struct Said {
    pub(super) meaning: &'static Meaning,
    /// The most words that say it.
    pub(super) length: usize,
    /// The offset at which it is said last.
    pub(super) last: usize,
}

impl Sight {
    pub(super) fn of(given: &str) -> Self {
        let named = named_ids(given);
        let text = without_speech(&cleaned(given));
        let places = places(&text);
        let numbers: Vec<Whole<'_>> = numbers(&text).filter(|whole| !is_own_response(&text, whole.start)).collect();
        let words = words(&text, &places);
        let code = code(&text);
        let mut matches = matches(&words, &numbers);
        matches.retain(|found| !holds(&code, found.start));
        let hosts = Hosts::of(&places);
        let ours: HashSet<&str> = hosts.iter().filter(|host| host.is_ours()).map(|host| &*host.host).collect();
        let mut others = if ours.is_empty() { Vec::new() } else { other_lines(&text, &words, &matches, &ours) };
        let causes = || matches.iter().filter(|found| !found.meaning.ids().is_empty());
        let is_only_elsewhere = causes().next().is_some() && causes().all(|found| holds(&others, found.start));
        if is_only_elsewhere {
            others.clear();
        }
        matches.retain(|found| !holds(&others, found.start));
        let is_status = |whole: &&Whole<'_>| {
            (100..600).contains(&whole.value)
                && whole.is(NumberKind::Status)
                && !holds(&code, whole.start)
                && !holds(&others, whole.start)
        };
        let timeline = Timeline::of(given, &text, &places, &hosts, &matches, &numbers);
        let mut said = said(&matches);
        leave_out_consequences(&mut said, &timeline);
        let errors: Vec<u32> =
            numbers.iter().filter(|whole| whole.is(NumberKind::Error)).map(|whole| whole.value).collect();
        let is_from = |client: &str| matches.iter().any(|found| found.client == client);
        Self {
            sdk: sdk::seen(&text, is_from("native-sdk"), is_from("javascript-sdk"), &errors),
            credential: CredentialUsed::of(&text),
            defect_signs: defect_signs(&text),
            clients: matches.iter().map(|found| found.client).collect(),
            said,
            answers: answers(&places),
            hosts: hosts.into_all(),
            statuses: numbers.iter().filter(is_status).map(|whole| whole.value).collect(),
            signs: Signs::of(&text, &words, &matches),
            is_only_elsewhere,
            calls_model: MODEL_PATHS.iter().any(|path| text.contains(path)),
            is_without_url: text.contains("statuscode: 1006, undefined reason"),
            named,
            timeline,
        }
    }

    pub(super) fn hosts(&self) -> impl Iterator<Item = &HostSeen> {
        self.hosts.iter()
    }

    pub(super) fn answers(&self) -> impl Iterator<Item = IpAddr> {
        self.answers.iter().copied()
    }

    /// Returns whether the text names a host of Speech, Azure OpenAI or Foundry.
    pub(super) fn names_ours(&self) -> bool {
        self.our_hosts().next().is_some()
    }

    /// Returns the hosts of Speech, Azure OpenAI and Foundry in the text.
    pub(super) fn our_hosts(&self) -> impl Iterator<Item = &HostSeen> {
        self.hosts().filter(|host| host.is_ours())
    }

    /// Returns what the text is about.
    pub(super) fn topic(&self) -> Topic {
        if self.is_only_elsewhere {
            Topic::OtherService
        } else if self.names_ours() || !self.named.is_empty() {
            Topic::Speech
        } else if self.signs.is_other_service() || self.foreign_hosts().next().is_some() {
            Topic::OtherService
        } else if self.signs.may_concern_speech() {
            Topic::Speech
        } else {
            Topic::Unclear
        }
    }

    /// Returns whether the text shows another service, and no sentence of a Speech SDK.
    pub(super) fn has_other_service(&self) -> bool {
        self.signs.is_other_service()
    }

    pub(super) fn means(&self, ids: &[&str]) -> bool {
        self.said.iter().any(|said| ids.contains(&said.meaning.id()))
    }

    /// Returns whether a meaning is among those that say most, of what the text says at last.
    pub(super) fn leads_with(&self, id: &str) -> bool {
        let from = self.last_failure();
        let current = || self.said.iter().filter(|said| said.last >= from);
        let best = current().map(|said| said.meaning.strength()).max();
        current().any(|said| said.meaning.id() == id && Some(said.meaning.strength()) == best)
    }

    /// Returns whether a wording of one of these families of clients stands in the text.
    pub(super) fn is_from(&self, clients: &[&str]) -> bool {
        clients.iter().any(|client| self.clients.contains(client))
    }

    /// Returns whether a server answered: the text holds a status of it. A proxy asks for credentials with 407.
    pub(super) fn was_answered(&self) -> bool {
        self.statuses.iter().any(|status| *status >= 400 && *status != 407)
    }

    pub(super) fn has_status(&self, status: u32) -> bool {
        self.statuses.contains(&status)
    }

    /// Returns whether `PermissionDenied` is about a key: the token service answers 401 with it for a wrong one. A role is meant
    /// where the identity is named.
    pub(super) fn denies_key(&self) -> bool {
        self.has_status(401) && self.means(&["permission-denied"]) && !self.means(&["role-missing"])
    }

    /// Returns the steps of a log, but not those at hosts of other services if it names hosts of Speech.
    pub(super) fn our_steps(&self) -> impl Iterator<Item = &Step> {
        let names_ours = self.names_ours();
        self.timeline.steps.iter().filter(move |step| !(names_ours && step.is_foreign))
    }

    /// Returns the offset behind which a log shows its last failure, if earlier ones differ from it: the client overcame them. It
    /// is 0 where the whole text counts, as where the last failure says less than one before it.
    pub(super) fn last_failure(&self) -> usize {
        let failing: Vec<&Step> = self.our_steps().filter(|step| step.failure.is_some()).collect();
        match failing[..] {
            [.., before, last] if before.failure != last.failure => {
                let is_clear = last.failure.is_some_and(|meaning| meaning.strength() >= Strength::Code);
                if is_clear { last.start } else { 0 }
            }
            _ => 0,
        }
    }

    /// Returns whether a host in the text belongs to a cloud, or begins with the name of one of its regions.
    pub(super) fn is_in(&self, cloud: &Cloud, regions: &[&str]) -> bool {
        let is_there = |host: &HostSeen| host.account().is_some_and(|account| account.cloud() == cloud);
        self.our_hosts().any(|host| is_there(host) || regions.iter().any(|region| host.host.starts_with(region)))
    }

    /// Returns the family of the hosts, if all hosts of ours belong to one.
    pub(super) fn family(&self) -> Option<Family> {
        if self.calls_model {
            return Some(Family::Model);
        }
        let mut families = self.our_hosts().filter_map(HostSeen::family);
        let Some(first) = families.next() else { return self.is_without_url.then_some(Family::Regional) };
        families.all(|family| family == first).then_some(first)
    }

    /// Returns the hosts of other services. Links to documentation, sign-in hosts and bare names do not count.
    pub(super) fn foreign_hosts(&self) -> impl Iterator<Item = &HostSeen> {
        let is_speech = self.is_from(&SPEECH_CLIENTS) || self.sdk.is_some();
        let is_foreign = move |host: &&HostSeen| {
            !is_speech
                && host.scheme.is_some()
                && !host.is_link
                && !host.is_ours()
                && !is_local(&host.host)
                && !is_sign_in(&host.host)
                && !host.is_neutral()
        };
        self.hosts().filter(is_foreign)
    }
}

/// The kind of credential that a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CredentialUsed {
    Key,
    Token,
}

impl CredentialUsed {
    /// Reads it from the names of headers and parameters, and from the trace of the native SDK.
    fn of(text: &str) -> Option<Self> {
        let holds = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
        let is_key =
            holds(&["ocp-apim-subscription-key=", "ocp-apim-subscription-key: ", "adding subscription key headers"]);
        let is_token =
            holds(&["authorization=bearer", "authorization: bearer", "adding authorization token headers", "aad#"]);
        match (is_key, is_token) {
            (true, false) => Some(Self::Key),
            (false, true) => Some(Self::Token),
            _ => None,
        }
    }
}

/// Leaves out what a client says after a failure that says more: what it cannot send on a socket that never opened, and the
/// word for 401 that the native SDK prints for 403 too.
fn leave_out_consequences(said: &mut Vec<Said>, timeline: &Timeline) {
    let means = |said: &[Said], id: &str| said.iter().any(|said| said.meaning.id() == id);
    let is_open = timeline.steps.iter().any(|step| step.reached >= Some(Reached::Service));
    let never_opened = timeline.attempts() > 0 && !is_open && means(said, "open-failed");
    let is_forbidden = means(said, "forbidden") && !timeline.statuses.contains(&401);
    said.retain(|said| match said.meaning.id() {
        "socket-dead" | "closed-without-frame" => !never_opened,
        "credential-rejected" => !is_forbidden,
        _ => true,
    });
}

/// Returns whether a number stands in the line in which a web application logs its own response.
fn is_own_response(text: &str, at: usize) -> bool {
    let line = line_before(text, at, LOOK_BACK);
    let is_path = ["\"get /", "\"post /", "\"head /", "\"put /", "http get /", "http post /"]
        .iter()
        .any(|call| line.contains(call));
    line.contains("request finished ") || is_path && !line.contains("://")
}

/// Folds what the text says several times.
fn said(matches: &[Match]) -> Vec<Said> {
    let mut once: Vec<Said> = Vec::new();
    for found in matches.iter().filter(|found| found.meaning.strength() > Strength::Event) {
        match once.iter_mut().find(|said| said.meaning.id() == found.meaning.id()) {
            Some(said) => {
                said.length = said.length.max(found.length);
                said.last = found.start;
            }
            None => once.push(Said { meaning: found.meaning, length: found.length, last: found.start }),
        }
    }
    once
}

/// Returns the addresses, each once.
fn answers(places: &[Place<'_>]) -> Vec<IpAddr> {
    let mut known = HashSet::new();
    let addresses = places.iter().filter_map(|place| match place.kind {
        PlaceKind::Address(address) => Some(address),
        PlaceKind::Host(_) | PlaceKind::Aside => None,
    });
    addresses.filter(|address| known.insert(*address)).collect()
}

/// How the paths of Azure OpenAI begin.
const MODEL_PATHS: [&str; 3] = ["/openai/deployments/", "/openai/realtime", "/openai/v1/"];

/// Returns whether a host is one at which identities sign in.
pub(super) fn is_sign_in(host: &str) -> bool {
    SIGN_IN.contains(&host)
}

/// The sign-in hosts of the clouds, of today and of before.
const SIGN_IN: [&str; 7] = [
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "login.chinacloudapi.cn",
    "login.windows.net",
    "login.microsoft.com",
    "sts.windows.net",
];

/// Returns the signs of defects that no meaning and no number shows.
fn defect_signs(text: &str) -> Vec<&'static str> {
    let has_key = KEYS_IN_URL.iter().any(|name| text.contains(name));
    let signs = [("proxy", text.contains("proxy")), ("key-in-url", has_key)];
    signs.into_iter().filter(|(_, is_there)| *is_there).map(|(sign, _)| sign).collect()
}

/// The parameters in which the JavaScript SDK writes a credential into a URL.
const KEYS_IN_URL: [&str; 2] = ["ocp-apim-subscription-key=", "&authorization=bearer"];

/// Returns whether a host is this machine or an address.
fn is_local(host: &str) -> bool {
    host == "localhost" || host.starts_with('[') || host.parse::<IpAddr>().is_ok()
}

/// Returns the ids that stand in a text as words of their own, in capitals. A part of a host name does not count.
fn named_ids(text: &str) -> Vec<&'static str> {
    let mut ids = Vec::new();
    let mut end = 0;
    for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
        let start = end;
        end = start + word.len();
        let (before, after) = (&text[..start], &text[end..]);
        end += after.chars().next().map_or(0, char::len_utf8);
        let is_joined = before.ends_with(['.', '-', '/', '@'])
            || after.strip_prefix(['.', '-', ':', '@']).is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
        match KnownFailure::find(word) {
            Some(failure) if failure.id == word && !is_joined && !ids.contains(&failure.id) => ids.push(failure.id),
            _ => {}
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_count_as_words_of_their_own_alone() {
        assert_eq!(named_ids("error: CFG01: `en-US` is not a region; DNS03, TLS01."), ["CFG01", "DNS03", "TLS01"]);
        assert!(named_ids("proxy PXY01:8080, DNS01.corp, a-TLS01, cfg01 XCFG01 CFG011 CFG01_ //TCP01").is_empty());
    }
}
