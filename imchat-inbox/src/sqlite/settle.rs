//! What workers say of their jobs.

use std::collections::HashSet;

use imchat_verify::dedup::Settled;
use sqlx::SqliteConnection;

use super::lanes::Lanes;
use super::values::{self, ROWS};
use crate::InboxError;
use crate::row::{self, Columns};
use crate::writer::Settle;

/// Each a compare-and-set on the job's number, its fence and a lease that has not ended.
const UPDATE: &str = ") UPDATE inbox_deliveries SET \
    state = CASE WHEN given.state = 1 AND attempt >= most_attempts THEN 4 ELSE given.state END, \
    head = CASE WHEN lane IS NOT NULL AND (given.state >= 3 OR given.state = 1 AND attempt >= most_attempts) \
        THEN FALSE ELSE head END, \
    finished_at = CASE WHEN given.state >= 3 OR given.state = 1 AND attempt >= most_attempts THEN given.now END, \
    attempt = attempt - (given.state = 0), \
    due_at = given.due_at, \
    why = CASE WHEN given.state = 3 THEN NULL ELSE coalesce(given.why, inbox_deliveries.why) END, \
    headers = CASE WHEN given.state = 3 THEN NULL ELSE headers END, \
    body = CASE WHEN given.state = 3 THEN NULL ELSE body END \
    FROM given WHERE inbox_deliveries.id = given.id AND inbox_deliveries.fence = given.fence \
        AND inbox_deliveries.state = 2 AND inbox_deliveries.due_at > given.now \
    RETURNING id, state, lane";

/// No two of them settle the same job.
pub(super) async fn leases(
    db: &mut SqliteConnection,
    settles: &[Settle],
    now: i64,
    lanes: &mut Lanes,
) -> Result<Vec<Settled>, InboxError> {
    let mut done = HashSet::new();
    for chunk in settles.chunks(ROWS) {
        let before = "WITH given (id, fence, state, due_at, why, now) AS (VALUES ";
        let mut query = values::query(before, chunk.len(), 6, UPDATE);
        for Settle { lease, way } in chunk {
            let (state, after, why) = way.ends();
            query = query
                .bind(lease.id())
                .bind(lease.fence_number())
                .bind(state)
                .bind(now.saturating_add(after))
                .bind(why)
                .bind(now);
        }
        for settled in query.fetch_all(&mut *db).await? {
            let state = settled.number("state")?;
            done.insert(settled.number("id")?);
            match settled.maybe_text("lane")? {
                Some(lane) if state >= row::DONE => lanes.free(lane),
                _ => lanes.due |= state == row::READY || state == row::WAITING,
            }
        }
    }
    let settled = |settle: &Settle| if done.contains(&settle.lease.id()) { Settled::Ok } else { Settled::Lost };
    Ok(settles.iter().map(settled).collect())
}
