//! Orders the failures of the catalogue by how well they fit everything that a text says.

use std::net::IpAddr;

use super::elsewhere::Topic;
use super::place::{Family, HostSeen};
use super::sight::{Said, Sight, is_sign_in};
use super::table::{Meaning, Strength};
use crate::diagnose::evidence::AddressClass;
use crate::resolve::cloud::{HostKind, OFFERINGS};

mod course;

pub use self::course::RuledOutByLog;
pub(super) use self::course::ruled_out;

/// A failure that may have caused a text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LikelyCause {
    /// The id in the catalogue.
    pub id: &'static str,
    /// What in the text speaks for it, in lower case without a full stop.
    pub reason: String,
    score: i32,
}

impl LikelyCause {
    /// Returns whether this cause fits so much better than another one that it stands alone.
    #[must_use]
    pub fn is_ahead_of(&self, other: &Self) -> bool {
        self.score >= other.score + AHEAD
    }

    /// Returns whether it concerns the resource itself: its endpoint, its credentials, its policies or its limits.
    #[must_use]
    pub fn is_about_resource(&self) -> bool {
        is_of(&["CFG", "AUTH", "POL", "QUO"], self.id)
    }

    /// Returns whether a host, an address or the text itself proves it, rather than what the text means.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.score >= SUGGESTED
    }
}

/// Returns the failures that may have caused the text, the most likely first.
///
/// 1. What the text means names failures; only the meanings that say most count, and others that agree add a little.
/// 2. The hosts and addresses in the text add failures, move them, and drop those that cannot hold there.
pub(super) fn rank(sight: &Sight) -> Vec<LikelyCause> {
    let mut causes = Causes(Vec::new());
    for id in &sight.named {
        causes.add(id, NAMED, "the text itself names it");
    }
    by_meaning(sight, &mut causes);
    by_pairs(sight, &mut causes);
    by_host(sight, &mut causes);
    by_lookup(sight, &mut causes);
    by_address(sight, &mut causes);
    by_other_service(sight, &mut causes);
    course::by_course(sight, &mut causes);
    let mut causes = causes.0;
    // Stable: what is said first goes first among equals.
    causes.sort_by_key(|cause| -cause.score);
    causes
}

/// More points than the place in a list of ids can give.
const AHEAD: i32 = 15;

/// Points of a cause of an earlier failure, which the client overcame.
const EARLIER: i32 = 38;

/// Points of a cause that the text itself names, of one that a host proves, and of one that a host suggests.
const NAMED: i32 = 200;
const PROVED: i32 = 150;
const SUGGESTED: i32 = 130;

struct Causes(Vec<LikelyCause>);

impl Causes {
    fn add(&mut self, id: &'static str, score: i32, reason: &str) {
        match self.0.iter_mut().find(|cause| cause.id == id) {
            Some(cause) if cause.score < score => {
                cause.score = score;
                reason.clone_into(&mut cause.reason);
            }
            // A second meaning that agrees.
            Some(cause) => cause.score += 2,
            None => self.0.push(LikelyCause { id, reason: reason.to_owned(), score }),
        }
    }

    /// Adds the failures of a meaning, each with fewer points than the one before it.
    fn add_all(&mut self, meaning: &Meaning, points: i32) {
        for (place, id) in meaning.ids().iter().enumerate() {
            let later = 4 * i32::try_from(place.min(9)).unwrap_or(9);
            self.add(id, points - later, meaning.sentence());
        }
    }

    fn drop(&mut self, ids: &[&str]) {
        self.0.retain(|cause| !ids.contains(&cause.id) || cause.score >= SUGGESTED);
    }

    /// Moves failures that are there, by their ids or areas, before the others of their strength.
    fn prefer(&mut self, areas: &[&str], points: i32) {
        for cause in self.0.iter_mut().filter(|cause| is_of(areas, cause.id)) {
            cause.score += points;
        }
    }

