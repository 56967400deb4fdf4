//! What is only read: by other connections, since readers and the writer do not wait for each other.

use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, SqlitePool};

use super::write::Times;
use crate::row::{self, Columns, Stored};
use crate::{Audited, Counts, DeadLetter, InboxError, Quarantined};

pub(super) struct Reads {
    pool: SqlitePool,
    times: Times,
}

impl Reads {
    pub(super) fn new(options: SqliteConnectOptions, times: Times) -> Self {
        let options = options.pragma("query_only", "ON");
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(5))
            .test_before_acquire(false)
            .connect_lazy_with(options);
        Self { pool, times }
    }

    /// How long it is until a wait or a lease ends.
    pub(super) async fn next_due(&self) -> Result<Option<Duration>, InboxError> {
        let row = sqlx::query(
            "SELECT min(due_at) AS due_at FROM (\
             SELECT min(due_at) AS due_at FROM inbox_deliveries WHERE state = 1 \
             UNION ALL SELECT min(due_at) FROM inbox_deliveries WHERE state = 2)",
        )
        .fetch_one(&self.pool)
        .await?;
        let now = self.times.moment().now;
        let micros = row.maybe_number("due_at")?.map(|at| u64::try_from(at.saturating_sub(now)).unwrap_or(0));
        Ok(micros.map(Duration::from_micros))
    }

    pub(super) async fn dead_letters(&self, after: i64, most: u32) -> Result<Vec<DeadLetter>, InboxError> {
        let rows = sqlx::query(
            "SELECT id, key, provider, kind, event_type, tenant, lane, attempt, why, accepted_at, finished_at \
             FROM inbox_deliveries WHERE state = 4 AND id > $1 ORDER BY id LIMIT $2",
        )
        .bind(after)
        .bind(i64::from(most))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(row::dead_letter).collect()
    }

    pub(super) async fn dead_letter(&self, id: i64) -> Result<Option<Stored>, InboxError> {
        let sql = format!("SELECT {} FROM inbox_deliveries WHERE id = $1 AND state = 4", Stored::COLUMNS);
        let row = sqlx::query(AssertSqlSafe(sql)).bind(id).fetch_optional(&self.pool).await?;
        row.as_ref().map(Stored::read).transpose()
    }

    /// Jobs of this one's lane that nobody has and that come after it.
    pub(super) async fn behind(&self, id: i64, most: u32) -> Result<Vec<Stored>, InboxError> {
        let sql = format!(
            "SELECT {} FROM inbox_deliveries WHERE lane = (SELECT lane FROM inbox_deliveries WHERE id = $1) \
             AND id > $1 AND state < 2 ORDER BY id LIMIT $2",
            Stored::COLUMNS
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(id).bind(i64::from(most)).fetch_all(&self.pool).await?;
        rows.iter().map(Stored::read).collect()
    }

    pub(super) async fn audit(&self, after: i64, most: u32) -> Result<Vec<Audited>, InboxError> {
        let rows = sqlx::query(
            "SELECT id, delivery, key, act, who, why, at FROM inbox_audit WHERE id > $1 ORDER BY id LIMIT $2",
        )
        .bind(after)
        .bind(i64::from(most))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(row::audited).collect()
    }

    pub(super) async fn quarantined(&self, after: i64, most: u32) -> Result<Vec<Quarantined>, InboxError> {
        let rows = sqlx::query(
            "SELECT id, key, digest, provider, kind, stored_at FROM inbox_quarantine WHERE id > $1 ORDER BY id LIMIT $2",
        )
        .bind(after)
        .bind(i64::from(most))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(row::quarantined).collect()
    }

    pub(super) async fn counts(&self) -> Result<Counts, InboxError> {
        let row = sqlx::query(row::COUNTS).fetch_one(&self.pool).await?;
        row::counts(&row)
    }
}
