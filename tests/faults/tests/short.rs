//! Short runs of the harness: what must hold holds, and designs that lose are seen to lose.
#![allow(missing_docs, clippy::expect_used, clippy::panic, reason = "a test that is broken should stop at once")]

use std::process::Command;

use imchat_test_servers::PostgresServer;

/// The last line of a run, and whether it was a success.
fn run(arguments: &str) -> (String, bool) {
    let output = Command::new(env!("CARGO_BIN_EXE_imchat-faults"))
        .args(arguments.split(' '))
        .output()
        .expect("the harness cannot be started");
    let told = String::from_utf8_lossy(&output.stdout);
    let last = told.lines().last().unwrap_or_default();
    assert!(last.starts_with("faults "), "{told}{}", String::from_utf8_lossy(&output.stderr));
    (last.to_owned(), output.status.success())
}

fn count(line: &str, name: &str) -> u64 {
    let found = line.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    found.and_then(|figure| figure.parse().ok()).unwrap_or_else(|| panic!("no {name} in {line}"))
}

fn holds(arguments: &str, kills: u64) {
    let (line, success) = run(arguments);
    assert!(success, "{line}");
    assert!(count(&line, "kills") >= kills && count(&line, "acked") > 0 && count(&line, "dead") > 0, "{line}");
    for must_be_none in ["lost", "doubled", "stale_writes"] {
        assert_eq!(count(&line, must_be_none), 0, "{line}");
    }
}

#[track_caller]
fn loses(sabotage: &str, kills: u64, count_of: &str) {
    let (line, success) = run(&format!("--kills {kills} --database sqlite --sabotage {sabotage}"));
    assert!(!success && count(&line, count_of) > 0, "{line}");
}

#[test]
fn nothing_is_lost_on_sqlite() {
    holds("--kills 12 --database sqlite", 12);
}

#[test]
fn nothing_is_lost_on_postgresql() {
    // Asks whether there is one; the run starts its own.
    if PostgresServer::start().is_some() {
        holds("--kills 12 --database postgres", 12);
    }
}

#[test]
fn an_answer_before_the_commit_is_seen_to_lose() {
    loses("ack-before-commit", 12, "lost");
}

#[test]
fn a_key_for_every_attempt_is_seen_to_double() {
    loses("forget-keys", 12, "doubled");
}

#[test]
fn effects_without_fences_are_seen_to_go_stale() {
    loses("ignore-fences", 20, "stale_writes");
}
