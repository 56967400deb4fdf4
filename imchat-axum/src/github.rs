//! GitHub's payloads.

use imchat_verify::{AnyProvider, Receipt};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::json;
use crate::payload::FromProved;
use crate::rejection::WebhookRejection;

/// A delivery of [GitHub](https://docs.github.com/en/webhooks/webhook-events-and-payloads): JSON, or a form's `payload`.
///
/// GitHub signs the body only: `event` and `delivery` are headers that whoever relayed the request could have changed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct GitHubEvent<T = Value> {
    /// The event's name, such as `push`; not signed.
    pub event: String,
    /// The delivery's id, the same when a person redelivers it; not signed.
    pub delivery: Option<String>,
    /// The payload.
    pub payload: T,
}

impl<T: DeserializeOwned> FromProved for GitHubEvent<T> {
    fn from_proved(receipt: &Receipt<AnyProvider>) -> Result<Self, WebhookRejection> {
        let identity = receipt.identity();
        let event = identity.event_type.ok_or(WebhookRejection::Payload { line: 0, column: 0 })?;
        Ok(Self {
            event: event.into_inner().into_owned(),
            delivery: identity.event_id.map(|id| id.into_inner().into_owned()),
            payload: json::parse(receipt)?,
        })
    }
}
