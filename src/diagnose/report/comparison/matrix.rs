//! The matrix of vantage points and services.

use std::fmt::Write as _;

use crate::diagnose::comparison::{Comparison, ServiceOutcome, ServicePlace, Vantage, ranges};
use crate::diagnose::redact::plain;
use crate::diagnose::report::page::{Ink, Page};
use crate::diagnose::stage::Stage;

/// Vantage points with what each service did there; `None` where it was not checked.
type Row<'a> = (Vec<&'a str>, Vec<Option<ServiceOutcome>>);

/// Writes one row for the vantage points at which every service does the same, or with `is_long` one for each.
pub(super) fn write(page: &mut Page, comparison: &Comparison, is_long: bool) {
    let services = &comparison.services;
    if services.is_empty() {
        return;
    }
    let rows = rows(comparison, is_long);
    let labels: Vec<String> = rows.iter().map(|(names, _)| label(names, comparison.vantages.len())).collect();
    let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or_default();
    let names: Vec<String> = services.iter().map(|place| called(services, place)).collect();
    let numbers: Vec<String> = (1..=services.len()).map(|number| format!("[{number}]")).collect();
    let fits =
        |heads: &[String]| longest + widths(&rows, heads).iter().map(|width| width + 2).sum::<usize>() <= page.width();
    let is_numbered = !fits(&names);
    let heads = if is_numbered { &numbers } else { &names };
    if is_numbered {
        for (number, name) in numbers.iter().zip(&names) {
            page.hanging(&format!("{number} "), number.len() + 1, name, Ink::Plain);
        }
        page.gap();
    }
    let widths = widths(&rows, heads);
    let mut line = " ".repeat(longest);
    for (head, width) in heads.iter().zip(&widths) {
        let _ = write!(line, "  {:<width$}", plain(head));
    }
    let head = page.paint(Ink::Dim, line.trim_end()).into_owned();
    page.line(&head);
    for ((_, row), label) in rows.iter().zip(&labels) {
        let mut line = format!("{:<longest$}", plain(label));
        for (outcome, width) in row.iter().zip(&widths) {
            let (text, ink) = cell(*outcome);
            let blanks = width.saturating_sub(text.chars().count());
            let _ = write!(line, "  {}{}", page.paint(ink, &text), " ".repeat(blanks));
        }
        page.line(&line);
    }
}

fn rows(comparison: &Comparison, is_long: bool) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for vantage in &comparison.vantages {
        let outcomes: Vec<_> = comparison.services.iter().map(|place| outcome(vantage, place)).collect();
        match rows.iter_mut().find(|(_, other)| !is_long && *other == outcomes) {
            Some((names, _)) => names.push(&vantage.name),
            None => rows.push((vec![&vantage.name], outcomes)),
        }
    }
    if !is_long {
        // Stable: rows of one size stay in the order of their first names.
        rows.sort_by_key(|(names, _)| std::cmp::Reverse(names.len()));
    }
    rows
}

/// Returns the result of a service; one that was checked at the same host twice has the worse one.
fn outcome(vantage: &Vantage, place: &ServicePlace) -> Option<ServiceOutcome> {
    vantage.services.iter().filter(|state| state.place == *place).map(|state| state.outcome).max()
}

/// Returns the name of the only vantage point of a row, or their number with the first names.
fn label(names: &[&str], all: usize) -> String {
    let text = match names {
        [only] => (*only).to_owned(),
        names => {
            let width = all.to_string().len();
            let ranges = ranges(names.iter().copied());
            let more = if ranges.len() > 1 { ", …" } else { "" };
            format!("{:>width$}  {}{more}", names.len(), ranges[0])
        }
    };
    if text.chars().count() <= LONGEST_LABEL {
        return text;
    }
    let start: String = text.chars().take(LONGEST_LABEL - 1).collect();
    format!("{start}…")
}

/// Returns a service, with its host where the service is at several.
fn called(services: &[ServicePlace], place: &ServicePlace) -> String {
    let is_everywhere = services.iter().filter(|other| other.service == place.service).count() > 1;
    if is_everywhere { format!("{} at {}", place.service, place.host) } else { place.service.clone() }
}

fn widths(rows: &[Row<'_>], heads: &[String]) -> Vec<usize> {
    let longest = |column: usize| rows.iter().map(move |(_, row)| cell(row[column]).0.chars().count()).max();
    let widths = heads.iter().enumerate().map(|(column, head)| head.chars().count().max(longest(column).unwrap_or(0)));
    widths.collect()
}

fn cell(outcome: Option<ServiceOutcome>) -> (String, Ink) {
    match outcome {
        None => ("-".to_owned(), Ink::Dim),
        Some(ServiceOutcome::Works) => ("✓".to_owned(), Ink::Good),
        Some(ServiceOutcome::Warned { id }) => (format!("! {id}"), Ink::Warn),
        Some(ServiceOutcome::Fails { id: Some(id), .. }) => (format!("× {id}"), Ink::Bad),
        Some(ServiceOutcome::Fails { id: None, stage }) => (format!("× ? {}", stage.map_or("", Stage::id)), Ink::Bad),
        Some(ServiceOutcome::Unfinished) => ("· not finished".to_owned(), Ink::Dim),
    }
}

/// The columns of a label.
const LONGEST_LABEL: usize = 40;
