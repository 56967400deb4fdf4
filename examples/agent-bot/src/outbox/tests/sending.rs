use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::fixture::*;
use crate::outbox::row::Taken;
use crate::outbox::settle::{Came, record};
use crate::outbox::{Put, Turn};
use crate::platform::Sent;
use crate::state::testing::Room;

const LEASE: Duration = Duration::from_secs(60);

/// Taken by a sender that dies or pauses before it records anything.
async fn taken(office: &Office) -> Taken {
    let mut tx = office.state.begin().await.unwrap();
    let taken = office.outbox.take(&mut tx, LEASE, |_| Duration::ZERO).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    taken
}

#[tokio::test]
async fn the_same_step_is_said_once() {
    for room in Room::each().await {
        let office = Office::open(&room, Stage::default()).await;
        let first = draft("job/answer", place("C1", "1"), &["one"]);
        assert_eq!(office.put(&first).await, Put::New);
        // The job is worked on again, and its model says something else.
        assert_eq!(office.put(&draft("job/answer", place("C1", "1"), &["another"])).await, Put::Known);
        office.deliver(&room).await;
        assert_eq!(office.put(&first).await, Put::Known);
        assert_eq!(office.stage.calls(), [called("send", "one", "job/answer/1")]);
        assert_eq!(office.row("job/answer").await, "sent");
    }
}

#[tokio::test]
async fn what_is_rolled_back_is_not_said() {
    for room in Room::each().await {
        let office = Office::open(&room, Stage::default()).await;
        let mut tx = office.state.begin().await.unwrap();
        office.outbox.put(&mut tx, &draft("a", place("C1", "1"), &["one"])).await.unwrap();
        tx.rollback().await.unwrap();
        assert_eq!(office.turn().await, Turn::Idle(None));
        assert_eq!(office.stage.calls(), []);
    }
}

#[tokio::test]
async fn messages_to_one_channel_are_apart_for_all_processes() {
    for room in Room::each().await {
        let (office, other) =
            (Office::open(&room, Stage::default()).await, Office::open(&room, Stage::default()).await);
        office.put(&draft("a", place("C1", "1"), &["one"])).await;
        office.put(&draft("b", place("C1", "2"), &["two"])).await;
        office.put(&draft("c", place("C2", "1"), &["elsewhere"])).await;
        assert_eq!(office.turn().await, Turn::Did);
        assert_eq!(other.turn().await, Turn::Did);
        assert_eq!(other.stage.texts(), ["elsewhere"]);
        assert_eq!(other.turn().await, Turn::Idle(Some(APART)));
        room.pass(APART).await;
        assert_eq!(other.turn().await, Turn::Did);
        assert_eq!(other.stage.texts(), ["elsewhere", "two"]);
    }
}

#[tokio::test]
async fn what_was_said_to_one_place_arrives_in_order() {
    for room in Room::each().await {
        let office = Office::open(&room, Stage::default()).await;
        let steps: Vec<_> = (0..10).map(|number| format!("job-{}", 9 - number)).collect();
        for step in &steps {
            office.put(&draft(step, place("C1", "1"), &[step])).await;
        }
        office.deliver(&room).await;
        assert_eq!(office.stage.texts(), steps);
    }
}

#[tokio::test]
async fn a_long_message_goes_piece_by_piece_each_with_its_own_key() {
    for room in Room::each().await {
        let office = Office::open(&room, Stage::default()).await;
        office.put(&draft("a", place("C1", "1"), &["one", "two"])).await;
        assert_eq!(office.turn().await, Turn::Did);
        assert_eq!(office.row("a").await, "waiting");
        // The process ends here, and the next one goes on where it was.
        let office = Office::sealing(&room, office.stage, seal(1)).await;
        office.deliver(&room).await;
        assert_eq!(office.stage.calls(), [called("send", "one", "a/1"), called("send", "two", "a/2")]);
    }
}

