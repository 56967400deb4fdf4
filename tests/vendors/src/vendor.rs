//! The SDKs and the schemes that they speak, one row each.

use time::OffsetDateTime;

use crate::bodies;

/// What an SDK is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Node,
    Python,
}

/// One SDK and one scheme.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vendor {
    /// As its registry names it.
    pub(crate) sdk: &'static str,
    pub(crate) language: Language,
    /// The scheme, as `imchat providers` names it.
    pub(crate) provider: &'static str,
    /// What the platform makes of a body at a time.
    pub(crate) body: fn(&[u8], OffsetDateTime) -> Vec<u8>,
}

fn as_it_is(body: &[u8], _: OffsetDateTime) -> Vec<u8> {
    body.to_vec()
}

const fn node(sdk: &'static str, provider: &'static str) -> Vendor {
    Vendor { sdk, language: Language::Node, provider, body: as_it_is }
}

const fn python(sdk: &'static str, provider: &'static str) -> Vendor {
    Vendor { sdk, language: Language::Python, provider, body: as_it_is }
}

/// A scheme that this build does not have is shown as such and tried once it is there.
pub(crate) const VENDORS: &[Vendor] = &[
    node("@slack/bolt", "slack"),
    python("slack_sdk", "slack"),
    node("stripe", "stripe"),
    python("stripe", "stripe"),
    node("@octokit/webhooks-methods", "github"),
    node("standardwebhooks", "standard-webhooks"),
    python("standardwebhooks", "standard-webhooks"),
    node("svix", "svix"),
    python("svix", "svix"),
    node("@larksuiteoapi/node-sdk", "feishu"),
    node("discord-interactions", "discord"),
    node("@line/bot-sdk", "line"),
    python("line-bot-sdk", "line"),
    node("twilio", "twilio"),
    python("twilio", "twilio"),
    node("@shopify/shopify-api", "shopify"),
    node("square", "square"),
    node("@paddle/paddle-node-sdk", "paddle"),
    Vendor { body: bodies::with_time, ..node("@linear/sdk", "linear") },
    node("@notionhq/client", "notion"),
];

/// The URL that the platform was given.
pub(crate) const URL: &str = "https://bot.example.com/hooks/in?team=1";
