//! Lanes: of the unfinished jobs of a lane only the oldest may be taken.

use std::collections::BTreeSet;

use sqlx::SqliteConnection;

use super::values::{self, ROWS};
use crate::InboxError;
use crate::row::Row;

/// The lanes in which something changed, in one transaction.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    changed: BTreeSet<String>,
    /// Whether there may be something to take, or a nearer time to wait for.
    pub(super) due: bool,
}

impl Lanes {
    /// A row has come.
    pub(super) fn touch(&mut self, row: &Row) {
        match &row.lane {
            Some(lane) => self.free(lane.clone()),
            None => self.due = true,
        }
    }

    /// The head of a lane may be free.
    pub(super) fn free(&mut self, lane: String) {
        self.changed.insert(lane);
    }

    /// Gives each changed lane a head where it has none.
    pub(super) async fn raise(&mut self, db: &mut SqliteConnection) -> Result<(), InboxError> {
        let changed: Vec<String> = std::mem::take(&mut self.changed).into_iter().collect();
        for chunk in changed.chunks(ROWS) {
            let mut query = values::query("WITH changed (lane) AS (VALUES ", chunk.len(), 1, HEADS);
            for lane in chunk {
                query = query.bind(lane);
            }
            self.due |= query.execute(&mut *db).await?.rows_affected() > 0;
        }
        Ok(())
    }
}

const HEADS: &str = ") UPDATE inbox_deliveries SET head = TRUE WHERE id IN (\
    SELECT (SELECT d.id FROM inbox_deliveries AS d WHERE d.lane = changed.lane AND d.state < 3 ORDER BY d.id LIMIT 1) \
    FROM changed WHERE NOT EXISTS (\
        SELECT 1 FROM inbox_deliveries AS h WHERE h.lane = changed.lane AND h.head AND h.state < 3))";
