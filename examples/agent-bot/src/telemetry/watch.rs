//! What is counted of each request, from what the webhook's service left beside its answer.

use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use imchat_axum::tower::{Duplicate, Rejection};
use imchat_verify::inbox::Accepted;

use super::Telemetry;

/// In which time Slack, Feishu and Discord want an answer.
const DEADLINE: Duration = Duration::from_secs(3);

/// Counts a platform's requests, and how long their answers took.
pub async fn watch(
    State((telemetry, platform)): State<(Telemetry, &'static str)>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let response = next.run(request).await;
    let took = started.elapsed();
    let of = ("platform", platform);
    telemetry.time("imchat_bot_ack_seconds", &[of], took);
    let extensions = response.extensions();
    if let Some(rejection) = extensions.get::<Rejection>() {
        telemetry.count("imchat_bot_rejected_total", &[of, ("reason", rejection.reason())], 1);
        return response;
    }
    if let Some(accepted) = extensions.get::<Accepted>() {
        let margin = DEADLINE.as_secs_f64() - took.as_secs_f64();
        telemetry.least("imchat_bot_ack_margin_seconds", &[of], margin);
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
