//! Discord: interactions and webhook events.

use core::time::Duration;

use crate::identity::Identity;
use crate::provider;
use crate::reply::Reply;
use crate::scheme::Source::{Header, Json};
use crate::scheme::{Facts, Handshake, Key, Part, Scheme, Signature, Unit, When};
use crate::window::Window;

const ACK: Duration = Duration::from_secs(3);

const fn interactions(name: &'static str) -> Facts {
    Facts::new(name).ack_within(ACK).retries(&[]).failure(not_taken)
}

/// "The bot is thinking": the answer follows by API.
fn deferred(_: &Identity<'_>) -> Reply {
    Reply::json(r#"{"type":5}"#)
}

/// Leaves the message as it is: an edit follows by API.
fn deferred_update(_: &Identity<'_>) -> Reply {
    Reply::json(r#"{"type":6}"#)
}

fn no_content(_: &Identity<'_>) -> Reply {
    Reply::NO_CONTENT
}

/// Only the person who acted sees it (flag 64).
fn not_taken() -> Reply {
    Reply::json(
        r#"{"type":4,"data":{"flags":64,"content":"This may not have arrived. If nothing happens, please try again."}}"#,
    )
}

fn pong() -> Reply {
    Reply::json(r#"{"type":1}"#)
}

fn event_pong() -> Reply {
    Reply::NO_CONTENT
}

/// Suggests options while a person types: answering twice changes nothing.
const AUTOCOMPLETE: Facts = Facts::new("autocomplete").ack_within(ACK).retries(&[]).key(Key::Never);

/// Sent again with growing gaps for ten minutes, in no order.
const WEBHOOK_EVENTS: Facts = Facts::new("webhook events")
    .ack_within(ACK)
    .retries_within(Duration::from_secs(600))
    .key(Key::BodyDigest)
    .accepted(no_content);

/// Discord signs `{timestamp}{body}` with the application's key; the secret here is its public key, in hex.
///
/// Discord publishes no window; 300 seconds are enforced all the same. Its activity proxy uses the same header names
/// for another scheme, which this one refuses.
pub const DISCORD: Scheme = Scheme::ed25519("discord", Signature::hex("x-signature-ed25519"))
    .timestamp(Header("x-signature-timestamp"), Unit::Seconds, Window::FIVE_MINUTES)
    .message(&[Part::Timestamp, Part::Body])
    .key(Key::Id(&[Json("/id")]))
    .event_type(&[Json("/event/type"), Json("/data/name"), Json("/data/custom_id"), Json("/type")])
    .tenant(&[Json("/guild_id"), Json("/application_id")])
    .handshake(
        Handshake::fixed("type", &[When::Is(Json("/type"), "1"), When::Absent(Json("/event"))], pong).cap(4096),
    )
    .handshake(
        Handshake::fixed("type", &[When::Is(Json("/type"), "0"), When::Absent(Json("/id"))], event_pong).cap(4096),
    )
    .facts(interactions("interactions").accepted(deferred))
    .kind(&[When::Present(Json("/event"))], WEBHOOK_EVENTS)
    .kind(&[When::Is(Json("/type"), "3")], interactions("components").accepted(deferred_update))
    .kind(&[When::Is(Json("/type"), "4")], AUTOCOMPLETE)
    .docs("https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint-validating-security-request-headers")
    .build();

provider! {
    /// Discord: interactions and webhook events.
    Discord = DISCORD
}
