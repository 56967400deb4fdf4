//! What is taken, and when.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use imchat_inbox::worker::{Backoff, Permanent};
use imchat_inbox::{Job, Worker};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep};
use tower::{Service, ServiceBuilder, service_fn};

use super::{Fake, Fault, MOST_ATTEMPTS, SECOND, State, start, takes, until};
use crate::room::{delivery, in_lane};

fn numbered(count: usize) -> Fake {
    Fake::of((0..count).map(|number| delivery(&format!("{number}"))))
}

fn all_done(queue: &Fake, count: usize) -> bool {
    (0..count).all(|row| queue.state(row) == (State::Done, 1))
}

#[tokio::test(start_paused = true)]
async fn no_more_jobs_run_than_the_concurrency_says() {
    let queue = numbered(20);
    let (running, most) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let (now, high) = (Arc::clone(&running), Arc::clone(&most));
    let service = service_fn(move |_: Job| {
        let (now, high) = (Arc::clone(&now), Arc::clone(&high));
        async move {
            high.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            sleep(SECOND).await;
            now.fetch_sub(1, Ordering::SeqCst);
            Ok::<_, Permanent>(())
        }
    });
    let worker = start!(Worker::new(queue.clone(), service).concurrency(4));
    until(|| all_done(&queue, 20)).await;
    worker.stop().await;
    assert_eq!(most.load(Ordering::SeqCst), 4);
}

#[tokio::test(start_paused = true)]
async fn slots_that_are_free_together_are_filled_by_one_take() {
    let queue = numbered(32);
    let service = service_fn(async |_: Job| takes(SECOND).await);
    let worker = start!(Worker::new(queue.clone(), service).concurrency(8));
    until(|| all_done(&queue, 32)).await;
    worker.stop().await;
    // Four for the jobs, and one that finds that there is nothing more, whatever notices are left over.
    assert_eq!(queue.calls("take")[..4], ["take 8"; 4]);
    assert!(queue.calls("take").len() <= 6, "{:?}", queue.calls("take"));
}

#[tokio::test(start_paused = true)]
async fn slots_that_become_free_during_a_take_are_filled_by_the_next_one() {
    let queue = numbered(100);
    for _ in 0..100 {
        queue.fault("take", Fault::Slow(SECOND));
    }
    // One ends each tenth of a second: ten while a take is under way.
    let service = service_fn(async |job: Job| {
        let number: u32 = std::str::from_utf8(job.delivery.key.as_bytes()).unwrap().parse().unwrap();
        takes(SECOND / 10 * (number % 16)).await
    });
    let worker = start!(Worker::new(queue.clone(), service).concurrency(16));
    until(|| all_done(&queue, 100)).await;
    worker.stop().await;
    assert!(queue.calls("take").len() < 20, "{:?}", queue.calls("take"));
}

#[tokio::test(start_paused = true)]
async fn a_slot_is_free_before_its_job_is_settled() {
    let queue = numbered(2);
    queue.fault("done", Fault::Slow(5 * SECOND));
    let service = service_fn(async |_: Job| Ok::<_, Permanent>(()));
    let worker = start!(Worker::new(queue.clone(), service).concurrency(1));
    until(|| queue.state(1).0 == State::Done).await;
    assert_eq!(queue.state(0).0, State::Leased);
    worker.stop().await;
    assert!(all_done(&queue, 2));
}

