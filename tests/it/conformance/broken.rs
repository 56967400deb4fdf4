//! Stores with one fault each, and the case of the kit that notices it: a check that cannot fail is none.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use imchat_verify::dedup::{Claim, DedupKey, DedupStore, Entry, Lease, Settled};
use imchat_verify::testing::{ByHand, HandClock, block_on, dedup};
use imchat_verify::{Clock as _, Digest};

/// What a store may get wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Nothing,
    BeginsFencesAnew,
    IgnoresFences,
    IgnoresTime,
    IgnoresDigests,
    KeepsTheDigestOfWhatIsFree,
    IgnoresLetterCase,
    CutsKeysAtZeros,
    MarksNothingDone,
    RetainsForEver,
    ReleasesNothing,
    RenewsNothing,
    SaysBusyForNoTime,
    LooksThenWrites,
    LosesAMicrosecond,
}

/// A key's life, and the digest of its last grant.
type Record = (Entry, Option<Digest>);

struct Broken {
    fault: Fault,
    clock: HandClock,
    entries: Mutex<HashMap<Vec<u8>, Record>>,
}

impl Broken {
    fn place(&self, key: &DedupKey) -> Vec<u8> {
        match self.fault {
            Fault::IgnoresLetterCase => key.as_bytes().to_ascii_lowercase(),
            Fault::CutsKeysAtZeros => key.as_bytes().split(|byte| *byte == 0).next().unwrap_or_default().to_vec(),
            _ => key.as_bytes().to_vec(),
        }
    }

    fn claim_one(&self, record: &mut Record, key: &DedupKey, digest: Option<Digest>, lease: Duration) -> Claim {
        let (now, (entry, held)) = (self.clock.now(), record);
        if self.fault == Fault::BeginsFencesAnew && entry.is_over(now) {
            *entry = Entry::new();
        }
        let digest = match self.fault {
            Fault::IgnoresDigests => None,
            Fault::KeepsTheDigestOfWhatIsFree if held.zip(digest).is_some_and(|(held, new)| held != new) => {
                return Claim::Mismatch;
            }
            _ => digest,
        };
        let length = match self.fault {
            Fault::IgnoresTime => Duration::MAX,
            Fault::LosesAMicrosecond => lease.saturating_sub(Duration::from_micros(1)),
            _ => lease,
        };
        match entry.claim(now, *key, digest, length) {
            Claim::Granted(granted) => {
                *held = digest;
                Claim::Granted(Lease::new(*key, granted.fence(), lease))
            }
            Claim::Busy { .. } if self.fault == Fault::SaysBusyForNoTime => Claim::Busy { retry_after: Duration::ZERO },
            other => other,
        }
    }

    fn settle(&self, lease: &Lease, verb: impl FnOnce(&mut Entry, &Lease) -> Settled) -> Settled {
        let mut entries = self.entries.lock().unwrap();
        let (entry, _) = entries.entry(self.place(lease.key())).or_default();
        match self.fault {
            Fault::IgnoresFences => verb(entry, &Lease::new(*lease.key(), entry.fence(), lease.length())),
            _ => verb(entry, lease),
        }
    }
}

impl DedupStore for Broken {
    type Error = Infallible;

    async fn claim(&self, key: &DedupKey, digest: Option<Digest>, lease: Duration) -> Result<Claim, Infallible> {
        let mut entries = self.entries.lock().unwrap();
        let place = self.place(key);
        let mut record = entries.get(&place).copied().unwrap_or_default();
        if self.fault == Fault::LooksThenWrites {
            drop(entries);
            thread::sleep(Duration::from_millis(1));
            entries = self.entries.lock().unwrap();
        }
        let told = self.claim_one(&mut record, key, digest, lease);
        entries.insert(place, record);
        Ok(told)
    }

