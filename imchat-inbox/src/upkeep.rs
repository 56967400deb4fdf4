//! Housekeeping: what an inbox holds, and forgetting what is over.

use std::future::Future;

use time::OffsetDateTime;

use crate::InboxError;

/// What an inbox holds, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Jobs that may be taken now.
    pub ready: u64,
    /// Jobs that are due behind another one of their lane.
    pub blocked: u64,
    /// Jobs that wait for their time: scheduled, or to be tried again.
    pub waiting: u64,
    /// Jobs that workers have.
    pub leased: u64,
    /// Dead letters.
    pub dead: u64,
    /// Bodies in quarantine.
    pub quarantined: u64,
    /// When the oldest job that is due was accepted: the age of the queue.
    pub oldest: Option<OffsetDateTime>,
}

impl Counts {
    /// Jobs that are not finished.
    #[must_use]
    pub const fn depth(&self) -> u64 {
        self.ready.saturating_add(self.blocked).saturating_add(self.waiting).saturating_add(self.leased)
    }
}

/// The side of an inbox that its housekeeping sees.
pub trait Upkeep: Send + Sync + 'static {
    /// Forgets at most `most` tombstones, and as many bodies in quarantine, whose retention is over: one transaction, so
    /// that nobody waits long behind it. Returns the tombstones; call it again while that is `most`.
    fn purge(&self, most: u32) -> impl Future<Output = Result<u64, InboxError>> + Send;

    /// What the inbox holds; it reads the indexes of what is not finished, not the tombstones.
    fn counts(&self) -> impl Future<Output = Result<Counts, InboxError>> + Send;
}
