//! Forgetting, counting, and clocks that are put back.

use std::time::Duration;

use imchat_inbox::{DeadLetters, NewJob, Queue, Upkeep};
use imchat_verify::dedup::Settled;
use imchat_verify::inbox::{Accepted, Inbox};
use imchat_verify::scheme::Attempts;

use crate::room::{LEASE, Room, SECOND, START, Tune, at, delivery, ids, in_lane, with_body};

const HOUR: u64 = 3600 * SECOND;

fn an_hour() -> Tune {
    Tune { retention: Some(Duration::from_secs(3600)), ..Tune::default() }
}

pub async fn tombstones_go_after_their_retention_in_small_steps(room: &impl Room) {
    let inbox = room.open(an_hour()).await;
    for number in 0..5 {
        inbox.accept(delivery(&format!("{number}"))).await.unwrap();
    }
    for job in inbox.take(5, LEASE).await.unwrap() {
        assert_eq!(inbox.done(&job.lease).await.unwrap(), Settled::Ok);
    }
    inbox.accept(delivery("dead")).await.unwrap();
    let dead = inbox.take(1, LEASE).await.unwrap().remove(0);
    assert_eq!(inbox.bury(&dead.lease, "bad").await.unwrap(), Settled::Ok);
    inbox.accept(delivery("new")).await.unwrap();
    room.set_micros(START + HOUR - 1).await;
    assert_eq!(inbox.purge(9).await.unwrap(), 0);
    room.set_micros(START + HOUR).await;
    assert_eq!(inbox.purge(2).await.unwrap(), 2);
    assert_eq!(inbox.purge(2).await.unwrap(), 2);
    assert_eq!(inbox.purge(2).await.unwrap(), 1);
    assert_eq!(inbox.purge(2).await.unwrap(), 0);
    // What is not done is not forgotten, however old.
    assert_eq!(room.number("SELECT count(*) FROM inbox_deliveries").await, 2);
    assert_eq!(inbox.accept(delivery("0")).await.unwrap(), Accepted::New);
}

pub async fn quarantined_bodies_go_after_the_retention_too(room: &impl Room) {
    let inbox = room.open(an_hour()).await;
    for body in [&b"one"[..], b"two", b"three"] {
        let mut delivery = with_body("a", body);
        delivery.attempts = Attempts::SameBytes;
        inbox.accept(delivery).await.unwrap();
    }
    room.set_micros(START + HOUR).await;
    inbox.purge(1).await.unwrap();
    assert_eq!(inbox.quarantined(0, 9).await.unwrap().len(), 1);
    inbox.purge(1).await.unwrap();
    assert_eq!(inbox.quarantined(0, 9).await.unwrap(), []);
}

pub async fn a_fence_is_above_that_of_a_row_that_is_gone(room: &impl Room) {
    let inbox = room.open(an_hour()).await;
    inbox.accept(delivery("a")).await.unwrap();
    let old = inbox.take(1, LEASE).await.unwrap().remove(0);
    assert_eq!(inbox.done(&old.lease).await.unwrap(), Settled::Ok);
    room.set_micros(START + HOUR).await;
    assert_eq!(inbox.purge(9).await.unwrap(), 1);
    // The clock is put back to before the first attempt.
    room.set_micros(START - HOUR).await;
    assert_eq!(inbox.accept(delivery("a")).await.unwrap(), Accepted::New);
    let new = inbox.take(1, LEASE).await.unwrap().remove(0);
    assert!(new.lease.fence() > old.lease.fence(), "{} is not above {}", new.lease.fence(), old.lease.fence());
}

pub async fn counts_are_of_what_is_there(room: &impl Room) {
    let inbox = room.inbox().await;
    let empty = inbox.counts().await.unwrap();
    assert_eq!((empty.depth(), empty.dead, empty.quarantined, empty.oldest), (0, 0, 0, None));
    inbox.accept(delivery("dead")).await.unwrap();
    inbox.accept(in_lane("leased", "a")).await.unwrap();
    inbox.accept(delivery("done")).await.unwrap();
    let jobs = inbox.take(9, LEASE).await.unwrap();
    assert_eq!(inbox.bury(&jobs[0].lease, "bad").await.unwrap(), Settled::Ok);
    assert_eq!(inbox.done(&jobs[2].lease).await.unwrap(), Settled::Ok);
    room.set_micros(START + SECOND).await;
    inbox.accept(in_lane("blocked", "a")).await.unwrap();
    room.set_micros(START + 2 * SECOND).await;
    inbox.accept(delivery("ready")).await.unwrap();
    room.enqueue(&inbox, NewJob::new(delivery("waiting")).run_at(at(START + HOUR))).await;
    let mut mismatch = with_body("ready", b"other");
    mismatch.attempts = Attempts::SameBytes;
    assert_eq!(inbox.accept(mismatch).await.unwrap(), Accepted::Mismatch);
    let counts = inbox.counts().await.unwrap();
    assert_eq!((counts.ready, counts.blocked, counts.waiting, counts.leased), (1, 1, 1, 1));
    assert_eq!((counts.depth(), counts.dead, counts.quarantined), (4, 1, 1));
    assert_eq!(counts.oldest, Some(at(START + SECOND)));
}

pub async fn a_clock_that_is_put_back_loses_no_job(room: &impl Room) {
    let inbox = room.inbox().await;
    for id in ["ready", "leased", "retried"] {
        inbox.accept(delivery(id)).await.unwrap();
    }
    let jobs = inbox.take(3, LEASE).await.unwrap();
    assert_eq!(inbox.retry(&jobs[0].lease, Duration::ZERO, "again").await.unwrap(), Settled::Ok);
    assert_eq!(inbox.retry(&jobs[2].lease, LEASE, "later").await.unwrap(), Settled::Ok);
    assert_eq!(ids(&inbox.take(1, LEASE).await.unwrap()), ["ready"]);
    room.set_micros(START - HOUR).await;
    // New ones are due at once; leases that run settle; what waits comes when the time it waits for does.
    inbox.accept(delivery("new")).await.unwrap();
    assert_eq!(ids(&inbox.take(9, LEASE).await.unwrap()), ["new"]);
    assert_eq!(inbox.done(&jobs[1].lease).await.unwrap(), Settled::Ok);
    room.set_micros(START + HOUR).await;
    assert_eq!(ids(&inbox.take(9, LEASE).await.unwrap()), ["ready", "retried", "new"]);
}
