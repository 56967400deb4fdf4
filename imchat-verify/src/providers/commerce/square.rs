//! Square: events of sellers' accounts.

use core::time::Duration;

use crate::provider;
use crate::scheme::Source::Json;
use crate::scheme::{Facts, Hash, Key, Part, Scheme, Signature};

/// Sent again for a day; older pages say three.
const EVENTS: Facts = Facts::new("events").retries_within(Duration::from_secs(72 * 3600));

/// Square signs `{url}{body}`, the URL byte for byte as it was registered, with the subscription's signature key, which is
/// text though it looks like base64.
pub const SQUARE: Scheme = Scheme::hmac("square", Hash::Sha256, Signature::base64("x-square-hmacsha256-signature"))
    .message(&[Part::Url, Part::Body])
    .key(Key::Id(&[Json("/event_id")]))
    .event_type(&[Json("/type")])
    .tenant(&[Json("/merchant_id")])
    .facts(EVENTS)
    .not_signed(&["the time of sending"])
    .docs("https://developer.squareup.com/docs/webhooks/step3validate")
    .build();

provider! {
    /// Square: events of sellers' accounts.
    Square = SQUARE
}
