//! The lines of a log and the times at which they begin.

/// The lines of a text, found by offset. The first line is 1.
pub(super) struct Lines<'a> {
    starts: Vec<usize>,
    /// The time of each line, if it has one.
    times: Vec<Option<&'a str>>,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { starts, times: text.split('\n').map(|line| time(line).filter(|time| !has_long_number(time))).collect() }
    }

    /// Returns the line at an offset.
    pub(super) fn at(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }

    /// Returns the offset at which a line begins.
    pub(super) fn start(&self, number: usize) -> usize {
        self.starts.get(number.wrapping_sub(1)).copied().unwrap_or_default()
    }

    fn own_time(&self, number: usize) -> Option<&'a str> {
        self.times.get(number.wrapping_sub(1)).copied().flatten()
    }

    pub(super) fn has_time(&self, number: usize) -> bool {
        self.own_time(number).is_some()
    }

    /// Returns the time of a line, or of the nearest of the lines before it.
    pub(super) fn time(&self, number: usize) -> Option<String> {
        self.nearest(number).map(|time| time.replace('t', "T").replace('z', "Z"))
    }

    fn nearest(&self, number: usize) -> Option<&'a str> {
        (number.saturating_sub(FURTHEST)..=number).rev().find_map(|number| self.own_time(number))
    }

    /// Returns the seconds between a line and the nearest line before it that has a time of its own.
    pub(super) fn silence(&self, number: usize) -> Option<f64> {
        let before = (1..number).rev().take(FURTHEST).find(|number| self.has_time(*number))?;
        self.gap(before, number)
    }

    /// Returns the seconds between two lines, if both have a time of one form.
    pub(super) fn gap(&self, first: usize, second: usize) -> Option<f64> {
        Some((seconds(self.nearest(second)?)? - seconds(self.nearest(first)?)?).abs())
    }
}

/// Returns the seconds since midnight, or since the trace began.
fn seconds(time: &str) -> Option<f64> {
    if let Some(milliseconds) = time.strip_suffix("ms") {
        return milliseconds.parse::<f64>().ok().map(|value| value / 1000.0);
    }
    if !time.contains(':') {
        return time.parse().ok();
    }
    let clock = time.rsplit(['t', ' ']).next()?;
    let clock = clock.split(['z', '+', '-']).next()?;
    let mut parts = clock.split(':');
    let mut next = || parts.next().map(|part| part.replace(',', ".")).and_then(|part| part.parse::<f64>().ok());
    Some(next()? * 3600.0 + next()? * 60.0 + next()?)
}

/// The number of lines without a time that belong to the line before them, such as a stack trace.
const FURTHEST: usize = 40;

/// The part of a line in which its time stands.
const LEAD: usize = 160;

/// Returns the time in a lower-case line: `2026-11-29t18:09:10.741z`, `2026-11-29 18:09:10,741`, `11-29 18:09:10.741`,
/// `18:09:10`, or the milliseconds of a trace of the native SDK (`[584524]: 132ms spx_trace_info`).
fn time(line: &str) -> Option<&str> {
    let is_json = line.trim_start().starts_with('{');
    if let Some(time) = Some(line).filter(|_| is_json).and_then(field) {
        return Some(time);
    }
    let lead = line.char_indices().nth(LEAD).map_or(line, |(end, _)| &line[..end]);
    if let Some((before, _)) = lead.split_once("ms spx_") {
        let start = before.len() - before.bytes().rev().take_while(u8::is_ascii_digit).count();
        return Some(&lead[start..before.len() + 2]).filter(|time| time.len() > 2);
    }
    let bytes = lead.as_bytes();
    let digits = |at: usize, count: usize| (at..at + count).all(|at| bytes.get(at).is_some_and(u8::is_ascii_digit));
    let is = |at: usize, expected: &[u8]| bytes.get(at).is_some_and(|byte| expected.contains(byte));
    let clock = (0..bytes.len()).find(|&at| {
        let is_free = at == 0 || !is(at - 1, b"0123456789:");
        is_free && digits(at, 2) && is(at + 2, b":") && digits(at + 3, 2) && is(at + 5, b":") && digits(at + 6, 2)
    })?;
    let mut end = clock + 8;
    if is(end, b".,") && digits(end + 1, 1) {
        end += 1;
        while digits(end, 1) {
            end += 1;
        }
    }
    if is(end, b"z") {
        end += 1;
    } else if is(end, b"+-") && digits(end + 1, 2) {
        end += 3;
        if is(end, b":") && digits(end + 1, 2) {
            end += 3;
        } else if digits(end, 2) {
            end += 2;
        }
    }
    let mut start = clock;
    if clock > 0 && is(clock - 1, b"t ") {
        let day = (clock - 1).saturating_sub(10);
        let is_date = |at: usize| {
            digits(at, 4) && is(at + 4, b"-/") && digits(at + 5, 2) && is(at + 7, b"-/") && digits(at + 8, 2)
        };
        let short = clock.saturating_sub(6);
        if clock > 10 && is_date(day) {
            start = day;
        } else if clock > 5 && digits(short, 2) && is(short + 2, b"-/") && digits(short + 3, 2) {
            start = short;
        }
    }
    lead.get(start..end)
}

