//! The course of a log: each connection that the client opens, how far it comes, what ends it, and the ids that a support
//! request asks for.

use std::net::IpAddr;

use super::clean::{as_written, line_before};
use super::number::{NumberKind, Whole};
use super::place::{HostSeen, Hosts, Place, PlaceKind};
use super::table::{Match, Meaning, Strength, is_error_number};

mod ids;

mod lines;

pub use self::ids::{IdKind, LoggedId};
use self::lines::Lines;

/// What a log shows in the order of its lines.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Timeline {
    /// Connections and failures; those in a row that do not differ are one step.
    pub steps: Vec<Step>,
    /// The hosts to which the service redirected the client, each once.
    pub redirects: Vec<String>,
    /// The ids for a support request, each once.
    pub ids: Vec<LoggedId>,
    /// Every HTTP status of a response, each once.
    pub statuses: Vec<u16>,
    /// Every close code of a WebSocket that arrived, each once. 1006 never does: a client reports it where no close frame came.
    pub close_codes: Vec<u16>,
}

/// One connection of a client, or a failure outside of one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// Its first line, counted from 1 in the part of the text that is read.
    pub line: usize,
    /// The time on that line as the log writes it, or on the nearest line before it.
    pub time: Option<String>,
    /// Whether the log shows that the client opens a connection.
    pub is_attempt: bool,
    /// The host that the client calls.
    pub host: Option<String>,
    /// Whether the host belongs to another service.
    pub is_foreign: bool,
    /// The address that the name resolved to.
    pub address: Option<IpAddr>,
    /// The proxy on the way, as `host:port` where the log names the port.
    pub proxy: Option<String>,
    /// How far the connection came, as far as the log tells.
    pub reached: Option<Reached>,
    /// The HTTP status of the response.
    pub status: Option<u16>,
    /// The close code of the WebSocket.
    pub close_code: Option<u16>,
    /// What ended it.
    pub failure: Option<&'static Meaning>,
    /// Whether the log was silent for a minute or more before it ended.
    pub is_idle: bool,
    /// The offset of its first words in the cleaned text.
    pub(super) start: usize,
    /// The number of steps in a row that do not differ from this one, with itself.
    pub times: usize,
    /// The time of the last of them.
    pub last_time: Option<String>,
}

/// How far a connection came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reached {
    /// The name resolved.
    Address,
    /// The TCP connection is open.
    Connection,
    /// The TLS handshake is done.
    Handshake,
    /// The service accepted the call: the WebSocket is open, or the response says so.
    Service,
    /// The service delivered a result.
    Result,
}

impl Reached {
    /// Returns the stable identifier.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Connection => "connection",
            Self::Handshake => "handshake",
            Self::Service => "service",
            Self::Result => "result",
        }
    }
}

impl Step {
    /// Returns whether the service accepted the call, and nothing failed after it.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.failure.is_none() && self.reached >= Some(Reached::Service)
    }

    /// Returns whether two steps show the same, at different times.
    fn is_like(&self, other: &Self) -> bool {
        let said = |step: &Self| step.failure.map(Meaning::id);
        self.is_attempt == other.is_attempt
            && self.host == other.host
            && self.address == other.address
            && self.proxy == other.proxy
            && self.reached == other.reached
            && self.status == other.status
            && (self.close_code == other.close_code || [self.close_code, other.close_code].contains(&Some(UNSENT)))
            && said(self) == said(other)
    }
}

/// The close code that a client reports when no close frame arrived (RFC 6455, section 7.4.1).
pub(super) const UNSENT: u16 = 1006;

impl Timeline {
    /// Returns the number of connections that the log shows a client to open.
    #[must_use]
    pub fn attempts(&self) -> usize {
        self.steps.iter().filter(|step| step.is_attempt).map(|step| step.times).sum()
    }

    /// Returns the number of calls: of connections, or of calls that failed or worked in a log that shows no connections.
    #[must_use]
    pub fn calls(&self) -> usize {
        let shown = self.attempts();
        let is_ours = |step: &&Step| !step.is_foreign;
        if shown > 0 { shown } else { self.steps.iter().filter(is_ours).map(|step| step.times).sum() }
    }

