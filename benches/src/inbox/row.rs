//! The delivery that every contender writes, under a key of its own.

use std::sync::atomic::{AtomicU64, Ordering};

use imchat_verify::dedup::DedupKey;
use imchat_verify::inbox::Delivery;
use time::OffsetDateTime;

/// As long as a short event of a chat platform.
const BODY: [u8; 600] = [b'x'; 600];

/// A key that was not used before, where an id of a platform would be spread: at random.
pub(super) fn key() -> [u8; 24] {
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    let drawn = DRAWN.fetch_add(1, Ordering::Relaxed) + 1;
    // An odd factor spreads the ids without making two alike.
    spelled(drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// The key of an id: sixteen hex digits after the scope.
pub(super) fn spelled(id: u64) -> [u8; 24] {
    let mut key = *b"slack:Ev________________";
    if let Some(place) = key.get_mut(8..) {
        let _ = const_hex::encode_to_slice(id.to_be_bytes(), place);
    }
    key
}

pub(super) fn delivery() -> Delivery {
    let mut delivery =
        Delivery::new(DedupKey::from_bytes(&key()), "slack", BODY.as_slice(), OffsetDateTime::UNIX_EPOCH);
    delivery.event_type = Some("message".to_owned());
    delivery.tenant = Some("T012AB3CD".to_owned());
    delivery
}
