//! Stripe's payloads.

use imchat_verify::{AnyProvider, Receipt};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::json;
use crate::payload::{FromProved, Rest};
use crate::rejection::WebhookRejection;

/// A snapshot [event](https://docs.stripe.com/api/events/object) about an object of type `T`.
///
/// A thin event (`v2.core.event`) has no `data`: take those as [`Json`](crate::Json) of a type of your own.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Event<T = Value> {
    /// The event's id; two endpoints get the same one.
    pub id: String,
    /// The event's type, such as `invoice.paid`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it was created, in Unix seconds.
    pub created: i64,
    /// Whether it is about real money.
    pub livemode: bool,
    /// The connected account it is about.
    #[serde(default)]
    pub account: Option<String>,
    /// The API version that the object is rendered in.
    #[serde(default)]
    pub api_version: Option<String>,
    /// The object, and what changed in it.
    pub data: EventObject<T>,
    /// What else it holds.
    #[serde(flatten)]
    pub rest: Rest,
}

/// The object of an event.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct EventObject<T> {
    /// The object as it was when the event was created.
    pub object: T,
    /// The former values of what changed, for `*.updated` events.
    #[serde(default)]
    pub previous_attributes: Option<Map<String, Value>>,
}

impl<T: DeserializeOwned> FromProved for Event<T> {
    fn from_proved(receipt: &Receipt<AnyProvider>) -> Result<Self, WebhookRejection> {
        json::parse(receipt)
    }
}
