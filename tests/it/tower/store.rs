//! Stores that fail, hang, and answer when nobody listens any more.

use std::collections::BTreeMap;
use std::time::Duration;

use http::StatusCode;
use imchat_tower::Duplicate;
use imchat_verify::dedup::{Claim, Settled};
use tokio::time::{Instant, advance};
use tower::{Layer as _, ServiceExt as _};

use super::fixture::{Fault, Faulty, Inner, Verb, event, millis, reason, retry_after, seconds, slack};

const BUSY: Fault = Fault::Says(Claim::Busy { retry_after: seconds(9) });

#[tokio::test(start_paused = true)]
async fn a_claim_that_is_committed_after_its_timeout_keeps_others_out_until_its_lease_ends() {
    for fault in [Fault::Late(seconds(9)), Fault::FailsAfter] {
        let (store, inner) = (Faulty::new().claims([fault]), Inner::new());
        let service = slack().dedup(store.clone()).build().unwrap().layer(inner.clone());

        let first = service.clone().oneshot(event("Ev1")).await.unwrap();
        assert_eq!((first.status(), reason(&first)), (StatusCode::SERVICE_UNAVAILABLE, Some("store")));
        assert_eq!(store.granted(), 1, "nobody knows, but the claim is there");
        let second = service.clone().oneshot(event("Ev1")).await.unwrap();
        assert_eq!((second.status(), reason(&second)), (StatusCode::SERVICE_UNAVAILABLE, Some("busy")));
        assert!(retry_after(&second).unwrap() <= 13);
        advance(seconds(13)).await;
        let third = service.oneshot(event("Ev1")).await.unwrap();

        assert_eq!((third.status(), inner.started(), store.completed()), (StatusCode::OK, 1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_completion_whose_answer_is_lost_is_503_and_the_retry_is_a_duplicate() {
    for fault in [Fault::Late(seconds(9)), Fault::FailsAfter] {
        let (store, inner) = (Faulty::new().completions(fault), Inner::new());
        let service = slack().dedup(store.clone()).build().unwrap().layer(inner.clone());

        let first = service.clone().oneshot(event("Ev1")).await.unwrap();
        assert_eq!((first.status(), reason(&first)), (StatusCode::SERVICE_UNAVAILABLE, Some("store")));
        assert!(!store.log().contains(&Verb::Release(Settled::Ok)), "what may be done is not given back");
        let retry = service.oneshot(event("Ev1")).await.unwrap();

        assert_eq!((retry.status(), inner.finished()), (StatusCode::OK, 1));
        assert!(retry.extensions().get::<Duplicate>().is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn a_completion_that_never_happened_is_503_and_the_delivery_runs_again_under_a_higher_fence() {
    for fault in [Fault::Fails, Fault::Hangs] {
        let (store, inner) = (Faulty::new().completions(fault), Inner::new());
        let service = slack().dedup(store.clone()).build().unwrap().layer(inner.clone());
        let first = service.clone().oneshot(event("Ev1")).await.unwrap();
        assert_eq!((first.status(), reason(&first)), (StatusCode::SERVICE_UNAVAILABLE, Some("store")));

        store.heal();
        advance(seconds(15)).await;
        let retry = service.oneshot(event("Ev1")).await.unwrap();

        assert_eq!((retry.status(), inner.finished(), store.completed()), (StatusCode::OK, 2, 1));
        assert!(inner.fences()[0] < inner.fences()[1]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_release_that_fails_changes_nothing_for_the_sender() {
    for fault in [Fault::Fails, Fault::Hangs, Fault::FailsAfter] {
        let (store, inner) = (Faulty::new().releases(fault), Inner::new().answering([StatusCode::BAD_GATEWAY]));
        let service = slack().dedup(store.clone()).build().unwrap().layer(inner.clone());
        let first = service.clone().oneshot(event("Ev1")).await.unwrap();
        assert_eq!((first.status(), reason(&first)), (StatusCode::BAD_GATEWAY, None));
        advance(seconds(15)).await;
        assert_eq!(service.oneshot(event("Ev1")).await.unwrap().status(), StatusCode::OK);
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_busy_a_few_times_is_waited_for() {
    let (store, inner) = (Faulty::new().claims([BUSY; 5]), Inner::new());
    let service = slack().dedup(store).build().unwrap().layer(inner.clone());
    let start = Instant::now();

    let response = service.oneshot(event("Ev1")).await.unwrap();

    assert_eq!((response.status(), inner.finished()), (StatusCode::OK, 1));
    assert_eq!(start.elapsed(), millis(25 + 50 + 100 + 200 + 200));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_stays_busy_is_503_with_what_it_said() {
    let (store, inner) = (Faulty::new().claims([BUSY; 100]), Inner::new());
    let service = slack().dedup(store).build().unwrap().layer(inner.clone());
    let response = service.oneshot(event("Ev1")).await.unwrap();
    assert_eq!((response.status(), retry_after(&response)), (StatusCode::SERVICE_UNAVAILABLE, Some(9)));
    assert_eq!(inner.started(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_while_a_duplicate_waits_is_503() {
    let store = Faulty::new().claims([BUSY, BUSY, Fault::Fails]);
    let service = slack().dedup(store).build().unwrap().layer(Inner::new());
    let response = service.oneshot(event("Ev1")).await.unwrap();
    assert_eq!((response.status(), reason(&response)), (StatusCode::SERVICE_UNAVAILABLE, Some("store")));
    assert_eq!(retry_after(&response), Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_late_in_the_wait_does_not_make_the_answer_miss_the_deadline() {
    // Slack waits 3 s: the wait ends at 2.5 s, however long a single call to the store may take.
    for busy in 0..16 {
        for fault in [Fault::Hangs, Fault::Late(seconds(9))] {
            let faults = std::iter::repeat_n(BUSY, busy).chain([fault]);
            let service = slack().dedup(Faulty::new().claims(faults)).build().unwrap().layer(Inner::new());
            let start = Instant::now();
            let response = service.oneshot(event("Ev1")).await.unwrap();
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert!(retry_after(&response).is_some());
            assert!(start.elapsed() <= millis(2500), "{busy} times busy: {:?}", start.elapsed());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn fifty_identical_deliveries_at_once_run_once() {
    for (takes, waiting) in [(millis(300), StatusCode::OK), (seconds(5), StatusCode::SERVICE_UNAVAILABLE)] {
        let (store, inner) = (Faulty::new(), Inner::slow(takes));
        let service = slack().dedup(store.clone()).build().unwrap().layer(inner.clone());
        let all: Vec<_> = (0..50).map(|_| tokio::spawn(service.clone().oneshot(event("Ev1")))).collect();
        let mut answers: BTreeMap<(u16, bool), usize> = BTreeMap::new();
        for one in all {
            let response = one.await.unwrap().unwrap();
            let owner = response.extensions().get::<Duplicate>().is_none() && reason(&response).is_none();
            *answers.entry((response.status().as_u16(), owner)).or_default() += 1;
        }
        assert_eq!(answers, BTreeMap::from([((200, true), 1), ((waiting.as_u16(), false), 49)]));
        assert_eq!((inner.started(), inner.finished(), store.completed()), (1, 1, 1));
    }
}

/// The next number of a fixed sequence.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

fn any_fault(state: &mut u64) -> Fault {
    let span = Duration::from_millis(next(state) % 3000);
    match next(state) % 6 {
        0 => Fault::Fails,
        1 => Fault::Hangs,
        2 => Fault::FailsAfter,
        3 => Fault::Late(span),
        // Carried out and answered, sooner or later.
        _ => Fault::Late(span / 10),
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_the_store_and_the_senders_do_a_2xx_means_done_and_done_means_once() {
    for seed in 0..400_u64 {
        let mut state = seed;
        let mut store = Faulty::new().claims((0..8).map(|_| any_fault(&mut state)).collect::<Vec<_>>());
        if next(&mut state).is_multiple_of(2) {
            store = store.completions(any_fault(&mut state));
        }
        if next(&mut state).is_multiple_of(2) {
            store = store.renewals(any_fault(&mut state)).releases(any_fault(&mut state));
        }
        let failures = next(&mut state) % 3;
        let outcomes = std::iter::repeat_n(StatusCode::BAD_GATEWAY, failures as usize);
        let inner = Inner::slow(millis(next(&mut state) % 20_000)).answering(outcomes);
        let mut builder = slack().dedup(store.clone());
        if next(&mut state).is_multiple_of(2) {
            builder = builder.detach(|work| drop(tokio::spawn(work)));
        }
        let service = builder.build().unwrap().layer(inner.clone());

        let mut attempts = Vec::new();
        for _ in 0..6 {
            let patience = millis(next(&mut state) % 30_000);
            let attempt = tokio::time::timeout(patience, service.clone().oneshot(event("Ev1")));
            let log = store.clone();
            attempts.push(tokio::spawn(async move {
                let answer = attempt.await;
                let done = log.completed();
                let status = answer.ok().map(|response| response.unwrap().status());
                assert!(!status.is_some_and(|status| status.is_success()) || done == 1, "seed {seed}");
            }));
            tokio::time::sleep(millis(next(&mut state) % 8_000)).await;
        }
        for attempt in attempts {
            attempt.await.unwrap();
        }
        assert!(store.completed() <= 1 && store.completed() <= inner.finished(), "seed {seed}: {:?}", store.log());
        let fences = inner.fences();
        assert!(fences.windows(2).all(|pair| pair[0] < pair[1]), "seed {seed}: {fences:?}");

        // Then all is well again: the delivery is done, once.
        tokio::time::sleep(seconds(120)).await;
        store.heal();
        let service = slack().dedup(store.clone()).build().unwrap().layer(Inner::new());
        let last = service.oneshot(event("Ev1")).await.unwrap();
        assert_eq!((last.status(), store.completed()), (StatusCode::OK, 1), "seed {seed}: {:?}", store.log());
    }
}
