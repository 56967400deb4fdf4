use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::{Body, to_bytes};
use http::{Request, StatusCode};
use imchat_verify::Clock;
use imchat_verify::providers::TEAMS_OUTGOING;
use imchat_verify::sign::{SignRequest, Signer};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tower::ServiceExt as _;

use super::*;
use crate::agent::model::{Model, ModelError, Stepped};
use crate::agent::scripted::{Mood, Scripted};
use crate::agent::tools::{KNOWN, ToolSpec};
use crate::config::SigningSecrets;
use crate::limits::RateLimits;
use crate::ops::{Ops, Service};
use crate::platform::Doing;
use crate::state::testing::Room;

const SECRET: &str = "vqF0En+Z0ucuRTM/01o2GuhMH3hKKk/N2bOmlM31zaA=";
const OTHER: &str = "MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmY=";
const ASK: &str = r#"
ask = [{ who = ["teams:tenant-1:*"], where = ["teams:tenant-1:19:ops@thread.tacv2"] }]
[tools.restart_service]
rule = "ask"
approvers = ["*"]
"#;

/// The scripted model, counted.
#[derive(Default)]
struct Counted(AtomicU64);

impl Model for Counted {
    fn step<'a>(&'a self, transcript: &'a Transcript, tools: &'a [ToolSpec]) -> Doing<'a, Stepped, ModelError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move { Scripted::new(Mood::Good).step(transcript, tools).await })
    }
}

/// Lets the simulated time pass in which Teams waits, and never answers.
struct Slow;

impl Model for Slow {
    fn step<'a>(&'a self, _: &'a Transcript, _: &'a [ToolSpec]) -> Doing<'a, Stepped, ModelError> {
        Box::pin(async {
            tokio::time::pause();
            tokio::time::advance(TURN).await;
            // The database of this test is a real one.
            tokio::time::resume();
            std::future::pending().await
        })
    }
}

struct Stage {
    app: Router,
    model: Arc<Counted>,
    state: State,
    _room: Room,
}

async fn stage(policy: &str) -> Stage {
    let model = Arc::<Counted>::default();
    with(policy, Arc::<Counted>::clone(&model), model).await
}

async fn with(policy: &str, thinks: Arc<dyn Model>, model: Arc<Counted>) -> Stage {
    let room = Room::sqlite();
    let state = room.state().await;
    let mut tx = state.begin().await.expect("a transaction");
    let [name, health, version, on_call] = ["checkout", "healthy", "1.4.1", "Alice"].map(str::to_owned);
    Ops.found(&mut tx, &Service { name, health, version, on_call, restarts: 0 }).await.expect("a service");
    tx.commit().await.expect("durable");
    let policy = Policy::parse(policy, KNOWN).expect("a policy");
    let clock: Arc<dyn Clock> = Arc::new(OffsetDateTime::now_utc);
    let limits = RateLimits::new(policy.limits(), &clock, None);
    let thinking = Thinking { clock, limits, model: thinks };
    let answering = Answering::new(policy, thinking, state.clone(), Telemetry::default());
    let teams = TeamsConfig { signing: SigningSecrets::of(SECRET) };
    Stage { app: routes(&teams, answering).expect("a route"), model, state, _room: room }
}

fn said(id: &str, text: &str) -> Value {
    json!({
        "type": "message",
        "id": id,
        "from": { "id": "29:1abc", "name": "Tim", "aadObjectId": "aad-1" },
        "conversation": { "id": "19:ops@thread.tacv2;messageid=1485983194839" },
        "channelData": { "tenant": { "id": "tenant-1" } },
        "text": format!("<at>bot</at>&nbsp;{text}"),
    })
}

impl Stage {
    /// The status, and the text that Teams would show.
    async fn answer(&self, message: &Value, secret: &str) -> (StatusCode, String) {
        let body = message.to_string();
        let signer = Signer::of(&TEAMS_OUTGOING, secret).expect("a secret");
        let headers = signer.sign(SignRequest::post(body.as_bytes(), OffsetDateTime::now_utc())).expect("signed");
        let mut request = Request::post("/teams/messages");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body)).expect("a request");
        let (head, body) = self.app.clone().oneshot(request).await.expect("a response").into_parts();
        let body = to_bytes(body, 1_000_000).await.expect("a body");
        let shown: Value = serde_json::from_slice(&body).unwrap_or_default();
        (head.status, shown["text"].as_str().unwrap_or_default().to_owned())
    }

    async fn shown(&self, id: &str, text: &str) -> String {
        let (status, shown) = self.answer(&said(id, text), SECRET).await;
        assert_eq!(status, StatusCode::OK);
        shown
    }

    async fn audited(&self) -> Vec<(String, String)> {
        let mut tx = self.state.read().await.expect("a transaction");
        let rows = tx.query("SELECT act, who FROM bot_audit ORDER BY number").rows().await.expect("rows");
        rows.iter().map(|row| (row.text("act").expect("text"), row.text("who").expect("text"))).collect()
    }
}

