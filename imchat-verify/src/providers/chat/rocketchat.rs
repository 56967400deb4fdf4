//! Rocket.Chat: outgoing integrations.

use crate::identity::Identity;
use crate::provider;
use crate::reply::Reply;
use crate::scheme::Source::Json;
use crate::scheme::{Facts, Key, Scheme, When};

/// An empty body counts as a failure.
fn taken(_: &Identity<'_>) -> Reply {
    Reply::json(r#"{"success":true}"#)
}

/// Sent again only where the integration says so, at gaps that its admin chooses.
const MESSAGES: Facts = Facts::new("messages").accepted(taken);

/// Edits of one message share its id: only the body tells them apart.
const EDITS: Facts = MESSAGES.named("edits").key(Key::BodyDigest);

/// Rocket.Chat signs nothing: the integration's token stands in the body.
pub const ROCKETCHAT: Scheme = Scheme::token("rocketchat", &[Json("/token")])
    .key(Key::Id(&[Json("/message_id")]))
    .event_type(&[Json("/trigger_word")])
    .facts(MESSAGES)
    .kind(&[When::Is(Json("/isEdited"), "true")], EDITS)
    .not_signed(&["everything: whoever learns the token can forge messages"])
    .docs("https://docs.rocket.chat/docs/create-a-new-outgoing-webhook")
    .build();

provider! {
    /// Rocket.Chat: outgoing integrations.
    RocketChat = ROCKETCHAT
}
