//! The tables: numbered migrations, and what a file must be before they run.

use std::time::Duration;

use sqlx::{Connection, Row as _, SqliteConnection};

use crate::InboxError;
use crate::row::Columns;
use crate::writer::Patience;

/// In their order; a migration that was released is never changed.
const MIGRATIONS: &[(i64, &str)] = &[(1, include_str!("../../migrations/sqlite/1.sql"))];

/// The newest version this release knows.
fn known() -> i64 {
    MIGRATIONS.last().map_or(0, |(version, _)| *version)
}

/// Makes the file an inbox, or refuses it before anything in it is changed.
pub(super) async fn prepare(db: &mut SqliteConnection, beside: bool, patience: Duration) -> Result<(), InboxError> {
    version(db, beside).await?;
    write_ahead(db, patience).await?;
    let mut db = db.begin_with("BEGIN IMMEDIATE").await?;
    // Again, since another process may have been quicker.
    let found = version(&mut db, beside).await?;
    for (_, sql) in MIGRATIONS.iter().filter(|(version, _)| *version > found) {
        sqlx::raw_sql(*sql).execute(&mut *db).await?;
    }
    // In every case: a file that takes no writes is told now, not by the first delivery.
    sqlx::query("UPDATE inbox_schema SET version = $1").bind(known()).execute(&mut *db).await?;
    Ok(db.commit().await?)
}

/// The version of the tables that are there, 0 where there are none yet.
async fn version(db: &mut SqliteConnection, beside: bool) -> Result<i64, InboxError> {
    let tables =
        sqlx::query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
            .fetch_all(&mut *db)
            .await?;
    let names = tables.iter().map(|row| row.text("name")).collect::<Result<Vec<_>, _>>()?;
    if !names.iter().any(|name| name == "inbox_schema") {
        let ours = names.iter().any(|name| name.starts_with("inbox_"));
        return if names.is_empty() || beside && !ours {
            Ok(0)
        } else {
            Err(InboxError::Foreign("a database with other tables"))
        };
    }
    let rows = sqlx::query("SELECT version FROM inbox_schema").fetch_all(db).await;
    let found = match rows.as_deref() {
        Ok([row]) => row.try_get::<i64, _>(0).ok(),
        _ => None,
    };
    let found = found.ok_or(InboxError::Foreign("a database whose inbox_schema says no version"))?;
    if found > known() { Err(InboxError::Version { found, known: known() }) } else { Ok(found) }
}

/// Changing to the write-ahead log takes the whole file, and SQLite does not wait for it as it does for other locks.
async fn write_ahead(db: &mut SqliteConnection, patience: Duration) -> Result<(), InboxError> {
    let mut patience = Patience::of(patience);
    loop {
        match sqlx::query("PRAGMA journal_mode = WAL").fetch_one(&mut *db).await.map_err(InboxError::from) {
            Ok(row) if row.try_get::<&str, _>(0).is_ok_and(|mode| mode == "wal") => return Ok(()),
            Ok(_) => return Err(InboxError::Setting("nothing in memory outlives the process; name a file")),
            Err(error) if patience.bears(&error).await => {}
            Err(error) => return Err(error),
        }
    }
}