    /// Returns the number of failures.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.steps.iter().filter(|step| step.failure.is_some()).map(|step| step.times).sum()
    }

    /// Returns whether the log ends with a call that the service accepted.
    #[must_use]
    pub fn ends_well(&self) -> bool {
        self.steps.last().is_some_and(Step::is_good)
    }

    /// Returns whether the order of the lines says more than one of them.
    #[must_use]
    pub fn is_log(&self) -> bool {
        self.attempts() > 0 || self.steps.len() > 1 || self.failures() > 1 || self.ends_well()
    }

    /// Reads a text. `lower` is the cleaned text that the places, matches and numbers refer to.
    pub(super) fn of(
        text: &str,
        lower: &str,
        places: &[Place<'_>],
        hosts: &Hosts<'_>,
        matches: &[Match],
        numbers: &[Whole<'_>],
    ) -> Self {
        let mut reading = Reading::new(lower, hosts);
        for seen in seen(places, matches, numbers) {
            reading.take(seen);
        }
        let mut timeline = reading.timeline;
        timeline.leave_out_summaries();
        timeline.fold();
        timeline.ids = ids::ids(&as_written(text));
        timeline
    }

    /// Leaves out what an application prints of the failures that its log shows line by line.
    fn leave_out_summaries(&mut self) {
        if self.steps.iter().any(|step| step.is_attempt && step.time.is_some()) {
            self.steps.retain(|step| step.is_attempt || step.time.is_some());
        }
    }

    /// Joins steps in a row that do not differ.
    fn fold(&mut self) {
        let mut folded: Vec<Step> = Vec::new();
        for step in self.steps.drain(..) {
            match folded.last_mut() {
                Some(last) if last.is_like(&step) => {
                    last.times += step.times;
                    last.last_time = step.last_time;
                }
                _ => folded.push(step),
            }
        }
        self.steps = folded;
    }
}

/// Something in a log, at an offset.
#[derive(Clone, Copy)]
enum Seen<'a> {
    Place(&'a Place<'a>),
    Said(&'a Match),
    Number(&'a Whole<'a>),
}

impl Seen<'_> {
    fn start(&self) -> usize {
        match self {
            Self::Place(place) => place.span.start,
            Self::Said(found) => found.start,
            Self::Number(whole) => whole.start,
        }
    }
}

/// Returns everything in the order of the text.
fn seen<'a>(places: &'a [Place<'a>], matches: &'a [Match], numbers: &'a [Whole<'a>]) -> Vec<Seen<'a>> {
    let mut seen: Vec<Seen<'_>> = places.iter().map(Seen::Place).collect();
    seen.extend(matches.iter().map(Seen::Said));
    seen.extend(numbers.iter().map(Seen::Number));
    seen.sort_by_key(Seen::start);
    seen
}

/// A timeline that grows.
struct Reading<'a> {
    text: &'a str,
    hosts: &'a Hosts<'a>,
    lines: Lines<'a>,
    timeline: Timeline,
    /// The last host of a URL, which the log named before the client opened its connection.
    called: Option<Called>,
    /// What the current line is about to name.
    awaited: Option<Awaited>,
    /// The line of what was taken last.
    line: usize,
    /// The line of the last failure.
    failed: usize,
    /// The proxy of the settings.
    proxy: Option<String>,
}

struct Called {
    host: String,
    line: usize,
    is_ours: bool,
}

/// The seconds within which a client says why a connection failed, and those of one block of lines.
const LONGEST_END: f64 = 5.0;
const LONGEST_BLOCK: f64 = 0.5;

/// The number of lines without a time that belong to one failure.
const LONGEST_TRACE: usize = 8;

/// The seconds of silence after which a device on the path may drop a connection.
const IDLE: f64 = 60.0;

/// What an event names after its words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Awaited {
    Host,
    Address,
    Proxy,
    Redirect,
}

impl<'a> Reading<'a> {
    fn new(text: &'a str, hosts: &'a Hosts<'a>) -> Self {
        let (lines, timeline) = (Lines::of(text), Timeline::default());
        Self { text, hosts, lines, timeline, called: None, awaited: None, line: 0, failed: 0, proxy: None }
    }

    fn take(&mut self, seen: Seen<'_>) {
        let line = self.lines.at(seen.start());
        if line != self.line {
            self.line = line;
            self.awaited = None;
        }
        match seen {
            Seen::Place(place) => self.take_place(place),
            Seen::Said(found) if found.meaning.strength() == Strength::Event => self.take_event(found.meaning.id()),
            Seen::Said(found) if found.meaning.strength() >= Strength::Broad => {
                // A number has no words; its status or code says it, and is taken there.
                self.fail(found.meaning);
            }
            // The service understood the call.
            Seen::Said(found) if found.meaning.id() == "no-speech" => self.succeed(Reached::Result),
            Seen::Said(_) => {}
            Seen::Number(whole) => self.take_number(whole),
        }
    }

