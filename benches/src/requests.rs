//! Signed deliveries as the providers send them, made without any of the contenders.

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// A provider whose signature check is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Slack: HMAC over `v0:ts:body`, hex.
    Slack,
    /// Stripe: HMAC over `ts.body`, hex in a list.
    Stripe,
    /// GitHub: HMAC over the body, hex.
    GitHub,
    /// Feishu: a plain SHA-256 over timestamp, nonce, key and body, hex; the body is not encrypted.
    Feishu,
    /// Standard Webhooks: HMAC over `id.ts.body`, base64.
    StandardWebhooks,
}

impl Provider {
    /// Every provider measured, in the order of the report.
    pub const ALL: [Self; 5] = [Self::Slack, Self::Stripe, Self::GitHub, Self::Feishu, Self::StandardWebhooks];

    /// The name in the report.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Stripe => "stripe",
            Self::GitHub => "github",
            Self::Feishu => "feishu",
            Self::StandardWebhooks => "standard-webhooks",
        }
    }

    /// The secret as the provider's console shows it.
    #[must_use]
    pub const fn secret(self) -> &'static str {
        match self {
            Self::StandardWebhooks => "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            _ => "8f742231b10e8888abcd99yyyzzz85a5",
        }
    }

    /// The bytes that key the digest.
    ///
    /// # Errors
    /// If the Standard Webhooks secret is not base64.
    pub fn key(self) -> Result<Vec<u8>> {
        match self.secret().strip_prefix("whsec_") {
            Some(encoded) => STANDARD.decode(encoded).context("decode the secret"),
            None => Ok(self.secret().as_bytes().to_vec()),
        }
    }

    /// What stands in front of and behind the padding of a JSON body.
    const fn envelope(self) -> (&'static str, &'static str) {
        match self {
            Self::Slack => (
                r#"{"team_id":"T123ABC456","api_app_id":"A123ABC456","event":{"type":"message","user":"U123ABC456","blocks":"#,
                r#"},"type":"event_callback","event_id":"Ev123ABC456","event_time":1531420618}"#,
            ),
            Self::Stripe => (
                r#"{"id":"evt_1Nx","object":"event","api_version":null,"created":1533204620,"livemode":false,"pending_webhooks":1,"type":"bench.padded","data":{"object":{"id":"cus_123","lines":"#,
                "}}}",
            ),
            Self::GitHub => (
                r#"{"action":"opened","number":1,"repository":{"id":1296269,"full_name":"octo-org/octo-repo"},"lines":"#,
                r#","sender":{"login":"octocat","id":1}}"#,
            ),
            Self::Feishu => (
                r#"{"schema":"2.0","header":{"event_id":"5e3702a84e847582be8db7fb73283c02","event_type":"im.message.receive_v1","tenant_key":"2ca1d211f64f6438"},"event":{"elements":"#,
                "}}",
            ),
            Self::StandardWebhooks => (
                r#"{"type":"contact.created","timestamp":"2022-11-03T20:26:10.344522Z","data":{"id":"1f81eb52","lines":"#,
                "}}",
            ),
        }
    }

    /// The headers that no signature covers; with the signature's own there are eight.
    const fn plain_headers(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Slack => &[
                ("host", "bot.example"),
                ("user-agent", "Slackbot 1.0 (+https://api.slack.com/robots)"),
                ("accept-encoding", "gzip,deflate"),
                ("accept", "*/*"),
                ("content-type", "application/json"),
            ],
            Self::Stripe => &[
                ("host", "bot.example"),
                ("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)"),
                ("accept-encoding", "gzip"),
                ("accept", "*/*; q=0.5, application/xml"),
                ("cache-control", "no-cache"),
                ("content-type", "application/json; charset=utf-8"),
            ],
            Self::GitHub => &[
                ("host", "bot.example"),
                ("user-agent", "GitHub-Hookshot/044aadd"),
                ("accept", "*/*"),
                ("content-type", "application/json"),
                ("x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"),
                ("x-github-event", "pull_request"),
            ],
            Self::Feishu => &[
                ("host", "bot.example"),
                ("user-agent", "Go-http-client/1.1"),
                ("accept-encoding", "gzip"),
                ("content-type", "application/json; charset=utf-8"),
            ],
            Self::StandardWebhooks => &[
                ("host", "bot.example"),
                ("user-agent", "webhooks/1.0"),
                ("accept", "*/*"),
                ("content-type", "application/json"),
            ],
        }
    }
}

