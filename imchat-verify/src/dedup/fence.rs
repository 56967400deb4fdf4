//! Numbers that tell holders of a key apart.

use core::fmt;

use time::OffsetDateTime;

/// A number that only grows: over claims, releases, expiries and evictions, for one key and its store.
///
/// It is at least the store's time in microseconds, so that a store that forgot everything cannot hand out one that it
/// handed out before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fence(pub(super) u64);

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

    pub(super) const fn next_at(self, now: u64) -> Self {
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
