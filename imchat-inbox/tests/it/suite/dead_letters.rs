//! What people see, and what they do.

use imchat_inbox::{DeadLetters, Queue};
use imchat_verify::dedup::Settled;
use imchat_verify::inbox::{Accepted, Delivery, Inbox};

use crate::room::{LEASE, Room, SECOND, START, Tune, at, delivery, flip, ids, in_lane, unflip};

/// Accepts it and buries it; returns its number.
async fn bury(inbox: &(impl Inbox + Queue), delivery: Delivery, why: &str) -> i64 {
    assert_eq!(inbox.accept(delivery).await.ok(), Some(Accepted::New));
    let job = inbox.take(1, LEASE).await.unwrap().remove(0);
    assert_eq!(inbox.bury(&job.lease, why).await.unwrap(), Settled::Ok);
    job.lease.id()
}

pub async fn a_dead_letter_is_listed_with_its_reason_and_keeps_its_body(room: &impl Room) {
    let inbox = room.inbox().await;
    let mut full = in_lane("a", "lane");
    full.tenant = Some("T1".into());
    full.event_type = Some("push".into());
    full.headers = vec![("x-event".into(), "push".into())];
    let id = bury(&inbox, full.clone(), "a\0b").await;
    let dead = inbox.dead_letters(0, 9).await.unwrap().remove(0);
    assert_eq!((dead.id, dead.key, dead.attempts), (id, full.key, 1));
    assert_eq!((dead.provider.as_str(), dead.kind.as_str()), ("test", "events"));
    assert_eq!((dead.tenant.as_deref(), dead.event_type.as_deref()), (Some("T1"), Some("push")));
    assert_eq!((dead.lane.as_deref(), dead.why.as_deref()), (Some("lane"), Some("a\u{FFFD}b")));
    assert_eq!((dead.accepted_at, dead.died_at), (at(START), at(START)));
    assert_eq!(inbox.inspect(id).await.unwrap(), Some(full));
    assert_eq!(inbox.inspect(id + 1).await.unwrap(), None);
}

pub async fn a_replay_is_the_same_key_with_all_its_attempts(room: &impl Room) {
    let inbox = room.inbox().await;
    let id = bury(&inbox, delivery("a"), "bad").await;
    room.set_micros(START + SECOND).await;
    assert!(inbox.replay(id, "ana", "the handler is mended").await.unwrap());
    assert!(!inbox.replay(id, "ana", "twice").await.unwrap());
    assert_eq!(inbox.dead_letters(0, 9).await.unwrap(), []);
    let job = inbox.take(9, LEASE).await.unwrap().remove(0);
    assert_eq!((job.lease.id(), job.attempt), (id, 1));
    assert_eq!(job.delivery, delivery("a"));
    let audit = inbox.audit(0, 9).await.unwrap();
    assert_eq!(audit.len(), 1);
    assert_eq!((audit[0].delivery, audit[0].key, audit[0].at), (id, delivery("a").key, at(START + SECOND)));
    let told = (audit[0].act.as_str(), audit[0].who.as_str(), audit[0].why.as_str());
    assert_eq!(told, ("replay", "ana", "the handler is mended"));
}

pub async fn a_discarded_one_is_gone_and_its_key_is_not(room: &impl Room) {
    let inbox = room.inbox().await;
    let id = bury(&inbox, delivery("a"), "bad").await;
    assert!(inbox.discard(id, "ana", "a test of theirs").await.unwrap());
    assert!(!inbox.discard(id, "ana", "twice").await.unwrap());
    assert_eq!(inbox.dead_letters(0, 9).await.unwrap(), []);
    assert_eq!(inbox.inspect(id).await.unwrap(), None);
    assert!(matches!(inbox.accept(delivery("a")).await.unwrap(), Accepted::Duplicate { .. }));
    assert_eq!(room.number("SELECT count(*) FROM inbox_deliveries WHERE body IS NULL").await, 1);
    assert_eq!(inbox.audit(0, 9).await.unwrap()[0].act, "discard");
    assert_eq!(inbox.take(9, LEASE).await.unwrap(), []);
}

pub async fn a_redelivery_revives_a_dead_letter(room: &impl Room) {
    let inbox = room.inbox().await;
    let mut redelivered = delivery("a");
    redelivered.redelivers = true;
    let id = bury(&inbox, redelivered.clone(), "bad").await;
    assert!(matches!(inbox.accept(redelivered.clone()).await.unwrap(), Accepted::Duplicate { .. }));
    let job = inbox.take(9, LEASE).await.unwrap().remove(0);
    assert_eq!((job.lease.id(), job.attempt), (id, 1));
    assert_eq!(inbox.audit(0, 9).await.unwrap()[0].act, "rearm");
    // One that is being worked on is not touched by it.
    assert!(matches!(inbox.accept(redelivered).await.unwrap(), Accepted::Duplicate { .. }));
    assert_eq!(inbox.done(&job.lease).await.unwrap(), Settled::Ok);
    assert_eq!(inbox.audit(0, 9).await.unwrap().len(), 1);
}

pub async fn a_retry_by_itself_does_not_revive_one(room: &impl Room) {
    let inbox = room.inbox().await;
    bury(&inbox, delivery("a"), "bad").await;
    assert!(matches!(inbox.accept(delivery("a")).await.unwrap(), Accepted::Duplicate { .. }));
    assert_eq!(inbox.take(9, LEASE).await.unwrap(), []);
    assert_eq!(inbox.audit(0, 9).await.unwrap(), []);
}

pub async fn lists_are_paged(room: &impl Room) {
    let inbox = room.inbox().await;
    let mut buried = Vec::new();
    for number in 0..5 {
        buried.push(bury(&inbox, delivery(&format!("{number}")), "bad").await);
    }
    let (mut listed, mut after) = (Vec::new(), 0);
    loop {
        let page = inbox.dead_letters(after, 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = last.id;
        listed.extend(page.iter().map(|dead| dead.id));
    }
    assert_eq!(listed, buried);
    for id in buried {
        assert!(inbox.replay(id, "ana", "all").await.unwrap());
    }
    let first = inbox.audit(0, 3).await.unwrap();
    let second = inbox.audit(first[2].id, 3).await.unwrap();
    assert_eq!((first.len(), second.len()), (3, 2));
}

pub async fn a_body_that_does_not_open_is_a_dead_letter_until_it_does(room: &impl Room) {
    let sealed = room.open(Tune { seal: Some((flip, unflip)), ..Tune::default() }).await;
    sealed.accept(in_lane("sealed", "a")).await.unwrap();
    let plain = room.inbox().await;
    plain.accept(in_lane("plain", "a")).await.unwrap();
    // This process has no key: neither it nor what is behind it in the lane is stuck.
    assert_eq!(plain.take(9, LEASE).await.unwrap(), []);
    assert_eq!(ids(&plain.take(9, LEASE).await.unwrap()), ["plain"]);
    let dead = plain.dead_letters(0, 9).await.unwrap().remove(0);
    assert!(dead.why.as_deref().unwrap().contains("does not open"), "{:?}", dead.why);
    assert!(plain.inspect(dead.id).await.is_err());
    assert_eq!(sealed.inspect(dead.id).await.unwrap(), Some(in_lane("sealed", "a")));
    // At rest it is sealed still.
    assert_eq!(room.bodies("inbox_deliveries").await[0], flip(&delivery("sealed").key, b"body of sealed"));
}