/// Returns whether a text holds a number that is too long for a time, as a key may be.
fn has_long_number(time: &str) -> bool {
    time.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() > LONGEST_NUMBER)
}

/// The number of digits of nanoseconds since 1970.
const LONGEST_NUMBER: usize = 19;

/// Returns the time of a line of JSON, which may stand at its end.
fn field(line: &str) -> Option<&str> {
    let value = FIELDS.iter().find_map(|name| {
        let rest = &line[line.find(name)? + name.len()..];
        rest.trim_start_matches([' ', ':']).strip_prefix('"').or(Some(rest.trim_start_matches([' ', ':'])))
    })?;
    let end = value.find(['"', ',', '}']).unwrap_or(value.len());
    let is_time = |c: char| c.is_ascii_digit() || matches!(c, '-' | ':' | '.' | 't' | 'z' | '+' | ' ');
    Some(&value[..end]).filter(|value| (8..=40).contains(&value.len()) && value.chars().all(is_time))
}

/// The names under which loggers write the time.
const FIELDS: [&str; 5] = ["\"timestamp\"", "\"@timestamp\"", "\"time\"", "\"ts\"", "\"@t\""];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_line_is_found_in_the_forms_of_many_logs() {
        for (line, expected) in [
            ("2026-11-29t18:09:10.741z | connectionstartevent", Some("2026-11-29t18:09:10.741z")),
            ("2026-11-29 18:09:10,741 - azure - error", Some("2026-11-29 18:09:10,741")),
            ("[584524]: 132ms spx_trace_error:  web_socket.cpp:712", Some("132ms")),
            ("11-29 18:09:10.741  1234  5678 e speech", Some("11-29 18:09:10.741")),
            ("{\"time\":\"2026-11-29t18:09:10+01:00\",\"level\":50}", Some("2026-11-29t18:09:10+01:00")),
            (
                "{\"message\":\"at 10:00:00 x\",\"timestamp\": \"2026-11-29t18:09:10.7+00:00\"}",
                Some("2026-11-29t18:09:10.7+00:00"),
            ),
            ("{\"level\":\"info\",\"ts\":1793186431.898998,\"caller\":1}", Some("1793186431.898998")),
            ("[18:09:10 err] upgrade failed", Some("18:09:10")),
            ("nov 29 18:09:10 host app[12]: x", Some("18:09:10")),
            ("2026/11/29 18:09:10 dial tcp", Some("2026/11/29 18:09:10")),
            ("   at system.net.http (line 12:30)", None),
            ("aa:bb:cc 12:345:67", None),
            ("", None),
            ("ms spx_", None),
            ("¸132ms spx_trace_info", Some("132ms")),
            ("¸ms spx_trace_info", None),
            ("é18:09:10", Some("18:09:10")),
        ] {
            assert_eq!(time(line), expected, "{line}");
        }
    }

    #[test]
    fn a_line_without_a_time_has_that_of_the_line_before() {
        let lines = Lines::of("18:00:01 a\n  at b\n18:00:02 c");
        assert_eq!((lines.at(0), lines.at(10), lines.at(11), lines.at(18)), (1, 1, 2, 3));
        assert_eq!(lines.time(2).as_deref(), Some("18:00:01"));
        assert!(!lines.has_time(2) && lines.has_time(3));
        assert_eq!(lines.gap(2, 3), Some(1.0));
        assert_eq!(
            Lines::of("[1]: 900ms spx_x\n[1]: 1100ms spx_x").gap(1, 2).map(|gap| (gap * 10.0).round()),
            Some(2.0)
        );
        let zones = Lines::of("2026-11-29t18:00:01.5+01:00 a\n2026-11-29 18:00:03,5 b\n[1]: 1ms spx_x");
        assert_eq!((zones.gap(1, 2), zones.gap(1, 3).is_some()), (Some(2.0), true));
        assert_eq!(Lines::of("").time(1), None);
        let key = "01234567890123456789012345678901";
        for line in [format!("18:09:10.{key} x"), format!("{key}ms spx_x"), format!("{{\"ts\":{key}}}")] {
            assert_eq!(Lines::of(&line).time(1), None, "{line}");
        }
    }
}
