//! The observer: sees all systems at once, acts on nothing, and notes what must not happen.

use crate::platform::{LEASE, Message, World};

/// The invariants that only show in a step, not in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Breach {
    AckedUndurable,
    TwoOwners,
    FenceNotGrown,
    StaleWrite,
    StaleAck,
    DoneUndone,
    OtherBody,
    OtherScope,
    OutOfLane,
    DrainAckedUndurable,
}

/// The breaches of a run so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Breaches(u16);

impl Breaches {
    pub(crate) const fn note(&mut self, breach: Breach) {
        self.0 |= 1 << breach as u8;
    }

    pub(crate) const fn note_if(&mut self, breach: Breach, happened: bool) {
        if happened {
            self.note(breach);
        }
    }

    pub(crate) const fn has(self, breach: Breach) -> bool {
        self.0 & (1 << breach as u8) != 0
    }
}

/// What the observer knows of one key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Watch {
    /// How many times the key was granted.
    grants: u8,
    /// The fence of the last grant.
    fence: u64,
    /// When the last grant ends, as its holder was told; 0 once it was settled or has ended.
    until: u8,
    /// The record or the row said that the work is done.
    done: bool,
    /// Whose the record is.
    owner: Option<Message>,
    /// A fault struck so late that the ladder has no attempt left to heal it.
    pub(crate) late: bool,
}

impl Watch {
    /// Somebody was granted the key; returns which grant this is.
    pub(crate) fn granted(&mut self, breaches: &mut Breaches, now: u8, fence: Option<u64>, until: u8) -> u8 {
        breaches.note_if(Breach::TwoOwners, self.until > now);
        if let Some(fence) = fence {
            breaches.note_if(Breach::FenceNotGrown, fence <= self.fence);
            self.fence = fence;
        }
        self.until = until;
        self.grants = self.grants.saturating_add(1);
        self.grants
    }

    pub(crate) const fn grants(&self) -> u8 {
        self.grants
    }

    /// Whether the holder of this grant, told that it ends then, has lost it.
    pub(crate) const fn is_stale(&self, grant: u8, until: u8, now: u8) -> bool {
        grant != self.grants || until <= now
    }

    pub(crate) const fn renewed(&mut self, grant: u8, until: u8) {
        if grant == self.grants {
            self.until = until;
        }
    }

    pub(crate) const fn settled(&mut self, grant: u8) {
        if grant == self.grants {
            self.until = 0;
        }
    }

    /// A message met the record of this key.
    pub(crate) fn met_by(&mut self, breaches: &mut Breaches, message: Message) {
        breaches.note_if(Breach::OtherScope, self.owner.is_some_and(|owner| owner != message));
        self.owner = Some(message);
    }

    /// The record of this key says whether the work is done.
    pub(crate) const fn says(&mut self, breaches: &mut Breaches, done: bool) {
        breaches.note_if(Breach::DoneUndone, self.done && !done);
        self.done = self.done || done;
    }

    pub(crate) const fn tick(&mut self, now: u8) {
        if self.until <= now {
            self.until = 0;
        }
    }

    /// A fault struck a handler; a claim that it leaves behind is over before the last attempt, or this was late.
    pub(crate) fn struck(&mut self, world: &World, message: Message, now: u8) {
        self.late |= now.saturating_add(LEASE) > world.last_attempt(message);
    }
}
