//! What a claim comes to: done, given back, or never made.

use http::StatusCode;
use imchat_verify::Verifier;
use imchat_verify::dedup::Settled;
use imchat_verify::providers;
use imchat_verify::scheme::{Attempts, Facts, Hash, Key, Scheme, Signature, Source};
use tower::{Layer as _, ServiceExt as _};

use super::fixture::{Fault, Faulty, Inner, SLACK_SECRET, Verb, archived, event, layer, reason, seen, signed, slack};

#[tokio::test(start_paused = true)]
async fn what_the_inner_service_could_not_do_is_given_back_so_that_the_next_attempt_runs_at_once() {
    for status in [500, 502, 503, 408, 429, 400, 404, 410, 422] {
        let status = StatusCode::from_u16(status).unwrap();
        let (store, inner) = (Faulty::new(), Inner::new().answering([status]));
        let service = slack().dedup(store.clone()).build().unwrap().layer(inner.clone());

        let first = seen(service.clone().oneshot(event("Ev1")).await.unwrap()).await;
        let second = service.oneshot(event("Ev1")).await.unwrap();

        assert_eq!((first.status, &first.body[..]), (status, &b"done by the inner service"[..]));
        assert_eq!(store.log()[1], Verb::Release(Settled::Ok));
        assert_eq!((second.status(), inner.finished()), (StatusCode::OK, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_done_completes_the_delivery() {
    for status in [200, 204, 302] {
        let status = StatusCode::from_u16(status).unwrap();
        let (store, inner) = (Faulty::new(), Inner::new().answering([status]));
        let service = slack().dedup(store.clone()).build().unwrap().layer(inner.clone());

        assert_eq!(service.clone().oneshot(event("Ev1")).await.unwrap().status(), status);
        assert_eq!(service.oneshot(event("Ev1")).await.unwrap().status(), StatusCode::OK);
        assert_eq!((store.completed(), inner.started()), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn the_application_decides_what_counts_as_done_where_it_says_so() {
    let (store, inner) = (Faulty::new(), Inner::new().answering([StatusCode::NOT_FOUND, StatusCode::BAD_GATEWAY]));
    let builder = slack().dedup(store.clone()).complete_when(|parts| parts.status == StatusCode::BAD_GATEWAY);
    let service = builder.build().unwrap().layer(inner.clone());

    assert_eq!(service.clone().oneshot(event("Ev1")).await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(service.clone().oneshot(event("Ev1")).await.unwrap().status(), StatusCode::BAD_GATEWAY);
    assert_eq!(service.oneshot(event("Ev1")).await.unwrap().status(), StatusCode::OK);
    assert_eq!((store.completed(), inner.started()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_may_be_handled_twice_runs_each_time_and_leaves_the_store_alone() {
    let (store, inner) = (Faulty::new().claims([Fault::Fails, Fault::Fails]), Inner::new());
    let service = slack().dedup(store.clone()).build().unwrap().layer(inner.clone());

    for _ in 0..2 {
        let response = service.clone().oneshot(archived("slack/block_suggestion")).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
    }

    assert_eq!((inner.finished(), store.log()), (2, vec![]));
    assert_eq!(inner.fences(), [None, None]);
}

#[tokio::test(start_paused = true)]
async fn without_a_store_every_delivery_runs() {
    let inner = Inner::new();
    let service = slack().build().unwrap().layer(inner.clone());
    for _ in 0..3 {
        assert_eq!(service.clone().oneshot(event("Ev1")).await.unwrap().status(), StatusCode::OK);
    }
    assert_eq!(inner.finished(), 3);
}

#[tokio::test(start_paused = true)]
async fn another_body_under_the_same_id_is_refused_where_the_platform_repeats_bodies_exactly() {
    const EXACT: Scheme = Scheme::hmac("exact", Hash::Sha256, Signature::hex("x-exact"))
        .key(Key::Id(&[Source::Json("/id")]))
        .facts(Facts::new("events").attempts(Attempts::SameBytes))
        .build();
    static SCHEME: Scheme = EXACT;
    let inner = Inner::new();
    let verifier = Verifier::of(&SCHEME, "a signing secret").unwrap();
    let service = layer(verifier).dedup(Faulty::new()).build().unwrap().layer(inner.clone());
    let send = |body: &'static str| service.clone().oneshot(signed(&SCHEME, "a signing secret", body));

    assert_eq!(send(r#"{"id":"1","sum":5}"#).await.unwrap().status(), StatusCode::OK);
    let other = send(r#"{"id":"1","sum":6}"#).await.unwrap();
    assert_eq!((other.status(), reason(&other)), (StatusCode::CONFLICT, Some("mismatch")));
    assert_eq!(send(r#"{"id":"1","sum":5}"#).await.unwrap().status(), StatusCode::OK);
    assert_eq!(inner.started(), 1);
}

#[tokio::test(start_paused = true)]
async fn bodies_that_honestly_differ_between_attempts_are_duplicates() {
    let inner = Inner::new();
    let service = slack().dedup(Faulty::new()).build().unwrap().layer(inner.clone());
    let send = |attempt: u8| {
        let body = format!(r#"{{"type":"event_callback","team_id":"T1","event_id":"Ev1","attempt":{attempt}}}"#);
        service.clone().oneshot(signed(&providers::SLACK, SLACK_SECRET, body))
    };
    assert_eq!(send(1).await.unwrap().status(), StatusCode::OK);
    assert_eq!(send(2).await.unwrap().status(), StatusCode::OK);
    assert_eq!(inner.started(), 1);
}
