//! The dedup records of the lease profile and of the designs that lose.
//!
//! Where there are leases with fences, the transition function is the library's own [`Entry`]: what is checked is what is
//! shipped. Where there are none, it is a mark.

use std::time::Duration;

use imchat_verify::dedup::{Claim, DedupKey, Entry, Fence, Lease, Settled};
use time::OffsetDateTime;

use crate::designs::{Dedup, Design, Slip};
use crate::platform::{FOREVER, LEASE};

/// One key's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Record {
    /// A lease with a fence.
    Fenced(Entry),
    /// A mark without.
    Mark(Mark),
}

/// What designs without fences keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mark {
    Free,
    Leased { until: u8 },
    Done,
}

/// What a record says to a handler that asks for its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Granted { fence: u64, until: u8 },
    Busy,
    Done,
    Mismatch,
}

fn at(tick: u8) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH.saturating_add(time::Duration::seconds(i64::from(tick)))
}

const fn span(ticks: u8) -> Duration {
    Duration::from_secs(ticks as u64)
}

fn key() -> DedupKey {
    DedupKey::from_bytes(b"one key")
}

impl Record {
    pub(crate) fn of(design: &Design) -> Self {
        match design.dedup {
            Dedup::Lease { fenced: true } => Self::Fenced(Entry::new()),
            _ => Self::Mark(Mark::Free),
        }
    }

    pub(crate) fn claim(&mut self, design: &Design, now: u8, body: Option<u8>) -> Answer {
        match self {
            Self::Fenced(entry) => claim_entry(entry, design, now, body),
            Self::Mark(mark) => mark.claim(design, now),
        }
    }

    /// What a claim would be answered, if somebody made one.
    pub(crate) fn would_answer(mut self, design: &Design, now: u8, body: Option<u8>) -> Answer {
        self.claim(design, now, body)
    }

    /// Whether it says that the work is done.
    pub(crate) fn is_done(mut self, now: u8) -> bool {
        match &mut self {
            Self::Fenced(entry) => matches!(entry.claim(at(now), key(), None, span(LEASE)), Claim::Done { .. }),
            Self::Mark(mark) => *mark == Mark::Done,
        }
    }

    pub(crate) fn renew(&mut self, design: &Design, now: u8, fence: u64) -> Settled {
        match self {
            Self::Fenced(entry) => entry.renew(at(now), &lease(design, entry, fence), span(LEASE)),
            Self::Mark(mark) => mark.set(Mark::Leased { until: now.saturating_add(LEASE) }),
        }
    }

    pub(crate) fn complete(&mut self, design: &Design, now: u8, fence: u64) -> Settled {
        match self {
            Self::Fenced(entry) => entry.complete(at(now), &lease(design, entry, fence), span(FOREVER)),
            Self::Mark(mark) => mark.set(Mark::Done),
        }
    }

    pub(crate) fn release(&mut self, design: &Design, now: u8, fence: u64) -> Settled {
        match (self, design.dedup) {
            (Self::Fenced(entry), _) => entry.release(at(now), &lease(design, entry, fence)),
            (Self::Mark(mark), Dedup::Lease { .. } | Dedup::MarkFirst { undo: true }) => mark.set(Mark::Free),
            (Self::Mark(_), _) => Settled::Ok,
        }
    }
}

/// The lease that a holder shows when it settles.
fn lease(design: &Design, entry: &Entry, fence: u64) -> Lease {
    let shown = if design.slip == Some(Slip::FenceNotCompared) { entry.fence() } else { Fence::new(fence) };
    Lease::new(key(), shown, span(LEASE))
}

fn claim_entry(entry: &mut Entry, design: &Design, now: u8, body: Option<u8>) -> Answer {
    let length = if design.slip == Some(Slip::LeaseForEver) { FOREVER } else { LEASE };
    let digest = body.filter(|_| design.slip != Some(Slip::DigestIgnored)).map(|body| [body; 32]);
    if design.slip == Some(Slip::FenceReset) && entry.is_over(at(now)) {
        *entry = Entry::new();
    }
    let mut claim = entry.claim(at(now), key(), digest, span(length));
    let again = match claim {
        Claim::Busy { .. } => design.slip == Some(Slip::GrantedTwice),
        Claim::Done { .. } => design.slip == Some(Slip::DoneForgotten),
        Claim::Granted(_) | Claim::Mismatch => false,
    };
    if again {
        *entry = Entry::after(entry.fence());
        claim = entry.claim(at(now), key(), digest, span(length));
    }
    match claim {
        Claim::Granted(lease) => {
            let until = if length == FOREVER { FOREVER } else { now.saturating_add(length) };
            Answer::Granted { fence: lease.fence().get(), until }
        }
        Claim::Busy { .. } => Answer::Busy,
        Claim::Done { .. } => Answer::Done,
        Claim::Mismatch => Answer::Mismatch,
    }
}

impl Mark {
    fn claim(&mut self, design: &Design, now: u8) -> Answer {
        match (*self, design.dedup) {
            (Self::Done, _) => Answer::Done,
            (Self::Leased { until }, _) if now < until => Answer::Busy,
            (_, Dedup::MarkFirst { .. }) => {
                *self = Self::Done;
                Answer::Granted { fence: 0, until: FOREVER }
            }
            (_, Dedup::Lease { .. }) => {
                let until = now.saturating_add(LEASE);
                *self = Self::Leased { until };
                Answer::Granted { fence: 0, until }
            }
            // A look is all there is: nothing keeps the next one out.
            (_, Dedup::MarkAfter | Dedup::Row) => Answer::Granted { fence: 0, until: FOREVER },
        }
    }

    /// Whoever comes, whatever it was.
    const fn set(&mut self, to: Self) -> Settled {
        *self = to;
        Settled::Ok
    }
}
