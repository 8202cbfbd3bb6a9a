//! Many vantage points in one report: which of them work, which cause stops the others, and what differs there.

use super::ReportOptions;
use super::page::{Ink, Page, count, first_of};
use super::text::{ink, sign};
use crate::diagnose::catalogue::Severity;
use crate::diagnose::comparison::{Comparison, Difference, Group, TraitKind, ValueCount, ranges};
use crate::diagnose::redact::plain;

#[cfg(feature = "serde")]
mod json;
mod matrix;

impl Comparison {
    /// Returns the comparison for people.
    ///
    /// 1. The matrix of vantage points and services. Vantage points at which every service does the same share a row, unless the
    ///    level of detail is 1 or above.
    /// 2. Each cause with its vantage points, what differs there, and the remedy.
    /// 3. The number of vantage points that work.
    #[must_use]
    pub fn text(&self, options: &ReportOptions) -> String {
        let mut writer = Writer { page: Page::new(options), comparison: self, is_long: options.verbosity > 0 };
        matrix::write(&mut writer.page, self, writer.is_long);
        self.groups.iter().for_each(|group| writer.group(group));
        writer.verdict();
        writer.page.finish()
    }

    /// Returns each cause and the verdict, one line each.
    #[must_use]
    pub fn short(&self, options: &ReportOptions) -> String {
        let mut writer = Writer { page: Page::new(options), comparison: self, is_long: false };
        for group in &self.groups {
            let lead = writer.page.paint(ink(group.severity), &mark(group)).into_owned();
            let members = first_of(&ranges(group.members.iter().map(String::as_str)), MOST_RANGES);
            writer.page.line(&format!(
                "{lead}  {}: {} of {} ({})",
                plain(&titled(group)),
                group.members.len(),
                self.vantages.len(),
                plain(&members)
            ));
        }
        let verdict = verdict(self);
        writer.page.line(&plain(&verdict));
        writer.page.finish()
    }
}

/// Returns the number of vantage points that work, and the causes that stop the others:
/// `160 of 200 vantage points work · two causes (DNS03 at 30, TCP01 at 10)`.
fn verdict(comparison: &Comparison) -> String {
    let (working, all) = (comparison.working().count(), comparison.vantages.len());
    let mut parts = vec![match (working, all) {
        (1, 1) => "the vantage point works".to_owned(),
        (working, all) if working == all => format!("all {all} vantage points work"),
        (working, 1) => format!("{working} of 1 vantage point works"),
        (working, all) => format!("{working} of {all} vantage points {}", if working == 1 { "works" } else { "work" }),
    }];
    for (severity, one, many) in [(Severity::Error, "cause", "causes"), (Severity::Warning, "warning", "warnings")] {
        let groups = || comparison.groups.iter().filter(move |group| group.severity == severity);
        let each: Vec<String> =
            groups().map(|group| format!("{} at {}", group.id.unwrap_or("?"), group.members.len())).collect();
        if !each.is_empty() {
            parts.push(format!("{} ({})", count(each.len(), one, many), each.join(", ")));
        }
    }
    let unfinished = comparison.vantages.iter().filter(|vantage| !vantage.is_complete).count();
    if unfinished > 0 {
        parts.push(format!("{} ended early", count(unfinished, "run", "runs")));
    }
    if !comparison.unread.is_empty() {
        parts.push(format!("{} cannot be read", count(comparison.unread.len(), "file", "files")));
    }
    parts.join(" · ")
}

struct Writer<'a> {
    page: Page,
    comparison: &'a Comparison,
    is_long: bool,
}

impl Writer<'_> {
    fn group(&mut self, group: &Group) {
        self.page.gap();
        let lead = self.page.paint(ink(group.severity), &mark(group)).into_owned();
        let columns = mark(group).chars().count() + 2;
        self.page.hanging(&format!("{lead}  "), columns, &titled(group), Ink::Bold);
        let ranges = ranges(group.members.iter().map(String::as_str));
        let most = if self.is_long { usize::MAX } else { MOST_RANGES };
        let where_ =
            format!("{} of {}: {}", group.members.len(), self.comparison.vantages.len(), first_of(&ranges, most));
        self.page.labelled("where", &where_);
        self.page.labelled("saw", &group.observed);
        for difference in &group.differences {
            self.page.labelled("differs", &differs(group, difference));
        }
        if group.differences.is_empty() && group.compared_with > 0 {
            self.page.labelled("differs", &format!("nothing in the evidence differs from {}", compared(group)));
        }
        if !group.alternatives.is_empty() {
            self.page.labelled("or", &group.alternatives.join(", "));
        }
        self.page.labelled("do", &group.remedy);
        self.page.commands(&group.commands);
    }

    fn verdict(&mut self) {
        self.page.gap();
        let verdict = verdict(self.comparison);
        self.page.parts("", 0, &verdict);
    }
}

fn mark(group: &Group) -> String {
    format!("{} {}", sign(group.severity), group.id.unwrap_or("?"))
}

/// Returns the cause with what has to be changed.
fn titled(group: &Group) -> String {
    match &group.subject {
        Some((kind, value)) => format!("{} ({})", group.title, called_with(*kind, value)),
        None => group.title.clone(),
    }
}

/// Returns a value with its kind; some values say their kind themselves.
fn called_with(kind: TraitKind, value: &str) -> String {
    match kind {
        TraitKind::Credential => value.to_owned(),
        TraitKind::Proxy if value == "direct" => "without a proxy".to_owned(),
        kind => format!("{kind} {value}"),
    }
}

fn differs(group: &Group, difference: &Difference) -> String {
    let here = values(&difference.here, group.members.len());
    let elsewhere = values(&difference.elsewhere, group.compared_with);
    format!("{}: {here} here; {elsewhere} at {}", difference.kind, compared(group))
}

fn compared(group: &Group) -> String {
    let number = group.compared_with;
    match (group.compared_with_working, number) {
        (true, 1) => "the one that works".to_owned(),
        (true, _) => format!("the {number} that work"),
        (false, 1) => "the other one".to_owned(),
        (false, _) => format!("the {number} others"),
    }
}

/// Returns values, each with its number unless it is the only one.
fn values(values: &[ValueCount], all: usize) -> String {
    let each: Vec<String> = values
        .iter()
        .map(
            |value| if value.count == all { value.value.clone() } else { format!("{} ({})", value.value, value.count) },
        )
        .collect();
    first_of(&each, MOST_VALUES)
}

/// More ranges of names than this say no more about a group.
const MOST_RANGES: usize = 8;

/// More values than this say no more about the others.
const MOST_VALUES: usize = 4;
