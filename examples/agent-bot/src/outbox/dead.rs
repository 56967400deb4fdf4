//! What could not be said: seen, sent again, or let go.

use std::fmt;

use serde::Serialize;
use time::OffsetDateTime;

use super::{Outbox, OutboxError};
use crate::audit::{self, Entry, Who};
use crate::message::{Outbound, legible};
use crate::state::{Row, StateError, Tx, instant, stamp};
use crate::who::Place;

/// A message that could not be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unsaid {
    /// Its step.
    pub step: String,
    /// Where it was to stand; `None` where this release cannot read it.
    pub place: Option<Place>,
    /// Why it does not.
    pub why: String,
    /// When it was given up, in store time.
    #[serde(skip)]
    pub at: OffsetDateTime,
    /// What it says; `None` where this release cannot read it.
    pub message: Option<Outbound>,
}

impl fmt::Display for Unsaid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = stamp(self.at);
        let (step, why) = (legible(&self.step, 200), legible(&self.why, 300));
        match &self.place {
            Some(Place { platform, tenant, channel, .. }) => {
                write!(f, "{at}  {platform}:{tenant}:{channel}  {step}\n    {why}")
            }
            None => write!(f, "{at}  an unreadable place  {step}\n    {why}"),
        }
    }
}

const DEAD: &str = "SELECT step, place, why, finished_at, message FROM bot_outbox WHERE state = 'dead' \
    ORDER BY finished_at, step LIMIT $1";
const ONE: &str = "SELECT step, place, why, finished_at, message FROM bot_outbox WHERE state = 'dead' AND step = $1";

impl Outbox {
    /// Dead letters, the oldest first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn dead(&self, tx: &mut Tx, most: u32) -> Result<Vec<Unsaid>, OutboxError> {
        let rows = tx.query(DEAD).bind(i64::from(most)).rows().await?;
        Ok(rows.iter().map(of).collect::<Result<_, _>>()?)
    }

    /// One dead letter.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn show(&self, tx: &mut Tx, step: &str) -> Result<Option<Unsaid>, OutboxError> {
        let row = tx.query(ONE).bind(step).row().await?;
        Ok(row.as_ref().map(of).transpose()?)
    }

    /// Sends a dead letter again, under the same key, with all its attempts and all its time; returns whether it was one.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn replay(&self, tx: &mut Tx, step: &str, operator: &str, why: &str) -> Result<bool, OutboxError> {
        let now = tx.now().await?;
        let sql = "UPDATE bot_outbox SET state = 'waiting', due_at = $1, created_at = $1, attempts = 0, finished_at = NULL \
            WHERE step = $2 AND state = 'dead'";
        let done = tx.query(sql).bind(now).bind(step).run().await? == 1;
        told(tx, done, step, "outbox.replayed", operator, why).await
    }

    /// Lets a dead letter go; returns whether it was one.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn discard(&self, tx: &mut Tx, step: &str, operator: &str, why: &str) -> Result<bool, OutboxError> {
        let now = tx.now().await?;
        let sql = "UPDATE bot_outbox SET state = 'discarded', route = NULL, finished_at = $1 \
            WHERE step = $2 AND state = 'dead'";
        let done = tx.query(sql).bind(now).bind(step).run().await? == 1;
        told(tx, done, step, "outbox.discarded", operator, why).await
    }
}

async fn told(
    tx: &mut Tx,
    done: bool,
    step: &str,
    act: &'static str,
    operator: &str,
    detail: &str,
) -> Result<bool, OutboxError> {
    if done {
        let row = tx.query("SELECT tenant FROM bot_outbox WHERE step = $1").bind(step).row().await?;
        let tenant = row.ok_or(StateError::Row("step"))?.text("tenant")?;
        let who = Who::Operator(operator);
        audit::append(tx, Entry { act, who, tenant: &tenant, what: step, digest: None, detail }).await?;
    }
    Ok(done)
}

fn of(row: &Row) -> Result<Unsaid, StateError> {
    Ok(Unsaid {
        step: row.text("step")?,
        place: row.parsed("place").ok(),
        why: row.text("why")?,
        at: instant(row.number("finished_at")?),
        message: row.parsed("message").ok(),
    })
}
