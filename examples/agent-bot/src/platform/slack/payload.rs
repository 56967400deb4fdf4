//! The parts of Slack's payloads that are read. Everything else is skipped, so that new fields do no harm.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// The outer object of the Events API.
#[derive(Deserialize)]
pub(super) struct Envelope {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) team_id: Option<String>,
    pub(super) event: Option<Value>,
    #[serde(default)]
    pub(super) authorizations: Vec<Authorization>,
}

/// For which installation the event was sent.
#[derive(Deserialize, Default)]
pub(super) struct Authorization {
    pub(super) team_id: Option<String>,
    pub(super) user_id: Option<String>,
}

/// `app_mention`, `message`, and what happens to the bot.
#[derive(Deserialize)]
pub(super) struct Event {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) subtype: Option<String>,
    #[serde(default)]
    pub(super) hidden: bool,
    pub(super) bot_id: Option<String>,
    pub(super) user: Option<String>,
    pub(super) channel: Option<String>,
    pub(super) channel_type: Option<String>,
    pub(super) ts: Option<String>,
    pub(super) thread_ts: Option<String>,
    pub(super) text: Option<String>,
    pub(super) edited: Option<IgnoredAny>,
    /// The author's own workspace, which in a shared channel may be another company's.
    pub(super) user_team: Option<String>,
}

/// A click or a form.
#[derive(Deserialize)]
pub(super) struct Interaction {
    pub(super) team: Option<Id>,
    pub(super) user: Option<User>,
    pub(super) channel: Option<Id>,
    pub(super) container: Option<Container>,
    pub(super) message: Option<Message>,
    pub(super) trigger_id: Option<String>,
    pub(super) response_url: Option<String>,
    #[serde(default)]
    pub(super) actions: Vec<Pressed>,
    pub(super) view: Option<View>,
}

#[derive(Deserialize)]
pub(super) struct Id {
    pub(super) id: String,
}

#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) team_id: Option<String>,
}

/// Where the pressed card stands; an ephemeral card has no `message`.
#[derive(Deserialize)]
pub(super) struct Container {
    pub(super) message_ts: Option<String>,
    pub(super) channel_id: Option<String>,
    pub(super) thread_ts: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) ts: Option<String>,
    pub(super) thread_ts: Option<String>,
}

/// One of `actions`.
#[derive(Deserialize)]
pub(super) struct Pressed {
    pub(super) action_id: String,
    pub(super) value: Option<String>,
    pub(super) selected_option: Option<Chosen>,
}

#[derive(Deserialize)]
pub(super) struct Chosen {
    pub(super) value: String,
}

/// A modal that was sent.
#[derive(Deserialize)]
pub(super) struct View {
    #[serde(default)]
    pub(super) callback_id: String,
    #[serde(default)]
    pub(super) private_metadata: String,
    pub(super) state: Option<State>,
}

#[derive(Deserialize)]
pub(super) struct State {
    /// By block and action.
    #[serde(default)]
    pub(super) values: BTreeMap<String, BTreeMap<String, Value>>,
}

/// The fields of a slash command.
#[derive(Default)]
pub(super) struct Command {
    pub(super) command: Option<String>,
    pub(super) team_id: Option<String>,
    pub(super) channel_id: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) text: Option<String>,
    pub(super) response_url: Option<String>,
}

impl Command {
    pub(super) fn of_form(body: &[u8]) -> Self {
        let mut command = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            let field = match name.as_ref() {
                "command" => &mut command.command,
                "team_id" => &mut command.team_id,
                "channel_id" => &mut command.channel_id,
                "user_id" => &mut command.user_id,
                "text" => &mut command.text,
                "response_url" => &mut command.response_url,
                _ => continue,
            };
            *field = Some(value.into_owned());
        }
        command
    }
}

/// One form field; the first of that name.
pub(super) fn field(body: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(body).find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}
