//! What an attacker, or a platform on a bad day, does to a receiver; each room is named after the attack.

mod challenge;
mod downgrade;
mod envelope;
mod extension;
mod hubspot;
mod oracle;
mod provenance;
mod replay;
mod rotation;
mod smuggling;
mod time;
mod timing;
mod twilio;

use imchat_tests::{Outcome, Request, SIGNED_AT, at, keys, outcome};
use imchat_verify::providers::{Feishu, GitHub, Slack, StandardWebhooks, Stripe};
use imchat_verify::{Role, Secrets, Verifier};

fn slack() -> Verifier<Slack> {
    Slack::verifier(keys::SLACK).unwrap()
}

fn stripe() -> Verifier<Stripe> {
    Stripe::verifier(keys::STRIPE).unwrap()
}

fn github() -> Verifier<GitHub> {
    GitHub::verifier(keys::GITHUB).unwrap()
}

fn standard() -> Verifier<StandardWebhooks> {
    StandardWebhooks::verifier(keys::STANDARD).unwrap()
}

/// Feishu with an encrypt key and a verification token.
fn feishu() -> Verifier<Feishu> {
    Feishu::verifier(Secrets::new(keys::FEISHU_ENCRYPT).with(Role::VerificationToken, keys::FEISHU_TOKEN)).unwrap()
}

/// What a verifier says when the archived requests were signed.
fn judge<P>(verifier: &Verifier<P>, request: &Request) -> Outcome {
    outcome(verifier, request, at(SIGNED_AT))
}
