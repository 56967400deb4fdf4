//! One key's life as a pure function of time: what every store must do.

use core::time::Duration;

use time::OffsetDateTime;

use super::DedupKey;
use super::fence::{Fence, micros};
use super::store::{Claim, Lease, Settled};
use crate::Digest;

fn add(micros: u64, span: Duration) -> u64 {
    micros.saturating_add(u64::try_from(span.as_micros()).unwrap_or(u64::MAX))
}

/// Where a key is in its life; times are microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum State {
    Free,
    Leased { until: u64, digest: Option<Digest> },
    Done { until: u64, digest: Option<Digest> },
}

/// One key's life as a pure function of time: the model that every store is held against.
///
/// ```
/// use core::time::Duration;
/// use imchat_verify::dedup::{Claim, DedupKey, Entry, Settled};
/// use time::OffsetDateTime;
///
/// let key = DedupKey::from_bytes(b"Ev123");
/// let now = OffsetDateTime::UNIX_EPOCH;
/// let mut entry = Entry::new();
/// let Claim::Granted(lease) = entry.claim(now, key, None, Duration::from_secs(15)) else { panic!() };
/// assert!(matches!(entry.claim(now, key, None, Duration::from_secs(15)), Claim::Busy { .. }));
/// assert_eq!(entry.complete(now, &lease, Duration::from_secs(3600)), Settled::Ok);
/// assert!(matches!(entry.claim(now, key, None, Duration::from_secs(15)), Claim::Done { .. }));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Entry {
    fence: Fence,
    state: State,
}

impl Default for Entry {
    fn default() -> Self {
        Self::new()
    }
}

impl Entry {
    /// A key that nobody has claimed.
    #[must_use]
    pub const fn new() -> Self {
        Self { fence: Fence(0), state: State::Free }
    }

    /// A key that nobody has claimed, in a store whose last fence was this one.
    #[must_use]
    pub const fn after(fence: Fence) -> Self {
        Self { fence, state: State::Free }
    }

    #[cfg(any(feature = "memory", feature = "testing"))]
    pub(crate) const fn from_parts(fence: Fence, state: State) -> Self {
        Self { fence, state }
    }

    #[cfg(any(feature = "memory", feature = "testing"))]
    pub(crate) const fn state(&self) -> State {
        self.state
    }

    /// The last fence that was handed out.
    #[must_use]
    pub const fn fence(&self) -> Fence {
        self.fence
    }

    /// Whether nothing is left to remember at this time but the fence: nobody holds a lease that lasts, and no work is
    /// done that is still retained.
    ///
    /// A store may forget such an entry, if it keeps a fence that is at least as high: a key that comes again starts
    /// [`after`](Self::after) it.
    ///
    /// ```
    /// use core::time::Duration;
    /// use imchat_verify::dedup::{Claim, DedupKey, Entry};
    /// use time::OffsetDateTime;
    ///
    /// let now = OffsetDateTime::UNIX_EPOCH;
    /// let mut entry = Entry::new();
    /// let Claim::Granted(_) = entry.claim(now, DedupKey::from_bytes(b"Ev123"), None, Duration::from_secs(15)) else { panic!() };
    /// assert!(!entry.is_over(now));
    /// assert!(entry.is_over(now + Duration::from_secs(15)));
    /// ```
    #[must_use]
    pub fn is_over(&self, now: OffsetDateTime) -> bool {
        match self.state {
            State::Free => true,
            State::Leased { until, .. } | State::Done { until, .. } => micros(now) >= until,
        }
    }

    /// Forgets what time has ended; the fence stays.
    fn expire(&mut self, now: u64) {
        if let State::Leased { until, .. } | State::Done { until, .. } = self.state
            && now >= until
        {
            self.state = State::Free;
        }
    }

    /// Claims the key for `lease`, or says who has it. Digests are compared where both attempts bring one.
    pub fn claim(&mut self, now: OffsetDateTime, key: DedupKey, digest: Option<Digest>, lease: Duration) -> Claim {
        self.claim_at(micros(now), key, digest, lease)
    }

    pub(crate) fn claim_at(&mut self, at: u64, key: DedupKey, digest: Option<Digest>, lease: Duration) -> Claim {
        self.expire(at);
        match self.state {
            State::Free => {
                self.fence = self.fence.next_at(at);
                self.state = State::Leased { until: add(at, lease), digest };
                Claim::Granted(Lease { key, fence: self.fence, length: lease })
            }
            State::Leased { digest: held, .. } | State::Done { digest: held, .. } if differ(held, digest) => {
                Claim::Mismatch
            }
            State::Leased { until, .. } => Claim::Busy { retry_after: Duration::from_micros(until.saturating_sub(at)) },
            State::Done { digest, .. } => Claim::Done { digest },
        }
    }

    /// Makes the lease last for `length` from now.
    pub fn renew(&mut self, now: OffsetDateTime, lease: &Lease, length: Duration) -> Settled {
        self.renew_at(micros(now), lease, length)
    }

    pub(crate) fn renew_at(&mut self, at: u64, lease: &Lease, length: Duration) -> Settled {
        self.settle(at, lease, |digest| State::Leased { until: add(at, length), digest })
    }

    /// Ends the lease with the work done: further attempts are duplicates for `retain`.
    pub fn complete(&mut self, now: OffsetDateTime, lease: &Lease, retain: Duration) -> Settled {
        self.complete_at(micros(now), lease, retain)
    }

    pub(crate) fn complete_at(&mut self, at: u64, lease: &Lease, retain: Duration) -> Settled {
        self.settle(at, lease, |digest| State::Done { until: add(at, retain), digest })
    }

    /// Ends the lease with the work not done: the next attempt may claim at once.
    pub fn release(&mut self, now: OffsetDateTime, lease: &Lease) -> Settled {
        self.release_at(micros(now), lease)
    }

    pub(crate) fn release_at(&mut self, at: u64, lease: &Lease) -> Settled {
        self.settle(at, lease, |_| State::Free)
    }

    fn settle(&mut self, at: u64, lease: &Lease, to: impl FnOnce(Option<Digest>) -> State) -> Settled {
        self.expire(at);
        match self.state {
            State::Leased { digest, .. } if self.fence == lease.fence => {
                self.state = to(digest);
                Settled::Ok
            }
            _ => Settled::Lost,
        }
    }
}

fn differ(held: Option<Digest>, offered: Option<Digest>) -> bool {
    matches!((held, offered), (Some(held), Some(offered)) if held != offered)
}

#[cfg(test)]
mod tests;
