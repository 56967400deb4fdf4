//! Stripe's list of events: newest first, `starting_after`, `has_more`.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use axum::routing::get;
use imchat_inbox::reconcile::StripeEvents;

use super::server::{Desk, Server, query, status};

#[derive(Clone)]
struct Event {
    id: String,
    name: String,
    created: i64,
    text: String,
}

#[derive(Clone, Default)]
struct Shelf {
    desk: Desk,
    events: Arc<Mutex<Vec<Event>>>,
}

pub struct Stripe {
    pub server: Server,
    pub desk: Desk,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Stripe {
    pub async fn start() -> Self {
        let shelf = Shelf::default();
        let router = Router::new().route("/v1/events", get(list)).with_state(shelf.clone());
        Self { server: Server::start(router).await, desk: shelf.desk, events: shelf.events }
    }

    pub fn source(&self) -> StripeEvents {
        StripeEvents::new(super::client(), super::TOKEN).unwrap().base_url(&self.server.base).unwrap()
    }

    /// An event that happened now, in exactly this text.
    pub fn happens(&self, text: &str) {
        let read: serde_json::Value = serde_json::from_str(text).unwrap();
        let word = |name: &str| read[name].as_str().unwrap().to_owned();
        let created = read["created"].as_i64().unwrap();
        let event = Event { id: word("id"), name: word("type"), created, text: text.to_owned() };
        self.events.lock().unwrap().insert(0, event);
    }
}

/// An event as the list writes it; `more` are further fields, each with its comma before it.
pub fn event(id: &str, name: &str, more: &str) -> String {
    let created = super::now().unix_timestamp() - 60;
    format!(
        "{{\"id\":\"{id}\",\"object\":\"event\",\"api_version\":\"2019-02-19\",\"created\":{created},\
         \"data\":{{\"object\":{{\"id\":\"in_1\"}}}},\"livemode\":false,\"type\":\"{name}\"{more}}}"
    )
}

async fn list(State(shelf): State<Shelf>, request: Request) -> Response<Body> {
    if let Some(answer) = shelf.desk.pass(&request) {
        return answer;
    }
    let one = |name: &str| query(request.uri(), name).into_iter().next();
    let limit: usize = one("limit").map_or(10, |text| text.parse().unwrap());
    let types = query(request.uri(), "types[]");
    if !(1..=100).contains(&limit) || types.len() > 20 {
        return status(400);
    }
    let since: i64 = one("created[gte]").map_or(0, |text| text.parse().unwrap());
    let events = shelf.events.lock().unwrap().clone();
    let wanted: Vec<_> = events
        .iter()
        .filter(|event| event.created >= since && (types.is_empty() || types.contains(&event.name)))
        .collect();
    let start = match one("starting_after") {
        None => 0,
        Some(after) => match wanted.iter().position(|event| event.id == after) {
            Some(place) => place + 1,
            None => return status(400),
        },
    };
    let page: Vec<_> = wanted.iter().skip(start).take(limit).map(|event| event.text.as_str()).collect();
    let has_more = start + page.len() < wanted.len();
    let text = format!(
        "{{\n  \"object\": \"list\",\n  \"url\": \"/v1/events\",\n  \"has_more\": {has_more},\n  \"data\": [{}]\n}}",
        page.join(",\n")
    );
    Response::builder().header("content-type", "application/json").body(Body::from(text)).unwrap()
}
