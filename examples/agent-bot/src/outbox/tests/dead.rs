use super::fixture::*;
use crate::outbox::Turn;
use crate::state::testing::Room;

#[tokio::test]
async fn a_refusal_is_a_dead_letter_at_once_that_says_what_to_do() {
    for room in Room::each().await {
        let office = Office::open(&room, Stage::answering([refused()])).await;
        office.put(&draft("a", place("C1", "1"), &["one"])).await;
        office.deliver(&room).await;
        let mut tx = office.state.read().await.unwrap();
        let dead = office.outbox.dead(&mut tx, 10).await.unwrap();
        assert_eq!(dead.len(), 1);
        assert_eq!(office.outbox.show(&mut tx, "a").await.unwrap().as_ref(), dead.first());
        assert_eq!(office.outbox.show(&mut tx, "b").await.unwrap(), None);
        let told = dead[0].to_string();
        for piece in ["slack:T1:C1", "a\n", "not_in_channel: add the bot to the channel", "2026-"] {
            assert!(told.contains(piece), "{told}");
        }
    }
}

#[tokio::test]
async fn a_dead_letter_is_said_again_under_the_same_key_and_the_audit_knows_who_did_it() {
    for room in Room::each().await {
        let office = Office::open(&room, Stage::answering([refused()])).await;
        office.put(&draft("a", place("C1", "1"), &["one"])).await;
        office.deliver(&room).await;
        let mut tx = office.state.begin().await.unwrap();
        assert!(office.outbox.replay(&mut tx, "a", "ada", "the bot was added").await.unwrap());
        assert!(!office.outbox.replay(&mut tx, "a", "ada", "again").await.unwrap());
        assert!(!office.outbox.replay(&mut tx, "b", "ada", "none").await.unwrap());
        tx.commit().await.unwrap();
        office.deliver(&room).await;
        assert_eq!(office.stage.calls(), [called("send", "one", "a/1"), called("send", "one", "a/1")]);
        assert_eq!(office.row("a").await, "sent");
        assert_eq!(office.acts().await, ["bot outbox.dead", "operator:ada outbox.replayed"]);
    }
}

#[tokio::test]
async fn a_dead_letter_that_is_let_go_is_not_said() {
    for room in Room::each().await {
        let office = Office::open(&room, Stage::answering([refused()])).await;
        office.put(&draft("a", place("C1", "1"), &["one"])).await;
        office.deliver(&room).await;
        let mut tx = office.state.begin().await.unwrap();
        assert!(office.outbox.discard(&mut tx, "a", "ada", "too late").await.unwrap());
        assert!(!office.outbox.discard(&mut tx, "a", "ada", "again").await.unwrap());
        assert!(!office.outbox.replay(&mut tx, "a", "ada", "after all").await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(office.turn().await, Turn::Idle(None));
        assert_eq!(office.acts().await, ["bot outbox.dead", "operator:ada outbox.discarded"]);
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_a_dead_letter_and_holds_up_nobody() {
    for room in Room::each().await {
        let office = Office::open(&room, Stage::default()).await;
        for (step, sql) in [
            ("message", "UPDATE bot_outbox SET message = '{\"unheard\":1}' WHERE step = 'message'"),
            ("place", "UPDATE bot_outbox SET place = '{\"unheard\":1}' WHERE step = 'place'"),
            ("person", "UPDATE bot_outbox SET person = '{\"unheard\":1}' WHERE step = 'person'"),
        ] {
            office.put(&draft(step, place("C1", step), &["from another release"])).await;
            let mut tx = office.state.begin().await.unwrap();
            tx.query(sql).run().await.unwrap();
            tx.commit().await.unwrap();
        }
        office.put(&draft("good", place("C1", "1"), &["one"])).await;
        office.deliver(&room).await;
        assert_eq!(office.stage.texts(), ["one"]);
        let mut tx = office.state.read().await.unwrap();
        let dead = office.outbox.dead(&mut tx, 10).await.unwrap();
        assert_eq!(dead.len(), 3);
        assert!(dead.iter().all(|dead| dead.to_string().contains("cannot be read")), "{dead:?}");
        assert_eq!(office.acts().await, ["bot outbox.dead"; 3]);
    }
}
