//! INTERIM: proof and deduplication until imchat-axum's `Webhook` is wired in `ingress.rs`; then this file goes.
//!
//! It really verifies (Slack's v0 scheme, both sides of a 300 s window) and really deduplicates (event ids in memory,
//! never forgotten), so that everything around it can be tried, but it is neither complete nor meant to be kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, StatusCode, header};
use sha2::Sha256;

use crate::config::SigningSecrets;

const WINDOW: u64 = 300;
const MAX_BODY: usize = 1024 * 1024;

#[derive(Clone)]
pub(crate) struct Guard {
    signing: SigningSecrets,
    /// `false` while the first delivery is under way.
    seen: Arc<Mutex<HashMap<String, bool>>>,
}

impl Guard {
    pub(crate) fn new(signing: &SigningSecrets) -> Self {
        Self { signing: signing.clone(), seen: Arc::default() }
    }

    fn proves(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let (Some(stamp), Some(signature)) =
            (single(headers, "x-slack-request-timestamp"), single(headers, "x-slack-signature"))
        else {
            return false;
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
        let fresh = stamp.bytes().all(|byte| byte.is_ascii_digit())
            && stamp.parse::<u64>().is_ok_and(|at| now.abs_diff(at) <= WINDOW);
        let mut tag = [0; 32];
        let readable =
            signature.strip_prefix("v0=").is_some_and(|hex| const_hex::decode_to_slice(hex, &mut tag).is_ok());
        let previous =
            self.signing.previous.as_ref().filter(|previous| {
                previous.until.is_none_or(|until| u64::try_from(until).is_ok_and(|until| now <= until))
            });
        let secrets = [Some(&self.signing.current), previous.map(|previous| &previous.secret)];
        fresh
            && readable
            && secrets.into_iter().flatten().any(|secret| {
                Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).is_ok_and(|mut mac| {
                    for piece in [b"v0:", stamp.as_bytes(), b":", body] {
                        mac.update(piece);
                    }
                    mac.verify_slice(&tag).is_ok()
                })
            })
    }
}

pub(crate) async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    if !guard.proves(&head.headers, &body) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let json: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |pointer| json.pointer(pointer).and_then(serde_json::Value::as_str).map(str::to_owned);
    if text("/type").as_deref() == Some("url_verification") {
        let challenge = Bytes::from(text("/challenge").unwrap_or_default());
        return ([(header::CONTENT_TYPE, "text/plain")], challenge).into_response();
    }
    let seen = || guard.seen.lock().unwrap_or_else(PoisonError::into_inner);
    let key = text("/event_id");
    if let Some(key) = &key {
        let mut seen = seen();
        match seen.get(key) {
            Some(true) => return StatusCode::OK.into_response(),
            Some(false) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
            None => seen.insert(key.clone(), false),
        };
    }
    let response = next.run(Request::from_parts(head, Body::from(body))).await;
    if let Some(key) = key {
        if response.status().is_success() {
            seen().insert(key, true);
        } else {
            seen().remove(&key);
        }
    }
    response
}

fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}
