use std::time::Duration;

use tokio::sync::Notify;

use super::fixture::*;
use crate::outbox::Turn;
use crate::outbox::settle::backoff;
use crate::platform::SendError;
use crate::state::testing::Room;

#[tokio::test]
async fn a_failure_of_the_moment_is_tried_again_and_nothing_overtakes() {
    for room in Room::each().await {
        let office = Office::open(&room, Stage::answering([SendError::Unreachable, SendError::Unreachable])).await;
        office.put(&draft("a", place("C1", "1"), &["one"])).await;
        office.put(&draft("b", place("C1", "1"), &["two"])).await;
        assert_eq!(office.turn().await, Turn::Did);
        assert_eq!(office.turn().await, Turn::Idle(Some(FIRST)));
        room.pass(FIRST).await;
        assert_eq!(office.turn().await, Turn::Did);
        assert_eq!(office.turn().await, Turn::Idle(Some(FIRST * 2)));
        office.deliver(&room).await;
        assert_eq!(office.stage.texts(), ["one", "one", "one", "two"]);
    }
}

#[tokio::test]
async fn an_answer_that_says_nothing_is_asked_for_again_under_the_same_key() {
    for room in Room::each().await {
        let office = Office::open(&room, Stage::answering([SendError::Unknown("no answer in time")])).await;
        office.put(&draft("a", place("C1", "1"), &["one"])).await;
        office.deliver(&room).await;
        assert_eq!(office.stage.calls(), [called("send", "one", "a/1"), called("send", "one", "a/1")]);
        assert_eq!(office.row("a").await, "sent");
    }
}

#[tokio::test]
async fn retry_after_holds_the_channel_and_nothing_else() {
    for room in Room::each().await {
        let wait = Duration::from_secs(30);
        let office = Office::open(&room, Stage::answering([SendError::RateLimited { retry_after: Some(wait) }])).await;
        office.put(&draft("a", place("C1", "1"), &["one"])).await;
        office.put(&draft("b", place("C1", "2"), &["two"])).await;
        assert_eq!(office.turn().await, Turn::Did);
        assert_eq!(office.turn().await, Turn::Idle(Some(wait)));
        office.put(&draft("c", place("C2", "1"), &["elsewhere"])).await;
        assert_eq!(office.turn().await, Turn::Did);
        room.pass(wait - Duration::from_micros(1)).await;
        assert_eq!(office.turn().await, Turn::Idle(Some(Duration::from_micros(1))));
        office.deliver(&room).await;
        assert_eq!(office.stage.texts()[..2], ["one", "elsewhere"]);
        assert_eq!(office.stage.calls().len(), 4);
    }
}

#[tokio::test]
async fn a_channel_over_its_rate_is_nobodys_failure() {
    let room = Room::sqlite();
    let limited = SendError::RateLimited { retry_after: Some(Duration::from_secs(1)) };
    let office = Office::open(&room, Stage::answering(vec![limited; 50])).await;
    office.put(&draft("a", place("C1", "1"), &["one"])).await;
    office.deliver(&room).await;
    assert_eq!((office.row("a").await.as_str(), office.stage.calls().len()), ("sent", 51));
}

#[tokio::test]
async fn a_rate_limit_without_end_is_a_dead_letter_after_a_day() {
    for room in Room::each().await {
        let limited = SendError::RateLimited { retry_after: Some(Duration::from_secs(3600)) };
        let office = Office::open(&room, Stage::answering(vec![limited.clone(); 30])).await;
        office.put(&draft("a", place("C1", "1"), &["one"])).await;
        office.deliver(&room).await;
        assert_eq!(office.row("a").await, "dead");
        let why = office.column("a", "why").await.unwrap();
        assert!(why.contains("rate limit") && why.contains("a day"), "{why}");
        assert_eq!(office.stage.calls().len(), 25, "at once, and after each hour of a day");
        assert_eq!(office.acts().await, ["bot outbox.dead"]);
        // Replayed, it has another day.
        *office.stage.answers.lock().unwrap() = [limited].into();
        let mut tx = office.state.begin().await.unwrap();
        assert!(office.outbox.replay(&mut tx, "a", "ada", "the limit was raised").await.unwrap());
        tx.commit().await.unwrap();
        office.deliver(&room).await;
        assert_eq!(office.row("a").await, "sent");
    }
}

