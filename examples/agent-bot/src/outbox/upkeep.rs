//! What the outbox forgets, and what it seals anew.

use std::time::Duration;

use super::put::ROUTE;
use super::take::micros;
use super::{Outbox, OutboxError};
use crate::state::Tx;

impl Outbox {
    /// Forgets rows that were over this long ago; dead letters stay until somebody lets them go. Keep them for longer than
    /// jobs can be worked on again: a step that is forgotten could be said again.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn forget(&self, tx: &mut Tx, after: Duration) -> Result<u64, OutboxError> {
        let before = tx.now().await?.saturating_sub(micros(after));
        let sql = "DELETE FROM bot_outbox WHERE state IN ('sent', 'superseded', 'discarded') AND finished_at < $1";
        let forgotten = tx.query(sql).bind(before).run().await?;
        // A lane that comes back counts on from the rows that are left of it.
        let lanes = "DELETE FROM bot_outbox_lanes \
            WHERE NOT EXISTS (SELECT 1 FROM bot_outbox o WHERE o.lane = bot_outbox_lanes.lane)";
        tx.query(lanes).run().await?;
        tx.query("DELETE FROM bot_outbox_channels WHERE next_at < $1").bind(before).run().await?;
        Ok(forgotten)
    }

    /// Seals up to so many reply routes with the current key; returns how many it did. A route that no key opens is
    /// dropped: the API is used instead.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn reseal(&self, tx: &mut Tx, most: u32) -> Result<u64, OutboxError> {
        let sql = "SELECT step, tenant, route FROM bot_outbox WHERE route IS NOT NULL AND substr(route, 1, 4) <> $1 \
            ORDER BY step LIMIT $2";
        let rows = tx.query(sql).bind(self.seal.mark()).bind(i64::from(most)).rows().await?;
        let mut done = 0_u64;
        for row in rows {
            let (step, route) = (row.text("step")?, row.text("route")?);
            let anew = match self.seal.reseal(ROUTE, &row.text("tenant")?, &route) {
                Ok(Some(anew)) => Some(anew),
                Ok(None) => continue,
                Err(_) => None,
            };
            let sql = "UPDATE bot_outbox SET route = $1 WHERE step = $2 AND route = $3";
            done = done.saturating_add(tx.query(sql).bind(anew).bind(step).bind(route).run().await?);
        }
        Ok(done)
    }
}
