//! What is refused by its head or its signature: early, alike, and without a word of why.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::Full;
use imchat_verify::providers::{Feishu, Slack, StandardWebhooks, Stripe};
use imchat_verify::{Role, Secrets, Verify, providers};
use tower::{Layer as _, ServiceExt as _};

use super::fixture::{
    FEISHU_KEY, FEISHU_TOKEN, Inner, SIGNED_AT, SLACK_SECRET, STRIPE_SECRET, Script, Seen, Step, archived, at, event,
    for_github, github, layer, reason, seen, signed, slack, with_body,
};

type Change = fn(&mut Request<Full<Bytes>>);

fn set(request: &mut Request<Full<Bytes>>, name: &'static str, value: &'static str) {
    request.headers_mut().insert(name, HeaderValue::from_static(value));
}

const SIGNATURE: &str = "x-slack-signature";
const TIME: &str = "x-slack-request-timestamp";

/// Everything that can be wrong with the proof of a Slack request, with the reason for metrics.
const WRONG: &[(&str, Change)] = &[
    ("missing_header", |request| drop(request.headers_mut().remove(SIGNATURE))),
    ("missing_header", |request| drop(request.headers_mut().remove(TIME))),
    ("missing_header", |request| request.headers_mut().clear()),
    ("missing_header", |request| set(request, SIGNATURE, "")),
    ("missing_header", |request| set(request, TIME, "")),
    ("repeated", |request| {
        let value = request.headers()[SIGNATURE].clone();
        request.headers_mut().append(SIGNATURE, value);
    }),
    ("repeated", |request| {
        request.headers_mut().append(TIME, HeaderValue::from_static("1700000000"));
    }),
    ("malformed", |request| set(request, SIGNATURE, "v0=")),
    ("malformed", |request| set(request, SIGNATURE, "v0=zz")),
    ("malformed", |request| set(request, SIGNATURE, "garbage")),
    ("malformed", |request| set(request, TIME, "+1700000000")),
    ("malformed", |request| set(request, TIME, "1700000000.0")),
    ("malformed", |request| set(request, TIME, "99999999999999999999999999")),
    ("malformed", |request| {
        // A version that this scheme does not support, with a signature that would fit.
        let value = request.headers()[SIGNATURE].to_str().unwrap().replace("v0=", "v1=");
        request.headers_mut().insert(SIGNATURE, value.try_into().unwrap());
    }),
    ("bad_signature", |request| {
        set(request, SIGNATURE, "v0=0000000000000000000000000000000000000000000000000000000000000000");
    }),
    ("bad_signature", |request| *request.body_mut() = Full::from("{}")),
    ("bad_signature", |request| set(request, TIME, "1700000001")),
    ("stale", |request| set(request, TIME, "1699999699")),
    ("stale", |request| set(request, TIME, "0")),
    ("future", |request| set(request, TIME, "1700000301")),
];

