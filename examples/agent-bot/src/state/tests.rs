use std::time::Duration;

use imchat_inbox::{Queue, SqliteInbox};
use imchat_test_servers::Folder;
use imchat_verify::dedup::DedupKey;
use imchat_verify::inbox::Delivery;
use time::OffsetDateTime;

use super::testing::{Room, START};
use super::*;
use crate::config::Secret;

/// A table of the test's own, beside the migrations' ones.
async fn with_table(room: &Room) -> State {
    let state = room.state().await;
    let mut tx = state.begin().await.unwrap();
    tx.query("CREATE TABLE IF NOT EXISTS bot_test (name TEXT PRIMARY KEY, count BIGINT)").run().await.unwrap();
    tx.commit().await.unwrap();
    state
}

async fn count(state: &State) -> i64 {
    let mut tx = state.read().await.unwrap();
    tx.query("SELECT count(*) AS rows FROM bot_test").row().await.unwrap().unwrap().number("rows").unwrap()
}

#[tokio::test]
async fn one_text_of_sql_serves_both_databases() {
    for room in Room::each().await {
        let state = with_table(&room).await;
        let mut tx = state.begin().await.unwrap();
        let add = "INSERT INTO bot_test (name, count) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
        assert_eq!(tx.query(add).bind("a").bind(1).run().await.unwrap(), 1);
        assert_eq!(tx.query(add).bind("a").bind(2).run().await.unwrap(), 0);
        assert_eq!(tx.query(add).bind("b").bind(None::<i64>).run().await.unwrap(), 1);
        tx.commit().await.unwrap();

        let mut tx = state.read().await.unwrap();
        let rows = tx.query("SELECT name, count FROM bot_test ORDER BY name").rows().await.unwrap();
        let told: Vec<_> =
            rows.iter().map(|row| (row.text("name").unwrap(), row.maybe_number("count").unwrap())).collect();
        assert_eq!(told, [("a".to_owned(), Some(1)), ("b".to_owned(), None)]);
        assert!(matches!(rows[1].number("count"), Err(StateError::Row("count"))));
        assert!(matches!(rows[0].number("nothing"), Err(StateError::Row("nothing"))));
    }
}

#[tokio::test]
async fn a_transaction_that_is_dropped_did_nothing() {
    for room in Room::each().await {
        let state = with_table(&room).await;
        let mut tx = state.begin().await.unwrap();
        tx.query("INSERT INTO bot_test (name) VALUES ('a')").run().await.unwrap();
        drop(tx);
        let mut tx = state.begin().await.unwrap();
        tx.query("INSERT INTO bot_test (name) VALUES ('b')").run().await.unwrap();
        tx.rollback().await.unwrap();
        assert_eq!(count(&state).await, 0);
    }
}

#[tokio::test]
async fn what_only_reads_cannot_write() {
    for room in Room::each().await {
        let state = with_table(&room).await;
        let mut tx = state.read().await.unwrap();
        let error = tx.query("INSERT INTO bot_test (name) VALUES ('a')").run().await.unwrap_err();
        assert!(matches!(error, StateError::ReadOnly(_)), "{error:?}");
    }
}

#[tokio::test]
async fn the_time_is_the_stores() {
    for room in Room::each().await {
        let state = room.state().await;
        assert_eq!(state.begin().await.unwrap().now().await.unwrap(), START);
        room.pass(Duration::from_millis(1500)).await;
        assert_eq!(state.read().await.unwrap().now().await.unwrap(), START + 1_500_000);
    }
}

#[tokio::test]
async fn postgresql_tells_its_own_time() {
    let Some(room) = Room::postgres_with_its_clock().await else { return };
    let state = State::open_with(&room.database, || OffsetDateTime::UNIX_EPOCH).await.unwrap();
    let told = state.begin().await.unwrap().now().await.unwrap();
    let here = i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1000).unwrap();
    assert!(here.abs_diff(told) < 60_000_000, "{told} is not now");
}

#[tokio::test]
async fn opening_again_changes_nothing() {
    for room in Room::each().await {
        let state = with_table(&room).await;
        let mut tx = state.begin().await.unwrap();
        tx.query("INSERT INTO bot_test (name) VALUES ('a')").run().await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(&room.state().await).await, 1);
    }
}

