//! Bitbucket, and Jira, which signs alike.

use core::time::Duration;

use crate::provider;
use crate::scheme::Source::{Header, Json};
use crate::scheme::{Facts, Hash, Key, Scheme, Signature};

/// Sent again after a timeout or a 5xx, at gaps that are not published.
const EVENTS: Facts = Facts::new("events").ack_within(Duration::from_secs(10));

/// Bitbucket signs the body by SHA-256, in the header that means SHA-1 elsewhere. Cloud names a delivery
/// `X-Request-UUID`, Data Center `X-Request-Id`; neither is signed.
pub const BITBUCKET: Scheme =
    Scheme::hmac("bitbucket", Hash::Sha256, Signature::hex("x-hub-signature").prefix("sha256="))
        .key(Key::BodyDigest)
        .event_id(&[Header("x-request-uuid"), Header("x-request-id")])
        .event_type(&[Header("x-event-key"), Json("/eventKey"), Json("/webhookEvent")])
        .tenant(&[Json("/repository/uuid")])
        .facts(EVENTS)
        .not_signed(&["X-Event-Key", "X-Request-UUID and X-Request-Id", "the time of sending"])
        .docs("https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/")
        .build();

provider! {
    /// Bitbucket Cloud and Data Center, and Jira.
    Bitbucket = BITBUCKET
}
