//! One shard: a table of places, records in chunks, and a wheel of buckets by the time at which records end.
//!
//! Records stand in chunks of fixed size, so that growing copies nothing and wastes at most one chunk. A record stays in
//! the bucket that it was put in first; when that bucket's time comes it has ended, or moves to where it belongs now.

use core::time::Duration;
use std::vec::Vec;

use crate::Digest;
use crate::dedup::entry::State;
use crate::dedup::{Claim, DedupKey, Entry, Fence, Settled};
use crate::engine::sha256;
use hashbrown::HashTable;

const KEY: usize = 24;
const CHUNK: usize = 512;
const BUCKETS: usize = 1024;
const BUCKET_MICROS: u64 = 16_000_000;
/// How many records one claim looks at to sweep what has ended: more than it adds, so that sweeping keeps up.
const SWEEP: usize = 4;
/// How many records an eviction looks at before it takes the last one seen.
const EVICTION_TRIES: usize = 8;
const NOWHERE: u32 = u32::MAX;

/// A key in 25 bytes: as it is where it is short, as the start of its SHA-256 where it is longer.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct CompactKey {
    len: u8,
    bytes: [u8; KEY],
}

impl CompactKey {
    pub(super) fn new(key: &DedupKey) -> Self {
        let source = key.as_bytes();
        let mut bytes = [0; KEY];
        match (bytes.get_mut(..source.len()), u8::try_from(source.len())) {
            (Some(room), Ok(len)) => {
                room.copy_from_slice(source);
                Self { len, bytes }
            }
            _ => {
                for (to, from) in bytes.iter_mut().zip(sha256(source)) {
                    *to = from;
                }
                Self { len: u8::MAX, bytes }
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Mark {
    Free,
    Leased,
    Done,
}

struct Record {
    until: u64,
    fence: Fence,
    next: u32,
    key: CompactKey,
    mark: Mark,
    has_digest: bool,
    digest: Digest,
}

impl Record {
    fn entry(&self) -> Entry {
        let digest = self.has_digest.then_some(self.digest);
        let state = match self.mark {
            Mark::Free => State::Free,
            Mark::Leased => State::Leased { until: self.until, digest },
            Mark::Done => State::Done { until: self.until, digest },
        };
        Entry::from_parts(self.fence, state)
    }

    fn set(&mut self, entry: &Entry) {
        self.fence = entry.fence();
        let (mark, until, digest) = match entry.state() {
            State::Free => (Mark::Free, 0, None),
            State::Leased { until, digest } => (Mark::Leased, until, digest),
            State::Done { until, digest } => (Mark::Done, until, digest),
        };
        self.mark = mark;
        self.until = until;
        self.has_digest = digest.is_some();
        self.digest = digest.unwrap_or_default();
    }
}

/// What a claim changed in the number of records.
#[derive(Clone, Copy, Default)]
pub(super) struct Change {
    pub(super) added: bool,
    pub(super) removed: bool,
    pub(super) evicted: bool,
}

pub(super) struct Shard {
    places: HashTable<u32>,
    chunks: Vec<Vec<Record>>,
    free: u32,
    /// The last fence of any record that left: no later one may be lower.
    last_fence: Fence,
    buckets: Vec<u32>,
    /// The first bucket, counted since 1970, that is not swept to its end.
    cursor: u64,
}

impl Default for Shard {
    fn default() -> Self {
        Self {
            places: HashTable::new(),
            chunks: Vec::new(),
            free: NOWHERE,
            last_fence: Fence::new(0),
            buckets: Vec::new(),
            cursor: 0,
        }
    }
}

fn record(chunks: &[Vec<Record>], place: u32) -> Option<&Record> {
    let place = usize::try_from(place).ok()?;
    chunks.get(place / CHUNK)?.get(place % CHUNK)
}

fn record_mut(chunks: &mut [Vec<Record>], place: u32) -> Option<&mut Record> {
    let place = usize::try_from(place).ok()?;
    chunks.get_mut(place / CHUNK)?.get_mut(place % CHUNK)
}

impl Shard {
    fn find(&self, hash: u64, key: &CompactKey) -> Option<u32> {
        let fits = |place: &u32| record(&self.chunks, *place).is_some_and(|record| record.key == *key);
        self.places.find(hash, fits).copied()
    }

    #[expect(clippy::too_many_arguments, reason = "one claim, its context taken once by the caller")]
    pub(super) fn claim(
        &mut self,
        now: u64,
        hash: u64,
        compact: CompactKey,
        key: DedupKey,
        digest: Option<Digest>,
        lease: Duration,
        full: bool,
        rehash: impl Fn(&CompactKey) -> u64,
    ) -> (Claim, Change) {
        let mut change = Change::default();
        if let Some(place) = self.find(hash, &compact) {
            let Some(record) = record_mut(&mut self.chunks, place) else { return (Claim::Mismatch, change) };
            let mut entry = record.entry();
            let claim = entry.claim_at(now, key, digest, lease);
            record.set(&entry);
            return (claim, change);
        }
        if full {
            change = self.evict(now, &rehash);
        }
        let mut entry = Entry::after(self.last_fence);
        let claim = entry.claim_at(now, key, digest, lease);
        self.last_fence = entry.fence();
        change.added = self.insert(hash, compact, &entry, rehash);
        (claim, change)
    }

    pub(super) fn settle(&mut self, hash: u64, key: &CompactKey, verb: impl FnOnce(&mut Entry) -> Settled) -> Settled {
        let Some(record) = self.find(hash, key).and_then(|place| record_mut(&mut self.chunks, place)) else {
            return Settled::Lost;
        };
        let mut entry = record.entry();
        let settled = verb(&mut entry);
        record.set(&entry);
        settled
    }

    fn insert(&mut self, hash: u64, key: CompactKey, entry: &Entry, rehash: impl Fn(&CompactKey) -> u64) -> bool {
        let mut fresh = Record {
            until: 0,
            fence: entry.fence(),
            next: NOWHERE,
            key,
            mark: Mark::Free,
            has_digest: false,
            digest: [0; 32],
        };
        fresh.set(entry);
        let until = fresh.until;
        let Some(place) = self.store(fresh) else { return false };
        self.link(place, until);
        let Self { places, chunks, .. } = self;
        places.insert_unique(hash, place, |place| record(chunks, *place).map_or(0, |record| rehash(&record.key)));
        true
    }

    /// Puts a record into a free place or a new one.
    fn store(&mut self, fresh: Record) -> Option<u32> {
        if let Some(slot) = record_mut(&mut self.chunks, self.free) {
            let place = self.free;
            self.free = slot.next;
            *slot = fresh;
            return Some(place);
        }
        if self.chunks.last().is_none_or(|chunk| chunk.len() >= CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let before = self.chunks.len().checked_sub(1)?;
        let chunk = self.chunks.last_mut()?;
        let place = u32::try_from(before.checked_mul(CHUNK)?.checked_add(chunk.len())?).ok()?;
        chunk.push(fresh);
        (place != NOWHERE).then_some(place)
    }

    /// Puts a record into the bucket of the time at which it ends, or the furthest one.
    fn link(&mut self, place: u32, until: u64) {
        if self.buckets.is_empty() {
            self.buckets.resize(BUCKETS, NOWHERE);
        }
        let furthest = self.cursor.saturating_add(BUCKETS as u64).saturating_sub(1);
        let bucket = until.div_ceil(BUCKET_MICROS).clamp(self.cursor, furthest);
        let Some(head) = slot(&mut self.buckets, bucket) else { return };
        let before = core::mem::replace(head, place);
        if let Some(record) = record_mut(&mut self.chunks, place) {
            record.next = before;
        }
    }

    /// Looks at a few records whose bucket's time has come; returns how many left.
    pub(super) fn sweep(&mut self, now: u64, rehash: impl Fn(&CompactKey) -> u64) -> usize {
        let present = now / BUCKET_MICROS;
        if self.places.is_empty() || present.saturating_sub(self.cursor) > BUCKETS as u64 {
            // Nothing is there, or all buckets are due: none of them is further than one turn back.
            self.cursor =
                if self.places.is_empty() { present } else { self.cursor.max(present.saturating_sub(BUCKETS as u64)) };
        }
        let mut left = 0_usize;
        for _ in 0..SWEEP {
            let Some(place) = self.due(present) else { break };
            left = left.saturating_add(usize::from(self.sweep_one(place, now, &rehash)));
        }
        left
    }

    /// Takes the next record out of the buckets whose time has come.
    fn due(&mut self, present: u64) -> Option<u32> {
        while self.cursor < present {
            let head = slot(&mut self.buckets, self.cursor)?;
            let place = *head;
            if let Some(record) = record_mut(&mut self.chunks, place) {
                *head = record.next;
                return Some(place);
            }
            self.cursor = self.cursor.saturating_add(1);
        }
        None
    }

    /// Removes a record that has ended, or puts it where it belongs now.
    fn sweep_one(&mut self, place: u32, now: u64, rehash: impl Fn(&CompactKey) -> u64) -> bool {
        let Some((until, ended)) = record(&self.chunks, place)
            .map(|record| (record.until, matches!(record.mark, Mark::Free) || record.until <= now))
        else {
            return false;
        };
        if ended {
            self.remove(place, rehash);
        } else {
            self.link(place, until);
        }
        ended
    }

    fn remove(&mut self, place: u32, rehash: impl Fn(&CompactKey) -> u64) {
        let Some((hash, fence)) = record(&self.chunks, place).map(|record| (rehash(&record.key), record.fence)) else {
            return;
        };
        self.last_fence = self.last_fence.max(fence);
        if let Ok(held) = self.places.find_entry(hash, |held| *held == place) {
            held.remove();
        }
        let next_free = core::mem::replace(&mut self.free, place);
        if let Some(record) = record_mut(&mut self.chunks, place) {
            record.mark = Mark::Free;
            record.next = next_free;
        }
    }

    /// Makes room: takes out the record that would end first, work in progress last.
    fn evict(&mut self, now: u64, rehash: impl Fn(&CompactKey) -> u64) -> Change {
        let mut change = Change::default();
        for tries_left in (0..EVICTION_TRIES).rev() {
            let Some(place) = self.first() else { return change };
            let Some((until, mark)) = record(&self.chunks, place).map(|record| (record.until, record.mark)) else {
                return change;
            };
            let ended = matches!(mark, Mark::Free) || until <= now;
            if ended || matches!(mark, Mark::Done) || tries_left == 0 {
                self.remove(place, &rehash);
                change.removed = true;
                change.evicted = !ended;
                return change;
            }
            self.link(place, until.saturating_add(BUCKET_MICROS));
        }
        change
    }

    /// Takes the first record out of the buckets, in the order in which they come due.
    fn first(&mut self) -> Option<u32> {
        let turn = BUCKETS as u64;
        for bucket in self.cursor..self.cursor.saturating_add(turn) {
            let head = slot(&mut self.buckets, bucket)?;
            let place = *head;
            if let Some(record) = record_mut(&mut self.chunks, place) {
                *head = record.next;
                return Some(place);
            }
        }
        None
    }
}

fn slot(buckets: &mut [u32], bucket: u64) -> Option<&mut u32> {
    buckets.get_mut(usize::try_from(bucket).ok()?.checked_rem(BUCKETS)?)
}
