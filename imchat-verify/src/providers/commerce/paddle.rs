//! Paddle: Billing notifications.

use core::time::Duration;

use crate::provider;
use crate::scheme::Source::{Field, Json};
use crate::scheme::{Facts, Hash, Key, Part, Scheme, Signature, Unit};
use crate::window::Window;

/// Sixty times in three days.
const NOTIFICATIONS: Facts = Facts::new("notifications")
    .ack_within(Duration::from_secs(5))
    .retries_within(Duration::from_secs(3 * 24 * 3600))
    .redelivery("dashboard or API");

/// Paddle signs `{ts}:{body}` with the notification destination's secret. Its SDK allows five seconds; so does this scheme,
/// both ways.
pub const PADDLE: Scheme = Scheme::hmac("paddle", Hash::Sha256, Signature::hex("paddle-signature").pairs(b';', "h1"))
    .timestamp(Field("ts"), Unit::Seconds, Window::symmetric(Duration::from_secs(5)))
    .message(&[Part::Timestamp, Part::Lit(":"), Part::Body])
    .key(Key::Id(&[Json("/event_id")]))
    .event_type(&[Json("/event_type")])
    .facts(NOTIFICATIONS)
    .docs("https://developer.paddle.com/webhooks/signature-verification")
    .build();

provider! {
    /// Paddle: Billing notifications.
    Paddle = PADDLE
}
