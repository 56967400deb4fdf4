//! One shard: a table of places, records in a slab, and a wheel by the time at which records end.
//!
//! A record stays in the queue that it was put in first; when that queue's time comes it has ended, or moves to where it
//! belongs now.

use core::time::Duration;

use hashbrown::HashTable;

use super::compact::CompactKey;
use super::slab::Slab;
use super::wheel::{Distance, Wheel};
use crate::Digest;
use crate::dedup::{Claim, DedupKey, Entry, Fence, Settled};

/// How many records one claim looks at to sweep what has ended: more than it adds, so that sweeping keeps up, and several
/// at a time, so that their cache misses overlap.
const SWEEP: usize = 8;
/// How many records an eviction looks at for one that may leave.
const EVICTION_TRIES: usize = 64;

pub(super) struct Shard {
    places: HashTable<u32>,
    slab: Slab,
    wheel: Wheel,
    /// The highest fence that was handed out: no key's next one may be lower, whatever was forgotten.
    last_fence: Fence,
}

impl Default for Shard {
    fn default() -> Self {
        Self { places: HashTable::new(), slab: Slab::default(), wheel: Wheel::default(), last_fence: Fence::new(0) }
    }
}

/// The table takes its buckets from the low bits and its tags from the high ones.
fn widen(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

impl Shard {
    pub(super) fn find(&self, hash: u32, key: &CompactKey) -> Option<u32> {
        self.places.find(widen(hash), |place| self.slab.has_key(*place, key)).copied()
    }

    /// Claims a key that has a record.
    pub(super) fn claim_again(
        &mut self,
        place: u32,
        now: u64,
        key: DedupKey,
        digest: Option<Digest>,
        lease: Duration,
    ) -> Claim {
        let mut entry = self.slab.entry(place).unwrap_or(Entry::after(self.last_fence));
        let claim = entry.claim_at(now, key, digest, lease);
        if matches!(claim, Claim::Granted(_)) {
            self.last_fence = self.last_fence.max(entry.fence());
            self.slab.set(place, &entry);
        }
        claim
    }

    /// Claims a key that has none.
    pub(super) fn claim_new(
        &mut self,
        (hash, compact): (u32, CompactKey),
        now: u64,
        key: DedupKey,
        digest: Option<Digest>,
        lease: Duration,
    ) -> Claim {
        let mut entry = Entry::after(self.last_fence);
        let claim = entry.claim_at(now, key, digest, lease);
        self.last_fence = entry.fence();
        let Self { places, slab, wheel, .. } = self;
        if let Some(place) = slab.take(hash, compact) {
            let until = slab.set(place, &entry).unwrap_or(now);
            wheel.put(slab, place, wheel.distance(until));
            places.insert_unique(widen(hash), place, |place| slab.times(*place).map_or(0, |times| widen(times.hash)));
        }
        claim
    }

    pub(super) fn settle(&mut self, hash: u32, key: &CompactKey, verb: impl FnOnce(&mut Entry) -> Settled) -> Settled {
        let Some(place) = self.find(hash, key) else { return Settled::Lost };
        let Some(mut entry) = self.slab.entry(place) else { return Settled::Lost };
        let settled = verb(&mut entry);
        self.slab.set(place, &entry);
        settled
    }

    /// Looks at a few records whose time has come; returns how many left.
    pub(super) fn sweep(&mut self, now: u64) -> usize {
        self.wheel.turn(now);
        // In two passes: the table's misses of the second do not wait for those of the first.
        let mut ended = [None; SWEEP];
        for slot in &mut ended {
            let Some(place) = self.wheel.due(&self.slab) else { break };
            let Some(times) = self.slab.times(place) else { break };
            if times.until <= now {
                *slot = Some((place, times.hash));
            } else {
                let distance = self.wheel.distance(times.until);
                self.wheel.put(&mut self.slab, place, distance);
            }
        }
        let mut left = 0_usize;
        for (place, hash) in ended.into_iter().flatten() {
            self.remove(place, hash);
            left = left.saturating_add(1);
        }
        left
    }

    /// Removes a record that is in no queue.
    fn remove(&mut self, place: u32, hash: u32) {
        if let Ok(held) = self.places.find_entry(widen(hash), |held| *held == place) {
            held.remove();
        }
        self.slab.give(place);
    }

    /// Makes room: takes out what has ended, else what would end first, work in progress last.
    ///
    /// Says whether it left before its time; `None` when there is nothing to take out.
    pub(super) fn evict(&mut self, now: u64) -> Option<bool> {
        let mut tries = EVICTION_TRIES;
        let mut at = Some(Distance::NEAREST);
        while let (Some(distance), 1..) = (at, tries) {
            let Some(place) = self.wheel.take(&self.slab, distance) else {
                at = distance.next();
                continue;
            };
            tries = tries.saturating_sub(1);
            let times = *self.slab.times(place)?;
            let home = self.wheel.distance(times.until);
            if times.until > now && home > distance {
                self.wheel.put(&mut self.slab, place, home);
            } else if times.until > now && self.slab.is_leased(place) {
                // Out of the way of the evictions to come, and swept within the hour.
                self.wheel.put(&mut self.slab, place, Distance::HOUR);
                if distance == Distance::HOUR {
                    at = distance.next();
                }
            } else {
                self.remove(place, times.hash);
                return Some(times.until > now);
            }
        }
        self.evict_any(now)
    }

    /// Takes out the first record beyond the hour, where hardly anything is in progress; else the first of all.
    fn evict_any(&mut self, now: u64) -> Option<bool> {
        let mut at = Some(Distance::NEAREST_COARSE);
        while let Some(distance) = at {
            if let Some(place) = self.wheel.take(&self.slab, distance) {
                let times = *self.slab.times(place)?;
                self.remove(place, times.hash);
                return Some(times.until > now);
            }
            at = distance.around();
        }
        None
    }

    /// How many records it holds, and how many places it ever took for them.
    #[cfg(test)]
    pub(super) fn size(&self) -> (usize, u32) {
        (self.places.len(), self.slab.used())
    }
}
