//! The one modal: a typed passcode.
//!
//! <https://docs.slack.dev/surfaces/modals>.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::message::Action;
use crate::platform::{Click, Prompt, clipped};

/// The id of the modal's one block, by which an error of it is shown.
pub const FIELD: &str = "typed";

/// Where the answer to a modal belongs: a sent modal names no channel. It rides in `private_metadata`, which Slack signs
/// with the rest, and which people can see, so it holds nothing but ids.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Memo {
    pub(super) channel: String,
    pub(super) thread: Option<String>,
    pub(super) card: Option<String>,
}

impl Memo {
    pub(super) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// The view that asks; `action` comes back with what was typed.
pub(super) fn view(click: &Click, action: &Action, prompt: &Prompt) -> Value {
    let memo =
        Memo { channel: click.place.channel.clone(), thread: click.place.thread.clone(), card: click.card.clone() };
    let plain = |text: &str, limit| json!({ "type": "plain_text", "text": clipped(text, limit), "emoji": false });
    json!({
        "type": "modal",
        "callback_id": action.code(),
        "private_metadata": json!(memo).to_string(),
        "title": plain(&prompt.title, 24),
        "submit": plain(&prompt.submit, 24),
        "close": plain("Cancel", 24),
        "blocks": [{
            "type": "input",
            "block_id": FIELD,
            "label": plain(&prompt.label, 2000),
            "element": { "type": "plain_text_input", "action_id": "typed", "max_length": 200 },
        }],
    })
}
