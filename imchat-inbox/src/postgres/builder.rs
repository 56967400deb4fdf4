//! The settings of a PostgreSQL inbox.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use super::PostgresInbox;
use crate::InboxError;
use crate::settings::{Settings, setters};

/// The settings of a [`PostgresInbox`], each with a default.
#[derive(Debug, Clone)]
#[must_use = "an inbox is opened by `open`"]
pub struct PostgresInboxBuilder {
    pub(super) settings: Settings,
    pub(super) writers: u32,
    pub(super) connections: u32,
    pub(super) lock_timeout: Duration,
}

impl Default for PostgresInboxBuilder {
    fn default() -> Self {
        Self { settings: Settings::default(), writers: 2, connections: 4, lock_timeout: Duration::from_secs(5) }
    }
}

impl PostgresInboxBuilder {
    setters!();

    /// Transactions that are written at the same time. Default: 2, so that one collects while the other commits; more
    /// make batches smaller.
    pub fn writers(mut self, writers: u32) -> Self {
        self.writers = writers;
        self
    }

    /// Connections besides the writers' and the two for notices: reads, and yours from [`PostgresInbox::pool`].
    /// Default: 4.
    pub fn connections(mut self, connections: u32) -> Self {
        self.connections = connections;
        self
    }

    /// How long to wait for a lock that another session holds, and for a connection. Default: 5 seconds.
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = timeout;
        self
    }

    /// Opens the inbox in the database of this URL; its tables are created where they are not there, in the first schema
    /// of the search path.
    ///
    /// # Errors
    ///
    /// Where the database cannot be reached or takes no writes, is of a newer release, or where a setting cannot be.
    pub async fn open(self, url: &str) -> Result<PostgresInbox, InboxError> {
        let options = PgConnectOptions::from_str(url).map_err(|_| {
            InboxError::Setting("the URL is not one of PostgreSQL: postgres://user:password@host/database")
        })?;
        self.open_with(options).await
    }

    /// Opens the inbox with connection options of your own.
    ///
    /// # Errors
    ///
    /// As of [`open`](Self::open).
    pub async fn open_with(self, options: PgConnectOptions) -> Result<PostgresInbox, InboxError> {
        self.settings.check()?;
        if self.writers == 0 || self.connections == 0 {
            return Err(InboxError::Setting(
                "somebody has to write and to read: set `writers` and `connections` to 1 or more",
            ));
        }
        PostgresInbox::start(self, options).await
    }
}
