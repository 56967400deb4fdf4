//! Keys are bytes, and one has nothing to do with another.

use std::vec::Vec;

use super::{LONG, grant, is_busy, is_done, settles_nothing, told};
use crate::dedup::{DedupKey, DedupStore as _, Settled};
use crate::testing::Subject;

/// Keys that a store may confuse: one begins another, they differ in case, in a last byte, in what is no text, in what
/// patterns and separators of some database mean.
fn alike() -> Vec<DedupKey> {
    let longest = [b'k'; 63];
    let mut last = longest;
    last[62] = b'K';
    let long: &[&[u8]] = &[&longest, &last, &longest[..62]];
    let short: &[&[u8]] = &[
        b"",
        b"k",
        b"K",
        b"kk",
        b" k",
        b"k ",
        b"k\0",
        b"k\0\0",
        b"\0",
        b"k\xFF",
        b"\xFF\xFE",
        b"k\r\n",
        b"k\n",
        b"k:",
        b":k",
        b"{k}",
        b"k}",
        b"}{",
        b"k*",
        b"k%",
        b"k_",
        b"k?",
        b"'k'",
        b"\"k\"",
        b"k\\",
        b"\xC3\xA9",
        b"e\xCC\x81",
    ];
    short.iter().chain(long).map(|bytes| DedupKey::from_bytes(bytes)).collect()
}

/// What happens to one key changes no other one, however alike their bytes are.
pub async fn keys_never_interfere(subject: impl Subject) {
    let store = subject.store();
    let (mut done, mut held) = (Vec::new(), Vec::new());
    for (number, key) in alike().into_iter().enumerate() {
        let lease = grant(&*store, &key, LONG).await;
        match number % 3 {
            0 => {
                assert_eq!(told(store.complete(&lease, LONG).await), Settled::Ok, "{key}");
                done.push(key);
            }
            1 => assert_eq!(told(store.release(&lease).await), Settled::Ok, "{key}"),
            _ => held.push(lease),
        }
    }
    for key in &done {
        assert!(is_done(&*store, key).await, "{key} was completed");
    }
    for lease in &held {
        assert!(is_busy(&*store, lease.key()).await, "{} is leased", lease.key());
    }
    for key in alike().iter().skip(1).step_by(3) {
        grant(&*store, key, LONG).await;
    }
    for lease in &held {
        assert_eq!(told(store.complete(lease, LONG).await), Settled::Ok, "{}", lease.key());
    }
}

/// A fence is good for the key it was given for, and for no other.
pub async fn a_fence_is_good_for_its_key_only(subject: impl Subject) {
    let store = subject.store();
    let [mine, other] = [b"mine", b"othe"].map(|bytes| DedupKey::from_bytes(bytes));
    let lease = grant(&*store, &mine, LONG).await;
    let forged = crate::dedup::Lease::new(other, lease.fence(), LONG);
    settles_nothing(&*store, &forged).await;
    let theirs = grant(&*store, &other, LONG).await;
    let never = crate::dedup::Lease::new(other, crate::dedup::Fence::new(theirs.fence().get() + 1), LONG);
    settles_nothing(&*store, &never).await;
    for lease in [&lease, &theirs] {
        assert_eq!(told(store.complete(lease, LONG).await), Settled::Ok);
    }
}
