//! The forms of a captured request, told apart by their content.

use serde_json::json;

use crate::command::{Ran, file, imchat};

const SECRET: &str = "It's a Secret to Everybody";
const BODY: &str = "Hello, World!";
const SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

fn verify(name: &str, capture: &str, more: &[&str]) -> Ran {
    let path = file(&format!("capture-{name}"), capture);
    let args = ["verify", "--provider", "github", "--secret-env", "KEY", "--request", &path];
    imchat(&[("KEY", SECRET)], &[&args[..], more].concat())
}

fn entry(url: &str, body: &str) -> serde_json::Value {
    json!({"request": {
        "method": "POST",
        "url": url,
        "headers": [{"name": "X-Hub-Signature-256", "value": SIGNATURE}],
        "postData": {"mimeType": "application/json", "text": body},
    }})
}

#[test]
fn what_curl_prints_is_a_capture() {
    let said = format!(
        "* Connected to localhost port 3000\n> POST /github HTTP/1.1\n> Host: localhost:3000\n\
         > X-Hub-Signature-256: {SIGNATURE}\n> Content-Length: 13\n> \n* upload completely sent off: 13 bytes\n{BODY}\n\
         < HTTP/1.1 401 Unauthorized\n< \n"
    );
    let ran = verify("curl", &said, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
}

#[test]
fn an_answer_is_no_request() {
    let ran = verify("answer", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", &[]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("an answer, not a request"), "{}", ran.err);
}

#[test]
fn one_exchange_of_a_recording_is_chosen() {
    let recording =
        |entries: Vec<serde_json::Value>| json!({"log": {"version": "1.2", "entries": entries}}).to_string();
    let good = entry("https://example.com/github?key=hidden", BODY);
    let one = recording(vec![good.clone()]);
    assert_eq!(verify("har-one", &one, &[]).code, Some(0));
    let two = recording(vec![entry("https://example.com/other?key=hidden", "Hello!"), good]);
    let unchosen = verify("har-two", &two, &[]);
    assert_eq!(unchosen.code, Some(2));
    let list = "it holds 2 requests: choose one with --entry N: 1 POST https://example.com/other, 2 POST \
        https://example.com/github";
    assert!(unchosen.err.contains(list), "{}", unchosen.err);
    assert_eq!(verify("har-two", &two, &["--entry", "1"]).code, Some(1));
    assert_eq!(verify("har-two", &two, &["--entry", "2"]).code, Some(0));
    let beyond = verify("har-two", &two, &["--entry", "3"]);
    assert!(beyond.code == Some(2) && beyond.err.contains("no number 3"), "{}", beyond.err);
}

#[test]
fn a_case_of_a_vector_file_is_a_capture() {
    let request = json!({"headers": [["X-Hub-Signature-256", SIGNATURE]], "body": BODY});
    let case = json!({"id": "github-published", "request": request});
    assert_eq!(verify("case", &case.to_string(), &[]).code, Some(0));
    assert_eq!(
        verify("cases", &json!([{"id": "a", "request": {"headers": []}}, case]).to_string(), &["--entry", "2"]).code,
        Some(0)
    );
}

#[test]
fn what_is_in_no_form_says_which_one_was_expected() {
    for (name, capture, says) in [
        ("none", "hello", "expected raw HTTP/1.1 text"),
        ("broken", "{\"log\": ", "it is not JSON: see line 1"),
        ("object", "{}", "`headers` is no list of pairs"),
        ("empty", "{\"log\": {\"entries\": []}}", "it holds no request"),
    ] {
        let ran = verify(name, capture, &[]);
        assert!(ran.code == Some(2) && ran.err.contains(says), "{name}: {}", ran.err);
    }
}
