use std::sync::Arc;

use super::*;
use crate::config::Database;
use crate::state::State;
use crate::state::testing::Room;
use crate::who::PlatformName;

/// Takes away what refuses changes, as only the database's owner can.
const SQLITE: [&str; 4] = [
    "DROP TRIGGER bot_audit_stays",
    "DROP TRIGGER bot_audit_is_kept",
    "DROP TRIGGER bot_audit_head_is_kept",
    "DROP TRIGGER bot_audit_head_only_grows",
];
const POSTGRES: [&str; 3] = [
    "DROP TRIGGER bot_audit_stays ON bot_audit",
    "DROP TRIGGER bot_audit_head_is_kept ON bot_audit_head",
    "DROP TRIGGER bot_audit_head_only_grows ON bot_audit_head",
];

fn ada() -> Person {
    Person { platform: PlatformName::Slack, tenant: "T1".to_owned(), user: "ada".to_owned() }
}

async fn add(state: &State, what: &str) {
    let (mut tx, ada) = (state.begin().await.unwrap(), ada());
    let who = if what == "1" { Who::Person(&ada) } else { Who::Bot };
    let entry = Entry { act: "plan.done", who, tenant: "T1", what, digest: Some("d"), detail: "x" };
    append(&mut tx, entry).await.unwrap();
    tx.commit().await.unwrap();
}

/// Five rows.
async fn written(room: &Room) -> State {
    let state = room.state().await;
    for number in 1..=5 {
        add(&state, &number.to_string()).await;
    }
    state
}

async fn chain(state: &State) -> Chain {
    verify(&mut state.read().await.unwrap()).await.unwrap()
}

