//! Challenges that carry no signature: what protects them, and that the scheme says how little it is.

use imchat_tests::{Outcome, Subject};
use imchat_verify::Role;

use super::challenges;

#[test]
fn no_change_to_an_unsigned_challenge_makes_it_an_event() {
    for subject in challenges() {
        let mut changed = subject.clone();
        for at in 0..subject.request.body.len() {
            for bit in 0..8 {
                changed.request.body[at] ^= 1 << bit;
                let verdict = changed.judge();
                let is_token_only = subject.verifier().scheme().primary_role() == Role::VerificationToken;
                assert!(
                    is_token_only || !matches!(verdict, Outcome::Event(_)),
                    "{}: bit {bit} of byte {at} makes it an event",
                    subject.name
                );
                if verdict.is_accepted() {
                    assert_admits(&subject);
                }
                changed.request.body[at] ^= 1 << bit;
            }
        }
    }
}

/// The scheme in force must say that a challenge, or all of it, is not signed.
fn assert_admits(subject: &Subject) {
    let verifier = subject.verifier();
    let listed = verifier.scheme().not_signed().iter();
    assert!(
        listed.clone().any(|what| what.contains("everything") || what.contains("url_verification")),
        "{}: a changed challenge is answered, and the scheme does not say so: {:?}",
        subject.name,
        verifier.scheme().not_signed()
    );
}

#[test]
fn a_challenge_under_another_key_or_token_is_refused() {
    for subject in challenges() {
        for at in 0..subject.secrets.len() {
            let mut other = subject.clone();
            other.secrets[at].1.push('x');
            assert!(!other.judge().is_accepted(), "{} under another {}", subject.name, subject.secrets[at].0);
        }
    }
}

#[test]
fn one_signature_header_makes_a_challenge_a_request_that_lacks_the_others() {
    for subject in challenges().into_iter().filter(|subject| subject.secrets.len() == 2) {
        for header in ["X-Lark-Signature", "X-Lark-Request-Timestamp", "X-Lark-Request-Nonce"] {
            let mut some = subject.clone();
            some.request = subject.request.clone().and(header, "1700000000");
            assert!(!some.judge().is_accepted(), "{} with {header}", subject.name);
        }
    }
}
