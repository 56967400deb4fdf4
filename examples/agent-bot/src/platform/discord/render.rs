//! A message as content and components: `{"content", "components", "allowed_mentions", "flags"}`.
//!
//! What is to be read comes first, and what is to be pressed below it: Discord keeps the two apart. Limits:
//! <https://discord.com/developers/docs/resources/message#create-message> and
//! <https://discord.com/developers/docs/components/reference>.

use serde_json::{Value, json};

use super::markdown::{cost, discord_user, escape, fenced, length, markdown};
use super::payload::OPENS;
use crate::message::{Action, Button, Field, Outbound, Part, Select, Span, Style, Text, split_code};
use crate::platform::pack::{Piece, pack};
use crate::platform::{Limits, Prompt, Rendered, clipped};

const HEADING: usize = 200;
const NAME: usize = 100;
const VALUE: usize = 1000;
const LABEL: usize = 80;
const OPTIONS: usize = 25;
const OPTION: usize = 100;
const PLACEHOLDER: usize = 150;
/// `SUPPRESS_EMBEDS`: what a link leads to is not shown below.
const QUIET: u64 = 1 << 2;
/// People whom one message may ping.
const PINGED: usize = 100;

/// Something to read, or something to press.
enum Chunk {
    /// `close`: what follows stands right below.
    Text {
        text: String,
        close: bool,
        pings: Vec<String>,
    },
    Row(Value),
}

pub(super) fn render(message: &Outbound, limits: &Limits) -> Vec<Rendered> {
    let pieces = message.parts.iter().flat_map(|part| pieces(part, limits)).collect();
    pack(pieces, limits.message, usize::MAX).into_iter().flat_map(|chunks| messages(chunks, limits)).collect()
}

/// One message, and more where there are too many rows.
fn messages(chunks: Vec<Chunk>, limits: &Limits) -> Vec<Rendered> {
    let (mut content, mut pings, mut rows) = (String::new(), Vec::new(), Vec::new());
    let mut close_below = true;
    for chunk in chunks {
        match chunk {
            Chunk::Text { text, close, pings: more } => {
                if !content.is_empty() {
                    content.push_str(if close_below { "\n" } else { "\n\n" });
                }
                content.push_str(&text);
                pings.extend(more);
                close_below = close;
            }
            Chunk::Row(row) => rows.push(row),
        }
    }
    pings.sort_unstable();
    pings.dedup();
    pings.truncate(PINGED);
    let mut groups = rows.chunks(limits.parts);
    let first = said(&content, &pings, groups.next().unwrap_or_default());
    std::iter::once(first).chain(groups.map(|rows| said("", &[], rows))).collect()
}

/// Components are always there, so that an edit takes those of before away.
fn said(content: &str, pings: &[String], rows: &[Value]) -> Rendered {
    let mentions = json!({ "parse": [], "users": pings });
    Rendered { json: json!({ "content": content, "components": rows, "allowed_mentions": mentions, "flags": QUIET }) }
}

fn pieces(part: &Part, limits: &Limits) -> Vec<Piece<Chunk>> {
    let leads = matches!(part, Part::Heading(_));
    let size = |chunk: &Chunk| match chunk {
        // The two characters between paragraphs count as well.
        Chunk::Text { text, .. } => length(text).saturating_add(2),
        Chunk::Row(_) => 0,
    };
    let chunks = chunks(part, limits).into_iter();
    chunks.map(|content| Piece { size: size(&content), content, leads }).collect()
}

