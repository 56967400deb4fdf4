//! `imchat sign`, and what `imchat verify` says of its headers.

use std::process::Command;

use crate::command::{file, imchat, raw};

const SEED: &str = "696d636861742d746573742d646973636f72642d656432353531392d73656564";
const PUBLIC: &str = "271131b34070f5210bbdd498c9dc32dc7b1ecac08d59429847f03b51901da552";
const TEXT: &str = "a signing secret of some length";
const WHSEC: &str = "whsec_aW1jaGF0LXRlc3Qtc3RhbmRhcmQtd2ViaG9vay1rZXk=";

/// What signs and what verifies.
fn secrets(provider: &str) -> (&'static str, &'static str) {
    match provider {
        "discord" => (SEED, PUBLIC),
        "standard-webhooks" | "svix" | "openai" | "gitlab" | "polar" => (WHSEC, WHSEC),
        "teams-outgoing" => ("aW1jaGF0LXRlc3QtYmFzZTY0LWtleQ==", "aW1jaGF0LXRlc3QtYmFzZTY0LWtleQ=="),
        _ => (TEXT, TEXT),
    }
}

#[test]
fn what_is_signed_verifies_for_every_provider() {
    let body = r#"{"id":"evt_1","type":"thing.done","schema":"2.0","webhookTimestamp":1700000000000}"#;
    for scheme in imchat_verify::providers::all().iter().filter(|scheme| !scheme.proves_in_query()) {
        let name = scheme.name();
        let in_body = name == "mailgun";
        if in_body || scheme.proofs().any(|proof| proof == "token") {
            assert_cannot_be_signed(name);
            continue;
        }
        let (signs, verifies) = secrets(name);
        let path = file(&format!("sign-body-{name}"), body);
        let sign = ["sign", "--provider", name, "--secret-env", "KEY", "--body", &path, "--now", "1700000000"];
        let url = ["--url", "https://hooks.example.com/in?a=1"];
        let signed = imchat(&[("KEY", signs)], &[&sign[..], &url].concat());
        assert_eq!(signed.code, Some(0), "{name}: {}", signed.err);
        let request = file(&format!("sign-request-{name}"), raw(&signed.out, body));
        let verify = ["verify", "--provider", name, "--secret-env", "KEY", "--request", &request, "--now"];
        let at = |now: &str| imchat(&[("KEY", verifies)], &[&verify[..], &[now], &url].concat());
        assert_eq!(at("1700000000").code, Some(0), "{name}: {}", at("1700000000").err);
        if let Some(window) = scheme.default_window() {
            let late = 1_700_000_001 + window.past.as_secs();
            let stale = at(&late.to_string());
            assert_eq!(stale.code, Some(1), "{name}");
            assert!(stale.err.contains("its signature is right"), "{name}: {}", stale.err);
        }
        let other = file(&format!("sign-other-{name}"), raw(&signed.out, &body.replace("evt_1", "evt_2")));
        let refused = imchat(&[("KEY", verifies)], &[&verify[..6], &[&other, "--now", "1700000000"], &url].concat());
        // DingTalk's robots sign the time alone.
        assert_eq!(refused.code, Some(i32::from(name != "dingtalk-robot")), "{name}");
    }
}

#[test]
fn what_is_signed_in_the_url_verifies_there() {
    const AES_KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
    let env = [("TOKEN", TEXT), ("AES", AES_KEY), ("FOR", "wx1")];
    let all = ["--secret-env", "token=TOKEN", "--secret-env", "encoding_aes_key=AES", "--secret-env", "receive_id=FOR"];
    let seal = |plain| imchat_verify::providers::wecom_seal(AES_KEY, "wx1", plain, [7; 16]).unwrap();
    for scheme in imchat_verify::providers::all().iter().filter(|scheme| scheme.proves_in_query()) {
        let name = scheme.name();
        let secrets = &all[..scheme.roles().count() * 2];
        let body = seal(b"<xml><MsgId>1</MsgId></xml>");
        let path = file(&format!("sign-query-{name}"), &body);
        let sign = [&["sign", "--provider", name, "--now", "1700000000", "--body", &path], secrets].concat();
        let signed = imchat(&env, &sign);
        assert_eq!(signed.code, Some(0), "{name}: {}", signed.err);
        let request = file(&format!("sign-query-request-{name}"), raw("", &body));
        let url = format!("https://hooks.example.com/in{}", signed.out.trim_end());
        let verify = [&["verify", "--provider", name, "--now", "1700000000", "--url", &url], secrets].concat();
        let verified = imchat(&env, &[&verify[..], &["--request", &request]].concat());
        assert_eq!(verified.code, Some(0), "{name}: {}", verified.err);
        let curl = imchat(&env, &[&sign[..], &["--curl", "--url", "https://hooks.example.com/in?a=1"]].concat());
        assert!(curl.out.contains(&format!("/in?a=1&{}", &signed.out.trim_end()[1..])), "{}", curl.out);
        let other = file(&format!("sign-query-other-{name}"), raw("", &seal(b"<xml/>")));
        let refused = imchat(&env, &[&verify[..], &["--request", &other]].concat());
        // In its plain mode WeChat signs no body.
        assert_eq!(refused.code, Some(i32::from(name != "wechat")), "{name}");
    }
}

