//! Changed heads: each security header flipped, cut, lengthened, dropped, blanked and repeated.

use imchat_tests::{Outcome, Request, Subject};

use super::{
    accepts, assert_accepted, assert_refused, headed, is_hex, reduced, security_headers, separator, signature_header,
    tag_start,
};

/// Other bytes for one byte of a header: its neighbour, the next of its class, and one that is not ASCII.
fn other_bytes(byte: u8) -> impl Iterator<Item = u8> {
    let next = match byte {
        b'9' => b'0',
        b'Z' => b'A',
        b'z' => b'a',
        byte => byte + 1,
    };
    [byte ^ 1, next, byte ^ 0x80].into_iter()
}

#[test]
fn a_changed_byte_in_any_security_header_is_refused() {
    for subject in headed().into_iter().map(reduced) {
        let verifier = subject.verifier();
        for header in security_headers(&subject) {
            let value = subject.request.get(header).unwrap();
            for at in 0..value.len() {
                for other in other_bytes(value[at]) {
                    let mut changed = value.to_vec();
                    changed[at] = other;
                    let request = subject.request.clone().with(header, changed);
                    let accepted = accepts(&verifier, &request, subject.now);
                    assert!(!accepted, "{}: byte {at} of {header} as {other:#x}", subject.name);
                }
            }
        }
    }
}

#[test]
fn a_byte_more_or_less_anywhere_in_a_security_header_is_refused() {
    for subject in headed().into_iter().map(reduced) {
        let verifier = subject.verifier();
        for header in security_headers(&subject) {
            let value = subject.request.get(header).unwrap();
            for at in 0..value.len() {
                let shorter = [&value[..at], &value[at + 1..]].concat();
                let longer = [&value[..at], b"0", &value[at..]].concat();
                for changed in [shorter, longer, [value, b"0"].concat()] {
                    let request = subject.request.clone().with(header, changed);
                    let accepted = accepts(&verifier, &request, subject.now);
                    assert!(!accepted, "{}: {header} changed at byte {at}", subject.name);
                }
            }
        }
    }
}

#[test]
fn a_truncated_or_extended_tag_is_refused() {
    for subject in headed().into_iter().map(reduced) {
        let (header, start) = (signature_header(&subject), tag_start(&subject));
        let value = subject.request.get(header).unwrap();
        let (before, tag) = value.split_at(start);
        for length in [0, 1, 2, tag.len() / 2, tag.len() - 2, tag.len() - 1] {
            let request = subject.request.clone().with(header, [before, &tag[..length]].concat());
            assert_refused(&subject, &request, "a truncated tag");
        }
        for more in [&b"0"[..], b"00", b"A", b"=", b"==", tag] {
            let request = subject.request.clone().with(header, [before, tag, more].concat());
            assert_refused(&subject, &request, "an extended tag");
        }
    }
}

#[test]
fn a_dropped_or_blank_security_header_is_refused() {
    for subject in headed() {
        for header in security_headers(&subject) {
            assert_refused(&subject, &subject.request.clone().without(header), &format!("no {header}"));
            for blank in ["", " ", "\t", ",", "null"] {
                let request = subject.request.clone().with(header, blank);
                assert_refused(&subject, &request, &format!("{header} as {blank:?}"));
            }
        }
        let bare = security_headers(&subject).into_iter().fold(subject.request.clone(), Request::without);
        assert_refused(&subject, &bare, "no security header at all");
    }
}

#[test]
fn a_security_header_that_comes_twice_is_refused() {
    for subject in headed() {
        for header in security_headers(&subject) {
            let value = subject.request.get(header).unwrap().to_vec();
            for second in [value.clone(), Vec::new(), b"0".to_vec()] {
                let twice = subject.request.clone().and(header, second.clone());
                assert_refused(&subject, &twice, &format!("{header} and {second:?} after it"));
                let mut before = subject.request.clone();
                before.headers.insert(0, (header.to_uppercase(), second));
                assert_refused(&subject, &before, &format!("{header} and another before it"));
            }
        }
    }
}

#[test]
fn a_security_header_joined_to_itself_is_refused() {
    // Reduced, since a list of several may well hold one that fits after another was spoilt by the comma.
    for subject in headed().into_iter().map(reduced) {
        for header in security_headers(&subject) {
            let value = subject.request.get(header).unwrap();
            let is_list = header == signature_header(&subject) && separator(&subject).is_some();
            let joints: &[&[u8]] = match separator(&subject).filter(|_| is_list) {
                // Joined by a comma it is the list that the platform sends while a secret is changed.
                Some(b',') if subject.scheme.name() == "pagerduty" => &[b";", b" "],
                // A comma is part of an element then, which cannot be read and is passed over.
                Some(b';') => &[b";"],
                Some(_) => &[b","],
                None => &[b",", b", ", b" ", b";"],
            };
            for joint in joints {
                let request = subject.request.clone().with(header, [value, *joint, value].concat());
                assert_refused(&subject, &request, &format!("{header} joined by {joint:?}"));
            }
        }
    }
}

#[test]
fn header_names_count_in_any_case() {
    for subject in headed() {
        for respell in [str::to_uppercase, str::to_lowercase] {
            let mut request = subject.request.clone();
            for (name, _) in &mut request.headers {
                *name = respell(name);
            }
            assert_accepted(&subject, &request, "another spelling of the header names");
        }
    }
}

#[test]
fn hex_digits_count_in_either_case() {
    for subject in headed().into_iter().map(reduced).filter(is_hex) {
        let (header, start) = (signature_header(&subject), tag_start(&subject));
        let mut value = subject.request.get(header).unwrap().to_vec();
        value[start..].make_ascii_uppercase();
        assert_accepted(&subject, &subject.request.clone().with(header, value), "a tag in upper case");
    }
}

/// What a change to this header changes in what is known of the request.
fn changes_the_identity(subject: &Subject, header: &str) -> bool {
    let mut changed = subject.clone();
    changed.request = subject.request.clone().with(header, "imchat-forged");
    match (subject.judge(), changed.judge()) {
        (Outcome::Event(before), Outcome::Event(after)) => before.who != after.who,
        _ => false,
    }
}

#[test]
fn headers_that_change_the_identity_unproved_are_listed_as_not_signed() {
    let mut found = Vec::new();
    for subject in headed() {
        let names: Vec<String> = subject.request.headers.iter().map(|(name, _)| name.clone()).collect();
        for name in names.iter().filter(|name| changes_the_identity(&subject, name)) {
            // Where nothing is signed, everything is listed.
            let verifier = subject.verifier();
            let mut listed = verifier.scheme().not_signed().iter().map(|what| what.to_lowercase());
            assert!(
                listed.any(|what| what.contains(&name.to_lowercase()) || what.starts_with("everything")),
                "{}: {name} is not signed, and not listed so",
                subject.scheme.name()
            );
            found.push(name.to_lowercase());
        }
    }
    for expected in ["x-github-event", "x-github-delivery", "x-refresh-token"] {
        assert!(found.iter().any(|name| name == expected), "{expected} is known not to be signed");
    }
}

#[test]
fn a_header_added_by_a_relay_changes_nothing() {
    for subject in headed() {
        let before = subject.judge();
        for name in ["*-id", "*-timestamp", "*-signature", "x-event-id", "x-request-id", "x-forwarded-host", "id"] {
            let mut with_more = subject.clone();
            with_more.request = subject.request.clone().with(name, "imchat-forged");
            let listed = subject.scheme.not_signed().iter().any(|what| what.to_lowercase().contains(name));
            assert!(listed || with_more.judge() == before, "{}: {name} was added", subject.name);
        }
    }
}
