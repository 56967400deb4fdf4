//! `imchat verify`.

use crate::command::{Ran, file, imchat, raw};

const PAYLOADS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/payloads");
const SLACK: &str = "imchat-test-slack-signing-secret";
const FEISHU: [(&str, &str); 2] =
    [("KEY", "imchat-test-feishu-encrypt-key"), ("TOKEN", "imchat-test-feishu-verification-token")];

fn archived(provider: &str, path: &str, env: &[(&str, &str)], more: &[&str]) -> Ran {
    let path = format!("{PAYLOADS}/{path}.http");
    let args = ["verify", "--provider", provider, "--secret-env", "KEY", "--request", &path, "--now", "1700000000"];
    imchat(env, &[&args[..], more].concat())
}

fn says(ran: &Ran, name: &str) -> String {
    let line = ran.out.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.strip_prefix(name).unwrap_or_default().trim().to_owned()
}

#[test]
fn an_event_says_who_and_what_it_is_and_who_says_so() {
    let ran = archived("slack", "slack/app_mention", &[("KEY", SLACK)], &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(says(&ran, "verdict").starts_with("event"));
    assert_eq!(says(&ran, "kind"), "events");
    assert_eq!(says(&ran, "event id"), "Ev0MENTION01 (signed)");
    assert_eq!(says(&ran, "event type"), "app_mention (signed)");
    assert_eq!(says(&ran, "tenant"), "T0TEAM0001 (signed)");
    assert!(says(&ran, "dedup key").contains("Ev0MENTION01"));
    assert_eq!(says(&ran, "sent"), "1700000000, 0 s before now");
    let github = archived("github", "github/push", &[("KEY", "imchat-test-github-webhook-secret")], &[]);
    assert!(says(&github, "event type").starts_with("push (unsigned"), "{}", github.out);
}

#[test]
fn a_handshake_says_what_to_answer() {
    let ran = archived("slack", "slack/url_verification", &[("KEY", SLACK)], &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(says(&ran, "verdict").starts_with("handshake"));
    assert_eq!(says(&ran, "reply body"), r#"{"challenge":"ImchatTestChallenge0123456789abcdefghijklmnopqrstuvw"}"#);
}

#[test]
fn which_secret_matched_is_said() {
    let env = [("KEY", "a newer secret, not yet in use"), ("OLD", SLACK)];
    let ran = archived("slack", "slack/app_mention", &env, &["--secret-env", "OLD"]);
    assert_eq!(says(&ran, "secret"), "an earlier one matched: number 2 of its role");
}

#[test]
fn an_encrypted_body_is_opened() {
    let more = ["--secret-env", "verification_token=TOKEN"];
    let ran = archived("feishu", "feishu/message_encrypted", &FEISHU, &more);
    assert_eq!(says(&ran, "body"), "968 bytes, decrypted", "{}", ran.err);
    assert_eq!(says(&ran, "semantic id"), "om_b526aef1a341cfe6e5c377ed4c222888 (signed)");
}

#[test]
fn a_capability_is_not_shown() {
    let ran = archived("slack", "slack/slash_command", &[("KEY", SLACK)], &[]);
    let body = std::fs::read_to_string(format!("{PAYLOADS}/slack/slash_command.http")).unwrap();
    let trigger = body.split("trigger_id=").nth(1).unwrap().split('&').next().unwrap();
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(trigger.len() > 10 && !ran.out.contains(trigger), "{}", ran.out);
    assert!(says(&ran, "event id").starts_with("present, not shown"));
}

#[test]
fn the_wrong_input_is_named() {
    let slack = |path: &str| archived("slack", path, &[("KEY", SLACK)], &[]);
    for (ran, part) in [
        (slack("slack/ssl_check"), "header x-slack-signature is missing"),
        (slack("slack/stale_replay"), "the request is 10000 s old"),
        (slack("slack/stale_replay"), "its signature is right"),
        (slack("slack/tampered"), "the body is not the bytes that were signed"),
        (archived("slack", "slack/app_mention", &[("KEY", "another signing secret")], &[]), "no signature matches"),
        (archived("slack", "slack/app_mention", &[("KEY", &format!("{SLACK} "))], &[]), "white space"),
        (
            archived(
                "feishu",
                "feishu/message",
                &[FEISHU[0], ("TOKEN", "another")],
                &["--secret-env", "verification_token=TOKEN"],
            ),
            "what is given beside the secret that proves it is wrong (that of the role verification_token)",
        ),
        (archived("feishu", "feishu/url_verification", &FEISHU, &[]), "only the platform's URL check"),
    ] {
        assert_eq!(ran.code, Some(1), "{part}");
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
        assert!(!ran.out.contains("verdict"), "{}", ran.out);
    }
}

#[test]
fn a_line_end_that_was_not_signed_is_found() {
    let signature = "X-Hub-Signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17\n";
    let args = ["verify", "--provider", "github", "--secret-env", "KEY", "--request"];
    let env = [("KEY", "It's a Secret to Everybody")];
    let newline = file("verify-newline", raw(signature, "Hello, World!\n"));
    let ran = imchat(&env, &[&args[..], &[&newline]].concat());
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("ends in a line end that was not signed"), "{}", ran.err);
    let cut = file("verify-cut", raw(signature, "Hello, World!").trim_end_matches('!'));
    let ran = imchat(&env, &[&args[..], &[&cut]].concat());
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("cut off"), "{}", ran.err);
}

#[test]
fn the_window_can_be_set_and_switched_off() {
    let at = |more: &[&str]| archived("slack", "slack/stale_replay", &[("KEY", SLACK)], more).code;
    assert_eq!((at(&[]), at(&["--window", "off"]), at(&["--window", "10000"])), (Some(1), Some(0), Some(0)));
    assert_eq!((at(&["--window", "9999"]), at(&["--window", "soon"])), (Some(1), Some(2)));
}

#[test]
fn the_request_object_of_a_vector_is_taken_too() {
    let request = r#"{"method": "POST", "headers": [["x-hub-signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"]], "body": "Hello, World!"}"#;
    let path = file("verify-json", request);
    let args = ["verify", "--provider", "github", "--secret-env", "KEY", "--file", &path];
    let ran = imchat(&[("KEY", "It's a Secret to Everybody")], &args);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
}

#[test]
fn what_is_suspicious_about_a_secret_is_a_warning() {
    let path = file("verify-warning", raw("X-Signature-256: sha256=00\n", "{}"));
    let args = ["verify", "--provider", "generic", "--secret-env", "KEY", "--request", &path];
    let ran = imchat(&[("KEY", "short")], &args);
    assert!(ran.err.contains("warning: ") && ran.err.contains("shorter than 16 bytes"), "{}", ran.err);
}
