//! The life of a lease: granted, renewed, settled once, or ended by time.

use core::time::Duration;

use super::{LONG, claim, grant, is_busy, is_done, key, settles_nothing, told};
use crate::dedup::{Claim, DedupStore as _, Fence, Lease, Settled};
use crate::testing::Subject;

/// The first claim is granted; the next ones are told how long the lease lasts at most.
pub async fn a_free_key_is_granted_once(subject: impl Subject) {
    let (store, key, slack) = (subject.store(), key("granted once"), subject.pace().slack);
    grant(&*store, &key, LONG).await;
    subject.advance(subject.pace().unit).await;
    match claim(&*store, &key, None, LONG).await {
        Claim::Busy { retry_after } => {
            assert!(retry_after <= LONG - subject.pace().unit + slack * 2, "the lease ends before {retry_after:?}");
            assert!(retry_after > LONG / 2, "the lease lasts longer than {retry_after:?}");
        }
        other => panic!("a leased key is busy, and the answer was {other:?}"),
    }
}

/// A completed key is done until its retention ends, and free from then on.
pub async fn done_is_stable_until_its_retention_ends(subject: impl Subject) {
    let (store, pace) = (subject.store(), subject.pace());
    let (long, short) = (key("done for long"), key("done for a moment"));
    for (key, retain) in [(&long, LONG), (&short, pace.short())] {
        let lease = grant(&*store, key, LONG).await;
        assert_eq!(told(store.complete(&lease, retain).await), Settled::Ok);
    }
    subject.advance(pace.past_short()).await;
    assert!(is_done(&*store, &long).await, "a key that was completed is done as long as it is retained");
    grant(&*store, &short, LONG).await;
}

/// A released key is free at once.
pub async fn a_released_key_is_free_at_once(subject: impl Subject) {
    let (store, key) = (subject.store(), key("released"));
    let lease = grant(&*store, &key, LONG).await;
    assert_eq!(told(store.release(&lease).await), Settled::Ok);
    grant(&*store, &key, LONG).await;
}

/// A lease that nobody settles ends by itself, and its key is free.
pub async fn a_lease_that_ended_is_free(subject: impl Subject) {
    let (store, key) = (subject.store(), key("crashed"));
    grant(&*store, &key, subject.pace().short()).await;
    subject.advance(subject.pace().past_short()).await;
    grant(&*store, &key, LONG).await;
}

/// A holder whose lease ended can settle nothing, neither before another claims the key nor after.
pub async fn a_stale_lease_settles_nothing(subject: impl Subject) {
    let (store, key) = (subject.store(), key("stale"));
    let stale = grant(&*store, &key, subject.pace().short()).await;
    subject.advance(subject.pace().past_short()).await;
    settles_nothing(&*store, &stale).await;
    let current = grant(&*store, &key, LONG).await;
    settles_nothing(&*store, &stale).await;
    assert!(is_busy(&*store, &key).await, "a stale holder freed the key of another");
    assert_eq!(told(store.complete(&current, LONG).await), Settled::Ok, "a stale holder took the lease of another");
    settles_nothing(&*store, &stale).await;
    assert!(is_done(&*store, &key).await, "a stale holder undid what was done");
}

/// A lease is settled once: after it is completed or released it settles nothing more.
pub async fn a_settled_lease_settles_nothing_more(subject: impl Subject) {
    let (store, done, free) = (subject.store(), key("settled by completing"), key("settled by releasing"));
    let completed = grant(&*store, &done, LONG).await;
    assert_eq!(told(store.complete(&completed, LONG).await), Settled::Ok);
    settles_nothing(&*store, &completed).await;
    assert!(is_done(&*store, &done).await, "what is done was undone by its own holder");
    let released = grant(&*store, &free, LONG).await;
    assert_eq!(told(store.release(&released).await), Settled::Ok);
    settles_nothing(&*store, &released).await;
    grant(&*store, &free, LONG).await;
}

