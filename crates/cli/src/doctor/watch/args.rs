//! The arguments of `doctor --watch`.
#![allow(clippy::doc_markdown, reason = "doc comments here are help, read in a terminal")]

use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::str::FromStr;
use std::time::Duration;

use clap::Args as ClapArgs;

use crate::args::seconds;

/// The arguments of a watch.
#[derive(Debug, Default, ClapArgs)]
#[command(next_help_heading = "Watch")]
pub(crate) struct WatchArgs {
    /// Repeat the run until Ctrl-C, and report only changes
    #[arg(long, conflicts_with_all = ["from", "save", "plan", "expect_denied", "share"])]
    pub(crate) watch: bool,
    /// Time from the start of a run to the start of the next, for example 30s or 5m [default: 60s]
    #[arg(long, value_name = "TIME", requires = "watch")]
    pub(crate) every: Option<Interval>,
    /// End after N runs
    #[arg(long, value_name = "N", requires = "watch")]
    pub(crate) runs: Option<NonZeroU64>,
    /// Serve metrics at http://ADDRESS/metrics for Prometheus; 127.0.0.1:9464 if no address is given
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:9464", requires = "watch")]
    pub(crate) metrics: Option<SocketAddr>,
    /// Send traces and metrics of each run to an OpenTelemetry collector [env: OTEL_EXPORTER_OTLP_ENDPOINT]
    #[cfg(feature = "otlp")]
    #[arg(long, value_name = "URL", requires = "watch")]
    pub(crate) otlp: Option<String>,
}

impl WatchArgs {
    pub(super) fn interval(&self) -> Duration {
        self.every.map_or(DEFAULT_INTERVAL, |interval| interval.0)
    }
}

/// The time from the start of a run to the start of the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interval(pub(crate) Duration);

impl FromStr for Interval {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let seconds = seconds(text).ok_or(EXPECTED_INTERVAL)?;
        let is_sensible = (0.0..=LONGEST).contains(&seconds);
        let duration = is_sensible.then(|| Duration::try_from_secs_f64(seconds).ok()).flatten();
        duration.map(Self).ok_or(EXPECTED_INTERVAL)
    }
}

const EXPECTED_INTERVAL: &str = "expected a time of at most 24 hours, like `30`, `30s`, `5m` or `1h`";

const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);

/// A day.
const LONGEST: f64 = 86_400.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_has_a_unit_or_is_in_seconds() {
        let read = |text: &str| text.parse::<Interval>().ok().map(|interval| interval.0.as_secs_f64());
        for (text, seconds) in
            [("60", 60.0), ("30s", 30.0), ("0.2s", 0.2), ("5m", 300.0), ("24h", 86_400.0), ("0", 0.0)]
        {
            assert_eq!(read(text), Some(seconds), "{text}");
        }
        for wrong in ["", "s", "-1", "25h", "1d", "5 m", "nan", "inf", "1e9", "ém"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
