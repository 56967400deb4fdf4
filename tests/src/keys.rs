//! The secrets of the archived requests, as `payloads/README.md` lists them.

use imchat_verify::{Form, Scheme, Secrets};

/// Slack's signing secret.
pub const SLACK: &str = "imchat-test-slack-signing-secret";
/// Feishu's encrypt key.
pub const FEISHU_ENCRYPT: &str = "imchat-test-feishu-encrypt-key";
/// Feishu's verification token.
pub const FEISHU_TOKEN: &str = "imchat-test-feishu-verification-token";
/// Discord's public key, in hex.
pub const DISCORD_PUBLIC: &str = "271131b34070f5210bbdd498c9dc32dc7b1ecac08d59429847f03b51901da552";
/// The seed of Discord's key pair, in hex.
pub const DISCORD_SEED: &str = "696d636861742d746573742d646973636f72642d656432353531392d73656564";
/// GitHub's webhook secret.
pub const GITHUB: &str = "imchat-test-github-webhook-secret";
/// Stripe's endpoint secret.
pub const STRIPE: &str = "whsec_imchat_test_stripe_endpoint_secret";
/// The shared secret of Standard Webhooks.
pub const STANDARD: &str = "whsec_aW1jaGF0LXRlc3Qtc3RhbmRhcmQtd2ViaG9vay1rZXk=";
/// The public key of Standard Webhooks' `v1a`.
pub const STANDARD_PUBLIC: &str = "whpk_jMwwzzMztY8PrX++ZYEcnMTiwAMq+1Dzv9KY/jwZHzY=";
/// The secret of the generic preset.
pub const GENERIC: &str = "imchat-test-generic-webhook-secret";

/// A secret for the signing role of this scheme, written as the scheme wants it.
#[must_use]
pub fn written_for(scheme: &Scheme) -> &'static str {
    match scheme.roles().next() {
        Some((_, Form::Hex32)) => DISCORD_PUBLIC,
        Some((_, Form::Base64)) => "aW1jaGF0LXRlc3QtYmFzZTY0LWtleQ==",
        Some((_, Form::Whsec | Form::WhsecOrText)) => STANDARD,
        _ => SLACK,
    }
}

/// Everything that this scheme must be given, written as it wants it.
#[must_use]
pub fn all_for(scheme: &Scheme) -> Secrets {
    let proving = Secrets::of(scheme.primary_role(), written_for(scheme));
    scheme.roles().fold(proving, |secrets, (role, form)| match form {
        Form::AesKey => secrets.with(role, "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"),
        Form::Name => secrets.with(role, "wx5823bf96d3bd56c7"),
        _ => secrets,
    })
}

/// Every secret that can verify one of the archived requests.
pub const ALL: &[&str] =
    &[SLACK, FEISHU_ENCRYPT, FEISHU_TOKEN, DISCORD_PUBLIC, GITHUB, STRIPE, STANDARD, STANDARD_PUBLIC, GENERIC];
