//! The bot's own tables, in the database that holds its inbox.
//!
//! One text of SQL serves both databases: placeholders are `$1`, columns are `TEXT` and `BIGINT`, bytes are base64url text,
//! times are Unix microseconds in the store's time. A statement that differs between them belongs into a migration.
//!
//! ```
//! # async fn greet(state: &agent_bot::state::State) -> Result<(), agent_bot::state::StateError> {
//! let mut tx = state.begin().await?;
//! let now = tx.now().await?;
//! tx.query("UPDATE bot_greetings SET said_at = $1 WHERE person = $2").bind(now).bind("slack:T1:U1").run().await?;
//! tx.commit().await
//! # }
//! ```

mod error;
mod instant;
mod row;
mod schema;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod tx;

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use imchat_verify::Clock;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, PgPool, SqlitePool};
use time::OffsetDateTime;

pub use error::StateError;
pub use instant::{instant, stamp};
pub use row::{Row, Value, written};
pub use tx::{Query, Tx};

use crate::config::Database;

/// How long to wait for another process, or another part of this one, that holds what is needed.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections that read a SQLite file.
const READERS: u32 = 4;
/// Connections to a PostgreSQL server.
const CONNECTIONS: u32 = 8;

/// The bot's own tables; cheap to clone.
#[derive(Clone)]
pub struct State(Pools);

#[derive(Clone)]
enum Pools {
    Sqlite {
        /// One connection: who writes waits here, in order, and not in SQLite, which knows no queue.
        writer: SqlitePool,
        readers: SqlitePool,
        clock: Arc<dyn Clock>,
    },
    Postgres(PgPool),
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Pools::Sqlite { .. } => "State(sqlite)",
            Pools::Postgres(_) => "State(postgres)",
        })
    }
}

impl State {
    /// Opens the database and brings its tables up to date; a SQLite file is created where it is not there.
    ///
    /// # Errors
    /// Where it cannot be reached or takes no writes, is something else or of a newer release.
    pub async fn open(database: &Database) -> Result<Self, StateError> {
        Self::open_with(database, OffsetDateTime::now_utc).await
    }

    /// Opens the database with another clock. PostgreSQL tells its own time: there the clock is not asked.
    ///
    /// # Errors
    /// As of [`open`](Self::open).
    pub async fn open_with(database: &Database, clock: impl Clock) -> Result<Self, StateError> {
        match database {
            Database::Sqlite(file) => Self::sqlite(file, Arc::new(clock)).await,
            Database::Postgres(url) => Self::postgres(url.expose()).await,
        }
    }

    async fn sqlite(file: &Path, clock: Arc<dyn Clock>) -> Result<Self, StateError> {
        // As the inbox sets them: what is promised rests on both.
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(PATIENCE)
            .foreign_keys(true)
            .disable_statement_logging();
        let writer = SqlitePoolOptions::new().max_connections(1).acquire_timeout(PATIENCE);
        let writer = writer.connect_with(options.clone()).await?;
        schema::sqlite(&mut *writer.acquire().await?, PATIENCE).await?;
        let readers = SqlitePoolOptions::new().max_connections(READERS).acquire_timeout(PATIENCE);
        let readers = readers.connect_lazy_with(options.pragma("query_only", "ON"));
        Ok(Self(Pools::Sqlite { writer, readers, clock }))
    }

    async fn postgres(url: &str) -> Result<Self, StateError> {
        let options = PgConnectOptions::from_str(url).map_err(|_| StateError::Url)?.disable_statement_logging();
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE);
        let pool = pool.connect_with(options).await?;
        schema::postgres(&mut *pool.acquire().await?).await?;
        Ok(Self(Pools::Postgres(pool)))
    }

    /// Begins a transaction that writes; dropped without a [`commit`](Tx::commit), nothing of it was done.
    ///
    /// Keep it short, and hold one at a time: on SQLite all others wait for its end, the inbox too. Never call a model or a
    /// platform inside.
    ///
    /// # Errors
    /// Where the database cannot be reached, or is held by others for longer than ten seconds.
    pub async fn begin(&self) -> Result<Tx, StateError> {
        Ok(match &self.0 {
            // One that turns from reading to writing can be refused after it has begun; this one waits its turn first.
            Pools::Sqlite { writer, clock, .. } => {
                Tx::on_sqlite(writer.begin_with("BEGIN IMMEDIATE").await?, Arc::clone(clock))
            }
            Pools::Postgres(pool) => Tx::on_postgres(pool.begin().await?),
        })
    }

    /// Begins a transaction that only reads: it sees one moment of a SQLite file, and waits for nobody who writes.
    ///
    /// # Errors
    /// Where the database cannot be reached.
    pub async fn read(&self) -> Result<Tx, StateError> {
        Ok(match &self.0 {
            Pools::Sqlite { readers, clock, .. } => Tx::on_sqlite(readers.begin().await?, Arc::clone(clock)),
            Pools::Postgres(pool) => Tx::on_postgres(pool.begin_with("BEGIN READ ONLY").await?),
        })
    }
}
