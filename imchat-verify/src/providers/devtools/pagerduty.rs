//! PagerDuty: V3 webhook subscriptions.

use core::time::Duration;

use crate::provider;
use crate::scheme::Source::{Header, Json};
use crate::scheme::{Facts, Hash, Key, Scheme, Signature};

/// Sent again for two days after a timeout, a 5xx or a 429; a delivery that gets another 4xx is dropped.
const EVENTS: Facts =
    Facts::new("events").ack_within(Duration::from_secs(5)).retries_within(Duration::from_secs(48 * 3600));

/// PagerDuty signs the body with the subscription's secret, which is text though it looks like base64. While a secret is
/// changed it sends a signature under each.
pub const PAGERDUTY: Scheme =
    Scheme::hmac("pagerduty", Hash::Sha256, Signature::hex("x-pagerduty-signature").pairs(b',', "v1"))
        .key(Key::Id(&[Json("/event/id")]))
        .event_id(&[Header("x-webhook-id")])
        .event_type(&[Json("/event/event_type")])
        .facts(EVENTS)
        .not_signed(&["the time of sending", "X-Webhook-Id"])
        .docs("https://developer.pagerduty.com/docs/verifying-webhook-signatures")
        .build();

provider! {
    /// PagerDuty: V3 webhook subscriptions.
    PagerDuty = PAGERDUTY
}
