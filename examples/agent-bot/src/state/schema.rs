//! The tables: numbered migrations, and what a database must be before they run.

use std::time::Duration;

use sqlx::{Connection, PgConnection, Row as _, SqliteConnection};

use super::StateError;

/// One step of the tables: the same text for both databases, then what only one of them needs.
struct Migration {
    number: i64,
    both: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

/// In their order. A migration that was released is never changed; a number is never given twice.
const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, both: "", sqlite: "", postgres: include_str!("../../migrations/1.postgres.sql") },
    Migration {
        number: 2,
        both: include_str!("../../migrations/2.sql"),
        sqlite: include_str!("../../migrations/2.sqlite.sql"),
        postgres: include_str!("../../migrations/2.postgres.sql"),
    },
    Migration { number: 3, both: include_str!("../../migrations/3.sql"), sqlite: "", postgres: "" },
    Migration { number: 4, both: include_str!("../../migrations/4.sql"), sqlite: "", postgres: "" },
    // Sessions, and what the bot operates.
    Migration { number: 20, both: include_str!("../../migrations/20.sql"), sqlite: "", postgres: "" },
    Migration { number: 21, both: include_str!("../../migrations/21.sql"), sqlite: "", postgres: "" },
    Migration { number: 22, both: include_str!("../../migrations/22.sql"), sqlite: "", postgres: "" },
];

/// A row for each migration that ran.
const LEDGER: &str = "CREATE TABLE IF NOT EXISTS bot_migrations (number BIGINT PRIMARY KEY)";
const RAN: &str = "SELECT number FROM bot_migrations ORDER BY number";
const RUN: &str = "INSERT INTO bot_migrations (number) VALUES ($1)";

/// The advisory lock under which one process migrates: `bot_stat` in ASCII.
const LOCK: i64 = 0x626F_745F_7374_6174;

/// The newest migration that this release knows.
fn known() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.number)
}

/// Those that have not run, or an error where one ran that this release does not know.
fn missing(ran: &[i64]) -> Result<impl Iterator<Item = &'static Migration>, StateError> {
    let unknown = ran.iter().find(|number| !MIGRATIONS.iter().any(|migration| migration.number == **number));
    if let Some(found) = unknown {
        return Err(StateError::Version { found: *found, known: known() });
    }
    Ok(MIGRATIONS.iter().filter(|migration| !ran.contains(&migration.number)))
}

/// Makes a SQLite file the bot's, or refuses it before anything in it is changed.
pub(super) async fn sqlite(db: &mut SqliteConnection, patience: Duration) -> Result<(), StateError> {
    let tables =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
    let tables = sqlx::query(tables).fetch_all(&mut *db).await?;
    let tables = tables.iter().map(|row| row.try_get::<String, _>(0)).collect::<Result<Vec<_>, _>>()?;
    ours(&tables)?;
    write_ahead(db, patience).await?;
    let mut db = db.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::raw_sql(LEDGER).execute(&mut *db).await?;
    let ran = sqlx::query(RAN).fetch_all(&mut *db).await?;
    let ran = ran.iter().map(|row| row.try_get(0)).collect::<Result<Vec<i64>, _>>()?;
    for migration in missing(&ran)? {
        sqlx::raw_sql(migration.both).execute(&mut *db).await?;
        sqlx::raw_sql(migration.sqlite).execute(&mut *db).await?;
        sqlx::query(RUN).bind(migration.number).execute(&mut *db).await?;
    }
    // In every case: a file that takes no writes is told now, not by the first approval.
    sqlx::query("UPDATE bot_migrations SET number = number").execute(&mut *db).await?;
    Ok(db.commit().await?)
}

/// Makes the first schema of the search path the bot's, or refuses it.
pub(super) async fn postgres(db: &mut PgConnection) -> Result<(), StateError> {
    let mut db = db.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *db).await?;
    let place = sqlx::query("SELECT current_schema()::text").fetch_one(&mut *db).await?;
    if place.try_get::<Option<String>, _>(0)?.is_none() {
        return Err(StateError::Foreign("a search path without a schema"));
    }
    let tables = "SELECT tablename::text FROM pg_catalog.pg_tables WHERE schemaname = current_schema() ORDER BY 1";
    let tables = sqlx::query(tables).fetch_all(&mut *db).await?;
    let tables = tables.iter().map(|row| row.try_get::<String, _>(0)).collect::<Result<Vec<_>, _>>()?;
    if !tables.iter().any(|name| name == "bot_migrations") {
        if tables.iter().any(|name| name.starts_with("bot_")) {
            return Err(StateError::Foreign("a schema with other tables named bot_…"));
        }
        sqlx::raw_sql(LEDGER).execute(&mut *db).await?;
    }
    let ran = sqlx::query(RAN).fetch_all(&mut *db).await?;
    let ran = ran.iter().map(|row| row.try_get(0)).collect::<Result<Vec<i64>, _>>()?;
    for migration in missing(&ran)? {
        sqlx::raw_sql(migration.both).execute(&mut *db).await?;
        sqlx::raw_sql(migration.postgres).execute(&mut *db).await?;
        sqlx::query(RUN).bind(migration.number).execute(&mut *db).await?;
    }
    sqlx::query("UPDATE bot_migrations SET number = number").execute(&mut *db).await?;
    Ok(db.commit().await?)
}

/// A file is the bot's where it is empty, or holds nothing but the inbox and what is in the ledger.
fn ours(tables: &[String]) -> Result<(), StateError> {
    if tables.iter().any(|name| name == "bot_migrations") {
        return Ok(());
    }
    match tables.iter().find(|name| !name.starts_with("inbox_")) {
        None => Ok(()),
        Some(_) => Err(StateError::Foreign("a database with other tables")),
    }
}

/// Changing to the write-ahead log takes the whole file, and SQLite does not wait for it as it does for other locks.
async fn write_ahead(db: &mut SqliteConnection, patience: Duration) -> Result<(), StateError> {
    let deadline = tokio::time::Instant::now().checked_add(patience);
    loop {
        match sqlx::query("PRAGMA journal_mode = WAL").fetch_one(&mut *db).await.map_err(StateError::from) {
            Ok(row) if row.try_get::<&str, _>(0).is_ok_and(|mode| mode == "wal") => return Ok(()),
            Ok(_) => return Err(StateError::Memory),
            Err(StateError::Locked(_)) if deadline.is_some_and(|at| tokio::time::Instant::now() < at) => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Err(error) => return Err(error),
        }
    }
}
