//! Leases, and what they end in.

use std::collections::HashSet;
use std::time::Duration;

use imchat_inbox::{DeadLetters, Queue};
use imchat_verify::dedup::{Fence, Settled};
use imchat_verify::inbox::{Accepted, Inbox};

use crate::room::{LEASE, Room, SECOND, START, Tune, at, delivery, futures, ids, poll_once};

pub async fn a_job_is_taken_once_and_done(room: &impl Room) {
    let inbox = room.inbox().await;
    assert_eq!(inbox.accept(delivery("a")).await.unwrap(), Accepted::New);
    let jobs = inbox.take(9, LEASE).await.unwrap();
    assert_eq!(ids(&jobs), ["a"]);
    assert_eq!((jobs[0].attempt, jobs[0].most_attempts), (1, 12));
    assert_eq!(jobs[0].until, at(START + 60 * SECOND));
    assert_eq!(inbox.take(9, LEASE).await.unwrap(), []);
    assert_eq!(inbox.done(&jobs[0].lease).await.unwrap(), Settled::Ok);
    assert_eq!(inbox.done(&jobs[0].lease).await.unwrap(), Settled::Lost);
    room.set_micros(START + 3600 * SECOND).await;
    assert_eq!(inbox.take(9, LEASE).await.unwrap(), []);
    // A tombstone: the key stays, what the platform sent does not.
    assert_eq!(room.number("SELECT count(*) FROM inbox_deliveries WHERE body IS NULL AND headers IS NULL").await, 1);
    assert!(matches!(inbox.accept(delivery("a")).await.unwrap(), Accepted::Duplicate { .. }));
}

pub async fn a_fence_grows_with_every_attempt(room: &impl Room) {
    let inbox = room.inbox().await;
    inbox.accept(delivery("a")).await.unwrap();
    let first = inbox.take(1, LEASE).await.unwrap().remove(0);
    assert_eq!(first.lease.fence(), Fence::new(START));
    room.set_micros(START + 61 * SECOND).await;
    let second = inbox.take(1, LEASE).await.unwrap().remove(0);
    assert_eq!(second.lease.fence(), Fence::new(START + 61 * SECOND));
    assert_eq!(second.attempt, 2);
    // The clock is put back by an hour.
    room.set_micros(START - 3600 * SECOND).await;
    assert_eq!(inbox.retry(&second.lease, Duration::ZERO, "again").await.unwrap(), Settled::Ok);
    let third = inbox.take(1, LEASE).await.unwrap().remove(0);
    assert_eq!(third.lease.fence(), Fence::new(START + 61 * SECOND + 1));
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
    assert_eq!(inbox.done(&first.lease).await.unwrap(), Settled::Lost);
    assert_eq!(inbox.done(&second.lease).await.unwrap(), Settled::Ok);
}

pub async fn a_heartbeat_keeps_a_lease(room: &impl Room) {
    let inbox = room.inbox().await;
    inbox.accept(delivery("a")).await.unwrap();
    let job = inbox.take(1, LEASE).await.unwrap().remove(0);
    room.set_micros(START + 59 * SECOND).await;
    assert_eq!(inbox.heartbeat(&job.lease, LEASE).await.unwrap(), Settled::Ok);
    room.set_micros(START + 118 * SECOND).await;
    assert_eq!(inbox.take(1, LEASE).await.unwrap(), []);
    assert_eq!(inbox.done(&job.lease).await.unwrap(), Settled::Ok);
}

pub async fn a_retry_waits_and_then_comes_back(room: &impl Room) {
    let inbox = room.inbox().await;
    inbox.accept(delivery("a")).await.unwrap();
    let first = inbox.take(1, LEASE).await.unwrap().remove(0);
    assert_eq!(inbox.retry(&first.lease, Duration::from_secs(30), "timed out").await.unwrap(), Settled::Ok);
    room.set_micros(START + 30 * SECOND - 1).await;
    assert_eq!(inbox.take(1, LEASE).await.unwrap(), []);
    room.set_micros(START + 30 * SECOND).await;
    let second = inbox.take(1, LEASE).await.unwrap().remove(0);
    assert_eq!(second.attempt, 2);
    assert_eq!(second.delivery, delivery("a"));
    assert_eq!(inbox.retry(&second.lease, Duration::MAX, "a wait of centuries").await.unwrap(), Settled::Ok);
    assert_eq!(inbox.take(1, LEASE).await.unwrap(), []);
}

pub async fn the_last_retry_is_a_dead_letter(room: &impl Room) {
    let inbox = room.open(Tune { attempts: Some(2), ..Tune::default() }).await;
    inbox.accept(delivery("a")).await.unwrap();
    for why in ["once", "twice"] {
        let job = inbox.take(1, LEASE).await.unwrap().remove(0);
        assert_eq!(inbox.retry(&job.lease, Duration::ZERO, why).await.unwrap(), Settled::Ok);
    }
    assert_eq!(inbox.take(1, LEASE).await.unwrap(), []);
    let dead = inbox.dead_letters(0, 9).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].attempts, dead[0].why.as_deref()), (2, Some("twice")));
}

