//! GitHub: repository, organisation and app webhooks.

use core::time::Duration;

use crate::provider;
use crate::scheme::Source::{FormJson, Header, Json};
use crate::scheme::{Attempts, Facts, Hash, Key, Scheme, SchemeBuilder, Signature};

/// Never retried; a person can redeliver for some days, under the same delivery id and with the same bytes.
const EVENTS: Facts = Facts::new("events")
    .ack_within(Duration::from_secs(10))
    .retries(&[])
    .redelivery("settings page or API, for some days")
    .max_body(25 * 1024 * 1024)
    .attempts(Attempts::SameBytes);

const fn github(name: &'static str, hash: Hash, signature: Signature) -> SchemeBuilder {
    // No time and no id are signed, so the digest of the body is what is handled once.
    Scheme::hmac(name, hash, signature)
        .key(Key::BodyDigest)
        .event_type(&[Header("x-github-event")])
        .event_id(&[Header("x-github-delivery")])
        .tenant(&[Json("/installation/id"), FormJson("payload", "/installation/id")])
        .facts(EVENTS)
        .not_signed(&["X-GitHub-Event", "X-GitHub-Delivery", "the time of sending"])
        .docs("https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries")
}

/// GitHub signs the body, JSON or form, with the webhook's secret.
pub const GITHUB: Scheme =
    github("github", Hash::Sha256, Signature::hex("x-hub-signature-256").prefix("sha256=")).build();

provider! {
    /// GitHub: repository, organisation and app webhooks, SHA-256 only.
    GitHub = GITHUB
}

/// The SHA-1 header of old GitHub Enterprise servers, for endpoints that choose it.
#[cfg(feature = "sha1")]
pub const GITHUB_LEGACY: Scheme =
    github("github-legacy", Hash::Sha1, Signature::hex("x-hub-signature").prefix("sha1=")).build();

#[cfg(feature = "sha1")]
provider! {
    /// GitHub's old SHA-1 header, where nothing newer is sent.
    GitHubLegacy = GITHUB_LEGACY
}
