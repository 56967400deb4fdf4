//! One route for every method: token first, then the method, then the answer's shape.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery, State as Shared};
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use super::Settings;
use super::arguments::{Arguments, bearer};
use super::faults::{Fault, Faults};
use super::issued::Issued;
use super::rate::Channels;
use super::record::Record;
use crate::server::{self, empty};

/// All that the methods share.
#[derive(Debug)]
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) rates: Channels,
    pub(super) record: Record,
    pub(super) faults: Faults,
    pub(super) issued: Issued,
}

/// Why a call is not answered with its result.
#[derive(Debug)]
pub(super) enum Refusal {
    /// HTTP 200 with this code.
    Error(&'static str),
    /// 429 with this `Retry-After`, in seconds.
    RateLimited(u64),
    /// Only this status.
    Status(StatusCode),
}

impl Refusal {
    /// How the record names it.
    pub(super) fn code(&self) -> String {
        match self {
            Self::Error(error) => (*error).to_owned(),
            Self::RateLimited(_) => "ratelimited".to_owned(),
            Self::Status(status) => format!("http_{}", status.as_u16()),
        }
    }
}

impl From<&'static str> for Refusal {
    fn from(error: &'static str) -> Self {
        Self::Error(error)
    }
}

impl State {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            rates: Channels::default(),
            record: Record::default(),
            faults: Faults::default(),
            issued: Issued::default(),
        }
    }
}

pub(super) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/api/{method}", get(call).post(call))
        .route("/response/{route}", post(respond))
        .with_state(state)
}

/// A message over a response URL: `ok`, or 404 with a word.
async fn respond(
    Shared(state): Shared<Arc<State>>,
    Path(route): Path<String>,
    body: Bytes,
) -> (StatusCode, &'static str) {
    let Ok(body @ Value::Object(_)) = serde_json::from_slice(&body) else {
        return (StatusCode::BAD_REQUEST, "invalid_payload");
    };
    match state.issued.respond(&route, body, state.settings.clock.now()) {
        Ok(()) => (StatusCode::OK, "ok"),
        Err(word) => (StatusCode::NOT_FOUND, word),
    }
}

async fn call(
    Shared(state): Shared<Arc<State>>,
    Path(name): Path<String>,
    verb: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let arguments = if verb == Method::POST {
        Arguments::of_post(&headers, &body)
    } else {
        Ok(Arguments::of_form(query.unwrap_or_default().as_bytes()))
    };
    let token = bearer(&headers).or_else(|| arguments.as_ref().ok().and_then(Arguments::form_token));
    let authorized = match token {
        None => Err("not_authed"),
        Some(token) if token == state.settings.token => Ok(()),
        Some(_) => Err("invalid_auth"),
    };
    let on_the_way = match authorized {
        Ok(()) if name.starts_with("chat.") || name.starts_with("views.") => state.faults.take_on_the_way(),
        _ => None,
    };
    if let Some(Fault::Hang(span)) = on_the_way {
        tokio::time::sleep(span).await;
    }
    let result = match name.as_str() {
        "auth.test" => authorized.map_err(Refusal::from).map(|()| state.auth_test()),
        "users.info" => authorized.and(arguments).map_err(Refusal::from).and_then(|a| state.users_info(&a)),
        "usergroups.list" => authorized.map_err(Refusal::from).map(|()| state.usergroups_list()),
        "views.open" => state.views_open(authorized, arguments),
        "chat.postEphemeral" => state.chat_post_ephemeral(authorized, arguments),
        "chat.postMessage" => state.chat_post_message(authorized, arguments),
        "chat.update" => state.chat_update(authorized, arguments),
        _ => Err("unknown_method".into()),
    };
    let result =
        if on_the_way == Some(Fault::LostResponse) { Err(Refusal::Status(StatusCode::BAD_GATEWAY)) } else { result };
    match result {
        Ok(value) => reply(StatusCode::OK, &value),
        Err(Refusal::Error(error)) => reply(StatusCode::OK, &json!({ "ok": false, "error": error })),
        Err(Refusal::RateLimited(seconds)) => {
            let body = json!({ "ok": false, "error": "ratelimited" });
            let mut response = reply(StatusCode::TOO_MANY_REQUESTS, &body);
            response.headers_mut().insert(http::header::RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
        Err(Refusal::Status(status)) => empty(status),
    }
}

fn reply(status: StatusCode, body: &Value) -> Response {
    server::json(status, body, "application/json; charset=utf-8")
}

impl State {
    fn auth_test(&self) -> Value {
        let workspace = &self.settings.workspace;
        json!({
            "ok": true,
            "url": "https://sim.slack.com/",
            "team": "Simulated",
            "user": "bot",
            "team_id": workspace.team,
            "user_id": workspace.bot_user,
            "bot_id": workspace.bot,
            "is_enterprise_install": false,
        })
    }

    fn users_info(&self, arguments: &Arguments) -> Result<Value, Refusal> {
        let (id, name) =
            arguments.text("user").and_then(|id| self.settings.users.get_key_value(id)).ok_or("user_not_found")?;
        Ok(json!({
            "ok": true,
            "user": {
                "id": id,
                "team_id": self.settings.workspace.team,
                "name": name,
                "real_name": name,
                "deleted": false,
                "is_bot": false,
                "profile": { "real_name": name, "display_name": name },
            },
        }))
    }

    fn usergroups_list(&self) -> Value {
        let group = |(handle, users): (&String, &BTreeSet<String>)| json!({ "id": format!("S{handle}"), "handle": handle, "name": handle, "users": users });
        json!({ "ok": true, "usergroups": self.settings.groups.iter().map(group).collect::<Vec<_>>() })
    }
}
