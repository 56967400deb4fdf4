use super::fixture::*;
use crate::outbox::Turn;
use crate::platform::SendError;
use crate::state::testing::Room;

#[tokio::test]
async fn an_edit_waits_for_its_message() {
    for room in Room::each().await {
        let office = Office::open(&room, Stage::answering([SendError::Unreachable])).await;
        office.put(&draft("card", place("C1", "1"), &["asked"])).await;
        assert_eq!(office.turn().await, Turn::Did);
        office.put(&edit("done", "card", &["done"])).await;
        office.deliver(&room).await;
        assert_eq!(
            office.stage.calls(),
            [called("send", "asked", "card/1"), called("send", "asked", "card/1"), called("card/1", "done", "")]
        );
    }
}

#[tokio::test]
async fn of_several_edits_that_wait_only_the_newest_is_sent() {
    for room in Room::each().await {
        let office = Office::open(&room, Stage::default()).await;
        office.put(&draft("card", place("C1", "1"), &["asked"])).await;
        for step in ["approved", "running", "done"] {
            office.put(&edit(step, "card", &[step])).await;
        }
        office.deliver(&room).await;
        assert_eq!(office.stage.texts(), ["asked", "done"]);
        assert_eq!(office.row("approved").await, "superseded");
        assert_eq!(office.row("running").await, "superseded");
    }
}

#[tokio::test]
async fn an_edit_from_another_place_still_follows_its_message() {
    let room = Room::sqlite();
    let office = Office::open(&room, Stage::answering([SendError::Unreachable])).await;
    office.put(&draft("card", place("C1", "1"), &["asked"])).await;
    let mut edit = edit("done", "card", &["done"]);
    edit.to.place.thread = None;
    office.put(&edit).await;
    office.deliver(&room).await;
    assert_eq!(office.stage.texts(), ["asked", "asked", "done"]);
}

#[tokio::test]
async fn a_message_without_an_id_is_said_anew() {
    let room = Room::sqlite();
    let office = Office::open(&room, Stage { fleeting: true, ..Stage::default() }).await;
    office.put(&draft("card", place("C1", "1"), &["asked"])).await;
    office.put(&edit("done", "card", &["done"])).await;
    office.deliver(&room).await;
    assert_eq!(office.stage.calls(), [called("send", "asked", "card/1"), called("send", "done", "done/1")]);
}

#[tokio::test]
async fn what_an_edit_adds_is_what_the_next_one_edits() {
    for room in Room::each().await {
        let office = Office::open(&room, Stage::default()).await;
        office.put(&draft("card", place("C1", "1"), &["asked"])).await;
        office.deliver(&room).await;
        office.put(&edit("long", "card", &["one", "two"])).await;
        office.deliver(&room).await;
        office.put(&edit("end", "card", &["three", "four"])).await;
        office.deliver(&room).await;
        assert_eq!(
            office.stage.calls()[1..],
            [
                called("card/1", "one", ""),
                called("send", "two", "long/2"),
                called("card/1", "three", ""),
                called("long/2", "four", ""),
            ]
        );
    }
}

#[tokio::test]
async fn a_shorter_edit_leaves_nothing_to_press() {
    let room = Room::sqlite();
    let office = Office::open(&room, Stage::default()).await;
    office.put(&draft("card", place("C1", "1"), &["asked", "buttons"])).await;
    office.put(&edit("done", "card", &["done"])).await;
    office.deliver(&room).await;
    let last = office.stage.calls().pop().unwrap();
    assert!(last.how == "card/2" && last.text.contains('…'), "{last:?}");
}

#[tokio::test]
async fn an_edit_of_what_was_never_said_is_a_dead_letter() {
    let room = Room::sqlite();
    let refused = SendError::Refused { code: "channel_not_found".to_owned(), remedy: "add the bot to the channel" };
    let office = Office::open(&room, Stage::answering([refused])).await;
    office.put(&draft("card", place("C1", "1"), &["asked"])).await;
    office.put(&edit("done", "card", &["done"])).await;
    office.put(&edit("lost", "no such step", &["lost"])).await;
    office.deliver(&room).await;
    for step in ["done", "lost"] {
        assert!(office.column(step, "why").await.unwrap().contains("was never sent"), "{step}");
    }
}
