//! One conversation in its order.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use imchat_inbox::{DeadLetters, NewJob, Queue};
use imchat_verify::dedup::Settled;
use imchat_verify::inbox::{Accepted, Inbox};

use crate::room::{LEASE, Room, SECOND, START, Tune, at, delivery, ids, in_lane};

pub async fn a_lane_is_worked_on_in_the_order_of_acceptance(room: &impl Room) {
    let inbox = room.inbox().await;
    for (id, lane) in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a")] {
        inbox.accept(in_lane(id, lane)).await.unwrap();
    }
    inbox.accept(delivery("alone")).await.unwrap();
    let heads = inbox.take(9, LEASE).await.unwrap();
    assert_eq!(ids(&heads), ["a1", "b1", "alone"]);
    assert_eq!(inbox.take(9, LEASE).await.unwrap(), []);
    assert_eq!(inbox.done(&heads[0].lease).await.unwrap(), Settled::Ok);
    assert_eq!(ids(&inbox.take(9, LEASE).await.unwrap()), ["a2"]);
    // A lane that is empty takes new ones at once.
    assert_eq!(inbox.done(&heads[1].lease).await.unwrap(), Settled::Ok);
    inbox.accept(in_lane("b2", "b")).await.unwrap();
    assert_eq!(ids(&inbox.take(9, LEASE).await.unwrap()), ["b2"]);
}

