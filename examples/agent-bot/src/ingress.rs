//! The routes. A request under `/slack` is proved, taken into the queue and answered; nothing else happens here.
//!
//! | outcome | status |
//! |---|---|
//! | proved and taken, or taken before | 200, empty |
//! | an event, proved, but the queue is full or the process is stopping | 503 with `Retry-After`: Slack sends it again |
//! | the same, for a click or a modal, which Slack never sends again | 503: Slack tells its user that it failed |
//! | the same, for a slash command, which Slack never sends again | 200 with a line that only its user sees |
//! | not proved | 401 |

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::{StatusCode, header};
use imchat_axum::{Verified, Webhook};
use imchat_tower::SystemClock;
use imchat_verify::dedup::MemoryStore;
use imchat_verify::providers::Slack;
use imchat_verify::{ConfigError, Secrets};
use time::OffsetDateTime;
use tracing::warn;

use crate::config::SigningSecrets;
use crate::queue::{Job, Kind, Queue};

/// All routes of the bot: requests are proved under `signing` and become jobs in `queue`.
///
/// # Errors
///
/// [`ConfigError`] where a signing secret cannot be used.
pub fn router(queue: Queue, signing: &SigningSecrets) -> Result<Router, ConfigError> {
    Ok(slack(signing)?.route("/healthz", get(async || "ok\n")).route("/readyz", get(ready)).with_state(queue))
}

/// The routes that only authentic requests get through, each delivery once.
fn slack(signing: &SigningSecrets) -> Result<Router<Queue>, ConfigError> {
    let store = Arc::new(MemoryStore::new(SystemClock));
    let secrets = secrets(signing);
    let webhook = |endpoint| {
        let verifier = Slack::verifier(secrets.clone())?.endpoint(endpoint);
        Ok::<_, ConfigError>(Webhook::new(verifier).dedup(Arc::clone(&store)))
    };
    Ok(Router::new()
        .route("/slack/events", webhook("events")?.handler(on_event)?)
        .route("/slack/interactions", webhook("interactions")?.handler(on_interaction)?)
        .route("/slack/commands", webhook("commands")?.handler(on_command)?))
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

async fn on_event(State(queue): State<Queue>, Verified(_, body): Verified<Slack, Bytes>) -> Response {
    accept(&queue, Kind::Event, body)
}

async fn on_interaction(State(queue): State<Queue>, Verified(_, body): Verified<Slack, Bytes>) -> Response {
    accept(&queue, Kind::Interaction, body)
}

async fn on_command(State(queue): State<Queue>, Verified(_, body): Verified<Slack, Bytes>) -> Response {
    accept(&queue, Kind::Command, body)
}

/// Takes a proved body into the queue, and says so only then.
fn accept(queue: &Queue, kind: Kind, body: Bytes) -> Response {
    match queue.offer(Job { kind, body }) {
        Ok(()) => StatusCode::OK.into_response(),
        Err(refused) => {
            warn!(?kind, reason = %refused, "not taken");
            match kind {
                Kind::Command => not_recorded(),
                Kind::Event | Kind::Interaction => busy(),
            }
        }
    }
}

fn busy() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")]).into_response()
}

/// What the user of a slash command sees, since Slack shows no body of a failed request.
fn not_recorded() -> Response {
    let body = r#"{"response_type":"ephemeral","text":"I am too busy and have not taken this down. Please try again in a minute."}"#;
    (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

async fn ready(State(queue): State<Queue>) -> Response {
    match queue.ready() {
        Ok(()) => "ready\n".into_response(),
        Err(refused) => (StatusCode::SERVICE_UNAVAILABLE, format!("{refused}\n")).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;
    use crate::queue;

    async fn text(response: Response) -> String {
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        String::from_utf8(body.to_vec()).expect("text")
    }

    #[tokio::test]
    async fn what_is_taken_is_acknowledged_with_nothing_else() {
        let (queue, mut jobs) = queue::bounded(1);
        let response = accept(&queue, Kind::Event, Bytes::from_static(b"{}"));
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(text(response).await, "");
        assert_eq!(jobs.next().await, Some(Job { kind: Kind::Event, body: Bytes::from_static(b"{}") }));
    }

    #[tokio::test]
    async fn what_is_not_taken_is_to_be_sent_again() {
        let (queue, mut jobs) = queue::bounded(1);
        assert_eq!(accept(&queue, Kind::Event, Bytes::new()).status(), StatusCode::OK);
        for kind in [Kind::Event, Kind::Interaction] {
            let response = accept(&queue, kind, Bytes::new());
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(response.headers()[header::RETRY_AFTER], "1");
        }
        jobs.close();
        assert_eq!(accept(&queue, Kind::Event, Bytes::new()).status(), StatusCode::SERVICE_UNAVAILABLE);
    }

    #[tokio::test]
    async fn the_user_of_a_command_that_was_not_taken_is_told() {
        let (queue, jobs) = queue::bounded(1);
        drop(jobs);
        let response = accept(&queue, Kind::Command, Bytes::new());
        assert_eq!(response.status(), StatusCode::OK);
        let body: serde_json::Value = serde_json::from_str(&text(response).await).expect("JSON");
        assert_eq!(body["response_type"], "ephemeral");
    }

    #[tokio::test]
    async fn readiness_follows_the_queue() {
        let (queue, mut jobs) = queue::bounded(1);
        assert_eq!(ready(State(queue.clone())).await.status(), StatusCode::OK);
        queue.offer(Job { kind: Kind::Event, body: Bytes::new() }).expect("room");
        assert_eq!(ready(State(queue.clone())).await.status(), StatusCode::SERVICE_UNAVAILABLE);
        jobs.next().await.expect("the job");
        assert_eq!(ready(State(queue)).await.status(), StatusCode::OK);
    }
}
