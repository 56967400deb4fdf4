//! What Discord reads in the answer to an interaction: whether the bot is thinking, that a press is taken, or the form that
//! only this answer can open.
//!
//! It depends on the body, and the body is looked at only once it is proved and written down: until then what passes by is
//! merely kept.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header;
use http_body_util::BodyExt as _;
use imchat_axum::tower::Rejection;

use crate::platform::discord::answer;

/// Puts the answer in the place of the scheme's own.
pub(super) async fn answered(request: Request, next: Next) -> Response {
    let passed: Arc<Mutex<Vec<Bytes>>> = Arc::default();
    let keeping = Arc::clone(&passed);
    let request = request.map(|body| {
        Body::new(body.map_frame(move |frame| {
            if let Some(data) = frame.data_ref() {
                keeping.lock().unwrap_or_else(PoisonError::into_inner).push(data.clone());
            }
            frame
        }))
    });
    let response = next.run(request).await;
    if response.extensions().get::<Rejection>().is_some() || !response.status().is_success() {
        return response;
    }
    let body = passed.lock().unwrap_or_else(PoisonError::into_inner).concat();
    let Some(answer) = answer(&body) else { return response };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    (parts, answer.to_string()).into_response()
}
