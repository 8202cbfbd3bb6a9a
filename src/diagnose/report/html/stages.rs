//! The stages of each target with their times as bars, then the times of rounds and round trips.

use std::time::Duration;

use super::Writer;
use super::picture::State;
use crate::diagnose::evidence::{RoundTrip, StepState, Trace};
use crate::diagnose::report::page::time;
use crate::diagnose::report::stage::{detail, is_shown};
use crate::diagnose::report::text::called;
use crate::diagnose::report::{round_trip, rounds, timed_steps};

/// Writes a table of the stages of each target, with bars on one scale.
pub(super) fn stages(page: &mut Writer<'_>) {
    let evidence = page.evidence;
    if evidence.traces.is_empty() {
        return;
    }
    let longest = evidence.traces.iter().flat_map(timed_steps).map(|(_, took)| took).max().unwrap_or_default();
    page.raw("<section aria-labelledby=\"stages\"><h2 id=\"stages\">Stages and times</h2>\n");
    evidence.traces.iter().for_each(|trace| target(page, trace, longest));
    page.raw("</section>\n");
}

fn target(page: &mut Writer<'_>, trace: &Trace, longest: Duration) {
    page.raw("<div class=\"stages\"><h3>");
    page.text(&called(page.evidence, trace));
    page.raw("</h3><p><code>");
    page.text(&trace.target.url);
    page.raw("</code></p>\n<table class=\"steps\"><thead><tr><th scope=\"col\">Stage</th><th scope=\"col\" class=\"number\">Time</th>");
    page.raw("<td></td><th scope=\"col\">Observed</th></tr></thead><tbody>\n");
    for (stage, state) in trace.steps().into_iter().filter(|(_, state)| is_shown(*state)) {
        let shape = State::of_stage(state);
        let took = match state {
            StepState::Passed { took } | StepState::Failed { took, .. } => Some(took),
            StepState::Skipped { .. } => None,
        };
        page.raw(&format!(
            "<tr><th scope=\"row\" class=\"name\"><span class=\"{}\">{}</span>{stage}</th>",
            shape.class(),
            inline(shape)
        ));
        page.raw(&format!("<td class=\"number\">{}</td>", took.map(time).unwrap_or_default()));
        let bar = took.map(|took| bar(took.as_secs_f64(), longest.as_secs_f64(), shape == State::Bad));
        page.raw(&format!("<td class=\"times\">{}</td><td>", bar.unwrap_or_default()));
        page.sentence(&detail(page.evidence, page.diagnosis, trace, stage));
        page.raw("</td></tr>\n");
    }
    page.raw("</tbody></table>");
    notes(page, trace);
    page.raw("</div>\n");
}

/// Writes the notes on an endpoint.
fn notes(page: &mut Writer<'_>, trace: &Trace) {
    list(page, trace.target.notes.iter().map(|note| (format!("note: {note}"), false)));
}

/// Writes what each round trip exchanged and the times of its answers.
pub(super) fn round_trips(page: &mut Writer<'_>) {
    let evidence = page.evidence;
    let trips: Vec<_> = evidence.traces.iter().filter_map(|trace| Some((trace, trace.round_trip.as_ref()?))).collect();
    if trips.is_empty() {
        return;
    }
    let times = |trip: &RoundTrip| trip.times.named().into_iter().filter_map(|(_, ms)| ms).collect::<Vec<_>>();
    let longest = trips.iter().flat_map(|(_, trip)| times(trip)).fold(0.0, f64::max);
    page.raw("<section aria-labelledby=\"trips\"><h2 id=\"trips\">Round trips</h2>\n");
    for (trace, trip) in trips {
        page.raw("<div class=\"stages\"><h3>");
        page.text(&called(evidence, trace));
        page.raw("</h3><p>");
        page.sentence(&round_trip::exchanged(trip));
        page.raw("</p>");
        answers(page, trip, longest);
        let trouble = round_trip::trouble(trip, evidence.ended).map(|trouble| (trouble, true));
        list(page, trouble.into_iter().chain(round_trip::remarks(trip).into_iter().map(|remark| (remark, false))));
        page.raw("</div>\n");
    }
    page.raw("</section>\n");
}

