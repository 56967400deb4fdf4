//! What a sender is told of its delivery: taken, taken before, in flight, or to come again.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use imchat_tower::{Duplicate, Rejection, WebhookLayer};
use imchat_verify::dedup::{Claim, Settled};
use imchat_verify::providers::{Discord, Feishu, SLACK, Slack};
use imchat_verify::sign::{SignRequest, Signer};
use imchat_verify::{AnyProvider, Receipt, Verifier};
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::fixture::{
    DISCORD_PUBLIC, FEISHU_KEY, Fault, Faulty, Inner, SLACK_SECRET, Verb, archived, event, form, layer, millis, push,
    reason, retry_after, seconds, seen, slack,
};

#[tokio::test(start_paused = true)]
async fn what_is_durable_now_is_answered_by_the_inner_service_and_completed() {
    let (store, inner) = (Faulty::new(), Inner::new());
    let service = slack().dedup(store.clone()).build().unwrap().layer(inner.clone());

    let response = service.oneshot(event("Ev1")).await.unwrap();

    assert_eq!(reason(&response), None);
    let answer = seen(response).await;
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &b"done by the inner service"[..]));
    assert!(matches!(store.log()[..], [Verb::Claim(Claim::Granted(_)), Verb::Complete(Settled::Ok)]));
    assert_eq!(inner.finished(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_inner_service_gets_the_proved_bytes_the_receipt_and_the_fence_of_its_claim() {
    let store = Faulty::new();
    let service =
        slack().dedup(store.clone()).build().unwrap().layer(service_fn(|request: Request<Full<Bytes>>| async move {
            let receipt = request.extensions().get::<Receipt<AnyProvider>>().unwrap().clone();
            let fence = request.extensions().get::<imchat_verify::dedup::Fence>().copied();
            assert_eq!(receipt.identity().event_id.unwrap().signed().unwrap(), "Ev1");
            assert_eq!(receipt.body(), &seen(Response::new(request.into_body())).await.body);
            let mut response = Response::new(Full::<Bytes>::default());
            response.extensions_mut().insert(fence.unwrap());
            Ok::<_, Infallible>(response)
        }));

    let response = service.oneshot(event("Ev1")).await.unwrap();

    let fence = response.extensions().get::<imchat_verify::dedup::Fence>().copied().unwrap();
    assert!(matches!(store.log()[0], Verb::Claim(Claim::Granted(lease)) if lease.fence() == fence));
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_of_a_durable_delivery_is_200_and_not_run_again() {
    let inner = Inner::new();
    let service = slack().dedup(Faulty::new()).build().unwrap().layer(inner.clone());
    service.clone().oneshot(event("Ev1")).await.unwrap();

    let response = service.oneshot(event("Ev1")).await.unwrap();

    assert_eq!(response.extensions().get(), Some(&Duplicate { replay_suspected: false }));
    let answer = seen(response).await;
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &b""[..]));
    assert_eq!(inner.started(), 1);
}

/// Sends a request twice and gives what the sender of the second one sees.
async fn duplicate(verifier: Verifier<AnyProvider>, request: impl Fn() -> Request<Full<Bytes>>) -> (u16, String) {
    let inner = Inner::new();
    let service = layer(verifier).dedup(Faulty::new()).build().unwrap().layer(inner.clone());
    service.clone().oneshot(request()).await.unwrap();
    let answer = seen(service.oneshot(request()).await.unwrap()).await;
    assert_eq!(inner.started(), 1);
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    (answer.status.as_u16(), String::from_utf8(answer.body.to_vec()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_is_told_what_its_kind_takes_for_taken() {
    let discord = Discord::verifier(DISCORD_PUBLIC).unwrap().any();
    let feishu = Feishu::verifier(FEISHU_KEY).unwrap().any();
    let answer = |status: u16, body: &str| (status, body.to_owned());

    assert_eq!(duplicate(discord.clone(), || archived("discord/webhook_event")).await, answer(204, ""));
    assert_eq!(duplicate(discord.clone(), || archived("discord/command")).await, answer(200, r#"{"type":5}"#));
    assert_eq!(duplicate(discord, || archived("discord/button")).await, answer(200, r#"{"type":6}"#));
    assert_eq!(duplicate(feishu.clone(), || archived("feishu/card_action")).await, answer(200, "{}"));
    assert_eq!(duplicate(feishu, || archived("feishu/message_encrypted")).await, answer(200, ""));
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_in_flight_waits_for_the_owners_commit_and_is_then_200() {
    let (store, inner) = (Faulty::new(), Inner::slow(seconds(2)));
    let service = slack().dedup(store.clone()).build().unwrap().layer(inner.clone());
    let owner = tokio::spawn(service.clone().oneshot(event("Ev1")));
    tokio::task::yield_now().await;
    let start = tokio::time::Instant::now();

    let response = service.oneshot(event("Ev1")).await.unwrap();

    let waited = start.elapsed();
    assert_eq!((response.status(), inner.started()), (StatusCode::OK, 1));
    assert!(response.extensions().get::<Duplicate>().is_some());
    assert!(seconds(2) <= waited && waited <= millis(2200), "{waited:?}");
    assert_eq!(owner.await.unwrap().unwrap().status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn the_owner_is_asked_after_with_a_growing_back_off_of_at_most_200_ms() {
    let store = Faulty::new();
    let service = slack().dedup(store.clone()).build().unwrap().layer(Inner::slow(seconds(10)));
    let owner = tokio::spawn(service.clone().oneshot(event("Ev1")));
    tokio::task::yield_now().await;

    service.oneshot(event("Ev1")).await.unwrap();

    let asked = store.times(|verb| matches!(verb, Verb::Claim(Claim::Busy { .. })));
    assert_eq!(asked[..6], [millis(0), millis(25), millis(75), millis(175), millis(375), millis(575)]);
    assert!(asked.windows(2).all(|pair| pair[1] - pair[0] <= millis(200)), "{asked:?}");
    owner.abort();
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_whose_owner_does_not_finish_in_time_is_503_with_the_rest_of_the_lease() {
    let service = slack().dedup(Faulty::new()).build().unwrap().layer(Inner::slow(seconds(10)));
    let owner = tokio::spawn(service.clone().oneshot(event("Ev1")));
    tokio::task::yield_now().await;
    let start = tokio::time::Instant::now();

    let response = service.oneshot(event("Ev1")).await.unwrap();

    assert_eq!((response.status(), reason(&response)), (StatusCode::SERVICE_UNAVAILABLE, Some("busy")));
    let waited = start.elapsed();
    assert!(millis(2200) <= waited && waited <= millis(2500), "{waited:?}: the platform waits 3 s");
    assert_eq!(retry_after(&response), Some(13), "15 s of lease less what was waited, rounded up");
    owner.abort();
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_its_owner_gave_back_is_run_by_the_duplicate_that_waits() {
    let inner = Inner::slow(seconds(1)).answering([StatusCode::BAD_GATEWAY]);
    let service = slack().dedup(Faulty::new()).build().unwrap().layer(inner.clone());
    let owner = tokio::spawn(service.clone().oneshot(event("Ev1")));
    tokio::task::yield_now().await;

    let second = service.oneshot(event("Ev1")).await.unwrap();

    assert_eq!(owner.await.unwrap().unwrap().status(), StatusCode::BAD_GATEWAY);
    assert_eq!((second.status(), inner.finished()), (StatusCode::OK, 2));
    assert!(second.extensions().get::<Duplicate>().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_ends_while_a_duplicate_waits_goes_to_the_duplicate() {
    let (store, inner) = (Faulty::new(), Inner::slow(seconds(30)));
    let service = slack().lease(seconds(2)).dedup(store.clone()).build().unwrap().layer(inner.clone());
    let owner = tokio::spawn(service.clone().oneshot(event("Ev1")));
    tokio::task::yield_now().await;

    let second = service.oneshot(event("Ev1")).await.unwrap();

    // Neither renewed: the second one took over at 2 s, and lost its own lease long before its 30 s were over.
    assert_eq!(store.granted(), 2);
    assert_eq!(second.status(), StatusCode::SERVICE_UNAVAILABLE);
    let first = owner.await.unwrap().unwrap();
    assert_eq!((first.status(), reason(&first)), (StatusCode::SERVICE_UNAVAILABLE, Some("lost")));
    assert_eq!(store.completed(), 0);
    assert!(inner.fences()[0] < inner.fences()[1], "the fence grows");
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_lost_before_the_delivery_is_durable_is_503() {
    let (store, inner) = (Faulty::new(), Inner::slow(seconds(16)));
    let service = slack().dedup(store.clone()).build().unwrap().layer(inner.clone());

    let response = service.oneshot(event("Ev1")).await.unwrap();

    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((reason(&response), retry_after(&response)), (Some("lost"), Some(1)));
    assert_eq!((inner.finished(), store.log()[1]), (1, Verb::Complete(Settled::Lost)));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_is_503_and_the_inner_service_is_not_called() {
    let (store, inner) = (Faulty::new().claims([Fault::Fails]), Inner::new());
    let service = slack().dedup(store).build().unwrap().layer(inner.clone());

    let response = service.oneshot(event("Ev1")).await.unwrap();

    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((reason(&response), retry_after(&response)), (Some("store"), Some(1)));
    assert_eq!(inner.started(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_is_503_within_a_third_of_the_platforms_deadline() {
    let (store, inner) = (Faulty::new().claims([Fault::Hangs]), Inner::new());
    let service = slack().dedup(store).build().unwrap().layer(inner.clone());
    let start = tokio::time::Instant::now();

    let response = service.oneshot(event("Ev1")).await.unwrap();

    assert_eq!((response.status(), retry_after(&response)), (StatusCode::SERVICE_UNAVAILABLE, Some(1)));
    assert_eq!((start.elapsed(), inner.started()), (seconds(1), 0));
}

#[tokio::test(start_paused = true)]
async fn every_rejection_can_be_seen_and_replaced_by_a_hook() {
    let seen_busy = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&seen_busy);
    let builder = slack().dedup(Faulty::new().claims([Fault::Fails])).on_reject(move |rejection, mut response| {
        flag.store(*rejection == Rejection::Store, Ordering::SeqCst);
        *response.body_mut() = Full::from("later");
        response
    });
    let service = builder.build().unwrap().layer(Inner::new());

    let response = service.oneshot(event("Ev1")).await.unwrap();

    assert_eq!((reason(&response), retry_after(&response)), (Some("store"), Some(1)));
    assert_eq!(&seen(response).await.body[..], b"later");
    assert!(seen_busy.load(Ordering::SeqCst));
}

#[tokio::test(start_paused = true)]
async fn two_deliveries_are_never_taken_for_one() {
    let inner = Inner::new();
    let service = slack().dedup(Faulty::new()).build().unwrap().layer(inner.clone());
    for request in [
        event("Ev1"),
        event("Ev2"),
        form("command=%2Fask&team_id=T1&trigger_id=Ev1"),
        form("command=%2Fask&team_id=T2&trigger_id=Ev1"),
    ] {
        let response = service.clone().oneshot(request).await.unwrap();
        assert!(response.extensions().get::<Duplicate>().is_none());
    }
    assert_eq!(inner.finished(), 4);
    let other = super::fixture::for_github().dedup(Faulty::new()).build().unwrap().layer(inner.clone());
    other.clone().oneshot(push("a", "1")).await.unwrap();
    other.oneshot(push("b", "1")).await.unwrap();
    assert_eq!(inner.finished(), 6);
}

#[tokio::test]
async fn the_clock_is_the_systems_unless_told() {
    let now = time::OffsetDateTime::now_utc();
    let headers = Signer::of(&SLACK, SLACK_SECRET).unwrap().sign(SignRequest::post(b"{}", now)).unwrap();
    let mut fresh = Request::post("/").body(Full::<Bytes>::from("{}")).unwrap();
    for (name, value) in headers {
        fresh.headers_mut().insert(http::HeaderName::try_from(name).unwrap(), value.try_into().unwrap());
    }
    let service = WebhookLayer::builder(Slack::verifier(SLACK_SECRET).unwrap()).build().unwrap().layer(Inner::new());
    assert_eq!(service.clone().oneshot(fresh).await.unwrap().status(), StatusCode::OK);
    assert_eq!(reason(&service.oneshot(event("Ev1")).await.unwrap()), Some("stale"));
}
