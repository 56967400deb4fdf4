//! Signatures computed with the hash crates alone, so that a test can sign what no platform would and a mistake of the
//! engine cannot confirm itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::{Request, keys};

/// HMAC-SHA-256 of these parts in a row.
#[must_use]
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// SHA-256 of these parts in a row.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut digest = Sha256::new();
    parts.iter().for_each(|part| digest.update(part));
    digest.finalize().into()
}

/// SHA-1 of these parts in a row.
#[must_use]
pub fn sha1(parts: &[&[u8]]) -> [u8; 20] {
    let mut digest = sha1::Sha1::new();
    parts.iter().for_each(|part| digest.update(part));
    digest.finalize().into()
}

/// These bytes in lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const_hex::encode(bytes)
}

/// A request of Slack with this text as its timestamp, under [`keys::SLACK`].
#[must_use]
pub fn slack(timestamp: &str, body: &[u8]) -> Request {
    let tag = hmac_sha256(keys::SLACK.as_bytes(), &[b"v0:", timestamp.as_bytes(), b":", body]);
    Request::post(body)
        .and("X-Slack-Request-Timestamp", timestamp)
        .and("X-Slack-Signature", format!("v0={}", hex(&tag)))
}

/// A request of Stripe with this text as its `t`, under [`keys::STRIPE`].
#[must_use]
pub fn stripe(timestamp: &str, body: &[u8]) -> Request {
    let tag = hmac_sha256(keys::STRIPE.as_bytes(), &[timestamp.as_bytes(), b".", body]);
    Request::post(body).and("Stripe-Signature", format!("t={timestamp},v1={}", hex(&tag)))
}

/// A request of GitHub with this delivery id, under [`keys::GITHUB`].
#[must_use]
pub fn github(delivery: &str, body: &[u8]) -> Request {
    let tag = hmac_sha256(keys::GITHUB.as_bytes(), &[body]);
    Request::post(body)
        .and("X-GitHub-Event", "push")
        .and("X-GitHub-Delivery", delivery)
        .and("X-Hub-Signature-256", format!("sha256={}", hex(&tag)))
}

/// A request of Standard Webhooks with this id and this text as its timestamp, under [`keys::STANDARD`].
#[must_use]
pub fn standard(id: &str, timestamp: &str, body: &[u8]) -> Request {
    let key = STANDARD.decode(keys::STANDARD.trim_start_matches("whsec_")).expect("a secret in base64");
    let tag = hmac_sha256(&key, &[id.as_bytes(), b".", timestamp.as_bytes(), b".", body]);
    Request::post(body)
        .and("webhook-id", id)
        .and("webhook-timestamp", timestamp)
        .and("webhook-signature", format!("v1,{}", STANDARD.encode(tag)))
}

/// A request of Feishu with this nonce and this text as its timestamp, under [`keys::FEISHU_ENCRYPT`].
#[must_use]
pub fn feishu(timestamp: &str, nonce: &str, body: &[u8]) -> Request {
    let tag = sha256(&[timestamp.as_bytes(), nonce.as_bytes(), keys::FEISHU_ENCRYPT.as_bytes(), body]);
    Request::post(body)
        .and("X-Lark-Request-Timestamp", timestamp)
        .and("X-Lark-Request-Nonce", nonce)
        .and("X-Lark-Signature", hex(&tag))
}
