//! Stopping.

use std::future::pending;
use std::sync::Arc;

use imchat_inbox::worker::{Outcome, Permanent};
use imchat_inbox::{Job, Worker};
use tokio::sync::Notify;
use tokio::time::Instant;
use tower::service_fn;

use super::{Fake, Fault, Plain, Reports, SECOND, State, Told, start, takes, until};
use crate::room::delivery;

#[tokio::test(start_paused = true)]
async fn what_ends_within_the_drain_time_is_settled_and_nothing_more_is_taken() {
    let queue = Fake::of([delivery("a"), delivery("b")]);
    let service = service_fn(async |_: Job| takes(10 * SECOND).await);
    let worker = start!(Worker::new(queue.clone(), service).concurrency(1).drain(20 * SECOND));
    until(|| queue.state(0).0 == State::Leased).await;
    let start = Instant::now();
    worker.stop().await;
    assert!(start.elapsed() <= 10 * SECOND, "it does not wait longer than it must");
    assert_eq!((queue.state(0), queue.state(1)), ((State::Done, 1), (State::Waiting, 0)));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_is_stopped_and_given_back_uncounted() {
    let (queue, reports) = (Fake::of([delivery("a")]), Reports::default());
    let service = service_fn(async |_: Job| pending::<Told>().await);
    let worker = start!(reports.keep(Worker::new(queue.clone(), service).drain(20 * SECOND)));
    until(|| queue.state(0).0 == State::Leased).await;
    let start = Instant::now();
    worker.stop().await;
    assert!(start.elapsed() >= 20 * SECOND && start.elapsed() < 21 * SECOND, "{:?}", start.elapsed());
    assert_eq!(reports.outcomes(), [Outcome::GivenBack]);
    assert_eq!(queue.state(0), (State::Waiting, 0));
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_cannot_give_back_ends_the_lease() {
    let queue = Fake::of([delivery("a")]);
    let service = service_fn(async |_: Job| pending::<Told>().await);
    let worker = start!(Worker::new(Plain(queue.clone()), service).drain(SECOND).lease(600 * SECOND));
    until(|| queue.state(0).0 == State::Leased).await;
    worker.stop().await;
    // Another worker has it at once, and the attempt counts.
    let done = service_fn(async |_: Job| Ok::<_, Permanent>(()));
    let (other, start) = (start!(Worker::new(queue.clone(), done)), Instant::now());
    until(|| queue.state(0) == (State::Done, 2)).await;
    assert!(start.elapsed() < SECOND);
    other.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_take_that_is_under_way_is_awaited_and_its_jobs_are_given_back() {
    let (queue, reports) = (Fake::of([delivery("a"), delivery("b")]), Reports::default());
    queue.fault("take", Fault::Slow(5 * SECOND));
    let service = service_fn(async |_: Job| Ok::<_, Permanent>(()));
    let worker = start!(reports.keep(Worker::new(queue.clone(), service)));
    until(|| queue.calls("take").len() == 1).await;
    worker.stop().await;
    assert_eq!(queue.calls("give_back"), ["give_back 0", "give_back 1"]);
    assert_eq!((queue.state(0), queue.state(1)), ((State::Waiting, 0), (State::Waiting, 0)));
    assert!(reports.all().is_empty(), "nobody has begun them");
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_hangs_does_not_keep_the_worker_from_stopping() {
    let queue = Fake::of([delivery("a")]);
    let service = service_fn(async |_: Job| pending::<Told>().await);
    let worker = start!(Worker::new(queue.clone(), service).drain(20 * SECOND).lease(600 * SECOND));
    until(|| queue.state(0).0 == State::Leased).await;
    for _ in 0..9 {
        queue.fault("give_back", Fault::Hang);
        queue.fault("take", Fault::Hang);
        queue.fault("heartbeat", Fault::Hang);
    }
    queue.add(delivery("b"));
    until(|| queue.calls("take").len() >= 2).await;
    let start = Instant::now();
    worker.stop().await;
    assert!(start.elapsed() <= 23 * SECOND, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_idle_stops_at_once() {
    let queue = Fake::deaf();
    let service = service_fn(async |_: Job| Ok::<_, Permanent>(()));
    let worker = start!(Worker::new(queue.clone(), service));
    until(|| !queue.calls("take").is_empty()).await;
    let start = Instant::now();
    worker.stop().await;
    assert_eq!(start.elapsed(), std::time::Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_dropped_stops_its_handlers() {
    let (queue, dropped) = (Fake::of([delivery("a")]), Arc::new(Notify::new()));
    struct Tell(Arc<Notify>);
    impl Drop for Tell {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    let tell = Arc::clone(&dropped);
    let service = service_fn(move |_: Job| {
        let tell = Tell(Arc::clone(&tell));
        async move {
            let _tell = tell;
            pending::<Told>().await
        }
    });
    let worker = tokio::spawn(Worker::new(queue.clone(), service).run());
    until(|| queue.state(0).0 == State::Leased).await;
    worker.abort();
    dropped.notified().await;
}
