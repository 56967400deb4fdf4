//! Stripe: its list of events.

use std::time::Duration;

use bytes::Bytes;
use imchat_verify::dedup::DedupKey;
use imchat_verify::inbox::Delivery;
use imchat_verify::providers::STRIPE;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Client, Method};
use serde::Deserialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;

use super::api::{self, Api};
use super::{Cursor, Page, ReconcileError, Source, Span};

const ACCOUNT: HeaderName = HeaderName::from_static("stripe-account");

/// The most types that Stripe filters by.
const MOST_TYPES: usize = 20;

/// Stripe's list of events, which goes back 30 days: `GET /v1/events`.
///
/// Each event becomes a delivery under the key that a verified webhook of the same event has, so give it the
/// [`endpoint`](Self::endpoint) that the verifier has. The body is the event's own text from the page.
///
/// What differs from the webhook, none of it in the key:
///
/// - The body's bytes: Stripe may write the same event with other white space. If both come, the second is a duplicate
///   that differs in its body, and the first stands.
/// - The API version: the list has events in the version that the account had when they happened, an endpoint may have
///   one of its own. The event's `api_version` says which one it is; `Stripe-Version` changes nothing.
/// - The list has all types of events, also those that the endpoint is not subscribed to: name yours with
///   [`types`](Self::types).
///
/// Thin events (`v2.core.event`) are not in this list. A duplicate that was found here revives no dead letter, since
/// nobody asked for it; one that a person resends does.
///
/// ```
/// use imchat_inbox::reconcile::{ReconcileError, StripeEvents};
///
/// # fn main() -> Result<(), ReconcileError> {
/// # let _installed = rustls::crypto::ring::default_provider().install_default();
/// let events = StripeEvents::new(reqwest::Client::new(), "rk_test_of_a_key_that_may_read_events")?
///     .endpoint("orders")
///     .types(["invoice.paid", "invoice.payment_failed"]);
/// assert!(!format!("{events:?}").contains("rk_test"));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a source is asked by `Reconcile::poll_once`"]
pub struct StripeEvents {
    api: Api,
    endpoint: Option<String>,
    account: Option<String>,
    types: Vec<String>,
}

impl StripeEvents {
    /// The events that this key may read; a restricted key with read access to events is enough.
    ///
    /// The client brings TLS. Its redirects and proxies count, its timeouts do not: each request has
    /// [`timeout`](Self::timeout).
    ///
    /// # Errors
    ///
    /// [`ReconcileError::Setting`] where the key is empty or cannot stand in a header.
    pub fn new(client: Client, key: &str) -> Result<Self, ReconcileError> {
        let api = Api::new(client, "https://api.stripe.com", key)?;
        Ok(Self { api, endpoint: None, account: None, types: Vec::new() })
    }

    /// Another place than `https://api.stripe.com`; over plain HTTP only on this machine.
    ///
    /// # Errors
    ///
    /// [`ReconcileError::Setting`] where it is no such URL.
    pub fn base_url(mut self, base: &str) -> Result<Self, ReconcileError> {
        self.api.set_base(base)?;
        Ok(self)
    }

    /// How long a page may take, its body included. Default: 30 seconds.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.api.timeout = timeout;
        self
    }

    /// The endpoint's name, as the verifier has it.
    pub fn endpoint(mut self, name: impl Into<String>) -> Self {
        self.endpoint = Some(name.into());
        self
    }

    /// Asks for the events of a connected account (`acct_…`), which is their tenant too: its webhooks say so in
    /// `account`, which an account that reads its own list does not see.
    ///
    /// # Errors
    ///
    /// [`ReconcileError::Setting`] where it cannot stand in a header.
    pub fn account(mut self, account: impl Into<String>) -> Result<Self, ReconcileError> {
        let account = account.into();
        let value = HeaderValue::try_from(&account).map_err(|_| {
            ReconcileError::Setting("the account has characters that no header takes: give an `acct_…`")
        })?;
        self.api.headers.insert(ACCOUNT, value);
        self.account = Some(account);
        Ok(self)
    }

    /// Only events of these types, such as `invoice.paid`; all of them where none is named. Up to 20 Stripe picks out
    /// itself, more are picked out of all.
    pub fn types(mut self, types: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.types = types.into_iter().map(Into::into).collect();
        self
    }

    fn delivery(&self, text: &RawValue, event: &Event, now: OffsetDateTime) -> Result<Delivery, ReconcileError> {
        let tenant = named(&event.account).or(self.account.as_deref()).or_else(|| named(&event.context));
        let key = DedupKey::of_id(&STRIPE, self.endpoint.as_deref(), tenant, &event.id)
            .ok_or(ReconcileError::Page("an event has no id"))?;
        let body = Bytes::copy_from_slice(text.get().as_bytes());
        let mut delivery = Delivery::new(key, STRIPE.name(), body, now);
        delivery.kind = STRIPE.default_facts().name().into();
        delivery.endpoint.clone_from(&self.endpoint);
        delivery.tenant = tenant.map(String::from);
        delivery.event_id = Some(event.id.clone());
        delivery.event_type = Some(event.r#type.clone());
        delivery.sent_at = OffsetDateTime::from_unix_timestamp(event.created).ok();
        Ok(delivery)
    }
}

impl Source for StripeEvents {
    async fn page(&self, span: Span, cursor: Option<&Cursor>) -> Result<Page, ReconcileError> {
        let mut url = self.api.url(["v1", "events"])?;
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("created[gte]", &span.since.unix_timestamp().to_string()).append_pair("limit", "100");
            if let Some(cursor) = cursor {
                query.append_pair("starting_after", cursor.as_str());
            }
            if self.types.len() <= MOST_TYPES {
                query.extend_pairs(self.types.iter().map(|name| ("types[]", name)));
            }
        }
        let body = api::body(self.api.send(Method::GET, url, span.now).await?).await?;
        let list: List<'_> = serde_json::from_slice(&body).map_err(|error| api::unreadable(&error))?;
        let mut deliveries = Vec::with_capacity(list.data.len());
        let mut last = None;
        for text in list.data {
            let event: Event = serde_json::from_str(text.get()).map_err(|error| api::unreadable(&error))?;
            if self.types.is_empty() || self.types.contains(&event.r#type) {
                deliveries.push(self.delivery(text, &event, span.now)?);
            }
            last = Some(Cursor::new(event.id));
        }
        if list.has_more && last.is_none() {
            return Err(ReconcileError::Page("it is empty and yet not the last one"));
        }
        Ok(Page::of(deliveries).and_then(last.filter(|_| list.has_more)))
    }
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
    has_more: bool,
}

#[derive(Deserialize)]
struct Event {
    id: String,
    r#type: String,
    created: i64,
    account: Option<String>,
    context: Option<String>,
}

fn named(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}
