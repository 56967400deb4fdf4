//! The outside world that jobs change: a database of its own, which no fault reaches.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

/// One effect for each event, guarded by the fence; and the log of all that was tried.
#[derive(Debug, Clone)]
pub(crate) struct Effects(SqlitePool);

const TABLES: &str = "\
    CREATE TABLE IF NOT EXISTS effects (event TEXT PRIMARY KEY, fence INTEGER NOT NULL, runs INTEGER NOT NULL); \
    CREATE TABLE IF NOT EXISTS seen (event TEXT NOT NULL, job TEXT NOT NULL, fence INTEGER NOT NULL, \
        PRIMARY KEY (event, job, fence)); \
    CREATE INDEX IF NOT EXISTS seen_as ON seen (job); \
    CREATE TABLE IF NOT EXISTS finished (job TEXT PRIMARY KEY, fence INTEGER NOT NULL); \
    CREATE TABLE IF NOT EXISTS writes (number INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, \
        fence INTEGER NOT NULL, written BOOLEAN NOT NULL)";

impl Effects {
    pub(crate) async fn open(folder: &Path) -> Result<Self> {
        // Processes are killed here, not machines: what is written is the system's, with or without a sync.
        let options = SqliteConnectOptions::new()
            .filename(folder.join("effects.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Off)
            .busy_timeout(Duration::from_secs(10));
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        sqlx::raw_sql(TABLES).execute(&pool).await?;
        Ok(Self(pool))
    }

    /// Notes that an attempt at this event has begun, as this job or under this key.
    pub(crate) async fn see(&self, event: &str, job: &str, fence: i64) -> Result<()> {
        sqlx::query("INSERT OR IGNORE INTO seen (event, job, fence) VALUES (?, ?, ?)")
            .bind(event)
            .bind(job)
            .bind(fence)
            .execute(&self.0)
            .await?;
        Ok(())
    }

    /// Notes that a store has said that this key is done: with this fence, or with one that was seen by now.
    pub(crate) async fn finish(&self, job: &str, fence: Option<u64>) -> Result<()> {
        sqlx::query(
            "INSERT OR IGNORE INTO finished (job, fence) \
             SELECT ?1, coalesce(?2, max(fence)) FROM seen WHERE job = ?1 HAVING coalesce(?2, max(fence)) IS NOT NULL",
        )
        .bind(job)
        .bind(fence.map(i64::try_from).transpose()?)
        .execute(&self.0)
        .await?;
        Ok(())
    }

    /// The effect of one attempt; a lower fence than the one that is there is refused, unless `guarded` is off.
    pub(crate) async fn write(&self, event: &str, fence: i64, guarded: bool) -> Result<bool> {
        let mut transaction = self.0.begin_with("BEGIN IMMEDIATE").await?;
        let written = sqlx::query(
            "INSERT INTO effects (event, fence, runs) VALUES (?1, ?2, 1) ON CONFLICT (event) \
             DO UPDATE SET fence = excluded.fence, runs = runs + 1 WHERE excluded.fence >= effects.fence OR NOT ?3",
        )
        .bind(event)
        .bind(fence)
        .bind(guarded)
        .execute(&mut *transaction)
        .await?
        .rows_affected()
            > 0;
        sqlx::query("INSERT INTO writes (event, fence, written) VALUES (?, ?, ?)")
            .bind(event)
            .bind(fence)
            .bind(written)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(written)
    }

    /// The events whose effect is there.
    pub(crate) async fn executed(&self) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar("SELECT event FROM effects").fetch_all(&self.0).await?)
    }

    /// Events that were begun as more than one job or under more than one key, or again after they were done: whoever
    /// was granted one before has a lower fence, however late he begins.
    pub(crate) async fn doubled(&self) -> Result<Vec<String>> {
        let sql = "SELECT event FROM seen GROUP BY event HAVING count(DISTINCT job) > 1 \
             UNION SELECT event FROM seen JOIN finished USING (job) WHERE seen.fence > finished.fence";
        Ok(sqlx::query_scalar(sql).fetch_all(&self.0).await?)
    }

    /// Effects that were written with a lower fence after a higher one.
    pub(crate) async fn stale_writes(&self) -> Result<u64> {
        self.number(
            "SELECT count(*) FROM writes AS late WHERE late.written AND EXISTS (SELECT 1 FROM writes AS early \
             WHERE early.event = late.event AND early.written AND early.number < late.number AND early.fence > late.fence)",
        )
        .await
    }

    /// Stale writes that the fence held back.
    pub(crate) async fn refused(&self) -> Result<u64> {
        self.number("SELECT count(*) FROM writes WHERE NOT written").await
    }

    /// Effects that were written again by a later attempt.
    pub(crate) async fn repeated(&self) -> Result<u64> {
        self.number("SELECT count(*) FROM effects WHERE runs > 1").await
    }

    async fn number(&self, sql: &'static str) -> Result<u64> {
        Ok(u64::try_from(sqlx::query_scalar::<_, i64>(sql).fetch_one(&self.0).await?)?)
    }

    /// An index for the questions above, made when all is written.
    pub(crate) async fn index(&self) -> Result<()> {
        sqlx::raw_sql("CREATE INDEX IF NOT EXISTS writes_of_event ON writes (event, number)").execute(&self.0).await?;
        Ok(())
    }
}
