//! The settings of a SQLite inbox.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use imchat_verify::Clock;
use sqlx::sqlite::SqliteConnectOptions;
use time::OffsetDateTime;

use super::SqliteInbox;
use crate::InboxError;
use crate::settings::{Settings, setters};

/// The settings of a [`SqliteInbox`], each with a default.
#[derive(Clone)]
#[must_use = "an inbox is opened by `open`"]
pub struct SqliteInboxBuilder {
    pub(super) settings: Settings,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) busy_timeout: Duration,
    pub(super) beside: bool,
}

impl Default for SqliteInboxBuilder {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            clock: Arc::new(OffsetDateTime::now_utc),
            busy_timeout: Duration::from_secs(5),
            beside: false,
        }
    }
}

impl fmt::Debug for SqliteInboxBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteInboxBuilder").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl SqliteInboxBuilder {
    setters!();

    /// What tells the time. Default: the machine's clock.
    ///
    /// A clock that is put back lowers no fence and loses no job; leases and waits that are under way last longer by as much.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How long to wait for another process that holds the file. Default: 5 seconds.
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// Lets the inbox live in a file that has other tables, so that both can be written in one transaction. Without this
    /// such a file is refused, since it was probably named by mistake.
    pub fn beside_other_tables(mut self) -> Self {
        self.beside = true;
        self
    }

    /// Opens the inbox in this file, which is created where it is not there.
    ///
    /// # Errors
    ///
    /// Where the file cannot be opened, is held, is something else or is of a newer release, or where a setting cannot be.
    pub async fn open(self, path: impl AsRef<Path>) -> Result<SqliteInbox, InboxError> {
        self.open_with(SqliteConnectOptions::new().filename(path).create_if_missing(true)).await
    }

    /// Opens the inbox with options of your own, such as another page size. The write-ahead log and `synchronous = FULL`
    /// are set over them: what is promised rests on both.
    ///
    /// # Errors
    ///
    /// As of [`open`](Self::open).
    pub async fn open_with(self, options: SqliteConnectOptions) -> Result<SqliteInbox, InboxError> {
        self.settings.check()?;
        // SQLite counts it in milliseconds of 31 bits.
        if self.busy_timeout > Duration::from_millis(i32::MAX.unsigned_abs().into()) {
            return Err(InboxError::Setting("nobody waits so long for a lock: set `busy_timeout` to some seconds"));
        }
        SqliteInbox::start(self, options).await
    }
}
