//! Everything that is accepted, changed in every way that a relay could change it: it must be refused, or the changed
//! input is one that the scheme says nobody signs.

mod body;
mod clock;
mod head;
mod unsigned;
mod url;

use imchat_tests::{Expect, Request, Subject, payloads, vectors};
use imchat_verify::scheme::Part;
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
        "standard-webhooks" | "openai" | "polar" => &["webhook-signature", "webhook-timestamp", "webhook-id"],
        // The old token alone proves nothing of the body.
        "gitlab" if subject.request.get("webhook-id").is_none() => &["x-gitlab-token"],
        "gitlab" => &["webhook-signature", "webhook-timestamp", "webhook-id"],
        "twilio" => &["x-twilio-signature"],
        "telegram" => &["x-telegram-bot-api-secret-token"],
        "line" => &["x-line-signature"],
        "meta" => &["x-hub-signature-256"],
        "teams-outgoing" => &["authorization"],
        "zoom" => &["x-zm-signature", "x-zm-request-timestamp"],
        "webex" => &["x-spark-signature"],
        "viber" => &["x-viber-content-signature"],
        "dingtalk-robot" => &["sign", "timestamp"],
        "shopify" => &["x-shopify-hmac-sha256"],
        "shopify-events" => &["shopify-hmac-sha256"],
        "linear" => &["linear-signature"],
        "pagerduty" => &["x-pagerduty-signature"],
        "sentry" => &["sentry-hook-signature"],
        "twitch" => {
            &["twitch-eventsub-message-signature", "twitch-eventsub-message-timestamp", "twitch-eventsub-message-id"]
        }
        "dropbox" => &["x-dropbox-signature"],
        "bitbucket" | "intercom" => &["x-hub-signature"],
        "square" => &["x-square-hmacsha256-signature"],
        "hubspot" => &["x-hubspot-signature-v3", "x-hubspot-request-timestamp"],
        "hubspot-v1" | "hubspot-v2" => &["x-hubspot-signature"],
        "paddle" => &["paddle-signature"],
        "typeform" => &["typeform-signature"],
        "notion" => &["x-notion-signature"],
        // Their proof stands in the URL.
        "dingtalk" | "wechat" | "wechat-aes" | "wecom" => &[],
        // Their proof stands in the body.
        "mailgun" | "mattermost" | "rocketchat" | "zulip" => &[],
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
        "stripe" | "pagerduty" => Some(b','),
        "paddle" => Some(b';'),
        "svix" | "standard-webhooks" | "openai" | "polar" => Some(b' '),
        "gitlab" if signature_header(subject) == "webhook-signature" => Some(b' '),
        _ => None,
    }
}

/// Whether every byte of a tag is two hex digits; other tags are base64 or a token.
fn is_hex(subject: &Subject) -> bool {
    const OTHERS: &[&str] = &[
        "dingtalk-robot",
        "gitlab",
        "hubspot",
        "line",
        "shopify",
        "shopify-events",
        "square",
        "teams-outgoing",
        "telegram",
        "twilio",
        "typeform",
    ];
    separator(subject) != Some(b' ') && !OTHERS.contains(&subject.scheme.name())
}

/// The version before a tag in a list.
fn version(subject: &Subject) -> &'static [u8] {
    if subject.scheme.name() == "paddle" { b"h1" } else { b"v1" }
}

/// Where the tag stands in the signature header of a [`reduced`] request.
fn tag_start(subject: &Subject) -> usize {
    let value = subject.request.get(signature_header(subject)).unwrap();
    match (subject.scheme.name(), separator(subject)) {
        ("teams-outgoing", _) => "HMAC ".len(),
        ("typeform", _) => "sha256=".len(),
        (_, Some(b' ')) => value.iter().rposition(|byte| *byte == b',').map_or(0, |at| at + 1),
        _ if is_hex(subject) => value.iter().rposition(|byte| *byte == b'=').map_or(0, |at| at + 1),
        _ => 0,
    }
}

fn all_accepted() -> Vec<Subject> {
    let from_vectors = vectors().into_iter().filter(|case| matches!(case.expect, Expect::Accept | Expect::Handshake));
    let from_archive = payloads().into_iter().filter(|payload| !payload.is_refused());
    from_vectors.map(|case| case.subject).chain(from_archive.map(|payload| payload.subject)).collect()
}