    /// Puts failures that are there before the others of their strength, in this order.
    fn order(&mut self, ids: &[&str]) {
        let best =
            self.0.iter().filter(|cause| cause.score < SUGGESTED).map(|cause| cause.score).max().unwrap_or_default();
        for (place, id) in ids.iter().enumerate() {
            let score = best + 2 * i32::try_from(ids.len() - place).unwrap_or(0);
            for cause in self.0.iter_mut().filter(|cause| cause.id == *id && cause.score < SUGGESTED) {
                cause.score = score.min(SUGGESTED - 1);
            }
        }
    }

    /// Moves a failure that is there directly before another one.
    fn put_before(&mut self, id: &str, other: &str) {
        let Some(score) = self.0.iter().find(|cause| cause.id == other).map(|cause| cause.score) else { return };
        for cause in self.0.iter_mut().filter(|cause| cause.id == id && cause.score <= score) {
            cause.score = score + 1;
        }
    }

    /// Keeps the order, but lets no cause be proved or far ahead of the others.
    fn level(&mut self) {
        self.0.sort_by_key(|cause| -cause.score);
        let count = i32::try_from(self.0.len()).unwrap_or(i32::MAX);
        for (place, cause) in (0..).zip(self.0.iter_mut().filter(|cause| cause.score < NAMED)) {
            cause.score = count - place;
        }
    }

    fn has(&self, ids: &[&str]) -> bool {
        self.0.iter().any(|cause| ids.contains(&cause.id))
    }
}

fn by_meaning(sight: &Sight, causes: &mut Causes) {
    let from = sight.last_failure();
    let counting = || {
        let is_key = |said: &&Said| sight.denies_key() && said.meaning.id() == "permission-denied";
        sight.said.iter().filter(move |said| said.last >= from && !is_key(said))
    };
    let Some(strongest) = counting().map(|said| said.meaning.strength()).max() else { return };
    let strong = || counting().filter(|said| said.meaning.strength() == strongest);
    // Of texts that hide the reason, the one that leaves the fewest failures counts.
    let narrowest = strong().map(|said| said.meaning.ids().len()).min();
    let is_part = |some: &[&str], of: &[&str]| some.len() < of.len() && some.iter().all(|id| of.contains(id));
    let counts = |said: &&Said| match strongest {
        Strength::Broad => Some(said.meaning.ids().len()) == narrowest,
        // Of two causes, the one that leaves fewer of the same failures says more.
        _ => !strong().any(|other| is_part(other.meaning.ids(), said.meaning.ids())),
    };
    let last = sight.said.iter().map(|said| said.last).max();
    let points = match strongest {
        Strength::Cause => 100,
        Strength::Code => 80,
        Strength::Step => 60,
        Strength::Broad => 40,
        Strength::Aside | Strength::Event => 0,
    };
    for said in strong().filter(counts) {
        let words = i32::try_from(said.length.min(6)).unwrap_or(0);
        // The last error of a chain is the one that the others wrap.
        let innermost = i32::from(Some(said.last) == last);
        causes.add_all(said.meaning, points + words + innermost);
    }
    for said in sight.said.iter().filter(|said| said.last < from && said.meaning.strength() >= Strength::Step) {
        causes.add_all(said.meaning, EARLIER);
    }
    for said in &sight.said {
        if (Strength::Step..strongest).contains(&said.meaning.strength()) {
            causes.prefer(said.meaning.ids(), 1);
        }
    }
}

