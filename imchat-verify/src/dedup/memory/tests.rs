mod clocks;
#[cfg(loom)]
mod interleavings;
mod model;
mod room;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use time::OffsetDateTime;

use super::MemoryStore;
use crate::dedup::{Claim, DedupKey, Lease, Settled};

const LEASE: Duration = Duration::from_secs(15);
const KEEP: Duration = Duration::from_secs(8 * 24 * 3600);

#[derive(Clone, Default)]
struct Hands(Arc<AtomicI64>);

impl Hands {
    fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }

    fn store(&self) -> MemoryStore {
        let hands = self.clone();
        MemoryStore::new(move || {
            OffsetDateTime::from_unix_timestamp(1_700_000_000 + hands.0.load(Ordering::Relaxed)).unwrap()
        })
    }
}

fn key(number: usize) -> DedupKey {
    DedupKey::from_bytes(format!("delivery number {number:08}").as_bytes())
}

fn granted(store: &MemoryStore, number: usize) -> Option<Lease> {
    match store.claim_now(&key(number), None, LEASE) {
        Claim::Granted(lease) => Some(lease),
        _ => None,
    }
}

fn complete(store: &MemoryStore, lease: &Lease) -> Settled {
    store.settle(lease, |entry, now, lease| entry.complete_at(now, lease, KEEP))
}

#[test]
fn every_delivery_is_granted_once_within_its_retention() {
    let hands = Hands::default();
    let store = hands.store();
    for number in 0..10_000 {
        let lease = granted(&store, number).unwrap();
        assert_eq!(complete(&store, &lease), Settled::Ok);
    }
    hands.advance(8 * 24 * 3600 - 1);
    for number in 0..10_000 {
        assert!(matches!(store.claim_now(&key(number), None, LEASE), Claim::Done { .. }), "{number}");
    }
    assert_eq!(store.evicted(), 0);
}

#[test]
fn what_has_ended_is_swept_by_later_claims() {
    let hands = Hands::default();
    let store = hands.store();
    for number in 0..10_000 {
        granted(&store, number).unwrap();
    }
    assert_eq!(store.len(), 10_000);
    hands.advance(3600);
    for number in 10_000..20_000 {
        granted(&store, number).unwrap();
    }
    assert!(store.len() <= 10_100, "{}", store.len());
    assert_eq!(store.evicted(), 0);
}

#[test]
fn a_full_store_evicts_and_counts_it() {
    let hands = Hands::default();
    let store = hands.store().capacity(1000);
    for number in 0..3000 {
        let lease = granted(&store, number).unwrap();
        assert_eq!(complete(&store, &lease), Settled::Ok);
    }
    assert!(store.len() <= 1000);
    assert_eq!(store.evicted(), 2000);
}

#[test]
fn the_fence_survives_eviction_and_expiry() {
    let hands = Hands::default();
    let store = hands.store().capacity(1);
    let first = granted(&store, 1).unwrap();
    hands.advance(-1000);
    for number in 2..100 {
        granted(&store, number);
    }
    let again = granted(&store, 1).unwrap();
    assert!(again.fence() > first.fence());
    assert_eq!(complete(&store, &first), Settled::Lost);
}

#[test]
fn long_keys_are_told_apart() {
    let store = Hands::default().store();
    let long = |last: char| DedupKey::from_bytes(format!("{}{last}", "x".repeat(60)).as_bytes());
    assert!(matches!(store.claim_now(&long('a'), None, LEASE), Claim::Granted(_)));
    assert!(matches!(store.claim_now(&long('b'), None, LEASE), Claim::Granted(_)));
    assert!(matches!(store.claim_now(&long('a'), None, LEASE), Claim::Busy { .. }));
}

#[test]
fn a_hundred_threads_get_one_grant() {
    let store = Hands::default().store();
    let grants: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..100).map(|_| scope.spawn(|| usize::from(granted(&store, 7).is_some()))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(grants, 1);
}
