//! Workers that wait. The poll of these inboxes is an hour: what ends a wait is what is tested.

use std::future::Future;
use std::time::Duration;

use imchat_inbox::Queue;
use imchat_verify::dedup::Settled;
use imchat_verify::inbox::Inbox;

use crate::room::{LEASE, Room, SECOND, START, Tune, delivery, ids, in_lane};

/// Long before the poll, and long enough for a machine that is busy.
async fn soon(wait: impl Future<Output = ()>) {
    tokio::time::timeout(Duration::from_secs(30), wait).await.expect("the wait did not end");
}

pub async fn a_wait_ends_when_a_job_comes(room: &impl Room) {
    let inbox = room.inbox().await;
    let wait = tokio::spawn({
        let inbox = inbox.clone();
        async move { inbox.wait().await }
    });
    inbox.accept(delivery("a")).await.unwrap();
    soon(async { wait.await.unwrap() }).await;
    assert_eq!(ids(&inbox.take(1, LEASE).await.unwrap()), ["a"]);
}

pub async fn a_wait_ends_when_a_retry_falls_due(room: &impl Room) {
    let inbox = room.inbox().await;
    inbox.accept(delivery("a")).await.unwrap();
    let job = inbox.take(1, LEASE).await.unwrap().remove(0);
    // Notices that are left over would end the waits that are meant.
    soon(inbox.wait()).await;
    assert_eq!(inbox.retry(&job.lease, Duration::from_millis(50), "again").await.unwrap(), Settled::Ok);
    // The retry itself is told, for it may be due before what was waited for; then there are 50 ms.
    soon(inbox.wait()).await;
    soon(inbox.wait()).await;
    room.set_micros(START + SECOND).await;
    assert_eq!(ids(&inbox.take(1, LEASE).await.unwrap()), ["a"]);
}

pub async fn a_wait_ends_when_a_lane_is_free(room: &impl Room) {
    let inbox = room.inbox().await;
    inbox.accept(in_lane("a1", "a")).await.unwrap();
    inbox.accept(in_lane("a2", "a")).await.unwrap();
    let first = inbox.take(9, LEASE).await.unwrap().remove(0);
    soon(inbox.wait()).await;
    let wait = tokio::spawn({
        let inbox = inbox.clone();
        async move { inbox.wait().await }
    });
    assert_eq!(inbox.done(&first.lease).await.unwrap(), Settled::Ok);
    soon(async { wait.await.unwrap() }).await;
    assert_eq!(ids(&inbox.take(1, LEASE).await.unwrap()), ["a2"]);
}

pub async fn a_notice_before_the_wait_is_not_missed(room: &impl Room) {
    let inbox = room.inbox().await;
    assert_eq!(inbox.take(1, LEASE).await.unwrap(), []);
    inbox.accept(delivery("a")).await.unwrap();
    soon(inbox.wait()).await;
}

pub async fn a_job_of_another_inbox_is_found(room: &impl Room) {
    let poll = Some(Duration::from_millis(20));
    let (here, there) = (room.open(Tune { poll, ..Tune::default() }).await, room.inbox().await);
    there.accept(delivery("a")).await.unwrap();
    soon(here.wait()).await;
    assert_eq!(ids(&here.take(1, LEASE).await.unwrap()), ["a"]);
}
