//! A dedup store in this process's memory: sharded, bounded, expiring by time.

mod shard;

use core::convert::Infallible;
use core::fmt;
use core::future::{Future, ready};
use core::time::Duration;
use std::boxed::Box;
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hashbrown::DefaultHashBuilder;

use self::shard::{CompactKey, Shard};
use super::{Claim, DedupKey, DedupStore, Entry, Lease, Settled};
use crate::Digest;
use crate::clock::Clock;

const SHARDS: usize = 16;
const DEFAULT_CAPACITY: usize = 1_000_000;

/// A dedup store in this process's memory.
///
/// It forgets everything when the process ends: a delivery that comes again after a restart is handled again. Entries
/// leave when their lease or retention ends. When the store is full, the entry that would end first leaves early; that is
/// counted in [`evicted`](Self::evicted) and logged, for within its retention such a delivery would be handled twice.
///
/// An entry takes about 90 bytes.
pub struct MemoryStore {
    clock: Box<dyn Clock>,
    hasher: DefaultHashBuilder,
    shards: [Mutex<Shard>; SHARDS],
    capacity: usize,
    entries: AtomicUsize,
    evicted: AtomicU64,
}

impl MemoryStore {
    /// An empty store for a million entries that tells the time by this clock.
    #[must_use]
    pub fn new(clock: impl Clock) -> Self {
        Self {
            clock: Box::new(clock),
            hasher: DefaultHashBuilder::default(),
            shards: core::array::from_fn(|_| Mutex::default()),
            capacity: DEFAULT_CAPACITY,
            entries: AtomicUsize::new(0),
            evicted: AtomicU64::new(0),
        }
    }

    /// How many entries it holds at most.
    #[must_use]
    pub const fn capacity(mut self, entries: usize) -> Self {
        self.capacity = entries;
        self
    }

    /// How many entries it holds, ended ones that were not swept yet included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.load(Ordering::Relaxed)
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many entries left before their time because the store was full.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted.load(Ordering::Relaxed)
    }

    fn shard(&self, key: &CompactKey) -> (u64, MutexGuard<'_, Shard>) {
        let hash = self.hasher.hash_one(key);
        // The table inside takes its buckets from the low bits and its tags from the high ones: shards take the middle.
        let place = usize::try_from((hash >> 32) & 0xF).unwrap_or(0);
        let shard = self.shards.get(place).unwrap_or(&self.shards[0]);
        (hash, shard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn claim_now(&self, key: &DedupKey, digest: Option<Digest>, lease: Duration) -> Claim {
        let now = self.clock.micros();
        let compact = CompactKey::new(key);
        let (hash, mut shard) = self.shard(&compact);
        let rehash = |key: &CompactKey| self.hasher.hash_one(key);
        let swept = shard.sweep(now, rehash);
        let full = self.entries.load(Ordering::Relaxed).saturating_sub(swept) >= self.capacity;
        let (claim, change) = shard.claim(now, hash, compact, *key, digest, lease, full, rehash);
        drop(shard);
        self.count(swept, change);
        claim
    }

    fn count(&self, swept: usize, change: shard::Change) {
        if change.added {
            self.entries.fetch_add(1, Ordering::Relaxed);
        }
        let gone = swept.saturating_add(usize::from(change.removed));
        if gone > 0 {
            self.entries.fetch_sub(gone, Ordering::Relaxed);
        }
        if change.evicted {
            let evicted = self.evicted.fetch_add(1, Ordering::Relaxed).saturating_add(1);
            // A full store evicts at every claim: the log says so at every power of two.
            if evicted.is_power_of_two() {
                tracing::warn!(
                    evicted,
                    capacity = self.capacity,
                    "the dedup store is full and forgets deliveries within their retention: raise its capacity"
                );
            }
        }
    }

    fn settle(&self, lease: &Lease, verb: impl FnOnce(&mut Entry, u64, &Lease) -> Settled) -> Settled {
        let now = self.clock.micros();
        let compact = CompactKey::new(lease.key());
        let (hash, mut shard) = self.shard(&compact);
        shard.settle(hash, &compact, |entry| verb(entry, now, lease))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("entries", &self.len())
            .field("capacity", &self.capacity)
            .field("evicted", &self.evicted())
            .finish_non_exhaustive()
    }
}

impl DedupStore for MemoryStore {
    type Error = Infallible;

    fn claim(
        &self,
        key: &DedupKey,
        digest: Option<Digest>,
        lease: Duration,
    ) -> impl Future<Output = Result<Claim, Infallible>> + Send {
        ready(Ok(self.claim_now(key, digest, lease)))
    }

    fn renew(&self, lease: &Lease, length: Duration) -> impl Future<Output = Result<Settled, Infallible>> + Send {
        ready(Ok(self.settle(lease, |entry, now, lease| entry.renew_at(now, lease, length))))
    }

    fn complete(&self, lease: &Lease, retain: Duration) -> impl Future<Output = Result<Settled, Infallible>> + Send {
        ready(Ok(self.settle(lease, |entry, now, lease| entry.complete_at(now, lease, retain))))
    }

    fn release(&self, lease: &Lease) -> impl Future<Output = Result<Settled, Infallible>> + Send {
        ready(Ok(self.settle(lease, Entry::release_at)))
    }
}

#[cfg(test)]
mod tests;
