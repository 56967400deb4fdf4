//! Feishu's payloads, opened, become something to do, or a reason not to. Pure: bytes in, a value out.
//!
//! Asked are: a text or a post in the bot's own conversation with somebody, or in a group where it mentions the bot.
//! Presses, choices and sent forms of the new card callback are clicks. Ignored, with a word for the log:
//!
//! 1. what no person said: otherwise two bots would talk for ever;
//! 2. what is sent for another app;
//! 3. messages in groups that do not mention the bot, and messages without a text;
//! 4. events of other kinds.

mod old;

use serde::Deserialize;
use serde_json::Value;

use super::Own;
use crate::message::Action;
use crate::platform::json::text;
use crate::platform::{Click, DecodeError, Decoded, Inbound, Lifecycle};
use crate::who::{Person, Place, PlatformName};

#[derive(Deserialize)]
struct Envelope {
    header: Option<Header>,
    event: Option<Value>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    event_type: String,
    tenant_key: Option<String>,
    app_id: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    message_id: String,
    root_id: Option<String>,
    chat_id: String,
    chat_type: String,
    message_type: String,
    content: String,
    #[serde(default)]
    mentions: Vec<Mention>,
}

#[derive(Deserialize)]
struct Mention {
    key: String,
    name: Option<String>,
    #[serde(default)]
    id: Ids,
}

#[derive(Deserialize, Default)]
struct Ids {
    open_id: Option<String>,
    user_id: Option<String>,
}

/// What an opened payload of Feishu's asks for, of the kind that [`FEISHU`](imchat_verify::providers::FEISHU) found:
/// `messages`, `events` or `cards`. Pure; for where no client is at hand.
///
/// # Errors
/// [`DecodeError`].
pub fn decoded(kind: &str, body: &[u8], own: &Own) -> Result<Decoded, DecodeError> {
    if !matches!(kind, "events" | "messages" | "cards") {
        return Err(DecodeError::Kind);
    }
    let envelope: Envelope = serde_json::from_slice(body).map_err(|_| DecodeError::Shape)?;
    let Some(header) = envelope.header else {
        return old::decode(envelope.kind.as_deref(), envelope.event.as_ref(), own);
    };
    if header.app_id.is_some() && own.app.is_some() && header.app_id != own.app {
        return Ok(Decoded::Ignored("for another app"));
    }
    let event = envelope.event.ok_or(DecodeError::Missing("event"))?;
    let tenant = header.tenant_key.ok_or(DecodeError::Missing("header.tenant_key"));
    match header.event_type.as_str() {
        "im.message.receive_v1" => message(&event, tenant?, own),
        "card.action.trigger" => pressed(&event, tenant?),
        "im.chat.member.bot.added_v1" => Ok(Decoded::Lifecycle(Lifecycle::Joined)),
        "im.chat.member.bot.deleted_v1" | "im.chat.disbanded_v1" => Ok(Decoded::Lifecycle(Lifecycle::Left)),
        _ => Ok(Decoded::Ignored("event of another kind")),
    }
}

fn message(event: &Value, tenant: String, own: &Own) -> Result<Decoded, DecodeError> {
    let sender = text(event, "/sender/sender_type").ok_or(DecodeError::Missing("event.sender.sender_type"))?;
    let user = text(event, "/sender/sender_id/open_id");
    if sender != "user" || (user.is_some() && user == own.bot.as_deref()) {
        return Ok(Decoded::Ignored("said by a bot"));
    }
    let user = user.ok_or(DecodeError::Missing("event.sender.sender_id.open_id"))?;
    let home = text(event, "/sender/tenant_key").filter(|key| !key.is_empty()).unwrap_or(&tenant);
    let person = Person { platform: PlatformName::Feishu, tenant: home.to_owned(), user: user.to_owned() };
    let message = event.get("message").ok_or(DecodeError::Missing("event.message"))?;
    let message: Message = Message::deserialize(message).map_err(|_| DecodeError::Shape)?;
    let group = message.chat_type != "p2p";
    if group && !message.mentions.iter().any(|mention| is_us(mention, own)) {
        return Ok(Decoded::Ignored("message to a group"));
    }
    let content: Value = serde_json::from_str(&message.content).map_err(|_| DecodeError::Shape)?;
    let said = match message.message_type.as_str() {
        "text" => text(&content, "/text").map(str::to_owned),
        "post" => Some(post(&content)),
        _ => return Ok(Decoded::Ignored("message without a text")),
    };
    let said = said.ok_or(DecodeError::Missing("event.message.content"))?;
    let said = spoken(&said, &message.mentions, own);
    let root = message.root_id.filter(|root| !root.is_empty());
    Ok(Decoded::Message(Inbound {
        person,
        place: Place {
            platform: PlatformName::Feishu,
            tenant,
            channel: message.chat_id,
            thread: root.or_else(|| group.then(|| message.message_id.clone())),
        },
        text: said,
        message: Some(message.message_id),
        reply: None,
    }))
}

