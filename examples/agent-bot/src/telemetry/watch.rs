//! What is counted of each request, from what the webhook's service left beside its answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use imchat_axum::tower::{Duplicate, Rejection};
use imchat_verify::inbox::Accepted;

use super::Telemetry;

/// In which time Slack, Feishu and Discord want an answer.
const CHATS: Duration = Duration::from_secs(3);

/// Whose requests a route takes, as a label of metrics: a name of the bot's own code or of its configuration.
#[derive(Debug, Clone)]
pub struct Of {
    label: &'static str,
    name: Arc<str>,
    deadline: Option<Duration>,
}

impl Of {
    /// A chat platform's.
    #[must_use]
    pub fn platform(name: &str) -> Self {
        Self { label: "platform", name: name.into(), deadline: Some(CHATS) }
    }

    /// A hook's of the policy file, whose provider waits for so long, if it says so.
    #[must_use]
    pub fn hook(name: &str, deadline: Option<Duration>) -> Self {
        Self { label: "hook", name: name.into(), deadline }
    }

    /// The label and its value.
    #[must_use]
    pub fn label(&self) -> (&'static str, &str) {
        (self.label, &self.name)
    }
}

/// Counts a route's requests, and how long their answers took.
pub async fn watch(State((telemetry, of)): State<(Telemetry, Of)>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let response = next.run(request).await;
    let took = started.elapsed();
    let (deadline, of) = (of.deadline, of.label());
    telemetry.time("imchat_bot_ack_seconds", &[of], took);
    let extensions = response.extensions();
    if let Some(rejection) = extensions.get::<Rejection>() {
        telemetry.count("imchat_bot_rejected_total", &[of, ("reason", rejection.reason())], 1);
        return response;
    }
    if let Some(accepted) = extensions.get::<Accepted>() {
        if let Some(deadline) = deadline {
            let margin = deadline.as_secs_f64() - took.as_secs_f64();
            telemetry.least("imchat_bot_ack_margin_seconds", &[of], margin);
        }
        let suspected = extensions.get::<Duplicate>().is_some_and(|duplicate| duplicate.replay_suspected);
        let outcome = match accepted {
            Accepted::New => "accepted",
            Accepted::Duplicate { .. } if suspected => "replay_suspected",
            Accepted::Duplicate { .. } => "duplicate",
            Accepted::Mismatch => "mismatch",
        };
        telemetry.count("imchat_bot_deliveries_total", &[of, ("outcome", outcome)], 1);
    }
    response
}
