//! The path to each service as a picture: from the client over the name server, the address, the proxy and TLS to the service.
//! A shape and a word show the state of each node, so the picture needs no colour.

use super::{Writer, anchor};
use crate::diagnose::area::Area;
use crate::diagnose::catalogue::Severity;
use crate::diagnose::evidence::{Evidence, Skip, Step, StepState, Trace};
use crate::diagnose::report::stage::addresses;
use crate::diagnose::report::text::called;
use crate::diagnose::report::{causes, consequences};
use crate::diagnose::stage::Stage;
use crate::diagnose::{Diagnosis, Finding};

/// The state of a node. Each has a shape, a word and a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Good,
    Warn,
    Bad,
    /// It was not reached.
    Idle,
    /// It does not apply.
    Unused,
}

impl State {
    pub(super) fn of_stage(state: StepState<'_>) -> Self {
        match state {
            StepState::Passed { .. } => Self::Good,
            StepState::Failed { .. } => Self::Bad,
            StepState::Skipped { because } if because.stage().is_some() || because == Skip::Ended => Self::Idle,
            StepState::Skipped { .. } => Self::Unused,
        }
    }

    pub(super) fn of_severity(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Bad,
            Severity::Warning => Self::Warn,
            Severity::Info => Self::Unused,
        }
    }

    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Idle => "idle",
            Self::Unused => "unused",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Good => "passed",
            Self::Warn => "warning",
            Self::Bad => "failed",
            Self::Idle => "not tried",
            Self::Unused => "not used",
        }
    }

    /// Returns the shape as a drawing: a filled circle with a tick, a triangle, a filled octagon with a cross, a dashed circle, or
    /// a small ring.
    pub(super) fn shape(self, size: u8) -> String {
        let drawing = match self {
            Self::Good => {
                r#"<circle cx="12" cy="12" r="10" fill="currentColor"/><path d="M7.5 12.5l3 3 6-6.5" class="cut" fill="none" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round"/>"#
            }
            Self::Warn => {
                r#"<path d="M12 2.5 22.5 21h-21z" fill="currentColor" stroke="currentColor" stroke-linejoin="round"/><path d="M12 9v6m0 2.2v.6" class="cut" stroke-width="2.2" stroke-linecap="round"/>"#
            }
            Self::Bad => {
                r#"<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" fill="currentColor"/><path d="M8.5 8.5l7 7m0-7l-7 7" class="cut" stroke-width="2.2" stroke-linecap="round"/>"#
            }
            Self::Idle => {
                r#"<circle cx="12" cy="12" r="9" fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="3.6 3.5"/>"#
            }
            Self::Unused => {
                r#"<circle cx="12" cy="12" r="9" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M8 12h8" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"/>"#
            }
        };
        format!(
            r#"<svg width="{size}" height="{size}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{drawing}</svg>"#
        )
    }
}

#[derive(Debug, PartialEq)]
struct Node {
    name: &'static str,
    state: State,
    word: &'static str,
    said: Option<String>,
    /// The ids of the findings here.
    findings: Vec<&'static str>,
}

/// Writes the path to each service. Services with the same path share a picture.
pub(super) fn paths(page: &mut Writer<'_>) {
    let (evidence, diagnosis) = (page.evidence, page.diagnosis);
    let mut paths: Vec<(Vec<&Trace>, Vec<Node>)> = Vec::new();
    for trace in &evidence.traces {
        let nodes = nodes(evidence, diagnosis, trace);
        let is_same = |(traces, known): &&mut (Vec<&Trace>, Vec<Node>)| {
            traces[0].target.host == trace.target.host && *known == nodes
        };
        match paths.iter_mut().find(is_same) {
            Some((traces, _)) => traces.push(trace),
            None => paths.push((vec![trace], nodes)),
        }
    }
    if !paths.is_empty() {
        page.raw("<section aria-labelledby=\"path\"><h2 id=\"path\">Path</h2>\n");
        for (traces, nodes) in &paths {
            path(page, traces, nodes);
        }
        page.raw("</section>\n");
    }
}

fn path(page: &mut Writer<'_>, traces: &[&Trace], nodes: &[Node]) {
    let names: Vec<String> = traces.iter().map(|trace| called(page.evidence, trace)).collect();
    page.raw("<div class=\"way\"><header><h3>");
    page.text(&names.join(", "));
    page.raw("</h3><p>");
    page.text(&format!("{}:{}", traces[0].target.host, traces[0].target.port));
    page.raw("</p></header><ol class=\"path\">\n");
    for node in nodes {
        self::node(page, node);
    }
    page.raw("</ol></div>\n");
}

fn node(page: &mut Writer<'_>, node: &Node) {
    page.raw(&format!("<li class=\"{}\">{}<b>{}</b>", node.state.class(), node.state.shape(26), node.name));
    page.raw(&format!("<p class=\"state\">{}", node.word));
    for id in &node.findings {
        page.raw(&format!(" <a href=\"#{0}\">{0}</a>", anchor(id)));
    }
    page.raw("</p>");
    if let Some(said) = &node.said {
        page.raw("<p>");
        page.text(said);
        page.raw("</p>");
    }
    page.raw("</li>\n");
}

