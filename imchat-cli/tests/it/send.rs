//! `imchat send`, against a receiver on loopback.

use std::collections::BTreeSet;
use std::net::TcpListener;

use imchat_verify::{AnyProvider, Verifier, providers};

use crate::command::{Ran, file, imchat};
use crate::receiver::listen;

const SECRET: &str = "whsec_aW1jaGF0LXRlc3Qtc3RhbmRhcmQtd2ViaG9vay1rZXk=";

fn verifier(provider: &str) -> Verifier<AnyProvider> {
    Verifier::of(providers::by_name(provider).unwrap(), SECRET).unwrap()
}

fn send(provider: &str, body: &str, url: &str, more: &[&str]) -> Ran {
    let args = ["send", "--provider", provider, "--secret-env", "KEY", "--body", body, "--url", url];
    imchat(&[("KEY", SECRET)], &[&args[..], more].concat())
}

#[test]
fn a_signed_request_is_taken_and_counted() {
    let (url, got) = listen(verifier("slack"));
    let body = file("send-one", r#"{"type":"event_callback","event_id":"Ev1"}"#);
    let ran = send("slack", &body, &url, &["--header", "X-Slack-Retry-Num: 1"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("1 answered, 0 without an answer\nstatus  200  1\nlatency  min "), "{}", ran.out);
    assert!(!ran.out.contains("hidden"), "a query may hold a key: {}", ran.out);
    let got = got.try_recv().unwrap();
    assert_eq!(got.header("content-type"), Some("application/json"));
    assert_eq!(got.header("x-slack-retry-num"), Some("1"));
    assert!(got.header("user-agent").unwrap().starts_with("imchat/"));
}

#[test]
fn many_requests_are_each_signed_and_each_a_delivery_of_its_own() {
    let (url, got) = listen(verifier("standard-webhooks"));
    let body = file("send-many", "{}");
    let ran = send("standard-webhooks", &body, &url, &["--count", "40", "--concurrency", "4"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("40 answered, 0 without an answer\nstatus  200  40\n"), "{}", ran.out);
    let ids: BTreeSet<String> = got.try_iter().map(|got| got.header("webhook-id").unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 40);
}

#[test]
fn one_id_makes_duplicates() {
    let (url, got) = listen(verifier("svix"));
    let body = file("send-duplicates", "{}");
    let ran = send("svix", &body, &url, &["--count", "3", "--id", "msg_1"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let ids: Vec<String> = got.try_iter().map(|got| got.header("svix-id").unwrap().to_owned()).collect();
    assert_eq!(ids, ["msg_1"; 3]);
}

#[test]
fn a_repeated_request_is_the_same_to_the_byte() {
    let (url, got) = listen(verifier("svix"));
    let body = file("send-repeat", "{}");
    let ran = send("svix", &body, &url, &["--count", "2", "--repeat=2"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.starts_with("6 requests to http://127.0.0.1:"), "{}", ran.out);
    assert!(ran.out.contains(" (2 requests signed): 6 answered, 0 without an answer\nstatus  200  6\n"), "{}", ran.out);
    let got: Vec<_> = got.try_iter().map(|got| got.headers).collect();
    assert_eq!((&got[0], &got[0], &got[3]), (&got[1], &got[2], &got[5]));
    assert_ne!(got[0], got[3]);
}

#[test]
fn what_is_tampered_with_or_stale_must_be_refused() {
    let (url, got) = listen(verifier("slack"));
    let body = file("send-bent", r#"{"type":"event_callback"}"#);
    for more in [&["--tamper"][..], &["--stale"], &["--stale=301"], &["--tamper", "--stale"]] {
        let ran = send("slack", &body, &url, more);
        assert_eq!(ran.code, Some(0), "{more:?}: {}", ran.err);
        assert!(ran.out.contains("status  401  1\n"), "{more:?}: {}", ran.out);
    }
    assert_eq!(got.try_iter().filter(|got| got.body.ends_with(b"} ")).count(), 2);
    let inside = send("slack", &body, &url, &["--stale=100"]);
    assert_eq!(inside.code, Some(0), "{}", inside.err);
    assert!(inside.out.contains("status  200  1\n"), "{}", inside.out);
}

#[test]
fn a_receiver_that_answers_otherwise_than_it_owes_is_a_fault() {
    // It verifies with GitHub's scheme, so it refuses what Slack signs and takes what only Slack's window would refuse.
    let (url, _got) = listen(verifier("github"));
    let body = file("send-fault", "{}");
    let refused = send("slack", &body, &url, &[]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("1 answer did not take an authentic request with 2xx"), "{}", refused.err);
    let (url, _got) = listen(verifier("slack").window(None));
    let taken = send("slack", &body, &url, &["--stale", "--count", "2"]);
    assert_eq!(taken.code, Some(1));
    assert!(taken.err.contains("2 answers to requests that must be refused"), "{}", taken.err);
}

#[test]
fn no_answer_is_a_fault() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let body = file("send-nobody", "{}");
    let ran = send("slack", &body, &format!("http://127.0.0.1:{port}/"), &["--count", "3"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("0 answered, 3 without an answer\nfailed  3  no connection"), "{}", ran.out);
}

#[test]
fn https_needs_no_more_than_the_command_itself() {
    // A receiver that speaks no TLS: the handshake is begun and fails, which needs a working TLS client.
    let (url, _got) = listen(verifier("slack"));
    let body = file("send-tls", "{}");
    let ran = send("slack", &body, &url.replacen("http:", "https:", 1), &[]);
    let no_roots = ran.code == Some(2) && ran.err.contains("root certificates");
    let refused = ran.code == Some(1) && ran.out.contains("failed  1  no connection");
    assert!(no_roots || refused, "{:?} {} {}", ran.code, ran.out, ran.err);
}

#[test]
fn what_cannot_be_sent_is_an_error_of_the_call() {
    let body = file("send-wrong", "{}");
    let url = "http://127.0.0.1:9/";
    for (provider, url, more, says) in [
        ("no-such-platform", url, &[][..], "unsupported"),
        ("slack", "ftp://127.0.0.1/", &[], "--url"),
        ("slack", url, &["--header", "no colon"], "--header number 1"),
        ("slack", url, &["--count", "0"], "--count"),
        ("slack", url, &["--concurrency", "1000000"], "--concurrency"),
        ("github", url, &["--stale"], "github signs no time"),
        ("svix", url, &["--id", "a\nb"], "--id"),
    ] {
        let ran = send(provider, &body, url, more);
        assert_eq!(ran.code, Some(2), "{more:?}: {}", ran.err);
        assert!(ran.err.contains(says) && ran.out.is_empty(), "{more:?}: {}", ran.err);
    }
}
