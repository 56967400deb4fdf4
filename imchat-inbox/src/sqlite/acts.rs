//! What people and the housekeeping do: replay, discard, purge.

use sqlx::{Row as _, SqliteConnection};

use super::accept::Moment;
use super::lanes::Lanes;
use crate::InboxError;
use crate::row::Columns;
use crate::writer::{Act, Entry};

/// Carries one out; the number is of the rows that it changed.
pub(super) async fn act(
    db: &mut SqliteConnection,
    act: &Act,
    at: Moment,
    lanes: &mut Lanes,
) -> Result<u64, InboxError> {
    match act {
        Act::Replay { id, who, why } => rearm(db, *id, at.now, Entry::replay(who, why), lanes).await.map(u64::from),
        Act::Discard { id, who, why } => discard(db, *id, at.now, Entry::discard(who, why)).await.map(u64::from),
        Act::Purge { most } => purge(db, at, *most).await,
    }
}

/// Makes a dead letter a job again, with all its attempts before it.
pub(super) async fn rearm(
    db: &mut SqliteConnection,
    id: i64,
    now: i64,
    entry: Entry<'_>,
    lanes: &mut Lanes,
) -> Result<bool, InboxError> {
    let rearmed = sqlx::query(
        "UPDATE inbox_deliveries SET state = 0, head = lane IS NULL, attempt = 0, due_at = $2, finished_at = NULL \
         WHERE id = $1 AND state = 4 RETURNING lane",
    )
    .bind(id)
    .bind(now)
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = rearmed else { return Ok(false) };
    match row.maybe_text("lane")? {
        Some(lane) => lanes.free(lane),
        None => lanes.due = true,
    }
    write_down(db, id, now, entry).await?;
    Ok(true)
}

/// Makes a dead letter a tombstone.
async fn discard(db: &mut SqliteConnection, id: i64, now: i64, entry: Entry<'_>) -> Result<bool, InboxError> {
    let discarded = sqlx::query(
        "UPDATE inbox_deliveries SET state = 3, finished_at = $2, headers = NULL, body = NULL \
         WHERE id = $1 AND state = 4",
    )
    .bind(id)
    .bind(now)
    .execute(&mut *db)
    .await?;
    if discarded.rows_affected() == 0 {
        return Ok(false);
    }
    write_down(db, id, now, entry).await?;
    Ok(true)
}

async fn write_down(db: &mut SqliteConnection, id: i64, now: i64, entry: Entry<'_>) -> Result<(), InboxError> {
    sqlx::query(
        "INSERT INTO inbox_audit (delivery, key, act, who, why, at) \
         SELECT id, key, $2, $3, $4, $5 FROM inbox_deliveries WHERE id = $1",
    )
    .bind(id)
    .bind(entry.act)
    .bind(entry.who)
    .bind(entry.why)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets at most so many tombstones, and what is in quarantine, whose retention is over.
async fn purge(db: &mut SqliteConnection, at: Moment, most: u32) -> Result<u64, InboxError> {
    let purged = sqlx::query(
        "DELETE FROM inbox_deliveries WHERE id IN (SELECT id FROM inbox_deliveries \
         WHERE state = 3 AND finished_at <= $1 ORDER BY finished_at LIMIT $2) RETURNING fence",
    )
    .bind(at.forgotten())
    .bind(i64::from(most))
    .fetch_all(&mut *db)
    .await?;
    let mut highest = 0;
    for row in &purged {
        highest = highest.max(row.try_get(0)?);
    }
    raise_floor(db, highest).await?;
    sqlx::query(
        "DELETE FROM inbox_quarantine WHERE id IN (SELECT id FROM inbox_quarantine \
         WHERE stored_at <= $1 ORDER BY stored_at LIMIT $2)",
    )
    .bind(at.forgotten())
    .bind(i64::from(most))
    .execute(db)
    .await?;
    Ok(purged.len() as u64)
}

/// Forgets one tombstone.
pub(super) async fn forget(db: &mut SqliteConnection, id: i64) -> Result<(), InboxError> {
    let row =
        sqlx::query("DELETE FROM inbox_deliveries WHERE id = $1 RETURNING fence").bind(id).fetch_one(&mut *db).await?;
    raise_floor(db, row.number("fence")?).await
}

/// Fences grow over the end of their rows too.
async fn raise_floor(db: &mut SqliteConnection, fence: i64) -> Result<(), InboxError> {
    sqlx::query("UPDATE inbox_schema SET fence = $1 WHERE fence < $1").bind(fence).execute(db).await?;
    Ok(())
}
