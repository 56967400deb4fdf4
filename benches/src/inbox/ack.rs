//! The whole ingress before a SQLite inbox: how long a platform waits for its 2xx.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::{Result, ensure};
use axum::Router;
use axum::serve::ListenerExt as _;
use imchat_axum::Webhook;
use imchat_inbox::{SqliteInbox, Upkeep as _};
use imchat_verify::providers::Slack;
use tokio::net::TcpListener;

use crate::load::{Load, Slice};
use crate::requests::Provider;
use crate::slack_event;

/// Connections that the requests are spread over, as many as are needed.
const CONNECTIONS: usize = 64;

/// Signed events over loopback, `rate` of them in a second, each proved and committed before its answer; the file is in this
/// directory, which is removed.
///
/// # Errors
/// Where an answer is not 200, or not every event is a row afterwards.
pub async fn acks(directory: &Path, rate: u32, length: Duration) -> Result<Slice> {
    std::fs::create_dir_all(directory)?;
    let inbox = SqliteInbox::open(directory.join("inbox.db")).await?;
    let webhook = Webhook::new(Slack::verifier(Provider::Slack.secret())?).inbox(inbox.clone())?;
    let router = Router::new().route(slack_event::PATH, webhook);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let port = listener.local_addr()?.port();
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let mut load = Load::connect(port, CONNECTIONS, &Arc::new(AtomicU64::new(0))).await?;
    let warm_up = load.run_at(rate, length / 10).await?;
    let slice = load.run_at(rate, length).await?;
    server.abort();
    let durable = inbox.counts().await?.depth();
    ensure!(durable == warm_up.requests + slice.requests, "{durable} rows are not as many as were answered 200");
    drop(inbox);
    std::fs::remove_dir_all(directory)?;
    Ok(slice)
}