fn chunks(part: &Part, limits: &Limits) -> Vec<Chunk> {
    match part {
        Part::Heading(text) if text.trim().is_empty() => Vec::new(),
        Part::Heading(text) => vec![heading(text)],
        Part::Text(text) => text.split(limits.text, &cost).iter().map(|text| read(markdown(text), text)).collect(),
        Part::Fields(fields) => fields_lines(fields),
        Part::Code(code) => {
            let taken = |code: &str| length(&fenced(code));
            split_code(code, limits.text, &taken).iter().map(|code| read(fenced(code), &Text::default())).collect()
        }
        Part::Buttons(buttons) => buttons.chunks(limits.buttons).map(|row| Chunk::Row(buttons_row(row))).collect(),
        Part::Select(select) => vec![Chunk::Row(select_row(select))],
        Part::Note(text) => {
            let line = |span: &Span| cost(span).saturating_add(if *span == Span::Break { SMALL.len() } else { 0 });
            let room = limits.text.saturating_sub(SMALL.len());
            text.split(room, &line).iter().map(note).collect()
        }
    }
}

/// Small print, line by line.
const SMALL: &str = "-# ";

fn note(text: &Text) -> Chunk {
    let lines: Vec<String> = markdown(text).lines().map(|line| format!("{SMALL}{line}")).collect();
    read(lines.join("\n"), text)
}

fn heading(text: &str) -> Chunk {
    let line = clipped(&text.split_whitespace().collect::<Vec<_>>().join(" "), HEADING);
    Chunk::Text { text: format!("### {}", escape(&line)), close: true, pings: Vec::new() }
}

fn read(text: String, of: &Text) -> Chunk {
    Chunk::Text { text, close: false, pings: pinged(of) }
}

fn pinged(text: &Text) -> Vec<String> {
    let user = |span: &Span| match span {
        Span::Mention(person) => discord_user(person).map(str::to_owned),
        _ => None,
    };
    text.spans.iter().filter_map(user).collect()
}

/// A field is a line of its own, and the next follows close.
fn fields_lines(fields: &[Field]) -> Vec<Chunk> {
    let mut lines: Vec<Chunk> = fields.iter().map(field).collect();
    if let Some(Chunk::Text { close, .. }) = lines.last_mut() {
        *close = false;
    }
    lines
}

fn field(field: &Field) -> Chunk {
    let value = field.value.split(VALUE, &cost).into_iter().next().unwrap_or_default();
    let text = format!("**{}:** {}", escape(&clipped(&field.name, NAME)), markdown(&value));
    Chunk::Text { text, close: true, pings: pinged(&value) }
}

fn row(components: &[Value]) -> Value {
    json!({ "type": 1, "components": components })
}

fn buttons_row(buttons: &[Button]) -> Value {
    let buttons: Vec<Value> = buttons.iter().map(|pressed| button(pressed, &pressed.action.code())).collect();
    row(&buttons)
}

/// Discord asks nothing before a press counts.
fn button(button: &Button, custom_id: &str) -> Value {
    let style = match button.style {
        Style::Plain => 2,
        Style::Primary => 3,
        Style::Danger => 4,
    };
    json!({ "type": 2, "style": style, "label": plain(&button.label, LABEL), "custom_id": custom_id })
}

fn select_row(select: &Select) -> Value {
    let fits = |(_, value): &&(String, String)| (1..=OPTION).contains(&value.chars().count());
    let option = |(label, value): &(String, String)| json!({ "label": plain(label, OPTION), "value": value });
    let options: Vec<Value> = select.options.iter().filter(fits).take(OPTIONS).map(option).collect();
    row(&[json!({
        "type": 3,
        "custom_id": select.action.code(),
        "placeholder": plain(&select.label, PLACEHOLDER),
        "options": options,
    })])
}

/// A message whose one button opens a form: a form itself can only be the answer to a press.
pub(super) fn form(action: &Action, prompt: &Prompt) -> Rendered {
    let opens = Button { label: prompt.title.clone(), action: action.clone(), style: Style::Primary, confirm: None };
    let button = button(&opens, &format!("{OPENS}{}", action.code()));
    said(&escape(&clipped(&prompt.label, VALUE)), &[], &[row(&[button])])
}

fn plain(text: &str, limit: usize) -> String {
    // Discord refuses an empty label.
    if text.trim().is_empty() { "…".to_owned() } else { clipped(text, limit) }
}

#[cfg(test)]
mod tests;
