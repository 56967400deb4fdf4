//! The Web API as a bot sees it.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "clippy.toml allows these in tests, which does not reach the functions tests share"
)]

use std::time::Duration;

use chat_sim::slack_api::{Fault, Outcome, Rate, Settings, SlackApi};
use chat_sim::{Request, Sender, Variant};
use http::StatusCode;
use serde_json::{Value, json};

const TOKEN: &str = "xoxb-sim";
const FORM: &str = "application/x-www-form-urlencoded";

/// One call, signed by nobody: `method`, then what the bot sends.
async fn call(api: &SlackApi, request: &Request) -> (StatusCode, Option<String>, Value) {
    let nobody = |_: &[u8], _: i64| Vec::new();
    let reply = Sender::new(nobody, nobody).send(&api.url(), request, Variant::Unsigned).await.expect("an answer");
    let retry_after = reply.headers.get("retry-after").map(|value| value.to_str().expect("digits").to_owned());
    (reply.status, retry_after, serde_json::from_slice(&reply.body).unwrap_or(Value::Null))
}

fn with_token(mut request: Request, token: &str) -> Request {
    request.headers.insert("authorization", format!("Bearer {token}").parse().expect("a header"));
    request
}

fn json_call(method: &str, arguments: &Value) -> Request {
    let request = Request::post(format!("/{method}"), "application/json; charset=utf-8", arguments.to_string());
    with_token(request, TOKEN)
}

async fn error_of(api: &SlackApi, request: &Request) -> String {
    let (status, _, body) = call(api, request).await;
    assert_eq!(status, StatusCode::OK, "Slack reports its errors with HTTP 200");
    assert_eq!(body["ok"], false);
    body["error"].as_str().expect("a code").to_owned()
}

async fn api() -> SlackApi {
    SlackApi::start(Settings::new(TOKEN)).await.expect("a loopback port")
}

#[tokio::test]
async fn a_post_is_answered_and_recorded() {
    let api = api().await;
    let blocks = json!([{ "type": "divider" }]);
    let post = json!({ "channel": "C0GENERAL", "text": "hi", "thread_ts": "1700000000.000100", "blocks": blocks });
    let (status, _, body) = call(&api, &json_call("chat.postMessage", &post)).await;

    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["ok"], true);
    assert_eq!(body["channel"], "C0GENERAL");
    assert_eq!(body["message"]["text"], "hi");
    assert_eq!(body["message"]["thread_ts"], "1700000000.000100");
    assert_eq!(body["message"]["ts"], body["ts"]);

    let posts = api.posted(1, Duration::from_secs(5)).await.expect("one post");
    assert_eq!(posts[0].channel, "C0GENERAL");
    assert_eq!(posts[0].thread_ts.as_deref(), Some("1700000000.000100"));
    assert_eq!(posts[0].text, "hi");
    assert_eq!(posts[0].blocks, blocks);
    assert!(posts[0].token_valid);
    assert_eq!(posts[0].ts(), body["ts"].as_str());
}

#[tokio::test]
async fn form_bodies_work_too_with_the_token_in_the_form() {
    let api = api().await;
    let body = "token=xoxb-sim&channel=C0GENERAL&text=a%26b&blocks=%5B%5D";
    let (_, _, answer) = call(&api, &Request::post("/chat.postMessage", FORM, body)).await;
    assert_eq!(answer["ok"], true, "{answer}");
    assert_eq!(api.posts()[0].text, "a&b");
    assert_eq!(api.posts()[0].blocks, json!([]));
}

