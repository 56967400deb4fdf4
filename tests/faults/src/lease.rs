//! The process that works before it answers: the shipped route over the shipped Redis store.

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::http::StatusCode;
use axum::{Extension, Router};
use imchat_axum::{Receipt, Webhook};
use imchat_redis::{RedisStore, Server};
use imchat_verify::Provider;
use imchat_verify::dedup::Fence;
use imchat_verify::providers::{Feishu, Slack};
use tokio::net::TcpListener;

use crate::effects::Effects;
use crate::point;
use crate::sabotage::Sabotage;
use crate::sender::{HOPELESS, POISON, SECRET};
use crate::watched::Watched;
use crate::worker::{LEASE, unrest};

/// Shorter than the lease, as the layer demands, and longer than a store that is there ever takes.
const STORE_TIMEOUT: Duration = Duration::from_millis(300);
/// Within it, so that it is the store that gives up.
const ANSWER: Duration = Duration::from_millis(200);

/// Serves on a free port of loopback, and says which on standard output.
pub(crate) async fn serve(address: &str, effects: Effects, sabotage: Sabotage) -> Result<()> {
    let redis = Server::at(address)?.answer_within(ANSWER).connect().await?;
    let store = Watched::new(RedisStore::new(&redis), effects.clone(), sabotage);
    let work = Work { effects, sabotage };
    // Slack's deliveries go on when their sender hangs up, and renew their leases; Feishu's stop where they are.
    let slack = Webhook::new(Slack::verifier(SECRET)?)
        .dedup(store.clone())
        .configure(|layer| layer.lease(LEASE).store_timeout(STORE_TIMEOUT).detach(|work| drop(tokio::spawn(work))))
        .handler(handle::<Slack>)?;
    let feishu = Webhook::new(Feishu::verifier(SECRET)?)
        .dedup(store)
        .configure(|layer| layer.lease(LEASE).store_timeout(STORE_TIMEOUT))
        .handler(handle::<Feishu>)?;
    let router = Router::new().route("/slack", slack).route("/feishu", feishu).layer(Extension(work));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    writeln!(std::io::stdout(), "port {}", listener.local_addr()?.port())?;
    axum::serve(listener, router).await?;
    Ok(())
}

#[derive(Clone)]
struct Work {
    effects: Effects,
    sabotage: Sabotage,
}

async fn handle<P: Provider>(
    Extension(work): Extension<Work>,
    Extension(fence): Extension<Fence>,
    receipt: Receipt<P>,
) -> StatusCode {
    let identity = receipt.identity();
    let event = identity.event_id.map(|id| id.get().to_string());
    let Some((event, key)) = event.zip(identity.dedup_key) else { return StatusCode::BAD_REQUEST };
    work.attempt(event, &key.to_string(), fence).await.unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
}

impl Work {
    async fn attempt(self, event: String, key: &str, fence: Fence) -> Result<StatusCode> {
        let number = i64::try_from(fence.get()).context("a fence past the year 290000")?;
        self.effects.see(&event, key, number).await?;
        // Both release the claim, and neither is ever acked.
        if event.contains(HOPELESS) {
            return Ok(StatusCode::UNPROCESSABLE_ENTITY);
        }
        if event.contains(POISON) {
            return Ok(StatusCode::INTERNAL_SERVER_ERROR);
        }
        let effect = async move {
            // Twice as long as a worker's: more of it is found by a pause, and some outlasts a third of its lease.
            tokio::time::sleep(unrest(fence).saturating_mul(2)).await;
            self.effects.write(&event, number, self.sabotage != Sabotage::IgnoreFences).await
        };
        if self.sabotage == Sabotage::AckBeforeCommit {
            tokio::spawn(effect);
            return Ok(StatusCode::OK);
        }
        // Where a higher fence was quicker, the store refuses this one too, whatever is said here.
        effect.await?;
        point::pass(point::BEFORE_COMPLETE);
        Ok(StatusCode::OK)
    }
}
