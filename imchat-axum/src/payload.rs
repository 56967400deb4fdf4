//! Payloads read from what was proved, and nothing else.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;
use imchat_verify::{AnyProvider, Receipt};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::rejection::WebhookRejection;

/// Something that can be read from a proved delivery.
pub trait FromProved: Sized {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// [`WebhookRejection::Payload`] where the delivery has another shape.
    fn from_proved(receipt: &Receipt<AnyProvider>) -> Result<Self, WebhookRejection>;
}

impl FromProved for Bytes {
    fn from_proved(receipt: &Receipt<AnyProvider>) -> Result<Self, WebhookRejection> {
        Ok(receipt.body().clone())
    }
}

/// Text that lets its holder act: a response URL, a trigger id, a token. Shown only by [`expose`](Self::expose).
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Capability(String);

impl Capability {
    /// The text itself; keep it out of logs.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Capability(redacted)")
    }
}

/// The members of a payload that its envelope does not name.
///
/// Platforms add members that let their holder act (a modal's response URLs, a function's token), so `Debug` shows the
/// names only.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Rest(Map<String, Value>);

impl Rest {
    /// The members themselves.
    #[must_use]
    pub fn into_inner(self) -> Map<String, Value> {
        self.0
    }
}

impl Deref for Rest {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Map<String, Value> {
        &self.0
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
