//! Changed bodies and changed secrets.

use imchat_tests::{Subject, keys, outcome};
use imchat_verify::{Error, Form, Role};

use super::{accepts, assert_refused, is_signed_alike, signed};

/// Bodies up to this many bytes are flipped at each byte, larger ones at this many.
const FLIPS: usize = 2048;

#[test]
fn a_flipped_bit_in_any_byte_of_the_body_is_refused() {
    for subject in signed() {
        let verifier = subject.verifier();
        let mut changed = subject.request.clone();
        let stride = changed.body.len().div_ceil(FLIPS).max(1);
        for at in (0..changed.body.len()).step_by(stride) {
            let bit = 1 << (at % 8);
            changed.body[at] ^= bit;
            let alike = is_signed_alike(&subject, &changed);
            let accepted = accepts(&verifier, &changed, subject.now);
            assert!(!accepted || alike, "{}: bit {bit} of byte {at}", subject.name);
            changed.body[at] ^= bit;
        }
        assert!(accepts(&verifier, &changed, subject.now), "{} is still what it was", subject.name);
    }
}

#[test]
fn a_body_with_a_byte_more_or_less_is_refused() {
    for subject in signed() {
        let body = &subject.request.body;
        let longer = [
            [body, &b" "[..]].concat(),
            [body, &b"\n"[..]].concat(),
            [body, &b"\0"[..]].concat(),
            [b"\xEF\xBB\xBF", &body[..]].concat(),
            [b" ", &body[..]].concat(),
            [body, &body[..]].concat(),
        ];
        for longer in longer.into_iter().filter(|longer| longer != body) {
            assert_refused(&subject, &subject.request.clone().carrying(longer), "a longer body");
        }
        if let [shorter @ .., _] = &body[..] {
            assert_refused(&subject, &subject.request.clone().carrying(shorter), "a body without its last byte");
        }
        if let [_, shorter @ ..] = &body[..] {
            assert_refused(&subject, &subject.request.clone().carrying(shorter), "a body without its first byte");
        }
    }
}

#[test]
fn another_body_is_refused_whatever_its_bytes() {
    for subject in signed() {
        for (what, body) in [
            ("an empty body", Vec::new()),
            ("a body that is no text", vec![0xFF, 0xFE, 0x80]),
            ("a body of NUL", vec![0; 64]),
            ("a body of 1 MiB", vec![b'x'; 1024 * 1024]),
            ("an empty object", b"{}".to_vec()),
        ] {
            if body != subject.request.body {
                assert_refused(&subject, &subject.request.clone().carrying(body), what);
            }
        }
    }
}

/// Secrets of the same role that are well written and not this one.
fn others(role: Role, secret: &str, is_base64: bool) -> Vec<String> {
    if is_base64 {
        return vec!["aW1jaGF0LXRlc3QtYmFzZTY0LWtleQ==".to_owned()];
    }
    let known: Vec<&str> = match role {
        Role::PublicKey if secret.starts_with("whpk_") => vec![keys::STANDARD_PUBLIC],
        // The second is the public key of the third test of RFC 8032.
        Role::PublicKey => {
            vec![keys::DISCORD_PUBLIC, "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"]
        }
        _ if secret.starts_with("whsec_") => vec![keys::STANDARD, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        _ => vec![keys::SLACK, keys::GITHUB, keys::FEISHU_TOKEN],
    };
    let text = !secret.starts_with("wh") && role != Role::PublicKey;
    let near = [secret.to_uppercase(), secret.to_lowercase(), format!("{secret} "), secret[1..].to_owned()];
    let near = near.into_iter().filter(|near| text && !near.is_empty());
    known.into_iter().map(str::to_owned).chain(near).filter(|other| other != secret).collect()
}

#[test]
fn another_secret_is_refused() {
    let mut tried = 0;
    for subject in signed() {
        let (role, secret) = subject
            .secrets
            .iter()
            .find(|(role, _)| *role == subject.scheme.primary_role())
            .unwrap_or(&subject.secrets[0]);
        let is_base64 = subject.scheme.roles().any(|(_, form)| form == Form::Base64);
        for other in others(*role, secret, is_base64) {
            let swapped = Subject { secrets: replaced(&subject, *role, &other), ..subject.clone() };
            assert_eq!(swapped.judge().error(), Error::Mismatch, "{} under another secret", subject.name);
            tried += 1;
        }
    }
    assert!(tried > 200, "only {tried} secrets were tried");
}

fn replaced(subject: &Subject, role: Role, secret: &str) -> Vec<(Role, String)> {
    let all = subject.secrets.iter();
    all.map(|(known, old)| (*known, if *known == role { secret.to_owned() } else { old.clone() })).collect()
}

#[test]
fn secrets_in_each_others_role_are_refused() {
    let mut tried = 0;
    for mut subject in signed() {
        if let [(_, first), (_, second)] = &mut subject.secrets[..] {
            core::mem::swap(first, second);
            tried += 1;
            let swapped = subject.try_verifier().map(|verifier| outcome(&verifier, &subject.request, subject.now));
            let accepted = swapped.is_ok_and(|verdict| verdict.is_accepted());
            assert!(!accepted, "{} with its secrets swapped", subject.name);
        }
    }
    assert!(tried >= 6, "only {tried} requests have two secrets");
}

#[test]
fn a_wrong_token_beside_the_right_key_is_refused() {
    let compares = |subject: &Subject| ["feishu", "gitlab"].contains(&subject.scheme.name());
    let two = signed().into_iter().filter(|subject| subject.secrets.len() == 2 && compares(subject));
    for mut subject in two {
        let role = if subject.scheme.name() == "gitlab" { Role::Token } else { Role::VerificationToken };
        subject.secrets = replaced(&subject, role, "another token, twenty bytes");
        assert_eq!(subject.judge().error(), Error::WrongToken, "{}", subject.name);
    }
}
