//! Every way of sending, seen by a receiver that keeps what it got.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    reason = "clippy.toml allows these in tests, which does not reach the functions tests share"
)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use bytes::Bytes;
use chat_sim::sender::SendError;
use chat_sim::slack_events::{Said, Workspace, app_mention};
use chat_sim::{Request, Sender, Sign, Variant, sign};
use http::{HeaderMap, StatusCode, Uri};
use tokio::sync::Semaphore;

type Seen = Arc<Mutex<Vec<(Uri, HeaderMap, Bytes)>>>;

/// Answers 202 with "seen".
async fn receiver() -> (String, Seen) {
    let seen = Seen::default();
    let keep = Arc::clone(&seen);
    let app = Router::new().fallback(move |uri: Uri, headers: HeaderMap, body: Bytes| async move {
        keep.lock().expect("kept").push((uri, headers, body));
        (StatusCode::ACCEPTED, "seen")
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (base, seen)
}

fn sender() -> Sender {
    Sender::new(sign::slack("right"), sign::slack("wrong"))
}

fn mention(event_id: &str) -> Request {
    let said = Said {
        event_id,
        channel: "C0GENERAL",
        user: "U0ADA",
        text: "<@U0BOT> hi",
        ts: "1700000000.000100",
        thread_ts: None,
    };
    app_mention(&Workspace::default(), &said)
}

async fn arrives(variant: Variant) -> (HeaderMap, Bytes) {
    let (base, seen) = receiver().await;
    let delivery = sender().send(&base, &mention("Ev1"), variant).await.expect("delivered");
    assert_eq!(delivery.status, StatusCode::ACCEPTED);
    assert_eq!(delivery.body, "seen");
    let (uri, headers, body) = seen.lock().expect("kept").remove(0);
    assert_eq!(uri.path(), "/slack/events");
    (headers, body)
}

/// Whether the signature is that of `secret` over these bytes at the time the request names.
fn signed_by(secret: &str, headers: &HeaderMap, body: &[u8]) -> bool {
    let at: i64 = headers["x-slack-request-timestamp"].to_str().expect("digits").parse().expect("seconds");
    sign::slack(secret).sign(body, at).iter().all(|(name, value)| headers[name.as_str()] == value.as_str())
}

fn age(headers: &HeaderMap) -> i64 {
    let at: i64 = headers["x-slack-request-timestamp"].to_str().expect("digits").parse().expect("seconds");
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()).expect("small") - at
}

#[tokio::test]
async fn fresh_is_signed_now() {
    let (headers, body) = arrives(Variant::Fresh).await;
    assert!(signed_by("right", &headers, &body));
    assert!((0..5).contains(&age(&headers)));
    assert_eq!(body, mention("Ev1").body);
    assert_eq!(headers["content-type"], "application/json");
}

#[tokio::test]
async fn a_retry_has_the_same_body_and_says_why() {
    let (headers, body) = arrives(Variant::Retry { num: 2, reason: "http_timeout" }).await;
    assert!(signed_by("right", &headers, &body));
    assert_eq!(body, mention("Ev1").body);
    assert_eq!(headers["x-slack-retry-num"], "2");
    assert_eq!(headers["x-slack-retry-reason"], "http_timeout");
}

#[tokio::test]
async fn stale_and_future_are_signed_correctly_for_another_time() {
    let (headers, body) = arrives(Variant::Stale(Duration::from_secs(600))).await;
    assert!(signed_by("right", &headers, &body));
    assert!((600..605).contains(&age(&headers)));
    let (headers, body) = arrives(Variant::Future(Duration::from_secs(600))).await;
    assert!(signed_by("right", &headers, &body));
    assert!((-600..-595).contains(&age(&headers)));
}

#[tokio::test]
async fn forged_is_signed_with_another_secret() {
    let (headers, body) = arrives(Variant::Forged).await;
    assert!(!signed_by("right", &headers, &body));
    assert!(signed_by("wrong", &headers, &body));
}

#[tokio::test]
async fn tampered_differs_in_one_bit_from_what_was_signed() {
    let (headers, body) = arrives(Variant::Tampered).await;
    let original = mention("Ev1").body;
    assert!(!signed_by("right", &headers, &body));
    assert!(signed_by("right", &headers, &original));
    assert_eq!(body.len(), original.len());
    let flipped: u32 = body.iter().zip(&original).map(|(a, b)| (a ^ b).count_ones()).sum();
    assert_eq!(flipped, 1);

    let empty = Request::post("/", "application/json", "");
    let refused = sender().send("http://127.0.0.1:1", &empty, Variant::Tampered).await;
    assert!(matches!(refused, Err(SendError::NothingToTamper)));
}

#[tokio::test]
async fn old_signatures_are_replaced_and_unsigned_has_none() {
    let (base, seen) = receiver().await;
    let mut request = mention("Ev1");
    request.headers.append("x-slack-signature", "v0=old".parse().expect("a value"));
    request.headers.append("content-length", "999".parse().expect("a value"));
    sender().send(&base, &request, Variant::Fresh).await.expect("delivered");
    sender().send(&base, &request, Variant::Unsigned).await.expect("delivered");
    let seen = seen.lock().expect("kept");
    assert_eq!(seen[0].1.get_all("x-slack-signature").iter().count(), 1);
    assert!(signed_by("right", &seen[0].1, &seen[0].2));
    assert!(!seen[1].1.contains_key("x-slack-signature"));
}

#[tokio::test]
async fn a_burst_sends_different_requests_with_bounded_concurrency_and_keeps_their_order() {
    const AT_ONCE: usize = 4;
    let (places, over) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::new(Mutex::new(false)));
    let (seats, alarm) = (Arc::clone(&places), Arc::clone(&over));
    let app = Router::new().fallback(move |body: Bytes| async move {
        let Ok(_seat) = seats.try_acquire() else {
            *alarm.lock().expect("set") = true;
            return String::new();
        };
        tokio::task::yield_now().await;
        let event: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        event["event_id"].as_str().expect("an id").to_owned()
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });

    let results = sender().burst(&base, AT_ONCE, (0..20).map(|index| mention(&format!("Ev{index}")))).await;
    let ids: Vec<_> = results.into_iter().map(|result| result.expect("delivered").body).collect();
    assert_eq!(ids, (0..20).map(|index| format!("Ev{index}")).collect::<Vec<_>>());
    assert!(!*over.lock().expect("read"), "more than {AT_ONCE} were in flight");
}

#[tokio::test]
async fn a_receiver_that_is_not_there_or_does_not_answer_is_an_error() {
    let free = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        listener.local_addr().expect("an address")
    };
    let refused = sender().send(&format!("http://{free}"), &mention("Ev1"), Variant::Fresh).await;
    assert!(matches!(refused, Err(SendError::Connection(_))));

    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", silent.local_addr().expect("an address"));
    let impatient = sender().deadline(Duration::from_millis(50));
    let refused = impatient.send(&base, &mention("Ev1"), Variant::Fresh).await;
    assert!(matches!(refused, Err(SendError::Timeout(_))));
}