/// One signed delivery.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Who sent it.
    pub provider: Provider,
    /// Exactly eight headers.
    pub headers: HeaderMap,
    /// A JSON object of the length that was asked for.
    pub body: Vec<u8>,
    /// What the digest covers in front of the body, in pieces; empty for GitHub.
    pub prefix: Vec<Vec<u8>>,
    /// The signature, decoded.
    pub tag: [u8; 32],
}

impl Delivery {
    /// Makes a delivery of `bytes` bytes, sent at `now` in Unix seconds.
    ///
    /// # Errors
    /// If `bytes` is too small for the provider's envelope.
    pub fn signed(provider: Provider, bytes: usize, now: u64) -> Result<Self> {
        let body = padded(provider.envelope(), bytes)?;
        let at = now.to_string();
        let nonce = "693d9bb6a4bd4d6b";
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let key = provider.key()?;
        let pieces: Vec<&[u8]> = match provider {
            Provider::Slack => vec![b"v0:", at.as_bytes(), b":"],
            Provider::Stripe => vec![at.as_bytes(), b"."],
            Provider::GitHub => Vec::new(),
            Provider::Feishu => vec![at.as_bytes(), nonce.as_bytes(), &key],
            Provider::StandardWebhooks => vec![id.as_bytes(), b".", at.as_bytes(), b"."],
        };
        let prefix: Vec<Vec<u8>> = pieces.into_iter().map(<[u8]>::to_vec).collect();
        let message = [prefix.concat(), body.clone()].concat();
        let tag: [u8; 32] = if provider == Provider::Feishu {
            Sha256::digest(&message).into()
        } else {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key)?;
            mac.update(&message);
            mac.finalize().into_bytes().into()
        };
        let hex = const_hex::encode(tag);
        let signature = match provider {
            Provider::Slack => vec![("x-slack-request-timestamp", at), ("x-slack-signature", format!("v0={hex}"))],
            Provider::Stripe => vec![("stripe-signature", format!("t={at},v1={hex}"))],
            Provider::GitHub => vec![("x-hub-signature-256", format!("sha256={hex}"))],
            Provider::Feishu => vec![
                ("x-lark-request-timestamp", at),
                ("x-lark-request-nonce", nonce.to_owned()),
                ("x-lark-signature", hex),
            ],
            Provider::StandardWebhooks => vec![
                ("webhook-id", id.to_owned()),
                ("webhook-timestamp", at),
                ("webhook-signature", format!("v1,{}", STANDARD.encode(tag))),
            ],
        };
        let mut headers = HeaderMap::new();
        for (name, value) in provider.plain_headers() {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        headers.insert(http::header::CONTENT_LENGTH, HeaderValue::from(bytes));
        for (name, value) in signature {
            headers.insert(HeaderName::from_static(name), value.parse()?);
        }
        ensure!(headers.len() == 8, "{} headers, not eight", headers.len());
        Ok(Self { provider, headers, body, prefix, tag })
    }

    /// The body with one bit of its middle byte turned; it is ASCII still.
    #[must_use]
    pub fn flipped(&self) -> Vec<u8> {
        let mut body = self.body.clone();
        let middle = body.len() / 2;
        if let Some(byte) = body.get_mut(middle) {
            *byte ^= 1;
        }
        body
    }
}

/// An array of small objects between `head` and `tail`, to exactly `bytes` bytes.
fn padded((head, tail): (&str, &str), bytes: usize) -> Result<Vec<u8>> {
    let mut body = format!("{head}[");
    let end = format!("]{tail}");
    let mut line = 0;
    loop {
        let left = bytes.checked_sub(body.len() + end.len());
        let left = left.context("the envelope does not fit: ask for more bytes")?;
        if left < 128 {
            ensure!(left >= 2, "the envelope does not fit: ask for more bytes");
            write!(body, "\"{}\"{end}", "x".repeat(left - 2))?;
            return Ok(body.into_bytes());
        }
        write!(body, r#"{{"line":"{line:06}","text":"the quick brown fox"}},"#)?;
        line += 1;
    }
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;
