use super::*;

const LEASE: Duration = Duration::from_secs(15);
const KEEP: Duration = Duration::from_secs(3600);

fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_700_000_000 + seconds).unwrap()
}

fn key() -> DedupKey {
    DedupKey::from_bytes(b"Ev1")
}

fn claim(entry: &mut Entry, seconds: i64) -> Lease {
    match entry.claim(at(seconds), key(), None, LEASE) {
        Claim::Granted(lease) => lease,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_crashed_claim_is_reclaimed_with_a_higher_fence_and_the_old_holder_is_lost() {
    let mut entry = Entry::new();
    let first = claim(&mut entry, 0);
    assert!(
        matches!(entry.claim(at(14), key(), None, LEASE), Claim::Busy { retry_after } if retry_after == Duration::from_secs(1))
    );
    let second = claim(&mut entry, 15);
    assert!(second.fence() > first.fence());
    assert_eq!(entry.complete(at(16), &first, KEEP), Settled::Lost);
    assert_eq!(entry.release(at(16), &first), Settled::Lost);
    assert_eq!(entry.complete(at(16), &second, KEEP), Settled::Ok);
}

#[test]
fn the_fence_survives_release_and_a_clock_that_steps_back() {
    let mut entry = Entry::new();
    let first = claim(&mut entry, 100);
    assert_eq!(entry.release(at(100), &first), Settled::Ok);
    let second = claim(&mut entry, 0);
    assert!(second.fence() > first.fence());
}

#[test]
fn an_entry_is_over_when_released_and_when_its_lease_or_retention_ends() {
    let mut entry = Entry::new();
    assert!(entry.is_over(at(0)));
    let lease = claim(&mut entry, 0);
    assert!(!entry.is_over(at(14)));
    assert!(entry.is_over(at(15)));
    assert_eq!(entry.complete(at(14), &lease, KEEP), Settled::Ok);
    assert!(!entry.is_over(at(14 + 3599)));
    assert!(entry.is_over(at(14 + 3600)));
    let lease = claim(&mut entry, 4000);
    assert_eq!(entry.release(at(4000), &lease), Settled::Ok);
    assert!(entry.is_over(at(4000)));
    assert_eq!(entry.fence(), lease.fence());
}

#[test]
fn a_forgotten_entry_that_was_over_comes_again_with_a_higher_fence() {
    let mut entry = Entry::new();
    let first = claim(&mut entry, 100);
    assert!(entry.is_over(at(115)));
    let mut again = Entry::after(entry.fence());
    assert!(claim(&mut again, 0).fence() > first.fence());
}

#[test]
fn done_is_stable_until_the_retention_ends() {
    let mut entry = Entry::new();
    let lease = claim(&mut entry, 0);
    assert_eq!(entry.complete(at(1), &lease, KEEP), Settled::Ok);
    assert_eq!(entry.renew(at(2), &lease, LEASE), Settled::Lost);
    assert!(matches!(entry.claim(at(3600), key(), None, LEASE), Claim::Done { .. }));
    assert!(matches!(entry.claim(at(3601), key(), None, LEASE), Claim::Granted(_)));
}

#[test]
fn another_body_under_the_same_key_is_a_mismatch() {
    let mut entry = Entry::new();
    assert!(matches!(entry.claim(at(0), key(), Some([1; 32]), LEASE), Claim::Granted(_)));
    assert_eq!(entry.claim(at(0), key(), Some([2; 32]), LEASE), Claim::Mismatch);
    assert!(matches!(entry.claim(at(0), key(), Some([1; 32]), LEASE), Claim::Busy { .. }));
    assert!(matches!(entry.claim(at(0), key(), None, LEASE), Claim::Busy { .. }));
}

#[test]
fn renewing_keeps_the_lease() {
    let mut entry = Entry::new();
    let lease = claim(&mut entry, 0);
    assert_eq!(entry.renew(at(10), &lease, LEASE), Settled::Ok);
    assert!(matches!(entry.claim(at(20), key(), None, LEASE), Claim::Busy { .. }));
    assert!(matches!(entry.claim(at(25), key(), None, LEASE), Claim::Granted(_)));
}
