//! Where the inbox, or the dedup store, of one run is.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use imchat_inbox::{DeadLetters, InboxError, PostgresInbox, Queue, SqliteInbox, Upkeep};
use imchat_verify::inbox::Inbox;
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

/// What keeps the deliveries, and with it the profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Database {
    /// An inbox in a file.
    Sqlite,
    /// An inbox on a server.
    Postgres,
    /// No inbox: a dedup store in front of a handler.
    Redis,
}

impl Database {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Redis => "redis",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Sqlite, Self::Postgres, Self::Redis].into_iter().find(|database| database.name() == name)
    }

    /// Whose address this is.
    pub(crate) fn at(address: &str) -> Self {
        match address.split_once(':') {
            Some(("postgres", _)) => Self::Postgres,
            Some(("unix", _)) => Self::Redis,
            _ => Self::Sqlite,
        }
    }
}

/// All that is asked of an inbox here.
pub(crate) trait Store: Inbox<Error = InboxError> + Queue + DeadLetters + Upkeep + Clone {}

impl<S: Inbox<Error = InboxError> + Queue + DeadLetters + Upkeep + Clone> Store for S {}

const POLL: Duration = Duration::from_millis(50);
const ATTEMPTS: u32 = 12;

pub(crate) async fn sqlite(address: &str) -> Result<SqliteInbox> {
    Ok(SqliteInbox::builder().poll(POLL).attempts(ATTEMPTS).open(Path::new(address)).await?)
}

pub(crate) async fn postgres(address: &str) -> Result<PostgresInbox> {
    Ok(PostgresInbox::builder().poll(POLL).attempts(ATTEMPTS).open(address).await?)
}

/// Events that have more than one row; Redis has none.
pub(crate) async fn doubled(address: &str) -> Result<Vec<String>> {
    const SQL: &str = "SELECT event_id FROM inbox_deliveries GROUP BY event_id HAVING count(*) > 1";
    events(address, SQL).await
}

/// The ids of the events that are dead letters; Redis has none.
pub(crate) async fn dead(address: &str) -> Result<Vec<String>> {
    const SQL: &str = "SELECT event_id FROM inbox_deliveries WHERE state = 4";
    events(address, SQL).await
}

async fn events(address: &str, sql: &'static str) -> Result<Vec<String>> {
    match Database::at(address) {
        Database::Sqlite => {
            let mut db = SqliteConnection::connect(address).await?;
            Ok(sqlx::query_scalar(sql).fetch_all(&mut db).await?)
        }
        Database::Postgres => {
            let mut db = PgConnection::connect(address).await?;
            Ok(sqlx::query_scalar(sql).fetch_all(&mut db).await?)
        }
        Database::Redis => Ok(Vec::new()),
    }
}

/// Jobs that are not finished.
pub(crate) async fn depth(address: &str) -> Result<u64> {
    Ok(match Database::at(address) {
        Database::Sqlite => sqlite(address).await?.counts().await?.depth(),
        Database::Postgres => postgres(address).await?.counts().await?.depth(),
        Database::Redis => 0,
    })
}

/// Ends all connections of Redis, or about half of PostgreSQL's sessions.
pub(crate) async fn cut(address: &str) -> Result<()> {
    if let Some(socket) = address.strip_prefix("unix://") {
        let mut redis = UnixStream::connect(socket).await.context("no connection to cut the others from")?;
        redis.write_all(b"CLIENT KILL TYPE normal SKIPME yes\r\n").await?;
        anyhow::ensure!(redis.read_u8().await? == b':', "Redis cut no connection");
        return Ok(());
    }
    let mut db = PgConnection::connect(address).await.context("no connection to cut the others from")?;
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND random() < 0.5",
    )
    .execute(&mut db)
    .await?;
    Ok(())
}
