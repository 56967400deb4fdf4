//! What Discord waits for: the reply to an interaction's request is the interaction's first answer.
//!
//! The scheme's own reply ("the bot is thinking", for every command and form) is replaced by the one that fits the
//! interaction, and only where it was proved and is durable, or is of a kind that nobody writes down. What the inbox left
//! beside its reply stays there.

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::MethodRouter;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use imchat_axum::tower::Rejection;

use super::kept::Kept;
use crate::platform::discord::answer;

/// `route`, a webhook of Discord's interactions with its inbox, with the answers that [`answer`] makes.
pub fn answering(route: MethodRouter) -> MethodRouter {
    route.layer(from_fn(answered))
}

async fn answered(request: Request, next: Next) -> Response {
    let kept = Kept::default();
    let mut response = next.run(request.map(|body| kept.tee(body))).await;
    let proved = response.status() == StatusCode::OK && response.extensions().get::<Rejection>().is_none();
    if let Some(answer) = proved.then(|| answer(&kept.whole())).flatten() {
        *response.body_mut() = Body::from(answer.to_string());
        response.headers_mut().remove(CONTENT_LENGTH);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    response
}

#[cfg(test)]
mod tests;
