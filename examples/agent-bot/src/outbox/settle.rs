//! What is recorded of an attempt.

use std::time::Duration;

use super::row::Taken;
use super::take::micros;
use super::{Outbox, OutboxError};
use crate::audit::{self, Entry, Who};
use crate::platform::{SendError, Sent};
use crate::state::{StateError, Tx, written};

/// Attempts at one piece, of those that may have failed for a moment only.
const ATTEMPTS: i64 = 12;
/// The wait after the first one.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(300);
/// The longest that a platform's `Retry-After` holds a channel.
const HELD: Duration = Duration::from_secs(3600);
/// How long a message is kept for a platform that takes nothing: what is older answers nobody any more.
const KEPT: Duration = Duration::from_secs(24 * 3600);

const LIMITED: &str = "the channel is over its rate limit, and this has waited for a day or more: find out who uses the limit up, then replay this";
const UNENDED: &str =
    "sending it was begun several times and never ended: see the log, and report it before it is replayed";

/// What an attempt came to.
#[derive(Debug)]
pub(super) enum Came {
    /// One piece stands, of so many.
    Sent(Sent, usize),
    /// One piece does not.
    Failed(SendError),
    /// It can never be said, for this reason.
    Never(String),
    /// Its message does not stand yet.
    TooEarly,
}

/// Records it, unless another sender has the row by now; returns whether it did. Roll back where it did not.
pub(super) async fn record(
    outbox: &Outbox,
    tx: &mut Tx,
    taken: &Taken,
    came: Came,
    random: u32,
) -> Result<bool, StateError> {
    match came {
        Came::Sent(sent, pieces) => stands(tx, taken, sent, pieces).await,
        Came::Never(why) => dead(outbox, tx, taken, &why, None).await,
        Came::TooEarly => again(tx, taken, FIRST, taken.attempts.saturating_sub(1), false).await,
        // The route is dropped and the API is used, at once and under the same key.
        Came::Failed(SendError::RouteEnded) if taken.route.is_some() => {
            again(tx, taken, Duration::ZERO, taken.attempts.saturating_sub(1), true).await
        }
        Came::Failed(SendError::RateLimited { retry_after }) => {
            let wait = retry_after.unwrap_or_else(|| backoff(taken.attempts, random)).min(HELD);
            let now = tx.now().await?;
            let until = now.saturating_add(micros(wait));
            // Everybody waits for the channel, not only this row; and it is nobody's failure. The channel is locked before
            // the row, as it is where rows are taken; whoever was overtaken rolls it back.
            let sql = "UPDATE bot_outbox_channels SET next_at = $1 WHERE channel = $2 AND next_at < $1";
            tx.query(sql).bind(until).bind(&taken.channel).run().await?;
            if now.saturating_sub(taken.created) >= micros(KEPT) {
                return dead(outbox, tx, taken, LIMITED, None).await;
            }
            again(tx, taken, wait, taken.attempts.saturating_sub(1), false).await
        }
        Came::Failed(SendError::Unreachable | SendError::Unknown(_)) if taken.attempts < ATTEMPTS => {
            again(tx, taken, backoff(taken.attempts, random), taken.attempts, false).await
        }
        Came::Failed(error) => {
            let remedy = if let SendError::Refused { remedy, .. } = &error { Some(*remedy) } else { None };
            dead(outbox, tx, taken, &error.to_string(), remedy).await
        }
    }
}

async fn stands(tx: &mut Tx, taken: &Taken, sent: Sent, pieces: usize) -> Result<bool, StateError> {
    let mut all = taken.sent.clone();
    all.push(sent.clone());
    let (state, over) = if all.len() >= pieces { ("sent", true) } else { ("waiting", false) };
    let now = tx.now().await?;
    let sql = "UPDATE bot_outbox SET state = $1, sent = $2, attempts = 0, due_at = $3, why = NULL, \
        route = CASE WHEN $1 = 'sent' THEN NULL ELSE route END, finished_at = $4 \
        WHERE step = $5 AND state = 'sending' AND fence = $6";
    let row = tx.query(sql).bind(state).bind(written(&all, "sent")?).bind(now).bind(over.then_some(now));
    if row.bind(&taken.step).bind(taken.fence).run().await? != 1 {
        return Ok(false);
    }
    if let Some(of) = &taken.edit_of {
        moved(tx, of, taken.sent.len(), sent).await?;
    }
    Ok(true)
}