#[tokio::test(start_paused = true)]
async fn a_job_of_which_no_notice_comes_is_found_at_the_poll() {
    let queue = Fake::deaf();
    let service = service_fn(async |_: Job| Ok::<_, Permanent>(()));
    let worker = start!(Worker::new(queue.clone(), service).poll(7 * SECOND));
    until(|| !queue.calls("take").is_empty()).await;
    let start = Instant::now();
    queue.add(delivery("a"));
    until(|| all_done(&queue, 1)).await;
    assert!(start.elapsed() <= 7 * SECOND + SECOND / 50, "{:?}", start.elapsed());
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_without_work_does_not_ask_for_it_but_at_the_poll() {
    let queue = Fake::deaf();
    let service = service_fn(async |_: Job| Ok::<_, Permanent>(()));
    let worker = start!(Worker::new(queue.clone(), service).poll(10 * SECOND));
    sleep(101 * SECOND).await;
    worker.stop().await;
    assert_eq!(queue.calls("take").len(), 11);
}

#[tokio::test(start_paused = true)]
async fn a_lane_is_worked_on_in_order_however_many_hands_there_are() {
    let queue = Fake::default();
    for number in 0..40 {
        queue.add(in_lane(&format!("{number}"), ["a", "b", "c"][number % 3]));
    }
    let seen = Arc::new(Mutex::new(HashMap::<String, Vec<u64>>::new()));
    let keep = Arc::clone(&seen);
    let service = service_fn(move |job: Job| {
        let keep = Arc::clone(&keep);
        async move {
            sleep(SECOND / 100 * u32::try_from(job.lease.id() * 7 % 5).unwrap()).await;
            let number = std::str::from_utf8(job.delivery.key.as_bytes()).unwrap().parse().unwrap();
            keep.lock().unwrap().entry(job.delivery.lane.unwrap()).or_default().push(number);
            Ok::<_, Permanent>(())
        }
    });
    let worker = start!(Worker::new(queue.clone(), service).concurrency(8));
    until(|| all_done(&queue, 40)).await;
    worker.stop().await;
    for numbers in seen.lock().unwrap().values() {
        assert!(numbers.is_sorted(), "{numbers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_poisonous_head_holds_its_lane_no_longer_than_its_attempts() {
    let queue = Fake::of([in_lane("poison", "a"), in_lane("after", "a")]);
    let service = service_fn(async |job: Job| match job.lease.id() {
        0 => panic!("poison"),
        _ => Ok::<_, Permanent>(()),
    });
    let backoff = Backoff::new(SECOND, SECOND);
    let worker = start!(Worker::new(queue.clone(), service).backoff(backoff));
    until(|| queue.state(1) == (State::Done, 1)).await;
    worker.stop().await;
    let why = "the handler panicked: poison".to_owned();
    assert_eq!(queue.state(0), (State::Dead(why), MOST_ATTEMPTS));
}

/// A service that says itself when it is ready.
#[derive(Clone)]
struct Gate(watch::Receiver<Result<bool, &'static str>>);

impl Service<Job> for Gate {
    type Response = ();
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = std::future::Ready<Result<(), Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        match *self.0.borrow() {
            Ok(true) => Poll::Ready(Ok(())),
            Ok(false) => {
                let (mut gate, waker) = (self.0.clone(), context.waker().clone());
                tokio::spawn(async move {
                    let _told = gate.changed().await;
                    waker.wake();
                });
                Poll::Pending
            }
            Err("panic") => panic!("out of order"),
            Err(why) => Poll::Ready(Err(why.into())),
        }
    }

    fn call(&mut self, _: Job) -> Self::Future {
        std::future::ready(Ok(()))
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_taken_for_a_service_that_is_not_ready() {
    let (open, gate) = watch::channel(Ok(false));
    let queue = numbered(3);
    let worker = start!(Worker::new(queue.clone(), Gate(gate)));
    sleep(600 * SECOND).await;
    assert!(queue.calls("take").is_empty());
    let _was = open.send_replace(Ok(true));
    until(|| all_done(&queue, 3)).await;
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_service_that_fails_before_it_is_called_costs_no_attempt() {
    for why in ["the pool is closed", "panic"] {
        let (open, gate) = watch::channel(Err(why));
        let queue = numbered(1);
        let worker = start!(Worker::new(queue.clone(), Gate(gate)));
        sleep(60 * SECOND).await;
        assert!(queue.calls("take").is_empty());
        let _was = open.send_replace(Ok(true));
        until(|| all_done(&queue, 1)).await;
        worker.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_stops_while_its_service_is_not_ready() {
    let (_closed, gate) = watch::channel(Ok(false));
    let queue = numbered(1);
    let worker = start!(Worker::new(queue.clone(), Gate(gate)));
    sleep(SECOND).await;
    worker.stop().await;
    assert_eq!(queue.state(0), (State::Waiting, 0));
}

#[tokio::test(start_paused = true)]
async fn no_job_waits_under_a_lease_for_a_limit_of_the_service() {
    let queue = numbered(9);
    let limit = Arc::new(Semaphore::new(2));
    let service = ServiceBuilder::new()
        .layer(tower::limit::GlobalConcurrencyLimitLayer::with_semaphore(Arc::clone(&limit)))
        .service_fn(async |_: Job| takes(SECOND).await);
    let worker = start!(Worker::new(queue.clone(), service).concurrency(8));
    until(|| queue.state(0).0 == State::Leased).await;
    assert_eq!((queue.state(1).0, queue.state(2).0), (State::Leased, State::Waiting));
    until(|| all_done(&queue, 9)).await;
    // While it is idle, it keeps nothing of the limit from others.
    until(|| limit.available_permits() == 2).await;
    worker.stop().await;
}
