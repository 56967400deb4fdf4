//! What workers say of their jobs.

use std::collections::HashSet;

use imchat_verify::dedup::Settled;
use sqlx::PgConnection;

use super::lanes::Lanes;
use crate::InboxError;
use crate::row::{self, Columns};
use crate::writer::Settle;

/// Each a compare-and-set on the job's number, its fence and a lease that has not ended.
const UPDATE: &str = "UPDATE inbox_deliveries AS d SET \
    state = CASE WHEN given.state = 1 AND d.attempt >= d.most_attempts THEN 4 ELSE given.state END, \
    head = CASE WHEN d.lane IS NOT NULL AND (given.state >= 3 OR given.state = 1 AND d.attempt >= d.most_attempts) \
        THEN FALSE ELSE d.head END, \
    finished_at = CASE WHEN given.state >= 3 OR given.state = 1 AND d.attempt >= d.most_attempts \
        THEN inbox_micros() END, \
    attempt = CASE WHEN given.state = 0 THEN d.attempt - 1 ELSE d.attempt END, \
    due_at = CASE WHEN given.after > 9223372036854775807 - inbox_micros() THEN 9223372036854775807 \
        ELSE inbox_micros() + given.after END, \
    why = CASE WHEN given.state = 3 THEN NULL ELSE coalesce(given.why, d.why) END, \
    headers = CASE WHEN given.state = 3 THEN NULL ELSE d.headers END, \
    body = CASE WHEN given.state = 3 THEN NULL ELSE d.body END \
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[]) \
        AS given (id, fence, state, after, why) \
    WHERE d.id = given.id AND d.fence = given.fence AND d.state = 2 AND d.due_at > inbox_micros() \
    RETURNING d.id, d.state, d.lane";

/// No two of them settle the same job.
pub(super) async fn leases(
    db: &mut PgConnection,
    settles: &[Settle],
    lanes: &mut Lanes,
) -> Result<Vec<Settled>, InboxError> {
    if settles.is_empty() {
        return Ok(Vec::new());
    }
    let ends: Vec<_> = settles.iter().map(|settle| settle.way.ends()).collect();
    let rows = sqlx::query(UPDATE)
        .bind(settles.iter().map(|settle| settle.lease.id()).collect::<Vec<_>>())
        .bind(settles.iter().map(|settle| settle.lease.fence_number()).collect::<Vec<_>>())
        .bind(ends.iter().map(|(state, ..)| *state).collect::<Vec<_>>())
        .bind(ends.iter().map(|(_, after, _)| *after).collect::<Vec<_>>())
        .bind(ends.iter().map(|(.., why)| *why).collect::<Vec<_>>())
        .fetch_all(db)
        .await?;
    let mut done = HashSet::new();
    for settled in rows {
        let state = settled.number("state")?;
        done.insert(settled.number("id")?);
        match settled.maybe_text("lane")? {
            Some(lane) if state >= row::DONE => lanes.free(lane),
            _ => lanes.due |= state == row::READY || state == row::WAITING,
        }
    }
    let settled = |settle: &Settle| if done.contains(&settle.lease.id()) { Settled::Ok } else { Settled::Lost };
    Ok(settles.iter().map(settled).collect())
}
