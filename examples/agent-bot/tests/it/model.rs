//! A model service on this machine, which answers as it is told to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What the service answers to a request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// The model says this.
    Say(String),
    /// The model wants these tools called with these arguments.
    Call(Vec<(String, String)>),
    /// This status and body, whatever they are.
    Raw(StatusCode, String),
}

type Mind = Arc<dyn Fn(&Value) -> Answer + Send + Sync>;

/// The running service; it stops when this is dropped.
pub(crate) struct ModelDouble {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Value>>>,
    mind: Arc<Mutex<Mind>>,
    open: watch::Sender<bool>,
    server: JoinHandle<()>,
}

#[derive(Clone)]
struct Service {
    seen: Arc<Mutex<Vec<Value>>>,
    mind: Arc<Mutex<Mind>>,
    open: watch::Receiver<bool>,
}

impl ModelDouble {
    /// Answers what `mind` makes of each request.
    pub(crate) async fn start(mind: impl Fn(&Value) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (open, opened) = watch::channel(true);
        let mind: Mind = Arc::new(mind);
        let service = Service { seen: Arc::default(), mind: Arc::new(Mutex::new(mind)), open: opened };
        let (seen, mind) = (Arc::clone(&service.seen), Arc::clone(&service.mind));
        let app = Router::new().route("/v1/chat/completions", post(complete)).with_state(service);
        let server = tokio::spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        Self { address, seen, mind, open, server }
    }

    /// What `OPENAI_BASE_URL` is to be.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Answers nothing until [`release`](Self::release).
    pub(crate) fn hold(&self) {
        self.open.send_replace(false);
    }

    pub(crate) fn release(&self) {
        self.open.send_replace(true);
    }

    /// From now on answers this way.
    pub(crate) fn think(&self, mind: impl Fn(&Value) -> Answer + Send + Sync + 'static) {
        *self.mind.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(mind);
    }

    /// Every request so far.
    pub(crate) fn seen(&self) -> Vec<Value> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for ModelDouble {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn complete(State(mut service): State<Service>, body: String) -> Response {
    let request: Value = serde_json::from_str(&body).expect("JSON");
    service.seen.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
    let Ok(_) = service.open.wait_for(|open| *open).await else { return StatusCode::BAD_GATEWAY.into_response() };
    let mind = Arc::clone(&*service.mind.lock().unwrap_or_else(PoisonError::into_inner));
    let (message, reason) = match mind(&request) {
        Answer::Raw(status, body) => return (status, body).into_response(),
        Answer::Say(text) => (json!({ "role": "assistant", "content": text }), "stop"),
        Answer::Call(calls) => {
            let call = |(at, (name, arguments)): (usize, (String, String))| json!({ "id": format!("call-{at}"), "type": "function", "function": { "name": name, "arguments": arguments } });
            let calls: Vec<Value> = calls.into_iter().enumerate().map(call).collect();
            (json!({ "role": "assistant", "content": null, "tool_calls": calls }), "tool_calls")
        }
    };
    let choice = json!({ "index": 0, "message": message, "finish_reason": reason });
    let usage = json!({ "prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20 });
    let answer = json!({ "id": "c", "object": "chat.completion", "choices": [choice], "usage": usage });
    ([(http::header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}

/// All that the model is given to read, the system's own words aside.
pub(crate) fn read(request: &Value) -> String {
    let messages = request["messages"].as_array().cloned().unwrap_or_default();
    let texts = messages.iter().filter(|message| message["role"] != "system").map(|message| &message["content"]);
    texts.filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
}
