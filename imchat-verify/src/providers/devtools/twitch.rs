//! Twitch: EventSub.

use core::time::Duration;

use crate::engine::Question;
use crate::provider;
use crate::reply::Reply;
use crate::scheme::Source::{Header, Json};
use crate::scheme::{Facts, Handshake, Hash, Key, Part, Scheme, Signature, Unit, When};
use crate::window::Window;

/// A "few seconds" to answer, and retries at gaps that are not published.
const NOTIFICATIONS: Facts = Facts::new("notifications");

/// Twitch signs `{id}{timestamp}{body}`, the timestamp as it is written, with seven to nine digits of a fraction.
///
/// The endpoint is proved by a signed challenge, which is answered as text. The header that names the message's type is not
/// signed: the body tells.
pub const TWITCH: Scheme =
    Scheme::hmac("twitch", Hash::Sha256, Signature::hex("twitch-eventsub-message-signature").prefix("sha256="))
        .timestamp(
            Header("twitch-eventsub-message-timestamp"),
            Unit::Rfc3339,
            Window::symmetric(Duration::from_secs(600)),
        )
        .message(&[Part::From(Header("twitch-eventsub-message-id")), Part::Timestamp, Part::Body])
        .key(Key::Id(&[Header("twitch-eventsub-message-id")]))
        .event_type(&[Json("/subscription/type"), Header("twitch-eventsub-subscription-type")])
        .handshake(
            Handshake::worked(
                "challenge",
                &[When::Present(Json("/challenge")), When::Absent(Json("/event"))],
                challenge,
            )
            .cap(4096),
        )
        .facts(NOTIFICATIONS)
        .not_signed(&[
            "Twitch-Eventsub-Message-Type",
            "Twitch-Eventsub-Subscription-Type and -Version",
            "Twitch-Eventsub-Message-Retry",
        ])
        .docs("https://dev.twitch.tv/docs/eventsub/handling-webhook-events/")
        .build();

provider! {
    /// Twitch: EventSub.
    Twitch = TWITCH
}

fn challenge(question: &Question<'_>) -> Option<Reply> {
    question.text("/challenge").map(Reply::text)
}
