//! One key's life as a pure function of time: what every store must do.

use core::fmt;
use core::time::Duration;

use time::OffsetDateTime;

use super::DedupKey;
use super::store::{Claim, Lease, Settled};
use crate::Digest;

/// A number that only grows: over claims, releases, expiries and evictions, for one key and its store.
///
/// It is at least the store's time in microseconds, so that a store that forgot everything cannot hand out one that it
/// handed out before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fence(u64);

impl Fence {
    /// The fence of this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number, for effects downstream that refuse a lower one.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The fence of the next claim at this time.
    #[must_use]
    pub fn next(self, now: OffsetDateTime) -> Self {
        self.next_at(micros(now))
    }

    const fn next_at(self, now: u64) -> Self {
        let next = self.0.saturating_add(1);
        Self(if next > now { next } else { now })
    }
}

impl fmt::Display for Fence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Microseconds since 1970; earlier times count as 1970.
pub(crate) fn micros(at: OffsetDateTime) -> u64 {
    let seconds = u64::try_from(at.unix_timestamp()).unwrap_or(0);
    seconds.saturating_mul(1_000_000).saturating_add(u64::from(at.microsecond()))
}

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
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(15);
    const KEEP: Duration = Duration::from_secs(3600);

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_700_000_000 + seconds).unwrap()
    }

    fn key() -> DedupKey {
        DedupKey::from_bytes(b"Ev1")
    }

    fn claim(entry: &mut Entry, seconds: i64) -> Lease {
        match entry.claim(at(seconds), key(), None, LEASE) {
            Claim::Granted(lease) => lease,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_crashed_claim_is_reclaimed_with_a_higher_fence_and_the_old_holder_is_lost() {
        let mut entry = Entry::new();
        let first = claim(&mut entry, 0);
        assert!(
            matches!(entry.claim(at(14), key(), None, LEASE), Claim::Busy { retry_after } if retry_after == Duration::from_secs(1))
        );
        let second = claim(&mut entry, 15);
        assert!(second.fence() > first.fence());
        assert_eq!(entry.complete(at(16), &first, KEEP), Settled::Lost);
        assert_eq!(entry.release(at(16), &first), Settled::Lost);
        assert_eq!(entry.complete(at(16), &second, KEEP), Settled::Ok);
    }

    #[test]
    fn the_fence_survives_release_and_a_clock_that_steps_back() {
        let mut entry = Entry::new();
        let first = claim(&mut entry, 100);
        assert_eq!(entry.release(at(100), &first), Settled::Ok);
        let second = claim(&mut entry, 0);
        assert!(second.fence() > first.fence());
    }

    #[test]
    fn an_entry_is_over_when_released_and_when_its_lease_or_retention_ends() {
        let mut entry = Entry::new();
        assert!(entry.is_over(at(0)));
        let lease = claim(&mut entry, 0);
        assert!(!entry.is_over(at(14)));
        assert!(entry.is_over(at(15)));
        assert_eq!(entry.complete(at(14), &lease, KEEP), Settled::Ok);
        assert!(!entry.is_over(at(14 + 3599)));
        assert!(entry.is_over(at(14 + 3600)));
        let lease = claim(&mut entry, 4000);
        assert_eq!(entry.release(at(4000), &lease), Settled::Ok);
        assert!(entry.is_over(at(4000)));
        assert_eq!(entry.fence(), lease.fence());
    }

    #[test]
    fn a_forgotten_entry_that_was_over_comes_again_with_a_higher_fence() {
        let mut entry = Entry::new();
        let first = claim(&mut entry, 100);
        assert!(entry.is_over(at(115)));
        let mut again = Entry::after(entry.fence());
        assert!(claim(&mut again, 0).fence() > first.fence());
    }

    #[test]
    fn done_is_stable_until_the_retention_ends() {
        let mut entry = Entry::new();
        let lease = claim(&mut entry, 0);
        assert_eq!(entry.complete(at(1), &lease, KEEP), Settled::Ok);
        assert_eq!(entry.renew(at(2), &lease, LEASE), Settled::Lost);
        assert!(matches!(entry.claim(at(3600), key(), None, LEASE), Claim::Done { .. }));
        assert!(matches!(entry.claim(at(3601), key(), None, LEASE), Claim::Granted(_)));
    }

    #[test]
    fn another_body_under_the_same_key_is_a_mismatch() {
        let mut entry = Entry::new();
        assert!(matches!(entry.claim(at(0), key(), Some([1; 32]), LEASE), Claim::Granted(_)));
        assert_eq!(entry.claim(at(0), key(), Some([2; 32]), LEASE), Claim::Mismatch);
        assert!(matches!(entry.claim(at(0), key(), Some([1; 32]), LEASE), Claim::Busy { .. }));
        assert!(matches!(entry.claim(at(0), key(), None, LEASE), Claim::Busy { .. }));
    }

    #[test]
    fn renewing_keeps_the_lease() {
        let mut entry = Entry::new();
        let lease = claim(&mut entry, 0);
        assert_eq!(entry.renew(at(10), &lease, LEASE), Settled::Ok);
        assert!(matches!(entry.claim(at(20), key(), None, LEASE), Claim::Busy { .. }));
        assert!(matches!(entry.claim(at(25), key(), None, LEASE), Claim::Granted(_)));
    }
}
