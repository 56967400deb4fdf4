//! What came back, counted.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use super::load::{Answer, Sample};
use crate::text::{counted, millis};

pub(super) struct Summary {
    statuses: BTreeMap<u16, usize>,
    failures: BTreeMap<&'static str, usize>,
    /// Of the requests that were answered, shortest first.
    latencies: Vec<Duration>,
}

impl Summary {
    pub(super) fn of(samples: Vec<Sample>) -> Self {
        let mut summary = Self { statuses: BTreeMap::new(), failures: BTreeMap::new(), latencies: Vec::new() };
        for sample in samples {
            let count = match sample.answer {
                Answer::Status(status) => {
                    summary.latencies.push(sample.latency);
                    summary.statuses.entry(status).or_default()
                }
                Answer::None(reason) => summary.failures.entry(reason).or_default(),
            };
            *count = count.saturating_add(1);
        }
        summary.latencies.sort_unstable();
        summary
    }

    pub(super) fn all_answered(&self) -> bool {
        self.failures.is_empty()
    }

    pub(super) fn write(&self, target: &str, out: &mut dyn Write) -> io::Result<()> {
        let failed: usize = self.failures.values().sum();
        let answered = self.latencies.len();
        let sent = counted(answered.saturating_add(failed), "request");
        writeln!(out, "{sent} to {target}: {answered} answered, {failed} without an answer")?;
        for (status, count) in &self.statuses {
            writeln!(out, "status  {status}  {count}")?;
        }
        for (reason, count) in &self.failures {
            writeln!(out, "failed  {count}  {reason}")?;
        }
        if let (Some(min), Some(max)) = (self.latencies.first(), self.latencies.last()) {
            let [p50, p95, p99] = [50, 95, 99].map(|percent| millis(self.percentile(percent)));
            let (min, max) = (millis(*min), millis(*max));
            writeln!(out, "latency  min {min}  p50 {p50}  p95 {p95}  p99 {p99}  max {max}")?;
        }
        Ok(())
    }

    /// The nearest rank: the smallest latency that this share of the answers did not exceed.
    fn percentile(&self, percent: usize) -> Duration {
        let rank = self.latencies.len().saturating_mul(percent).div_ceil(100).max(1);
        self.latencies.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(answers: impl IntoIterator<Item = Answer>) -> Summary {
        let sample = |(nth, answer)| Sample { answer, latency: Duration::from_millis(nth) };
        Summary::of((1..).zip(answers).map(sample).collect())
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        let hundred = summary((0..100).map(|_| Answer::Status(200)));
        let ranks = [50, 95, 99].map(|percent| hundred.percentile(percent).as_millis());
        assert_eq!(ranks, [50, 95, 99]);
        assert_eq!(summary([Answer::Status(200)]).percentile(99).as_millis(), 1);
    }

    #[test]
    fn statuses_and_failures_are_counted_apart() {
        let summary = summary([Answer::Status(200), Answer::None("no connection"), Answer::Status(401)]);
        let mut out = Vec::new();
        summary.write("http://localhost/", &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("3 requests to http://localhost/: 2 answered, 1 without an answer\n"), "{text}");
        assert!(
            text.contains("status  200  1\nstatus  401  1\nfailed  1  no connection\nlatency  min 1.0 ms"),
            "{text}"
        );
        assert!(!summary.all_answered());
    }
}
