//! Zoom: events of an app.

use alloc::format;
use core::time::Duration;

use crate::engine::Question;
use crate::provider;
use crate::reply::Reply;
use crate::scheme::Source::{Header, Json};
use crate::scheme::{Facts, Handshake, Hash, Key, Part, Scheme, Signature, Unit, When};
use crate::window::Window;

/// Sent again after a timeout or a 5xx; never after a 3xx or a 4xx.
const EVENTS: Facts = Facts::new("events").ack_within(Duration::from_secs(3)).retries(&[
    Duration::from_secs(5 * 60),
    Duration::from_secs(20 * 60),
    Duration::from_secs(60 * 60),
]);

/// Zoom signs `v0:{timestamp}:{body}` with the app's secret token. It publishes no window; 300 seconds are enforced.
///
/// Every 72 hours it asks the endpoint to prove that it knows the secret, which is answered.
pub const ZOOM: Scheme = Scheme::hmac("zoom", Hash::Sha256, Signature::hex("x-zm-signature").prefix("v0="))
    .timestamp(Header("x-zm-request-timestamp"), Unit::Seconds, Window::FIVE_MINUTES)
    .message(&[Part::Lit("v0:"), Part::Timestamp, Part::Lit(":"), Part::Body])
    .key(Key::BodyDigest)
    .event_type(&[Json("/event")])
    .tenant(&[Json("/payload/account_id")])
    .handshake(Handshake::worked(
        "endpoint.url_validation",
        &[When::Is(Json("/event"), "endpoint.url_validation")],
        validation,
    ))
    .facts(EVENTS)
    .docs("https://developers.zoom.us/docs/api/webhooks/")
    .build();

provider! {
    /// Zoom: events of an app.
    Zoom = ZOOM
}

fn validation(question: &Question<'_>) -> Option<Reply> {
    let encrypted = question.hmac_hex(&question.text("/payload/plainToken")?)?;
    let plain = question.raw("/payload/plainToken")?;
    Some(Reply::json_owned(format!(r#"{{"plainToken":"{plain}","encryptedToken":"{encrypted}"}}"#).into_bytes()))
}
