//! The routes: token first, then faults, then the call.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path, Query, State as Shared};
use axum::response::Response;
use axum::routing::{get, patch, post};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::record::{Receiver, Record};
use super::tokens::Tokens;
use super::{Fault, Settings};
use crate::server::{self, empty};

/// All that the calls share.
#[derive(Debug)]
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) tokens: Tokens,
    pub(super) record: Record,
    faults: Mutex<VecDeque<Fault>>,
}

/// Why a call is not answered with its result.
#[derive(Debug)]
pub(super) enum Refusal {
    /// HTTP 400 with this code.
    Code(u64),
    /// HTTP 429 with this reset.
    RateLimited(u64),
    /// Only this status.
    Status(StatusCode),
}

impl State {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings, tokens: Tokens::default(), record: Record::default(), faults: Mutex::default() }
    }

    pub(super) fn push(&self, fault: Fault) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push_back(fault);
    }

    fn authorized(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let header = headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or(Refusal::Code(99_991_661))?;
        if self.tokens.is_good(token, self.settings.clock.now()) { Ok(()) } else { Err(Refusal::Code(99_991_663)) }
    }

    /// Does a call between the faults that are asked for.
    async fn called(&self, headers: &HeaderMap, call: impl FnOnce() -> Result<Value, Refusal>) -> Response {
        if let Err(refusal) = self.authorized(headers) {
            return answer(Err(refusal));
        }
        let fault = self.faults.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        answer(match fault {
            None => call(),
            Some(Fault::RateLimited { reset }) => Err(Refusal::RateLimited(reset)),
            Some(Fault::Code(code)) => Err(Refusal::Code(code)),
            Some(Fault::Status(status)) => Err(Refusal::Status(status)),
            Some(Fault::Hang(span)) => {
                tokio::time::sleep(span).await;
                call()
            }
            Some(Fault::LostResponse) => call().and(Err(Refusal::Status(StatusCode::BAD_GATEWAY))),
        })
    }
}

pub(super) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/open-apis/auth/v3/tenant_access_token/internal", post(token))
        .route("/open-apis/bot/v3/info", get(info))
        .route("/open-apis/im/v1/messages", post(send))
        .route("/open-apis/im/v1/messages/{id}/reply", post(reply))
        .route("/open-apis/im/v1/messages/{id}", patch(change))
        .route("/open-apis/contact/v3/users/{id}", get(user))
        .with_state(state)
}

async fn token(Shared(state): Shared<Arc<State>>, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let is = |name: &str, value: &str| body.get(name).and_then(Value::as_str) == Some(value);
    if !is("app_id", &state.settings.app_id) {
        return answer(Err(Refusal::Code(10_003)));
    }
    if !is("app_secret", &state.settings.app_secret) {
        return answer(Err(Refusal::Code(10_014)));
    }
    let (token, life) = state.tokens.give(state.settings.clock.now());
    json_answer(
        StatusCode::OK,
        &json!({ "code": 0, "msg": "ok", "tenant_access_token": token, "expire": life.as_secs() }),
    )
}

async fn info(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Response {
    let bot = json!({ "activate_status": 2, "app_name": "Ops Bot", "open_id": state.settings.bot });
    match state.authorized(&headers) {
        Ok(()) => json_answer(StatusCode::OK, &json!({ "code": 0, "msg": "ok", "bot": bot })),
        Err(refusal) => answer(Err(refusal)),
    }
}

async fn send(
    Shared(state): Shared<Arc<State>>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let kind = query.into_iter().find(|(name, _)| name == "receive_id_type").map(|(_, value)| value);
    state.called(&headers, || state.send(kind.as_deref(), &body)).await
}

async fn reply(Shared(state): Shared<Arc<State>>, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let call = || {
        let json: Value = serde_json::from_slice(&body).unwrap_or_default();
        let in_thread = json.get("reply_in_thread").and_then(Value::as_bool).unwrap_or(false);
        state.say(Receiver::Reply { to: id, in_thread }, &body)
    };
    state.called(&headers, call).await
}

async fn change(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    state.called(&headers, || state.change(&id, &body)).await
}

async fn user(Shared(state): Shared<Arc<State>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let call = || {
        let user = state.settings.users.get(&id).ok_or(Refusal::Code(41_050))?;
        Ok(json!({ "user": {
            "open_id": id,
            "name": user.name,
            "department_ids": user.departments,
            "status": { "is_frozen": false, "is_resigned": user.resigned, "is_activated": true, "is_exited": false },
        } }))
    };
    state.called(&headers, call).await
}

fn answer(result: Result<Value, Refusal>) -> Response {
    match result {
        Ok(data) => json_answer(StatusCode::OK, &json!({ "code": 0, "msg": "success", "data": data })),
        Err(Refusal::Code(code)) => json_answer(StatusCode::BAD_REQUEST, &json!({ "code": code, "msg": "refused" })),
        Err(Refusal::RateLimited(reset)) => {
            let body = json!({ "code": 99_991_400, "msg": "request trigger frequency limit" });
            let mut response = json_answer(StatusCode::TOO_MANY_REQUESTS, &body);
            response.headers_mut().insert("x-ogw-ratelimit-reset", HeaderValue::from(reset));
            response
        }
        Err(Refusal::Status(status)) => empty(status),
    }
}

fn json_answer(status: StatusCode, body: &Value) -> Response {
    server::json(status, body, "application/json; charset=utf-8")
}
