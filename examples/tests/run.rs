//! Runs each example as its reader would, and compares what it prints.

#![allow(
    clippy::expect_used,
    reason = "clippy.toml allows this in tests, which does not reach the functions tests share"
)]

use std::process::{Command, Output};

fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).env_clear().output().expect("it runs")
}

/// The program ends well, says nothing to standard error, and prints as many lines, each of which starts so.
#[track_caller]
fn prints(program: &str, starts: &[&str]) {
    let output = run(program, &[]);
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{error}");
    assert_eq!(error, "");
    let as_told = out.lines().zip(starts).all(|(line, start)| line.starts_with(start));
    assert!(as_told && out.lines().count() == starts.len(), "{out}\nis not\n{}", starts.join("\n"));
}

#[test]
fn core_only() {
    prints(
        env!("CARGO_BIN_EXE_core-only"),
        &[
            "whole body: handle app_mention Ev01, 90 bytes",
            "in pieces:  handle app_mention Ev01, 90 bytes",
            "an hour later: the request is 3630 s old, older than the window allows",
            "another body: no signature matches",
        ],
    );
}

#[test]
fn tower_github() {
    prints(
        env!("CARGO_BIN_EXE_tower-github"),
        &[
            "handled Some(Unsigned(\"push\")): 64 bytes",
            "genuine: 200 OK",
            "again: 200 OK, Some(Duplicate { replay_suspected: false })",
            "forged: 401 Unauthorized, Some(\"bad_signature\")",
        ],
    );
}

#[test]
fn axum_slack() {
    prints(
        env!("CARGO_BIN_EXE_axum-slack"),
        &[
            "200 OK, b\"{\\\"challenge\\\":\\\"3eZbrw1a\\\"}\"",
            "handled Ev01 of team T01: {\"text\":\"<@U01> hello\",\"type\":\"app_mention\"}",
            "200 OK, b\"\"",
            "401 Unauthorized, b\"Unauthorized\"",
        ],
    );
}

#[test]
fn axum_inbox() {
    prints(
        env!("CARGO_BIN_EXE_axum-inbox"),
        &[
            "200 OK, Some(New)",
            "200 OK, Some(Duplicate { differs: Nothing })",
            "401 Unauthorized, None",
            "attempt 1 at app_mention: 164 bytes of slack",
            "settled: Some(Done)",
            "left: 0",
        ],
    );
}

/// It would otherwise serve the whole machine under a secret that is published here.
#[test]
fn axum_slack_does_not_serve_without_a_secret_of_yours() {
    for (argument, says) in [("--serve", "set SLACK_SIGNING_SECRET"), ("--server", "use --serve, or none")] {
        let output = run(env!("CARGO_BIN_EXE_axum-slack"), &[argument]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains(says), "{error}");
        assert!(output.stdout.is_empty());
    }
}

/// The signature is the one that `openssl dgst -sha256 -hmac "acme's signing secret"` gives for `1700000000.{body}`.
#[test]
fn custom_scheme() {
    prints(
        env!("CARGO_BIN_EXE_custom-scheme"),
        &[
            "x-acme-timestamp: 1700000000",
            "x-acme-signature: v1=5283d013a70883b630f5e5ba6a9159cc2fbffe9d66b886fc4b460064b7be721f",
            "proved: type Some(Signed(\"order.paid\")), id Some(Signed(\"evt_1\"))",
            "changed: no signature matches",
            "late: the request is 301 s old, older than the window allows",
        ],
    );
}

#[test]
fn custom_store() {
    prints(
        env!("CARGO_BIN_EXE_custom-store"),
        &[
            "attempt 1: handled with 502",
            "attempt 1: answered 502 Bad Gateway",
            "attempt 2: handled with 200",
            "attempt 2: answered 200 OK",
            "attempt 3: answered 200 OK",
        ],
    );
}

#[test]
fn every_example_fits_on_one_page() {
    for (name, source) in [
        ("core-only", include_str!("../core-only/main.rs")),
        ("tower-github", include_str!("../tower-github/main.rs")),
        ("axum-slack", include_str!("../axum-slack/main.rs")),
        ("axum-inbox", include_str!("../axum-inbox/main.rs")),
        ("custom-scheme", include_str!("../custom-scheme/main.rs")),
        ("custom-store", include_str!("../custom-store/main.rs")),
    ] {
        assert!(source.lines().count() <= 60, "{name} is longer than 60 lines");
    }
}
