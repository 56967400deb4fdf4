//! Jobs for workers.

use sqlx::{AssertSqlSafe, PgConnection};

use super::lanes::Lanes;
use crate::InboxError;
use crate::clock::span;
use crate::row::{self, Columns, Stored};
use crate::writer::{NO_ANSWER, Take};

/// Jobs that fall due in one transaction: the next one sees to the rest.
const MOST_DUE: i64 = 256;

/// Waits that are over and leases that have ended become jobs to take, or dead letters where no attempt is left.
pub(super) async fn fall_due(db: &mut PgConnection, lanes: &mut Lanes) -> Result<(), InboxError> {
    let fallen = sqlx::query(
        "UPDATE inbox_deliveries SET \
         state = CASE WHEN attempt < most_attempts THEN 0 ELSE 4 END, \
         head = head AND (attempt < most_attempts OR lane IS NULL), \
         finished_at = CASE WHEN attempt < most_attempts THEN NULL ELSE inbox_micros() END, \
         why = CASE WHEN attempt < most_attempts THEN why ELSE $1 END \
         WHERE id = ANY(\
            ARRAY(SELECT id FROM inbox_deliveries WHERE state = 1 AND due_at <= inbox_micros() LIMIT $2 \
                FOR UPDATE SKIP LOCKED) || \
            ARRAY(SELECT id FROM inbox_deliveries WHERE state = 2 AND due_at <= inbox_micros() LIMIT $2 \
                FOR UPDATE SKIP LOCKED)) \
         RETURNING state, lane",
    )
    .bind(NO_ANSWER)
    .bind(MOST_DUE)
    .fetch_all(db)
    .await?;
    for fallen in &fallen {
        match fallen.maybe_text("lane")? {
            Some(lane) if fallen.number("state")? == row::DEAD => lanes.free(lane),
            // The take that comes next in this transaction may not have room for all.
            _ => lanes.due = true,
        }
    }
    Ok(())
}

/// Leases the first that are due and that no other transaction is taking.
pub(super) async fn jobs(db: &mut PgConnection, take: Take, lanes: &mut Lanes) -> Result<Vec<Stored>, InboxError> {
    let rows = sqlx::query(AssertSqlSafe(format!(
        "UPDATE inbox_deliveries SET state = 2, attempt = attempt + 1, due_at = inbox_micros() + $1, \
         fence = greatest(fence + 1, inbox_micros(), (SELECT s.fence + 1 FROM inbox_schema AS s)) \
         WHERE id = ANY(ARRAY(SELECT id FROM inbox_deliveries WHERE state = 0 AND head ORDER BY priority DESC, id \
            LIMIT $2 FOR UPDATE SKIP LOCKED)) \
         RETURNING {}",
        Stored::COLUMNS
    )))
    // A lease of centuries would overflow the sum.
    .bind(span(take.lease).min(i64::MAX >> 2))
    .bind(i64::try_from(take.most).unwrap_or(i64::MAX))
    .fetch_all(&mut *db)
    .await?;
    let mut jobs = Vec::with_capacity(rows.len());
    for row in &rows {
        match Stored::read(row) {
            Ok(job) => jobs.push(job),
            Err(error) => bury_unreadable(db, row, &error, lanes).await?,
        }
    }
    jobs.sort_by_key(|job| (std::cmp::Reverse(job.priority), job.id));
    Ok(jobs)
}

/// A row that cannot be read must not come back for ever, nor stop the ones beside it.
async fn bury_unreadable(
    db: &mut PgConnection,
    row: &impl Columns,
    error: &InboxError,
    lanes: &mut Lanes,
) -> Result<(), InboxError> {
    let id = row.number("id")?;
    tracing::error!(id, error = error as &dyn std::error::Error, "a job became a dead letter because of its row");
    sqlx::query(
        "UPDATE inbox_deliveries SET state = 4, head = lane IS NULL, finished_at = inbox_micros(), why = $2 \
         WHERE id = $1",
    )
    .bind(id)
    .bind(error.to_string())
    .execute(db)
    .await?;
    if let Some(lane) = row.maybe_text("lane")? {
        lanes.free(lane);
    }
    Ok(())
}