#[tokio::test]
async fn a_token_is_required_and_must_be_the_right_one() {
    let api = api().await;
    let post = json!({ "token": TOKEN, "channel": "C0GENERAL", "text": "hi" }).to_string();
    let bare = Request::post("/chat.postMessage", "application/json", post);
    assert_eq!(error_of(&api, &bare).await, "not_authed", "a token in a JSON body does not count");
    assert_eq!(error_of(&api, &with_token(bare.clone(), "xoxb-other")).await, "invalid_auth");
    for method in ["auth.test", "users.info", "chat.update"] {
        let request = Request::post(format!("/{method}"), "application/json", "{}");
        assert_eq!(error_of(&api, &request).await, "not_authed", "{method}");
    }
    assert_eq!(api.posts().len(), 2);
    assert!(api.posts().iter().all(|post| !post.token_valid && post.ts().is_none()));
}

#[tokio::test]
async fn arguments_are_checked() {
    let api = api().await;
    let cases = [
        (json!({ "text": "hi" }), "channel_not_found"),
        (json!({ "channel": "C0NOWHERE", "text": "hi" }), "channel_not_found"),
        (json!({ "channel": "C0GENERAL" }), "no_text"),
        (json!({ "channel": "C0GENERAL", "text": "", "blocks": [] }), "no_text"),
        (json!({ "channel": "C0GENERAL", "text": "é".repeat(40_001) }), "msg_too_long"),
        (json!({ "channel": "C0GENERAL", "blocks": "x" }), "invalid_blocks_format"),
        (json!({ "channel": "C0GENERAL", "blocks": vec![json!({ "type": "divider" }); 51] }), "invalid_blocks"),
        (json!({ "channel": "C0GENERAL", "text": "hi", "thread_ts": "" }), "invalid_thread_ts"),
        (json!({ "channel": "C0GENERAL", "text": "hi", "thread_ts": "1700000000" }), "invalid_thread_ts"),
        (json!({ "channel": "C0GENERAL", "text": "hi", "thread_ts": 1.5 }), "invalid_thread_ts"),
    ];
    for (arguments, error) in &cases {
        assert_eq!(error_of(&api, &json_call("chat.postMessage", arguments)).await, *error);
    }
    let longest = json!({ "channel": "C0GENERAL", "text": "é".repeat(40_000) });
    let (_, _, body) = call(&api, &json_call("chat.postMessage", &longest)).await;
    assert_eq!(body["ok"], true);
    assert_eq!(api.posts().len(), cases.len() + 1);
    assert_eq!(api.posts()[0].outcome, Outcome::Refused("channel_not_found".to_owned()));
}

#[tokio::test]
async fn unreadable_bodies_and_unknown_methods_have_their_own_errors() {
    let api = api().await;
    let send =
        |media: &'static str, body: &'static str| with_token(Request::post("/chat.postMessage", media, body), TOKEN);
    assert_eq!(error_of(&api, &send("application/json", "{")).await, "invalid_json");
    assert_eq!(error_of(&api, &send("application/json", "[]")).await, "json_not_object");
    assert_eq!(error_of(&api, &send("application/xml", "<a/>")).await, "invalid_post_type");
    let mut untyped = send("application/json", "{}");
    untyped.headers.remove("content-type");
    assert_eq!(error_of(&api, &untyped).await, "missing_post_type");
    assert_eq!(error_of(&api, &json_call("chat.shout", &json!({}))).await, "unknown_method");
}

#[tokio::test]
async fn timestamps_grow() {
    let api = api().await;
    let mut seen = Vec::new();
    for _ in 0..20 {
        let post = json!({ "channel": "C0GENERAL", "text": "hi" });
        let (_, _, body) = call(&api, &json_call("chat.postMessage", &post)).await;
        seen.push(body["ts"].as_str().expect("a ts").to_owned());
    }
    assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
    assert!(seen.iter().all(|ts| ts.split_once('.').expect("a point").1.len() == 6));
}

