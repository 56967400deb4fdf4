//! Sentry: webhooks of integrations.

use core::time::Duration;

use crate::provider;
use crate::scheme::Source::{Header, Json};
use crate::scheme::{Facts, Hash, Key, Scheme, Signature};

/// The shortest deadline of all; a thousand misses in a day end the subscription.
const EVENTS: Facts = Facts::new("events").ack_within(Duration::from_secs(1));

/// Sentry signs the body with the integration's client secret. Its timestamp header is not signed, and says nothing.
pub const SENTRY: Scheme = Scheme::hmac("sentry", Hash::Sha256, Signature::hex("sentry-hook-signature"))
    .key(Key::BodyDigest)
    .event_id(&[Header("request-id")])
    .event_type(&[Header("sentry-hook-resource"), Json("/action")])
    .tenant(&[Json("/installation/uuid")])
    .facts(EVENTS)
    .not_signed(&["Sentry-Hook-Resource", "Sentry-Hook-Timestamp: the time of sending", "Request-ID"])
    .docs("https://docs.sentry.io/organization/integrations/integration-platform/webhooks/")
    .build();

provider! {
    /// Sentry: webhooks of integrations.
    Sentry = SENTRY
}