/// Whether the scheme in force signs the body.
fn signs_body(subject: &Subject) -> bool {
    subject.verifier().scheme().message().iter().any(|part| matches!(part, Part::Body | Part::Custom(_)))
}

/// Every accepted request with a proof in its headers: a signature over the body, over something else, or a token.
fn headed() -> Vec<Subject> {
    all_accepted().into_iter().filter(|subject| !security_headers(subject).is_empty()).collect()
}

/// Every accepted request that carries a signature over its body.
fn signed() -> Vec<Subject> {
    let all: Vec<Subject> = headed().into_iter().filter(signs_body).collect();
    assert!(all.len() > 150, "only {} requests are signed", all.len());
    all
}

/// Every accepted request whose proof stands in its URL.
fn proved_by_url() -> Vec<Subject> {
    let all: Vec<Subject> = all_accepted().into_iter().filter(|subject| subject.scheme.proves_in_query()).collect();
    assert!(all.len() >= 15, "only {} requests", all.len());
    all
}

/// Every accepted request whose proof stands in its body.
fn proved_by_body() -> Vec<Subject> {
    const NAMES: &[&str] = &["mailgun", "mattermost", "rocketchat", "zulip"];
    let all: Vec<Subject> = all_accepted()
        .into_iter()
        .filter(|subject| NAMES.contains(&subject.scheme.name()) && subject.request.get("authorization").is_none())
        .collect();
    assert!(all.len() >= 9, "only {} requests", all.len());
    all
}

/// Every accepted request without a signature by which an endpoint of this method is set up.
fn challenges(method: &str) -> Vec<Subject> {
    let unsigned = |subject: &Subject| {
        security_headers(subject).is_empty() && subject.scheme.answers_unsigned() && subject.request.method == method
    };
    let all: Vec<Subject> = all_accepted().into_iter().filter(unsigned).collect();
    assert!(all.len() >= 3, "only {} challenges by {method}", all.len());
    all
}

/// The same request with one candidate in its signature header, the one that fits: of several, another could stand in
/// for one that a test spoils.
fn reduced(mut subject: Subject) -> Subject {
    let Some(separator) = separator(&subject) else { return subject };
    let header = signature_header(&subject);
    let value = subject.request.get(header).unwrap().to_vec();
    let elements: Vec<&[u8]> = value.split(|byte| *byte == separator).map(<[u8]>::trim_ascii).collect();
    let is_time = |element: &&[u8]| element.starts_with(b"t=") || element.starts_with(b"ts=");
    let time: Vec<&[u8]> = elements.iter().copied().filter(is_time).collect();
    for element in elements {
        let only = [&time[..], &[element]].concat().join(&separator);
        let request = subject.request.clone().with(header, only);
        if element.starts_with(version(&subject)) && accepts(&subject.verifier(), &request, subject.now) {
            subject.request = request;
            return subject;
        }
    }
    panic!("{}: no candidate fits alone", subject.name)
}

/// The form that a body is, as Twilio signs it: sorted, and without what comes twice.
fn fields(body: &[u8]) -> std::collections::BTreeSet<(Vec<u8>, Vec<u8>)> {
    let decode = |text: &[u8]| {
        let mut rest = text.iter();
        let mut out = Vec::new();
        while let Some(byte) = rest.next() {
            let pair = rest.as_slice().get(..2).and_then(|pair| const_hex::decode(pair).ok());
            match (byte, pair) {
                (b'%', Some(decoded)) => {
                    out.extend(decoded);
                    rest.nth(1);
                }
                (b'+', _) => out.push(b' '),
                (byte, _) => out.push(*byte),
            }
        }
        out
    };
    let pairs = body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let end = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            (decode(&pair[..end]), decode(pair.get(end + 1..).unwrap_or_default()))
        })
        .collect()
}

/// Whether the scheme says that it signs these two bodies alike: of a form how it is written is no part of the message.
fn is_signed_alike(subject: &Subject, changed: &Request) -> bool {
    subject.scheme.name() == "twilio" && fields(&subject.request.body) == fields(&changed.body)
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
