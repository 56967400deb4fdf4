//! What is counted, as Prometheus reads it.
//!
//! Labels are words of the bot's own code, or a hook's name of its configuration: no person, channel or tenant is one, so
//! that there are few series and nothing in them is anybody's business.

mod text;
mod turns;
pub mod watch;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use text::{Gauge, HELP};

/// Upper bounds of a histogram's buckets, in seconds: Slack's deadline is one of them.
const BOUNDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0, 10.0];

/// What is counted in this process; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Telemetry(Arc<Mutex<Series>>);

#[derive(Debug, Default)]
struct Series {
    counters: BTreeMap<Name, u64>,
    times: BTreeMap<Name, Times>,
    /// The lowest that there was.
    least: BTreeMap<Name, f64>,
}

/// A metric and its labels, written as they are read.
type Name = (&'static str, String);

#[derive(Debug, Clone, Copy, Default)]
struct Times {
    /// How many were at most as long as each bound.
    buckets: [u64; BOUNDS.len()],
    count: u64,
    seconds: f64,
}

impl Telemetry {
    /// Adds to a counter.
    pub fn count(&self, counter: &'static str, labels: &[(&'static str, &str)], by: u64) {
        let mut series = self.lock();
        let count = series.counters.entry((counter, text::labels(labels))).or_default();
        *count = count.saturating_add(by);
    }

    /// Adds to a histogram of seconds.
    pub fn time(&self, histogram: &'static str, labels: &[(&'static str, &str)], took: Duration) {
        let seconds = took.as_secs_f64();
        let mut series = self.lock();
        let times = series.times.entry((histogram, text::labels(labels))).or_default();
        for (bucket, bound) in times.buckets.iter_mut().zip(BOUNDS) {
            *bucket = bucket.saturating_add(u64::from(seconds <= bound));
        }
        times.count = times.count.saturating_add(1);
        times.seconds += seconds;
    }

    /// Keeps the lowest value of a gauge.
    pub fn least(&self, gauge: &'static str, labels: &[(&'static str, &str)], value: f64) {
        let mut series = self.lock();
        let least = series.least.entry((gauge, text::labels(labels))).or_insert(value);
        *least = least.min(value);
    }

    /// What a counter holds, over all of its labels.
    #[must_use]
    pub fn sum(&self, counter: &str) -> u64 {
        let series = self.lock();
        let counts = series.counters.iter().filter(|((name, _), _)| *name == counter).map(|(_, count)| *count);
        counts.fold(0, u64::saturating_add)
    }

    /// Everything, with these gauges beside it, in the text format of Prometheus:
    /// <https://prometheus.io/docs/instrumenting/exposition_formats/>.
    #[must_use]
    pub fn text(&self, gauges: &[Gauge]) -> String {
        text::written(&self.lock(), gauges)
    }

    fn lock(&self) -> MutexGuard<'_, Series> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
