//! Leases, and what they end in.

use imchat_inbox::Queue;
use imchat_verify::dedup::Settled;
use imchat_verify::inbox::{Accepted, Inbox};

use crate::room::{LEASE, Room, SECOND, START, delivery, ids};

pub async fn a_job_is_taken_once_and_done(room: &impl Room) {
    let inbox = room.inbox().await;
    assert_eq!(inbox.accept(delivery("a")).await.unwrap(), Accepted::New);
    let jobs = inbox.take(9, LEASE).await.unwrap();
    assert_eq!(ids(&jobs), ["a"]);
    assert_eq!((jobs[0].attempt, jobs[0].most_attempts), (1, 12));
    assert_eq!(inbox.take(9, LEASE).await.unwrap(), []);
    assert_eq!(inbox.done(&jobs[0].lease).await.unwrap(), Settled::Ok);
    assert_eq!(inbox.done(&jobs[0].lease).await.unwrap(), Settled::Lost);
    room.set_micros(START + 3600 * SECOND).await;
    assert_eq!(inbox.take(9, LEASE).await.unwrap(), []);
    assert_eq!(room.number("SELECT count(*) FROM inbox_deliveries WHERE body IS NULL AND headers IS NULL").await, 1);
}

pub async fn a_fence_grows_with_every_attempt(room: &impl Room) {
    let inbox = room.inbox().await;
    inbox.accept(delivery("a")).await.unwrap();
    let first = inbox.take(1, LEASE).await.unwrap().remove(0);
    assert!(first.lease.fence().get() >= START);
    room.set_micros(START + 61 * SECOND).await;
    let second = inbox.take(1, LEASE).await.unwrap().remove(0);
    assert!(second.lease.fence() > first.lease.fence());
    assert_eq!(second.attempt, 2);
    // The clock is put back by an hour, and the lease's end is reached once more.
    room.set_micros(START - 3600 * SECOND).await;
    assert_eq!(inbox.retry(&second.lease, std::time::Duration::ZERO, "again").await.unwrap(), Settled::Ok);
    let third = inbox.take(1, LEASE).await.unwrap().remove(0);
    assert!(third.lease.fence() > second.lease.fence());
}

pub async fn an_ended_lease_settles_nothing(room: &impl Room) {
    let inbox = room.inbox().await;
    inbox.accept(delivery("a")).await.unwrap();
    let first = inbox.take(1, LEASE).await.unwrap().remove(0);
    room.set_micros(START + 60 * SECOND).await;
    assert_eq!(inbox.heartbeat(&first.lease, LEASE).await.unwrap(), Settled::Lost);
    assert_eq!(inbox.done(&first.lease).await.unwrap(), Settled::Lost);
    let second = inbox.take(1, LEASE).await.unwrap().remove(0);
    assert_eq!(inbox.bury(&first.lease, "no").await.unwrap(), Settled::Lost);
    assert_eq!(inbox.retry(&first.lease, LEASE, "no").await.unwrap(), Settled::Lost);
    assert_eq!(inbox.done(&second.lease).await.unwrap(), Settled::Ok);
}
