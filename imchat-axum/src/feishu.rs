//! Feishu's and Lark's payloads.

use imchat_verify::{AnyProvider, Receipt};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value};

use crate::json;
use crate::payload::{Capability, FromProved, Rest};
use crate::rejection::WebhookRejection;

/// An event, v2 or v1, already decrypted.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct FeishuEvent<E = Value> {
    /// What the event is, in v2.
    #[serde(default)]
    pub header: Option<FeishuHeader>,
    /// The event's id, in v1.
    #[serde(default)]
    pub uuid: Option<String>,
    /// The event itself.
    pub event: E,
    // The verification token of v1: taken out so that nothing shows it.
    #[serde(default, rename = "token")]
    _token: Option<IgnoredAny>,
}

/// The header of a v2 event or callback.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct FeishuHeader {
    /// The event's id, the same on every attempt.
    pub event_id: String,
    /// The event's type, such as `im.message.receive_v1`.
    pub event_type: String,
    /// The tenant.
    #[serde(default)]
    pub tenant_key: Option<String>,
    /// The app.
    #[serde(default)]
    pub app_id: Option<String>,
    /// When it happened: milliseconds (13 digits) or microseconds (16) since 1970.
    #[serde(default)]
    pub create_time: Option<String>,
}

impl<E> FeishuEvent<E> {
    /// The event's id, whatever the version.
    #[must_use]
    pub fn event_id(&self) -> Option<&str> {
        self.header.as_ref().map(|header| header.event_id.as_str()).or(self.uuid.as_deref())
    }
}

impl<E: DeserializeOwned> FromProved for FeishuEvent<E> {
    fn from_proved(receipt: &Receipt<AnyProvider>) -> Result<Self, WebhookRejection> {
        json::parse(receipt)
    }
}

/// A click on a card: the new callback, `card.action.trigger`.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct FeishuCardAction {
    /// What the callback is.
    pub header: FeishuHeader,
    /// The click.
    pub event: CardEvent,
}

/// The click itself.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct CardEvent {
    /// Who clicked.
    pub operator: CardOperator,
    /// Updates the card, twice within 30 minutes.
    #[serde(default)]
    pub token: Option<Capability>,
    /// The element that was used, with its value.
    pub action: CardAction,
    /// The message and chat that the card stands in.
    #[serde(default)]
    pub context: Map<String, Value>,
    /// What else it holds.
    #[serde(flatten)]
    pub rest: Rest,
}

/// Who clicked.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct CardOperator {
    /// The user, for this app.
    pub open_id: String,
    /// The tenant.
    #[serde(default)]
    pub tenant_key: Option<String>,
}

/// The element that was used.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct CardAction {
    /// The element's kind, such as `button`.
    pub tag: String,
    /// The value that the card's author gave it.
    #[serde(default)]
    pub value: Value,
    /// What else it holds.
    #[serde(flatten)]
    pub rest: Rest,
}

impl FromProved for FeishuCardAction {
    fn from_proved(receipt: &Receipt<AnyProvider>) -> Result<Self, WebhookRejection> {
        json::parse(receipt)
    }
}