fn assert_cannot_be_signed(provider: &str) {
    let body = file(&format!("sign-body-{provider}"), "{}");
    let ran = imchat(&[("KEY", TEXT)], &["sign", "--provider", provider, "--secret-env", "KEY", "--body", &body]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{provider}");
    assert!(ran.err.contains("cannot be signed here"), "{provider}: {}", ran.err);
}

#[test]
fn an_id_cannot_add_a_header() {
    let body = file("sign-id", "{}");
    let args = ["sign", "--provider", "svix", "--secret-env", "KEY", "--body", &body, "--id", "msg_1\nX-Evil: 1"];
    for more in [&[][..], &["--curl"]] {
        let ran = imchat(&[("KEY", WHSEC)], &[&args[..], more].concat());
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
        assert!(ran.err.contains("--id cannot be sent in a header"), "{}", ran.err);
    }
}

#[test]
fn the_published_examples_come_out() {
    let body = file("sign-github", "Hello, World!");
    let env = [("KEY", "It's a Secret to Everybody")];
    let ran = imchat(&env, &["sign", "--provider", "github", "--secret-env", "sign=KEY", "--body", &body]);
    let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    assert_eq!(ran.out, format!("X-Hub-Signature-256: {signature}\n"));
    // From OpenAI's library: the id is the sender's.
    let text = r#"{"id": "evt_685c059ae3a481909bdc86819b066fb6", "object": "event", "created_at": 1750861210, "type": "response.completed", "data": {"id": "resp_123"}}"#;
    let body = file("sign-openai", text);
    let args = ["sign", "--provider", "openai", "--secret-env", "KEY", "--body", &body, "--now", "1750861210", "--id"];
    let env = [("KEY", "whsec_RdvaYFYUXuIFuEbvZHwMfYFhUf7aMYjYcmM24+Aj40c=")];
    let ran = imchat(&env, &[&args[..], &["wh_685c059ae39c8190af8c71ed1022a24d"]].concat());
    assert!(ran.out.contains("webhook-signature: v1,gUAg4R2hWouRZqRQG4uJypNS8YK885G838+EHb4nKBY=\n"), "{}", ran.out);
}

#[test]
fn a_curl_command_is_one_line_that_a_shell_can_run() {
    let body = file("sign-curl it's", "{}");
    let env = [("KEY", TEXT)];
    let args = ["sign", "--provider", "slack", "--secret-env", "KEY", "--body", &body, "--now", "1700000000", "--curl"];
    let ran = imchat(&env, &[&args[..], &["--url", "http://127.0.0.1:9/a?b=c&d=e"]].concat());
    assert_eq!(ran.out.lines().count(), 1);
    // The shell's own reading of the words, with printf in place of curl.
    let words = ran.out.replacen("curl", "printf '%s\\n'", 1);
    let shell = Command::new("sh").args(["-c", &words]).output().unwrap();
    let shell = String::from_utf8(shell.stdout).unwrap();
    let words: Vec<&str> = shell.lines().collect();
    assert_eq!(&words[..5], ["-X", "POST", "http://127.0.0.1:9/a?b=c&d=e", "-H", "Content-Type: application/json"]);
    assert!(words.contains(&"X-Slack-Request-Timestamp: 1700000000"), "{words:?}");
    assert_eq!(&words[words.len() - 2..], ["--data-binary", &format!("@{body}")]);
}

#[test]
fn secrets_come_from_files_too() {
    let body = file("sign-file-body", "{}");
    let secret = file("sign-file-secret", "a signing secret\n");
    let args = ["sign", "--provider", "generic", "--body", &body];
    let from_file = imchat(&[], &[&args[..], &["--secret-file", &secret]].concat());
    let from_env = imchat(&[("KEY", "a signing secret")], &[&args[..], &["--secret-env", "KEY"]].concat());
    assert_eq!(from_file.code, Some(0), "{}", from_file.err);
    assert_eq!(from_file.out, from_env.out);
}

#[test]
fn what_cannot_be_signed_is_unsupported() {
    let body = file("sign-unsupported", "{}");
    for command in ["sign", "verify"] {
        let file = if command == "sign" { "--body" } else { "--request" };
        let ran = imchat(&[], &[command, "--provider", "no-such-platform", "--secret-env", "KEY", file, &body]);
        assert_eq!(ran.code, Some(2));
        assert!(ran.err.contains("unsupported: provider no-such-platform"), "{}", ran.err);
        assert!(ran.out.is_empty());
    }
    // With the token alone Feishu signs nothing.
    let args = ["sign", "--provider", "feishu", "--secret-env", "verification_token=KEY", "--body", &body];
    let ran = imchat(&[("KEY", TEXT)], &args);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("unsupported"), "{}", ran.err);
}

#[test]
fn a_secret_in_another_form_is_an_error_of_the_call() {
    let body = file("sign-form", "{}");
    for (provider, secret, says) in
        [("discord", "not hex", "64 hex digits"), ("svix", "whsec_", "whsec_ and base64"), ("slack", "", "not empty")]
    {
        let args = ["sign", "--provider", provider, "--secret-env", "KEY", "--body", &body];
        let ran = imchat(&[("KEY", secret)], &args);
        assert_eq!(ran.code, Some(2), "{provider}");
        assert!(ran.err.contains(says), "{}", ran.err);
    }
}
