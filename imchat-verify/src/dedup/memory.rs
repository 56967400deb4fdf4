//! A dedup store in this process's memory: sharded, bounded, expiring by time.

mod compact;
mod shard;
mod slab;
mod sync;
mod wheel;

use core::convert::Infallible;
use core::fmt;
use core::future::{Future, ready};
use core::time::Duration;
use std::boxed::Box;
use std::hash::BuildHasher as _;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use hashbrown::DefaultHashBuilder;

use self::compact::{CompactKey, Shortener};
use self::shard::Shard;
use self::sync::{AtomicU64, AtomicUsize, Mutex, MutexGuard};
use super::{Claim, DedupKey, DedupStore, Entry, Lease, Settled};
use crate::Digest;
use crate::clock::Clock;

const SHARDS: usize = 16;
const DEFAULT_CAPACITY: usize = 1_000_000;
/// Below this, one shard holds all: which entry ends first is then known exactly, and none is full beside an empty one.
const SHARDED_FROM: usize = SHARDS * 1024;
/// No shard runs out of numbers for its places.
const MOST: usize = 1 << 31;

/// A dedup store in this process's memory.
///
/// It forgets everything when the process ends: a delivery that comes again after a restart is handled again. Entries
/// leave when their lease or retention ends. When the store is full, the entry that would end first leaves early, work in
/// progress last; that is counted in [`evicted`](Self::evicted) and logged, for within its retention such a delivery would
/// be handled twice.
///
/// An entry takes about 95 bytes. The room of those that left is used again, and not given back.
pub struct MemoryStore {
    clock: Box<dyn Clock>,
    hasher: DefaultHashBuilder,
    shortener: Shortener,
    shards: [Mutex<Shard>; SHARDS],
    capacity: usize,
    sharded: bool,
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
            shortener: Shortener::default(),
            shards: core::array::from_fn(|_| Mutex::default()),
            capacity: DEFAULT_CAPACITY,
            sharded: true,
            entries: AtomicUsize::new(0),
            evicted: AtomicU64::new(0),
        }
    }

    /// How many entries it holds at most: one at least, 2^31 at most.
    #[must_use]
    pub fn capacity(mut self, entries: usize) -> Self {
        self.capacity = entries.clamp(1, MOST);
        // Entries that are there already stay where they are looked for.
        if self.is_empty() {
            self.sharded = self.capacity >= SHARDED_FROM;
        }
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

    fn shard(&self, key: &CompactKey) -> (u32, MutexGuard<'_, Shard>) {
        // The table inside a shard gets one half of the hash, the choice of the shard comes from the other.
        let hash = self.hasher.hash_one(key);
        let low = u32::try_from(hash & u64::from(u32::MAX)).unwrap_or(0);
        let place = usize::try_from(hash >> 32).unwrap_or(0) % SHARDS;
        let shard = self.shards.get(place).filter(|_| self.sharded).unwrap_or(&self.shards[0]);
        (low, shard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn claim_now(&self, key: &DedupKey, digest: Option<Digest>, lease: Duration) -> Claim {
        let now = self.clock.micros();
        let compact = CompactKey::new(key, &self.shortener);
        let (hash, mut shard) = self.shard(&compact);
        let swept = shard.sweep(now);
        if let Some(place) = shard.find(hash, &compact) {
            self.count(0, swept);
            return shard.claim_again(place, now, *key, digest, lease);
        }
        // Counted before it is there and while the shard is locked: claims at the same time do not overfill the store.
        let over = self.count(1, swept).saturating_sub(self.capacity);
        let (mut gone, mut early) = (0_usize, 0_u64);
        // Two at most: a store that was given less capacity than it holds gets there step by step.
        for before_its_time in (0..over.min(2)).map_while(|_| shard.evict(now)) {
            gone = gone.saturating_add(1);
            early = u64::from(before_its_time).saturating_add(early);
        }
        self.count(0, gone);
        let claim = shard.claim_new((hash, compact), now, *key, digest, lease);
        drop(shard);
        self.report(early);
        claim
    }

    /// Counts entries that came and left; returns how many there are.
    fn count(&self, came: usize, left: usize) -> usize {
        if came > left {
            let more = came.saturating_sub(left);
            self.entries.fetch_add(more, Ordering::Relaxed).saturating_add(more)
        } else if left > came {
            let fewer = left.saturating_sub(came);
            self.entries.fetch_sub(fewer, Ordering::Relaxed).saturating_sub(fewer)
        } else {
            self.len()
        }
    }

    fn report(&self, early: u64) {
        if early == 0 {
            return;
        }
        let before = self.evicted.fetch_add(early, Ordering::Relaxed);
        let evicted = before.saturating_add(early);
        // A full store evicts at every claim: the log says so at every power of two.
        if before.checked_ilog2() != evicted.checked_ilog2() {
            tracing::warn!(
                evicted,
                capacity = self.capacity,
                "the dedup store is full and forgets deliveries within their retention: raise its capacity"
            );
        }
    }

    fn settle(&self, lease: &Lease, verb: impl FnOnce(&mut Entry, u64, &Lease) -> Settled) -> Settled {
        let now = self.clock.micros();
        let compact = CompactKey::new(lease.key(), &self.shortener);
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
