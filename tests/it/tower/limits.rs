//! Bodies: how large, how slow, how many at once.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use imchat_tower::Rejection;
use imchat_verify::providers::{self, Generic};
use tower::{Layer as _, ServiceExt as _};

use super::fixture::{
    Inner, Script, Step, event, for_github, github, layer, millis, reason, retry_after, seconds, seen, signed, slack,
    with_body,
};

const MIB: usize = 1024 * 1024;

/// A signed request whose body comes in pieces of this many bytes.
async fn chunked(request: Request<http_body_util::Full<Bytes>>, size: usize) -> Request<Script> {
    let (parts, body) = request.into_parts();
    let bytes = seen(http::Response::new(body)).await.body;
    let steps: Vec<_> = bytes.chunks(size).map(|piece| Step::Data(Bytes::copy_from_slice(piece))).collect();
    Request::from_parts(parts, Script::new(steps))
}

#[tokio::test(start_paused = true)]
async fn a_body_of_exactly_the_limit_passes_and_one_byte_more_is_413() {
    let inner = Inner::new();
    let service = slack().body_limit(64).build().unwrap().layer(inner.clone());
    let body = |length: usize| format!("{{\"padding\":\"{}\"}}", "x".repeat(length - 14));
    let send = |length| super::fixture::form(&body(length));

    assert_eq!(service.clone().oneshot(send(64)).await.unwrap().status(), StatusCode::OK);
    let whole = service.clone().oneshot(send(65)).await.unwrap();
    let pieces = service.oneshot(chunked(send(65), 1).await).await.unwrap();

    for response in [whole, pieces] {
        assert_eq!((response.status(), reason(&response)), (StatusCode::PAYLOAD_TOO_LARGE, Some("too_large")));
    }
    assert_eq!(inner.bodies(), [body(64)], "the one that passed is whole");
}

#[tokio::test(start_paused = true)]
async fn an_endless_body_is_cut_at_the_limit() {
    let service = slack().build().unwrap().layer(Inner::new());
    let body = Script::new([Step::Endless(Bytes::from(vec![b'x'; 64 * 1024]))]);
    let frames = body.frames();

    let response = service.oneshot(with_body(event("Ev1"), body)).await.unwrap();

    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(frames.load(Ordering::SeqCst), 17, "a MiB in 16 pieces, and the one that is too much");
}

#[tokio::test(start_paused = true)]
async fn an_endless_body_of_nothing_is_cut_too() {
    let service = slack().build().unwrap().layer(Inner::new());
    let body = Script::new([Step::Endless(Bytes::new())]);

    let response = service.oneshot(with_body(event("Ev1"), body)).await.unwrap();

    assert_eq!((response.status(), reason(&response)), (StatusCode::BAD_REQUEST, Some("body_broken")));
}

