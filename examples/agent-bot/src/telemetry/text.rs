//! The text format.

use std::fmt::Write as _;

use super::{BOUNDS, Series};

/// Every metric with what it says.
pub const HELP: &[(&str, &str)] = &[
    ("imchat_bot_ack_margin_seconds", "The least time that was left of the platform's or the provider's deadline"),
    ("imchat_bot_ack_seconds", "From a request's head to its answer"),
    ("imchat_bot_attempts_total", "Attempts at jobs by what became of them"),
    ("imchat_bot_attempt_seconds", "How long attempts at jobs took"),
    ("imchat_bot_clicks_total", "Presses of approval buttons by their answers"),
    ("imchat_bot_dead_letters", "Dead letters that wait for somebody"),
    ("imchat_bot_declined_total", "Messages that were not worked on"),
    ("imchat_bot_deliveries_total", "Proved deliveries by what the inbox said"),
    ("imchat_bot_hook_events_total", "Events of hooks that are said in their places"),
    ("imchat_bot_ignored_total", "Jobs that asked for nothing"),
    ("imchat_bot_model_tokens_total", "Tokens that the model read and wrote"),
    ("imchat_bot_outbox_depth", "Messages that are still to be said"),
    ("imchat_bot_plans", "Plans by where they stand"),
    ("imchat_bot_queue_age_seconds", "The age of the oldest job that is due"),
    ("imchat_bot_queue_depth", "Jobs that are not finished"),
    ("imchat_bot_rejected_total", "Refused requests by reason"),
    ("imchat_bot_secret_total", "Proved deliveries by the secret that matched: 0 is the current one"),
    ("imchat_bot_turn_seconds", "How long turns took, the model's time included"),
    ("imchat_bot_turns_total", "Turns by how they ended"),
];

/// A value that is looked up when it is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Gauge {
    /// The metric.
    pub name: &'static str,
    /// Its labels, names and values.
    pub labels: Vec<(&'static str, &'static str)>,
    /// What it is now.
    pub value: f64,
}

/// `{a="b"}`, or nothing.
pub(super) fn labels(labels: &[(&'static str, &str)]) -> String {
    let each: Vec<_> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    if each.is_empty() { String::new() } else { format!("{{{}}}", each.join(",")) }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

pub(super) fn written(series: &Series, gauges: &[Gauge]) -> String {
    let mut out = String::new();
    for (metric, help) in HELP {
        let mut lines = String::new();
        let mut kind = "counter";
        for ((_, written), count) in series.counters.iter().filter(|((name, _), _)| name == metric) {
            put(&mut lines, metric, written, *count as f64);
        }
        for ((_, written), least) in series.least.iter().filter(|((name, _), _)| name == metric) {
            kind = "gauge";
            put(&mut lines, metric, written, *least);
        }
        for gauge in gauges.iter().filter(|gauge| gauge.name == *metric) {
            kind = "gauge";
            put(&mut lines, metric, &labels(&gauge.labels), gauge.value);
        }
        for ((_, written), times) in series.times.iter().filter(|((name, _), _)| name == metric) {
            kind = "histogram";
            for (bound, count) in BOUNDS.iter().zip(times.buckets) {
                put(&mut lines, &format!("{metric}_bucket"), &with_bound(written, &bound.to_string()), count as f64);
            }
            put(&mut lines, &format!("{metric}_bucket"), &with_bound(written, "+Inf"), times.count as f64);
            put(&mut lines, &format!("{metric}_sum"), written, times.seconds);
            put(&mut lines, &format!("{metric}_count"), written, times.count as f64);
        }
        if !lines.is_empty() {
            // Writing to a text does not fail.
            let _ = write!(out, "# HELP {metric} {help}\n# TYPE {metric} {kind}\n{lines}");
        }
    }
    out
}

fn put(lines: &mut String, name: &str, labels: &str, value: f64) {
    let _ = writeln!(lines, "{name}{labels} {value}");
}

fn with_bound(labels: &str, bound: &str) -> String {
    match labels.strip_suffix('}') {
        Some(labels) => format!("{labels},le=\"{bound}\"}}"),
        None => format!("{{le=\"{bound}\"}}"),
    }
}
