//! Platforms that prove in the URL and encrypt: WeCom, WeChat and DingTalk through the layer.

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use imchat_tower::Duplicate;
use imchat_verify::providers::{DINGTALK, DingTalk, WeChat, WeCom, dingtalk_seal};
use imchat_verify::sign::{SignRequest, Signer};
use imchat_verify::{AnyProvider, Head, Receipt, Role, Secrets, Verdict};
use serde_json::Value;
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::fixture::{Faulty, Inner, SIGNED_AT, Seen, at, layer, reason, seen};
use crate::inbox::fixture::Written;

const AES_KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
const RECEIVER: &str = "wx5823bf96d3bd56c7";
const EVENT: &str = r#"{"EventType":"user_add_org","CorpId":"ding1"}"#;

fn secrets(token: &str, receiver: &str) -> Secrets {
    Secrets::of(Role::Token, token).with(Role::EncodingAesKey, AES_KEY).with(Role::ReceiveId, receiver)
}

/// The challenge that WeCom's authors published, and when it was sent.
const ASKED: (&str, i64) = (
    "/wecom?msg_signature=5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3&timestamp=1409659589&nonce=263014780\
     &echostr=P9nAzCzyDtyTWESHep1vC5X9xho%2FqYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp%2B4RPcs8TgAE7OaBO%2BFZXvnaqQ%3D%3D",
    1_409_659_589,
);

fn get(path: &str) -> Request<Full<Bytes>> {
    Request::get(path).body(Full::default()).unwrap()
}

async fn asked(secrets: Secrets, path: &str) -> (Seen, Option<&'static str>) {
    let (store, inner) = (Faulty::new(), Inner::new());
    let builder = layer(WeCom::verifier(secrets).unwrap()).clock(|| at(ASKED.1)).dedup(store.clone());
    let response = builder.build().unwrap().layer(inner.clone()).oneshot(get(path)).await.unwrap();
    assert_eq!((inner.started(), store.log()), (0, vec![]), "a challenge touches nothing");
    let reason = reason(&response);
    (seen(response).await, reason)
}

#[tokio::test(start_paused = true)]
async fn wecom_s_challenge_is_read_out_as_bare_text() {
    let (answer, _) = asked(secrets("QDG6eK", RECEIVER), ASKED.0).await;
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &b"1616140317555161061"[..]));
    assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
}

#[tokio::test(start_paused = true)]
async fn a_challenge_of_wecom_s_that_fails_is_the_same_401_whatever_is_wrong_with_it() {
    let ours = || secrets("QDG6eK", RECEIVER);
    let other_key = Secrets::of(Role::Token, "QDG6eK").with(Role::ReceiveId, RECEIVER);
    let other_key = other_key.with(Role::EncodingAesKey, "Yue0EfdN5900c1ce5cf6A152c63DDe1808a60c5ecd7");
    let (without_echo, _) = ASKED.0.split_once("&echostr").unwrap();
    let (_, without_proof) = ASKED.0.split_once("&timestamp").unwrap();
    let cases = [
        (secrets("QDG6eK", "another"), ASKED.0.to_owned(), "undecryptable"),
        (secrets("QDG6eK", ""), ASKED.0.to_owned(), "undecryptable"),
        (other_key, ASKED.0.to_owned(), "undecryptable"),
        (secrets("another", RECEIVER), ASKED.0.to_owned(), "bad_signature"),
        (ours(), ASKED.0.replace("5c45ff", "6c45ff"), "bad_signature"),
        (ours(), ASKED.0.replace("P9nA", "P8nA"), "bad_signature"),
        (ours(), without_echo.to_owned(), "malformed"),
        (ours(), format!("/wecom?timestamp{without_proof}"), "missing_header"),
        (ours(), "/wecom".to_owned(), "missing_header"),
        (ours(), ASKED.0.replace("timestamp=14", "timestamp=13"), "stale"),
    ];
    let mut answers = Vec::new();
    for (secrets, path, expected) in cases {
        let (answer, reason) = asked(secrets, &path).await;
        assert_eq!(reason, Some(expected), "{path}");
        answers.push(answer);
    }
    assert_eq!(answers[0].status, StatusCode::UNAUTHORIZED);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[tokio::test(start_paused = true)]
async fn wechat_s_challenge_goes_back_once_time_and_nonce_are_proved() {
    let asked = "/?signature=f464b24fc39322e44b38aa78f5edd27bd1441696&echostr=4375120948345356249&timestamp=1714036504\
                 &nonce=1514711492";
    let builder = layer(WeChat::verifier(Secrets::of(Role::Token, "AAAAA")).unwrap()).clock(|| at(1_714_036_504));
    let (inner, service) = (Inner::new(), builder.build().unwrap());
    let service = service.layer(inner.clone());

    let answer = seen(service.clone().oneshot(get(asked)).await.unwrap()).await;
    let forged = service.clone().oneshot(get(&asked.replace("f464", "e464"))).await.unwrap();
    let bare = service.oneshot(get("/?echostr=4375120948345356249")).await.unwrap();

    assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &b"4375120948345356249"[..]));
    assert_eq!((forged.status(), reason(&forged)), (StatusCode::UNAUTHORIZED, Some("bad_signature")));
    assert_eq!((bare.status(), reason(&bare)), (StatusCode::UNAUTHORIZED, Some("missing_header")));
    assert_eq!(seen(forged).await, seen(bare).await);
    assert_eq!(inner.started(), 0);
}

