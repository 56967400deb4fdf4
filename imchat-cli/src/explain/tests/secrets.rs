//! Secrets that are not what the platform has.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imchat_verify::{Form, Role, providers};

use super::good::{Good, PUBLIC, form, published, signed, signed_with};
use super::{Found, expect};
use crate::secrets::Given;

/// What is made here.
pub(super) const MADE: &[&str] = &[
    "secret-space",
    "secret-quotes",
    "secret-prefix-kept",
    "secret-prefix-lost",
    "secret-hex",
    "secret-base64",
    "secret-not-decoded",
    "secret-encoded",
    "secret-role",
    "second-secret",
];

const BODY: &[u8] = br#"{"id":"evt_1","type":"thing.done"}"#;
const KEY: &[u8] = b"32 bytes that are no hex at all!";

/// The platform's secret and what is configured, by the mistake between them.
fn pairs(form: Form, right: &[u8]) -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let around = |before: &str, after: &str| [before.as_bytes(), right, after.as_bytes()].concat();
    let mut pairs = vec![
        ("secret-space", right.to_vec(), around("", "\n")),
        ("secret-space", right.to_vec(), around(" ", " ")),
        ("secret-quotes", right.to_vec(), around("\"", "\"")),
        ("secret-quotes", right.to_vec(), around("'", "'\n")),
        ("secret-prefix-kept", right.to_vec(), around("WEBHOOK_SECRET=", "")),
        ("secret-prefix-kept", right.to_vec(), around("export WEBHOOK_SECRET=", "")),
        ("secret-prefix-kept", right.to_vec(), around("Bearer ", "")),
    ];
    let hex = const_hex::encode(KEY).into_bytes();
    let base64 = STANDARD.encode(KEY).into_bytes();
    let whsec = [&b"whsec_"[..], &base64].concat();
    match form {
        Form::Text => pairs.extend([
            ("secret-prefix-kept", base64.clone(), whsec.clone()),
            ("secret-prefix-lost", whsec, base64.clone()),
            ("secret-hex", KEY.to_vec(), hex.clone()),
            ("secret-base64", KEY.to_vec(), base64.clone()),
            ("secret-encoded", hex, KEY.to_vec()),
            ("secret-encoded", base64, KEY.to_vec()),
        ]),
        Form::Whsec => pairs.extend([
            ("secret-prefix-kept", whsec.clone(), [&b"v1,"[..], &whsec].concat()),
            ("secret-hex", whsec.clone(), hex),
            ("secret-not-decoded", whsec, KEY.to_vec()),
        ]),
        Form::Base64 => pairs.extend([
            ("secret-prefix-kept", base64.clone(), whsec),
            ("secret-hex", base64.clone(), hex),
            ("secret-not-decoded", base64, KEY.to_vec()),
        ]),
        _ => {}
    }
    pairs
}

#[test]
fn a_secret_in_another_form_is_found_with_every_provider() {
    let mut found = Found::new();
    for scheme in providers::all() {
        let Some(good) = signed(scheme, BODY) else { continue };
        let right = good.given.each().next().unwrap().1.to_vec();
        for (name, right, configured) in pairs(form(scheme), &right) {
            let good = match form(scheme) {
                // The platform signs with another half of the key than is configured.
                Form::Hex32 => signed(scheme, BODY),
                _ => signed_with(scheme, &right, &right, BODY),
            };
            let good = Good { given: Given::of([(None, configured)]), ..good.unwrap() };
            expect(&good, name, &mut found);
        }
    }
    for name in ["secret-space", "secret-quotes", "secret-prefix-kept"] {
        assert!(found[name].len() >= 9 && found[name].contains("discord"), "{name}: {:?}", found[name]);
    }
    for name in ["secret-prefix-lost", "secret-hex", "secret-base64", "secret-encoded"] {
        assert!(found[name].contains("stripe") && found[name].contains("github"), "{name}: {:?}", found[name]);
    }
    assert!(found["secret-not-decoded"].contains("svix"), "{:?}", found["secret-not-decoded"]);
}

#[test]
fn a_public_key_in_base64_is_found() {
    let key = STANDARD.encode(const_hex::decode(PUBLIC).unwrap()).into_bytes();
    for scheme in providers::all().iter().filter(|scheme| form(scheme) == Form::Hex32) {
        let Some(good) = signed(scheme, BODY) else { continue };
        expect(&Good { given: Given::of([(None, key.clone())]), ..good }, "secret-base64", &mut Found::new());
    }
}

#[test]
fn secrets_in_each_others_role_are_found() {
    let mut found = Found::new();
    for mut good in published().into_iter().filter(|good| good.given.len() == 2) {
        good.given = good.given.exchanged(0, 1);
        expect(&good, "secret-role", &mut found);
    }
    assert!(found["secret-role"].contains("feishu"), "{found:?}");
}

#[test]
fn a_wrong_token_beside_the_right_key_is_found() {
    let mut found = Found::new();
    for mut good in published() {
        let primary = good.scheme.primary_role();
        let second = good.given.each().position(|(role, _)| role.is_some_and(|role| role != primary));
        let Some(second) = second.filter(|_| good.given.len() > 1) else { continue };
        // Some schemes cannot do without their second secret.
        let role = good.given.each().nth(second).and_then(|(role, _)| role).unwrap();
        if imchat_verify::Verifier::of(good.scheme, good.given.without(role).secrets()).is_err() {
            continue;
        }
        good.given = good.given.replaced(second, b"another verification token".to_vec());
        expect(&good, "second-secret", &mut found);
    }
    assert!(found["second-secret"].contains("feishu"), "{found:?}");
}

#[test]
fn another_credential_is_named_though_nothing_can_be_proved() {
    let says = |provider: &str, secret: &str| {
        let scheme = providers::by_name(provider).unwrap();
        let good = signed(scheme, BODY).unwrap();
        let explanation = Good { given: Given::of([(None, secret.into())]), ..good }.explained().unwrap();
        assert_eq!(
            (explanation.cause, explanation.proved),
            (Some("secret-is-another-credential"), false),
            "{provider}"
        );
        assert!(!explanation.sentence.contains(secret), "{}", explanation.sentence);
        explanation.sentence
    };
    let bot = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs";
    assert!(says("discord", bot).contains("public key is a bot token of Discord"));
    assert!(says("discord", "198622483471925248").contains("the id of an application"));
    assert!(says("slack", "xoxb-1234-5678-abcdefgh").contains("signing secret is a Slack token"));
    assert!(says("stripe", "sk_test_0123456789abcdef").contains("a Stripe API key"));
}

#[test]
fn a_secret_that_cannot_be_used_says_what_was_expected() {
    let good = signed(&providers::DISCORD, BODY).unwrap();
    let explanation = Good { given: Given::of([(Some(Role::PublicKey), b"abcd".to_vec())]), ..good }.explained();
    assert!(explanation.unwrap().sentence.contains("expected 64 hex digits"));
    assert_eq!(form(&providers::DISCORD), Form::Hex32);
}