/// What two things in a text say together.
fn by_pairs(sight: &Sight, causes: &mut Causes) {
    if sight.denies_key() {
        causes.add("AUTH01", SUGGESTED, "401 with `PermissionDenied` is the token service's answer to a wrong key");
    }
    let is_sign_in_alone = sight.hosts().any(|host| is_sign_in(&host.host)) && !sight.names_ours();
    let best = causes.0.iter().max_by_key(|cause| cause.score);
    if is_sign_in_alone && best.is_some_and(|cause| is_of(&["DNS", "TCP", "TLS", "PXY"], cause.id)) {
        causes.add("AUTH12", SUGGESTED, "the text is about the host at which identities sign in");
    }
    // A client of Speech looked up a foreign host: a page or a proxy sent it there.
    let is_elsewhere = |host: &HostSeen| !host.is_ours() && host.scheme.is_none() && !is_sign_in(&host.host);
    if sight.means(&["name-not-found"]) && sight.is_from(&["javascript-sdk"]) && sight.hosts().any(is_elsewhere) {
        causes.add(
            "HTTP05",
            SUGGESTED,
            "the name that was not found does not belong to Speech: a page redirected the client",
        );
        causes.prefer(&["PXY02"], 20);
    }
    if sight.means(&["parameter-or-limit-close", "protocol-error-close"]) && sight.means(&["request-invalid"]) {
        causes.add("WS04", SUGGESTED, "the service closed the socket with a code for a wrong request");
    }
}

fn by_host(sight: &Sight, causes: &mut Causes) {
    for host in sight.our_hosts() {
        fault_of(host, sight, causes);
    }
    // The token host is not among the hosts whose paths the text calls.
    let calls_path = |host: &&HostSeen| host.scheme.is_some() && host.path.len() > 1;
    let mut called = sight.our_hosts().filter(calls_path).filter_map(|host| host.azure).peekable();
    if called.peek().is_some() && called.all(|(kind, _)| kind != HostKind::Rest) && sight.means(&["not-served"]) {
        causes.drop(&["CFG03"]);
    }
    let is_unnamed = causes.has(&["DNS01", "DNS04"]);
    match sight.family() {
        Some(Family::Own) => {
            causes.drop(&["CFG01", "CFG02", "AUTH02", "CFG12"]);
            if sight.leads_with("forbidden") {
                causes.order(&["DNS03", "POL01", "POL04", "POL03", "AUTH09", "POL02"]);
            }
            if sight.leads_with("credential-rejected") {
                causes.order(&["AUTH01", "AUTH05", "AUTH06", "AUTH03", "AUTH04", "HTTP03"]);
                if shows_private_endpoint_alone(sight) {
                    causes.add("CFG12", 1, "the text names a private endpoint and calls no URL of it");
                    causes.put_before("CFG12", "AUTH01");
                }
            }
            // The path is right for a custom domain; an open one, or one without an endpoint, answers 404 all the same.
            if sight.leads_with("not-served") && is_right_path(sight) {
                causes.order(&["CFG14", "DNS05", "HTTP01"]);
            }
            if is_unnamed {
                causes.prefer(&["DNS04"], 8);
            }
        }
        Some(Family::Model) => {
            causes.drop(&["CFG01", "CFG02", "CFG03", "CFG04", "CFG12", "CFG13", "CFG14", "AUTH02", "AUTH13"]);
        }
        Some(Family::Regional) => {
            if sight.leads_with("forbidden") {
                causes.order(&["POL02", "POL01", "QUO02", "PXY04", "HTTP05", "POL03"]);
            }
            // The path is right for a regional host, which does not offer this service in every region.
            if sight.leads_with("not-served") && sight.our_hosts().any(|host| host.service().is_some()) {
                causes.put_before("HTTP01", "CFG03");
            }
            if sight.leads_with("credential-rejected") {
                causes.order(&["AUTH01", "AUTH02", "CFG12", "AUTH06", "AUTH13", "AUTH04"]);
            }
            causes.drop(&[
                "DNS03", "DNS04", "DNS05", "DNS06", "CFG04", "CFG07", "CFG08", "CFG14", "TCP05", "TCP11", "POL04",
                "POL05",
            ]);
            let is_listed = |host: &HostSeen| {
                host.account()
                    .and_then(|account| account.region())
                    .is_some_and(|region| region.display_name().is_some())
            };
            if sight.our_hosts().all(is_listed) {
                causes.drop(&["CFG01", "CFG02"]);
            }
        }
        None => {
            // The region works; the custom domain, whose path is right, answers 404.
            if sight.means(&["not-served"]) && is_right_path(sight) {
                causes.order(&["CFG14", "DNS05", "HTTP01"]);
            }
        }
    }
}

