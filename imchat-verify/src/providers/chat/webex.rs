//! Webex: webhooks of bots and integrations.

use crate::provider;
use crate::scheme::Source::Json;
use crate::scheme::{Facts, Hash, Key, Scheme, Signature, When};

/// No retry is documented; an endpoint that fails again and again is switched off.
const EVENTS: Facts = Facts::new("events");

/// A resource may be updated twice, and nothing but the body tells which update it is.
const UPDATES: Facts = EVENTS.named("updates").key(Key::BodyDigest);

/// Webex signs the body with the webhook's secret by SHA-1. The body holds ids only: fetch the resource.
///
/// The `id` at its top is the webhook's own: an event is told by its resource, what happened, and the resource's id.
pub const WEBEX: Scheme = Scheme::hmac("webex", Hash::Sha1, Signature::hex("x-spark-signature"))
    .key(Key::Joined(&[Json("/resource"), Json("/event"), Json("/data/id")]))
    .event_type(&[Json("/event")])
    .tenant(&[Json("/orgId")])
    .facts(EVENTS)
    .kind(&[When::Is(Json("/event"), "updated")], UPDATES)
    .not_signed(&["the time of sending"])
    .docs("https://developer.webex.com/docs/receive-and-verify-webhooks")
    .build();

provider! {
    /// Webex: webhooks of bots and integrations.
    Webex = WEBEX
}
