//! `imchat explain`.

use serde_json::Value;

use crate::command::{Ran, file, imchat, raw};

const SECRET: &str = "an imchat signing secret";
const GENERIC: [&str; 4] = ["--provider", "generic", "--secret-env", "KEY"];

/// The header that signs this body.
fn signature(name: &str, body: &str) -> String {
    let path = file(&format!("explain-signed-{name}"), body);
    let ran = imchat(&[("KEY", SECRET)], &[&["sign"], &GENERIC[..], &["--body", &path]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    ran.out
}

fn explain(name: &str, signed: &str, arrives: &str, more: &[&str]) -> Ran {
    let request = file(&format!("explain-{name}"), raw(&signature(name, signed), arrives));
    imchat(&[("KEY", SECRET)], &[&["explain"], &GENERIC[..], &["--request", &request], more].concat())
}

#[test]
fn the_last_line_says_what_happened_and_what_to_do() {
    let ran = explain("compacted", r#"{"a": 1, "b": [true, null]}"#, r#"{"a":1,"b":[true,null]}"#, &[]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""));
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines[0], "provider     generic");
    assert!(lines[1].starts_with("refused      bad_signature: no signature matches"), "{}", ran.out);
    assert_eq!(lines[2], "cause        json-compacted (with it undone the request verifies)");
    assert!(lines[3].starts_with("tried        header-repeated, authorization-changed, "), "{}", ran.out);
    let to_do = "the body was parsed and serialised again: it was signed with white space that it no longer has: verify the \
        bytes as they arrive, before anything parses them";
    assert_eq!(lines[4..], [format!("what to do   {to_do}")]);
}

#[test]
fn as_json_it_is_one_document() {
    let ran = explain("json", "{\"a\":1}\n", r#"{"a":1}"#, &["--json"]);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, ran.err.as_str(), ran.out.lines().count()), (Some(1), "", 1));
    let tried = told["tried"].as_array().unwrap();
    assert_eq!(tried.last().unwrap(), "body-newline-lost");
    let expected = serde_json::json!({
        "command": "explain", "ok": false, "notes": [], "provider": "generic", "authentic": false,
        "refused": "bad_signature", "cause": "body-newline-lost", "proved": true, "tried": tried,
        "error": {"kind": "fault", "exit": 1, "message": "the body is wrong: a line end that was signed is missing at its \
            end: capture and verify it byte for byte"},
    });
    assert_eq!(told, expected);
}

#[test]
fn what_verifies_needs_no_explanation() {
    let ran = explain("good", "{}", "{}", &[]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert_eq!(ran.out, "provider     generic\nverdict      authentic: there is nothing to explain\n");
}

#[test]
fn where_nothing_fits_it_says_what_was_tried_and_what_to_compare() {
    let ran = explain("forged", r#"{"amount":1}"#, r#"{"amount":1000}"#, &[]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("cause        none of the usual mistakes fits\n"), "{}", ran.out);
    let last = ran.last();
    assert!(last.contains("test mode") && last.contains("compare the secret with the platform's settings"), "{last}");
}

#[test]
fn a_secret_that_does_not_construct_is_explained_too() {
    let public = "271131b34070f5210bbdd498c9dc32dc7b1ecac08d59429847f03b51901da552";
    let request = file("explain-discord", raw("X-Signature-Ed25519: 00\nX-Signature-Timestamp: 1\n", "{}"));
    let args = ["explain", "--provider", "discord", "--secret-env", "KEY", "--request", &request];
    let token = imchat(&[("KEY", "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs")], &args);
    assert_eq!(token.code, Some(1));
    assert!(token.out.contains("refused      unusable_secret: "), "{}", token.out);
    assert!(token.last().contains("is a bot token of Discord"), "{}", token.out);
    assert!(!token.out.contains("Cl2FMQ"), "{}", token.out);
    let half = imchat(&[("KEY", &public[..40])], &args);
    assert!(half.last().contains("expected 64 hex digits"), "{}", half.out);
}

#[test]
fn no_explanation_tells_a_signature_or_a_secret() {
    let fits = signature("secrecy", "{}");
    let fits = fits.split("sha256=").nth(1).unwrap().trim();
    let came = "ab".repeat(32);
    let request = file("explain-secrecy", raw(&format!("X-Signature-256: sha256={came}\n"), "{}"));
    for secret in [SECRET, "\"an imchat signing secret\"", "WEBHOOK_SECRET=an imchat signing secret"] {
        for more in [&[][..], &["--json"]] {
            let args = [&["explain"], &GENERIC[..], &["--request", &request], more].concat();
            let ran = imchat(&[("KEY", secret)], &args);
            let told = [ran.out, ran.err].concat();
            assert!(!told.contains(fits) && !told.contains(&came) && !told.contains(SECRET), "{told}");
        }
    }
}