#[tokio::test(start_paused = true)]
async fn whatever_is_wrong_with_a_signature_the_sender_sees_the_same_401() {
    let inner = Inner::new();
    let service = slack().build().unwrap().layer(inner.clone());
    let mut answers: Vec<Seen> = Vec::new();
    for (expected, change) in WRONG {
        let mut request = event("Ev1");
        change(&mut request);
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!(reason(&response), Some(*expected));
        answers.push(seen(response).await);
    }

    assert_eq!(answers[0].status, StatusCode::UNAUTHORIZED);
    assert_eq!(&answers[0].body[..], b"Unauthorized");
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(WRONG.iter().map(|(reason, _)| reason).collect::<BTreeSet<_>>().len(), 6);
    assert_eq!(inner.started(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_same_401_whatever_the_platform() {
    let stale = layer(Stripe::verifier(STRIPE_SECRET).unwrap()).clock(|| at(SIGNED_AT + 301)).build().unwrap();
    let feishu = || Secrets::new(FEISHU_KEY).with(Role::VerificationToken, FEISHU_TOKEN);
    let feishu = layer(Feishu::verifier(feishu()).unwrap()).build().unwrap();
    let standard = layer(StandardWebhooks::verifier("whsec_c2l4dGVlbiBieXRlcyBvZiBrZXk=").unwrap()).build().unwrap();
    let sealed = |key: &str| providers::feishu_seal(key.as_bytes(), b"{}", [7; 16]);
    let cases = [
        // Authentic, and nothing but the reason differs: stale, another key, no token, a body that does not decrypt.
        (stale, archived("stripe/invoice_paid"), "stale"),
        (standard, archived("standard_webhooks/v1"), "bad_signature"),
        (feishu.clone(), signed(&providers::FEISHU, FEISHU_KEY, sealed(FEISHU_KEY)), "missing_header"),
        (feishu.clone(), signed(&providers::FEISHU, FEISHU_KEY, sealed("another key")), "undecryptable"),
        (feishu.clone(), signed(&providers::FEISHU, FEISHU_KEY, r#"{"token":"wrong"}"#), "bad_token"),
        (feishu, signed(&providers::FEISHU, FEISHU_KEY, "{\"a\":\"\0\"}"), "malformed"),
        (for_github().build().unwrap(), github("{}").map(|_| Full::from("{ }")), "bad_signature"),
        (slack().resolve(|_| None).build().unwrap(), event("Ev1"), "unknown_endpoint"),
    ];
    let mut answers = Vec::new();
    for (layer, request, expected) in cases {
        let inner = Inner::new();
        let response = layer.layer(inner.clone()).oneshot(request).await.unwrap();
        assert_eq!((reason(&response), inner.started()), (Some(expected), 0));
        answers.push(seen(response).await);
    }
    assert_eq!(answers[0].status, StatusCode::UNAUTHORIZED);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[tokio::test(start_paused = true)]
async fn a_sender_does_not_learn_which_tenants_there_are() {
    let tenant: Arc<dyn Verify> = Arc::new(Slack::verifier("another tenant's secret").unwrap());
    let known = slack().resolve(move |_| Some(Arc::clone(&tenant))).build().unwrap().layer(Inner::new());
    let unknown = slack().resolve(|_| None).build().unwrap().layer(Inner::new());
    let whole = || Script::new([Step::Data(Bytes::from_static(b"{}"))]);
    let requests: [(&str, &dyn Fn() -> Request<Script>); 6] = [
        ("forged", &|| with_body(event("Ev1"), whole())),
        ("unsigned", &|| Request::post("/").body(Script::untouchable()).unwrap()),
        ("too large", &|| with_body(event("Ev1"), Script::new([Step::Endless(Bytes::from(vec![b'x'; 64 * 1024]))]))),
        ("slow", &|| with_body(event("Ev1"), Script::new([Step::Never]))),
        ("broken", &|| with_body(event("Ev1"), Script::new([Step::Broken]))),
        ("encoded", &|| {
            let mut request = with_body(event("Ev1"), whole());
            request.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            request
        }),
    ];
    for (what, request) in requests {
        let mut answers = Vec::new();
        for service in [&known, &unknown] {
            let begun = tokio::time::Instant::now();
            let answer = seen(service.clone().oneshot(request()).await.unwrap()).await;
            answers.push((answer, begun.elapsed()));
        }
        assert_eq!(answers[0], answers[1], "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejection_holds_nothing_that_the_sender_wrote_and_no_secret() {
    let service = slack().build().unwrap().layer(Inner::new());
    let mut request = event("Ev-sentinel");
    set(&mut request, SIGNATURE, "v0=5e47155e47155e47155e47155e47155e47155e47155e47155e47155e47155e47");
    let response = service.clone().oneshot(request).await.unwrap();
    let shown = format!("{service:?} {response:?} {:?}", response.extensions().get::<imchat_tower::Rejection>());
    for secret in ["sentinel", "5e4715", SLACK_SECRET] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_with_a_bad_head_is_answered_without_polling_its_body() {
    let service = slack().build().unwrap().layer(Inner::new());
    let in_the_head = WRONG.iter().filter(|(reason, _)| *reason != "bad_signature");
    for (expected, change) in in_the_head {
        let mut request = event("Ev1");
        change(&mut request);
        let response = service.clone().oneshot(with_body(request, Script::untouchable())).await.unwrap();
        assert_eq!((response.status(), reason(&response)), (StatusCode::UNAUTHORIZED, Some(*expected)));
    }
}

#[tokio::test(start_paused = true)]
async fn another_method_is_405_with_allow_before_anything_is_read() {
    let inner = Inner::new();
    let service = slack().build().unwrap().layer(inner.clone());
    for method in
        [Method::GET, Method::HEAD, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS, Method::TRACE]
    {
        let mut request = with_body(event("Ev1"), Script::untouchable());
        *request.method_mut() = method;
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!((response.status(), reason(&response)), (StatusCode::METHOD_NOT_ALLOWED, Some("method")));
        assert_eq!(response.headers()[ALLOW], "POST");
    }
    // Methods are case-sensitive.
    let mut request = event("Ev1");
    *request.method_mut() = Method::from_bytes(b"post").unwrap();
    assert_eq!(service.oneshot(request).await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(inner.started(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_encoded_body_is_415_and_not_polled() {
    let service = slack().build().unwrap().layer(Inner::new());
    for encoding in ["gzip", "GZIP", "deflate", "br", "zstd", "x-gzip", "gzip, gzip", "identity, gzip", "", "no such"] {
        let mut request = with_body(event("Ev1"), Script::untouchable());
        request.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!((response.status(), reason(&response)), (StatusCode::UNSUPPORTED_MEDIA_TYPE, Some("encoded")));
    }
    let mut twice = with_body(event("Ev1"), Script::untouchable());
    twice.headers_mut().append(CONTENT_ENCODING, HeaderValue::from_static("identity"));
    twice.headers_mut().append(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    assert_eq!(service.clone().oneshot(twice).await.unwrap().status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);

    for encoding in ["identity", "Identity"] {
        let mut request = event("Ev1");
        request.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        assert_eq!(service.clone().oneshot(request).await.unwrap().status(), StatusCode::OK);
    }
}

#[tokio::test(start_paused = true)]
async fn an_announced_length_over_the_limit_is_413_and_not_polled() {
    let service = slack().build().unwrap().layer(Inner::new());
    for length in ["1048577", "18446744073709551615"] {
        let mut request = with_body(event("Ev1"), Script::untouchable());
        request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static(length));
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!((response.status(), reason(&response)), (StatusCode::PAYLOAD_TOO_LARGE, Some("too_large")));
    }
}
