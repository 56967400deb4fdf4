//! The routes. A request under `/slack` is proved, written into the inbox, and only then answered; nothing else happens
//! here.
//!
//! | outcome | status |
//! |---|---|
//! | proved and written down, or written down before | 200, empty |
//! | an event, proved, that could not be written down | 503 with `Retry-After`: Slack sends it again |
//! | the same, for a click, a modal or a slash command, which Slack never sends again | 200 with a line that only its user sees |
//! | not proved | 401 |

pub mod discord;

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use imchat_axum::Webhook;
use imchat_inbox::Upkeep;
use imchat_verify::inbox::Inbox;
use imchat_verify::providers::Slack;
use imchat_verify::{AnyProvider, ConfigError, Receipt, Secrets};
use time::OffsetDateTime;
use tracing::warn;

use crate::config::SigningSecrets;
use crate::decode::{Decoded, decode};

/// How long the database may take to answer `/readyz`.
const READY_WITHIN: Duration = Duration::from_secs(1);

/// All routes of the bot: requests are proved under `signing` and written into `inbox`.
///
/// # Errors
///
/// [`ConfigError`] where a signing secret cannot be used.
pub fn router<I: Inbox + Upkeep + Clone>(inbox: I, signing: &SigningSecrets) -> Result<Router, ConfigError> {
    let secrets = secrets(signing);
    let webhook = |endpoint| {
        let verifier = Slack::verifier(secrets.clone())?.endpoint(endpoint);
        Webhook::new(verifier).configure(|builder| builder.lane(lane)).inbox(inbox.clone())
    };
    Ok(Router::new()
        .route("/slack/events", webhook("events")?)
        .route("/slack/interactions", webhook("interactions")?)
        .route("/slack/commands", webhook("commands")?)
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready::<I>))
        .with_state(inbox))
}

fn secrets(signing: &SigningSecrets) -> Secrets {
    let current = Secrets::new(signing.current.expose());
    let Some(previous) = &signing.previous else { return current };
    // A moment beyond the calendar is as good as none.
    match previous.until.and_then(|until| OffsetDateTime::from_unix_timestamp(until).ok()) {
        Some(until) => current.and_previous_until(previous.secret.expose(), until),
        None => current.and_previous(previous.secret.expose()),
    }
}

/// A conversation is a lane. What is not answered needs no order, and what cannot be decoded is found out by the executor.
fn lane(receipt: &Receipt<AnyProvider>) -> Option<String> {
    match decode(receipt.kind().name(), receipt.body()) {
        Ok(Decoded::Message(inbound)) => Some(inbound.conversation()),
        Ok(Decoded::Ignored(_)) | Err(_) => None,
    }
}

async fn ready<I: Upkeep + Clone>(State(inbox): State<I>) -> Response {
    match tokio::time::timeout(READY_WITHIN, inbox.counts()).await {
        Ok(Ok(_)) => return "ready\n".into_response(),
        Ok(Err(error)) => warn!(%error, "not ready"),
        Err(_) => warn!("not ready: the inbox's database takes longer than a second to answer"),
    }
    (StatusCode::SERVICE_UNAVAILABLE, "the inbox's database does not answer\n").into_response()
}
