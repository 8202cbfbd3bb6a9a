//! The format of saved evidence: times as RFC 3339, durations as milliseconds, and the spellings of version 1.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer};

use super::clock::rfc3339;
use crate::resolve::scenario::Scenario;

/// Durations as milliseconds with three digits.
pub(crate) mod millis {
    use super::Duration;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(super::milliseconds(*duration))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let millis = f64::deserialize(deserializer)?;
        Duration::try_from_secs_f64(millis / 1000.0).map_err(serde::de::Error::custom)
    }
}

/// Times as `2026-01-01T00:00:00Z`.
pub(crate) mod time {
    use super::SystemTime;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::rfc3339(*time))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::from_rfc3339(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("`{text}` is not a time: expected something like `2026-01-01T00:00:00Z`"))
        })
    }
}

/// Reads a scenario. In version 1, that of a resource that could not be read is empty.
pub(super) fn scenario<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Scenario>, D::Error> {
    let id = Option::<String>::deserialize(deserializer)?.filter(|id| !id.is_empty());
    id.map(Scenario::try_from).transpose().map_err(serde::de::Error::custom)
}

/// Milliseconds with three digits after the point.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// Reads what [`rfc3339`] writes.
pub(crate) fn from_rfc3339(text: &str) -> Option<SystemTime> {
    let bytes = text.as_bytes();
    if bytes.len() != 20 || [4, 7, 10, 13, 16, 19].map(|i| bytes[i]) != *b"--T::Z" {
        return None;
    }
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).ok()?))?;
    (rfc3339(time) == text).then_some(time)
}

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "UPDATE_GOLDEN is read from the environment")]
mod tests {
    use serde::Serialize as _;

    use super::super::{Companion, Evidence, Fault, Retry};
    use super::*;

    #[test]
    fn times_are_written_and_read_back() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_868_799, "2000-02-29T23:59:59Z"),
            (1_767_225_600, "2026-01-01T00:00:00Z"),
            (4_102_444_799, "2099-12-31T23:59:59Z"),
        ] {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(rfc3339(time), text);
            assert_eq!(from_rfc3339(text), Some(time), "{text}");
        }
        for wrong in
            ["", "2026-02-30T00:00:00Z", "2026-01-01 00:00:00Z", "2026-01-01T00:00:0éZ", "+026-01-01T00:00:00Z"]
        {
            assert_eq!(from_rfc3339(wrong), None, "{wrong}");
        }
    }

    fn read(folder: &str, name: &str) -> String {
        let path = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder).join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// `UPDATE_GOLDEN=1` writes the files of `tests/evidence` in the current version.
    #[test]
    fn the_evidence_of_the_tests_is_in_the_current_version() {
        let folder = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/evidence");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let evidence: Evidence = serde_json::from_str(&text).unwrap();
            let mut written = Vec::new();
            let format = serde_json::ser::PrettyFormatter::with_indent(b" ");
            evidence.serialize(&mut serde_json::Serializer::with_formatter(&mut written, format)).unwrap();
            let written = String::from_utf8(written).unwrap() + "\n";
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                std::fs::write(&path, written).unwrap();
            } else {
                assert_eq!(text, written, "{}: UPDATE_GOLDEN=1 writes it again", path.display());
            }
        }
    }

    #[test]
    fn version_1_is_read_and_a_newer_version_is_refused() {
        let evidence: Evidence = serde_json::from_str(&read("evidence-version-1", "configuration.json")).unwrap();
        assert_eq!(evidence.resource.scenario, None);
        let evidence: Evidence = serde_json::from_str(&read("evidence-version-1", "wrong-key.json")).unwrap();
        assert_eq!(evidence.second_key.unwrap().fault, Some(Fault::new("CFG10", "the key has a blank")));
        let tries = &evidence.traces[0].auth.found().unwrap().tries;
        let retries: Vec<Retry> = tries.iter().map(|other| other.retry).collect();
        assert_eq!(retries, [Retry::IssueToken, Retry::SecondKey, Retry::OwnHost]);
        let companion = evidence.traces.last().unwrap();
        assert_eq!(companion.target.purpose, Some(Companion::TokenAuthority));
        let reference = companion.tcp.found().unwrap().reference.as_ref().unwrap();
        assert_eq!((reference.host.as_str(), reference.is_connected()), ("www.microsoft.com", true));
        let newer = read("evidence", "configuration.json").replace("\"schema_version\": 2", "\"schema_version\": 3");
        let error = serde_json::from_str::<Evidence>(&newer).unwrap_err().to_string();
        assert!(
            error.starts_with("the evidence has schema version 3, but this program reads versions 1 to 2"),
            "{error}"
        );
    }
}
