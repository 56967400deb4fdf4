use serde_json::{Value, json};

use super::*;
use crate::vectors::case;

/// GitHub's published example.
fn github() -> Value {
    json!({
        "id": "a", "provider": "github", "expect": "accept", "now": null,
        "secrets": [{"value": "It's a Secret to Everybody", "role": "sign", "encoding": "utf8"}],
        "request": {
            "method": "POST",
            "headers": [
                ["X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"],
                ["X-GitHub-Delivery", "72d3162e"],
            ],
            "body": "Hello, World!",
        },
    })
}

/// A Slack handshake: the case's signature is computed here, since only the comparison of the reply is under test.
fn challenge() -> Value {
    let body = br#"{"type":"url_verification","challenge":"abc"}"#;
    let signer = imchat_verify::sign::Signer::of(&providers::SLACK, "a signing secret").unwrap();
    let now = crate::clock::from_seconds(1_700_000_000).unwrap();
    let headers = signer.sign(imchat_verify::sign::SignRequest::post(body, now)).unwrap();
    json!({
        "id": "a", "provider": "slack", "expect": "handshake", "now": 1_700_000_000,
        "secrets": [{"value": "a signing secret", "role": "sign", "encoding": "utf8"}],
        "request": {"headers": headers, "body": std::str::from_utf8(body).unwrap()},
        "reply": {"status": 200, "json": {"challenge": "abc"}},
    })
}

fn outcome(case: &Value) -> Outcome {
    let cases = case::parse(json!([case]).to_string().as_bytes()).unwrap();
    run(&cases[0])
}

fn with(mut case: Value, pointer: &str, value: Value) -> Outcome {
    *case.pointer_mut(pointer).unwrap() = value;
    outcome(&case)
}

fn also(mut case: Value, name: &str, value: Value) -> Outcome {
    case[name] = value;
    outcome(&case)
}

fn failed(outcome: &Outcome, with: &str) -> bool {
    matches!(outcome, Outcome::Failed(what) if what.contains(with))
}

#[test]
fn an_accepted_case_passes_only_where_acceptance_is_expected() {
    assert_eq!(outcome(&github()), Outcome::Passed(None));
    for expect in ["reject", "handshake", "config_error"] {
        assert!(failed(&with(github(), "/expect", json!(expect)), "it is accepted"), "{expect}");
    }
}

#[test]
fn a_refused_case_passes_only_where_a_refusal_is_expected() {
    let mut case = github();
    case["request"]["body"] = json!("Hello, World?");
    assert!(failed(&outcome(&case), "refused"));
    assert_eq!(with(case.clone(), "/expect", json!("reject")), Outcome::Passed(Some("bad_signature")));
    assert!(failed(&with(case, "/expect", json!("config_error")), "does not construct"));
}

#[test]
fn a_secret_that_does_not_construct_is_a_config_error_and_a_refusal() {
    let mut case = github();
    case["secrets"][0]["value"] = json!("");
    assert!(failed(&outcome(&case), "no verifier"));
    for expect in ["reject", "config_error"] {
        assert_eq!(with(case.clone(), "/expect", json!(expect)), Outcome::Passed(Some("config_error")));
    }
    case = github();
    case["secrets"] = json!([{"value": "zz", "role": "sign", "encoding": "hex"}]);
    assert_eq!(with(case, "/expect", json!("config_error")), Outcome::Passed(Some("config_error")));
}

#[test]
fn what_must_come_out_is_compared() {
    assert_eq!(also(github(), "event_id", json!("72d3162e")), Outcome::Passed(None));
    assert!(failed(&also(github(), "event_id", json!("72d3162f")), "event id is another"));
    assert!(failed(&also(github(), "semantic_event_id", json!("1")), "semantic id is not found"));
    assert_eq!(also(github(), "plaintext", json!("Hello, World!")), Outcome::Passed(None));
    assert!(failed(&also(github(), "plaintext", json!("Hello, World?")), "at byte 12"));
}

#[test]
fn a_handshakes_reply_is_compared() {
    assert_eq!(outcome(&challenge()), Outcome::Passed(None));
    assert!(failed(&with(challenge(), "/reply/status", json!(204)), "status"));
    assert!(failed(&with(challenge(), "/reply/json/challenge", json!("abd")), "JSON"));
    assert!(failed(&with(challenge(), "/reply", json!({"status": 200, "text": "abc"})), "text"));
    assert!(failed(&also(challenge(), "plaintext", json!(r#"{"challenge":"other"}"#)), "challenge"));
    assert!(failed(&with(challenge(), "/expect", json!("accept")), "a handshake"));
}

#[test]
fn the_window_is_the_cases() {
    let at = |now: Value| with(challenge(), "/now", now);
    assert_eq!(at(json!(1_700_000_300)), Outcome::Passed(None));
    assert_eq!(at(json!(1_700_000_300.5)), Outcome::Passed(None));
    assert!(failed(&at(json!(1_700_000_301)), "refused"));
    assert_eq!(at(Value::Null), Outcome::Passed(None));
    let mut case = challenge();
    case["now"] = json!(1_700_000_011);
    assert!(failed(&also(case.clone(), "tolerance_secs", json!(10)), "refused"));
    assert_eq!(also(case, "tolerance_secs", json!(11)), Outcome::Passed(None));
}

#[test]
fn what_this_build_does_not_know_is_skipped_by_name() {
    let skipped = |outcome: Outcome| match outcome {
        Outcome::Skipped(why) => why,
        other => panic!("{other:?}"),
    };
    assert!(skipped(with(github(), "/provider", json!("no-such-platform"))).contains("no such provider"));
    assert!(skipped(with(github(), "/secrets/0/role", json!("seal"))).contains("role seal"));
    assert!(skipped(with(github(), "/secrets/0/encoding", json!("json"))).contains("encoding json"));
    assert!(skipped(also(github(), "scheme", json!("decrypt-only"))).contains("no whole request"));
}

#[test]
fn secrets_for_other_endpoints_of_the_application_are_left_aside() {
    let mut case = github();
    let other = json!({"value": "k", "role": "encrypt_key", "encoding": "utf8"});
    case["secrets"].as_array_mut().unwrap().push(other);
    assert_eq!(outcome(&case), Outcome::Passed(None));
}
