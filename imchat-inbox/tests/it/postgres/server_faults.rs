//! What a server can be other than ready, and what can happen to it.

use std::time::Duration;

use imchat_inbox::{InboxError, PostgresInbox, Queue};
use imchat_verify::inbox::{Accepted, Inbox};
use sqlx::Connection;
use sqlx::postgres::PgConnectOptions;

use super::{Schema, empty_schema};
use crate::room::{LEASE, Room, delivery, futures, ids};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_schema_may_be_opened_by_many_at_once() {
    let Some(options) = empty_schema().await else { return };
    let inboxes = futures(8, |_| PostgresInbox::builder().open_with(options.clone())).await;
    let (mut new, mut duplicates) = (0, 0);
    for inbox in &inboxes {
        match inbox.as_ref().unwrap().accept(delivery("a")).await.unwrap() {
            Accepted::New => new += 1,
            _ => duplicates += 1,
        }
    }
    assert_eq!((new, duplicates), (1, 7));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told() {
    let options = PgConnectOptions::new_without_pgpass().socket("/nowhere").username("inbox");
    let builder = PostgresInbox::builder().lock_timeout(Duration::from_millis(200));
    let error = builder.open_with(options).await.unwrap_err();
    assert!(matches!(error, InboxError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn a_database_that_is_not_there_is_told() {
    let Some(options) = empty_schema().await else { return };
    let error = PostgresInbox::builder().open_with(options.database("elsewhere")).await.unwrap_err();
    assert!(matches!(error, InboxError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn a_url_of_another_kind_is_refused() {
    let error = PostgresInbox::open("no url at all").await.unwrap_err();
    assert!(matches!(error, InboxError::Setting(_)), "{error:?}");
}

#[tokio::test]
async fn a_schema_that_is_not_there_is_told() {
    let Some(options) = empty_schema().await else { return };
    let options = options.options([("search_path", "nowhere")]);
    let error = PostgresInbox::builder().open_with(options).await.unwrap_err();
    assert!(matches!(error, InboxError::Setting(_)), "{error:?}");
}

#[tokio::test]
async fn a_server_that_takes_no_writes_is_told() {
    let Some(room) = Schema::new().await else { return };
    let options = room.options.clone().options([("default_transaction_read_only", "on")]);
    let inbox = PostgresInbox::builder().open_with(options.clone()).await.unwrap();
    let error = inbox.accept(delivery("a")).await.unwrap_err();
    assert!(matches!(error, InboxError::ReadOnly(_)), "{error:?}");
    let Some(empty) = empty_schema().await else { return };
    let read_only = empty.options([("default_transaction_read_only", "on")]);
    let error = PostgresInbox::builder().open_with(read_only).await.unwrap_err();
    assert!(matches!(error, InboxError::ReadOnly(_)), "{error:?}");
}

#[tokio::test]
async fn tables_of_a_newer_release_are_refused() {
    let Some(room) = Schema::new().await else { return };
    sqlx::raw_sql("UPDATE inbox_schema SET version = 99").execute(&mut room.connect().await).await.unwrap();
    let error = PostgresInbox::builder().open_with(room.options.clone()).await.unwrap_err();
    assert!(matches!(error, InboxError::Version { found: 99, known: 1 }), "{error:?}");
}

#[tokio::test]
async fn another_table_of_the_name_is_refused() {
    let Some(options) = empty_schema().await else { return };
    let mut db = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::raw_sql("CREATE TABLE inbox_deliveries (id bigint)").execute(&mut db).await.unwrap();
    let error = PostgresInbox::builder().open_with(options).await.unwrap_err();
    assert!(matches!(error, InboxError::Foreign(_)), "{error:?}");
}

#[tokio::test]
async fn a_held_table_is_told_and_works_again_once_it_is_free() {
    let Some(room) = Schema::new().await else { return };
    let builder = PostgresInbox::builder().lock_timeout(Duration::from_millis(50));
    let inbox = builder.open_with(room.options.clone()).await.unwrap();
    let mut other = room.connect().await;
    let mut held = other.begin().await.unwrap();
    sqlx::query("LOCK TABLE inbox_deliveries").execute(&mut *held).await.unwrap();
    let error = inbox.accept(delivery("a")).await.unwrap_err();
    assert!(matches!(error, InboxError::Locked(_)), "{error:?}");
    held.rollback().await.unwrap();
    assert_eq!(inbox.accept(delivery("a")).await.unwrap(), Accepted::New);
}

#[tokio::test]
async fn a_commit_is_synchronous_though_the_server_says_otherwise() {
    let Some(room) = Schema::new().await else { return };
    let options = room.options.clone().options([("synchronous_commit", "off")]);
    let inbox = PostgresInbox::builder().open_with(options).await.unwrap();
    let mode: String = sqlx::query_scalar("SHOW synchronous_commit").fetch_one(inbox.pool()).await.unwrap();
    assert_eq!(mode, "on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_connection_is_an_error_at_most_and_then_there_is_another() {
    let Some(room) = Schema::new().await else { return };
    let inbox = room.inbox().await;
    for round in 0..5 {
        let id = format!("{round}");
        inbox.accept(delivery(&format!("before {round}"))).await.unwrap();
        room.cut_connections().await;
        // The platform sends again until it is told that the delivery is durable.
        while let Err(error) = inbox.accept(delivery(&id)).await {
            assert!(matches!(error, InboxError::Unreachable(_)), "{error:?}");
        }
    }
    assert_eq!(room.number("SELECT count(*) FROM inbox_deliveries").await, 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_of_other_processes_hear_of_jobs() {
    let Some(room) = Schema::new().await else { return };
    let (here, there) = (room.inbox().await, room.inbox().await);
    hear(&here, &there, "a").await;
    room.cut_connections().await;
    // It hears again once it is connected again, and looks for what it may have missed.
    soon(&here).await;
    while there.accept(delivery("b")).await.is_err() {}
    soon(&here).await;
    while ids(&here.take(9, LEASE).await.unwrap_or_default()) != ["b"] {}
}

async fn hear(here: &PostgresInbox, there: &PostgresInbox, id: &str) {
    there.accept(delivery(id)).await.unwrap();
    soon(here).await;
    assert_eq!(ids(&here.take(9, LEASE).await.unwrap()), [id]);
}

/// Long before the poll, which is an hour here.
async fn soon(inbox: &PostgresInbox) {
    tokio::time::timeout(Duration::from_secs(30), inbox.wait()).await.expect("no notice came");
}

/// What is tried again as it was is one commit; tried one by one, it would be two.
#[tokio::test]
async fn rows_that_deadlock_with_another_transaction_are_tried_again_together() {
    let Some(room) = Schema::new().await else { return };
    let inbox = room.inbox().await;
    let mut db = room.connect().await;
    let mut other = db.begin().await.unwrap();
    // The server ends the one that has waited this long, so it is not this one.
    sqlx::raw_sql("SET LOCAL deadlock_timeout = '60s'").execute(&mut *other).await.unwrap();
    inbox.enqueue_in(&mut other, delivery("b")).await.unwrap();
    let before = inbox.commits();
    let accepts = async { tokio::join!(inbox.accept(delivery("a")), inbox.accept(delivery("b"))) };
    let crossing = async {
        // Once the writer has the one and waits for the other.
        while room.number("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'").await == 0 {
        }
        inbox.enqueue_in(&mut other, delivery("a")).await.unwrap();
        other.rollback().await.unwrap();
    };
    let ((a, b), ()) = tokio::join!(accepts, crossing);
    assert_eq!((a.unwrap(), b.unwrap()), (Accepted::New, Accepted::New));
    assert_eq!(inbox.commits() - before, 1);
}
