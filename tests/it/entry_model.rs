//! The memory store against the pure model of one key's life, verb by verb, under a clock that is moved by hand.

use core::time::Duration;
use std::collections::HashMap;

use imchat_tests::{Hands, now_or_never};
use imchat_verify::dedup::{Claim, DedupKey, DedupStore, Entry, Fence, Lease, MemoryStore, Settled, SharedStore};
use imchat_verify::{Clock as _, Digest};
use proptest::prelude::*;

/// One step of a random history.
#[derive(Debug, Clone)]
enum Step {
    Claim { key: usize, digest: Option<u8>, lease: Duration },
    Renew { lease: usize, length: Duration },
    Complete { lease: usize, retain: Duration },
    Release { lease: usize },
    Wait(Duration),
    TurnBack(Duration),
}

/// Spans around the lengths that matter to each other: nothing, a lease, a bucket of the store, a retention, for ever.
fn span() -> impl Strategy<Value = Duration> {
    prop_oneof![
        4 => (0..40_u64).prop_map(Duration::from_secs),
        2 => (0..40_000_000_u64).prop_map(Duration::from_micros),
        1 => (0..20_000_u64).prop_map(Duration::from_secs),
        1 => Just(Duration::from_secs(8 * 86_400)),
        1 => Just(Duration::MAX),
        1 => Just(Duration::ZERO),
    ]
}

fn wait() -> impl Strategy<Value = Duration> {
    prop_oneof![
        4 => (0..40_u64).prop_map(Duration::from_secs),
        2 => (0..40_000_000_u64).prop_map(Duration::from_micros),
        1 => (0..20_000_u64).prop_map(Duration::from_secs),
        1 => (0..30_u64).prop_map(|days| Duration::from_secs(days * 86_400)),
    ]
}

fn step(keys: usize) -> impl Strategy<Value = Step> {
    let digest = prop::option::of(0..2_u8);
    let held = 0..8_usize;
    prop_oneof![
        5 => (0..keys, digest, span()).prop_map(|(key, digest, lease)| Step::Claim { key, digest, lease }),
        1 => (held.clone(), span()).prop_map(|(lease, length)| Step::Renew { lease, length }),
        2 => (held.clone(), span()).prop_map(|(lease, retain)| Step::Complete { lease, retain }),
        1 => held.prop_map(|lease| Step::Release { lease }),
        3 => wait().prop_map(Step::Wait),
    ]
}

fn step_either_way(keys: usize) -> impl Strategy<Value = Step> {
    prop_oneof![6 => step(keys), 1 => wait().prop_map(Step::TurnBack)]
}

/// Keys of several lengths: the store keeps short ones as they are and long ones hashed.
fn key(number: usize) -> DedupKey {
    let padding = ["", "-of-a-middle-length-key", "-that-is-so-long-that-the-store-hashes-it"][number % 3];
    DedupKey::from_bytes(format!("key-{number}{padding}").as_bytes())
}

fn digest(byte: Option<u8>) -> Option<Digest> {
    byte.map(|byte| [byte; 32])
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap()
}

/// A lease as the store and as the model granted it.
type Granted = (Lease, Lease);

/// Runs a history on a store and on one entry per key, and compares all but the fences' numbers.
fn agree(store: &impl DedupStore, hands: &Hands, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut entries: HashMap<DedupKey, Entry> = HashMap::new();
    let mut highest: HashMap<DedupKey, Fence> = HashMap::new();
    let mut granted: Vec<Granted> = Vec::new();
    for step in steps {
        let now = hands.now();
        let pick = |at: &usize| granted.len().checked_sub(1).map(|last| granted[last.saturating_sub(*at)]);
        let mut settle = |(of_store, of_model): Granted, got: Settled, verb: &dyn Fn(&mut Entry, &Lease) -> Settled| {
            let expected = verb(entries.entry(*of_store.key()).or_default(), &of_model);
            prop_assert_eq!(got, expected, "{:?} at {}", step, now);
            Ok(())
        };
        match step {
            Step::Wait(span) => hands.turn(micros(*span)),
            Step::TurnBack(span) => hands.turn(-micros(*span)),
            Step::Claim { key: number, digest: byte, lease } => {
                let (key, digest) = (key(*number), digest(*byte));
                let got = now_or_never(store.claim(&key, digest, *lease)).unwrap();
                let expected = entries.entry(key).or_default().claim(now, key, digest, *lease);
                match (got, expected) {
                    (Claim::Granted(of_store), Claim::Granted(of_model)) => {
                        prop_assert_eq!((of_store.key(), of_store.length()), (&key, *lease));
                        let last = highest.insert(key, of_store.fence());
                        prop_assert!(last.is_none_or(|last| of_store.fence() > last), "the fence fell");
                        granted.push((of_store, of_model));
                    }
                    (got, expected) => prop_assert_eq!(got, expected, "{:?} at {}", step, now),
                }
            }
            Step::Renew { lease, length } => {
                if let Some(pair) = pick(lease) {
                    let got = now_or_never(store.renew(&pair.0, *length)).unwrap();
                    settle(pair, got, &|entry, lease| entry.renew(now, lease, *length))?;
                }
            }
            Step::Complete { lease, retain } => {
                if let Some(pair) = pick(lease) {
                    let got = now_or_never(store.complete(&pair.0, *retain)).unwrap();
                    settle(pair, got, &|entry, lease| entry.complete(now, lease, *retain))?;
                }
            }
            Step::Release { lease } => {
                if let Some(pair) = pick(lease) {
                    let got = now_or_never(store.release(&pair.0)).unwrap();
                    settle(pair, got, &|entry, lease| entry.release(now, lease))?;
                }
            }
        }
    }
    Ok(())
}

