//! The parts of an interaction that are read. Everything else is skipped, so that new fields do no harm.
//!
//! <https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object>.

use serde::Deserialize;
use serde_json::Value;

/// The one command, and its options.
pub(super) const COMMAND: &str = "ask";
pub(super) const QUESTION: &str = "question";
pub(super) const PRIVATE: &str = "private";

/// What stands before the action of a button that opens a form. No verb begins with it.
pub(super) const OPENS: char = '?';

/// What an interaction is.
pub(super) const A_COMMAND: u8 = 2;
pub(super) const A_PRESS: u8 = 3;
pub(super) const AUTOCOMPLETE: u8 = 4;
pub(super) const A_FORM: u8 = 5;

#[derive(Deserialize)]
pub(super) struct Interaction {
    pub(super) id: String,
    pub(super) application_id: String,
    #[serde(rename = "type")]
    pub(super) kind: u8,
    #[serde(default)]
    pub(super) data: Data,
    pub(super) guild_id: Option<String>,
    pub(super) channel_id: Option<String>,
    pub(super) channel: Option<Channel>,
    /// Who acted, in a guild.
    pub(super) member: Option<Member>,
    /// Who acted, elsewhere.
    pub(super) user: Option<User>,
    pub(super) message: Option<Message>,
    pub(super) token: String,
}

/// Of a command, a press or a form.
#[derive(Deserialize, Default)]
pub(super) struct Data {
    #[serde(default)]
    pub(super) name: String,
    /// Of a command: 1 is typed, the others come from menus.
    #[serde(rename = "type")]
    pub(super) kind: Option<u8>,
    #[serde(default)]
    pub(super) options: Vec<Choice>,
    #[serde(default)]
    pub(super) custom_id: String,
    /// What was chosen: ids or texts.
    #[serde(default)]
    pub(super) values: Vec<String>,
    /// Of a form, in rows or under labels.
    #[serde(default)]
    pub(super) components: Vec<Value>,
}

/// An option of a command, as somebody filled it in.
#[derive(Deserialize)]
pub(super) struct Choice {
    pub(super) name: String,
    #[serde(default)]
    pub(super) value: Value,
}

#[derive(Deserialize)]
pub(super) struct Channel {
    #[serde(rename = "type")]
    pub(super) kind: u8,
    pub(super) parent_id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Member {
    pub(super) user: User,
}

#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: String,
    #[serde(default)]
    pub(super) bot: bool,
}

/// The message whose component was pressed.
#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) id: String,
    #[serde(default)]
    pub(super) content: String,
    #[serde(default)]
    pub(super) components: Vec<Value>,
}

impl Data {
    /// Whether it is the command that the bot has.
    pub(super) fn is_ours(&self) -> bool {
        self.name == COMMAND && matches!(self.kind, None | Some(1))
    }

    pub(super) fn option(&self, name: &str) -> Option<&Value> {
        self.options.iter().find(|option| option.name == name).map(|option| &option.value)
    }
}
