//! A database of one test on each side, with its time in the test's hands.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use imchat_test_servers::{Folder, PostgresServer};
use time::OffsetDateTime;

use super::State;
use crate::config::{Database, Secret};

/// Where the tests' time starts: 2026-11-25, in microseconds.
pub(crate) const START: i64 = 1_795_600_000_000_000;

/// A database of one test.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) database: Database,
    clock: Arc<AtomicI64>,
    _folder: Option<Folder>,
}

impl Room {
    /// An empty SQLite file.
    pub(crate) fn sqlite() -> Self {
        let folder = Folder::new("state").unwrap();
        let database = Database::Sqlite(folder.path().join("bot.db"));
        Self { database, clock: Arc::new(AtomicI64::new(START)), _folder: Some(folder) }
    }

    /// A schema of its own; `None`, with the reason printed, where there is no server to be had.
    pub(crate) async fn postgres() -> Option<Self> {
        let room = Self::postgres_with_its_clock().await?;
        drop(State::open(&room.database).await.unwrap());
        // The tables' clock is put into the test's hands, as the machine's clock cannot be.
        let hand = format!(
            "CREATE TABLE hand (micros bigint NOT NULL); INSERT INTO hand VALUES ({START}); \
             CREATE OR REPLACE FUNCTION bot_micros() RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT micros FROM hand $$"
        );
        let pool = room.pool().await;
        sqlx::raw_sql(sqlx::AssertSqlSafe(hand)).execute(&pool).await.unwrap();
        pool.close().await;
        Some(room)
    }

    /// One that tells the machine's time, as in earnest.
    pub(crate) async fn postgres_with_its_clock() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let url = server()?.url();
        let name = format!("room_{}", NUMBER.fetch_add(1, Ordering::SeqCst));
        let pool = sqlx::PgPool::connect(&url).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE SCHEMA {name}"))).execute(&pool).await.unwrap();
        pool.close().await;
        let url = format!("{url}&options=-c%20search_path%3D{name}");
        Some(Self {
            database: Database::Postgres(Secret::new(url)),
            clock: Arc::new(AtomicI64::new(START)),
            _folder: None,
        })
    }

    /// One on each database that this machine has.
    pub(crate) async fn each() -> Vec<Self> {
        [Some(Self::sqlite()), Self::postgres().await].into_iter().flatten().collect()
    }

    /// Opens the tables; a second time is another process in all but name.
    pub(crate) async fn state(&self) -> State {
        let clock = Arc::clone(&self.clock);
        let clock = move || {
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(clock.load(Ordering::SeqCst)).saturating_mul(1000))
                .unwrap()
        };
        State::open_with(&self.database, clock).await.unwrap()
    }

    /// Lets time pass.
    pub(crate) async fn pass(&self, time: Duration) {
        let step = i64::try_from(time.as_micros()).unwrap();
        let now = self.clock.fetch_add(step, Ordering::SeqCst).saturating_add(step);
        if let Database::Postgres(_) = self.database {
            let pool = self.pool().await;
            sqlx::query("UPDATE hand SET micros = $1").bind(now).execute(&pool).await.unwrap();
            pool.close().await;
        }
    }

    async fn pool(&self) -> sqlx::PgPool {
        let Database::Postgres(url) = &self.database else { panic!("only PostgreSQL has a server") };
        sqlx::PgPool::connect(url.expose()).await.unwrap()
    }
}

/// One server for all tests of this process.
fn server() -> Option<&'static PostgresServer> {
    static SERVER: OnceLock<Option<PostgresServer>> = OnceLock::new();
    SERVER.get_or_init(PostgresServer::start).as_ref()
}