async fn tampered(room: &Room, statements: &[&'static str]) -> Chain {
    let state = written(room).await;
    let mut tx = state.begin().await.unwrap();
    let triggers = if matches!(room.database, Database::Sqlite(_)) { &SQLITE[..] } else { &POSTGRES[..] };
    for statement in triggers.iter().chain(statements) {
        tx.query(statement).run().await.unwrap();
    }
    tx.commit().await.unwrap();
    chain(&state).await
}

#[tokio::test]
async fn a_chain_that_nobody_touched_is_whole() {
    for room in Room::each().await {
        let state = room.state().await;
        assert_eq!(chain(&state).await.to_string(), "The audit is empty.");
        let state = written(&room).await;
        let whole = chain(&state).await;
        let Chain::Whole { rows: 5, hash } = &whole else { panic!("{whole}") };
        assert!(whole.is_whole() && whole.to_string().contains(hash));
        let rows = rows(&mut state.read().await.unwrap(), 0, 10).await.unwrap();
        assert_eq!((&*rows[0].who, &*rows[1].who, &rows[4].hash), ("slack:T1:ada", "bot", hash));
        assert!(rows[0].to_string().contains("plan.done  slack:T1:ada  1  d  x"), "{}", rows[0]);
    }
}

#[tokio::test]
async fn a_chain_longer_than_a_page_is_read_to_its_end() {
    let room = Room::sqlite();
    let state = room.state().await;
    let mut tx = state.begin().await.unwrap();
    for number in 0..1203 {
        let what = number.to_string();
        let entry = Entry { act: "plan.done", who: Who::Bot, tenant: "T1", what: &what, digest: None, detail: "" };
        append(&mut tx, entry).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert!(matches!(chain(&state).await, Chain::Whole { rows: 1203, .. }));
}

#[tokio::test]
async fn the_database_refuses_to_change_or_delete_a_row() {
    for room in Room::each().await {
        let state = written(&room).await;
        for statement in [
            "UPDATE bot_audit SET detail = 'y' WHERE number = 2",
            "DELETE FROM bot_audit WHERE number = 5",
            "DELETE FROM bot_audit_head",
            "UPDATE bot_audit_head SET number = 4",
            "UPDATE bot_audit_head SET number = 7",
        ] {
            let mut tx = state.begin().await.unwrap();
            assert!(tx.query(statement).run().await.is_err(), "{statement}");
            tx.rollback().await.unwrap();
        }
        assert!(chain(&state).await.is_whole());
    }
}

#[tokio::test]
async fn verify_names_the_first_row_that_is_not_as_it_was_written() {
    let cases: [(&[&'static str], i64, Fault); 12] = [
        (&["UPDATE bot_audit SET detail = 'y' WHERE number = 2"], 2, Fault::Altered),
        (&["UPDATE bot_audit SET who = 'slack:T1:eve' WHERE number >= 3"], 3, Fault::Altered),
        (&["UPDATE bot_audit SET digest = NULL WHERE number = 1"], 1, Fault::Altered),
        (&["UPDATE bot_audit SET at = at + 1 WHERE number = 5"], 5, Fault::Altered),
        (&["UPDATE bot_audit SET hash = 'x' WHERE number = 4"], 4, Fault::Altered),
        (&["UPDATE bot_audit SET before = '' WHERE number = 4"], 4, Fault::Altered),
        (&["DELETE FROM bot_audit WHERE number = 3"], 3, Fault::Missing),
        (&["DELETE FROM bot_audit WHERE number <= 2"], 1, Fault::Missing),
        (&["DELETE FROM bot_audit WHERE number >= 4"], 4, Fault::Missing),
        (&["DELETE FROM bot_audit"], 1, Fault::Missing),
        (&["UPDATE bot_audit_head SET hash = 'x'"], 5, Fault::End),
        (
            &["UPDATE bot_audit_head SET number = 3, hash = (SELECT hash FROM bot_audit WHERE number = 3)"],
            4,
            Fault::Added,
        ),
    ];
    for (statements, number, fault) in cases {
        let broken = tampered(&Room::sqlite(), statements).await;
        assert_eq!(broken, Chain::Broken { number, fault }, "{statements:?}");
        assert!(broken.to_string().contains(&format!("row {number} ")), "{broken}");
    }
}

#[tokio::test]
async fn a_row_of_another_chain_does_not_fit_in() {
    let room = Room::sqlite();
    // The second row as it would be, had the first one been another.
    let link = chain::Link {
        number: 2,
        at: crate::state::testing::START,
        act: "plan.done",
        who: "bot",
        tenant: "T1",
        what: "2",
        digest: Some("d"),
        detail: "x",
    };
    let hash = URL_SAFE_NO_PAD.encode(link.hash("other"));
    let state = written(&room).await;
    let mut tx = state.begin().await.unwrap();
    for statement in SQLITE {
        tx.query(statement).run().await.unwrap();
    }
    let sql = "UPDATE bot_audit SET before = 'other', hash = $1 WHERE number = 2";
    tx.query(sql).bind(hash).run().await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(chain(&state).await, Chain::Broken { number: 2, fault: Fault::Unlinked });
}

#[tokio::test]
async fn a_chain_broken_in_postgresql_is_told_too() {
    let Some(room) = Room::postgres().await else { return };
    let broken = tampered(&room, &["UPDATE bot_audit SET detail = 'y' WHERE number = 2"]).await;
    assert_eq!(broken, Chain::Broken { number: 2, fault: Fault::Altered });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_append_at_once_and_the_chain_has_one_end() {
    for room in Room::each().await {
        let state = Arc::new(room.state().await);
        let appending: Vec<_> = (0..30)
            .map(|number| {
                let state = Arc::clone(&state);
                tokio::spawn(async move { add(&state, &number.to_string()).await })
            })
            .collect();
        for one in appending {
            // What is appended meanwhile breaks nothing that is looked at.
            assert!(chain(&state).await.is_whole());
            one.await.unwrap();
        }
        assert!(matches!(chain(&state).await, Chain::Whole { rows: 30, .. }));
    }
}

#[tokio::test]
async fn what_is_rolled_back_leaves_no_row() {
    for room in Room::each().await {
        let state = written(&room).await;
        let mut tx = state.begin().await.unwrap();
        let entry = Entry { act: "plan.done", who: Who::Bot, tenant: "T1", what: "6", digest: None, detail: "" };
        append(&mut tx, entry).await.unwrap();
        tx.rollback().await.unwrap();
        assert!(matches!(chain(&state).await, Chain::Whole { rows: 5, .. }));
    }
}

#[test]
fn an_operator_is_nobody_of_a_platform() {
    let told = Who::Operator("slack:T1:ada\n\u{202e}").to_string();
    assert!(told.starts_with("operator:slack:T1:ada") && !told.contains('\u{202e}'), "{told}");
}
