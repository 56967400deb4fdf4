//! Discord's payloads.

use imchat_verify::{AnyProvider, Receipt};
use serde::Deserialize;
use serde_json::Value;

use crate::json;
use crate::payload::{Capability, FromProved, Rest};
use crate::rejection::WebhookRejection;

/// An [interaction](https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object): a
/// command, a click, a modal.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct DiscordInteraction {
    /// The interaction's id, a snowflake.
    pub id: String,
    /// The application.
    pub application_id: String,
    /// 2 a command, 3 a component, 4 autocomplete, 5 a modal.
    #[serde(rename = "type")]
    pub kind: u8,
    /// The command or component.
    #[serde(default)]
    pub data: Option<Value>,
    /// The server, outside direct messages.
    #[serde(default)]
    pub guild_id: Option<String>,
    /// The channel.
    #[serde(default)]
    pub channel_id: Option<String>,
    /// Who acted, in a server.
    #[serde(default)]
    pub member: Option<Value>,
    /// Who acted, in a direct message.
    #[serde(default)]
    pub user: Option<Value>,
    /// Answers the interaction for 15 minutes.
    pub token: Capability,
    /// What else it holds.
    #[serde(flatten)]
    pub rest: Rest,
}

impl DiscordInteraction {
    /// The id of the person who acted.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        let member = self.member.as_ref().and_then(|member| member.get("user"));
        member.or(self.user.as_ref())?.get("id")?.as_str()
    }
}

impl FromProved for DiscordInteraction {
    fn from_proved(receipt: &Receipt<AnyProvider>) -> Result<Self, WebhookRejection> {
        json::parse(receipt)
    }
}