/// Returns whether the text names a private endpoint, as a lookup does, and holds no URL: its client may call the region.
fn shows_private_endpoint_alone(sight: &Sight) -> bool {
    sight.our_hosts().any(|host| host.azure.is_some_and(|(_, private)| private))
        && sight.our_hosts().all(|host| host.scheme.is_none())
}

/// Returns whether the author of a text put a placeholder in place of a name: the service answered, so the client had the name;
/// or it is the name of a resource, which people hide, and no lookup failed.
fn is_redacted(host: &HostSeen, sight: &Sight) -> bool {
    let is_looked_up = sight.means(&["name-not-found", "name-unresolved", "name-without-address"]);
    sight.was_answered() || !is_looked_up && host.family().is_none_or(|family| family != Family::Regional)
}

/// Adds the fault of the host itself.
fn fault_of(host: &HostSeen, sight: &Sight, causes: &mut Causes) {
    if host.is_placeholder {
        if !is_redacted(host, sight) {
            causes.add("CFG01", PROVED, "the first part of the host stands for a missing value");
        }
        return;
    }
    match &host.read {
        Err(error) if error.id() != "CFG05" => causes.add(error.id(), PROVED, &error.to_string()),
        Err(_) => {}
        Ok(read) => {
            let is_unnamed = causes.has(&["DNS01", "CFG01"]);
            for note in &read.notes {
                let fits = match note.id {
                    "CFG02" => is_unnamed || sight.has_status(401),
                    "CFG03" => (sight.has_status(404) || sight.has_status(401)) && !is_rest_call(host),
                    "CFG04" => sight.has_status(404) || sight.has_status(401),
                    "CFG08" => is_speech(&host.path) || is_unnamed || is_project(&host.path) && sight.has_status(404),
                    _ => false,
                };
                if fits {
                    let score = if note.id == "CFG08" && is_unnamed && !is_speech(&host.path) { 70 } else { SUGGESTED };
                    causes.add(note.id, score, &note.text);
                }
            }
            let is_socket = host.scheme.as_deref().is_some_and(|scheme| scheme.starts_with("ws"));
            if is_socket && matches!(host.azure, Some((HostKind::Rest, _))) && sight.means(&["not-served"]) {
                causes.add("CFG03", SUGGESTED, "the text calls the host of tokens and REST for a WebSocket");
            }
            let is_private = host.azure.is_some_and(|(_, private)| private);
            if is_private && (causes.has(&["TLS03"]) || host.scheme.is_some() || is_unnamed) && !is_alias(sight) {
                causes.add("CFG07", SUGGESTED, "the text calls a name of Private Link, which exists for DNS only");
            }
        }
    }
}

/// Returns whether the text holds a public and a private name of one resource, as the output of a lookup does.
fn is_alias(sight: &Sight) -> bool {
    let is = |private: bool| {
        sight
            .our_hosts()
            .any(|host| host.azure.is_some_and(|(kind, seen)| kind == HostKind::CustomDomain && seen == private))
    };
    is(true) && is(false)
}

/// Returns whether the text calls custom domains, each with a path of real-time speech.
fn is_right_path(sight: &Sight) -> bool {
    let is_called = |host: &&HostSeen| host.family() == Some(Family::Own) && host.scheme.is_some();
    let mut called = sight.our_hosts().filter(is_called).peekable();
    called.peek().is_some() && called.all(has_prefix)
}

/// Returns whether the path begins as real-time paths of a custom domain do: `/stt/speech/…`, `/tts/cognitiveservices/…`.
fn has_prefix(host: &HostSeen) -> bool {
    let mut parts = host.path.split('/').skip(1);
    parts.next().is_some_and(|first| OFFERINGS.contains(&first))
        && parts.next().is_some_and(|second| ["speech", "cognitiveservices"].contains(&second))
}

