//! Short runs of the harness: what must hold holds, and designs that lose are seen to lose.
#![allow(missing_docs, clippy::expect_used, clippy::panic, reason = "a test that is broken should stop at once")]

use std::process::Command;

use imchat_test_servers::{PostgresServer, RedisServer};

/// All that a run tells, its last line, and whether it was a success.
fn run(arguments: &str) -> (String, String, bool) {
    let output = Command::new(env!("CARGO_BIN_EXE_imchat-faults"))
        .args(arguments.split(' '))
        .output()
        .expect("the harness cannot be started");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let last = told.lines().last().unwrap_or_default().to_owned();
    assert!(last.starts_with("faults "), "{told}{}", String::from_utf8_lossy(&output.stderr));
    (told, last, output.status.success())
}

fn count(line: &str, name: &str) -> u64 {
    let found = line.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    found.and_then(|figure| figure.parse().ok()).unwrap_or_else(|| panic!("no {name} in {line}"))
}

/// A run in which all held: what it told, and its last line.
fn holds(arguments: &str, kills: u64) -> (String, String) {
    let (told, line, success) = run(arguments);
    assert!(success, "{told}");
    assert!(count(&line, "kills") >= kills && count(&line, "acked") > 0, "{line}");
    for must_be_none in ["lost", "doubled", "stale_writes"] {
        assert_eq!(count(&line, must_be_none), 0, "{line}");
    }
    (told, line)
}

#[track_caller]
fn loses(database: &str, sabotage: &str, kills: u64, count_of: &str) {
    let (told, line, success) = run(&format!("--kills {kills} --database {database} --sabotage {sabotage}"));
    assert!(!success && count(&line, count_of) > 0, "{told}");
}

#[test]
fn nothing_is_lost_on_sqlite() {
    let (_, line) = holds("--kills 12 --database sqlite", 12);
    assert!(count(&line, "dead") > 0, "{line}");
}

#[test]
fn nothing_is_lost_on_postgresql() {
    // Asks whether there is one; the run starts its own.
    if PostgresServer::start().is_some() {
        let (_, line) = holds("--kills 12 --database postgres", 12);
        assert!(count(&line, "dead") > 0, "{line}");
    }
}

#[test]
fn nothing_is_lost_in_front_of_a_redis_that_is_killed() {
    if RedisServer::start().is_some() {
        let (told, line) = holds("--kills 12 --database redis", 12);
        assert!(!told.contains(" 0 server restarts") && count(&line, "dead") == 0, "{told}");
    }
}

#[test]
fn an_answer_before_the_commit_is_seen_to_lose() {
    loses("sqlite", "ack-before-commit", 12, "lost");
}

#[test]
fn a_key_for_every_attempt_is_seen_to_double() {
    loses("sqlite", "forget-keys", 12, "doubled");
}

#[test]
fn effects_without_fences_are_seen_to_go_stale() {
    loses("sqlite", "ignore-fences", 20, "stale_writes");
}

#[test]
fn a_claim_completed_before_the_effect_is_seen_to_lose() {
    if RedisServer::start().is_some() {
        loses("redis", "ack-before-commit", 12, "lost");
    }
}

#[test]
fn an_effect_without_the_fence_of_its_claim_is_seen_to_go_stale() {
    if RedisServer::start().is_some() {
        loses("redis", "ignore-fences", 20, "stale_writes");
    }
}

#[test]
fn a_redis_that_forgets_at_a_restart_is_seen_to_double() {
    if RedisServer::start().is_some() {
        loses("redis", "forget-at-restart", 20, "doubled");
    }
}
