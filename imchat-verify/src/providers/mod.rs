//! The platforms, each one `const` value: what is signed, how, and the platform's facts.
//!
//! Choose a platform by the route that its requests come to, never by a header: three platforms mean three things by
//! `X-Hub-Signature`.

#[cfg(feature = "chat")]
mod chat;
#[cfg(feature = "commerce")]
mod commerce;
#[cfg(feature = "devtools")]
mod devtools;
#[cfg(feature = "ed25519")]
mod discord;
#[cfg(feature = "aes")]
mod feishu;
mod generic;
mod github;
mod slack;
mod standard_webhooks;
mod stripe;

#[cfg(feature = "chat")]
pub use chat::*;
#[cfg(feature = "commerce")]
pub use commerce::*;
#[cfg(feature = "devtools")]
pub use devtools::*;
#[cfg(feature = "ed25519")]
pub use discord::{DISCORD, Discord};
#[cfg(all(feature = "aes", feature = "sign"))]
pub use feishu::seal as feishu_seal;
#[cfg(feature = "aes")]
pub use feishu::{FEISHU, Feishu};
#[cfg(feature = "sha1")]
pub use feishu_card_legacy::{FEISHU_CARD_LEGACY, FeishuCardLegacy};
pub use generic::{GENERIC, Generic};
pub use github::{GITHUB, GitHub};
#[cfg(feature = "sha1")]
pub use github::{GITHUB_LEGACY, GitHubLegacy};
pub use slack::{SLACK, Slack};
pub use standard_webhooks::{OPENAI, OpenAi, STANDARD_WEBHOOKS, SVIX, StandardWebhooks, Svix};
pub use stripe::{STRIPE, Stripe};

#[cfg(feature = "sha1")]
mod feishu_card_legacy;

use crate::scheme::Scheme;

/// Every scheme that this build knows, in alphabetical order.
#[must_use]
pub const fn all() -> &'static [&'static Scheme] {
    &[
        #[cfg(feature = "devtools")]
        &BITBUCKET,
        #[cfg(all(feature = "chat", feature = "aes"))]
        &DINGTALK,
        #[cfg(feature = "chat")]
        &DINGTALK_ROBOT,
        #[cfg(feature = "ed25519")]
        &DISCORD,
        #[cfg(feature = "devtools")]
        &DROPBOX,
        #[cfg(feature = "aes")]
        &FEISHU,
        #[cfg(feature = "sha1")]
        &FEISHU_CARD_LEGACY,
        &GENERIC,
        &GITHUB,
        #[cfg(feature = "sha1")]
        &GITHUB_LEGACY,
        #[cfg(feature = "devtools")]
        &GITLAB,
        #[cfg(feature = "commerce")]
        &HUBSPOT,
        #[cfg(feature = "commerce")]
        &HUBSPOT_V1,
        #[cfg(feature = "commerce")]
        &HUBSPOT_V2,
        #[cfg(feature = "commerce")]
        &INTERCOM,
        #[cfg(feature = "chat")]
        &LINE,
        #[cfg(feature = "devtools")]
        &LINEAR,
        #[cfg(feature = "commerce")]
        &MAILGUN,
        #[cfg(feature = "chat")]
        &MATTERMOST,
        #[cfg(feature = "chat")]
        &META,
        #[cfg(feature = "devtools")]
        &NOTION,
        &OPENAI,
        #[cfg(feature = "commerce")]
        &PADDLE,
        #[cfg(feature = "devtools")]
        &PAGERDUTY,
        #[cfg(feature = "commerce")]
        &POLAR,
        #[cfg(feature = "chat")]
        &ROCKETCHAT,
        #[cfg(feature = "devtools")]
        &SENTRY,
        #[cfg(feature = "commerce")]
        &SHOPIFY,
        #[cfg(feature = "commerce")]
        &SHOPIFY_EVENTS,
        &SLACK,
        #[cfg(feature = "commerce")]
        &SQUARE,
        &STANDARD_WEBHOOKS,
        &STRIPE,
        &SVIX,
        #[cfg(feature = "chat")]
        &TEAMS_OUTGOING,
        #[cfg(feature = "chat")]
        &TELEGRAM,
        #[cfg(feature = "chat")]
        &TWILIO,
        #[cfg(feature = "devtools")]
        &TWITCH,
        #[cfg(feature = "commerce")]
        &TYPEFORM,
        #[cfg(feature = "chat")]
        &VIBER,
        #[cfg(feature = "chat")]
        &WEBEX,
        #[cfg(feature = "chat")]
        &WECHAT,
        #[cfg(all(feature = "chat", feature = "aes"))]
        &WECHAT_AES,
        #[cfg(all(feature = "chat", feature = "aes"))]
        &WECOM,
        #[cfg(feature = "chat")]
        &ZOOM,
        #[cfg(feature = "chat")]
        &ZULIP,
    ]
}

/// The scheme of this name, if this build knows it.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Scheme> {
    all().iter().find(|scheme| scheme.name() == name).copied()
}
