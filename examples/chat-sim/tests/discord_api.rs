//! Discord's API as a bot sees it.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "clippy.toml allows these in tests, which does not reach the functions tests share"
)]

use std::time::Duration;

use chat_sim::discord_api::{DiscordApi, Fault, Settings};
use chat_sim::{Clock, Request, Sender, Variant};
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

const TOKEN: &str = "bot-token";
const CHANNEL: &str = "900000000000000003";
const ALICE: &str = "900000000000000004";
const APP: &str = "900000000000000001";

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    json: Value,
}

async fn call(api: &DiscordApi, method: Method, path: &str, token: Option<&str>, body: &Value) -> Reply {
    let nobody = |_: &[u8], _: i64| Vec::new();
    let mut request = Request::post(path, "application/json", body.to_string());
    request.method = method;
    if let Some(token) = token {
        request.headers.insert("authorization", format!("Bot {token}").parse().expect("a header"));
    }
    let reply = Sender::new(nobody, nobody).send(&api.url(), &request, Variant::Unsigned).await.expect("an answer");
    Reply {
        status: reply.status,
        headers: reply.headers,
        json: serde_json::from_slice(&reply.body).unwrap_or_default(),
    }
}

async fn send(api: &DiscordApi, body: &Value) -> Reply {
    call(api, Method::POST, &format!("/channels/{CHANNEL}/messages"), Some(TOKEN), body).await
}

async fn api() -> DiscordApi {
    DiscordApi::start(Settings::archived(TOKEN).clock(Clock::still())).await.expect("a loopback port")
}

async fn refused(api: &DiscordApi, body: &Value) -> (u16, u64) {
    let reply = send(api, body).await;
    (reply.status.as_u16(), reply.json["code"].as_u64().expect("a code"))
}

#[tokio::test]
async fn a_message_is_answered_recorded_and_changed() {
    let api = api().await;
    let sent = send(&api, &json!({ "content": "hi", "flags": 4 })).await;
    assert_eq!((sent.status, &sent.json["content"]), (StatusCode::OK, &json!("hi")));
    assert_eq!(sent.headers["x-ratelimit-remaining"], "4");
    let id = sent.json["id"].as_str().expect("an id");
    let path = format!("/channels/{CHANNEL}/messages/{id}");
    let changed = call(&api, Method::PATCH, &path, Some(TOKEN), &json!({ "content": "bye" })).await;
    assert_eq!((changed.status, api.messages()[0].content.as_str()), (StatusCode::OK, "bye"));
    let elsewhere = call(&api, Method::PATCH, &format!("/channels/1/messages/{id}"), Some(TOKEN), &json!({})).await;
    assert_eq!((elsewhere.status, &elsewhere.json["code"]), (StatusCode::NOT_FOUND, &json!(10_008)));
}

#[tokio::test]
async fn a_bot_token_is_required_and_must_be_the_right_one() {
    let api = api().await;
    for token in [None, Some("other"), Some("")] {
        let reply = call(&api, Method::GET, "/users/@me", token, &Value::Null).await;
        assert_eq!((reply.status, &reply.json["code"]), (StatusCode::UNAUTHORIZED, &json!(0)), "{token:?}");
    }
    let me = call(&api, Method::GET, "/users/@me", Some(TOKEN), &Value::Null).await;
    assert_eq!(me.json["id"], APP);
}

