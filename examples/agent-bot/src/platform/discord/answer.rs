//! What an interaction is answered with in the same breath, within three seconds. Everything else is said later, over the
//! interaction's token.
//!
//! | interaction | answer |
//! |---|---|
//! | `/ask` | 5: the bot is thinking; with `private` only to who asked |
//! | another command | 4: words that only its user sees |
//! | a press or a choice | 6: nothing changes; the card is edited later |
//! | a press of the button that opens a form | 9: the form, which no later answer can open |
//! | what is suggested while somebody types | 8: nothing |
//! | a form, sent from a message | 6; from elsewhere 5, seen by its sender alone |
//!
//! <https://discord.com/developers/docs/interactions/receiving-and-responding#responding-to-an-interaction>.

use serde_json::{Value, json};

use super::EPHEMERAL;
use super::payload::{A_COMMAND, A_FORM, A_PRESS, AUTOCOMPLETE, Interaction, Message, OPENS, PRIVATE};
use crate::message::Action;
use crate::platform::clipped;
use crate::platform::json::{array, text};

/// A form's title and its label.
const TITLE: usize = 45;

/// The answer to a proved interaction that is written down; nothing for a ping, which is answered before, and for what is no
/// interaction. Pure.
#[must_use]
pub fn answer(body: &[u8]) -> Option<Value> {
    let interaction: Interaction = serde_json::from_slice(body).ok()?;
    let data = &interaction.data;
    match interaction.kind {
        A_COMMAND if data.is_ours() => Some(match data.option(PRIVATE) {
            Some(Value::Bool(true)) => json!({ "type": 5, "data": { "flags": EPHEMERAL } }),
            _ => json!({ "type": 5 }),
        }),
        A_COMMAND => Some(json!({
            "type": 4,
            "data": { "flags": EPHEMERAL, "content": "I do not know that command. Try /ask with a question." },
        })),
        A_PRESS => Some(opened(&interaction).unwrap_or(json!({ "type": 6 }))),
        AUTOCOMPLETE => Some(json!({ "type": 8, "data": { "choices": [] } })),
        A_FORM if interaction.message.is_some() => Some(json!({ "type": 6 })),
        A_FORM => Some(json!({ "type": 5, "data": { "flags": EPHEMERAL } })),
        _ => None,
    }
}

/// The form that a press opens: what it asks stands in the message, its title on the button.
fn opened(interaction: &Interaction) -> Option<Value> {
    let custom_id = &interaction.data.custom_id;
    let action = Action::of_code(custom_id.strip_prefix(OPENS)?)?;
    let message = interaction.message.as_ref()?;
    let title = label_of(message, custom_id).unwrap_or("Please type it here");
    // Our own message, whose marks were escaped.
    let asked = message.content.replace('\\', "");
    let asked = if asked.trim().is_empty() { title } else { asked.trim() };
    let input = json!({ "type": 4, "custom_id": "typed", "style": 1, "required": true, "max_length": 200 });
    let label = json!({ "type": 18, "label": clipped(asked, TITLE), "component": input });
    Some(json!({
        "type": 9,
        "data": { "custom_id": action.code(), "title": clipped(title, TITLE), "components": [label] },
    }))
}

/// What stands on a button of the message.
fn label_of<'m>(message: &'m Message, custom_id: &str) -> Option<&'m str> {
    let buttons = message.components.iter().flat_map(|row| array(row, "/components"));
    buttons.filter(|button| text(button, "/custom_id") == Some(custom_id)).find_map(|button| text(button, "/label"))
}

#[cfg(test)]
mod tests {
    use chat_sim::discord_events::{self, Guild, Pressed};

    use super::*;

    fn of(request: &chat_sim::Request) -> Option<Value> {
        answer(&request.body)
    }

    fn press(custom_id: &str, content: &str, label: &str) -> Option<Value> {
        let guild = Guild::archived();
        let pressed = Pressed { custom_id, message: "1174109589340160001", content, label };
        of(&discord_events::press(&guild, "1", "token", "900000000000000004", &pressed))
    }

    #[test]
    fn a_command_is_thought_about_and_a_private_one_in_private() {
        let guild = Guild::archived();
        let asked = |private| discord_events::command(&guild, "1", "token", "2", "hi", private);
        assert_eq!(of(&asked(false)), Some(json!({ "type": 5 })));
        assert_eq!(of(&asked(true)), Some(json!({ "type": 5, "data": { "flags": 64 } })));
    }

    #[test]
    fn an_unknown_command_is_told_so_and_not_kept_waiting() {
        let guild = Guild::archived();
        let mut request = discord_events::command(&guild, "1", "token", "2", "hi", false);
        request.body = String::from_utf8(request.body.to_vec()).expect("text").replace("\"ask\"", "\"other\"").into();
        let answer = of(&request).expect("an answer");
        assert_eq!((&answer["type"], &answer["data"]["flags"]), (&json!(4), &json!(64)));
    }

    #[test]
    fn a_press_changes_nothing_at_once() {
        assert_eq!(press("approve:p-1", "", "Approve"), Some(json!({ "type": 6 })));
        assert_eq!(press("somebody else's", "", ""), Some(json!({ "type": 6 })));
    }

    #[test]
    fn the_button_that_opens_a_form_opens_it() {
        let form = press("?passcode:p-1", "Your pass\\_code", "Enter passcode").expect("a form");
        assert_eq!((&form["type"], &form["data"]["custom_id"]), (&json!(9), &json!("passcode:p-1")));
        assert_eq!(form["data"]["title"], "Enter passcode");
        assert_eq!(form["data"]["components"][0]["label"], "Your pass_code");
        assert_eq!(press("?a b", "", ""), Some(json!({ "type": 6 })));
        let long = press("?passcode:p-1", &"x".repeat(2000), &"y".repeat(80)).expect("a form");
        assert_eq!(long["data"]["title"].as_str().map(|title| title.chars().count()), Some(TITLE));
        assert_eq!(long["data"]["components"][0]["label"].as_str().map(|label| label.chars().count()), Some(TITLE));
    }

    #[test]
    fn a_form_and_a_suggestion_have_their_answers_and_a_ping_has_another() {
        let guild = Guild::archived();
        let form = discord_events::form(&guild, "1", "token", "2", "passcode:p-1", "4711", Some("3"));
        assert_eq!(of(&form), Some(json!({ "type": 6 })));
        let form = discord_events::form(&guild, "1", "token", "2", "passcode:p-1", "4711", None);
        assert_eq!(of(&form), Some(json!({ "type": 5, "data": { "flags": 64 } })));
        let typing = discord_events::autocomplete(&guild, "1", "token", "2");
        assert_eq!(of(&typing), Some(json!({ "type": 8, "data": { "choices": [] } })));
        assert_eq!(of(&discord_events::ping(&guild, "1", "token")), None);
        assert_eq!(answer(b"not json"), None);
    }
}
