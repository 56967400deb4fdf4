//! The suite on SQLite files, and what only they can be.

mod file;

use std::path::PathBuf;

use imchat_inbox::SqliteInbox;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Row, SqliteConnection};

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

    async fn run(&self, sql: &'static str) {
        sqlx::query(sql).execute(&mut self.connect().await).await.unwrap();
    }
}

crate::suite::suite!(File);