#[tokio::test]
async fn many_may_open_a_new_database_at_once() {
    for room in Room::each().await {
        let opening: Vec<_> = (0..8)
            .map(|_| {
                let database = room.database.clone();
                tokio::spawn(async move { State::open(&database).await.map(drop) })
            })
            .collect();
        for open in opening {
            open.await.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn tables_of_a_newer_release_are_refused() {
    for room in Room::each().await {
        let state = room.state().await;
        let mut tx = state.begin().await.unwrap();
        tx.query("INSERT INTO bot_migrations (number) VALUES (4711)").run().await.unwrap();
        tx.commit().await.unwrap();
        let error = State::open(&room.database).await.unwrap_err();
        assert!(matches!(error, StateError::Version { found: 4711, .. }), "{error:?}");
        assert!(error.to_string().ends_with("run the newer release"), "{error}");
    }
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_told() {
    let folder = Folder::new("state").unwrap();
    let error = State::open(&Database::Sqlite(folder.path().join("none/bot.db"))).await.unwrap_err();
    assert!(matches!(error, StateError::Unreachable(_)), "{error:?}");
    assert!(error.to_string().contains("DATABASE_URL"), "{error}");
}

#[tokio::test]
async fn a_file_of_another_kind_is_left_as_it_was() {
    let folder = Folder::new("state").unwrap();
    let file = folder.path().join("bot.db");
    let text = "a shopping list, and long enough to look like something: ".repeat(20);
    std::fs::write(&file, &text).unwrap();
    let error = State::open(&Database::Sqlite(file.clone())).await.unwrap_err();
    assert!(matches!(error, StateError::Foreign(_)), "{error:?}");
    assert_eq!(std::fs::read_to_string(file).unwrap(), text);
}

#[tokio::test]
async fn another_programs_database_is_refused() {
    let room = Room::sqlite();
    let Database::Sqlite(file) = &room.database else { unreachable!() };
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let mut db = options.connect().await.unwrap();
    sqlx::raw_sql("CREATE TABLE songs (name TEXT)").execute(&mut db).await.unwrap();
    let error = State::open(&room.database).await.unwrap_err();
    assert!(matches!(error, StateError::Foreign("a database with other tables")), "{error:?}");
}

#[tokio::test]
async fn a_role_that_may_not_write_is_told_so() {
    let Some(room) = Room::postgres().await else { return };
    let Database::Postgres(url) = &room.database else { unreachable!() };
    let url = format!("{}%20-c%20default_transaction_read_only%3Don", url.expose());
    let error = State::open(&Database::Postgres(Secret::new(url))).await.unwrap_err();
    assert!(matches!(error, StateError::ReadOnly(_)), "{error:?}");
    assert!(error.to_string().contains("takes no writes"), "{error}");
}

#[tokio::test]
async fn a_url_that_is_none_is_told_without_being_shown() {
    let error = State::open(&Database::Postgres(Secret::new("postgres://ada:hunter2 @:x/"))).await.unwrap_err();
    assert!(matches!(error, StateError::Url), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
}

/// The inbox's writer and the bot's transactions share the file; both are under load, and nobody is turned away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_inbox_and_the_bot_share_a_file_without_a_lock_error() {
    let room = Room::sqlite();
    let state = with_table(&room).await;
    let Database::Sqlite(file) = &room.database else { unreachable!() };
    let inbox = SqliteInbox::builder().beside_other_tables().open(file).await.unwrap();

    let mut tasks = Vec::new();
    for who in 0..8 {
        let inbox = inbox.clone();
        tasks.push(tokio::spawn(async move {
            for number in 0..50 {
                let id = format!("{who}/{number}");
                let delivery =
                    Delivery::new(DedupKey::from_bytes(id.as_bytes()), "test", "{}", OffsetDateTime::UNIX_EPOCH);
                inbox.enqueue(delivery).await.unwrap();
            }
        }));
        let state = state.clone();
        tasks.push(tokio::spawn(async move {
            for number in 0..50 {
                let mut tx = state.begin().await.unwrap();
                let name = format!("{who}/{number}");
                tx.query("INSERT INTO bot_test (name) VALUES ($1)").bind(name).run().await.unwrap();
                tx.commit().await.unwrap();
                count(&state).await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(count(&state).await, 400);
    assert_eq!(inbox.take(1000, Duration::from_secs(60)).await.unwrap().len(), 400);
}

/// A job ends in the same transaction as what it did, or neither happened.
#[tokio::test]
async fn a_job_ends_in_the_transaction_of_its_effect() {
    let room = Room::sqlite();
    let state = with_table(&room).await;
    let Database::Sqlite(file) = &room.database else { unreachable!() };
    let inbox = SqliteInbox::builder().beside_other_tables().open(file).await.unwrap();
    let delivery = Delivery::new(DedupKey::from_bytes(b"1"), "test", "{}", OffsetDateTime::UNIX_EPOCH);
    inbox.enqueue(delivery).await.unwrap();
    let jobs = inbox.take(1, Duration::from_secs(60)).await.unwrap();

    let mut tx = state.begin().await.unwrap();
    tx.query("INSERT INTO bot_test (name) VALUES ('effect')").run().await.unwrap();
    let settled = inbox.done_in(tx.sqlite().unwrap(), &jobs[0].lease).await.unwrap();
    assert_eq!(settled, imchat_verify::dedup::Settled::Ok);
    tx.commit().await.unwrap();
    assert_eq!(count(&state).await, 1);
}
