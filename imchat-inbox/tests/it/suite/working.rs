//! The worker on databases.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use imchat_inbox::worker::{Backoff, Outcome, Permanent};
use imchat_inbox::{DeadLetters, Job, Queue, Upkeep, Worker};
use imchat_verify::dedup::Settled;
use imchat_verify::inbox::Inbox;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tower::service_fn;

use crate::room::{LEASE, Room, SECOND, START, Tune, delivery, ids, in_lane};
use crate::worker::{Told, start};

/// At once: the rooms' clock stands still.
const AT_ONCE: Backoff = Backoff::new(Duration::ZERO, Duration::ZERO);

fn told<Q, S>(worker: Worker<Q, S>) -> (Worker<Q, S>, UnboundedReceiver<Outcome>) {
    let (tell, told) = unbounded_channel();
    (worker.on_report(move |report| drop(tell.send(report.outcome.clone()))), told)
}

/// The next outcome; a worker that hangs fails the test.
async fn next(told: &mut UnboundedReceiver<Outcome>) -> Outcome {
    tokio::time::timeout(Duration::from_secs(60), told.recv()).await.expect("no attempt ended").unwrap()
}

pub async fn a_worker_settles_as_its_service_says(room: &impl Room) {
    let inbox = room.open(Tune { attempts: Some(2), ..Tune::default() }).await;
    for id in ["done", "panic", "permanent"] {
        inbox.accept(delivery(id)).await.unwrap();
    }
    let service = service_fn(async |job: Job| match job.delivery.key.as_bytes() {
        b"done" => Ok(()),
        b"panic" => panic!("out of order"),
        _ => Err(Permanent::new("no such shop")),
    });
    let (worker, mut outcomes) = told(Worker::new(inbox.clone(), service).backoff(AT_ONCE));
    let worker = start!(worker);
    let mut names = Vec::new();
    for _ in 0..4 {
        names.push(next(&mut outcomes).await.name());
    }
    worker.stop().await;
    names.sort_unstable();
    assert_eq!(names, ["dead", "dead", "done", "retry"]);
    let letters = inbox.dead_letters(0, 9).await.unwrap();
    let mut letters: Vec<_> = letters.iter().map(|letter| (letter.attempts, letter.why.as_deref().unwrap())).collect();
    letters.sort_unstable();
    assert_eq!(letters, [(1, "no such shop"), (2, "the handler panicked: out of order")]);
    assert_eq!(inbox.counts().await.unwrap().depth(), 0);
}

pub async fn a_worker_hears_of_jobs_that_come(room: &impl Room) {
    let inbox = room.inbox().await;
    let service = service_fn(async |_: Job| Ok::<_, Permanent>(()));
    let (worker, mut outcomes) = told(Worker::new(inbox.clone(), service).poll(Duration::from_secs(3600)));
    let worker = start!(worker);
    for id in ["a", "b", "c"] {
        inbox.accept(delivery(id)).await.unwrap();
        assert_eq!(next(&mut outcomes).await, Outcome::Done);
    }
    worker.stop().await;
}

pub async fn a_worker_renews_the_lease_of_a_job_that_takes_longer(room: &impl Room) {
    const LENGTH: u64 = 400_000;
    let inbox = room.inbox().await;
    inbox.accept(delivery("a")).await.unwrap();
    let (tell, mut begun) = unbounded_channel();
    let release = Arc::new(Notify::new());
    let wait = Arc::clone(&release);
    let service = service_fn(move |_: Job| {
        let _told = tell.send(());
        let wait = Arc::clone(&wait);
        async move {
            {
                wait.notified().await;
                Ok::<_, Permanent>(())
            }
        }
    });
    let (worker, mut outcomes) = told(Worker::new(inbox.clone(), service).lease(Duration::from_micros(LENGTH)));
    let worker = start!(worker);
    begun.recv().await.unwrap();
    // Each time three quarters of a lease have passed, a renewal makes it last from then on.
    for quarters in [3, 6, 9, 12] {
        let now = START + quarters * LENGTH / 4;
        room.set_micros(now).await;
        let renewed = i64::try_from(now + LENGTH).unwrap();
        while room.number("SELECT max(due_at) FROM inbox_deliveries").await != renewed {
            tokio::task::yield_now().await;
        }
    }
    release.notify_one();
    assert_eq!(next(&mut outcomes).await, Outcome::Done);
    worker.stop().await;
}

