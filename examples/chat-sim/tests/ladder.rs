//! Deliveries that are not taken at once.

#![expect(
    clippy::expect_used,
    reason = "clippy.toml allows these in tests, which does not reach the functions tests share"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use chat_sim::feishu_events::{self, App};
use chat_sim::{Clock, Ladder, Request, Sender, sign};
use http::{HeaderMap, HeaderValue, StatusCode};

/// What a receiver saw, and what it is to answer: the last for ever.
#[derive(Clone)]
struct Receiver {
    seen: Arc<Mutex<Vec<HeaderMap>>>,
    answers: &'static [(u16, bool)],
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap) -> Response {
    let mut seen = receiver.seen.lock().expect("no panic");
    let answers = receiver.answers;
    let (status, no_retry) = answers.get(seen.len()).or(answers.last()).copied().expect("an answer");
    seen.push(headers);
    let mut response = StatusCode::from_u16(status).expect("a status").into_response();
    if no_retry {
        response.headers_mut().insert("x-slack-no-retry", HeaderValue::from_static("1"));
    }
    response
}

/// The statuses of all attempts, and the headers that came with them.
async fn delivered(ladder: Ladder, answers: &'static [(u16, bool)]) -> (Vec<u16>, Vec<HeaderMap>) {
    let receiver = Receiver { seen: Arc::default(), answers };
    let app = Router::new().route("/feishu/events", post(receive)).with_state(receiver.clone());
    let listener = tokio::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let request: Request = feishu_events::message(&App::archived(), "e1", "om_1", "oc_1", "ou_1", false, "hi");
    let sender = Sender::new(sign::feishu("an encrypt key"), sign::feishu("another"));
    // A day of it in less than a tenth of a second.
    let clock = Clock::new(1_000_000);
    let attempts = sender.deadline(Duration::from_secs(5)).deliver(&base, &request, &ladder, &clock).await;
    server.abort();
    let statuses = attempts.into_iter().map(|attempt| attempt.expect("an answer").status.as_u16()).collect();
    (statuses, receiver.seen.lock().expect("no panic").clone())
}

#[tokio::test]
async fn what_is_taken_is_sent_once() {
    for ladder in [Ladder::SLACK_EVENTS, Ladder::FEISHU_EVENTS, Ladder::ONCE] {
        assert_eq!(delivered(ladder, &[(200, false)]).await.0, [200]);
    }
}

#[tokio::test]
async fn what_is_not_taken_climbs_the_ladder_to_its_end() {
    assert_eq!(delivered(Ladder::SLACK_EVENTS, &[(503, false)]).await.0, [503; 4]);
    assert_eq!(delivered(Ladder::FEISHU_EVENTS, &[(503, false)]).await.0, [503; 5]);
    assert_eq!(delivered(Ladder::ONCE, &[(503, false)]).await.0, [503]);
    assert_eq!(delivered(Ladder::FEISHU_EVENTS, &[(503, false), (500, false), (200, false)]).await.0, [503, 500, 200]);
}

#[tokio::test]
async fn feishu_takes_nothing_but_200_and_slack_hears_a_no() {
    assert_eq!(delivered(Ladder::FEISHU_EVENTS, &[(204, false), (200, false)]).await.0, [204, 200]);
    assert_eq!(delivered(Ladder::SLACK_EVENTS, &[(204, false)]).await.0, [204]);
    assert_eq!(delivered(Ladder::SLACK_EVENTS, &[(500, true)]).await.0, [500]);
}

#[tokio::test]
async fn only_slack_says_that_it_tries_again() {
    let (_, seen) = delivered(Ladder::SLACK_EVENTS, &[(500, false), (200, false)]).await;
    assert!(seen[0].get("x-slack-retry-num").is_none());
    assert_eq!(seen[1].get("x-slack-retry-num").map(HeaderValue::as_bytes), Some(&b"1"[..]));
    assert_eq!(seen[1].get("x-slack-retry-reason").map(HeaderValue::as_bytes), Some(&b"http_error"[..]));
    let (_, seen) = delivered(Ladder::FEISHU_EVENTS, &[(500, false), (200, false)]).await;
    assert!(seen[1].get("x-slack-retry-num").is_none() && seen[1].get("x-lark-signature").is_some());
}
