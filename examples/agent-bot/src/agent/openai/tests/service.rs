//! The chat completions API, as its documents have it.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::KEY;

/// What the service answers next: a status, a header and a body.
pub(super) type Answer = (u16, Option<(&'static str, &'static str)>, String);

/// A service on this machine that holds requests to the documents, and answers what it was told to.
#[derive(Clone, Default)]
pub(super) struct Service {
    answers: Arc<Mutex<Vec<Answer>>>,
    pub(super) asked: Arc<Mutex<Vec<Value>>>,
}

impl Service {
    /// One that listens, and its base URL.
    pub(super) async fn start(answers: impl IntoIterator<Item = Answer>) -> (Self, String) {
        let service = Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..Self::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let router = Router::new().route("/v1/chat/completions", post(complete)).with_state(service.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (service, base_url)
    }
}

async fn complete(State(service): State<Service>, headers: HeaderMap, body: String) -> (StatusCode, HeaderMap, String) {
    let error = |status: u16, message: &str| {
        let body =
            json!({ "error": { "message": message, "type": "invalid_request_error", "param": null, "code": null } });
        (StatusCode::from_u16(status).unwrap(), HeaderMap::new(), body.to_string())
    };
    if headers.get("authorization").is_none_or(|given| given != format!("Bearer {KEY}").as_str()) {
        return error(401, "Incorrect API key provided");
    }
    let request: Value = match serde_json::from_str(&body) {
        Ok(request) => request,
        Err(_) => return error(400, "We could not parse the JSON body of your request."),
    };
    if let Err(problem) = conforms(&request) {
        return error(400, problem);
    }
    service.asked.lock().unwrap().push(request);
    let mut answers = service.answers.lock().unwrap();
    let (status, header, body) = if answers.is_empty() { (500, None, String::new()) } else { answers.remove(0) };
    let headers = header.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    (StatusCode::from_u16(status).unwrap(), headers.into_iter().collect(), body)
}

/// The documents' rules that a transcript could break.
fn conforms(request: &Value) -> Result<(), &'static str> {
    if request["model"].as_str().is_none_or(str::is_empty) {
        return Err("you must provide a model parameter");
    }
    let mut open: Vec<&str> = Vec::new();
    for message in request["messages"].as_array().ok_or("messages is not an array")? {
        match (message["role"].as_str().ok_or("a message has no role")?, &message["content"]) {
            ("system" | "user", Value::String(_)) => {}
            ("assistant", Value::String(_)) if message.get("tool_calls").is_none() => {}
            ("assistant", Value::Null) => {
                for call in message["tool_calls"].as_array().ok_or("assistant content is null without tool_calls")? {
                    let name = call["function"]["name"].as_str().ok_or("a call has no name")?;
                    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
                    if name.is_empty() || name.len() > 64 || !name.bytes().all(fits) {
                        return Err("Invalid 'function.name': string does not match pattern");
                    }
                    call["function"]["arguments"].as_str().ok_or("arguments is not a string")?;
                    open.push(call["id"].as_str().ok_or("a call has no id")?);
                }
                continue;
            }
            ("tool", Value::String(_)) => {
                let id = message["tool_call_id"].as_str().ok_or("a tool message has no tool_call_id")?;
                let at = open.iter().position(|open| *open == id);
                open.remove(at.ok_or("messages with role 'tool' must follow a message with 'tool_calls'")?);
                continue;
            }
            _ => return Err("a message is not as documented"),
        }
        if !open.is_empty() {
            return Err("an assistant message with 'tool_calls' must be followed by tool messages");
        }
    }
    for tool in request["tools"].as_array().into_iter().flatten() {
        if tool["type"] != "function" || tool["function"]["parameters"]["type"] != "object" {
            return Err("Invalid schema for function");
        }
    }
    Ok(())
}
