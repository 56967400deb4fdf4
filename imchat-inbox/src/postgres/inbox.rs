//! The inbox: a pool, the writers over it, and the notices.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use imchat_verify::dedup::Settled;
use imchat_verify::inbox::Accepted;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::lanes::Lanes;
use super::reads::Reads;
use super::write::Writer;
use super::{PostgresInboxBuilder, accept, notices, schema, settle};
use crate::clock::span;
use crate::desk::Desk;
use crate::row::Row;
use crate::verbs::verbs;
use crate::writer::{self, Settle, Way};
use crate::{InboxError, JobLease, NewJob};

/// A durable inbox in PostgreSQL, for as many processes as you like; cheap to clone.
///
/// Writes go through a few tasks, each of which commits for everybody who waits at the time. The database's clock is the
/// inbox's, so machines need not agree on the time. Other processes hear of new jobs by `NOTIFY`.
///
/// The writers end with the last clone, after what was ordered is done.
#[derive(Clone)]
pub struct PostgresInbox(Arc<Inner>);

struct Inner {
    desk: Desk,
    reads: Reads,
    pool: PgPool,
    retention: i64,
    /// Told when other processes should hear of something to take.
    tell: Arc<Notify>,
    /// Ended with the inbox, unlike the writers.
    _notices: JoinSet<()>,
}

impl fmt::Debug for PostgresInbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresInbox").finish_non_exhaustive()
    }
}

impl PostgresInbox {
    /// Opens the inbox in the database of this URL with the default settings; its tables are created where they are not
    /// there.
    ///
    /// # Errors
    ///
    /// Where the database cannot be reached or takes no writes, or is of a newer release.
    pub async fn open(url: &str) -> Result<Self, InboxError> {
        Self::builder().open(url).await
    }

    /// The settings, each with a default.
    pub fn builder() -> PostgresInboxBuilder {
        PostgresInboxBuilder::default()
    }

    pub(super) async fn start(builder: PostgresInboxBuilder, options: PgConnectOptions) -> Result<Self, InboxError> {
        let pool = pool(&builder, options);
        let schema = schema::prepare(&mut *pool.acquire().await?).await?;
        let (orders, arrivals) = writer::channel();
        let retention = span(builder.settings.retention);
        let desk = builder.settings.desk(orders);
        let tell = Arc::new(Notify::new());
        for _ in 0..builder.writers {
            let writer = Writer { pool: pool.clone(), reached: None, retention, tell: Arc::clone(&tell) };
            // It ends by itself, once the last sender is gone and the last order is carried out.
            let _detached = tokio::spawn(writer::run(
                writer,
                Arc::clone(&arrivals),
                Arc::clone(&desk.due),
                Arc::clone(&desk.commits),
            ));
        }
        let from = format!("{schema}/{}", instance());
        let mut tasks = JoinSet::new();
        tasks.spawn(notices::send(pool.clone(), Arc::clone(&tell), from.clone()));
        tasks.spawn(notices::hear(pool.clone(), Arc::clone(&desk.due), schema, from));
        let reads = Reads::new(pool.clone());
        Ok(Self(Arc::new(Inner { desk, reads, pool, retention, tell, _notices: tasks })))
    }

    /// Writes a job down, scheduled or with a priority if it has one.
    ///
    /// # Errors
    ///
    /// As of [`accept`](imchat_verify::inbox::Inbox::accept).
    pub async fn enqueue(&self, job: impl Into<NewJob>) -> Result<Accepted, InboxError> {
        self.0.desk.enqueue(job.into()).await
    }

    /// Writes a job down in a transaction of yours on the same database: both are durable once you commit, or neither is.
    ///
    /// A job with a lane holds the lane until you commit, so keep it short. Call [`wake`](Self::wake) after the commit, or
    /// workers find the job at the next poll.
    ///
    /// # Errors
    ///
    /// As of [`accept`](imchat_verify::inbox::Inbox::accept); roll back after one.
    pub async fn enqueue_in(
        &self,
        transaction: &mut PgConnection,
        job: impl Into<NewJob>,
    ) -> Result<Accepted, InboxError> {
        let row = Row::of(job.into(), &self.0.desk.rules)?;
        let mut lanes = Lanes::default();
        lanes.touch(&row);
        lanes.lock(transaction).await?;
        let rows = [row];
        let new = accept::new(transaction, &rows).await?;
        let accepted = accept::rows(transaction, &rows, new, self.0.retention, &mut lanes).await?;
        lanes.raise(transaction).await?;
        accepted.first().copied().ok_or(InboxError::Row("key"))
    }

    /// Ends a lease with the work done, in the transaction of yours that holds the work. Roll back at [`Settled::Lost`]:
    /// another worker has the job.
    ///
    /// # Errors
    ///
    /// Where the database fails; roll back after one.
    pub async fn done_in(&self, transaction: &mut PgConnection, lease: &JobLease) -> Result<Settled, InboxError> {
        let settle = Settle { lease: *lease, way: Way::Done };
        let mut lanes = Lanes::default();
        let settled = settle::leases(transaction, &[settle], &mut lanes).await?;
        lanes.raise(transaction).await?;
        Ok(settled.first().copied().unwrap_or(Settled::Lost))
    }

    /// Tells workers, of this process and of others, that there may be something to take.
    pub fn wake(&self) {
        self.0.desk.due.notify_one();
        self.0.tell.notify_one();
    }

    /// Its connections, for transactions of yours; they wait for locks no longer than the builder says, and one that is
    /// idle in a transaction for ten seconds is ended by the server.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.0.pool
    }

    /// Transactions that its writers have committed since it was opened: what was accepted, divided by it, is how many
    /// share a commit.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.0.desk.commits.load(Ordering::Relaxed)
    }
}

verbs!(PostgresInbox);

/// Tells this inbox's notices from those of others.
fn instance() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let now = time::OffsetDateTime::now_utc().unix_timestamp_nanos();
    format!("{}-{}-{now}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

fn pool(builder: &PostgresInboxBuilder, options: PgConnectOptions) -> PgPool {
    // A process that stops in the middle of a transaction holds lanes that others need.
    let session = format!(
        "SET lock_timeout TO {}; SET idle_in_transaction_session_timeout TO 10000; \
         SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
        builder.lock_timeout.as_millis().min(i32::MAX.unsigned_abs().into())
    );
    PgPoolOptions::new()
        .max_connections(builder.writers.saturating_add(builder.connections).saturating_add(2))
        .acquire_timeout(builder.lock_timeout)
        .test_before_acquire(false)
        .before_acquire(|db, idle| {
            Box::pin(async move {
                // One that was in use just now is there; the others may have lost their server.
                if idle.idle_for > Duration::from_millis(500) {
                    db.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(move |db, _| {
            let session = session.clone();
            Box::pin(async move {
                sqlx::raw_sql(sqlx::AssertSqlSafe(session)).execute(db).await?;
                Ok(())
            })
        })
        .connect_lazy_with(options.disable_statement_logging())
}
