//! Deliveries that come again: captured, redelivered, under another id, at another endpoint, after a rotation. Numbers
//! are those of the threat model.

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode};
use http_body_util::Full;
use imchat_tower::Duplicate;
use imchat_verify::Secrets;
use imchat_verify::providers::{self, GitHub, Slack, StandardWebhooks, Stripe};
use tower::{Layer as _, ServiceExt as _};

use super::attacks::STANDARD_SECRET;
use super::fixture::{
    Faulty, GITHUB_SECRET, Inner, SIGNED_AT, SLACK_SECRET, STRIPE_SECRET, archived, at, event, for_github, layer,
    millis, push, reason, seconds, signed, slack,
};

const REPLAY: Duplicate = Duplicate { replay_suspected: true };
const RETRY: Duplicate = Duplicate { replay_suspected: false };

// 1

#[tokio::test(start_paused = true)]
async fn a_captured_request_that_is_sent_again_within_its_window_is_not_run_again() {
    for (verifier, name) in [
        (Slack::verifier(SLACK_SECRET).unwrap().any(), "slack/app_mention"),
        (Slack::verifier(SLACK_SECRET).unwrap().any(), "slack/slash_command"),
        (Stripe::verifier(STRIPE_SECRET).unwrap().any(), "stripe/invoice_paid"),
        (GitHub::verifier(GITHUB_SECRET).unwrap().any(), "github/push"),
        (StandardWebhooks::verifier(STANDARD_SECRET).unwrap().any(), "standard_webhooks/v1"),
    ] {
        let inner = Inner::new();
        let service = layer(verifier).dedup(Faulty::new()).build().unwrap().layer(inner.clone());
        service.clone().oneshot(archived(name)).await.unwrap();
        tokio::time::sleep(seconds(250)).await;
        let replay = service.oneshot(archived(name)).await.unwrap();
        assert_eq!((replay.status(), replay.extensions().get()), (StatusCode::OK, Some(&RETRY)), "{name}");
        assert_eq!(inner.started(), 1, "{name}");
    }
}

// 2

