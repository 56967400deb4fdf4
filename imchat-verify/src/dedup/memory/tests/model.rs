//! The store does what [`Entry`] does, whatever is asked and whatever its clock does.

use proptest::prelude::*;

use super::*;
use crate::dedup::{Entry, Fence};

const KEYS: usize = 4;

#[derive(Debug, Clone, Copy)]
enum Step {
    Claim { key: usize, digest: Option<u8>, lease: u64 },
    Renew { lease: usize, length: u64 },
    Complete { lease: usize, retain: u64 },
    Release { lease: usize },
    Clock { seconds: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let length = || prop_oneof![4 => 0..60_u64, 1 => 0..1_000_000_u64, 1 => Just(u64::MAX)];
    let seconds = prop_oneof![6 => 0..30_i64, 2 => -30..0_i64, 1 => -100_000..5_000_000_i64];
    prop_oneof![
        4 => (0..KEYS, proptest::option::of(0..2_u8), length())
            .prop_map(|(key, digest, lease)| Step::Claim { key, digest, lease }),
        1 => (0..6_usize, length()).prop_map(|(lease, length)| Step::Renew { lease, length }),
        2 => (0..6_usize, length()).prop_map(|(lease, retain)| Step::Complete { lease, retain }),
        1 => (0..6_usize).prop_map(|lease| Step::Release { lease }),
        3 => seconds.prop_map(|seconds| Step::Clock { seconds }),
    ]
}

/// A key in the model.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    entry: Entry,
    /// It was over at a time that the store has seen: the store may have forgotten it, also if the clock went back since.
    forgettable: bool,
    /// The highest fence that the store gave.
    fence: Option<Fence>,
}

impl Known {
    /// The lives that it may have in the store.
    fn lives(&self) -> Vec<Entry> {
        let forgotten = self.forgettable.then(|| Entry::after(self.entry.fence()));
        [self.entry].into_iter().chain(forgotten).collect()
    }

    fn become_one(&mut self, entry: Entry, at: OffsetDateTime) {
        self.forgettable = self.forgettable && entry == self.entry;
        self.entry = entry;
        self.forgettable |= entry.is_over(at);
    }
}

/// The same but for the number of the fence, which depends on the other keys of the shard.
fn without_fence(claim: Claim) -> Claim {
    match claim {
        Claim::Granted(lease) => Claim::Granted(Lease::new(*lease.key(), Fence::new(0), lease.length())),
        other => other,
    }
}

struct Play {
    hands: Hands,
    store: MemoryStore,
    known: [Known; KEYS],
    /// The last grants, first the latest: key, the store's lease, the model's.
    leases: Vec<(usize, Lease, Lease)>,
}

impl Play {
    fn now(&self) -> OffsetDateTime {
        self.store.clock.now()
    }

    fn claim(&mut self, number: usize, digest: Option<u8>, lease: u64) -> Result<(), TestCaseError> {
        let (now, lease) = (self.now(), Duration::from_secs(lease));
        let digest = digest.map(|byte| [byte; 32]);
        let told = self.store.claim_now(&key(number), digest, lease);
        let known = &mut self.known[number];
        let mut answers =
            known.lives().into_iter().map(|mut entry| (entry.claim(now, key(number), digest, lease), entry));
        let found = answers.find(|(answer, _)| without_fence(*answer) == without_fence(told));
        drop(answers);
        let Some((answer, entry)) = found else {
            return Err(TestCaseError::fail(format!("{told:?}, but {known:?} at {now}")));
        };
        known.become_one(entry, now);
        if let (Claim::Granted(told), Claim::Granted(modelled)) = (told, answer) {
            prop_assert!(known.fence.is_none_or(|before| told.fence() > before), "{told:?} after {known:?}");
            known.fence = Some(told.fence());
            self.leases.insert(0, (number, told, modelled));
        }
        Ok(())
    }

    fn settle(
        &mut self,
        lease: usize,
        verb: impl Fn(&mut Entry, OffsetDateTime, &Lease) -> Settled,
    ) -> Result<(), TestCaseError> {
        let now = self.now();
        let Some((number, ours, modelled)) = self.leases.get(lease).copied() else { return Ok(()) };
        let told = self.store.settle(&ours, |entry, _, lease| verb(entry, now, lease));
        let known = &mut self.known[number];
        let mut answers = known.lives().into_iter().map(|mut entry| (verb(&mut entry, now, &modelled), entry));
        let found = answers.find(|(answer, _)| *answer == told);
        drop(answers);
        let Some((_, entry)) = found else {
            return Err(TestCaseError::fail(format!("{told:?}, but {known:?} at {now}")));
        };
        known.become_one(entry, now);
        Ok(())
    }

    fn step(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Clock { seconds } => self.hands.advance(seconds),
            Step::Claim { key, digest, lease } => self.claim(key, digest, lease)?,
            Step::Renew { lease, length } => {
                self.settle(lease, |entry, now, lease| entry.renew(now, lease, Duration::from_secs(length)))?;
            }
            Step::Complete { lease, retain } => {
                self.settle(lease, |entry, now, lease| entry.complete(now, lease, Duration::from_secs(retain)))?;
            }
            Step::Release { lease } => self.settle(lease, Entry::release)?,
        }
        let now = self.now();
        for known in &mut self.known {
            known.forgettable |= known.entry.is_over(now);
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn the_store_does_what_the_entry_does(
        steps in proptest::collection::vec(step(), 1..200),
        sharded in any::<bool>(),
    ) {
        let hands = Hands::default();
        let store = hands.store().capacity(if sharded { 1_000_000 } else { 1000 });
        let mut play = Play { hands, store, known: Default::default(), leases: Vec::new() };
        for step in steps {
            play.step(step)?;
        }
        prop_assert_eq!(play.store.evicted(), 0);
    }
}
