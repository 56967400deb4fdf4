//! Random histories, held against [`Entry`].
//!
//! A verb happens in the store at some time between its call and its answer. So a key has not one life in the model but
//! those of the earliest and of the latest of these times; each verb goes to all of them, at its own earliest and latest
//! time, and one of them has to answer as the store did. Under a clock that is moved by hand these are all one.

use alloc::format;
use core::fmt::Debug;
use core::time::Duration;
use std::collections::BTreeMap;
use std::string::String;
use std::sync::Arc;
use std::vec::Vec;

use super::told;
use crate::Digest;
use crate::dedup::{Claim, DedupKey, DedupStore, Entry, Fence, Lease, Settled, State};
use crate::testing::random::Random;
use crate::testing::{Pace, Subject};

const STEPS: usize = 120;
const KEYS: u64 = 4;

/// The earliest and the latest time at which a verb can have happened, in microseconds.
type Window = (u64, u64);

/// What a key may be in the store.
struct Known {
    lives: Vec<Entry>,
    fence: Fence,
    /// Not all lives answered the last verb as the store did: it fell near the end of a span.
    divided: bool,
}

impl Default for Known {
    fn default() -> Self {
        Self { lives: Vec::from([Entry::new()]), fence: Fence::new(0), divided: false }
    }
}

impl Known {
    /// Lets every life live through a verb, and keeps those that answer as the store did.
    fn live<A>(&mut self, window: Window, verb: impl Fn(&mut Entry, u64) -> A, agrees: impl Fn(&A) -> bool) -> bool {
        let mut kept: Vec<Entry> = Vec::new();
        self.divided = false;
        for life in &self.lives {
            for at in [window.0, window.1] {
                let mut life = *life;
                let agreed = agrees(&verb(&mut life, at));
                self.divided |= !agreed;
                if agreed && !kept.contains(&life) {
                    kept.push(life);
                }
            }
        }
        let some = !kept.is_empty();
        self.lives = kept;
        some
    }

    /// What the store answered from lasts beyond the earliest time of the answer. Where lives that had ended by then were
    /// dropped, it may end as soon as that; those that were kept say only how late.
    fn outlast(&mut self, earliest: u64) {
        if self.divided {
            self.may_end([earliest + 1]);
        }
    }

    /// A span that begins with this verb begins at any time of its window, also where only lives that answered at one end
    /// of the window were kept.
    fn begin(&mut self, window: Window, span: Duration) {
        if self.divided {
            let span = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
            self.may_end([window.0.saturating_add(span), window.1.saturating_add(span)]);
        }
    }

    /// Adds the lives that are kept once more, with these ends.
    fn may_end<const N: usize>(&mut self, ends: [u64; N]) {
        let ending = |life: &Entry, until| {
            let state = match life.state() {
                State::Leased { digest, .. } => State::Leased { until, digest },
                State::Done { digest, .. } => State::Done { until, digest },
                State::Free => State::Free,
            };
            Entry::from_parts(life.fence(), state)
        };
        for life in self.lives.clone() {
            for life in ends.map(|until| ending(&life, until)) {
                if !self.lives.contains(&life) {
                    self.lives.push(life);
                }
            }
        }
    }

    /// The shortest and the longest time that a lease can have left.
    fn left(&self, window: Window) -> (u64, u64) {
        let ends = self.lives.iter().filter_map(|life| match life.state() {
            State::Leased { until, .. } => Some(until),
            State::Free | State::Done { .. } => None,
        });
        let (first, last) = ends.fold((u64::MAX, 0), |(first, last), end| (first.min(end), last.max(end)));
        (first.saturating_sub(window.1), last.saturating_sub(window.0))
    }

    fn claim(&mut self, window: Window, key: DedupKey, digest: Option<Digest>, lease: Duration, told: Claim) -> bool {
        let verb = |life: &mut Entry, at| life.claim_at(at, key, digest, lease);
        match told {
            Claim::Granted(granted) => {
                let grown = granted.fence() > self.fence;
                self.fence = granted.fence();
                let agreed = self.live(window, verb, |answer| matches!(answer, Claim::Granted(_)));
                self.begin(window, lease);
                // Which number comes next is the store's to say, as long as it is higher.
                for life in &mut self.lives {
                    *life = Entry::from_parts(granted.fence(), life.state());
                }
                agreed && grown && (granted.key(), granted.length()) == (&key, lease)
            }
            Claim::Busy { retry_after } => {
                let (least, most) = self.left(window);
                let left = u64::try_from(retry_after.as_micros()).unwrap_or(u64::MAX);
                let agreed = self.live(window, verb, |answer| matches!(answer, Claim::Busy { .. }));
                self.outlast(window.0);
                let least = if self.divided { 0 } else { least };
                agreed && (least..=most).contains(&left)
            }
            Claim::Done { .. } | Claim::Mismatch => {
                let agreed = self.live(window, verb, |answer| *answer == told);
                self.outlast(window.0);
                agreed
            }
        }
    }
}