pub async fn what_waits_behind_a_job_is_shown_in_order_and_stays_where_it_is(room: &impl Room) {
    let inbox = room.inbox().await;
    for (id, lane) in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a"), ("a4", "a")] {
        inbox.accept(in_lane(id, lane)).await.unwrap();
    }
    inbox.accept(delivery("alone")).await.unwrap();
    let heads = inbox.take(9, LEASE).await.unwrap();
    let behind = async |head: usize, most| {
        let waiting = inbox.behind(&heads[head].lease, most).await.unwrap();
        waiting.iter().map(|delivery| delivery.key.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(behind(0, 9).await, ["a2", "a3", "a4"]);
    assert_eq!(behind(0, 2).await, ["a2", "a3"]);
    assert_eq!((behind(1, 9).await.len(), behind(2, 9).await.len()), (0, 0));
    assert_eq!(inbox.done(&heads[0].lease).await.unwrap(), Settled::Ok);
    assert_eq!(ids(&inbox.take(9, LEASE).await.unwrap()), ["a2"]);
}

pub async fn a_head_that_waits_holds_its_lane(room: &impl Room) {
    let inbox = room.inbox().await;
    let soon = NewJob::new(in_lane("a1", "a")).run_at(at(START + 10 * SECOND)).priority(-5);
    assert_eq!(room.enqueue(&inbox, soon).await, Accepted::New);
    assert_eq!(room.enqueue(&inbox, NewJob::new(in_lane("a2", "a")).priority(5)).await, Accepted::New);
    assert_eq!(inbox.take(9, LEASE).await.unwrap(), []);
    room.set_micros(START + 10 * SECOND).await;
    let first = inbox.take(9, LEASE).await.unwrap();
    assert_eq!(ids(&first), ["a1"]);
    assert_eq!(inbox.retry(&first[0].lease, Duration::from_secs(5), "not yet").await.unwrap(), Settled::Ok);
    assert_eq!(inbox.take(9, LEASE).await.unwrap(), []);
    room.set_micros(START + 15 * SECOND).await;
    let again = inbox.take(9, LEASE).await.unwrap();
    assert_eq!(ids(&again), ["a1"]);
    assert_eq!(inbox.done(&again[0].lease).await.unwrap(), Settled::Ok);
    assert_eq!(ids(&inbox.take(9, LEASE).await.unwrap()), ["a2"]);
}

pub async fn a_poisonous_head_holds_its_lane_no_longer_than_its_attempts(room: &impl Room) {
    let inbox = room.open(Tune { attempts: Some(3), ..Tune::default() }).await;
    inbox.accept(in_lane("kills", "a")).await.unwrap();
    inbox.accept(in_lane("fails", "a")).await.unwrap();
    inbox.accept(in_lane("good", "a")).await.unwrap();
    let mut now = START;
    for attempt in 1..=3 {
        // Its worker dies each time.
        let jobs = inbox.take(9, LEASE).await.unwrap();
        assert_eq!((ids(&jobs), jobs[0].attempt), (vec!["kills".to_owned()], attempt));
        now += 60 * SECOND;
        room.set_micros(now).await;
    }
    for attempt in 1..=3 {
        let jobs = inbox.take(9, LEASE).await.unwrap();
        assert_eq!((ids(&jobs), jobs[0].attempt), (vec!["fails".to_owned()], attempt));
        assert_eq!(inbox.retry(&jobs[0].lease, Duration::ZERO, "failed").await.unwrap(), Settled::Ok);
    }
    assert_eq!(ids(&inbox.take(9, LEASE).await.unwrap()), ["good"]);
    assert_eq!(inbox.dead_letters(0, 9).await.unwrap().len(), 2);
}

pub async fn a_dead_letter_that_is_revived_waits_for_its_turn(room: &impl Room) {
    let inbox = room.inbox().await;
    for id in ["a1", "a2", "a3"] {
        inbox.accept(in_lane(id, "a")).await.unwrap();
    }
    let first = inbox.take(1, LEASE).await.unwrap().remove(0);
    assert_eq!(inbox.bury(&first.lease, "bad").await.unwrap(), Settled::Ok);
    let second = inbox.take(9, LEASE).await.unwrap().remove(0);
    assert!(inbox.replay(first.lease.id(), "ana", "mended").await.unwrap());
    // One of a lane at a time, though the revived one is older.
    assert_eq!(inbox.take(9, LEASE).await.unwrap(), []);
    assert_eq!(inbox.done(&second.lease).await.unwrap(), Settled::Ok);
    let revived = inbox.take(9, LEASE).await.unwrap();
    assert_eq!(ids(&revived), ["a1"]);
    assert_eq!(inbox.done(&revived[0].lease).await.unwrap(), Settled::Ok);
    assert_eq!(ids(&inbox.take(9, LEASE).await.unwrap()), ["a3"]);
}

pub async fn a_job_that_is_given_up_lets_its_lane_go_on(room: &impl Room) {
    let inbox = room.inbox().await;
    inbox.accept(in_lane("a1", "a")).await.unwrap();
    inbox.accept(in_lane("a2", "a")).await.unwrap();
    let first = inbox.take(9, LEASE).await.unwrap().remove(0);
    assert_eq!(inbox.bury(&first.lease, "never").await.unwrap(), Settled::Ok);
    assert_eq!(ids(&inbox.take(9, LEASE).await.unwrap()), ["a2"]);
}

pub async fn nothing_is_stranded_while_many_write_and_work(room: &impl Room) {
    const LANES: usize = 5;
    const EACH: usize = 40;
    let inboxes = [room.inbox().await, room.inbox().await];
    let mut tasks = tokio::task::JoinSet::new();
    for lane in 0..LANES {
        let inbox = inboxes[lane % 2].clone();
        tasks.spawn(async move {
            for number in 0..EACH {
                let delivery = in_lane(&format!("{lane}:{number}"), &format!("lane {lane}"));
                assert_eq!(inbox.accept(delivery).await.unwrap(), Accepted::New);
            }
        });
    }
    let seen: Arc<Mutex<HashMap<String, Vec<usize>>>> = Arc::default();
    let busy: Arc<Mutex<HashSet<String>>> = Arc::default();
    for worker in 0..3 {
        let (inbox, seen, busy) = (inboxes[worker % 2].clone(), Arc::clone(&seen), Arc::clone(&busy));
        tasks.spawn(async move {
            while seen.lock().unwrap().values().map(Vec::len).sum::<usize>() < LANES * EACH {
                for job in inbox.take(3, LEASE).await.unwrap() {
                    let id = String::from_utf8(job.delivery.key.as_bytes().to_vec()).unwrap();
                    let (lane, number) = id.split_once(':').unwrap();
                    assert!(busy.lock().unwrap().insert(lane.to_owned()), "two of lane {lane} at a time");
                    tokio::task::yield_now().await;
                    seen.lock().unwrap().entry(lane.to_owned()).or_default().push(number.parse().unwrap());
                    busy.lock().unwrap().remove(lane);
                    assert_eq!(inbox.done(&job.lease).await.unwrap(), Settled::Ok);
                }
            }
        });
    }
    tokio::time::timeout(Duration::from_secs(60), tasks.join_all()).await.expect("a job is stranded in its lane");
    for (lane, numbers) in seen.lock().unwrap().iter() {
        assert_eq!(*numbers, (0..EACH).collect::<Vec<_>>(), "lane {lane}");
    }
}
