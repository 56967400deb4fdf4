//! Stripe: snapshot and thin events.

use core::time::Duration;

use crate::provider;
use crate::scheme::Source::{Field, Json};
use crate::scheme::{Facts, Hash, Key, Part, Scheme, Signature, Unit};
use crate::window::Window;

/// Retried for three days at gaps that are not published; each attempt is signed afresh.
const EVENTS: Facts = Facts::new("events")
    .retries_within(Duration::from_secs(3 * 24 * 3600))
    .redelivery("dashboard or `stripe events resend`");

/// Stripe signs `{t}.{body}` with the whole `whsec_…` text of the endpoint's secret; `v0` is a decoy of test mode.
pub const STRIPE: Scheme = Scheme::hmac("stripe", Hash::Sha256, Signature::hex("stripe-signature").pairs(b',', "v1"))
    .timestamp(Field("t"), Unit::Seconds, Window::FIVE_MINUTES)
    .message(&[Part::Timestamp, Part::Lit("."), Part::Body])
    .key(Key::Id(&[Json("/id")]))
    .event_type(&[Json("/type")])
    .tenant(&[Json("/account"), Json("/context")])
    .facts(EVENTS)
    .docs("https://docs.stripe.com/webhooks/signature")
    .build();

provider! {
    /// Stripe: snapshot and thin events. Give every endpoint a name: two of them get the same event id.
    Stripe = STRIPE
}
