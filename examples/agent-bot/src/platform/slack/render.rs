//! A message as Block Kit: `{"text": fallback, "blocks": […]}`.
//!
//! Paragraphs and code are rich text blocks, in which text is never markup. The fallback, which notifications and screen
//! readers read, is mrkdwn and escaped. Limits: <https://docs.slack.dev/reference/block-kit/blocks>.

use serde_json::{Value, json};

use super::mrkdwn::{cost, elements, escape, mrkdwn};
use crate::message::{Button, Field, Outbound, Part, Select, Style, Text, split_code};
use crate::platform::json::also;
use crate::platform::pack::{Piece, pack};
use crate::platform::{Limits, Rendered, clipped};

const HEADING: usize = 150;
const FIELDS: usize = 10;
const FIELD: usize = 2000;
const LABEL: usize = 75;
const OPTIONS: usize = 100;
/// The documents say 150 in one place and 3000 in another.
const OPTION_VALUE: usize = 150;
const CONFIRM: usize = 300;

/// One block, and what stands for it in the fallback.
type Block = (Value, String);

pub(super) fn render(message: &Outbound, limits: &Limits) -> Vec<Rendered> {
    let pieces = message.parts.iter().flat_map(|part| pieces(part, limits)).collect();
    pack(pieces, limits.message, limits.parts)
        .into_iter()
        .map(|blocks| {
            let (blocks, texts): (Vec<Value>, Vec<String>) = blocks.into_iter().unzip();
            let text = texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n");
            Rendered { json: json!({ "text": text, "blocks": blocks }) }
        })
        .collect()
}

fn pieces(part: &Part, limits: &Limits) -> Vec<Piece<Block>> {
    let leads = matches!(part, Part::Heading(_));
    blocks(part, limits)
        .into_iter()
        // The two characters between paragraphs count as well.
        .map(|block| Piece { size: block.1.chars().count().saturating_add(2), content: block, leads })
        .collect()
}

fn blocks(part: &Part, limits: &Limits) -> Vec<Block> {
    match part {
        Part::Heading(text) if text.trim().is_empty() => Vec::new(),
        Part::Heading(text) => {
            let text = clipped(text, HEADING);
            let block = json!({ "type": "header", "text": { "type": "plain_text", "text": text, "emoji": false } });
            vec![(block, format!("*{}*", escape(&text)))]
        }
        Part::Text(text) => text.split(limits.text, &cost).iter().map(paragraph).collect(),
        Part::Fields(fields) => fields.chunks(FIELDS).map(fields_block).collect(),
        Part::Code(code) => {
            let escaped = |code: &str| escape(code).chars().count().saturating_add(8);
            split_code(code, limits.text, &escaped).iter().map(|code| preformatted(code)).collect()
        }
        Part::Buttons(buttons) => buttons.chunks(limits.buttons).map(buttons_block).collect(),
        Part::Select(select) => vec![select_block(select)],
        Part::Note(text) => text.split(FIELD, &cost).iter().map(note).collect(),
    }
}

fn paragraph(text: &Text) -> Block {
    let section = json!({ "type": "rich_text_section", "elements": elements(text) });
    (json!({ "type": "rich_text", "elements": [section] }), mrkdwn(text))
}

fn preformatted(code: &str) -> Block {
    let elements = json!([{ "type": "text", "text": code }]);
    let block = json!({ "type": "rich_text_preformatted", "elements": elements });
    let fallback = escape(code).replace("```", "\u{2cb}\u{2cb}\u{2cb}");
    (json!({ "type": "rich_text", "elements": [block] }), format!("```\n{fallback}\n```"))
}

fn fields_block(fields: &[Field]) -> Block {
    let shown = |field: &Field| {
        let name = format!("*{}*\n", escape(&clipped(&field.name, LABEL)));
        let room = FIELD.saturating_sub(name.chars().count());
        let value = field.value.split(room, &cost).first().map(mrkdwn).unwrap_or_default();
        format!("{name}{value}")
    };
    let texts: Vec<String> = fields.iter().map(shown).collect();
    let fields: Vec<Value> =
        texts.iter().map(|text| json!({ "type": "mrkdwn", "text": text, "verbatim": true })).collect();
    (json!({ "type": "section", "fields": fields }), texts.join("\n"))
}

fn note(text: &Text) -> Block {
    let text = mrkdwn(text);
    (json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": text, "verbatim": true }] }), text)
}

fn buttons_block(buttons: &[Button]) -> Block {
    let elements: Vec<Value> = buttons.iter().map(button).collect();
    (json!({ "type": "actions", "elements": elements }), String::new())
}

fn button(button: &Button) -> Value {
    let mut json = json!({
        "type": "button",
        "action_id": button.action.code(),
        "text": plain(&button.label, LABEL),
        "value": button.action.id,
    });
    let style = match button.style {
        Style::Plain => None,
        Style::Primary => Some("primary"),
        Style::Danger => Some("danger"),
    };
    if let Some(style) = style {
        json = also(json, [("style", style.into())]);
    }
    if let Some(question) = &button.confirm {
        let confirm = json!({
            "title": plain(&button.label, 100),
            "text": plain(question, CONFIRM),
            "confirm": plain(&button.label, 30),
            "deny": plain("Cancel", 30),
        });
        json = also(json, [("confirm", confirm)]);
    }
    json
}

fn select_block(select: &Select) -> Block {
    let options: Vec<Value> = select
        .options
        .iter()
        .filter(|(_, value)| (1..=OPTION_VALUE).contains(&value.chars().count()))
        .take(OPTIONS)
        .map(|(label, value)| json!({ "text": plain(label, LABEL), "value": value }))
        .collect();
    let element = json!({
        "type": "static_select",
        "action_id": select.action.code(),
        "placeholder": plain(&select.label, LABEL),
        "options": options,
    });
    (json!({ "type": "actions", "elements": [element] }), escape(&clipped(&select.label, LABEL)))
}

fn plain(text: &str, limit: usize) -> Value {
    // Slack refuses an empty label.
    let text = if text.trim().is_empty() { "…".to_owned() } else { clipped(text, limit) };
    json!({ "type": "plain_text", "text": text, "emoji": false })
}

#[cfg(test)]
mod tests;