/// A piece that was said anew instead of edited is what the next edit is about.
async fn moved(tx: &mut Tx, of: &str, index: usize, sent: Sent) -> Result<(), StateError> {
    let Some(row) = tx.query("SELECT sent FROM bot_outbox WHERE step = $1").bind(of).row().await? else {
        return Ok(());
    };
    let mut all: Vec<Sent> = row.parsed("sent")?;
    match all.get_mut(index) {
        Some(same) if *same == sent => return Ok(()),
        Some(old) => *old = sent,
        None => all.push(sent),
    }
    let sql = "UPDATE bot_outbox SET sent = $1 WHERE step = $2";
    tx.query(sql).bind(written(&all, "sent")?).bind(of).run().await?;
    Ok(())
}

async fn again(
    tx: &mut Tx,
    taken: &Taken,
    wait: Duration,
    attempts: i64,
    route_ended: bool,
) -> Result<bool, StateError> {
    let due = tx.now().await?.saturating_add(micros(wait));
    let sql = "UPDATE bot_outbox SET state = 'waiting', due_at = $1, attempts = $2, \
        route = CASE WHEN $3 = 1 THEN NULL ELSE route END WHERE step = $4 AND state = 'sending' AND fence = $5";
    let row = tx.query(sql).bind(due).bind(attempts).bind(i64::from(route_ended));
    Ok(row.bind(&taken.step).bind(taken.fence).run().await? == 1)
}

async fn dead(
    outbox: &Outbox,
    tx: &mut Tx,
    taken: &Taken,
    why: &str,
    remedy: Option<&str>,
) -> Result<bool, StateError> {
    let now = tx.now().await?;
    let sql = "UPDATE bot_outbox SET state = 'dead', why = $1, finished_at = $2 \
        WHERE step = $3 AND state = 'sending' AND fence = $4";
    if tx.query(sql).bind(why).bind(now).bind(&taken.step).bind(taken.fence).run().await? != 1 {
        return Ok(false);
    }
    tracing::warn!(step = taken.step, why, "a message became a dead letter");
    // Before the audit, whose end everybody waits for who holds a lane.
    match outbox.unsaid(tx, taken, remedy).await {
        Ok(()) => {}
        Err(OutboxError::State(error)) => return Err(error),
        Err(OutboxError::Seal(error)) => {
            tracing::warn!(step = taken.step, %error, "who waits for it cannot be told: no route can be sealed");
        }
    }
    let (act, who, tenant) = ("outbox.dead", Who::Bot, taken.place.tenant.as_str());
    audit::append(tx, Entry { act, who, tenant, what: &taken.step, digest: None, detail: why }).await?;
    Ok(true)
}

/// Gives up a row whose attempts all ended with their senders, and were never recorded; returns whether it is one.
pub(super) async fn unended(outbox: &Outbox, tx: &mut Tx, taken: &Taken) -> Result<bool, StateError> {
    Ok(taken.attempts > ATTEMPTS && dead(outbox, tx, taken, UNENDED, None).await?)
}

/// Gives up a row that this release cannot read, which nobody else has.
pub(super) async fn unreadable(tx: &mut Tx, step: &str, error: &StateError) -> Result<(), StateError> {
    let why = error.to_string();
    let now = tx.now().await?;
    let sql = "UPDATE bot_outbox SET state = 'dead', why = $1, finished_at = $2 WHERE step = $3";
    tx.query(sql).bind(&why).bind(now).bind(step).run().await?;
    let row = tx.query("SELECT tenant FROM bot_outbox WHERE step = $1").bind(step).row().await?;
    let tenant = row.ok_or(StateError::Row("step"))?.text("tenant")?;
    tracing::warn!(step, why, "a message became a dead letter");
    let (act, who) = ("outbox.dead", Who::Bot);
    audit::append(tx, Entry { act, who, tenant: &tenant, what: step, digest: None, detail: &why }).await
}

/// Twice as long after each attempt, and up to half as long again, so that many do not come back at once.
pub(super) fn backoff(attempts: i64, random: u32) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1).max(0)).unwrap_or(u32::MAX).min(16);
    let wait = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    let jitter = wait.as_secs_f64() / 2.0 * f64::from(random) / f64::from(u32::MAX);
    wait.saturating_add(Duration::from_secs_f64(jitter))
}