#[tokio::test]
async fn an_update_changes_the_post_it_names() {
    let api = api().await;
    let (_, _, posted) =
        call(&api, &json_call("chat.postMessage", &json!({ "channel": "C0GENERAL", "text": "one" }))).await;
    let update = json!({ "channel": "C0GENERAL", "ts": posted["ts"], "text": "two" });
    let (_, _, body) = call(&api, &json_call("chat.update", &update)).await;
    assert_eq!(body["ok"], true);
    assert_eq!(body["text"], "two");
    assert_eq!(api.posts()[0].text, "two");
    assert_eq!(api.updates().len(), 1);

    let other = json!({ "channel": "D0ADA", "ts": posted["ts"], "text": "three" });
    assert_eq!(error_of(&api, &json_call("chat.update", &other)).await, "message_not_found");
    let empty = json!({ "channel": "C0GENERAL", "ts": posted["ts"] });
    assert_eq!(error_of(&api, &json_call("chat.update", &empty)).await, "no_text");
    assert_eq!(api.posts()[0].text, "two");
}

#[tokio::test]
async fn identities_are_told_by_get_and_by_post() {
    let api = api().await;
    let (_, _, me) = call(&api, &json_call("auth.test", &json!({}))).await;
    assert_eq!(me["user_id"], "U0BOT");
    assert_eq!(me["team_id"], "T0SIM");

    let mut ada = with_token(Request::post("/users.info?user=U0ADA", FORM, ""), TOKEN);
    ada.method = http::Method::GET;
    let (_, _, body) = call(&api, &ada).await;
    assert_eq!(body["user"]["name"], "ada");
    assert_eq!(error_of(&api, &json_call("users.info", &json!({ "user": "U9" }))).await, "user_not_found");
}

#[tokio::test]
async fn a_channel_over_its_rate_is_told_when_to_come_back() {
    let rate = Rate { every: Duration::from_secs(60), burst: 1 };
    let settings = Settings::new(TOKEN).rate(rate);
    let api = SlackApi::start(settings).await.expect("a loopback port");
    let post = |channel: &str| json_call("chat.postMessage", &json!({ "channel": channel, "text": "hi" }));

    assert_eq!(call(&api, &post("C0GENERAL")).await.0, StatusCode::OK);
    let (status, retry_after, body) = call(&api, &post("C0GENERAL")).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(body, json!({ "ok": false, "error": "ratelimited" }));
    let seconds: u64 = retry_after.expect("Retry-After").parse().expect("seconds");
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert_eq!(call(&api, &post("D0ADA")).await.0, StatusCode::OK, "another channel has its own rate");
    assert_eq!(api.posts()[1].outcome, Outcome::Refused("ratelimited".to_owned()));
}

#[tokio::test]
async fn faults_come_in_the_order_they_were_asked_for() {
    let api = api().await;
    api.answer_next(Fault::RateLimited { retry_after: 7 });
    api.answer_next(Fault::Error("not_in_channel"));
    api.answer_next(Fault::Status(StatusCode::BAD_GATEWAY));
    let post = json_call("chat.postMessage", &json!({ "channel": "C0GENERAL", "text": "hi" }));

    let (status, retry_after, _) = call(&api, &post).await;
    assert_eq!((status, retry_after.as_deref()), (StatusCode::TOO_MANY_REQUESTS, Some("7")));
    assert_eq!(error_of(&api, &post).await, "not_in_channel");
    assert_eq!(call(&api, &post).await.0, StatusCode::BAD_GATEWAY);
    assert_eq!(call(&api, &post).await.2["ok"], true);
}

#[tokio::test]
async fn waiting_for_posts_is_bounded_and_wakes_at_the_last_one() {
    let api = api().await;
    let early = api.posted(1, Duration::from_millis(20)).await.expect_err("nothing was said");
    assert_eq!((early.wanted, early.seen), (1, 0));

    let post = json_call("chat.postMessage", &json!({ "channel": "C0GENERAL", "text": "hi" }));
    let (waited, _, _) = tokio::join!(api.posted(2, Duration::from_secs(30)), call(&api, &post), call(&api, &post));
    assert_eq!(waited.expect("two posts").len(), 2);
    api.stop().await;
}
