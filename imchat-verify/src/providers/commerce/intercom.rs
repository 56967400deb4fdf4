//! Intercom: notifications of an app.

use core::time::Duration;

use crate::provider;
use crate::scheme::Source::Json;
use crate::scheme::{Facts, Hash, Key, Scheme, Signature};

/// Sent again once, after a minute.
const NOTIFICATIONS: Facts =
    Facts::new("notifications").ack_within(Duration::from_secs(5)).retries(&[Duration::from_secs(60)]);

/// Intercom signs the body with the app's client secret, by SHA-1.
pub const INTERCOM: Scheme = Scheme::hmac("intercom", Hash::Sha1, Signature::hex("x-hub-signature").prefix("sha1="))
    .key(Key::Id(&[Json("/id")]))
    .event_type(&[Json("/topic")])
    .tenant(&[Json("/app_id")])
    .facts(NOTIFICATIONS)
    .not_signed(&["the time of sending"])
    .docs("https://developers.intercom.com/docs/webhooks/webhook-notifications")
    .build();

provider! {
    /// Intercom: notifications of an app.
    Intercom = INTERCOM
}
