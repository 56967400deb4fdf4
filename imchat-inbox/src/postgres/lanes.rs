//! Lanes: of the unfinished jobs of a lane only the oldest may be taken.
//!
//! Who adds to a lane and who frees its head must see each other, or a job would stay behind a head that is gone. Both hold
//! the lane's advisory lock until they commit, and take it after the locks of the rows that they settle.

use std::collections::BTreeSet;

use sqlx::PgConnection;

use super::accept::text;
use crate::InboxError;
use crate::row::Row;

/// The first half of the advisory locks' key: "imch".
pub(super) const LOCKS: i32 = 0x696D_6368;

/// The lanes in which something changed, in one transaction.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    changed: BTreeSet<String>,
    locked: BTreeSet<String>,
    /// Whether there may be something to take, or a nearer time to wait for.
    pub(super) due: bool,
}

impl Lanes {
    /// A row comes.
    pub(super) fn touch(&mut self, row: &Row) {
        if let Some(lane) = &row.lane {
            self.free(text(lane).into_owned());
        }
    }

    /// The head of a lane may be free.
    pub(super) fn free(&mut self, lane: String) {
        self.changed.insert(lane);
    }

    /// Locks the changed lanes until the commit, in one order for all.
    pub(super) async fn lock(&mut self, db: &mut PgConnection) -> Result<(), InboxError> {
        let open: Vec<String> = self.changed.difference(&self.locked).cloned().collect();
        if open.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "SELECT pg_advisory_xact_lock($1, hash) FROM \
             (SELECT DISTINCT hashtext(lane) AS hash FROM unnest($2::text[]) AS lane ORDER BY 1) AS hashes",
        )
        .bind(LOCKS)
        .bind(&open)
        .execute(db)
        .await?;
        self.locked.extend(open);
        Ok(())
    }

    /// Gives each changed lane a head where it has none.
    pub(super) async fn raise(&mut self, db: &mut PgConnection) -> Result<(), InboxError> {
        self.lock(db).await?;
        let changed: Vec<String> = std::mem::take(&mut self.changed).into_iter().collect();
        if changed.is_empty() {
            return Ok(());
        }
        let raised = sqlx::query(
            "UPDATE inbox_deliveries SET head = TRUE WHERE id IN (\
             SELECT (SELECT d.id FROM inbox_deliveries AS d WHERE d.lane = changed.lane AND d.state < 3 \
                ORDER BY d.id LIMIT 1) \
             FROM unnest($1::text[]) AS changed (lane) WHERE NOT EXISTS (\
                SELECT 1 FROM inbox_deliveries AS h WHERE h.lane = changed.lane AND h.head AND h.state < 3))",
        )
        .bind(&changed)
        .execute(db)
        .await?;
        self.due |= raised.rows_affected() > 0;
        Ok(())
    }
}
