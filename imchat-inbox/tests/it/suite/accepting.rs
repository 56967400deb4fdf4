//! What `accept` says, and what it leaves.

use std::time::Duration;

use bytes::Bytes;
use imchat_inbox::{DeadLetters, InboxError, Queue};
use imchat_verify::dedup::Settled;
use imchat_verify::inbox::{Accepted, Differs, Inbox};
use imchat_verify::scheme::Attempts;

use crate::room::{LEASE, Room, SECOND, START, Tune, at, delivery, flip, futures, ids, poll_once, unflip, with_body};

const DUPLICATE: Accepted = Accepted::Duplicate { differs: Differs::Nothing };

pub async fn a_new_key_is_new_and_then_a_duplicate(room: &impl Room) {
    let inbox = room.inbox().await;
    assert_eq!(inbox.accept(delivery("a")).await.unwrap(), Accepted::New);
    assert_eq!(inbox.accept(delivery("a")).await.unwrap(), DUPLICATE);
    assert_eq!(inbox.accept(delivery("b")).await.unwrap(), Accepted::New);
    assert_eq!(room.number("SELECT count(*) FROM inbox_deliveries").await, 2);
}

pub async fn a_hundred_at_once_are_new_once(room: &impl Room) {
    let (inbox, other) = (room.inbox().await, room.inbox().await);
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..100 {
        let inbox = if task % 2 == 0 { inbox.clone() } else { other.clone() };
        tasks.spawn(async move { inbox.accept(delivery("a")).await.unwrap() });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|answer| **answer == Accepted::New).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == DUPLICATE).count(), 99);
    assert_eq!(room.number("SELECT count(*) FROM inbox_deliveries").await, 1);
}

pub async fn another_body_of_a_platform_that_may_differ_is_a_duplicate(room: &impl Room) {
    let inbox = room.inbox().await;
    assert_eq!(inbox.accept(with_body("a", b"one")).await.unwrap(), Accepted::New);
    let differs = Accepted::Duplicate { differs: Differs::Body };
    assert_eq!(inbox.accept(with_body("a", b"two")).await.unwrap(), differs);
    let jobs = inbox.take(9, LEASE).await.unwrap();
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].delivery.body, "one");
}

pub async fn another_body_of_a_platform_that_repeats_bodies_is_kept_in_quarantine(room: &impl Room) {
    let inbox = room.inbox().await;
    let same_bytes = |body| {
        let mut delivery = with_body("a", body);
        delivery.attempts = Attempts::SameBytes;
        delivery
    };
    assert_eq!(inbox.accept(same_bytes(b"one")).await.unwrap(), Accepted::New);
    assert_eq!(inbox.accept(same_bytes(b"two")).await.unwrap(), Accepted::Mismatch);
    assert_eq!(inbox.accept(same_bytes(b"two")).await.unwrap(), Accepted::Mismatch);
    assert_eq!(inbox.accept(same_bytes(b"one")).await.unwrap(), DUPLICATE);
    let quarantined = inbox.quarantined(0, 9).await.unwrap();
    assert_eq!(quarantined.len(), 1);
    assert_eq!(quarantined[0].digest, same_bytes(b"two").digest);
    assert_eq!(room.number("SELECT length(body) FROM inbox_quarantine").await, 3);
    assert_eq!(inbox.take(9, LEASE).await.unwrap().len(), 1);
}

pub async fn the_same_body_under_another_delivery_id_is_told(room: &impl Room) {
    let inbox = room.inbox().await;
    let under = |witness: Option<u8>| {
        let mut delivery = delivery("a");
        delivery.witness = witness.map(|byte| [byte; 32]);
        delivery
    };
    assert_eq!(inbox.accept(under(Some(1))).await.unwrap(), Accepted::New);
    assert_eq!(inbox.accept(under(Some(1))).await.unwrap(), DUPLICATE);
    assert_eq!(inbox.accept(under(None)).await.unwrap(), DUPLICATE);
    let replayed = Accepted::Duplicate { differs: Differs::DeliveryId };
    assert_eq!(inbox.accept(under(Some(2))).await.unwrap(), replayed);
}

