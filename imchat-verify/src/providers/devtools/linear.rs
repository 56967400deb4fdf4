//! Linear: data change events.

use core::time::Duration;

use crate::provider;
use crate::scheme::Source::{Header, Json};
use crate::scheme::{Facts, Hash, Key, Scheme, Signature, Unit};
use crate::window::Window;

const EVENTS: Facts = Facts::new("events").ack_within(Duration::from_secs(5)).retries(&[
    Duration::from_secs(60),
    Duration::from_secs(3600),
    Duration::from_secs(6 * 3600),
]);

/// Linear signs the body, and the time that counts is the `webhookTimestamp` in it: the `Linear-Timestamp` header is not
/// signed, and not read.
///
/// The time is new in every attempt, so the key is made of what changed, how and when.
pub const LINEAR: Scheme = Scheme::hmac("linear", Hash::Sha256, Signature::hex("linear-signature"))
    .timestamp(Json("/webhookTimestamp"), Unit::Millis, Window::symmetric(Duration::from_secs(60)))
    .key(Key::Joined(&[Json("/type"), Json("/action"), Json("/data/id"), Json("/createdAt")]))
    .event_id(&[Header("linear-delivery")])
    .event_type(&[Json("/type"), Header("linear-event")])
    .tenant(&[Json("/organizationId")])
    .facts(EVENTS)
    .not_signed(&["Linear-Delivery", "Linear-Event", "Linear-Timestamp"])
    .docs("https://linear.app/developers/webhooks")
    .build();

provider! {
    /// Linear: data change events.
    Linear = LINEAR
}
