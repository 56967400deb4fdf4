//! What the store does when it is full, and what it counts.

use super::*;
use crate::dedup::Entry;

fn done(store: &MemoryStore, number: usize) {
    let lease = granted(store, number).unwrap();
    assert_eq!(complete(store, &lease), Settled::Ok);
}

fn release(store: &MemoryStore, lease: &Lease) -> Settled {
    store.settle(lease, Entry::release_at)
}

/// How many records there are, counted one by one, and places taken for them.
fn size(store: &MemoryStore) -> (usize, usize) {
    let sizes = store.shards.iter().map(|shard| shard.lock().unwrap().size());
    sizes.fold((0, 0), |(records, places), (more, taken)| (records + more, places + usize::try_from(taken).unwrap()))
}

#[test]
fn a_store_smaller_than_its_shards_keeps_its_capacity() {
    for capacity in [0, 1, 2, 5, 17] {
        let store = Hands::default().store().capacity(capacity);
        for number in 0..100 {
            done(&store, number);
            assert!(store.len() <= capacity.max(1), "{capacity}");
        }
        assert_eq!(store.evicted(), 100 - u64::try_from(capacity.max(1)).unwrap());
    }
}

#[test]
fn what_has_ended_leaves_before_what_lasts() {
    let store = Hands::default().store().capacity(40);
    for number in 0..20 {
        done(&store, number);
        let lease = granted(&store, 100 + number).unwrap();
        assert_eq!(release(&store, &lease), Settled::Ok);
    }
    for number in 0..20 {
        done(&store, 200 + number);
    }
    assert_eq!(store.evicted(), 0);
    assert!((0..20).all(|number| granted(&store, number).is_none()));
}

#[test]
fn a_store_full_of_what_has_ended_evicts_nothing_before_its_time() {
    let hands = Hands::default();
    let store = hands.store().capacity(20_000);
    for number in 0..20_000 {
        granted(&store, number).unwrap();
    }
    hands.advance(60);
    for number in 20_000..40_000 {
        done(&store, number);
    }
    assert_eq!((store.len(), store.evicted()), (20_000, 0));
}

#[test]
fn work_in_progress_outlasts_what_is_done() {
    let store = Hands::default().store().capacity(100);
    let leases: Vec<_> = (0..40).map(|number| granted(&store, number).unwrap()).collect();
    for number in 40..1000 {
        done(&store, number);
    }
    assert_eq!(store.evicted(), 900);
    assert!(leases.iter().all(|lease| complete(&store, lease) == Settled::Ok));
}

#[test]
fn a_store_full_of_work_in_progress_tells_the_first_holder_that_it_lost() {
    let store = Hands::default().store().capacity(10);
    let leases: Vec<_> = (0..11).map(|number| granted(&store, number).unwrap()).collect();
    assert_eq!(store.evicted(), 1);
    assert_eq!(leases.iter().filter(|lease| complete(&store, lease) == Settled::Lost).count(), 1);
}

#[test]
fn what_ends_first_leaves_first() {
    let hands = Hands::default();
    let store = hands.store().capacity(20);
    for number in 0..20 {
        done(&store, number);
        hands.advance(3600);
    }
    for number in 20..30 {
        done(&store, number);
    }
    assert_eq!(store.evicted(), 10);
    for number in 10..30 {
        assert!(granted(&store, number).is_none(), "{number}");
    }
}

#[test]
fn what_ends_first_leaves_first_in_a_sharded_store() {
    let hands = Hands::default();
    let store = hands.store().capacity(20_000);
    for number in 0..10_000 {
        done(&store, number);
    }
    hands.advance(24 * 3600);
    for number in 10_000..25_000 {
        done(&store, number);
    }
    assert_eq!((store.len(), store.evicted()), (20_000, 5000));
    assert!((10_000..25_000).all(|number| granted(&store, number).is_none()));
}

#[test]
fn a_store_that_is_given_less_room_forgets_none_that_fits_and_shrinks() {
    let store = Hands::default().store();
    for number in 0..100 {
        done(&store, number);
    }
    let store = store.capacity(50);
    assert!((0..100).all(|number| granted(&store, number).is_none()));
    for number in 100..1000 {
        done(&store, number);
    }
    // Spread over shards, of which one may be empty when it is asked to make room.
    assert!(store.len() <= 52, "{}", store.len());
}

#[test]
fn claims_at_once_do_not_overfill() {
    for capacity in [100, 17_000] {
        let store = Hands::default().store().capacity(capacity);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let store = &store;
                scope.spawn(move || (0..4000).for_each(|number| done(store, thread * 10_000 + number)));
            }
        });
        assert_eq!(store.len(), capacity);
        assert_eq!(size(&store).0, capacity);
        assert_eq!(store.evicted(), 32_000 - u64::try_from(capacity).unwrap());
    }
}

#[test]
fn places_are_taken_again_and_counted_right() {
    let hands = Hands::default();
    let store = hands.store();
    for round in 0..200 {
        for number in 0..500 {
            let lease = granted(&store, round * 500 + number).unwrap();
            match number % 4 {
                0 => assert_eq!(release(&store, &lease), Settled::Ok),
                1 => assert_eq!(store.settle(&lease, |e, now, l| e.renew_at(now, l, LEASE * 2)), Settled::Ok),
                2 => assert_eq!(store.settle(&lease, |e, now, l| e.complete_at(now, l, LEASE)), Settled::Ok),
                _ => {}
            }
        }
        hands.advance(20);
        assert_eq!(size(&store).0, store.len());
    }
    let (_, places) = size(&store);
    assert!(places <= 3000, "{places}");
    assert_eq!(store.evicted(), 0);
}
