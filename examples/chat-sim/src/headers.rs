//! The header names that carry a signature, its time or a shared token.

/// Every such name the supported platforms use, lower case.
///
/// Ids (`webhook-id`, `x-github-delivery`) are not among them: a sender that signs anew keeps the id.
pub(crate) const SIGNATURE_HEADERS: &[&str] = &[
    "hook-signature",
    "linear-signature",
    "paddle-signature",
    "stripe-signature",
    "svix-signature",
    "svix-timestamp",
    "typeform-signature",
    "webhook-signature",
    "webhook-timestamp",
    "x-dropbox-signature",
    "x-gitlab-token",
    "x-hub-signature",
    "x-hub-signature-256",
    "x-hubspot-request-timestamp",
    "x-hubspot-signature",
    "x-hubspot-signature-v3",
    "x-lark-request-nonce",
    "x-lark-request-timestamp",
    "x-lark-signature",
    "x-line-signature",
    "x-notion-signature",
    "x-pagerduty-signature",
    "x-shopify-hmac-sha256",
    "x-signature-ed25519",
    "x-signature-timestamp",
    "x-slack-request-timestamp",
    "x-slack-signature",
    "x-spark-signature",
    "x-square-hmacsha256-signature",
    "x-square-signature",
    "x-telegram-bot-api-secret-token",
    "x-twilio-signature",
    "x-viber-content-signature",
    "x-zm-request-timestamp",
    "x-zm-signature",
];

/// What describes one connection rather than the message, and is written by the client that sends it.
pub(crate) const CONNECTION_HEADERS: &[&str] =
    &["connection", "content-length", "host", "keep-alive", "transfer-encoding"];
