//! What every [`DedupStore`] must do, one case a function; each takes a subject that nothing was asked of before.

mod bodies;
mod keys;
mod leases;
mod model;
mod races;

use core::error::Error;
use core::time::Duration;
use std::format;
use std::string::ToString as _;

pub use self::bodies::{
    a_free_key_is_bound_to_no_body, a_key_without_a_digest_matches_every_body, another_body_is_a_mismatch,
};
pub use self::keys::{a_fence_is_good_for_its_key_only, keys_never_interfere};
pub use self::leases::{
    a_free_key_is_granted_once, a_lease_renewed_for_less_ends_sooner, a_lease_that_ended_is_free,
    a_released_key_is_free_at_once, a_renewed_lease_outlasts_its_first_length, a_settled_lease_settles_nothing_more,
    a_stale_lease_settles_nothing, done_is_stable_until_its_retention_ends, spans_may_be_nothing_and_for_ever,
    the_fence_grows_over_release_expiry_and_retention, the_fence_grows_over_what_the_store_forgets,
};
pub use self::races::{
    a_hundred_tasks_get_one_owner, a_hundred_tasks_get_one_owner_of_what_ended, a_lease_is_settled_once_also_at_once,
    random_histories_agree_with_the_model,
};
use crate::Digest;
use crate::dedup::{Claim, DedupKey, DedupStore, Lease, Settled};

/// Holds a [`DedupStore`] to every case of [`testing::dedup`](crate::testing::dedup): one `#[test]` each.
///
/// `block_on` runs a future to its end. `subject` is an expression that makes a [`Subject`](crate::testing::Subject) of
/// a fresh store; it is evaluated for each case, in an `async` block, so that it may `await`, and `return` where there is
/// nothing to test. Put the call into a module of its own, which gives the tests their name.
///
/// A store in memory that is given a clock:
///
/// ```test_harness
/// # #[cfg(feature = "memory")]
/// mod conformance {
///     use imchat_verify::dedup::MemoryStore;
///     use imchat_verify::testing::{ByHand, block_on};
///
///     imchat_verify::dedup_store_conformance! {
///         block_on: block_on,
///         subject: ByHand::new(MemoryStore::new),
///     }
/// }
/// ```
///
/// A store that tells the time by itself, such as one behind a socket, on tokio:
///
/// ```test_harness
/// # #[cfg(feature = "memory")]
/// mod conformance {
///     use imchat_verify::testing::OwnClock;
///     # mod my { pub async fn store() -> imchat_verify::dedup::MemoryStore {
///     #     imchat_verify::dedup::MemoryStore::new(time::OffsetDateTime::now_utc)
///     # } }
///
///     fn run(case: impl Future<Output = ()>) {
///         tokio::runtime::Runtime::new().unwrap().block_on(case);
///     }
///
///     imchat_verify::dedup_store_conformance! {
///         block_on: run,
///         subject: OwnClock::new(
///             my::store().await,
///             tokio::time::sleep,
///             |task| drop(tokio::spawn(task)),
///         ),
///     }
/// }
/// ```
#[macro_export]
macro_rules! dedup_store_conformance {
    (block_on: $block_on:expr, subject: $subject:expr $(,)?) => {
        $crate::dedup_store_conformance! { @cases $block_on, $subject;
            a_free_key_is_granted_once
            done_is_stable_until_its_retention_ends
            a_released_key_is_free_at_once
            a_lease_that_ended_is_free
            a_stale_lease_settles_nothing
            a_settled_lease_settles_nothing_more
            a_renewed_lease_outlasts_its_first_length
            a_lease_renewed_for_less_ends_sooner
            the_fence_grows_over_release_expiry_and_retention
            the_fence_grows_over_what_the_store_forgets
            spans_may_be_nothing_and_for_ever
            another_body_is_a_mismatch
            a_key_without_a_digest_matches_every_body
            a_free_key_is_bound_to_no_body
            keys_never_interfere
            a_fence_is_good_for_its_key_only
            a_hundred_tasks_get_one_owner
            a_hundred_tasks_get_one_owner_of_what_ended
            a_lease_is_settled_once_also_at_once
            random_histories_agree_with_the_model
        }
    };
    (@cases $block_on:expr, $subject:expr; $($case:ident)+) => {$(
        #[test]
        fn $case() {
            ($block_on)(async {
                let subject = $subject;
                $crate::testing::dedup::$case(subject).await;
            });
        }
    )+};
}

/// A lease or a retention that no test outlasts.
const LONG: Duration = Duration::from_secs(3600);

fn key(name: &str) -> DedupKey {
    DedupKey::from_bytes(name.as_bytes())
}

/// What a store told; its error, with what that came from, fails the case.
pub(super) fn told<T, E: Error>(answer: Result<T, E>) -> T {
    answer.unwrap_or_else(|error| {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        panic!("it failed where it should have answered: {text}")
    })
}

async fn claim<S: DedupStore>(store: &S, key: &DedupKey, digest: Option<Digest>, lease: Duration) -> Claim {
    told(store.claim(key, digest, lease).await)
}

/// A claim that must be granted.
#[track_caller]
fn granted(answer: Claim) -> Lease {
    match answer {
        Claim::Granted(lease) => lease,
        other => panic!("a free key has to be granted, and the answer was {other:?}"),
    }
}

async fn grant<S: DedupStore>(store: &S, key: &DedupKey, lease: Duration) -> Lease {
    let granted = granted(claim(store, key, None, lease).await);
    assert_eq!((granted.key(), granted.length()), (key, lease), "a lease is of the key and the length asked for");
    granted
}

async fn is_busy<S: DedupStore>(store: &S, key: &DedupKey) -> bool {
    matches!(claim(store, key, None, LONG).await, Claim::Busy { .. })
}

async fn is_done<S: DedupStore>(store: &S, key: &DedupKey) -> bool {
    matches!(claim(store, key, None, LONG).await, Claim::Done { .. })
}

/// All three ways to settle a lease are refused, and nothing changes.
async fn settles_nothing<S: DedupStore>(store: &S, lease: &Lease) {
    assert_eq!(told(store.renew(lease, LONG).await), Settled::Lost, "renewed by a holder that lost its lease");
    assert_eq!(told(store.complete(lease, LONG).await), Settled::Lost, "completed by a holder that lost its lease");
    assert_eq!(told(store.release(lease).await), Settled::Lost, "released by a holder that lost its lease");
}