#[tokio::test(start_paused = true)]
async fn a_body_replayed_under_another_delivery_id_is_200_counted_and_not_run_again() {
    let inner = Inner::new();
    let service = for_github().dedup(Faulty::new()).build().unwrap().layer(inner.clone());
    service.clone().oneshot(push("a", "11111111-0000-11ee-8000-000000000001")).await.unwrap();

    let redelivered = service.clone().oneshot(push("a", "11111111-0000-11ee-8000-000000000001")).await.unwrap();
    let replayed = service.oneshot(push("a", "22222222-0000-11ee-8000-000000000002")).await.unwrap();

    assert_eq!((redelivered.status(), redelivered.extensions().get()), (StatusCode::OK, Some(&RETRY)));
    assert_eq!((replayed.status(), replayed.extensions().get()), (StatusCode::OK, Some(&REPLAY)));
    assert_eq!(inner.started(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_body_under_another_delivery_id_is_not_acknowledged_before_the_first_one_is_durable() {
    // Whoever saw a delivery sends it first, under an id of his own, and hangs up: the honest one must not be lost.
    let (store, inner) = (Faulty::new(), Inner::slow(seconds(2)));
    let service = for_github().dedup(store.clone()).build().unwrap().layer(inner.clone());
    let first = tokio::spawn(service.clone().oneshot(push("a", "1")));
    tokio::time::sleep(seconds(1)).await;

    let honest = tokio::spawn(service.clone().oneshot(push("a", "2")));
    tokio::time::sleep(millis(10)).await;
    assert!(!honest.is_finished(), "it waits for the first one");
    first.abort();
    let honest = honest.await.unwrap().unwrap();

    // The lease of the one that hung up outlives what GitHub waits: told to come again, and done then.
    assert_eq!((honest.status(), reason(&honest)), (StatusCode::SERVICE_UNAVAILABLE, Some("busy")));
    tokio::time::sleep(seconds(15)).await;
    assert_eq!(service.oneshot(push("a", "2")).await.unwrap().status(), StatusCode::OK);
    assert_eq!((inner.finished(), store.completed()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_body_under_another_delivery_id_waits_for_the_first_and_runs_where_that_failed() {
    for (outcome, runs, duplicate) in [(StatusCode::OK, 1, Some(&REPLAY)), (StatusCode::BAD_GATEWAY, 2, None)] {
        let (store, inner) = (Faulty::new(), Inner::slow(seconds(2)).answering([outcome]));
        let service = for_github().dedup(store.clone()).build().unwrap().layer(inner.clone());
        let first = tokio::spawn(service.clone().oneshot(push("a", "1")));
        tokio::time::sleep(seconds(1)).await;

        let second = service.oneshot(push("a", "2")).await.unwrap();

        assert_eq!(first.await.unwrap().unwrap().status(), outcome);
        assert_eq!((second.status(), second.extensions().get()), (StatusCode::OK, duplicate));
        assert_eq!((inner.finished(), store.completed()), (runs, 1));
    }
}

// 16

#[tokio::test(start_paused = true)]
async fn a_request_for_one_endpoint_is_worth_nothing_at_another() {
    let inner = Inner::new();
    let other = layer(Slack::verifier("the secret of another endpoint").unwrap()).build().unwrap();
    assert_eq!(other.layer(inner.clone()).oneshot(event("Ev1")).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(inner.started(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_same_event_id_at_two_endpoints_of_one_store_is_two_deliveries() {
    let (store, inner) = (Faulty::new(), Inner::new());
    let endpoint = |name: &str| {
        let verifier = Stripe::verifier(STRIPE_SECRET).unwrap().endpoint(name);
        layer(verifier).dedup(store.clone()).build().unwrap().layer(inner.clone())
    };
    for name in ["live", "test"] {
        let response = endpoint(name).oneshot(archived("stripe/invoice_paid")).await.unwrap();
        assert!(response.extensions().get::<Duplicate>().is_none());
    }
    let again = endpoint("live").oneshot(archived("stripe/invoice_paid")).await.unwrap();
    assert_eq!((again.extensions().get(), inner.finished()), (Some(&RETRY), 2));
}

// 17

#[tokio::test(start_paused = true)]
async fn an_old_secret_counts_until_its_end_and_says_that_it_was_used() {
    let secrets = Secrets::new("the secret of the new month").and_previous_until(SLACK_SECRET, at(SIGNED_AT + 10));
    let which = |request: Request<Full<Bytes>>| async move {
        let receipt = request.extensions().get::<imchat_verify::Receipt<imchat_verify::AnyProvider>>().unwrap();
        let mut response = http::Response::new(Full::<Bytes>::default());
        response.extensions_mut().insert(receipt.secret());
        Ok::<_, std::convert::Infallible>(response)
    };
    let service = layer(Slack::verifier(secrets).unwrap()).build().unwrap().layer(tower::service_fn(which));
    let new = || signed(&providers::SLACK, "the secret of the new month", "{}");

    let (current, old) = (service.clone().oneshot(new()).await, service.clone().oneshot(event("Ev1")).await);
    assert_eq!(current.unwrap().extensions().get(), Some(&0_usize));
    assert_eq!(old.unwrap().extensions().get(), Some(&1_usize));

    tokio::time::sleep(seconds(10)).await;
    assert_eq!(service.clone().oneshot(event("Ev1")).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(service.oneshot(new()).await.unwrap().status(), StatusCode::OK);
}

// 38

#[tokio::test(start_paused = true)]
async fn a_retry_header_is_never_a_reason_to_drop() {
    let (store, inner) = (Faulty::new(), Inner::new());
    let service = slack().dedup(store.clone()).build().unwrap().layer(inner.clone());
    for (number, why) in [("1", "http_timeout"), ("3", "http_error"), ("999999999999999999999", "x"), ("-1", "")] {
        let mut request = event(number);
        request.headers_mut().insert("x-slack-retry-num", HeaderValue::from_static(number));
        request.headers_mut().insert("x-slack-retry-reason", HeaderValue::from_static(why));
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!((response.status(), response.extensions().get::<Duplicate>()), (StatusCode::OK, None));
    }
    assert_eq!((inner.finished(), store.completed()), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn the_retry_of_a_delivery_that_was_lost_is_run_and_that_of_one_that_was_done_is_not() {
    let inner = Inner::new();
    let service = slack().dedup(Faulty::new()).build().unwrap().layer(inner.clone());
    tokio::time::sleep(seconds(60)).await;
    assert_eq!(service.clone().oneshot(archived("slack/app_mention_retry")).await.unwrap().status(), StatusCode::OK);
    let late = service.oneshot(archived("slack/app_mention")).await.unwrap();
    assert_eq!((late.extensions().get(), inner.finished()), (Some(&RETRY), 1));
}
