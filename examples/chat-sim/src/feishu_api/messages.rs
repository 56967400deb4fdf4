//! Sending, replying and changing.

use std::time::Duration;

use serde_json::{Value, json};

use super::calls::{Refusal, State};
use super::record::{Message, Receiver};

/// Bytes of a card, of a text.
const MAX_CARD: usize = 30 * 1024;
const MAX_TEXT: usize = 150 * 1024;
const MAX_UUID: usize = 50;
const A_SECOND: Duration = Duration::from_secs(1);
const PER_SECOND: usize = 5;
const CHANGEABLE: Duration = Duration::from_secs(14 * 24 * 3600);

/// Feishu's codes.
const BAD_ARGUMENT: u64 = 230_001;
const NOT_IN_CHAT: u64 = 230_002;
const NO_SUCH_USER: u64 = 230_013;
const GONE: u64 = 230_011;
const TOO_OFTEN: u64 = 230_020;
const TOO_LONG: u64 = 230_025;
const TOO_OLD: u64 = 230_031;
const BAD_CARD: u64 = 230_099;

impl State {
    pub(super) fn send(&self, kind: Option<&str>, body: &[u8]) -> Result<Value, Refusal> {
        let json: Value = serde_json::from_slice(body).map_err(|_| Refusal::Code(BAD_ARGUMENT))?;
        let id = json.get("receive_id").and_then(Value::as_str).ok_or(Refusal::Code(BAD_ARGUMENT))?;
        let receiver = match kind {
            Some("chat_id") if self.settings.chats.contains(id) => Receiver::Chat(id.to_owned()),
            Some("chat_id") => return Err(Refusal::Code(NOT_IN_CHAT)),
            Some("open_id") if self.settings.users.contains_key(id) => Receiver::Person(id.to_owned()),
            Some("open_id") => return Err(Refusal::Code(NO_SUCH_USER)),
            _ => return Err(Refusal::Code(BAD_ARGUMENT)),
        };
        self.say(receiver, body)
    }

    pub(super) fn say(&self, receiver: Receiver, body: &[u8]) -> Result<Value, Refusal> {
        let json: Value = serde_json::from_slice(body).map_err(|_| Refusal::Code(BAD_ARGUMENT))?;
        let text = |name: &str| json.get(name).and_then(Value::as_str);
        let (Some(msg_type), Some(content)) = (text("msg_type"), text("content")) else {
            return Err(Refusal::Code(BAD_ARGUMENT));
        };
        let uuid = text("uuid").map(str::to_owned);
        if uuid.as_ref().is_some_and(|uuid| uuid.len() > MAX_UUID) {
            return Err(Refusal::Code(BAD_ARGUMENT));
        }
        let now = self.settings.clock.now();
        if self.record.within(A_SECOND, &receiver, now) >= PER_SECOND {
            return Err(Refusal::Code(TOO_OFTEN));
        }
        let content = checked(msg_type, content)?;
        let message =
            Message { id: String::new(), receiver, msg_type: msg_type.to_owned(), content, uuid, edits: 0, at: now };
        Ok(json!({ "message_id": self.record.accept(message), "msg_type": msg_type }))
    }

    pub(super) fn change(&self, id: &str, body: &[u8]) -> Result<Value, Refusal> {
        let json: Value = serde_json::from_slice(body).map_err(|_| Refusal::Code(BAD_ARGUMENT))?;
        let content = json.get("content").and_then(Value::as_str).ok_or(Refusal::Code(BAD_ARGUMENT))?;
        let message = self.record.find(id).ok_or(Refusal::Code(GONE))?;
        let shared = message.content.pointer("/config/update_multi").and_then(Value::as_bool).unwrap_or(false);
        if message.msg_type != "interactive" || !shared {
            return Err(Refusal::Code(BAD_ARGUMENT));
        }
        if self.settings.clock.now().saturating_sub(message.at) > CHANGEABLE {
            return Err(Refusal::Code(TOO_OLD));
        }
        self.record.change(id, checked("interactive", content)?);
        Ok(json!({}))
    }
}

/// The content, which is a string of JSON within its type's size.
fn checked(msg_type: &str, content: &str) -> Result<Value, Refusal> {
    let limit = if msg_type == "text" { MAX_TEXT } else { MAX_CARD };
    if content.len() > limit {
        return Err(Refusal::Code(TOO_LONG));
    }
    let json: Value = serde_json::from_str(content).map_err(|_| Refusal::Code(BAD_ARGUMENT))?;
    if msg_type == "interactive" {
        card(&json)?;
    }
    Ok(json)
}

/// A card of the second form has elements, and none of the first form's.
fn card(json: &Value) -> Result<(), Refusal> {
    if json.get("schema").and_then(Value::as_str) != Some("2.0") {
        return Ok(());
    }
    let elements = json.pointer("/body/elements").and_then(Value::as_array).ok_or(Refusal::Code(BAD_CARD))?;
    let old = |element: &Value| matches!(element.get("tag").and_then(Value::as_str), Some("action" | "note") | None);
    if elements.len() > 200 || elements.iter().any(old) { Err(Refusal::Code(BAD_CARD)) } else { Ok(()) }
}