#[tokio::test]
async fn bodies_are_checked() {
    let api = api().await;
    let button = |id: &str| json!({ "type": 2, "style": 1, "label": "x", "custom_id": id });
    let row = |components: &[Value]| json!({ "type": 1, "components": components });
    let buttons: Vec<Value> = (0..6).map(|n| button(&n.to_string())).collect();
    assert_eq!(refused(&api, &json!({ "content": " " })).await, (400, 50_006));
    for bad in [
        json!({ "content": "x".repeat(2001) }),
        json!({ "content": "x", "nonce": "n".repeat(26) }),
        json!({ "components": [row(&buttons)] }),
        json!({ "components": [row(&[button("a"), button("a")])] }),
        json!({ "components": [row(&[button(&"a".repeat(101))])] }),
        json!({ "components": [row(&[])] }),
        json!({ "components": [button("a")] }),
        json!({ "components": vec![row(&[button("a")]); 6] }),
        json!({ "components": [row(&[json!({ "type": 3, "custom_id": "s", "options": [] })])] }),
        json!([]),
    ] {
        assert_eq!(refused(&api, &bad).await, (400, 50_035), "{bad}");
    }
    assert!(api.messages().is_empty());
    let fits = json!({ "content": "结".repeat(2000), "components": [row(&buttons[..5])] });
    assert_eq!(send(&api, &fits).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_enforced_nonce_makes_one_message_for_a_few_minutes() {
    let api = api().await;
    let said = json!({ "content": "hi", "nonce": "n", "enforce_nonce": true });
    let first = send(&api, &said).await.json["id"].clone();
    assert_eq!(send(&api, &said).await.json["id"], first);
    api.clock().advance(Duration::from_secs(6 * 60));
    assert_ne!(send(&api, &said).await.json["id"], first);
    send(&api, &json!({ "content": "hi", "nonce": "n" })).await;
    assert_eq!(api.messages().len(), 3, "without enforcement a nonce is a remark");
}

#[tokio::test]
async fn the_sixth_message_in_five_seconds_waits() {
    let api = api().await;
    for _ in 0..5 {
        assert_eq!(send(&api, &json!({ "content": "hi" })).await.status, StatusCode::OK);
    }
    let limited = send(&api, &json!({ "content": "hi" })).await;
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(limited.json["retry_after"].as_f64().is_some_and(|wait| wait > 0.0 && wait <= 5.0));
    assert_eq!(
        (&limited.json["global"], &limited.headers["x-ratelimit-scope"]),
        (&json!(false), &"user".parse().expect("a value"))
    );
    api.clock().advance(Duration::from_secs(5));
    assert_eq!(send(&api, &json!({ "content": "hi" })).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_counts_from_its_answer_to_its_end() {
    let api = api().await;
    let token = api.opened(CHANNEL, ALICE, None);
    let path = format!("/webhooks/{APP}/{token}/messages/@original");
    let read = async || {
        let reply = call(&api, Method::GET, &path, None, &Value::Null).await;
        (reply.status.as_u16(), reply.json["code"].as_u64(), reply.json["flags"].as_u64())
    };
    assert_eq!(read().await, (404, Some(10_015), None), "not yet answered");
    api.answered(&token, &json!({ "type": 5 })).expect("in time");
    assert!(api.answered(&token, &json!({ "type": 5 })).is_err(), "once");
    assert_eq!(read().await, (200, None, Some(128)));
    let said = json!({ "content": "first" });
    call(&api, Method::POST, &format!("/webhooks/{APP}/{token}"), None, &said).await;
    assert_eq!((api.messages().len(), read().await.2), (1, Some(0)), "the thinking bot has spoken");
    let psst = json!({ "content": "second", "flags": 64 });
    call(&api, Method::POST, &format!("/webhooks/{APP}/{token}"), None, &psst).await;
    assert_eq!(api.messages()[1].only.as_deref(), Some(ALICE));
    call(&api, Method::DELETE, &path, None, &Value::Null).await;
    assert_eq!(read().await, (404, Some(10_008), None));
    api.clock().advance(Duration::from_secs(901));
    assert_eq!(read().await, (401, Some(50_027), None));
}

#[tokio::test]
async fn faults_are_answered_on_demand() {
    let api = api().await;
    let said = json!({ "content": "hi" });
    api.answer_next(Fault::RateLimited { retry_after: 250, global: true });
    let limited = send(&api, &said).await;
    assert_eq!(
        (&limited.json["retry_after"], &limited.headers["retry-after"]),
        (&json!(0.25), &"1".parse().expect("a value"))
    );
    assert_eq!(limited.headers["x-ratelimit-global"], "true");
    api.answer_next(Fault::Code(StatusCode::FORBIDDEN, 50_013));
    assert_eq!(refused(&api, &said).await, (403, 50_013));
    assert!(api.messages().is_empty());
    api.answer_next(Fault::LostResponse);
    assert_eq!((send(&api, &said).await.status, api.messages().len()), (StatusCode::BAD_GATEWAY, 1));
}
