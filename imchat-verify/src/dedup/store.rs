//! The contract of dedup stores.

use core::error::Error;
use core::future::Future;
use core::time::Duration;

use super::{DedupKey, Fence};
use crate::Digest;

/// The right to work on one delivery for a while.
///
/// Its holder measures it with its own monotonic clock, from before the claim was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    pub(crate) key: DedupKey,
    pub(crate) fence: Fence,
    pub(crate) length: Duration,
}

impl Lease {
    /// A lease as a store hands it out.
    #[must_use]
    pub const fn new(key: DedupKey, fence: Fence, length: Duration) -> Self {
        Self { key, fence, length }
    }

    /// The key it is for.
    #[must_use]
    pub const fn key(&self) -> &DedupKey {
        &self.key
    }

    /// Its fence: give it to every effect that can refuse a lower one.
    #[must_use]
    pub const fn fence(&self) -> Fence {
        self.fence
    }

    /// How long it lasts from when it was granted.
    #[must_use]
    pub const fn length(&self) -> Duration {
        self.length
    }
}

/// A store's answer to a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The delivery is the caller's to handle.
    Granted(Lease),
    /// Someone is handling it; their lease ends after this long at the latest, unless it is renewed.
    Busy {
        /// Until the lease ends.
        retry_after: Duration,
    },
    /// It was handled within the retention.
    Done {
        /// The digest it was claimed with, where one was given.
        digest: Option<Digest>,
    },
    /// The key is taken by a delivery with another body.
    Mismatch,
}

/// A store's answer to what a holder wants done with its lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a holder that lost its lease must not acknowledge"]
pub enum Settled {
    /// Done.
    Ok,
    /// The lease had ended or was another's; nothing was changed.
    Lost,
}

/// Remembers which deliveries are being handled and which were.
///
/// Every verb is one atomic step on one key, in the store's own time, and does what [`Entry`](super::Entry) does. The
/// fence grows strictly over claim, release, expiry and eviction, and is never reset.
pub trait DedupStore: Send + Sync + 'static {
    /// Why a verb could not be carried out: the caller does not know whether it was.
    type Error: Error + Send + Sync + 'static;

    /// Claims a key for `lease`. The digest is given where attempts must carry the same body.
    fn claim(
        &self,
        key: &DedupKey,
        digest: Option<Digest>,
        lease: Duration,
    ) -> impl Future<Output = Result<Claim, Self::Error>> + Send;

    /// Makes a lease last for `length` from now.
    fn renew(&self, lease: &Lease, length: Duration) -> impl Future<Output = Result<Settled, Self::Error>> + Send;

    /// Ends a lease with the work done; further attempts are duplicates for `retain`.
    fn complete(&self, lease: &Lease, retain: Duration) -> impl Future<Output = Result<Settled, Self::Error>> + Send;

    /// Ends a lease with the work not done; the next attempt may claim at once.
    fn release(&self, lease: &Lease) -> impl Future<Output = Result<Settled, Self::Error>> + Send;
}
