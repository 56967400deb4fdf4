//! What Discord waits for: the reply to an interaction's request is the interaction's first answer.
//!
//! The scheme's own reply ("the bot is thinking", for every command and form) is replaced by the one that fits the
//! interaction, and only where it was proved and is durable, or is of a kind that nobody writes down. What the inbox left
//! beside its reply stays there.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::MethodRouter;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use http_body_util::BodyExt as _;
use imchat_axum::tower::Rejection;

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

/// What was read of a request, by whoever reads it: no more, and nothing is copied.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Bytes>>>);

impl Kept {
    fn tee(&self, body: Body) -> Body {
        let kept = self.clone();
        Body::new(body.map_frame(move |frame| {
            if let Some(data) = frame.data_ref() {
                kept.0.lock().unwrap_or_else(PoisonError::into_inner).push(data.clone());
            }
            frame
        }))
    }

    fn whole(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).concat()
    }
}

#[cfg(test)]
mod tests;
