//! The digest that a key is bound to.

use super::{LONG, claim, granted, key, told};
use crate::dedup::{Claim, DedupStore as _, Settled};
use crate::testing::Subject;

const ONE: [u8; 32] = [1; 32];
/// It differs from [`ONE`] in its last byte, and has what is hard on text: a zero, a line's end and no UTF-8.
const OTHER: [u8; 32] = {
    let mut digest = [1; 32];
    digest[3] = 0;
    digest[4] = b'\n';
    digest[5] = 0xFF;
    digest[31] = 2;
    digest
};

/// Another body under a key that is leased or done is a mismatch; an attempt without a digest is not.
pub async fn another_body_is_a_mismatch(subject: impl Subject) {
    let (store, key) = (subject.store(), key("two bodies"));
    let lease = granted(claim(&*store, &key, Some(OTHER), LONG).await);
    for _ in 0..2 {
        assert_eq!(claim(&*store, &key, Some(ONE), LONG).await, Claim::Mismatch, "leased with another body");
        assert!(matches!(claim(&*store, &key, Some(OTHER), LONG).await, Claim::Busy { .. }), "leased with this body");
        assert!(matches!(claim(&*store, &key, None, LONG).await, Claim::Busy { .. }), "leased, no body to compare");
    }
    assert_eq!(told(store.renew(&lease, LONG).await), Settled::Ok, "a mismatch takes nothing from the holder");
    assert_eq!(claim(&*store, &key, Some(ONE), LONG).await, Claim::Mismatch, "renewed with another body");
    assert_eq!(told(store.complete(&lease, LONG).await), Settled::Ok);
    assert_eq!(claim(&*store, &key, Some(ONE), LONG).await, Claim::Mismatch, "done with another body");
    for digest in [Some(OTHER), None] {
        assert_eq!(claim(&*store, &key, digest, LONG).await, Claim::Done { digest: Some(OTHER) });
    }
}

/// A key that was claimed without a digest matches every body, and keeps none of theirs.
pub async fn a_key_without_a_digest_matches_every_body(subject: impl Subject) {
    let (store, key) = (subject.store(), key("no body"));
    let lease = granted(claim(&*store, &key, None, LONG).await);
    for digest in [Some(ONE), Some(OTHER)] {
        assert!(matches!(claim(&*store, &key, digest, LONG).await, Claim::Busy { .. }));
    }
    assert_eq!(told(store.complete(&lease, LONG).await), Settled::Ok);
    for digest in [Some(ONE), Some(OTHER)] {
        assert_eq!(claim(&*store, &key, digest, LONG).await, Claim::Done { digest: None });
    }
}

/// A key that is free again, by release, by time or after its retention, is free for every body.
pub async fn a_free_key_is_bound_to_no_body(subject: impl Subject) {
    let (store, key, pace) = (subject.store(), key("bound no more"), subject.pace());
    let lease = granted(claim(&*store, &key, Some(ONE), LONG).await);
    assert_eq!(told(store.release(&lease).await), Settled::Ok);
    granted(claim(&*store, &key, Some(OTHER), pace.short()).await);
    subject.advance(pace.past_short()).await;
    let lease = granted(claim(&*store, &key, Some(ONE), LONG).await);
    assert_eq!(told(store.complete(&lease, pace.short()).await), Settled::Ok);
    subject.advance(pace.past_short()).await;
    granted(claim(&*store, &key, Some(OTHER), LONG).await);
}