#[tokio::test]
async fn a_wait_without_end_is_one_of_an_hour() {
    let room = Room::sqlite();
    let office =
        Office::open(&room, Stage::answering([SendError::RateLimited { retry_after: Some(Duration::MAX) }])).await;
    office.put(&draft("a", place("C1", "1"), &["one"])).await;
    office.turn().await;
    assert_eq!(office.turn().await, Turn::Idle(Some(Duration::from_secs(3600))));
}

#[tokio::test]
async fn what_fails_for_too_long_is_a_dead_letter_and_keeps_nobody_waiting() {
    for room in Room::each().await {
        let office = Office::open(&room, Stage::answering(vec![SendError::Unreachable; 12])).await;
        office.put(&draft("a", place("C1", "1"), &["one"])).await;
        office.put(&draft("b", place("C1", "1"), &["two"])).await;
        office.deliver(&room).await;
        assert_eq!((office.row("a").await.as_str(), office.row("b").await.as_str()), ("dead", "sent"));
        assert!(office.column("a", "why").await.unwrap().contains("cannot be reached"));
        assert_eq!(office.acts().await, ["bot outbox.dead"]);
    }
}

#[tokio::test]
async fn what_no_platform_here_can_say_is_a_dead_letter_with_the_reason() {
    let room = Room::sqlite();
    let office = Office::open(&room, Stage::default()).await;
    let mut draft = draft("a", place("C1", "1"), &["one"]);
    draft.to.place.platform = crate::who::PlatformName::Discord;
    office.put(&draft).await;
    office.put(&super::fixture::draft("b", place("C1", "1"), &[])).await;
    office.deliver(&room).await;
    assert!(office.column("a", "why").await.unwrap().contains("no discord is set up"));
    assert!(office.column("b", "why").await.unwrap().contains("nothing in it"));
}

#[test]
fn waits_grow_and_are_bounded() {
    let waits: Vec<_> = (1..=12).map(|attempt| backoff(attempt, 0).as_secs()).collect();
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
    assert_eq!(backoff(1, u32::MAX), Duration::from_millis(1500));
    assert_eq!(backoff(i64::MAX, u32::MAX), Duration::from_secs(450));
    assert_eq!(backoff(i64::MIN, 0), Duration::from_secs(1));
}

#[tokio::test]
async fn what_ends_its_senders_is_a_dead_letter_in_the_end() {
    let room = Room::sqlite();
    let office = Office::open(&room, Stage::default()).await;
    office.put(&draft("a", place("C1", "1"), &[POISON])).await;
    office.put(&draft("b", place("C1", "1"), &["two"])).await;
    for _ in 0..12 {
        let sender = office.sender.clone();
        assert!(tokio::spawn(async move { sender.turn().await }).await.unwrap_err().is_panic());
        room.pass(Duration::from_secs(20)).await;
    }
    office.deliver(&room).await;
    assert_eq!((office.row("a").await.as_str(), office.row("b").await.as_str()), ("dead", "sent"));
    assert!(office.column("a", "why").await.unwrap().contains("never ended"));
}

#[tokio::test]
async fn a_sender_that_ended_in_a_panic_is_replaced() {
    let room = Room::sqlite();
    let office = Office::open(&room, Stage { gate: Some((Notify::new(), Notify::new())), ..Stage::default() }).await;
    office.put(&draft("a", place("C1", "1"), &[POISON])).await;
    office.put(&draft("b", place("C2", "1"), &["two"])).await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let sender = office.sender.clone();
    let running = tokio::spawn(async move { sender.run(1, stopped).await });
    let (inside, go) = office.stage.gate.as_ref().unwrap();
    tokio::time::timeout(Duration::from_secs(30), inside.notified()).await.expect("the other message is sent");
    go.notify_one();
    stop.send_replace(true);
    running.await.unwrap();
    assert_eq!(office.stage.texts(), ["two"]);
}
