//! A message as a card of the second form, so that it can be changed later: plain texts cannot.
//!
//! <https://open.feishu.cn/document/feishu-cards/card-json-v2-structure>. A card is at most 30 KB of JSON.

use serde_json::{Value, json};

use super::markdown::{cost, escape, fenced, markdown};
use crate::message::{Action, Button, Field, Outbound, Part, Select, Style, split_code};
use crate::platform::json::also;
use crate::platform::pack::{Piece, pack};
use crate::platform::{Limits, Prompt, Rendered, clipped};

const HEADING: usize = 200;
const LABEL: usize = 100;
const OPTIONS: usize = 100;
const COLUMNS: usize = 2;

/// An element, or the card's header.
enum Element {
    Header(String),
    Body(Value),
}

pub(super) fn render(message: &Outbound, limits: &Limits) -> Vec<Rendered> {
    let pieces = message.parts.iter().flat_map(|part| pieces(part, limits)).collect();
    pack(pieces, limits.message, limits.parts).into_iter().map(|elements| Rendered { json: card(elements) }).collect()
}

/// The first heading is the card's header; the others stand in it.
fn card(elements: Vec<Element>) -> Value {
    let (mut header, mut body) = (None, Vec::new());
    for element in elements {
        match element {
            Element::Header(text) if header.is_none() && body.is_empty() => header = Some(text),
            Element::Header(text) => {
                body.push(json!({ "tag": "markdown", "content": format!("**{}**", escape(&text)) }));
            }
            Element::Body(element) => body.push(element),
        }
    }
    let card = json!({
        "schema": "2.0",
        "config": { "update_multi": true },
        "body": { "elements": body },
    });
    match header {
        Some(title) => also(card, [("header", json!({ "template": "blue", "title": plain(&title, HEADING) }))]),
        None => card,
    }
}

fn pieces(part: &Part, limits: &Limits) -> Vec<Piece<Element>> {
    if let Part::Heading(text) = part {
        if text.trim().is_empty() {
            return Vec::new();
        }
        let text = clipped(text, HEADING);
        return vec![Piece { size: escape(&text).len(), content: Element::Header(text), leads: true }];
    }
    let piece =
        |element: Value| Piece { size: element.to_string().len(), content: Element::Body(element), leads: false };
    elements(part, limits).into_iter().map(piece).collect()
}

fn elements(part: &Part, limits: &Limits) -> Vec<Value> {
    let written = |content: String| json!({ "tag": "markdown", "content": content });
    match part {
        Part::Heading(_) => Vec::new(),
        Part::Text(text) => text.split(limits.text, &cost).iter().map(|text| written(markdown(text))).collect(),
        Part::Fields(fields) => fields.chunks(COLUMNS).map(|fields| columns(fields.iter().map(field))).collect(),
        Part::Code(code) => {
            let taken = |code: &str| json!(fenced(code)).to_string().len();
            split_code(code, limits.text, &taken).iter().map(|code| written(fenced(code))).collect()
        }
        Part::Buttons(buttons) => buttons.chunks(limits.buttons).map(|row| columns(row.iter().map(button))).collect(),
        Part::Select(select) => vec![select_static(select)],
        Part::Note(text) => {
            let small = |text| also(written(markdown(text)), [("text_size", "notation".into())]);
            text.split(limits.text, &cost).iter().map(small).collect()
        }
    }
}

fn columns(elements: impl Iterator<Item = Value>) -> Value {
    let columns: Vec<Value> = elements.map(|element| json!({ "tag": "column", "elements": [element] })).collect();
    json!({ "tag": "column_set", "columns": columns })
}

fn field(field: &Field) -> Value {
    let value = field.value.split(2000, &cost).first().map(markdown).unwrap_or_default();
    json!({ "tag": "markdown", "content": format!("**{}**\n{value}", escape(&clipped(&field.name, LABEL))) })
}

fn button(button: &Button) -> Value {
    let style = match button.style {
        Style::Plain => "default",
        Style::Primary => "primary",
        Style::Danger => "danger",
    };
    let json = json!({
        "tag": "button",
        "type": style,
        "text": plain(&button.label, LABEL),
        "behaviors": [{ "type": "callback", "value": value(&button.action) }],
    });
    match &button.confirm {
        Some(question) => {
            let confirm = json!({ "title": plain(&button.label, LABEL), "text": plain(question, 300) });
            also(json, [("confirm", confirm)])
        }
        None => json,
    }
}

fn select_static(select: &Select) -> Value {
    let option = |(label, value): &(String, String)| json!({ "text": plain(label, LABEL), "value": value });
    let options: Vec<Value> = select.options.iter().take(OPTIONS).map(option).collect();
    json!({
        "tag": "select_static",
        "placeholder": plain(&select.label, LABEL),
        "options": options,
        "behaviors": [{ "type": "callback", "value": value(&select.action) }],
    })
}

/// A card that asks for one line.
pub(super) fn form(action: &Action, prompt: &Prompt) -> Rendered {
    let input = json!({ "tag": "input", "name": "typed", "input_type": "password", "max_length": 200, "label": plain(&prompt.label, LABEL) });
    let send = json!({
        "tag": "button",
        "name": "send",
        "type": "primary",
        "form_action_type": "submit",
        "text": plain(&prompt.submit, LABEL),
        "behaviors": [{ "type": "callback", "value": value(action) }],
    });
    let form = json!({ "tag": "form", "name": "ask", "elements": [input, send] });
    Rendered { json: card(vec![Element::Header(prompt.title.clone()), Element::Body(form)]) }
}

/// What a press brings back.
fn value(action: &Action) -> Value {
    json!({ "action": action.verb, "request_id": action.id })
}

fn plain(text: &str, limit: usize) -> Value {
    json!({ "tag": "plain_text", "content": clipped(text, limit) })
}

#[cfg(test)]
mod tests;
