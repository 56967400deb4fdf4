//! Zulip: outgoing webhooks.

use core::time::Duration;

use crate::identity::Identity;
use crate::provider;
use crate::reply::Reply;
use crate::scheme::Source::{Form, Json};
use crate::scheme::{Facts, Key, Scheme};

/// Any other answer would be posted as a message.
fn taken(_: &Identity<'_>) -> Reply {
    Reply::json(r#"{"response_not_required":true}"#)
}

/// Sent again a few times after a timeout or a 5xx, at gaps that are not published.
const MESSAGES: Facts = Facts::new("messages").ack_within(Duration::from_secs(10)).accepted(taken);

/// Zulip signs nothing: the bot's token stands in the body, in its own JSON format or in Slack's form.
pub const ZULIP: Scheme = Scheme::token("zulip", &[Json("/token"), Form("token")])
    .key(Key::Id(&[Json("/message/id")]))
    .event_type(&[Json("/trigger"), Form("trigger_word")])
    .facts(MESSAGES)
    .not_signed(&["everything: whoever learns the token can forge messages"])
    .docs("https://zulip.com/api/outgoing-webhooks")
    .build();

provider! {
    /// Zulip: outgoing webhooks.
    Zulip = ZULIP
}