pub async fn a_job_whose_workers_die_is_a_dead_letter(room: &impl Room) {
    let inbox = room.open(Tune { attempts: Some(2), ..Tune::default() }).await;
    inbox.accept(delivery("a")).await.unwrap();
    assert_eq!(inbox.take(1, LEASE).await.unwrap()[0].attempt, 1);
    room.set_micros(START + 60 * SECOND).await;
    assert_eq!(inbox.take(1, LEASE).await.unwrap()[0].attempt, 2);
    room.set_micros(START + 120 * SECOND).await;
    assert_eq!(inbox.take(1, LEASE).await.unwrap(), []);
    let dead = inbox.dead_letters(0, 9).await.unwrap();
    assert_eq!(dead[0].attempts, 2);
    assert_eq!(dead[0].died_at, at(START + 120 * SECOND));
    assert!(dead[0].why.as_deref().unwrap().contains("without an answer"), "{:?}", dead[0].why);
}

pub async fn two_inboxes_never_take_the_same_job(room: &impl Room) {
    let inboxes = [room.inbox().await, room.inbox().await];
    for answer in futures(100, |number| inboxes[number % 2].accept(delivery(&format!("{number}")))).await {
        assert_eq!(answer.unwrap(), Accepted::New);
    }
    let mut tasks = tokio::task::JoinSet::new();
    for worker in 0..10 {
        let inbox = inboxes[worker % 2].clone();
        tasks.spawn(async move { inbox.take(10, LEASE).await.unwrap() });
    }
    let taken: Vec<i64> = tasks.join_all().await.into_iter().flatten().map(|job| job.lease.id()).collect();
    assert_eq!(taken.iter().collect::<HashSet<_>>().len(), taken.len());
    // A take may have skipped what another one held; nothing is lost by it.
    let left = inboxes[0].take(100, LEASE).await.unwrap();
    assert_eq!(taken.len() + left.len(), 100);
}

pub async fn higher_priorities_come_first_and_then_older_ones(room: &impl Room) {
    let inbox = room.inbox().await;
    for (id, priority) in [("low", -1), ("first", 0), ("second", 0), ("high", 5), ("lowest", i32::MIN)] {
        assert_eq!(room.enqueue(&inbox, job(id).priority(priority)).await, Accepted::New);
    }
    let two = inbox.take(2, LEASE).await.unwrap();
    assert_eq!(ids(&two), ["high", "first"]);
    assert_eq!(two[0].priority, 5);
    assert_eq!(ids(&inbox.take(9, LEASE).await.unwrap()), ["second", "low", "lowest"]);
}

pub async fn a_scheduled_job_waits_for_its_time(room: &impl Room) {
    let inbox = room.inbox().await;
    let later = at(START + 10 * SECOND);
    room.enqueue(&inbox, job("later").run_at(later).attempts(1)).await;
    room.enqueue(&inbox, job("past").run_at(at(START - SECOND)).attempts(0)).await;
    let past = inbox.take(9, LEASE).await.unwrap();
    assert_eq!(ids(&past), ["past"]);
    assert_eq!(past[0].most_attempts, 1);
    room.set_micros(START + 10 * SECOND - 1).await;
    assert_eq!(inbox.take(9, LEASE).await.unwrap(), []);
    room.set_micros(START + 10 * SECOND).await;
    assert_eq!(ids(&inbox.take(9, LEASE).await.unwrap()), ["later"]);
}

pub async fn many_settle_at_once(room: &impl Room) {
    let inbox = room.inbox().await;
    futures(150, |number| inbox.accept(delivery(&format!("{number}")))).await;
    let jobs = inbox.take(150, LEASE).await.unwrap();
    assert_eq!(jobs.len(), 150);
    let settled = futures(150, |number| {
        let (inbox, lease) = (&inbox, &jobs[number].lease);
        async move {
            match number % 3 {
                0 => inbox.done(lease).await,
                1 => inbox.bury(lease, "buried").await,
                _ => inbox.retry(lease, Duration::ZERO, "tried again").await,
            }
        }
    });
    assert!(settled.await.into_iter().all(|settled| settled.unwrap() == Settled::Ok));
    assert_eq!(inbox.dead_letters(0, 99).await.unwrap().len(), 50);
    let again = inbox.take(150, LEASE).await.unwrap();
    assert_eq!(again.len(), 50);
    assert!(again.iter().all(|job| job.attempt == 2));
}

pub async fn one_job_settled_twice_at_once_is_settled_once(room: &impl Room) {
    let inbox = room.inbox().await;
    for round in 0..10 {
        inbox.accept(delivery(&format!("{round}"))).await.unwrap();
        let lease = inbox.take(1, LEASE).await.unwrap()[0].lease;
        let settled = futures(4, |_| inbox.done(&lease)).await;
        let once = settled.into_iter().filter(|settled| matches!(settled, Ok(Settled::Ok))).count();
        assert_eq!(once, 1, "{round}");
    }
}

pub async fn jobs_that_nobody_waits_for_are_given_back(room: &impl Room) {
    let inbox = room.inbox().await;
    inbox.accept(delivery("a")).await.unwrap();
    for _ in 0..20 {
        let mut lost = Box::pin(inbox.take(1, LEASE));
        if poll_once(&mut lost).await.is_some() {
            panic!("it was answered before it was carried out");
        }
    }
    // Either they were not taken for those who went away, or they were given back: no attempt was used up.
    let job = loop {
        if let Some(job) = inbox.take(1, LEASE).await.unwrap().pop() {
            break job;
        }
    };
    assert_eq!(job.attempt, 1);
}

fn job(id: &str) -> imchat_inbox::NewJob {
    imchat_inbox::NewJob::new(delivery(id))
}
