//! What a file can be other than an inbox, and what can happen to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use imchat_inbox::{InboxError, Queue, SqliteInbox};
use imchat_verify::inbox::{Accepted, Inbox};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, Row};

use super::File;
use crate::room::{LEASE, Room, delivery, futures, in_lane, with_body};

#[tokio::test]
async fn a_file_is_created_on_first_use_and_found_again() {
    let room = File::new().await.unwrap();
    let inbox = SqliteInbox::open(room.path()).await.unwrap();
    inbox.accept(delivery("a")).await.unwrap();
    drop(inbox);
    let again = SqliteInbox::open(room.path()).await.unwrap();
    assert!(matches!(again.accept(delivery("a")).await.unwrap(), Accepted::Duplicate { .. }));
    assert_eq!(again.take(9, LEASE).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_commit_is_in_the_log_and_synchronous() {
    let room = File::new().await.unwrap();
    let inbox = room.inbox().await;
    let mut db = sqlx::ConnectOptions::connect(inbox.options()).await.unwrap();
    let mode: String = sqlx::query("PRAGMA journal_mode").fetch_one(&mut db).await.unwrap().get(0);
    let synchronous: i64 = sqlx::query("PRAGMA synchronous").fetch_one(&mut db).await.unwrap().get(0);
    assert_eq!((mode.as_str(), synchronous), ("wal", 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_file_may_be_opened_by_many_at_once() {
    let room = File::new().await.unwrap();
    let path = room.path();
    let inboxes = futures(8, |_| SqliteInbox::open(&path)).await;
    for inbox in &inboxes {
        inbox.as_ref().unwrap().accept(delivery("a")).await.unwrap();
    }
    assert_eq!(room.number("SELECT count(*) FROM inbox_deliveries").await, 1);
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_told() {
    let room = File::new().await.unwrap();
    let error = SqliteInbox::open(room.directory.path().join("gone").join("inbox.db")).await.unwrap_err();
    assert!(matches!(error, InboxError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn memory_is_not_durable_and_refused() {
    let error = SqliteInbox::open(":memory:").await.unwrap_err();
    assert!(matches!(error, InboxError::Setting(_)), "{error:?}");
}

#[tokio::test]
async fn a_file_of_another_kind_is_refused_and_left_alone() {
    let room = File::new().await.unwrap();
    let text = "not a database, but long enough to be one ".repeat(99);
    std::fs::write(room.path(), &text).unwrap();
    let error = SqliteInbox::open(room.path()).await.unwrap_err();
    assert!(matches!(error, InboxError::Foreign(_)), "{error:?}");
    assert_eq!(std::fs::read_to_string(room.path()).unwrap(), text);
}

#[tokio::test]
async fn a_database_with_other_tables_is_refused_unless_asked_for() {
    let room = File::new().await.unwrap();
    sqlx::raw_sql("CREATE TABLE orders (id INTEGER)").execute(&mut room.connect().await).await.unwrap();
    let before = std::fs::read(room.path()).unwrap();
    let error = SqliteInbox::open(room.path()).await.unwrap_err();
    assert!(matches!(error, InboxError::Foreign(_)), "{error:?}");
    assert_eq!(std::fs::read(room.path()).unwrap(), before);
    let beside = SqliteInbox::builder().beside_other_tables().open(room.path()).await.unwrap();
    assert_eq!(beside.accept(delivery("a")).await.unwrap(), Accepted::New);
    // Once it is an inbox, it is one.
    SqliteInbox::open(room.path()).await.unwrap();
}

#[tokio::test]
async fn a_table_of_ours_without_a_version_is_refused() {
    let room = File::new().await.unwrap();
    sqlx::raw_sql("CREATE TABLE inbox_deliveries (id INTEGER)").execute(&mut room.connect().await).await.unwrap();
    let error = SqliteInbox::builder().beside_other_tables().open(room.path()).await.unwrap_err();
    assert!(matches!(error, InboxError::Foreign(_)), "{error:?}");
}

#[tokio::test]
async fn tables_of_a_newer_release_are_refused() {
    let room = File::new().await.unwrap();
    room.inbox().await;
    sqlx::raw_sql("UPDATE inbox_schema SET version = 99").execute(&mut room.connect().await).await.unwrap();
    let error = SqliteInbox::open(room.path()).await.unwrap_err();
    assert!(matches!(error, InboxError::Version { found: 99, known: 1 }), "{error:?}");
}

#[tokio::test]
async fn a_file_that_takes_no_writes_is_told() {
    let room = File::new().await.unwrap();
    let inbox = room.inbox().await;
    inbox.accept(delivery("a")).await.unwrap();
    let options = SqliteConnectOptions::new().filename(room.path()).read_only(true);
    let error = SqliteInbox::builder().open_with(options).await.unwrap_err();
    assert!(matches!(error, InboxError::ReadOnly(_)), "{error:?}");
}

#[tokio::test]
async fn a_held_file_is_told_and_works_again_once_it_is_free() {
    let room = File::new().await.unwrap();
    let builder = SqliteInbox::builder().busy_timeout(Duration::from_millis(50));
    let inbox = builder.clone().open(room.path()).await.unwrap();
    let mut other = room.connect().await;
    let held = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let error = inbox.accept(delivery("a")).await.unwrap_err();
    assert!(matches!(error, InboxError::Locked(_)), "{error:?}");
    let error = builder.open(room.path()).await.unwrap_err();
    assert!(matches!(error, InboxError::Locked(_)), "{error:?}");
    held.rollback().await.unwrap();
    assert_eq!(inbox.accept(delivery("a")).await.unwrap(), Accepted::New);
}

/// Its sender was told 503 and sends it again; meanwhile the row must not appear behind the caller's back.
#[tokio::test]
async fn a_row_whose_caller_gave_up_while_the_file_was_held_is_not_written_later() {
    let room = File::new().await.unwrap();
    let inbox = room.inbox().await;
    let mut other = room.connect().await;
    for gives_up in [delivery("a"), in_lane("b", "lane")] {
        let held = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
        let waits = tokio::time::timeout(Duration::from_millis(50), inbox.accept(gives_up.clone()));
        assert!(waits.await.is_err(), "the file is held");
        let (patient, ()) = tokio::join!(inbox.accept(with_body("patient", b"{}")), async {
            held.rollback().await.unwrap();
        });
        patient.unwrap();
        assert_eq!(inbox.accept(gives_up).await.unwrap(), Accepted::New);
    }
}

/// What is new is written by one statement, and what was there is looked at in a transaction behind it.
#[tokio::test]
async fn duplicates_wait_for_a_held_file_too() {
    let room = File::new().await.unwrap();
    let inbox = room.inbox().await;
    inbox.accept(delivery("a")).await.unwrap();
    let mut other = room.connect().await;
    let held = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let (duplicate, ()) = tokio::join!(inbox.accept(delivery("a")), async {
        tokio::time::timeout(Duration::from_millis(50), std::future::pending::<()>()).await.unwrap_err();
        held.rollback().await.unwrap();
    });
    assert!(matches!(duplicate.unwrap(), Accepted::Duplicate { .. }));
}

/// A clock of the caller's is the one thing in a batch that can panic by itself.
#[tokio::test]
async fn a_panic_fails_its_batch_and_the_writer_goes_on() {
    let room = File::new().await.unwrap();
    let (broken, now) = (Arc::new(AtomicBool::new(false)), room.clock.clone());
    let breaks = Arc::clone(&broken);
    let clock = move || {
        assert!(!breaks.swap(false, Ordering::SeqCst), "the clock is broken");
        imchat_verify::Clock::now(&now)
    };
    let inbox = SqliteInbox::builder().clock(clock).open(room.path()).await.unwrap();
    broken.store(true, Ordering::SeqCst);
    let error = inbox.accept(delivery("a")).await.unwrap_err();
    assert!(matches!(error, InboxError::Panicked), "{error:?}");
    // In the middle of a transaction too, which is rolled back.
    broken.store(true, Ordering::SeqCst);
    let error = inbox.take(9, LEASE).await.unwrap_err();
    assert!(matches!(error, InboxError::Panicked), "{error:?}");
    assert_eq!(inbox.accept(delivery("a")).await.unwrap(), Accepted::New);
    assert_eq!(inbox.take(9, LEASE).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_full_disk_is_told_and_what_was_accepted_is_there() {
    const BODY: &[u8] = &[7; 4000];
    let room = File::new().await.unwrap();
    let options = SqliteConnectOptions::new().filename(room.path()).create_if_missing(true);
    let inbox = SqliteInbox::builder().open_with(options.pragma("max_page_count", "100")).await.unwrap();
    let mut accepted = 0;
    let error = loop {
        match inbox.accept(with_body(&format!("{accepted}"), BODY)).await {
            Ok(answer) => assert_eq!(answer, Accepted::New),
            Err(error) => break error,
        }
        accepted += 1;
        assert!(accepted < 1000, "it never filled up");
    };
    assert!(matches!(error, InboxError::Full(_)), "{error:?}");
    drop(inbox);
    // Somebody makes room, and it goes on.
    let inbox = SqliteInbox::open(room.path()).await.unwrap();
    assert_eq!(inbox.take(1000, LEASE).await.unwrap().len(), accepted);
    assert_eq!(inbox.accept(with_body("after", BODY)).await.unwrap(), Accepted::New);
}

#[tokio::test]
async fn an_order_in_hand_is_carried_out_when_the_inbox_goes() {
    let room = File::new().await.unwrap();
    let inbox = room.inbox().await;
    let mut order = Box::pin(async move { inbox.accept(delivery("a")).await });
    assert!(crate::room::poll_once(&mut order).await.is_none());
    // The last handle goes with the future.
    drop(order);
    let again = room.inbox().await;
    // Written by the first one or skipped since nobody waited for it, but never half.
    again.accept(delivery("a")).await.unwrap();
    assert_eq!(again.take(9, LEASE).await.unwrap().len(), 1);
}

/// Many times, since it depends on which thread the work gets.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_holds_a_thread_keeps_nothing_from_being_written() {
    let room = File::new().await.unwrap();
    let inbox = room.inbox().await;
    for round in 0..50 {
        let inbox = inbox.clone();
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let accepted = tokio::spawn(async move {
            let _holds = tokio::spawn(async move { wait.recv() });
            inbox.accept(delivery(&format!("{round}"))).await
        });
        let accepted = tokio::time::timeout(Duration::from_secs(5), accepted).await;
        drop(go);
        assert_eq!(accepted.expect("the writer waited").unwrap().unwrap(), Accepted::New);
    }
}
