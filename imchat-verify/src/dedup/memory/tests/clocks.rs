//! What the store makes of a clock that does not go steadily.

use super::*;

const DAY: i64 = 24 * 3600;
const YEAR: i64 = 365 * DAY;

fn is_done(store: &MemoryStore, number: usize) -> bool {
    matches!(store.claim_now(&key(number), None, LEASE), Claim::Done { .. })
}

#[test]
fn what_ended_is_swept_once_its_quarter_of_a_minute_is_over() {
    let hands = Hands::default();
    let store = hands.store();
    for number in 0..1000 {
        granted(&store, number).unwrap();
    }
    hands.advance(15 + 17);
    for number in 1000..2000 {
        granted(&store, number).unwrap();
    }
    assert!(store.len() <= 1010, "{}", store.len());
}

#[test]
fn duplicates_alone_sweep_what_has_ended() {
    let hands = Hands::default();
    let store = hands.store().capacity(10_000);
    let lease = granted(&store, 0).unwrap();
    assert_eq!(complete(&store, &lease), Settled::Ok);
    for number in 1..1001 {
        granted(&store, number).unwrap();
    }
    hands.advance(60);
    for _ in 0..200 {
        assert!(is_done(&store, 0));
    }
    assert_eq!(store.len(), 1);
}

#[test]
fn a_clock_that_leapt_ahead_and_came_back_still_sweeps() {
    let hands = Hands::default();
    let store = hands.store();
    for number in 0..1000 {
        granted(&store, number).unwrap();
    }
    hands.advance(10 * YEAR);
    for number in 1000..2000 {
        granted(&store, number).unwrap();
    }
    hands.advance(-10 * YEAR);
    for number in 2000..3000 {
        granted(&store, number).unwrap();
    }
    hands.advance(60);
    for number in 3000..4000 {
        granted(&store, number).unwrap();
    }
    // Those claimed ten years ahead hold their leases; of the others only the last thousand do.
    assert!(store.len() <= 2010, "{}", store.len());
    assert_eq!(store.evicted(), 0);
}

#[test]
fn a_clock_that_leapt_ahead_and_came_back_still_sweeps_what_was_done() {
    let hands = Hands::default();
    let store = hands.store();
    granted(&store, 0).unwrap();
    hands.advance(10 * YEAR);
    for number in 0..1000 {
        granted(&store, number).unwrap();
    }
    hands.advance(-10 * YEAR);
    for number in 1000..2000 {
        let lease = granted(&store, number).unwrap();
        assert_eq!(complete(&store, &lease), Settled::Ok);
    }
    for days in [1, 9] {
        hands.advance(days * DAY);
        for number in 0..1000 {
            granted(&store, usize::try_from(days).unwrap() * 10_000 + number).unwrap();
        }
    }
    assert!(store.len() <= 2010, "{}", store.len());
}

#[test]
fn the_fence_of_a_key_that_was_claimed_again_survives_its_sweep() {
    let hands = Hands::default();
    let store = hands.store().capacity(1000);
    let lease = granted(&store, 2).unwrap();
    assert_eq!(complete(&store, &lease), Settled::Ok);
    let first = granted(&store, 1).unwrap();
    hands.advance(15);
    let second = granted(&store, 1).unwrap();
    assert!(second.fence() > first.fence());
    hands.advance(60);
    // A duplicate, which hands out no fence.
    assert!(is_done(&store, 2));
    assert_eq!(store.len(), 1);
    hands.advance(-75);
    let third = granted(&store, 1).unwrap();
    assert!(third.fence() > second.fence());
}

#[test]
fn a_clock_that_steps_back_forgets_nothing() {
    let hands = Hands::default();
    let store = hands.store();
    for number in 0..100 {
        let lease = granted(&store, number).unwrap();
        assert_eq!(complete(&store, &lease), Settled::Ok);
        hands.advance(600);
    }
    for step in [-1, -60, -3600, -DAY] {
        hands.advance(step);
        assert!((0..100).all(|number| is_done(&store, number)), "{step}");
    }
    hands.advance(8 * DAY + 3600 - 60);
    assert!((0..100).all(|number| is_done(&store, number)));
}

#[test]
fn a_retention_longer_than_the_wheel_lasts() {
    let hands = Hands::default();
    let store = hands.store().capacity(1000);
    let lease = granted(&store, 0).unwrap();
    let keep = Duration::from_secs(400 * 24 * 3600);
    assert_eq!(store.settle(&lease, |entry, now, lease| entry.complete_at(now, lease, keep)), Settled::Ok);
    for hour in 1..400 * 24 {
        hands.advance(3600);
        granted(&store, hour).unwrap();
    }
    assert!(is_done(&store, 0));
    hands.advance(3600);
    assert!(granted(&store, 0).is_some());
}

#[test]
fn a_clock_at_the_end_of_time_is_no_fault() {
    let store = MemoryStore::new(|| OffsetDateTime::new_utc(time::Date::MAX, time::Time::MIDNIGHT));
    let lease = match store.claim_now(&key(1), None, Duration::MAX) {
        Claim::Granted(lease) => lease,
        other => panic!("{other:?}"),
    };
    assert!(granted(&store, 2).is_some());
    assert_eq!(store.settle(&lease, |entry, now, lease| entry.complete_at(now, lease, Duration::MAX)), Settled::Ok);
    assert!(is_done(&store, 1));
}

#[test]
fn a_panic_while_a_shard_is_locked_leaves_the_store_in_use() {
    let hands = Hands::default();
    let store = hands.store();
    let lease = granted(&store, 1).unwrap();
    std::thread::scope(|scope| {
        for shard in &store.shards {
            let locked = scope.spawn(move || {
                let _held = shard.lock();
                panic!("on purpose");
            });
            assert!(locked.join().is_err());
        }
    });
    assert_eq!(complete(&store, &lease), Settled::Ok);
    assert!(granted(&store, 2).is_some());
}
