//! The inbox: one connection that writes, a few that read.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use imchat_verify::dedup::Settled;
use imchat_verify::inbox::Accepted;
use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteConnection};
use tokio::task::{JoinHandle, JoinSet};

use super::lanes::Lanes;
use super::reads::Reads;
use super::write::{Times, Writer};
use super::{SqliteInboxBuilder, accept, checkpoint, settle};
use crate::clock::span;
use crate::desk::Desk;
use crate::row::Row;
use crate::verbs::verbs;
use crate::writer::{self, Settle, Way};
use crate::{InboxError, JobLease, NewJob};

/// A durable inbox in one SQLite file, written with `synchronous = FULL` in the write-ahead log; cheap to clone.
///
/// All writes go through one task, which commits for everybody who waits at the time. Several processes may open the same
/// file; a notice of new jobs reaches only the workers of the process that wrote them, the others find them by polling.
///
/// The writer ends with the last clone, after what was ordered is done.
#[derive(Clone)]
pub struct SqliteInbox(Arc<Inner>);

struct Inner {
    desk: Desk,
    reads: Reads,
    times: Times,
    options: SqliteConnectOptions,
    /// Ended with the inbox, unlike the writer.
    _upkeep: JoinSet<()>,
}

impl fmt::Debug for SqliteInbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteInbox").field("file", &self.0.options.get_filename()).finish_non_exhaustive()
    }
}

impl SqliteInbox {
    /// Opens the inbox in this file with the default settings; the file is created where it is not there.
    ///
    /// # Errors
    ///
    /// Where the file cannot be opened, is held, is something else or is of a newer release.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, InboxError> {
        Self::builder().open(path).await
    }

    /// The settings, each with a default.
    pub fn builder() -> SqliteInboxBuilder {
        SqliteInboxBuilder::default()
    }

    pub(super) async fn start(builder: SqliteInboxBuilder, options: SqliteConnectOptions) -> Result<Self, InboxError> {
        let options = options
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(builder.busy_timeout)
            .statement_cache_capacity(512)
            // 64 MiB: the upper pages of the keys' index, and the leaves that were written last.
            .pragma("cache_size", "-65536")
            .pragma("wal_autocheckpoint", checkpoint::AT_MOST)
            .disable_statement_logging();
        let times = Times { clock: builder.clock, retention: span(builder.settings.retention) };
        let writer = Writer::connect(&options, times.clone(), builder.beside, builder.busy_timeout).await?;
        let (orders, arrivals) = writer::channel();
        let desk = builder.settings.desk(orders);
        // It ends by itself, once the last sender is gone and the last order is carried out.
        let _detached: JoinHandle<()> =
            tokio::spawn(writer::run(writer, arrivals, Arc::clone(&desk.due), Arc::clone(&desk.commits)));
        let mut upkeep = JoinSet::new();
        upkeep.spawn(checkpoint::run(options.connect().await?, Arc::clone(&desk.commits)));
        let reads = Reads::new(options.clone(), times.clone());
        Ok(Self(Arc::new(Inner { desk, reads, times, options, _upkeep: upkeep })))
    }

    /// Writes a job down, scheduled or with a priority if it has one.
    ///
    /// # Errors
    ///
    /// As of [`accept`](imchat_verify::inbox::Inbox::accept).
    pub async fn enqueue(&self, job: impl Into<NewJob>) -> Result<Accepted, InboxError> {
        self.0.desk.enqueue(job.into()).await
    }

    /// Writes a job down in a transaction of yours on the same file: both are durable once you commit, or neither is.
    ///
    /// Begin it with `BEGIN IMMEDIATE` and keep it short: the inbox's own writer waits for its end. Call
    /// [`wake`](Self::wake) after the commit, or workers find the job at the next poll.
    ///
    /// # Errors
    ///
    /// As of [`accept`](imchat_verify::inbox::Inbox::accept); roll back after one.
    pub async fn enqueue_in(
        &self,
        transaction: &mut SqliteConnection,
        job: impl Into<NewJob>,
    ) -> Result<Accepted, InboxError> {
        let row = Row::of(job.into(), &self.0.desk.rules)?;
        let mut lanes = Lanes::default();
        let (rows, at) = ([row], self.0.times.moment());
        let new = accept::new(transaction, &rows, at.now).await?;
        let accepted = accept::rows(transaction, &rows, new, at, &mut lanes).await?;
        lanes.raise(transaction).await?;
        accepted.first().copied().ok_or(InboxError::Row("key"))
    }

    /// Ends a lease with the work done, in the transaction of yours that holds the work. Roll back at [`Settled::Lost`]:
    /// another worker has the job.
    ///
    /// # Errors
    ///
    /// Where the database fails; roll back after one.
    pub async fn done_in(&self, transaction: &mut SqliteConnection, lease: &JobLease) -> Result<Settled, InboxError> {
        let settle = Settle { lease: *lease, way: Way::Done };
        let mut lanes = Lanes::default();
        let settled = settle::leases(transaction, &[settle], self.0.times.moment().now, &mut lanes).await?;
        lanes.raise(transaction).await?;
        Ok(settled.first().copied().unwrap_or(Settled::Lost))
    }

    /// Tells a worker of this process that there may be something to take.
    pub fn wake(&self) {
        self.0.desk.due.notify_one();
    }

    /// The options that its connections have, for one of yours to the same file.
    #[must_use]
    pub fn options(&self) -> &SqliteConnectOptions {
        &self.0.options
    }

    /// Transactions that its writers have committed since it was opened: what was accepted, divided by it, is how many
    /// share a commit.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.0.desk.commits.load(Ordering::Relaxed)
    }
}

verbs!(SqliteInbox);