/// Where the bot's own id is not known, whoever has no user id is a bot; everybody together is nobody.
fn is_us(mention: &Mention, own: &Own) -> bool {
    match (&own.bot, &mention.id.open_id) {
        (_, None) => false,
        (Some(bot), Some(id)) => bot == id,
        (None, Some(_)) => mention.key != "@_all" && mention.id.user_id.as_deref().unwrap_or_default().is_empty(),
    }
}

/// Placeholders become names, and the mention of the bot at the start goes.
fn spoken(text: &str, mentions: &[Mention], own: &Own) -> String {
    let mut said = text.trim().to_owned();
    for mention in mentions.iter().filter(|mention| is_us(mention, own)) {
        if let Some(rest) = said.strip_prefix(&mention.key) {
            said = rest.trim_start().to_owned();
        }
    }
    // `@_user_1` is the start of `@_user_10`: the longer ones first.
    let mut others: Vec<&Mention> = mentions.iter().collect();
    others.sort_by_key(|mention| std::cmp::Reverse(mention.key.len()));
    for mention in others {
        said = said.replace(&mention.key, &format!("@{}", mention.name.as_deref().unwrap_or("somebody")));
    }
    said
}

/// The text of a post, line by line: its title, its words, the addresses of its links.
fn post(content: &Value) -> String {
    let mut lines: Vec<String> =
        text(content, "/title").filter(|title| !title.is_empty()).map(str::to_owned).into_iter().collect();
    for line in content.get("content").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default() {
        let elements = line.as_array().map(Vec::as_slice).unwrap_or_default();
        lines.push(elements.iter().map(element).collect());
    }
    lines.join("\n")
}

fn element(element: &Value) -> String {
    let said = |name: &str| element.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    match text(element, "/tag") {
        Some("text" | "code_block") => said("text"),
        Some("a") => format!("{} ({})", said("text"), said("href")),
        // The key of one of the mentions, which are put in later.
        Some("at") => said("user_id"),
        _ => String::new(),
    }
}

fn pressed(event: &Value, tenant: String) -> Result<Decoded, DecodeError> {
    let user = text(event, "/operator/open_id").ok_or(DecodeError::Missing("event.operator.open_id"))?;
    let home = text(event, "/operator/tenant_key").filter(|key| !key.is_empty()).unwrap_or(&tenant);
    let person = Person { platform: PlatformName::Feishu, tenant: home.to_owned(), user: user.to_owned() };
    let channel =
        text(event, "/context/open_chat_id").ok_or(DecodeError::Missing("event.context.open_chat_id"))?.to_owned();
    let card = text(event, "/context/open_message_id").ok_or(DecodeError::Missing("event.context.open_message_id"))?;
    let pressed = event.get("action").ok_or(DecodeError::Missing("event.action"))?;
    let (verb, id) = (text(pressed, "/value/action"), text(pressed, "/value/request_id"));
    let Some(action) = verb.zip(id).and_then(|(verb, id)| Action::new(verb, id)) else {
        return Ok(Decoded::Ignored("not one of our buttons"));
    };
    let typed =
        pressed.get("form_value").and_then(Value::as_object).and_then(|form| form.values().find_map(Value::as_str));
    let chosen = text(pressed, "/option").filter(|option| !option.is_empty());
    Ok(Decoded::Click(Click {
        person,
        place: Place { platform: PlatformName::Feishu, tenant, channel, thread: None },
        action,
        value: typed.or(chosen).map(str::to_owned),
        card: Some(card.to_owned()),
        trigger: None,
        reply: None,
    }))
}

#[cfg(test)]
mod tests;
