//! Polar: Standard Webhooks under two readings of the secret.

use crate::provider;
use crate::scheme::Source::{Header, Json};
use crate::scheme::{Facts, Hash, Key, Part, Scheme, Signature, Unit};
use crate::secrets::{Form, Role};
use crate::window::Window;

/// Sent again at gaps that are not published.
const EVENTS: Facts = Facts::new("events").redelivery("dashboard");

/// Polar speaks Standard Webhooks. Secrets made before 2026-09-08 sign as text, `whsec_` and all, later ones as what their
/// base64 decodes to: both readings are tried.
pub const POLAR: Scheme =
    Scheme::hmac("polar", Hash::Sha256, Signature::base64("webhook-signature").tagged(b' ', b',', "v1"))
        .secret(Role::Sign, Form::WhsecOrText)
        .timestamp(Header("webhook-timestamp"), Unit::Seconds, Window::FIVE_MINUTES)
        .message(&[Part::From(Header("webhook-id")), Part::Lit("."), Part::Timestamp, Part::Lit("."), Part::Body])
        .key(Key::Id(&[Header("webhook-id")]))
        .event_type(&[Json("/type")])
        .facts(EVENTS)
        .docs("https://docs.polar.sh/integrate/webhooks/delivery")
        .build();

provider! {
    /// Polar: Standard Webhooks under two readings of the secret.
    Polar = POLAR
}
