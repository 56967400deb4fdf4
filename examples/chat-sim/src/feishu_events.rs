//! What Feishu sends to a bot: bodies of schema 2.0, plain or encrypted, and the URL check.
//!
//! Nothing here is signed; [`Sender`](crate::Sender) does that, with [`sign::feishu`](crate::sign::feishu).

use imchat_verify::providers::feishu_seal;
use serde_json::{Value, json};

use crate::Request;

const JSON: &str = "application/json;charset=utf-8";

/// One app in one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// `cli_…`.
    pub app_id: String,
    /// The tenant's key.
    pub tenant: String,
    /// The verification token that every body carries.
    pub token: String,
    /// The bot's own open id, `ou_…`.
    pub bot: String,
}

impl App {
    /// The app of the archived requests (`tests/payloads/feishu`).
    #[must_use]
    pub fn archived() -> Self {
        Self {
            app_id: "cli_a0000000imchat01".to_owned(),
            tenant: "tenant0imchat001".to_owned(),
            token: "imchat-test-feishu-verification-token".to_owned(),
            bot: "ou_55b56614487e7ffd7b4504cb3f1a5e44".to_owned(),
        }
    }
}

/// The request that proves an endpoint: the reply must carry `challenge`. It comes unsigned.
#[must_use]
pub fn url_verification(app: &App, challenge: &str) -> Request {
    let body = json!({ "challenge": challenge, "token": app.token, "type": "url_verification" });
    Request::post("/feishu/events", JSON, body.to_string())
}

/// Somebody wrote `text` to the bot: in a group with a mention of it, or in a conversation of their own.
#[must_use]
pub fn message(
    app: &App,
    event_id: &str,
    message_id: &str,
    chat: &str,
    user: &str,
    group: bool,
    text: &str,
) -> Request {
    let mention = json!([{
        "id": { "open_id": app.bot, "union_id": "on_bot", "user_id": "" },
        "key": "@_user_1",
        "name": "Ops Bot",
        "tenant_key": app.tenant,
    }]);
    let said = if group { format!("@_user_1 {text}") } else { text.to_owned() };
    let event = json!({
        "sender": {
            "sender_id": { "open_id": user, "union_id": "on_user", "user_id": "u1" },
            "sender_type": "user",
            "tenant_key": app.tenant,
        },
        "message": {
            "message_id": message_id,
            "chat_id": chat,
            "chat_type": if group { "group" } else { "p2p" },
            "message_type": "text",
            "content": json!({ "text": said }).to_string(),
            "create_time": "1700000000000",
            "update_time": "1700000000000",
            "mentions": if group { mention } else { json!([]) },
        },
    });
    event_of(app, "/feishu/events", "im.message.receive_v1", event_id, &event)
}

/// Somebody pressed a button of a card; `value` is the button's own.
#[must_use]
pub fn card_action(app: &App, event_id: &str, card: &str, chat: &str, user: &str, value: &Value) -> Request {
    let event = json!({
        "operator": { "tenant_key": app.tenant, "open_id": user, "union_id": "on_user", "user_id": "u1" },
        "token": "c-000000000000000000000000000000000000",
        "action": { "tag": "button", "value": value },
        "host": "im_message",
        "context": { "open_message_id": card, "open_chat_id": chat },
    });
    event_of(app, "/feishu/cards", "card.action.trigger", event_id, &event)
}

/// Any event of schema 2.0.
#[must_use]
pub fn event_of(app: &App, target: &str, event_type: &str, event_id: &str, event: &Value) -> Request {
    let body = json!({
        "schema": "2.0",
        "header": {
            "event_id": event_id,
            "token": app.token,
            "create_time": "1700000000000",
            "event_type": event_type,
            "tenant_key": app.tenant,
            "app_id": app.app_id,
        },
        "event": event,
    });
    Request::post(target, JSON, body.to_string())
}

/// The same request as an app with an encrypt key gets it. `iv` is 16 bytes that no other body was encrypted with.
#[must_use]
pub fn encrypted(request: &Request, encrypt_key: &str, iv: [u8; 16]) -> Request {
    Request { body: feishu_seal(encrypt_key.as_bytes(), &request.body, iv).into(), ..request.clone() }
}