/// Returns whether a URL calls a path of REST over HTTP, such as `/sts/v1.0/issueToken`.
fn is_rest_call(host: &HostSeen) -> bool {
    let is_http = host.scheme.as_deref().is_some_and(|scheme| scheme.starts_with("http"));
    let real_time = ["/stt/", "/tts/", "/speech/", "/cognitiveservices/"];
    is_http && host.path.len() > 1 && !real_time.iter().any(|start| host.path.starts_with(start))
}

/// Returns whether a path is that of a Foundry project, which no service of Speech begins with.
fn is_project(path: &str) -> bool {
    path.starts_with("/api/projects/") && !path.contains("/agents/")
}

/// Returns whether a path belongs to Speech rather than to Azure OpenAI or Voice Live.
fn is_speech(path: &str) -> bool {
    ["/stt/", "/tts/", "/speech/", "/cognitiveservices/", "/speechtotext/", "/voice/"]
        .iter()
        .any(|start| path.starts_with(start))
}

/// The output of a lookup: the alias of Private Link, and the addresses where it ended.
fn by_lookup(sight: &Sight, causes: &mut Causes) {
    if !is_alias(sight) {
        return;
    }
    let mut answers = sight.answers().peekable();
    let is_public = answers.peek().is_some() && answers.all(|address| !is_private(address) && !is_nowhere(address));
    // Where the alias ends outside the private zone; a record of the zone has no alias.
    let is_gateway =
        |host: &HostSeen| host.host.starts_with("vnetproxyv1-") || host.host.ends_with(".trafficmanager.net");
    if is_public || sight.answers().next().is_none() && sight.hosts().any(is_gateway) {
        causes.add("DNS03", PROVED, "the alias of Private Link is there, and it ends at a public address");
    }
}

fn is_nowhere(address: IpAddr) -> bool {
    address.is_unspecified() || address.is_loopback()
}

fn by_address(sight: &Sight, causes: &mut Causes) {
    let addresses = || sight.answers();
    let is_connection = causes.has(&["TCP01", "TCP02", "TCP04", "TCP05"]);
    if !is_connection || sight.means(&["proxy-unreachable", "proxy-failed", "proxy-refused"]) {
        return;
    }
    if addresses().any(is_nowhere) && sight.names_ours() {
        causes.add("DNS13", SUGGESTED, "the name led to an address that is nowhere on the network");
    } else if addresses().any(|address| address.is_unspecified()) {
        causes.add("DNS13", SUGGESTED, "the client connects to an address that is nowhere on the network");
    }
    if addresses().next().is_some() && !addresses().any(is_nowhere) {
        causes.drop(&["DNS13"]);
    }
    let at_443 = || addresses().filter(|address| !is_nowhere(*address));
    if at_443().next().is_some() {
        if at_443().all(is_private) {
            causes.put_before("TCP05", "TCP01");
        } else if at_443().all(|address| !is_private(address)) {
            causes.drop(&["TCP05", "TCP11"]);
        }
    }
}

/// A text about another service says nothing about a resource of Speech, its keys and its policies; what it says about the
/// network, a page on the path or the sign-in may hold for Speech too.
fn by_other_service(sight: &Sight, causes: &mut Causes) {
    if sight.topic() != Topic::OtherService {
        return;
    }
    let is_sign_in = sight.is_from(&["entra"]) && !sight.has_other_service();
    let is_setting = sight.means(&["plain-scheme"]);
    let holds = |id: &str| {
        is_of(&["DNS", "TCP", "TLS", "PXY", "ENV"], id)
            && !["DNS03", "DNS04", "DNS05", "DNS06", "TCP05", "TCP11"].contains(&id)
            || id == "HTTP05"
            || is_sign_in && id.starts_with("AUTH")
            || is_setting && id.starts_with("CFG")
    };
    causes.0.retain(|cause| holds(cause.id) || cause.score >= NAMED);
    causes.level();
}

/// Returns whether an id belongs to one of these areas.
fn is_of(areas: &[&str], id: &str) -> bool {
    areas.iter().any(|area| id.starts_with(area))
}

fn is_private(address: IpAddr) -> bool {
    AddressClass::of(address).is_private()
}
