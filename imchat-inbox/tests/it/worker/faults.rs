//! A queue that fails, hangs, or gives too much.

use imchat_inbox::worker::{Outcome, Permanent};
use imchat_inbox::{Job, Worker};
use tokio::time::Instant;
use tower::service_fn;

use super::{Fake, Fault, Reports, SECOND, State, start, until};
use crate::room::delivery;

macro_rules! ok {
    () => {
        service_fn(async |_: Job| Ok::<_, Permanent>(()))
    };
}

#[tokio::test(start_paused = true)]
async fn a_take_that_fails_is_tried_again_ever_more_rarely_until_it_works() {
    let queue = Fake::of([delivery("a")]);
    for _ in 0..8 {
        queue.fault("take", Fault::Error);
    }
    let start = Instant::now();
    let worker = start!(Worker::new(queue.clone(), ok!()));
    until(|| queue.state(0) == (State::Done, 1)).await;
    let took = start.elapsed();
    worker.stop().await;
    // 100 ms, doubled up to 5 s, and at least half of each.
    assert!(took > 8 * SECOND && took < 20 * SECOND, "{took:?}");
    assert_eq!(queue.calls("take")[..9], ["take 8"; 9]);
}

#[tokio::test(start_paused = true)]
async fn a_take_that_hangs_is_given_up_when_its_leases_would_be_over() {
    let queue = Fake::of([delivery("a")]);
    queue.fault("take", Fault::Hang);
    let start = Instant::now();
    let worker = start!(Worker::new(queue.clone(), ok!()).lease(30 * SECOND));
    until(|| queue.state(0) == (State::Done, 1)).await;
    assert!(start.elapsed() < 31 * SECOND);
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_settlement_that_fails_is_tried_again_within_the_lease() {
    let (queue, reports) = (Fake::of([delivery("a")]), Reports::default());
    queue.fault("done", Fault::Error);
    queue.fault("done", Fault::Hang);
    let worker = start!(reports.keep(Worker::new(queue.clone(), ok!()).lease(30 * SECOND)));
    until(|| queue.state(0) == (State::Done, 1)).await;
    worker.stop().await;
    assert_eq!(reports.outcomes(), [Outcome::Done]);
}

#[tokio::test(start_paused = true)]
async fn a_settlement_whose_answer_was_lost_is_not_reported_as_a_lost_lease() {
    let (queue, reports) = (Fake::of([delivery("a")]), Reports::default());
    queue.fault("done", Fault::Unheard);
    let worker = start!(reports.keep(Worker::new(queue.clone(), ok!()).lease(30 * SECOND)));
    until(|| !reports.all().is_empty()).await;
    worker.stop().await;
    assert_eq!((queue.state(0), queue.calls("done").len()), ((State::Done, 1), 2));
    assert_eq!(reports.outcomes(), [Outcome::InDoubt]);
}

#[tokio::test(start_paused = true)]
async fn a_settlement_that_hangs_leaves_the_job_to_the_end_of_its_lease() {
    let (queue, reports) = (Fake::of([delivery("a")]), Reports::default());
    for _ in 0..3 {
        queue.fault("done", Fault::Hang);
    }
    let start = Instant::now();
    let worker = start!(reports.keep(Worker::new(queue.clone(), ok!()).lease(30 * SECOND)));
    until(|| queue.state(0) == (State::Done, 2)).await;
    assert!(start.elapsed() < 65 * SECOND, "{:?}", start.elapsed());
    worker.stop().await;
    assert_eq!(reports.names(), ["unsettled", "done"]);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_takes_no_settlements_is_not_asked_for_ever_more_jobs() {
    let queue = Fake::of((0..20).map(|number| delivery(&format!("{number}"))));
    for _ in 0..1000 {
        queue.fault("done", Fault::Hang);
    }
    let worker = start!(Worker::new(queue.clone(), ok!()).concurrency(3).lease(300 * SECOND).drain(SECOND));
    until(|| queue.calls("done").len() >= 6).await;
    tokio::time::sleep(30 * SECOND).await;
    let taken = (0..20).filter(|row| queue.state(*row).0 != State::Waiting).count();
    assert_eq!(taken, 6, "as many again as may run");
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_queue_gives_beyond_what_was_asked_for_is_given_back() {
    let queue = Fake::generous();
    for number in 0..5 {
        queue.add(delivery(&format!("{number}")));
    }
    let worker = start!(Worker::new(queue.clone(), ok!()).concurrency(2));
    until(|| (0..5).all(|row| queue.state(row) == (State::Done, 1))).await;
    worker.stop().await;
    assert!(!queue.calls("give_back").is_empty());
}
