//! Records in chunks of fixed size, so that growing copies nothing and wastes at most one chunk.
//!
//! A record's place is a number that stays its own until it leaves. Places are chained into queues through the records
//! themselves. Free places are taken in the order in which they became free: what was claimed in a row then stands in a
//! row, and sweeping it reads memory in a row.

use std::boxed::Box;
use std::vec;
use std::vec::Vec;

use super::compact::CompactKey;
use crate::Digest;
use crate::dedup::entry::State;
use crate::dedup::{Entry, Fence};

const CHUNK: usize = 512;
/// No place.
const NOWHERE: u32 = u32::MAX;

/// What sweeping reads of a record.
#[derive(Clone, Copy)]
pub(super) struct Times {
    /// When it ends, in microseconds since 1970; 0 once it was released.
    pub(super) until: u64,
    /// Where the table has it.
    pub(super) hash: u32,
    next: u32,
    fence: Fence,
}

/// What only a claim or a holder of the same key reads of a record.
#[derive(Clone, Copy)]
struct Body {
    key: CompactKey,
    mark: Mark,
    has_digest: bool,
    digest: Digest,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Free,
    Leased,
    Done,
}

const NO_TIMES: Times = Times { until: 0, hash: 0, next: NOWHERE, fence: Fence::new(0) };
const NO_BODY: Body = Body { key: CompactKey::NONE, mark: Mark::Free, has_digest: false, digest: [0; 32] };

/// Apart from each other, so that sweeping does not drag keys and digests through the caches.
struct Chunk {
    times: Box<[Times; CHUNK]>,
    bodies: Box<[Body; CHUNK]>,
}

impl Chunk {
    fn new() -> Option<Self> {
        Some(Self { times: vec![NO_TIMES; CHUNK].try_into().ok()?, bodies: vec![NO_BODY; CHUNK].try_into().ok()? })
    }
}

/// Places in a row, first in, first out.
#[derive(Clone, Copy)]
pub(super) struct Queue {
    first: u32,
    last: u32,
}

impl Default for Queue {
    fn default() -> Self {
        Self { first: NOWHERE, last: NOWHERE }
    }
}

#[derive(Default)]
pub(super) struct Slab {
    chunks: Vec<Chunk>,
    /// How many places were ever taken.
    used: u32,
    free: Queue,
}

fn split(place: u32) -> (usize, usize) {
    let place = usize::try_from(place).unwrap_or(usize::MAX);
    (place / CHUNK, place % CHUNK)
}

impl Slab {
    pub(super) fn times(&self, place: u32) -> Option<&Times> {
        let (chunk, within) = split(place);
        self.chunks.get(chunk)?.times.get(within)
    }

    fn times_mut(&mut self, place: u32) -> Option<&mut Times> {
        let (chunk, within) = split(place);
        self.chunks.get_mut(chunk)?.times.get_mut(within)
    }

    pub(super) fn has_key(&self, place: u32, key: &CompactKey) -> bool {
        let (chunk, within) = split(place);
        self.chunks.get(chunk).and_then(|chunk| chunk.bodies.get(within)).is_some_and(|body| body.key == *key)
    }

    pub(super) fn is_leased(&self, place: u32) -> bool {
        let (chunk, within) = split(place);
        self.chunks.get(chunk).and_then(|chunk| chunk.bodies.get(within)).is_some_and(|body| body.mark == Mark::Leased)
    }

    /// The life of the key at this place.
    pub(super) fn entry(&self, place: u32) -> Option<Entry> {
        let (chunk, within) = split(place);
        let chunk = self.chunks.get(chunk)?;
        let (times, body) = (chunk.times.get(within)?, chunk.bodies.get(within)?);
        let digest = body.has_digest.then_some(body.digest);
        let state = match body.mark {
            Mark::Free => State::Free,
            Mark::Leased => State::Leased { until: times.until, digest },
            Mark::Done => State::Done { until: times.until, digest },
        };
        Some(Entry::from_parts(times.fence, state))
    }

    /// Writes what became of the key at this place; returns when it ends.
    pub(super) fn set(&mut self, place: u32, entry: &Entry) -> Option<u64> {
        let (chunk, within) = split(place);
        let chunk = self.chunks.get_mut(chunk)?;
        let (times, body) = (chunk.times.get_mut(within)?, chunk.bodies.get_mut(within)?);
        let (mark, until, digest) = match entry.state() {
            State::Free => (Mark::Free, 0, None),
            State::Leased { until, digest } => (Mark::Leased, until, digest),
            State::Done { until, digest } => (Mark::Done, until, digest),
        };
        times.fence = entry.fence();
        times.until = until;
        body.mark = mark;
        body.has_digest = digest.is_some();
        body.digest = digest.unwrap_or_default();
        Some(until)
    }

    /// Takes a place for a key; `None` when there are no more numbers for places.
    pub(super) fn take(&mut self, hash: u32, key: CompactKey) -> Option<u32> {
        let mut free = self.free;
        let place = match self.pop(&mut free) {
            Some(place) => place,
            None => self.grow()?,
        };
        self.free = free;
        let (chunk, within) = split(place);
        let chunk = self.chunks.get_mut(chunk)?;
        chunk.times.get_mut(within)?.hash = hash;
        chunk.bodies.get_mut(within)?.key = key;
        Some(place)
    }

    fn grow(&mut self) -> Option<u32> {
        let place = self.used;
        if place == NOWHERE {
            return None;
        }
        if split(place).0 >= self.chunks.len() {
            self.chunks.push(Chunk::new()?);
        }
        self.used = self.used.saturating_add(1);
        Some(place)
    }

    #[cfg(test)]
    pub(super) fn used(&self) -> u32 {
        self.used
    }

    /// Gives a place back that is in no queue.
    pub(super) fn give(&mut self, place: u32) {
        let mut free = self.free;
        self.push(&mut free, place);
        self.free = free;
    }

    pub(super) fn push(&mut self, queue: &mut Queue, place: u32) {
        if let Some(times) = self.times_mut(place) {
            times.next = NOWHERE;
        }
        match self.times_mut(queue.last) {
            Some(last) => last.next = place,
            None => queue.first = place,
        }
        queue.last = place;
    }

    pub(super) fn pop(&self, queue: &mut Queue) -> Option<u32> {
        let place = queue.first;
        queue.first = self.times(place)?.next;
        if queue.first == NOWHERE {
            queue.last = NOWHERE;
        }
        Some(place)
    }
}