pub async fn what_was_accepted_comes_back_as_it_was(room: &impl Room) {
    let inbox = room.inbox().await;
    let mut full = with_body("a", &[0, 0xFF, b'"', b'\'']);
    full.witness = Some([7; 32]);
    full.attempts = Attempts::SameBytes;
    full.redelivers = true;
    full.endpoint = Some("eu".into());
    full.kind = "calls".into();
    full.event_type = Some("push 'ü'".into());
    full.event_id = Some("42".into());
    full.tenant = Some(String::new());
    full.lane = Some("T1/C1".into());
    full.headers = vec![("x-one".into(), Bytes::from_static(b"1")), ("x-bytes".into(), Bytes::from_static(&[0xFE, 0]))];
    full.sent_at = Some(at(START - 5));
    full.trace = Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".into());
    assert_eq!(inbox.accept(full.clone()).await.unwrap(), Accepted::New);
    assert_eq!(inbox.accept(delivery("bare")).await.unwrap(), Accepted::New);
    let jobs = inbox.take(9, LEASE).await.unwrap();
    assert_eq!(jobs[0].delivery, full);
    assert_eq!(jobs[1].delivery, delivery("bare"));
}

pub async fn a_body_over_the_limit_is_refused_and_those_beside_it_are_not(room: &impl Room) {
    let inbox = room.open(Tune { most_bytes: Some(9), ..Tune::default() }).await;
    let fits = with_body("fits", b"123456789");
    let (refused, taken) = tokio::join!(inbox.accept(with_body("big", b"1234567890")), inbox.accept(fits));
    assert!(matches!(refused, Err(InboxError::TooLarge { bytes: 10, most: 9 })), "{refused:?}");
    assert_eq!(taken.unwrap(), Accepted::New);
    assert_eq!(ids(&inbox.take(9, LEASE).await.unwrap()), ["fits"]);
    assert_eq!(inbox.take(9, Duration::ZERO).await.unwrap(), []);
}

pub async fn a_text_may_hold_any_character(room: &impl Room) {
    let inbox = room.inbox().await;
    let mut odd = delivery("odd");
    odd.event_type = Some("a\0b".into());
    odd.lane = Some("\0\u{1F980}".into());
    assert_eq!(inbox.accept(odd.clone()).await.unwrap(), Accepted::New);
    assert_eq!(inbox.accept(odd).await.unwrap(), DUPLICATE);
    let job = inbox.take(9, LEASE).await.unwrap().remove(0);
    // PostgreSQL has no NUL in its texts.
    let event_type = job.delivery.event_type.unwrap();
    assert!(event_type == "a\0b" || event_type == "a\u{FFFD}b", "{event_type:?}");
}

pub async fn a_row_that_the_database_refuses_fails_alone(room: &impl Room) {
    let inbox = room.inbox().await;
    room.refuse_bad_rows().await;
    let answers = futures(20, |number| {
        let mut delivery = delivery(&format!("{number}"));
        if number == 7 {
            delivery.provider = "bad".into();
        }
        inbox.accept(delivery)
    });
    for (number, answer) in answers.await.into_iter().enumerate() {
        if number == 7 {
            assert!(matches!(answer, Err(InboxError::Database(_))), "{answer:?}");
        } else {
            assert_eq!(answer.unwrap(), Accepted::New, "{number}");
        }
    }
    assert_eq!(inbox.take(99, LEASE).await.unwrap().len(), 19);
}

pub async fn items_of_a_batch_are_told_in_their_order(room: &impl Room) {
    let inbox = room.inbox().await;
    assert_eq!(inbox.accept(delivery("1")).await.unwrap(), Accepted::New);
    let items: Vec<_> = (0..300).map(|number| delivery(&format!("{number}"))).collect();
    let accepted = inbox.accept_all(items).await.unwrap();
    for (number, accepted) in accepted.into_iter().enumerate() {
        assert_eq!(accepted, if number == 1 { DUPLICATE } else { Accepted::New }, "{number}");
    }
    assert_eq!(room.number("SELECT count(*) FROM inbox_deliveries").await, 300);
    assert_eq!(inbox.take(999, LEASE).await.unwrap().len(), 300);
}

