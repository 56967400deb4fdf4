//! What Slack sends when somebody presses a button of a message, or sends a modal: the other half of
//! [`slack_events`](crate::slack_events).
//!
//! The ids that end, a trigger and a response URL, come from [`SlackApi::trigger`](crate::SlackApi::trigger) and
//! [`SlackApi::response_url`](crate::SlackApi::response_url).

use serde_json::{Value, json};

use crate::Request;
use crate::slack_api::Post;
use crate::slack_events::{Workspace, interaction};

/// A press of a button.
#[derive(Debug, Clone, Copy)]
pub struct Pressed<'a> {
    /// Who pressed, `U…`.
    pub user: &'a str,
    /// The message it stands on.
    pub card: &'a Post,
    /// The button's own.
    pub action_id: &'a str,
    /// For opening a modal.
    pub trigger: &'a str,
    /// For answering.
    pub response_url: &'a str,
}

/// The buttons that stand on a message: what is read on each, and its `action_id`.
#[must_use]
pub fn buttons(card: &Post) -> Vec<(String, String)> {
    let blocks = card.blocks.as_array().map(Vec::as_slice).unwrap_or_default();
    let elements = blocks.iter().filter_map(|block| block.get("elements")?.as_array()).flatten();
    let text = |element: &Value, pointer| element.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    elements.filter_map(|element| Some((text(element, "/text/text")?, text(element, "/action_id")?))).collect()
}

/// Somebody pressed a button of a message that the bot posted.
#[must_use]
pub fn press(workspace: &Workspace, pressed: &Pressed<'_>) -> Request {
    let Pressed { user, card, action_id, trigger, response_url } = *pressed;
    let ts = card.ts().unwrap_or_default();
    let mut message = json!({
        "type": "message", "user": workspace.bot_user, "bot_id": workspace.bot, "app_id": workspace.app,
        "team": workspace.team, "ts": ts, "text": card.text, "blocks": card.blocks,
    });
    let mut container =
        json!({ "type": "message", "message_ts": ts, "channel_id": card.channel, "is_ephemeral": false });
    if let Some(thread) = &card.thread_ts {
        for object in [&mut message, &mut container] {
            if let Value::Object(fields) = object {
                fields.insert("thread_ts".to_owned(), thread.as_str().into());
            }
        }
    }
    interaction(&json!({
        "type": "block_actions",
        "team": { "id": workspace.team, "domain": "sim" },
        "user": person(workspace, user),
        "api_app_id": workspace.app,
        "container": container,
        "channel": { "id": card.channel, "name": "sim" },
        "message": message,
        "trigger_id": trigger,
        "response_url": response_url,
        "actions": [{ "type": "button", "block_id": "b", "action_id": action_id, "value": "", "action_ts": "1.2" }],
    }))
}

/// Somebody typed into the one field of a view that the bot opened, and sent it.
#[must_use]
pub fn submit(workspace: &Workspace, user: &str, view: &Value, typed: &str, trigger: &str) -> Request {
    let text = |pointer| view.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (block, action) = (text("/blocks/0/block_id"), text("/blocks/0/element/action_id"));
    interaction(&json!({
        "type": "view_submission",
        "team": { "id": workspace.team, "domain": "sim" },
        "user": person(workspace, user),
        "api_app_id": workspace.app,
        "trigger_id": trigger,
        "view": {
            "id": "V0SIM", "type": "modal", "team_id": workspace.team,
            "callback_id": text("/callback_id"),
            "private_metadata": text("/private_metadata"),
            "state": { "values": { block: { action: { "type": "plain_text_input", "value": typed } } } },
        },
    }))
}

fn person(workspace: &Workspace, user: &str) -> Value {
    json!({ "id": user, "username": user, "team_id": workspace.team })
}
