//! Mattermost: outgoing webhooks and slash commands.

use core::time::Duration;

use crate::provider;
use crate::reply::Reply;
use crate::scheme::Source::{Credential, Form, Json};
use crate::scheme::{Facts, Key, Scheme, When};

/// A `trigger_id` opens dialogs: it is a capability, so the key holds only its digest.
const TRIGGER: Key = Key::SecretId(&[Form("trigger_id")]);

fn not_taken() -> Reply {
    Reply::json(
        r#"{"response_type":"ephemeral","text":"This may not have arrived. If nothing happens, please try again."}"#,
    )
}

const MESSAGES: Facts = Facts::new("messages").retries(&[]);
const COMMANDS: Facts =
    Facts::new("commands").ack_within(Duration::from_secs(3)).retries(&[]).key(TRIGGER).failure(not_taken);

/// Mattermost signs nothing: a token stands in the body and, for slash commands, in the `Authorization` header too. Every
/// one that is there must match.
pub const MATTERMOST: Scheme =
    Scheme::token("mattermost", &[Form("token"), Json("/token"), Credential("authorization", "Token")])
        .key(Key::Id(&[Form("post_id"), Json("/post_id")]))
        .event_type(&[Form("command"), Form("trigger_word"), Json("/trigger_word")])
        .tenant(&[Form("team_id"), Json("/team_id")])
        .facts(MESSAGES)
        .kind(&[When::Present(Form("command"))], COMMANDS)
        .not_signed(&["everything: whoever learns the token can forge messages"])
        .docs("https://developers.mattermost.com/integrate/webhooks/outgoing/")
        .build();

provider! {
    /// Mattermost: outgoing webhooks and slash commands.
    Mattermost = MATTERMOST
}
