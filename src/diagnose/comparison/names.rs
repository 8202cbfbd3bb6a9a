//! The names of vantage points: their order, and many of them in few words.

use std::cmp::Ordering;

/// Compares names as a reader does: numbers by their value.
pub(super) fn order(one: &str, other: &str) -> Ordering {
    let (mut a, mut b) = (one, other);
    loop {
        let ((head, number, rest), (other_head, other_number, other_rest)) = (split(a), split(b));
        let ordering = head.cmp(other_head).then_with(|| by_value(number, other_number));
        if ordering != Ordering::Equal {
            return ordering;
        }
        if rest.is_empty() || other_rest.is_empty() {
            return rest.len().cmp(&other_rest.len()).then_with(|| one.cmp(other));
        }
        (a, b) = (rest, other_rest);
    }
}

/// Returns names in few words: those that count up are one range, `node-1 to node-40`.
pub(crate) fn ranges<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut runs: Vec<(&str, &str)> = Vec::new();
    for name in names {
        match runs.last_mut() {
            Some((_, last)) if follows(last, name) => *last = name,
            _ => runs.push((name, name)),
        }
    }
    runs.into_iter()
        .map(|(first, last)| if first == last { first.to_owned() } else { format!("{first} to {last}") })
        .collect()
}

/// Returns whether the last number of a name is one more than that of another name, which is the same otherwise.
fn follows(earlier: &str, name: &str) -> bool {
    let (Some((head, number, tail)), Some((other_head, other_number, other_tail))) = (last(earlier), last(name)) else {
        return false;
    };
    let is_next = match (number.parse::<u64>(), other_number.parse::<u64>()) {
        (Ok(number), Ok(other)) => number.checked_add(1) == Some(other),
        _ => false,
    };
    head == other_head && tail == other_tail && is_next
}

/// Splits a name at its first number.
fn split(name: &str) -> (&str, &str, &str) {
    let start = name.find(|c: char| c.is_ascii_digit()).unwrap_or(name.len());
    let (head, rest) = name.split_at(start);
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (number, rest) = rest.split_at(end);
    (head, number, rest)
}

/// Splits a name at its last number.
fn last(name: &str) -> Option<(&str, &str, &str)> {
    let end = name.rfind(|c: char| c.is_ascii_digit())? + 1;
    let start = name[..end]
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |at| at + name[at..].chars().next().map_or(1, char::len_utf8));
    Some((&name[..start], &name[start..end], &name[end..]))
}

/// Compares two numbers of any length.
fn by_value(one: &str, other: &str) -> Ordering {
    let (a, b) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_ordered_by_value() {
        let mut names = ["node-10", "node-9", "a/2", "node-1", "a/10", "node", "é-3", "node-09", "", "1"];
        names.sort_by(|one, other| order(one, other));
        assert_eq!(names, ["", "1", "a/2", "a/10", "node", "node-1", "node-09", "node-9", "node-10", "é-3"]);
    }

    #[test]
    fn names_that_count_up_are_one_range() {
        let names = ["eu/node-1", "eu/node-2", "eu/node-3", "eu/node-5", "us/node-6", "é9", "é10", "x"];
        assert_eq!(ranges(names), ["eu/node-1 to eu/node-3", "eu/node-5", "us/node-6", "é9 to é10", "x"]);
        assert_eq!(ranges(["18446744073709551615", "18446744073709551616"]).len(), 2);
        assert_eq!(ranges([]), [""; 0]);
    }
}
