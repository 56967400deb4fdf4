//! Where the inbox of one run is.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use imchat_inbox::{DeadLetters, InboxError, PostgresInbox, Queue, SqliteInbox, Upkeep};
use imchat_verify::inbox::Inbox;
use sqlx::{Connection as _, PgConnection, SqliteConnection};

/// All that is asked of an inbox here.
pub(crate) trait Store: Inbox<Error = InboxError> + Queue + DeadLetters + Upkeep + Clone {}

impl<S: Inbox<Error = InboxError> + Queue + DeadLetters + Upkeep + Clone> Store for S {}

const POLL: Duration = Duration::from_millis(50);
const ATTEMPTS: u32 = 12;

/// Whether this address is a PostgreSQL server's and not a file's.
pub(crate) fn is_postgres(address: &str) -> bool {
    address.starts_with("postgres:")
}

pub(crate) async fn sqlite(address: &str) -> Result<SqliteInbox> {
    Ok(SqliteInbox::builder().poll(POLL).attempts(ATTEMPTS).open(Path::new(address)).await?)
}

pub(crate) async fn postgres(address: &str) -> Result<PostgresInbox> {
    Ok(PostgresInbox::builder().poll(POLL).attempts(ATTEMPTS).open(address).await?)
}

/// Events that have more than one row.
pub(crate) async fn doubled(address: &str) -> Result<Vec<String>> {
    const SQL: &str = "SELECT event_id FROM inbox_deliveries GROUP BY event_id HAVING count(*) > 1";
    if is_postgres(address) {
        let mut db = PgConnection::connect(address).await?;
        Ok(sqlx::query_scalar(SQL).fetch_all(&mut db).await?)
    } else {
        let mut db = SqliteConnection::connect(address).await?;
        Ok(sqlx::query_scalar(SQL).fetch_all(&mut db).await?)
    }
}

/// The ids of the events that are dead letters.
pub(crate) async fn dead(address: &str) -> Result<Vec<String>> {
    const SQL: &str = "SELECT event_id FROM inbox_deliveries WHERE state = 4";
    if is_postgres(address) {
        let mut db = PgConnection::connect(address).await?;
        Ok(sqlx::query_scalar(SQL).fetch_all(&mut db).await?)
    } else {
        let mut db = SqliteConnection::connect(address).await?;
        Ok(sqlx::query_scalar(SQL).fetch_all(&mut db).await?)
    }
}

/// Jobs that are not finished.
pub(crate) async fn depth(address: &str) -> Result<u64> {
    Ok(if is_postgres(address) {
        postgres(address).await?.counts().await?.depth()
    } else {
        sqlite(address).await?.counts().await?.depth()
    })
}

/// Ends about half of the server's sessions.
pub(crate) async fn cut(address: &str) -> Result<()> {
    let mut db = PgConnection::connect(address).await.context("no connection to cut the others from")?;
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND random() < 0.5",
    )
    .execute(&mut db)
    .await?;
    Ok(())
}
