//! The signature checks of others, through their public functions.
//!
//! A clock is injected where the function takes one, as it is for ours; `slack-morphism`,
//! `standardwebhooks` and `svix` read the wall clock within the call.

use crate::bare::Verify;
use crate::requests::{Delivery, Provider};
use anyhow::Result;
use http::HeaderMap;
use octocrab::models::webhook_events::verification::WebhookVerifier;
use slack_morphism::SlackSigningSecret;
use slack_morphism::signature_verifier::SlackEventSignatureVerifier;
use std::sync::Arc;
use webhook_verify::{Clock, Secret, VerifyOptions};

struct Fixed(u64);

impl Clock for Fixed {
    fn now(&self) -> u64 {
        self.0
    }
}

/// Every peer that covers the provider of `delivery`, which was sent at `now` in Unix seconds.
///
/// # Errors
/// If a peer does not take the secret.
pub fn verify(delivery: &Delivery, now: u64) -> Result<Vec<(&'static str, Verify)>> {
    let secret = delivery.provider.secret();
    let mut peers: Vec<(&'static str, Verify)> = Vec::new();
    match delivery.provider {
        Provider::Slack => {
            peers.push(webhook_verify(webhook_verify::Provider::Slack, secret, now));
            peers.push(("slack-morphism", slack_morphism(secret)));
        }
        Provider::Stripe => {
            peers.push(webhook_verify(webhook_verify::Provider::Stripe, secret, now));
            peers.push(("async-stripe-webhook", async_stripe(secret, now)));
        }
        Provider::GitHub => {
            peers.push(webhook_verify(webhook_verify::Provider::GitHub, secret, now));
            peers.push(("octocrab", octocrab(secret)));
        }
        // No peer checks the plain digest by itself: those that know Feishu decrypt or parse first.
        Provider::Feishu => {}
        Provider::StandardWebhooks => {
            let scheme = webhook_verify::Provider::StandardWebhooks;
            peers.push(webhook_verify(scheme, secret, now));
            let peer = standardwebhooks::Webhook::new(secret)?;
            peers.push(("standardwebhooks", Box::new(move |headers, body| peer.verify(body, headers).is_ok())));
            let peer = svix::webhooks::Webhook::new(secret)?;
            peers.push(("svix", Box::new(move |headers, body| peer.verify(body, headers).is_ok())));
        }
    }
    Ok(peers)
}

fn webhook_verify(provider: webhook_verify::Provider, secret: &str, now: u64) -> (&'static str, Verify) {
    let secret = Secret::new(secret);
    let options = VerifyOptions::default().with_clock(Some(Arc::new(Fixed(now))));
    let verify = move |headers: &HeaderMap, body: &[u8]| {
        webhook_verify::verify(provider, headers, body, &secret, options.clone()).is_ok()
    };
    ("webhook-verify", Box::new(verify))
}

fn slack_morphism(secret: &str) -> Verify {
    let peer = SlackEventSignatureVerifier::new(&SlackSigningSecret(secret.to_owned()));
    Box::new(move |headers, body| {
        let hash = header(headers, SlackEventSignatureVerifier::SLACK_SIGNED_HASH_HEADER);
        let at = header(headers, SlackEventSignatureVerifier::SLACK_SIGNED_TIMESTAMP);
        match (hash, str::from_utf8(body), at) {
            (Some(hash), Ok(body), Some(at)) => peer.verify(hash, body, at).is_ok(),
            _ => false,
        }
    })
}

/// It has no function that verifies only: this one parses the event too.
fn async_stripe(secret: &'static str, now: u64) -> Verify {
    Box::new(move |headers, body| {
        match (header(headers, "stripe-signature"), str::from_utf8(body), i64::try_from(now)) {
            (Some(signature), Ok(body), Ok(now)) => {
                stripe_webhook::Webhook::construct_event_with_timestamp(body, signature, secret, now).is_ok()
            }
            _ => false,
        }
    })
}

fn octocrab(secret: &str) -> Verify {
    let peer = WebhookVerifier::new(secret);
    Box::new(move |headers, body| {
        header(headers, "x-hub-signature-256").is_some_and(|signature| peer.verify(signature, body).is_ok())
    })
}

fn header<'a>(headers: &'a HeaderMap, name: &'static str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
