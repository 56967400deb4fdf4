//! Dropped at every await, panicking, late: what is acknowledged is durable, and what is not done is done again.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use imchat_tower::Duplicate;
use imchat_verify::dedup::{Claim, Settled};
use tokio::task::{JoinSet, yield_now};
use tokio::time::{Instant, advance};
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::fixture::{
    Fault, Faulty, Inner, Verb, archived, dropped_after, event, in_pieces, millis, reason, retry_after, seconds, slack,
};

/// Lets everything that was spawned come to where it waits for time to pass.
async fn settle_down() {
    for _ in 0..50 {
        yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_at_any_await_nothing_is_completed_that_was_not_done_and_a_retry_does_it() {
    let mut dropped_while_running = 0;
    for pendings in 0.. {
        let (store, inner) = (Faulty::new(), Inner::slow(millis(5)));
        let service = slack().dedup(store.clone()).build().unwrap().layer(inner.clone());

        let answer = dropped_after(pendings, service.clone().oneshot(in_pieces("Ev1").await)).await;

        assert!(store.completed() <= inner.finished(), "after {pendings}: {:?}", store.log());
        if let Some(response) = answer {
            assert_eq!((response.unwrap().status(), store.completed()), (StatusCode::OK, 1));
            assert!(pendings > 10, "the driver stepped through the body, the claim, the work and the settlement");
            assert!(dropped_while_running > 1);
            return;
        }
        dropped_while_running += usize::from(inner.started() > inner.finished());
        // Whatever was claimed ends with its lease; the next attempt is the one that counts.
        advance(seconds(16)).await;
        let retry = service.oneshot(event("Ev1")).await.unwrap();
        assert_eq!(retry.status(), StatusCode::OK, "after {pendings}: {:?}", store.log());
        assert!(inner.finished() >= 1);
        assert_eq!(store.completed(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_at_any_await_a_failing_delivery_is_never_completed() {
    for pendings in 0..60 {
        let (store, inner) = (Faulty::new(), Inner::slow(millis(5)).answering([StatusCode::BAD_GATEWAY]));
        let service = slack().dedup(store.clone()).build().unwrap().layer(inner.clone());
        let answer = dropped_after(pendings, service.oneshot(in_pieces("Ev1").await)).await;
        assert_eq!(store.completed(), 0);
        if answer.is_some() {
            assert_eq!(store.log()[1], Verb::Release(Settled::Ok));
            return;
        }
    }
    panic!("it never ended");
}

#[tokio::test(start_paused = true)]
async fn detached_work_once_begun_is_done_and_settled_though_the_sender_is_gone() {
    let mut begun = 0;
    for pendings in 0.. {
        let (store, inner) = (Faulty::new(), Inner::slow(millis(5)));
        let builder = slack().dedup(store.clone()).detach(|work| drop(tokio::spawn(work)));
        let service = builder.build().unwrap().layer(inner.clone());

        let answer = dropped_after(pendings, service.clone().oneshot(in_pieces("Ev1").await)).await;
        settle_down().await;
        let started = inner.started();
        advance(millis(10)).await;
        settle_down().await;

        assert_eq!((inner.finished(), store.completed()), (started, started), "after {pendings}: {:?}", store.log());
        begun += started;
        if answer.is_some() {
            assert_eq!(begun, 2, "once it was dropped while the detached work ran, once it was answered");
            return;
        }
        if started == 1 {
            let again = service.oneshot(event("Ev1")).await.unwrap();
            assert!(again.extensions().get::<Duplicate>().is_some(), "the retry of a lost response is a duplicate");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_waiting_duplicate_that_is_dropped_changes_nothing() {
    for pendings in 0..20 {
        let (store, inner) = (Faulty::new(), Inner::slow(seconds(1)));
        let service = slack().dedup(store.clone()).build().unwrap().layer(inner.clone());
        let owner = tokio::spawn(service.clone().oneshot(event("Ev1")));
        settle_down().await;
        let _ = dropped_after(pendings, service.oneshot(event("Ev1"))).await;
        assert_eq!(owner.await.unwrap().unwrap().status(), StatusCode::OK);
        assert_eq!((inner.finished(), store.completed()), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn detached_work_renews_its_lease_at_a_third_of_its_life() {
    let (store, inner) = (Faulty::new(), Inner::slow(seconds(40)));
    let builder = slack().dedup(store.clone()).detach(|work| drop(tokio::spawn(work)));
    let service = builder.build().unwrap().layer(inner.clone());
    let start = Instant::now();

    let response = service.oneshot(event("Ev1")).await.unwrap();

    assert_eq!((response.status(), start.elapsed()), (StatusCode::OK, seconds(40)));
    let renewed = store.times(|verb| *verb == Verb::Renew(Settled::Ok));
    assert_eq!(renewed[..7], [5, 10, 15, 20, 25, 30, 35].map(seconds));
    assert_eq!(store.completed(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_hangs_does_not_hold_up_the_work() {
    let (store, inner) = (Faulty::new().renewals(Fault::Hangs), Inner::slow(millis(5500)));
    let builder = slack().dedup(store.clone()).detach(|work| drop(tokio::spawn(work)));
    let service = builder.build().unwrap().layer(inner);
    let start = Instant::now();

    let response = service.oneshot(event("Ev1")).await.unwrap();

    assert_eq!((response.status(), start.elapsed()), (StatusCode::OK, millis(5500)));
}

#[tokio::test(start_paused = true)]
async fn work_that_holds_what_the_renewal_needs_does_not_lose_its_lease() {
    // One connection for the handler and the store, as small pools have: the handler takes it at 4.9 s, works with it
    // for 400 ms, and the renewal at 5 s waits its turn.
    #[derive(Clone)]
    struct OneConnection(Faulty, Arc<tokio::sync::Mutex<()>>);
    impl imchat_verify::dedup::DedupStore for OneConnection {
        type Error = super::fixture::Down;
        async fn claim(
            &self,
            key: &imchat_verify::dedup::DedupKey,
            digest: Option<imchat_verify::Digest>,
            lease: std::time::Duration,
        ) -> Result<Claim, Self::Error> {
            self.0.claim(key, digest, lease).await
        }
        async fn renew(
            &self,
            lease: &imchat_verify::dedup::Lease,
            length: std::time::Duration,
        ) -> Result<Settled, Self::Error> {
            let _connection = self.1.lock().await;
            self.0.renew(lease, length).await
        }
        async fn complete(
            &self,
            lease: &imchat_verify::dedup::Lease,
            retain: std::time::Duration,
        ) -> Result<Settled, Self::Error> {
            self.0.complete(lease, retain).await
        }
        async fn release(&self, lease: &imchat_verify::dedup::Lease) -> Result<Settled, Self::Error> {
            self.0.release(lease).await
        }
    }
    let store = OneConnection(Faulty::new(), Arc::default());
    let connection = Arc::clone(&store.1);
    let builder = slack().dedup(store.clone()).detach(|work| drop(tokio::spawn(work)));
    let service = builder.build().unwrap().layer(service_fn(move |_: Request<Full<Bytes>>| {
        let connection = Arc::clone(&connection);
        async move {
            for _ in 0..6 {
                tokio::time::sleep(millis(4900)).await;
                let held = connection.lock().await;
                tokio::time::sleep(millis(400)).await;
                drop(held);
            }
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
        }
    }));

    let response = service.oneshot(event("Ev1")).await.unwrap();

    assert_eq!((response.status(), store.0.completed()), (StatusCode::OK, 1), "{:?}", store.0.log());
}

#[tokio::test(start_paused = true)]
async fn detached_work_whose_lease_was_lost_is_not_acknowledged() {
    let (store, inner) = (Faulty::new().renewals(Fault::Fails), Inner::slow(seconds(20)));
    let builder = slack().dedup(store.clone()).detach(|work| drop(tokio::spawn(work)));
    let service = builder.build().unwrap().layer(inner.clone());
    let first = tokio::spawn(service.clone().oneshot(event("Ev1")));
    settle_down().await;
    advance(seconds(16)).await;
    store.heal();
    let second = tokio::spawn(service.oneshot(event("Ev1")));

    let (first, second) = (first.await.unwrap().unwrap(), second.await.unwrap().unwrap());

    assert_eq!((first.status(), reason(&first)), (StatusCode::SERVICE_UNAVAILABLE, Some("lost")));
    assert_eq!(retry_after(&first), Some(1));
    assert_eq!((second.status(), inner.finished(), store.completed()), (StatusCode::OK, 2, 1));
    assert!(inner.fences()[0] < inner.fences()[1]);
}

#[tokio::test(start_paused = true)]
async fn a_stale_holder_never_acknowledges_though_the_delivery_is_done_by_another() {
    // The first holder pauses past its lease; the second one does the work and completes.
    let (store, slow) = (Faulty::new(), Inner::slow(seconds(30)));
    let layer = slack().dedup(store.clone()).build().unwrap();
    let stale = tokio::spawn(layer.layer(slow).oneshot(event("Ev1")));
    settle_down().await;
    advance(seconds(15)).await;

    let quick = layer.layer(Inner::new()).oneshot(event("Ev1")).await.unwrap();
    let stale = stale.await.unwrap().unwrap();

    assert_eq!(quick.status(), StatusCode::OK);
    assert_eq!((stale.status(), reason(&stale)), (StatusCode::SERVICE_UNAVAILABLE, Some("lost")));
    let settled: Vec<_> = store.log().into_iter().filter(|verb| matches!(verb, Verb::Complete(_))).collect();
    assert_eq!(settled, [Verb::Complete(Settled::Ok), Verb::Complete(Settled::Lost)]);
}

async fn panics_later(_: Request<Full<Bytes>>) -> Result<Response<Full<Bytes>>, Infallible> {
    yield_now().await;
    panic!("the inner service panics, as it is told")
}

fn panics_at_once(_: Request<Full<Bytes>>) -> std::future::Ready<Result<Response<Full<Bytes>>, Infallible>> {
    panic!("the inner service panics, as it is told")
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_500_and_the_delivery_is_given_back() {
    for detached in [false, true] {
        let store = Faulty::new();
        let builder = slack().dedup(store.clone());
        let builder = if detached { builder.detach(|work| drop(tokio::spawn(work))) } else { builder };
        let layer = builder.build().unwrap();

        let later = layer.layer(service_fn(panics_later)).oneshot(event("Ev1")).await.unwrap();
        let at_once = layer.layer(service_fn(panics_at_once)).oneshot(event("Ev1")).await.unwrap();

        for response in [later, at_once] {
            assert_eq!((response.status(), reason(&response)), (StatusCode::INTERNAL_SERVER_ERROR, Some("panicked")));
        }
        let inner = Inner::new();
        assert_eq!(layer.layer(inner.clone()).oneshot(event("Ev1")).await.unwrap().status(), StatusCode::OK);
        assert_eq!((inner.finished(), store.completed()), (1, 1));
        assert_eq!(store.log()[1], Verb::Release(Settled::Ok));
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_whose_release_fails_leaves_the_claim_to_its_lease() {
    let store = Faulty::new().releases(Fault::Fails);
    let layer = slack().dedup(store.clone()).build().unwrap();
    let response = layer.layer(service_fn(panics_later)).oneshot(event("Ev1")).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);

    let inner = Inner::new();
    let early = layer.layer(inner.clone()).oneshot(event("Ev1")).await.unwrap();
    assert_eq!((early.status(), reason(&early)), (StatusCode::SERVICE_UNAVAILABLE, Some("busy")));
    advance(seconds(15)).await;
    assert_eq!(layer.layer(inner).oneshot(event("Ev1")).await.unwrap().status(), StatusCode::OK);
    assert_eq!(store.completed(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_executor_that_drops_its_work_is_500_and_the_claim_ends_with_its_lease() {
    let (store, inner) = (Faulty::new(), Inner::new());
    let gone = slack().dedup(store.clone()).detach(drop).build().unwrap().layer(inner.clone());
    let response = gone.oneshot(event("Ev1")).await.unwrap();
    assert_eq!((response.status(), inner.started()), (StatusCode::INTERNAL_SERVER_ERROR, 0));

    advance(seconds(15)).await;
    let back = slack().dedup(store.clone()).build().unwrap().layer(inner.clone());
    assert_eq!(back.oneshot(event("Ev1")).await.unwrap().status(), StatusCode::OK);
    assert_eq!(store.completed(), 1);
}

#[tokio::test(start_paused = true)]
async fn at_shutdown_what_is_dropped_was_not_acknowledged_and_what_is_detached_is_settled() {
    let store = Faulty::new();
    let inner = Inner::slow(seconds(1));
    let works: Arc<Mutex<JoinSet<()>>> = Arc::default();
    let spawner = Arc::clone(&works);
    let detached = slack().dedup(store.clone()).detach(move |work| drop(spawner.lock().unwrap().spawn(work)));
    let detached = detached.build().unwrap().layer(inner.clone());
    let plain = slack().dedup(store.clone()).build().unwrap().layer(inner.clone());
    let mut connections = JoinSet::new();
    for n in 0..5 {
        connections.spawn(detached.clone().oneshot(event(&format!("detached{n}"))));
        connections.spawn(plain.clone().oneshot(event(&format!("plain{n}"))));
    }
    settle_down().await;

    connections.shutdown().await;
    assert_eq!((inner.started(), inner.finished(), store.completed()), (10, 0, 0), "nothing was acknowledged");
    let works = std::mem::take(&mut *works.lock().unwrap());
    works.join_all().await;

    assert_eq!((inner.finished(), store.completed()), (5, 5));
}

#[tokio::test(start_paused = true)]
async fn detached_work_goes_on_where_nothing_was_claimed_too() {
    let (store, inner) = (Faulty::new(), Inner::slow(seconds(1)));
    let spawn = |work| drop(tokio::spawn(work));
    let without = slack().detach(spawn).build().unwrap().layer(inner.clone());
    let unkeyed = slack().dedup(store.clone()).detach(spawn).build().unwrap().layer(inner.clone());

    for sent in [without.oneshot(event("Ev1")), unkeyed.oneshot(archived("slack/block_suggestion"))] {
        assert!(tokio::time::timeout(millis(500), sent).await.is_err(), "the sender hangs up");
    }
    advance(seconds(2)).await;
    settle_down().await;

    assert_eq!((inner.started(), inner.finished(), store.log()), (2, 2, vec![]));
}
