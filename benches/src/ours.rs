//! Our own contenders, all in one place.

use crate::bare::Verify;
use crate::requests::Provider;
use crate::servers::{Kind, count};
use crate::slack_event;
use crate::stores::{Key, Store};
use anyhow::Result;
use axum::Router;
use axum::http::StatusCode;
use bytes::Bytes;
use imchat_axum::{Verified, Webhook};
use imchat_tower::SystemClock;
use imchat_verify::dedup::{Claim, DedupKey, DedupStore, MemoryStore};
use imchat_verify::providers::{Feishu, GitHub, Slack, StandardWebhooks, Stripe};
use imchat_verify::{Clock, Head, Secrets, Verdict, Verifier};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;

/// `Verifier::verify` over the provider's secret, with `now` in Unix seconds.
///
/// # Errors
/// If the verifier cannot be built.
pub fn verify(provider: Provider, now: u64) -> Result<Option<Verify>> {
    let now = OffsetDateTime::from_unix_timestamp(i64::try_from(now)?)?;
    let secrets = Secrets::new(provider.secret());
    Ok(Some(match provider {
        Provider::Slack => accepts(Slack::verifier(secrets)?, now),
        Provider::Stripe => accepts(Stripe::verifier(secrets)?, now),
        Provider::GitHub => accepts(GitHub::verifier(secrets)?, now),
        Provider::Feishu => accepts(Feishu::verifier(secrets)?, now),
        Provider::StandardWebhooks => accepts(StandardWebhooks::verifier(secrets)?, now),
    }))
}

fn accepts<P: 'static>(verifier: Verifier<P>, now: OffsetDateTime) -> Verify {
    Box::new(move |headers, body| matches!(verifier.verify(Head::post(headers), body, now), Ok(Verdict::Event(_))))
}

/// The server of [`Kind::Verify`] or [`Kind::Dedup`] at [`slack_event::PATH`], over Slack's secret.
///
/// # Errors
/// If the webhook cannot be built.
pub fn server(kind: Kind) -> Result<Option<Router>> {
    let webhook = Webhook::new(Slack::verifier(Provider::Slack.secret())?);
    let webhook = match kind {
        Kind::Verify => webhook,
        Kind::Dedup => webhook.dedup(MemoryStore::new(SystemClock)),
        Kind::Bare | Kind::HandVerify | Kind::HandDedup | Kind::SlackMorphism => return Ok(None),
    };
    Ok(Some(Router::new().route(slack_event::PATH, webhook.handler(accept)?)))
}

async fn accept(Verified(_, body): Verified<Slack, Bytes>) -> StatusCode {
    black_box(body);
    count();
    StatusCode::OK
}

/// How much faster than the wall clock time passes for the store.
///
/// It sweeps by the quarter of a minute: at this speed leases of a tenth of a second become those of a minute that it is
/// made for.
const SPEED: u64 = 600;

#[derive(Debug)]
struct FastClock {
    start: SystemTime,
}

impl Clock for FastClock {
    fn now(&self) -> OffsetDateTime {
        let seconds = i64::try_from(self.micros() / 1_000_000).unwrap_or(i64::MAX);
        OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// One reading of the system's clock, as the clock of production takes.
    fn micros(&self) -> u64 {
        let since = self.start.elapsed().unwrap_or_default();
        1_700_000_000_000_000 + u64::try_from(since.as_micros()).unwrap_or(0) * SPEED
    }
}

/// The memory store, with claims that live for `lease`.
#[must_use]
pub fn store(lease: Duration) -> Option<Box<dyn Store>> {
    let store = MemoryStore::new(FastClock { start: SystemTime::now() }).capacity(4_000_000);
    Some(Box::new(Memory { store, lease: lease * u32::try_from(SPEED).ok()?, keys: Vec::new() }))
}

struct Memory {
    store: MemoryStore,
    lease: Duration,
    keys: Vec<DedupKey>,
}

impl Store for Memory {
    fn name(&self) -> &'static str {
        "ours"
    }

    fn load(&mut self, keys: &[Key]) {
        self.keys.clear();
        self.keys.extend(keys.iter().map(|key| DedupKey::from_bytes(key)));
    }

    fn claim(&mut self) -> usize {
        // The memory store is never pending.
        let mut context = Context::from_waker(Waker::noop());
        let granted = |key: &&DedupKey| {
            let claim = pin!(self.store.claim(key, Some([0; 32]), self.lease)).poll(&mut context);
            matches!(claim, Poll::Ready(Ok(Claim::Granted(_))))
        };
        self.keys.iter().filter(granted).count()
    }

    fn held(&self) -> usize {
        self.store.len()
    }
}
