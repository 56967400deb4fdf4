//! A batch in one transaction.

use std::sync::Arc;

use sqlx::{PgConnection, PgPool};
use tokio::sync::Notify;

use super::lanes::Lanes;
use super::{accept, acts, settle, take};
use crate::InboxError;
use crate::writer::{Backend, Batch, Outcome};

/// How often a batch is tried that deadlocked with another: PostgreSQL ends one of two, and nothing of it was done.
const TRIES: u32 = 5;

/// One of the writers; each transaction takes a connection from the pool.
pub(super) struct Writer {
    pub(super) pool: PgPool,
    pub(super) retention: i64,
    /// Told when other processes should hear of something to take.
    pub(super) tell: Arc<Notify>,
}

impl Backend for Writer {
    async fn write(&mut self, batch: &Batch) -> Result<Outcome, InboxError> {
        for _ in 1..TRIES {
            match self.transact(batch).await {
                Err(error) if error.is_deadlock() => {}
                told => return told,
            }
        }
        self.transact(batch).await
    }
}

impl Writer {
    async fn transact(&self, batch: &Batch) -> Result<Outcome, InboxError> {
        let mut db = self.pool.begin().await?;
        let outcome = carry_out(&mut db, batch, self.retention).await?;
        db.commit().await?;
        if outcome.due {
            self.tell.notify_one();
        }
        Ok(outcome)
    }
}

/// Rows are locked before lanes, and lanes before anything is written that others could wait for.
async fn carry_out(db: &mut PgConnection, batch: &Batch, retention: i64) -> Result<Outcome, InboxError> {
    let mut lanes = Lanes::default();
    let settled = settle::leases(db, &batch.settles, &mut lanes).await?;
    let mut outcome = Outcome { settled, ..Outcome::default() };
    for act in &batch.acts {
        outcome.acted.push(acts::act(db, act, retention, &mut lanes).await?);
    }
    if !batch.takes.is_empty() {
        take::fall_due(db, &mut lanes).await?;
    }
    for row in &batch.enqueues {
        lanes.touch(row);
    }
    lanes.lock(db).await?;
    outcome.accepted = accept::rows(db, &batch.enqueues, retention, &mut lanes).await?;
    lanes.raise(db).await?;
    for take in &batch.takes {
        let jobs = take::jobs(db, *take, &mut lanes).await?;
        // Who took all it may has left some for others.
        lanes.due |= jobs.len() == take.most;
        outcome.taken.push(jobs);
    }
    // A job that could not be read has left its lane.
    lanes.raise(db).await?;
    outcome.due = lanes.due;
    Ok(outcome)
}
