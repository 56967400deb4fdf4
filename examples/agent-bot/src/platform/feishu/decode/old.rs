//! Events of the first form, without a header: apps that subscribed to them long ago still get them.
//!
//! <https://open.feishu.cn/document/ukTMukTMukTM/uUTNz4SN1MjL1UzM>.

use serde_json::Value;

use super::Own;
use crate::platform::json::text;
use crate::platform::{DecodeError, Decoded, Inbound, Lifecycle};
use crate::who::{Person, Place, PlatformName};

pub(super) fn decode(kind: Option<&str>, event: Option<&Value>, own: &Own) -> Result<Decoded, DecodeError> {
    match kind {
        Some("event_callback") => {}
        Some("url_verification") => return Ok(Decoded::Ignored("handshake")),
        _ => return Err(DecodeError::Missing("header")),
    }
    let event = event.ok_or(DecodeError::Missing("event"))?;
    if own.app.is_some() && text(event, "/app_id").is_some_and(|app| own.app.as_deref() != Some(app)) {
        return Ok(Decoded::Ignored("for another app"));
    }
    match text(event, "/type").ok_or(DecodeError::Missing("event.type"))? {
        "message" => message(event, own),
        "add_bot" => Ok(Decoded::Lifecycle(Lifecycle::Joined)),
        "remove_bot" => Ok(Decoded::Lifecycle(Lifecycle::Left)),
        "app_uninstalled" => Ok(Decoded::Lifecycle(Lifecycle::Revoked)),
        _ => Ok(Decoded::Ignored("event of another kind")),
    }
}

fn message(event: &Value, own: &Own) -> Result<Decoded, DecodeError> {
    let field = |pointer, name| text(event, pointer).map(str::to_owned).ok_or(DecodeError::Missing(name));
    let user = field("/open_id", "event.open_id")?;
    if own.bot.as_ref() == Some(&user) {
        return Ok(Decoded::Ignored("said by a bot"));
    }
    let private = text(event, "/chat_type") == Some("private");
    let mentioned = event.get("is_mention").and_then(Value::as_bool).unwrap_or(false);
    if !private && !mentioned {
        return Ok(Decoded::Ignored("message to a group"));
    }
    if text(event, "/msg_type") != Some("text") {
        return Ok(Decoded::Ignored("message without a text"));
    }
    let tenant = field("/tenant_key", "event.tenant_key")?;
    let id = field("/open_message_id", "event.open_message_id")?;
    let root = text(event, "/root_id").filter(|root| !root.is_empty()).map(str::to_owned);
    Ok(Decoded::Message(Inbound {
        person: Person { platform: PlatformName::Feishu, tenant: tenant.clone(), user },
        place: Place {
            platform: PlatformName::Feishu,
            tenant,
            channel: field("/open_chat_id", "event.open_chat_id")?,
            thread: root.or_else(|| (!private).then(|| id.clone())),
        },
        text: field("/text_without_at_bot", "event.text_without_at_bot")?.trim().to_owned(),
        message: Some(id),
        reply: None,
    }))
}
