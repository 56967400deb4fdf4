//! A batch in one transaction, or one statement where that is all it is, of the one connection that writes.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use imchat_verify::Clock;
use imchat_verify::dedup::DedupKey;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::accept::Moment;
use super::lanes::Lanes;
use super::values::ROWS;
use super::{accept, acts, schema, settle, take};
use crate::InboxError;
use crate::clock::micros;
use crate::writer::{Backend, Batch, Outcome, Patience};

/// The connection that writes. It does not wait for a held file in SQLite, which knows nothing of callers that give up.
pub(super) struct Writer {
    db: SqliteConnection,
    times: Times,
    patience: Duration,
}

/// The clock and the retention of an inbox.
#[derive(Clone)]
pub(super) struct Times {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) retention: i64,
}

impl Times {
    pub(super) fn moment(&self) -> Moment {
        Moment { now: micros(self.clock.now()), retention: self.retention }
    }
}

impl Writer {
    pub(super) async fn connect(
        options: &SqliteConnectOptions,
        times: Times,
        beside: bool,
        patience: Duration,
    ) -> Result<Self, InboxError> {
        let mut db = options.connect().await?;
        schema::prepare(&mut db, beside, patience).await?;
        sqlx::query("PRAGMA busy_timeout = 0").execute(&mut db).await?;
        Ok(Self { db, times, patience })
    }
}

impl Backend for Writer {
    fn patience(&self) -> Duration {
        self.patience
    }

    async fn write(&mut self, batch: &Batch) -> Result<Outcome, InboxError> {
        if batch.is_only_plain_rows(ROWS) { self.rows(batch).await } else { self.transact(batch, None).await }
    }
}

impl Writer {
    /// Rows alone are one statement, which needs no transaction around it; what was there before comes after.
    async fn rows(&mut self, batch: &Batch) -> Result<Outcome, InboxError> {
        let new = accept::new(&mut self.db, &batch.enqueues, self.times.moment().now).await?;
        if new.len() == batch.enqueues.len() {
            return Ok(Outcome::all_new(batch));
        }
        let mut patience = Patience::of(self.patience);
        loop {
            match self.transact(batch, Some(new.clone())).await {
                Ok(outcome) => return Ok(outcome),
                Err(error) if patience.bears(&error).await => {}
                // The new ones are durable all the same.
                Err(error) => return Ok(Outcome::but_for(batch, new, &error)),
            }
        }
    }

    async fn transact(&mut self, batch: &Batch, new: Option<HashSet<DedupKey>>) -> Result<Outcome, InboxError> {
        // One that turns from reading to writing can be refused after it has begun; this one waits its turn first.
        let mut db = self.db.begin_with("BEGIN IMMEDIATE").await?;
        // After the wait: leases may have ended meanwhile.
        let at = self.times.moment();
        let mut lanes = Lanes::default();
        let new = match new {
            Some(new) => new,
            None => accept::new(&mut db, &batch.enqueues, at.now).await?,
        };
        let accepted = accept::rows(&mut db, &batch.enqueues, new, at, &mut lanes).await?;
        let mut outcome = Outcome {
            accepted: accepted.into_iter().map(Ok).collect(),
            settled: settle::leases(&mut db, &batch.settles, at.now, &mut lanes).await?,
            ..Outcome::default()
        };
        for act in &batch.acts {
            outcome.acted.push(acts::act(&mut db, act, at, &mut lanes).await?);
        }
        if !batch.takes.is_empty() {
            take::fall_due(&mut db, at.now, &mut lanes).await?;
        }
        lanes.raise(&mut db).await?;
        for take in &batch.takes {
            let jobs = take::jobs(&mut db, *take, at.now, &mut lanes).await?;
            // Who took all it may has left some for others.
            lanes.due |= jobs.len() == take.most;
            outcome.taken.push(jobs);
        }
        // A job that could not be read has left its lane.
        lanes.raise(&mut db).await?;
        outcome.due = lanes.due;
        db.commit().await?;
        Ok(outcome)
    }
}
