//! Changed URLs, bodies and secrets of requests whose proof stands in the URL's query.

use imchat_tests::{Outcome, Subject, outcome};
use imchat_verify::{Error, Role};

use super::proved_by_url;

/// A change that is accepted must be one that changes nothing: what is opened and what is known of it stay as they are.
/// Where the scheme says that the body or the challenge is not signed, that much may differ.
#[track_caller]
fn assert_refused_or_alike(subject: &Subject, before: &Outcome, after: Outcome, what: &str) {
    let unsigned = |word: &str| subject.scheme.not_signed().iter().any(|said| said.starts_with(word));
    match (before, after) {
        (_, Outcome::Refused(_)) => {}
        (Outcome::Event(before), Outcome::Event(after)) => {
            let alike = before.body == after.body && before.who == after.who && before.sent_at == after.sent_at;
            assert!(alike || unsigned("the body"), "{}: {what} is accepted", subject.name);
        }
        (Outcome::Handshake(before), Outcome::Handshake(after)) => {
            assert!(*before == after || unsigned("echostr") || unsigned("the body"), "{}: {what}", subject.name);
        }
        (_, after) => panic!("{}: {what} makes it another thing: {after:?}", subject.name),
    }
}

fn with_url(subject: &Subject, url: String) -> Subject {
    let mut changed = subject.clone();
    changed.request.url = Some(url);
    changed
}

/// The parameters of a URL, and where in it each value stands.
fn parameters(url: &str) -> Vec<(&str, std::ops::Range<usize>)> {
    let mut at = url.find('?').unwrap() + 1;
    let pairs = url[at..].split('&');
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            let start = at + name.len() + 1;
            at += pair.len() + 1;
            (name, start..start + value.len())
        })
        .collect()
}

#[test]
fn a_changed_byte_anywhere_in_the_url_is_refused_or_changes_nothing() {
    for subject in proved_by_url() {
        let (verifier, before) = (subject.verifier(), subject.judge());
        let url = subject.request.url.clone().unwrap();
        for at in 0..url.len() {
            for other in ["", "0", "x", "&", "%", "+", "\u{e9}"] {
                let changed = with_url(&subject, [&url[..at], other, &url[at + 1..]].concat());
                let after = outcome(&verifier, &changed.request, changed.now);
                assert_refused_or_alike(&subject, &before, after, &format!("{other:?} at {at}"));
            }
        }
    }
}

#[test]
fn a_changed_security_parameter_is_refused() {
    for subject in proved_by_url() {
        let url = subject.request.url.clone().unwrap();
        let all = parameters(&url);
        let main = if all.iter().any(|(name, _)| *name == "msg_signature") { "msg_signature" } else { "signature" };
        for (name, span) in all.iter().filter(|(name, _)| [main, "timestamp", "nonce"].contains(name)) {
            let value = &url[span.clone()];
            let longer = [value, "0"].concat();
            let doubled = [value, ",", value].concat();
            for other in ["", "0", " ", "null", "%31", &value[1..], &value[..value.len() - 1], &longer, &doubled] {
                let changed = with_url(&subject, [&url[..span.start], other, &url[span.end..]].concat());
                assert!(!changed.judge().is_accepted(), "{}: {name} as {other:?}", subject.name);
            }
            let twice = with_url(&subject, format!("{url}&{name}={value}"));
            assert!(!twice.judge().is_accepted(), "{}: {name} twice", subject.name);
            let renamed = with_url(&subject, url.replace(&format!("{name}="), "x="));
            // Where the second name of the signature is there as well it steps in, over other bytes.
            assert!(!renamed.judge().is_accepted() || url.contains("&msg_signature"), "{}: no {name}", subject.name);
        }
    }
}

#[test]
fn hex_counts_in_either_case() {
    for subject in proved_by_url() {
        let mut url = subject.request.url.clone().unwrap();
        let spans: Vec<_> = parameters(&url)
            .into_iter()
            .filter(|(name, _)| name.ends_with("signature"))
            .map(|(_, span)| span)
            .collect();
        for span in spans {
            url.replace_range(span.clone(), &url[span].to_uppercase());
        }
        assert!(with_url(&subject, url).judge().is_accepted(), "{}", subject.name);
    }
}

#[test]
fn a_flipped_bit_in_any_byte_of_the_body_is_refused_or_opens_to_the_same() {
    for subject in proved_by_url() {
        let (verifier, before) = (subject.verifier(), subject.judge());
        let mut changed = subject.clone();
        for at in 0..subject.request.body.len() {
            let bit = at % 8;
            changed.request.body[at] ^= 1 << bit;
            let after = outcome(&verifier, &changed.request, changed.now);
            assert_refused_or_alike(&subject, &before, after, &format!("bit {bit} of byte {at}"));
            changed.request.body[at] ^= 1 << bit;
        }
        for cut in (1..=subject.request.body.len()).step_by(5) {
            changed.request.body.truncate(subject.request.body.len() - cut);
            let after = outcome(&verifier, &changed.request, changed.now);
            assert_refused_or_alike(&subject, &before, after, &format!("a body without its last {cut} bytes"));
        }
    }
}

#[test]
fn another_method_makes_no_event_of_a_challenge_and_no_challenge_of_an_event() {
    for subject in proved_by_url() {
        for method in ["GET", "POST", "PUT", "HEAD", ""] {
            let mut other = subject.clone();
            other.request.method = method.to_owned();
            let is_plain = subject.scheme.name() == "wechat";
            match (subject.judge(), other.judge()) {
                (_, Outcome::Refused(_)) => {}
                (Outcome::Event(_), Outcome::Event(_)) => {
                    assert!(method != "GET" || !subject.scheme.answers_get(), "{}", subject.name);
                }
                (Outcome::Handshake(_), Outcome::Handshake(_)) => {}
                // It signs no body, so any will do.
                (Outcome::Handshake(_), Outcome::Event(event)) => assert!(is_plain && event.wire.is_empty()),
                (before, after) => panic!("{} by {method}: {before:?} became {after:?}", subject.name),
            }
        }
    }
}

#[test]
fn another_token_key_or_receiver_is_refused() {
    for subject in proved_by_url() {
        for at in 0..subject.secrets.len() {
            let (role, secret) = &subject.secrets[at];
            let others = match role {
                Role::EncodingAesKey => {
                    vec!["Yue0EfdN5900c1ce5cf6A152c63DDe1808a60c5ecd8".to_owned(), secret.to_lowercase()]
                }
                _ => vec![format!("{secret} "), format!("{secret}0"), secret.to_uppercase(), "x".to_owned()],
            };
            for other in others.into_iter().filter(|other| other != secret) {
                let mut changed = subject.clone();
                changed.secrets[at].1 = other;
                // A challenge of WeChat's is not encrypted.
                let reads =
                    *role == Role::Token || changed.request.method == "POST" || subject.scheme.name() == "wecom";
                match changed.judge() {
                    Outcome::Refused(error) if *role == Role::Token => assert_eq!(error, Error::Mismatch),
                    Outcome::Refused(error) => assert_eq!(error, Error::Undecryptable, "{}", subject.name),
                    accepted => assert!(!reads, "{} under another {role}: {accepted:?}", subject.name),
                }
            }
        }
    }
}

#[test]
fn headers_decide_nothing() {
    for subject in proved_by_url() {
        let mut changed = subject.clone();
        changed.request.headers = vec![("msg_signature".to_owned(), b"0".to_vec())];
        assert_eq!(changed.judge(), subject.judge(), "{}", subject.name);
    }
}