#[tokio::test]
async fn killed_between_sending_and_recording_it_is_sent_again_under_the_same_key() {
    for room in Room::each().await {
        let office = Office::open(&room, Stage::default()).await;
        office.put(&draft("a", place("C1", "1"), &["one"])).await;
        let dead = taken(&office).await;
        assert_eq!(office.turn().await, Turn::Idle(Some(LEASE)));
        room.pass(LEASE).await;
        office.deliver(&room).await;
        assert_eq!(office.stage.calls(), [called("send", "one", "a/1")]);
        // It was only slow, and records nothing over what the next one did.
        let sent = Sent { place: place("C1", "1"), message: Some("late".to_owned()) };
        let mut tx = office.state.begin().await.unwrap();
        assert!(!record(&office.outbox, &mut tx, &dead, Came::Sent(sent, 1), 0).await.unwrap());
        assert!(!record(&office.outbox, &mut tx, &dead, Came::Never("late".to_owned()), 0).await.unwrap());
        assert_eq!(Taken::find(&mut tx, "a").await.unwrap().fence, dead.fence + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_senders_send_each_message_once() {
    for room in Room::each().await {
        let stage = Arc::new(Stage::default());
        let first = Office::sealing(&room, Arc::clone(&stage), seal(1)).await;
        for number in 0..20 {
            let channel = format!("C{number}");
            first.put(&draft(&format!("job-{number}"), place(&channel, "1"), &[&channel])).await;
        }
        let mut senders = Vec::new();
        for _ in 0..4 {
            let office = Office::sealing(&room, Arc::clone(&stage), seal(1)).await;
            senders.push(tokio::spawn(async move { while office.turn().await == Turn::Did {} }));
        }
        for sender in senders {
            sender.await.unwrap();
        }
        first.deliver(&room).await;
        let mut texts = stage.texts();
        texts.sort();
        texts.dedup();
        assert_eq!((texts.len(), stage.calls().len()), (20, 20));
    }
}

#[tokio::test]
async fn told_to_stop_it_ends_what_is_under_way() {
    let room = Room::sqlite();
    let stage = Stage { gate: Some((Notify::new(), Notify::new())), ..Stage::default() };
    let office = Office::open(&room, stage).await;
    office.put(&draft("a", place("C1", "1"), &["one"])).await;
    office.put(&draft("b", place("C2", "1"), &["two"])).await;
    let (stop, stopped) = watch::channel(false);
    let sender = office.sender.clone();
    let running = tokio::spawn(async move { sender.run(1, stopped).await });
    let (inside, go) = office.stage.gate.as_ref().unwrap();
    inside.notified().await;
    stop.send(true).unwrap();
    go.notify_one();
    running.await.unwrap();
    assert_eq!((office.row("a").await.as_str(), office.row("b").await.as_str()), ("sent", "waiting"));
}

#[tokio::test]
async fn what_is_over_is_forgotten_and_its_lane_counts_on() {
    for room in Room::each().await {
        let office = Office::open(&room, Stage::default()).await;
        let day = Duration::from_secs(86_400);
        office.put(&draft("old", place("C1", "1"), &["one"])).await;
        office.deliver(&room).await;
        room.pass(day).await;
        office.put(&draft("young", place("C1", "1"), &["two"])).await;
        office.deliver(&room).await;
        for forgotten in [1, 0] {
            let mut tx = office.state.begin().await.unwrap();
            assert_eq!(office.outbox.forget(&mut tx, day / 2).await.unwrap(), forgotten);
            tx.commit().await.unwrap();
        }
        room.pass(day).await;
        let mut tx = office.state.begin().await.unwrap();
        assert_eq!(office.outbox.forget(&mut tx, day / 2).await.unwrap(), 1);
        tx.commit().await.unwrap();
        office.put(&draft("new", place("C1", "1"), &["three"])).await;
        office.deliver(&room).await;
        assert_eq!(office.stage.texts(), ["one", "two", "three"]);
    }
}
