//! Standard Webhooks, and the services that speak it under names of their own.

use core::time::Duration;

use crate::provider;
use crate::scheme::Source::{Header, Json};
use crate::scheme::{Facts, Hash, Key, Part, Scheme, SchemeBuilder, Signature, Unit};
use crate::secrets::{Form, Role};
use crate::window::Window;

const fn minutes(count: u64) -> Duration {
    Duration::from_mins(count)
}

/// The specification's own ladder; services differ, none is longer.
const EVENTS: Facts = Facts::new("events")
    .ack_within(Duration::from_secs(15))
    .retries(&[
        Duration::from_secs(5),
        minutes(5),
        minutes(30),
        minutes(2 * 60),
        minutes(5 * 60),
        minutes(10 * 60),
        minutes(14 * 60),
        minutes(20 * 60),
        minutes(24 * 60),
    ])
    .redelivery("the sender's dashboard");

const fn standard(name: &'static str, families: &'static [&'static str]) -> SchemeBuilder {
    let signature = Signature::base64("*-signature").tagged(b' ', b',', "v1").family(families);
    Scheme::hmac(name, Hash::Sha256, signature)
        .secret(Role::Sign, Form::Whsec)
        .also_ed25519("v1a", Role::PublicKey, Form::Whpk)
        .timestamp(Header("*-timestamp"), Unit::Seconds, Window::FIVE_MINUTES)
        .message(&[Part::From(Header("*-id")), Part::Lit("."), Part::Timestamp, Part::Lit("."), Part::Body])
        .key(Key::Id(&[Header("*-id")]))
        .event_type(&[Json("/type")])
        .facts(EVENTS)
        .docs("https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md")
}

/// Standard Webhooks signs `{id}.{timestamp}.{body}`: `v1` with a shared `whsec_…` secret, `v1a` with a key pair whose
/// public `whpk_…` half is given as [`Role::PublicKey`] (feature `ed25519`).
pub const STANDARD_WEBHOOKS: Scheme = standard("standard-webhooks", &["webhook"]).build();
/// Standard Webhooks as Svix sends it: `svix-*` headers, or else `webhook-*`, never mixed.
pub const SVIX: Scheme = standard("svix", &["svix", "webhook"]).build();
/// Standard Webhooks as OpenAI sends it.
pub const OPENAI: Scheme =
    standard("openai", &["webhook"]).docs("https://platform.openai.com/docs/guides/webhooks").build();

provider! {
    /// Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
    StandardWebhooks = STANDARD_WEBHOOKS
}
provider! {
    /// Standard Webhooks as Svix sends it.
    Svix = SVIX
}
provider! {
    /// Standard Webhooks as OpenAI sends it.
    OpenAi = OPENAI
}
