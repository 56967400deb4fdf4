//! `imchat vectors`.

use serde_json::{Value, json};

use crate::command::{file, imchat};

/// Slack's published example.
fn slack() -> Value {
    json!({
        "id": "slack-doc", "provider": "slack", "expect": "accept", "now": 1_531_420_618,
        "secrets": [{"value": "8f742231b10e8888abcd99yyyzzz85a5", "role": "sign", "encoding": "utf8"}],
        "request": {
            "method": "POST",
            "headers": [
                ["X-Slack-Request-Timestamp", "1531420618"],
                ["X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"],
            ],
            "body": "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
        },
    })
}

fn elsewhere(id: &str, scheme: &str) -> Value {
    let mut case = slack();
    case["id"] = json!(id);
    case["provider"] = json!("no-such-platform");
    case["scheme"] = json!(scheme);
    case
}

fn cases(name: &str, cases: &[Value]) -> String {
    file(name, Value::from(cases).to_string())
}

#[test]
fn what_passes_and_what_is_skipped_is_counted_in_the_last_line() {
    let first = cases("vectors-pass-1", &[slack(), elsewhere("a", "static token")]);
    let second = cases("vectors-pass-2", &[slack(), elsewhere("b", "static token"), elsewhere("c", "other")]);
    let ran = imchat(&[], &["vectors", &first, &second]);
    assert_eq!((ran.code, ran.last()), (Some(0), "2 passed, 0 failed, 3 skipped"), "{}", ran.out);
    assert!(ran.out.contains("skipped no-such-platform [static token]: this build has no such provider (2 cases)"));
    assert!(ran.out.contains("skipped no-such-platform [other]: this build has no such provider (1 case)"));
}

#[test]
fn a_failed_case_is_named_and_the_exit_code_is_1() {
    let mut wrong = slack();
    wrong["request"]["body"] = json!("token=another");
    wrong["id"] = json!("slack-wrong");
    let ran = imchat(&[], &["vectors", &cases("vectors-fail", &[slack(), wrong])]);
    assert_eq!((ran.code, ran.last()), (Some(1), "1 passed, 1 failed, 0 skipped"));
    assert!(ran.out.contains("FAILED slack slack-wrong: expected acceptance, it is refused: no signature matches"));
}

#[test]
fn a_file_that_is_not_in_the_format_is_an_error_of_the_call() {
    let good = cases("vectors-good", &[slack()]);
    let mut case = slack();
    case.as_object_mut().unwrap().remove("expect");
    let missing = cases("vectors-missing", &[case]);
    let broken = file("vectors-broken", "[{\"id\": ");
    for (path, says) in [(&missing, "case 1 (slack-doc): `expect` is missing"), (&broken, "line 1")] {
        let ran = imchat(&[], &["vectors", &good, path]);
        assert_eq!(ran.code, Some(2), "{}", ran.err);
        assert!(ran.err.contains(says) && ran.err.contains(path.as_str()), "{}", ran.err);
        assert!(!ran.out.contains("passed"), "{}", ran.out);
    }
    assert_eq!(imchat(&[], &["vectors", "/nonexistent/file.json"]).code, Some(2));
    assert_eq!(imchat(&[], &["vectors"]).code, Some(2));
}

#[test]
fn every_case_has_a_line_where_that_is_asked_for() {
    let mut stale = slack();
    stale["now"] = json!(1_800_000_000);
    stale["expect"] = json!("reject");
    stale["reason"] = json!("malformed");
    let ran = imchat(&[], &["vectors", "--verbose", &cases("vectors-verbose", &[slack(), stale])]);
    assert!(ran.out.contains("ok slack slack-doc\n"), "{}", ran.out);
    assert!(ran.out.contains("ok slack slack-doc: stale (the file says malformed)\n"), "{}", ran.out);
    assert_eq!(ran.last(), "2 passed, 0 failed, 0 skipped");
}