/// A renewed lease outlasts its first length.
pub async fn a_renewed_lease_outlasts_its_first_length(subject: impl Subject) {
    let (store, pace) = (subject.store(), subject.pace());
    // Where time really passes, the lease may end before the renewal comes: then a longer one has to tell.
    for (attempt, name) in ["renewed", "again", "once more", "a fourth time", "a last time"].iter().enumerate() {
        let (key, length) = (key(name), pace.short() * (1 << (2 * attempt)));
        let claimed = subject.elapsed();
        let lease = grant(&*store, &key, length).await;
        let renewed = told(store.renew(&lease, LONG).await);
        if subject.elapsed() - claimed + pace.slack * 2 >= length {
            continue;
        }
        assert_eq!(renewed, Settled::Ok, "a holder may renew");
        subject.advance(length + pace.slack * 2).await;
        assert!(is_busy(&*store, &key).await, "a renewed lease lasts from when it was renewed");
        assert_eq!(told(store.complete(&lease, LONG).await), Settled::Ok, "the fence stays the same when renewed");
        return;
    }
    panic!("the store took longer than a lease to answer, five times: it is too slow to be judged");
}

/// A lease may also be renewed for less than it had left.
pub async fn a_lease_renewed_for_less_ends_sooner(subject: impl Subject) {
    let (store, key) = (subject.store(), key("cut short"));
    let lease = grant(&*store, &key, LONG).await;
    assert_eq!(told(store.renew(&lease, subject.pace().short()).await), Settled::Ok);
    subject.advance(subject.pace().past_short()).await;
    settles_nothing(&*store, &lease).await;
    grant(&*store, &key, LONG).await;
}

/// Every grant of a key has a higher fence than the one before, however that ended.
pub async fn the_fence_grows_over_release_expiry_and_retention(subject: impl Subject) {
    let (store, key, pace) = (subject.store(), key("fenced"), subject.pace());
    let mut last = Fence::new(0);
    let mut grown = |next: Lease| {
        assert!(next.fence() > last, "fence {} came after {last}", next.fence());
        last = next.fence();
        next
    };
    // More than once in a moment: a fence that is only the time would repeat itself.
    for _ in 0..3 {
        let lease = grown(grant(&*store, &key, LONG).await);
        assert_eq!(told(store.release(&lease).await), Settled::Ok);
    }
    grown(grant(&*store, &key, pace.short()).await);
    subject.advance(pace.past_short()).await;
    let lease = grown(grant(&*store, &key, LONG).await);
    assert_eq!(told(store.complete(&lease, pace.short()).await), Settled::Ok);
    subject.advance(pace.past_short()).await;
    grown(grant(&*store, &key, LONG).await);
}

/// After a restart, a flush or an eviction fences still grow, and what was held before settles nothing.
///
/// It needs [`Subject::forget`].
pub async fn the_fence_grows_over_what_the_store_forgets(subject: impl Subject) {
    let (key, pace) = (key("forgotten"), subject.pace());
    let first = grant(&*subject.store(), &key, pace.short()).await;
    subject.advance(pace.unit).await;
    if !subject.forget().await {
        return;
    }
    // It may also have kept the lease.
    subject.advance(pace.past_short()).await;
    let store = subject.store();
    let second = grant(&*store, &key, LONG).await;
    assert!(second.fence() > first.fence(), "fence {} came after {}", second.fence(), first.fence());
    settles_nothing(&*store, &first).await;
    assert_eq!(told(store.complete(&second, LONG).await), Settled::Ok);
}

/// A lease of no length is over at once, and one without an end never is; so are retentions.
pub async fn spans_may_be_nothing_and_for_ever(subject: impl Subject) {
    let (store, pace) = (subject.store(), subject.pace());
    let (nothing, ever) = (key("for nothing"), key("for ever"));
    let over = grant(&*store, &nothing, Duration::ZERO).await;
    let lasting = grant(&*store, &ever, Duration::MAX).await;
    subject.advance(pace.past_short()).await;
    assert_eq!(told(store.complete(&over, LONG).await), Settled::Lost, "a lease of no length is over");
    assert!(is_busy(&*store, &ever).await, "a lease without an end lasts");
    let lease = grant(&*store, &nothing, LONG).await;
    assert_eq!(told(store.renew(&lasting, Duration::MAX).await), Settled::Ok);
    assert_eq!(told(store.complete(&lasting, Duration::MAX).await), Settled::Ok);
    assert_eq!(told(store.complete(&lease, Duration::ZERO).await), Settled::Ok);
    subject.advance(pace.past_short()).await;
    assert!(is_done(&*store, &ever).await, "a retention without an end lasts");
    grant(&*store, &nothing, LONG).await;
}
