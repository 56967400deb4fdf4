//! The routes: token first, then faults, then the call.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State as Shared};
use axum::response::Response;
use axum::routing::{get, patch, post, put};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::record::Record;
use super::{Fault, Settings};
use crate::server::{self, empty};

/// All that the calls share.
#[derive(Debug)]
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) record: Record,
    faults: Mutex<VecDeque<Fault>>,
    calls: AtomicU64,
}

/// What a call is answered with.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) json: Value,
    /// What is left of its bucket, and when that ends.
    pub(super) bucket: Option<(usize, Duration)>,
}

/// Why a call is not answered with its result.
#[derive(Debug, Clone, Copy)]
pub(super) enum Refusal {
    /// This status and this code.
    Code(StatusCode, u64),
    RateLimited {
        wait: Duration,
        global: bool,
    },
    /// Only this status.
    Status(StatusCode),
}

impl Refusal {
    pub(super) const NO_CHANNEL: Self = Self::Code(StatusCode::NOT_FOUND, 10_003);
    pub(super) const NO_MESSAGE: Self = Self::Code(StatusCode::NOT_FOUND, 10_008);
    pub(super) const EMPTY: Self = Self::Code(StatusCode::BAD_REQUEST, 50_006);
    pub(super) const BAD_FORM: Self = Self::Code(StatusCode::BAD_REQUEST, 50_035);
    pub(super) const BAD_JSON: Self = Self::Code(StatusCode::BAD_REQUEST, 50_109);

    /// A code under the status that it comes with.
    pub(super) const fn of(code: u64) -> Self {
        let status = match code {
            50_027 => StatusCode::UNAUTHORIZED,
            10_000..20_000 => StatusCode::NOT_FOUND,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::Code(status, code)
    }
}

impl State {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings, record: Record::default(), faults: Mutex::default(), calls: AtomicU64::new(0) }
    }

    pub(super) fn push(&self, fault: Fault) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push_back(fault);
    }

    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    fn authorized(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let header = headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Bot "));
        if token == Some(&self.settings.token) { Ok(()) } else { Err(Refusal::Code(StatusCode::UNAUTHORIZED, 0)) }
    }

    /// Does a call under the bot token.
    async fn called(&self, headers: &HeaderMap, call: impl FnOnce() -> Result<Done, Refusal>) -> Response {
        match self.authorized(headers) {
            Ok(()) => self.between_faults(call).await,
            Err(refusal) => refused(refusal),
        }
    }

    /// Does a call between the faults that are asked for.
    async fn between_faults(&self, call: impl FnOnce() -> Result<Done, Refusal>) -> Response {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let fault = self.faults.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let result = match fault {
            None => call(),
            Some(Fault::RateLimited { retry_after, global }) => {
                Err(Refusal::RateLimited { wait: Duration::from_millis(retry_after.into()), global })
            }
            Some(Fault::Code(status, code)) => Err(Refusal::Code(status, code)),
            Some(Fault::Status(status)) => Err(Refusal::Status(status)),
            Some(Fault::Hang(span)) => {
                tokio::time::sleep(span).await;
                call()
            }
            Some(Fault::LostResponse) => call().and(Err(Refusal::Status(StatusCode::BAD_GATEWAY))),
        };
        match result {
            Ok(done) => answered(&done),
            Err(refusal) => refused(refusal),
        }
    }
}

type Api = Shared<Arc<State>>;
type Ids = Path<(String, String)>;

pub(super) fn router(state: Arc<State>) -> Router {
    let calls = Router::new()
        .route("/users/@me", get(me))
        .route("/users/@me/channels", post(direct))
        .route("/users/{user}", get(user))
        .route("/guilds/{guild}/members/{user}", get(member))
        .route("/applications/{application}/commands", put(register))
        .route("/channels/{channel}/messages", post(send))
        .route("/channels/{channel}/messages/{id}", patch(change))
        .route("/webhooks/{application}/{token}", post(follow_up))
        .route(
            "/webhooks/{application}/{token}/messages/{id}",
            get(read_answer).patch(change_answer).delete(delete_answer),
        )
        .with_state(state);
    Router::new().nest("/api/v10", calls)
}

