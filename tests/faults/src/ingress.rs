//! The process that takes deliveries: the shipped route over the shipped inbox.

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use imchat_axum::Webhook;
use imchat_inbox::InboxError;
use imchat_verify::dedup::DedupKey;
use imchat_verify::inbox::{Accepted, Delivery, Inbox};
use imchat_verify::providers::{Feishu, Slack};
use tokio::net::TcpListener;

use crate::place::Store;
use crate::point;
use crate::sabotage::Sabotage;
use crate::sender::SECRET;

/// Serves on a free port of loopback, and says which on standard output.
pub(crate) async fn serve(store: impl Store, sabotage: Sabotage) -> Result<()> {
    let inbox = Watched { store, sabotage };
    let router = Router::new()
        .route("/slack", Webhook::new(Slack::verifier(SECRET)?).inbox(inbox.clone())?)
        .route("/feishu", Webhook::new(Feishu::verifier(SECRET)?).inbox(inbox)?);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    writeln!(std::io::stdout(), "port {}", listener.local_addr()?.port())?;
    axum::serve(listener, router).await?;
    Ok(())
}

/// The inbox with points before and after it, or with a design that loses in its place.
#[derive(Clone)]
struct Watched<S> {
    store: S,
    sabotage: Sabotage,
}

impl<S: Store> Inbox for Watched<S> {
    type Error = InboxError;

    fn retention(&self) -> Duration {
        self.store.retention()
    }

    async fn accept(&self, mut delivery: Delivery) -> Result<Accepted, InboxError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        point::pass(point::BEFORE_ACCEPT);
        if number.is_multiple_of(4) {
            delivery.lane = Some(format!("lane-{}", number.checked_rem(64).unwrap_or_default()));
        }
        match self.sabotage {
            Sabotage::AckBeforeCommit => {
                let store = self.store.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    let _unknown = store.accept(delivery).await;
                });
                return Ok(Accepted::New);
            }
            Sabotage::ForgetKeys => {
                delivery.key = DedupKey::from_bytes(format!("{}-{number}", std::process::id()).as_bytes());
            }
            Sabotage::None | Sabotage::IgnoreFences | Sabotage::ForgetAtRestart => {}
        }
        let accepted = self.store.accept(delivery).await?;
        point::pass(point::AFTER_COMMIT);
        Ok(accepted)
    }
}
