use super::*;

#[test]
fn counters_gauges_and_histograms_are_written_as_prometheus_reads_them() {
    let telemetry = Telemetry::default();
    telemetry.count("imchat_bot_turns_total", &[("ended", "said")], 2);
    telemetry.count("imchat_bot_turns_total", &[("ended", "a\"b\\c\n")], 1);
    telemetry.time("imchat_bot_turn_seconds", &[], Duration::from_millis(4));
    telemetry.time("imchat_bot_turn_seconds", &[], Duration::from_secs(60));
    telemetry.least("imchat_bot_ack_margin_seconds", &[("platform", "slack")], 2.5);
    telemetry.least("imchat_bot_ack_margin_seconds", &[("platform", "slack")], 2.75);
    let depth = Gauge { name: "imchat_bot_queue_depth", labels: vec![("state", "ready")], value: 3.0 };
    let text = telemetry.text(&[depth]);
    for line in [
        "# TYPE imchat_bot_turns_total counter\n",
        "imchat_bot_turns_total{ended=\"said\"} 2\n",
        "imchat_bot_turns_total{ended=\"a\\\"b\\\\c\\n\"} 1\n",
        "# TYPE imchat_bot_turn_seconds histogram\n",
        "imchat_bot_turn_seconds_bucket{le=\"0.0025\"} 0\n",
        "imchat_bot_turn_seconds_bucket{le=\"0.005\"} 1\n",
        "imchat_bot_turn_seconds_bucket{le=\"10\"} 1\n",
        "imchat_bot_turn_seconds_bucket{le=\"+Inf\"} 2\n",
        "imchat_bot_turn_seconds_count 2\n",
        "imchat_bot_ack_margin_seconds{platform=\"slack\"} 2.5\n",
        "# TYPE imchat_bot_queue_depth gauge\n",
        "imchat_bot_queue_depth{state=\"ready\"} 3\n",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    assert_eq!(telemetry.sum("imchat_bot_turns_total"), 3);
}

#[test]
fn what_was_never_counted_is_not_there() {
    assert_eq!(Telemetry::default().text(&[]), "");
}