    fn take_place(&mut self, place: &Place<'_>) {
        match (&place.kind, self.awaited) {
            (PlaceKind::Host(written), _) => {
                let host = self.hosts.get(written).filter(|host| !host.is_link && host.can_be_shown());
                if let Some(host) = host {
                    self.take_host(host, place);
                }
            }
            (PlaceKind::Address(_), Some(Awaited::Proxy)) => self.set_proxy(place),
            (PlaceKind::Address(address), Some(Awaited::Address | Awaited::Host)) => {
                // The address of the proxy is not that of the service.
                let is_of_service = |step: &&mut Step| self.awaited == Some(Awaited::Host) || step.proxy.is_none();
                if let Some(step) = self.timeline.steps.last_mut().filter(is_of_service) {
                    step.address = Some(*address);
                }
                self.awaited = None;
            }
            (PlaceKind::Address(_) | PlaceKind::Aside, _) => {}
        }
    }

    fn take_host(&mut self, host: &HostSeen, place: &Place<'_>) {
        let awaited = self.awaited;
        match awaited {
            Some(Awaited::Proxy) if !host.is_ours() => self.set_proxy(place),
            Some(Awaited::Host) => {
                if let Some(step) = self.timeline.steps.last_mut() {
                    step.is_foreign = !host.is_ours();
                    step.host = Some(host.host.clone());
                }
                self.awaited = None;
            }
            Some(Awaited::Redirect) => {
                once(&mut self.timeline.redirects, host.host.clone());
                self.awaited = None;
            }
            _ => {}
        }
        let is_failing = self.failed == self.line && self.timeline.steps.last().is_some_and(|step| step.host.is_none());
        let is_called = host.is_ours() || (host.scheme.is_some() || is_failing) && !host.is_neutral();
        if awaited != Some(Awaited::Proxy) && is_called {
            self.called = Some(Called { host: host.host.clone(), line: self.line, is_ours: host.is_ours() });
            self.name_host();
        }
    }

    /// Gives the last step the host that its text names behind the failure.
    fn name_host(&mut self) {
        let (line, is_inside) = (self.line, !self.lines.has_time(self.line));
        let is_here =
            |step: &&mut Step| step.host.is_none() && (step.line == line || is_inside && self.failed + 3 > line);
        if let Some(step) = self.timeline.steps.last_mut().filter(is_here) {
            let Some(called) = self.called.take() else { return };
            step.is_foreign = !called.is_ours;
            step.host = Some(called.host);
        }
    }

    /// Takes a proxy with its port.
    fn set_proxy(&mut self, place: &Place<'_>) {
        self.awaited = None;
        let name = &self.text[place.name.start..place.name.end];
        let behind = &self.text[place.name.end..];
        let digits = behind
            .strip_prefix(':')
            .map_or("", |rest| &rest[..rest.bytes().take(5).take_while(u8::is_ascii_digit).count()]);
        let proxy = if digits.is_empty() { name.to_owned() } else { format!("{name}:{digits}") };
        match self.timeline.steps.last_mut().filter(|step| step.is_attempt && step.failure.is_none()) {
            Some(step) => step.proxy = Some(proxy),
            // A setting, for all that follows.
            None => self.proxy = Some(proxy),
        }
    }

    fn take_event(&mut self, event: &str) {
        match event {
            "opens" => {
                self.begin(true);
                self.awaited = Some(Awaited::Host);
            }
            "calls" => self.awaited = Some(Awaited::Host),
            "redirects" => self.awaited = Some(Awaited::Redirect),
            "resolves" => {
                self.reach(Reached::Address);
                self.awaited = Some(Awaited::Address);
            }
            "tunnels" => self.awaited = Some(Awaited::Proxy),
            "connects" => self.reach(Reached::Connection),
            "secures" => self.reach(Reached::Handshake),
            "accepts" => self.succeed(Reached::Service),
            "delivers" => self.succeed(Reached::Result),
            _ => {}
        }
    }

    fn take_number(&mut self, whole: &Whole<'_>) {
        let Ok(value) = u16::try_from(whole.value) else { return };
        let is_status = !whole.is_expected()
            && (value == 101 || (200..600).contains(&value))
            && whole.is(NumberKind::Status)
            && !(whole.is(NumberKind::Error) && is_error_number(whole.value));
        let is_close = (matches!(value, 1000..=1015) || (4000..5000).contains(&value)) && whole.is(NumberKind::Close);
        if is_status {
            once(&mut self.timeline.statuses, value);
            self.answer(value, whole.start);
        } else if is_close {
            if value != UNSENT {
                once(&mut self.timeline.close_codes, value);
            }
            let is_open = |step: &&mut Step| step.close_code.is_none_or(|code| code == UNSENT);
            if let Some(step) = self.timeline.steps.last_mut().filter(is_open) {
                step.close_code = Some(value);
            }
        }
    }