fn nodes(evidence: &Evidence, diagnosis: &Diagnosis, trace: &Trace) -> Vec<Node> {
    let found = |areas: &[Area]| notable(diagnosis, trace, areas);
    let at = |name, areas: &[Area], state, said| judged(name, state, said, &found(areas));
    let mut nodes = vec![
        at("Client", &[Area::Configuration, Area::Environment], State::Good, Some("this machine".to_owned())),
        at("Name server", &[Area::Dns], State::of_stage(trace.dns.state()), name_server(trace)),
        at("Address", &[Area::Tcp], State::of_stage(trace.tcp.state()), address(trace)),
    ];
    nodes[0].word = if nodes[0].state == State::Good { "started" } else { nodes[0].word };
    if trace.proxy.found().is_some_and(|found| found.proxy.is_some()) || !found(&[Area::Proxy]).is_empty() {
        let proxy = trace.proxy.found().and_then(|found| found.proxy.clone());
        nodes.push(at("Proxy", &[Area::Proxy], State::of_stage(trace.proxy.state()), proxy));
    }
    let version =
        trace.tls.found().and_then(|found| found.version.as_deref()).map(|version| format!("version {version}"));
    nodes.push(at("TLS", &[Area::Tls], State::of_stage(trace.tls.state()), version));
    let (state, word, said) = service(evidence, trace);
    let areas = [Area::Http, Area::WebSocket, Area::Auth, Area::Policy, Area::Quota];
    let mut last = at("Service", &areas, state, said);
    if last.state == state {
        last.word = word;
    }
    nodes.push(last);
    nodes
}

/// Returns a node. A finding about a stage that passed makes it a warning or a failure: the name resolved, but to a wrong address.
fn judged(name: &'static str, state: State, said: Option<String>, findings: &[&Finding]) -> Node {
    let worst = findings.iter().map(|finding| finding.severity).max();
    let (state, word) = match (state, worst) {
        (State::Good | State::Unused, Some(Severity::Error)) => (State::Bad, "problem"),
        (State::Good | State::Unused, Some(Severity::Warning)) => (State::Warn, "warning"),
        _ => (state, state.word()),
    };
    Node { name, state, word, said, findings: findings.iter().map(|finding| finding.failure.id).collect() }
}

/// Returns the findings about a target in some areas that the page lists and that are not mere information.
fn notable<'a>(diagnosis: &'a Diagnosis, trace: &Trace, areas: &[Area]) -> Vec<&'a Finding> {
    let listed = causes(diagnosis).flat_map(|cause| std::iter::once(cause).chain(consequences(diagnosis, cause)));
    let is_here = |finding: &&Finding| {
        finding.severity > Severity::Info && areas.contains(&finding.failure.area) && finding.is_at(trace)
    };
    listed.filter(is_here).collect()
}

fn name_server(trace: &Trace) -> Option<String> {
    if trace.dns.skipped() == Some(Skip::Proxied) {
        return Some("resolved by the proxy".to_owned());
    }
    trace.dns.found()?.servers.first().map(|server| server.server.ip().to_string())
}

fn address(trace: &Trace) -> Option<String> {
    let is_proxied = trace.proxy.found().is_some_and(|found| found.proxy.is_some());
    let peer = trace.tcp.found().and_then(|found| found.connected);
    match peer.filter(|_| is_proxied) {
        Some(peer) => Some(format!("{peer} (proxy)")),
        None => addresses(trace).and_then(|all| all.split(", ").next().map(str::to_owned)),
    }
}

/// Returns the state of the service behind the connection, in a word, and what it said.
fn service(evidence: &Evidence, trace: &Trace) -> (State, &'static str, Option<String>) {
    let steps = [
        (Stage::Http, trace.http.state()),
        (Stage::WebSocket, trace.websocket.state()),
        (Stage::Auth, trace.auth.state()),
    ];
    if let Some((stage, _)) = steps.iter().find(|(_, state)| matches!(state, StepState::Failed { .. })) {
        let status = status(trace, *stage).filter(|status| *status > 0);
        let said = status.map_or_else(|| format!("at {stage}"), |status| format!("at {stage}, {status}"));
        return (State::Bad, "failed", Some(said));
    }
    if trace.round_trip.as_ref().is_some_and(|trip| trip.failure.is_some()) {
        return (State::Bad, "failed", Some("at the round trip".to_owned()));
    }
    if trace.http.skipped() == Some(Skip::ReachableOnly) {
        return (State::Unused, "not used", Some("only reachability is checked".to_owned()));
    }
    let states = steps.map(|(_, state)| State::of_stage(state));
    if states.contains(&State::Idle) {
        return (State::Idle, "not tried", None);
    }
    if !states.contains(&State::Good) {
        return (State::Unused, "not used", None);
    }
    let is_untried = evidence.credential.is_some() && !trace.auth.has_passed();
    let said = match (&trace.auth, is_untried) {
        (Step::Passed { .. }, _) => "accepts the credential",
        (_, true) => "responds; the credential was not sent",
        (_, false) => "responds",
    };
    (State::Good, "passed", Some(said.to_owned()))
}

fn status(trace: &Trace, stage: Stage) -> Option<u16> {
    match stage {
        Stage::Http => trace.http.found().map(|found| found.reply.status),
        Stage::WebSocket => trace.websocket.found().map(|found| found.reply.status),
        Stage::Auth => trace.auth.found().map(|found| found.reply.status),
        _ => None,
    }
}
