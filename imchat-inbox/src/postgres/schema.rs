//! The tables: numbered migrations, one process at a time.

use sqlx::{Connection, PgConnection, Row as _};

use super::lanes::LOCKS;
use crate::InboxError;
use crate::row::Columns;

/// In their order; a migration that was released is never changed.
const MIGRATIONS: &[(i64, &str)] = &[(1, include_str!("../../migrations/postgres/1.sql"))];

/// The newest version this release knows.
fn known() -> i64 {
    MIGRATIONS.last().map_or(0, |(version, _)| *version)
}

/// Makes the first schema of the search path an inbox, or refuses it; returns the schema's name as a literal can hold it.
pub(super) async fn prepare(db: &mut PgConnection) -> Result<String, InboxError> {
    if version(db).await? < known() {
        migrate(db).await?;
    }
    let row = sqlx::query("SELECT replace(current_schema(), '''', '_') AS schema").fetch_one(db).await?;
    row.text("schema")
}

async fn migrate(db: &mut PgConnection) -> Result<(), InboxError> {
    let mut db = db.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1, hashtext(current_schema()))").bind(LOCKS).execute(&mut *db).await?;
    // Again, since another process may have been quicker.
    let found = version(&mut db).await?;
    for (version, sql) in MIGRATIONS.iter().filter(|(version, _)| *version > found) {
        sqlx::raw_sql(*sql).execute(&mut *db).await?;
        sqlx::query("UPDATE inbox_schema SET version = $1").bind(version).execute(&mut *db).await?;
    }
    Ok(db.commit().await?)
}

/// The version of the tables that are there, 0 where there are none yet.
async fn version(db: &mut PgConnection) -> Result<i64, InboxError> {
    // The catalog is read as a table: what `to_regclass` did not find once it may not find later in the same transaction.
    let there = sqlx::query(
        "SELECT current_schema() IS NOT NULL AS place, coalesce(bool_or(tablename = 'inbox_schema'), FALSE) AS told, \
         coalesce(bool_or(tablename = 'inbox_deliveries'), FALSE) AS ours \
         FROM pg_catalog.pg_tables WHERE schemaname = current_schema()",
    )
    .fetch_one(&mut *db)
    .await?;
    if !there.flag("place")? {
        return Err(InboxError::Setting("no schema of the search path exists; create it, or set another search_path"));
    }
    if !there.flag("told")? {
        return if there.flag("ours")? {
            Err(InboxError::Foreign("a schema with another table named inbox_deliveries"))
        } else {
            Ok(0)
        };
    }
    let rows = sqlx::query("SELECT version FROM inbox_schema").fetch_all(db).await;
    let found = match rows.as_deref() {
        Ok([row]) => row.try_get::<i64, _>(0).ok(),
        _ => None,
    };
    let found = found.ok_or(InboxError::Foreign("a schema whose inbox_schema says no version"))?;
    if found > known() { Err(InboxError::Version { found, known: known() }) } else { Ok(found) }
}
