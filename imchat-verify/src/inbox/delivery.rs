//! What an inbox writes down of a proved request.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;
use time::OffsetDateTime;

use crate::Digest;
use crate::dedup::DedupKey;
use crate::identity::{Identity, Stated, Witness};
use crate::receipt::Receipt;
use crate::scheme::Attempts;

/// A proved delivery, as an inbox writes it down.
///
/// No field holds a secret but the body: a `response_url` or a `trigger_id` stands in many of them.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivery {
    /// The key under which it is handled once.
    pub key: DedupKey,
    /// SHA-256 of the body.
    pub digest: Digest,
    /// The digest of the platform's unsigned delivery id, where the key is the body's own digest.
    pub witness: Option<Digest>,
    /// Whether another body under the same key is a mismatch.
    pub attempts: Attempts,
    /// Whether the platform lets a person send it again, which revives a dead letter.
    pub redelivers: bool,
    /// The scheme's name.
    pub provider: Cow<'static, str>,
    /// The endpoint's name, where it has one.
    pub endpoint: Option<String>,
    /// The name of the kind of delivery, such as `events`.
    pub kind: Cow<'static, str>,
    /// The event's type in the platform's words.
    pub event_type: Option<String>,
    /// The platform's id of the event, where it is no capability.
    pub event_id: Option<String>,
    /// The workspace, team or organisation it belongs to.
    pub tenant: Option<String>,
    /// Deliveries of one lane are worked on one after the other, in the order they were accepted.
    pub lane: Option<String>,
    /// Headers worth keeping, by their names in lower case.
    pub headers: Vec<(String, Bytes)>,
    /// The body that was proved, decrypted where the platform encrypts.
    pub body: Bytes,
    /// When the platform says it sent this.
    pub sent_at: Option<OffsetDateTime>,
    /// When it came.
    pub received_at: OffsetDateTime,
    /// The trace it belongs to, as a W3C `traceparent`.
    pub trace: Option<String>,
}

impl Delivery {
    /// What there is to write down of a proved request that came at this time; nothing where its kind has no key, since
    /// handling it twice changes nothing and handling it late helps nobody.
    #[must_use]
    pub fn of<P>(receipt: &Receipt<P>, received_at: OffsetDateTime) -> Option<Self> {
        Self::identified(receipt, &receipt.identity(), received_at)
    }

    /// As [`of`](Self::of), for a caller that has the receipt's identity already: asking for it scans the body.
    #[must_use]
    pub fn identified<P>(receipt: &Receipt<P>, identity: &Identity<'_>, received_at: OffsetDateTime) -> Option<Self> {
        let key = identity.dedup_key?;
        let facts = identity.facts();
        let text = |stated: &Option<Stated<'_>>| stated.as_ref().map(|text| text.get().clone().into_owned());
        Some(Self {
            key,
            digest: receipt.digest(),
            witness: match identity.witness {
                Witness::DeliveryId(digest) => Some(digest),
                Witness::Nothing | Witness::Body(_) => None,
            },
            attempts: facts.attempt_bodies(),
            redelivers: facts.manual_redelivery().is_some(),
            provider: Cow::Borrowed(receipt.scheme().name()),
            endpoint: receipt.endpoint().map(String::from),
            kind: Cow::Borrowed(facts.name()),
            event_type: text(&identity.event_type),
            event_id: if identity.ids_are_secret() { None } else { text(&identity.event_id) },
            tenant: text(&identity.tenant),
            lane: None,
            headers: Vec::new(),
            body: receipt.body().clone(),
            sent_at: receipt.sent_at(),
            received_at,
            trace: None,
        })
    }

    /// A delivery of your own making, such as one that a poll of the platform's API found.
    #[must_use]
    pub fn new(
        key: DedupKey,
        provider: impl Into<Cow<'static, str>>,
        body: impl Into<Bytes>,
        received_at: OffsetDateTime,
    ) -> Self {
        let body = body.into();
        Self {
            key,
            digest: crate::engine::sha256(&body),
            witness: None,
            attempts: Attempts::MayDiffer,
            redelivers: false,
            provider: provider.into(),
            endpoint: None,
            kind: Cow::Borrowed("events"),
            event_type: None,
            event_id: None,
            tenant: None,
            lane: None,
            headers: Vec::new(),
            body,
            sent_at: None,
            received_at,
            trace: None,
        }
    }
}

impl fmt::Debug for Delivery {
    /// Without the body, which may hold capabilities and what people wrote.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("key", &self.key)
            .field("provider", &self.provider)
            .field("kind", &self.kind)
            .field("event_type", &self.event_type)
            .field("lane", &self.lane)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
