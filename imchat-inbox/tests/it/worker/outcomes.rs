//! What the service says, and what becomes of the job.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use imchat_inbox::worker::{Backoff, Outcome, Permanent, RetryAfter};
use imchat_inbox::{Job, Worker};
use tokio::time::Instant;
use tower::{ServiceBuilder, service_fn};

use super::{Fake, MOST_ATTEMPTS, Reports, SECOND, State, start, takes, until};
use crate::room::delivery;

/// An error of an application, over one that says more.
#[derive(Debug)]
struct Failed(Box<dyn Error + Send + Sync>);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the order was not placed")
    }
}

impl Error for Failed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_done_is_done_and_reported() {
    let (queue, reports) = (Fake::of([delivery("a")]), Reports::default());
    let service = service_fn(async |_: Job| takes(SECOND).await);
    let worker = start!(reports.keep(Worker::new(queue.clone(), service)));
    until(|| queue.state(0) == (State::Done, 1)).await;
    worker.stop().await;
    let report = &reports.all()[0];
    assert_eq!(report.outcome, Outcome::Done);
    assert_eq!((report.key, &*report.provider, report.attempt, report.last), (delivery("a").key, "test", 1, false));
    assert_eq!(report.took, SECOND);
}

#[tokio::test(start_paused = true)]
async fn an_error_is_tried_again_after_the_backoff_and_dead_after_the_last_attempt() {
    let (queue, reports) = (Fake::of([delivery("a")]), Reports::default());
    let service = service_fn(async |_: Job| Err::<(), _>(Failed("the shop is closed".into())));
    let backoff = Backoff::new(10 * SECOND, 60 * SECOND);
    let start = Instant::now();
    let worker = start!(reports.keep(Worker::new(queue.clone(), service).backoff(backoff)));
    let why = "the order was not placed: the shop is closed";
    until(|| queue.state(0) == (State::Dead(why.to_owned()), MOST_ATTEMPTS)).await;
    worker.stop().await;
    assert_eq!(queue.why(0), [why; 3]);
    let [Outcome::Retry { after: first, .. }, Outcome::Retry { after: second, .. }, Outcome::Dead { why: last }] =
        &reports.outcomes()[..]
    else {
        panic!("{:?}", reports.outcomes())
    };
    assert!(*first >= 5 * SECOND && *first <= 10 * SECOND, "{first:?}");
    assert!(*second >= 10 * SECOND && *second <= 20 * SECOND, "{second:?}");
    assert_eq!(last, why);
    assert!(start.elapsed() >= *first + *second);
}

#[tokio::test(start_paused = true)]
async fn a_permanent_error_deep_in_the_chain_is_a_dead_letter_at_once() {
    let queue = Fake::of([delivery("a")]);
    let service = service_fn(async |_: Job| Err::<(), _>(Failed(Failed(Permanent::new("no such shop").into()).into())));
    let worker = start!(Worker::new(queue.clone(), service));
    until(|| matches!(queue.state(0), (State::Dead(_), 1))).await;
    worker.stop().await;
    assert_eq!(queue.state(0).0, State::Dead("the order was not placed: no such shop".to_owned()));
    assert_eq!(queue.calls("bury").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_deep_in_the_chain_is_waited_for_exactly() {
    let (queue, reports) = (Fake::of([delivery("a")]), Reports::default());
    let service = service_fn(async |job: Job| match job.attempt {
        1 => Err(Failed(RetryAfter::new(37 * SECOND, "429").into())),
        _ => Ok(()),
    });
    let start = Instant::now();
    let worker = start!(reports.keep(Worker::new(queue.clone(), service).poll(3600 * SECOND)));
    until(|| queue.state(0) == (State::Done, 2)).await;
    let took = start.elapsed();
    worker.stop().await;
    assert!(took >= 37 * SECOND && took < 38 * SECOND, "{took:?}");
    let why = "the order was not placed: 429".to_owned();
    assert_eq!(reports.outcomes(), [Outcome::Retry { after: 37 * SECOND, why }, Outcome::Done]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_tried_again_and_stops_nobody_else() {
    let queue = Fake::of([delivery("a"), delivery("b")]);
    let service = service_fn(async |job: Job| {
        assert!(job.attempt > 1 || job.delivery.key == delivery("b").key, "out of {}", "order");
        Ok::<_, Permanent>(())
    });
    let worker = start!(Worker::new(queue.clone(), service));
    until(|| queue.state(0) == (State::Done, 2) && queue.state(1) == (State::Done, 1)).await;
    worker.stop().await;
    assert_eq!(queue.why(0), ["the handler panicked: out of order"]);
}

/// Not only its future: `call` itself may panic.
#[tokio::test(start_paused = true)]
async fn a_panic_in_the_call_is_tried_again() {
    let queue = Fake::of([delivery("a")]);
    let service = service_fn(|job: Job| {
        assert!(job.attempt > 1, "out of order");
        std::future::ready(Ok::<_, Permanent>(()))
    });
    let worker = start!(Worker::new(queue.clone(), service));
    until(|| queue.state(0) == (State::Done, 2)).await;
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_timeout_layer_ends_an_attempt_and_the_job_is_tried_again() {
    let queue = Fake::of([delivery("a")]);
    let service = ServiceBuilder::new().timeout(5 * SECOND).service_fn(async |job: Job| {
        if job.attempt == 1 {
            std::future::pending::<()>().await;
        }
        Ok::<_, Permanent>(())
    });
    let worker = start!(Worker::new(queue.clone(), service));
    until(|| queue.state(0) == (State::Done, 2)).await;
    worker.stop().await;
    assert_eq!(queue.why(0), ["request timed out"]);
}

#[tokio::test(start_paused = true)]
async fn a_permanent_error_passes_through_a_timeout_layer() {
    let queue = Fake::of([delivery("a")]);
    let service = ServiceBuilder::new()
        .timeout(Duration::from_secs(5))
        .service_fn(async |_: Job| Err::<(), _>(Failed(Permanent::new("no such shop").into())));
    let worker = start!(Worker::new(queue.clone(), service));
    until(|| matches!(queue.state(0), (State::Dead(_), 1))).await;
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_panics_loses_its_report_and_no_job() {
    let queue = Fake::of([delivery("a"), delivery("b")]);
    let service = service_fn(async |_: Job| Ok::<_, Permanent>(()));
    let worker = Worker::new(queue.clone(), service).concurrency(1).on_report(|_| panic!("out of order"));
    let worker = start!(worker);
    until(|| queue.state(0) == (State::Done, 1) && queue.state(1) == (State::Done, 1)).await;
    worker.stop().await;
}
