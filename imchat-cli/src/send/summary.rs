//! What came back, counted.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::load::{Answer, Sample};
use super::plan::Plan;
use crate::report::{self, Report};
use crate::text::{counted, millis};

pub(super) struct Summary {
    target: String,
    /// How many requests were signed; each was sent as often.
    signed: u64,
    /// Whether a receiver had to refuse them.
    unacceptable: bool,
    statuses: BTreeMap<u16, usize>,
    failures: BTreeMap<&'static str, usize>,
    /// Of the requests that were answered, shortest first.
    latencies: Vec<Duration>,
}

impl Summary {
    pub(super) fn of(samples: Vec<Sample>, plan: &Plan, signed: u64) -> Self {
        Self::counted(samples, plan.target(), signed, plan.is_unacceptable())
    }

    fn counted(samples: Vec<Sample>, target: String, signed: u64, unacceptable: bool) -> Self {
        let (statuses, failures, latencies) = Default::default();
        let mut summary = Self { target, signed, unacceptable, statuses, failures, latencies };
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

    fn failed(&self) -> usize {
        self.failures.values().copied().fold(0, usize::saturating_add)
    }

    /// How many answers are not the one that a receiver owes.
    fn wrong(&self) -> usize {
        let owed = if self.unacceptable { 400..500 } else { 200..300 };
        let wrong = self.statuses.iter().filter(|(status, _)| !owed.contains(*status));
        wrong.map(|(_, count)| *count).fold(0, usize::saturating_add)
    }

    /// The nearest rank: the smallest latency that this share of the answers did not exceed.
    fn percentile(&self, percent: usize) -> Duration {
        let rank = self.latencies.len().saturating_mul(percent).div_ceil(100).max(1);
        self.latencies.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }

    /// From the shortest to the longest; nothing where nothing was answered.
    fn ranks(&self) -> Option<[(&'static str, Duration); 5]> {
        let (min, max) = (*self.latencies.first()?, *self.latencies.last()?);
        let [p50, p95, p99] = [50, 95, 99].map(|percent| self.percentile(percent));
        Some([("min", min), ("p50", p50), ("p95", p95), ("p99", p99), ("max", max)])
    }
}

impl Report for Summary {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let (answered, failed) = (self.latencies.len(), self.failed());
        let sent = answered.saturating_add(failed);
        let signed = usize::try_from(self.signed).unwrap_or(usize::MAX);
        let again = if sent > signed { format!(" ({} signed)", counted(signed, "request")) } else { String::new() };
        let (sent, target) = (counted(sent, "request"), &self.target);
        writeln!(out, "{sent} to {target}{again}: {answered} answered, {failed} without an answer")?;
        for (status, count) in &self.statuses {
            writeln!(out, "status  {status}  {count}")?;
        }
        for (reason, count) in &self.failures {
            writeln!(out, "failed  {count}  {reason}")?;
        }
        let Some(ranks) = self.ranks() else { return Ok(()) };
        let ranks = ranks.map(|(name, latency)| format!("{name} {}", millis(latency)));
        writeln!(out, "latency  {}", ranks.join("  "))
    }

    fn json(&self) -> Map<String, Value> {
        let (answered, failed) = (self.latencies.len(), self.failed());
        let failures = self.failures.iter().map(|(reason, count)| json!({"count": count, "reason": reason}));
        let statuses = self.statuses.iter().map(|(status, count)| (status.to_string(), (*count).into()));
        let ranks = self.ranks().map(|ranks| {
            ranks.map(|(name, latency)| (name.to_owned(), json!(latency.as_secs_f64() * 1000.0))).into_iter()
        });
        report::members(json!({
            "target": self.target,
            "signed": self.signed,
            "sent": answered.saturating_add(failed),
            "answered": answered,
            "statuses": statuses.collect::<Map<_, _>>(),
            "failures": failures.collect::<Vec<_>>(),
            "latency_ms": ranks.map(Iterator::collect::<Map<_, _>>),
        }))
    }

    fn fault(&self) -> Option<String> {
        let wrong = counted(self.wrong(), "answer");
        match (self.failed(), self.wrong()) {
            (0, 0) => None,
            (0, _) if self.unacceptable => Some(format!(
                "{wrong} to requests that must be refused did not refuse them with 4xx: let the receiver verify the \
                 exact bytes and the time"
            )),
            (0, _) => Some(format!(
                "{wrong} did not take an authentic request with 2xx: capture one at the receiver and look at it with \
                 `imchat explain`"
            )),
            _ => Some("some requests got no answer: see the reasons above".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(unacceptable: bool, answers: impl IntoIterator<Item = Answer>) -> Summary {
        let sample = |(nth, answer)| Sample { answer, latency: Duration::from_millis(nth) };
        let samples: Vec<Sample> = (1..).zip(answers).map(sample).collect();
        let signed = u64::try_from(samples.len()).unwrap();
        Summary::counted(samples, "http://localhost/".into(), signed, unacceptable)
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        let hundred = summary(false, (0..100).map(|_| Answer::Status(200)));
        let ranks = [50, 95, 99].map(|percent| hundred.percentile(percent).as_millis());
        assert_eq!(ranks, [50, 95, 99]);
        assert_eq!(summary(false, [Answer::Status(200)]).percentile(99).as_millis(), 1);
    }

    #[test]
    fn statuses_and_failures_are_counted_apart() {
        let summary = summary(false, [Answer::Status(200), Answer::None("no connection"), Answer::Status(401)]);
        let mut out = Vec::new();
        summary.text(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("3 requests to http://localhost/: 2 answered, 1 without an answer\n"), "{text}");
        assert!(
            text.contains("status  200  1\nstatus  401  1\nfailed  1  no connection\nlatency  min 1.0 ms"),
            "{text}"
        );
        assert!(summary.fault().unwrap().contains("no answer"));
    }

    #[test]
    fn what_a_receiver_owes_depends_on_what_it_was_sent() {
        let fault = |unacceptable, status| summary(unacceptable, [Answer::Status(status)]).fault();
        assert_eq!([200, 204].map(|status| fault(false, status)), [None, None]);
        assert_eq!([400, 401].map(|status| fault(true, status)), [None, None]);
        assert!([302, 401, 503].into_iter().all(|status| fault(false, status).is_some()));
        assert!([200, 302, 503].into_iter().all(|status| fault(true, status).is_some()));
    }
}
