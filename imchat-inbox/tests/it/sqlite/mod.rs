//! The suite on SQLite files, and what only they can be.

mod file;

use std::path::PathBuf;

use imchat_inbox::{NewJob, SqliteInbox};
use imchat_verify::inbox::Accepted;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Row, SqliteConnection};

use crate::directory::Directory;
use crate::room::{Hand, Room, Tune, tuned};

/// A directory of one test; it is gone with it.
pub struct File {
    pub directory: Directory,
    pub clock: Hand,
}

impl File {
    pub async fn new() -> Option<Self> {
        Some(Self { directory: Directory::new(), clock: Hand::new() })
    }

    pub fn path(&self) -> PathBuf {
        self.directory.path().join("inbox.db")
    }

    pub async fn connect(&self) -> SqliteConnection {
        SqliteConnectOptions::new().filename(self.path()).create_if_missing(true).connect().await.unwrap()
    }
}

impl Room for File {
    type Inbox = SqliteInbox;

    async fn open(&self, tune: Tune) -> SqliteInbox {
        tuned!(SqliteInbox::builder(), tune).clock(self.clock.clone()).open(self.path()).await.unwrap()
    }

    async fn set_micros(&self, micros: u64) {
        self.clock.set(micros);
    }

    async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query(sql).fetch_one(&mut self.connect().await).await.unwrap().get(0)
    }

    async fn refuse_bad_rows(&self) {
        let sql = "CREATE TRIGGER bad BEFORE INSERT ON inbox_deliveries WHEN NEW.provider = 'bad' \
            BEGIN SELECT RAISE(ABORT, 'bad'); END";
        sqlx::raw_sql(sql).execute(&mut self.connect().await).await.unwrap();
    }

    async fn bodies(&self, table: &str) -> Vec<Vec<u8>> {
        let sql = AssertSqlSafe(format!("SELECT body FROM {table} ORDER BY id"));
        let rows = sqlx::query(sql).fetch_all(&mut self.connect().await).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    async fn enqueue(&self, inbox: &SqliteInbox, job: NewJob) -> Accepted {
        inbox.enqueue(job).await.unwrap()
    }
}

crate::suite::suite!(File);
crate::transactions::transactions!(File, "BEGIN IMMEDIATE");
