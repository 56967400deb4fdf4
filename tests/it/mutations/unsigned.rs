//! Challenges that carry no signature: what protects them, and that the scheme says how little it is.

use imchat_tests::{Outcome, Subject};
use imchat_verify::{Error, Role};

use super::{challenges, proved_by_body, security_headers};

#[test]
fn no_change_to_an_unsigned_challenge_makes_it_an_event() {
    for subject in challenges("POST") {
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
    for subject in challenges("POST") {
        for at in 0..subject.secrets.len() {
            let mut other = subject.clone();
            other.secrets[at].1.push('x');
            assert!(!other.judge().is_accepted(), "{} under another {}", subject.name, subject.secrets[at].0);
        }
    }
}

#[test]
fn one_signature_header_makes_a_challenge_a_request_that_lacks_the_others() {
    for subject in challenges("POST").into_iter().filter(|subject| subject.secrets.len() == 2) {
        for header in ["X-Lark-Signature", "X-Lark-Request-Timestamp", "X-Lark-Request-Nonce"] {
            let mut some = subject.clone();
            some.request = subject.request.clone().and(header, "1700000000");
            assert!(!some.judge().is_accepted(), "{} with {header}", subject.name);
        }
    }
}

#[test]
fn no_change_to_a_challenge_in_the_url_makes_it_an_event_or_opens_it() {
    for subject in challenges("GET") {
        let url = subject.request.url.clone().unwrap();
        for at in 0..url.len() {
            for other in ["", "x", "&", "%"] {
                let mut changed = subject.clone();
                changed.request.url = Some([&url[..at], other, &url[at + 1..]].concat());
                let verdict = changed.judge();
                assert!(!matches!(verdict, Outcome::Event(_)), "{}: {other} at {at} makes it an event", subject.name);
                let token = url.find("verify_token=").map_or(url.len(), |start| start + "verify_token=".len());
                let of_token = at >= token && !url[token..at].contains('&');
                // An escape for the same byte is the same token.
                assert!(
                    !of_token || other == "%" || !verdict.is_accepted(),
                    "{}: the token is compared, but {other} at {at} passes",
                    subject.name
                );
            }
        }
    }
}

#[test]
fn a_challenge_in_the_url_is_answered_by_no_other_method_and_no_signature() {
    for subject in challenges("GET") {
        for method in ["POST", "HEAD", "PUT", "get", ""] {
            let mut other = subject.clone();
            other.request.method = method.to_owned();
            assert!(!other.judge().is_accepted(), "{} by {method}", subject.name);
        }
        for header in ["X-Hub-Signature-256", "X-Dropbox-Signature"] {
            let mut signed = subject.clone();
            signed.request = subject.request.clone().and(header, "sha256=00");
            let read = security_headers(&signed).len() == 1;
            assert_eq!(signed.judge().is_accepted(), !read, "{} with {header}", subject.name);
        }
    }
}

/// Where in a body the text that proves it begins, and its length.
fn proof_in(subject: &Subject) -> (usize, usize) {
    let body = std::str::from_utf8(&subject.request.body).unwrap();
    let text = match subject.scheme.name() {
        "mailgun" => serde_json::from_str::<serde_json::Value>(body).unwrap()["signature"]["signature"]
            .as_str()
            .unwrap()
            .to_owned(),
        _ => subject.secrets[0].1.clone(),
    };
    (body.find(&text).unwrap(), text.len())
}

#[test]
fn a_changed_proof_in_the_body_is_refused() {
    for subject in proved_by_body() {
        let (start, length) = proof_in(&subject);
        for at in start..start + length {
            for bit in [0, 1, 7] {
                let mut changed = subject.clone();
                changed.request.body[at] ^= 1 << bit;
                assert!(!changed.judge().is_accepted(), "{}: bit {bit} of byte {at}", subject.name);
            }
        }
        for (from, to) in [(start, start + length), (start, start + 1), (start + length - 1, start + length)] {
            let mut shorter = subject.clone();
            shorter.request.body.drain(from..to);
            assert!(!shorter.judge().is_accepted(), "{} without {from} to {to}", subject.name);
        }
    }
}

#[test]
fn a_proof_in_the_body_under_another_secret_is_refused() {
    for mut subject in proved_by_body() {
        subject.secrets[0].1.push('x');
        let error = subject.judge().error();
        assert!(matches!(error, Error::Mismatch | Error::WrongToken), "{}: {error:?}", subject.name);
        assert!(subject.scheme.not_signed().iter().any(|what| what.contains("whoever")), "{} admits it", subject.name);
    }
}