pub async fn a_worker_that_lost_a_lease_writes_nothing(room: &impl Room) {
    let inbox = room.inbox().await;
    inbox.accept(delivery("a")).await.unwrap();
    let (tell, mut begun) = unbounded_channel();
    let service = service_fn(move |job: Job| {
        let _told = tell.send(job.fence());
        pending::<Told>()
    });
    let lease = Duration::from_millis(300);
    let (worker, mut outcomes) = told(Worker::new(inbox.clone(), service).lease(lease).concurrency(1));
    let worker = start!(worker);
    let fence = begun.recv().await.unwrap();
    // Renewed or not, it is over by then, and another worker was quicker.
    room.set_micros(START + 60 * SECOND).await;
    let other = loop {
        if let Some(job) = inbox.take(1, Duration::from_secs(3600)).await.unwrap().pop() {
            break job;
        }
        room.set_micros(START + 120 * SECOND).await;
    };
    assert!(other.fence() > fence);
    assert_eq!(next(&mut outcomes).await, Outcome::Lost);
    assert_eq!(inbox.done(&other.lease).await.unwrap(), Settled::Ok);
    worker.stop().await;
}

pub async fn a_worker_that_stops_gives_its_jobs_to_others(room: &impl Room) {
    let inbox = room.inbox().await;
    let other = room.inbox().await;
    inbox.accept(in_lane("a1", "a")).await.unwrap();
    inbox.accept(in_lane("a2", "a")).await.unwrap();
    let (tell, mut begun) = unbounded_channel();
    let service = service_fn(move |_: Job| {
        let _told = tell.send(());
        pending::<Told>()
    });
    let worker = start!(Worker::new(inbox.clone(), service).drain(Duration::ZERO));
    begun.recv().await.unwrap();
    worker.stop().await;
    let jobs = other.take(9, LEASE).await.unwrap();
    assert_eq!((ids(&jobs), jobs[0].attempt), (vec!["a1".to_owned()], 1), "the attempt was not counted");
}

pub async fn a_worker_that_stops_wakes_others(room: &impl Room) {
    let inbox = room.inbox().await;
    inbox.accept(delivery("a")).await.unwrap();
    let (tell, mut begun) = unbounded_channel();
    let service = service_fn(move |_: Job| {
        let _told = tell.send(());
        pending::<Told>()
    });
    let first = start!(Worker::new(inbox.clone(), service).drain(Duration::ZERO));
    begun.recv().await.unwrap();
    let done = service_fn(async |_: Job| Ok::<_, Permanent>(()));
    let (second, mut outcomes) = told(Worker::new(inbox.clone(), done).poll(Duration::from_secs(3600)));
    let second = start!(second);
    first.stop().await;
    assert_eq!(next(&mut outcomes).await, Outcome::Done);
    second.stop().await;
}

pub async fn a_worker_keeps_lanes_in_order_and_passes_poison(room: &impl Room) {
    let inbox = room.open(Tune { attempts: Some(3), ..Tune::default() }).await;
    for number in 0..30 {
        inbox.accept(in_lane(&format!("{number:02}"), ["a", "b", "c"][number % 3])).await.unwrap();
    }
    let seen = Arc::new(Mutex::new([Vec::new(), Vec::new(), Vec::new()]));
    let keep = Arc::clone(&seen);
    let service = service_fn(move |job: Job| {
        let keep = Arc::clone(&keep);
        async move {
            let number: usize = std::str::from_utf8(job.delivery.key.as_bytes()).unwrap().parse().unwrap();
            keep.lock().unwrap()[number % 3].push(number);
            if number == 4 { Err("poison") } else { Ok(()) }
        }
    });
    let (worker, mut outcomes) = told(Worker::new(inbox.clone(), service).concurrency(8).backoff(AT_ONCE));
    let worker = start!(worker);
    for _ in 0..32 {
        next(&mut outcomes).await;
    }
    worker.stop().await;
    let counts = inbox.counts().await.unwrap();
    assert_eq!((counts.depth(), counts.dead), (0, 1));
    let [a, b, c] = &*seen.lock().unwrap();
    assert_eq!(*a, (0..10).map(|turn| turn * 3).collect::<Vec<_>>());
    assert_eq!(*b, [1, 4, 4, 4, 7, 10, 13, 16, 19, 22, 25, 28]);
    assert_eq!(*c, (0..10).map(|turn| turn * 3 + 2).collect::<Vec<_>>());
}

pub async fn two_workers_share_the_work(room: &impl Room) {
    let (here, there) = (room.inbox().await, room.inbox().await);
    for number in 0..200 {
        here.accept(delivery(&format!("{number}"))).await.unwrap();
    }
    let service = || service_fn(async |_: Job| Ok::<_, Permanent>(()));
    let (tell, mut ended) = unbounded_channel();
    let also = tell.clone();
    let one = Worker::new(here.clone(), service()).on_report(move |report| drop(tell.send(report.outcome.clone())));
    let two = Worker::new(there, service()).on_report(move |report| drop(also.send(report.outcome.clone())));
    let (one, two) = (start!(one), start!(two));
    for _ in 0..200 {
        assert_eq!(next(&mut ended).await, Outcome::Done);
    }
    one.stop().await;
    two.stop().await;
    assert!(ended.try_recv().is_err(), "none ran twice");
    assert_eq!(here.counts().await.unwrap().depth(), 0);
}
