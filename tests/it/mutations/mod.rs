//! Everything that is accepted, changed in every way that a relay could change it: it must be refused, or the changed
//! input is one that the scheme says nobody signs.

mod body;
mod clock;
mod head;
mod unsigned;

use imchat_tests::{Expect, Request, Subject, payloads, vectors};
use imchat_verify::{AnyProvider, Verifier};
use time::OffsetDateTime;

/// The headers that the proof of this request rests on.
fn security_headers(subject: &Subject) -> Vec<&'static str> {
    let all: &[&str] = match subject.scheme.name() {
        "slack" => &["x-slack-signature", "x-slack-request-timestamp"],
        "stripe" => &["stripe-signature"],
        "github" => &["x-hub-signature-256"],
        "github-legacy" => &["x-hub-signature"],
        "generic" => &["x-signature-256"],
        "discord" => &["x-signature-ed25519", "x-signature-timestamp"],
        "feishu" | "feishu-card-legacy" => &["x-lark-signature", "x-lark-request-timestamp", "x-lark-request-nonce"],
        "svix" => &["svix-signature", "svix-timestamp", "svix-id"],
        "standard-webhooks" | "openai" => &["webhook-signature", "webhook-timestamp", "webhook-id"],
        other => panic!("which headers does {other} sign?"),
    };
    all.iter().copied().filter(|name| subject.request.get(name).is_some()).collect()
}

fn signature_header(subject: &Subject) -> &'static str {
    security_headers(subject)[0]
}

/// What stands between the elements of the signature header, where it is a list.
fn separator(subject: &Subject) -> Option<u8> {
    match subject.scheme.name() {
        "stripe" => Some(b','),
        "svix" | "standard-webhooks" | "openai" => Some(b' '),
        _ => None,
    }
}

fn is_hex(subject: &Subject) -> bool {
    separator(subject) != Some(b' ')
}

/// Where the tag stands in the signature header of a [`reduced`] request.
fn tag_start(subject: &Subject) -> usize {
    let value = subject.request.get(signature_header(subject)).unwrap();
    let delimiter = if is_hex(subject) { b'=' } else { b',' };
    value.iter().rposition(|byte| *byte == delimiter).map_or(0, |at| at + 1)
}

fn all_accepted() -> Vec<Subject> {
    let from_vectors = vectors().into_iter().filter(|case| matches!(case.expect, Expect::Accept | Expect::Handshake));
    let from_archive = payloads().into_iter().filter(|payload| !payload.is_refused());
    from_vectors.map(|case| case.subject).chain(from_archive.map(|payload| payload.subject)).collect()
}

/// Every accepted request that carries a signature.
fn signed() -> Vec<Subject> {
    let all: Vec<Subject> =
        all_accepted().into_iter().filter(|subject| !security_headers(subject).is_empty()).collect();
    assert!(all.len() > 60, "only {} requests are signed", all.len());
    all
}

/// Every accepted request without a signature: a challenge of Feishu.
fn challenges() -> Vec<Subject> {
    let all: Vec<Subject> = all_accepted().into_iter().filter(|subject| security_headers(subject).is_empty()).collect();
    assert!(all.len() >= 4 && all.iter().all(|subject| subject.scheme.name() == "feishu"));
    all
}

/// The same request with one candidate in its signature header, the one that fits: of several, another could stand in
/// for one that a test spoils.
fn reduced(mut subject: Subject) -> Subject {
    let Some(separator) = separator(&subject) else { return subject };
    let header = signature_header(&subject);
    let value = subject.request.get(header).unwrap().to_vec();
    let elements: Vec<&[u8]> = value.split(|byte| *byte == separator).map(<[u8]>::trim_ascii).collect();
    let time: Vec<&[u8]> = elements.iter().copied().filter(|element| element.starts_with(b"t=")).collect();
    for element in elements {
        let only = [&time[..], &[element]].concat().join(&separator);
        let request = subject.request.clone().with(header, only);
        if element.starts_with(b"v1") && accepts(&subject.verifier(), &request, subject.now) {
            subject.request = request;
            return subject;
        }
    }
    panic!("{}: no candidate fits alone", subject.name)
}

fn accepts(verifier: &Verifier<AnyProvider>, request: &Request, now: OffsetDateTime) -> bool {
    verifier.verify(request.head(), &request.body, now).is_ok()
}

#[track_caller]
fn assert_refused(subject: &Subject, request: &Request, what: &str) {
    assert!(!accepts(&subject.verifier(), request, subject.now), "{}: {what} is accepted", subject.name);
}

#[track_caller]
fn assert_accepted(subject: &Subject, request: &Request, what: &str) {
    let verifier = subject.verifier();
    let verdict = verifier.verify(request.head(), &request.body, subject.now);
    assert!(verdict.is_ok(), "{}: {what} is refused: {verdict:?}", subject.name);
}