#[tokio::test]
async fn the_answer_is_the_response_and_is_audited() {
    let stage = stage(ASK).await;
    let shown = stage.shown("1", "what is the status of checkout?").await;
    assert_eq!(shown, "Here is what I found: checkout is healthy, runs 1.4.1 and was restarted 0 times");
    assert_eq!(stage.audited().await, [("turn.answered".to_owned(), "teams:tenant-1:aad-1".to_owned())]);
}

#[tokio::test]
async fn a_model_that_is_too_slow_is_told_of_before_teams_gives_up() {
    let stage = with(ASK, Arc::new(Slow), Arc::default()).await;
    let started = tokio::time::Instant::now();
    assert_eq!(stage.shown("1", "status checkout").await, LATE);
    let took = started.elapsed();
    assert!((TURN..Duration::from_secs(5)).contains(&took), "{took:?}");
}

#[tokio::test]
async fn a_change_is_neither_made_nor_planned() {
    let stage = stage(ASK).await;
    let shown = stage.shown("1", "please restart checkout").await;
    assert!(shown.contains("ask me in Slack/Feishu/Discord"), "{shown}");
    let mut tx = stage.state.read().await.expect("a transaction");
    let service = Ops.service(&mut tx, "checkout").await.expect("read").expect("the service");
    assert_eq!(service.restarts, 0);
    let plans = tx.query("SELECT count(*) AS plans FROM bot_plans").row().await.expect("read").expect("a row");
    assert_eq!(plans.number("plans").expect("a number"), 0);
}

#[tokio::test]
async fn a_second_delivery_of_a_message_takes_no_turn() {
    let stage = stage(ASK).await;
    stage.shown("1", "hello").await;
    stage.shown("1", "hello").await;
    assert_eq!(stage.model.0.load(Ordering::SeqCst), 1);
    stage.shown("2", "hello").await;
    assert_eq!(stage.model.0.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_is_not_proved_reaches_nobody() {
    let stage = stage(ASK).await;
    let (status, shown) = stage.answer(&said("1", "hello"), OTHER).await;
    assert_eq!((status, shown.as_str()), (StatusCode::UNAUTHORIZED, ""));
    let unsigned = Request::post("/teams/messages").body(Body::from(said("1", "hello").to_string())).expect("one");
    let response = stage.app.clone().oneshot(unsigned).await.expect("a response");
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(stage.model.0.load(Ordering::SeqCst), 0);
    assert_eq!(stage.audited().await, []);
}

#[tokio::test]
async fn who_may_not_ask_is_told_so_and_groups_count_for_nothing() {
    let by_group = r#"ask = [{ who = ["teams:tenant-1:group:ops"], where = ["*"] }]"#;
    let other_tenant = r#"ask = [{ who = ["teams:tenant-2:*"], where = ["*"] }]"#;
    let other_channel = r#"ask = [{ who = ["*"], where = ["teams:tenant-1:19:general@thread.tacv2"] }]"#;
    for policy in [by_group, other_tenant, other_channel] {
        let stage = stage(policy).await;
        let shown = stage.shown("1", "status checkout").await;
        assert!(shown.contains("not on the list"), "{policy}: {shown}");
        assert_eq!(stage.model.0.load(Ordering::SeqCst), 0);
    }
}

#[tokio::test]
async fn limits_hold_and_each_message_over_them_is_told_so() {
    let stage = stage(&format!("{ASK}[limits]\nmessages = {{ user = {{ most = 1, per_secs = 3600 }} }}")).await;
    stage.shown("1", "hello").await;
    for id in ["2", "3"] {
        let shown = stage.shown(id, "hello").await;
        assert!(shown.contains("more than I may answer at once"), "{shown}");
    }
    assert_eq!(stage.model.0.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_is_no_message_is_told_to_be_none() {
    let stage = stage(ASK).await;
    let (status, shown) = stage.answer(&json!({ "type": "message", "id": "1" }), SECRET).await;
    assert_eq!((status, shown.as_str()), (StatusCode::OK, UNREADABLE));
}