/// Writes the times and the other numbers of a round trip.
fn answers(page: &mut Writer<'_>, trip: &RoundTrip, longest: f64) {
    let named = trip.times.named().into_iter().filter_map(|(name, ms)| Some((name, ms?)));
    let mut rows =
        named.filter_map(|(name, ms)| Some((name, ms, Duration::try_from_secs_f64(ms / 1e3).ok()?))).peekable();
    if rows.peek().is_some() {
        page.raw("<table class=\"steps\"><thead><tr><th scope=\"col\">Answer</th><th scope=\"col\" class=\"number\">After</th>");
        page.raw("<td></td></tr></thead><tbody>\n");
        for (name, ms, took) in rows {
            page.raw(&format!(
                "<tr><th scope=\"row\" class=\"name\">{name}</th><td class=\"number\">{}</td>",
                time(took)
            ));
            page.raw(&format!("<td>{}</td></tr>\n", bar(ms, longest, false)));
        }
        page.raw("</tbody></table>");
    }
    let numbers = round_trip::numbers(trip);
    if !numbers.is_empty() {
        list(page, std::iter::once((numbers.join(" · "), false)));
    }
}

/// Writes the times of further connections.
pub(super) fn rounds_of(page: &mut Writer<'_>) {
    let evidence = page.evidence;
    let made: Vec<_> = evidence.traces.iter().filter_map(|trace| Some((trace, trace.rounds.as_ref()?))).collect();
    if made.is_empty() {
        return;
    }
    page.raw("<section aria-labelledby=\"rounds\"><h2 id=\"rounds\">Rounds</h2>\n");
    for (trace, made) in made {
        page.raw("<div class=\"stages\"><h3>");
        page.text(&called(evidence, trace));
        page.raw("</h3><p>");
        page.text(&rounds::made(made, evidence.ended));
        page.raw("</p>");
        let rows = rounds::rows(made, trace.target.is_websocket);
        if let Some((head, rows)) = rows.split_first() {
            page.raw("<table class=\"rounds\" tabindex=\"0\"><thead><tr><th scope=\"col\">Round</th>");
            head.iter().skip(1).for_each(|name| page.raw(&format!("<th scope=\"col\" class=\"number\">{name}</th>")));
            page.raw("</tr></thead><tbody>\n");
            for row in rows {
                page.raw(&format!("<tr><th scope=\"row\">{}</th>", row[0]));
                row.iter().skip(1).for_each(|cell| page.raw(&format!("<td class=\"number\">{cell}</td>")));
                page.raw("</tr>\n");
            }
            page.raw("</tbody></table>");
        }
        list(page, rounds::remarks(made).into_iter().map(|remark| (remark, false)));
        page.raw("</div>\n");
    }
    page.raw("</section>\n");
}

fn list(page: &mut Writer<'_>, items: impl Iterator<Item = (String, bool)>) {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return;
    }
    page.raw("<ul class=\"remarks\">");
    for (item, is_bad) in items {
        page.raw(if is_bad { "<li class=\"bad\">" } else { "<li>" });
        page.sentence(&item);
        page.raw("</li>");
    }
    page.raw("</ul>");
}

fn inline(state: State) -> String {
    state.shape(16)
}

/// Returns a bar. Evidence can come from anywhere, so a time that is not a valid number has an empty one.
fn bar(value: f64, longest: f64, is_bad: bool) -> String {
    let share = (100.0 * value / longest).clamp(0.0, 100.0);
    let share = if share.is_finite() { share } else { 0.0 };
    let class = if is_bad { "bar bad" } else { "bar" };
    format!(
        r#"<svg class="{class}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false"><rect width="{share:.1}" height="8" fill="currentColor"/></svg>"#
    )
}