/// One random history on one store.
pub(super) struct History<'s, S: Subject> {
    subject: &'s S,
    store: Arc<S::Store>,
    pace: Pace,
    seed: u64,
    random: Random,
    known: BTreeMap<u64, Known>,
    leases: Vec<(u64, Lease)>,
    trail: Vec<String>,
}

impl<'s, S: Subject> History<'s, S> {
    pub(super) fn new(subject: &'s S, seed: u64) -> Self {
        Self {
            subject,
            store: subject.store(),
            pace: subject.pace(),
            seed,
            random: Random::new(seed),
            known: BTreeMap::new(),
            leases: Vec::new(),
            trail: Vec::new(),
        }
    }

    pub(super) async fn run(mut self) {
        for _ in 0..STEPS {
            match self.random.below(11) {
                0..=4 => self.claim().await,
                5 => self.renew().await,
                6 | 7 => self.complete().await,
                8 => self.release().await,
                _ => {
                    // Waits are of whole units and most spans of halves more, so that few verbs fall on an end.
                    let span = self.random.halves(self.pace.unit, 3) + self.pace.unit;
                    self.trail.push(format!("wait {span:?}"));
                    self.subject.advance(span).await;
                }
            }
        }
    }

    fn span(&mut self) -> Duration {
        match self.random.below(12) {
            0 => Duration::ZERO,
            1 => self.pace.unit * 100_000,
            2 => self.random.halves(self.pace.unit, 12),
            _ => self.random.halves(self.pace.unit, 5) / 2 * 2 + self.pace.unit / 2,
        }
    }

    fn time(&self) -> u64 {
        u64::try_from(self.subject.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// The window of a verb that was called at this time and has just answered.
    fn window(&self, called: u64) -> Window {
        let slack = u64::try_from(self.pace.slack.as_micros()).unwrap_or(u64::MAX);
        (called.saturating_sub(slack), self.time().saturating_add(slack))
    }

    fn judge(&mut self, agreed: bool, step: &str, told: &impl Debug) {
        self.trail.push(format!("{step} -> {told:?}"));
        let trail = self.trail.join("\n  ");
        assert!(agreed, "`Entry` answers otherwise to the last step of history {}:\n  {trail}", self.seed);
    }

    async fn claim(&mut self) {
        let (number, lease) = (self.random.below(KEYS), self.span());
        let which = u8::try_from(self.random.below(3)).unwrap_or(0);
        let digest = Some([which; 32]).filter(|_| which > 0);
        let key = DedupKey::from_bytes(format!("history {} key {number}", self.seed).as_bytes());
        let called = self.time();
        let claim = told(self.store.claim(&key, digest, lease).await);
        let window = self.window(called);
        let agreed = self.known.entry(number).or_default().claim(window, key, digest, lease, claim);
        if let Claim::Granted(lease) = claim {
            self.leases.push((number, lease));
        }
        self.judge(agreed, &format!("claim key {number} digest {which} for {lease:?} at {called} us"), &claim);
    }

    /// One of the last grants, the latest more often than those before it.
    fn draw(&mut self) -> Option<(u64, Lease)> {
        let back = self.random.place(6).min(self.random.place(6));
        self.leases.iter().rev().nth(back).copied()
    }

    fn settled(
        &mut self,
        (number, lease): (u64, Lease),
        called: u64,
        verb: impl Fn(&mut Entry, u64, &Lease) -> Settled,
        span: Option<Duration>,
        (step, told): (String, Settled),
    ) {
        let window = self.window(called);
        let known = self.known.entry(number).or_default();
        let agreed = known.live(window, |life, at| verb(life, at, &lease), |answer| *answer == told);
        if let Some(span) = span.filter(|_| told == Settled::Ok) {
            known.begin(window, span);
        }
        self.judge(agreed, &format!("{step} of fence {} of key {number} at {called} us", lease.fence()), &told);
    }

    async fn renew(&mut self) {
        let Some(held) = self.draw() else { return };
        let (length, called) = (self.span(), self.time());
        let told = told(self.store.renew(&held.1, length).await);
        self.settled(
            held,
            called,
            |life, at, lease| life.renew_at(at, lease, length),
            Some(length),
            (format!("renew {length:?}"), told),
        );
    }

    async fn complete(&mut self) {
        let Some(held) = self.draw() else { return };
        let (retain, called) = (self.span(), self.time());
        let told = told(self.store.complete(&held.1, retain).await);
        let step = format!("complete, retain {retain:?},");
        self.settled(held, called, |life, at, lease| life.complete_at(at, lease, retain), Some(retain), (step, told));
    }

    async fn release(&mut self) {
        let Some(held) = self.draw() else { return };
        let called = self.time();
        let told = told(self.store.release(&held.1).await);
        self.settled(held, called, Entry::release_at, None, (String::from("release"), told));
    }
}
