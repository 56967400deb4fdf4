//! `--json`: one document in one line, whatever happens.

use imchat_verify::{Verifier, providers};
use serde_json::{Value, json};

use crate::command::{Ran, file, imchat, raw};
use crate::receiver::listen;

const SECRET: &str = "an imchat signing secret";

fn document(ran: &Ran) -> Value {
    assert_eq!((ran.out.lines().count(), ran.err.as_str()), (1, ""), "{} {}", ran.out, ran.err);
    serde_json::from_str(&ran.out).unwrap()
}

fn run(args: &[&str]) -> (Option<i32>, Value) {
    let ran = imchat(&[("KEY", SECRET)], &[args, &["--json"]].concat());
    (ran.code, document(&ran))
}

#[test]
fn every_command_has_a_document() {
    let body = file("json-body", r#"{"type":"event_callback","event_id":"Ev1","team_id":"T1"}"#);
    let slack = ["--provider", "slack", "--secret-env", "KEY"];
    let (code, signed) = run(&[&["sign"], &slack[..], &["--body", &body, "--now", "1700000000"]].concat());
    assert_eq!((code, &signed["ok"], &signed["curl"]), (Some(0), &json!(true), &Value::Null));
    assert_eq!(signed["headers"][0], json!(["X-Slack-Request-Timestamp", "1700000000"]));

    let headers: Vec<String> = signed["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| format!("{}: {}\n", pair[0].as_str().unwrap(), pair[1].as_str().unwrap()))
        .collect();
    let request = file("json-request", raw(&headers.concat(), &std::fs::read_to_string(&body).unwrap()));
    let (code, verified) = run(&[&["verify"], &slack[..], &["--request", &request, "--now", "1700000100"]].concat());
    assert_eq!(code, Some(0));
    let expected = json!({
        "command": "verify", "ok": true, "notes": [], "verdict": "event", "kind": "events",
        "event_id": {"value": "Ev1", "signed": true}, "semantic_id": null,
        "event_type": {"value": "event_callback", "signed": true}, "tenant": {"value": "T1", "signed": true},
        "dedup_key": verified["dedup_key"], "secret": 0, "sent_at": 1_700_000_000, "body_bytes": 57, "decrypted": false,
    });
    assert_eq!(verified, expected);
    assert!(verified["dedup_key"].as_str().unwrap().contains("Ev1"));

    let (code, all) = run(&["providers"]);
    let github = all["providers"].as_array().unwrap().iter().find(|provider| provider["name"] == "github").unwrap();
    assert_eq!((code, all["providers"].as_array().unwrap().len()), (Some(0), providers::all().len()));
    assert_eq!(github["secrets"][0]["role"], "sign");
    assert_eq!(github["kinds"][0]["retry_gaps_secs"], json!([]));

    let (code, script) = run(&["completions", "fish"]);
    assert!(code == Some(0) && script["script"].as_str().unwrap().contains("complete -c imchat"));
}

#[test]
fn a_refusal_is_a_document() {
    let request = file("json-refused", raw("X-Signature-256: sha256=00\n", "{}"));
    let (code, told) = run(&["verify", "--provider", "generic", "--secret-env", "KEY", "--request", &request]);
    assert_eq!(code, Some(1));
    assert_eq!((&told["verdict"], &told["refused"]), (&json!("refused"), &json!("malformed")));
    assert_eq!((&told["error"]["kind"], &told["error"]["exit"]), (&json!("fault"), &json!(1)));
    assert!(told["error"]["message"].as_str().unwrap().contains("x-signature-256 is malformed"));
}

#[test]
fn errors_of_the_call_are_documents_too() {
    let body = file("json-usage", "{}");
    let unsupported = ["sign", "--provider", "no-such-platform", "--secret-env", "KEY", "--body", &body];
    for (args, command, says) in [
        (&unsupported[..], json!("sign"), "unsupported: provider no-such-platform is none of "),
        (&["sign", "--provider", "slack", "--secret-env", "IMCHAT_UNSET", "--body", &body], json!("sign"), "not set"),
        (&["vectors", "/nonexistent/file.json"], json!("vectors"), "cannot read the vectors"),
        (&["vectors"], Value::Null, "required arguments were not provided"),
        (&["sign", "stray secret"], Value::Null, "an argument stands where none is expected"),
    ] {
        let (code, told) = run(args);
        assert_eq!((code, &told["command"], &told["ok"]), (Some(2), &command, &json!(false)), "{told}");
        assert_eq!((&told["error"]["kind"], &told["error"]["exit"]), (&json!("usage"), &json!(2)), "{told}");
        assert!(told["error"]["message"].as_str().unwrap().contains(says), "{told}");
        assert!(!told.to_string().contains("stray secret"), "{told}");
    }
}

#[test]
fn warnings_and_notes_are_in_the_document() {
    let request = file("json-notes", "POST / HTTP/1.1\nContent-Length: 2\nX-Signature-256: sha256=00\n\n{}\n");
    let args = ["verify", "--provider", "generic", "--secret-env", "KEY", "--request", &request, "--json"];
    let told = document(&imchat(&[("KEY", "short")], &args));
    let kinds: Vec<_> = told["notes"].as_array().unwrap().iter().map(|note| note["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["note", "warning"], "{told}");
}

#[test]
fn what_was_sent_is_a_document() {
    let (url, _got) = listen(Verifier::of(providers::by_name("slack").unwrap(), SECRET).unwrap());
    let body = file("json-send", "{}");
    let args = ["send", "--provider", "slack", "--secret-env", "KEY", "--body", &body, "--url", &url];
    let (code, told) = run(&[&args[..], &["--count", "2", "--repeat"]].concat());
    assert_eq!(code, Some(0), "{told}");
    assert_eq!((&told["signed"], &told["sent"], &told["answered"]), (&json!(2), &json!(4), &json!(4)));
    assert_eq!((&told["statuses"], &told["failures"]), (&json!({"200": 4}), &json!([])));
    let ranks: Vec<f64> =
        ["min", "p50", "p95", "p99", "max"].iter().map(|rank| told["latency_ms"][rank].as_f64().unwrap()).collect();
    assert!(ranks.is_sorted() && ranks[0] > 0.0, "{told}");
    assert!(!told.to_string().contains("hidden"), "{told}");
    let (code, wrong) = run(&[&args[..], &["--tamper", "--stale=1"]].concat());
    assert_eq!((code, &wrong["statuses"]), (Some(0), &json!({"401": 1})));
}

#[test]
fn vectors_are_a_document_with_what_failed() {
    let case = |id: &str, expect: &str| {
        json!({
            "id": id, "provider": "generic", "expect": expect, "now": null,
            "secrets": [{"value": SECRET, "role": "sign", "encoding": "utf8"}],
            "request": {"method": "POST", "headers": [["X-Signature-256", "sha256=00"]], "body": "{}"},
        })
    };
    let path = file("json-vectors", json!([case("good", "reject"), case("bad", "accept")]).to_string());
    let (code, told) = run(&["vectors", &path]);
    assert_eq!((code, &told["passed"], &told["failed"], &told["skipped"]), (Some(1), &json!(1), &json!(1), &json!(0)));
    let cases = told["files"][0]["cases"].as_array().unwrap();
    assert_eq!((cases.len(), &cases[0]["id"], &cases[0]["outcome"]), (1, &json!("bad"), &json!("failed")));
    assert_eq!(told["error"]["message"], "1 case failed: see what was expected of each and what came");
}