#[tokio::test(start_paused = true)]
async fn githubs_largest_delivery_passes() {
    let inner = Inner::new();
    let service = for_github().build().unwrap().layer(inner.clone());
    let largest = github(vec![b' '; 25 * MIB]);
    assert_eq!(service.clone().oneshot(chunked(largest, MIB).await).await.unwrap().status(), StatusCode::OK);
    assert_eq!(inner.bodies()[0].len(), 25 * MIB);

    let larger = with_body(github(""), Script::new([Step::Endless(Bytes::from(vec![b' '; MIB]))]));
    let response = service.oneshot(larger).await.unwrap();
    assert_eq!(response.extensions().get(), Some(&Rejection::TooLarge { limit: 25 * MIB }));
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_ones_own_may_be_larger_than_the_schemes() {
    let generic = || layer(Generic::verifier("a secret of sixteen bytes").unwrap());
    let request = || signed(&providers::GENERIC, "a secret of sixteen bytes", vec![b' '; 2 * MIB]);

    let service = generic().build().unwrap().layer(Inner::new());
    assert_eq!(service.oneshot(request()).await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
    let service = generic().body_limit(2 * MIB).build().unwrap().layer(Inner::new());
    assert_eq!(service.oneshot(request()).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_not_all_there_at_its_deadline_is_408() {
    let inner = Inner::new();
    let service = slack().build().unwrap().layer(inner.clone());
    let start = tokio::time::Instant::now();
    let stuck = service.clone().oneshot(with_body(event("Ev1"), Script::new([Step::Never]))).await.unwrap();
    assert_eq!(start.elapsed(), millis(1500), "half of Slack's three seconds");

    // A byte every now and then does not buy more time.
    let drip = (0..100).flat_map(|_| [Step::Wait(millis(100)), Step::Data(Bytes::from_static(b" "))]);
    let start = tokio::time::Instant::now();
    let dripping = service.oneshot(with_body(event("Ev1"), Script::new(drip))).await.unwrap();
    assert_eq!(start.elapsed(), millis(1500));

    for response in [stuck, dripping] {
        assert_eq!((response.status(), reason(&response)), (StatusCode::REQUEST_TIMEOUT, Some("body_timeout")));
    }
    assert_eq!(inner.started(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_that_is_there_in_time_is_proved_like_any_other() {
    let inner = Inner::new();
    let service = slack().body_deadline(seconds(2)).build().unwrap().layer(inner.clone());
    let (parts, body) = event("Ev1").into_parts();
    let bytes = seen(http::Response::new(body)).await.body;
    let halves = [
        Step::Data(bytes.slice(..20)),
        Step::Wait(millis(1900)),
        Step::Data(Bytes::new()),
        Step::Data(bytes.slice(20..)),
    ];
    let response = service.oneshot(Request::from_parts(parts, Script::new(halves))).await.unwrap();
    assert_eq!((response.status(), inner.bodies()), (StatusCode::OK, vec![bytes]));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_breaks_off_is_400_also_where_what_came_would_do() {
    let inner = Inner::new();
    let service = slack().build().unwrap().layer(inner.clone());
    let (parts, body) = event("Ev1").into_parts();
    let bytes = seen(http::Response::new(body)).await.body;
    let request = Request::from_parts(parts, Script::new([Step::Data(bytes), Step::Broken]));
    let response = service.oneshot(request).await.unwrap();
    assert_eq!((response.status(), reason(&response)), (StatusCode::BAD_REQUEST, Some("body_broken")));
    assert_eq!(inner.started(), 0);
}

#[tokio::test(start_paused = true)]
async fn trailers_are_ignored() {
    let inner = Inner::new();
    let service = slack().build().unwrap().layer(inner.clone());
    let (parts, body) = event("Ev1").into_parts();
    let bytes = seen(http::Response::new(body)).await.body;
    let mut trailers = HeaderMap::new();
    trailers.insert("x-slack-signature", HeaderValue::from_static("v0=00"));
    let request = Request::from_parts(parts, Script::new([Step::Data(bytes.clone()), Step::Trailers(trailers)]));
    assert_eq!(service.oneshot(request).await.unwrap().status(), StatusCode::OK);
    assert_eq!(inner.bodies(), [bytes]);
}

/// A request that has sent this many bytes of its body and sends no more.
fn holding(bytes: usize) -> Request<Script> {
    with_body(event("Ev1"), Script::new([Step::Data(Bytes::from(vec![b'x'; bytes])), Step::Never]))
}

#[tokio::test(start_paused = true)]
async fn unproved_bodies_share_a_budget_and_get_it_back_however_they_end() {
    let inner = Inner::new();
    let service = slack().unproved_budget(1000).build().unwrap().layer(inner.clone());
    let fits = || service.clone().oneshot(holding(900));
    let full = || service.clone().oneshot(with_body(event("Ev1"), Script::new([Step::Data(vec![b'x'; 101].into())])));

    for end in ["dropped", "timed out"] {
        let mut held = Box::pin(fits());
        assert!(tokio::time::timeout(millis(1), &mut held).await.is_err());
        let response = full().await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{end}");
        assert_eq!((reason(&response), retry_after(&response)), (Some("overloaded"), Some(1)));
        match end {
            "dropped" => drop(held),
            _ => assert_eq!(held.await.unwrap().status(), StatusCode::REQUEST_TIMEOUT),
        }
    }
    // Refused, broken, too large, over the budget, proved: all of it is free again.
    for _ in 0..20 {
        let steps = |steps: Vec<Step>| service.clone().oneshot(with_body(event("Ev1"), Script::new(steps)));
        let bytes = |count| Step::Data(vec![b'x'; count].into());
        assert_eq!(steps(vec![bytes(900)]).await.unwrap().status(), StatusCode::UNAUTHORIZED);
        assert_eq!(steps(vec![bytes(900), Step::Broken]).await.unwrap().status(), StatusCode::BAD_REQUEST);
        assert_eq!(steps(vec![bytes(900), bytes(2 * MIB)]).await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(steps(vec![bytes(900), bytes(101)]).await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(service.clone().oneshot(event("Ev1")).await.unwrap().status(), StatusCode::OK);
    }
    assert_eq!(full().await.unwrap().status(), StatusCode::UNAUTHORIZED, "nothing is held any more");
}

#[tokio::test(start_paused = true)]
async fn a_length_that_is_only_announced_takes_nothing_of_the_budget() {
    let service = slack().unproved_budget(1000).build().unwrap().layer(Inner::new());
    let mut liars = Vec::new();
    for _ in 0..50 {
        let mut request = with_body(event("Ev1"), Script::new([Step::Never]));
        request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("1000000"));
        let mut liar = Box::pin(service.clone().oneshot(request));
        assert!(tokio::time::timeout(millis(1), &mut liar).await.is_err());
        liars.push(liar);
    }
    assert_eq!(service.oneshot(event("Ev1")).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_proved_body_no_longer_counts_while_its_handler_runs() {
    let inner = Inner::slow(seconds(60));
    let service = slack().unproved_budget(200).build().unwrap().layer(inner.clone());
    let running: Vec<_> = (0..10).map(|_| tokio::spawn(service.clone().oneshot(event("Ev1")))).collect();
    for task in running {
        assert_eq!(task.await.unwrap().unwrap().status(), StatusCode::OK);
    }
    assert_eq!(inner.finished(), 10);
}
