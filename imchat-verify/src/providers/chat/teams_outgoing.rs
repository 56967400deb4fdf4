//! Microsoft Teams: outgoing webhooks.

use core::time::Duration;

use crate::provider;
use crate::reply::Reply;
use crate::scheme::Source::Json;
use crate::scheme::{Facts, Hash, Key, Scheme, Signature};
use crate::secrets::{Form, Role};

fn not_taken() -> Reply {
    Reply::json(r#"{"type":"message","text":"This may not have arrived. If nothing happens, please try again."}"#)
}

/// The channel waits for the answer, which is shown there; nothing is sent again.
const MESSAGES: Facts = Facts::new("messages").ack_within(Duration::from_secs(5)).retries(&[]).failure(not_taken);

/// Teams signs the body with the webhook's security token, which is base64. Nothing tells the hooks of two channels apart:
/// put a name into the URL of each.
pub const TEAMS_OUTGOING: Scheme = Scheme::hmac(
    "teams-outgoing",
    Hash::Sha256,
    Signature::base64("authorization").prefix("HMAC "),
)
.secret(Role::Sign, Form::Base64)
.key(Key::Id(&[Json("/id")]))
.event_type(&[Json("/type")])
.tenant(&[Json("/channelData/tenant/id")])
.facts(MESSAGES)
.not_signed(&["the time of sending"])
.docs("https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook")
.build();

provider! {
    /// Microsoft Teams: outgoing webhooks, which a person's message to the channel triggers.
    TeamsOutgoing = TEAMS_OUTGOING
}
