//! Mailgun: events of messages.

use core::time::Duration;

use crate::provider;
use crate::scheme::Source::Json;
use crate::scheme::{Encoding, Facts, Hash, Key, Part, Scheme, Signature, Unit};
use crate::window::Window;

/// Sent again for eight hours, unless the answer is 406.
const EVENTS: Facts = Facts::new("events").retries_within(Duration::from_secs(8 * 3600));

/// Mailgun signs `{timestamp}{token}`, which stand in the body beside their signature: what happened, and to which message,
/// nobody signs. The token is new for every delivery, so it is the key.
pub const MAILGUN: Scheme =
    Scheme::hmac("mailgun", Hash::Sha256, Signature::at(Json("/signature/signature"), Encoding::Hex))
        .timestamp(
            Json("/signature/timestamp"),
            Unit::Seconds,
            // Whether retries are signed afresh is not published.
            Window::new(Duration::from_secs(8 * 3600), Duration::from_secs(300)),
        )
        .message(&[Part::Timestamp, Part::From(Json("/signature/token"))])
        .body_not_signed()
        .key(Key::Id(&[Json("/signature/token")]))
        .event_type(&[Json("/event-data/event")])
        .facts(EVENTS)
        .not_signed(&["event-data: whoever captures a request can send another event with it"])
        .docs("https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks")
        .build();

provider! {
    /// Mailgun: events of messages.
    Mailgun = MAILGUN
}
