//! What one writes by hand for one platform: the floor of the ingress bench, and of Standard Webhooks in the other.
//!
//! It does no more than a receiver must, and less than one should: one secret, no rotation, no second look at repeated
//! headers, an id found by its name wherever it stands, a map that never forgets, no lease that ends. Whatever is right as
//! well costs more.

use crate::bare::Verify;
use crate::requests::Provider;
use crate::servers::count;
use crate::slack_event;
use anyhow::Result;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::HashMap;
use std::hint::black_box;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use subtle::ConstantTimeEq;

/// Seconds that a signature is good for.
const TOLERANCE: u64 = 300;
const RETENTION: Duration = Duration::from_secs(8 * 24 * 3600);
const ID: &[u8] = br#""event_id":""#;

/// `true` once done, with when it may be forgotten.
type Seen = HashMap<Box<[u8]>, (bool, SystemTime)>;

struct Receiver {
    keyed: Hmac<Sha256>,
    seen: Option<Mutex<Seen>>,
}

/// The server at [`slack_event::PATH`]: it proves an event and, with `dedup`, claims its id and marks it done.
///
/// # Errors
/// If the secret does not key an HMAC.
pub fn server(dedup: bool) -> Result<Router> {
    let keyed = Hmac::<Sha256>::new_from_slice(Provider::Slack.secret().as_bytes())?;
    let receiver = Receiver { keyed, seen: dedup.then(Mutex::default) };
    Ok(Router::new().route(slack_event::PATH, post(receive)).with_state(Arc::new(receiver)))
}

async fn receive(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    if receiver.proves(&headers, &body).is_none() {
        return StatusCode::UNAUTHORIZED;
    }
    let Some(seen) = &receiver.seen else {
        return handle(body);
    };
    let Some(id) = id(&body) else { return StatusCode::BAD_REQUEST };
    let until = SystemTime::now().checked_add(RETENTION).unwrap_or(UNIX_EPOCH);
    {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((done, _)) = seen.get(id) {
            return if *done { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        }
        seen.insert(id.into(), (false, until));
    }
    let id: Box<[u8]> = id.into();
    let status = handle(body);
    if let Some((done, _)) = seen.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&id) {
        *done = true;
    }
    status
}

fn handle(body: Bytes) -> StatusCode {
    black_box(body);
    count();
    StatusCode::OK
}

impl Receiver {
    fn proves(&self, headers: &HeaderMap, body: &[u8]) -> Option<()> {
        let at = headers.get("x-slack-request-timestamp")?.to_str().ok()?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
        if at.parse::<u64>().ok()?.abs_diff(now) > TOLERANCE {
            return None;
        }
        let mut tag = [0; 32];
        let hex = headers.get("x-slack-signature")?.as_bytes().strip_prefix(b"v0=")?;
        const_hex::decode_to_slice(hex, &mut tag).ok()?;
        let mut mac = self.keyed.clone();
        mac.update(b"v0:");
        mac.update(at.as_bytes());
        mac.update(b":");
        mac.update(body);
        bool::from(mac.finalize().into_bytes().ct_eq(&tag)).then_some(())
    }
}

/// A check of Standard Webhooks, at `now` in Unix seconds: three headers looked up, one signature decoded.
///
/// # Errors
/// If the secret cannot be decoded.
pub fn standard_webhooks(now: u64) -> Result<Verify> {
    let keyed = Hmac::<Sha256>::new_from_slice(&Provider::StandardWebhooks.key()?)?;
    Ok(Box::new(move |headers, body| signed(&keyed, headers, body, now).is_some()))
}

fn signed(keyed: &Hmac<Sha256>, headers: &HeaderMap, body: &[u8], now: u64) -> Option<()> {
    let id = headers.get("webhook-id")?.as_bytes();
    let at = headers.get("webhook-timestamp")?.to_str().ok()?;
    if at.parse::<u64>().ok()?.abs_diff(now) > TOLERANCE {
        return None;
    }
    let mut mac = keyed.clone();
    for piece in [id, b".", at.as_bytes(), b".", body] {
        mac.update(piece);
    }
    let wanted = mac.finalize().into_bytes();
    let mut signatures = headers.get("webhook-signature")?.to_str().ok()?.split(' ');
    signatures
        .any(|signature| signature.strip_prefix("v1,").is_some_and(|encoded| fits(encoded, &wanted)))
        .then_some(())
}

fn fits(encoded: &str, wanted: &[u8]) -> bool {
    // Room for what 44 characters may decode to, as the decoder counts.
    let mut tag = [0; 33];
    let decoded = STANDARD.decode_slice(encoded, &mut tag);
    decoded.is_ok_and(|bytes| tag.get(..bytes).is_some_and(|tag| tag.ct_eq(wanted).into()))
}

/// The event's id, from the end, where Slack writes it.
fn id(body: &[u8]) -> Option<&[u8]> {
    let at = body.windows(ID.len()).rposition(|window| window == ID)?;
    let id = body.get(at.checked_add(ID.len())?..)?;
    id.get(..id.iter().position(|byte| *byte == b'"')?)
}
