//! Which row is sent next.

use std::time::Duration;

use super::Outbox;
use super::row::Taken;
use super::settle::{unended, unreadable};
use crate::state::{StateError, Tx};

/// Rows that are looked at, of which others may take some meanwhile.
const LOOK: i64 = 16;

/// The first of each lane that is due, where its channel takes a message.
const DUE: &str = "SELECT o.step, o.channel, o.platform FROM bot_outbox o \
    LEFT JOIN bot_outbox_channels c ON c.channel = o.channel \
    WHERE (o.state = 'waiting' AND o.due_at <= $1 OR o.state = 'sending' AND o.leased_until <= $1) \
    AND coalesce(c.next_at, 0) <= $1 \
    AND NOT EXISTS (SELECT 1 FROM bot_outbox e WHERE e.lane = o.lane AND e.seq < o.seq AND e.state IN ('waiting', 'sending')) \
    ORDER BY o.due_at, o.created_at, o.step LIMIT $2";

/// The channel is this sender's until then.
const SLOT: &str = "INSERT INTO bot_outbox_channels (channel, next_at) VALUES ($1, $2) \
    ON CONFLICT (channel) DO UPDATE SET next_at = $2 WHERE bot_outbox_channels.next_at <= $3";

const TAKE: &str = "UPDATE bot_outbox SET state = 'sending', fence = fence + 1, leased_until = $1, attempts = attempts + 1 \
    WHERE step = $2 AND (state = 'waiting' AND due_at <= $3 OR state = 'sending' AND leased_until <= $3)";

/// When something may be due that is not now. What waits behind others is due after them.
const NEXT: &str = "SELECT min(CASE WHEN o.state = 'sending' THEN o.leased_until \
    WHEN coalesce(c.next_at, 0) > o.due_at THEN c.next_at ELSE o.due_at END) AS at \
    FROM bot_outbox o LEFT JOIN bot_outbox_channels c ON c.channel = o.channel WHERE o.state IN ('waiting', 'sending') \
    AND NOT EXISTS (SELECT 1 FROM bot_outbox e WHERE e.lane = o.lane AND e.seq < o.seq AND e.state IN ('waiting', 'sending'))";

impl Outbox {
    /// Whether anything can be taken now, as far as one look tells.
    pub(super) async fn is_due(&self, tx: &mut Tx) -> Result<bool, StateError> {
        let now = tx.now().await?;
        Ok(tx.query(DUE).bind(now).bind(1_i64).row().await?.is_some())
    }

    /// Takes a row for so long, and its channel until the next message may follow; commit before sending, and where there
    /// is none as well: what cannot be read, or ends its senders, became a dead letter.
    pub(super) async fn take(
        &self,
        tx: &mut Tx,
        lease: Duration,
        apart: impl Fn(&str) -> Duration,
    ) -> Result<Option<Taken>, StateError> {
        let now = tx.now().await?;
        for row in tx.query(DUE).bind(now).bind(LOOK).rows().await? {
            let (step, channel) = (row.text("step")?, row.text("channel")?);
            // Others may have had the channel's lock: what counts is the time now.
            let now = tx.now().await?;
            let next = now.saturating_add(micros(apart(&row.text("platform")?)));
            if tx.query(SLOT).bind(&channel).bind(next).bind(now).run().await? == 0 {
                continue;
            }
            let until = now.saturating_add(micros(lease));
            if tx.query(TAKE).bind(until).bind(&step).bind(now).run().await? == 1 {
                match Taken::find(tx, &step).await {
                    // It would be the first one due for ever, and nobody's messages would be sent.
                    Err(error @ StateError::Row(_)) => {
                        unreadable(tx, &step, &error).await?;
                        // The audit is locked by now, and channels are locked before it: the next look takes the next row.
                        return Ok(None);
                    }
                    found => {
                        let found = found?;
                        // What ends its senders would end each of them in turn.
                        return Ok((!unended(self, tx, &found).await?).then_some(found));
                    }
                }
            }
        }
        Ok(None)
    }

    /// How long nothing will be due, as far as is known.
    pub(super) async fn idle(&self, tx: &mut Tx) -> Result<Option<Duration>, StateError> {
        let at = tx.query(NEXT).row().await?.map(|row| row.maybe_number("at")).transpose()?.flatten();
        let now = tx.now().await?;
        Ok(at.map(|at| Duration::from_micros(at.saturating_sub(now).max(0).unsigned_abs())))
    }
}

pub(super) fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}
