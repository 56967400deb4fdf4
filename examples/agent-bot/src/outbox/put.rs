//! Writing down what is to be said.

use super::{Outbox, OutboxError};
use crate::message::Outbound;
use crate::platform::Address;
use crate::state::{StateError, Tx, written};
use crate::who::Place;

/// What kind of sealed text a reply route is.
pub(super) const ROUTE: &str = "outbox.route";

/// Something to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Where it is to stand.
    pub to: Address,
    /// What.
    pub message: Outbound,
    /// The step that says it, the same each time that the same job is worked on: the job's key, `/` and a name.
    pub step: String,
    /// The step whose message it takes the place of; it stays where that one stands.
    pub edit_of: Option<String>,
}

/// What became of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is written down.
    New,
    /// The same step had said something before; that stands.
    Known,
}

impl Outbox {
    /// Writes a draft down in the caller's transaction; [wake](Self::wake) the sender after the commit.
    ///
    /// The place's lane is held until the commit: put last, and commit soon.
    ///
    /// # Errors
    /// Where the database fails, or the reply route cannot be sealed.
    pub async fn put(&self, tx: &mut Tx, draft: &Draft) -> Result<Put, OutboxError> {
        let there = tx.query("SELECT step FROM bot_outbox WHERE step = $1").bind(&draft.step).row().await?;
        if there.is_some() {
            return Ok(Put::Known);
        }
        let place = &draft.to.place;
        let (channel, lane) = (channel(place), self.lane(tx, draft).await?);
        let next = "INSERT INTO bot_outbox_lanes (lane, seq) \
            VALUES ($1, (SELECT coalesce(max(seq), 0) + 1 FROM bot_outbox WHERE lane = $1)) \
            ON CONFLICT (lane) DO UPDATE SET seq = bot_outbox_lanes.seq + 1 RETURNING seq";
        let next = tx.query(next).bind(&lane).row().await?.ok_or(StateError::Row("seq"))?.number("seq")?;
        let route = match &draft.to.reply {
            Some(route) => Some(self.seal.seal(ROUTE, &place.tenant, written(route, "route")?.as_bytes())?),
            None => None,
        };
        let person = draft.to.only.as_ref().map(|person| written(person, "person")).transpose()?;
        let now = tx.now().await?;
        let sql = "INSERT INTO bot_outbox (step, platform, tenant, channel, lane, seq, place, person, route, message, \
            edit_of, state, due_at, fence, leased_until, attempts, sent, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, \
            $8, $9, $10, $11, 'waiting', $12, 0, 0, 0, '[]', $12) ON CONFLICT (step) DO NOTHING";
        let row = tx.query(sql).bind(&draft.step).bind(place.platform.as_str()).bind(&place.tenant).bind(channel);
        let row = row.bind(lane).bind(next).bind(written(place, "place")?).bind(person).bind(route);
        let row = row.bind(written(&draft.message, "message")?).bind(draft.edit_of.as_deref()).bind(now);
        if row.run().await? == 0 {
            return Ok(Put::Known);
        }
        if let Some(of) = &draft.edit_of {
            // Nobody needs to see what is replaced before it was seen.
            let sql = "UPDATE bot_outbox SET state = 'superseded', route = NULL, finished_at = $1 \
                WHERE edit_of = $2 AND step <> $3 AND state = 'waiting' AND seq < $4";
            tx.query(sql).bind(now).bind(of).bind(&draft.step).bind(next).run().await?;
        }
        Ok(Put::New)
    }

    /// The lane of the place; an edit is in its message's, so that it cannot come first.
    async fn lane(&self, tx: &mut Tx, draft: &Draft) -> Result<String, OutboxError> {
        if let Some(of) = &draft.edit_of {
            let row = tx.query("SELECT lane FROM bot_outbox WHERE step = $1").bind(of).row().await?;
            if let Some(row) = row {
                return Ok(row.text("lane")?);
            }
        }
        Ok(lane(&draft.to.place))
    }
}

/// What is spaced: the channel with all its threads. Parts have their length before them, so that no two share one.
pub(super) fn channel(place: &Place) -> String {
    let Place { platform, tenant, channel, .. } = place;
    format!("{platform}:{}:{tenant}:{channel}", tenant.len())
}

/// What is kept in order: the place.
fn lane(place: &Place) -> String {
    let Place { platform, tenant, channel, thread } = place;
    let thread = thread.as_ref().map_or_else(String::new, |thread| format!(":{thread}"));
    format!("{platform}:{}:{tenant}:{}:{channel}{thread}", tenant.len(), channel.len())
}
