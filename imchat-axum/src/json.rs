//! JSON of a proved delivery.

use imchat_verify::{AnyProvider, Receipt};
use serde::de::DeserializeOwned;

use crate::payload::FromProved;
use crate::rejection::WebhookRejection;

/// The payload as a type of your own.
///
/// The content type is not signed, so it is ignored: a body that is a form is read from its field `payload`, as GitHub
/// and Slack send it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromProved for Json<T> {
    fn from_proved(receipt: &Receipt<AnyProvider>) -> Result<Self, WebhookRejection> {
        parse(receipt).map(Self)
    }
}

pub(crate) fn parse<T: DeserializeOwned>(receipt: &Receipt<AnyProvider>) -> Result<T, WebhookRejection> {
    let parsed = match receipt.form_field("payload") {
        Some(text) => serde_json::from_str(&text),
        None => serde_json::from_slice(receipt.body()),
    };
    parsed.map_err(|error| WebhookRejection::Payload { line: error.line(), column: error.column() })
}
