//! A batch in one transaction, or in one statement where that is all it is.

use std::collections::HashSet;
use std::sync::Arc;

use imchat_verify::dedup::DedupKey;
use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, PgConnection, PgPool, Postgres};
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
    /// For the next batch.
    pub(super) reached: Option<PoolConnection<Postgres>>,
    pub(super) retention: i64,
    /// Told when other processes should hear of something to take.
    pub(super) tell: Arc<Notify>,
}

impl Backend for Writer {
    async fn reach(&mut self) -> Result<(), InboxError> {
        // Back first, or all writers could wait for one another's.
        self.reached = None;
        self.reached = Some(self.pool.acquire().await?);
        Ok(())
    }

    async fn write(&mut self, batch: &Batch) -> Result<Outcome, InboxError> {
        let outcome = if batch.is_only_plain_rows(usize::MAX) {
            self.rows(batch).await?
        } else {
            self.transact(batch, None).await?
        };
        if outcome.due {
            self.tell.notify_one();
        }
        Ok(outcome)
    }
}

impl Writer {
    /// The one that was reached for this batch, or another where that one is used up.
    async fn connection(&mut self) -> Result<PoolConnection<Postgres>, InboxError> {
        match self.reached.take() {
            Some(connection) => Ok(connection),
            None => Ok(self.pool.acquire().await?),
        }
    }

    /// Rows alone are one statement, which needs no transaction around it; what was there before comes after.
    async fn rows(&mut self, batch: &Batch) -> Result<Outcome, InboxError> {
        let mut tries = 1;
        let new = loop {
            match accept::new(&mut *self.connection().await?, &batch.enqueues).await {
                Err(error) if error.is_deadlock() && tries < TRIES => tries = tries.saturating_add(1),
                told => break told?,
            }
        };
        if new.len() == batch.enqueues.len() {
            return Ok(Outcome::all_new(batch));
        }
        match self.transact(batch, Some(&new)).await {
            Ok(outcome) => Ok(outcome),
            // The new ones are durable all the same.
            Err(error) => Ok(Outcome::but_for(batch, new, &error)),
        }
    }

    async fn transact(&mut self, batch: &Batch, new: Option<&HashSet<DedupKey>>) -> Result<Outcome, InboxError> {
        let mut tries = 1;
        loop {
            match self.try_transact(batch, new).await {
                Err(error) if error.is_deadlock() && tries < TRIES => tries = tries.saturating_add(1),
                told => return told,
            }
        }
    }

    async fn try_transact(&mut self, batch: &Batch, new: Option<&HashSet<DedupKey>>) -> Result<Outcome, InboxError> {
        let mut connection = self.connection().await?;
        let mut db = connection.begin().await?;
        let outcome = carry_out(&mut db, batch, new, self.retention).await?;
        db.commit().await?;
        Ok(outcome)
    }
}

/// Carries out what is left of a batch whose new rows are written already, or else all of it.
///
/// Rows are locked before lanes, and lanes before anything is written that others could wait for.
async fn carry_out(
    db: &mut PgConnection,
    batch: &Batch,
    new: Option<&HashSet<DedupKey>>,
    retention: i64,
) -> Result<Outcome, InboxError> {
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
    let new = match new {
        Some(new) => new.clone(),
        None => accept::new(db, &batch.enqueues).await?,
    };
    let accepted = accept::rows(db, &batch.enqueues, new, retention, &mut lanes).await?;
    outcome.accepted = accepted.into_iter().map(Ok).collect();
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
