//! A batch in one transaction of the one connection that writes.

use std::sync::Arc;

use imchat_verify::Clock;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::accept::Moment;
use super::lanes::Lanes;
use super::{accept, acts, settle, take};
use crate::InboxError;
use crate::clock::micros;
use crate::writer::{Backend, Batch, Outcome};

/// The connection that writes.
pub(super) struct Writer {
    pub(super) db: SqliteConnection,
    pub(super) times: Times,
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
    pub(super) async fn connect(options: &SqliteConnectOptions, times: Times) -> Result<Self, InboxError> {
        Ok(Self { db: options.connect().await?, times })
    }
}

impl Backend for Writer {
    async fn write(&mut self, batch: &Batch) -> Result<Outcome, InboxError> {
        // One that turns from reading to writing can be refused after it has begun; this one waits its turn first.
        let mut db = self.db.begin_with("BEGIN IMMEDIATE").await?;
        // After the wait: leases may have ended meanwhile.
        let at = self.times.moment();
        let mut lanes = Lanes::default();
        let mut outcome = Outcome {
            accepted: accept::rows(&mut db, &batch.enqueues, at, &mut lanes).await?.into_iter().map(Ok).collect(),
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
