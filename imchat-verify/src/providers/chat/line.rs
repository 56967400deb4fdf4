//! LINE: events of the Messaging API.

use core::time::Duration;

use crate::provider;
use crate::scheme::Source::Json;
use crate::scheme::{Facts, Hash, Key, List, Scheme, Signature};

/// Sent again only where the channel's webhook redelivery is on, at gaps that are not published.
const EVENTS: Facts = Facts::new("events").ack_within(Duration::from_secs(2));

/// LINE signs the body with the channel secret, and nothing else. One request carries many events; `isRedelivery` differs
/// between attempts.
pub const LINE: Scheme = Scheme::hmac("line", Hash::Sha256, Signature::base64("x-line-signature"))
    .key(Key::PerItem(&[List::at("/events").ids(&[&["/webhookEventId"]])]))
    .event_type(&[Json("/events/0/type")])
    .tenant(&[Json("/destination")])
    .facts(EVENTS)
    .not_signed(&["the time of sending"])
    .docs("https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/")
    .build();

provider! {
    /// LINE: events of the Messaging API.
    Line = LINE
}
