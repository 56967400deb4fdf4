//! The settings that both inboxes have.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::InboxError;
use crate::desk::Desk;
use crate::row::Rules;
use crate::seal::Seal;
use crate::writer::Orders;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) retention: Duration,
    pub(crate) attempts: u32,
    pub(crate) most_bytes: usize,
    pub(crate) poll: Duration,
    pub(crate) seal: Option<Seal>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            retention: DAY.saturating_mul(8),
            attempts: 12,
            most_bytes: 32 << 20,
            poll: Duration::from_secs(1),
            seal: None,
        }
    }
}

impl Settings {
    pub(crate) fn check(&self) -> Result<(), InboxError> {
        if self.attempts == 0 {
            return Err(InboxError::Setting("a job needs an attempt: set `attempts` to 1 or more"));
        }
        if self.poll.is_zero() {
            return Err(InboxError::Setting("polling without a pause: set `poll` to some milliseconds or more"));
        }
        if self.retention < Duration::from_secs(60) {
            return Err(InboxError::Setting("platforms send again for hours: set `retention` to a minute or more"));
        }
        Ok(())
    }

    pub(crate) fn desk(self, orders: Orders) -> Desk {
        Desk {
            orders,
            due: Notify::new().into(),
            rules: Rules { most_bytes: self.most_bytes, attempts: self.attempts, seal: self.seal },
            retention: self.retention,
            poll: self.poll,
            commits: Arc::default(),
        }
    }
}

/// The setters of a builder that has `settings`.
macro_rules! setters {
    () => {
        /// How long a key is remembered after its job has ended. Default: 8 days, which is longer than any platform that
        /// this workspace knows sends again by itself; a minute at least.
        pub fn retention(mut self, retention: std::time::Duration) -> Self {
            self.settings.retention = retention;
            self
        }

        /// The most attempts of a job that does not say otherwise. Default: 12.
        pub fn attempts(mut self, most: u32) -> Self {
            self.settings.attempts = most;
            self
        }

        /// The most bytes of a body. Default: 32 MiB, more than any platform that this workspace knows sends.
        pub fn most_bytes(mut self, most: usize) -> Self {
            self.settings.most_bytes = most;
            self
        }

        /// How often workers look for jobs of which no notice came, such as those that another process wrote down.
        /// Default: 1 second.
        pub fn poll(mut self, every: std::time::Duration) -> Self {
            self.settings.poll = every;
            self
        }

        /// Seals bodies at rest. Both functions get the delivery's key, to bind the sealed body to it; `open` says `None`
        /// of what it cannot open, and the job becomes a dead letter. Bodies that were written without stay readable.
        pub fn seal(
            mut self,
            seal: impl Fn(&imchat_verify::dedup::DedupKey, &[u8]) -> Vec<u8> + Send + Sync + 'static,
            open: impl Fn(&imchat_verify::dedup::DedupKey, &[u8]) -> Option<Vec<u8>> + Send + Sync + 'static,
        ) -> Self {
            self.settings.seal = Some($crate::seal::Seal::new(seal, open));
            self
        }
    };
}

pub(crate) use setters;
