//! Every order in which a few threads can meet at the store, explored by loom:
//! `RUSTFLAGS="--cfg loom" cargo test -p imchat-verify --features memory --lib --release interleavings`.

use std::vec::Vec;

use loom::sync::Arc;
use loom::thread;

use super::{Hands, LEASE, MemoryStore, complete, granted, key};
use crate::dedup::entry::Entry;
use crate::dedup::{Claim, Fence, Lease, Settled};

fn release(store: &MemoryStore, lease: &Lease) -> Settled {
    store.settle(lease, Entry::release_at)
}

/// Small stores have one shard, so that all threads meet at the same lock, whatever the keys hash to.
fn explore(capacity: usize, run: impl Fn(&Hands, Arc<MemoryStore>) + Send + Sync + 'static) {
    loom::model(move || {
        let hands = Hands::default();
        run(&hands, Arc::new(hands.store().capacity(capacity)));
    });
}

/// Lets each of these act on the store in a thread of its own.
fn together<T: 'static>(store: &Arc<MemoryStore>, acts: Vec<fn(&MemoryStore) -> T>) -> Vec<T> {
    let threads: Vec<_> = acts
        .into_iter()
        .map(|act| {
            let store = Arc::clone(store);
            thread::spawn(move || act(&store))
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

fn fence(lease: Option<Lease>) -> Option<Fence> {
    lease.map(|lease| lease.fence())
}

#[test]
fn three_claims_of_one_key_have_one_owner() {
    explore(100, |_, store| {
        let claims = together(&store, vec![|store| granted(store, 7).is_some(); 3]);
        assert_eq!(claims.into_iter().filter(|granted| *granted).count(), 1);
        assert_eq!(store.len(), 1);
    });
}

#[test]
fn whoever_claims_after_a_release_has_a_higher_fence() {
    explore(100, |_, store| {
        let claim_and_release: fn(&MemoryStore) -> _ = |store| {
            let lease = granted(store, 7);
            assert!(lease.is_none_or(|lease| release(store, &lease) == Settled::Ok));
            fence(lease)
        };
        let mut fences: Vec<_> = together(&store, vec![claim_and_release; 2]).into_iter().flatten().collect();
        fences.extend(fence(granted(&store, 7)));
        let mut grown = fences.clone();
        grown.sort();
        grown.dedup();
        assert_eq!(grown.len(), fences.len(), "{fences:?}");
        assert_eq!(grown.last(), fences.last());
        assert_eq!(store.len(), 1);
    });
}

#[test]
fn of_two_that_claim_and_complete_one_does_and_the_key_stays_done() {
    explore(100, |_, store| {
        let claim_and_complete: fn(&MemoryStore) -> _ =
            |store| granted(store, 7).is_some_and(|lease| complete(store, &lease) == Settled::Ok);
        let completed = together(&store, vec![claim_and_complete; 2]);
        assert_eq!(completed.into_iter().filter(|done| *done).count(), 1);
        assert!(matches!(store.claim_now(&key(7), None, LEASE), Claim::Done { .. }));
    });
}

#[test]
fn a_holder_that_lost_its_lease_changes_nothing_whenever_it_comes() {
    explore(100, |hands, store| {
        let old = granted(&store, 7).unwrap();
        hands.advance(15);
        let late = {
            let store = Arc::clone(&store);
            thread::spawn(move || complete(&store, &old))
        };
        let new = granted(&store, 7).unwrap();
        assert_eq!(late.join().unwrap(), Settled::Lost);
        assert!(new.fence() > old.fence());
        assert_eq!(complete(&store, &new), Settled::Ok);
        assert_eq!(store.len(), 1);
    });
}

#[test]
fn claims_at_the_same_time_do_not_overfill_a_full_store() {
    explore(1, |_, store| {
        let claims: Vec<fn(&MemoryStore) -> _> = vec![|store| granted(store, 1), |store| granted(store, 2)];
        let leases: Vec<_> = together(&store, claims).into_iter().map(Option::unwrap).collect();
        assert_eq!((store.len(), store.evicted()), (1, 1));
        assert_ne!(leases[0].fence(), leases[1].fence());
        let settled: Vec<_> = leases.iter().map(|lease| complete(&store, lease)).collect();
        assert_eq!(settled.iter().filter(|settled| **settled == Settled::Ok).count(), 1, "{settled:?}");
    });
}