/// A POST of this body, signed and encrypted as DingTalk does.
fn dingtalk(body: &str, random: [u8; 16]) -> Request<Full<Bytes>> {
    let sealed = dingtalk_seal(AES_KEY, RECEIVER, body.as_bytes(), random).unwrap();
    let signer = Signer::of(&DINGTALK, secrets("token", RECEIVER)).unwrap();
    let query = signer.query(SignRequest::post(sealed.as_bytes(), at(SIGNED_AT)).id("WL4PK6yA")).unwrap();
    let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Request::post(format!("/dingtalk?{}", query.join("&"))).body(Full::from(sealed)).unwrap()
}

/// What DingTalk reads in an answer: it is proved and opened as its requests are.
fn read_by_dingtalk(answer: &Seen) -> Vec<u8> {
    let fields: Value = serde_json::from_slice(&answer.body).unwrap();
    let text = |name: &str| fields[name].as_str().unwrap().to_owned();
    let (signature, time, nonce) = (text("msg_signature"), text("timeStamp"), text("nonce"));
    let url = format!("/?msg_signature={signature}&timestamp={time}&nonce={nonce}");
    let body = format!(r#"{{"encrypt":"{}"}}"#, text("encrypt"));
    let headers: [(&str, &str); 0] = [];
    let verifier = DingTalk::verifier(secrets("token", RECEIVER)).unwrap();
    match verifier.verify(Head::new("POST", &url, &headers), body.as_bytes(), at(SIGNED_AT)).unwrap() {
        Verdict::Event(proved) => proved.body().to_vec(),
        Verdict::Handshake(reply) => panic!("{reply:?}"),
    }
}

/// Three requests: an event, the same one encrypted afresh, and DingTalk's question whether the endpoint is alive.
fn event_duplicate_and_question() -> [Request<Full<Bytes>>; 3] {
    [dingtalk(EVENT, *b"0123456789abcdef"), dingtalk(EVENT, [7; 16]), dingtalk(r#"{"EventType":"check_url"}"#, [7; 16])]
}

const DUPLICATE: Option<&Duplicate> = Some(&Duplicate { replay_suspected: false });

#[tokio::test(start_paused = true)]
async fn dingtalk_reads_success_for_an_event_its_duplicate_and_its_question() {
    let inbox = Written::new();
    let verifier = DingTalk::verifier(secrets("token", RECEIVER)).unwrap();
    let service = layer(verifier).inbox(inbox.clone()).unwrap();

    for (request, duplicate) in event_duplicate_and_question().into_iter().zip([None, DUPLICATE, None]) {
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!(response.extensions().get(), duplicate);
        let answer = seen(response).await;
        assert_eq!(
            (answer.status, answer.headers["content-type"].as_bytes()),
            (StatusCode::OK, &b"application/json"[..])
        );
        assert_eq!(read_by_dingtalk(&answer), b"success");
    }
    assert_eq!(inbox.row().event_type.as_deref(), Some("user_add_org"));
}

#[tokio::test(start_paused = true)]
async fn a_handler_has_success_in_its_receipt_and_the_layer_repeats_it_to_a_duplicate() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let handler = service_fn(move |request: Request<Full<Bytes>>| {
        counted.fetch_add(1, Ordering::SeqCst);
        let taken = request.extensions().get::<Receipt<AnyProvider>>().unwrap().accepted_reply();
        ready(Ok::<_, Infallible>(Response::new(Full::from(taken.body))))
    });
    let verifier = DingTalk::verifier(secrets("token", RECEIVER)).unwrap();
    let service = layer(verifier).dedup(Faulty::new()).build().unwrap().layer(handler);

    for (request, duplicate) in event_duplicate_and_question().into_iter().zip([None, DUPLICATE, None]) {
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!(response.extensions().get(), duplicate);
        assert_eq!(read_by_dingtalk(&seen(response).await), b"success");
    }
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}
