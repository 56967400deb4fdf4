//! Secrets and signatures stay where they are: no run prints one, whatever goes wrong.

use crate::command::{Ran, file, imchat, raw};

const SECRET: &str = "whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQ=";

fn tells(ran: &Ran, what: &str) -> bool {
    ran.out.contains(what) || ran.err.contains(what)
}

#[test]
fn no_run_prints_a_secret() {
    let body = file("secrecy-body", "{}");
    let request = file("secrecy-request", raw("Stripe-Signature: t=1,v1=00\n", "{}"));
    let env = [("KEY", SECRET)];
    let stripe = ["--provider", "stripe", "--secret-env", "KEY"];
    let runs: Vec<Vec<&str>> = vec![
        [&["sign"], &stripe[..], &["--body", &body]].concat(),
        [&["sign"], &stripe[..], &["--body", &body, "--curl"]].concat(),
        [&["verify"], &stripe[..], &["--request", &request]].concat(),
        [&["verify"], &stripe[..], &["--request", &request, "--window", "off"]].concat(),
        [&["send"], &stripe[..], &["--body", &body, "--url", "nowhere"]].concat(),
        vec!["sign", "--provider", "discord", "--secret-env", "KEY", "--body", &body],
        // The secret where its name belongs.
        vec!["sign", "--provider", "stripe", "--secret-env", SECRET, "--body", &body],
        vec!["sign", "--provider", "stripe", "--secret-env", "a secret without a role", "--body", &body],
        vec!["sign", "--provider", "stripe", "--secret-file", SECRET, "--body", &body],
        vec!["sign", "--provider", "stripe", "--secret", SECRET, "--body", &body],
        vec!["sign", "--provider", "stripe", "--secret=whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQ=", "--body", &body],
        vec!["sign", "--provider", "stripe", SECRET, "--body", &body],
    ];
    for args in &runs {
        let ran = imchat(&env, args);
        assert!(!tells(&ran, "c2VjcmV0IHNlY3JldCBzZWNyZXQ"), "{args:?}: {} {}", ran.out, ran.err);
        assert!(!tells(&ran, "a secret without a role"), "{args:?}: {} {}", ran.out, ran.err);
        assert!(!ran.out.is_empty() || !ran.err.is_empty(), "{args:?}");
    }
}

#[test]
fn a_refusal_tells_neither_the_signature_that_came_nor_the_one_that_fits() {
    let body = file("secrecy-mac-body", "{}");
    let env = [("KEY", SECRET)];
    let args = ["--provider", "generic", "--secret-env", "KEY"];
    let signed = imchat(&env, &[&["sign"], &args[..], &["--body", &body]].concat());
    let fits = signed.out.split("sha256=").nth(1).unwrap().trim();
    let came = "ab".repeat(32);
    let request = file("secrecy-mac", raw(&format!("X-Signature-256: sha256={came}\n"), "{}"));
    let ran = imchat(&env, &[&["verify"], &args[..], &["--request", &request]].concat());
    assert_eq!((ran.code, fits.len()), (Some(1), 64));
    assert!(!tells(&ran, fits) && !tells(&ran, &came), "{} {}", ran.out, ran.err);
}

#[test]
fn a_secret_in_another_form_is_an_error_of_the_call_that_says_what_was_expected() {
    let request = file("secrecy-forms", raw("", "{}"));
    for (provider, role, secret, expected) in [
        (
            "standard-webhooks",
            "sign",
            "v1,whsec_aW1jaGF0LXRlc3Qtc3RhbmRhcmQ=",
            "without a version such as v1, before it",
        ),
        ("teams-outgoing", "sign", " aW1jaGF0LXRlc3Qtc3RhbmRhcmQ= ", "without spaces around it"),
        (
            "discord",
            "public_key",
            "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs",
            "not a token or an id",
        ),
        ("wecom", "encoding_aes_key", "abcdefghijABCDEFGHIJ0123456789abcdefghijAB", "the 43 letters and digits"),
        ("google-chat", "jwks", "https://www.googleapis.com/oauth2/v3/certs", "the issuer's JSON Web Key Set"),
        ("google-chat", "audience", "", "what the platform's tokens say there"),
        ("slack", "sign", "", "text that is not empty"),
    ] {
        let jwks = include_str!("../../../tests/vectors/google-chat.json");
        let jwks: serde_json::Value = serde_json::from_str(jwks).unwrap();
        let (jwks, given) = (jwks[0]["secrets"][0]["value"].to_string(), format!("{role}=KEY"));
        let beside: &[&str] = match role {
            "encoding_aes_key" => &["--secret-env", "token=TOKEN"],
            "audience" => &["--secret-env", "jwks=JWKS"],
            _ => &[],
        };
        let args = [
            "verify",
            "--provider",
            provider,
            "--secret-env",
            &given,
            "--request",
            &request,
            "--url",
            "https://a.example/",
        ];
        let env = [("KEY", secret), ("TOKEN", "a token"), ("JWKS", jwks.as_str())];
        let ran = imchat(&env, &[&args[..], beside].concat());
        assert_eq!(ran.code, Some(2), "{provider}: {}", ran.err);
        let says = format!("the {role} secret number 1 cannot be used: expected ");
        assert!(ran.err.contains(&says) && ran.err.contains(expected), "{provider}: {}", ran.err);
        assert!(secret.is_empty() || !ran.err.contains(secret.trim()), "{provider}: {}", ran.err);
    }
}

#[test]
fn no_variable_and_no_secret_are_errors_of_the_call() {
    let body = file("secrecy-none", "{}");
    let unset = imchat(&[], &["sign", "--provider", "slack", "--secret-env", "IMCHAT_UNSET", "--body", &body]);
    assert_eq!(unset.code, Some(2));
    assert!(unset.err.contains("--secret-env number 1") && unset.err.contains("not set"), "{}", unset.err);
    assert_eq!(imchat(&[], &["sign", "--provider", "slack", "--body", &body]).code, Some(2));
    let role = ["sign", "--provider", "slack", "--secret-env", "encrypt_key=KEY", "--body", &body];
    let unused = imchat(&[("KEY", SECRET)], &role);
    assert_eq!(unused.code, Some(2));
    assert!(unused.err.contains("slack reads the roles sign"), "{}", unused.err);
}