/// Runs a history under which a store may forget, and holds it to what it must never do.
fn never_two_owners(store: &impl DedupStore, hands: &Hands, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut highest: HashMap<DedupKey, Fence> = HashMap::new();
    let mut granted: Vec<Lease> = Vec::new();
    for step in steps {
        let pick = |at: &usize| granted.len().checked_sub(1).map(|last| granted[last.saturating_sub(*at)]);
        let is_last = |lease: &Lease| highest.get(lease.key()) == Some(&lease.fence());
        match step {
            Step::Wait(span) => hands.turn(micros(*span)),
            Step::TurnBack(span) => hands.turn(-micros(*span)),
            Step::Claim { key: number, digest: byte, lease } => {
                let key = key(*number);
                if let Claim::Granted(lease) = now_or_never(store.claim(&key, digest(*byte), *lease)).unwrap() {
                    let last = highest.insert(key, lease.fence());
                    prop_assert!(last.is_none_or(|last| lease.fence() > last), "the fence fell");
                    granted.push(lease);
                }
            }
            Step::Renew { lease, length } => {
                if let Some(lease) = pick(lease) {
                    let settled = now_or_never(store.renew(&lease, *length)).unwrap();
                    prop_assert!(settled == Settled::Lost || is_last(&lease), "a stale holder renewed");
                }
            }
            Step::Complete { lease, retain } => {
                if let Some(lease) = pick(lease) {
                    let settled = now_or_never(store.complete(&lease, *retain)).unwrap();
                    prop_assert!(settled == Settled::Lost || is_last(&lease), "a stale holder completed");
                }
            }
            Step::Release { lease } => {
                if let Some(lease) = pick(lease) {
                    let settled = now_or_never(store.release(&lease)).unwrap();
                    prop_assert!(settled == Settled::Lost || is_last(&lease), "a stale holder released");
                }
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_memory_store_is_the_model_key_by_key(steps in prop::collection::vec(step(5), 1..120)) {
        let hands = Hands::default();
        agree(&MemoryStore::new(hands.clone()), &hands, &steps)?;
    }

    #[test]
    fn a_shared_store_is_the_model_too(steps in prop::collection::vec(step(3), 1..60)) {
        let hands = Hands::default();
        agree(&SharedStore::new(MemoryStore::new(hands.clone())), &hands, &steps)?;
    }

    #[test]
    fn a_clock_that_steps_back_makes_no_second_owner(steps in prop::collection::vec(step_either_way(3), 1..120)) {
        let hands = Hands::default();
        never_two_owners(&MemoryStore::new(hands.clone()), &hands, &steps)?;
    }

    #[test]
    fn a_store_that_is_full_makes_no_second_owner(
        capacity in 0..4_usize,
        steps in prop::collection::vec(step_either_way(6), 1..120),
    ) {
        let hands = Hands::default();
        never_two_owners(&MemoryStore::new(hands.clone()).capacity(capacity), &hands, &steps)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(25))]

    #[test]
    fn the_model_holds_among_many_keys(steps in prop::collection::vec(step(200), 200..400)) {
        let hands = Hands::default();
        agree(&MemoryStore::new(hands.clone()), &hands, &steps)?;
    }
}
