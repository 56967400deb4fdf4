//! Leases while the service runs.

use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use imchat_inbox::worker::{Outcome, Permanent};
use imchat_inbox::{Job, Worker};
use tokio::time::{Instant, timeout};
use tower::service_fn;

use super::{Fake, Fault, Reports, SECOND, State, start, takes, until};
use crate::room::delivery;

/// Tells when it is dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_takes_ten_leases_is_worked_on_once() {
    let queue = Fake::of([delivery("a")]);
    let service = service_fn(async |_: Job| takes(300 * SECOND).await);
    let worker = start!(Worker::new(queue.clone(), service).lease(30 * SECOND));
    until(|| queue.state(0) == (State::Done, 1)).await;
    worker.stop().await;
    // At each third of a lease, but for the moment of the end.
    let beats = queue.calls("heartbeat").len();
    assert!((29..=30).contains(&beats), "{beats}");
}

#[tokio::test(start_paused = true)]
async fn a_lease_counts_from_before_the_take() {
    let queue = Fake::of([delivery("a")]);
    queue.fault("take", Fault::Slow(8 * SECOND));
    let service = service_fn(async |_: Job| takes(3 * SECOND).await);
    let worker = start!(Worker::new(queue.clone(), service).lease(30 * SECOND));
    until(|| queue.state(0) == (State::Done, 1)).await;
    worker.stop().await;
    assert_eq!(queue.calls("heartbeat"), ["heartbeat 0"], "10 seconds after it was asked for");
}

#[tokio::test(start_paused = true)]
async fn a_lost_lease_stops_the_handler_and_writes_nothing() {
    let (queue, reports, dropped) = (Fake::of([delivery("a")]), Reports::default(), Arc::<AtomicBool>::default());
    let stopped = Arc::clone(&dropped);
    let service = service_fn(move |_: Job| {
        let guard = Dropped(Arc::clone(&stopped));
        async move {
            pending::<()>().await;
            drop(guard);
            Ok::<_, Permanent>(())
        }
    });
    let worker = start!(reports.keep(Worker::new(queue.clone(), service).lease(30 * SECOND)));
    until(|| queue.state(0).0 == State::Leased).await;
    queue.steal(0);
    until(|| dropped.load(Ordering::SeqCst)).await;
    until(|| !reports.all().is_empty()).await;
    worker.stop().await;
    assert_eq!(reports.outcomes(), [Outcome::Lost]);
    assert_eq!(queue.state(0), (State::Leased, 1), "it is the other one's");
    for verb in ["done", "retry", "bury", "give_back"] {
        assert!(queue.calls(verb).is_empty(), "{verb}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_was_lost_at_the_end_is_reported_and_writes_nothing() {
    let (queue, reports) = (Fake::of([delivery("a")]), Reports::default());
    let service = service_fn(async |_: Job| takes(SECOND).await);
    let worker = start!(reports.keep(Worker::new(queue.clone(), service)));
    until(|| queue.state(0).0 == State::Leased).await;
    queue.steal(0);
    until(|| !reports.all().is_empty()).await;
    worker.stop().await;
    assert_eq!((reports.outcomes(), queue.state(0).0), (vec![Outcome::Lost], State::Leased));
}

/// It is the queue that knows: this machine's clock may be wrong about when a lease ends.
#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_is_tried_again_and_stops_nobody() {
    let queue = Fake::of([delivery("a")]);
    for _ in 0..3 {
        queue.fault("heartbeat", Fault::Error);
    }
    queue.fault("heartbeat", Fault::Hang);
    let service = service_fn(async |_: Job| takes(100 * SECOND).await);
    let start = Instant::now();
    let worker = start!(Worker::new(queue.clone(), service).lease(30 * SECOND));
    until(|| queue.state(0) == (State::Done, 1)).await;
    assert!(start.elapsed() < 101 * SECOND);
    worker.stop().await;
}

/// It cannot be stopped, so what it takes up is not free: in real time, since it holds a thread.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_handler_that_goes_on_after_its_lease_was_lost_keeps_its_slot() {
    let (queue, reports) = (Fake::of([delivery("a"), delivery("b")]), Reports::default());
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (wait, running, most) =
        (Arc::new(Mutex::new(wait)), Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let seen = Arc::clone(&most);
    let service = service_fn(move |job: Job| {
        let (wait, running, most) = (Arc::clone(&wait), Arc::clone(&running), Arc::clone(&most));
        async move {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            if job.lease.id() == 0 {
                let _told = wait.lock().unwrap().recv();
            }
            running.fetch_sub(1, Ordering::SeqCst);
            Ok::<_, Permanent>(())
        }
    });
    let worker = Worker::new(queue.clone(), service).concurrency(1).lease(SECOND / 10);
    let worker = start!(reports.keep(worker));
    until(|| queue.state(0).0 == State::Leased).await;
    queue.steal(0);
    // Longer than a handler that is stopped may take to come to an await.
    let second = timeout(2 * SECOND, until(|| seen.load(Ordering::SeqCst) > 1)).await;
    drop(go);
    assert!(second.is_err(), "a second one ran beside the first");
    until(|| queue.state(1).0 == State::Done).await;
    worker.stop().await;
    assert_eq!(seen.load(Ordering::SeqCst), 1);
    // The slot is free before the report is made, so that of the second may come first.
    assert!(reports.names().contains(&"lost"), "{:?}", reports.names());
}

/// Many times, since it depends on which thread the handler gets.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_handler_that_holds_its_thread_keeps_no_others_from_being_taken() {
    for _ in 0..50 {
        let queue = Fake::of([delivery("a"), delivery("b"), delivery("c")]);
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let wait = Arc::new(Mutex::new(wait));
        let service = service_fn(move |job: Job| {
            let wait = Arc::clone(&wait);
            async move {
                if job.lease.id() == 0 {
                    let _told = wait.lock().unwrap().recv();
                }
                Ok::<_, Permanent>(())
            }
        });
        let worker = start!(Worker::new(queue.clone(), service).concurrency(2));
        let done = timeout(5 * SECOND, until(|| (1..3).all(|row| queue.state(row) == (State::Done, 1)))).await;
        drop(go);
        assert!(done.is_ok(), "the others waited for the first");
        worker.stop().await;
    }
}
