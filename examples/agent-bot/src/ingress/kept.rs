//! A request's body, for what has to be answered by what it says.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes};
use http_body_util::BodyExt as _;

/// What was read of a request, by whoever reads it: no more, and nothing is copied.
#[derive(Clone, Default)]
pub(super) struct Kept(Arc<Mutex<Vec<Bytes>>>);

impl Kept {
    pub(super) fn tee(&self, body: Body) -> Body {
        let kept = self.clone();
        Body::new(body.map_frame(move |frame| {
            if let Some(data) = frame.data_ref() {
                kept.0.lock().unwrap_or_else(PoisonError::into_inner).push(data.clone());
            }
            frame
        }))
    }

    pub(super) fn whole(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).concat()
    }
}
