//! Feishu's API as a bot sees it.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "clippy.toml allows these in tests, which does not reach the functions tests share"
)]

use std::time::Duration;

use chat_sim::feishu_api::{Fault, FeishuApi, Receiver, Settings};
use chat_sim::{Clock, Request, Sender, Variant};
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

const SECRET: &str = "an app secret";
const CHAT: &str = "oc_4f93ad9c3c27d0c3a09b98f0fdb8dfca";
const CHATS: &str = "/open-apis/im/v1/messages?receive_id_type=chat_id";

async fn call(
    api: &FeishuApi,
    method: Method,
    path: &str,
    token: Option<&str>,
    body: &Value,
) -> (StatusCode, HeaderMap, Value) {
    let nobody = |_: &[u8], _: i64| Vec::new();
    let mut request = Request::post(path, "application/json; charset=utf-8", body.to_string());
    request.method = method;
    if let Some(token) = token {
        request.headers.insert("authorization", format!("Bearer {token}").parse().expect("a header"));
    }
    let reply = Sender::new(nobody, nobody).send(&api.url(), &request, Variant::Unsigned).await.expect("an answer");
    (reply.status, reply.headers, serde_json::from_slice(&reply.body).unwrap_or_default())
}

/// An API and a token of it.
async fn api() -> (FeishuApi, String) {
    let api = FeishuApi::start(Settings::archived(SECRET).clock(Clock::still())).await.expect("a loopback port");
    let token = token(&api).await;
    (api, token)
}

async fn token(api: &FeishuApi) -> String {
    let body = json!({ "app_id": "cli_a0000000imchat01", "app_secret": SECRET });
    let path = "/open-apis/auth/v3/tenant_access_token/internal";
    let (_, _, answer) = call(api, Method::POST, path, None, &body).await;
    answer["tenant_access_token"].as_str().expect("a token").to_owned()
}

fn card(text: &str) -> Value {
    json!({
        "schema": "2.0",
        "config": { "update_multi": true },
        "body": { "elements": [{ "tag": "markdown", "content": text }] },
    })
}

fn message(card: &Value, uuid: Option<&str>) -> Value {
    let mut body = json!({ "receive_id": CHAT, "msg_type": "interactive", "content": card.to_string() });
    if let Some(uuid) = uuid {
        body["uuid"] = uuid.into();
    }
    body
}

/// The status and the code.
async fn refused(api: &FeishuApi, token: Option<&str>, body: &Value) -> (u16, u64) {
    let (status, _, answer) = call(api, Method::POST, CHATS, token, body).await;
    (status.as_u16(), answer["code"].as_u64().expect("a code"))
}

#[tokio::test]
async fn a_card_is_answered_recorded_and_changed() {
    let (api, token) = api().await;
    let (status, _, answer) = call(&api, Method::POST, CHATS, Some(&token), &message(&card("hi"), None)).await;
    assert_eq!((status, &answer["code"]), (StatusCode::OK, &json!(0)));
    let id = answer["data"]["message_id"].as_str().expect("an id");
    let change = json!({ "content": card("bye").to_string() });
    let path = format!("/open-apis/im/v1/messages/{id}");
    assert_eq!(call(&api, Method::PATCH, &path, Some(&token), &change).await.2["code"], 0);
    let stands = &api.messages()[0];
    assert_eq!((&stands.content, stands.edits, &stands.receiver), (&card("bye"), 1, &Receiver::Chat(CHAT.to_owned())));
    api.clock().advance(Duration::from_secs(15 * 24 * 3600));
    let token = self::token(&api).await;
    assert_eq!(call(&api, Method::PATCH, &path, Some(&token), &change).await.2["code"], 230_031);
}

#[tokio::test]
async fn a_token_is_required_and_ends_after_two_hours() {
    let (api, token) = api().await;
    let body = message(&card("hi"), None);
    assert_eq!(refused(&api, None, &body).await, (400, 99_991_661));
    assert_eq!(refused(&api, Some("t-other"), &body).await, (400, 99_991_663));
    api.clock().advance(Duration::from_secs(7200));
    assert_eq!(refused(&api, Some(&token), &body).await, (400, 99_991_663));
}

#[tokio::test]
async fn a_uuid_makes_one_message_for_an_hour() {
    let (api, token) = api().await;
    let body = message(&card("hi"), Some("job"));
    for _ in 0..2 {
        call(&api, Method::POST, CHATS, Some(&token), &body).await;
    }
    assert_eq!(api.messages().len(), 1);
    api.clock().advance(Duration::from_secs(3601));
    call(&api, Method::POST, CHATS, Some(&token), &body).await;
    assert_eq!(api.messages().len(), 2);
    assert_eq!(refused(&api, Some(&token), &message(&card("hi"), Some(&"u".repeat(51)))).await, (400, 230_001));
}

#[tokio::test]
async fn cards_are_checked() {
    let (api, token) = api().await;
    let mut old = card("hi");
    old["body"]["elements"][0]["tag"] = "action".into();
    let mut unknown = message(&card("hi"), None);
    unknown["receive_id"] = "oc_other".into();
    for (body, code) in [
        (message(&card(&"x".repeat(31 * 1024)), None), 230_025),
        (message(&old, None), 230_099),
        (message(&json!({ "schema": "2.0" }), None), 230_099),
        (unknown, 230_002),
        (json!({ "receive_id": CHAT, "msg_type": "interactive" }), 230_001),
        (json!({ "receive_id": CHAT, "msg_type": "text", "content": "no JSON" }), 230_001),
    ] {
        assert_eq!(refused(&api, Some(&token), &body).await, (400, code));
    }
    assert!(api.messages().is_empty());
}

#[tokio::test]
async fn the_sixth_message_in_a_second_and_a_busy_gateway_are_refused() {
    let (api, token) = api().await;
    for _ in 0..5 {
        call(&api, Method::POST, CHATS, Some(&token), &message(&card("hi"), None)).await;
    }
    assert_eq!(refused(&api, Some(&token), &message(&card("hi"), None)).await, (400, 230_020));
    api.clock().advance(Duration::from_secs(1));
    api.answer_next(Fault::RateLimited { reset: 3 });
    let (status, headers, answer) = call(&api, Method::POST, CHATS, Some(&token), &message(&card("hi"), None)).await;
    assert_eq!((status, &answer["code"]), (StatusCode::TOO_MANY_REQUESTS, &json!(99_991_400)));
    assert_eq!(headers["x-ogw-ratelimit-reset"], "3");
}