pub async fn an_item_that_is_no_row_keeps_the_others_out(room: &impl Room) {
    let inbox = room.open(Tune { most_bytes: Some(9), ..Tune::default() }).await;
    let items = vec![with_body("fits", b"123456789"), with_body("big", b"1234567890")];
    let refused = inbox.accept_all(items).await;
    assert!(matches!(refused, Err(InboxError::TooLarge { .. })), "{refused:?}");
    assert_eq!(room.number("SELECT count(*) FROM inbox_deliveries").await, 0);
}

pub async fn items_that_the_database_refuses_fail_together_and_alone(room: &impl Room) {
    let inbox = room.inbox().await;
    room.refuse_bad_rows().await;
    let mut bad = delivery("bad");
    bad.provider = "bad".into();
    let items = vec![delivery("a"), bad, delivery("b")];
    let (refused, other) = tokio::join!(inbox.accept_all(items), inbox.accept(delivery("c")));
    assert!(matches!(refused, Err(InboxError::Database(_))), "{refused:?}");
    assert_eq!(other.unwrap(), Accepted::New);
    assert_eq!(ids(&inbox.take(9, LEASE).await.unwrap()), ["c"], "no item of the batch is there");
}

pub async fn a_caller_that_goes_away_loses_nothing(room: &impl Room) {
    let inbox = room.inbox().await;
    for round in 0..20 {
        let id = format!("{round}");
        // Its order is handed in and perhaps committed, but the answer is never told.
        let mut lost = Box::pin(inbox.accept(delivery(&id)));
        assert!(poll_once(&mut lost).await.is_none_or(|answer| answer.is_ok()));
        drop(lost);
        // The platform sends it again.
        inbox.accept(delivery(&id)).await.unwrap();
    }
    assert_eq!(room.number("SELECT count(*) FROM inbox_deliveries").await, 20);
    assert_eq!(inbox.take(99, LEASE).await.unwrap().len(), 20);
}

pub async fn a_key_is_new_again_once_its_retention_is_over(room: &impl Room) {
    let inbox = room.open(Tune { retention: Some(Duration::from_secs(3600)), ..Tune::default() }).await;
    assert_eq!(inbox.retention(), Duration::from_secs(3600));
    inbox.accept(delivery("a")).await.unwrap();
    let job = inbox.take(1, LEASE).await.unwrap().remove(0);
    room.set_micros(START + 10 * SECOND).await;
    assert_eq!(inbox.done(&job.lease).await.unwrap(), Settled::Ok);
    room.set_micros(START + 3609 * SECOND).await;
    assert_eq!(inbox.accept(delivery("a")).await.unwrap(), DUPLICATE);
    room.set_micros(START + 3610 * SECOND).await;
    assert_eq!(inbox.accept(delivery("a")).await.unwrap(), Accepted::New);
    let again = inbox.take(9, LEASE).await.unwrap().remove(0);
    assert_eq!(again.attempt, 1);
    assert!(again.lease.fence() > job.lease.fence());
    assert_ne!(again.lease.id(), job.lease.id());
}

pub async fn a_body_is_sealed_in_its_row(room: &impl Room) {
    let plain = room.inbox().await;
    plain.accept(delivery("before")).await.unwrap();
    let sealed = room.open(Tune { seal: Some((flip, unflip)), ..Tune::default() }).await;
    sealed.accept(delivery("a")).await.unwrap();
    let mut mismatch = delivery("a");
    mismatch.attempts = Attempts::SameBytes;
    mismatch.digest = [0; 32];
    assert_eq!(sealed.accept(mismatch).await.unwrap(), Accepted::Mismatch);
    assert_eq!(
        room.bodies("inbox_deliveries").await,
        [b"body of before".to_vec(), flip(&delivery("a").key, b"body of a")]
    );
    assert_eq!(room.bodies("inbox_quarantine").await, [flip(&delivery("a").key, b"body of a")]);
    let jobs = sealed.take(9, LEASE).await.unwrap();
    assert_eq!(jobs[0].delivery.body, "body of before");
    assert_eq!(jobs[1].delivery.body, "body of a");
}