async fn me(Shared(state): Api, headers: HeaderMap) -> Response {
    match state.authorized(&headers) {
        Ok(()) => answered(&Done { json: state.me(), bucket: None }),
        Err(refusal) => refused(refusal),
    }
}

async fn direct(Shared(state): Api, headers: HeaderMap, body: Bytes) -> Response {
    state.called(&headers, || state.direct(&body)).await
}

async fn user(Shared(state): Api, Path(user): Path<String>, headers: HeaderMap) -> Response {
    state.called(&headers, || state.user(&user)).await
}

async fn member(Shared(state): Api, Path((guild, user)): Ids, headers: HeaderMap) -> Response {
    state.called(&headers, || state.member(&guild, &user)).await
}

async fn register(Shared(state): Api, Path(application): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let call = || {
        if application != state.settings.application {
            return Err(Refusal::of(10_002));
        }
        let commands: Value = serde_json::from_slice(&body).map_err(|_| Refusal::BAD_JSON)?;
        state.record.register(commands.clone());
        Ok(Done { json: commands, bucket: None })
    };
    state.called(&headers, call).await
}

async fn send(Shared(state): Api, Path(channel): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    state.called(&headers, || state.send(&channel, &body)).await
}

async fn change(Shared(state): Api, Path((channel, id)): Ids, headers: HeaderMap, body: Bytes) -> Response {
    state.called(&headers, || state.change(&channel, &id, &body)).await
}

async fn follow_up(Shared(state): Api, Path((application, token)): Ids, body: Bytes) -> Response {
    match state.answering(&application, &token) {
        Ok(answering) => state.between_faults(|| state.follow_up(&answering, &body)).await,
        Err(refusal) => refused(refusal),
    }
}

type Answer = Path<(String, String, String)>;

async fn read_answer(Shared(state): Api, Path((application, token, id)): Answer) -> Response {
    match state.answering(&application, &token) {
        Ok(answering) => state.between_faults(|| state.read_answer(&answering, &id)).await,
        Err(refusal) => refused(refusal),
    }
}

async fn change_answer(Shared(state): Api, Path((application, token, id)): Answer, body: Bytes) -> Response {
    match state.answering(&application, &token) {
        Ok(answering) => state.between_faults(|| state.change_answer(&answering, &id, &body)).await,
        Err(refusal) => refused(refusal),
    }
}

async fn delete_answer(Shared(state): Api, Path((application, token, id)): Answer) -> Response {
    match state.answering(&application, &token).and_then(|answering| state.delete_answer(&answering, &id)) {
        Ok(()) => empty(StatusCode::NO_CONTENT),
        Err(refusal) => refused(refusal),
    }
}

fn answered(done: &Done) -> Response {
    let mut response = json_answer(StatusCode::OK, &done.json);
    if let Some((left, reset)) = done.bucket {
        let headers = response.headers_mut();
        headers.insert("x-ratelimit-bucket", HeaderValue::from_static("80c17d2f203122d936070c88c8d10f33"));
        headers.insert("x-ratelimit-limit", HeaderValue::from(5));
        headers.insert("x-ratelimit-remaining", HeaderValue::from(left));
        if let Ok(reset) = format!("{:.3}", reset.as_secs_f64()).parse() {
            headers.insert("x-ratelimit-reset-after", reset);
        }
    }
    response
}

fn refused(refusal: Refusal) -> Response {
    match refusal {
        Refusal::Code(status, code) => json_answer(status, &json!({ "message": "refused", "code": code })),
        Refusal::Status(status) => empty(status),
        Refusal::RateLimited { wait, global } => {
            let wait = wait.as_secs_f64();
            let body = json!({ "message": "You are being rate limited.", "retry_after": wait, "global": global });
            let mut response = json_answer(StatusCode::TOO_MANY_REQUESTS, &body);
            let headers = response.headers_mut();
            if let Ok(whole) = format!("{:.0}", wait.ceil().max(1.0)).parse() {
                headers.insert("retry-after", whole);
            }
            let scope = if global { "global" } else { "user" };
            headers.insert("x-ratelimit-scope", HeaderValue::from_static(scope));
            if global {
                headers.insert("x-ratelimit-global", HeaderValue::from_static("true"));
            }
            response
        }
    }
}

fn json_answer(status: StatusCode, body: &Value) -> Response {
    server::json(status, body, "application/json")
}
