//! GitHub's log of deliveries: newest first, `Link`, and attempts that send the original bytes again.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{Response, Uri};
use axum::routing::{get, post};
use imchat_inbox::reconcile::GitHubDeliveries;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::server::{Desk, Server, query, status};

/// One line of the log.
#[derive(Clone)]
pub struct Line {
    pub id: u64,
    pub guid: String,
    pub at: OffsetDateTime,
    pub code: u16,
    pub redelivery: bool,
}

/// What was signed once, and is sent as often as it is asked for.
#[derive(Clone)]
pub struct Payload {
    pub guid: &'static str,
    pub body: Vec<u8>,
    pub signature: String,
}

#[derive(Default)]
struct Log {
    lines: Vec<Line>,
    payloads: Vec<Payload>,
    receiver: Option<String>,
    /// The host of the `Link` header, where it is not this one.
    elsewhere: Option<&'static str>,
}

#[derive(Clone, Default)]
struct Shelf {
    desk: Desk,
    log: Arc<Mutex<Log>>,
}

pub struct GitHub {
    pub server: Server,
    pub desk: Desk,
    log: Arc<Mutex<Log>>,
}

pub const HOOK: &str = "/repos/octocat/hello-world/hooks/42/deliveries";

impl GitHub {
    pub async fn start() -> Self {
        let shelf = Shelf::default();
        let mut router = Router::new();
        for hook in [HOOK, "/orgs/octo-org/hooks/42/deliveries", "/app/hook/deliveries"] {
            router = router.route(hook, get(list)).route(&format!("{hook}/{{id}}/attempts"), post(attempt));
        }
        let server = Server::start(router.with_state(shelf.clone())).await;
        Self { server, desk: shelf.desk, log: shelf.log }
    }

    pub fn source(&self) -> GitHubDeliveries {
        GitHubDeliveries::of_repository(super::client(), super::TOKEN, "octocat", "hello-world", 42)
            .unwrap()
            .base_url(&self.server.base)
            .unwrap()
    }

    /// Where the hook's deliveries go.
    pub fn receiver(&self, url: String) {
        self.log.lock().unwrap().receiver = Some(url);
    }

    pub fn links_elsewhere(&self) {
        self.log.lock().unwrap().elsewhere = Some("https://elsewhere.example");
    }

    /// An attempt that was made so many seconds ago.
    pub fn tried(&self, guid: &str, seconds_ago: i64, code: u16) {
        let mut log = self.log.lock().unwrap();
        // Wider than a number of JavaScript's, as GitHub's are.
        let id = 9_007_199_254_740_993 + log.lines.len() as u64;
        let at = super::now() - time::Duration::seconds(seconds_ago);
        log.lines.push(Line { id, guid: guid.into(), at, code, redelivery: false });
        log.lines.sort_by_key(|line| std::cmp::Reverse(line.at));
    }

    /// Something happens: the payload is sent to the receiver, once.
    pub async fn happens(&self, payload: Payload, seconds_ago: i64) -> u16 {
        let receiver = self.log.lock().unwrap().receiver.clone().unwrap();
        let code = deliver(&receiver, &payload).await;
        let guid = payload.guid;
        self.log.lock().unwrap().payloads.push(payload);
        self.tried(guid, seconds_ago, code);
        code
    }

    /// The log has another answer of the receiver's than it gave.
    pub fn rewrite(&self, guid: &str, code: u16) {
        let mut log = self.log.lock().unwrap();
        log.lines.iter_mut().filter(|line| line.guid == guid).for_each(|line| line.code = code);
    }

    /// The deliveries that were asked for again, by guid, in the order they were.
    pub fn asked_again(&self) -> Vec<String> {
        let log = self.log.lock().unwrap();
        let posts = self.desk.asked().into_iter().filter(|asked| asked.method == "POST");
        let id = |uri: Uri| uri.path().split('/').rev().nth(1).unwrap().parse::<u64>().unwrap();
        let guid = |id: u64| log.lines.iter().find(|line| line.id == id).unwrap().guid.clone();
        posts.map(|asked| guid(id(asked.uri))).collect()
    }
}

async fn deliver(receiver: &str, payload: &Payload) -> u16 {
    let sent = super::client()
        .post(receiver)
        .header("x-github-event", "push")
        .header("x-github-delivery", payload.guid)
        .header("x-hub-signature-256", &payload.signature)
        .header("content-type", "application/json")
        .body(payload.body.clone())
        .send()
        .await;
    sent.map_or(502, |answer| answer.status().as_u16())
}

async fn list(State(shelf): State<Shelf>, request: Request) -> Response<Body> {
    if let Some(answer) = shelf.desk.pass(&request) {
        return answer;
    }
    let one = |name: &str| query(request.uri(), name).into_iter().next();
    let size: usize = one("per_page").map_or(30, |text| text.parse().unwrap());
    let log = shelf.log.lock().unwrap();
    let start = match one("cursor") {
        None => 0,
        Some(cursor) => match log.lines.iter().position(|line| cursor == format!("v1_{}", line.id)) {
            Some(place) => place,
            None => return status(422),
        },
    };
    let page: Vec<_> = log.lines.iter().skip(start).take(size).map(written).collect();
    let mut answer = Response::builder().header("content-type", "application/json; charset=utf-8");
    if let Some(next) = log.lines.get(start + page.len()) {
        let host = log
            .elsewhere
            .map_or_else(|| format!("http://{}", request.headers()["host"].to_str().unwrap()), String::from);
        let path = request.uri().path();
        let previous = format!("<{host}{path}?per_page={size}&cursor=v0_0>; rel=\"prev\"");
        let link = format!("{previous}, <{host}{path}?per_page={size}&cursor=v1_{}>; rel=\"next\"", next.id);
        answer = answer.header("link", link);
    }
    answer.body(Body::from(serde_json::Value::from(page).to_string())).unwrap()
}

fn written(line: &Line) -> serde_json::Value {
    serde_json::json!({
        "id": line.id, "guid": line.guid, "delivered_at": line.at.format(&Rfc3339).unwrap(),
        "redelivery": line.redelivery, "duration": 0.03, "status": if line.code < 300 { "OK" } else { "failed to connect" },
        "status_code": line.code, "event": "push", "action": null, "installation_id": 123, "repository_id": 123,
    })
}

async fn attempt(State(shelf): State<Shelf>, Path(id): Path<u64>, request: Request) -> Response<Body> {
    if let Some(answer) = shelf.desk.pass(&request) {
        return answer;
    }
    let found = {
        let log = shelf.log.lock().unwrap();
        let guid = log.lines.iter().find(|line| line.id == id).map(|line| line.guid.clone());
        let payload = log.payloads.iter().find(|payload| Some(payload.guid) == guid.as_deref());
        guid.map(|guid| (guid, payload.cloned().zip(log.receiver.clone())))
    };
    let Some((guid, payload)) = found else { return status(404) };
    if let Some((payload, receiver)) = payload {
        let code = deliver(&receiver, &payload).await;
        let mut log = shelf.log.lock().unwrap();
        let line = Line { id: id + 1_000_000, guid, at: super::now(), code, redelivery: true };
        log.lines.insert(0, line);
    }
    Response::builder().status(202).body(Body::from("{}")).unwrap()
}