    async fn renew(&self, lease: &Lease, length: Duration) -> Result<Settled, Infallible> {
        if self.fault == Fault::RenewsNothing {
            return Ok(self.settle(lease, |entry, lease| Entry::clone(entry).renew(self.clock.now(), lease, length)));
        }
        Ok(self.settle(lease, |entry, lease| entry.renew(self.clock.now(), lease, length)))
    }

    async fn complete(&self, lease: &Lease, retain: Duration) -> Result<Settled, Infallible> {
        let now = self.clock.now();
        Ok(self.settle(lease, |entry, lease| match self.fault {
            Fault::MarksNothingDone => entry.release(now, lease),
            Fault::RetainsForEver => entry.complete(now, lease, Duration::MAX),
            _ => entry.complete(now, lease, retain),
        }))
    }

    async fn release(&self, lease: &Lease) -> Result<Settled, Infallible> {
        let now = self.clock.now();
        Ok(self.settle(lease, |entry, lease| match self.fault {
            Fault::ReleasesNothing => entry.renew(now, lease, lease.length()),
            _ => entry.release(now, lease),
        }))
    }
}

fn subject(fault: Fault) -> ByHand<Broken> {
    ByHand::new(move |clock| Broken { fault, clock, entries: Mutex::default() })
}

/// Whether the case stops its test, on a thread of its own.
fn refuses<F: Future<Output = ()> + 'static>(case: fn(ByHand<Broken>) -> F, fault: Fault) -> bool {
    thread::spawn(move || block_on(case(subject(fault)))).join().is_err()
}

/// The store is right where it is given no fault, so that what the cases refuse is the fault.
mod without_a_fault {
    imchat_verify::dedup_store_conformance! {
        block_on: imchat_verify::testing::block_on,
        subject: super::subject(super::Fault::Nothing),
    }
}

macro_rules! noticed {
    ($($test:ident: $fault:ident by $($case:ident),+;)+) => {$(
        #[test]
        fn $test() {
            $(assert!(refuses(dedup::$case, Fault::$fault), "{} let it pass", stringify!($case));)+
        }
    )+};
}

noticed! {
    fences_that_begin_anew_are_noticed: BeginsFencesAnew
        by the_fence_grows_over_release_expiry_and_retention, random_histories_agree_with_the_model;
    a_store_without_fences_is_noticed: IgnoresFences
        by a_stale_lease_settles_nothing, a_fence_is_good_for_its_key_only, random_histories_agree_with_the_model;
    leases_that_never_end_are_noticed: IgnoresTime
        by a_lease_that_ended_is_free, spans_may_be_nothing_and_for_ever, random_histories_agree_with_the_model;
    digests_that_are_not_compared_are_noticed: IgnoresDigests
        by another_body_is_a_mismatch, random_histories_agree_with_the_model;
    a_digest_that_outlives_its_lease_is_noticed: KeepsTheDigestOfWhatIsFree by a_free_key_is_bound_to_no_body;
    keys_without_letter_case_are_noticed: IgnoresLetterCase by keys_never_interfere;
    keys_that_end_at_a_zero_are_noticed: CutsKeysAtZeros by keys_never_interfere;
    work_that_is_not_marked_done_is_noticed: MarksNothingDone
        by done_is_stable_until_its_retention_ends, random_histories_agree_with_the_model;
    retention_without_end_is_noticed: RetainsForEver by done_is_stable_until_its_retention_ends;
    a_release_that_keeps_the_key_is_noticed: ReleasesNothing by a_released_key_is_free_at_once;
    a_renewal_that_is_forgotten_is_noticed: RenewsNothing by a_renewed_lease_outlasts_its_first_length;
    a_wait_that_is_made_up_is_noticed: SaysBusyForNoTime
        by a_free_key_is_granted_once, random_histories_agree_with_the_model;
    claims_that_are_not_one_step_are_noticed: LooksThenWrites
        by a_hundred_tasks_get_one_owner, a_hundred_tasks_get_one_owner_of_what_ended;
    a_microsecond_is_noticed: LosesAMicrosecond by random_histories_agree_with_the_model;
}