    fn answer(&mut self, status: u16, at: usize) {
        // A proxy accepts CONNECT before the service sees anything.
        let is_tunnel = line_before(self.text, at, LOOK_BACK).contains("connect response");
        if matches!(status, 101 | 200..=299) && self.failed != self.line && !is_tunnel {
            self.succeed(Reached::Service);
        }
        // The words of a failure come before its status or after it, on the same line.
        let line = self.line;
        let is_here = |step: &&mut Step| step.is_attempt || step.line == line;
        if let Some(step) = self.timeline.steps.last_mut().filter(is_here) {
            // A proxy answers before the service does.
            if step.status.is_none() || matches!(step.status, Some(101 | 200..=299)) {
                step.status = Some(status);
            }
        }
    }

    fn begin(&mut self, is_attempt: bool) {
        let time = self.lines.time(self.line);
        // A log names other hosts between its lines about Speech.
        let line = self.line;
        let host = self.called.take().filter(|called| called.is_ours || called.line == line || is_attempt);
        self.timeline.steps.push(Step {
            line: self.line,
            last_time: time.clone(),
            time,
            is_attempt,
            is_foreign: host.as_ref().is_some_and(|called| !called.is_ours),
            host: host.map(|called| called.host),
            address: None,
            proxy: self.proxy.clone(),
            reached: None,
            status: None,
            close_code: None,
            failure: None,
            is_idle: false,
            start: self.lines.start(self.line),
            times: 1,
        });
        // The last ones show how it ends.
        if self.timeline.steps.len() >= 2 * MOST_STEPS {
            self.timeline.fold();
            let surplus = self.timeline.steps.len().saturating_sub(MOST_STEPS);
            self.timeline.steps.drain(..surplus);
        }
    }

    fn reach(&mut self, reached: Reached) {
        if let Some(step) = self.timeline.steps.last_mut().filter(|step| step.failure.is_none()) {
            step.reached = step.reached.max(Some(reached));
        }
    }

    fn succeed(&mut self, reached: Reached) {
        let is_open = self.timeline.steps.last().is_some_and(|step| step.failure.is_none());
        if !is_open {
            self.begin(false);
        }
        self.reach(reached);
    }

    fn fail(&mut self, meaning: &'static Meaning) {
        let line = self.line;
        let belongs = |step: &Step| {
            let longest = if step.is_attempt { LONGEST_END } else { LONGEST_BLOCK };
            let ends_socket = meaning.ids().first().is_some_and(|id| id.starts_with("WS"));
            let is_open =
                step.failure.is_none() && (step.is_attempt || ends_socket && step.reached >= Some(Reached::Service));
            let before = step.line.max(self.failed);
            let is_near = || match self.lines.gap(before, line) {
                Some(gap) => gap <= longest,
                None => line - before <= LONGEST_TRACE,
            };
            is_open || is_near()
        };
        if !self.timeline.steps.last().is_some_and(belongs) {
            self.begin(false);
        }
        let Some(step) = self.timeline.steps.last_mut() else { return };
        self.failed = line;
        // The native SDK has one sentence for 401 and 403.
        if step.status == Some(403) && meaning.id() == "credential-rejected" {
            return;
        }
        // Of two that say as much, the one that leaves fewer failures says more.
        let weight = |meaning: &Meaning| (meaning.strength(), std::cmp::Reverse(meaning.ids().len()));
        if step.failure.is_none() {
            step.is_idle = self.lines.silence(line).is_some_and(|silence| silence >= IDLE);
        }
        if step.failure.is_none_or(|known| weight(known) < weight(meaning)) {
            step.failure = Some(meaning);
        }
    }
}

/// The number of bytes before a number that tell what it is.
pub(super) const LOOK_BACK: usize = 400;

fn once<T: PartialEq>(list: &mut Vec<T>, value: T) {
    if !list.contains(&value) {
        list.push(value);
    }
}

/// The number of steps that are kept. Of a longer log, the last ones show how it ends.
const MOST_STEPS: usize = 500;

#[cfg(test)]
mod tests {
    use crate::explain::explain;

    #[test]
    fn a_step_has_no_host_that_cannot_be_shown() {
        for url in
            ["wss://.", "wss://..../x", "https://0123456789abcdef0123456789abcdef.example.com/", "wss://ü.example.com/"]
        {
            let found = explain(&format!("connection refused {url}"));
            assert!(found.timeline.steps.iter().all(|step| step.host.is_none()), "{:?}", found.timeline);
        }
    }

    #[test]
    fn a_socket_that_is_cut_after_a_silence_is_idle() {
        let log = "2026-11-11T01:00:04.3Z open status=101 wss://francecentral.stt.speech.microsoft.com/x\n\
                   2026-11-11T01:00:08.8Z on hold\n\
                   2026-11-11T01:04:08.8Z error=WebSocket protocol error: Connection reset without closing handshake\n";
        let found = explain(log);
        assert!(found.timeline.steps[0].is_idle, "{:?}", found.timeline);
        assert_eq!(found.causes[0].id, "WS03");
    }
}
