//! Slack's payloads: events, slash commands, interactions.

use imchat_verify::{AnyProvider, Receipt};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use crate::json;
use crate::payload::{Capability, FromProved, Rest};
use crate::rejection::WebhookRejection;

/// An event as the [Events API](https://docs.slack.dev/apis/events-api/) wraps it.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct SlackEvent<E = Value> {
    /// The workspace.
    pub team_id: String,
    /// The app that the event is for.
    pub api_app_id: String,
    /// The event itself.
    pub event: E,
    /// The event's id, the same on every attempt.
    pub event_id: String,
    /// When it happened, in Unix seconds.
    pub event_time: i64,
    /// What else the envelope holds.
    #[serde(flatten)]
    pub rest: Rest,
    // The deprecated verification token: taken out so that `rest` does not show it.
    #[serde(default, rename = "token")]
    _token: Option<IgnoredAny>,
}

impl<E: DeserializeOwned> FromProved for SlackEvent<E> {
    fn from_proved(receipt: &Receipt<AnyProvider>) -> Result<Self, WebhookRejection> {
        json::parse(receipt)
    }
}

/// A [slash command](https://docs.slack.dev/interactivity/implementing-slash-commands/).
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct SlackCommand {
    /// The command with its slash.
    pub command: String,
    /// What was typed after it.
    #[serde(default)]
    pub text: String,
    /// The workspace.
    pub team_id: String,
    /// The channel it was typed in.
    pub channel_id: String,
    /// Who typed it.
    pub user_id: String,
    /// The app.
    #[serde(default)]
    pub api_app_id: Option<String>,
    /// Where to answer later: five times within 30 minutes.
    pub response_url: Capability,
    /// Opens a modal, once, within 3 seconds.
    pub trigger_id: Capability,
}

impl FromProved for SlackCommand {
    fn from_proved(receipt: &Receipt<AnyProvider>) -> Result<Self, WebhookRejection> {
        serde_urlencoded::from_bytes(receipt.body()).map_err(|_| WebhookRejection::Payload { line: 0, column: 0 })
    }
}

/// A click, a submitted modal or a shortcut, from the form field `payload`.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct SlackInteraction {
    /// What kind of interaction it is, such as `block_actions` or `view_submission`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Who acted.
    pub user: SlackUser,
    /// The workspace; absent in an organisation-wide installation.
    #[serde(default)]
    pub team: Option<SlackTeam>,
    /// The actions, for `block_actions`.
    #[serde(default)]
    pub actions: Vec<SlackAction>,
    /// The modal or home tab, for view interactions.
    #[serde(default)]
    pub view: Option<Value>,
    /// Where to answer later: five times within 30 minutes.
    #[serde(default)]
    pub response_url: Option<Capability>,
    /// Opens a modal, once, within 3 seconds.
    #[serde(default)]
    pub trigger_id: Option<Capability>,
    /// What else it holds.
    #[serde(flatten)]
    pub rest: Rest,
    // The deprecated verification token: taken out so that `rest` does not show it.
    #[serde(default, rename = "token")]
    _token: Option<IgnoredAny>,
}

impl FromProved for SlackInteraction {
    fn from_proved(receipt: &Receipt<AnyProvider>) -> Result<Self, WebhookRejection> {
        json::parse(receipt)
    }
}

/// Who acted.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct SlackUser {
    /// The user's id; unique within a workspace only.
    pub id: String,
    /// The workspace the user belongs to, where Slack says so.
    #[serde(default)]
    pub team_id: Option<String>,
}

/// A workspace.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct SlackTeam {
    /// Its id.
    pub id: String,
}

/// One action of a `block_actions` interaction.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct SlackAction {
    /// The element that was used.
    pub action_id: String,
    /// The block it stands in.
    #[serde(default)]
    pub block_id: Option<String>,
    /// The value of a button.
    #[serde(default)]
    pub value: Option<String>,
    /// What else it holds.
    #[serde(flatten)]
    pub rest: Rest,
}
