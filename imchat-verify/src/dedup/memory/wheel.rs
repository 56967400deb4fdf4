//! A timing wheel of two rings: queues of places by the time at which their records end.
//!
//! The fine ring tells a quarter of a minute apart for the next hour, the coarse ring half an hour for the next twelve
//! days; what ends later waits in the furthest queue. Half an hour before a coarse queue's time its records move to the
//! fine ring. Nothing has to stand in its right queue: who takes a place from a queue looks whether it has ended, and puts
//! it where it belongs if not.

use std::vec::Vec;

use super::slab::{Queue, Slab};

/// A fine queue spans 2^24 microseconds: 17 seconds.
const SPAN_BITS: u32 = 24;
const FINE: u64 = 256;
/// How many fine queues a coarse one spans.
const RATIO: u64 = 128;
const COARSE: u64 = 512;
const QUEUES: u64 = FINE + COARSE;

#[derive(Default)]
pub(super) struct Wheel {
    /// Empty until the first record comes.
    queues: Vec<Queue>,
    /// The first fine queue, counted since 1970, that is not swept to its end.
    fine: u64,
    /// The first coarse queue, counted since 1970, that has not moved to the fine ring.
    coarse: u64,
    /// The fine queue of this time.
    present: u64,
}

/// A queue's distance from now: first the fine ring's, then the coarse ring's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Distance(u64);

impl Distance {
    pub(super) const NEAREST: Self = Self(0);
    pub(super) const NEAREST_COARSE: Self = Self(FINE);
    /// The last of the fine ring.
    pub(super) const HOUR: Self = Self(FINE - 1);

    pub(super) fn next(self) -> Option<Self> {
        let next = self.0.saturating_add(1);
        (next < QUEUES).then_some(Self(next))
    }

    /// The next one of a round that starts at the coarse ring.
    pub(super) fn around(self) -> Option<Self> {
        let next = self.next().unwrap_or(Self::NEAREST);
        (next != Self::NEAREST_COARSE).then_some(next)
    }
}

impl Wheel {
    /// Tells the wheel the time, wherever the clock has jumped.
    pub(super) fn turn(&mut self, now: u64) {
        self.present = now >> SPAN_BITS;
        // A whole turn back all queues are due. A clock that stepped back makes some queues due a turn too early, and none
        // too late.
        let next = self.present.saturating_add(1);
        self.fine = self.fine.clamp(next.saturating_sub(FINE), next);
        let horizon = self.horizon();
        self.coarse = self.coarse.clamp(horizon.saturating_sub(COARSE), horizon);
    }

    /// The first coarse queue that the fine ring cannot take whole.
    fn horizon(&self) -> u64 {
        self.fine.saturating_add(FINE) / RATIO
    }

    /// Where a record that ends then belongs.
    pub(super) fn distance(&self, until: u64) -> Distance {
        let fine = until.div_ceil(1 << SPAN_BITS);
        let ahead = fine.saturating_sub(self.fine);
        if ahead < FINE {
            return Distance(ahead);
        }
        let ahead = (fine / RATIO).saturating_sub(self.coarse);
        Distance(ahead.saturating_add(FINE).min(QUEUES - 1))
    }

    fn queue(&mut self, distance: Distance) -> Option<&mut Queue> {
        let slot = match distance.0.checked_sub(FINE) {
            None => self.fine.saturating_add(distance.0) % FINE,
            Some(ahead) => FINE.saturating_add(self.coarse.saturating_add(ahead) % COARSE),
        };
        self.queues.get_mut(usize::try_from(slot).ok()?)
    }

    pub(super) fn put(&mut self, slab: &mut Slab, place: u32, distance: Distance) {
        if self.queues.is_empty() {
            self.queues.resize(usize::try_from(QUEUES).unwrap_or(usize::MAX), Queue::default());
        }
        if let Some(queue) = self.queue(distance) {
            slab.push(queue, place);
        }
    }

    /// Takes the first place from the queue at this distance.
    pub(super) fn take(&mut self, slab: &Slab, distance: Distance) -> Option<u32> {
        slab.pop(self.queue(distance)?)
    }

    /// Takes the next place out of the queues whose time has come.
    pub(super) fn due(&mut self, slab: &Slab) -> Option<u32> {
        while self.fine <= self.present {
            if let Some(place) = self.take(slab, Distance::NEAREST) {
                return Some(place);
            }
            self.fine = self.fine.saturating_add(1);
        }
        while self.coarse < self.horizon() {
            if let Some(place) = self.take(slab, Distance::NEAREST_COARSE) {
                return Some(place);
            }
            self.coarse = self.coarse.saturating_add(1);
        }
        None
    }
}
