//! Shopify: webhooks of shops, and its newer Events.

use core::time::Duration;

use crate::provider;
use crate::scheme::Source::Header;
use crate::scheme::{Facts, Hash, Key, Scheme, SchemeBuilder, Signature};

/// Eight times in four hours; a subscription that fails as often is removed.
const EVENTS: Facts =
    Facts::new("events").ack_within(Duration::from_secs(5)).retries_within(Duration::from_secs(4 * 3600));

const fn shopify(name: &'static str, header: &'static str) -> SchemeBuilder {
    // Shops share one secret, and nothing but the body is signed.
    Scheme::hmac(name, Hash::Sha256, Signature::base64(header))
        .key(Key::BodyDigest)
        .facts(EVENTS)
        .docs("https://shopify.dev/docs/apps/build/webhooks/subscribe/https")
}

/// Shopify signs the body with the app's client secret. For an hour after it is changed either may sign.
pub const SHOPIFY: Scheme = shopify("shopify", "x-shopify-hmac-sha256")
    .event_id(&[Header("x-shopify-webhook-id")])
    .event_type(&[Header("x-shopify-topic")])
    .tenant(&[Header("x-shopify-shop-domain")])
    .not_signed(&["X-Shopify-Topic", "X-Shopify-Shop-Domain", "X-Shopify-Webhook-Id", "the time of sending"])
    .build();

/// Shopify's Events sign alike, under header names of their own.
pub const SHOPIFY_EVENTS: Scheme = shopify("shopify-events", "shopify-hmac-sha256")
    .event_id(&[Header("shopify-event-id")])
    .event_type(&[Header("shopify-topic")])
    .tenant(&[Header("shopify-shop-domain")])
    .not_signed(&["Shopify-Topic", "Shopify-Shop-Domain", "Shopify-Event-Id", "the time of sending"])
    .build();

provider! {
    /// Shopify: webhooks of shops.
    Shopify = SHOPIFY
}
provider! {
    /// Shopify's Events, which come under `Shopify-…` headers.
    ShopifyEvents = SHOPIFY_EVENTS
}
